"""Every way in, as one call each: whatever comes, it is read or refused by a kind error, never anything else."""

from __future__ import annotations

import asyncio
import zlib
from datetime import UTC, date, datetime
from functools import cache

from bot.fitting import fit
from core.comment.anna import Anna
from core.emotion.language import guess_language
from core.emotion.photo import open_photo
from core.emotion.voice import SoundProblem, open_sound
from core.engines import Understanding
from core.entities import Button, Entry, Limits, Person, Reply
from core.intake import PhotoProblem, accept
from core.phrases import knows
from core.ports import Turn
from core.safety.crisis import check
from core.settings import Intake, Settings
from core.video import frame_and_sound

#: As strict as it goes, so that much is tried in little time; what is refused by a limit is refused before any work.
INTAKE = Intake(photo_pixels=60_000, audio_s=5.0)
PHONE = Limits(text_chars=200, caption_chars=60, button_chars=12, buttons_per_row=3, rows=2)
SOME = 256  # of so many photos one is looked at for a face, which takes longer than all else
FEW = 8  # of so many lines one is talked about, which reads it twice more
_NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@cache
def _understanding() -> Understanding:
    return Understanding(Settings(intake=INTAKE))


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


def read(text: str, *, talks: bool = True) -> None:
    """A line goes the way of an entry: guarded, understood, answered, fitted. Without `talks` it is said to Anna as a
    turn only now and then, as its letters have it. Raises AssertionError where a promise breaks."""
    safety = check(text)
    assert safety.level is not None
    for wish in ("ko", "en"):
        assert guess_language(text, wish) in ("ko", "en")
    analysis = _understanding().understand(text, None, "ko")
    emotion = analysis.emotion
    assert all(-1 <= axis <= 1 for axis in (emotion.valence, emotion.arousal, emotion.dominance))
    assert 0 <= emotion.confidence <= 1 and emotion.labels
    assert len(analysis.summary) <= 49
    person = Person(id="p", name="지우", language=analysis.language, created_at=_NOW)
    entry = Entry(id="e", person_id="p", date=date(2026, 11, 20), text=text, created_at=_NOW)
    anna = Anna()
    comment = _loop().run_until_complete(anna.comment(entry, analysis, person, (), seed=1))
    answer = comment
    if talks or zlib.crc32(repr(text).encode()) % FEW == 0:
        turn = Turn(id="t", speaker="person", text=text)
        answer = _loop().run_until_complete(anna.talk((turn,), entry, person, seed=1))
    for written in (text, comment.text, answer.text):
        for part in fit(Reply(written, buttons=((Button(text[:30] or "?", press="x"),),)), PHONE):
            assert len(part.text) <= PHONE.text_chars


def look_at(data: bytes, name: str = "photo.jpg", *, faces: bool = True) -> None:
    """A file that may be a photo: accepted or refused at the door, opened, its face read (without `faces`: now and then,
    as the bytes have it). Raises only what is a bug."""
    from core.emotion.face import read_face

    accepted = accept(data, name, INTAKE)
    assert accepted.kind or accepted.problem
    assert not accepted.problem or knows("ko", accepted.problem)
    try:
        photo = open_photo(data, INTAKE)
    except PhotoProblem as problem:
        assert knows("ko", problem.key) and knows("en", problem.key)
        return
    assert not accepted.problem, f"{accepted.problem} at the door, opened inside"
    assert photo.rgb.ndim == 3 and photo.rgb.shape[0] * photo.rgb.shape[1] <= INTAKE.photo_pixels
    if faces or zlib.crc32(photo.jpeg) % SOME == 0:
        reading = read_face(photo.rgb)
        assert (reading.face is None) != (reading.problem is None)


def listen_to(data: bytes, name: str = "note.ogg") -> None:
    """A file that may be a sound or a film: accepted or refused at the door, decoded. Raises only what is a bug."""
    accepted = accept(data, name, INTAKE)
    assert accepted.kind or accepted.problem
    try:
        sound = open_sound(data, INTAKE)
        assert sound.samples.ndim == 1 and sound.seconds <= INTAKE.audio_s + 1
    except SoundProblem as problem:
        assert knows("ko", problem.key) and knows("en", problem.key)
    if accepted.kind != "video":
        return
    try:
        assert frame_and_sound(data, INTAKE)
    except SoundProblem as problem:
        assert knows("ko", problem.key) and knows("en", problem.key)
