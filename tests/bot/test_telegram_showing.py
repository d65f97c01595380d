"""What stands on the screen of somebody's Telegram: as it was meant, once, and at a pace that Telegram allows."""

from __future__ import annotations

import asyncio
import io
import re
import time
from dataclasses import replace

import pytest
from PIL import Image

from bot import outbox, telegram_pace
from bot.fitting import fit
from bot.rates import Bucket
from bot.telegram_pace import ALLOWED, Pace
from bot.telegram_render import LIMITS, blank, cover_of, text_of, units
from core.entities import Button, Progress, Reply, SendState
from core.ports import NotShown, Unanswered
from tests.fakes.telegram_house import telegram_house, until
from tests.fakes.telegram_limits import Flood
from tests.fakes.telegram_server import TelegramServer


def picture(colour="red", size=(512, 512)):
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


class Desk:
    """Says things to people, as the journey does."""

    def __init__(self, house):
        self.house, self.store, self.media = house.house, house.house.store, house.house.media
        self.telegram = house

    async def person_of(self, someone):
        return await self.store.person_of("telegram", str(someone.chat_id), language="ko")

    async def says(self, someone, key, reply):
        person = await self.person_of(someone)
        await outbox.say_once(self.house, person.id, "telegram", str(someone.chat_id), key, reply)

    async def keeps(self, someone, data, mime="image/png"):
        return await self.media.put((await self.person_of(someone)).id, data, mime)

    async def state(self, someone, slot):
        return (await self.store.sending_in_slot("telegram", str(someone.chat_id), slot)).state

    async def withdraws(self, someone, slot):
        await outbox.withdraw(self.house, "telegram", str(someone.chat_id), slot)

    async def restart(self):
        await self.telegram.restart()


@pytest.fixture
async def server():
    async with TelegramServer() as server:
        yield server


@pytest.fixture
async def desk(tmp_path, server):
    async with telegram_house(tmp_path, server, answers=False) as house:
        yield Desk(house)


SLOT = Reply(slot="answer.1")


# --- as it was meant -----------------------------------------------------------------------------


async def test_markup_signs_are_shown_as_typed(server, desk):
    someone = server.person(7)
    text = "<b>굵게</b> _밑줄_ *별* [링크](x) `코드` & &lt; \\ ||가림||"
    await desk.says(someone, "1", Reply(text=text))
    await desk.says(someone, "2", Reply(text=text, picture=await desk.keeps(someone, picture())))
    assert [message.text for message in someone.shown] == [text, text]
    kinds = {entity["type"] for message in someone.shown for entity in message.entities}
    assert not kinds & {"bold", "italic", "code", "text_link", "spoiler"}


async def test_a_text_becomes_a_picture_in_its_place_and_keeps_growing(server, desk):
    someone = server.person(7)
    picture_id = await desk.keeps(someone, picture())
    stop = ((Button("그만", "v1.stop"),),)
    await desk.says(someone, "a", replace(SLOT, progress=Progress("reading")))
    assert someone.shown[0].text == "▱▱▱▱▱▱▱▱ 읽고 있어요…"
    await desk.says(someone, "b", replace(SLOT, text="수고했어요", progress=Progress("painting", 0.5), buttons=stop))
    assert someone.shown[0].text == "수고했어요\n\n▰▰▰▰▱▱▱▱ 그림을 그리고 있어요…" and someone.shown[0].labels() == [
        "그만"
    ]
    await desk.says(someone, "c", replace(SLOT, text="수고했어요", picture=picture_id))
    await desk.says(someone, "d", replace(SLOT, text="정말 수고했어요", picture=picture_id, buttons=stop))
    [shown] = someone.shown
    assert shown.photo and shown.text == "정말 수고했어요" and shown.labels() == ["그만"]
    assert [server.count(f"editMessage{what}") for what in ("Text", "Media", "Caption")] == [1, 1, 1]


async def test_a_picture_turns_into_another_and_into_words(server, desk):
    someone = server.person(7)
    await desk.says(someone, "a", replace(SLOT, text="오월", picture=await desk.keeps(someone, picture("red"))))
    red = someone.shown[0]
    await desk.says(someone, "b", replace(SLOT, text="유월", picture=await desk.keeps(someone, picture("blue"))))
    [blue] = someone.shown
    assert blue.message_id == red.message_id and blue.photo != red.photo and blue.text == "유월"
    await desk.says(someone, "c", replace(SLOT, text="이 달은 비어 있어요"))
    [words] = someone.shown
    assert not words.photo and words.text == "이 달은 비어 있어요"
    await desk.says(someone, "d", replace(SLOT, text="고쳐 쓴 말"))  # its new place is remembered
    assert [message.text for message in someone.shown] == ["고쳐 쓴 말"]


async def test_after_a_restart_anything_can_still_be_changed(server, desk):
    someone = server.person(7)
    picture_id = await desk.keeps(someone, picture())
    await desk.says(someone, "a", replace(SLOT, text="첫 말", picture=picture_id))
    await desk.restart()
    await desk.says(someone, "b", replace(SLOT, text="다음 말", picture=picture_id))
    await desk.restart()
    await desk.says(someone, "c", replace(SLOT, text="말뿐"))
    assert [(message.text, bool(message.photo)) for message in someone.shown] == [("말뿐", False)]


async def test_music_comes_with_title_player_and_cover(server, desk):
    someone = server.person(7)
    audio = await desk.keeps(someone, b"ID3" + bytes(2000), "audio/mpeg")
    cover = await desk.keeps(someone, picture())
    music = Reply(text="🎵 봄", audio=audio, audio_title="봄", cover=cover, buttons=((Button("☆", "v1.1"),),), slot="m")
    await desk.says(someone, "a", music)
    await desk.says(someone, "b", replace(music, buttons=((Button("★", "v1.1", chosen=True),),)))
    [shown] = someone.shown
    assert (shown.title, shown.performer, shown.text) == ("봄", "Emoseum", "🎵 봄") and shown.labels() == ["★"]
    with Image.open(io.BytesIO(shown.cover)) as image:
        assert image.format == "JPEG" and max(image.size) <= 320


async def test_a_document_keeps_its_name(server, desk):
    someone = server.person(7)
    document = await desk.keeps(someone, b"%PDF-1.7 " + bytes(500), "application/pdf")
    await desk.says(someone, "a", Reply(text="일기장이에요", document=document, document_name="일기.pdf"))
    [shown] = someone.shown
    assert shown.document.startswith(b"%PDF") and shown.name == "일기.pdf" and shown.text == "일기장이에요"


async def test_too_long_for_a_caption_is_a_picture_and_its_words(server, desk):
    someone = server.person(7)
    text = "정말 긴 이야기예요. " * 120
    await desk.says(someone, "a", replace(SLOT, text=text, picture=await desk.keeps(someone, picture())))
    first, second = someone.shown
    assert first.photo and not first.text and second.text == text.strip()


async def test_the_longest_text_still_has_room_for_what_is_added(server, desk):
    someone = server.person(7)
    calls = ((Button("109 전화", url="tel:109"), Button("긴급 신고 전화 112", url="tel:112")),)
    for n, text in enumerate(("가" * 4000, "🙂" * 3000)):
        for part in fit(Reply(text=text, progress=Progress("painting", 0.3), buttons=calls), LIMITS):
            await desk.says(someone, f"{n}", part)
    shown = [message.text for message in someone.shown]
    assert "가" * 4000 in shown[0] and "그림을 그리고" in shown[0]
    assert all(units(text) <= 4096 for text in shown)


async def test_chosen_is_seen_and_numbers_are_words(server, desk):
    someone = server.person(7)
    rows = (
        (Button("다정하게", "v1.a", chosen=True), Button("차분하게", "v1.b"), Button("★", "v1.c", chosen=True)),
        (Button("109 전화하기", url="tel:109"), Button("문자 보내기", url="sms:741741?body=HOME")),
        (Button("찾아보기", url="https://findahelpline.com"), Button("이 컴퓨터", url="http://localhost:1/x")),
    )
    await desk.says(someone, "a", Reply(text="여기 있어요", buttons=rows))
    [shown] = someone.shown
    assert shown.labels() == ["✓ 다정하게", "차분하게", "★", "찾아보기"]
    assert shown.text.startswith("여기 있어요\n\n📞 109 전화하기\n✉️ 문자 보내기 · HOME · 741741")
    assert text_of(Reply(text="109로 전화해요", buttons=rows[1:2]), "ko", caption=False).count("109") == 1


# --- taken back ----------------------------------------------------------------------------------


async def test_what_is_withdrawn_is_gone(server, desk):
    someone = server.person(7)
    await desk.says(someone, "a", replace(SLOT, text="곧 지워질 말"))
    await desk.withdraws(someone, "answer.1")
    await desk.withdraws(someone, "answer.1")
    assert someone.shown == [] and server.count("deleteMessage") == 1


@pytest.mark.parametrize("with_picture", [True, False])
@pytest.mark.parametrize("restarted", [True, False])
async def test_what_is_too_old_to_be_deleted_loses_its_contents(server, desk, with_picture, restarted):
    someone = server.person(7)
    secret = picture("red")
    kept = await desk.keeps(someone, secret) if with_picture else ""
    await desk.says(someone, "a", replace(SLOT, text="오월의 일기", picture=kept, buttons=((Button("1", "v1.1"),),)))
    server.pass_time(3 * 24 * 3600)
    if restarted:
        await desk.restart()
    await desk.withdraws(someone, "answer.1")
    [shown] = someone.shown
    assert shown.text == "…" and shown.labels() == [] and shown.photo != secret
    assert shown.photo == (blank() if with_picture else b"")


async def test_what_the_person_deleted_themselves_is_shown_anew_or_left_gone(server, desk):
    someone = server.person(7)
    await desk.says(someone, "a", replace(SLOT, text="처음"))
    await someone.deletes(someone.shown[0].message_id)
    await desk.says(someone, "b", replace(SLOT, text="나중"))
    assert [message.text for message in someone.shown] == ["나중"]
    await someone.deletes(someone.shown[0].message_id)
    await desk.withdraws(someone, "answer.1")
    assert someone.shown == []


@pytest.mark.parametrize("ends", [True, False])
async def test_what_was_deleted_and_perhaps_shown_anew_is_not_shown_once_more(server, desk, ends):
    """Telegram shows it and says nothing: the bot is killed at that moment (`ends`), or the connection is."""
    someone = server.person(7)
    await desk.says(someone, "a", replace(SLOT, text="읽고 있어요"))
    await someone.deletes(someone.shown[0].message_id)
    server.fail("sendMessage", status=0, applied=True, delay_s=30 if ends else 0)
    asking = asyncio.create_task(desk.says(someone, "b", replace(SLOT, text="다 읽었어요")))
    await someone.wait_shown(1)
    if ends:
        asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await desk.restart()
    for _ in range(2):
        await desk.says(someone, "b", replace(SLOT, text="다 읽었어요"))
    assert [message.text for message in someone.shown] == ["다 읽었어요"]
    assert await desk.state(someone, "answer.1") is SendState.UNKNOWN


async def test_a_file_that_was_deleted_meanwhile_leaves_the_words(server, desk):
    someone = server.person(7)
    picture_id = await desk.keeps(someone, picture())
    await desk.media.delete(picture_id)
    await desk.says(someone, "a", Reply(text="그래도 할 말", picture=picture_id))
    assert [message.text for message in someone.shown] == ["그래도 할 말"]


# --- trouble -------------------------------------------------------------------------------------


async def test_a_chat_that_has_to_wait_delays_no_other(server, desk):
    slow, quick = server.person(7), server.person(8)
    server.fail("sendMessage", status=429, retry_after=5, chat_id=7)
    begun_s = time.monotonic()
    waiting = asyncio.create_task(desk.says(slow, "a", Reply(text="늦게")))
    await until(lambda: server.count("sendMessage", 429) == 1)
    await desk.says(quick, "b", Reply(text="바로"))
    assert not waiting.done()  # also where a busy machine takes its time
    later = asyncio.create_task(desk.says(slow, "c", Reply(text="더 늦게")))
    await asyncio.gather(waiting, later)
    assert time.monotonic() - begun_s >= 5
    assert [message.text for message in slow.shown] == ["늦게", "더 늦게"]
    assert server.count("sendMessage", 429) == 1  # what came after waited too


async def test_silence_for_long_is_left_to_the_durable_step(server, desk):
    someone = server.person(7)
    server.fail("sendMessage", status=429, retry_after=120)
    for _ in range(2):
        with pytest.raises(NotShown):
            await desk.says(someone, "a", replace(SLOT, text="언젠가"))
    assert server.count("sendMessage") == 1  # the second try did not even ask
    assert await desk.state(someone, "answer.1") is SendState.NEW


async def test_many_lines_into_one_chat_never_flood_it(server, desk):
    someone = server.person(7)
    for n in range(8):
        await desk.says(someone, str(n), Reply(text=f"줄 {n}"))
    assert [message.text for message in someone.shown] == [f"줄 {n}" for n in range(8)]
    assert server.count("sendMessage", 429) == 0


async def test_forty_people_at_once_never_flood_the_server(server, desk):
    people = [server.person(100 + n) for n in range(40)]
    await asyncio.gather(*(desk.says(someone, f"k{n}", Reply(text="안녕")) for n, someone in enumerate(people)))
    assert all(len(someone.shown) == 1 for someone in people)
    assert server.count("sendMessage", 429) == 0


def test_a_bucket_lets_so_many_through_and_then_one_after_the_other():
    bucket = Bucket(every_s=1.0, burst=3)
    assert [bucket.wait_s(100.0) for _ in range(5)] == [0, 0, 0, 1, 2]
    assert bucket.wait_s(200.0) == 0 and bucket.wait_s(200.0, 0.4) == 0


async def test_what_is_held_up_and_arrives_together_is_no_flood_either():
    pace, flood, arrived = Pace(), Flood(), []
    opens_s = time.monotonic() + 1.0

    async def ask(chat_id):
        async with pace.turn(str(chat_id)), pace.asking():
            await asyncio.sleep(opens_s - time.monotonic())
            flood.check(chat_id, 1, time.monotonic())
            arrived.append(chat_id)

    await asyncio.gather(*(ask(n) for n in range(1, 2 * ALLOWED)))
    assert sorted(arrived) == list(range(1, 2 * ALLOWED))


async def test_what_is_never_answered_keeps_nobody_else_waiting_for_long(monkeypatch):
    monkeypatch.setattr(telegram_pace, "ARRIVED_S", 0.1)
    pace, said = Pace(), asyncio.Event()

    async def ask(answer):
        async with pace.asking():
            await answer()

    silent = [asyncio.create_task(ask(asyncio.Event().wait)) for _ in range(2 * telegram_pace.UNDER_WAY)]
    await asyncio.sleep(0)
    await asyncio.wait_for(ask(lambda: asyncio.sleep(0, said.set())), 10)
    for task in silent:
        task.cancel()
    await asyncio.gather(*silent, return_exceptions=True)
    for _ in range(telegram_pace.UNDER_WAY):  # and every way is free again, once
        await asyncio.wait_for(pace._under_way.acquire(), 10)
    assert said.is_set() and pace._under_way.locked()


async def test_a_bot_that_ends_while_it_waits_for_its_turn_says_everything_after_the_restart_once(server, desk):
    someone = server.person(7)
    told, behind = Reply(text="기다리래요", slot="told"), Reply(text="그 뒤에요", slot="behind")
    server.fail("sendMessage", status=429, retry_after=30)
    first = asyncio.create_task(desk.says(someone, "told", told))
    await until(lambda: server.count("sendMessage", 429) == 1)
    second = asyncio.create_task(desk.says(someone, "behind", behind))
    await asyncio.sleep(0.5)
    for task in (first, second):
        task.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    await desk.restart()
    for _ in range(2):
        await desk.says(someone, "told", told)
        await desk.says(someone, "behind", behind)
    assert [message.text for message in someone.shown] == ["기다리래요", "그 뒤에요"]
    assert [await desk.state(someone, slot) for slot in ("told", "behind")] == [SendState.SENT, SendState.SENT]


async def test_a_bot_that_ends_while_it_asks_says_nothing_twice(server, desk):
    someone = server.person(7)
    server.fail("sendMessage", status=0, applied=True, delay_s=30)
    asking = asyncio.create_task(desk.says(someone, "a", replace(SLOT, text="한 번만")))
    await someone.wait_shown(1)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await desk.restart()
    await desk.says(someone, "a", replace(SLOT, text="한 번만"))
    assert len(someone.shown) == 1 and await desk.state(someone, "answer.1") is SendState.UNKNOWN


@pytest.mark.parametrize("status", [500, 503])
async def test_a_server_in_trouble_is_asked_again_and_shows_it_once(server, desk, status):
    someone = server.person(7)
    server.fail("sendMessage", status=status, times=2)
    for _ in range(2):
        with pytest.raises(NotShown):
            await desk.says(someone, "a", Reply(text="결국 보여요"))
    await desk.says(someone, "a", Reply(text="결국 보여요"))
    assert [message.text for message in someone.shown] == ["결국 보여요"]


async def test_a_network_that_is_away_leaves_nothing_in_doubt(tmp_path, server):
    async with telegram_house(tmp_path, server, answers=False, base_url="http://127.0.0.1:9/bot") as house:
        desk, someone = Desk(house), server.person(7)
        with pytest.raises(NotShown):
            await desk.says(someone, "a", replace(SLOT, text="나중에"))
        assert await desk.state(someone, "answer.1") is SendState.NEW
        assert "can't be reached" in (await house.platform.health()).detail


@pytest.mark.parametrize("status", [0, 502, 504])
async def test_what_perhaps_arrived_is_never_sent_twice(server, desk, status):
    someone = server.person(7)
    server.fail("sendMessage", status=status, applied=True)
    with pytest.raises(Unanswered):
        await desk.says(someone, "a", replace(SLOT, text="한 번만"))
    await desk.says(someone, "a", replace(SLOT, text="한 번만"))
    assert [message.text for message in someone.shown] == ["한 번만"]
    assert await desk.state(someone, "answer.1") is SendState.UNKNOWN


@pytest.mark.parametrize("arrived", [True, False])
async def test_hotlines_that_perhaps_arrived_are_sent_again(server, desk, arrived):
    someone = server.person(7)
    help_is_there = replace(SLOT, text="109에 전화할 수 있어요", must_arrive=True)
    server.fail("sendMessage", status=0, applied=arrived, delay_s=0.05)
    with pytest.raises(Unanswered):
        await desk.says(someone, "m1.0", help_is_there)
    await desk.restart()
    for _ in range(2):
        await desk.says(someone, "m1.0", help_is_there)
    assert [message.text for message in someone.shown] == ["109에 전화할 수 있어요"] * (2 if arrived else 1)
    assert await desk.state(someone, "answer.1") is SendState.SENT


async def test_a_change_that_perhaps_arrived_is_simply_made_again(server, desk):
    someone = server.person(7)
    await desk.says(someone, "a", replace(SLOT, text="처음"))
    server.fail("editMessageText", status=0, applied=True)
    with pytest.raises(NotShown):
        await desk.says(someone, "b", replace(SLOT, text="나중"))
    await desk.says(someone, "b", replace(SLOT, text="나중"))
    assert [message.text for message in someone.shown] == ["나중"]
    assert server.count("editMessageText", 400) == 1  # "not modified" is as good as done
    assert await desk.state(someone, "answer.1") is SendState.SENT


async def test_who_blocked_us_is_left_alone_until_they_write(server, desk, caplog):
    someone = server.person(7)
    await someone.blocks()
    await until(lambda: server.waiting == 0)
    for n in range(3):
        await desk.says(someone, str(n), replace(SLOT, text=f"{n}", slot=f"s{n}"))
    assert server.count("sendMessage") == 0  # they told Telegram, and Telegram told us
    assert await desk.state(someone, "s0") is SendState.FAILED
    await desk.telegram.platform.typing("7", "painting")
    assert server.count("sendChatAction") == 0
    await someone.unblocks()
    await until(lambda: server.waiting == 0)
    await desk.says(someone, "again", Reply(text="다시 만나 반가워요"))
    assert [message.text for message in someone.shown] == ["다시 만나 반가워요"]


async def test_an_answer_that_telegram_refuses_gives_way_to_a_word_with_a_reference(server, desk, caplog):
    someone, slot = server.person(7), "answer.01jd000000000000000e.1"
    await desk.says(someone, "a", Reply(slot=slot, progress=Progress("reading")))
    server.fail("editMessageText", status=400, description="can't parse entities")
    await desk.says(someone, "b", Reply(slot=slot, text="오늘도 수고했어요"))
    [shown] = someone.shown
    reference = re.search(r"문의 번호 (E-\w{6})", shown.text)[1]
    assert "보여 드리지 못했어요" in shown.text and shown.labels() == ["📖 열어 보기"] and reference in caplog.text
    await desk.says(someone, "c", Reply(slot=slot, text="이제는 보여요"))
    assert [message.text for message in someone.shown] == ["이제는 보여요"]


@pytest.mark.parametrize("still", [True, False])
async def test_a_placeholder_in_a_chat_that_was_closed_is_ended_when_they_are_back(server, desk, still):
    """`still`: Telegram won't change it even then."""
    someone, slot = server.person(7), "answer.01jd000000000000000e.1"
    await desk.says(someone, "a", Reply(slot=slot, progress=Progress("painting")))
    await someone.blocks()
    await until(lambda: server.waiting == 0)
    await desk.says(someone, "b", Reply(slot=slot, text="오늘도 수고했어요"))
    assert "그림을 그리고" in someone.shown[0].text
    await someone.unblocks()
    await until(lambda: server.waiting == 0)
    if still:
        server.fail("editMessageText", status=400, times=9, description="something new")
    for _ in range(2):
        await outbox.say_refused(desk.house, "telegram", "7")
    assert ["보여 드리지 못했어요" in message.text for message in someone.shown] == ([] if still else [True])
    assert server.count("editMessageText") <= 2


async def test_hotlines_with_a_button_that_is_refused_come_without_it(server, desk):
    someone = server.person(7)
    server.fail("sendMessage", status=400, description="button_url_invalid")
    calls = ((Button("109", url="tel:109"), Button("괜찮아요", "v1.okay")),)
    await desk.says(someone, "a", Reply(text="109에 전화할 수 있어요", buttons=calls, must_arrive=True))
    assert [(message.text, message.labels()) for message in someone.shown] == [("109에 전화할 수 있어요", [])]


async def test_a_refusal_is_asked_for_once_in_half_an_hour(server, desk):
    someone = server.person(7)
    server.fail("sendMessage", status=403, times=9)
    for n in range(3):
        await desk.says(someone, str(n), Reply(text="들리나요"))
    assert server.count("sendMessage") == 1


async def test_somebody_who_never_wrote_is_not_found(server, desk):
    stranger = server.person(7, met=False)
    await desk.says(stranger, "a", replace(SLOT, text="안녕"))
    assert await desk.state(stranger, "answer.1") is SendState.FAILED


async def test_typing_shows_what_is_being_made(server, desk):
    someone = server.person(7)
    for stage in ("reading", "painting", "composing", "else"):
        await desk.telegram.platform.typing("7", stage)
    assert [action.name for action in someone.actions] == ["typing", "upload_photo", "record_voice", "typing"]
    server.fail("sendChatAction", status=429)
    await desk.telegram.platform.typing("7", "painting")  # nobody is troubled by that


def test_a_cover_is_small():
    with Image.open(io.BytesIO(cover_of(picture(size=(1024, 768))))) as image:
        assert image.size == (320, 240)
