"""A painter is judged on scenes that nothing has learned from: lines, colours, words, seeds, seconds and memory."""

from __future__ import annotations

import io
import math
import random
import resource
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from core.engines import Order, Painter
from core.entities import EMOTIONS, Emotion, Label, Picture, Sketch, Tag
from core.evaluation import pictures as figures
from core.evaluation.files import BadFile
from core.painting import crayon
from core.painting.drawing import colour_page, draw
from core.painting.lexicon import lexicon
from core.painting.raster import rastered
from core.painting.sketch import compose
from core.ports import EngineMissing
from core.settings import CONFIG_DIR, Painting

FIRST_SEED = 20_000_000  # training/painter learns from seeds below 10,000,000 and holds those from there on back
LOADING_S = 3600.0  # large weights may come from far
BATCHES = (1, 2, 4, 8)
SEEDS = 3  # pictures of one sketch
_SMALL = 128  # pixels, at which colours are compared


@dataclass(frozen=True)
class Scene:
    """What a painter is asked for."""

    tags: tuple[Tag, ...]
    emotion: Emotion
    sketch: Sketch
    seed: int


@dataclass(frozen=True, eq=False)
class Judged:
    """A scene with what was painted of it."""

    scene: Scene
    picture: Picture
    seconds: float

    @property
    def pixels(self) -> figures.Pixels:
        """(H, W, 3) RGB."""
        return _opened(self.picture.png, "RGB")

    @property
    def lines(self) -> figures.Pixels:
        """(H, W), black on white."""
        return _opened(self.picture.sketch_png, "L")


def diffusion(painting: Painting) -> Painter:
    """The diffusion painter with its weights loaded and all the time it needs. Raises core.ports.EngineMissing where it
    would leave its work to the crayon painter."""
    from core.painting.diffusion import DiffusionPainter

    made = DiffusionPainter(painting, limit_s=math.inf)
    if not made.ready(LOADING_S):
        raise EngineMissing("error.engine_missing", made.missing or f"not loaded within {LOADING_S:.0f} s")
    return made


class Fits(Protocol):
    """Says how well pictures and words fit."""

    def score(self, pictures: Sequence[figures.Pixels], words: Sequence[str]) -> float:
        """Mean cosine, times 100."""

    def far_apart(self, pictures: Sequence[figures.Pixels]) -> float:
        """Mean distance between pictures, 0..2."""


def evaluate(
    painter: Painter, count: int = 24, *, width: int = 512, first: int = FIRST_SEED, clip: Fits | None = None,
    sheet: Path | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Figures of a painter over `count` scenes, each composed by chance from its seed. `sheet`: where to lay them out.

    Raises BadFile before anything is painted where no sheet can lie there."""
    if sheet is not None:
        _look_at(sheet)
    scenes = [scene(first + n, width) for n in range(count)]
    _paint(painter, scenes[0], scenes[0].seed)  # loads the weights: not a picture's time
    judged = [_paint(painter, one, one.seed) for one in scenes]
    sets = [[_paint(painter, one, one.seed + 1 + n) for n in range(SEEDS - 1)] for one in scenes[: max(1, count // 6)]]
    alike = [[judged[n], *more] for n, more in enumerate(sets)]
    if sheet is not None:
        lay_out(judged, sheet)
    found = _colours(judged)
    engines = sorted({one.picture.engine for one in judged})
    return {
        "pictures": count,
        "engine": ", ".join(engines),
        "line_f1": figures.edge_f1([one.pixels for one in judged], [one.lines for one in judged]),
        "found": found,
        "diversity": float(np.mean([figures.diversity([one.pixels for one in some]) for some in alike])),
        **(_words(clip, judged, alike) if clip is not None else {}),
        "seconds_per_picture": float(np.mean([one.seconds for one in judged])),
        "seconds_of_the_slowest": max(one.seconds for one in judged),
        **_together(painter, scenes),
        **_memory(),
    }


# --- scenes --------------------------------------------------------------------------------------


def scene(seed: int, width: int = 512) -> Scene:
    """A feeling and one to four things of the lexicon, composed as a diary's are; the same for the same seed."""
    rng = random.Random(f"evaluate-{seed}")
    emotion = feeling(rng.choice(EMOTIONS))
    concepts = rng.sample(sorted(lexicon().concepts), rng.randint(1, 4))
    known = [lexicon().concepts[name] for name in concepts]
    tags = tuple(Tag(one.name, one.name.replace("_", " "), one.sticker, one.kind) for one in known)
    return Scene(tags, emotion, compose(tags, emotion, seed, width=width), seed)


def feeling(name: str) -> Emotion:
    """The palette's own place of a feeling."""
    row = _feelings()[name]
    return Emotion(row["valence"], row["arousal"], row["dominance"], (Label(name, 1.0),), 1.0)


@cache
def _feelings() -> dict[str, dict[str, float]]:
    table: dict[str, dict[str, float]] = tomllib.loads((CONFIG_DIR / "palette.toml").read_text("utf-8"))
    return table


def _paint(painter: Painter, one: Scene, seed: int) -> Judged:
    begun_s = time.perf_counter()
    picture = painter.paint(one.tags, one.emotion, "en", seed, one.sketch)
    return Judged(one, picture, time.perf_counter() - begun_s)


# --- figures -------------------------------------------------------------------------------------


def _colours(judged: Sequence[Judged]) -> dict[str, float]:
    """Shares of what was asked for that a classifier of colours finds; what was asked for is what crayons, small, make of
    the same sketch."""
    above_below, shapes, seen, known = [], [], [], []
    for one in judged:
        picture, sketch = figures.sized(one.pixels, _SMALL), _small(one.scene.sketch)
        in_each = [crayon.paint(sketch, feeling(name), one.scene.seed) for name in EMOTIONS]
        wanted = in_each[EMOTIONS.index(one.scene.emotion.name)]
        colours = crayon.palette(one.scene.emotion.name)
        flat, codes = colour_page(sketch, colours), np.asarray(rastered(draw(sketch, colours, "map").svg))
        above_below += figures.background_found(picture, wanted)
        shapes += figures.shapes_found(picture, wanted, flat, codes)
        seen.append(figures.signature(picture))
        known.append([figures.signature(each) for each in in_each])
    true = [EMOTIONS.index(one.scene.emotion.name) for one in judged]
    moods = figures.moods_found(np.array(seen), np.array(known), true)
    return {"background": _share(above_below), "shapes": _share(shapes), "feeling": _share(moods)}


def _small(sketch: Sketch) -> Sketch:
    return replace(sketch, width=_SMALL * sketch.width // sketch.height, height=_SMALL)


def _words(clip: Fits, judged: Sequence[Judged], alike: Sequence[Sequence[Judged]]) -> dict[str, float]:
    """Pictures against the words that they were painted from, and against those of another scene."""
    pixels, words = [one.pixels for one in judged], [one.picture.prompt for one in judged]
    return {
        "clip_score": clip.score(pixels, words),
        "clip_score_of_other_words": clip.score(pixels, words[1:] + words[:1]),
        "clip_diversity": float(np.mean([clip.far_apart([one.pixels for one in some]) for some in alike])),
    }


def _together(painter: Painter, scenes: Sequence[Scene]) -> dict[str, Any]:
    """Seconds for each of several pictures that are painted in one run, and until the first is known to be under way;
    nothing for a painter that paints one after the other."""
    paint_together = getattr(painter, "paint_together", None)
    if paint_together is None:
        return {}
    orders = [Order(one.tags, one.emotion, "en", one.seed, one.sketch) for one in scenes]
    began, seconds = list[float](), dict[str, float]()
    for many in BATCHES:
        if many <= len(orders):
            begun_s = time.perf_counter()

            def watch(_done: float, _look: object, begun_s: float = begun_s) -> bool:
                began.append(time.perf_counter() - begun_s)
                return True

            paint_together(orders[:many], [watch] * many)
            seconds[f"{many} at once"] = (time.perf_counter() - begun_s) / many
    first = {"seconds_to_first_progress": began[0]} if began else {}
    return {**first, "seconds": seconds}


def _memory() -> dict[str, int]:
    """Megabytes at the most, of this process and of the GPU where one was used."""
    unit = 1024 if sys.platform != "darwin" else 1
    most = {"memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit // 1_000_000}
    if "torch" in sys.modules:
        import torch

        if torch.cuda.is_available():
            most["gpu_memory_mb"] = torch.cuda.max_memory_allocated() // 1_000_000
    return most


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found) if found else float("nan")


# --- pictures ------------------------------------------------------------------------------------


def lay_out(judged: Sequence[Judged], file: Path, columns: int = 6, cell: int = 240) -> None:
    """A contact sheet: every sketch with its picture below it. Raises BadFile."""
    from PIL import Image

    gap, wide = 6, cell * judged[0].scene.sketch.width // judged[0].scene.sketch.height
    columns = min(columns, len(judged))
    rows = -(-len(judged) // columns)
    sheet = Image.new("RGB", (columns * (wide + gap) + gap, rows * 2 * (cell + gap) + gap), "#FFFFFF")
    for n, one in enumerate(judged):
        x, y = gap + n % columns * (wide + gap), gap + n // columns * 2 * (cell + gap)
        for below, pixels in enumerate((one.lines, one.pixels)):
            shown = Image.fromarray(pixels).convert("RGB").resize((wide, cell), Image.Resampling.LANCZOS)
            sheet.paste(shown, (x, y + below * (cell + gap)))
    try:
        sheet.save(file)
    except OSError as error:  # no more room, or the folder went meanwhile
        raise BadFile(f"{file} can't be written: {error.strerror or error}.") from None


def _look_at(sheet: Path) -> None:
    """Raises BadFile where a picture can't be written: people wait an hour for what comes before it."""
    from PIL import Image

    endings = Image.registered_extensions()  # reads all of Pillow's formats
    if endings.get(sheet.suffix.lower()) not in Image.SAVE:
        raise BadFile(f"{sheet} must end as a picture does: .png, .jpg or .webp.")
    if not sheet.parent.is_dir():
        raise BadFile(f"There is no folder {sheet.parent}.")
    if sheet.is_dir():
        raise BadFile(f"{sheet} is a folder.")
    try:
        with sheet.open("ab") if sheet.exists() else tempfile.TemporaryFile(dir=sheet.parent):
            pass
    except OSError as error:
        raise BadFile(f"{sheet} can't be written: {error.strerror or error}.") from None


def _opened(png: bytes, mode: str) -> figures.Pixels:
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(png)).convert(mode))
