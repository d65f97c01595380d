"""What a face shows keeps its name on every way: network, weights, CSV, catalogue; one face of each of the five."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from core.emotion.face import WEIGHTS, FaceEmotion, read_face
from core.emotion.face_labels import ALSO_CALLED
from core.entities import FACE_EMOTIONS
from core.phrases import LANGUAGES, say
from evaluating import evaluate
from tests.fakes.drawn_faces import AS_FER, EXPRESSIONS, drawn, portrait
from training.evaluate import FACE_VOTES

ELSEWHERE = {"anger": "angry", "happy": "기쁨", "panic": "surprise", "sadness": "슬픔", "neutral": "Neutral"}


def photo_of(name: str) -> Image.Image:
    photo = Image.new("RGB", (480, 480), (90, 90, 90))
    photo.paste(portrait(EXPRESSIONS[name], 300).convert("RGB"), (90, 90))
    return photo


@pytest.mark.parametrize("name", FACE_EMOTIONS)
def test_a_face_of_each_class_is_called_by_its_name_the_whole_way(name: str) -> None:
    reading = read_face(np.asarray(photo_of(name)))
    assert reading.face is not None, reading.problem
    assert reading.face.name == name
    assert reading.face.confidence > 0.5


def test_the_names_stand_in_the_weights() -> None:
    with np.load(WEIGHTS) as file:
        assert sorted(file["names"]) == sorted(FACE_EMOTIONS)


def test_weights_in_another_order_are_read_by_name(tmp_path: Path) -> None:
    turned = [3, 0, 4, 2, 1]
    with np.load(WEIGHTS) as file:
        arrays = {name: file[name] for name in file.files}
    for name in ("head.w", "head.b", "bias", "names"):
        arrays[name] = arrays[name][..., turned]
    assert list(arrays["names"]) != list(FACE_EMOTIONS)
    np.savez(tmp_path / "turned.npz", **arrays)
    faces = np.array([drawn(EXPRESSIONS[name]) for name in FACE_EMOTIONS])
    chances = FaceEmotion.load(tmp_path / "turned.npz").chances(faces)
    assert [FACE_EMOTIONS[k] for k in chances.argmax(1)] == list(FACE_EMOTIONS)
    assert np.allclose(chances, FaceEmotion.load().chances(faces))


@pytest.mark.parametrize("cropped", [True, False], ids=["npz", "folder"])
def test_a_csv_that_calls_them_otherwise_is_judged_by_name(tmp_path: Path, cropped: bool) -> None:
    images = tmp_path / ("faces.npz" if cropped else "faces")
    order = ("sadness", "panic", "neutral", "happy", "anger")
    if cropped:
        np.savez(images, images=np.array([drawn(EXPRESSIONS[name]) for name in order]))
    else:
        images.mkdir()
        for name in order:
            photo_of(name).save(images / f"{name}.png")
    with (tmp_path / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("file", "label"), *((f"{name}.png", ELSEWHERE[name]) for name in order)])
    done = CliRunner().invoke(evaluate, ["face-emotion", "--images", str(images), "--labels", str(tmp_path / "labels.csv"), "--json"])  # fmt: skip
    figures = json.loads(done.stdout)
    assert figures["accuracy"] == 1
    assert figures["recall"] == dict.fromkeys(FACE_EMOTIONS, 1)


def test_votes_and_other_names_lead_to_ours() -> None:
    assert set(ALSO_CALLED.values()) <= set(FACE_EMOTIONS)
    for name, votes in zip(FACE_EMOTIONS, FACE_VOTES, strict=True):
        assert AS_FER[name] in votes
        assert {ALSO_CALLED.get(vote, vote) for vote in votes} == {name}


def test_every_name_has_its_own_word_in_both_languages() -> None:
    for language in LANGUAGES:
        assert len({say(language, f"face.{name}") for name in FACE_EMOTIONS}) == len(FACE_EMOTIONS)
