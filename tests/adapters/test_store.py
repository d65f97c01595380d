"""What a person left is there again as they left it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from adapters import sql_schema
from adapters.sql_codec import pack, unpack
from adapters.sql_store import SqlStore, open_store
from adapters.vault import Box, Damaged
from core.entities import (
    Analysis,
    AnnaSettings,
    Attachment,
    Emotion,
    Entry,
    Face,
    FaceProblem,
    FaceReading,
    Label,
    Level,
    Message,
    Person,
    Purpose,
    Reply,
    Safety,
    SafetyState,
    StageState,
    Step,
    Tag,
    Work,
    WorkKind,
    new_id,
    utc_now,
)
from core.ports import NotFound, Store, Turn
from core.safety.state import after, calm
from core.settings import Settings
from tests.adapters.conftest import an_entry

GLAD = Emotion(0.8, 0.4, 0.3, (Label("joy", 0.9), Label("love", 0.05)), 0.8, ("강아지",), (Label("기쁨", 0.9),))


def an_analysis(name: str = "joy", summary: str = "강아지와 걸은 날") -> Analysis:
    face = FaceReading(Face((Label("happy", 0.7),), (1, 2, 30, 40), 0.7), None, 1)
    emotion = replace(GLAD, labels=(Label(name, 0.9),))
    return Analysis(emotion, GLAD, face, (Tag("dog", "강아지랑", "dog-face", "animal"),), summary, "ko", True)


def a_work(entry: Entry, kind: WorkKind = WorkKind.PICTURE, **changes: Any) -> Work:
    given: dict[str, Any] = {
        "id": new_id(), "entry_id": entry.id, "revision": entry.revision, "kind": kind, "engine": "crayon-1",
        "seed": 7, "prompt": "a dog", "text": "좋은 날", "alt": "강아지", "media_id": new_id(), "made_at": now(),
    }  # fmt: skip
    return Work(**(given | changes))


def now() -> datetime:
    return datetime.fromtimestamp(round(utc_now().timestamp(), 3), UTC)


# --- nouns -------------------------------------------------------------------------------------

st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
st.register_type_strategy(str, st.text(st.characters(exclude_categories=["Cs"])))


@rules(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_every_noun_comes_out_of_its_seal_as_it_went_in(data: st.DataObject) -> None:
    noun = data.draw(st.sampled_from([Message, Person, Entry, Analysis, Work, Reply, SafetyState, Turn]))
    value = data.draw(st.from_type(noun))
    box = Box(b"k" * 32)
    assert unpack(box, "a/1/b", pack(box, "a/1/b", value), noun) == value


def test_a_row_of_an_older_version_opens_with_defaults_and_without_what_is_gone() -> None:
    box = Box(b"k" * 32)
    old = box.seal("people/1/body", b'{"id": "1", "name": "\xed\x95\x98\xeb\x8a\x98", "moods": ["?"]}')
    person = unpack(box, "people/1/body", old, Person)
    assert (person.name, person.anna, person.step) == ("하늘", AnnaSettings(), Step.NEW)


def test_a_value_that_does_not_fit_says_so_without_its_words() -> None:
    box = Box(b"k" * 32)
    with pytest.raises(Damaged) as caught:
        unpack(box, "x/1/y", box.seal("x/1/y", '{"id": 5, "name": ["비밀"]}'.encode()), Person)
    assert "비밀" not in str(caught.value) and caught.value.__cause__ is None


# --- people ------------------------------------------------------------------------------------


async def test_an_account_is_one_person_and_another_account_another(store: SqlStore) -> None:
    me = await store.person_of("web", "me", language="en-GB", time_zone="Europe/London")
    assert (me.language, me.time_zone, me.step) == ("en", "Europe/London", Step.NEW)
    assert await store.person_of("web", "me", language="ko") == me
    you = await store.person_of("telegram", "me", language="ko", time_zone="Mars/Olympus")
    assert you.id != me.id and you.language == "ko" and you.time_zone == "Asia/Seoul"
    assert await store.accounts(me.id) == [("web", "me")]
    assert {one.id for one in await store.people()} == {me.id, you.id}


async def test_a_profile_is_kept_and_consents_only_change_by_consenting(store: SqlStore, person: Person) -> None:
    changed = replace(person, name="하늘", anna=AnnaSettings("calm", ("comfort",)), consents=frozenset(Purpose))
    await store.save_person(changed)
    assert await store.person(person.id) == replace(changed, consents=frozenset())
    granted = await store.set_consent(person.id, Purpose.STORING, True)
    assert granted.consents == {Purpose.STORING} == (await store.person(person.id)).consents
    assert not (await store.set_consent(person.id, Purpose.STORING, False)).consents
    async with store.db.read() as connection:
        told = (await connection.execute(sa.select(sql_schema.consents.c.granted))).scalars().all()
    assert told == [True, False]


async def test_a_stranger_is_not_found(store: SqlStore) -> None:
    for asked in (store.person("x"), store.entry("x"), store.work("x"), store.message("x"), store.sending("x")):
        with pytest.raises(NotFound):
            await asked
    with pytest.raises(NotFound):
        await store.save_person(Person(id="x"))


async def test_a_state_of_safety_is_kept_and_ended(store: SqlStore, person: Person) -> None:
    assert await store.safety_state(person.id) is None
    state = SafetyState(Level.HIGH, now(), 1, now())
    assert await store.change_safety_state(person.id, lambda _none: state) == state
    assert await store.safety_state(person.id) == state
    assert await store.change_safety_state(person.id, lambda _state: None) is None
    assert await store.safety_state(person.id) is None
    with pytest.raises(NotFound):
        await store.change_safety_state("x", lambda _none: state)


async def test_a_calm_line_ends_no_state_that_a_crisis_line_begins_at_that_moment(
    store: SqlStore, settings: Settings, person: Person
) -> None:
    """Of two accounts, in two processes: whichever is read first, a crisis line stands and no other takes it away."""
    other, at = await open_store(settings), now()
    almost_calm = SafetyState(Level.HIGH, at - timedelta(hours=5), 1, at - timedelta(hours=3))
    for n in range(10):
        await store.change_safety_state(person.id, lambda _state: almost_calm)
        lines = [
            other.change_safety_state(person.id, lambda before: calm(before, at)),
            store.change_safety_state(person.id, lambda before: after(before, Safety(Level.IMMINENT), at)),
        ]
        await asyncio.gather(*(lines[::-1] if n % 2 else lines))
        stands = await store.safety_state(person.id)
        assert stands is not None and stands.level is Level.IMMINENT, n
    await other.close()


async def test_every_change_of_a_state_counts(store: SqlStore, settings: Settings, person: Person) -> None:
    other = await open_store(settings)
    await store.change_safety_state(person.id, lambda _none: SafetyState(Level.HIGH, now()))

    def one_more(state: SafetyState | None) -> SafetyState | None:
        return state and replace(state, calm_signals=state.calm_signals + 1)

    await asyncio.gather(*(one.change_safety_state(person.id, one_more) for one in (store, other) * 10))
    found = await store.safety_state(person.id)
    assert found is not None and found.calm_signals == 20
    await other.close()


# --- entries -----------------------------------------------------------------------------------


async def test_each_wording_of_an_entry_is_kept(store: SqlStore, person: Person) -> None:
    first = an_entry(person, media=(Attachment("m1", "image/png", 12),))
    await store.save_entry(first)
    second = first.revised(text="다시 쓴 하루", date=date(2026, 11, 19))
    await store.save_entry(second)
    await store.save_entry(second)
    await store.save_entry(first)  # a step that ran again after its successor
    assert await store.entry(first.id) == second
    assert await store.versions(first.id) == [first, second]
    assert [line.date for line in await store.lines(person.id)] == [date(2026, 11, 19)]
    assert await store.entry_count(person.id) == 1


async def test_a_deleted_entry_is_hidden_until_it_is_brought_back(store: SqlStore, person: Person) -> None:
    entry = an_entry(person)
    await store.save_entry(entry)
    await store.delete_entry(entry.id)
    with pytest.raises(NotFound):
        await store.entry(entry.id)
    assert await store.entry_count(person.id) == 0 and await store.latest_entry(person.id) is None
    assert not await store.lines(person.id) and not await store.days_written(person.id, date.min, date.max)
    await store.save_entry(entry.revised(text="still hidden"))
    assert await store.latest_entry(person.id) is None
    await store.restore_entry(entry.id)
    assert (await store.entry(entry.id)).text == "still hidden"
    with pytest.raises(NotFound):
        await store.delete_entry("x")


async def test_a_list_is_newest_day_first_then_newest_written(store: SqlStore, person: Person) -> None:
    start = now()
    days = [date(2026, 11, 3), date(2026, 11, 5), date(2026, 11, 3), date(2026, 10, 31), date(2026, 12, 1)]
    entries = [
        an_entry(person, f"day {n}", date=day, created_at=start + timedelta(minutes=n)) for n, day in enumerate(days)
    ]
    for entry in entries:
        await store.save_entry(entry)
    await store.save_entry(an_entry(await store.person_of("web", "you"), "another's"))
    assert [line.summary for line in await store.lines(person.id)] == ["day 4", "day 1", "day 2", "day 0", "day 3"]
    assert [line.summary for line in await store.lines(person.id, offset=1, limit=2)] == ["day 1", "day 2"]
    november = {"first": date(2026, 11, 1), "last": date(2026, 11, 30)}
    assert [line.summary for line in await store.lines(person.id, **november)] == ["day 1", "day 2", "day 0"]
    assert await store.days_written(person.id, **november) == {date(2026, 11, 3): 2, date(2026, 11, 5): 1}
    latest = await store.latest_entry(person.id)
    assert latest is not None and latest.text == "day 4"


async def test_a_line_tells_the_first_words_then_what_was_understood_painted_and_corrected(
    store: SqlStore, person: Person
) -> None:
    entry = an_entry(person, "첫 줄\n" + "긴 하루 " * 40)
    await store.save_entry(entry)
    [line] = await store.lines(person.id)
    assert line.summary.startswith("첫 줄 긴 하루") and len(line.summary) <= 80 and line.summary.endswith("…")
    assert (line.emotion, line.picture_media_id, line.hidden) == ("", "", False)

    await store.save_analysis(entry.id, 1, an_analysis("joy", "산책한 날"))
    picture = a_work(entry)
    await store.save_work(picture)
    [line] = await store.lines(person.id)
    assert (line.summary, line.emotion, line.picture_media_id) == ("산책한 날", "joy", picture.media_id)

    await store.correct_emotion(entry.id, "calm")
    await store.save_analysis(entry.id, 1, an_analysis("anger", "산책한 날"))
    [line] = await store.lines(person.id)
    assert line.emotion == "calm" == await store.correction(entry.id)

    newer = entry.revised(text="사실은 조용한 하루였다", level=Level.HIGH)
    await store.save_entry(newer)
    await store.save_work(a_work(entry, id=picture.id, revision=1, media_id="late"))
    [line] = await store.lines(person.id)
    assert (line.summary, line.emotion, line.hidden) == ("사실은 조용한 하루였다", "calm", True)
    second = a_work(newer)
    await store.save_work(second)
    await store.save_work(a_work(entry))  # the picture of the first wording was finished late
    await store.save_analysis(entry.id, 1, an_analysis("joy", "늦게 끝난 요약"))
    [line] = await store.lines(person.id)
    assert (line.summary, line.picture_media_id) == ("사실은 조용한 하루였다", second.media_id)


# --- what was made -----------------------------------------------------------------------------


async def test_an_analysis_belongs_to_its_revision(store: SqlStore, person: Person) -> None:
    entry = an_entry(person)
    await store.save_entry(entry)
    assert await store.analysis(entry.id) is None
    await store.save_analysis(entry.id, 1, an_analysis("joy"))
    await store.save_analysis(entry.id, 1, an_analysis("calm"))
    await store.save_entry(entry.revised(text="x"))
    newest = replace(an_analysis("anger"), face=FaceReading(problem=FaceProblem.DARK))
    await store.save_analysis(entry.id, 2, newest)
    assert await store.analysis(entry.id) == newest
    assert await store.analysis(entry.id, 1) == an_analysis("calm")
    assert await store.analysis(entry.id, 3) is None


async def test_works_are_found_again(store: SqlStore, person: Person) -> None:
    entry = an_entry(person)
    await store.save_entry(entry)
    made = [a_work(entry, kind, made_at=now() + timedelta(seconds=n)) for n, kind in enumerate(WorkKind)]
    for work in made:
        await store.save_work(work)
    await store.save_work(replace(made[0], prompt="another"))
    assert await store.works(entry.id) == [replace(made[0], prompt="another"), *made[1:]]
    assert await store.latest_work(entry.id, WorkKind.MUSIC) == made[1] == await store.work(made[1].id)
    remade = a_work(entry, made_at=now() + timedelta(hours=1))
    await store.save_work(remade)
    assert await store.latest_work(entry.id, WorkKind.PICTURE) == remade
    later = [a_work(entry, WorkKind.COMMENT, text=f"말 {n}", made_at=now() + timedelta(days=n + 1)) for n in range(3)]
    for work in later:
        await store.save_work(work)
    assert await store.recent_comments(person.id, 2) == ["말 2", "말 1"]
    with pytest.raises(NotFound):
        await store.save_work(a_work(an_entry(person)))


async def test_the_newest_rating_counts_and_only_ones_own_works_are_rated(store: SqlStore, person: Person) -> None:
    entry = an_entry(person)
    await store.save_entry(entry)
    work = a_work(entry)
    await store.save_work(work)
    assert await store.rating(work.id) is None
    for stars in (2, 5, 5):
        await store.rate(person.id, work.id, stars)
    rating = await store.rating(work.id)
    assert rating is not None and rating.stars == 5
    stranger = await store.person_of("web", "you")
    with pytest.raises(NotFound):
        await store.rate(stranger.id, work.id, 1)
    for stars in (0, 6):
        with pytest.raises(ValueError, match="between 1 and 5"):
            await store.rate(person.id, work.id, stars)


async def test_stages_tell_how_far_the_making_is(store: SqlStore, person: Person) -> None:
    entry = an_entry(person)
    await store.save_entry(entry)
    assert await store.stages(entry.id, 1) == {}
    await store.set_stage(entry.id, 1, "picture", StageState.WAITING)
    await store.set_stage(entry.id, 1, "music", StageState.FAILED, reference="E-ABC123")
    await store.set_stage(entry.id, 1, "picture", StageState.DONE, work_id="w", seconds=1.5)
    told = await store.stages(entry.id, 1)
    assert (told["picture"].state, told["picture"].work_id, told["picture"].seconds) == (StageState.DONE, "w", 1.5)
    assert told["music"].reference == "E-ABC123" and await store.stages(entry.id, 2) == {}


async def test_turns_are_kept_once_and_come_oldest_first(store: SqlStore, person: Person) -> None:
    said = [Turn(new_id(), "person" if n % 2 else "anna", f"말 {n}", at=now() + timedelta(seconds=n)) for n in range(5)]
    for turn in (*said, said[0]):
        await store.add_turn(person.id, turn)
    assert await store.turns(person.id, 3) == said[2:]


# --- many at once ------------------------------------------------------------------------------


async def test_two_processes_write_to_one_file_and_nothing_is_lost(settings: Settings) -> None:
    stores = [await open_store(settings), await open_store(settings)]
    people = [await one.person_of("web", "me") for one in stores]
    assert people[0] == people[1]
    entries = [an_entry(people[0], f"줄 {n}") for n in range(100)]

    async def write(n: int) -> None:
        await stores[n % 2].save_entry(entries[n])
        await stores[1 - n % 2].save_analysis(entries[n].id, 1, an_analysis(summary=f"요약 {n}"))

    await asyncio.gather(*(write(n) for n in range(100)))
    lines = await stores[0].lines(people[0].id, limit=200)
    assert {line.summary for line in lines} == {f"요약 {n}" for n in range(100)}
    for one in stores:
        await one.close()


async def test_work_that_is_cancelled_holds_nothing_up(store: SqlStore, person: Person, settings: Settings) -> None:
    writing = [asyncio.create_task(store.save_entry(an_entry(person, f"줄 {n}"))) for n in range(60)]
    for n, task in enumerate(writing):
        await asyncio.sleep(0.0005)
        if n % 3:
            task.cancel()
    told = await asyncio.gather(*writing, return_exceptions=True)
    whole = sum(one is None for one in told)
    other = await open_store(settings)
    await asyncio.wait_for(other.save_entry(an_entry(person, "danach")), 5)
    await asyncio.wait_for(store.save_entry(an_entry(person, "danach")), 5)
    assert 0 < whole < 60 and whole + 2 <= await store.entry_count(person.id) <= 62
    assert len(await store.lines(person.id)) == await store.entry_count(person.id)
    await other.close()


def test_the_store_does_all_that_the_port_asks() -> None:
    asked = {name for name in vars(Store) if not name.startswith("_")}
    assert not {name for name in asked if not callable(getattr(SqlStore, name, None))}
