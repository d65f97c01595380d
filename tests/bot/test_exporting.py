"""A whole diary is handed over: every wording, work and file, in ZIPs that the chat can carry."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest

from bot import answering, exporting
from bot.exporting import Zips
from core.entities import Kind, Limits
from core.ports import NotFound
from tests.bot.test_conversation import introduced


async def unpacked(chat) -> tuple[dict[str, bytes], list[int]]:
    """The files of the newest export, as a person would unpack them into one folder; and the sizes of its ZIPs."""
    files, sizes = {}, []
    for reply in chat.screen.replies():
        if reply.document:
            data = (await chat.house.media.get(reply.document)).data
            sizes.append(len(data))
            with zipfile.ZipFile(io.BytesIO(data)) as opened:
                assert opened.testzip() is None and "README.txt" in opened.namelist()
                files.update({name: opened.read(name) for name in opened.namelist()})
    return files, sizes


async def test_everything_is_in_it(chat):
    await introduced(chat)
    line = await chat.says("떡볶이를 먹었다", attachments=(await chat.photo(b"\xff\xd8photo"),))
    await chat.says("떡볶이와 순대를 먹었다", kind=Kind.EDIT, target=line)
    answer_id, answer = next(
        (key, reply) for key, reply in reversed(chat.screen.shown.items()) if reply.picture and len(reply.buttons) > 1
    )
    await chat.press(answer.buttons[0][4], answer_id)
    await chat.says("맛있었겠지?", reply_to=answer_id)
    await chat.says("거둘 글")
    await chat.says("/undo")
    await chat.says("/remind 21:30")
    await chat.says("/export")
    shown = [reply for reply in chat.screen.replies() if reply.document]
    assert len(shown) == 1 and shown[0].document_name == f"emoseum-{chat.house.today(await chat.person())}.zip"
    assert "모으고 있어요" in chat.reads() and "안전한 곳에" in shown[0].text

    files, _sizes = await unpacked(chat)
    assert "entry.json" in files["README.txt"].decode()
    person = json.loads(files["person.json"])
    assert (person["name"], person["consents"]) == ("지우", ["storing"])
    assert person["consent_log"][0]["purpose"] == "storing" and person["accounts"] == [
        {"platform": "web", "account": "me"}
    ]
    assert person["reminder"]["at_min"] == 1290
    assert json.loads(files["talk.json"])[0]["text"] == "맛있었겠지?"
    folders = {name.rpartition("/")[0] for name in files if name.startswith("entries/")}
    entries = {}
    for folder in folders:
        entry = json.loads(files[f"{folder}/entry.json"])
        entries[entry["versions"][0]["text"]] = (folder, entry)
        named = [file["file"] for version in entry["versions"] for file in version["files"]]
        for name in (*named, *(file for work in entry["works"] for file in work["files"])):
            assert files[f"{folder}/{name}"]
    assert set(entries) == {"오늘 처음 써 본다", "떡볶이를 먹었다", "거둘 글"}
    assert entries["거둘 글"][1]["deleted"] and not entries["떡볶이를 먹었다"][1]["deleted"]
    folder, entry = entries["떡볶이를 먹었다"]
    assert [version["text"] for version in entry["versions"]] == ["떡볶이를 먹었다", "떡볶이와 순대를 먹었다"]
    assert files[f"{folder}/photo-1.jpg"] == b"\xff\xd8photo"
    assert entry["analyses"][0]["revision"] == 1 and "valence" in entry["analyses"][0]["emotion"]
    works = {work["kind"]: work for work in entry["works"]}
    assert set(works) == {"picture", "music", "comment"} and works["picture"]["stars"] == 5
    assert works["comment"]["text"] and works["music"]["stars"] is None
    assert files[f"{folder}/picture-1.png"].startswith(b"\x89PNG")


async def test_a_diary_too_large_for_the_chat_comes_in_parts_that_fit_and_make_one(chat, monkeypatch):
    await introduced(chat)
    big = bytes(range(256)) * 1200  # 300 KB: larger than a whole part
    await chat.says("큰 사진", attachments=(await chat.photo(big),))
    for n in range(5):
        await chat.says(f"{n}번째 이야기")
    await chat.says("/export")
    whole, _ = await unpacked(chat)
    count = len([reply for reply in chat.screen.replies() if reply.document])
    monkeypatch.setattr(chat.screen, "limits", replace(Limits(text_chars=20_000), upload_bytes=100_000))
    await chat.says("/export")
    parts = [reply for reply in chat.screen.replies() if reply.document][count:]
    assert len(parts) >= 4 and parts[1].document_name.endswith(f"-2-of-{len(parts)}.zip")
    assert f"{len(parts)}개 중 2번째" in parts[1].text
    files = {}
    for reply in parts:
        data = (await chat.house.media.get(reply.document)).data
        assert len(data) <= 100_000
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            files.update({name: opened.read(name) for name in opened.namelist()})
    pieces = sorted(name for name in files if "photo-1.jpg." in name)
    assert len(pieces) >= 3 and b"".join(files[name] for name in pieces) == big
    joined = {name for name in files if name not in pieces} | {pieces[0].rpartition(".")[0]}
    assert joined == set(whole)


@pytest.mark.parametrize("limit", [5_000, 20_000])
def test_a_zip_never_grows_over_its_limit(limit):
    zips, sizes = Zips(limit, "README " * 30), []
    for n in range(3000):
        name, data = f"entries/2026-11-20/{n:020}/entry.json", str(n).encode() * (n % 97)
        if len(data) > zips.room_bytes(name):
            sizes.append(len(zips.closed()))
        zips.add(name, data)
    sizes.append(len(zips.closed()))
    assert 0 < max(sizes) <= limit and sum(sizes) > limit * len(sizes) / 2
    assert zips.closed() == b""


async def test_the_export_is_said_once_however_often_its_step_runs(chat):
    await introduced(chat)
    line = await chat.says("/export")
    message = await chat.house.store.message_at("web", "me", line)
    sent = chat.screen.sent
    person = await chat.person()
    await exporting.deliver(chat.house, message, person)
    assert chat.screen.sent == sent
    shown = [reply for reply in chat.screen.replies() if reply.document]
    assert len(shown) == 1 and (await chat.house.media.get(shown[0].document)).data


async def test_an_entry_that_is_deleted_meanwhile_is_not_in_it(chat, monkeypatch):
    person = await introduced(chat)
    await chat.says("지울 비밀")
    entry = await chat.house.store.latest_entry(person.id)
    turns = chat.house.store.turns
    every, calls = chat.house.store.every_entry, []

    async def meanwhile(person_id):
        calls.append(1)
        if len(calls) == 3:  # packed already
            await chat.house.store.purge_entry(entry.id)
        return await every(person_id)

    monkeypatch.setattr(chat.house.store, "every_entry", meanwhile)
    assert turns
    await chat.says("/export")
    files, _ = await unpacked(chat)
    assert len(calls) >= 6 and "person.json" in files
    assert not any("지울 비밀" in data.decode(errors="replace") for data in files.values())


async def test_an_export_is_deleted_after_a_day_and_with_what_was_in_it(chat):
    person = await introduced(chat)
    await chat.says("/export")
    first = next(reply.document for reply in chat.screen.replies() if reply.document)
    assert (
        await chat.house.store.delete_exports(chat.at + timedelta(hours=25) - timedelta(hours=exporting.KEPT_HOURS))
        == 1
    )
    with pytest.raises(NotFound):
        await chat.house.media.get(first)
    await chat.says("/export")
    second = [reply.document for reply in chat.screen.replies() if reply.document][-1]
    await chat.house.store.purge_entry((await chat.house.store.latest_entry(person.id)).id)
    with pytest.raises(NotFound):
        await chat.house.media.get(second)


async def test_the_readme_is_in_the_persons_language(chat):
    await introduced(chat)
    await chat.says("/language en")
    await chat.says("/export")
    files, _ = await unpacked(chat)
    assert files["README.txt"].decode().startswith("My diary")


async def test_one_export_at_a_time(chat, monkeypatch):
    await introduced(chat)
    packed, begun = exporting._packed, []

    async def slowly(*args):
        begun.append(args)
        if len(begun) == 1:
            for _ in range(4):
                await chat.says("/export", after_s=1)
        return await packed(*args)

    monkeypatch.setattr(exporting, "_packed", slowly)
    await chat.says("/export")
    assert len(begun) == 1 and len([reply for reply in chat.screen.replies() if reply.document]) == 1
    assert ["이미 모으고 있어요" in reply.text for reply in chat.screen.replies()].count(True) == 4
    await chat.says("/export")  # once it is over, anew
    assert len(begun) == 2 and len([reply for reply in chat.screen.replies() if reply.document]) == 2


async def test_an_export_that_breaks_says_so_and_may_be_asked_for_again(chat, monkeypatch):
    await introduced(chat)

    async def broken(*_args):
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(exporting, "_packed", broken)
        message = chat._message("m-export", text="/export")
        await chat.house.store.keep_with(message, lambda connection, person_id: None)
        with pytest.raises(ZeroDivisionError):
            await chat.steps(message)
        await answering.not_exported(message.id)  # what the step does in the end
    assert "모으다가 문제가 생겼어요" in chat.screen.replies()[-1].text
    await chat.says("/export")
    assert chat.screen.replies()[-1].document
