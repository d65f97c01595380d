"""Whatever strangers send is read or refused by a kind error: odd writing, broken and lying files."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.emotion.photo import open_photo
from core.intake import accept
from core.settings import Intake
from tests.fakes.in_process import Chat
from tests.fuzz import seeds, ways_in
from tests.fuzz.bombs import bombs

ROOT = Path(__file__).resolve().parents[2]


def calmly(examples: int) -> settings:
    """So many, however long one takes on a busy machine."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=examples, deadline=None, suppress_health_check=slow)


PIECES = (
    *seeds.TEXTS, "\ud83d", "\udc80", "\u202e", "\u2066", "\u200b", "\u200d", "\ufe0f", "\x00", "\x1b[2J", "\x85", "\u2028",
    "ㅋ", "ㅠ", "ㅏ", "ᄀ", "ᆨ", "각", "각", "ﬁ", "ẞ", "İ", "أ", "שלום", "𝕊𝕒𝕕", "1" * 40, "。", "…", "'" * 9, "안 ", "못 ", "지 않", "n't ",
    "not ", "😭", "👨‍👩‍👧", "🏴\U000e0067\U000e007f", "\n", "\t", " " * 30, "{name}", "%s", "</b>", "`",
)  # fmt: skip
letters = st.characters()  # lone surrogates too
odd_texts = st.one_of(
    st.text(letters, max_size=60),
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(letters, max_size=6)), max_size=12).map("".join),
    st.text(st.sampled_from("ㄱㅏㅋㅠㅡㆍ각 \u200b\u0301😭🏽\ufe0f\x07\u202e"), max_size=80),
)


@calmly(60)
@given(odd_texts)
@example("")
@example(" \n\t\u3000")
@example("\ud800")
@example("친구가 \udcea죽고 싶대\ud83d")  # found by atheris in the n-grams of the crisis check and in Kiwi
def test_no_writing_is_too_odd(text: str) -> None:
    ways_in.read(text)


@pytest.mark.parametrize("piece", ["ㅠ", "\ud800", "😭", "\u202e", "\u200b", "a", "안", "안 ", "not ", "!", "\x00", "죽", "가나다 ", "\n"])  # fmt: skip
def test_twenty_thousand_of_the_same_are_read_in_seconds(piece: str) -> None:
    began_s = time.thread_time()
    ways_in.read((piece * 20_000)[:20_000], talks=False)
    assert time.thread_time() - began_s < 10


async def test_half_a_character_is_kept_as_a_question_mark_and_answered(tmp_path: Path) -> None:
    """JSON may hold what UTF-8 has no bytes for: such a message must not be lost, nor come back for ever."""
    chat = await Chat.open(tmp_path)
    try:
        await chat.says("오늘 \ud800 기뻤다")
        entry = await chat.house.store.latest_entry((await chat.person()).id)
        assert entry is not None and entry.text == "오늘 ? 기뻤다"
        for line in ("\udfff", "/history \udcff", "\x00\x07 bell"):
            shown = len(chat.screen.shown)
            await chat.says(line, after_s=3600)
            assert len(chat.screen.shown) > shown
    finally:
        await chat.close()


@cache
def every_seed() -> tuple[bytes, ...]:
    return (*seeds.photos(), *seeds.sounds())


@st.composite
def broken_files(draw: st.DrawFn) -> bytes:
    """A real file of ours, flipped, cut, stretched, or grown together with another one."""
    data = bytearray(draw(st.sampled_from(every_seed())))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        match draw(st.integers(0, 5)):
            case 0 if data:
                data[at] ^= 1 << draw(st.integers(0, 7))
            case 1:
                del data[at:]
            case 2:
                data[at:at] = draw(st.binary(max_size=40))
            case 3:
                data[at : at + 4] = draw(st.sampled_from([b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", bytes(4)]))
            case 4:
                del data[at : at + draw(st.integers(1, 200))]
            case _:
                other = draw(st.sampled_from(every_seed()))
                data += other[draw(st.integers(0, len(other))) :]
    return bytes(data)


@calmly(150)
@given(broken_files(), st.sampled_from(["", "a.jpg", "음성.ogg", "film.mp4", "\ud800.png", "." * 300]))
def test_no_file_is_too_broken(data: bytes, name: str) -> None:
    ways_in.look_at(data, name, faces=False)
    ways_in.listen_to(data, name)


@calmly(60)
@given(st.binary(max_size=300), st.sampled_from([b"", *sorted({seed[:12] for seed in every_seed()})]))
def test_chance_behind_a_true_beginning_is_no_exception(data: bytes, beginning: bytes) -> None:
    ways_in.look_at(beginning + data, faces=False)
    ways_in.listen_to(beginning + data)


def test_the_files_from_which_all_this_begins_are_whole() -> None:
    """Else nothing behind the door would be tried."""
    for n, photo in enumerate(seeds.photos()):
        assert accept(photo, "", ways_in.INTAKE).problem == ""
        assert open_photo(photo, ways_in.INTAKE).rgb.size
        ways_in.look_at(photo, faces=n % 5 == 0)
    for sound in seeds.sounds():
        assert accept(sound, "", ways_in.INTAKE).kind in ("sound", "video")
        ways_in.listen_to(sound)


def test_a_film_whose_codec_nobody_knows_is_refused() -> None:
    """Found by atheris: without a decoder a stream of FFmpeg's has no width at all."""
    film = seeds.films()[2]
    unknown = film.replace(b"FMP4", b"\0\1\2\3").replace(b"mp4v", b"\0\1\2\3")
    assert unknown != film
    ways_in.listen_to(unknown)


def test_files_that_promise_too_much_cost_little(tmp_path: Path) -> None:
    """Told from the header where that is possible; else time and memory stay bounded."""
    for name, data in bombs():
        assert len(data) < 2_000_000, name
        (tmp_path / name).write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.bombs", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    rows = {name: rest for name, *rest in (line.split("\t") for line in done.stdout.splitlines())}
    assert len(rows) == len(list(tmp_path.iterdir()))
    for name, (became, seconds, used_mb) in rows.items():
        assert float(seconds) < 20 and float(used_mb) < 1100, name
        if name.startswith(("16,000", "GIF", "PNG")):
            assert became == "intake.photo_too_many_pixels"
        if name in ("WAV at 1 Hz", "an hour of silence in FLAC"):
            assert became == "intake.sound_too_long"


def test_large_photos_are_unpacked_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few bytes become hundreds of megabytes: two people who send such a thing must not add up."""
    from PIL import WebPImagePlugin

    large = next(data for name, data in bombs() if name.endswith("RGBA WebP"))
    at_once, most = 0, 0

    def counted(image: object) -> object:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        time.sleep(0.05)
        at_once -= 1
        raise OSError("seen enough")

    monkeypatch.setattr(WebPImagePlugin.WebPImageFile, "load", counted)
    threads = [threading.Thread(target=accept, args=(large, "", Intake())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
