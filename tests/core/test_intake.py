"""Files are told by their bytes, and a refusal is a kind sentence in both languages."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import wave
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.intake import Accepted, accept, sniff, too_big
from core.phrases import LANGUAGES, catalogue, knows, say
from core.settings import Intake

INTAKE = Intake()
ASTRONAUT = (Path(__file__).parent / "data" / "astronaut.jpg").read_bytes()


def encoded(name: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "orange").save(file, name)
    return file.getvalue()


def wav(seconds: float = 0.2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16000)
        sound.writeframes(b"\0\0" * int(16000 * seconds))
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (ASTRONAUT, "image/jpeg"),
        (encoded("PNG"), "image/png"),
        (encoded("WEBP"), "image/webp"),
        (encoded("GIF"), "image/gif"),
        (encoded("BMP"), "image/bmp"),
        (encoded("TIFF"), "image/tiff"),
        (encoded("AVIF"), "image/avif"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
        (b"\0\0\0\x18ftypM4A \0\0\0\0", "audio/mp4"),
        (b"\0\0\0\x18ftypisom\0\0\0\0 and no more", "video/mp4"),  # nothing is in it that could be asked
        (b"\0\0\0\x18ftypqt  \0\0\0\0 and no more", "video/quicktime"),
        (b"\0\0\0\x08wide\0\0\0\x08mdat", "video/quicktime"),
        (b"OggS\0\x02" + b"\0" * 22 + b"OpusHead", "audio/ogg"),
        (b"ID3\x04\0\0", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"fLaC\0\0\0\x22", "audio/flac"),
        (wav(), "audio/wav"),
        (b"FORM\0\0\0\x40AIFCFVER", "audio/aiff"),
        (b"FORM\0\0\0\x40ILBM", ""),
        (b"FORM A-1 of the office", "text/plain"),
        (b"caffeine all day", "text/plain"),
        (b"riff of the day", "text/plain"),
        (b"\x1aE\xdf\xa3 webm V_VP8", "audio/webm"),  # words of it, and no track
        (b"wvpk of the office", "text/plain"),
        (b"G" * 400, "text/plain"),
        (b"\x0bw\0\0\0\x40", "audio/ac3"),
        (b"\x0bw\0\0\0\x80", "audio/eac3"),
        ((b"G" + bytes(187)) * 3, "video/mp2t"),
        ((bytes(4) + b"G" + bytes(187)) * 3, "video/mp2t"),
        (b"%PDF-1.7", "application/pdf"),
        (b"PK\x03\x04....", "application/zip"),
        ("오늘은 좋은 날".encode(), "text/plain"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "text/plain"),
        (b"\x00\x01\x02\x03", ""),
        (b"", ""),
    ],
)
def test_the_bytes_tell_what_it_is(data: bytes, mime: str) -> None:
    assert sniff(data) == mime


def test_a_name_never_makes_a_photo() -> None:
    assert accept(ASTRONAUT, "notes.txt", INTAKE) == Accepted("image/jpeg", "photo")
    assert accept(b"just some words", "selfie.JPG", INTAKE) == Accepted("text/plain", "", "intake.not_an_image")
    assert accept(b"just some words", "voice.ogg", INTAKE).problem == "intake.not_a_sound"
    assert accept(b"just some words", "memo.caf", INTAKE).problem == "intake.not_a_sound"
    assert accept(b"%PDF-1.7", "report.pdf", INTAKE).problem == "intake.document"
    assert accept(b"\x7fELF\x02", "run", INTAKE).problem == "intake.unknown_file"
    assert accept(b"", "selfie.jpg", INTAKE).problem == "intake.empty"


def test_a_video_of_40_mb_is_refused_by_its_size() -> None:
    film = b"\0\0\0\x18ftypisom\0\0\0\0hdlr\0\0\0\0\0\0\0\0vide" + bytes(40 * 1024 * 1024)
    assert accept(film, "holiday.mp4", INTAKE) == Accepted("video/mp4", "video", "intake.video_too_big")
    assert too_big(len(film), INTAKE)
    assert "영상이 너무 커서" in say("ko", "intake.video_too_big")
    assert "too big" in say("en", "intake.video_too_big")


def test_each_kind_has_its_own_limit() -> None:
    small = Intake(photo_bytes=100, audio_bytes=100)
    assert accept(ASTRONAUT, "a.jpg", small).problem == "intake.photo_too_big"
    assert accept(wav(1), "a.wav", small).problem == "intake.sound_too_big"
    assert not too_big(100, small)


def test_a_bomb_and_a_broken_photo_are_told_at_the_door() -> None:
    file = io.BytesIO()
    Image.new("1", (12000, 12000)).save(file, "PNG")
    assert len(file.getvalue()) < 20_000
    assert accept(file.getvalue(), "a.png", INTAKE).problem == "intake.photo_too_many_pixels"
    assert accept(b"\xff\xd8\xff\xe0 and then nothing", "a.jpg", INTAKE).problem == "intake.photo_broken"
    assert accept(ASTRONAUT[:20000], "a.jpg", INTAKE).problem == "intake.photo_broken"
    assert accept(encoded("PNG")[:48], "a.png", INTAKE).problem == "intake.photo_broken"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_says_what_can_be_done_and_leaves_the_words_to_a_sentence_of_their_own(language: str) -> None:
    of_the_words = say(language, "intake.words_safe")
    assert {"ko": "간직해 뒀어요", "en": "kept"}[language] in of_the_words
    refusals = {key for key in catalogue(language) if key.startswith("intake.")} - {"intake.words_safe"}
    assert len(refusals) >= 16
    for key in refusals:
        assert len(re.findall(r"[.?!](?= |$)", say(language, key))) >= 2, key  # what is wrong, and what helps
        assert {"ko": "함께 적은", "en": "words you wrote"}[language] not in say(language, key), key
        assert all(knows(other, key) for other in LANGUAGES), key


@given(st.binary(max_size=400), st.text(max_size=12))
def test_nothing_that_comes_in_is_too_strange(data: bytes, name: str) -> None:
    seen = accept(data, name, INTAKE)
    assert seen.kind or seen.problem
    if seen.problem:
        assert knows("ko", seen.problem)
        assert knows("en", seen.problem)


def test_looking_at_a_file_wakes_no_heavy_library() -> None:
    code = "import sys, core.intake; print(sorted({'numpy', 'PIL', 'av', 'scipy'} & set(sys.modules)))"
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True).stdout.strip() == "[]"
