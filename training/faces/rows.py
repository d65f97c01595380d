"""Faces with what raters said of them, from FER+ or from any folder of pictures with a CSV."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from core.emotion.face import align
from core.emotion.face_labels import our_name
from core.emotion.face_runs import segmented
from core.emotion.mtcnn import find_faces
from core.emotion.photo import open_photo
from core.entities import FACE_EMOTIONS
from core.evaluation.files import BadFile, rows_of
from core.intake import PhotoProblem
from core.settings import Intake

#: The columns of FER+ votes behind each of our names.
VOTES = {"anger": ("anger",), "happy": ("happiness",), "panic": ("surprise", "fear"), "sadness": ("sadness",), "neutral": ("neutral",)}  # fmt: skip
PARTS = {"train": "train", "training": "train", "dev": "dev", "val": "dev", "valid": "dev", "validation": "dev", "test": "test"}  # fmt: skip
TENTH = 26  # of 256: the share of a folder without a column `split` that judges


@dataclass(frozen=True)
class Faces:
    """Faces uint8 (N, C, S, S), C = 1 grey or 3; shares of votes (N, 5) as FACE_EMOTIONS; majority (N,), -1 for none."""

    pixels: Tensor
    shares: Tensor
    truth: Tensor

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, at: Tensor) -> Faces:
        """The faces of these indexes."""
        return Faces(self.pixels[at], self.shares[at], self.truth[at])


@dataclass(frozen=True)
class Wish:
    """What is wanted of the rows and the pictures."""

    labels: Path | None = None  # the CSV beside a folder of pictures
    names: Mapping[str, str] = field(default_factory=dict)  # what the CSV's labels mean, where they are not words
    side: int = 48  # px of the faces that come out of pictures
    crop: bool = False  # find the face and set it upright; else the picture is the face
    segment: bool = False  # only what lies in the face's oval
    audit: bool = False  # only rows on which two of three raters agree
    faces: int = 0  # at most so many to learn from, by chance; 0 is all


@dataclass(frozen=True)
class Taken:
    """Splits by name, and a sentence for everything that was left out."""

    parts: dict[str, Faces]
    notes: tuple[str, ...]


def load(data: Path, wish: Wish, seed: int = 7) -> Taken:
    """`train`, `dev` and `test` of FER+ or of a folder with a CSV. Raises BadFile."""
    taken = _folder(data, wish) if wish.labels else _ferplus(data, wish)
    parts, notes = dict(taken.parts), list(taken.notes)
    for name in ("train", "dev", "test"):
        if not len(parts[name]):
            raise BadFile(f"There is no face to use for {name}: {' '.join(notes) or 'no row fits'}")
    if wish.segment:
        parts = {name: Faces(segmented(part.pixels), part.shares, part.truth) for name, part in parts.items()}
        notes.append("Outside of an oval around eyes, nose and mouth every face is one grey.")
    if 0 < wish.faces < len(parts["train"]):
        order = torch.randperm(len(parts["train"]), generator=torch.Generator().manual_seed(seed))
        notes.append(f"{wish.faces} of {len(parts['train'])} faces to learn from, by chance.")
        parts["train"] = parts["train"].take(order[: wish.faces])
    return Taken(parts, tuple(notes))


# --- FER+ ----------------------------------------------------------------------------------------


def _ferplus(data: Path, wish: Wish) -> Taken:
    """`train` and `dev` are FER2013's Training part, told apart by the pixels' hash so that copies stay together.

    `test` is its PublicTest part, only faces with a majority and without copies. An audit keeps the faces of which
    two thirds of the votes say the same; the test faces stay as they are, so that figures compare.
    """
    if not (data / "ferplus_labels.csv").is_file():
        raise BadFile(f"{data} holds no ferplus_labels.csv; a folder of pictures needs --labels CSV.")
    faces = np.load(data / "ferplus_images.npz")["images"]
    rows = list(csv.DictReader((data / "ferplus_labels.csv").open()))
    shares, majority = np.zeros((len(rows), 5), np.float32), np.full(len(rows), -1)
    split, unsure = np.full(len(rows), "", dtype="U5"), Counter[str]()
    for i, row in enumerate(rows):
        votes = np.array([sum(int(row[name]) for name in VOTES[e]) for e in FACE_EMOTIONS], np.float32)
        votes[votes < 2] = 0  # a single rater's vote is noise (as in the FER+ paper)
        if votes.sum() < 5 or row["class6"] == "disgust" or row["majority"] in ("contempt", "unknown", "NF"):
            continue
        shares[i] = votes / votes.sum()
        if row["class6"]:
            majority[i] = FACE_EMOTIONS.index(row["class6"])
        if row["usage"] == "Training":
            split[i] = "dev" if int(row["md5_pixels"][:2], 16) < 16 else "train"
        elif row["class6"] and not row["dup_of"] and row["in_train_pixels"] == "0":
            split[i] = "test"
        if split[i] == "dev" and majority[i] < 0:
            split[i] = ""
        if wish.audit and split[i] in ("train", "dev") and shares[i].max() < 2 / 3:
            unsure[split[i]] += 1
            split[i] = ""
    parts = {}
    for name in ("train", "dev", "test"):
        at = np.flatnonzero(split == name)
        parts[name] = Faces(torch.from_numpy(faces[at])[:, None], torch.from_numpy(shares[at]), torch.from_numpy(majority[at]))  # fmt: skip
    notes = ()
    if wish.audit:
        notes = tuple(
            f"Audit of {name}: {unsure[name]} of {unsure[name] + len(parts[name])} dropped, less than two thirds of their votes agree."
            for name in ("train", "dev")
        )
    return Taken(parts, notes)


# --- a folder and its CSV ------------------------------------------------------------------------


@dataclass(frozen=True)
class _Row:
    file: str
    split: str  # train, dev, test; "" where the CSV does not say
    shares: np.ndarray  # (5,)
    digest: str  # of the picture's bytes


def _folder(data: Path, wish: Wish) -> Taken:
    """Columns `file`, and `label` or one a rater (named rater... or annot...); `split` if the set has its own."""
    assert wish.labels is not None
    told = Counter[str]()
    rows = _apart(list(_read(data, wish, told)), told)
    kept: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {"train": [], "dev": [], "test": []}
    for row in rows:
        face = _face(data / row.file, wish)
        if isinstance(face, str):
            told[f"left out: {face}"] += 1
        else:
            kept[row.split].append((face, row.shares))
    parts = {}
    for name, pairs in kept.items():
        shares = torch.from_numpy(np.array([each for _, each in pairs], np.float32).reshape(-1, 5))
        top = shares.max(1) if len(pairs) else None
        tied = (shares == top.values[:, None]).sum(1) > 1 if top else torch.zeros(0, dtype=torch.bool)
        truth = shares.argmax(1) if top else torch.zeros(0, dtype=torch.int64)
        pixels = np.array([each for each, _ in pairs], np.uint8).reshape(-1, 3, wish.side, wish.side)
        part = Faces(torch.from_numpy(pixels), shares, truth.masked_fill(tied, -1))
        parts[name] = part if name == "train" else part.take(torch.nonzero(~tied)[:, 0])  # a tie judges nobody
    return Taken(parts, tuple(f"{count} rows {what}." for what, count in sorted(told.items())))


def _read(data: Path, wish: Wish, told: Counter[str]) -> Iterator[_Row]:
    """The rows that can be learned from; `told` counts the others by reason, and what the audit did."""
    assert wish.labels is not None
    table = [row for _, row in rows_of(wish.labels, ("file",))]
    raters = [name for name in (table[0] if table else {}) if name.lower().startswith(("rater", "annot"))]
    if not raters and "label" not in (table[0] if table else {}):
        raise BadFile(f"{wish.labels} needs the column label, or columns rater1, rater2, rater3.")
    if wish.audit and len(raters) < 2:
        raise BadFile(f"An audit needs what each rater said: columns rater1, rater2, rater3 in {wish.labels}.")
    for row in table:
        said = [row[name] for name in raters if row[name].strip()] or [row.get("label", "")]
        if any(each.strip().isdigit() and each.strip() not in wish.names for each in said):
            raise BadFile(f"Labels in {wish.labels} are numbers; say what they mean, as in --names 1=surprise,2=fear.")
        split = row.get("split", "").strip().lower()
        votes = Counter(our_name(each, wish.names) or "another feeling" for each in said)
        if split and split not in PARTS:
            raise BadFile(f"The column split in {wish.labels} is to say train, dev or test.")
        split = PARTS.get(split, "")
        if wish.audit and split != "test" and max(votes.values()) < 2:
            told["left out by the audit: no two raters agree"] += 1
            continue
        shares = np.array([votes[name] for name in FACE_EMOTIONS], np.float32)
        if wish.audit and split != "test":
            shares[shares < 2] = 0
            told[f"kept by the audit: {max(votes.values())} of {len(said)} raters agree"] += 1
        if votes.most_common(1)[0][0] == "another feeling" or not shares.sum():
            told["left out: another feeling than our five"] += 1
            continue
        try:
            digest = hashlib.sha256((data / row["file"]).read_bytes()).hexdigest()
        except OSError:
            told["left out: no such file"] += 1
            continue
        yield _Row(row["file"], split, shares / shares.sum(), digest)


def _apart(rows: list[_Row], told: Counter[str]) -> list[_Row]:
    """Every row with its split; what the CSV does not part is parted by the picture's hash, and copies stay together."""
    named = {row.split for row in rows}
    rows = [_Row(r.file, r.split or _by_hash(r.digest, "test" not in named), r.shares, r.digest) for r in rows]
    if "dev" not in named:
        rows = [_Row(r.file, "dev" if r.split == "train" and int(r.digest[2:4], 16) < TENTH else r.split, r.shares, r.digest) for r in rows]  # fmt: skip
    kept, where = [], {}
    for row in sorted(rows, key=lambda row: ("test", "dev", "train").index(row.split)):
        if where.setdefault(row.digest, row.split) != row.split:
            told[f"left out: the same picture stands in {where[row.digest]}"] += 1
        else:
            kept.append(row)
    return kept


def _by_hash(digest: str, may_judge: bool) -> str:
    return "test" if may_judge and int(digest[:2], 16) < TENTH else "train"


def _face(path: Path, wish: Wish) -> np.ndarray | str:
    """A picture as a face uint8 (3, side, side), or why there is none."""
    try:
        rgb = open_photo(path.read_bytes(), Intake()).rgb
    except (OSError, PhotoProblem):
        return "no picture that can be opened"
    if not wish.crop:
        fitted = ImageOps.fit(Image.fromarray(rgb), (wish.side, wish.side), Image.Resampling.BILINEAR)
        return np.asarray(fitted).transpose(2, 0, 1)
    found = find_faces(rgb)
    if not found:
        return "no face found"
    # align makes grey faces: a colour at a time, so that all three are cut out alike
    return np.stack([align(np.repeat(rgb[..., c : c + 1], 3, axis=2), found[0], wish.side) for c in range(3)])
