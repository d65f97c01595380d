"""A film gives a picture that opens and a sound in which somebody still speaks."""

import pytest

from core.emotion.voice import SoundProblem, open_sound
from core.intake import accept, open_header
from core.settings import Intake
from core.video import frame_and_sound
from tests.core.test_voice import filmed

INTAKE = Intake()


def test_a_film_gives_its_picture_and_its_sound() -> None:
    film = filmed()
    (first, jpeg), (second, ogg) = frame_and_sound(film, INTAKE)
    assert (first, second) == ("image/jpeg", "audio/ogg")
    assert accept(jpeg, "", INTAKE).mime == "image/jpeg" and accept(ogg, "", INTAKE).mime == "audio/ogg"
    with open_header(jpeg, INTAKE) as image:
        assert image.size == (96, 64)
    before, after = open_sound(film, INTAKE), open_sound(ogg, INTAKE)
    assert abs(after.seconds - before.seconds) < 0.1 and after.speech == before.speech


def test_a_silent_film_gives_its_picture_only() -> None:
    assert [mime for mime, _ in frame_and_sound(filmed(with_sound=False), INTAKE)] == ["image/jpeg"]


def test_what_is_no_film_is_told() -> None:
    with pytest.raises(SoundProblem) as problem:
        frame_and_sound(b"\0\0\0\x18ftypisom" + bytes(2000), INTAKE)
    assert problem.value.key == "intake.video_broken"
