"""Faces come from a folder with a CSV as other sets have it, and only the rows that raters agree on."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.emotion.face import NOSE
from core.entities import FACE_EMOTIONS
from core.evaluation.files import BadFile
from tests.fakes.drawn_faces import AS_FER, EXPRESSIONS, as_ferplus, crowd, portrait
from training.face_emotion import main
from training.faces import rows, runs
from training.faces.rows import Wish, segmented

RAF = {"1": "surprise", "2": "fear", "3": "disgust", "4": "happiness", "5": "sadness", "6": "anger", "7": "neutral"}
KOREAN = {"anger": "분노", "happy": "기쁨", "panic": "당황", "sadness": "슬픔", "neutral": "중립"}


def written(path: Path, head: Sequence[str], lines: Sequence[Sequence[str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *lines])
    return path


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder = tmp_path_factory.mktemp("photos")
    faces, names = crowd(60, seed=3)
    for n, face in enumerate(faces):
        Image.fromarray(face).convert("RGB").resize((100, 100)).save(folder / f"{n}.png")
    return folder, names


def names_of(part: rows.Faces) -> list[str]:
    return [FACE_EMOTIONS[k] for k in part.truth]


def test_a_folder_whose_labels_are_numbers(photos: tuple[Path, list[str]], tmp_path: Path) -> None:
    folder, names = photos
    numbers = {"anger": "6", "happy": "4", "panic": "2", "sadness": "5", "neutral": "7"}
    lines = [(f"{n}.png", numbers[name], "test" if n % 3 == 0 else "dev" if n % 3 == 1 else "train") for n, name in enumerate(names)]  # fmt: skip
    labels = written(tmp_path / "raf.csv", ("file", "label", "split"), [*lines, ("0.png", "3", "train")])
    with pytest.raises(BadFile, match="--names"):
        rows.load(folder, Wish(labels))
    taken = rows.load(folder, Wish(labels, RAF, side=64))
    assert {name: len(part) for name, part in taken.parts.items()} == {"train": 20, "dev": 20, "test": 20}
    assert taken.parts["train"].pixels.shape == (20, 3, 64, 64)
    assert sorted(names_of(taken.parts["test"])) == sorted(names[::3])
    assert "1 rows left out: another feeling than our five." in taken.notes


def test_korean_names_and_what_cannot_be_used(photos: tuple[Path, list[str]], tmp_path: Path) -> None:
    folder, names = photos
    (folder / "broken.png").write_bytes(b"no picture")
    lines = [(f"{n}.png", KOREAN[name]) for n, name in enumerate(names)]
    lines += [("broken.png", "기쁨"), ("away.png", "기쁨"), ("0.png", "상처"), ("0.png", KOREAN[names[0]])]
    taken = rows.load(folder, Wish(written(tmp_path / "korean.csv", ("file", "label"), lines)))
    assert sum(len(part) for part in taken.parts.values()) == len(names) + 1
    assert set(names_of(taken.parts["train"])) == set(FACE_EMOTIONS)
    for reason in ("no picture that can be opened", "no such file", "another feeling than our five"):
        assert f"1 rows left out: {reason}." in taken.notes


def test_a_set_of_its_own_splits_keeps_copies_apart(photos: tuple[Path, list[str]], tmp_path: Path) -> None:
    folder, names = photos
    splits = ["test" if n < 20 else "validation" if n < 40 else "training" for n in range(60)]
    lines = [(f"{n}.png", names[n], splits[n]) for n in range(60)]
    lines += [("0.png", names[0], "train"), ("1.png", names[1], "dev"), ("25.png", names[25], "train")]
    taken = rows.load(folder, Wish(written(tmp_path / "rows.csv", ("file", "label", "split"), lines)))
    assert {name: len(part) for name, part in taken.parts.items()} == {"train": 20, "dev": 20, "test": 20}
    assert "2 rows left out: the same picture stands in test." in taken.notes
    assert "1 rows left out: the same picture stands in dev." in taken.notes


def test_an_audit_keeps_what_two_of_three_raters_say(photos: tuple[Path, list[str]], tmp_path: Path) -> None:
    folder, names = photos
    other = dict(zip(FACE_EMOTIONS, FACE_EMOTIONS[1:] + FACE_EMOTIONS[:1], strict=True))
    lines = []
    for n, name in enumerate(names):
        split = ("train", "dev", "test")[n % 3]
        third = name if n < 30 else other[name]
        second = name if n < 48 else "상처"
        lines.append((f"{n}.png", split, KOREAN[name], second, third))
    labels = written(tmp_path / "raters.csv", ("file", "split", "annot_A", "annot_B", "annot_C"), lines)
    plain, audited = rows.load(folder, Wish(labels)), rows.load(folder, Wish(labels, audit=True))
    assert {name: len(part) for name, part in plain.parts.items()} == {
        "train": 20,
        "dev": 16,
        "test": 16,
    }  # a tie judges nobody
    assert {name: len(part) for name, part in audited.parts.items()} == {"train": 16, "dev": 16, "test": 16}
    told = " ".join(audited.notes)
    assert "8 rows left out by the audit: no two raters agree." in told
    assert "20 rows kept by the audit: 3 of 3 raters agree." in told
    assert "12 rows kept by the audit: 2 of 3 raters agree." in told
    assert set(audited.parts["train"].shares.max(1).values.tolist()) == {1.0}
    assert names_of(audited.parts["train"]) == [names[n] for n in range(0, 48, 3)]
    with pytest.raises(BadFile, match="rater1"):
        rows.load(folder, Wish(written(tmp_path / "one.csv", ("file", "label"), [("0.png", "happy")]), audit=True))


def test_an_audit_of_ten_votes_drops_the_divided(tmp_path: Path) -> None:
    folder = as_ferplus(tmp_path, count=100, unsure=35)
    plain, audited = rows.load(folder, Wish()), rows.load(folder, Wish(audit=True))
    lost = {name: len(plain.parts[name]) - len(audited.parts[name]) for name in plain.parts}
    assert lost == {"train": 25, "dev": 10, "test": 0}
    assert any("25 of 50 dropped" in note for note in audited.notes)
    assert audited.parts["train"].shares.max(1).values.min() >= 2 / 3


def test_ferplus_votes_come_by_name(tmp_path: Path) -> None:
    taken = rows.load(as_ferplus(tmp_path, count=50), Wish())
    assert AS_FER["panic"] == "fear"
    names = [tuple(EXPRESSIONS)[n % 5] for n in range(25)]
    assert names_of(taken.parts["train"]) == names
    by_name = dict(zip(FACE_EMOTIONS, taken.parts["train"].shares[names.index("panic")].tolist(), strict=True))
    assert by_name == {"anger": 0, "happy": 0, "panic": 1, "sadness": 0, "neutral": 0}  # the single vote is noise


def test_faces_are_found_set_upright_and_cut_out(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for n, (name, expression) in enumerate(list(EXPRESSIONS.items()) * 2):
        photo = Image.new("RGB", (480, 480), (90, 90, 90))
        photo.paste(portrait(expression, 300).convert("RGB").rotate(12, fillcolor=(90, 90, 90)), (90, 60 + n))
        photo.save(folder / f"{n}-{name}.png")
    Image.new("RGB", (200, 200), "skyblue").save(folder / "sky.png")
    splits = ("train", "test", "dev", "train", "dev", "dev", "train", "train", "test", "test")
    lines = [(path.name, path.stem.split("-")[1], split) for path, split in zip(sorted(folder.glob("*-*.png")), splits, strict=True)]  # fmt: skip
    labels = written(tmp_path / "rows.csv", ("file", "label", "split"), [*lines, ("sky.png", "happy", "train")])
    taken = rows.load(folder, Wish(labels, side=96, crop=True))
    assert "1 rows left out: no face found." in taken.notes
    faces = torch.cat([part.pixels for part in taken.parts.values()]).float()
    assert faces.shape == (10, 3, 96, 96)
    across = faces.mean((0, 1))
    for x in (
        NOSE[0] - 0.188,
        NOSE[0] + 0.188,
    ):  # both eyes stand where eyes belong, at one height: darker than between
        eye, between = across[34:44, round(96 * x) - 3 : round(96 * x) + 4], across[34:44, 45:52]
        assert eye.mean() < between.mean() - 20


def test_segmented_faces_lose_what_is_around_them() -> None:
    faces = torch.tensor(np.array([np.asarray(portrait(each, 96)) for each in EXPRESSIONS.values()]))[:, None]
    cut = segmented(faces)
    for before, after in zip(faces, cut, strict=True):
        corners = torch.stack([after[0, y, x] for y in (0, -1) for x in (0, -1)])
        assert len(set(corners.tolist())) == 1
        assert torch.equal(before[0, 30:80, 30:66], after[0, 30:80, 30:66])
        assert (before != after).float().mean() < 0.35


def test_one_command_trains_on_any_folder(
    photos: tuple[Path, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, names = photos
    labels = written(tmp_path / "rows.csv", ("file", "label", "split"), [(f"{n}.png", name, ("train", "dev", "test")[n % 3]) for n, name in enumerate(names)])  # fmt: skip
    main(["--data", str(folder), "--labels", str(labels), "--work", str(tmp_path / "work"), "--engine", "mobilenet", "--size", "tiny",
          "--epochs", "2", "--batch", "10", "--segment", "--class-weights", "--faces", "18"])  # fmt: skip
    said = capsys.readouterr().out
    assert "18 of 20 faces to learn from" in said
    assert f"| mobilenet | tiny | 18 of {folder.name}" in said
    assert runs.told_of(tmp_path / "work" / "mobilenet")["data"]["test"] == 20
    with pytest.raises(SystemExit, match="ferplus_labels"):
        main(["--data", str(folder), "--work", str(tmp_path / "work")])
