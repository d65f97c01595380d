"""Anna asks once about a smile over heavy words, and lets the next ones be."""

from dataclasses import replace

import pytest

from adapters.sql_store import open_store
from core import personal
from core.emotion.fusion import fuse
from core.entities import SURE, Analysis, Emotion, Entry, Face, FaceReading, Label, Person, Prosody, new_id, utc_now
from core.joining import joined
from core.settings import Settings, Work
from tests.fakes.raised import raise_by_copy

HEAVY = Emotion(-0.7, -0.2, -0.3, (Label("sadness", 0.9),), 0.9)
GLAD = Emotion(0.7, 0.4, 0.3, (Label("joy", 0.9),), 0.9)


def face(name: str) -> Face:
    return Face((Label(name, 0.9),), (0, 0, 9, 9), 0.9)


def analysis(words: Emotion, name: str) -> Analysis:
    emotion, apart = fuse(words, face(name))
    return Analysis(emotion, words, FaceReading(face(name), found=1), disagree=apart)


@pytest.fixture
async def store(tmp_path):
    settings = Settings(data_dir=tmp_path / "data", work=Work(min_free_mb=0))
    raise_by_copy(settings)
    store = await open_store(settings)
    yield store
    await store.close()


async def asks(store, person: Person, found: Analysis, entry_id: str = "", revision: int = 1) -> bool:
    now = utc_now()
    entry = Entry(entry_id or new_id(), person.id, now.date(), "…", now, revision=revision)
    return (await personal.worth_asking(store, entry, person, found)).disagree


async def test_the_same_is_not_asked_about_twice_within_days(store, time_machine):
    time_machine.move_to("2026-11-02 20:00")
    person = await store.person_of("web", "me")
    smiling, frowning = analysis(HEAVY, "happy"), analysis(GLAD, "sadness")
    assert smiling.disagree and frowning.disagree
    first = new_id()
    assert await asks(store, person, smiling, first)
    assert await asks(store, person, smiling, first)  # the step of that very comment may run again
    assert not await asks(store, person, smiling)
    assert await asks(store, person, frowning)  # that is another question
    time_machine.move_to("2026-11-06 20:00")
    assert not await asks(store, person, smiling)
    time_machine.move_to("2026-11-08 20:00")
    assert await asks(store, person, smiling)
    assert not await asks(store, person, smiling)


async def test_who_said_what_they_felt_is_not_asked(store):
    person = await store.person_of("web", "me")
    assert not await asks(store, person, replace(analysis(HEAVY, "happy"), told="sadness"))
    assert not await asks(store, person, analysis(HEAVY, "sadness"))
    assert await asks(store, person, analysis(HEAVY, "happy"))  # none of that was an asking


async def test_it_is_remembered_through_a_restart_and_in_a_joined_diary(store, tmp_path):
    person = await store.person_of("web", "me")
    assert await asks(store, person, analysis(HEAVY, "happy"))
    await store.close()
    again = await open_store(Settings(data_dir=tmp_path / "data", work=Work(min_free_mb=0)))
    person = await again.person_of("web", "me")
    assert not await asks(again, person, analysis(HEAVY, "happy"))
    host = joined(await again.person_of("web", "host"), person)
    assert host.asked_about == person.asked_about != ()
    await again.close()


def test_words_that_are_unsure_disagree_with_nothing():
    assert not fuse(replace(HEAVY, confidence=SURE - 0.01), face("happy"))[1]


def test_a_voice_hints_at_arousal_and_at_nothing_else():
    stirred, _ = fuse(HEAVY, None, Prosody(1.0, 0.6))
    assert stirred.arousal > HEAVY.arousal
    assert replace(stirred, arousal=HEAVY.arousal) == HEAVY
    vague = replace(HEAVY, confidence=0.1)
    assert fuse(vague, None, Prosody(1.0, 0.6))[0].arousal > stirred.arousal  # words that say little leave it more
    assert fuse(HEAVY, None, Prosody(1.0, 0.0))[0] == HEAVY
    assert fuse(HEAVY, face("happy"), Prosody(-1.0, 0.6))[0].arousal < fuse(HEAVY, face("happy"))[0].arousal


async def test_an_entry_asks_once_whatever_becomes_of_it(store, time_machine):
    time_machine.move_to("2026-11-02 20:00")
    person, first = await store.person_of("web", "me"), new_id()
    smiling, frowning = analysis(HEAVY, "happy"), analysis(GLAD, "sadness")
    assert await asks(store, person, smiling, first, 2)
    assert not await asks(store, person, smiling, first, 3)  # painted again
    assert not await asks(store, person, frowning, first, 4)  # written again
    time_machine.move_to("2026-11-20 20:00")
    assert not await asks(store, person, smiling, first, 5)
    assert await asks(store, person, smiling, first, 2)  # made again after a crash, the same comes of it
    assert await asks(store, person, smiling)  # another entry, days later
    assert len((await store.person(person.id)).asked_about) == 2


async def test_what_was_asked_before_revisions_were_kept_is_not_asked_again(store):
    person, before = await store.person_of("web", "me"), new_id()
    told = f"face_happy {before} 2026-01-01T00:00:00+00:00"
    await store.change_person(person.id, lambda them: replace(them, asked_about=(told,)))
    assert not await asks(store, person, analysis(HEAVY, "happy"), before)
    assert await asks(store, person, analysis(HEAVY, "happy"))
