"""What a person sees of a month: the right days under the right weekdays, today ringed, nothing broken."""

from __future__ import annotations

import io
from datetime import date

import numpy as np
import pytest
from PIL import Image, ImageFont

from core.entities import EMOTIONS
from core.painting.month import _FONT_FILE, HEIGHT, WIDTH, DayCell, month_picture
from core.phrases import LANGUAGES, catalogue

COLUMN = (WIDTH - 80) / 7


def picture(side: int = 64, colour: str = "#00A000", kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(file, kind)
    return file.getvalue()


def seen(month: date, days: dict[int, DayCell], today: date | None = None, language: str = "ko") -> np.ndarray:
    """The page as (H, W, 3) int."""
    with Image.open(io.BytesIO(month_picture(month, days, today, language))) as page:
        assert page.size == (WIDTH, HEIGHT) and page.format == "PNG"
        return np.asarray(page.convert("RGB")).astype(int)


def green(page: np.ndarray) -> list[tuple[int, int]]:
    """(column 0..6, y) of the middle of each column's green, from left to right."""
    is_green = (page[..., 1] > 140) & (page[..., 0] < 40) & (page[..., 2] < 40)
    found = []
    for column in range(7):
        rows = np.nonzero(is_green[:, round(40 + (column + 0.5) * COLUMN)])[0]
        if len(rows):
            found.append((column, int(rows.mean())))
    return found


@pytest.mark.parametrize(
    ("day", "column"),
    [
        (date(2026, 11, 1), 0),  # Sunday
        (date(2026, 11, 20), 5),  # Friday
        (date(2024, 2, 29), 4),  # Thursday, in a leap year
        (date(2026, 8, 31), 1),  # Monday of a sixth week
        (date(2026, 8, 1), 6),  # Saturday
    ],
)
def test_a_day_stands_under_its_weekday(day: date, column: int) -> None:
    page = seen(day, {day.day: DayCell(("joy",), picture())})
    ((found, y),) = green(page)
    assert found == column
    assert y < HEIGHT - 20


def test_later_weeks_stand_lower() -> None:
    first, second = (green(seen(date(2026, 11, 1), {day: DayCell(("joy",), picture())}))[0] for day in (3, 10))
    assert first[0] == second[0] and second[1] > first[1] + 100


def test_sunday_is_reddish_and_saturday_bluish() -> None:
    page = seen(date(2026, 11, 1), {1: DayCell(("calm",), None)})
    names = page[150:200]
    sunday, saturday = names[:, 40 : 40 + round(COLUMN)], names[:, -40 - round(COLUMN) : -40]
    assert ((sunday[..., 0] - sunday[..., 2]) > 80).sum() > 100
    assert ((saturday[..., 2] - saturday[..., 0]) > 60).sum() > 100


def test_today_is_ringed_where_it_stands_and_nowhere_else() -> None:
    month = date(2026, 11, 1)
    days = {20: DayCell(("joy",), picture())}
    plain, marked = seen(month, days), seen(month, days, date(2026, 11, 20))
    ys, xs = np.nonzero(np.abs(plain - marked).max(axis=2) > 40)
    assert len(ys) > 200
    assert xs.min() > 40 + 5 * COLUMN and xs.max() < 40 + 6 * COLUMN
    assert (seen(month, days, date(2026, 12, 20)) == plain).all()  # the same day of another month


def test_six_weeks_and_thirty_one_pictures_fit() -> None:
    page = seen(date(2026, 8, 1), {day: DayCell(("joy",), picture(), day) for day in range(1, 32)}, None, "en")
    is_green = (page[..., 1] > 140) & (page[..., 0] < 40) & (page[..., 2] < 40)
    assert 31 * 85**2 < is_green.sum() < 31 * 130**2
    assert not is_green[:, :40].any() and not is_green[:, -40:].any() and not is_green[-15:].any()


def test_an_empty_month_says_so_gently() -> None:
    today = date(2026, 11, 20)
    empty = seen(date(2026, 11, 1), {}, today)
    written = seen(date(2026, 11, 1), {5: DayCell(("joy",), picture())}, today)
    dark = lambda page: int((page[1100:].max(axis=2) < 150).sum())  # noqa: E731
    assert dark(empty) > 500 and dark(written) == 0
    assert (empty != seen(date(2026, 11, 1), {}, today, "en")).any()
    assert (seen(date(2026, 11, 1), {3: DayCell((), None, 0)}, today) == empty).all()


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"not a picture",
        picture()[:60],
        picture(kind="JPEG")[:200],
        picture(400)[:-200],
        b"\x89PNG\r\n\x1a\n" + bytes(40),
    ],
)
def test_a_broken_thumbnail_becomes_a_blob(broken: bytes) -> None:
    page = seen(date(2026, 11, 1), {4: DayCell(("love",), broken)})
    blob = seen(date(2026, 11, 1), {4: DayCell(("love",), None)})
    assert (page == blob).all()
    cell = page[250:380, round(40 + 3 * COLUMN) : round(40 + 4 * COLUMN)]
    assert ((cell[..., 0] - cell[..., 1]) > 70).sum() > 2000  # love is pink


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_bomb_is_not_opened() -> None:
    file = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(file, "PNG")
    page = seen(date(2026, 11, 1), {4: DayCell(("love",), file.getvalue())})
    assert (page == seen(date(2026, 11, 1), {4: DayCell(("love",), None)})).all()


def test_jpeg_and_tall_pictures_are_shown() -> None:
    file = io.BytesIO()
    Image.new("RGB", (200, 900), "#00A000").save(file, "JPEG", quality=95)
    assert green(seen(date(2026, 11, 1), {3: DayCell(("joy",), file.getvalue())}))[0][0] == 2


def test_feelings_look_different_and_several_are_all_there() -> None:
    pages = {name: seen(date(2026, 11, 1), {1: DayCell((name,), None)}).tobytes() for name in EMOTIONS}
    assert len(set(pages.values())) == len(EMOTIONS)
    several = seen(date(2026, 11, 1), {1: DayCell(("anger", "relief", "excitement", "joy"), None)})[240:390, 40:190]
    assert ((several[..., 0] - several[..., 1]) > 100).sum() > 800  # anger's red
    assert ((several[..., 1] - several[..., 0]) > 40).sum() > 400  # relief's green


def test_several_entries_are_counted() -> None:
    month, one, three = date(2026, 11, 1), DayCell(("joy",), picture(), 1), DayCell(("joy",), picture(), 3)
    assert (seen(month, {2: one}) != seen(month, {2: three})).any(axis=2).sum() > 300


def test_the_same_month_is_the_same_page() -> None:
    days = {4: DayCell(("joy", "calm"), None, 2)}
    assert month_picture(date(2026, 5, 9), days, None, "en") == month_picture(date(2026, 5, 1), days, None, "en")


def test_the_page_says_that_it_was_made_with_ai() -> None:
    page = Image.open(io.BytesIO(month_picture(date(2026, 5, 9), {4: DayCell(("joy",), picture())}, None, "ko")))
    assert page.info["Source"] == "made with AI" and "compositeSynthetic" in page.info["XML:com.adobe.xmp"]
    assert page.info["Software"] == "Emoseum calendar"


def test_every_word_of_the_page_can_be_written_in_its_hand() -> None:
    font = ImageFont.truetype(_FONT_FILE, 40)
    missing = bytes(font.getmask("\uffff"))
    for language in LANGUAGES:
        text = "".join(phrase for key, phrase in catalogue(language).items() if key.startswith("month."))
        for char in set(text + "0123456789") - set(" {}"):
            assert bytes(font.getmask(char)) != missing, char
