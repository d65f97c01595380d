"""A month as a page of a crayon diary: the pictures of its days, or the colours they felt like."""

from __future__ import annotations

import calendar
import io
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.painting.crayon import palette
from core.painting.label import COMPOSED, labelled_png
from core.phrases import pick, say

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

WIDTH, HEIGHT = 1080, 1200  # pixels
_FONT_FILE = Path(__file__).with_name("fonts") / "EmoseumHand-Regular.woff"
_PAPER = (252, 247, 236)
_INK = "#5A4638"
_FAINT = "#E3D7C3"
_BLANK = "#F8F1E4"  # where nothing was drawn yet
_SUNDAY, _SATURDAY, _TODAY = "#D2594B", "#4C7FB8", "#E8663C"
_MARGIN = 40
_GRID_TOP, _GRID_BOTTOM = 212, 1176
_ROW_MAX = 190
_BIG_PIXELS = 50_000_000  # a thumbnail beyond this is not opened


@dataclass(frozen=True)
class DayCell:
    """What one day shows: names from EMOTIONS, newest first, and a PNG or JPEG where there is a picture."""

    emotions: tuple[str, ...] = ()
    thumbnail: bytes | None = None
    count: int = 1  # entries of that day


def month_picture(month: date, days: Mapping[int, DayCell], today: date | None, language: str) -> bytes:
    """The page of `month` (any day of it) as a PNG of 1080 x 1200; `days` by day of the month.

    Weeks begin on Sunday. A thumbnail that can't be opened becomes a blob in the day's colours.
    """
    import numpy as np
    from PIL import Image

    page = _Page(Image.new("RGB", (WIDTH, HEIGHT), _PAPER), random.Random(f"{month:%Y-%m}"))
    _title(page, month, language)
    weeks = calendar.Calendar(calendar.SUNDAY).monthdayscalendar(month.year, month.month)
    shown = {day: cell for day, cell in days.items() if cell.count > 0}
    row_height = min(_ROW_MAX, (_GRID_BOTTOM - _GRID_TOP - (0 if shown else 90)) / len(weeks))
    for row, week in enumerate(weeks):
        _week_line(page, _GRID_TOP - 8 + row * row_height)
        for column, day in enumerate(week):
            if day:
                box = _Box(_MARGIN + column * _column_width(), _GRID_TOP + row * row_height, row_height)
                is_today = today == date(month.year, month.month, day)
                own = replace(page, hand=random.Random(f"{month:%Y-%m} {day}"))  # no day changes another
                _day(own, box, day, column, shown.get(day), is_today)
    if not shown:
        _empty(page, month, today, language, _GRID_TOP + len(weeks) * row_height + 36)
    return labelled_png(np.asarray(page.image), "calendar", COMPOSED)


def _column_width() -> float:
    return (WIDTH - 2 * _MARGIN) / 7


@dataclass(frozen=True)
class _Box:
    """One day's place on the page, in pixels."""

    x: float
    y: float
    height: float

    @property
    def picture(self) -> tuple[int, int, int]:
        """Left, top and side of the square below the day's number."""
        side = int(min(_column_width() - 10, self.height - 54))
        return round(self.x + (_column_width() - side) / 2), round(self.y + 38), side


@dataclass(frozen=True)
class _Page:
    """A sheet of paper to draw on, and the hand that draws."""

    image: Image
    hand: random.Random

    def rub(self, mask: Image, colour: str, x: int, y: int, cover: float = 1.0) -> None:
        """Colour the page through `mask` as a crayon does: the paper's grain stays lighter."""
        from PIL import ImageChops

        grain = _grain().crop((x % 64, y % 64, x % 64 + mask.width, y % 64 + mask.height))
        waxed = ImageChops.multiply(mask, grain)
        if cover < 1:
            waxed = waxed.point([round(value * cover) for value in range(256)])
        self.image.paste(colour, (x, y), waxed)

    def write(
        self, text: str, x: float, y: float, size: int, colour: str, *, anchor: str = "lt", bold: int = 0
    ) -> None:
        """Letters by hand; `x`, `y` is where `anchor` (Pillow's) lies."""
        from PIL import Image, ImageDraw

        font = handwriting(size)
        left, top, right, bottom = (int(edge) for edge in font.getbbox(text, anchor=anchor, stroke_width=bold))
        mask = Image.new("L", (right - left + 2, bottom - top + 2))
        ImageDraw.Draw(mask).text((-left, -top), text, 255, font, anchor=anchor, stroke_width=bold)
        self.rub(mask, colour, round(x) + left, round(y) + top)


@cache
def handwriting(size: int) -> FreeTypeFont:
    """Our own letters; `size` in pixels."""
    from PIL import ImageFont

    return ImageFont.truetype(_FONT_FILE, size)


@cache
def _grain() -> Image:
    """How well wax takes to each spot of the paper, 0..255, a little larger than the page."""
    import numpy as np
    from PIL import Image
    from scipy.ndimage import gaussian_filter

    noise = np.random.default_rng(11).standard_normal((HEIGHT + 64, WIDTH + 64)).astype(np.float32)
    grain = gaussian_filter(noise, 0.8) / 0.35 + gaussian_filter(noise, 2.2) / 0.13 * 0.5
    return Image.fromarray(np.clip(222 + 34 * grain, 90, 255).astype(np.uint8))


def _title(page: _Page, month: date, language: str) -> None:
    name = say(language, f"month.name.{month.month}")
    text = say(language, "month.title", year=month.year, month=month.month, name=name)
    page.write(text, WIDTH / 2, 74, 84, _INK, anchor="mm", bold=1)
    half = handwriting(84).getlength(text) / 2
    sun = palette("joy")[2]
    _stroke(page, [(WIDTH / 2 - half - 8, 132), (WIDTH / 2, 127), (WIDTH / 2 + half + 8, 133)], sun, 13)
    for column in range(7):
        weekday = say(language, f"month.weekday.{column + 1}")
        x = _MARGIN + (column + 0.5) * _column_width()
        page.write(weekday, x, 174, 38, _weekday_colour(column), anchor="mm", bold=1)


def _weekday_colour(column: int) -> str:
    return {0: _SUNDAY, 6: _SATURDAY}.get(column, _INK)


def _week_line(page: _Page, y: float) -> None:
    """A thin line over each week, drawn without a ruler."""
    xs = [_MARGIN + (WIDTH - 2 * _MARGIN) * step / 6 for step in range(7)]
    _stroke(page, [(x, y + page.hand.uniform(-1.2, 1.2)) for x in xs], _FAINT, 2.5)


def _day(page: _Page, box: _Box, day: int, column: int, cell: DayCell | None, is_today: bool) -> None:
    x, y, side = box.picture
    middle = box.x + _column_width() / 2
    if cell is None:
        page.image.paste(_BLANK, (x, y), _rounded(side))
    else:
        thumbnail = _thumbnail(cell.thumbnail, side) if cell.thumbnail else None
        if thumbnail is not None:
            page.image.paste(thumbnail, (x, y), _rounded(side))
            _dots(page, cell.emotions, middle + 48, box.y + 20)
        else:
            _blob(page, cell.emotions or ("neutral",), x, y, side)
    page.write(str(day), middle, box.y + 19, 33, _weekday_colour(column), anchor="mm", bold=1 if cell else 0)
    if is_today:
        _ring(page, middle, box.y + 18)
    if cell is not None and cell.count > 1:
        _count(page, cell.count, x + side - 9, y + side - 9)


def _thumbnail(data: bytes, side: int) -> Image | None:
    """The picture as a square of `side` pixels, None where the bytes are no picture that can be opened."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
            if picture.width * picture.height > _BIG_PIXELS:
                return None
            picture.draft("RGB", (side, side))
            edge = min(picture.size)
            left, top = (picture.width - edge) // 2, (picture.height - edge) // 2
            square = (left, top, left + edge, top + edge)
            return picture.convert("RGB").resize((side, side), Image.Resampling.BICUBIC, square, reducing_gap=1.5)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


@cache
def _rounded(side: int) -> Image:
    """A square with round, slightly uneven corners, as cut out by hand."""
    from PIL import Image, ImageDraw

    mask = Image.new("L", (4 * side, 4 * side))
    ImageDraw.Draw(mask).rounded_rectangle((2, 2, 4 * side - 3, 4 * side - 3), 4 * 24, 255)
    return mask.resize((side, side), Image.Resampling.BOX)


def _blob(page: _Page, emotions: tuple[str, ...], x: int, y: int, side: int) -> None:
    """A round scribble in the colours of the day; a second and third feeling lie beside the first."""
    names = tuple(dict.fromkeys(emotions))[:3]
    places = {1: [(0.5, 0.5, 0.46)], 2: [(0.4, 0.42, 0.38), (0.68, 0.7, 0.28)],
              3: [(0.4, 0.38, 0.35), (0.72, 0.6, 0.26), (0.34, 0.78, 0.21)]}[len(names)]  # fmt: skip
    for name, (across, down, radius) in zip(names, places, strict=True):
        colours = palette(name)
        centre, size = (x + across * side, y + down * side), radius * side
        _scribble(page, centre, size, colours[2], page.hand.uniform(20, 40), dense=0.9)
        _scribble(page, centre, size * 0.97, colours[3], page.hand.uniform(-60, -35), dense=0.62)


def _scribble(page: _Page, centre: tuple[float, float], radius: float, colour: str, angle: float, dense: float) -> None:
    """A disc filled by one zigzag line at `angle` degrees; `dense` is how much of the paper it covers."""
    width = max(5.0, radius / 6)
    turn = math.radians(angle)
    points = []
    offset, side = -radius, 1
    while offset <= radius:
        reach = math.sqrt(max(0.0, radius**2 - offset**2)) * page.hand.uniform(0.9, 1.06)
        along, across = side * reach, offset + page.hand.uniform(-1.5, 1.5)
        points.append(
            (
                centre[0] + along * math.cos(turn) - across * math.sin(turn),
                centre[1] + along * math.sin(turn) + across * math.cos(turn),
            )
        )
        offset, side = offset + width * 0.62 / dense, -side
    _stroke(page, points, colour, width)


def _dots(page: _Page, emotions: tuple[str, ...], x: float, y: float) -> None:
    """How a day with a picture felt: a small dot for each feeling, beside the number."""
    for index, name in enumerate(tuple(dict.fromkeys(emotions))[:2]):
        at = (x + 15 * index, y)
        _stroke(page, [at, (at[0] + 1, at[1] + 1)], palette(name)[3], 12)


def _ring(page: _Page, x: float, y: float) -> None:
    """Once around the number and a little further, as a hand does it."""
    start = page.hand.uniform(2.2, 3.0)
    points = []
    for step in range(48):
        angle = start + step / 47 * 2 * math.pi * 1.13
        reach = 1 + 0.05 * math.sin(2 * angle + start) + 0.08 * step / 47
        points.append((x + 30 * reach * math.cos(angle), y + 21 * reach * math.sin(angle)))
    _stroke(page, points, _TODAY, 4.5)


def _count(page: _Page, count: int, x: float, y: float) -> None:
    """How many entries that day has, on a small yellow dot."""
    for width, colour in ((38, "#FCF7EC"), (32, palette("joy")[2])):
        _stroke(page, [(x, y), (x + 0.5, y)], colour, width)
    page.write(str(min(count, 99)), x, y, 25, _INK, anchor="mm", bold=1)


def _empty(page: _Page, month: date, today: date | None, language: str, y: float) -> None:
    """A gentle line where a month has no entry."""
    when = "now"
    if today is not None and (month.year, month.month) != (today.year, today.month):
        when = "past" if month < today else "coming"
    text = pick(language, f"month.empty.{when}", month.year * 12 + month.month)
    size = 42
    while handwriting(size).getlength(text) > WIDTH - 120:
        size -= 2
    half = handwriting(size).getlength(text) / 2
    _stroke(
        page,
        [(WIDTH / 2 - half - 14, y + 4), (WIDTH / 2, y - 1), (WIDTH / 2 + half + 14, y + 5)],
        palette("calm")[2],
        40,
    )
    page.write(text, WIDTH / 2, y, size, _INK, anchor="mm")


def _stroke(page: _Page, points: list[tuple[float, float]], colour: str, width: float) -> None:
    """A crayon line through `points` (pixels), `width` pixels wide with round ends."""
    from PIL import Image, ImageDraw

    pad = int(width) + 2
    left, top = int(min(x for x, _ in points)) - pad, int(min(y for _, y in points)) - pad
    right, bottom = int(max(x for x, _ in points)) + pad, int(max(y for _, y in points)) + pad
    mask = Image.new("L", (2 * (right - left), 2 * (bottom - top)))
    pen: Any = ImageDraw.Draw(mask)
    path = [(2 * (x - left), 2 * (y - top)) for x, y in points]
    pen.line(path, 255, round(2 * width), joint="curve")
    for x, y in (path[0], path[-1]):
        pen.ellipse((x - width, y - width, x + width, y + width), 255)
    page.rub(mask.resize((right - left, bottom - top), Image.Resampling.BOX), colour, left, top)
