"""What a page gets from the house: over a real socket, with a real client."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator

import aiohttp
import pytest
from pydantic import SecretStr

from bot.web_intake import UPLOAD_BYTES
from bot.web_platform import WebPlatform
from core.entities import Button, Kind, Progress, Reply
from core.ports import EmoseumError
from core.settings import Intake, Web
from tests.core.test_voice import filmed, longer_webm
from tests.fakes.web_bot import COMMANDS, WebBot, picture_png, tone_wav


@pytest.fixture
async def bot() -> AsyncIterator[WebBot]:
    bot = WebBot("ko")
    await bot.start()
    yield bot
    await bot.platform.stop()


@pytest.fixture
async def page(bot: WebBot) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(bot.platform.address) as session:
        yield session


def form(text: str = "", *files: tuple[str, bytes], **fields: str) -> aiohttp.FormData:
    data = aiohttp.FormData(default_to_multipart=True, quote_fields=False)  # as browsers do
    fields = {"id": str(uuid.uuid4()), "text": text, "language": "ko", "time_zone": "Asia/Seoul"} | fields
    for key, value in fields.items():
        data.add_field(key, value)
    for name, content in files:
        data.add_field("file", content, filename=name, content_type="application/octet-stream")
    return data


async def post(page: aiohttp.ClientSession, data: aiohttp.FormData, **more: object) -> tuple[int, dict]:
    async with page.post("/api/messages", data=data, **more) as answer:  # type: ignore[arg-type]
        return answer.status, await answer.json()


async def chat(page: aiohttp.ClientSession, **query: object) -> dict:
    async with page.get("/api/chat", params={k: str(v) for k, v in query.items()}) as answer:
        assert answer.status == 200
        return await answer.json()


# --- writing -----------------------------------------------------------------------------------


async def test_words_are_heard_and_stand_in_the_chat(bot: WebBot, page: aiohttp.ClientSession) -> None:
    status, body = await post(page, form("오늘은 비가 왔다.", reply_to="x" * 20))
    assert status == 200 and body["new"]
    message = bot.heard_messages[0]
    assert (message.text, message.platform, message.chat_id, message.account) == (
        "오늘은 비가 왔다.",
        "web",
        "me",
        "me",
    )
    assert (message.language, message.time_zone, message.reply_to) == ("ko", "Asia/Seoul", "x" * 20)
    lines = (await chat(page))["lines"]
    assert [(line["from"], line["text"]) for line in lines] == [
        ("me", "오늘은 비가 왔다."),
        ("anna", "“오늘은 비가 왔다.” 잘 들었어요."),
    ]
    assert lines[0]["id"] == message.platform_message_id == body["line"]["id"]


async def test_a_photo_and_a_voice_note_are_kept_for_their_owner(bot: WebBot, page: aiohttp.ClientSession) -> None:
    photo, voice = picture_png(), tone_wav(1.0)
    status, body = await post(page, form("사진이랑 목소리", ("셀카.jpg", photo), ("voice.webm", voice)))
    assert status == 200
    kept = bot.heard_messages[0].attachments
    assert [(file.mime, file.name, file.file_bytes) for file in kept] == [
        ("image/png", "셀카.jpg", len(photo)),
        ("audio/wav", "voice.webm", len(voice)),
    ]
    async with page.get(f"/media/{body['line']['files'][0]['media']}") as answer:
        assert await answer.read() == photo
        assert answer.content_type == "image/png"
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_longer_voice_note_is_kept_as_the_sound_it_is(bot: WebBot, page: aiohttp.ClientSession) -> None:
    note = longer_webm()
    status, body = await post(page, form("", ("voice.webm", note)))
    (kept,) = bot.heard_messages[0].attachments
    assert status == 200 and not body["line"]["refused"]
    assert (kept.mime, kept.file_bytes) == ("audio/webm", len(note))


@pytest.mark.parametrize("with_sound", [True, False])
async def test_a_film_is_kept_as_a_picture_and_a_sound(
    bot: WebBot, page: aiohttp.ClientSession, with_sound: bool
) -> None:
    film = filmed(container="webm", with_sound=with_sound)
    status, body = await post(page, form("바다", ("바다.webm", film), ("a.png", picture_png())))
    message = bot.heard_messages[0]
    assert status == 200 and not body["line"]["refused"]
    assert [one.mime for one in message.attachments] == ["image/jpeg", *["audio/ogg"] * with_sound, "image/png"]
    assert [one.name for one in message.attachments] == [*["바다.webm"] * (1 + with_sound), "a.png"]
    assert len({one.media_id for one in message.attachments}) == len(bot.media.files) == 2 + with_sound
    for one in message.attachments:
        assert len((await bot.media.get(one.media_id)).data) == one.file_bytes


async def test_a_film_that_cant_be_opened_is_told_and_the_words_stay(bot: WebBot, page: aiohttp.ClientSession) -> None:
    status, body = await post(page, form("바다", ("film.mp4", b"\0\0\0\x18ftypisom" + bytes(3000))))
    message = bot.heard_messages[0]
    assert status == 200 and body["line"]["refused"]
    assert (message.text, message.attachments, message.refused) == ("바다", (), "intake.video_broken")
    assert not bot.media.files


async def test_the_same_message_twice_is_heard_once(bot: WebBot, page: aiohttp.ClientSession) -> None:
    one = str(uuid.uuid4())
    first = await post(page, form("한 번", ("a.png", picture_png()), id=one))
    second = await post(page, form("한 번", ("a.png", picture_png()), id=one))
    assert (first[0], first[1]["new"], second[0], second[1]["new"]) == (200, True, 200, False)
    assert first[1]["line"]["files"] == second[1]["line"]["files"]
    assert len(bot.heard_messages) == 1
    assert len(bot.media.files) == 1


async def test_two_copies_at_once_leave_one_message_and_one_file(bot: WebBot, page: aiohttp.ClientSession) -> None:
    one = str(uuid.uuid4())
    answers = await asyncio.gather(*(post(page, form("x", ("a.png", picture_png()), id=one)) for _ in range(6)))
    assert [status for status, _ in answers] == [200] * 6
    assert len(bot.heard_messages) == 1 and len(bot.media.files) == 1


async def test_a_press_and_an_edit_name_their_message(bot: WebBot, page: aiohttp.ClientSession) -> None:
    asked = await bot.say(Reply(text="어땠어요?", buttons=((Button("좋아요", "1yes~abc"),),)))
    await post(page, form(kind="press", press="1yes~abc", target=asked.id))
    await post(page, form("고친 글", kind="edit", target="abcdefgh"))
    press, edit = bot.heard_messages
    assert (press.kind, press.press, press.target) == (Kind.PRESS, "1yes~abc", asked.id)
    assert (edit.kind, edit.text, edit.target) == (Kind.EDIT, "고친 글", "abcdefgh")


async def test_a_text_file_named_jpg_is_refused_and_the_words_stay(bot: WebBot, page: aiohttp.ClientSession) -> None:
    status, body = await post(page, form("사진이에요", ("photo.jpg", b"just some words\n" * 50)))
    message = bot.heard_messages[0]
    assert status == 200 and body["line"]["refused"]
    assert message.text == "사진이에요" and message.attachments == ()
    assert message.refused.startswith("intake.")
    assert not bot.media.files


async def test_forty_megabytes_are_cut_off_early_with_a_kind_word(bot: WebBot, page: aiohttp.ClientSession) -> None:
    sent = 0

    async def video() -> AsyncIterator[bytes]:
        nonlocal sent
        boundary = b"--b\r\n"
        yield boundary + b'Content-Disposition: form-data; name="id"\r\n\r\nabcdefgh\r\n' + boundary
        yield b'Content-Disposition: form-data; name="file"; filename="v.mp4"\r\n\r\n'
        while sent < 40 * 1024 * 1024:
            sent += 1024 * 1024
            yield b"\0" * 1024 * 1024
        yield b"\r\n--b--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=b", "Accept-Language": "ko-KR,ko"}
    async with page.post("/api/messages", data=video(), headers=headers) as answer:
        assert answer.status == 413
        assert "25 MB" in (await answer.json())["say"]
    assert sent <= UPLOAD_BYTES + 12 * 1024 * 1024  # what was already on its way
    assert not bot.heard_messages and not bot.media.files


async def test_a_length_that_is_too_large_is_refused_unread(bot: WebBot, page: aiohttp.ClientSession) -> None:
    status, body = await post(page, form("글", ("v.mp4", b"\0" * (UPLOAD_BYTES + 1024 * 1024))))
    assert status == 413 and body["error"] == "web.error.too_large"


async def test_twenty_thousand_characters_fit_and_one_more_does_not(bot: WebBot, page: aiohttp.ClientSession) -> None:
    assert (await post(page, form("가" * 20_000)))[0] == 200
    status, body = await post(page, form("가" * 20_001))
    assert status == 413 and body["say"].startswith("That is a very long text")
    assert len(bot.heard_messages) == 1


async def test_a_full_disk_is_said_kindly_and_leaves_no_file(bot: WebBot, page: aiohttp.ClientSession) -> None:
    bot.disk_full = True
    data = form("글", ("a.png", picture_png()), id="same-id-1")
    status, body = await post(page, data, headers={"Accept-Language": "ko"})
    assert status == 503 and "글은 여기 그대로 있어요" in body["say"]
    async with page.post("/api/messages", data=form("글", ("a.png", picture_png()))) as response:
        assert response.status == 503 and int(response.headers["Retry-After"]) > 0
    assert not bot.media.files
    bot.disk_full = False
    assert (await post(page, form("글", ("a.png", picture_png()), id="same-id-1")))[1]["new"]
    assert len(bot.heard_messages) == 1


async def test_an_error_of_ours_gets_a_reference_that_is_in_the_log(
    bot: WebBot, page: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(message: object) -> bool:
        raise ValueError("비밀스러운 글")

    bot.platform._heard = broken  # type: ignore[assignment]
    status, body = await post(page, form("비밀스러운 글"))
    assert status == 500 and body["reference"] in caplog.text
    assert "비밀스러운" not in caplog.text


@pytest.mark.parametrize(
    "bad",
    [
        {"id": ""},
        {"id": "../../etc"},
        {"kind": "explode"},
    ],
)
async def test_a_form_that_is_not_ours_is_refused(bot: WebBot, page: aiohttp.ClientSession, bad: dict) -> None:
    status, body = await post(page, form("x", ("a.png", picture_png()), **bad))
    assert status == 400 and body["say"]
    assert not bot.heard_messages and not bot.media.files


async def test_json_and_broken_multipart_are_refused(page: aiohttp.ClientSession) -> None:
    async with page.post("/api/messages", json={"text": "x"}) as answer:
        assert answer.status == 400
    headers = {"Content-Type": "multipart/form-data; boundary=zzz"}
    async with page.post("/api/messages", data=b"no boundary here", headers=headers) as answer:
        assert answer.status == 400
    async with page.post("/api/messages", data=b"x", headers={"Content-Type": "multipart/form-data"}) as answer:
        assert answer.status == 400


# --- reading -----------------------------------------------------------------------------------


async def test_a_reply_carries_everything_the_page_shows(bot: WebBot, page: aiohttp.ClientSession) -> None:
    buttons = ((Button("★", "r5", chosen=True), Button("109", url="tel:109")),)
    await bot.say(
        Reply(text="t", picture="p", picture_alt="alt", audio="a", audio_title="title", cover="c", buttons=buttons)
    )
    await bot.say(Reply(text="", progress=Progress("painting", 0.4), sender="house"))
    shown, working = (await chat(page))["lines"]
    assert {k: shown[k] for k in ("text", "picture", "picture_alt", "audio", "audio_title", "cover", "from")} == {
        "text": "t", "picture": "p", "picture_alt": "alt", "audio": "a", "audio_title": "title", "cover": "c", "from": "anna",
    }  # fmt: skip
    assert shown["buttons"][0][0] == {"text": "★", "press": "r5", "url": "", "chosen": True, "page": ""}
    assert shown["buttons"][0][1]["url"] == "tel:109"
    assert working["progress"] == {"stage": "painting", "done": 0.4, "words": ""} and working["from"] == "house"
    assert abs(shown["at_ms"] - shown["changed_ms"]) < 5000


async def test_a_page_that_was_away_gets_what_changed_and_only_that(bot: WebBot, page: aiohttp.ClientSession) -> None:
    first = await bot.say(Reply(text="하나"))
    await bot.say(Reply(text="둘"))
    newest = (await chat(page))["newest_ms"]
    await asyncio.sleep(0.005)
    await bot.say(Reply(text="하나, 고침"), standing=first)
    await bot.say(Reply(text="셋"))
    answer = await chat(page, since_ms=newest)
    assert [line["text"] for line in answer["lines"]] == ["하나, 고침", "셋"]
    assert answer["lines"][0]["id"] == first.id
    assert (await chat(page, since_ms=answer["newest_ms"]))["newest_ms"] == answer["newest_ms"]


async def test_the_socket_tells_the_same_lines_and_who_is_typing(bot: WebBot, page: aiohttp.ClientSession) -> None:
    async with page.ws_connect("/api/live") as live:
        sent = await bot.say(Reply(text="안녕하세요"))
        await bot.platform.typing("me", "painting")
        line = json.loads((await live.receive(2)).data)
        typing = json.loads((await live.receive(2)).data)
    (asked,) = (await chat(page))["lines"]
    pushed = line["line"]
    assert {**pushed, "changed_ms": 0} == {**asked, "changed_ms": 0}
    assert (line["language"], pushed["id"], typing) == ("ko", sent.id, {"type": "typing", "stage": "painting"})


async def test_what_one_page_writes_the_other_page_sees(bot: WebBot, page: aiohttp.ClientSession) -> None:
    bot.echo = False
    async with page.ws_connect("/api/live") as live:
        await post(page, form("다른 창에서"))
        event = json.loads((await live.receive(2)).data)
    assert event["line"]["from"] == "me" and event["line"]["text"] == "다른 창에서"


async def test_a_page_that_went_away_does_not_hold_up_an_answer(bot: WebBot, page: aiohttp.ClientSession) -> None:
    live = await page.ws_connect("/api/live")
    await asyncio.sleep(0.05)
    live._response.connection.transport.abort()  # type: ignore[union-attr]
    async with asyncio.timeout(1.5):
        await bot.say(Reply(text="괜찮아요"))
    assert (await chat(page))["lines"][0]["text"] == "괜찮아요"


@pytest.mark.parametrize(
    ("asked", "status", "span"),
    [
        ("bytes=0-99", 206, (0, 100)),
        ("bytes=100-", 206, (100, None)),
        ("bytes=-50", 206, (-50, None)),
        ("bytes=0-1", 206, (0, 2)),
        ("bytes=99999999-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=-", 200, (0, None)),
        ("pages=1-2", 200, (0, None)),
    ],
)
async def test_players_ask_for_pieces(
    bot: WebBot, page: aiohttp.ClientSession, asked: str, status: int, span: tuple | None
) -> None:
    sound = tone_wav(1.0)
    person = await bot.store.person_of("web", "me")
    media_id = await bot.media.put(person.id, sound, "audio/wav")
    async with page.get(f"/media/{media_id}", headers={"Range": asked}) as answer:
        body = await answer.read()
        assert answer.status == status
        assert answer.headers["Accept-Ranges" if status != 416 else "Content-Range"]
    if span is not None:
        assert body == sound[span[0] : span[1]]


async def test_media_are_shown_to_their_owner_only(bot: WebBot, page: aiohttp.ClientSession) -> None:
    await bot.store.person_of("web", "me")
    foreign = await bot.media.put("somebody-else", picture_png(), "image/png")
    for media_id in (foreign, "never-was"):
        async with page.get(f"/media/{media_id}") as answer:
            assert answer.status == 404
            assert b"PNG" not in await answer.read()


async def test_what_a_browser_could_run_is_only_ever_saved(bot: WebBot, page: aiohttp.ClientSession) -> None:
    person = await bot.store.person_of("web", "me")
    media_id = await bot.media.put(person.id, b"<script>alert(1)</script>", "text/html")
    async with page.get(f"/media/{media_id}") as answer:
        assert answer.content_type == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == "attachment"


async def test_strings_commands_and_health(bot: WebBot, page: aiohttp.ClientSession) -> None:
    async with page.get("/api/strings?lang=ko") as answer:
        body = await answer.json()
    assert body["language"] == "ko" and body["words"]["web.send"] == "보내기" and body["limits"]["text_chars"] == 20_000
    async with page.get("/api/commands?lang=en") as answer:
        assert (await answer.json())[1] == {"name": "calendar", "description": COMMANDS[1][2]}
    async with page.get("/healthz") as answer:
        assert answer.status == 200 and (await answer.json())["ok"]


# --- who may come in -----------------------------------------------------------------------------


async def test_other_pages_may_not_post_nor_listen(bot: WebBot, page: aiohttp.ClientSession) -> None:
    port = bot.platform.address.rsplit(":", 1)[1]
    for origin in ("https://evil.example", "null", f"http://localhost.evil.example:{port}", "http://127.0.0.1:1"):
        status, _ = await post(page, form("x"), headers={"Origin": origin})
        assert status == 403, origin
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await page.ws_connect("/api/live", origin=origin)
        assert refused.value.status == 403
    assert (await post(page, form("x"), headers={"Sec-Fetch-Site": "cross-site"}))[0] == 403
    assert not bot.heard_messages
    assert (await post(page, form("x"), headers={"Origin": bot.platform.address}))[0] == 200


async def test_a_foreign_name_for_this_machine_is_refused(bot: WebBot, page: aiohttp.ClientSession) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example:80", ""):
        async with page.get("/api/chat", headers={"Host": host}) as answer:
            assert answer.status in (400, 403), host
    for host in ("localhost:1234", "127.0.0.1", "[::1]:8420"):
        async with page.get("/api/chat", headers={"Host": host}) as answer:
            assert answer.status == 200, host


async def test_every_answer_says_what_the_page_may_do(page: aiohttp.ClientSession) -> None:
    for path in ("/", "/api/chat", "/web/main.js", "/nowhere"):
        async with page.get(path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
    async with page.get("/web/../core/settings.py") as answer:
        assert answer.status in (403, 404)


async def test_another_host_needs_a_secret(bot: WebBot) -> None:
    platform = WebPlatform(Web(host="0.0.0.0", port=0), Intake(), bot.store, bot.media, session_secret=b"s")  # type: ignore[arg-type]
    with pytest.raises(EmoseumError) as refused:
        await platform.start(bot.hear)
    assert refused.value.key == "web.secret_needed"


async def test_a_taken_port_is_said_plainly(bot: WebBot) -> None:
    port = int(bot.platform.address.rsplit(":", 1)[1])
    platform = WebPlatform(Web(port=port), Intake(), bot.store, bot.media, session_secret=b"s")  # type: ignore[arg-type]
    with pytest.raises(EmoseumError) as refused:
        await platform.start(bot.hear)
    assert refused.value.key == "web.port_taken"


@pytest.fixture
async def guarded() -> AsyncIterator[tuple[WebBot, str]]:
    bot = WebBot("ko", Web(host="0.0.0.0", port=0, secret=SecretStr("봄날의 고양이")))
    await bot.start()
    yield bot, bot.platform.address.replace("0.0.0.0", "127.0.0.1")
    await bot.platform.stop()


async def test_whoever_knows_the_secret_comes_in(guarded: tuple[WebBot, str]) -> None:
    bot, address = guarded
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(address, cookie_jar=jar, headers={"Accept-Language": "ko"}) as page:
        async with page.get("/") as answer:
            assert answer.url.path == "/login" and "이 일기장은 주인만" in await answer.text()
        for path in ("/api/chat", "/media/x", "/api/strings"):
            async with page.get(path) as answer:
                assert answer.status == 401
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await page.ws_connect("/api/live")
        async with page.post("/login", data={"secret": "겨울의 개"}) as answer:
            assert answer.status == 403 and "맞지 않아요" in await answer.text()
        async with page.post("/login", data={"secret": "봄날의 고양이"}, allow_redirects=False) as answer:
            cookie = answer.headers["Set-Cookie"]
            assert answer.status == 303 and "HttpOnly" in cookie and "SameSite=Strict" in cookie
        assert (await chat(page))["lines"] == []
        assert (await post(page, form("들어왔다")))[0] == 200
    assert bot.heard_messages[0].account == "me"


async def test_a_forged_or_old_session_is_refused(guarded: tuple[WebBot, str]) -> None:
    bot, address = guarded
    gate = bot.platform._gate
    mac = gate._mac("1000")
    for value in (f"99999999999.{mac}", f"1000.{mac}", "99999999999.", "x", "99999999999.ä"):
        headers = {"Cookie": f"emoseum_session={value}"}
        async with aiohttp.ClientSession(address) as page, page.get("/api/chat", headers=headers) as answer:
            assert answer.status == 401, value


async def test_guessing_is_slowed_down_even_for_the_right_guess(guarded: tuple[WebBot, str]) -> None:
    bot, address = guarded
    now = [1_000_000.0]
    bot.platform._gate._clock = lambda: now[0]
    async with aiohttp.ClientSession(address, cookie_jar=aiohttp.CookieJar(unsafe=True)) as page:
        statuses = []
        for guess in ("a", "b", "c", "d", "e", "f", "봄날의 고양이"):
            async with page.post("/login", data={"secret": guess}, allow_redirects=False) as answer:
                statuses.append(answer.status)
        assert statuses == [403] * 6 + [429]
        now[0] += 61
        async with page.post("/login", data={"secret": "봄날의 고양이"}, allow_redirects=False) as answer:
            assert answer.status == 303


async def test_an_open_page_loads_anew_where_it_is_another_diary_now(bot: WebBot, page: aiohttp.ClientSession) -> None:
    await post(page, form("첫 줄"))
    async with page.ws_connect("/api/live") as live:
        bot.store.person_row = None  # all was deleted
        await bot.say(Reply(text="모두 지웠어요."))
        assert [(await live.receive_json(timeout=5))["type"] for _ in range(2)] == ["anew", "line"]
        await bot.say(Reply(text="다시 시작해요."))
        assert (await live.receive_json(timeout=5))["type"] == "line"
