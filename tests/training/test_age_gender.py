"""What trains the guesses at age and gender runs, tiny: the small engine's export and a SwinV2 from a configuration."""

from __future__ import annotations

import csv
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.emotion.age_gender import LargeGuesser, SmallGuesser
from core.emotion.face import own_network

torch = pytest.importorskip("torch")
train = pytest.importorskip("training.age_gender")


def test_what_is_learned_is_what_numpy_says(tmp_path: Path) -> None:
    faces = np.random.default_rng(0).integers(0, 256, (6, 48, 48), dtype=np.uint8)
    network = own_network()
    seen = list(train.versions(network, faces))
    assert len(seen) == train.VERSIONS and seen[0].shape == (6, 12, 12, 128)
    arrays = train.learn(seen, np.full(6, 40.0), np.array([True, False] * 3), epochs=2)
    np.savez(tmp_path / "age_gender.npz", **arrays)
    head = train.Head().eval()
    with torch.no_grad():
        for name in ("a", "b", "c"):
            layer = getattr(head, name)
            weight = torch.from_numpy(arrays[f"{name}.w"].astype(np.float32))
            layer.weight.copy_(weight.reshape(3, 3, layer.in_channels, -1).permute(3, 2, 0, 1))
            layer.bias.copy_(torch.from_numpy(arrays[f"{name}.b"].astype(np.float32)))
        head.out.weight.copy_(torch.from_numpy(arrays["out.w"].astype(np.float32).T))
        head.out.bias.copy_(torch.from_numpy(arrays["out.b"].astype(np.float32)))
        out = sum(head(torch.from_numpy(network.middle(one)).permute(0, 3, 1, 2)) for one in (faces, faces[:, :, ::-1].copy())) / 2  # fmt: skip
    said = SmallGuesser.load(tmp_path / "age_gender.npz").of_faces(faces)
    assert np.allclose(said[:, 0], np.clip(100 * out[:, 0].numpy(), 0, 100), atol=0.1)
    assert np.allclose(said[:, 1], torch.sigmoid(out[:, 1]).numpy(), atol=1e-3)


def test_a_swin_transformer_learns_and_is_loaded_from_its_folder(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    base, data = tmp_path / "base", tmp_path / "data"
    transformers.Swinv2ForImageClassification(
        transformers.Swinv2Config(
            image_size=32, patch_size=4, embed_dim=8, depths=[1, 1], num_heads=[1, 2], window_size=4
        )
    ).save_pretrained(base)
    (data / "images").mkdir(parents=True)
    rows = [{"file": f"{n}.jpg", "age": str(5 + 9 * n), "gender": ("male", "female")[n % 2], "race_label": "other"} for n in range(9)]  # fmt: skip
    with (data / "labels.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        Image.new("RGB", (40, 40), (int(row["age"]), 90, 90)).save(data / "images" / row["file"])
    train.train_swin(Namespace(base=str(base), data=data, out=tmp_path / "made", epochs=1))
    made = LargeGuesser(str(tmp_path / "made"))
    assert made._labels[0] == (5.0, True) and made._labels[-1] == (85.0, False) and len(made._labels) == 16


def test_a_face_has_the_label_of_its_band() -> None:
    names = [f"{who} {low}" for who in ("woman", "man") for low in train.BANDS]
    assert train.label_of({"age": "34", "gender": "female"}, names) == "woman 30"
    assert train.label_of({"age": "93", "gender": "male"}, names) == "man 70"
