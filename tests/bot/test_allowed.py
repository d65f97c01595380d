"""What is allowed after a line, as docs/safety.md tells it and as the house does it."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.bot.test_care import listening
from tests.bot.test_reminding import tick
from tests.bot.test_whereabouts import WINTER, Nowhere

DOCS = Path(__file__).parents[2] / "docs" / "safety.md"
CRISIS = "I want to die"
LINES = {
    "high": CRISIS,
    "imminent": "I am going to kill myself tonight",
    "concern": "everything feels hopeless lately",
    "other": "my friend wants to die",
    "none, state": "We cooked soup together",
    "none": "We cooked soup together",
}


@pytest.fixture
async def chat(tmp_path):
    chat = await Nowhere.of_a_friend(tmp_path, "en")
    yield chat
    await chat.close()


async def said(chat, row):
    """The line of a row, in the state that it names; returns its entry."""
    if row.endswith(", state"):
        await chat.says(CRISIS)
        chat.at += timedelta(hours=10)
    await chat.says(LINES[row])
    entry = await chat.house.store.latest_entry((await chat.person()).id)
    assert (entry.text, entry.level) == (LINES[row], row.partition(",")[0])
    return entry


async def is_made(chat, row, _monkeypatch):
    await said(chat, row)
    return any(reply.picture for reply in chat.screen.replies()) and any(reply.audio for reply in chat.screen.replies())


async def is_playful(chat, row, monkeypatch):
    gently = listening(monkeypatch)
    await said(chat, row)
    return gently == [False]


async def is_reminded(chat, row, _monkeypatch):
    chat.at = WINTER
    await chat.says("/profile zone London")
    await chat.says("/remind 21:30")
    await said(chat, row)
    return bool(await tick(chat, WINTER.replace(day=WINTER.day + 1, hour=21, minute=30)))


async def is_asked(chat, row, _monkeypatch):
    await chat.says("I walked the dog today")
    await said(chat, row)
    return "where do you live" in chat.reads()


async def is_listed(chat, row, _monkeypatch):
    entry = await said(chat, row)
    pages = []
    for command in ("/history", "/calendar", "/today"):
        before = len(chat.screen.replies())
        await chat.says(command, after_s=0)
        pages.append(any(entry.text in reply.text for reply in chat.screen.replies()[before:]))
    assert len(set(pages)) == 1, pages
    return all(pages)


async def is_learned_from(chat, row, _monkeypatch):
    entry = await said(chat, row)
    await chat.house.store.correct_emotion(entry.id, "calm")
    return bool(await chat.house.store.felt(entry.person_id))


COLUMNS = {
    "made of it": is_made,
    "playful": is_playful,
    "reminded next day": is_reminded,
    "asked where they live": is_asked,
    "words in lists": is_listed,
    "learned from": is_learned_from,
}


def table():
    """The table of the docs: {text says: {column: yes or no}}."""
    lines = DOCS.read_text(encoding="utf-8").partition("## What is allowed\n")[2].strip().splitlines()
    head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|"))
    return {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in rows}


def test_the_docs_tell_of_all_this_and_nothing_else():
    assert list(table()) == list(LINES)
    assert all(list(row) == list(COLUMNS) for row in table().values())


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("row", LINES)
async def test_the_house_does_what_the_docs_say(chat, monkeypatch, row, column):
    assert table()[row][column] == ("yes" if await COLUMNS[column](chat, row, monkeypatch) else "no")
