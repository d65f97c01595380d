"""Sky, weather and what stands under it: suns, clouds, trees, houses, flowers."""

from __future__ import annotations

import math

from core.painting.shapes import PAGE, Hatch, Shape, box, mix, oval, poly, puff, smooth
from core.painting.stage import Light, Stage, Zone, around, flat, strokes


def paint_sky(s: Stage) -> None:
    """Sky over the whole page, with sun, moon, stars and clouds as hour and weather want."""
    s.add(
        box(-20, -20, 552, s.horizon + 70), s.tints.sky_band, 0, strokes(s.rng, 8, 0.62, s.rng.choice((-28, -18, 12)))
    )
    side = s.rng.choice((0.2, 0.8))
    x, y = PAGE * side + s.rng.uniform(-14, 14), s.rng.uniform(82, 104)
    if s.time == "night":
        _moon_and_stars(s, x, y)
    elif s.weather not in ("rain", "storm", "snow", "fog", "cloudy"):
        if s.time == "evening":
            y = s.horizon - s.skyline - s.rng.uniform(20, 36)
        paint_sun(s, x, y, 34 if s.time == "day" else 38)
    else:
        s.lights.append(Light(PAGE * side, 70, 220, 0.3, s.tints.light))
    _clouds(s, x)


def paint_sun(s: Stage, x: float, y: float, r: float) -> None:
    """A child's sun: a round face of light with rays."""
    core = mix("#FFD23F", s.tints.light, 0.3) if s.time != "evening" else mix("#FF9F55", s.tints.light, 0.2)
    rays = 11
    for i in range(rays):
        a = 2 * math.pi * i / rays + 0.2
        long = r * s.rng.uniform(1.55, 1.85)
        d = poly(
            (x + math.cos(a) * r * 1.28, y + math.sin(a) * r * 1.28),
            (x + math.cos(a) * long, y + math.sin(a) * long),
            close=False,
        )
        if s.time != "evening":
            s.add(d, mix(core, "#FF9E4F", 0.35), 0, around(x, y, 3, 0.95), 5)
    s.add(oval(x, y, r), core, 1.6, around(x, y, 4, 0.95))
    s.lights.append(Light(x, y, 210, 0.62, "#FFF3C4" if s.time != "evening" else "#FFB870"))


def _moon_and_stars(s: Stage, x: float, y: float) -> None:
    for _ in range(17):
        px, py = s.rng.uniform(34, 478), s.rng.uniform(34, max(s.horizon - 70, 90))
        if math.hypot(px - x, py - y) > 62:
            r = s.rng.choice((2.2, 2.8, 4.4))
            s.add(star(px, py, r * 1.6), "#FFF0B0", 0, around(px, py, 3, 1.0))
    s.add(oval(x, y, 32), "#FFE9A3", 1.6, around(x, y, 4, 0.95))
    s.add(oval(x - 9, y - 7, 6) + oval(x + 10, y + 9, 4.5), "#F2D27C", 0, around(x, y, 3, 0.9))
    s.lights.append(Light(x, y, 210, 0.5, "#FFF0C0"))


def star(x: float, y: float, r: float) -> str:
    """A star of five points."""
    points = []
    for i in range(10):
        a = -math.pi / 2 + math.pi * i / 5
        long = r if i % 2 == 0 else r * 0.45
        points.append((x + math.cos(a) * long, y + math.sin(a) * long))
    return poly(*points)


def _clouds(s: Stage, light_x: float) -> None:
    count = {"cloudy": 4, "storm": 4, "rain": 4, "snow": 3, "fog": 3, "wind": 3}.get(s.weather, 2)
    if s.time == "night":
        count -= 1
    tone = {"rain": "#B4BFCC", "storm": "#A9B2C2", "cloudy": "#E9EDF0", "snow": "#E8EDF4"}.get(s.weather, "#FFFFFF")
    tone = mix(tone, "#5A659A", 0.55) if s.time == "night" else mix(tone, s.tints.sky, 0.12)
    if s.time == "evening":
        tone = mix(tone, "#FFD3B8", 0.5)
    start = s.rng.uniform(0, 90)
    for i in range(count):
        x = 80 + (start + i * 430 / count) % 380
        y = s.rng.uniform(58, 128) + (20 if i % 2 else 0)
        if abs(x - light_x) < 85 and s.weather not in ("rain", "storm", "cloudy", "snow"):
            continue
        wide = s.rng.uniform(74, 112)
        s.add(cloud(x, y, wide), tone, 1.3, around(x, y + 70, 5, 0.7))


def cloud(x: float, y: float, wide: float) -> str:
    """A cloud with a flat foot."""
    h = wide * 0.3
    left, right = x - wide / 2, x + wide / 2
    a, b, c = wide * 0.17, wide * 0.27, wide * 0.19
    return (
        f"M{left + a * 0.6:.1f} {y + h / 2:.1f}A{a:.1f} {a:.1f} 0 0 1 {left + wide * 0.17:.1f} {y - h * 0.2:.1f}"
        f"A{b:.1f} {b:.1f} 0 0 1 {left + wide * 0.66:.1f} {y - h * 0.38:.1f}"
        f"A{c:.1f} {c:.1f} 0 0 1 {right - a * 0.6:.1f} {y + h / 2:.1f}z"
    )


def paint_weather(s: Stage) -> None:
    """Snow falls before everyone; rain, wind and fog stay behind, so that no streak crosses a face."""
    if s.indoors:
        return
    if s.weather in ("rain", "storm"):
        tone = "#E3EDFF" if s.time == "night" else mix("#7FA9D6", s.tints.accent, 0.25)
        for _ in range(46):
            x, y, n = s.rng.uniform(20, 492), s.rng.uniform(110, 470), s.rng.uniform(13, 21)
            s.back.append(Shape(f"M{x:.0f} {y:.0f}l{-n * 0.28:.1f} {n:.1f}", tone, 0, 2.6, strokes(s.rng, 3, 0.9)))
    if s.weather == "snow":
        for _ in range(46):
            x, y, r = s.rng.uniform(20, 492), s.rng.uniform(30, 480), s.rng.uniform(2.6, 5.2)
            s.front.append(Shape(oval(x, y, r), "#FFFFFF", 0.0, 0, around(x, y, 3, 1.0)))
    if s.weather == "wind":
        for _ in range(5):
            x, y, n = s.rng.uniform(60, 380), s.rng.uniform(90, 330), s.rng.uniform(50, 90)
            d = smooth(
                [(x, y), (x + n * 0.5, y - 7), (x + n, y), (x + n + 9, y - 12), (x + n - 3, y - 15), (x + n - 5, y - 8)]
            )
            s.back.append(Shape(d, mix("#FFFFFF", s.tints.shade, 0.35), 0, 2.4, flat(s.rng, 3, 0.8)))
    if s.weather == "fog":  # behind everyone: a fog that hides a face would not lift
        for i in range(5):
            y = s.horizon - 60 + i * 34
            points = [(x, y + s.rng.uniform(-9, 9)) for x in range(-20, 560, 80)]
            s.back.append(Shape(smooth(points), mix("#FFFFFF", s.tints.sky, 0.2), 0, 22, veil=0.42))


# --- things that grow and stand ------------------------------------------------------------------


def tree(s: Stage, x: float, foot: float, high: float, leaf: str = "") -> tuple[Shape, ...]:
    """A round tree."""
    leaf = leaf or s.tints.of("#7DB85E", 0.25)
    trunk = poly(
        (x - high * 0.05, foot),
        (x - high * 0.035, foot - high * 0.5),
        (x + high * 0.035, foot - high * 0.5),
        (x + high * 0.06, foot),
    )
    crown = puff(s.rng, x, foot - high * 0.66, high * 0.5, high * 0.5)
    return (
        s.piece(trunk, s.tints.hour("#9A6B48"), 1.6, 3.5),
        Shape(crown, leaf, 1.8, 0, around(x, foot - high * 0.2, 5, 0.8)),
        Shape(
            puff(s.rng, x - high * 0.07, foot - high * 0.74, high * 0.2, high * 0.16, 7),
            mix(leaf, s.tints.light, 0.4),
            0,
            0,
            around(x, foot, 4, 0.6),
        ),
    )


def pine(s: Stage, x: float, foot: float, high: float, leaf: str = "") -> tuple[Shape, ...]:
    """A fir of three tiers."""
    leaf = leaf or s.tints.of("#4F9472", 0.22)
    parts = [
        s.piece(box(x - high * 0.04, foot - high * 0.16, high * 0.08, high * 0.17), s.tints.hour("#8A5E42"), 1.5, 3)
    ]
    for i, wide in enumerate((0.46, 0.36, 0.25)):
        y = foot - high * (0.12 + 0.26 * i)
        parts.append(
            s.piece(
                poly((x - high * wide / 2, y), (x, y - high * 0.38), (x + high * wide / 2, y)),
                mix(leaf, s.tints.light, 0.07 * i),
                1.6,
                4,
            )
        )
    return tuple(parts)


def house(s: Stage, x: float, foot: float, wide: float, wall: str, roof: str) -> tuple[Shape, ...]:
    """A house with a door and a window in which there is light."""
    high = wide * 0.68
    left = x - wide / 2
    lit = s.tints.lit
    return (
        s.piece(box(left, foot - high, wide, high), s.tints.hour(wall), 1.8, 5),
        s.piece(
            poly((left - wide * 0.1, foot - high), (x, foot - high - wide * 0.46), (left + wide * 1.1, foot - high)),
            s.tints.hour(roof),
            1.8,
            4.5,
        ),
        s.piece(box(x + wide * 0.12, foot - high * 0.58, wide * 0.22, high * 0.58, 4), s.tints.hour("#A06A4A"), 1.6, 4),
        s.piece(box(left + wide * 0.14, foot - high * 0.72, wide * 0.3, high * 0.34), lit, 1.6, 4),
        s.piece(
            f"M{left + wide * 0.29:.1f} {foot - high * 0.72:.1f}v{high * 0.34:.1f}M{left + wide * 0.14:.1f} {foot - high * 0.55:.1f}h{wide * 0.3:.1f}",
            "#7A5A48",
            0,
            3,
            1.8,
        ),
    )


def tower(s: Stage, left: float, foot: float, wide: float, high: float, wall: str) -> tuple[Shape, ...]:
    """A tall building with rows of windows, some of them lit."""
    parts = [s.piece(box(left, foot - high, wide, high), s.tints.hour(wall), 1.7, 5.5)]
    cols, rows = max(int(wide // 20), 2), max(int(high // 27), 2)
    for row in range(rows):
        for col in range(cols):
            x, y = left + (col + 0.5) * wide / cols, foot - high + 12 + row * (high - 14) / rows
            lit = s.tints.lit if s.rng.random() < 0.72 else mix(wall, "#5A6480", 0.4)
            parts.append(s.piece(box(x - 4.5, y, 9, 12), lit, 1.0, 3))
    return tuple(parts)


def flowers(s: Stage, count: int, zone: Zone, colours: tuple[str, ...]) -> None:
    """Small flowers and tufts of grass on the ground."""
    for _ in range(count):
        x, y = s.rng.uniform(zone[0], zone[1]), s.rng.uniform(zone[2], zone[3])
        r = 2.6 + 2.6 * (y - s.horizon) / (PAGE - s.horizon)
        stem = s.tints.of("#6FA653", 0.2)
        s.add(f"M{x:.1f} {y:.1f}v{-r * 3:.1f}", stem, 0, strokes(s.rng, 3, 0.9), 2.2)
        petals = "".join(
            oval(x + math.cos(a) * r, y - r * 3 + math.sin(a) * r, r * 0.72) for a in (0.3, 1.55, 2.8, 4.1, 5.3)
        )
        s.add(petals, s.tints.hour(s.rng.choice(colours)), 0, around(x, y, 3, 0.95))
        s.add(oval(x, y - r * 3, r * 0.6), s.tints.hour("#FFD75E"), 0, around(x, y, 3, 1.0))


def tufts(s: Stage, count: int, zone: Zone, colour: str) -> None:
    """Blades of grass."""
    for _ in range(count):
        x, y = s.rng.uniform(zone[0], zone[1]), s.rng.uniform(zone[2], zone[3])
        n = 5 + 7 * (y - s.horizon) / (PAGE - s.horizon)
        s.add(
            f"M{x:.1f} {y:.1f}l{-n * 0.5:.1f} {-n:.1f}m{n * 0.5:.1f} {n:.1f}l{n * 0.1:.1f} {-n * 1.3:.1f}m{-n * 0.1:.1f} {n * 1.3:.1f}l{n * 0.6:.1f} {-n * 0.9:.1f}",
            colour,
            0,
            strokes(s.rng, 3, 0.9),
            2.0,
        )


BLOSSOMS = ("#F58FA8", "#FFF4F0", "#F7B955", "#B99AE0", "#F27C6A")


def hill_hatch(s: Stage, step: float = 7.0) -> Hatch:
    """Strokes that follow a hill: arcs around a point below the page."""
    return Hatch((256 + s.rng.uniform(-160, 160), PAGE + s.rng.uniform(260, 420)), step, 0.78)
