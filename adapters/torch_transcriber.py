"""An ear for voice notes on a GPU: Whisper through transformers, from a folder or by its name."""

from __future__ import annotations

import asyncio
from copy import deepcopy
from functools import cached_property
from typing import TYPE_CHECKING, Any

from core.emotion.voice import RATE_HZ, open_sound
from core.phrases import LANGUAGES
from core.ports import EngineMissing
from core.settings import Intake, Speech

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KEY = "engine.transcriber_away"
CHUNK_S = 30  # seconds that Whisper listens to at once
CHUNKS = 8  # at once on a GPU
_TOKENS = 440  # of 448 that it may say of one chunk
_SIZES = ("tiny", "base", "small", "medium", "large-v3", "large-v3-turbo")


class TorchWhisper:
    """Whisper by transformers, on the GPU where one is; loaded at the first voice note. Meets core.ports.Transcriber."""

    outside = False

    def __init__(self, speech: Speech, intake: Intake) -> None:
        self.model = model_name(speech.whisper_model)
        self.name = f"transformers:{self.model}"
        self._wanted, self._intake = speech.whisper_device, intake
        self._turn = asyncio.Lock()  # one recording at a time: each takes all it may

    async def transcribe(self, audio: bytes, language: str, *, outside: bool) -> str:
        """The words, "" where there were none. Raises EngineMissing: not installed, no weights, or no such device; and
        core.emotion.voice.SoundProblem."""
        async with self._turn:
            return await asyncio.to_thread(self._words, audio, language)

    def _words(self, audio: bytes, language: str) -> str:
        import torch

        model, processor = self._loaded
        sound = open_sound(audio, self._intake).samples
        chunks = cut(sound)
        words = list[str]()
        for at in range(0, len(chunks), CHUNKS):
            some = processor(
                chunks[at : at + CHUNKS], sampling_rate=RATE_HZ, return_tensors="pt", return_attention_mask=True
            )
            given = {name: some[name].to(model.device) for name in ("input_features", "attention_mask")}
            given["input_features"] = given["input_features"].to(model.dtype)
            options: dict[str, Any] = {"max_new_tokens": min(_TOKENS, model.config.max_target_positions - 8)}
            if getattr(model.generation_config, "is_multilingual", False):
                language = language if at else spoken_in(given["input_features"][:1], model, language)
                options |= {"language": language, "task": "transcribe"}
            with torch.inference_mode():
                tokens = model.generate(**given, **options)
            words += processor.batch_decode(tokens, skip_special_tokens=True)
        return " ".join(filter(None, (word.strip() for word in words)))

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        try:
            import torch
            from transformers import WhisperForConditionalGeneration, WhisperProcessor
        except ImportError:
            raise EngineMissing(KEY, "transformers or torch is not installed: pip install -e '.[core]'") from None
        device, dtype = device_of(self._wanted, torch)
        try:
            processor = WhisperProcessor.from_pretrained(self.model)
            model: Any = WhisperForConditionalGeneration.from_pretrained(self.model, dtype=dtype)
            model = model.to(device).eval()
        except Exception as error:  # whatever a hub, a folder or a device throws
            raise EngineMissing(KEY, f"{self.model} can't be loaded on {device}: {type(error).__name__}") from None
        return model, processor


def spoken_in(features: Any, model: Any, language: str) -> str:
    """Korean or English, as a chunk's features (1, mels, frames) sound; `language` where the model does not tell them."""
    config = deepcopy(model.generation_config)
    tokens = {f"<|{one}|>": one for one in LANGUAGES}
    config.lang_to_id = {
        token: at for token, at in (getattr(config, "lang_to_id", None) or {}).items() if token in tokens
    }
    if len(config.lang_to_id) < len(tokens):
        return language
    found = int(model.detect_language(features, generation_config=config)[0])
    return next(tokens[token] for token, at in config.lang_to_id.items() if at == found)


def cut(sound: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """A recording (N,) in chunks of at most CHUNK_S, each but the last ended in its quietest moment after CHUNK_S / 2, so
    that no word is torn."""
    import numpy as np

    chunks, most, step = [], CHUNK_S * RATE_HZ, RATE_HZ // 10
    while len(sound) > most:
        later = sound[most // 2 : most]
        strength = np.square(later[: len(later) // step * step].reshape(-1, step)).mean(1)
        end = most // 2 + int(strength.argmin()) * step + step // 2
        chunks.append(sound[:end])
        sound = sound[end:]
    return [*chunks, sound]


def device_of(wanted: str, torch: Any) -> tuple[str, Any]:
    """Where it listens, and in which numbers: half precision on a GPU, which a processor is slow at."""
    device = wanted if wanted != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu":
        return device, torch.float32
    return device, torch.bfloat16 if device.startswith("cuda") and torch.cuda.is_bf16_supported() else torch.float16


def model_name(setting: str) -> str:
    """A size is that of OpenAI's own weights; anything else is a folder, or a name with its owner."""
    return f"openai/whisper-{setting}" if setting in _SIZES else setting
