"""A face becomes a careful guess at age and gender, for the sentence that music is made from and for nothing else.

Asked only of people who switched it on (Purpose.AGE_GENDER); never shown, never stored but in that sentence. Research
use only: see `core/weights/age_gender.md`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.emotion.face import FaceEmotion, align, box_of, own_network, read_face
from core.emotion.layers import Array, convolve
from core.emotion.mtcnn import Found, find_faces
from core.emotion.which import same_face
from core.entities import Box
from core.ports import EngineMissing
from core.settings import Engines

if TYPE_CHECKING:
    import torch

WEIGHTS = Path(__file__).resolve().parent.parent / "weights" / "age_gender.npz"
SURE = 0.8  # a less sure gender is not said: "somebody"
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))  # mean and deviation, where a folder does not say
_MARGIN = 0.3  # of a face's side that a larger model sees around it
_DECADES = {2: "twenties", 3: "thirties", 4: "forties", 5: "fifties", 6: "sixties", 7: "seventies", 8: "eighties"}


@dataclass(frozen=True)
class Looks:
    """How old somebody looks, and as whom; a guess of a machine, wrong for many."""

    age_years: float
    woman: float  # 0..1

    def listener(self) -> str:
        """E.g. "a woman in her thirties", "somebody in their twenties", "a child"."""
        if self.age_years < 20:
            return "a child" if self.age_years < 13 else "a teenager"
        who, whose = ("a woman", "her") if self.woman >= SURE else ("a man", "his") if self.woman <= 1 - SURE else ("somebody", "their")  # fmt: skip
        return f"{who} in {whose} {_DECADES.get(int(self.age_years // 10), 'later years')}"


def fingerprint(network: FaceEmotion) -> NDArray[np.uint8]:
    """A hash of the layers that `FaceEmotion.middle` goes through.  # (32,) uint8"""
    names = sorted(name for name in network.arrays if name.startswith(("stem.", "0", "1", "2")))
    whole = hashlib.sha256()
    for name in names:
        whole.update(f"{name} {network.arrays[name].shape} ".encode())
        whole.update(np.ascontiguousarray(network.arrays[name], np.float32).tobytes())
    return np.frombuffer(whole.digest(), np.uint8)


class Guesser(Protocol):
    """One face of an upright photo becomes a guess."""

    def guess(self, rgb: NDArray[np.uint8], face: Found) -> Looks:
        """`rgb` (H, W, 3). Never raises for a face that was found."""


@dataclass(frozen=True)
class SmallGuesser:
    """Three layers of `training/age_gender.py` over the middle of the face network; numpy only."""

    arrays: dict[str, Array]
    network: FaceEmotion

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> SmallGuesser:
        """Read the weights. Raises EngineMissing where they are not there, or were learned over another face network."""
        if not path.exists():
            raise EngineMissing("error.engine_missing", f"no weights at {path.name}")
        network = own_network()
        with np.load(path) as file:
            if "face" not in file.files or not np.array_equal(file["face"], fingerprint(network)):
                raise EngineMissing(
                    "error.engine_missing",
                    f"{path.name} was learned over another face_emotion.npz: make train MODEL=age_gender",
                )
            arrays = {name: file[name].astype(np.float32) for name in file.files if name != "face"}
        return cls(arrays, network)

    def guess(self, rgb: NDArray[np.uint8], face: Found) -> Looks:
        """See Guesser."""
        years, woman = self.of_faces(align(rgb, face)[None])[0]
        return Looks(float(years), float(woman))

    def of_faces(self, faces: NDArray[np.uint8]) -> Array:
        """Cropped grey faces (N, 48, 48) -> years and share of "woman" (N, 2); each face and its mirror image."""
        out = (self._out(faces) + self._out(faces[:, :, ::-1])) / 2
        years = np.clip(100 * out[:, 0], 0, 100)
        return np.stack([years, 1 / (1 + np.exp(-out[:, 1]))], axis=1)

    def _out(self, faces: NDArray[np.uint8]) -> Array:
        x = np.maximum(self._layer(self.network.middle(faces), "a", 2), 0)
        x = np.maximum(self._layer(x, "b", 1) + x, 0)
        x = np.maximum(self._layer(x, "c", 2), 0)
        return np.asarray(x.reshape(len(x), -1) @ self.arrays["out.w"] + self.arrays["out.b"])

    def _layer(self, x: Array, name: str, stride: int) -> Array:
        return convolve(x, self.arrays[f"{name}.w"], self.arrays[f"{name}.b"], 3, stride, 1)


@dataclass
class LargeGuesser:
    """A transformers image classifier (SwinV2, Liu et al. 2022, or any other) whose labels name ages and genders.

    Its labels may be "woman 30-39", "male", "20-29", "more than 70" ...: `training/age_gender.py --engine swinv2` makes
    such a folder."""

    name: str  # a folder, or a name on the hub

    def __post_init__(self) -> None:
        try:
            from transformers import AutoModelForImageClassification
            from transformers.image_processing_base import ImageProcessingMixin  # the others would need torchvision

            self._model: Any = AutoModelForImageClassification.from_pretrained(self.name).eval()
            told, _ = ImageProcessingMixin.get_image_processor_dict(self.name)
        except (ImportError, OSError, ValueError) as error:
            raise EngineMissing("error.engine_missing", f"age and gender by {self.name}: {error}") from error
        self._mean, self._std = told.get("image_mean") or IMAGENET[0], told.get("image_std") or IMAGENET[1]
        self._labels = [read_label(name) for _id, name in sorted(self._model.config.id2label.items())]
        if not any(age is not None or woman is not None for age, woman in self._labels):
            raise EngineMissing("error.engine_missing", f"{self.name} has no labels that name an age or a gender")

    def guess(self, rgb: NDArray[np.uint8], face: Found) -> Looks:
        """See Guesser."""
        import torch

        with torch.inference_mode():
            pixels = as_seen(cut_out(rgb, box_of(face)), self._model.config.image_size, self._mean, self._std)
            scores: torch.Tensor = self._model(pixel_values=torch.from_numpy(pixels[None])).logits[0].softmax(-1)
        return self._summed(scores.tolist())

    def _summed(self, shares: list[float]) -> Looks:
        pairs = list(zip(shares, self._labels, strict=True))
        aged = [(share, age) for share, (age, _woman) in pairs if age is not None]
        known = [(share, woman) for share, (_age, woman) in pairs if woman is not None]
        years = sum(share * age for share, age in aged) / (sum(share for share, _ in aged) or 1.0) if aged else 35.0
        woman = (
            sum(share for share, woman in known if woman) / (sum(share for share, _ in known) or 1.0) if known else 0.5
        )
        return Looks(years, woman)


def as_seen(rgb: NDArray[np.uint8], side: int, mean: Sequence[float], std: Sequence[float]) -> Array:
    """Pixels (h, w, 3) as a classifier wants them: float32 (3, side, side)."""
    small = np.asarray(Image.fromarray(rgb).resize((side, side), Image.Resampling.BICUBIC), np.float32) / 255
    normal = (small - np.asarray(mean, np.float32)) / np.asarray(std, np.float32)
    return np.ascontiguousarray(normal.transpose(2, 0, 1))


def read_label(name: str) -> tuple[float | None, bool | None]:
    """(middle of an age band in years, whether it is a woman), each None where a label does not say."""
    words = name.lower().replace("_", " ")
    woman = True if re.search(r"\b(woman|female|girl)\b", words) else False if re.search(r"\b(man|male|boy)\b", words) else None  # fmt: skip
    numbers = [int(found) for found in re.findall(r"\d+", words)]
    if len(numbers) >= 2:
        return (numbers[0] + numbers[1] + 1) / 2, woman
    return (numbers[0] + 5.0 if numbers else None), woman


def cut_out(rgb: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """A face with something around it (h, w, 3), as far as the photo goes."""
    x, y, width, height = box
    more = round(_MARGIN * max(width, height))
    return rgb[max(0, y - more) : y + height + more, max(0, x - more) : x + width + more]


def looks_of(rgb: NDArray[np.uint8], chosen: Box | None, engines: Engines) -> Looks | None:
    """How old and as whom the one face (or the chosen one) of an upright photo (H, W, 3) looks; None without a face
    that can be read. Raises EngineMissing."""
    reading = read_face(rgb, chosen)
    if reading.face is None:
        return None
    faces = find_faces(rgb)
    at = same_face([box_of(face) for face in faces], reading.face.box)
    return _guesser(engines.age_gender, engines.age_gender_model).guess(rgb, faces[at]) if at is not None else None


@cache
def _guesser(kind: str, model: str) -> Guesser:
    makers: Mapping[str, Any] = {"small": SmallGuesser.load, "transformers": lambda: LargeGuesser(model)}
    if kind not in makers:
        raise EngineMissing("error.engine_missing", "age and gender are not guessed here")
    made: Guesser = makers[kind]()
    return made
