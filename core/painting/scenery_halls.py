"""Halls that many share: library, hospital, stage, gym, cinema, airport, pool."""

from __future__ import annotations

from core.painting.furniture import hanging_lamp, room, shelf, table, window
from core.painting.scenery import star
from core.painting.shapes import Shape, blob, box, mix, oval, poly, smooth
from core.painting.stage import Light, Stage, around, flat, place, strokes


@place("library")
def library(s: Stage) -> None:
    """Walls of books, a lamp and a reading table."""
    t = s.tints
    room(s, "#E9D8BC", "#B98F6A", 340)
    hanging_lamp(s, 256, -4, mix("#7FA08C", t.accent, 0.3), 0.55)
    shelf(s, 24, 36, 152, 5, 58)
    shelf(s, 336, 36, 152, 5, 58)
    window(s, 206, 86, 100, 146)
    s.wall = [(256, 270, 52)]
    table(s, 384, "#B9824F")


@place("hospital")
def hospital(s: Stage) -> None:
    """A quiet room: a white bed, a curtain, a window and flowers."""
    t = s.tints
    room(s, "#E3F0EA", "#CFD6CC", 334)
    window(s, 300, 82, 150, 132)
    s.wall = [(200, 132, 100)]
    d = smooth([(40, 58), (54, 180), (40, 324)])
    s.add(f"{d}H128Q112 190 128 58z", t.room(mix("#BFDCD6", t.accent, 0.2)), 1.7, strokes(s.rng, 5, 0.75, 84))
    s.add(box(24, 50, 220, 7, 3), t.room("#B9BFC2"), 1.3, flat(s.rng, 3))
    s.add(box(70, 250, 12, 150, 5) + box(276, 292, 12, 108, 5), t.room("#B9C2C6"), 1.6, strokes(s.rng, 3))
    s.add(box(80, 306, 200, 66, 10), t.room("#FFFFFF"), 1.7, flat(s.rng, 5, 0.4))
    s.add(box(88, 276, 70, 42, 14), t.room("#FFFDF6"), 1.6, strokes(s.rng, 4, 0.4))
    s.add("M150 300Q216 284 282 304V376H150z", t.room(mix("#A9CFE0", t.sky, 0.4)), 1.7, around(210, 560, 5))
    s.add(box(408, 336, 64, 52, 4), t.room("#D8BE9A"), 1.7, strokes(s.rng, 4))
    s.add(poly((430, 312), (450, 312), (446, 337), (434, 337)), t.room("#9CC7DD"), 1.5, strokes(s.rng, 3))
    for x, y, c in ((430.0, 298, "#F58FA8"), (450, 300, "#F7C65A"), (440, 286, "#F27C6A")):
        s.add(f"M440 314L{x} {y}", t.of("#6FA653", 0.2), 0, strokes(s.rng, 2), 2.4)
        s.add(oval(x, y, 8), t.room(c), 1.2, around(x, y, 3, 0.95))
    s.stand = (200, 390, 416, 452)


@place("stage")
def stage(s: Stage) -> None:
    """Curtains, coloured lights and a floor to sing on."""
    t = s.tints
    room(s, "#8C6FA8", "#C08A5E", 340)
    s.add(
        box(-20, -20, 552, 362),
        (mix("#5D4B8F", t.shade, 0.3), mix("#B07FB0", t.accent, 0.3)),
        0,
        strokes(s.rng, 8, 0.72),
    )
    for x, c in ((130.0, "#FFE58A"), (256.0, "#FFC2D6"), (382.0, "#BDE6FF")):
        beam = poly((x - 12, 52), (x + 12, 52), (256 + (x - 256) * 0.4 + 70, 350), (256 + (x - 256) * 0.4 - 70, 350))
        s.back.append(Shape(beam, c, 0, veil=0.3))
        s.add(box(x - 14, 34, 28, 22, 5), "#5A4A5F", 1.6, strokes(s.rng, 3))
        s.lights.append(Light(x, 60, 90, 0.5, c))
    red = mix("#C9504F", t.accent, 0.3)
    for left, sway in ((-14, 1), (526, -1)):
        for i in range(3):
            a, b = left + sway * i * 30, left + sway * (i + 1) * 30
            s.add(
                f"M{a} 20V344H{b}Q{b + sway * 8} 180 {b} 20z",
                mix(red, "#6A2A3A", 0.16 * (i % 2)),
                1.5,
                strokes(s.rng, 4.5, 0.85, 88),
            )
    for i in range(8):
        s.add(
            f"M{-10 + i * 68} -10h68V36a34 24 0 0 1 -68 0z",
            mix(red, "#6A2A3A", 0.1 * (i % 2)),
            1.6,
            strokes(s.rng, 4.5, 0.85, 88),
        )
    for _ in range(16):
        x, y = s.rng.uniform(100, 412), s.rng.uniform(90, 300)
        s.add(star(x, y, s.rng.uniform(3, 6)), s.rng.choice(("#FFF0B0", "#FFC2D6", "#BDE6FF")), 0, around(x, y, 3, 1.0))
    s.lights.append(Light(256, 400, 220, 0.45, "#FFE9B0"))
    s.wall = [(256, 146, 104)]


@place("gym")
def gym(s: Stage) -> None:
    """A hall with tall windows, wall bars and mats."""
    t = s.tints
    room(s, "#EFE6D2", "#D9A872", 334)
    hanging_lamp(s, 256, -6, "#8C9A9E", 0.4)
    window(s, 196, 78, 120, 110)
    s.wall = [(256, 244, 72)]
    for x in (48, 378):
        s.add(box(x, 84, 8, 240, 2) + box(x + 80, 84, 8, 240, 2), t.room("#B98A5F"), 1.4, strokes(s.rng, 3))
        s.add("".join(f"M{x + 6} {y}h76" for y in range(100, 320, 28)), t.room("#C99A68"), 0, flat(s.rng, 3, 0.9), 6)
    s.add(
        poly((120, 372), (392, 372), (436, 430), (76, 430)), t.room(mix("#7FA8C9", t.accent, 0.4)), 1.8, flat(s.rng, 6)
    )
    s.add("M30 466q226 -40 452 0", "#FFF9E8", 0, flat(s.rng, 3, 0.6), 4)


@place("cinema")
def cinema(s: Stage) -> None:
    """A dark hall, red curtains and a shining screen."""
    t = s.tints
    room(s, "#6F6A94", "#9A6A5A", 342)
    s.add(box(-20, -20, 552, 366), mix("#4A4676", t.shade, 0.3), 0, strokes(s.rng, 8, 0.75))
    s.shine(256, 190, 300, 0.6, "#FFF3D0")
    s.add(box(104, 74, 304, 190, 4), mix("#FFF6DC", t.light, 0.3), 1.9, strokes(s.rng, 6, 0.5))
    s.add("M104 236L180 150L236 206L300 124L408 236V264H104z", mix("#9CC7B0", t.sky, 0.3), 1.5, strokes(s.rng, 5))
    s.add(oval(352, 118, 20), mix("#FFD65A", t.accent, 0.2), 1.4, around(352, 118, 4, 0.9))
    s.wall = [(256, 168, 120)]
    red = mix("#C9504F", t.accent, 0.3)
    for left in (-14.0, 436.0):
        for i in range(3):
            d = f"M{left + i * 30} 40V330h30V40z"
            s.add(d, mix(red, "#6A2A3A", 0.18 * (i % 2)), 1.5, strokes(s.rng, 4.5, 0.85, 88))
    s.add(box(-20, 24, 552, 26, 6), mix(red, "#6A2A3A", 0.2), 1.6, flat(s.rng, 4))
    for i in range(7):
        x = 8 + i * 74
        s.add(box(x, 296, 58, 60, 16), mix(red, t.shade, 0.25), 1.7, strokes(s.rng, 4))


@place("airport")
def airport(s: Stage) -> None:
    """A hall with a wide window; outside a plane is waiting."""
    t = s.tints
    room(s, "#E4E9EC", "#CFC4B8", 346)
    s.add(box(24, 56, 464, 216, 6), t.sky_band, 1.8, strokes(s.rng, 6))
    s.add(box(24, 226, 464, 46), t.of("#B9BDC4", 0.2, t.shade), 1.4, flat(s.rng, 5))
    s.add(
        blob("150 182, 176 168, 330 166, 372 178, 384 190, 366 202, 180 204"),
        t.hour("#FFFFFF"),
        1.8,
        flat(s.rng, 4, 0.35),
    )
    s.add(poly((170, 172), (146, 126), (170, 126), (206, 169)), mix("#E2725B", t.accent, 0.5), 1.7, strokes(s.rng, 4))
    s.add(poly((262, 190), (206, 232), (234, 232), (306, 192)), t.hour("#D5DCE2"), 1.6, strokes(s.rng, 4))
    s.add("".join(box(200 + i * 22, 178, 9, 8, 3) for i in range(7)), t.lit, 1.1, strokes(s.rng, 3))
    s.add("M178 56V272M334 56V272", t.room("#B9C2C6"), 0, strokes(s.rng, 3, 0.9, 88), 6)
    s.panes = [(100, 268, 84), (412, 268, 84)]
    s.add(box(40, 20, 120, 26, 4), "#4F5F7A", 1.6, flat(s.rng, 4))
    s.add("M54 29h60M54 37h80", "#FFE08A", 0, flat(s.rng, 3, 0.95), 3)
    for x in (40, 88, 136, 340, 388, 436):
        s.add(box(x, 298, 40, 34, 8), t.room(mix("#7FA3B8", t.accent, 0.25)), 1.6, strokes(s.rng, 4))
    s.add("M36 338h148M336 338h148", t.room("#8A8F96"), 0, flat(s.rng, 3), 5)
    s.lights.append(Light(256, 160, 240, 0.3, "#FFF2D4"))


@place("pool")
def pool(s: Stage) -> None:
    """Blue water with lanes, tiles and tall windows."""
    t = s.tints
    room(s, "#DDF0EE", "#E6DCC8", 226)
    for x in (56, 206, 356):
        window(s, x, 54, 100, 120)
    s.add(
        box(-20, 232, 552, 150),
        (t.room(mix("#6FC3E0", t.sky, 0.2), 0.05), t.room(mix("#9EDCE8", t.sky, 0.2), 0.05)),
        1.8,
        flat(s.rng, 5),
    )
    for i, y in enumerate((262, 300, 340)):
        s.add(
            "".join(oval(20 + k * 28, y, 8, 4) for k in range(18)),
            mix(("#E5645A", "#F2C35B", "#E5645A")[i], t.accent, 0.2),
            1.0,
            flat(s.rng, 3, 0.9),
        )
    s.add(
        "".join(f"M{s.rng.uniform(20, 440):.0f} {y}h40" for y in (248, 282, 322, 360)),
        "#FFFFFF",
        0,
        flat(s.rng, 3, 0.9),
        2.8,
    )
    s.add(
        "".join(f"M{x} 384v140" for x in range(10, 512, 64)) + "M-20 430h552M-20 478h552",
        t.room("#C9BFAC"),
        0,
        strokes(s.rng, 3, 0.5),
        1.8,
    )
    s.horizon, s.water, s.far = 380.0, (80, 432, 290, 344), (80, 432, 396, 404)
