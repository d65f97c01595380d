"""A photo, a voice note and a film given on the command line go the way that they go from a chat."""

import asyncio

import pytest

from bot.terminal import Terminal
from core.entities import Purpose
from core.ports import EmoseumError
from tests.core.test_intake import ASTRONAUT
from tests.core.test_voice import CONTAINERS, filmed, longer_webm, recorded, voice_like
from tests.fakes.in_process import Chat
from tests.fakes.voices import Ear


@pytest.fixture
async def chat(tmp_path):
    chat = await Chat.of_a_friend(tmp_path, transcriber=Ear("오늘 바다에 갔어"))
    yield chat
    await chat.close()


async def gives(chat, tmp_path, name, data, kind, text=""):
    """The message that came of a file."""
    came = []

    class Inbox:
        async def keep(self, message):
            came.append(message)
            return await chat.hears(message)

    path = tmp_path / name
    await asyncio.to_thread(path.write_bytes, data)
    terminal = Terminal(chat.house.settings, chat.house.store, chat.house.media, Inbox(), chat.account)
    await terminal.write(text, **{kind: path})
    return came[0]


async def heard_in(chat):
    entry = await chat.house.store.latest_entry((await chat.person()).id)
    analysis = await chat.house.store.analysis(entry.id)
    return [one.words for one in analysis.heard]


async def test_a_longer_voice_note_is_heard(chat, tmp_path):
    message = await gives(chat, tmp_path, "voice.webm", longer_webm(), "voice")
    assert [(one.mime, one.look) for one in message.attachments] == [("audio/webm", False)]
    assert await heard_in(chat) == ["오늘 바다에 갔어"]


async def test_a_longer_voice_note_is_guarded(tmp_path):
    chat = await Chat.of_a_friend(tmp_path, transcriber=Ear("죽고 싶어. 오늘 밤에 죽으려고 해"))
    try:
        await gives(chat, tmp_path, "voice.webm", longer_webm(), "voice")
        entry = await chat.house.store.latest_entry((await chat.person()).id)
        assert entry.level.stops_everything and "109" in chat.reads()
        assert not any(reply.picture for reply in chat.screen.replies())
    finally:
        await chat.close()


async def test_matroska_with_nothing_but_sound_is_heard(chat, tmp_path):
    codec, rate, mime = CONTAINERS["matroska"]
    note = recorded(voice_like(2, rate), "matroska", rate, codec)
    message = await gives(chat, tmp_path, "memo.mka", note, "voice")
    assert [one.mime for one in message.attachments] == [mime] == ["audio/webm"]
    assert await heard_in(chat) == ["오늘 바다에 갔어"]


@pytest.mark.parametrize("kind", ["photo", "voice"])
async def test_a_film_is_a_photo_and_a_voice_note(chat, tmp_path, kind):
    message = await gives(chat, tmp_path, "바다.webm", filmed(container="webm"), kind)
    looked = kind == "photo"  # at a face in what was given as a voice note nobody was asked to look
    assert [(one.mime, one.look) for one in message.attachments] == [("image/jpeg", looked), ("audio/ogg", False)]
    assert {one.name for one in message.attachments} == {"바다.webm"}
    assert await heard_in(chat) == ["오늘 바다에 갔어"]
    assert Purpose.FACE not in (await chat.person()).consents


@pytest.mark.parametrize(
    ("name", "data", "kind", "key"),
    [
        ("voice.webm", longer_webm, "photo", "intake.not_a_photo"),
        ("me.jpg", lambda: ASTRONAUT, "voice", "intake.not_a_sound"),
        ("silent.webm", lambda: filmed(container="webm", with_sound=False), "voice", "intake.not_a_sound"),
        ("film.mp4", lambda: b"\0\0\0\x18ftypisom" + bytes(3000), "voice", "intake.video_broken"),
        ("setup.exe", lambda: b"MZ" + bytes(200), "voice", "intake.unknown_file"),
    ],
)
async def test_what_will_not_do_is_told(chat, tmp_path, name, data, kind, key):
    with pytest.raises(EmoseumError) as problem:
        await gives(chat, tmp_path, name, data(), kind)
    assert problem.value.key == key
