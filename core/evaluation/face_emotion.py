"""The face model is judged: cropped faces by the network alone, pictures by the whole way of a selfie."""

from __future__ import annotations

import sys
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.emotion.face import SIDE, FaceEmotion
from core.emotion.face_labels import our_name
from core.emotion.face_large import LargeFace
from core.emotion.mtcnn import find_faces
from core.emotion.photo import open_photo
from core.entities import FACE_EMOTIONS
from core.evaluation.figures import recalls
from core.evaluation.files import BadFile, rows_of
from core.intake import PhotoProblem
from core.settings import Intake

_BATCH = 64  # faces at once
_NOBODY = -1


@dataclass(frozen=True)
class Read:
    """What was said of the labelled pictures; -1 where no face was found."""

    said: NDArray[np.int64]  # indexes into FACE_EMOTIONS
    seconds_each: float  # of those that could be opened


def evaluate(images: Path, labels: Path, large: str = "") -> dict[str, Any]:
    """Figures on an npz (`images`: cropped faces) or on a folder of pictures, which `labels` names with `file`.

    `large`: the folder of a trained network instead of the small one. Pictures whose label is none of ours are left out
    and counted; one that can't be opened is named on stderr, and no face was found in it. Raises BadFile, EngineMissing.
    """
    model: FaceEmotion | LargeFace = LargeFace.load(large) if large else FaceEmotion.load()
    folder = images.is_dir()
    rows = [row for _, row in rows_of(labels, ("file", "label") if folder else ("label",))]
    truth = [_index(row["label"]) for row in rows]
    at = [n for n, index in enumerate(truth) if index is not None]
    if not at:
        raise BadFile(f"{labels} has no label of {', '.join(FACE_EMOTIONS)}.")
    if folder:
        read = read_pictures(model, [images / rows[n]["file"] for n in at])
    else:
        faces = open_faces(images)
        if len(faces) != len(rows):
            raise BadFile(f"{images} holds {len(faces)} faces and {labels} {len(rows)} labels.")
        cut = (
            shaped(faces[at], model.channels, model.side)
            if isinstance(model, LargeFace)
            else shaped(faces[at], 1, SIDE)[:, 0]
        )
        read = read_faces(model, cut)
    known = np.array([index for index in truth if index is not None])
    return judged(known, read.said) | {
        "faces": len(at),
        "left_out": len(rows) - len(at),
        "seconds_per_face": read.seconds_each,
    }


def judged(truth: NDArray[np.int64], said: NDArray[np.int64]) -> dict[str, Any]:
    """Accuracy, recalls and the share of pictures in which a face was found; without one there is no right answer."""
    by_class = recalls(truth, said)
    return {
        "accuracy": float((truth == said).mean()),
        "macro_recall": float(np.mean(list(by_class.values()))),
        "recall": {FACE_EMOTIONS[k]: recall for k, recall in by_class.items()},
        "found": float((said != _NOBODY).mean()),
    }


def read_faces(model: FaceEmotion | LargeFace, faces: NDArray[np.uint8]) -> Read:
    """Cropped faces, as the model takes them: the network alone, nothing is looked for."""
    begun_s = time.perf_counter()
    parts = [model.chances(faces[n : n + _BATCH]).argmax(axis=1) for n in range(0, len(faces), _BATCH)]
    return Read(np.concatenate(parts), (time.perf_counter() - begun_s) / len(faces))


def read_pictures(model: FaceEmotion | LargeFace, paths: Sequence[Path]) -> Read:
    """The whole way of a selfie, opening left out of the time. Where it would rather not guess, its first thought counts.

    One that can't be opened is named on stderr, and nobody was found in it. Raises BadFile where none can be."""
    said, seconds, broken, warm = [], 0.0, list[BadFile](), False
    for path in paths:
        try:
            rgb = _pixels(path)
        except BadFile as error:
            broken.append(error)
            said.append(_NOBODY)
            continue
        if not warm:  # until a face was read, networks that look for one may have to be loaded: not a picture's time
            warm = model.read(rgb).face is not None
        begun_s = time.perf_counter()
        reading = model.read(rgb)
        seconds += time.perf_counter() - begun_s
        said.append(FACE_EMOTIONS.index(reading.face.name) if reading.face else _first_thought(model, rgb))
    if len(broken) == len(paths):
        raise broken[0]
    for each in broken:
        print(each, file=sys.stderr)
    return Read(np.array(said), seconds / (len(paths) - len(broken)))


def open_faces(path: Path) -> NDArray[np.uint8]:
    """The array `images` of an npz, (N, H, W) or (N, H, W, 3). Raises BadFile."""
    try:
        with np.load(path, allow_pickle=False) as file:
            images = file["images"]
    except FileNotFoundError:
        raise BadFile(f"There is no file or folder {path}.") from None
    except KeyError:
        raise BadFile(f"{path} has no array called images.") from None
    except (OSError, ValueError, TypeError, AttributeError, EOFError, zipfile.BadZipFile):
        raise BadFile(f"{path} is neither a folder of pictures nor an npz file.") from None
    if images.dtype != np.uint8 or images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[3] not in (1, 3)):
        raise BadFile(f"images in {path} are to be bytes, (N, H, W) or (N, H, W, 3).")
    return np.asarray(images[..., 0] if images.ndim == 4 and images.shape[3] == 1 else images)


def shaped(images: NDArray[np.uint8], channels: int, side: int) -> NDArray[np.uint8]:
    """Faces (N, H, W) or (N, H, W, 3) as a network takes them, grey or in colours: (N, channels, side, side)."""
    wanted = [Image.fromarray(each).convert("L" if channels == 1 else "RGB").resize((side, side)) for each in images]
    return np.array([np.asarray(each).reshape(side, side, channels).transpose(2, 0, 1) for each in wanted], np.uint8)


def _first_thought(model: FaceEmotion | LargeFace, rgb: NDArray[np.uint8]) -> int:
    faces = find_faces(rgb)
    return int(model.chances_of(rgb, faces[0]).argmax()) if faces else _NOBODY


def _pixels(path: Path) -> NDArray[np.uint8]:
    try:
        return open_photo(path.read_bytes(), Intake()).rgb
    except FileNotFoundError:
        raise BadFile(f"There is no picture {_told(path)}.") from None
    except (OSError, PhotoProblem):
        raise BadFile(f"{_told(path)} is no picture that can be opened.") from None
    except ValueError:  # signs that no name of a file may have
        raise BadFile(f"{_told(path)} can't be the name of a picture.") from None


def _told(path: Path) -> str:
    """As it is, or spelled out where it would tear the sentence."""
    return str(path) if str(path).isprintable() else repr(str(path))


def _index(label: str) -> int | None:
    name = our_name(label)
    return FACE_EMOTIONS.index(name) if name is not None else None
