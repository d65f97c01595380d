"""Places where few people live: mountain, forest, snow field."""

from __future__ import annotations

from core.painting.scenery import BLOSSOMS, flowers, hill_hatch, house, paint_sky, pine, tree, tufts
from core.painting.shapes import blob, box, mix, poly, puff, ridge, smooth
from core.painting.stage import Light, Stage, around, flat, place, strokes


@place("mountain")
def mountain(s: Stage) -> None:
    """Peaks with snow on them, firs and a path up."""
    t = s.tints
    s.horizon = 286
    s.skyline = 190
    s.stand = (110, 402, 408, 452)
    s.far = (80, 432, 300, 330)
    paint_sky(s)
    peaks = [(104, 142, 210), (398, 156, 200), (252, 84, 270)]
    for i, (x, top, wide) in enumerate(peaks):
        tone = t.of(("#A7B7CF", "#A2B5C9", "#8FA5BF")[i], 0.3, t.shade)
        s.add(
            poly((x - wide / 2, 330), (x, top), (x + wide / 2, 330)),
            tone,
            1.7,
            strokes(s.rng, 6, 0.75, (-58, 56, -56)[i]),
        )
        n = wide * 0.13
        s.add(
            poly(
                (x, top),
                (x - n, top + n * 1.9),
                (x - n * 0.4, top + n * 1.5),
                (x, top + n * 2.1),
                (x + n * 0.45, top + n * 1.5),
                (x + n, top + n * 1.9),
            ),
            t.hour("#FFFFFF"),
            1.2,
            strokes(s.rng, 4, 0.35),
        )
    s.add(ridge(s.rng, 292, 12, 2), t.of("#8DBB7C", 0.3), 1.6, hill_hatch(s))
    for at, foot, high in ((50.0, 332, 92), (112, 318, 66), (420, 322, 76), (472, 340, 104)):
        s.back += pine(s, at + s.rng.uniform(-8, 8), foot, high)
    s.add(ridge(s.rng, 344, 8, 2), t.of("#A2C973", 0.3), 1.7, hill_hatch(s, 8))
    s.add(
        blob(
            "276 296, 300 312, 240 340, 300 376, 220 440, 180 530, 330 530, 330 440, 372 376, 290 342, 322 314, 286 294"
        ),
        t.of("#E6D2A8", 0.2),
        1.3,
        flat(s.rng, 6),
    )
    tufts(s, 14, (24, 488, 365, 490), t.of("#6FA653", 0.2))
    flowers(s, 7, (30, 482, 400, 486), BLOSSOMS)


@place("forest")
def forest(s: Stage) -> None:
    """Trees near and far, with light falling into a clearing."""
    t = s.tints
    s.horizon = 276
    s.skyline = 150
    s.stand = (140, 372, 404, 450)
    s.far = (100, 412, 316, 336)  # on the ground of the clearing, before the trees
    s.sky = (150, 362, 80, 170)
    paint_sky(s)
    for i in range(9):
        s.add(puff(s.rng, i * 64, 220, 104, 130), t.of("#A5CBA0", 0.3, t.light), 1.1, around(i * 64, 300, 5, 0.65))
    s.add(ridge(s.rng, 284, 8, 2), t.of("#A6CF7F", 0.3), 1.5, hill_hatch(s, 7))
    for x, foot, high in ((150.0, 310, 190), (366, 312, 200)):
        s.back += tree(s, x + s.rng.uniform(-10, 10), foot, high, t.of("#93C27A", 0.3))
    for x, foot, high in ((36.0, 372, 330), (482, 366, 330)):
        s.back += tree(s, x, foot, high, t.of("#6FAA66", 0.25))
    s.add(
        blob("250 290, 230 330, 262 380, 210 450, 190 530, 340 530, 318 450, 330 380, 284 330, 274 290"),
        t.of("#E3CFA4", 0.2),
        1.3,
        flat(s.rng, 6),
    )
    for x in (96.0, 420.0, 446.0):
        y = s.rng.uniform(410, 470)
        s.add(box(x - 3, y - 10, 7, 12, 3), t.hour("#FFF3E0"), 1.2, strokes(s.rng, 3))
        s.add(
            f"M{x - 11:.0f} {y - 8:.0f}q11.5 -18 23 0z",
            t.hour(mix("#E0605A", t.accent, 0.3)),
            1.3,
            strokes(s.rng, 3, 0.95),
        )
    tufts(s, 22, (24, 488, 330, 490), t.of("#5F9A55", 0.2))
    flowers(s, 6, (60, 452, 400, 486), BLOSSOMS)
    s.lights.append(Light(262, 210, 200, 0.4, t.light))


@place("snow")
def snow(s: Stage) -> None:
    """A white field with firs, a house with lamplight and a snowman's worth of snow."""
    t = s.tints
    s.horizon = 264
    s.skyline = 40
    paint_sky(s)
    white = t.hour("#F7FAFF") if s.time != "night" else "#C3CDE8"
    s.add(ridge(s.rng, 250, 16, 2), mix(white, t.sky, 0.5), 1.3, hill_hatch(s, 7))
    for x, foot, high in ((60.0, 296, 92), (110, 290, 68), (410, 290, 76), (462, 300, 100)):
        s.back += pine(s, x, foot, high, t.of("#5E9C86", 0.2))
        s.add(
            poly((x - high * 0.07, foot - high * 0.86), (x, foot - high * 1.02), (x + high * 0.07, foot - high * 0.86)),
            white,
            1.0,
            strokes(s.rng, 3, 0.3),
        )
    s.back += house(s, 300, 288, 66, mix("#E9B98F", t.light, 0.3), white)
    s.lights.append(Light(284, 262, 90, 0.45, "#FFCF7A"))
    s.add(ridge(s.rng, 300, 9, 2), mix(white, t.sky, 0.22), 1.6, hill_hatch(s, 9))
    for _ in range(9):
        x, y = s.rng.uniform(40, 430), s.rng.uniform(330, 480)
        s.add(smooth([(x, y), (x + 22, y - 5), (x + 46, y)]), mix(t.sky, t.shade, 0.25), 0, flat(s.rng, 3, 0.6), 2.4)
