"""CLIP says how well pictures and words fit (Hessel et al. 2021): any of its weights, from a folder or the hub."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluation.pictures import Pixels
from core.ports import EngineMissing

_BATCH = 16


class Clip:
    """A CLIP with both towers, on the GPU where one is."""

    def __init__(self, name: str) -> None:
        """Load it: seconds, or minutes where it comes from the hub. Raises EngineMissing."""
        if lacking := [each for each in ("torch", "transformers") if find_spec(each) is None]:
            raise EngineMissing("error.engine_missing", f"{' and '.join(lacking)} not installed")
        import torch
        from transformers.utils import logging

        logging.set_verbosity_error()  # before its classes are imported: some have something to say about that
        logging.disable_progress_bar()
        from transformers import CLIPModel, CLIPProcessor

        try:
            self._processor: Any = CLIPProcessor.from_pretrained(name)
            model: Any = CLIPModel.from_pretrained(name)
        except Exception as error:  # no such folder or repository, no network, no CLIP
            raise EngineMissing("error.engine_missing", f"{name} can't be loaded: {type(error).__name__}") from error
        self._model = model.to("cuda" if torch.cuda.is_available() else "cpu").eval()

    def score(self, pictures: Sequence[Pixels], words: Sequence[str]) -> float:
        """Mean cosine of each picture and its words, times 100."""
        return float((self._seen(pictures) * self._read(words)).sum(-1).mean() * 100)

    def far_apart(self, pictures: Sequence[Pixels]) -> float:
        """Mean of 1 - cosine over all pairs."""
        far = [1 - float(one @ other) for one, other in combinations(self._seen(pictures), 2)]
        return float(np.mean(far)) if far else float("nan")

    def _seen(self, pictures: Sequence[Pixels]) -> NDArray[np.float64]:
        from PIL import Image

        return self._told("get_image_features", [Image.fromarray(each) for each in pictures], "images", {})

    def _read(self, words: Sequence[str]) -> NDArray[np.float64]:
        cut = {
            "truncation": True,
            "padding": True,
            "max_length": self._model.config.text_config.max_position_embeddings,
        }
        return self._told("get_text_features", list(words), "text", cut)

    def _told(self, tower: str, what: list[Any], name: str, how: dict[str, Any]) -> NDArray[np.float64]:
        """Unit vectors.  # (N, D)"""
        import torch

        rows = []
        for at in range(0, len(what), _BATCH):
            fed = self._processor(**{name: what[at : at + _BATCH]}, return_tensors="pt", **how).to(self._model.device)
            with torch.inference_mode():
                made = getattr(self._model, tower)(**fed)
            rows.append(getattr(made, "pooler_output", made).float().cpu().numpy())
        whole = np.concatenate(rows).astype(float)
        unit: NDArray[np.float64] = whole / np.linalg.norm(whole, axis=-1, keepdims=True)
        return unit
