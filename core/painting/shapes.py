"""Shapes of a scene: a path, its colour and how a crayon moves over it, drawn as SVG in three arts."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

PAGE = 512.0  # units of a page's side; every coordinate of the scenery is in these

Point = tuple[float, float]
Colour = str | tuple[str, ...]  # hex, or a gradient from top to bottom


@dataclass(frozen=True)
class Hatch:
    """How the crayon moves over a shape: arcs around a pivot, as an arm does."""

    pivot: Point = (700.0, 700.0)  # page units
    step: float = 6.0  # page units between strokes
    press: float = 0.75  # 0..1, how hard the crayon is pressed
    mottled: bool = False  # each colour of the shape gets its own direction


@dataclass(frozen=True)
class Shape:
    """A filled path, or a thick line where `width` is set."""

    d: str  # SVG path data in page units
    fill: Colour
    line: float = 1.8  # outline in page units; 0 for none
    width: float = 0.0  # page units; the path is then a stroke of this width
    hatch: Hatch = Hatch()
    ink: bool = False  # black in the line art too: eyes and mouths
    veil: float = 0.0  # 0..1; a shadow or a beam: so much of its colour lies over what is below


def mix(one: str, other: str, share: float) -> str:
    """The colour that lies `share` (0..1) of the way from `one` to `other`, all hex."""
    a, b = _rgb(one), _rgb(other)
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in zip(a, b, strict=True))


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


# --- paths -------------------------------------------------------------------------------------


def oval(x: float, y: float, rx: float, ry: float | None = None) -> str:
    """An ellipse around (x, y)."""
    ry = rx if ry is None else ry
    return f"M{x - rx:.1f} {y:.1f}a{rx:.1f} {ry:.1f} 0 1 0 {2 * rx:.1f} 0a{rx:.1f} {ry:.1f} 0 1 0 {-2 * rx:.1f} 0z"


def box(x: float, y: float, wide: float, high: float, round_: float = 0.0) -> str:
    """A rectangle from its top left corner, with round corners where `round_` is set."""
    r = min(round_, wide / 2, high / 2)
    if r <= 0:
        return f"M{x:.1f} {y:.1f}h{wide:.1f}v{high:.1f}h{-wide:.1f}z"
    arc = f"a{r:.1f} {r:.1f} 0 0 1 "
    return (
        f"M{x + r:.1f} {y:.1f}h{wide - 2 * r:.1f}{arc}{r:.1f} {r:.1f}v{high - 2 * r:.1f}{arc}{-r:.1f} {r:.1f}"
        f"h{2 * r - wide:.1f}{arc}{-r:.1f} {-r:.1f}v{2 * r - high:.1f}{arc}{r:.1f} {-r:.1f}z"
    )


def poly(*points: Point, close: bool = True) -> str:
    """Straight lines through points."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + ("z" if close else "")


def smooth(points: Sequence[Point], close: bool = False) -> str:
    """A soft curve through points (Catmull-Rom as cubic Béziers)."""
    n = len(points)

    def at(i: int) -> Point:
        return points[i % n] if close else points[min(max(i, 0), n - 1)]

    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for i in range(n if close else n - 1):
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = at(i - 1), at(i), at(i + 1), at(i + 2)
        path += (
            f"C{x1 + (x2 - x0) / 6:.1f} {y1 + (y2 - y0) / 6:.1f} {x2 - (x3 - x1) / 6:.1f} {y2 - (y3 - y1) / 6:.1f}"
            f" {x2:.1f} {y2:.1f}"
        )
    return path + ("z" if close else "")


def blob(points: str) -> str:
    """A closed soft shape through points written as "x y, x y, ..."."""
    pairs = [point.split() for point in points.split(",")]
    return smooth([(float(x), float(y)) for x, y in pairs], True)


def ridge(rng: random.Random, y: float, rise: float, bumps: int = 3, bottom: float = PAGE + 20) -> str:
    """A soft land line over the whole page at height `y`, filled down to `bottom`."""
    step = (PAGE + 60) / (bumps * 2)
    points = [(-30 + step * i, y + rise * rng.uniform(-1, 1)) for i in range(bumps * 2 + 1)]
    return f"{smooth(points)}L{PAGE + 30:.0f} {bottom:.0f}L-30 {bottom:.0f}z"


def puff(rng: random.Random, x: float, y: float, wide: float, high: float, lobes: int = 9) -> str:
    """A cloud or a crown of leaves: round lobes along an ellipse."""
    turn = rng.uniform(0, 6.28)
    spots = []
    for i in range(lobes):
        a = turn + 2 * math.pi * i / lobes
        spots.append((x + math.cos(a) * wide / 2, y + math.sin(a) * high / 2))
    path = f"M{spots[0][0]:.1f} {spots[0][1]:.1f}"
    for i in range(lobes):
        (x0, y0), (x1, y1) = spots[i], spots[(i + 1) % lobes]
        r = math.hypot(x1 - x0, y1 - y0) * rng.uniform(0.54, 0.62)
        path += f"A{r:.1f} {r:.1f} 0 0 1 {x1:.1f} {y1:.1f}"
    return path + "z"


def page_wide(width: int, height: int) -> float:
    """How wide the page of a picture of this size is, in page units: a square's side, or more where it is a wide one."""
    return PAGE * max(width / height, 1.0)


# --- three arts --------------------------------------------------------------------------------

LINE = "#000000"


class Canvas:
    """Collects SVG in one art: "colour", "line" (a colouring-book page) or "map" (which hatch lies where)."""

    def __init__(self, art: str) -> None:
        self.art = art
        self.parts: list[str] = []
        self.defs: list[str] = []
        self.hatches: list[Hatch] = []  # by code - 1, for the map art
        self._scale = 1.0

    def shapes(self, shapes: Iterable[Shape]) -> None:
        """Draw shapes in their order."""
        for shape in shapes:
            self.shape(shape)

    def shape(self, shape: Shape) -> None:
        """Draw one shape."""
        if self.art == "colour":
            if shape.veil:
                self.parts.append(f'<g opacity="{shape.veil:.2f}">')
            self._path(shape, self._paint(shape.fill), "none", 0)
            if shape.veil:
                self.parts.append("</g>")
        elif shape.veil:
            pass  # the strokes below go on
        elif self.art == "map":
            self._path(shape, self.code(shape.hatch), "none", 0)
        elif shape.ink:
            self._path(shape, LINE, "none", 0)
        elif shape.line > 0:  # without an outline, e.g. a blush, it is colour only
            self._path(shape, "#ffffff", LINE, shape.line / self._scale)

    def group(self, shapes: Iterable[Shape], place: str, scale: float, hatches: Sequence[Hatch]) -> None:
        """Draw shapes in their own units, moved by the transform `place`; `scale` is page units for one of theirs."""
        self._scale = scale
        self.parts.append(f'<g transform="{place}">')
        for i, shape in enumerate(shapes):
            self.shape(replace(shape, hatch=hatches[i % len(hatches)]))
        self.parts.append("</g>")
        self._scale = 1.0

    def code(self, hatch: Hatch) -> str:
        """A colour that stands for a hatch in the map art."""
        self.hatches.append(hatch)
        n = len(self.hatches)
        return f"#{n >> 8:02x}{n & 255:02x}00"

    def sticker(self, inner: str, place: str, hatch: Hatch, line: float) -> None:
        """Draw a sticker's inner SVG (colour for colour and map, line for line) with a transform."""
        if self.art == "map":
            code = self.code(hatch)
            inner = re.sub(r'(fill|stroke)="(?!none)[^"]*"', rf'\1="{code}"', inner)
            inner = re.sub(r'\s(opacity|fill-opacity|stroke-opacity)="[^"]*"', "", inner)
            inner = f'<g fill="{code}">{inner}</g>'
        elif self.art == "line":
            inner = re.sub(r'stroke-width="[^"]*"', f'stroke-width="{line:.3f}"', inner)
        self.parts.append(f'<g transform="{place}">{inner}</g>')

    def svg(self, width: int, height: int) -> str:
        """The whole page."""
        crisp = ' shape-rendering="crispEdges"' if self.art == "map" else ""
        wide = page_wide(width, height)
        ground = "" if self.art == "map" else f'<rect width="{wide:g}" height="512" fill="#ffffff"/>'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {wide:g} 512"'
            f' preserveAspectRatio="xMidYMid slice"{crisp}><defs>{"".join(self.defs)}</defs>{ground}'
            f"{''.join(self.parts)}</svg>"
        )

    def _paint(self, fill: Colour) -> str:
        if isinstance(fill, str):
            return fill
        name = f"g{len(self.defs)}"
        last = len(fill) - 1
        stops = "".join(f'<stop offset="{i / last:.2f}" stop-color="{colour}"/>' for i, colour in enumerate(fill))
        self.defs.append(f'<linearGradient id="{name}" x1="0" y1="0" x2="0" y2="1">{stops}</linearGradient>')
        return f"url(#{name})"

    def _path(self, shape: Shape, paint: str, edge: str, line: float) -> None:
        d = shape.d
        round_ = ' stroke-linecap="round" stroke-linejoin="round"'
        if shape.width:
            if line:
                self.parts.append(
                    f'<path d="{d}" fill="none" stroke="{edge}" stroke-width="{shape.width + line:.1f}"{round_}/>'
                )
            inner = max(shape.width - line, 0.0)
            if inner:
                self.parts.append(f'<path d="{d}" fill="none" stroke="{paint}" stroke-width="{inner:.1f}"{round_}/>')
        else:
            stroke = f' stroke="{edge}" stroke-width="{line:.1f}"{round_}' if line else ""
            self.parts.append(f'<path d="{d}" fill="{paint}"{stroke}/>')
