"""What people do in the fake Telegram reaches the real client as updates and files."""

from __future__ import annotations

import aiohttp
import pytest
from telegram import (
    BotCommand,
    BotCommandScopeAllPrivateChats,
)
from telegram.error import (
    ChatMigrated,
    Forbidden,
    InvalidToken,
)

from tests.fakes.telegram_bench import MB, OGG, keys, png, press, refused


async def test_people_send_words_files_and_edits(bot, jiwoo):
    said = await jiwoo.says("안녕 https://a.example")
    await jiwoo.photo(png(300, 200), "벚꽃", reply_to=said)
    await jiwoo.voice(OGG, seconds=4)
    await jiwoo.document(b"%PDF", "a.pdf", "application/pdf", "my file")
    await jiwoo.video_note(b"mp4")
    await jiwoo.command("/calendar 2026-05")
    await jiwoo.sticker("🌸")
    await jiwoo.sends(location={"latitude": 37.5, "longitude": 127.0})
    await jiwoo.edits(said, "안녕!")
    words, photo, voice, document, film, command, sticker, place, edit = await bot.get_updates()
    assert words.message.text.startswith("안녕") and words.message.entities[0].type == "url"
    assert words.effective_user.language_code == "ko" and words.effective_user.first_name == "지우"
    assert [size.width for size in photo.message.photo] == [90, 300] and photo.message.caption == "벚꽃"
    assert photo.message.reply_to_message.message_id == said
    assert (voice.message.voice.duration_seconds if hasattr(voice.message.voice, "duration_seconds") else 4) == 4
    assert document.message.document.mime_type == "application/pdf"
    assert film.message.video_note.file_size == 3
    assert command.message.entities[0].type == "bot_command" and command.message.entities[0].length == 9
    assert sticker.message.sticker.emoji == "🌸" and place.message.location.latitude == 37.5
    assert edit.message is None and edit.edited_message.text == "안녕!" and edit.edited_message.edit_date


async def test_an_album_of_a_person_is_one_update_each(bot, jiwoo):
    await jiwoo.album([png(), png(9, 9)], "둘")
    first, second = await bot.get_updates()
    assert first.message.media_group_id == second.message.media_group_id is not None
    assert (first.message.caption, second.message.caption) == ("둘", None)


async def test_a_long_paste_is_cut_by_the_client(bot, jiwoo):
    ids = await jiwoo.pastes("가" * 9000)
    assert [len(update.message.text) for update in await bot.get_updates()] == [4096, 4096, 808] and len(ids) == 3
    with pytest.raises(ValueError, match="4096"):
        await jiwoo.says("가" * 4097)


async def test_files_come_back_as_they_were_sent(telegram, bot, jiwoo):
    await jiwoo.photo(png(300, 200))
    await jiwoo.document(bytes(20 * MB + 1), "big.bin", "application/octet-stream")
    photo, big = await bot.get_updates()
    file = await bot.get_file(photo.message.photo[-1].file_id)
    assert bytes(await file.download_as_bytearray()) == png(300, 200)
    with refused("file is too big"):
        await bot.get_file(big.message.document.file_id)
    with refused("invalid file_id"):
        await bot.get_file("nonsense")
    telegram.pass_time(3601)
    with pytest.raises(InvalidToken):  # that is how the library reads a 404
        await file.download_as_bytearray()
    assert telegram.count("file") == 2 and telegram.count("getFile", status=400) == 2


async def test_groups_and_privacy(telegram, bot, jiwoo):
    group, minsu = telegram.group(-5, "우리 집"), telegram.person(8, "민수")
    await group.says(jiwoo, "just between us")
    await group.says(minsu, "오늘 힘들었어", mention=True)
    await group.command(jiwoo, "/calendar@emoseum_bot")
    heard = await bot.get_updates()
    assert [update.message.text for update in heard] == ["@emoseum_bot 오늘 힘들었어", "/calendar@emoseum_bot"]
    assert heard[0].effective_chat.type == "group" and heard[0].effective_user.id == 8
    sent = await bot.send_message(-5, "hello", reply_markup=keys([press("ok")]))
    await group.says(jiwoo, "an answer", reply_to=sent.message_id)
    query = await group.presses(minsu, sent.message_id, "ok")
    await bot.answer_callback_query(query, "seen")
    assert [alert.text for alert in minsu.alerts] == ["seen"] and jiwoo.alerts == [] and len(group.shown) == 1
    assert len(await bot.get_updates(offset=heard[-1].update_id + 1)) == 2
    new = await group.becomes_supergroup(-1_000_000_000_005)
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(-5, "hello")
    assert moved.value.new_chat_id == new.chat_id
    await new.kicks()
    with refused("kicked", Forbidden):
        await bot.send_message(new.chat_id, "hello")


# --- the bot about itself ----------------------------------------------------------------------


async def test_commands_by_language_and_scope(telegram, bot):
    await bot.set_my_commands([BotCommand("calendar", "A month")])
    await bot.set_my_commands([BotCommand("calendar", "한 달")], BotCommandScopeAllPrivateChats(), language_code="ko")
    korean = await bot.get_my_commands(BotCommandScopeAllPrivateChats(), language_code="ko")
    assert [command.description for command in korean] == ["한 달"]
    assert [command.description for command in await bot.get_my_commands()] == ["A month"]
    await bot.delete_my_commands()
    assert await bot.get_my_commands() == ()
    for wrong in (BotCommand("Calendar", "x"), BotCommand("a" * 33, "x"), BotCommand("달력", "x")):
        with refused("Bot_command_invalid"):
            await bot.set_my_commands([wrong])
    for wrong in ("", "x" * 257):
        with refused("Bot_command_description_invalid"):
            await bot.set_my_commands([BotCommand("a", wrong)])
    await bot.set_my_description("그림 일기", "ko")
    await bot.set_my_short_description("일기", "ko")
    assert (await bot.get_my_description("ko")).description == "그림 일기"
    assert (await bot.get_my_short_description("ko")).short_description == "일기"
    for too_long in (bot.set_my_description("x" * 513), bot.set_my_short_description("x" * 121)):
        with refused("too long"):
            await too_long


async def test_a_wrong_token_and_an_unknown_method(telegram):
    async with aiohttp.ClientSession() as session:
        answers = []
        for path in ("2:other/getMe", "nonsense/getMe", "1:fake/getMee"):
            async with session.get(telegram.base_url + path) as answer:
                answers.append((answer.status, (await answer.json())["description"]))
    assert answers == [(401, "Unauthorized"), (404, "Not Found"), (404, "Not Found")]


async def test_parameters_come_as_json_as_an_address_and_in_any_case(telegram, jiwoo):
    async with aiohttp.ClientSession() as session:
        body = {
            "chat_id": 7,
            "text": "json",
            "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "b"}]]},
        }
        async with session.post(telegram.base_url + "1:fake/sendMessage", json=body) as answer:
            assert (await answer.json())["result"]["text"] == "json"
        async with session.get(telegram.base_url + "1:fake/SENDMESSAGE?chat_id=7&text=address") as answer:
            assert answer.status == 200
        async with session.post(telegram.base_url + "1:fake/sendMessage", data={"chat_id": "7"}) as answer:
            assert await answer.json() == {
                "ok": False, "error_code": 400, "description": "Bad Request: message text is empty",
            }  # fmt: skip
    assert [(shown.text, shown.labels()) for shown in jiwoo.shown] == [("json", ["a"]), ("address", [])]
