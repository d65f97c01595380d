"""What is deleted is gone wherever it was shown: in every chat of the diary, however long ago, and every part of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.outbox import say_once, withdraw
from core.entities import Button, Reply, Sending, SendState, new_id
from core.ports import NotShown
from tests.bot.test_conversation import introduced
from tests.bot.test_joined import TelegramChat, Unreachable, code_of
from tests.fakes.in_process import Chat

LINE = "오늘 강아지랑 강가를 산책했다"


@pytest.fixture
async def web(tmp_path):
    chat = await Chat.open(tmp_path)
    await introduced(chat)
    yield chat
    await chat.close()


@pytest.fixture
async def phone(web):
    """The same diary in Telegram."""
    phone = TelegramChat(web)
    await phone.says(f"/join {await code_of(web)}")
    return phone


async def delete_newest(chat) -> None:
    await chat.says("/delete")
    await chat.presses("글 하나")
    await chat.presses("1")
    await chat.presses("지우기")


def has_files(chat) -> list[Reply]:
    return [reply for reply in chat.screen.replies() if reply.picture or reply.audio or reply.document]


async def test_an_entry_that_is_deleted_on_the_web_is_gone_from_the_phone(web, phone):
    await phone.says(LINE)
    for command in ("/export", "/calendar", "/today", "/history"):
        await phone.says(command)
    shown = has_files(phone)
    assert any(one.audio for one in shown) and any(one.document for one in shown)
    assert any(one.slot.startswith("calendar.") for one in shown) and LINE in phone.reads()
    await delete_newest(web)
    assert web.screen.replies()[-1].text == "지웠어요."
    left = has_files(phone)
    assert {one.picture for one in left}.isdisjoint(one.picture for one in shown if "강가" in one.text)
    assert not any(one.document or one.slot.startswith("calendar.") for one in left)
    assert LINE not in phone.reads() and "강가" not in phone.reads()


async def test_an_entry_that_is_deleted_on_the_phone_is_gone_from_the_web(web, phone):
    await web.says(LINE)
    await web.says("/calendar")
    month = web.screen.replies()[-1].picture
    await delete_newest(phone)
    assert phone.screen.replies()[-1].text == "지웠어요."
    assert "강가" not in web.reads() and month not in {one.picture for one in has_files(web)}


async def test_deleting_waits_for_no_other_chat_and_what_is_shown_there_goes_when_it_is_back(web, phone, monkeypatch):
    await phone.says(LINE)
    answer = next(key for key, reply in phone.screen.shown.items() if reply.picture)
    away = Unreachable(phone, "edit", monkeypatch)
    await delete_newest(web)
    assert web.screen.replies()[-1].text == "지웠어요." and not phone.screen.shown[answer].withdrawn
    away.is_back()
    await away.is_told()
    assert phone.screen.shown[answer].withdrawn and "강가" not in phone.reads()


async def test_what_one_try_could_not_take_away_the_next_one_does(web, phone, monkeypatch):
    await phone.says(LINE)
    about = [key for key, reply in phone.screen.shown.items() if reply.picture or reply.audio]
    await phone.says("/delete")
    await phone.presses("글 하나")
    await phone.presses("1")
    newest, hears, edit, edits = [], phone.hears, phone.screen.edit, 0

    async def noted(message):
        newest.append(message)
        return await hears(message)

    async def second_fails(sending):
        nonlocal edits
        edits += 1
        if edits == 2:
            raise NotShown("away")
        await edit(sending)

    monkeypatch.setattr(phone, "hears", noted)
    monkeypatch.setattr(phone.screen, "edit", second_fails)
    with pytest.raises(NotShown):
        await phone.presses("지우기")
    await phone.steps(newest[-1])
    assert len(about) == 2 < edits and phone.screen.replies()[-1].text == "지웠어요."
    assert all(phone.screen.shown[key].withdrawn for key in about)


async def test_an_answer_from_a_thousand_lines_ago_goes_too(web, phone):
    await phone.says(LINE)
    await phone.says("/calendar")
    answer = next(key for key, reply in phone.screen.shown.items() if reply.picture)
    month = next(key for key, reply in phone.screen.shown.items() if reply.slot.startswith("calendar."))
    person_id = (await phone.person()).id
    later = Sending("", "", person_id, "telegram", phone.account, Reply(text="…"), SendState.SENT)
    for n in range(1001):
        await web.house.store.add_sending(replace(later, id=new_id(), key=f"later{n}", platform_message_id=f"l{n}"))
    await delete_newest(phone)
    assert phone.screen.shown[answer].withdrawn and phone.screen.shown[month].withdrawn


async def test_of_a_page_too_long_for_one_message_every_part_goes(web, phone):
    await phone.says("\n".join(f"{n}번째 문장에는 강가 이야기를 적었다." for n in range(500)))
    await phone.says("/today")
    assert sum("강가" in reply.text for reply in phone.screen.replies()) >= 3
    await delete_newest(phone)
    assert "강가" not in phone.reads()


async def test_a_page_that_grows_shorter_leaves_nothing_behind_and_may_grow_again(web, phone):
    person = await phone.person()
    turn = ((Button("▶", "press"),),)
    long, short = (Reply(text=text, buttons=turn, slot="page.1") for text in ("긴 글. " * 1500, "짧은 글."))
    for n, reply in enumerate((long, short, short, long, long, short, long)):
        await say_once(phone.house, person.id, "telegram", phone.account, f"turn{n // 2}", reply)
        shown = [one for one in phone.screen.replies() if one.slot.startswith("page.1")]
        assert "".join("".join(one.text.split()) for one in shown) == "".join(reply.text.split())
        assert [bool(one.buttons) for one in shown] == [*(False for _ in shown[1:]), True]
    await withdraw(phone.house, "telegram", phone.account, "page.1")
    assert not any(one.slot.startswith("page.1") for one in phone.screen.replies())
    await say_once(phone.house, person.id, "telegram", phone.account, "late", long)
    assert not any(one.slot.startswith("page.1") for one in phone.screen.replies())
