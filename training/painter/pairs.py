"""Scenes by chance, each as line art, crayon picture and the words that tell what is on it."""

from __future__ import annotations

import json
import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.entities import EMOTIONS, Emotion, Label, Sketch, Tag, VisualPreferences
from core.painting import figures
from core.painting.colours import bands, name_of
from core.painting.crayon import paint, palette
from core.painting.drawing import line_page
from core.painting.lexicon import lexicon
from core.painting.looks import WAX, Look
from core.painting.preferences import entry
from core.painting.prompt import brush_words
from core.painting.prompt import write as write_prompt
from core.painting.sketch import compose
from core.painting.stage import PLACES
from core.settings import CONFIG_DIR

SIDE = 256  # pixels, of what the networks see
PAINTED_SIDE = 384  # pixels: painted larger and made smaller, or the strokes are coarser than the shapes
HELD_OUT = 10_000_000  # seeds from here on are never learned from
SHARD = 50  # pairs in a file
WEATHERS = ("clear", "cloudy", "rain", "snow", "wind", "fog")
TIMES = ("morning", "day", "evening", "night")


@dataclass(frozen=True)
class Scene:
    """What a pair is made from."""

    sketch: Sketch
    emotion: Emotion
    tags: tuple[Tag, ...]
    colours: tuple[str, ...]  # sky, ground, light, accent, shade
    seed: int


@dataclass(frozen=True)
class Pair:
    """One thing to learn from."""

    picture: NDArray[np.uint8]  # (SIDE, SIDE, 3) RGB
    line: NDArray[np.uint8]  # (SIDE, SIDE), black lines on white
    caption: str
    seed: int


# --- making --------------------------------------------------------------------------------------


def scene(seed: int) -> Scene:
    """A scene by chance, the same one for the same seed."""
    rng = random.Random(f"painter-{seed}")
    emotion = _emotion(rng.choice(EMOTIONS))
    tags = _tags(rng)
    sketch = compose(
        tags,
        emotion,
        seed,
        place=rng.choice(sorted(PLACES)) if rng.random() < 0.6 else "",
        weather=rng.choice(WEATHERS) if rng.random() < 0.4 else "",
        time=rng.choice(TIMES) if rng.random() < 0.4 else "",
        width=PAINTED_SIDE,
        height=PAINTED_SIDE,
    )
    colours = palette(emotion.name) if rng.random() < 0.5 else _odd_palette(rng)
    return Scene(sketch, emotion, tags, colours, seed)


def make(seed: int, look: Look = WAX) -> Pair:
    """Compose, paint and name: about 0.2 s of one core."""
    it = scene(seed)
    picture = _smaller(paint(it.sketch, it.emotion, seed, it.colours, look))
    return Pair(picture, _smaller(line_page(it.sketch)), caption(it, picture, look), seed)


def caption(it: Scene, picture: NDArray[np.uint8], look: Look = WAX) -> str:
    """Mood, the colours that are really there, things, place, weather, hour and look; now and then in the words of
    `core.painting.prompt`, so that both are understood."""
    rng = random.Random(f"caption-{it.seed}")
    above, below = (name_of(colour) for colour in bands(picture))
    colours = f"{above} above, {below} below"
    if rng.random() < 0.35:
        wanted = VisualPreferences(look=look.name)
        return f"{it.emotion.name}, {colours}. {write_prompt(it.sketch, it.tags, it.emotion, wanted).text}"
    parts = [it.emotion.name, colours, *things(it.sketch)]
    parts += [f"{place_name(it.sketch.place)}, {it.sketch.weather}, {it.sketch.time}"]
    if rng.random() < 0.5:
        parts += brush_words(it.emotion.name)
    return ", ".join([*parts, medium(look)])


def medium(look: Look) -> str:
    """wax -> wax crayon."""
    words: str = entry("look", look.name)["words"]
    return words.rpartition(" ")[0]


def things(sketch: Sketch) -> tuple[str, ...]:
    """What stands on a sketch, in plain English words."""
    names = []
    for layer in sketch.layers:
        if figures.is_figure(layer.sticker):
            _, look, _, face, _ = layer.sticker.split("/")
            names.append(f"{face} {look}")
        else:
            names.append(layer.sticker.replace("-", " "))
    return tuple(dict.fromkeys(names))


def place_name(place: str) -> str:
    """night_city -> night city."""
    return place.replace("_", " ")


@cache
def _anchors() -> dict[str, dict[str, float]]:
    table: dict[str, dict[str, float]] = tomllib.loads((CONFIG_DIR / "palette.toml").read_text("utf-8"))
    return table


def _emotion(name: str) -> Emotion:
    row = _anchors()[name]
    return Emotion(row["valence"], row["arousal"], row["dominance"], (Label(name, 1.0),), 1.0)


@cache
def _concepts() -> dict[str, list[Tag]]:
    by_kind: dict[str, list[Tag]] = {}
    for concept in lexicon().concepts.values():
        by_kind.setdefault(concept.kind, []).append(Tag(concept.name, concept.name, concept.sticker, concept.kind))
    return by_kind


def _tags(rng: random.Random) -> tuple[Tag, ...]:
    kinds = _concepts()
    wanted = rng.choices(sorted(kinds), [len(kinds[kind]) ** 0.7 for kind in sorted(kinds)], k=rng.randint(1, 5))
    return tuple({tag.name: tag for kind in wanted for tag in (rng.choice(kinds[kind]),)}.values())


def _odd_palette(rng: random.Random) -> tuple[str, ...]:
    """Five colours that belong to no mood, or a network would learn the mood and not the colour's word."""
    ranges = (
        (0.15, 0.5, 0.85, 1),
        (0.2, 0.6, 0.6, 0.9),
        (0.1, 0.5, 0.95, 1),
        (0.5, 0.9, 0.75, 1),
        (0.2, 0.6, 0.35, 0.6),
    )
    return tuple(_hex(rng.random(), rng.uniform(s0, s1), rng.uniform(v0, v1)) for s0, s1, v0, v1 in ranges)


def _hex(hue: float, saturation: float, value: float) -> str:
    import colorsys

    return "#" + "".join(f"{round(part * 255):02X}" for part in colorsys.hsv_to_rgb(hue, saturation, value))


def _smaller(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    from PIL import Image

    return np.asarray(Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.LANCZOS))


# --- keeping -------------------------------------------------------------------------------------


def write(folder: Path, first_seed: int, count: int) -> None:
    """Make what is missing of `count` pairs, in files of SHARD; may be killed at any time and started again."""
    folder.mkdir(parents=True, exist_ok=True)
    for start in range(first_seed, first_seed + count, SHARD):
        path = folder / f"{start:09d}.npz"
        if path.exists():
            continue
        pairs = [make(seed) for seed in range(start, min(start + SHARD, first_seed + count))]
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.savez(
                file,
                pictures=np.stack([pair.picture for pair in pairs]),
                lines=np.stack([pair.line for pair in pairs]),
                captions=np.array(json.dumps([pair.caption for pair in pairs])),
            )
        part.replace(path)


@dataclass(frozen=True)
class Pairs:
    """Many pairs in memory."""

    pictures: NDArray[np.uint8]  # (N, SIDE, SIDE, 3)
    lines: NDArray[np.uint8]  # (N, SIDE, SIDE)
    captions: tuple[str, ...]


def read(folder: Path, most: int = 1_000_000) -> Pairs:
    """The first pairs of a folder by seed, `most` at most. Raises FileNotFoundError where there are none."""
    files = list(_some(sorted(folder.glob("*.npz")), most))
    if not files:
        raise FileNotFoundError(f"no pairs in {folder}: run `python -m training.painter pairs` first")
    return Pairs(
        np.concatenate([file["pictures"] for file in files])[:most],
        np.concatenate([file["lines"] for file in files])[:most],
        tuple(text for file in files for text in json.loads(str(file["captions"])))[:most],
    )


def _some(paths: list[Path], most: int) -> Iterator[dict[str, NDArray[np.generic]]]:
    found = 0
    for path in paths:
        if found >= most:
            return
        with np.load(path) as file:
            yield dict(file)
            found += len(file["lines"])
