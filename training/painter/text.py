"""Captions become numbers: a tokenizer with the words that captions are made of, and a small CLIP text encoder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from core.entities import EMOTIONS
from core.painting.colours import NAMES
from core.painting.lexicon import lexicon
from core.painting.prompt import brush_words
from core.painting.stage import PLACES
from core.painting.stickers import sticker_ids
from training.painter import pairs

WORDS = 4000  # at most, pieces of words included
LENGTH = 64  # tokens; what is longer is cut
SIZE = 128
_START, _END = "<|startoftext|>", "<|endoftext|>"


def make_tokenizer(captions: Iterable[str]) -> CLIPTokenizer:
    """Byte-pair pieces of the captions and of every word that a scene may name, most of them whole words."""
    plain = CLIPTokenizer(vocab={_START: 0, _END: 1}, merges=[])
    known = [*captions, *(2 * [word for word in _vocabulary() if word])]
    learned = plain.train_new_from_iterator(known, WORDS)
    learned.model_max_length = LENGTH
    return learned


def make_encoder(tokenizer: CLIPTokenizer, size: int = SIZE) -> CLIPTextModel:
    """Untrained: (B, LENGTH) ids -> last_hidden_state (B, LENGTH, size)."""
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=size,
        intermediate_size=2 * size,
        projection_dim=size,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=LENGTH,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return CLIPTextModel(config)


def numbers(tokenizer: CLIPTokenizer, captions: Sequence[str]) -> torch.Tensor:
    """(B, LENGTH) ids, cut and padded as the pipelines of diffusers do."""
    read = tokenizer(list(captions), padding="max_length", max_length=LENGTH, truncation=True, return_tensors="pt")
    return read.input_ids.to(torch.int64)


def _vocabulary() -> list[str]:
    stickers = [sticker.replace("-", " ") for sticker in sticker_ids()]
    concepts = [name.replace("_", " ") for name in lexicon().concepts]
    brushes = [word for name in EMOTIONS for word in brush_words(name)]
    places = [pairs.place_name(name) for name in PLACES]
    return [*stickers, *concepts, *brushes, *places, *EMOTIONS, *NAMES, *pairs.WEATHERS, *pairs.TIMES]
