"""People as a child draws them: round heads, big eyes, and the feeling in face and arms.

A figure's id is `figure/<look>/<pose>/<face>/<variant>`, e.g. `figure/child/cheer/laugh/2`; it stands where a
sticker's id stands. Units: a page of 100 x 160, feet at the bottom.
"""

from __future__ import annotations

from functools import cache

from core.painting.shapes import Hatch, Shape, blob, mix, oval, poly, smooth

LOOKS = ("child", "girl", "boy", "woman", "man", "granny", "grandpa", "baby")
POSES = ("stand", "wave", "cheer", "walk", "hold", "hips", "chest", "sit", "table")
FACES = ("smile", "laugh", "calm", "awe", "sad", "low", "worry", "cross", "tired", "flat", "puzzled")

SKIN, CHEEK, INK, MOUTH = "#FFDDBF", "#F7A99B", "#3B2A26", "#B4473F"
HAIR = ("#5B4034", "#3F3434", "#7A5238", "#4A3A3A")
TOPS = ("#F2B84B", "#6FB3A8", "#E98379", "#7FA3D9", "#B58BC9", "#8FB86A")
BOTTOMS = ("#5F7FA8", "#8A6B52", "#6B6F8F", "#A8695F", "#5E7F73")
SHOES = ("#A5524A", "#5B5566", "#7A5A3C")

_FINE = Hatch((260.0, 300.0), 3.0, 0.95)
_HEIGHT = {
    "child": 1.0,
    "girl": 1.0,
    "boy": 1.02,
    "woman": 1.2,
    "man": 1.28,
    "granny": 1.08,
    "grandpa": 1.15,
    "baby": 0.66,
}


def is_figure(sticker: str) -> bool:
    """True where an id names a figure, not a sticker."""
    return sticker.startswith("figure/")


def figure_id(look: str, pose: str, face: str, variant: int) -> str:
    """The id under which a figure stands in a sketch."""
    return f"figure/{look}/{pose}/{face}/{variant % 30}"


def stature(look: str) -> float:
    """How tall a look is, a child being 1."""
    return _HEIGHT[look]


def view_box(sticker: str) -> tuple[float, float, float, float]:
    """x, y, width and height of what is drawn. Raises ValueError for an id that is no figure."""
    _, look, pose, _, _ = sticker.split("/")
    top = 6.0 if look != "baby" else 14.0
    bottom = {"sit": 141.0, "table": 124.0}.get(pose, 160.0)
    return (4.0, top, 92.0, bottom - top)


def hand(sticker: str) -> tuple[float, float] | None:
    """Where the free right hand is, in the figure's units; None where both hands are busy."""
    _, _, pose, _, _ = sticker.split("/")
    return {
        "cheer": (89.0, 53.0),
        "hold": (84.0, 93.0),
        "walk": (84.0, 106.0),
        "wave": (87.0, 60.0),
        "table": (84.0, 108.0),
    }.get(pose)


@cache
def shapes(sticker: str) -> tuple[Shape, ...]:
    """A figure's shapes, back to front. Raises ValueError for an id that is no figure."""
    _, look, pose, face, variant = sticker.split("/")
    n = int(variant)
    hair = {"granny": "#D9D3CF", "grandpa": "#D2CDC9"}.get(look, HAIR[n % len(HAIR)])
    top = TOPS[n % len(TOPS)]
    parts = [*_back_hair(look, hair), *_legs(look, pose, n), *_body(look, pose, top), *_arms(look, pose, top)]
    return (*parts, *_head(look, hair), *_face(look, face), *_front(look, pose, top))


def _piece(d: str, fill: str, line: float = 1.6, width: float = 0.0) -> Shape:
    return Shape(d, fill, line, width, _FINE)


def _wears_dress(look: str) -> bool:
    return look in ("girl", "woman", "granny")


def _legs(look: str, pose: str, n: int) -> list[Shape]:
    if pose == "table":
        return []
    cloth = SKIN if _wears_dress(look) else BOTTOMS[n % len(BOTTOMS)]
    shoe = SHOES[n % len(SHOES)]
    if pose == "sit":
        return []
    spread = 9.0 if pose == "walk" else 2.0
    left, right = 43.0, 57.0
    return [
        _piece(f"M{left} 112L{left - spread} 148", cloth, width=11),
        _piece(f"M{right} 112L{right + spread} 148", cloth, width=11),
        _piece(oval(left - spread - 2, 152.5, 9.5, 6), shoe),
        _piece(oval(right + spread + 3, 152.5, 9.5, 6), shoe),
    ]


def _body(look: str, pose: str, top: str) -> list[Shape]:
    if pose == "sit":  # knees drawn up, arms around them
        return [_piece(blob("30 84, 50 74, 70 84, 77 128, 50 136, 23 128"), top)]
    hem, wide = (126.0, 27.0) if _wears_dress(look) else (117.0, 18.0)
    if look in ("man", "grandpa"):
        wide += 3
    d = f"M38 76Q50 70 62 76L{50 + wide} {hem}Q50 {hem + 5} {50 - wide} {hem}z"
    return [_piece(d, top)]


_ARMS: dict[str, tuple[tuple[tuple[float, float], ...], tuple[tuple[float, float], ...]]] = {
    "stand": (((37, 81), (28, 95), (25, 108)), ((63, 81), (72, 95), (75, 108))),
    "wave": (((37, 81), (28, 95), (25, 108)), ((63, 82), (79, 78), (87, 60))),
    "cheer": (((38, 82), (20, 76), (11, 57)), ((62, 82), (80, 76), (89, 57))),
    "walk": (((37, 81), (25, 92), (17, 104)), ((63, 81), (74, 95), (84, 106))),
    "hold": (((37, 81), (28, 95), (25, 108)), ((63, 82), (73, 96), (84, 93))),
    "hips": (((37, 81), (20, 93), (34, 104)), ((63, 81), (80, 93), (66, 104))),
    "chest": (((37, 82), (27, 98), (44, 93)), ((63, 82), (73, 98), (56, 93))),
    "sit": (((31, 90), (24, 108), (45, 119)), ((69, 90), (76, 108), (55, 119))),
    "table": (((37, 82), (26, 97), (20, 110)), ((63, 82), (74, 97), (84, 108))),
}


def _arms(look: str, pose: str, top: str) -> list[Shape]:
    if pose == "sit":
        return []
    return [part for arm in _ARMS[pose] for part in _arm(arm, top)]


def _arm(arm: tuple[tuple[float, float], ...], top: str) -> list[Shape]:
    return [_piece(oval(*arm[-1], 5.4), SKIN), _piece(smooth(arm), mix(top, "#ffffff", 0.16), width=11)]


def _front(look: str, pose: str, top: str) -> list[Shape]:
    """What lies before the body when someone sits: knees and the arms around them."""
    if pose != "sit":
        return []
    cloth = mix(top, "#5F6F8F", 0.75)
    return [
        _piece(blob("30 134, 32 112, 43 104, 51 114, 50 136"), cloth),
        _piece(blob("70 134, 68 112, 57 104, 49 114, 50 136"), cloth),
        _piece(oval(38, 136, 12, 5.5), SHOES[1]),
        _piece(oval(62, 136, 12, 5.5), SHOES[1]),
        *[part for arm in _ARMS["sit"] for part in _arm(arm, top)],
    ]


def _back_hair(look: str, hair: str) -> list[Shape]:
    if look == "girl":
        return [
            _piece(oval(17, 54, 10, 15), hair),
            _piece(oval(83, 54, 10, 15), hair),
        ]
    if look == "woman":
        return [_piece(blob("20 40, 50 8, 80 40, 82 76, 66 84, 34 84, 18 76"), hair)]
    if look == "granny":
        return [_piece(oval(50, 12, 13, 9), hair)]
    if look == "child":
        return [_piece(blob("20 40, 50 12, 80 40, 80 62, 68 71, 32 71, 20 62"), hair)]
    return []


def _head(look: str, hair: str) -> list[Shape]:
    parts = []
    if look in ("boy", "man", "grandpa", "baby", "granny"):
        parts += [_piece(oval(20.5, 47, 5, 6), SKIN), _piece(oval(79.5, 47, 5, 6), SKIN)]
    parts.append(_piece(oval(50, 45, 29, 28), SKIN))
    if look == "baby":
        return [*parts, _piece("M50 17q-8 -4 -2 -9q8 0 4 8", hair, 1.2, 2.5)]
    if look == "grandpa":
        sides = "M21 43q-3 -12 6 -19q3 9 -1 19zM79 43q3 -12 -6 -19q-3 9 1 19z"
        return [*parts, _piece(sides, hair), _piece("M41 59q9 -6 18 0q-4 6 -9 3q-5 3 -9 0z", hair, 1.0)]
    fringe = {
        "boy": [(21, 42), (24, 22), (50, 12), (76, 22), (79, 42), (68, 31), (58, 27), (46, 33), (36, 28), (29, 34)],
        "man": [(21, 42), (23, 20), (48, 11), (77, 20), (79, 42), (74, 32), (60, 26), (40, 27), (27, 32)],
        "granny": [(20, 44), (25, 22), (50, 13), (75, 22), (80, 44), (68, 28), (50, 25), (32, 28)],
        "woman": [(20, 48), (24, 21), (50, 12), (76, 21), (80, 48), (73, 32), (56, 24), (38, 33), (27, 36)],
        "girl": [(20, 45), (25, 21), (50, 12), (75, 21), (80, 45), (72, 33), (58, 30), (50, 33), (42, 30), (28, 33)],
        "child": [(19, 52), (23, 22), (50, 12), (77, 22), (81, 52), (76, 36), (62, 33), (50, 35), (38, 33), (24, 36)],
    }[look]
    parts.append(_piece(smooth(fringe, True), hair))
    if look == "girl":
        parts.append(_piece(poly((64, 17), (75, 12), (75, 24)) + poly((86, 14), (75, 12), (75, 24)), "#E9707C", 1.2))
    return parts


def _ink(d: str, width: float = 2.4, colour: str = INK) -> Shape:
    return Shape(d, colour, 0, width, _FINE, ink=True)


def _eyes(face: str) -> list[Shape]:
    left, right, y = 39.0, 61.0, 48.0
    if face == "flat":  # looks aside, where something might happen
        left, right = left + 2.5, right + 2.5
    if face == "laugh":
        return [_ink(f"M{x - 5} {y + 1}q5 -7 10 0", 2.8) for x in (left, right)]
    if face in ("calm", "tired"):
        return [_ink(f"M{x - 5} {y}q5 5 10 0", 2.6) for x in (left, right)]
    size = {"awe": 4.6, "worry": 3.8, "flat": 3.6}.get(face, 4.1)
    drop = 1.5 if face in ("low", "sad") else 0.0
    eyes = [Shape(oval(x, y + drop, size * 0.86, size), INK, 0, 0, _FINE, ink=True) for x in (left, right)]
    shine = [Shape(oval(x + 1.2, y + drop - 1.5, 1.25), "#FFFFFF", 0, 0, _FINE) for x in (left, right)]
    return [*eyes, *shine]


_BROWS = {
    "sad": "M33 40l9 -4M67 40l-9 -4",
    "low": "M33 40l9 -3M67 40l-9 -3",
    "worry": "M32 39l9 -5M68 39l-9 -5",
    "cross": "M32 37l11 5M68 37l-11 5",
    "puzzled": "M32 39l10 -1M57 35q5 -4 10 0",
    "awe": "M34 37q5 -4 10 0M56 37q5 -4 10 0",
}

_MOUTHS = {
    "smile": "M42 57q8 7 16 0",
    "calm": "M44 57q6 5 12 0",
    "sad": "M44 61q6 -5 12 0",
    "low": "M45 60q5 -3 10 0",
    "worry": "M42 60q3 -4 6 -1t6 0t5 -1",
    "cross": "M44 61q6 -6 12 0",
    "tired": "M45 60h9",
    "flat": "M44 60h12",
    "puzzled": "M45 60q5 -3 9 1",
}


def _face(look: str, face: str) -> list[Shape]:
    rosy = mix(CHEEK, "#E4625A", 0.5) if face in ("cross", "laugh") else CHEEK
    parts = [Shape(oval(x, 57, 5.6, 4), mix(rosy, SKIN, 0.25), 0, 0, _FINE) for x in (30.5, 69.5)]
    parts += _eyes(face)
    if face in _BROWS:
        parts.append(_ink(_BROWS[face], 2.2))
    if face == "laugh":
        parts.append(Shape("M40 55q10 3 20 0q-1 12 -10 12t-10 -12z", MOUTH, 1.2, 0, _FINE))
    elif face == "awe":
        parts.append(Shape(oval(50, 61, 4, 5), MOUTH, 1.0, 0, _FINE))
    else:
        parts.append(_ink(_MOUTHS[face], 2.4, "#8A3B36"))
    if face == "sad":
        parts.append(Shape("M33.5 54q-4 6 0 8q4 -2 0 -8z", "#8EC3EA", 0.8, 0, _FINE))
    if face == "worry":
        parts.append(Shape("M79 26q-4 6 0 8q4 -2 0 -8z", "#8EC3EA", 0.8, 0, _FINE))
    if look in ("granny", "grandpa"):
        parts.append(_ink(oval(39, 48, 8) + oval(61, 48, 8) + "M47 47q3 -2 6 0", 1.2, "#7A6658"))
    return parts
