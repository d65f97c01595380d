"""What a person sees on Discord of a reply, and what Discord's faults do to it: shown once, or said to be refused."""

import asyncio
import re
from dataclasses import replace

import pytest

from bot import outbox
from bot.discord_render import as_typed
from core.entities import Button, Level, Progress, Reply, Sending, SendState, new_id
from core.ports import NotShown, Passing, Refused, Unanswered
from core.safety.answers import answer
from tests.fakes.discord_house import until

GREEN, GREY, LINK = 3, 2, 5
PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 100
OGG = b"OggS" + b"music" * 100


def read(content: str) -> str:
    """Text as Discord draws it: an escaped sign is the sign."""
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", content)


async def of(house, someone, reply: Reply, **fields) -> Sending:
    """A reply in the outbox for somebody's chat."""
    person = await house.house.store.person_of("discord", str(someone.id), language=someone.locale)
    sending = Sending(new_id(), new_id(), person.id, "discord", str(someone.dm.id), reply)
    return await house.house.store.add_sending(replace(sending, **fields))


async def kept(house, someone, data: bytes, mime: str) -> str:
    person = await house.house.store.person_of("discord", str(someone.id), language=someone.locale)
    return await house.house.media.put(person.id, data, mime)


async def test_an_answer_grows_in_one_message(discord, listener):
    jiwoo = discord.person(locale="ko")
    sending = await of(listener, jiwoo, Reply(slot="answer", progress=Progress("painting", 0.5)))
    shown_id = await listener.platform.send(sending)
    assert jiwoo.shown[0].text.startswith("-# ") and "▰▰▰▰▱▱▱▱" in jiwoo.shown[0].text
    picture = await kept(listener, jiwoo, PNG, "image/png")
    stars = tuple(Button("★" if n < 3 else "☆", f"1rate|w|{n}~abcdefgh", chosen=n == 2) for n in range(1, 6))
    whole = Reply(text="좋은 하루였네요.", picture=picture, picture_alt="강가를 걷는 강아지", buttons=(stars,))
    there = replace(sending, reply=whole, platform_message_id=shown_id)
    await listener.platform.edit(there)
    (shown,) = jiwoo.shown
    assert (shown.id, shown.text) == (int(shown_id), "좋은 하루였네요.")
    assert shown.files == (("picture.png", PNG, "강가를 걷는 강아지"),)
    assert [button.style for button in shown.buttons[0]] == [GREY, GREEN, GREY, GREY, GREY]
    await listener.platform.edit(replace(there, reply=replace(whole, buttons=())))  # stars given: the file stays
    assert jiwoo.shown[0].files == shown.files and not jiwoo.shown[0].buttons
    assert [call.files for call in discord.calls if call.method == "PATCH"] == [("picture.png",), ()]


async def test_music_and_documents_are_files_with_their_titles(discord, listener):
    jiwoo = discord.person()
    music = await kept(listener, jiwoo, OGG, "audio/ogg")
    export = await kept(listener, jiwoo, b"PK\x03\x04" + b"x" * 99, "application/zip")
    await listener.platform.send(await of(listener, jiwoo, Reply(text="🎵", audio=music, audio_title="강가의 저녁")))
    await listener.platform.send(await of(listener, jiwoo, Reply(document=export, document_name="일기 2026.zip")))
    assert jiwoo.shown[0].files == (("music.ogg", OGG, "강가의 저녁"),)
    assert [name for name, _, _ in jiwoo.shown[1].files] == ["2026.zip"]


async def test_a_file_that_is_too_large_is_said_to_be(discord, listener):
    jiwoo = discord.person(locale="ko")
    export = await kept(listener, jiwoo, b"PK\x03\x04" + b"x" * (11 << 20), "application/zip")
    await listener.platform.send(
        await of(listener, jiwoo, Reply(text="여기요", document=export, document_name="a.zip"))
    )
    assert "여기요" in jiwoo.shown[0].text and "파일이 커서" in jiwoo.shown[0].text and not jiwoo.shown[0].files


@pytest.mark.parametrize(
    "text",
    [
        "*별* _밑줄_ __둘__ ~~취소~~ ||비밀|| `코드` ```블록```",
        "# 제목\n## 둘\n> 인용\n>>> 길게\n- 하나\n  - 들여\n* 별표\n1. 첫째\n-# 작게",
        "\n\n- 빈 줄 다음",
        "[링크](https://example.com) <@7> <#1> <:smile:1> <t:0> </calendar:1> @everyone @here",
        "¯\\_(ツ)_/¯ 그리고 C:\\path\\*",
        "https://example.com/a_b_c*d*e 는 그대로",
    ],
)
async def test_markup_is_shown_as_it_was_typed_and_calls_nobody(discord, listener, text):
    jiwoo = discord.person()
    await listener.platform.send(await of(listener, jiwoo, Reply(text=text)))
    (shown,) = jiwoo.shown
    assert read(shown.text) == text.strip() and shown.pings == ()
    bare = re.sub(r"https?://\S+", "", shown.text)
    assert not re.search(r"(?<!\\)[*_`~|\[]", bare.replace("\\\\", ""))
    assert not re.search(r"^[ \t]*([#>-]|\d+\.\s)", bare, re.MULTILINE)


async def test_text_that_is_all_markup_still_fits(discord, listener):
    jiwoo = discord.person()
    await listener.platform.send(await of(listener, jiwoo, Reply(text="*_" * 900)))
    assert jiwoo.shown[0].text == "＊＿" * 900


async def test_what_discord_calls_no_link_is_a_line(discord, listener):
    jiwoo = discord.person()
    row = (Button("109 전화하기", url="tel:109"), Button("상담 찾기", url="https://findahelpline.com"))
    await listener.platform.send(await of(listener, jiwoo, Reply(text="여기 있어요", buttons=(row,))))
    assert jiwoo.shown[0].text.endswith("☎️ 109 전화하기")
    assert [(button.label, button.style) for button in jiwoo.shown[0].buttons[0]] == [("상담 찾기", LINK)]


async def test_discord_has_a_word_of_its_own_for_a_line_that_is_written_to(discord, listener):
    jiwoo = discord.person()
    await listener.platform.send(await of(listener, jiwoo, Reply(text=answer(Level.HIGH, "en", "US").text)))
    assert "text DISCORD" in jiwoo.shown[0].text and "HOME" not in jiwoo.shown[0].text


async def test_twin_buttons_are_told_apart_and_mean_the_same(discord, listener):
    jiwoo = discord.person()
    row = (Button("하나", "1page|2~abcdefgh"), Button("둘", "1page|2~abcdefgh"))
    shown = await listener.platform.send(await of(listener, jiwoo, Reply(text="?", buttons=(row,))))
    await jiwoo.presses(int(shown), "둘")
    assert listener.kept[0].press == "1page|2~abcdefgh"


async def test_withdrawn_is_gone(discord, listener):
    jiwoo = discord.person()
    sending = await of(listener, jiwoo, Reply(text="잠깐만요"))
    shown = await listener.platform.send(sending)
    gone = replace(sending, reply=Reply(withdrawn=True), platform_message_id=shown)
    await listener.platform.edit(gone)
    await listener.platform.edit(gone)  # again changes nothing
    assert jiwoo.shown == []


async def test_typing_is_seen_and_its_failure_is_nothing(discord, listener):
    jiwoo, minsu = discord.person(user_id=7), discord.person(user_id=8)
    for _ in range(3):
        await listener.platform.typing(str(jiwoo.dm.id), "reading")
    assert len(jiwoo.typing) == 1  # it is still shown
    await listener.platform.send(await of(listener, jiwoo, Reply(text="하나")))
    await listener.platform.typing(str(jiwoo.dm.id), "painting")
    assert len(jiwoo.typing) == 2
    discord.fail("POST", "/channels/*/typing", status=503)
    await listener.platform.typing(str(minsu.dm.id), "reading")
    assert minsu.typing == []


# --- faults ------------------------------------------------------------------------------------


async def deliver(house, sending: Sending) -> Sending:
    """Bring it, as a step that is tried again does; returns it as it stands then."""
    for _ in range(6):
        try:
            await outbox.deliver(house.house, await house.house.store.sending(sending.id))
            break
        except Passing:
            await asyncio.sleep(0.05)
    return await house.house.store.sending(sending.id)


async def test_an_answer_that_was_lost_on_its_way_shows_once(discord, listener):
    jiwoo = discord.person()
    discord.fail("POST", "/channels/*/messages", status=0, applied=True)
    sending = await deliver(listener, await of(listener, jiwoo, Reply(text="한 번만")))
    assert sending.state is SendState.SENT and [one.text for one in jiwoo.shown] == ["한 번만"]
    assert sending.platform_message_id == str(jiwoo.shown[0].id)


@pytest.mark.parametrize("restarted", [False, True])
async def test_long_after_the_nonce_died_it_still_shows_once(discord, listener, monkeypatch, restarted):
    monkeypatch.setattr("bot.discord_screen.NONCE_S", 0.3)
    discord.nonce_s = 0.3
    jiwoo = discord.person()
    picture = await kept(listener, jiwoo, PNG, "image/png")
    sending = await of(listener, jiwoo, Reply(text="한 *번*만", picture=picture))
    discord.fail("POST", "/channels/*/messages", status=0, applied=True)
    with pytest.raises(Unanswered):
        await outbox.deliver(listener.house, sending)
    await asyncio.sleep(0.4)
    if restarted:
        discord.find(jiwoo.shown[0].id).nonce = None  # a history need not tell it
        await listener.restart()
    sending = await deliver(listener, sending)
    assert sending.platform_message_id == str(jiwoo.shown[0].id) and len(jiwoo.shown) == 1


async def test_what_another_reply_shows_is_not_taken_for_ours(discord, listener, monkeypatch):
    monkeypatch.setattr("bot.discord_screen.NONCE_S", 0.0)
    jiwoo = discord.person()
    await deliver(listener, await of(listener, jiwoo, Reply(text="읽고 있어요")))
    await deliver(listener, await of(listener, jiwoo, Reply(text="읽고 있어요")))
    assert [one.text for one in jiwoo.shown] == ["읽고 있어요", "읽고 있어요"]


async def test_older_contents_under_the_same_nonce_are_replaced(discord, listener):
    jiwoo = discord.person()
    sending = await of(listener, jiwoo, Reply(text="읽고 있어요", slot="answer"))
    discord.fail("POST", "/channels/*/messages", status=0, applied=True)
    with pytest.raises(Unanswered):
        await outbox.deliver(listener.house, sending)
    newer = await listener.house.store.replace_sending(sending.id, Reply(text="다 읽었어요", slot="answer"))
    await deliver(listener, newer)
    assert [one.text for one in jiwoo.shown] == ["다 읽었어요"]


async def test_a_server_that_is_away_is_surely_not_shown_and_tried_again(discord, listener):
    jiwoo = discord.person()
    discord.fail("POST", "/channels/*/messages", status=503, times=2)
    sending = await of(listener, jiwoo, Reply(text="안녕"))
    with pytest.raises(NotShown):
        await listener.platform.send(sending)
    assert (await deliver(listener, sending)).state is SendState.SENT and len(jiwoo.shown) == 1


async def test_500_and_429_are_waited_out_by_the_library(discord, listener):
    jiwoo = discord.person()
    discord.fail("POST", "/channels/*/messages", status=500)
    assert (await deliver(listener, await of(listener, jiwoo, Reply(text="하나")))).state is SendState.SENT
    discord.fail("POST", "/channels/*/messages", status=429, retry_after=0.3)
    assert (await deliver(listener, await of(listener, jiwoo, Reply(text="둘")))).state is SendState.SENT
    assert [one.text for one in jiwoo.shown] == ["하나", "둘"]


async def test_429_delays_only_its_chat(discord, listener):
    jiwoo, minsu = discord.person(user_id=7), discord.person(user_id=8)
    discord.fail("POST", f"/channels/{jiwoo.dm.id}/messages", status=429, retry_after=4)
    slow = asyncio.create_task(deliver(listener, await of(listener, jiwoo, Reply(text="천천히"))))
    await until(lambda: discord.count("POST", f"/channels/{jiwoo.dm.id}/messages"))
    for n in range(3):
        await deliver(listener, await of(listener, minsu, Reply(text=str(n))))
    assert not slow.done() and not jiwoo.shown and len(minsu.shown) == 3  # also where a busy machine takes its time
    await slow
    assert [one.text for one in jiwoo.shown] == ["천천히"]


async def test_who_blocked_us_is_not_asked_again(discord, listener):
    jiwoo = discord.person()
    jiwoo.blocks = True
    sending = await of(listener, jiwoo, Reply(text="안녕"))
    with pytest.raises(Refused):
        await listener.platform.send(sending)
    assert (await deliver(listener, sending)).state is SendState.FAILED and not jiwoo.shown


async def test_what_is_refused_is_shown_plain(discord, listener):
    jiwoo = discord.person()
    row = (Button("이상한 링크", url="https://localhost"), Button("좋아요", "1ok~abcdefgh"))
    sending = await deliver(listener, await of(listener, jiwoo, Reply(text="그래도 *이건* 보여요", buttons=(row,))))
    assert sending.state is SendState.SENT
    assert (jiwoo.shown[0].text, jiwoo.shown[0].labels) == ("그래도 *이건* 보여요", ["좋아요"])


async def test_a_file_that_discord_finds_too_large_costs_only_the_file(discord, listener):
    jiwoo = discord.person()
    discord.file_bytes = 100
    picture = await kept(listener, jiwoo, PNG, "image/png")
    sending = await deliver(listener, await of(listener, jiwoo, Reply(text="글은 있어요", picture=picture)))
    assert sending.state is SendState.SENT and (jiwoo.shown[0].text, jiwoo.shown[0].files) == ("글은 있어요", ())


async def test_whatever_ends_by_itself_is_waited_out_however_often_it_happens(discord, listener):
    """Twenty-five times, in four ways: the durable step would have given up after twenty."""
    jiwoo = discord.person()
    sending = await deliver(listener, await of(listener, jiwoo, Reply(slot="answer.e.1", text="읽고 있어요")))
    newer = await listener.house.store.replace_sending(sending.id, Reply(slot="answer.e.1", text="다 읽었어요"))
    for n in range(25):
        discord.fail("PATCH", "/channels/*/messages/*", status=(503, 0, 501, 521)[n % 4], delay_s=0.01)
        with pytest.raises(Passing):
            await outbox.deliver(listener.house, await listener.house.store.sending(newer.id))
    await deliver(listener, newer)
    assert [one.text for one in jiwoo.shown] == ["다 읽었어요"]


async def test_an_answer_that_discord_refuses_gives_way_to_a_word_with_a_reference(discord, listener):
    jiwoo = discord.person()
    slot = "answer.01jd000000000000000e.1"
    sending = await deliver(listener, await of(listener, jiwoo, Reply(slot=slot, text="읽고 있어요")))
    newer = await listener.house.store.replace_sending(sending.id, Reply(slot=slot, text="다 읽었어요"))
    discord.fail("PATCH", "/channels/*/messages/*", status=400, times=2)  # plain words as well
    assert (await deliver(listener, newer)).state is SendState.SENT
    [shown] = jiwoo.shown
    assert "문의 번호 E-" in shown.text and shown.labels == ["📖 열어 보기"]


async def test_an_edit_of_what_is_gone_changes_nothing(discord, listener):
    jiwoo = discord.person()
    sending = await deliver(listener, await of(listener, jiwoo, Reply(text="안녕")))
    discord.remove(discord.find(jiwoo.shown[0].id))
    newer = await listener.house.store.replace_sending(sending.id, Reply(text="또 안녕"))
    assert (await deliver(listener, newer)).state is SendState.SENT


async def test_nothing_is_shown_where_we_are_not_connected(discord, listener):
    jiwoo = discord.person()
    sending = await of(listener, jiwoo, Reply(text="안녕"))
    await listener.platform.stop()
    with pytest.raises(NotShown):
        await listener.platform.send(sending)


def test_plain_words_are_left_alone():
    text = "오늘 3시 30분, 강아지랑 산책했다. 100% 행복! (정말) #아님 a-b 2026.05.05"
    assert as_typed(text) == text
