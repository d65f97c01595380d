"""A folder of pictures to learn a look from, each with its edges and its words.

    FOLDER/metadata.jsonl   a line for each picture, as `datasets` reads it (`load_dataset("imagefolder", data_dir=FOLDER)`):
                            {"file_name": "pictures/1.png", "edge_file_name": "edges/1.png", "text": "a dog on a beach"}
    FOLDER/pictures/        what it is to look like, of any size; what is not square is cut at its longer side
    FOLDER/edges/           the same scenes as lines, in the same shape: black on white, or white on black

Names are within FOLDER. The last lines are held out: nothing is learned from them (`parted`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from core.evaluation.files import BadFile, text_of
from core.painting.looks import LOOKS
from training.painter import pairs

METADATA = "metadata.jsonl"
FIRST = pairs.HELD_OUT + 100_000  # a seed: from here on our own painter neither learned nor was judged
_TOLD = 8  # faults at once
_SKEW = 0.02  # that a picture and its edges may differ in shape


@dataclass(frozen=True)
class Example:
    """One thing to learn from."""

    picture: Path
    edge: Path
    caption: str


# --- reading -------------------------------------------------------------------------------------


def read(folder: Path) -> tuple[Example, ...]:
    """All of a folder, in its order. Raises BadFile, which names what is missing and quotes no caption."""
    lines = [line for line in text_of(folder / METADATA).split("\n") if line.strip()]
    examples, faults = [], list[str]()
    for number, line in enumerate(lines, 1):
        found = _example(folder, line)
        if isinstance(found, Example):
            faults += _faults(found)
            examples.append(found)
        else:
            faults.append(f"{folder / METADATA}, line {number}: {found}.")
    if not lines:
        faults.append(f"{folder / METADATA} is empty.")
    if faults:
        more = [f"And {len(faults) - _TOLD} more."] if len(faults) > _TOLD else []
        raise BadFile("\n".join(faults[:_TOLD] + more))
    return tuple(examples)


def _example(folder: Path, line: str) -> Example | str:
    """What a line tells of, or what is wrong with it."""
    try:
        row = json.loads(line)
    except ValueError:
        return "this is no JSON"
    if not isinstance(row, dict) or not _is_text(row.get("file_name")):
        return "no file_name"
    name = row["file_name"]
    if not _is_text(row.get("text")):
        return f"{name} has no caption (text)"
    if not _is_text(row.get("edge_file_name")):
        return f"{name} has no edges (edge_file_name)"
    return Example(folder / name, folder / row["edge_file_name"], row["text"].strip())


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _faults(of: Example) -> Iterator[str]:
    """What is wrong with the two files; only their heads are read."""
    shapes = []
    for path, called in ((of.picture, f"{of.picture}"), (of.edge, f"{of.edge}, the edges of {of.picture.name},")):
        try:
            with Image.open(path) as image:
                shapes.append(image.width / image.height)
        except FileNotFoundError:
            yield f"{called} is not there."
        except (OSError, UnidentifiedImageError, Image.DecompressionBombError):
            yield f"{called} is no picture that can be read."
    if len(shapes) == 2 and abs(shapes[0] - shapes[1]) > _SKEW * shapes[0]:
        yield f"{of.edge} has another shape than {of.picture.name}."


def parted(examples: Sequence[Example], held: int) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """What is learned from, and the last `held`, which it is judged by. Raises BadFile where nothing would be left."""
    if not 0 < held < len(examples):
        raise BadFile(f"{held} of {len(examples)} pictures can't be held out: at least one must be, and one be left.")
    return tuple(examples[:-held]), tuple(examples[-held:])


def picture_of(example: Example, side: int) -> NDArray[np.uint8]:
    """(side, side, 3) RGB."""
    return np.asarray(_fitted(example.picture, "RGB", side))


def lines_of(example: Example, side: int) -> NDArray[np.uint8]:
    """(side, side), black lines on white, whichever way they are kept: most of a page is empty."""
    lines = np.asarray(_fitted(example.edge, "L", side))
    return 255 - lines if lines.mean() < 127.5 else lines


def _fitted(path: Path, mode: str, side: int) -> Image.Image:
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image)
        return ImageOps.fit(upright.convert(mode), (side, side), Image.Resampling.LANCZOS)


# --- making --------------------------------------------------------------------------------------


def write(folder: Path, look: str, count: int, first: int = FIRST) -> None:
    """Make such a folder of our own scenes in one look (`core.painting.looks.LOOKS`), about 0.2 s of one core each; what is
    there already is kept. Raises KeyError where there is no such look."""
    medium = LOOKS[look]
    for name in ("pictures", "edges"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    told = folder / METADATA
    known = {example.picture.name for example in read(folder)} if told.exists() else set()
    for seed in range(first, first + count):
        name = f"{seed:09d}.png"
        if name in known:
            continue
        pair = pairs.make(seed, medium)
        Image.fromarray(pair.picture).save(folder / "pictures" / name)
        Image.fromarray(pair.line).save(folder / "edges" / name)
        row = {"file_name": f"pictures/{name}", "edge_file_name": f"edges/{name}", "text": pair.caption}
        with told.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
