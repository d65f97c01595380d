"""Places under the open sky: meadow, beach, park, river, playground."""

from __future__ import annotations

from core.painting.scenery import BLOSSOMS, flowers, hill_hatch, house, paint_sky, star, tower, tree, tufts
from core.painting.shapes import blob, box, mix, oval, puff, ridge, smooth
from core.painting.stage import Light, Stage, around, flat, place, strokes


@place("meadow")
def meadow(s: Stage) -> None:
    """Hills, a path, a house far away and flowers."""
    t = s.tints
    s.horizon = 262
    s.skyline = 34
    paint_sky(s)
    s.add(ridge(s.rng, 236, 20, 2), t.of("#A9CBA8", 0.35, t.sky), 1.3, hill_hatch(s, 6))
    s.add(ridge(s.rng, 266, 15, 2), t.of("#A8D07E", 0.35), 1.6, hill_hatch(s))
    x = s.rng.choice((104.0, 404.0))
    s.back += house(s, x, 274, 62, mix("#FFF0DA", t.light, 0.3), mix("#D9705A", t.accent, 0.35))
    s.lights.append(Light(x - 18, 250, 70, 0.3 if s.time in ("night", "evening") else 0.0))
    s.back += tree(s, x + (66 if x < 256 else -66), 280, 84)
    s.add(ridge(s.rng, 312, 10, 2), t.of("#93C56B", 0.3), 1.8, hill_hatch(s, 8))
    bend = x * 0.6 + 102  # the path leads the eye to the house
    near_side = [(x - 2, 320), (bend, 340), (256, 372), (236, 424)]
    fall = 18 if x > 256 else 0  # a path that runs to the right turns its other edge to us
    far_side = [(322, 424), (304, 368 + fall / 2), (bend + 34, 334 + fall), (x + 16, 318 + fall / 2)]
    s.add(
        smooth([*near_side, (170, 530), (360, 530), *far_side], True),
        t.of("#EBD6A6", 0.2),
        1.4,
        flat(s.rng, 6),
    )
    flowers(s, 15, (30, 482, 350, 488), BLOSSOMS)
    tufts(s, 16, (24, 488, 335, 490), t.of("#6FA653", 0.2))


@place("beach")
def beach(s: Stage) -> None:
    """Sea to the horizon, a line of foam and warm sand."""
    t = s.tints
    s.horizon = 214
    s.stand = (96, 416, 386, 452)
    s.far = (70, 442, 358, 372)
    s.water = (70, 442, 238, 300)
    paint_sky(s)
    s.add(box(-20, 214, 552, 220), (t.of("#5FB4DC", 0.2, t.sky), t.of("#9BDDE2", 0.2, t.sky)), 1.5, flat(s.rng, 5))
    for i in range(7):
        x, y = s.rng.uniform(30, 420), 232 + i * 12
        s.add(
            smooth([(x, y), (x + 14, y - 4), (x + 28, y), (x + 42, y - 4), (x + 56, y)]),
            mix(t.hour("#FFFFFF"), t.sky, 0.15),
            0,
            flat(s.rng, 3, 0.9),
            2.6,
        )
    shore = [(x, 330 + s.rng.uniform(-9, 9) - 0.05 * abs(x - 256)) for x in range(-30, 570, 75)]
    s.add(smooth(shore) + "L542 540L-30 540z", t.of("#FFFFFF", 0.15, t.sky), 1.2, flat(s.rng, 4, 0.3))
    s.add(
        smooth([(x, y + 13 + s.rng.uniform(-2, 2)) for x, y in shore]) + "L542 540L-30 540z",
        (t.of("#F5DFAE", 0.2, t.light), t.of("#EBC98C", 0.2)),
        1.6,
        strokes(s.rng, 7, 0.7, -14),
    )
    for _ in range(22):
        px, py = s.rng.uniform(30, 482), s.rng.uniform(366, 490)
        s.add(oval(px, py, 1.8, 1.4), t.hour("#C79F66"), 0, around(px, py, 3, 0.9))
    for colour in ("#F08A76", "#F7D9C4", "#F2B36B"):  # what the sea left
        px, py = s.rng.uniform(50, 462), s.rng.uniform(462, 482)
        found = star(px, py, 10) if colour == "#F08A76" else f"M{px - 8:.0f} {py:.0f}a8 9 0 0 1 16 0l-8 6z"
        s.add(found, t.hour(mix(colour, t.accent, 0.2)), 1.3, around(px, py, 3, 0.95))


@place("park")
def park(s: Stage) -> None:
    """Lawn, big trees, a bench and a winding path."""
    t = s.tints
    s.horizon = 258
    s.far = (150, 380, 290, 318)
    s.skyline = 50
    s.stand = (150, 416, 404, 452)
    paint_sky(s)
    for i in range(8):
        s.add(puff(s.rng, 20 + i * 70, 248, 96, 62), t.of("#8FBF86", 0.3, t.sky), 1.2, around(20 + i * 70, 300, 5, 0.7))
    s.add(ridge(s.rng, 268, 7, 2), t.of("#9BCC70", 0.3), 1.6, hill_hatch(s, 8))
    s.add(
        blob("330 268, 300 300, 340 350, 300 420, 230 530, 420 530, 420 420, 400 350, 335 300, 346 268"),
        t.of("#EAD9B4", 0.2),
        1.4,
        flat(s.rng, 6),
    )
    s.back += tree(s, 74, 352, 240)
    s.back += tree(s, 462, 318, 170, t.of("#9CC766", 0.3))
    wood = t.hour("#B9855A")
    bench = [s.piece(box(x, 352, 8, 30, 2), t.hour("#7F6A5C"), 1.4, 3) for x in (128, 206)]
    bench += [
        s.piece(box(116, 336, 110, 9, 4), wood, 1.6, 3.5),
        s.piece(box(116, 322, 110, 8, 4), wood, 1.6, 3.5),
        s.piece(box(112, 350, 118, 11, 4), wood, 1.6, 3.5),
    ]
    s.prop(382, *bench)
    flowers(s, 9, (30, 200, 400, 486), BLOSSOMS)
    tufts(s, 14, (24, 488, 330, 490), t.of("#6FA653", 0.2))


@place("river")
def river(s: Stage) -> None:
    """A wide city river with a bridge, towers on the far bank and grass on this one."""
    t = s.tints
    s.horizon = 232
    s.skyline = 84
    s.stand = (96, 416, 400, 454)
    s.far = (80, 432, 268, 296)
    s.water = (80, 432, 312, 338)
    paint_sky(s)
    x = -10.0
    while x < 520:
        wide = s.rng.uniform(34, 60)
        s.back += tower(
            s,
            x,
            236,
            wide,
            s.rng.uniform(40, 96),
            mix(s.rng.choice(("#E4D6C4", "#C9D3DE", "#E9C9B6", "#D5D9C2")), t.sky, 0.3),
        )
        x += wide + s.rng.uniform(-2, 12)
    s.add(ridge(s.rng, 234, 3, 3, 260), t.of("#8FBF86", 0.3), 1.3, flat(s.rng, 5))
    s.add(box(-20, 244, 552, 130), (t.of("#6FB3DA", 0.25, t.sky), t.of("#A3D3E6", 0.25, t.sky)), 1.4, flat(s.rng, 5))
    deck = t.hour(mix("#D9C3AE", t.accent, 0.3))
    for i in range(4):
        s.add(box(40 + i * 140, 246, 12, 34, 3), t.hour("#B8A99A"), 1.4, flat(s.rng, 3))
    s.add(box(-20, 238, 552, 12), deck, 1.6, flat(s.rng, 4))
    for i in range(4):
        s.add(f"M{-24 + i * 140} 240q70 -54 140 0", deck, 0, strokes(s.rng, 3, 0.95), 4.5)
    for i in range(8):
        px, py = s.rng.uniform(20, 440), 290 + i * 7
        glint = "#FFDF95" if s.time in ("night", "evening") else "#FFFFFF"
        s.add(f"M{px:.0f} {py}h{s.rng.uniform(18, 44):.0f}", glint, 0, flat(s.rng, 3, 0.95), 2.6)
    s.add(ridge(s.rng, 352, 7, 2), t.of("#9CCB72", 0.3), 1.7, hill_hatch(s, 8))
    s.add(
        blob("-30 398, 140 386, 330 392, 545 380, 545 424, 330 436, 140 430, -30 444"),
        t.of("#E8D7B5", 0.2),
        1.3,
        flat(s.rng, 6),
    )
    side = s.rng.choice((52.0, 462.0))
    s.back += tree(s, side, 388, 168)
    tufts(s, 16, (24, 488, 440, 492), t.of("#6FA653", 0.2))
    flowers(s, 6, (30, 482, 452, 488), BLOSSOMS)


@place("playground")
def playground(s: Stage) -> None:
    """A slide, a swing and sand."""
    t = s.tints
    s.horizon = 262
    s.stand = (170, 400, 412, 452)
    paint_sky(s)
    for i in range(8):
        s.add(puff(s.rng, 10 + i * 72, 252, 92, 54), t.of("#8FC07F", 0.3, t.sky), 1.2, around(10 + i * 72, 300, 5, 0.7))
    s.add(ridge(s.rng, 270, 4, 2), t.of("#EBD3A0", 0.25), 1.6, flat(s.rng, 8))
    red, blue = t.hour(mix("#E5645A", t.accent, 0.3)), t.hour("#6A9BD1")
    s.add("M92 372V226M132 372V226M92 262h40M92 292h40M92 322h40M92 350h40", blue, 0, strokes(s.rng, 3, 0.95), 6)
    s.add(
        blob("128 226, 160 244, 196 320, 246 356, 256 370, 226 370, 180 334, 146 262, 128 244"),
        red,
        1.8,
        strokes(s.rng, 4, 0.9, 55),
    )
    s.add("M330 362L356 214H452L478 362", t.hour("#F0B445"), 0, strokes(s.rng, 3, 0.95), 7)
    s.add("M384 216V318M424 216V318", t.hour("#7A6A60"), 0, strokes(s.rng, 3, 0.9), 2.6)
    s.add(box(378, 316, 52, 9, 4), red, 1.5, flat(s.rng, 3))
    tufts(s, 10, (24, 488, 452, 492), t.of("#6FA653", 0.2))
