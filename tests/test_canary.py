"""A word of the diary is looked for in every byte that lies on the disk, and in every log: it stands nowhere in clear.

Logs at debug, real engines, an engine and a step that raise errors with the diary in their message.
"""

import base64
import itertools
import json
import re
import sqlite3
from contextlib import closing

import pytest

from core.entities import EMOTIONS
from tests.core.test_intake import ASTRONAUT
from tests.fakes.house_process import HouseProcess, Page
from tests.test_bad_input import after, is_made, press

WORD, NAME, THING = "zquiplex", "뷁퀡쐛이", "우산"  # a word, the person's name, something that gets painted
LOUD = {
    "EMOSEUM_LOG_LEVEL": "debug",
    "EMOSEUM_WORK__JOIN_S": "0",
    "EMOSEUM_ENGINES__UNDERSTANDING": "embedded",
    "EMOSEUM_ENGINES__PAINTER": "crayon",
    "EMOSEUM_ENGINES__COMMENTER": "embedded",
}
MAGIC = {
    b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"ID3": "MP3", b"\xff\xfb": "MP3", b"OggS": "Ogg", b"RIFF": "WAV", b"\0\0\0": "MP4",
}  # fmt: skip


def forms(word):
    """A word as it may stand in a file, by name."""
    yield "utf-8", word.encode()
    yield "utf-16-le", word.encode("utf-16-le")
    yield "utf-16-be", word.encode("utf-16-be")
    escaped = json.dumps(word, ensure_ascii=True)[1:-1]
    if escaped != word:
        yield "json", escaped.encode()
        yield "JSON", escaped.upper().replace("\\U", "\\u").encode()
    yield "hex", word.encode().hex().encode()
    for shift in range(3):  # base64 of a longer text in which the word begins anywhere
        encoded = base64.b64encode(b"\0" * shift + word.encode())
        whole = (shift + len(word.encode())) % 3 == 0  # else the last letters hang on what follows
        inner = encoded[4 if shift else 0 : len(encoded) if whole else len(encoded) // 4 * 4 - 4]
        if len(inner) > 4:  # four bytes stand by chance in sealed ones, once in a thousand runs
            yield f"base64+{shift}", inner


def leaks(folder, words):
    """(file, word, form) wherever one of the words stands."""
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        found += [(path.name, word, form) for word in words for form, sign in forms(word) if sign in data]
    return found


def clear_media(data_dir):
    """Media files that begin like a picture or a sound."""
    files = [path for path in (data_dir / "media").rglob("*") if path.is_file()]
    return [(path.name, name) for path in files for sign, name in MAGIC.items() if path.read_bytes().startswith(sign)]


def told_to_the_engine(data_dir):
    """Rows of the durable engine that hold more than ids: names of emotions, or anything but ASCII."""
    words = re.compile(r"\b(" + "|".join(EMOTIONS) + r")\b")
    rows = []
    with closing(sqlite3.connect(data_dir / "emoseum.sqlite")) as database:
        for table in ("workflow_status", "operation_outputs", "workflow_events", "notifications", "streams"):
            cursor = database.execute(f"SELECT * FROM {table}")
            for row in cursor:
                told = json.dumps(
                    dict(zip((column[0] for column in cursor.description), row, strict=True)), default=str
                )
                if words.search(told) or "\\u" in told:
                    rows.append((table, told))
    return rows


@pytest.fixture
def house(tmp_path):
    house = HouseProcess(tmp_path / "data", LOUD)
    house.start("core", crash=f"fails:comment:{WORD}-heavy")
    house.start("bot", crash=f"fails:tell:{WORD}-stumble:2")
    yield house
    house.stop()


async def live(page):
    """A whole life in one chat, the canary in every field that a person can fill."""
    first = await page.send(f"{WORD} 비가 와서 {THING}을 쓰고 걸었다. 정말 행복했다")
    await after(page, first, is_made)
    for label in ("글과 사진 간직하기", "사진 속 표정 읽기", "내 별점으로", "이대로 계속"):
        await press(page, label)
    for text in (NAME, f"저는 {WORD}를 좋아해요"):
        await page.send(text)
    _status, body = await page.post(f"오늘의 나 {WORD}", [(f"{WORD}.jpg", ASTRONAUT)])
    replies = await after(page, body["line"]["id"], is_made)
    answer = next(reply for reply in replies if reply["picture"])
    await page.send(kind="press", press=answer["buttons"][0][4]["press"], target=answer["id"])
    await press(page, "아니, 나는")
    await press(page, "슬픔")
    turn = await page.send(f"정말 {WORD}일까?", reply_to=answer["id"])
    await after(page, turn, lambda replies: len(replies) >= 1)
    await page.send(f"고쳐 쓴 {WORD}", kind="edit", target=first)
    for odd in (f"/{WORD}", f"/yesterday {WORD}", "/history", "/calendar"):
        await page.send(odd)
    await page.send(kind="press", press=f"1{WORD}~AAAAAAAA", target=WORD)
    heavy = await page.send(f"{WORD}-heavy 안나가 답을 못 쓰는 날")
    await after(page, heavy, lambda replies: is_made(replies) and any("E-" in reply["text"] for reply in replies))
    stumble = await page.send(f"{WORD}-stumble 두 번 넘어지는 글")
    await after(page, stumble, is_made)
    crisis = await page.send(f"{WORD} 이제 정말 죽고 싶다")
    await after(page, crisis, lambda replies: any("109" in reply["text"] for reply in replies))


def nothing_is_read(house):
    # Every file of the data folder and beside it: database, write-ahead log, media, locks, key, logs.
    assert leaks(house.data_dir.parent, (WORD, NAME, THING, "행복")) == []
    assert clear_media(house.data_dir) == []
    assert told_to_the_engine(house.data_dir) == []


async def test_no_word_of_the_diary_stands_anywhere_in_clear(house):
    page = Page(house)
    await live(page)
    assert any(WORD in line["text"] for line in await page.lines())  # the person reads it, of course
    nothing_is_read(house)
    log = house.log.read_text()
    assert log.count("ValueError") >= 3 + 2  # the errors did happen, and are told by type and place
    assert list((house.data_dir / "media").rglob("*"))
    await page.send("/delete")
    await press(page, "모두 지울게요")
    await press(page, "모두 지워")
    await page.until(lambda lines: not any(WORD in line["text"] for line in lines))
    nothing_is_read(house)
    house.kill("bot")  # what only lay in the write-ahead log is carried over now
    house.start("bot")
    await page.until(lambda lines: True)
    nothing_is_read(house)


# --- would it be found? ------------------------------------------------------------------------


@pytest.mark.parametrize(("word", "around"), list(itertools.product((WORD, NAME), ("", "a", "가나"))))
def test_a_planted_word_is_found_in_every_form(tmp_path, word, around):
    text = f"{around}{word}{around}"
    planted = {
        "utf-8": text.encode(),
        "utf-16-le": b"\0" + text.encode("utf-16-le"),
        "utf-16-be": text.encode("utf-16-be"),
        "json": json.dumps({"text": text}).encode(),
        "base64": base64.b64encode(text.encode()),
        "hex": text.encode().hex().encode(),
    }
    for form, data in planted.items():
        folder = tmp_path / form
        folder.mkdir()
        (folder / "file").write_bytes(b"\xffbefore" + data + b"after\0")
        assert leaks(folder, [word]), form
    assert not leaks(tmp_path / "utf-8", ["another"])


def test_a_planted_row_and_a_planted_file_are_found(tmp_path):
    (tmp_path / "media" / "ab").mkdir(parents=True)
    with sqlite3.connect(tmp_path / "emoseum.sqlite") as database:
        database.execute("PRAGMA journal_mode=WAL")
        for table in ("workflow_status", "operation_outputs", "workflow_events", "notifications", "streams"):
            database.execute(f"CREATE TABLE {table} (id TEXT, output TEXT)")
        database.execute("INSERT INTO operation_outputs VALUES ('01m7', '{\"making\":\"01m7.1\"}')")
    assert (told_to_the_engine(tmp_path), clear_media(tmp_path)) == ([], [])
    database.execute("INSERT INTO operation_outputs VALUES ('01m8', ?)", [json.dumps({"labels": ["sadness"]})])
    database.execute("INSERT INTO streams VALUES ('01m9', ?)", [NAME])
    database.commit()
    assert [table for table, _row in told_to_the_engine(tmp_path)] == ["operation_outputs", "streams"]
    assert any(name.endswith("-wal") for name, _word, _form in leaks(tmp_path, [NAME]))
    (tmp_path / "media" / "ab" / "01m7ab").write_bytes(ASTRONAUT)
    assert clear_media(tmp_path) == [("01m7ab", "JPEG")]
    database.close()
