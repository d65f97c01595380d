"""What nobody should send and somebody will: a kind answer in the chat, the words kept, and nobody falls over.

One bot and one core for all of it, over real HTTP; the words and photos are really read, picture and music are instant.
"""

import asyncio
import errno
import io
import os
import re
import subprocess
import sys
import uuid

import pytest
from PIL import Image

from adapters.sealed_media import open_media
from adapters.sql_store import open_store
from core.phrases import say
from core.settings import Settings
from tests.core.test_intake import ASTRONAUT
from tests.fakes.house_process import ROOT, HouseProcess, Page
from tests.test_kill import is_answered, require_exact

REAL_EYES = {
    "EMOSEUM_ENGINES__UNDERSTANDING": "embedded",
    "EMOSEUM_WORK__JOIN_S": "0",  # each line its own entry, so that what is kept can be counted
    "EMOSEUM_LOG_LEVEL": "debug",
}
VIDEO = b"\0\0\0\x18ftypisom\0\0\0\0 moov hdlr\0\0\0\0\0\0\0\0vide"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    house = HouseProcess(tmp_path_factory.mktemp("bad") / "data", REAL_EYES)
    house.start("core")
    house.start("bot")
    asyncio.run(become_known(Page(house)))
    yield house
    alive = {role: house.is_alive(role) for role in house.processes}
    house.stop()
    log = house.log.read_text()
    assert alive == {"core": True, "bot": True}, log
    assert "Traceback" not in log and " ERROR " not in log


@pytest.fixture
def page(house):
    return Page(house)


async def become_known(page):
    """Through the introduction, with consent to storing and to reading faces."""
    await page.send("처음 써 보는 글")
    for label in ("글과 사진 간직하기", "사진 속 표정 읽기", "이대로 계속"):
        await press(page, label)
    await page.send("지우")
    await press(page, "건너뛸게요")


async def press(page, label):
    """Press the newest button with these words."""

    def found(lines):
        return [
            (button, line)
            for line in lines
            for row in line.get("buttons", ())
            for button in row
            if label in button["text"]
        ]

    button, line = found(await page.until(found))[-1]
    await page.send(kind="press", press=button["press"], target=line["id"])
    return button["press"], line["id"]


async def after(page, message_id, ready, limit_s=60.0):
    """The replies below a message, once `ready(replies)`."""

    def below(lines):
        order = next((line["order"] for line in lines if line["id"] == message_id), "~")
        return [line for line in lines if line["order"] > order and line["from"] != "me"]

    return below(await page.until(lambda lines: ready(below(lines)), limit_s))


def says(key, **values):
    """A check that a phrase stands in a reply."""
    phrase = say("ko", key, **values)
    return lambda replies: any(phrase in reply["text"] for reply in replies)


def is_made(replies):
    """A check that an answer is complete: picture and music."""
    return any(reply["picture"] and not reply["progress"] for reply in replies) and any(
        reply["audio"] for reply in replies
    )


async def entry_of(house, message_id):
    """The entry that a message became part of, read back from the store; None where it became none."""
    store = await open_store(Settings(data_dir=house.data_dir))
    try:
        message = await store.message_at("web", "me", message_id)
        entry_id = await store.entry_of_message(message.id) if message is not None else ""
        if not entry_id:
            return None
        entry = await store.entry(entry_id)
        media = await open_media(store, store.settings, sweep=False)
        for attachment in entry.media:
            assert len((await media.get(attachment.media_id)).data) == attachment.file_bytes
        return entry
    finally:
        await store.close()


def encoded(image, name, **options):
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


def bomb():
    data = encoded(Image.new("1", (12_000, 12_000)), "PNG", optimize=True)
    assert len(data) < 20_000
    return data


def heic():
    import pillow_heif

    pillow_heif.register_heif_opener()
    return encoded(Image.open(io.BytesIO(ASTRONAUT)), "HEIF")


# --- files -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "key"),
    [
        ("big.png", bomb, "intake.photo_too_many_pixels"),
        ("photo.jpg", lambda: b"just some words\n" * 40, "intake.not_an_image"),
        ("half.jpg", lambda: ASTRONAUT[: len(ASTRONAUT) // 2], "intake.photo_broken"),
        ("nothing.jpg", lambda: b"", "intake.empty"),
        ("film.mp4", lambda: VIDEO + bytes(21 * 1024 * 1024), "intake.video_too_big"),
        ("report.pdf", lambda: b"%PDF-1.7\n" + bytes(200), "intake.document"),
        ("setup.exe", lambda: b"MZ" + bytes(200), "intake.unknown_file"),
    ],
)
async def test_a_file_that_cannot_be_taken_is_named_and_the_words_get_their_answer(house, page, name, data, key):
    words = f"오늘은 공원을 걸었다. {name}도 같이 보내요"
    status, body = await page.post(words, [(name, data())])
    assert status == 200 and body["line"]["refused"]
    replies = await after(page, body["line"]["id"], lambda replies: says(key)(replies) and is_made(replies))
    assert sum(say("ko", key) in reply["text"] for reply in replies) == 1
    entry = await entry_of(house, body["line"]["id"])
    assert entry.text == words and entry.media == ()


async def test_a_bad_file_without_a_word_is_named_and_makes_no_entry(house, page):
    status, body = await page.post("", [("photo.jpg", b"words " * 99)])
    assert status == 200
    await after(page, body["line"]["id"], says("intake.not_an_image"))
    assert await entry_of(house, body["line"]["id"]) is None


async def test_a_good_photo_beside_a_bad_one_is_kept_and_read(house, page):
    status, body = await page.post("둘 중 하나는 얼굴", [("bad.jpg", b"words " * 99), ("me.jpg", ASTRONAUT)])
    assert status == 200
    replies = await after(
        page, body["line"]["id"], lambda replies: says("intake.not_an_image")(replies) and is_made(replies)
    )
    assert any("사진 속" in reply["text"] for reply in replies)
    entry = await entry_of(house, body["line"]["id"])
    assert [attachment.mime for attachment in entry.media] == ["image/jpeg"]


async def test_a_heic_photo_is_kept_as_it_came_and_its_face_is_read(house, page):
    data = heic()
    status, body = await page.post("아이폰으로 찍은 나", [("IMG_0001.HEIC", data)])
    assert status == 200 and not body["line"]["refused"]
    replies = await after(page, body["line"]["id"], is_made)
    assert any("사진 속" in reply["text"] for reply in replies)
    (attachment,) = (await entry_of(house, body["line"]["id"])).media
    assert (attachment.mime, attachment.file_bytes) == ("image/heic", len(data))


async def test_forty_megabytes_are_refused_at_the_door_and_the_words_can_be_sent_alone(house, page):
    message_id = uuid.uuid4().hex
    status, body = await page.post("영상이 컸던 날", [("film.mp4", VIDEO + bytes(40 * 1024 * 1024))], id=message_id)
    assert status == 413 and body["say"] == say("ko", "web.error.too_large")
    await page.send("영상이 컸던 날", id=message_id)
    await after(page, message_id, is_made)
    assert (await entry_of(house, message_id)).text == "영상이 컸던 날"


async def test_ten_files_are_one_entry_and_eleven_are_asked_for_in_parts(house, page):
    photos = [(f"{n}.png", encoded(Image.new("RGB", (40, 30), (n * 20, 80, 120)), "PNG")) for n in range(11)]
    status, body = await page.post("열한 장", photos)
    assert status == 413 and body["say"] == say("ko", "web.error.too_many")
    status, body = await page.post("열 장", photos[:10])
    assert status == 200
    await after(page, body["line"]["id"], is_made)
    entry = await entry_of(house, body["line"]["id"])
    assert [attachment.name for attachment in entry.media] == [name for name, _data in photos[:10]]


async def test_the_same_photo_twice_is_two_entries_and_one_goes_without_the_other(house, page):
    ids = [(await page.post(f"같은 사진 {n}", [("a.jpg", ASTRONAUT)]))[1]["line"]["id"] for n in range(2)]
    for message_id in ids:
        await after(page, message_id, is_made)
    first, second = [await entry_of(house, message_id) for message_id in ids]
    assert first.id != second.id and first.media[0].media_id != second.media[0].media_id


# --- words -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    ["😭😭😭", "가나다라 " * 4_000, "​‍ é ́́́ <script>alert(1)</script> %s {0} \\u0041", "ㅋ" * 3_000, "\ud7ff؋"],
    ids=["emoji", "20000", "markup", "laughter", "odd"],
)
async def test_odd_words_are_kept_letter_by_letter_and_answered(house, page, words):
    status, body = await page.post(words)
    assert status == 200
    await after(page, body["line"]["id"], is_made)
    assert (await entry_of(house, body["line"]["id"])).text == words.strip()


@pytest.mark.parametrize("words", ["", "  \n\t "])
async def test_nothing_is_asked_for_kindly(house, page, words):
    status, body = await page.post(words)
    assert status == 200
    await after(page, body["line"]["id"], says("entry.empty"))
    assert await entry_of(house, body["line"]["id"]) is None


async def said_by_me(page):
    return [line["id"] for line in await page.lines() if line["from"] == "me"]


async def test_one_character_too_many_is_told_and_stays_on_the_page(page):
    before = await said_by_me(page)
    status, body = await page.post("가" * 20_001)
    assert status == 413 and body["say"] == say("ko", "web.error.too_long")
    assert await said_by_me(page) == before


async def test_an_unknown_command_gets_a_hint(house, page):
    status, body = await page.post("/그런거없음 정말")
    assert status == 200
    await after(page, body["line"]["id"], lambda replies: any("/help" in reply["text"] for reply in replies))


# --- presses and repeats -----------------------------------------------------------------------


@pytest.mark.parametrize("pressed", ["", "nonsense", "1rate|x|5~AAAAAAAA", "9new~12345678", "1" * 400])
async def test_an_unknown_button_gets_a_kind_word(page, pressed):
    told = len([line for line in await page.lines() if line["text"] == say("ko", "button.old")])
    status, _body = await page.post(kind="press", press=pressed, target="nothing")
    assert status == 200
    await page.until(lambda lines: len([line for line in lines if line["text"] == say("ko", "button.old")]) == told + 1)


async def test_a_button_of_a_deleted_entry_is_told_so_and_pressing_twice_is_once(house, page):
    message_id = await page.send("곧 거둘 글")
    replies = await after(page, message_id, is_made)
    answer = next(reply for reply in replies if reply["picture"])
    stars = answer["buttons"][0][3]["press"]
    for _ in range(2):
        await page.send(kind="press", press=stars, target=answer["id"])
    shown = await after(
        page, message_id, lambda replies: any(_stars(reply) == 4 for reply in replies if reply["id"] == answer["id"])
    )
    assert len([reply for reply in shown if reply["picture"]]) == 1
    undo = await page.send("/undo")
    await after(page, undo, lambda replies: any(reply["buttons"] for reply in replies))
    last = await page.send(kind="press", press=stars, target=answer["id"])
    assert last
    check = await page.send("거둔 뒤에도 쓰는 글")
    await after(page, check, is_made)  # whatever the press said, the chat goes on


def _stars(reply):
    return sum("★" in button["text"] for button in reply["buttons"][0]) if reply["buttons"] else 0


async def test_the_same_message_twice_and_at_once_is_one_line_and_one_entry(house, page):
    message_id = uuid.uuid4().hex
    answers = await asyncio.gather(*(page.post("두 번 온 글", [("a.jpg", ASTRONAUT)], id=message_id) for _ in range(4)))
    assert [status for status, _body in answers] == [200] * 4
    assert sum(body["new"] for _status, body in answers) == 1
    await after(page, message_id, is_made)
    assert len([line for line in await page.lines() if line["text"] == "두 번 온 글"]) == 1
    assert len((await entry_of(house, message_id)).media) == 1


async def test_words_that_we_stumble_over_are_kept_and_it_is_said_with_a_reference(tmp_path):
    house = HouseProcess(tmp_path / "data", {"EMOSEUM_WORK__JOIN_S": "0"})
    page = Page(house)
    try:
        house.start("core")
        house.start("bot", crash="fails:tell:돌부리")
        await page.until(lambda lines: True)
        status, body = await page.post("돌부리에 걸려 넘어진 날", [("a.jpg", ASTRONAUT)])
        assert status == 200
        replies = await after(page, body["line"]["id"], says("error.any"))
        reference = re.search(r"E-\w+", replies[-1]["text"]).group()
        assert reference in house.log.read_text() and "넘어진" not in house.log.read_text()
        entry = await entry_of(house, body["line"]["id"])
        assert entry.text == "돌부리에 걸려 넘어진 날" and len(entry.media) == 1
        await after(page, await page.send("그래도 다음 글은 돼요"), is_made)
    finally:
        house.stop()


# --- no room -----------------------------------------------------------------------------------


async def test_a_full_disk_is_said_kindly_and_the_resend_is_kept_once(tmp_path):
    house = HouseProcess(tmp_path / "data", {"EMOSEUM_WORK__MIN_FREE_MB": "1000000000"})
    page, message_id = Page(house), uuid.uuid4().hex
    try:
        house.start("bot")
        await page.until(lambda lines: True)
        for _ in range(2):
            status, body = await page.post("자리가 없던 날", [("a.jpg", ASTRONAUT)], id=message_id)
            assert status == 503 and body["say"] == say("ko", "web.error.disk_full")
        assert await page.lines() == []
        assert not [path for path in (house.data_dir / "media").rglob("*") if path.is_file()]
        house.kill("bot")
        del house.environment["EMOSEUM_WORK__MIN_FREE_MB"]
        house.start("core")
        house.start("bot")
        for _ in range(2):
            await page.send("자리가 없던 날", id=message_id)
        require_exact(await page.until(is_answered(["자리가 없던 날"])), ["자리가 없던 날"])
        assert "Traceback" not in house.log.read_text()
    finally:
        house.stop()


class Squeezed:
    """A disk that can be filled and freed, made of SQLite's own limit and a media folder that says ENOSPC."""

    def __init__(self, folder):
        self.mark = folder / "full"
        self.data_dir = folder / "data"

    def start(self, house, role):
        house.start(role, crash=f"full:{self.mark}")

    def fill(self):
        self.mark.touch()

    def free(self):
        self.mark.unlink()

    def close(self):
        pass


class SmallDisk:
    """A file system of 12 MB in memory."""

    def __init__(self, folder):
        self.root = folder / "disk"
        self.root.mkdir()
        self.data_dir = self.root / "data"
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", self.root], check=True, capture_output=True)

    def start(self, house, role):
        house.start(role)

    def fill(self):
        with (self.root / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(4096))
            except OSError as error:
                assert error.errno == errno.ENOSPC

    def free(self):
        (self.root / "filler").unlink()

    def close(self):
        subprocess.run(["umount", "-l", self.root], check=True)


def small_disk(folder):
    if os.geteuid() == 0:
        try:
            return SmallDisk(folder)
        except (OSError, subprocess.CalledProcessError):
            pass  # a container that may not mount
    return Squeezed(folder / "squeezed-instead")


@pytest.mark.parametrize("kind", [Squeezed, small_disk])
async def test_a_disk_that_fills_up_in_the_middle_loses_nothing(tmp_path, kind):
    disk = kind(tmp_path)
    house = HouseProcess(disk.data_dir, {"EMOSEUM_WORK__JOIN_S": "0", "EMOSEUM_WORK__MIN_FREE_MB": "0"})
    house.log = tmp_path / "house.log"
    page, texts = Page(house), [f"{n}번째 줄 " + "길게 " * 50 for n in range(8)]
    try:
        disk.start(house, "core")
        disk.start(house, "bot")
        await page.send(texts[0].strip())
        await page.until(is_answered([texts[0].strip()]))  # both are up, however busy the machine is
        sending = asyncio.create_task(send_all(page, [text.strip() for text in texts[1:]]))
        await asyncio.sleep(0.4)  # lines are taken in, answers are under way
        disk.fill()
        status, body = await page.post("자리가 없을 때 쓴 긴 글" * 400, [("a.jpg", ASTRONAUT)])
        assert status == 503 and body["say"] == say("ko", "web.error.disk_full")
        await asyncio.sleep(1.5)
        disk.free()
        await sending
        texts = [text.strip() for text in texts]
        require_exact(await page.until(is_answered(texts), 60), texts)
        assert house.is_alive("bot") and house.is_alive("core")
        assert "Traceback" not in house.log.read_text()
    finally:
        house.stop()
        disk.close()


async def send_all(page, texts):
    for text in texts:
        await page.send(text)


# --- two of a kind -----------------------------------------------------------------------------


def second(house, command):
    """A process of its own on the first one's data: its exit code and what it told."""
    done = subprocess.run(
        [sys.executable, "-m", *house.command(command), "--data-dir", house.data_dir],
        cwd=ROOT, env=house.environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    return done.returncode, [
        line for line in done.stderr.splitlines() if " INFO " not in line and " DEBUG " not in line
    ]


@pytest.mark.parametrize("command", ["bot", "core", "run"])
async def test_a_second_process_on_the_same_data_ends_at_once_and_the_first_goes_on(house, page, command):
    code, told = await asyncio.to_thread(second, house, command)
    assert code == 78
    assert len(told) == 1 and "already uses this data folder" in told[0], told
    message_id = await page.send(f"{command}이 또 켜져도 그대로")
    await after(page, message_id, is_made)
