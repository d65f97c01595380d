"""What a room is made of: wall and floor, windows, lamps, shelves and tables."""

from __future__ import annotations

import math

from core.painting.scenery import star
from core.painting.shapes import Shape, box, mix, oval, poly, puff, smooth
from core.painting.stage import Light, Stage, around, flat, strokes

BOOKS = ("#D9705F", "#6F9BC4", "#E0B255", "#7FAE86", "#A988BD", "#C98A5E")


def room(s: Stage, wall: str, floor: str, edge: float = 330.0) -> None:
    """Wall, floor and skirting board."""
    t = s.tints
    s.indoors = True
    s.horizon = edge
    s.stand = (110, 402, 404, 450)
    s.far = (80, 432, edge + 16, edge + 34)
    s.faraway = 0.85
    s.sky = (100, 412, 110, 190)
    s.add(box(-20, -20, 552, edge + 30), t.room(mix(wall, t.sky, 0.8), 0.04), 0, strokes(s.rng, 8, 0.6))
    s.add(
        box(-20, edge, 552, 540 - edge),
        (t.room(mix(floor, t.ground, 0.15)), t.room(mix(floor, t.shade, 0.12))),
        1.7,
        flat(s.rng, 7),
    )
    planks = "".join(
        f"M{256 + (x - 256) * 0.8:.0f} {edge + 8:.0f}L{256 + (x - 256) * 1.7:.0f} 530" for x in range(-60, 580, 76)
    )
    s.add(planks, t.room(mix(floor, "#7A5A44", 0.35)), 0, strokes(s.rng, 3, 0.45), 1.8)
    s.add(box(-20, edge - 8, 552, 10), t.room("#F6E7D0"), 1.3, flat(s.rng, 4))


def window(s: Stage, x: float, y: float, wide: float, high: float, city: bool = False) -> None:
    """A window with the weather behind it; at night a lamp is inside, so the sky is deep and kind."""
    t = s.tints
    s.panes += [(x + wide * part, y + high, min(wide / 2, high, 96.0) * 0.84) for part in (0.25, 0.75)]
    s.add(box(x - 7, y - 7, wide + 14, high + 14, 4), t.room("#E7C9A2"), 1.8, strokes(s.rng, 4))
    s.add(box(x, y, wide, high), t.sky_band, 1.5, strokes(s.rng, 5, 0.8))
    if s.time == "night":
        for px, py in ((0.2, 0.25), (0.42, 0.16), (0.3, 0.62), (0.85, 0.55)):
            s.add(star(x + wide * px, y + high * py, 4.2), "#FFF0B0", 0, around(x, y, 3, 1.0))
        s.add(oval(x + wide * 0.72, y + high * 0.28, min(wide, high) * 0.11), "#FFE9A3", 1.2, around(x, y, 3, 0.95))
    elif s.weather in ("rain", "storm", "cloudy", "snow"):
        s.add(
            puff(s.rng, x + wide * 0.4, y + high * 0.24, wide * 0.5, high * 0.16),
            mix("#D5DCE4", t.sky, 0.3),
            1.2,
            strokes(s.rng, 4),
        )
    else:
        s.add(
            oval(x + wide * 0.72, y + high * 0.27, min(wide, high) * 0.13),
            "#FFD65A",
            1.2,
            around(x + wide * 0.72, y + high * 0.27, 3, 0.95),
        )
    if city:
        for i in range(4):
            h = high * s.rng.uniform(0.25, 0.5)
            s.add(
                box(x + wide * (0.04 + i * 0.24), y + high - h, wide * 0.19, h),
                t.hour(mix(BOOKS[i], "#D8D8DD", 0.6)),
                1.2,
                strokes(s.rng, 3.5),
            )
    else:
        d = smooth(
            [
                (x, y + high * 0.78),
                (x + wide * 0.3, y + high * 0.68),
                (x + wide * 0.65, y + high * 0.8),
                (x + wide, y + high * 0.7),
            ]
        )
        s.add(f"{d}V{y + high:.0f}H{x:.0f}z", t.of("#8FC07F", 0.3), 1.3, strokes(s.rng, 4))
    if s.weather in ("rain", "storm", "snow"):
        for _ in range(12):
            px, py = x + wide * s.rng.uniform(0.06, 0.94), y + high * s.rng.uniform(0.1, 0.85)
            d = f"M{px:.0f} {py:.0f}l-2.5 9" if s.weather != "snow" else oval(px, py, 2.4)
            s.back.append(
                Shape(
                    d,
                    "#8DB4DD" if s.weather != "snow" else "#FFFFFF",
                    0,
                    2.2 if s.weather != "snow" else 0,
                    strokes(s.rng, 3, 0.9),
                )
            )
    s.add(f"M{x + wide / 2} {y}v{high}M{x} {y + high / 2}h{wide}", t.room("#E7C9A2"), 0, strokes(s.rng, 3, 0.9), 5)
    if s.time in ("day", "morning"):
        s.lights.append(Light(x + wide / 2, y + high / 2, 240, 0.32, "#FFF2C4"))


def curtains(s: Stage, x: float, y: float, wide: float, high: float, colour: str) -> None:
    """A rail and two curtains, drawn aside."""
    s.add(box(x - 40, y - 20, wide + 80, 7, 3), s.tints.room("#9A7458"), 1.3, flat(s.rng, 3))
    for left, sway in ((x - 32, 1), (x + wide + 32, -1)):
        d = smooth([(left, y - 14), (left + 14 * sway, y + high * 0.5), (left + 2 * sway, y + high + 18)])
        s.add(
            f"{d}L{left + 34 * sway:.0f} {y + high + 18:.0f}Q{left + 22 * sway:.0f} {y + high * 0.5:.0f} {left + 40 * sway:.0f} {y - 14:.0f}z",
            s.tints.room(colour),
            1.6,
            strokes(s.rng, 4, 0.8, 84),
        )


def hanging_lamp(s: Stage, x: float, drop: float, colour: str, strength: float = 0.55) -> None:
    """A lamp from the ceiling; `drop` is where its shade begins."""
    s.shine(x, drop + 40, 190, strength, "#FFD98E")
    s.add(f"M{x} -10V{drop}", s.tints.room("#6F5A50"), 0, strokes(s.rng, 3, 0.9), 2.6)
    s.add(oval(x, drop + 25, 9), "#FFF0B8", 1.2, around(x, drop + 25, 3, 0.9))
    s.add(
        f"M{x - 30} {drop + 24}Q{x - 24} {drop} {x} {drop - 4}Q{x + 24} {drop} {x + 30} {drop + 24}z",
        s.tints.room(colour),
        1.7,
        strokes(s.rng, 4),
    )


def floor_lamp(s: Stage, x: float, foot: float) -> None:
    """A lamp on a foot, lit."""
    s.shine(x, foot - 150, 210, 0.62)
    s.add(f"M{x} {foot}V{foot - 150}", s.tints.room("#8A6A52"), 0, strokes(s.rng, 3, 0.9), 5)
    s.add(oval(x, foot, 20, 5), s.tints.room("#8A6A52"), 1.4, flat(s.rng, 3))
    s.add(
        poly((x - 20, foot - 184), (x + 20, foot - 184), (x + 33, foot - 138), (x - 33, foot - 138)),
        "#FFD98A",
        1.7,
        strokes(s.rng, 4, 0.85),
    )


def plant(s: Stage, x: float, foot: float, high: float) -> None:
    """A plant in a pot."""
    green = s.tints.of("#6FAE6A", 0.2)
    for turn in (-0.9, -0.45, 0.0, 0.45, 0.9):
        tipx, tipy = x + math.sin(turn) * high * 0.5, foot - high * (0.55 + 0.45 * math.cos(turn))
        s.add(
            f"M{x} {foot - high * 0.34:.0f}Q{x + math.sin(turn) * high * 0.12 - 8:.0f} {tipy + 20:.0f} {tipx:.0f} {tipy:.0f}Q{x + math.sin(turn) * high * 0.4 + 8:.0f} {tipy + 26:.0f} {x} {foot - high * 0.34:.0f}z",
            green,
            1.4,
            strokes(s.rng, 3.5, 0.85),
        )
    s.add(
        poly(
            (x - high * 0.17, foot - high * 0.36),
            (x + high * 0.17, foot - high * 0.36),
            (x + high * 0.12, foot),
            (x - high * 0.12, foot),
        ),
        s.tints.room(mix("#D98B62", s.tints.accent, 0.3)),
        1.6,
        strokes(s.rng, 4),
    )


def shelf(s: Stage, x: float, y: float, wide: float, rows: int, gap: float = 52.0) -> None:
    """Boards of books."""
    wood = s.tints.room("#C49A6C")
    for row in range(rows):
        base = y + (row + 1) * gap
        px = x + 6.0
        while px < x + wide - 16:
            w, h = s.rng.uniform(8, 14), s.rng.uniform(gap * 0.5, gap * 0.76)
            s.add(
                box(px, base - h, w, h, 1),
                s.tints.room(mix(s.rng.choice(BOOKS), s.tints.light, 0.15)),
                1.2,
                strokes(s.rng, 3.2, 0.85, 86),
            )
            px += w + (s.rng.uniform(8, 20) if s.rng.random() < 0.12 else 1)
        s.add(box(x, base, wide, 8, 2), wood, 1.5, flat(s.rng, 4))


def rug(s: Stage, x: float, y: float, rx: float, ry: float) -> None:
    """An oval rug."""
    tone = s.tints.room(mix("#E2A08C", s.tints.accent, 0.45))
    s.add(oval(x, y, rx, ry), tone, 1.6, flat(s.rng, 5, 0.8))
    s.add(oval(x, y, rx * 0.72, ry * 0.7), mix(tone, "#FFF4DC", 0.45), 1.1, flat(s.rng, 5, 0.8))


def table(s: Stage, top: float, colour: str) -> None:
    """A long table before the page: people sit behind it, `lay` is its top."""
    t = s.tints
    s.table = True
    s.stand = (126, 386, top + 14, top + 14)
    s.lay = (86, 426, top + 52, top + 88)
    s.person = 214
    wood = t.room(mix(colour, t.ground, 0.12))
    s.prop(
        top + 44,
        s.piece(box(-20, top + 108, 552, 60), mix(wood, "#6B4A38", 0.3), 1.7, 6),
        Shape(poly((38, top), (474, top), (560, top + 112), (-48, top + 112)), wood, 1.9, 0, flat(s.rng, 6, 0.8)),
    )
