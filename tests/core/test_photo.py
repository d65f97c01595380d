"""Photos of every kind open upright and tell no places; broken ones get a kind answer, quickly."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from core.emotion.photo import PhotoProblem, open_photo
from core.phrases import LANGUAGES, say
from core.settings import Intake

INTAKE = Intake()
ASTRONAUT = (Path(__file__).parent / "data" / "astronaut.jpg").read_bytes()
RED, BLUE = (230, 30, 30), (30, 30, 230)


def flag(mode: str = "RGB") -> Image.Image:
    """60 x 40, red on the left and blue on the right."""
    image = Image.new("RGB", (60, 40), RED)
    image.paste(BLUE, (30, 0, 60, 40))
    return image.convert(mode)


def encoded(image: Image.Image, kind: str, **more: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **more)
    return file.getvalue()


def is_flag(rgb: np.ndarray) -> bool:
    return bool(rgb[20, 8, 0] > 180 > 90 > rgb[20, 8, 2] and rgb[20, 52, 2] > 180 > 90 > rgb[20, 52, 0])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF"])
def test_every_container_opens(kind: str) -> None:
    from pillow_heif import register_heif_opener

    register_heif_opener()
    photo = open_photo(encoded(flag(), kind), INTAKE)
    assert photo.rgb.shape == (40, 60, 3)
    assert photo.rgb.dtype == np.uint8
    assert is_flag(photo.rgb)
    assert is_flag(np.asarray(Image.open(io.BytesIO(photo.jpeg))))


@pytest.mark.parametrize(("orientation", "stored"), [(1, 0), (3, 180), (6, 90), (8, 270)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_phone_held_sideways_stands_upright(orientation: int, stored: int, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = open_photo(encoded(flag().rotate(stored, expand=True), kind, exif=exif), INTAKE)
    assert photo.rgb.shape == (40, 60, 3)
    assert is_flag(photo.rgb)


def test_what_is_kept_tells_no_places() -> None:
    exif = Image.Exif()
    exif[0x010F] = "PhoneMaker"
    exif[0x8825] = {1: "N", 2: (37.0, 33.0, 59.0), 3: "E", 4: (126.0, 58.0, 41.0)}
    data = encoded(flag(), "JPEG", exif=exif, comment=b"home sweet home", icc_profile=b"PROFILE")
    assert b"PhoneMaker" in data
    kept = open_photo(data, INTAKE).jpeg
    for trace in (b"PhoneMaker", b"home sweet home", b"Exif", b"PROFILE"):
        assert trace not in kept


def test_large_photos_are_kept_at_2048_px() -> None:
    photo = open_photo(encoded(flag().resize((4200, 2800)), "JPEG"), INTAKE)
    assert photo.rgb.shape == (1365, 2048, 3)


def test_odd_pixels() -> None:
    grey = np.asarray(flag("L"))
    assert is_flag(open_photo(encoded(flag("CMYK"), "JPEG"), INTAKE).rgb)
    assert is_flag(open_photo(encoded(flag().quantize(4), "PNG"), INTAKE).rgb)
    deep = open_photo(encoded(Image.fromarray(grey.astype(np.uint16) * 257), "PNG"), INTAKE)
    assert np.abs(deep.rgb[..., 0].astype(int) - grey).max() <= 1
    floating = open_photo(encoded(Image.fromarray(grey.astype(np.float32) / 255), "TIFF"), INTAKE)
    assert np.abs(floating.rgb[..., 0].astype(int) - grey).max() <= 1
    glass = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    assert (open_photo(encoded(glass, "PNG"), INTAKE).rgb == 255).all()
    assert open_photo(encoded(flag("1"), "PNG"), INTAKE).rgb.shape == (40, 60, 3)


def test_a_moving_picture_shows_its_first_frame() -> None:
    data = encoded(flag(), "GIF", save_all=True, append_images=[Image.new("RGB", (60, 40), "green")])
    assert is_flag(open_photo(data, INTAKE).rgb)


def test_one_pixel_is_a_photo_too() -> None:
    photo = open_photo(encoded(Image.new("RGB", (1, 1), RED), "PNG"), INTAKE)
    assert photo.rgb.shape == (1, 1, 3)
    assert photo.jpeg.startswith(b"\xff\xd8")


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = encoded(Image.new("1", (12000, 12000)), "PNG")
    assert len(bomb) < 20_000
    monkeypatch.setattr(ImageFile.ImageFile, "load", None)
    with pytest.raises(PhotoProblem) as problem:
        open_photo(bomb, INTAKE)
    assert problem.value.key == "intake.photo_too_many_pixels"
    assert "가로세로" in say("ko", problem.value.key)
    assert "smaller copy" in say("en", problem.value.key)


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (ASTRONAUT[:9000], "intake.photo_broken"),
        (encoded(flag(), "PNG")[:90], "intake.photo_broken"),
        (b"\xff\xd8\xff\xe0 and then nothing", "intake.photo_broken"),
        (b"Dear diary, this is not a photo at all.", "intake.not_an_image"),
        (b"", "intake.not_an_image"),
    ],
)
def test_what_can_not_be_opened_gets_a_kind_answer(data: bytes, key: str) -> None:
    with pytest.raises(PhotoProblem) as problem:
        open_photo(data, INTAKE)
    assert problem.value.key == key
    for language in LANGUAGES:
        assert len(say(language, key)) > 30


def test_too_many_bytes_are_not_looked_at() -> None:
    with pytest.raises(PhotoProblem) as problem:
        open_photo(ASTRONAUT, Intake(photo_bytes=1000))
    assert problem.value.key == "intake.photo_too_big"


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"]),
    st.lists(st.tuples(st.integers(8, 400), st.integers(0, 255)), max_size=12),
    st.integers(8, 5000),
)
def test_damaged_files_open_or_are_refused(kind: str, damage: list[tuple[int, int]], length: int) -> None:
    data = bytearray(encoded(flag(), kind)[:length])
    for at, value in damage:
        if at < len(data):
            data[at] = value
    try:
        photo = open_photo(bytes(data), Intake(photo_pixels=4_000_000))
    except PhotoProblem as problem:
        assert say("ko", problem.key)
    else:
        assert photo.rgb.ndim == 3
