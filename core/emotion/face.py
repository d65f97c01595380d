"""A selfie becomes a careful guess at a feeling, or the reason why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.emotion.layers import Array, convolve, softmax
from core.emotion.mtcnn import Found, find_faces
from core.emotion.which import MOST, same_face
from core.entities import FACE_EMOTIONS, Box, Face, FaceProblem, FaceReading, Label
from core.ports import EngineMissing

WEIGHTS = Path(__file__).resolve().parent.parent / "weights" / "face_emotion.npz"

SIDE = 48  # px; what the network looks at
# Where the faces it learned from have eyes, mouth and nose, as shares of the side (medians over 163 of them).
EYE_DISTANCE, EYES_TO_MOUTH, NOSE = 0.376, 0.395, (0.503, 0.597)

LEAST_SIDE = 32  # px; a smaller face shows too little
COMPARABLE = 0.6  # of the largest face's side: someone else who is in the picture, not in its background
SURE_FACE = 0.9  # a face that scores less is covered, or turned away
DARK = 45  # of 255; where nine tenths of a face are darker, it can't be read


class Judge(Protocol):
    """Whoever tells feelings apart in the small network's place."""

    def chances_of(self, rgb: NDArray[np.uint8], face: Found) -> Array:
        """A face found in a photo (H, W, 3) -> calibrated shares (5,) in the order of FACE_EMOTIONS."""


@dataclass(frozen=True)
class FaceEmotion:
    """The network of `training/face_emotion.py` (He et al. 2016, small) with its calibration (Guo et al. 2017)."""

    arrays: dict[str, Array]

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> FaceEmotion:
        """Read the weights. Raises EngineMissing where they are not there."""
        if not path.exists():
            raise EngineMissing("error.engine_missing", f"no weights at {path.name}")
        with np.load(path) as file:
            order = [list(file["names"]).index(name) for name in FACE_EMOTIONS]
            arrays = {name: file[name].astype(np.float32) for name in file.files if name != "names"}
        by_name = {name: arrays[name][..., order] for name in ("head.w", "head.b", "bias")}
        return cls(arrays | by_name)

    def read(self, rgb: NDArray[np.uint8], chosen: Box | None = None, judge: Judge | None = None) -> FaceReading:
        """The one face of an upright photo (H, W, 3), or why there is no guess. `chosen`: which one, of several; `judge`:
        who tells what it shows, else this network."""
        faces = [face for face in find_faces(rgb) if face.side >= LEAST_SIDE / 2]
        others = [face for face in faces[1:] if face.side >= COMPARABLE * faces[0].side and face.score > SURE_FACE]
        if chosen is not None and (at := same_face([box_of(face) for face in faces], chosen)) is not None:
            faces, others = [faces[at]], []
        if problem := _problem(rgb, faces, others):
            several = sorted(box_of(face) for face in (faces[0], *others)) if others else []
            boxes = tuple(several) if len(several) <= MOST else ()
            return FaceReading(problem=problem, found=1 + len(others) if faces else 0, boxes=boxes)
        grey = align(rgb, faces[0])
        if np.percentile(grey, 90) < DARK:
            return FaceReading(problem=FaceProblem.DARK, found=1)
        features = self.features(grey[None])
        if self._is_covered(features):
            return FaceReading(problem=FaceProblem.COVERED, found=1)
        chances = self._chances(features)[0] if judge is None else judge.chances_of(rgb, faces[0])
        labels = tuple(Label(FACE_EMOTIONS[i], round(float(chances[i]), 4)) for i in np.argsort(-chances))
        return FaceReading(Face(labels, box_of(faces[0]), labels[0].score), found=1)

    def chances(self, faces: NDArray[np.uint8]) -> Array:
        """Cropped grey faces (N, 48, 48) -> calibrated shares (N, 5) in the order of FACE_EMOTIONS."""
        return self._chances(self.features(faces))

    def chances_of(self, rgb: NDArray[np.uint8], face: Found) -> Array:
        """A face found in a photo (H, W, 3) -> calibrated shares (5,) in the order of FACE_EMOTIONS."""
        return np.asarray(self.chances(align(rgb, face)[None])[0])

    def features(self, faces: NDArray[np.uint8]) -> Array:
        """Cropped grey faces (N, 48, 48) -> what the network sees in nine fields of each (N, 3, 3, 192)."""
        x = _normalised(faces)
        x = self._layers(x) + self._layers(np.ascontiguousarray(x[:, :, ::-1]))[:, :, ::-1]  # the face and its mirror
        return x.reshape(len(x), 3, 2, 3, 2, -1).mean((2, 4)) * np.float32(0.5)

    def middle(self, faces: NDArray[np.uint8]) -> Array:
        """Cropped grey faces (N, 48, 48) -> what the network sees before it looks for feelings (N, 12, 12, 128)."""
        return self._layers(_normalised(faces), blocks=3)

    def _chances(self, features: Array) -> Array:
        scores = features.mean((1, 2)) @ self.arrays["head.w"] + self.arrays["head.b"] + self.arrays["bias"]
        return softmax(np.asarray(scores / self.arrays["temperature"], np.float32))

    def _is_covered(self, features: Array) -> bool:
        """True where `training/face_covered.py` would see a mask, dark glasses or a hand; features (1, 3, 3, 192)."""
        return bool((features.reshape(-1) @ self.arrays["covered.w"] + self.arrays["covered.b"]) > 0)

    def _layers(self, x: Array, blocks: int = 5) -> Array:
        """(N, 48, 48, 1) normalised -> (N, 6, 6, 192), or what comes out after fewer blocks."""
        x = np.maximum(self._layer(x, "stem", 5, 2), 0)
        for i, stride in enumerate((1, 1, 2, 1, 2)[:blocks]):
            inner = np.maximum(self._layer(x, f"{i}a", 3, stride), 0)
            short = self._layer(x, f"{i}c", 1, stride) if f"{i}c.w" in self.arrays else x
            x = np.maximum(self._layer(inner, f"{i}b", 3, 1) + short, 0)
        return x

    def _layer(self, x: Array, name: str, side: int, stride: int) -> Array:
        return convolve(x, self.arrays[f"{name}.w"], self.arrays[f"{name}.b"], side, stride, side // 2)


def _normalised(faces: NDArray[np.uint8]) -> Array:
    grey = faces.astype(np.float32)[..., None] / 255
    return np.asarray((grey - grey.mean((1, 2, 3), keepdims=True)) / (grey.std((1, 2, 3), keepdims=True) + 0.02))


def read_face(rgb: NDArray[np.uint8], chosen: Box | None = None, judge: Judge | None = None) -> FaceReading:
    """`FaceEmotion.read` with the project's own weights, loaded once at the first photo. Raises EngineMissing."""
    return own_network().read(rgb, chosen, judge)


def box_of(face: Found) -> Box:
    """Where a face is, in whole pixels."""
    x, y, width, height = (round(value) for value in face.box)
    return x, y, width, height


@cache
def own_network() -> FaceEmotion:
    """The project's own weights, loaded once. Raises EngineMissing."""
    return FaceEmotion.load()


def align(rgb: NDArray[np.uint8], face: Found, side: int = SIDE) -> NDArray[np.uint8]:
    """A face cut out grey (side, side): eyes level, nose centred, distance of the eyes always the same."""
    left, right, nose, mouth_left, mouth_right = (np.array(point) for point in face.points)
    across = right - left
    down = (mouth_left + mouth_right) / 2 - (left + right) / 2
    # The eyes of a head that is turned aside stand close together: then the way to the mouth is the better measure.
    pixels = max(math.hypot(*across) / EYE_DISTANCE, math.hypot(*down) / EYES_TO_MOUTH) / side
    turn = math.atan2(across[1], across[0])
    photo = Image.fromarray(rgb).convert("L")
    shrink = max(1, int(pixels / 2))  # large faces are averaged first, or fine lines would flicker
    photo = photo.reduce(shrink)
    nose, pixels = nose / shrink, pixels / shrink
    cos, sin = math.cos(turn) * pixels / 2, math.sin(turn) * pixels / 2
    x, y = 2 * side * NOSE[0], 2 * side * NOSE[1]
    affine = (cos, -sin, nose[0] - cos * x + sin * y, sin, cos, nose[1] - sin * x - cos * y)
    double = photo.transform((2 * side, 2 * side), Image.Transform.AFFINE, affine, Image.Resampling.BILINEAR)
    return np.asarray(double.reduce(2))


def _problem(rgb: NDArray[np.uint8], faces: list[Found], others: list[Found]) -> FaceProblem | None:
    """What keeps us from a guess before the face itself is looked at."""
    if not faces:
        return FaceProblem.DARK if np.percentile(rgb, 90) < DARK else FaceProblem.NO_FACE
    if others:
        return FaceProblem.SEVERAL
    if faces[0].side < LEAST_SIDE:
        return FaceProblem.SMALL
    return FaceProblem.COVERED if faces[0].score < SURE_FACE else None
