"""Places under a roof: home, bedroom, cafe, classroom, office, restaurant, kitchen, stage, hospital, library, gym."""

from __future__ import annotations

from core.painting.furniture import BOOKS, curtains, floor_lamp, hanging_lamp, plant, room, rug, shelf, table, window
from core.painting.scenery import star
from core.painting.shapes import Shape, box, mix, oval, poly
from core.painting.stage import Light, Stage, around, flat, place, strokes


@place("home")
def home(s: Stage) -> None:
    """A living room: window, sofa, lamp, a rug and a plant."""
    t = s.tints
    room(s, "#F7E6CB", "#DDB58A")
    left = s.rng.random() < 0.5
    x = 62 if left else 300
    curtains(s, x, 84, 150, 138, mix("#E9B7A4", t.accent, 0.4))
    window(s, x, 84, 150, 138)
    wall = 384 if left else 118
    s.wall = [(284 if left else 222, 132, 74), (wall, 214, 64)]
    s.add(box(wall - 30, 118, 60, 46, 2), t.room("#C49A6C"), 1.6, strokes(s.rng, 3))
    s.add(box(wall - 23, 125, 46, 32), mix(t.sky, "#FFFFFF", 0.3), 1.2, strokes(s.rng, 3))
    s.add(f"M{wall - 23} 157l14 -18l10 10l9 -13l13 21z", t.of("#8FC07F", 0.3), 1.0, strokes(s.rng, 3))
    sofa = t.room(mix("#8FB0B8", t.shade, 0.25))
    sx = 346.0 if left else 166.0
    s.add(box(sx - 104, 262, 208, 90, 22), sofa, 1.9, strokes(s.rng, 5))
    s.add(
        box(sx - 116, 296, 34, 74, 14) + box(sx + 82, 296, 34, 74, 14),
        mix(sofa, "#FFFFFF", 0.14),
        1.8,
        strokes(s.rng, 4.5),
    )
    s.add(box(sx - 84, 322, 168, 42, 10), mix(sofa, "#FFFFFF", 0.22), 1.7, flat(s.rng, 5))
    s.add(box(sx - 70, 286, 44, 40, 9), t.room(mix("#F2C36B", t.accent, 0.3)), 1.6, strokes(s.rng, 3.5))
    floor_lamp(s, 466 if left else 44, 372)
    plant(s, 50 if left else 462, 380, 120)
    rug(s, 256, 440, 176, 42)


@place("bedroom")
def bedroom(s: Stage) -> None:
    """A bed with a soft blanket, a lamp beside it, a window."""
    t = s.tints
    room(s, "#EFE3EC", "#D9B793")
    curtains(s, 292, 78, 128, 132, mix("#C9B7DC", t.accent, 0.3))
    window(s, 292, 78, 128, 132)
    wood = t.room("#B98A5F")
    s.shine(450, 290, 210, 0.62)
    s.add(box(30, 218, 24, 180, 8), wood, 1.8, strokes(s.rng, 4))
    s.add(box(46, 306, 256, 76, 10), t.room("#FBF3E6"), 1.7, flat(s.rng, 5))
    s.add(box(56, 250, 96, 62, 20), t.room("#FFFDF6"), 1.7, strokes(s.rng, 4, 0.4))
    blanket = t.room(mix("#8FAAD0", t.accent, 0.45))
    stars = [
        Shape(star(132 + (i % 4) * 46, 330 + (i // 4) * 32, 8), mix("#FFF2C0", t.light, 0.3), 0, 0, around(200, 300, 3))
        for i in range(8)
    ]
    s.prop(
        336,
        Shape("M96 306Q180 286 304 302V388H96z", blanket, 1.8, 0, around(200, 700, 5)),
        s.piece("M96 306Q180 286 304 302V316Q180 300 96 320z", mix(blanket, "#FFFFFF", 0.4), 1.5, 4),
        *stars,
        s.piece(box(298, 288, 20, 112, 8), wood, 1.8, 4),
    )
    s.bed = (126, 330)
    s.wall = [(150, 132, 96), (226, 120, 60)]
    s.add(box(420, 330, 60, 56, 4), wood, 1.7, strokes(s.rng, 4))
    s.add("M450 330v-30", t.room("#8A6A52"), 0, strokes(s.rng, 3), 5)
    s.add(poly((436, 266), (464, 266), (476, 302), (424, 302)), "#FFD98A", 1.6, strokes(s.rng, 4, 0.9))
    rug(s, 270, 450, 150, 34)
    s.stand = (200, 400, 424, 456)


@place("cafe")
def cafe(s: Stage) -> None:
    """A cafe: big window, hanging lamps, a shelf of cups and a table."""
    t = s.tints
    room(s, "#EED9BD", "#B98F6A", 340)
    window(s, 44, 92, 210, 150, city=True)
    for i, x in enumerate((330, 440)):
        hanging_lamp(s, x, 66, mix(("#D9745E", "#6FA08C")[i], t.accent, 0.3))
    s.add(box(304, 176, 176, 8, 2), t.room("#9A7050"), 1.5, flat(s.rng, 4))
    for i in range(5):
        x = 318 + i * 34
        s.add(box(x, 156, 18, 20, 4), t.room(mix(BOOKS[i], "#FFFFFF", 0.3)), 1.4, strokes(s.rng, 3))
        s.add(f"M{x + 18} 160q9 6 0 11", t.room("#FFFFFF"), 0, strokes(s.rng, 2, 0.6), 2.4)
    s.add(box(304, 214, 176, 62, 3), t.room("#5F6F66"), 1.7, strokes(s.rng, 4, 0.85))
    s.add("M320 232h60M320 246h90M320 260h44M438 230q14 14 0 28", "#FFF8EA", 0, strokes(s.rng, 3, 0.9), 2.4)
    s.wall = [(392, 245, 56)]
    table(s, 382, "#C8935F")


@place("restaurant")
def restaurant(s: Stage) -> None:
    """A table full of warmth under a lamp, paper lanterns and a window."""
    t = s.tints
    room(s, "#F1CFA8", "#B58059", 336)
    window(s, 300, 96, 150, 118)
    s.add(box(52, 92, 190, 104, 4), t.room("#A9714C"), 1.8, flat(s.rng, 5))
    for i in range(3):
        s.add(box(64 + i * 58, 104, 48, 80, 2), t.room("#FFF3DC"), 1.4, strokes(s.rng, 4, 0.5))
        s.add(
            f"M{74 + i * 58} 122h28M{74 + i * 58} 138h22M{74 + i * 58} 154h28",
            t.room("#8A5A48"),
            0,
            strokes(s.rng, 3),
            2.4,
        )
    for x in (40, 272, 474):
        s.shine(x, 70, 130, 0.5, "#FFC98A")
        s.add(f"M{x} -10V44", t.room("#6F5A50"), 0, strokes(s.rng, 3), 2.2)
        s.add(oval(x, 66, 21, 25), t.room(mix("#E8654F", t.accent, 0.3)), 1.7, around(x, 66, 4, 0.9))
    s.lights.append(Light(256, 330, 230, 0.35, "#FFDFA0"))
    s.wall = [(271, 190, 52)]
    table(s, 378, "#C98A56")


@place("kitchen")
def kitchen(s: Stage) -> None:
    """A kitchen: cupboards, a stove with a pot, a window over the sink."""
    t = s.tints
    room(s, "#F4EBCF", "#E0C29A", 344)
    hanging_lamp(s, 256, 10, mix("#F2C36B", t.accent, 0.2), 0.5)
    window(s, 190, 82, 132, 108)
    cupboard = t.room(mix("#A9C6BC", t.accent, 0.25))
    for x in (24, 94, 350, 420):
        s.add(box(x, 66, 66, 96, 4), cupboard, 1.7, strokes(s.rng, 5))
        s.add(oval(x + 54, 116, 3.4), t.room("#8A6A52"), 1.0, around(x, 116, 2))
    s.add(box(-20, 240, 552, 14), t.room("#FBF0DC"), 1.6, flat(s.rng, 4))
    s.add(box(-20, 254, 552, 96), cupboard, 1.7, strokes(s.rng, 6))
    s.add("M90 256v92M200 256v92M312 256v92M420 256v92", mix(cupboard, "#5A6A66", 0.5), 0, strokes(s.rng, 3), 2)
    s.add(box(88, 204, 66, 38, 8), t.room(mix("#E2725B", t.accent, 0.3)), 1.7, strokes(s.rng, 4))
    s.add("M78 216h10M154 216h10M112 202q9 -12 18 0", t.room("#6F5A50"), 0, strokes(s.rng, 3), 4)
    s.add("M108 190q-8 -12 0 -22M130 188q-8 -12 0 -24", "#FFFFFF", 0, strokes(s.rng, 3, 0.8), 3.4)
    s.wall = [(418, 201, 64)]
    table(s, 388, "#D6A570")


@place("school")
def school(s: Stage) -> None:
    """A classroom: blackboard, window, a clock and a desk."""
    t = s.tints
    room(s, "#F3EBCB", "#D8B182", 334)
    s.add(box(40, 84, 276, 152, 4), t.room("#B98A5F"), 1.9, flat(s.rng, 4))
    s.add(box(50, 94, 256, 132), t.room(mix("#4F7F6C", t.shade, 0.2)), 1.5, strokes(s.rng, 6, 0.85))
    s.add(
        "M76 124h90M76 146h64M76 168h104M200 128q26 -22 46 6M222 190a18 18 0 1 1 .1 0",
        "#FFFBEA",
        0,
        strokes(s.rng, 3, 0.8),
        3,
    )
    s.add(star(268, 186, 12), "#FFE58A", 0, around(268, 186, 3, 0.9))
    s.add(box(180, 226, 40, 6, 2), "#FFFFFF", 1.0, flat(s.rng, 3, 0.4))
    window(s, 356, 92, 120, 128)
    s.add(oval(336, 58, 19), "#FFFDF4", 1.8, around(336, 58, 3, 0.5))
    s.add("M336 58V46M336 58l8 5", "#4A3B36", 0, strokes(s.rng, 2, 1.0), 2.4)
    s.wall = [(248, 146, 92), (110, 146, 92)]
    table(s, 386, "#D9A66C")


@place("office")
def office(s: Stage) -> None:
    """A desk by a window over the city, a screen and a plant."""
    t = s.tints
    room(s, "#E6EAE6", "#C9B79F", 340)
    hanging_lamp(s, 256, 8, mix("#7F9AA8", t.accent, 0.3), 0.45)
    window(s, 52, 76, 244, 156, city=True)
    s.add(box(344, 84, 124, 86, 3), t.room("#C49A6C"), 1.7, strokes(s.rng, 4))
    s.add(box(350, 90, 112, 74), t.room("#EFD9B8"), 1.2, strokes(s.rng, 4))
    for x, y, c in (
        (360, 98, "#FFE58A"),
        (396, 104, "#F7B5A8"),
        (430, 98, "#BFE0C8"),
        (372, 130, "#BCD5F0"),
        (412, 132, "#FFE58A"),
    ):
        s.add(box(x, y, 24, 24, 1), t.room(c), 1.1, strokes(s.rng, 3))
    shelf(s, 340, 176, 132, 2, 50)
    s.wall = [(406, 127, 92), (150, 50, 66)]
    table(s, 382, "#CDA57C")
    top = 382
    s.prop(
        top + 50,
        s.piece(box(386, top - 26, 86, 60, 5), t.room("#5F6675"), 1.8, 4),
        s.piece(box(393, top - 19, 72, 44, 2), mix("#CDE6EF", t.light, 0.2), 1.2, 3.5),
        s.piece(box(420, top + 34, 18, 14, 2) + box(404, top + 46, 50, 7, 3), t.room("#5F6675"), 1.5, 3),
    )
    s.lay = (80, 350, top + 52, top + 88)
    s.stand = (116, 330, top + 14, top + 14)
