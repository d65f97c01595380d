"""Who may see and change a drawing over the web, and what is refused; asked over real sockets."""

from __future__ import annotations

import asyncio
import json
import time
import uuid

import aiohttp
import pytest
import pytest_asyncio

from bot import studio_pass
from core.entities import Kind, Level, Message, new_id, utc_now
from core.painting import arrangement
from tests.fakes.studio_house import SECRET, StudioHouse, init_data

PUBLIC = {"Host": "diary.example"}


@pytest_asyncio.fixture
async def house(tmp_path):
    house = await StudioHouse.open(tmp_path)
    yield house
    await house.close()


@pytest_asyncio.fixture
async def web():
    async with aiohttp.ClientSession(headers={"Accept-Language": "ko"}) as session:
        yield session


def telegram(account: int = 7, **more) -> dict[str, str]:
    return {"X-Studio": f"telegram {init_data(account, **more)}", **PUBLIC}


async def get(web, house, headers=None, entry_id=""):
    async with web.get(
        f"{house.platform.address}/api/studio/entry/{entry_id or house.entry.id}", headers=headers
    ) as answer:
        return answer.status, await answer.json()


async def send(web, house, data, headers=None, sent_as=""):
    headers = {"X-Studio-Id": sent_as or uuid.uuid4().hex, **(headers or {})}
    async with web.post(f"{house.platform.address}/api/studio/drawing", data=data, headers=headers) as answer:
        return answer.status, await answer.json()


async def search(web, house, words="", kind="", headers=None):
    body = json.dumps({"entry": house.entry.id, "words": words, "kind": kind})
    async with web.post(f"{house.platform.address}/api/studio/search", data=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_the_sketch_with_its_layers_is_told_to_who_sits_there(house, web):
    status, told = await get(web, house)
    assert status == 200 and told["revision"] == 1 and told["language"] == "ko"
    assert [layer["sticker"] for layer in told["layers"]] == [layer.sticker for layer in (await house.sketch()).layers]
    assert "dog" in [one["sticker"] for one in told["tags"]] and "강아지" in [one["word"] for one in told["tags"]]
    assert told["behind"].startswith("<svg") and len(json.dumps(told)) < 120_000


async def test_from_outside_nobody_comes_in_by_address_alone(house, web):
    """Behind a public name the loopback rule ends: neither by that name nor handed on by another server."""
    for headers in (PUBLIC, {"X-Forwarded-For": "203.0.113.5"}, {"Forwarded": "for=203.0.113.5"}, {"Via": "1.1 x"}):
        assert (await get(web, house, headers))[0] == 401
    for path in ("/", "/api/chat", "/media/x", "/login", "/api/live"):
        async with web.get(house.platform.address + path, headers=PUBLIC, allow_redirects=False) as answer:
            assert answer.status == 403, path
        async with web.get(
            house.platform.address + path, headers={"X-Forwarded-For": "203.0.113.5"}, allow_redirects=False
        ) as answer:
            assert answer.status in (200, 303, 401) and (answer.status != 200 or path == "/login"), path
    async with web.get(f"{house.platform.address}/studio", headers=PUBLIC) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert answer.status == 200 and "script-src 'self'" in policy and "default-src 'none'" in policy
        assert "frame-ancestors https://web.telegram.org" in policy
    async with web.get(house.platform.address) as answer:
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


async def test_telegrams_word_opens_ones_own_entry_and_no_other(house, web):
    store = house.chat.house.store
    stranger = await get(web, house, telegram(8))
    assert stranger[0] == 404 and "찾을 수 없어요" in stranger[1]["say"]
    person = await store.person_of("telegram", "7")
    message = Message(new_id(), "telegram", "7", "7", "t1", utc_now(), text="공원에서 강아지를 봤다")
    house.chat.at = utc_now()
    await store.keep_with(message, lambda *_: None)
    await house.chat.steps(message)
    (mine,) = await store.every_entry(person.id)
    status, told = await get(web, house, telegram(7), mine)
    assert status == 200 and told["entry"] == mine
    assert (await get(web, house, telegram(7)))[0] == 404
    for bad in (telegram(7, token="1:x"), telegram(7, at_s=time.time() - 90_000), {"X-Studio": "telegram ", **PUBLIC}):
        status, told = await get(web, house, bad, mine)
        assert status == 401 and "say" in told
    sent = arrangement.written(mine, 1, await house.sketch())
    assert (await send(web, house, sent, telegram(7)))[0] == 200
    await house.quiet()
    assert house.heard[-1].platform == "telegram" and house.heard[-1].chat_id == "7"
    assert (await store.entry(mine)).revision == 2


def forged(given: str) -> str:
    return given[:-1] + ("B" if given.endswith("A") else "A")


async def test_a_link_is_for_one_entry_one_person_one_day(house, web):
    def by(given):
        return {"X-Studio": f"pass {given}", **PUBLIC}

    assert (await get(web, house, by(house.pass_for())))[0] == 200
    assert (await get(web, house, by(house.pass_for(entry_id="1" * 20))))[0] == 404
    assert (await get(web, house, by(house.pass_for(person_id=new_id()))))[0] == 404
    for bad in (
        house.pass_for(until_s=time.time() - 1), forged(house.pass_for()), "", "x.y", "é.ü", "A" * 500,
        studio_pass.write(b"another house", studio_pass.Pass("web", "me", "me", house.entry.person_id, house.entry.id, 2**40)),
    ):  # fmt: skip
        assert (await get(web, house, by(bad)))[0] == 401, bad
    assert studio_pass.read(SECRET, house.pass_for(), time.time()).entry_id == house.entry.id


async def test_another_sites_page_can_send_nothing(house, web):
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert (await send(web, house, await house.text(), headers))[0] == 403
    assert not house.heard


async def test_an_arrangement_becomes_a_picture_once(house, web):
    drawing = await house.text()
    moved = json.loads(drawing)
    moved["layers"][0]["x"] = 0.8
    moved["strokes"] = [{"colour": "#d9604a", "width": 0.03, "points": [0.1, 0.1, 0.4, 0.2]}]
    answers = await asyncio.gather(*(send(web, house, json.dumps(moved), sent_as="the-same-drawing") for _ in range(3)))
    assert sorted(told["new"] for _, told in answers) == [False, False, True]
    await house.quiet()
    first, second = await house.pictures()
    assert (first.revision, second.revision) == (1, 2) and second.media_id != first.media_id
    sketch = await house.sketch()
    assert sketch.layers[0].x == 0.8 and sketch.strokes[0].colour == "#d9604a"
    assert second.alt and (await get(web, house))[1]["strokes"][0]["width"] == 0.03
    assert len(await house.chat.house.store.works(house.entry.id)) == 4, "comment and music stay"


async def test_what_is_no_arrangement_is_refused_with_a_kind_word(house, web):
    good = await house.text()
    for data, wanted in (
        (b"{}", 400),
        (b"\xff\xfe", 400),
        (good.replace("dog", "dgo"), 400),
        (good + " " * 200_000, 413),
    ):
        status, told = await send(web, house, data)
        assert status == wanted and told["say"]
    assert (await send(web, house, good, sent_as="no"))[0] == 400
    assert (await send(web, house, arrangement.written("1" * 20, 1, await house.sketch())))[0] == 404
    assert not house.heard


async def test_the_entry_is_gone(house, web):
    drawing = await house.text()
    await house.chat.house.store.delete_entry(house.entry.id)
    for status, told in (await get(web, house), await send(web, house, drawing)):
        assert status == 404 and "찾을 수 없어요" in told["say"]


async def test_stickers_by_word_and_kind(house, web):
    assert "dog" in [one["sticker"] for one in (await search(web, house, "강아지"))[1]["found"]]
    animals = (await search(web, house, kind="animal"))[1]["found"]
    assert len(animals) > 40 and animals[0]["word"] == "강아지"
    assert (await search(web, house, "dog", headers=PUBLIC))[0] == 401
    assert not house.heard, "what one looks for is kept nowhere"


async def test_a_sticker_is_a_picture_that_holds_no_script(house, web):
    for name, status in (
        ("dog", 200),
        ("figure/child/cheer/laugh/9", 200),
        ("../../etc/passwd", 404),
        ("dragonish", 404),
    ):
        async with web.get(f"{house.platform.address}/api/studio/sticker/{name}.svg") as answer:
            assert answer.status == status, name
            if status == 200:
                assert answer.content_type == "image/svg+xml" and "<script" not in await answer.text()
                assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_worrying_words_in_the_search_box_are_answered_first(house, web):
    status, told = await search(web, house, "죽고 싶다")
    assert status == 200 and told["found"] == [] and "109" in told["care"]["text"]
    assert any(link["url"].startswith("tel:") for link in told["care"]["links"])
    await search(web, house, "죽고 싶다 정말")
    await house.quiet()
    person = await house.chat.person()
    state = await house.chat.house.store.safety_state(person.id)
    assert state is not None and state.level in (Level.HIGH, Level.IMMINENT)
    assert [message.kind for message in house.heard] == [Kind.SEARCH], "once, however often it is typed"
    lines = await house.chat.house.store.chat_log("web", "me")
    assert any("109" in line.sending.reply.text for line in lines if line.sending)
    assert not any("죽고 싶다" in line.message.text for line in lines if line.message), "it is no line of the chat"
    assert len(await house.chat.house.store.every_entry(person.id)) == 1, "and no entry"


@pytest.mark.parametrize("words", ["배고파 죽겠다", "killing time", "강아지"])
async def test_ordinary_words_are_no_worry(house, web, words):
    assert (await search(web, house, words))[1]["care"] is None and not house.heard


async def test_what_was_drawn_lies_sealed(house, web):
    await house.chat.house.store.entry(house.entry.id)
    told = json.loads(await house.text())
    told["strokes"] = [{"colour": "#b58bc9", "width": 0.0317, "points": [0.1234, 0.4321]}]
    await send(web, house, json.dumps(told))
    await house.quiet()
    folder = house.chat.house.settings.data_dir
    raw = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert len(raw) > 50_000 and b"0.1234" not in raw and b"0.0317" not in raw and b"#b58bc9" not in raw
