"""What trains the guesses at age and gender runs, tiny: the small engine's export and a SwinV2 from a configuration."""

from __future__ import annotations

import csv
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.emotion.age_gender import WEIGHTS, LargeGuesser, SmallGuesser
from core.emotion.face import own_network
from core.ports import EngineMissing

torch = pytest.importorskip("torch")
train = pytest.importorskip("training.age_gender")


class Stopped(Exception):
    """Somebody pulled the plug."""


def stops_after(monkeypatch: pytest.MonkeyPatch, thing: object, name: str, times: int) -> None:
    """The call after so many raises, and every step before it is kept."""
    real, left = getattr(thing, name), iter(range(times))

    def call(*given: object, **named: object) -> object:
        if next(left, None) is None:
            raise Stopped
        return real(*given, **named)

    monkeypatch.setattr(thing, name, call)
    monkeypatch.setattr(train, "CHECKPOINT_S", -1.0)


def test_what_is_learned_is_what_numpy_says(tmp_path: Path) -> None:
    faces = np.random.default_rng(0).integers(0, 256, (6, 48, 48), dtype=np.uint8)
    network = own_network()
    seen = list(train.versions(network, faces))
    assert len(seen) == train.VERSIONS and seen[0].shape == (6, 12, 12, 128)
    arrays = train.learn(seen, np.full(6, 40.0), np.array([True, False] * 3), epochs=2)
    np.savez(tmp_path / "age_gender.npz", **arrays, face=train.fingerprint(network))
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


def test_a_swin_transformer_learns_and_is_loaded_from_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
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
    given = Namespace(base=str(base), data=data, out=tmp_path / "made", work=tmp_path / "work", epochs=2)
    torch.manual_seed(1)  # the script has none: its new head differs from run to run
    train.train_swin(given)
    whole = (tmp_path / "made" / "model.safetensors").read_bytes()
    assert not list((tmp_path / "work").iterdir())

    stops_after(monkeypatch, train.torch.optim.AdamW, "step", 1)
    torch.manual_seed(1)
    with pytest.raises(Stopped):
        train.train_swin(given)
    monkeypatch.undo()
    train.train_swin(given)
    assert "goes on from" in capsys.readouterr().out
    assert (tmp_path / "made" / "model.safetensors").read_bytes() == whole
    made = LargeGuesser(str(tmp_path / "made"))
    assert made._labels[0] == (5.0, True) and made._labels[-1] == (85.0, False) and len(made._labels) == 16


def test_a_face_has_the_label_of_its_band() -> None:
    names = [f"{who} {low}" for who in ("woman", "man") for low in train.BANDS]
    assert train.label_of({"age": "34", "gender": "female"}, names) == "woman 30"
    assert train.label_of({"age": "93", "gender": "male"}, names) == "man 70"


def test_a_stopped_training_goes_on_to_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    faces = np.random.default_rng(1).integers(0, 256, (6, 48, 48), dtype=np.uint8)
    network, years, woman = own_network(), np.linspace(5, 80, 6), np.array([True, False] * 3)
    seen = list(train.versions(network, faces))
    whole = train.learn(seen, years, woman, epochs=6)

    stops_after(monkeypatch, train.F, "binary_cross_entropy_with_logits", 3)
    with pytest.raises(Stopped):
        train.learn(seen, years, woman, 6, tmp_path)
    monkeypatch.undo()
    assert len(list(tmp_path.iterdir())) == 1
    train.learn(seen, years + 1, woman, 1, tmp_path)  # another lesson does not go on from it
    assert "goes on from" not in capsys.readouterr().out
    again = train.learn(seen, years, woman, 6, tmp_path)
    assert "goes on from" in capsys.readouterr().out and not list(tmp_path.iterdir())
    assert all(np.array_equal(whole[name], again[name]) for name in whole)


def test_what_was_seen_is_not_looked_at_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faces = np.random.default_rng(2).integers(0, 256, (3, 48, 48), dtype=np.uint8)
    first = list(train.versions(own_network(), faces, tmp_path))
    monkeypatch.setattr(train.FaceEmotion, "middle", lambda *_: pytest.fail("looked again"))
    again = list(train.versions(own_network(), faces, tmp_path))
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not np.array_equal(first[0], first[2])


def test_faces_are_cut_out_in_parts_that_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "images").mkdir()
    rows = [{"file": f"{n}.jpg"} for n in range(5)]
    for row in rows:
        (tmp_path / "images" / row["file"]).write_bytes(b"x")
    asked: list[str] = []

    def cropped(data: Path, part: list[dict[str, str]]) -> tuple[np.ndarray, list[int]]:
        asked.extend(row["file"] for row in part)
        numbers = [int(row["file"][0]) for row in part]
        found = [(n, at) for at, n in enumerate(numbers) if n != 2]  # in the third nobody is found
        return np.array([np.full((48, 48), n) for n, _ in found], np.uint8).reshape(-1, 48, 48), [at for _, at in found]

    monkeypatch.setattr(train, "cropped", cropped)
    monkeypatch.setattr(train, "PART", 2)
    for _ in range(2):
        faces, kept = train.cut_out(tmp_path, rows, tmp_path)
        assert kept == [0, 1, 3, 4] and faces[:, 0, 0].tolist() == kept
    assert asked == [row["file"] for row in rows]


def test_the_shipped_weights_were_learned_over_the_shipped_face_network() -> None:
    with np.load(WEIGHTS) as file:
        assert np.array_equal(file["face"], train.fingerprint(own_network())), (
            "age_gender.npz was learned over another face_emotion.npz: make train MODEL=age_gender"
        )


@pytest.mark.parametrize("kept", [{}, {"face": np.zeros(32, np.uint8)}])
def test_weights_over_another_face_network_are_not_used(kept: dict[str, np.ndarray], tmp_path: Path) -> None:
    with np.load(WEIGHTS) as file:
        arrays = {name: file[name] for name in file.files if name != "face"}
    np.savez(tmp_path / "age_gender.npz", **arrays, **kept)
    with pytest.raises(EngineMissing, match=r"age_gender\.npz was learned over another face_emotion\.npz"):
        SmallGuesser.load(tmp_path / "age_gender.npz")


def test_another_face_network_has_another_fingerprint() -> None:
    network = own_network()
    name = next(name for name in network.arrays if name.startswith("2"))
    other = replace(network, arrays=network.arrays | {name: network.arrays[name] + 1})
    above = replace(network, arrays=network.arrays | {"head.w": network.arrays["head.w"] + 1})
    assert not np.array_equal(train.fingerprint(other), train.fingerprint(network))
    assert np.array_equal(train.fingerprint(above), train.fingerprint(network))  # nothing sits on that
