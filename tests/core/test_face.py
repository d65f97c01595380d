"""A selfie gets a careful guess, and everything else a polite reason."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance

from core.emotion.face import WEIGHTS, FaceEmotion, align, read_face
from core.emotion.mtcnn import find_faces
from core.emotion.photo import open_photo
from core.entities import FACE_EMOTIONS, FaceProblem
from core.phrases import LANGUAGES, say
from core.settings import Intake

ASTRONAUT = Image.open(Path(__file__).parent / "data" / "astronaut.jpg")
EYES_AND_MOUTH = ((203, 100), (247, 103), (224, 128), (200, 140), (245, 141))  # as seen by a person, in px


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"))


def test_a_face_is_found_with_its_eyes_nose_and_mouth() -> None:
    faces = find_faces(pixels(ASTRONAUT))
    assert len(faces) == 1
    x, y, width, height = faces[0].box
    assert x < 203 < 247 < x + width
    assert y < 100 < 141 < y + height
    assert np.abs(np.array(faces[0].points) - EYES_AND_MOUTH).max() < 6


def test_a_smile_is_read_as_happy() -> None:
    reading = read_face(pixels(ASTRONAUT))
    assert reading.problem is None
    assert reading.face is not None
    assert reading.face.name == "happy"
    assert {label.name for label in reading.face.labels} == set(FACE_EMOTIONS)
    assert sum(label.score for label in reading.face.labels) == pytest.approx(1, abs=0.01)
    assert reading.face.confidence == reading.face.labels[0].score > 0.5
    assert [label.score for label in reading.face.labels] == sorted((label.score for label in reading.face.labels), reverse=True)  # fmt: skip


@pytest.mark.parametrize("degrees", [-90, -35, -15, 20, 35, 90])
def test_tilted_heads_are_found_and_set_upright(degrees: int) -> None:
    turned = pixels(ASTRONAUT.rotate(degrees, Image.Resampling.BICUBIC, expand=True))
    upright, set_upright = align(pixels(ASTRONAUT), find_faces(pixels(ASTRONAUT))[0]), align(turned, find_faces(turned)[0])  # fmt: skip
    assert np.corrcoef(upright.ravel(), set_upright.ravel())[0, 1] > 0.8
    reading = read_face(turned)
    assert reading.face is not None
    assert reading.face.name == "happy"


def test_a_phone_held_sideways_is_set_right_by_exif() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    ASTRONAUT.rotate(90, expand=True).save(file, "JPEG", exif=exif)
    reading = read_face(open_photo(file.getvalue(), Intake()).rgb)
    assert reading.face is not None
    x, y, width, height = reading.face.box
    assert x < 203 < 247 < x + width
    assert y < 100 < 141 < y + height


def beside(other: Image.Image) -> Image.Image:
    wide = Image.new("RGB", (1024, 512), "grey")
    wide.paste(ASTRONAUT, (0, 0))
    wide.paste(other, (512, 0))
    return wide


def masked() -> Image.Image:
    photo = ASTRONAUT.copy()
    around = [(183, 122), (224, 112), (268, 124), (262, 165), (225, 178), (190, 165)]
    ImageDraw.Draw(photo).polygon(around, fill=(225, 235, 240))
    return photo


def in_dark_glasses() -> Image.Image:
    photo = ASTRONAUT.copy()
    draw = ImageDraw.Draw(photo)
    for x in (203, 247):
        draw.ellipse((x - 19, 88, x + 19, 116), fill=(15, 15, 18))
    draw.line((200, 98, 250, 98), fill=(15, 15, 18), width=4)
    return photo


@pytest.mark.parametrize(
    ("photo", "problem", "found"),
    [
        (ASTRONAUT.crop((0, 250, 512, 512)), FaceProblem.NO_FACE, 0),
        (Image.new("RGB", (640, 480), "skyblue"), FaceProblem.NO_FACE, 0),
        (Image.new("RGB", (1, 1), "skyblue"), FaceProblem.NO_FACE, 0),
        (Image.new("RGB", (900, 2), "skyblue"), FaceProblem.NO_FACE, 0),
        (beside(ASTRONAUT), FaceProblem.SEVERAL, 2),
        (ASTRONAUT.resize((128, 128)), FaceProblem.SMALL, 1),
        (masked(), FaceProblem.COVERED, 1),
        (in_dark_glasses(), FaceProblem.COVERED, 1),
        (ImageEnhance.Brightness(ASTRONAUT).enhance(0.12), FaceProblem.DARK, 1),
        (ImageEnhance.Brightness(ASTRONAUT).enhance(0.02), FaceProblem.DARK, 0),
    ],
)
def test_a_polite_reason_where_no_guess_is_made(photo: Image.Image, problem: FaceProblem, found: int) -> None:
    reading = read_face(pixels(photo))
    assert reading.face is None
    assert reading.problem is problem
    assert reading.found == found
    for language in LANGUAGES:
        assert len(say(language, f"answer.face.{problem}")) > 15


def test_people_in_the_background_do_not_matter() -> None:
    reading = read_face(pixels(beside(ASTRONAUT.resize((200, 200)))))
    assert reading.face is not None
    assert reading.face.name == "happy"


def test_noise_is_no_face() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    assert read_face(noise).problem is FaceProblem.NO_FACE


def test_mirrored_faces_feel_the_same() -> None:
    model = FaceEmotion.load()
    grey = align(pixels(ASTRONAUT), find_faces(pixels(ASTRONAUT))[0])
    assert np.allclose(model.chances(grey[None]), model.chances(grey[None, :, ::-1]), atol=1e-3)


def test_the_weights_are_small() -> None:
    assert WEIGHTS.stat().st_size <= 4_000_000
    model, grey = FaceEmotion.load(), np.zeros((1, 48, 48), np.uint8)
    model.chances(grey)
