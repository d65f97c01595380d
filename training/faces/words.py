"""A language model that sees is asked what a face shows, and CLIP makes a vector of its answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from core.evaluation.files import BadFile

QUESTION = "What emotion is the person showing?"
PROMPT = f"Question: {QUESTION} Answer:"
ANSWER_TOKENS = 16
BATCH = 16


@dataclass(frozen=True)
class Words:
    """BLIP-2 and CLIP by folder or hub name; answers are kept in a file of lines, so that no face is asked about twice.

    Without a BLIP-2 only faces whose answer is in the file can be judged.
    """

    blip2: str
    clip: str
    kept: Path

    def vectors(self, pixels: Tensor) -> Tensor:
        """Faces uint8 (N, C, S, S) -> CLIP's text embedding of the answer about each, of length 1 (N, 768)."""
        answers = self.answers(pixels)
        place = {answer: n for n, answer in enumerate(dict.fromkeys(answers))}
        return self.embedded(list(place))[[place[answer] for answer in answers]]

    def answers(self, pixels: Tensor) -> list[str]:
        """What is said of each face. Raises BadFile where one has no answer and nobody can be asked."""
        keys = [hashlib.md5(face.numpy().tobytes()).hexdigest() for face in pixels]
        known = self._known()
        fresh = [n for n, key in enumerate(keys) if key not in known]
        if fresh and not self.blip2:
            raise BadFile(
                f"{len(fresh)} of {len(keys)} faces have no answer in {self.kept}; name a BLIP-2 with --blip2."
            )
        for start in range(0, len(fresh), BATCH):
            some = fresh[start : start + BATCH]
            said = self._ask(pixels[some])
            with self.kept.open("a", encoding="utf-8") as file:
                for n, answer in zip(some, said, strict=True):
                    known[keys[n]] = answer
                    file.write(json.dumps({"md5": keys[n], "answer": answer}, ensure_ascii=False) + "\n")
        return [known[key] for key in keys]

    @torch.no_grad()
    def embedded(self, texts: Sequence[str]) -> Tensor:
        """Texts -> CLIP's projected text embeddings, of length 1 (N, 768 for CLIP-L)."""
        tokenizer, model = self._clip
        found = []
        for start in range(0, len(texts), 64):
            tokens = tokenizer(list(texts[start : start + 64]), padding=True, truncation=True, return_tensors="pt", max_length=model.config.max_position_embeddings)  # fmt: skip
            found.append(F.normalize(model(input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"]).text_embeds.float(), dim=-1))  # fmt: skip
        return torch.cat(found)

    def _known(self) -> dict[str, str]:
        if not self.kept.is_file():
            return {}
        lines = self.kept.read_text(encoding="utf-8").splitlines()
        return {row["md5"]: row["answer"] for row in map(json.loads, lines)}

    @torch.no_grad()
    def _ask(self, pixels: Tensor) -> list[str]:
        processor, model = self._blip2
        faces = [Image.fromarray(face.expand(3, -1, -1).permute(1, 2, 0).contiguous().numpy()) for face in pixels]
        asked = processor(images=faces, text=[PROMPT] * len(faces), return_tensors="pt")
        asked = {name: each.to(model.device) for name, each in asked.items()}
        asked["pixel_values"] = asked["pixel_values"].to(model.dtype)
        said = model.generate(**asked, max_new_tokens=ANSWER_TOKENS, do_sample=False)
        texts = processor.batch_decode(said, skip_special_tokens=True)
        return [text.replace("<image>", "").strip().removeprefix(PROMPT).strip() for text in texts]

    @cached_property
    def _blip2(self) -> tuple[Any, Any]:
        from transformers import Blip2ForConditionalGeneration, Blip2Processor

        try:
            processor = Blip2Processor.from_pretrained(self.blip2)
            model = Blip2ForConditionalGeneration.from_pretrained(self.blip2, dtype="auto").eval()
        except (OSError, ValueError):
            raise BadFile(f"There is no BLIP-2 in {self.blip2}: neither a folder nor a name the hub knows.") from None
        # Older checkpoints don't say which token stands for the picture; without it nothing of it is seen.
        processor.num_query_tokens = model.config.num_query_tokens
        if model.config.image_token_index is None:
            model.config.image_token_index = processor.tokenizer.convert_tokens_to_ids("<image>")
            model.resize_token_embeddings(len(processor.tokenizer), mean_resizing=False)
        return processor, model.to("cuda" if torch.cuda.is_available() else "cpu")

    @cached_property
    def _clip(self) -> tuple[Any, Any]:
        from transformers import AutoTokenizer, CLIPTextModelWithProjection

        try:
            return AutoTokenizer.from_pretrained(self.clip), CLIPTextModelWithProjection.from_pretrained(
                self.clip
            ).eval()
        except (OSError, ValueError):
            raise BadFile(f"There is no CLIP in {self.clip}: neither a folder nor a name the hub knows.") from None
