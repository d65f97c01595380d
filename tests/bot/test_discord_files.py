"""Photos, voice notes, films and long pastes from Discord come into the media store, or it is said why not."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from core.phrases import say
from tests.core.test_voice import filmed
from tests.fakes.discord_house import until
from tests.fakes.voices import spoken_note


def photo(kind: str = "JPEG") -> bytes:
    """A small photo."""
    from pillow_heif import register_heif_opener

    register_heif_opener()
    file = io.BytesIO()
    Image.fromarray(np.full((64, 96, 3), 90, np.uint8)).save(file, kind)
    return file.getvalue()


async def fetched(house, message):
    """The message as its step of the journey makes it, and the bytes of each file."""
    whole = await house.platform.fetch(message)
    return whole, [(await house.house.media.get(one.media_id)).data for one in whole.attachments]


@pytest.mark.parametrize(
    ("name", "data", "mime"),
    [
        ("me.jpg", photo(), "image/jpeg"),
        ("IMG_1.HEIC", photo("HEIF"), "image/heic"),
        ("a.png", photo("PNG"), "image/png"),
    ],
)
async def test_a_photo_is_kept_as_it_came(discord, listener, name, data, mime):
    jiwoo = discord.person()
    await jiwoo.says("오늘의 나", files=[(name, data, "application/octet-stream")])  # the sender need not be right
    await until(lambda: listener.kept)
    whole, files = await fetched(listener, listener.kept[0])
    assert files == [data] and whole.attachments[0].mime == mime and not whole.refused
    assert await listener.platform.fetch(whole) == whole  # again fetches nothing


async def test_a_voice_note_and_a_film(discord, listener):
    jiwoo = discord.person()
    await jiwoo.says("", files=[("voice-message.ogg", spoken_note(), "audio/ogg")], voice=True)
    await jiwoo.says("", files=[("clip.mp4", filmed(), "video/mp4")])
    await until(lambda: len(listener.kept) == 2)
    voice, (sound,) = await fetched(listener, listener.kept[0])
    assert voice.attachments[0].mime.startswith("audio/") and sound == spoken_note()
    film, _ = await fetched(listener, listener.kept[1])
    assert [one.mime for one in film.attachments] == ["image/jpeg", "audio/ogg"]


async def test_several_files_are_one_message_and_one_that_is_none_is_told(discord, listener):
    jiwoo = discord.person()
    files = [
        ("1.jpg", photo(), "image/jpeg"),
        ("cv.pdf", b"%PDF-1.7 ...", "application/pdf"),
        ("2.png", photo("PNG"), "image/png"),
    ]
    await jiwoo.says("세 장", files=files)
    await until(lambda: listener.kept)
    whole, _ = await fetched(listener, listener.kept[0])
    assert [one.mime for one in whole.attachments] == ["image/jpeg", "image/png"]
    assert (whole.text, whole.refused) == ("세 장", "intake.document")


async def test_an_address_that_expired_is_asked_for_anew(discord, listener):
    jiwoo = discord.person()
    discord.cdn_s = -1  # every address is too old already
    await jiwoo.says("사진", files=[("me.jpg", photo(), "image/jpeg")])
    await until(lambda: listener.kept)
    discord.cdn_s = 60
    whole, files = await fetched(listener, listener.kept[0])
    assert files == [photo()] and not whole.refused


async def test_a_file_that_was_deleted_meanwhile_is_told(discord, listener):
    jiwoo = discord.person()
    discord.cdn_s = -1
    line = await jiwoo.says("사진", files=[("me.jpg", photo(), "image/jpeg")])
    await until(lambda: listener.kept)
    await jiwoo.deletes(line)
    whole, _ = await fetched(listener, listener.kept[0])
    assert (whole.attachments, whole.refused, whole.text) == ((), "discord.file_gone", "사진")


async def test_what_is_too_large_is_not_even_asked_for(discord, listener):
    jiwoo = discord.person()
    await jiwoo.says("영화", files=[("film.mp4", b"\0\0\0\x18ftypisom" + bytes(21 << 20), "video/mp4")])
    await until(lambda: listener.kept)
    whole, _ = await fetched(listener, listener.kept[0])
    assert whole.refused == "intake.video_too_big"
    assert not discord.count("GET", "/attachments/*")


async def test_a_network_that_fails_is_for_the_step_to_try_again(discord, listener):
    jiwoo = discord.person()
    await jiwoo.says("사진", files=[("me.jpg", photo(), "image/jpeg")])
    await until(lambda: listener.kept)
    discord.fail("GET", "/attachments/*", status=500)
    with pytest.raises(Exception, match="500"):
        await listener.platform.fetch(listener.kept[0])
    assert (await fetched(listener, listener.kept[0]))[1] == [photo()]


async def test_a_long_paste_is_words_and_not_a_file(discord, listener):
    jiwoo = discord.person()
    long = "오늘은 참 길었다.\n" * 400
    line = await jiwoo.says("일기예요", files=[("message.txt", long.encode(), "text/plain")])
    await until(lambda: listener.kept)
    assert listener.kept[0].text == "일기예요\n" + long and not listener.kept[0].attachments
    await listener.restart()
    await jiwoo.edits(line, "일기 고침")
    await until(lambda: len(listener.kept) == 2)
    assert listener.kept[1].text == "일기 고침\n" + long
    await listener.restart()
    await jiwoo.says("끝")
    await until(lambda: listener.texts()[-1] == "끝")
    assert len(listener.kept) == 3


async def test_a_long_paste_is_read_once_discord_can_be_reached(discord, listener):
    jiwoo = discord.person()
    discord.fail("GET", "/attachments/*", status=500, times=3)
    await jiwoo.says("", files=[("message.txt", "길다".encode(), "text/plain")])
    await until(lambda: listener.kept)
    assert (listener.kept[0].text, listener.kept[0].attachments, listener.kept[0].refused) == ("길다", (), "")


async def test_danger_in_a_paste_with_a_broken_byte_is_answered(discord, on_discord):
    jiwoo = discord.person(locale="ko")
    await jiwoo.says(
        "", files=[("message.txt", "길다\n".encode() + b"\xff\xfe" + "\n죽고 싶다".encode(), "text/plain")]
    )
    await until(lambda: on_discord.kept)
    assert "죽고 싶다" in on_discord.kept[0].text
    await until(lambda: any("109" in line.text for line in jiwoo.shown))


async def test_of_a_paste_that_cannot_be_read_it_is_said_how_to_send_it(discord, on_discord, monkeypatch):
    monkeypatch.setattr("bot.discord_intake.PASTE_TRIES", (0.0, 0.01))
    jiwoo = discord.person(locale="ko")
    await jiwoo.slash("help")
    discord.fail("GET", "/attachments/*", status=500, times=2)
    await jiwoo.says("", files=[("message.txt", "길다".encode(), "text/plain")])
    await until(lambda: say("ko", "discord.paste_unread") in [line.text for line in jiwoo.shown])
    assert not on_discord.kept[-1].attachments


async def test_of_a_paste_that_is_gone_it_is_said_and_the_words_beside_it_are_kept(discord, listener):
    jiwoo = discord.person()
    discord.fail("GET", "/attachments/*", status=404, times=2)
    await jiwoo.says("뒤", files=[("message.txt", "길다".encode(), "text/plain")])
    await until(lambda: listener.kept)
    (line,) = listener.kept
    assert (line.text, line.refused, line.attachments) == ("뒤", "discord.paste_unread", ())


def paste(text: str) -> tuple[str, bytes, str]:
    """What Discord makes of a text that is too long for a message."""
    return "message.txt", text.encode(), "text/plain"


async def test_of_a_paste_that_is_far_too_long_the_beginning_is_kept_and_that_is_said(discord, on_discord):
    jiwoo = discord.person(locale="ko")
    calm = "오늘은 참 길고 조용한 하루였다. " * 4000
    await jiwoo.says("앞", files=[paste(calm)])
    await until(lambda: say("ko", "discord.paste_too_long") in [line.text for line in jiwoo.shown])
    await on_discord.quiet()
    store = on_discord.house.store
    entry = await store.latest_entry((await store.person_of("discord", "7")).id)
    assert entry.text.startswith("앞\n오늘은") and 20_000 <= len(entry.text) <= 20_002
    assert any(line.files for line in jiwoo.shown)


@pytest.mark.parametrize("filler", ["오늘은 참 길고 조용한 하루였다. ", "It was a long and quiet day. "])
async def test_danger_far_down_in_a_paste_that_is_far_too_long_is_answered(discord, on_discord, filler):
    jiwoo = discord.person(locale="ko")
    text = filler * (60_000 // len(filler)) + "이제 정말 죽고 싶다. 다 끝내고 싶다. " + filler * 100
    await jiwoo.says("", files=[paste(text)])
    await until(lambda: on_discord.kept)
    await on_discord.quiet()
    assert any(re.search("109|findahelpline", line.text) for line in jiwoo.shown), jiwoo.shown
    assert not any(line.files for line in jiwoo.shown)
    store = on_discord.house.store
    entry = await store.latest_entry((await store.person_of("discord", "7")).id)
    assert entry.level.stops_everything and "죽고 싶다" in entry.text and len(entry.text) < 41_000


async def edited_unread(discord, house, monkeypatch, words: str):
    """Somebody whose line with a paste was heard, and that line, edited while the paste can't be read."""
    monkeypatch.setattr("bot.discord_intake.PASTE_TRIES", (0.0, 0.01))
    jiwoo = discord.person(locale="ko")
    line = await jiwoo.says("앞", files=[paste("길고 긴 이야기")])
    await until(lambda: house.kept)
    await house.quiet()
    discord.fail("GET", "/attachments/*", status=500, times=2)
    await jiwoo.edits(line, words)
    return jiwoo, line


async def test_an_edit_whose_paste_cannot_be_read_leaves_the_diary_as_it_was(discord, on_discord, monkeypatch):
    jiwoo, line = await edited_unread(discord, on_discord, monkeypatch, "고친 앞")
    await until(lambda: say("ko", "discord.edit_unread") in [one.text for one in jiwoo.shown])
    store = on_discord.house.store
    person = await store.person_of("discord", "7")
    assert (await store.latest_entry(person.id)).text == "앞\n길고 긴 이야기"
    await jiwoo.edits(line, "다시 고친 앞")
    await until(lambda: len(on_discord.kept) == 3)
    await on_discord.quiet()
    assert (await store.latest_entry(person.id)).text == "다시 고친 앞\n길고 긴 이야기"


async def test_danger_in_an_edit_whose_paste_cannot_be_read_is_answered(discord, on_discord, monkeypatch):
    jiwoo, _ = await edited_unread(discord, on_discord, monkeypatch, "죽고 싶다")
    await until(lambda: any("109" in one.text for one in jiwoo.shown))
    await on_discord.quiet()
    store = on_discord.house.store
    person = await store.person_of("discord", "7")
    texts = [(await store.entry(name)).text for name in await store.every_entry(person.id)]
    assert "앞\n길고 긴 이야기" in texts and "죽고 싶다" in texts


async def test_a_photo_that_is_called_like_a_paste_is_a_photo(discord, listener):
    await discord.person().says("", files=[("message", photo(), "image/jpeg")])
    await until(lambda: listener.kept)
    assert (await fetched(listener, listener.kept[0]))[1] == [photo()]
