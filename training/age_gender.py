"""A small network learns how old a face looks, and whether it looks like a woman's or a man's.

    make train MODEL=age_gender DATA=DIR
    python -m training.age_gender --data DIR/faces_utk_subset --work SCRATCH [--epochs 36] [--out core/weights]
    python -m training.age_gender --engine swinv2 --data DIR/faces_utk_subset --work SCRATCH --from NAME [--out FOLDER]

Needs the extra `train` (CPU is enough, one core). `--work` stays out of git: it takes the faces, cut out as the bot cuts
them out, in parts, what the face network sees in each version of them, and every ten minutes how far the learning is, all
named after what they are made of; a stopped run goes on from there. Three layers are learned over the middle of the face
network (`core/weights/face_emotion.npz`), which stays as it is: its fingerprint is kept with them (`face`), since over
another network they mean nothing, and have to be learned again. Data: UTKFace (Zhang et al. 2017), non-commercial research only.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":  # before torch is imported
    from training.needs import needed

    needed("torch", *(("transformers",) if "swinv2" in " ".join(sys.argv) else ()))

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from core.emotion.age_gender import fingerprint
from core.emotion.face import WEIGHTS, FaceEmotion, align
from core.emotion.mtcnn import find_faces

BANDS = (0, 10, 20, 30, 40, 50, 60, 70)  # years; where the labels of the larger engine begin
VERSIONS = 4  # of each face: plain, mirrored, and two that are shifted a little
BATCH = 64
DEV = 40  # of 256 hashes of a file's name are kept aside
PART = 500  # faces are cut out, and kept, so many at a time: two minutes
CHECKPOINT_S = 600.0


def rows_of(data: Path) -> list[dict[str, str]]:
    """The set's own rows: file, age, gender, race_label."""
    with (data / "labels.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def is_dev(row: dict[str, str]) -> bool:
    """True for the faces that nothing is learned from."""
    return int(hashlib.md5(row["file"].encode()).hexdigest()[:2], 16) < DEV


def cropped(data: Path, rows: list[dict[str, str]]) -> tuple[np.ndarray, list[int]]:
    """Faces uint8 (N, 48, 48) as the bot would cut them out, and the row of each; those that it does not find go."""
    faces, kept = [], []
    for n, row in enumerate(rows):
        page = Image.new("RGB", (288, 288), "grey")
        with Image.open(data / "images" / row["file"]) as image:
            page.paste(image.convert("RGB").resize((192, 192), Image.Resampling.BICUBIC), (48, 48))
        rgb = np.asarray(page)
        found = [face for face in find_faces(rgb) if face.score > 0.8]
        if found:
            faces.append(align(rgb, found[0]))
            kept.append(n)
    return np.stack(faces) if faces else np.empty((0, 48, 48), np.uint8), kept


def shifted(faces: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """The same faces up to three pixels elsewhere, half of them mirrored."""
    wide = np.pad(faces, ((0, 0), (3, 3), (3, 3)), mode="edge")
    moved = np.stack([face[y : y + 48, x : x + 48] for face, (y, x) in zip(wide, chance.integers(0, 7, (len(faces), 2)), strict=True)])  # fmt: skip
    mirrored = chance.random(len(faces)) < 0.5
    moved[mirrored] = moved[mirrored][:, :, ::-1]
    return moved


def cut_out(data: Path, rows: list[dict[str, str]], work: Path) -> tuple[np.ndarray, list[int]]:
    """`cropped` in parts, each kept in `work`."""
    faces, kept = [], []
    for first in range(0, len(rows), PART):
        part = rows[first : first + PART]
        bytes_of = [(data / "images" / row["file"]).stat().st_size for row in part]
        file = (
            work / f"faces-{_hash(repr([(row['file'], size) for row, size in zip(part, bytes_of, strict=True)]))}.npz"
        )
        if not file.exists():
            found, at = cropped(data, part)
            _whole(file, lambda to, found=found, at=at: np.savez(to, faces=found, kept=np.array(at)))
            print(f"{first + len(part)} of {len(rows)} faces cut out", flush=True)
        with np.load(file) as saved:
            faces.append(saved["faces"])
            kept += [first + int(n) for n in saved["kept"]]
    return np.concatenate(faces), kept


def versions(network: FaceEmotion, faces: np.ndarray, work: Path | None = None) -> Iterator[np.ndarray]:
    """What the middle of the face network sees in each version of the faces: float16 (N, 12, 12, 128); each kept in `work`."""
    chance = np.random.default_rng(0)
    for n in range(VERSIONS):
        one = (faces, faces[:, :, ::-1])[n] if n < 2 else shifted(faces, chance)
        file = work / f"seen-{_hash(fingerprint(network).tobytes(), one.tobytes())}.npy" if work else None
        if file and file.exists():
            yield np.load(file)
            continue
        seen = np.concatenate(
            [network.middle(part).astype(np.float16) for part in np.array_split(one, max(1, len(one) // 50))]
        )
        if file:
            _whole(file, lambda to, seen=seen: np.save(to, seen))
        yield seen


def _hash(*parts: str | bytes) -> str:
    whole = hashlib.sha256()
    for part in parts:
        flat = part.encode() if isinstance(part, str) else part
        whole.update(f"{len(flat)} ".encode() + flat)
    return whole.hexdigest()[:16]


def _whole(path: Path, write: Any) -> None:
    """`path` as `write(other path)` makes it, or not at all."""
    part = path.with_name(f"{os.getpid()}-{path.name}")
    write(part)
    part.replace(path)


class Head(nn.Module):
    """(N, 128, 12, 12) -> years / 100 and the log-odds of a woman (N, 2)."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(128, 64, 3, 2, 1), nn.Conv2d(64, 64, 3, 1, 1), nn.Conv2d(64, 96, 3, 2, 1)
        self.out = nn.Linear(9 * 96, 2)
        self.drop = nn.Dropout(0.4)

    def forward(self, x: Tensor) -> Tensor:
        """See above."""
        x = F.relu(self.a(x))
        x = F.relu(self.b(F.dropout2d(x, 0.1, self.training)) + x)
        x = F.relu(self.c(x))
        return self.out(self.drop(x.permute(0, 2, 3, 1).flatten(1)))

    def arrays(self, scale: float) -> dict[str, np.ndarray]:
        """As `core.emotion.layers.convolve` wants them; what comes in was divided by `scale` here."""
        found = {}
        for name in ("a", "b", "c"):
            layer = getattr(self, name)
            weight = layer.weight.detach().permute(2, 3, 1, 0).reshape(-1, layer.out_channels).numpy()
            found[f"{name}.w"] = (weight / scale if name == "a" else weight).astype(np.float16)
            found[f"{name}.b"] = layer.bias.detach().numpy().astype(np.float16)
        return found | {"out.w": self.out.weight.detach().numpy().T.astype(np.float16), "out.b": self.out.bias.detach().numpy().astype(np.float16)}  # fmt: skip


class Checkpoint:
    """How far a training is, written every ten minutes; `parts` have a state_dict. Their devices' chance is not kept."""

    def __init__(self, path: Path | None, *parts: Any) -> None:
        self.path, self.parts, self.saved_at = path, parts, time.monotonic()

    def restored(self) -> dict[str, Any]:
        """What `keep` was told last, with all parts and chance as they were; nothing where a training begins."""
        if not self.path or not self.path.is_file():
            return {}
        saved = torch.load(self.path, weights_only=True)
        for part, state in zip(self.parts, saved["parts"], strict=True):
            part.load_state_dict(state)
        torch.set_rng_state(saved["chance"])
        print(f"goes on from {self.path}: {saved['far']['step']} steps", flush=True)
        return dict(saved["far"])

    def keep(self, **far: Any) -> None:
        """Written if it is time."""
        if not self.path or time.monotonic() - self.saved_at <= CHECKPOINT_S:
            return
        state = {"parts": [part.state_dict() for part in self.parts], "chance": torch.get_rng_state(), "far": far}
        _whole(self.path, lambda to: torch.save(state, to))
        self.saved_at = time.monotonic()

    def remove(self) -> None:
        """Nothing is left to go on with."""
        if self.path:
            self.path.unlink(missing_ok=True)


def learn(
    seen: list[np.ndarray], years: np.ndarray, woman: np.ndarray, epochs: int, work: Path | None = None
) -> dict[str, np.ndarray]:
    """Train on every version of the faces, going on from a checkpoint in `work`; returns the arrays of the weights file."""
    torch.manual_seed(1)
    torch.set_num_threads(1)
    scale = float(np.abs(seen[0][:200].astype(np.float32)).mean()) * 2
    x = torch.from_numpy(np.concatenate(seen)).permute(0, 3, 1, 2)
    age = torch.from_numpy(np.tile(years, len(seen)).astype(np.float32) / 100)
    who = torch.from_numpy(np.tile(woman, len(seen)).astype(np.float32))
    decades = np.tile(years, len(seen)).astype(int) // 10
    often = torch.from_numpy(np.bincount(decades)[decades] ** -0.5)  # the few old faces are seen more often
    head = Head()
    optimiser = torch.optim.AdamW(head.parameters(), 1e-3, weight_decay=0.05)
    steps = epochs * (len(years) // BATCH + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, steps)
    head.train()
    name = _hash(*(part.tobytes() for part in (*seen, years, woman)), f"{epochs} {BATCH}")
    checkpoint = Checkpoint(work / f"head-{name}.pt" if work else None, head, optimiser, schedule)
    for step in range(checkpoint.restored().get("step", 0), steps):
        at = torch.multinomial(often, min(BATCH, len(often)))
        out = head(x[at].float() / scale)
        loss = 4 * (out[:, 0] - age[at]).abs().mean() + F.binary_cross_entropy_with_logits(out[:, 1], who[at])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 200 == 0:
            print(f"step {step} of {steps}: loss {loss.item():.3f}", flush=True)
        checkpoint.keep(step=step + 1)
    checkpoint.remove()
    return head.eval().arrays(scale)


def report(rows: list[dict[str, str]], guessed: np.ndarray) -> None:
    """Mean error in years and share of right genders of faces kept aside, by group."""
    years, woman = np.array([float(row["age"]) for row in rows]), np.array([row["gender"] == "female" for row in rows])
    error, right = np.abs(guessed[:, 0] - years), (guessed[:, 1] > 0.5) == woman
    sure = np.abs(guessed[:, 1] - 0.5) >= 0.3
    groups = {"all": np.ones(len(rows), bool)}
    groups |= {f"{low}-{low + 9}": (years >= low) & (years < low + 10) for low in range(0, 80, 10)}
    groups |= {"80-": years >= 80, "women": woman, "men": ~woman}
    groups |= {race: np.array([row["race_label"] == race for row in rows]) for race in sorted({row["race_label"] for row in rows})}  # fmt: skip
    print("| group | faces | error, years | gender right | of the sure ones |\n|---|---|---|---|---|")
    for name, at in groups.items():
        if at.any():
            told = f"{right[at & sure].mean():.2f} ({(at & sure).sum() / at.sum():.2f} of them)" if (at & sure).any() else "-"  # fmt: skip
            print(f"| {name} | {at.sum()} | {error[at].mean():.1f} | {right[at].mean():.2f} | {told} |")


def train_small(given: argparse.Namespace) -> None:
    """Cut out, look, learn, judge, write."""
    from core.emotion.age_gender import SmallGuesser

    rows = rows_of(given.data)
    given.work.mkdir(parents=True, exist_ok=True)
    faces, kept = cut_out(given.data, rows, given.work)
    rows = [rows[n] for n in kept]
    network = FaceEmotion.load()
    dev = np.array([is_dev(row) for row in rows])
    taught = [row for row, aside in zip(rows, dev, strict=True) if not aside]
    years = np.array([float(row["age"]) for row in taught])
    woman = np.array([row["gender"] == "female" for row in taught])
    arrays = learn(list(versions(network, faces[~dev], given.work)), years, woman, given.epochs, given.work)
    _whole(given.out / "age_gender.npz", lambda to: np.savez_compressed(to, **arrays, face=fingerprint(network)))
    guesser = SmallGuesser.load(given.out / "age_gender.npz")
    parts = np.array_split(faces[dev], 20)
    guessed = np.concatenate([guesser.of_faces(part) for part in parts])
    report([row for row, aside in zip(rows, dev, strict=True) if aside], guessed)


def train_swin(given: argparse.Namespace) -> None:
    """Fine-tune an image classifier of the hub on "woman 30-39" and the like; `--out` becomes its folder.

    A stopped run goes on from its checkpoint in `--work`; on a GPU not with the very numbers it would have had."""
    from transformers import AutoModelForImageClassification

    from core.emotion.age_gender import IMAGENET, as_seen

    names = [f"{who} {low}-{low + 9 if low < 70 else 99}" for who in ("woman", "man") for low in BANDS]
    model: Any = AutoModelForImageClassification.from_pretrained(
        given.base, num_labels=len(names), id2label=dict(enumerate(names)), ignore_mismatched_sizes=True
    )
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device).train()
    rows = [row for row in rows_of(given.data) if not is_dev(row)]
    truth = [names.index(label_of(row, names)) for row in rows]
    optimiser = torch.optim.AdamW(model.parameters(), 3e-5, weight_decay=0.05)
    chance = np.random.default_rng(1)
    given.work.mkdir(parents=True, exist_ok=True)
    name = _hash(
        *(f"{row['file']} {label}" for row, label in zip(rows, truth, strict=True)), f"{given.base} {given.epochs}"
    )
    checkpoint = Checkpoint(given.work / f"swinv2-{name}.pt", model, optimiser)
    far, loss = checkpoint.restored(), torch.tensor(torch.nan)
    chance.bit_generator.state = far.get("order", chance.bit_generator.state)
    for epoch in range(far.get("epoch", 0), given.epochs):
        order = chance.bit_generator.state  # before this epoch's order is drawn
        for n, at in enumerate(np.array_split(chance.permutation(len(rows)), max(1, len(rows) // 16))):
            if epoch == far.get("epoch") and n < far["step"]:
                continue
            pictures = [np.asarray(Image.open(given.data / "images" / rows[n]["file"]).convert("RGB")) for n in at]
            pixels = np.stack([as_seen(picture, model.config.image_size, *IMAGENET) for picture in pictures])
            labels = torch.tensor([truth[n] for n in at], device=device)
            loss = model(pixel_values=torch.from_numpy(pixels).to(device), labels=labels).loss
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            checkpoint.keep(order=order, epoch=epoch, step=n + 1)
        print(f"epoch {epoch + 1} of {given.epochs}: loss {loss.item():.3f}", flush=True)
        model.save_pretrained(given.out)
        told = {"image_mean": IMAGENET[0], "image_std": IMAGENET[1], "image_processor_type": "ViTImageProcessor"}
        (given.out / "preprocessor_config.json").write_text(json.dumps(told), encoding="utf-8")
    checkpoint.remove()


def label_of(row: dict[str, str], names: list[str]) -> str:
    """Which of the larger engine's labels a face has."""
    band = max(n for n, low in enumerate(BANDS) if float(row["age"]) >= low)
    return names[band + (0 if row["gender"] == "female" else len(BANDS))]


def main() -> None:
    """Read the command line."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--engine", choices=("small", "swinv2"), default="small")
    ask.add_argument("--data", type=Path, required=True, help="folder with images/ and labels.csv")
    ask.add_argument("--work", type=Path, required=True, help="folder for what is in between")
    ask.add_argument(
        "--out", type=Path, help="folder; else core/weights, and for swinv2, whose files are large, --work/swinv2"
    )
    ask.add_argument("--epochs", type=int, default=36)
    ask.add_argument("--from", dest="base", default="microsoft/swinv2-tiny-patch4-window8-256")
    given = ask.parse_args()
    given.out = given.out or (given.work / "swinv2" if given.engine == "swinv2" else WEIGHTS.parent)
    train_swin(given) if given.engine == "swinv2" else train_small(given)


if __name__ == "__main__":
    main()
