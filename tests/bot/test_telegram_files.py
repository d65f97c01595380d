"""Photos, voices and films that people send in Telegram are brought home, or it is kindly said why not."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from core.entities import Attachment
from core.ports import Away, DiskFull
from tests.core.test_voice import filmed
from tests.fakes.telegram_house import telegram_house, until
from tests.fakes.voices import Ear, spoken_note

FACE = (Path(__file__).resolve().parents[1] / "core" / "data" / "astronaut.jpg").read_bytes()
MB = 1024 * 1024


@pytest.fixture
async def listener(tmp_path, server):
    async with telegram_house(tmp_path, server, answers=False) as house:
        yield house


def heic():
    from pillow_heif import register_heif_opener

    register_heif_opener()
    file = io.BytesIO()
    Image.new("RGB", (64, 48), "green").save(file, "HEIF")
    return file.getvalue()


async def heard(house):
    """The newest message that was kept."""
    await until(lambda: house.kept)
    return house.kept[-1]


async def brought(house, message=None):
    """The newest message once its files are fetched."""
    return await house.platform.fetch(message or await heard(house))


async def kept_bytes(house, attachment):
    return (await house.house.media.get(attachment.media_id)).data


async def rows(house):
    """How many files are kept of the person."""
    import sqlalchemy as sa

    from adapters.sql_schema import media

    async with house.house.store.db.read() as connection:
        return await connection.scalar(sa.select(sa.func.count()).select_from(media))


async def test_nothing_is_downloaded_before_the_message_is_durable(server, listener):
    await server.person(7).photo(FACE, "오늘의 나")
    message = await heard(listener)
    assert message.text == "오늘의 나" and [file.media_id for file in message.attachments] == [""]
    assert message.attachments[0].remote and server.count("getFile") == 0
    fetched = await brought(listener)
    assert await kept_bytes(listener, fetched.attachments[0]) == FACE and not fetched.refused
    assert await listener.platform.fetch(fetched) == fetched and server.count("getFile") == 1


async def test_the_largest_size_of_a_photo_is_taken(server, listener):
    file = io.BytesIO()
    Image.new("RGB", (1600, 1200), "orange").save(file, "JPEG")
    await server.person(7).photo(file.getvalue())
    fetched = await brought(listener)
    with Image.open(io.BytesIO(await kept_bytes(listener, fetched.attachments[0]))) as image:
        assert image.size == (1600, 1200)


async def test_a_photo_as_a_file_and_from_an_iphone(server, listener):
    someone = server.person(7)
    await someone.document(heic(), "IMG_0001.HEIC", "image/heic", "아이폰 사진")
    fetched = await brought(listener)
    assert [file.mime for file in fetched.attachments] == ["image/heic"] and fetched.text == "아이폰 사진"
    listener.kept.clear()
    await someone.document(FACE, "unknown.bin", "application/octet-stream")  # the sender's word counts for nothing
    assert [file.mime for file in (await brought(listener)).attachments] == ["image/jpeg"]


async def test_a_voice_note_becomes_an_entry(tmp_path, server):
    ear = Ear("오늘 바다에 갔어")
    async with telegram_house(tmp_path, server, workshop={"transcriber": ear}) as house:
        someone = server.person(7)
        await someone.voice(spoken_note(), "audio/wav")
        await house.quiet(1)
        assert len(ear.heard) == 1
        card = someone.shown[0]
        assert "오늘 바다에 갔어" in card.text and len(card.buttons[0]) == 3 and not card.photo  # shown first
        await someone.presses(card.message_id, data=card.buttons[0][0].data)
        await house.quiet(2)
        assert any(shown.photo for shown in someone.shown)
        person = await house.house.store.person_of("telegram", "7")
        entry = await house.house.store.latest_entry(person.id)
        assert entry.text == "오늘 바다에 갔어"


async def test_a_round_film_is_a_picture_and_a_voice(server, listener):
    await server.person(7).video_note(filmed())
    fetched = await brought(listener)
    assert [file.mime for file in fetched.attachments] == ["image/jpeg", "audio/ogg"] and not fetched.refused


@pytest.mark.parametrize(
    ("data", "name", "mime", "refused"),
    [
        (b"%PDF-1.7 " + bytes(400), "diary.pdf", "application/pdf", "intake.document"),
        (b"no picture at all", "me.jpg", "image/jpeg", "intake.not_an_image"),
        (FACE[: len(FACE) // 2], "half.jpg", "image/jpeg", "intake.photo_broken"),
        (bytes(range(256)) * 4, "x.bin", "application/octet-stream", "intake.unknown_file"),
        (b"\0\0\0\x18ftypisom" + bytes(3000), "film.mp4", "video/mp4", "intake.video_broken"),
    ],
)
async def test_what_cannot_be_taken_is_said_and_the_words_stay(server, listener, data, name, mime, refused):
    await server.person(7).document(data, name, mime, "오늘의 글")
    fetched = await brought(listener)
    assert fetched.attachments == () and fetched.text == "오늘의 글"
    assert fetched.refused == refused
    assert await rows(listener) == 0


async def test_a_person_reads_why_and_gets_their_picture(server, house):
    someone = server.person(7)
    await someone.document(b"%PDF-1.7 " + bytes(400), "diary.pdf", "application/pdf", "오늘 강아지랑 산책했다")
    await house.quiet(1)
    assert "문서는 아직" in someone.shown[0].text and someone.shown[1].photo


@pytest.mark.parametrize(("kind", "refused"), [("photo", "photo"), ("voice", "sound"), ("video", "video")])
async def test_what_is_too_large_is_not_even_asked_for(server, listener, kind, refused):
    someone, data = server.person(7), bytes(21 * MB)
    await getattr(someone, kind)(data)
    message = await heard(listener)
    assert message.attachments == () and message.refused == f"intake.{refused}_too_big"
    assert server.count("getFile") == 0


async def test_what_is_said_to_be_small_and_is_not(server, listener):
    await server.person(7).document(bytes(21 * MB), "x.jpg", "image/jpeg")
    listener.kept.clear()
    large = next(iter(server.files))
    message = _message(listener, large)
    assert (await listener.platform.fetch(message)).refused == "intake.photo_too_big"


async def test_a_file_that_telegram_lost(server, listener):
    await server.person(7).photo(FACE, "사진이랑")
    message = await heard(listener)
    server.files.clear()
    fetched = await brought(listener, message)
    assert fetched.attachments == () and fetched.refused == "telegram.file_gone" and fetched.text == "사진이랑"


@pytest.mark.parametrize("method", ["getFile", "file"])
async def test_a_network_that_breaks_is_tried_again_and_leaves_nothing_behind(server, house, method):
    someone = server.person(7)
    server.fail(method, status=502, times=2)
    await someone.photo(FACE, "오늘의 나")
    await house.quiet(1)
    person = await house.house.store.person_of("telegram", "7")
    entry = await house.house.store.latest_entry(person.id)
    assert [file.mime for file in entry.media] == ["image/jpeg"]
    assert server.count(method) == 3


@pytest.mark.parametrize("status", [429, 401])
async def test_nobody_loses_a_photo_because_telegram_cannot_be_asked(server, house, status):
    someone = server.person(7)
    server.fail("getFile", status=status, times=4)
    await someone.photo(FACE, "오늘의 나")
    await house.quiet(1)
    assert server.count("getFile") == 5
    person = await house.house.store.person_of("telegram", "7")
    assert len((await house.house.store.latest_entry(person.id)).media) == 1


async def test_a_network_that_is_away_is_waited_for(tmp_path, server):
    async with telegram_house(tmp_path, server, answers=False, base_url="http://127.0.0.1:9/bot") as house:
        with pytest.raises(Away):
            await house.platform.fetch(_message(house, "AgAC"))


async def test_a_disk_that_fills_up_in_the_middle_keeps_no_half_of_a_film(server, listener, monkeypatch):
    await server.person(7).video_note(filmed())
    message = await heard(listener)
    put, calls = listener.house.media.blobs.put, []

    async def full(*args):
        calls.append(args)
        if len(calls) == 2:
            raise DiskFull("no room")
        return await put(*args)

    monkeypatch.setattr(listener.house.media.blobs, "put", full)
    with pytest.raises(DiskFull):
        await listener.platform.fetch(message)
    assert await rows(listener) == 0
    fetched = await listener.platform.fetch(message)
    assert len(fetched.attachments) == 2 and await rows(listener) == 2


def _message(house, remote):
    from core.entities import Message, new_id, utc_now

    file = Attachment("", "image/jpeg", 100, "x.jpg", remote=remote)
    return Message(new_id(), "telegram", "7", "7", "99", utc_now(), attachments=(file,))
