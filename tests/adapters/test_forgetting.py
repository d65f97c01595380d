"""What is sealed can't be seen on the disk, and what is forgotten can't be read by anyone."""

from __future__ import annotations

import base64
import sqlite3
import time
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.sealed_media import SealedMedia, open_media
from adapters.sql_schema import OWNED, entries, media, outbox, people, person_keys
from adapters.sql_store import SqlStore, open_store
from core.entities import (
    Analysis,
    Attachment,
    Button,
    Emotion,
    Kind,
    Label,
    Level,
    Message,
    Person,
    Purpose,
    Reply,
    SafetyState,
    Sending,
    SendState,
    StageState,
    Work,
    WorkKind,
    file_id,
    new_id,
    utc_now,
)
from core.ports import EmoseumError, Forgotten, NotFound, Turn
from core.settings import Settings
from tests.adapters.conftest import a_message, an_entry, no_job, sqlite_only

MARK = "Zwiebelkuchen-제비꽃-7731"
LABEL = "loneliness"
NAME = "Brumlinde하늘"


async def a_full_diary(store: SqlStore, media: SealedMedia) -> tuple[Person, Message, str, list[str]]:
    """One of everything a person can leave; returns (person, message, entry id, media ids)."""
    message = a_message(f"오늘은 {MARK}", platform_message_id="1")
    await store.keep_with(message, no_job)
    await store.keep_with(a_message(f"{MARK} 고침", kind=Kind.EDIT, target="1"), no_job)
    person = await store.person_of("web", "me")
    await store.save_person(Person(person.id, NAME, f"{MARK}을 좋아해요", awaiting=f"date:{MARK}"))
    await store.set_consent(person.id, Purpose.STORING, True)
    ids = [await media.put(person.id, (MARK * 50).encode(), "image/png") for _ in range(3)]
    entry = an_entry(person, f"오늘은 {MARK}", media=(Attachment(ids[0], "image/png", 9),), level=Level.IMMINENT)
    await store.save_entry(entry)
    await store.save_entry(entry.revised(text=f"다시 {MARK}"))
    await store.link_message(message.id, entry.id)
    felt = Emotion(labels=(Label(LABEL, 0.9),), why=(MARK,))
    await store.save_analysis(entry.id, 2, Analysis(felt, felt, summary=MARK))
    shown = {"media_id": ids[1], "sketch_media_id": ids[2]}
    work = Work(new_id(), entry.id, 2, WorkKind.PICTURE, "crayon-1", prompt=MARK, text=MARK, alt=MARK, **shown)
    await store.save_work(work)
    await store.save_work(Work(new_id(), entry.id, 2, WorkKind.COMMENT, "anna", text=MARK))
    await store.set_stage(entry.id, 2, "picture", StageState.DONE, work_id=work.id)
    await store.rate(person.id, work.id, 5)
    await store.correct_emotion(entry.id, LABEL)
    await store.add_turn(person.id, Turn(new_id(), "person", MARK, entry.id))
    await store.change_safety_state(person.id, lambda _none: SafetyState(Level.IMMINENT, utc_now()))
    reply = Reply(f"{NAME}, {MARK}", picture=ids[1], picture_alt=MARK, slot=f"answer.{entry.id}.2")
    sending = await store.add_sending(Sending(new_id(), "k1", person.id, "web", "room", reply))
    await store.replace_sending(sending.id, reply)
    await store.set_sending(sending.id, SendState.SENT, "out-1")
    return person, message, entry.id, ids


def forms(word: str) -> list[bytes]:
    """A word as it might lie on a disk."""
    plain = word.encode()
    shifted = [base64.b64encode(b"\0" * shift + plain)[shift and 4 : -4] for shift in range(3)]
    escaped = word.encode("unicode_escape")
    long_enough = [form for form in shifted if len(form) >= 8]  # shorter ones appear in any noise
    return [plain, plain.hex().encode(), word.encode("utf-16-le"), word.encode("utf-16-be"), escaped, *long_enough]


def found_on_disk(settings: Settings, words: list[str]) -> set[str]:
    seen = set()
    for path in [*Path(settings.data_dir).rglob("*"), settings.key_file]:
        data = path.read_bytes() if path.is_file() else b""
        seen |= {f"{word} in {path.name}" for word in words for form in forms(word) if form in data}
    return seen


@sqlite_only
def test_the_search_itself_would_find_each_form(settings: Settings) -> None:
    for form in (MARK.encode(), MARK.encode("utf-16-le"), base64.b64encode(b"ab" + MARK.encode())):
        (settings.data_dir / "note").write_bytes(b"xx" + form + b"yy")
        assert found_on_disk(settings, [MARK]) == {f"{MARK} in note"}


@sqlite_only
async def test_no_word_of_a_diary_stands_on_the_disk(settings: Settings) -> None:
    store = await open_store(settings)
    person, _message, entry_id, _ids = await a_full_diary(store, await open_media(store, settings))
    assert (await store.entry(entry_id)).text == f"다시 {MARK}"
    words = [MARK, LABEL, NAME, Level.IMMINENT.value, "Zwiebel"]
    assert (settings.data_dir / "emoseum.sqlite-wal").stat().st_size > 10_000
    assert not found_on_disk(settings, words)
    await store.delete_entry(entry_id)
    await store.forget(person.id)
    assert not found_on_disk(settings, words)
    await store.close()
    assert not found_on_disk(settings, words)


async def rows(store: SqlStore, *tables: sa.Table) -> dict[str, int]:
    async with store.db.read() as connection:
        counted = {
            table.name: await connection.scalar(sa.select(sa.func.count()).select_from(table)) for table in tables
        }
    return {name: count for name, count in counted.items() if count}


@sqlite_only
async def test_a_forgotten_person_is_unreadable_and_nothing_of_theirs_stays(
    store: SqlStore, media: SealedMedia, settings: Settings
) -> None:
    person, message, entry_id, ids = await a_full_diary(store, media)
    you = await store.person_of("web", "you")
    await store.save_entry(an_entry(you, "another's"))
    database = sqlite3.connect(settings.data_dir / "emoseum.sqlite")
    [(wrapped,)] = database.execute("SELECT wrapped FROM person_keys WHERE person_id = ?", (person.id,))
    database.close()

    await store.forget(person.id)
    for asked in (store.message(message.id), store.entry(entry_id), media.get(ids[0])):
        with pytest.raises(NotFound):
            await asked
    for late in (store.person(person.id), store.save_entry(an_entry(person)), store.lines(person.id)):
        with pytest.raises(Forgotten):
            await late
    assert await rows(store, *OWNED, person_keys) == {
        "entries": 1,
        "entry_versions": 1,
        "accounts": 1,
        "person_keys": 1,
    }
    assert not list((settings.data_dir / "media").rglob("*/*"))
    for path in settings.data_dir.rglob("*"):
        assert not path.is_file() or bytes(wrapped) not in path.read_bytes(), f"the wrapped key is still in {path.name}"
    assert [one.id for one in await store.people()] == [you.id]
    again = await store.person_of("web", "me")
    assert again.id != person.id and again.name == ""
    with pytest.raises(NotFound):
        await store.forget("x")
    await store.forget(person.id)


async def test_once_the_key_is_gone_every_row_that_is_left_is_closed(
    store: SqlStore, media: SealedMedia, settings: Settings
) -> None:
    """As a crash right after the first commit leaves it; another process still has the key in memory."""
    person, message, entry_id, ids = await a_full_diary(store, media)
    async with store.db.write() as connection:
        await connection.execute(person_keys.delete().where(person_keys.c.person_id == person.id))
    reads = [
        store.person(person.id), store.message(message.id), store.entry(entry_id), store.versions(entry_id),
        store.analysis(entry_id), store.works(entry_id), store.lines(person.id), store.turns(person.id),
        store.correction(entry_id), store.safety_state(person.id), store.chat_log("web", "room"),
        store.recent_comments(person.id), store.sending_at("web", "room", "out-1"), store.accounts(person.id),
        media.get(ids[0]), store.message_at("web", "room", "1"), store.latest_entry(person.id),
    ]  # fmt: skip
    for asked in reads:
        with pytest.raises(Forgotten):
            await asked
    assert not await store.sendings_in_doubt("web")

    reopened = await open_store(settings)
    assert not await rows(reopened, *OWNED)
    await open_media(reopened, settings)
    assert not list((settings.data_dir / "media").rglob("*/*"))
    with pytest.raises(Forgotten):
        await reopened.person(person.id)
    await reopened.close()


async def test_an_account_whose_forgetting_was_cut_short_begins_anew(store: SqlStore, person: Person) -> None:
    async with store.db.write() as connection:
        await connection.execute(person_keys.delete())
    assert (await store.person_of("web", "me")).id != person.id


async def test_a_purged_entry_takes_its_words_with_it(store: SqlStore, media: SealedMedia, settings: Settings) -> None:
    person, message, entry_id, _ids = await a_full_diary(store, media)
    other = an_entry(person, "다른 날")
    await store.save_entry(other)
    unrelated = await store.add_sending(Sending(new_id(), "k2", person.id, "web", "room", Reply("안녕")))
    seen = max(line.changed_ms for line in await store.chat_log("web", "room"))
    for _ in range(2):
        await store.purge_entry(entry_id)
    with pytest.raises(NotFound):
        await store.message(message.id)
    assert [line.id for line in await store.lines(person.id)] == [other.id]
    assert not await store.turns(person.id) and not await store.works(entry_id)
    log = await store.chat_log("web", "room")
    assert [line.sending.reply for line in log if line.sending] == [
        Reply(slot=f"answer.{entry_id}.2", withdrawn=True), unrelated.reply,
    ]  # fmt: skip
    assert not [line for line in log if line.message]
    assert len(await store.chat_log("web", "room", since_ms=seen)) == 1
    assert await rows(store, *OWNED) == {"entries": 1, "entry_versions": 1, "outbox": 2, "consents": 1, "accounts": 1}
    assert not list((settings.data_dir / "media").rglob("*/*"))


async def test_without_consent_what_is_old_goes(store: SqlStore, media: SealedMedia, settings: Settings) -> None:
    now = utc_now()
    young, old = now - timedelta(hours=1), now - timedelta(hours=30)
    silent, willing, left = [await store.person_of("web", name) for name in ("silent", "willing", "left")]
    await store.set_consent(willing.id, Purpose.STORING, True)
    await store.set_consent(left.id, Purpose.STORING, True)
    await store.set_consent(left.id, Purpose.STORING, False)
    for one, name in ((silent, "silent"), (willing, "willing"), (left, "left")):
        file = await media.put(one.id, b"x", "image/png")
        for at in (young, old):
            attached = (Attachment(file, "image/png", 1),) if at is old else ()
            await store.save_entry(an_entry(one, "줄", created_at=at, media=attached))
            await store.keep_with(a_message(account=name, chat_id=name, sent_at=at), no_job)

    assert await store.delete_unconsented(now - timedelta(hours=24)) == 2
    assert [await store.entry_count(one.id) for one in (silent, willing, left)] == [1, 2, 2]
    assert len(await store.chat_log("web", "silent")) == 1
    assert len(list((settings.data_dir / "media").rglob("*/*"))) == 2
    assert await store.delete_unconsented(now - timedelta(hours=24)) == 0
    assert await store.delete_unconsented(now + timedelta(hours=24)) == 2 + 4  # a day on, who left is past regret too
    assert [await store.entry_count(one.id) for one in (silent, willing, left)] == [0, 2, 0]


async def test_nobody_writes_after_they_were_forgotten(store: SqlStore, person: Person) -> None:
    entry = an_entry(person)
    await store.save_entry(entry)
    await store.forget(person.id)
    sending = Sending(new_id(), "k", person.id, "web", "room", Reply("x"))
    writes = [
        store.save_person(person), store.save_entry(entry), store.add_turn(person.id, Turn("t", "anna", "x")),
        store.change_safety_state(person.id, lambda _state: None), store.set_consent(person.id, Purpose.FACE, True),
        store.add_sending(sending),
    ]  # fmt: skip
    for late in writes:
        with pytest.raises(Forgotten):
            await late
    for late in (store.set_stage(entry.id, 1, "music", StageState.DONE), store.correct_emotion(entry.id, "joy")):
        with pytest.raises(EmoseumError):
            await late
    assert not await rows(store, entries, outbox, media) and await rows(store, people) == {"people": 1}


async def test_a_file_of_a_message_that_was_never_kept_is_swept(store: SqlStore, media: SealedMedia) -> None:
    """A page's upload was cut off by a kill, or came twice: its message is not there, and nobody refers to the file."""
    heard, cut = a_message("사진", platform_message_id="1"), new_id()
    await store.keep_with(heard, no_job)
    person = await store.person_of("web", "me")
    kept = await media.put(person.id, b"kept", "image/png", file_id(heard.id, "f0"))
    await media.put(person.id, b"cut off", "image/png", file_id(cut, "f0"))
    painted = await media.put(person.id, b"a picture", "image/png", file_id(cut, "p1"))
    assert await media.sweep() == 0  # perhaps it is being posted right now
    assert await media.sweep(time.time() + 2 * 3600) == 1
    assert [(await media.get(name)).data for name in (kept, painted)] == [b"kept", b"a picture"]
    with pytest.raises(NotFound):
        await media.get(file_id(cut, "f0"))


async def test_the_same_file_put_again_is_one_file(store: SqlStore, media: SealedMedia) -> None:
    await store.keep_with(a_message("사진", platform_message_id="1"), no_job)
    person = await store.person_of("web", "me")
    for data in (b"first", b"again"):
        assert await media.put(person.id, data, "image/png", "f0x") == "f0x"
    assert (await media.get("f0x")).data == b"again"
    with pytest.raises(ValueError, match="zip"):
        await media.put_all(person.id, [(b"x", "image/png")] * 2, ["f0x"])
    assert (await media.get("f0x")).data == b"again"


async def test_what_tells_of_an_entry_is_found_in_every_chat_and_every_part_of_it(
    store: SqlStore, person: Person
) -> None:
    entry = an_entry(person)
    await store.save_entry(entry)
    buttons = ((Button("1", f"1entry|{entry.id}~"),),)
    told = {
        "named": ("phone", Reply("하나", buttons=buttons)),
        "page": ("phone", Reply("긴 글의 처음", slot="page.1")),
        "turned+1": ("phone", Reply("긴 글의 끝", buttons=buttons, slot="page.1+1")),
        "other page": ("web", Reply("같은 자리, 다른 방", slot="page.1")),
        "list": ("web", Reply("처음")),
        "list+1": ("web", Reply("끝", buttons=buttons)),
        "month": ("web", Reply("5월", slot="calendar.2")),
        "export": ("phone", Reply("일기", document="a-zip")),
        "gone": ("phone", Reply(slot="calendar.3", withdrawn=True)),
        "going": ("phone", Reply(slot="calendar.4", withdrawn=True)),
        "unrelated": ("phone", Reply("calendar.과 상관없는 말")),
    }
    for key, (chat, reply) in told.items():
        state = SendState.NEW if key == "going" else SendState.SENT
        await store.add_sending(Sending(new_id(), key, person.id, "web", chat, reply, state, f"m-{key}"))
    found = await store.sendings_about(person.id, entry.id, slots=("calendar.",))
    assert [one.key for one in found] == ["named", "page", "turned+1", "list", "list+1", "month", "export", "going"]
    assert {one.key: (one.chat_id, one.reply) for one in found}.items() <= told.items()
    await store.purge_entry(entry.id)
    left = [line.sending for chat in ("phone", "web") for line in await store.chat_log("web", chat)]
    assert {one.key for one in left if one and not one.reply.withdrawn} == {"other page", "month", "unrelated"}
    assert [one.key for one in await store.sendings_about(person.id, entry.id)] == ["going"]
