"""Places in a town: street, city, station, market, school yard."""

from __future__ import annotations

from core.painting.furniture import plant
from core.painting.scenery import house, paint_sky, tower, tree
from core.painting.shapes import Shape, box, mix, oval, poly, ridge, smooth
from core.painting.stage import Light, Stage, around, flat, place, strokes

WALLS = ("#F3DDBF", "#EBC4B0", "#D6DEC9", "#CCD9E4", "#E5D3E0", "#F2E2A8")
ROOFS = ("#C96F58", "#8C7B9E", "#7C9A8C", "#B5765C")


def _lamp(s: Stage, x: float, foot: float, high: float) -> tuple[Shape, ...]:
    lit = "#FFE08A" if s.time in ("night", "evening") or s.weather == "rain" else "#FFF6D8"
    if s.time in ("night", "evening"):
        s.shine(x, foot - high, 130, 0.7, "#FFD98A")
    return (
        s.piece(f"M{x} {foot}V{foot - high + 10}", s.tints.hour("#6F6A72"), 1.2, 3, 5),
        s.piece(box(x - 9, foot - 6, 18, 7, 2), s.tints.hour("#6F6A72"), 1.3, 3),
        s.piece(
            poly(
                (x - 10, foot - high + 12),
                (x - 13, foot - high - 10),
                (x + 13, foot - high - 10),
                (x + 10, foot - high + 12),
            ),
            lit,
            1.6,
            3,
        ),
        s.piece(
            poly((x - 16, foot - high - 10), (x, foot - high - 22), (x + 16, foot - high - 10)),
            s.tints.hour("#6F6A72"),
            1.5,
            3,
        ),
    )


def _shopfront(s: Stage, left: float, foot: float, wide: float, high: float, wall: str) -> None:
    t = s.tints
    s.add(box(left, foot - high, wide, high), t.hour(wall), 1.8, strokes(s.rng, 5))
    roof = t.hour(s.rng.choice(ROOFS))
    if s.rng.random() < 0.5:
        s.add(
            poly((left - 8, foot - high), (left + wide / 2, foot - high - 44), (left + wide + 8, foot - high)),
            roof,
            1.8,
            strokes(s.rng, 4.5),
        )
    else:
        s.add(box(left - 5, foot - high - 12, wide + 10, 14, 4), roof, 1.6, flat(s.rng, 4))
    for row in range(max(int((high - 70) // 44), 0)):
        for col in range(max(int(wide // 44), 1)):
            x = left + (col + 0.5) * wide / max(int(wide // 44), 1)
            y = foot - high + 16 + row * 44
            s.add(box(x - 11, y, 22, 27, 3), t.lit, 1.5, strokes(s.rng, 3.5))
            s.add(f"M{x} {y}v27M{x - 11} {y + 13}h22", t.hour("#8A6A58"), 0, strokes(s.rng, 2.5), 1.8)
    s.add(box(left + wide * 0.1, foot - 50, wide * 0.46, 36, 3), t.lit, 1.6, strokes(s.rng, 4))
    s.add(box(left + wide * 0.64, foot - 54, wide * 0.24, 54, 3), t.hour("#9A6B52"), 1.6, strokes(s.rng, 4))
    awning = (t.hour(mix("#E2685C", t.accent, 0.4)), t.hour("#FFF4E2"))
    n = 6
    for i in range(n):
        x = left + wide * 0.04 + i * wide * 0.92 / n
        w = wide * 0.92 / n
        s.add(
            f"M{x:.1f} {foot - 72:.1f}h{w:.1f}v14a{w / 2:.1f} {w / 2:.1f} 0 0 1 {-w:.1f} 0z",
            awning[i % 2],
            1.2,
            strokes(s.rng, 3.5, 0.8, 88),
        )


@place("street")
def street(s: Stage) -> None:
    """Small houses and shops along a road, a lamp and a tree."""
    t = s.tints
    s.horizon = 316
    s.skyline = 190
    s.stand = (96, 416, 404, 450)
    s.far = (90, 422, 344, 362)
    s.faraway = 0.8
    paint_sky(s)
    x = -26.0
    while x < 500:
        wide = s.rng.uniform(108, 138)
        _shopfront(s, x, 318, wide, s.rng.uniform(122, 182), mix(s.rng.choice(WALLS), t.light, 0.25))
        x += wide + s.rng.uniform(3, 12)
    s.add(box(-20, 316, 552, 26), t.of("#E2D5C5", 0.2, t.light), 1.5, flat(s.rng, 5))
    s.add(box(-20, 340, 552, 44), t.of("#A9A7AE", 0.25, t.shade), 1.5, flat(s.rng, 6))
    for i in range(7):
        s.add(box(16 + i * 78, 360, 40, 5, 2), t.hour("#FFF3CF"), 0, flat(s.rng, 3, 0.8))
    s.add(box(-20, 382, 552, 160), (t.of("#E6D6C2", 0.2, t.light), t.of("#D9C4AC", 0.2)), 1.7, flat(s.rng, 7))
    s.add(
        "".join(f"M{x} 384l{(x - 256) * 0.5:.0f} 150" for x in range(16, 520, 80)),
        t.of("#C2AC94", 0.2),
        0,
        strokes(s.rng, 3, 0.5),
        1.8,
    )
    side = s.rng.choice((48.0, 466.0))
    s.prop(388, *_lamp(s, side, 388, 178))
    s.prop(386, *tree(s, 512 - side, 386, 150))


@place("city")
def city(s: Stage) -> None:
    """Tall buildings, many windows, a wide pavement."""
    t = s.tints
    s.horizon = 330
    s.skyline = 225
    s.stand = (96, 416, 406, 452)
    s.far = (90, 422, 352, 368)
    s.faraway = 0.75
    paint_sky(s)
    for layer in range(2):
        x = -30.0 + layer * 22
        while x < 520:
            wide = s.rng.uniform(46, 76)
            tone = mix(
                s.rng.choice(("#AFC0D4", "#C9B8CF", "#D9C3B4", "#B5C9C4", "#E0CDA8")),
                t.shade if layer == 0 else t.light,
                0.3,
            )
            s.back += tower(s, x, 332, wide, s.rng.uniform(150, 235) if layer == 0 else s.rng.uniform(80, 150), tone)
            x += wide + s.rng.uniform(2, 16 + 22 * layer)
    if s.time in ("night", "evening"):
        s.lights.append(Light(256, 300, 240, 0.3, "#FFC98A"))
    s.add(box(-20, 330, 552, 24), t.of("#D9D2CB", 0.2), 1.4, flat(s.rng, 5))
    s.add(box(-20, 352, 552, 36), t.of("#9FA0AC", 0.2, t.shade), 1.5, flat(s.rng, 6))
    for i in range(7):
        s.add(box(8 + i * 78, 368, 40, 5, 2), t.hour("#FFF3CF"), 0, flat(s.rng, 3, 0.8))
    s.add(box(-20, 386, 552, 160), (t.of("#DDD3CB", 0.2, t.light), t.of("#CDBFB4", 0.2)), 1.7, flat(s.rng, 7))
    side = s.rng.choice((44.0, 468.0))
    s.prop(392, *_lamp(s, side, 392, 190))
    s.prop(390, *_lamp(s, 512 - side, 390, 190))


def _rider(s: Stage, x: float, sill: float) -> None:
    """Somebody who sits at a window of the train: a head and shoulders."""
    t = s.tints
    coat = t.hour(s.rng.choice(("#E2A24F", "#7FA3D9", "#B58BC9", "#8FB86A", "#E98379")))
    s.add(f"M{x - 16} {sill}q2 -17 16 -17q14 0 16 17z", coat, 1.3, strokes(s.rng, 3.5))
    s.add(oval(x, sill - 26, 11), t.hour("#FFDDBF"), 1.3, around(x, sill - 26, 3, 0.9))
    s.add(f"M{x - 12} {sill - 25}a12 13 0 0 1 24 0q-12 -8 -24 0z", t.hour("#5B4034"), 1.1, strokes(s.rng, 3, 0.95))


def _bench(s: Stage, x: float, foot: float) -> tuple[Shape, ...]:
    """A bench of the platform."""
    wood = s.tints.hour("#C08A55")
    legs = s.piece(box(x - 34, foot - 22, 6, 22, 2) + box(x + 28, foot - 22, 6, 22, 2), s.tints.hour("#6F6A72"), 1.3, 3)
    return (
        legs,
        s.piece(box(x - 42, foot - 30, 84, 10, 4), wood, 1.6, 3.5),
        s.piece(box(x - 42, foot - 54, 84, 11, 4), wood, 1.6, 3.5),
    )


@place("station")
def station(s: Stage) -> None:
    """A train at a platform, under a roof with a clock."""
    t = s.tints
    s.horizon = 352
    s.trains = True
    s.skyline = 240
    s.stand = (96, 416, 414, 454)
    s.far = (90, 422, 396, 404)
    s.faraway = 0.8
    s.sky = (90, 422, 90, 130)
    paint_sky(s)
    s.add(ridge(s.rng, 250, 12, 3), t.of("#A9CBA8", 0.3, t.sky), 1.3, strokes(s.rng, 6))
    body = t.hour(mix("#F7F0E2", t.light, 0.3))
    stripe = t.hour(mix(s.rng.choice(("#3E9C8F", "#4C86C6", "#DD6A4E")), t.accent, 0.2))
    s.add(box(-30, 178, 572, 158, 16), body, 1.9, flat(s.rng, 6))
    s.add(box(-30, 178, 572, 20, 10), stripe, 1.5, flat(s.rng, 4))
    s.add(box(-30, 276, 572, 50), stripe, 1.5, flat(s.rng, 5))
    for i in range(5):
        x = 8 + i * 106
        if i in (1, 3):
            s.add(box(x, 196, 64, 134, 6), t.of("#C9D6DC", 0.2, t.sky), 1.7, strokes(s.rng, 5))
            s.add(box(x + 8, 208, 20, 60, 5) + box(x + 36, 208, 20, 60, 5), t.lit, 1.4, strokes(s.rng, 3.5))
            s.add(f"M{x + 32} 196v134", t.hour("#6F6A72"), 0, strokes(s.rng, 3), 2)
        else:
            s.add(box(x - 8, 206, 82, 62, 10), t.lit, 1.7, strokes(s.rng, 4.5))
            for side in (0.3, 0.72)[: 1 + i % 3 // 2]:
                _rider(s, x - 8 + 82 * side, 268)
    if s.time in ("night", "evening"):
        s.lights.append(Light(256, 240, 260, 0.35, "#FFD98A"))
    s.add(box(-20, 334, 552, 22), t.of("#8C8A92", 0.2, t.shade), 1.4, flat(s.rng, 5))
    s.add(box(-20, 354, 552, 200), (t.of("#E3D8CC", 0.2, t.light), t.of("#D2C2B2", 0.2)), 1.8, flat(s.rng, 7))
    s.add(box(-20, 366, 552, 13), t.hour("#F5CE58"), 1.3, flat(s.rng, 4, 0.9))
    s.add(poly((-20, -20), (532, -20), (532, 62), (-20, 40)), t.of("#A7B4B0", 0.3, t.shade), 1.8, flat(s.rng, 6))
    for post in (40.0, 472.0):
        s.add(box(post - 6, 44, 12, 330), t.of("#93A09C", 0.3, t.shade), 1.5, strokes(s.rng, 4, 0.75, 88))
    s.add("M256 52v28", t.hour("#6F6A72"), 0, strokes(s.rng, 3), 4)
    s.add(oval(256, 100, 24), t.hour("#FFFDF4"), 2.0, around(256, 100, 4, 0.6))
    s.add("M256 100V86M256 100l10 6", "#4A3B36", 0, strokes(s.rng, 3, 1.0), 2.6)
    side = s.rng.choice((78.0, 434.0))
    s.prop(392, *_bench(s, side, 392))
    plant(s, 512 - side, 392, 74)


@place("market")
def market(s: Stage) -> None:
    """Stalls with striped roofs and full boxes."""
    t = s.tints
    s.horizon = 322
    s.skyline = 200
    s.stand = (90, 422, 408, 452)
    s.far = (90, 422, 350, 366)
    paint_sky(s)
    s.back += house(s, 90, 300, 130, mix(WALLS[0], t.light, 0.2), ROOFS[0])
    s.back += house(s, 420, 300, 140, mix(WALLS[3], t.light, 0.2), ROOFS[3])
    s.add(box(-20, 298, 552, 260), (t.of("#E8D9C0", 0.2, t.light), t.of("#D8C2A4", 0.2)), 1.6, flat(s.rng, 7))
    for left in (28.0, 274.0):
        s.add(box(left + 6, 210, 7, 138) + box(left + 197, 210, 7, 138), t.hour("#9A7458"), 1.3, strokes(s.rng, 3))
        s.add(box(left, 290, 210, 58, 4), t.hour("#C69A6B"), 1.8, flat(s.rng, 5))
        for i in range(5):
            fruit = s.rng.choice(("#E5645A", "#F2A24B", "#8DBB5A", "#F0CF58", "#B58BC9"))
            for k in range(3):
                s.add(
                    oval(left + 22 + i * 41 + (k - 1) * 11, 286 - (5 if k == 1 else 0), 8.5),
                    t.hour(fruit),
                    1.2,
                    around(left + 22 + i * 41, 290, 3, 0.9),
                )
        colours = (t.hour(mix(s.rng.choice(("#E2685C", "#6FA8C9", "#7FB08A")), t.accent, 0.3)), t.hour("#FFF6E6"))
        for i in range(7):
            x = left - 6 + i * 32
            s.add(
                f"M{x} 226L{x + 4 if i == 0 else x} 188h32V226a16 13 0 0 1 -32 0z",
                colours[i % 2],
                1.3,
                strokes(s.rng, 4, 0.8, 88),
            )
    s.add(
        smooth([(-20, 172), (120, 196), (256, 176), (392, 198), (532, 170)]), t.hour("#7A6A60"), 0, flat(s.rng, 3), 1.8
    )
    for i in range(9):
        x = 20 + i * 59
        y = 184 + 9 * (i % 3)
        s.add(
            oval(x, y, 6, 7),
            "#FFD873" if s.time in ("night", "evening") else t.hour("#F7E2A0"),
            1.1,
            around(x, y, 3, 0.9),
        )
        if s.time in ("night", "evening") and i % 2:
            s.lights.append(Light(x, y, 80, 0.3))


@place("school_yard")
def school_yard(s: Stage) -> None:
    """A school with a clock and a flag behind its yard."""
    t = s.tints
    s.horizon = 300
    s.skyline = 180
    s.stand = (96, 416, 404, 452)
    paint_sky(s)
    wall = t.hour(mix("#F0D2B0", t.light, 0.3))
    s.add(box(66, 176, 380, 132), wall, 1.9, strokes(s.rng, 6))
    s.add(box(208, 132, 96, 176), t.hour(mix("#EBB99A", t.light, 0.3)), 1.9, strokes(s.rng, 5))
    s.add(poly((196, 134), (256, 92), (316, 134)), t.hour(ROOFS[0]), 1.8, strokes(s.rng, 4.5))
    s.add(oval(256, 160, 17), t.hour("#FFFDF4"), 1.7, around(256, 160, 3, 0.5))
    s.add("M256 160v-10M256 160l7 4", "#4A3B36", 0, strokes(s.rng, 2, 1.0), 2.4)
    for x in (86, 132, 332, 378):
        for y in (192, 246):
            s.add(box(x, y, 32, 34, 3), t.lit, 1.6, strokes(s.rng, 4))
            s.add(f"M{x + 16} {y}v34M{x} {y + 17}h32", t.hour("#8A6A58"), 0, strokes(s.rng, 2.5), 1.8)
    s.add("M232 308V262a24 24 0 0 1 48 0V308z", t.hour("#9A6B52"), 1.7, strokes(s.rng, 4))
    s.add(ridge(s.rng, 308, 2, 2), t.of("#E6CFA0", 0.25), 1.7, flat(s.rng, 8))
    s.back += tree(s, 44, 330, 130)
    s.back += tree(s, 474, 332, 140)
    s.add("M200 372q56 -16 130 4M110 440q150 -30 300 6", t.hour("#FFF9E8"), 0, flat(s.rng, 3, 0.5), 3)
