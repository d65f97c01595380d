"""What a drawing page needs: each sticker and the empty scene as SVG, and stickers found by a word or a kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from core.entities import Layer, Sketch
from core.painting import figures
from core.painting.drawing import DAYLIGHT, bounds, stage_of
from core.painting.month import handwriting
from core.painting.shapes import PAGE, Canvas, Hatch, Shape, page_wide
from core.painting.stickers import inner_svg, sticker_ids
from core.phrases import knows, say

MARGIN = 0.08  # of a sticker's height, free around it in its SVG
KINDS = ("person", "animal", "food", "place", "thing", "weather", "feeling")
INK = "#5b4636"
_SEARCH_WORDS = Path(__file__).with_name("search_words.toml")
_LOOKS = {  # how people call the figures
    "child": ("아이", "나", "child", "me", "kid"),
    "girl": ("여자아이", "소녀", "여동생", "언니", "누나", "딸", "친구", "girl", "sister", "daughter", "friend"),
    "boy": ("남자아이", "소년", "남동생", "오빠", "형", "아들", "친구", "boy", "brother", "son", "friend"),
    "woman": ("엄마", "어머니", "여자", "이모", "고모", "선생님", "woman", "mom", "mother", "aunt", "teacher"),
    "man": ("아빠", "아버지", "남자", "삼촌", "선생님", "man", "dad", "father", "uncle", "teacher"),
    "granny": ("할머니", "grandmother", "grandma", "granny"),
    "grandpa": ("할아버지", "grandfather", "grandpa"),
    "baby": ("아기", "baby"),
}
_SHOWN_SO = (("stand", "smile", 8), ("cheer", "laugh", 9), ("sit", "calm", 10))  # pose, face, clothes


@dataclass(frozen=True)
class Found:
    """One sticker to choose, with a word for it and how wide it is for its height."""

    sticker: str
    word: str
    ratio: float


def find(words: str, language: str, limit: int = 48) -> tuple[Found, ...]:
    """Stickers for what somebody typed, in Korean or English, the best first."""
    asked = " ".join(words.lower().split())[:40]
    if not asked:
        return ()
    ranked: dict[str, tuple[int, int]] = {}
    for n, (sticker, names) in enumerate(_names().items()):
        ranks = [rank for name in names if (rank := _rank(asked, name)) is not None]
        if ranks:
            ranked[sticker] = (min(ranks), n)
    best = sorted(ranked, key=ranked.__getitem__)[:limit]
    return tuple(found(sticker, language) for sticker in best)


def stickers_of(kind: str) -> tuple[str, ...]:
    """The ids of one of KINDS."""
    return _by_kind().get(kind, ())


def of_kind(kind: str, language: str) -> tuple[Found, ...]:
    """Every sticker of one of KINDS, in the order of the lexicon."""
    return tuple(found(sticker, language) for sticker in _by_kind().get(kind, ()))


def found(sticker: str, language: str) -> Found:
    """A sticker with the word that a person would use for it. Raises KeyError or ValueError for an unknown id."""
    _, _, wide, high = bounds(sticker)
    return Found(sticker, word_for(sticker, language), round(wide / high, 4))


def can_place(sticker: str) -> bool:
    """True for stickers that stand in a scene by themselves: people are figures."""
    return sticker in sticker_ids() and not _is_person(sticker)


def named(tagged: tuple[str, ...], sketch: Sketch) -> tuple[str, ...]:
    """The stickers of a diary's tags that can be placed, and the figures that stand in its drawing."""
    people = (layer.sticker for layer in sketch.layers if figures.is_figure(layer.sticker))
    return tuple(dict.fromkeys((*filter(can_place, tagged), *people)))


def word_for(sticker: str, language: str) -> str:
    """A word for a sticker; in English its own name where the lexicon has none."""
    if figures.is_figure(sticker):
        words = _LOOKS[sticker.split("/")[1]]
        return next(word for word in words if (word[0] >= "가") == (language == "ko"))
    if knows(language, f"painting.thing.{sticker}"):
        return say(language, f"painting.thing.{sticker}").removeprefix("a ").removeprefix("an ")
    korean, english = _first_words().get(sticker, ("", ""))
    return (korean if language == "ko" else english) or sticker.replace("-", " ")


def _rank(asked: str, name: str) -> int | None:
    """0: the word itself; 1: it begins so; 2: a word of it does; 3: it is in there; for a single Latin letter no more."""
    if name == asked:
        return 0
    if name.startswith(asked):
        return 1
    if any(part.startswith(asked) for part in name.split()[1:]):
        return 2
    return 3 if len(asked) > 2 and asked in name else None


@cache
def _names() -> dict[str, tuple[str, ...]]:
    """Every name of everything that can be placed."""
    names: dict[str, list[str]] = {}
    for look, words in _LOOKS.items():
        for pose, face, clothes in _SHOWN_SO:
            names[figures.figure_id(look, pose, face, clothes)] = [*words, face]
    for _kind, sticker, korean, english in _placeable():
        names.setdefault(sticker, []).extend((*korean, *english))
    for sticker in sticker_ids():
        if not _is_person(sticker):
            shown = (word_for(sticker, language).lower() for language in ("ko", "en"))  # what stands below it finds it
            names.setdefault(sticker, []).extend((*shown, sticker.replace("-", " ")))
    return {sticker: tuple(dict.fromkeys(all_names)) for sticker, all_names in names.items()}


@cache
def _first_words() -> dict[str, tuple[str, str]]:
    words: dict[str, tuple[str, str]] = {}
    for _kind, sticker, korean, english in _placeable():
        words.setdefault(sticker, (next(iter(korean), ""), next(iter(english), "")))
    return words


@cache
def _by_kind() -> dict[str, tuple[str, ...]]:
    kinds: dict[str, dict[str, None]] = {kind: {} for kind in KINDS}
    for look in _LOOKS:
        for pose, face, clothes in _SHOWN_SO:
            kinds["person"][figures.figure_id(look, pose, face, clothes)] = None
    for kind, sticker, _korean, _english in _placeable():
        if kind in kinds:
            kinds[kind][sticker] = None
    return {kind: tuple(stickers) for kind, stickers in kinds.items()}


def _placeable() -> Iterator[tuple[str, str, tuple[str, ...], tuple[str, ...]]]:
    """(kind, sticker, Korean nouns, English words) of what the lexicon can put on a page; people are figures."""
    import tomllib

    from core.painting.lexicon import LEXICON_TOML

    known = set(sticker_ids())
    for kind, table in tomllib.loads(LEXICON_TOML.read_text("utf-8")).items():
        for row in table.values():
            if row["sticker"] in known and not _is_person(row["sticker"]):
                yield kind, row["sticker"], _plain(row["ko"]), _plain(row["en"])
    for kind, row in tomllib.loads(_SEARCH_WORDS.read_text("utf-8")).items():
        for sticker, words in row.items():
            if not _is_person(sticker):
                yield kind, sticker, _plain(words), (sticker.replace("-", " "),)


def _plain(words: str) -> tuple[str, ...]:
    """Words of the lexicon without their conditions and without stems of verbs."""
    import re

    bare = (word.strip().lower() for word in re.sub(r"\([^)]*\)", "", words).split(","))
    return tuple(word for word in bare if word and "-" not in word)


def _is_person(sticker: str) -> bool:
    people = ("person", "man", "woman", "people", "women", "men", "boy", "girl", "child", "baby", "family", "student",
              "teacher", "cook", "older", "old")  # fmt: skip
    return sticker.split("-")[0] in people and sticker not in ("baby-bottle", "baby-chick", "man-s-shoe")


# --- SVG ---------------------------------------------------------------------------------------


class _Inked(Canvas):
    """Flat colours with a pencil line around each shape."""

    def shape(self, shape: Shape) -> None:
        """Draw one shape."""
        if shape.veil:
            super().shape(shape)
        else:
            self._path(shape, self._paint(shape.fill), INK, min(shape.line, 1.3) / self._scale)


@lru_cache(maxsize=1024)
def sticker_svg(sticker: str) -> str:
    """A sticker or a figure alone, with MARGIN around it. Raises KeyError or ValueError for an unknown id."""
    left, top, wide, high = bounds(sticker)
    free = high * MARGIN
    box = f"{left - free:.2f} {top - free:.2f} {wide + 2 * free:.2f} {high + 2 * free:.2f}"
    if figures.is_figure(sticker):
        canvas = _Inked("colour")
        canvas.group(figures.shapes(sticker), "", 1.0, [Hatch()])
        inner = f"<defs>{''.join(canvas.defs)}</defs>{''.join(canvas.parts)}"
    else:
        inner = inner_svg(sticker)
    size = f'width="{(wide + 2 * free) / high * 240:.0f}" height="{(1 + 2 * MARGIN) * 240:.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" {size}>{inner}</svg>'


def scene_svgs(sketch: Sketch, palette: tuple[str, ...] = DAYLIGHT) -> tuple[str, str]:
    """The scene without anybody in it: what is behind them, and what is before them (a table), each 512 high."""
    wide = round(page_wide(sketch.width, sketch.height))
    stage = stage_of(sketch.place, sketch.weather, sketch.time, sketch.seed, palette, wide)
    props = sorted(stage.props, key=lambda prop: prop.foot)
    behind = [*stage.back, *(shape for prop in props for shape in prop.shapes)]
    return _page(behind, wide), _page(stage.front, wide, ground=False)


def _page(shapes: list[Shape], wide: int, ground: bool = True) -> str:
    canvas = _Inked("colour")
    canvas.shapes(shapes)
    svg = canvas.svg(wide, 512)
    return svg if ground else svg.replace(f'<rect width="{wide}" height="512" fill="#ffffff"/>', "", 1)


def preview_png(sketch: Sketch, chosen: int = -1) -> bytes:
    """A sketch in flat colours as PNG: a number on each layer, or a frame around the one that is `chosen`."""
    behind, before = scene_svgs(sketch)
    parts = [_inside(behind)]
    parts += [
        _placed(layer.sticker, layer.x, layer.y, layer.scale, layer.rotation, layer.flip) for layer in sketch.layers
    ]
    parts.append(_inside(before))
    if 0 <= chosen < len(sketch.layers):
        parts.append(_frame(sketch.layers[chosen]))
    spots = [_corner(layer) for layer in sketch.layers] if chosen < 0 else []
    return _numbered(parts, spots, 512, page_wide(sketch.width, sketch.height))


def four_png(stickers: tuple[str, ...], side: int = 480) -> bytes:
    """Up to four stickers side by side as PNG, numbered from 1."""
    places = [(0.27, 0.27), (0.75, 0.27), (0.27, 0.75), (0.75, 0.75)]
    parts = ['<rect width="512" height="512" fill="#fdf9f0"/>']
    for sticker, (x, y) in zip(stickers, places, strict=False):
        _, _, wide, high = bounds(sticker)
        parts.append(_placed(sticker, x, y, 0.34 * min(1.0, high / wide), 0.0, False))
    spots = [((x - 0.2) * PAGE, (y - 0.2) * PAGE) for x, y in places[: len(stickers)]]
    return _numbered(parts, spots, side)


def _placed(sticker: str, x: float, y: float, scale: float, rotation: float, flip: bool) -> str:
    left, top, wide, high = bounds(sticker)
    k = scale * PAGE / high
    side = -k if flip else k
    place = (
        f"translate({x * PAGE:.2f} {y * PAGE:.2f}) rotate({rotation:.1f}) scale({side:.4f} {k:.4f})"
        f" translate({-(left + wide / 2):.2f} {-(top + high / 2):.2f})"
    )
    return f'<g transform="{place}">{_inside(sticker_svg(sticker))}</g>'


def _frame(layer: Layer) -> str:
    _, _, wide, high = bounds(layer.sticker)
    tall, broad = layer.scale * PAGE + 14, layer.scale * PAGE * wide / high + 14
    turn = f"rotate({layer.rotation:.1f} {layer.x * PAGE:.1f} {layer.y * PAGE:.1f})"
    return (
        f'<rect x="{layer.x * PAGE - broad / 2:.1f}" y="{layer.y * PAGE - tall / 2:.1f}" width="{broad:.1f}"'
        f' height="{tall:.1f}" rx="12" fill="none" stroke="#c8492f" stroke-width="4" stroke-dasharray="10 7" transform="{turn}"/>'
    )


def _corner(layer: Layer) -> tuple[float, float]:
    """Where a number covers no face: the top left of a layer, in page units."""
    _, _, wide, high = bounds(layer.sticker)
    half = layer.scale / 2
    return (layer.x - half * wide / high) * PAGE, (layer.y - half) * PAGE


def _inside(svg: str) -> str:
    return svg[svg.index(">") + 1 : svg.rindex("</svg>")]


def _numbered(parts: list[str], spots: list[tuple[float, float]], side: int, page: float = PAGE) -> bytes:
    """SVG parts as PNG, `side` high, with 1, 2, 3 ... at spots in page units; `page`: how wide it is, in these."""
    import io

    import resvg_py
    from PIL import Image, ImageDraw

    across = round(side * page / PAGE)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{across}" height="{side}" viewBox="0 0 {page:g} 512">{"".join(parts)}</svg>'
    image = Image.open(io.BytesIO(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True))).convert("RGB")
    draw, font, k = ImageDraw.Draw(image), handwriting(26), side / PAGE
    for n, (x, y) in enumerate(spots, 1):
        x, y = min(max(x * k, 18), across - 18), min(max(y * k, 18), side - 18)
        draw.ellipse((x - 15, y - 15, x + 15, y + 15), fill="#fffefa", outline="#c8492f", width=2)
        draw.text((x, y), str(n), fill="#3a3028", font=font, anchor="mm")
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()
