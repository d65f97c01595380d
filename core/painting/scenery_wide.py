"""A stage grows to a wide page: the land gets longer, the middle stays as it is, and its sides go on to both edges."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from core.painting.furniture import plant, shelf
from core.painting.shapes import PAGE, Shape, box, oval
from core.painting.stage import Prop, Stage, Zone, around, flat, strokes

Box = tuple[float, float, float, float]  # left, top, right, bottom in page units

_SPANS = 0.8  # of the page: whatever is as wide as that is land, sky, wall or a table
_SEAM = 30.0  # page units by which a house of a side may stand behind the middle
_LARGER = 1.12  # people are beside those of a square, or the land would swallow them
_MIDDLE = 20.0  # page units: what hangs in the middle hangs there only
_LAMP = 76.0  # page units around sun and moon: there is one of each
_FRAME = (80.0, 150.0)  # how far a curtain hangs into the page, and how long it is at least
_FRAMED = frozenset(("stage", "cinema"))  # places with curtains
_REACH = {"beach": 1.1}  # whose land hardly reaches over the edge of a square
#: What a place has only once, in the square's units: left, top, right, bottom.
_ONCE: dict[str, tuple[Box, ...]] = {
    "bedroom": ((20, 200, 330, 410), (410, 250, 490, 400)),
    "cinema": ((100, 60, 410, 270),),
    "kitchen": ((70, 160, 170, 250),),
    "office": ((380, 340, 480, 450),),
    "school": ((300, 30, 360, 90),),
    "hospital": ((60, 240, 290, 410),),
}  # fmt: skip

_THIN = 64.0  # a cord or a trunk: what hangs on it tells how wide it all is

_PART = re.compile(r"([A-Za-z])([^A-Za-z]*)")
_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)")
_TAKES = {"M": 2, "L": 2, "H": 1, "V": 1, "Q": 4, "C": 6, "A": 7, "Z": 0}


def widened(middle: Stage, sides: Stage, wide: float, place: str) -> Stage:
    """`middle` on a page of `wide` units: what spans the square page spans this one, all else moves to the middle as it
    is; the halves of `sides`, the same place drawn once more, stand left and right of it."""
    extra = replace(sides, back=[])
    _ASIDE.get(place, lambda bare: None)(extra)
    grown = _Grown(wide, wide - PAGE, place in _FRAMED, _lamp_of(sides), _ONCE.get(place, ()), _REACH.get(place, 1.0))
    middle.back = [*grown.merged(middle.back, sides.back), *extra.back]
    middle.front = grown.merged(middle.front, sides.front)
    moved = [Prop(prop.foot, tuple(grown.merged(list(prop.shapes), []))) for prop in middle.props]
    beside = [Prop(prop.foot, tuple(grown.beside(list(prop.shapes)))) for prop in sides.props]
    middle.props = [*(prop for prop in beside if prop.shapes), *moved]
    half = grown.more / 2
    lights = [replace(light, x=light.x + half) for light in middle.lights]
    outer = sides.lights if sides.indoors else sides.lights[1:]
    lights += [replace(light, x=light.x + (grown.more if light.x > PAGE / 2 else 0)) for light in outer]
    middle.lights = lights
    _move_zones(middle, grown.more)
    return middle


def _move_zones(s: Stage, more: float) -> None:
    """Things get the whole width, people the middle of it."""
    left, right, far, near = s.stand
    s.stand = (left + 0.3 * more, right + 0.7 * more, far, near)
    if s.lay[1] < PAGE - 150:  # something stands on the right of a desk
        s.lay = (s.lay[0], s.lay[1] - more / 2, *s.lay[2:])
    s.far, s.sky, s.lay = (_longer(zone, more) for zone in (s.far, s.sky, s.lay))
    s.water = _longer(s.water, more) if s.water else None
    s.person *= 1 + (_LARGER - 1) * min(more / PAGE, 1.0)
    s.bed = (s.bed[0] + more / 2, s.bed[1]) if s.bed else None
    s.panes, s.wall = ([(x + more / 2, y, side) for x, y, side in spots] for spots in (s.panes, s.wall))


def _longer(zone: Zone, more: float) -> Zone:
    return zone[0], zone[1] + more, zone[2], zone[3]


def _lamp_of(s: Stage) -> tuple[float, float] | None:
    return (s.lights[0].x, s.lights[0].y) if s.lights and not s.indoors else None


# --- what rooms have on their sides ----------------------------------------------------------------


def _fridge(s: Stage, x: float, foot: float) -> None:
    white = s.tints.room("#F6F3EA")
    s.add(box(x, foot - 236, 96, 236, 10), white, 1.8, strokes(s.rng, 5, 0.6))
    s.add(f"M{x} {foot - 150}h96", s.tints.room("#B9B2A4"), 0, flat(s.rng, 3, 0.9), 2.4)
    s.add(f"M{x + 82} {foot - 206}v34M{x + 82} {foot - 134}v52", s.tints.room("#9AA0A2"), 0, strokes(s.rng, 3, 0.9), 5)
    for dx, dy, colour in ((22.0, 112.0, "#F58FA8"), (46.0, 96.0, "#F7C65A"), (30.0, 74.0, "#8DBB5A")):
        s.add(box(x + dx, foot - dy, 17, 17, 2), s.tints.room(colour), 1.1, strokes(s.rng, 3))


def _drawings(s: Stage, x: float, y: float) -> None:
    """What children hung on the wall."""
    for n, colour in enumerate(("#FFE58A", "#F7B5A8", "#BFE0C8", "#BCD5F0")):
        left, top = x + (n % 2) * 74, y + (n // 2) * 64
        s.add(box(left, top, 60, 50, 2), s.tints.room("#FFFDF4"), 1.3, strokes(s.rng, 4, 0.4))
        s.add(
            oval(left + 20 + 7 * (n % 3), top + 24, 12), s.tints.room(colour), 1.1, around(left + 24, top + 24, 3, 0.9)
        )
        s.add(f"M{left + 8} {top + 41}h44", s.tints.of("#8FC07F", 0.2), 0, flat(s.rng, 3, 0.9), 4)


def _by_the_bed(s: Stage) -> None:
    shelf(s, 44, 96, 130, 3, 54)
    plant(s, 108, 392, 110)


def _by_the_board(s: Stage) -> None:
    _drawings(s, 54, 92)
    shelf(s, 40, 226, 160, 2, 50)


def _by_the_stove(s: Stage) -> None:
    _fridge(s, 40, 352)


def _by_the_desk(s: Stage) -> None:
    shelf(s, 40, 92, 130, 4, 52)
    plant(s, 214, 366, 120)


#: What is drawn on the sides of a room that would be bare there.
_ASIDE: dict[str, Callable[[Stage], None]] = {
    "bedroom": _by_the_bed, "school": _by_the_board, "kitchen": _by_the_stove, "office": _by_the_desk,
}  # fmt: skip


# --- shapes ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Grown:
    """How the shapes of a square page come onto a wide one."""

    wide: float
    more: float  # page units that it is wider than a square
    framed: bool
    lamp: tuple[float, float] | None
    once: tuple[Box, ...]
    reach: float

    def merged(self, middle: list[Shape], sides: list[Shape]) -> list[Shape]:
        """Land by land: first what stands on the sides, then what stands in the middle, then the next land."""
        shapes: list[Shape] = []
        lands, beside = list(_by_land(middle)), list(_by_land(sides))
        for n, (land, loose) in enumerate(lands):
            if land is not None:
                shapes.append(self._stretched(land))
            last = n == len(lands) - 1
            for _, side in beside[n:] if last else beside[n : n + 1]:
                shapes += self.beside(side)
            shapes += self._in_the_middle(loose)
        return shapes

    def beside(self, loose: list[Shape]) -> list[Shape]:
        """The left half on the left, the right half on the right; what stands between them is left out."""
        kept: list[Shape] = []
        for group in _groups([shape for shape in loose if not _spans(_box(shape))]):
            left, top, right, bottom = _around(group)
            x, y = (left + right) / 2, (top + bottom) / 2
            if abs(x - PAGE / 2) < _MIDDLE or self._frames((left, top, right, bottom)):
                continue
            if self.lamp and abs(x - self.lamp[0]) < _LAMP and abs(y - self.lamp[1]) < _LAMP:
                continue
            if any(a <= x <= c and b <= y <= d for a, b, c, d in self.once):
                continue
            if x <= PAGE / 2 and right <= PAGE / 2 + _SEAM:
                kept += group
            elif x > PAGE / 2 and left >= PAGE / 2 - _SEAM:
                kept += [_moved(shape, self.more) for shape in group]
        return kept

    def _in_the_middle(self, loose: list[Shape]) -> list[Shape]:
        moved: list[Shape] = []
        for group in _groups(loose):
            around_it = _around(group)
            by = self.more / 2
            if self._frames(around_it):
                by = 0.0 if around_it[0] < PAGE / 2 else self.more
            moved += [_moved(shape, by) for shape in group]
        return moved

    def _frames(self, it: Box) -> bool:
        aside, long = _FRAME
        return (
            self.framed and it[3] - it[1] > long and it[2] - it[0] < aside and (it[0] < aside or it[2] > PAGE - aside)
        )

    def _stretched(self, land: Shape) -> Shape:
        k, middle = self.wide / PAGE * self.reach, self.wide / 2
        pivot = (land.hatch.pivot[0] + self.more / 2, land.hatch.pivot[1])
        path = _mapped(land.d, lambda x: middle + (x - PAGE / 2) * k, k)
        return replace(land, d=path, hatch=replace(land.hatch, pivot=pivot))


def _by_land(shapes: list[Shape]) -> Iterator[tuple[Shape | None, list[Shape]]]:
    """Each land with what was drawn on it before the next one."""
    land: Shape | None = None
    loose: list[Shape] = []
    for shape in shapes:
        if _spans(_box(shape)):
            yield land, loose
            land, loose = shape, []
        else:
            loose.append(shape)
    yield land, loose


def _groups(shapes: list[Shape]) -> Iterator[list[Shape]]:
    """Shapes that were drawn one after another over the first of them: a house with its roof and windows."""
    group: list[Shape] = []
    first: Box = (0, 0, 0, 0)
    for shape in shapes:
        its = _box(shape)
        if group and first[0] - 8 <= (its[0] + its[2]) / 2 <= first[2] + 8:
            group.append(shape)
            first = its if first[2] - first[0] < _THIN and its[0] <= first[0] and its[2] >= first[2] else first
            continue
        if group:
            yield group
        group, first = [shape], its
    if group:
        yield group


def _spans(it: Box) -> bool:
    return it[2] - it[0] >= _SPANS * PAGE


def _around(group: list[Shape]) -> Box:
    boxes = [_box(shape) for shape in group]
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)


def _moved(shape: Shape, by: float) -> Shape:
    if not by:
        return shape
    pivot = (shape.hatch.pivot[0] + by, shape.hatch.pivot[1])
    return replace(shape, d=_mapped(shape.d, lambda x: x + by, 1.0), hatch=replace(shape.hatch, pivot=pivot))


def _box(shape: Shape) -> Box:
    return _bounds(shape.d)


@lru_cache(maxsize=1024)  # each shape of a stage is asked for its box some four times
def _bounds(d: str) -> Box:
    points = [point for _, _, points in _walked(d) for point in points]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _mapped(d: str, across: Callable[[float], float], k: float) -> str:
    """The path with every x put elsewhere; `k`: how much wider round corners get."""
    out = []
    for command, numbers, _ in _walked(d):
        if command == "A":
            rx, ry, turn, large, sweep, x, y = numbers
            out.append(f"A{rx * k:.1f} {ry:.1f} {turn:g} {large:g} {sweep:g} {across(x):.1f} {y:.1f}")
        else:
            pairs = zip(numbers[::2], numbers[1::2], strict=True)
            out.append(command + " ".join(f"{across(x):.1f} {y:.1f}" for x, y in pairs))
    return "".join(out)


def _walked(d: str) -> Iterator[tuple[str, list[float], list[tuple[float, float]]]]:
    """A path as M, L, Q, C, A and Z in absolute numbers, each with points that it passes or stays between."""
    x = y = start_x = start_y = 0.0
    for letter, written in _PART.findall(d):
        command, numbers = letter.upper(), [float(number) for number in _NUMBER.findall(written)]
        if command == "Z":
            x, y = start_x, start_y
            yield "Z", [], []
            continue
        takes = _TAKES[command]
        for at in range(0, len(numbers), takes):
            some = numbers[at : at + takes]
            dx, dy = (x, y) if letter.islower() else (0.0, 0.0)
            kind = command if not (command == "M" and at) else "L"
            if command == "H":
                kind, some = "L", [some[0] + dx, y]
            elif command == "V":
                kind, some = "L", [x, some[0] + dy]
            elif command == "A":
                some = [*some[:5], some[5] + dx, some[6] + dy]
            else:
                some = [value + (dy if i % 2 else dx) for i, value in enumerate(some)]
            before = (x, y)
            x, y = some[-2:]
            if kind == "M":
                start_x, start_y = x, y
            if kind == "A":
                rise = some[1] if abs(some[6] - before[1]) < some[1] else 0.0
                yield kind, some, [before, (x, y), ((x + before[0]) / 2, y - rise), ((x + before[0]) / 2, y + rise)]
            else:
                yield kind, some, list(zip(some[::2], some[1::2], strict=True))
