"""Two accounts of one person share a diary, find everything in it, and part again."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bot import answering, exporting, hearing, joining
from core import service, stages
from core.entities import Kind, Limits, Message, Step
from core.ports import NotShown
from tests.bot.test_conversation import introduced
from tests.fakes.in_process import Chat, InlineStudio, Screen


class TelegramScreen(Screen):
    name, shows_outbox = "telegram", False
    limits = Limits()


class TelegramChat(Chat):
    """The same house from another app."""

    def __init__(self, web: Chat, account: str = "77", language: str = "ko") -> None:
        screen = web.house.platforms.get("telegram") or TelegramScreen()
        web.house.platforms = {**web.house.platforms, "telegram": screen}
        super().__init__(web.house, screen, account, language)
        self.web = web

    def _message(self, platform_message_id: str, **fields) -> Message:
        self.web.at = self.at = max(self.at, self.web.at)
        return replace(super()._message(platform_message_id, **fields), platform="telegram")

    async def person(self):
        return await self.house.store.person_of("telegram", self.account, language=self.language)


class Unreachable:
    """A chat that is away until it is back; who is to be told something there waits, each in a workflow of their own."""

    def __init__(self, chat: Chat, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """`way`: what its screen can't do meanwhile, send or edit."""
        self.waiting, self._tell = list[str](), answering.noticed
        self._screen, self._way, self._works = chat.screen, way, getattr(chat.screen, way)
        monkeypatch.setattr(answering, "noticed", self._noticed)
        monkeypatch.setattr(chat.screen, way, self._fails)

    async def _fails(self, _sending):
        raise NotShown("away")

    async def _noticed(self, sending_id):
        self.waiting.append(sending_id)
        with pytest.raises(NotShown):
            await self._tell(sending_id)

    def is_back(self) -> None:
        setattr(self._screen, self._way, self._works)

    async def is_told(self) -> None:
        for sending_id in self.waiting:
            await self._tell(sending_id)


@pytest.fixture
async def web(tmp_path):
    chat = await Chat.open(tmp_path)
    await introduced(chat)
    yield chat
    await chat.close()


async def code_of(chat) -> str:
    await chat.says("/join")
    return re.search(r"/join (\S+)", chat.screen.replies()[-1].text)[1]


async def test_a_fresh_telegram_account_reads_and_writes_the_diary_of_the_web(web):
    phone = TelegramChat(web)
    code = await code_of(web)
    assert re.fullmatch(r"[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}", code) and "10분" in web.screen.replies()[-1].text
    await phone.says(f"/join {code.lower().replace('-', ' ')}")
    assert "이제 한 일기장이에요" in phone.screen.replies()[-1].text
    assert "텔레그램 계정이 이 일기장에 이어졌어요" in web.screen.replies()[-1].text
    me = await web.person()
    assert (await phone.person()).id == me.id and me.name == "지우"
    await phone.says("전화로 쓴 글")
    assert any(reply.picture for reply in phone.screen.replies())
    await web.says("/history")
    assert "전화로 쓴 글" in web.screen.replies()[-1].text and "오늘 처음 써 본다" in web.screen.replies()[-1].text
    await phone.says("/today")
    assert "오늘 처음 써 본다" in phone.reads() and "전화로 쓴 글" in phone.reads()


async def test_what_was_written_before_comes_along_after_a_question_and_old_buttons_still_work(web):
    phone = TelegramChat(web)
    await phone.says("전화에서 먼저 쓴 글")
    answer_id, answer = next((key, reply) for key, reply in phone.screen.shown.items() if reply.picture)
    before = await phone.person()
    await phone.says(f"/join {await code_of(web)}")
    asked = phone.screen.replies()[-1]
    assert "글 1편" in asked.text and (await phone.person()).id == before.id
    await phone.presses("네, 이어 주세요")
    me = await web.person()
    assert (await phone.person()).id == me.id and await web.house.store.entry_count(me.id) == 2
    lines = {line.summary: line for line in await web.house.store.lines(me.id)}
    picture = (await web.house.store.entry(lines["전화에서 먼저 쓴 글"].id)).id
    work = next(work for work in await web.house.store.works(picture) if work.kind == "picture")
    assert (await web.house.media.get(work.media_id)).data and await web.house.media.owner(work.media_id) == me.id
    await phone.press(answer.buttons[0][3], answer_id)
    assert (await web.house.store.rating(work.id)).stars == 4
    assert phone.screen.shown[answer_id].buttons[0][3].text == "★"
    await web.says("/history")
    await web.presses("1")
    assert "전화에서 먼저 쓴 글" in web.reads()


async def test_no_means_no(web):
    phone = TelegramChat(web)
    await phone.says("전화에서 먼저 쓴 글")
    await phone.says(f"/join {await code_of(web)}")
    await phone.presses("아니요, 나중에요")
    assert "그대로 두었어요" in phone.screen.replies()[-1].text
    assert (await phone.person()).id != (await web.person()).id


async def test_codes_that_do_not_work_and_guesses_that_are_too_many(web):
    phone = TelegramChat(web)
    code = await code_of(web)
    await web.says(f"/join {code}")
    assert "바로 이 일기장의 코드" in web.screen.replies()[-1].text
    for guess in ("ABCD-2345", "123", "가나다라마바사아", "/join"):
        await phone.says(f"/join {guess}")
        assert "맞지 않거나" in phone.screen.replies()[-1].text
    phone.at += timedelta(minutes=7)
    await phone.says(f"/join {code}")
    assert "맞지 않거나" in phone.screen.replies()[-1].text  # eleven minutes old
    code = await code_of(web)
    await phone.says(f"/join {code}")
    assert "이제 한 일기장" in phone.screen.replies()[-1].text
    thief = TelegramChat(web, "666")
    await thief.says(f"/join {code}")
    assert "맞지 않거나" in thief.screen.replies()[-1].text  # used
    for n in range(5):
        await thief.says(f"/join 2222-333{n + 2}", after_s=1)
    assert "10분 뒤에" in thief.screen.replies()[-1].text
    await thief.says(f"/join {await code_of(web)}", after_s=1)
    assert "10분 뒤에" in thief.screen.replies()[-1].text  # even a right one, now
    assert (await thief.person()).id != (await web.person()).id
    web.at += timedelta(minutes=11)
    await thief.says(f"/join {await code_of(web)}")
    assert (await thief.person()).id == (await web.person()).id


async def test_who_shares_a_diary_already_is_told_to_leave_it_first(web):
    phone, tablet = TelegramChat(web), TelegramChat(web, "88")
    await phone.says(f"/join {await code_of(web)}")
    await tablet.says("내 일기")
    await phone.says(f"/join {await code_of(tablet)}")
    assert "/leave" in phone.screen.replies()[-1].text
    assert len(await web.house.store.accounts((await web.person()).id)) == 2


async def test_leaving_gives_an_empty_diary_and_keeps_the_other(web):
    phone = TelegramChat(web)
    await phone.says(f"/join {await code_of(web)}")
    line = await phone.says("함께 쓴 글")
    answer_id, answer = [(key, reply) for key, reply in phone.screen.shown.items() if reply.picture][-1]
    await phone.says("/leave")
    assert "웹, 텔레그램" in phone.screen.replies()[-1].text
    await phone.presses("네, 이 계정만 떠날게요")
    assert "떠났어요" in phone.screen.replies()[-1].text
    fresh, me = await phone.person(), await web.person()
    assert fresh.id != me.id and fresh.step is Step.NEW and await web.house.store.entry_count(me.id) == 2
    entry = await web.house.store.latest_entry(me.id)
    assert entry.text == "함께 쓴 글"
    await phone.press(answer.buttons[0][4], answer_id)  # an old button is another diary's now
    assert "이 버튼은 이제" in phone.screen.replies()[-1].text
    await phone.says("덧붙임", reply_to=line)
    await phone.says("고쳐 씀", kind=Kind.EDIT, target=line)
    assert (await web.house.store.entry(entry.id)).text == "함께 쓴 글"
    assert (await web.house.store.latest_entry(fresh.id)).text == "덧붙임"
    await web.says("/leave")
    assert "/delete" in web.screen.replies()[-1].text


async def test_joining_and_leaving_may_be_cut_off_and_run_again(web, monkeypatch):
    phone = TelegramChat(web)
    await phone.says("전화에서 먼저 쓴 글")
    newest, hears = [], phone.hears

    async def noted(message):
        newest.append(message)
        return await hears(message)

    monkeypatch.setattr(phone, "hears", noted)
    await phone.says(f"/join {await code_of(web)}")
    say_once = phone.house.platforms["telegram"].send

    async def killed(_sending):
        raise ConnectionError("killed")

    for label, said in (("네, 이어 주세요", "이제 한 일기장"), ("네, 이 계정만", "떠났어요")):
        if said == "떠났어요":
            await phone.says("/leave")
        phone.house.platforms["telegram"].send = killed
        with pytest.raises(ConnectionError):
            await phone.presses(label)
        phone.house.platforms["telegram"].send = say_once
        before = await phone.person()
        for _ in range(2):
            await phone.steps(newest[-1])
        assert (await phone.person()).id == before.id
        assert [said in reply.text for reply in phone.screen.replies()].count(True) == 1
    assert await web.house.store.entry_count((await web.person()).id) == 2


async def test_a_shared_diary_that_is_deleted_is_gone_on_both_sides_and_that_was_said(web):
    phone = TelegramChat(web)
    await phone.says(f"/join {await code_of(web)}")
    old = await web.person()
    await phone.says("/delete")
    await phone.presses("모두 지울게요")
    assert "다른 계정 1개에서도" in phone.screen.replies()[-1].text
    await phone.presses("네, 모두 지워 주세요")
    assert "모두 지웠어요" in phone.screen.replies()[-1].text
    assert old.id not in {(await web.person()).id, (await phone.person()).id}


async def test_the_crisis_of_one_account_is_remembered_in_the_other_and_after_parting(web):
    phone = TelegramChat(web)
    await phone.says("이제 정말 죽고 싶다")
    await phone.says(f"/join {await code_of(web)}")
    await phone.presses("네, 이어 주세요")
    me = await web.person()
    assert me.crisis_at is not None and await web.house.store.safety_state(me.id) is not None
    await phone.says("/leave")
    await phone.presses("네, 이 계정만")
    fresh = await phone.person()
    assert fresh.crisis_at == me.crisis_at and await web.house.store.safety_state(fresh.id) is not None


class Interrupted(InlineStudio):
    """Something happens while a picture is painted; once."""

    def __init__(self, happens):
        self.happens = happens

    async def paint(self, *asked, **more):
        painted = await super().paint(*asked, **more)
        happens, self.happens = self.happens, None
        if happens is not None:
            await happens()
        return painted


async def test_a_picture_that_is_painted_while_two_diaries_become_one_arrives(web, monkeypatch):
    phone = TelegramChat(web)
    code = await code_of(web)

    async def joins():
        await phone.says(f"/join {code}", after_s=1)
        await phone.presses("네, 이어 주세요")

    monkeypatch.setattr(service.service(), "studio", Interrupted(joins))
    await phone.says("오늘 바다에 갔다")
    [answer] = [reply for reply in phone.screen.replies() if reply.picture]
    assert "문의 번호" not in phone.reads() and not answer.progress
    assert await web.house.media.owner(answer.picture) == (await web.person()).id
    await web.says("/history")
    assert "오늘 바다에 갔다" in web.screen.replies()[-1].text


async def test_nothing_of_a_diary_lands_in_the_chat_that_has_just_left_it(web, monkeypatch):
    phone = TelegramChat(web)
    await phone.says(f"/join {await code_of(web)}")
    me = await web.person()
    await web.house.store.save_person(replace(me, anna=replace(me.anna, voice="both")))

    async def leaves():
        assert [reply.progress for reply in phone.screen.replies() if reply.progress]
        await phone.says("/leave", after_s=1)
        await phone.presses("네, 이 계정만 떠날게요")

    monkeypatch.setattr(service.service(), "studio", Interrupted(leaves))
    line = "함께 쓰는 일기장에 쓴 글"
    await phone.says(line)
    shown = phone.screen.replies()
    assert "떠났어요" in shown[-1].text and not any(reply.picture or reply.audio for reply in shown)
    assert not any(reply.progress for reply in shown)
    entry = await web.house.store.latest_entry(me.id)
    assert entry.text == line
    await web.says("/history")
    await web.presses("1")
    assert any(reply.picture and line in reply.text for reply in web.screen.replies())


async def talk_under_way(phone):
    """A reply to Anna in that chat which she has not answered yet."""
    answer = [key for key, reply in phone.screen.shown.items() if reply.picture][-1]
    talk = phone._message("m-talk", text="정말 재미있었어", reply_to=answer)
    await phone.house.store.keep_with(talk, lambda connection, person_id: None)
    assert (await hearing.guarded_and_told(talk.id))["talk"] == talk.id
    return talk


async def test_who_joins_while_anna_thinks_is_answered(web):
    phone = TelegramChat(web)
    await phone.says("전화에서 먼저 쓴 글")
    talk = await talk_under_way(phone)
    waiting = asyncio.create_task(answering.talked(talk.id))
    await phone.says(f"/join {await code_of(web)}")
    await phone.presses("네, 이어 주세요")
    before = len(phone.screen.replies())
    await stages.talk(service.service(), talk.id)
    await asyncio.wait_for(waiting, 5)
    assert len(phone.screen.replies()) == before + 1 and phone.screen.replies()[-1].text


async def test_who_leaves_while_anna_thinks_is_left_alone(web):
    phone = TelegramChat(web)
    await phone.says(f"/join {await code_of(web)}")
    await phone.says("함께 쓴 글")
    talk = await talk_under_way(phone)
    waiting = asyncio.create_task(answering.talked(talk.id))
    await phone.says("/leave")
    await phone.presses("네, 이 계정만 떠날게요")
    before = phone.reads()
    await stages.talk(service.service(), talk.id)
    await asyncio.wait_for(waiting, 5)
    assert phone.reads() == before


async def test_who_leaves_while_a_diary_is_packed_is_handed_none(web, monkeypatch):
    phone = TelegramChat(web)
    await phone.says(f"/join {await code_of(web)}")
    packed = exporting._packed

    async def leaving(*args):
        parts = await packed(*args)
        await phone.says("/leave", after_s=1)
        await phone.presses("네, 이 계정만 떠날게요")
        return parts

    monkeypatch.setattr(exporting, "_packed", leaving)
    await phone.says("/export")
    assert "떠났어요" in phone.reads() and not any(reply.document for reply in phone.screen.replies())


@pytest.mark.parametrize("killed_at", ["keep", "say_once", "noticed"])
async def test_who_made_the_code_hears_of_it_although_the_bot_is_killed_after_joining(web, monkeypatch, killed_at):
    phone = TelegramChat(web)
    code = await code_of(web)
    message = phone._message("m-join", text=f"/join {code}")
    await phone.house.store.keep_with(message, lambda connection, person_id: None)

    async def killed(*_args, **_more):
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(answering if killed_at == "noticed" else joining, killed_at, killed)
        with pytest.raises(asyncio.CancelledError):
            await phone.steps(message)
    for _ in range(2):
        await phone.steps(message)
    assert [reply.text.startswith("방금 텔레그램 계정이") for reply in web.screen.replies()].count(True) == 1
    assert ["이제 한 일기장" in reply.text for reply in phone.screen.replies()].count(True) == 1


async def test_who_joins_is_told_although_the_other_chat_is_away(web, monkeypatch):
    phone = TelegramChat(web)
    await phone.says("첫 글")
    code, away = await code_of(phone), Unreachable(phone, "send", monkeypatch)
    await web.says(f"/join {code}")
    await web.presses("네, 이어 주세요")
    assert "이제 한 일기장" in web.screen.replies()[-1].text and len(away.waiting) == 1
    away.is_back()
    for _ in range(2):
        await away.is_told()
    assert ["방금 웹 계정이" in reply.text for reply in phone.screen.replies()].count(True) == 1
