"""A large reader of faces: a network that was trained here gives the shares, everything around it stays as it is."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.emotion.face import SIDE, align, read_face
from core.emotion.layers import Array
from core.emotion.mtcnn import Found
from core.emotion.text_transformers import fits, weight_bytes
from core.entities import Box, FaceReading
from core.ports import EngineMissing

LIBRARIES = ("torch", "transformers", "safetensors")


@dataclass(frozen=True, eq=False, repr=False)
class LargeFace:
    """A network with its calibration; one photo at a time goes through it, so any thread may use it."""

    name: str
    engine: str
    net: Any
    order: list[int]  # of its columns, where they are not as FACE_EMOTIONS
    temperature: float
    bias: Any  # (5,)
    channels: int  # of the faces it learned from: 1 grey, 3 colours
    side: int  # px of those faces
    segmented: bool  # they were only an oval each
    lock: Any = field(default_factory=threading.Lock)

    @classmethod
    def load(cls, name: str) -> LargeFace:
        """Read the folder of a run of `training/face_emotion.py`, a network's: a second, or some.

        Raises EngineMissing where torch is not installed, the folder is no such run, or there is too little memory."""
        if lacking := [each for each in LIBRARIES if find_spec(each) is None]:
            raise EngineMissing("error.engine_missing", f"{' and '.join(lacking)} not installed")
        folder = Path(name)
        if not (need := weight_bytes(folder)):
            raise EngineMissing("error.engine_missing", f"no weights in {name}")
        if not fits(need):
            raise EngineMissing("error.engine_missing", f"too little memory for {name}")
        import torch

        from core.emotion import face_runs
        from core.evaluation.files import BadFile

        try:
            told, net = face_runs.told_of(folder), face_runs.load_net(folder)
            order = face_runs.order_of(told["names"], folder)
            learned_from = told.get("data", {})
            channels, side = learned_from.get("shown", (1, SIDE))
            by_name = told["engine"] in face_runs.BY_NAME
            return cls(
                name=name, engine=told["engine"], net=net.to("cuda" if torch.cuda.is_available() else "cpu"),
                order=list(range(len(order))) if by_name else order, temperature=float(told["temperature"]),
                bias=torch.tensor(told["bias"])[order], channels=int(channels), side=int(side),
                segmented=bool(learned_from.get("segmented")),
            )  # fmt: skip
        except BadFile as error:
            raise EngineMissing("error.engine_missing", str(error).rstrip(".")) from error
        except Exception as error:  # whatever torch and transformers make of a damaged folder
            raise EngineMissing("error.engine_missing", f"{name} can't be loaded: {type(error).__name__}") from error

    def read(self, rgb: NDArray[np.uint8], chosen: Box | None = None) -> FaceReading:
        """The one face of an upright photo (H, W, 3), or why there is no guess; see core.emotion.face."""
        return read_face(rgb, chosen, self)

    def chances_of(self, rgb: NDArray[np.uint8], face: Found) -> Array:
        """A face that was found in a photo (H, W, 3) -> calibrated shares (5,) in the order of FACE_EMOTIONS."""
        colours = [rgb] if self.channels == 1 else [np.repeat(rgb[..., c : c + 1], 3, axis=2) for c in range(3)]
        return np.asarray(self.chances(np.stack([align(each, face, self.side) for each in colours])[None])[0])

    def chances(self, faces: NDArray[np.uint8]) -> Array:
        """Faces (N, channels, side, side), cut out and upright -> calibrated shares (N, 5)."""
        import torch

        from core.emotion.face_runs import scores_of, segmented

        pixels = torch.from_numpy(np.ascontiguousarray(faces))
        with self.lock:
            scores = scores_of(self.net, segmented(pixels) if self.segmented else pixels)[:, self.order]
        return np.asarray(((scores + self.bias) / self.temperature).softmax(1).numpy())
