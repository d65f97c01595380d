"""A diary on Discord as a person lives it: the whole house in one process, the real client over sockets."""

import asyncio
import re

import pytest

from core.entities import Purpose, SendState
from core.phrases import say
from tests.bot.test_discord_files import photo
from tests.fakes.discord_house import DiscordHouse, until
from tests.fakes.voices import spoken_note

GREEN = 3


def read(content: str) -> str:
    """Text as Discord draws it."""
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", content)


async def written(house: DiscordHouse, someone, text: str, *args, **fields) -> int:
    """Write a line and wait until everything is answered."""
    before = len(house.kept)
    line = await someone.says(text, *args, **fields)
    await until(lambda: len(house.kept) > before)
    await house.quiet()
    return line


async def pressed(house: DiscordHouse, someone, message_id: int, label: str):
    before = len(house.kept)
    interaction = await someone.presses(message_id, label)
    await until(lambda: len(house.kept) > before)
    await house.quiet()
    return interaction


async def settled(house: DiscordHouse, someone) -> None:
    """Somebody who has been here before: greeted, and what they write may be kept."""
    await written(house, someone, "어제는 비가 왔다")
    consents = next(one for one in someone.shown if any("간직" in label or "Keep" in label for label in one.labels))
    await pressed(house, someone, consents.id, next(one for one in consents.labels if "글" in one or "words" in one))
    consents = next(one for one in someone.shown if one.id == consents.id)
    await pressed(house, someone, consents.id, consents.labels[-1])
    await written(house, someone, "/help")


def shown_at(someone, message_id: int):
    return next(one for one in someone.shown if one.id == message_id)


async def test_a_first_line_is_answered_in_one_message_that_grows(discord, on_discord):
    jiwoo = discord.person(locale="ko")
    await written(on_discord, jiwoo, "오늘 강아지랑 강가를 산책했다")
    answer, music, *welcome = jiwoo.shown
    assert answer.edits >= 1 and not answer.text.startswith("-#")
    (name, data, alt) = answer.files[0]
    assert name == "picture.png" and data.startswith(b"\x89PNG") and alt
    assert music.files[0][0].startswith("music.") and len(music.buttons[0]) == 5
    assert "안나" in welcome[0].text and [len(row) for row in answer.buttons][:2] == [5, 5]
    assert discord.count("POST", f"/channels/{jiwoo.dm_id}/messages") == len(jiwoo.shown)


async def test_an_entry_costs_few_requests(discord, on_discord):
    jiwoo = discord.person(locale="ko")
    await settled(on_discord, jiwoo)
    discord.calls.clear()
    await written(on_discord, jiwoo, "오늘 강아지랑 강가를 산책했다")
    asked = [(call.method, call.path.rpartition("/")[2][:8]) for call in discord.calls]
    assert len(asked) <= 6, asked  # the placeholder, what it becomes, the music, and typing


async def test_a_picture_is_not_sent_again_when_stars_are_given(discord, on_discord):
    jiwoo = discord.person(locale="ko")
    await written(on_discord, jiwoo, "오늘 강아지랑 강가를 산책했다")
    answer = jiwoo.shown[0]
    uploads = sum(len(call.files) for call in discord.calls)
    third = answer.buttons[0][2].custom_id
    for _ in range(2):  # pressed twice is rated once
        await pressed(on_discord, jiwoo, answer.id, third)
    row = shown_at(jiwoo, answer.id).buttons[0]
    assert [button.style == GREEN for button in row] == [False, False, True, False, False]
    assert [button.label[-1] for button in row] == ["★", "★", "★", "☆", "☆"]
    assert sum(len(call.files) for call in discord.calls) == uploads
    assert shown_at(jiwoo, answer.id).files == answer.files


async def test_stars_on_an_old_message_after_a_restart(discord, on_discord):
    jiwoo = discord.person(locale="ko")
    await written(on_discord, jiwoo, "오늘 강아지랑 강가를 산책했다")
    answer = jiwoo.shown[0]
    await written(on_discord, jiwoo, "/help")
    await on_discord.restart()
    interaction = await pressed(on_discord, jiwoo, answer.id, answer.buttons[0][4].custom_id)
    assert interaction.acked_after_s < 3
    assert [button.style == GREEN for button in shown_at(jiwoo, answer.id).buttons[0]] == [False] * 4 + [True]
    assert shown_at(jiwoo, answer.id).files == answer.files
    await pressed(on_discord, jiwoo, answer.id, answer.buttons[0][0].custom_id)  # changed their mind
    assert shown_at(jiwoo, answer.id).buttons[0][0].style == GREEN


async def test_a_selfie_with_words(discord, on_discord):
    jiwoo = discord.person(locale="ko")
    await written(on_discord, jiwoo, "오늘의 나", files=[("me.jpg", photo(), "image/jpeg")])
    store = on_discord.house.store
    entry = await store.latest_entry((await store.person_of("discord", "7")).id)
    assert entry.text == "오늘의 나" and entry.media[0].mime == "image/jpeg"
    assert (await on_discord.house.media.get(entry.media[0].media_id)).data == photo()
    assert jiwoo.shown[0].files


async def test_a_voice_note_that_nobody_can_hear_asks_for_words(discord, on_discord):
    jiwoo = discord.person(locale="ko")
    await written(on_discord, jiwoo, "", files=[("voice-message.ogg", spoken_note(), "audio/ogg")], voice=True)
    asks = jiwoo.shown[0]
    await written(on_discord, jiwoo, "바다에 다녀왔어요", asks.id)
    store = on_discord.house.store
    entry = await store.latest_entry((await store.person_of("discord", "7")).id)
    assert entry.text == "바다에 다녀왔어요" and entry.media[0].mime.startswith("audio/")


async def test_a_rewritten_line_is_offered_a_new_picture(discord, on_discord):
    jiwoo = discord.person(locale="ko")
    line = await written(on_discord, jiwoo, "오늘 강아지랑 산책했다")
    await jiwoo.edits(line, "오늘 고양이랑 산책했다")
    await until(lambda: len(on_discord.kept) == 2)
    await on_discord.quiet()
    store = on_discord.house.store
    entry = await store.latest_entry((await store.person_of("discord", "7")).id)
    assert (entry.text, entry.revision) == ("오늘 고양이랑 산책했다", 2)
    assert jiwoo.shown[-1].labels and len(await store.versions(entry.id)) == 2


async def test_a_reply_to_an_old_line_adds_to_it(discord, on_discord):
    jiwoo = discord.person(locale="ko")
    await settled(on_discord, jiwoo)
    line = await written(on_discord, jiwoo, "오늘 강아지랑 산책했다")
    await written(on_discord, jiwoo, "그리고 라면을 먹었다", line)
    store = on_discord.house.store
    entry = await store.latest_entry((await store.person_of("discord", "7")).id)
    assert entry.text == "오늘 강아지랑 산책했다\n그리고 라면을 먹었다"


async def test_the_calendar_comes_as_an_ordinary_message(discord, on_discord):
    jiwoo = discord.person(locale="ko")
    await settled(on_discord, jiwoo)
    before = len(on_discord.kept)
    interaction = await jiwoo.slash("달력")
    await until(lambda: len(on_discord.kept) > before)
    await on_discord.quiet()
    await until(lambda: interaction.response.posted.id not in jiwoo.dm.messages)
    assert jiwoo.shown[-1].files[0][0] == "picture.png" and jiwoo.shown[-1].buttons and not jiwoo.ephemerals


async def test_a_page_that_is_handed_in_is_an_entry_for_its_day(discord, on_discord):
    jiwoo = discord.person(locale="ko")
    await settled(on_discord, jiwoo)
    page = await jiwoo.slash("쓰기")
    before = len(on_discord.kept)
    await jiwoo.submits(page, {"text": "어린이날이라 놀이공원에 갔다", "date": "2026-05-05"})
    await until(lambda: len(on_discord.kept) > before)
    await on_discord.quiet()
    store = on_discord.house.store
    entry = await store.latest_entry((await store.person_of("discord", "7")).id)
    assert (str(entry.date), entry.text) == ("2026-05-05", "어린이날이라 놀이공원에 갔다")
    assert jiwoo.shown[-2].files or jiwoo.shown[-1].files


@pytest.mark.parametrize("day", ["2026-05-05", "", "someday"])
async def test_danger_on_a_page_is_answered_whatever_its_day(discord, on_discord, day):
    jiwoo = discord.person(locale="ko")
    await settled(on_discord, jiwoo)
    page = await jiwoo.slash("쓰기")
    before, shown = len(on_discord.kept), len(jiwoo.shown)
    await jiwoo.submits(page, {"text": "나 이제 죽고 싶어", "date": day})
    await until(lambda: len(on_discord.kept) > before)
    await on_discord.quiet()
    fresh = jiwoo.shown[shown:]
    assert any("109" in read(one.text) for one in fresh) and not any(one.files for one in fresh)


async def test_in_a_guild_there_is_one_invitation_and_never_an_entry(discord, on_discord):
    jiwoo = discord.person(locale="ko")
    channel = discord.guild().channel()
    for text in ("@bot 오늘 정말 힘들었어", "@bot 거기 있어?"):
        before = len(on_discord.kept)
        await channel.says(jiwoo, text, mention=True)
        await until(lambda before=before: len(on_discord.kept) > before)
        await on_discord.quiet()
    assert len(channel.shown) == 1 and not channel.shown[0].files and not jiwoo.shown
    person = await on_discord.house.store.person_of("discord", "7")
    assert await on_discord.house.store.entry_count(person.id) == 0


async def test_danger_is_answered_with_numbers_that_can_be_read(discord, on_discord):
    jiwoo = discord.person(locale="ko")
    await written(on_discord, jiwoo, "이제 정말 죽고 싶어. 다 끝내고 싶다")
    assert "109" in read(jiwoo.shown[0].text) and not any(one.files for one in jiwoo.shown)
    assert any("☎️ 109 전화하기" in read(one.text) for one in jiwoo.shown)


async def test_markup_in_a_diary_is_only_letters(discord, on_discord):
    jiwoo = discord.person(locale="ko")
    await written(on_discord, jiwoo, "# *별* 셋 ~~그리고~~ @everyone")
    await written(on_discord, jiwoo, "/history")
    assert "# *별* 셋 ~~그리고~~" in read(jiwoo.shown[-1].text)
    assert not any(one.pings for one in jiwoo.shown)


async def test_an_answer_survives_a_discord_that_stumbles(discord, on_discord):
    jiwoo = discord.person(locale="ko")
    discord.fail("POST", "/channels/*/messages", status=503, times=2)
    discord.fail("PATCH", "/channels/*/messages/*", status=0, applied=True)
    await written(on_discord, jiwoo, "오늘 강아지랑 강가를 산책했다")
    assert sum(bool(one.files) for one in jiwoo.shown) == 2 and len({one.text for one in jiwoo.shown}) == len(
        jiwoo.shown
    )
    assert not await on_discord.house.store.sendings_in_doubt("discord")


async def test_what_was_written_while_we_were_away_is_answered(discord, on_discord):
    jiwoo = discord.person(locale="ko")
    await settled(on_discord, jiwoo)
    before = sum(bool(one.files) for one in jiwoo.shown)
    await on_discord.restart(lambda: jiwoo.says("오늘 강아지랑 강가를 산책했다"))
    await until(lambda: on_discord.texts()[-1] == "오늘 강아지랑 강가를 산책했다")
    await on_discord.quiet()
    assert sum(bool(one.files) for one in jiwoo.shown) == before + 2


async def test_who_blocked_us_is_kept_and_not_asked_again(discord, on_discord):
    jiwoo = discord.person(locale="ko")
    jiwoo.blocks = True
    await written(on_discord, jiwoo, "오늘 강아지랑 강가를 산책했다")
    lines = await on_discord.house.store.chat_log("discord", str(jiwoo.dm_id))
    states = {line.sending.state for line in lines if line.sending is not None}
    assert states == {SendState.FAILED} and not jiwoo.shown
    assert discord.refused <= 3  # the message, and typing: each counts for being banned
    jiwoo.blocks = False
    await written(on_discord, jiwoo, "그리고 라면을 먹었다")
    assert any(one.files for one in jiwoo.shown)


async def test_consent_by_button(discord, on_discord):
    jiwoo = discord.person(locale="ko")
    await settled(on_discord, jiwoo)
    person = await on_discord.house.store.person_of("discord", "7")
    assert person.allows(Purpose.STORING) and person.language == "ko"


async def test_a_photo_taken_out_of_a_message_leaves_the_diary_and_words_leave_the_photos(discord, on_discord):
    jiwoo = discord.person()
    await settled(on_discord, jiwoo)
    line = await written(
        on_discord, jiwoo, "바다", files=[("a.jpg", photo(), "image/jpeg"), ("b.png", photo("PNG"), "image/png")]
    )
    store = on_discord.house.store
    entry = await store.latest_entry((await store.person_of("discord", str(jiwoo.id))).id)
    assert [file.mime for file in entry.media] == ["image/jpeg", "image/png"]
    before = len(on_discord.kept)
    await jiwoo.edits(line, "바다와 숲")
    await until(lambda: len(on_discord.kept) > before)
    await on_discord.quiet()
    assert (await store.entry(entry.id)).media == entry.media
    await jiwoo.removes_file(line, 0)
    await until(lambda: len(on_discord.kept) > before + 1)
    await on_discord.quiet()
    now = await store.entry(entry.id)
    assert [file.mime for file in now.media] == ["image/png"] and now.text == "바다와 숲"
    assert [len(version.media) for version in await store.versions(entry.id)] == [2, 2, 1]
    assert any(say("ko", "entry.replaced") in read(one.text) for one in jiwoo.shown)


@pytest.mark.parametrize("next_is", ["line", "command", "edit"])
async def test_a_strangers_line_of_an_outage_is_answered_with_whatever_they_do_next(discord, on_discord, next_is):
    stranger, missed = discord.person(user_id=9, locale="ko"), []

    async def meanwhile():
        missed.append(await stranger.says("오늘 강아지랑 강가를 산책했다"))

    await on_discord.restart(meanwhile)
    await asyncio.sleep(0.3)
    assert not on_discord.kept  # nobody tells a bot of a chat that it does not know
    if next_is == "line":
        await stranger.says("혹시 거기 계세요?")
    elif next_is == "command":
        await stranger.slash("help")
    else:
        await stranger.edits(missed[0], "오늘 강아지랑 바닷가를 산책했다")
    await until(lambda: len(on_discord.kept) >= (1 if next_is == "edit" else 2))
    await on_discord.quiet()
    assert "산책했다" in on_discord.texts()[0]
    assert sum(any(name == "picture.png" for name, _, _ in one.files) for one in stranger.shown) >= 1
    store = on_discord.house.store
    person = await store.person_of("discord", "9")
    texts = [(await store.entry(name)).text for name in await store.every_entry(person.id)]
    assert any(("바닷가" if next_is == "edit" else "강가") in text for text in texts)


async def test_danger_in_a_strangers_line_of_an_outage_is_answered_with_their_next(discord, on_discord):
    stranger = discord.person(user_id=9, locale="ko")
    await on_discord.restart(lambda: stranger.says("이제 정말 죽고 싶어"))
    await stranger.slash("start")
    await until(lambda: any("109" in read(one.text) for one in stranger.shown))
