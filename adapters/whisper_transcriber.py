"""An ear for voice notes: Whisper on this machine's processor, or a server that speaks the OpenAI protocol."""

from __future__ import annotations

import asyncio
from functools import cached_property
from io import BytesIO
from typing import Any

from adapters.openai_writer import open_client, told_apart
from core.emotion.language import guess_language
from core.emotion.voice import as_wav, open_sound
from core.intake import sniff
from core.phrases import LANGUAGES
from core.ports import EngineMissing, Transcriber
from core.settings import Intake, OpenAI, Settings

KEY = "engine.transcriber_away"
_ENDINGS = {
    "audio/ogg": "ogg", "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/webm": "webm", "audio/wav": "wav",
    "audio/flac": "flac", "video/mp4": "mp4", "video/webm": "webm",
}  # fmt: skip


def open_transcriber(settings: Settings) -> Transcriber | None:
    """The ear that `speech.transcriber` names; None for "none", and for "openai" without a server."""
    wanted = settings.speech.transcriber
    if wanted == "transformers":
        from adapters.torch_transcriber import TorchWhisper

        return TorchWhisper(settings.speech, settings.intake)
    if wanted == "faster-whisper":
        return FasterWhisper(settings.speech.whisper_model)
    if wanted == "openai" and settings.openai.on:
        return OpenAIEar(settings.openai, settings.speech.whisper_model, settings.intake)
    return None


class FasterWhisper:
    """faster-whisper, int8 on the processor; its model is loaded at the first voice note. Meets core.ports.Transcriber."""

    outside = False

    def __init__(self, model: str) -> None:
        self.name = f"faster-whisper:{model}"
        self._model_name = model
        self._turn = asyncio.Lock()  # one recording at a time: each takes every core it may

    async def transcribe(self, audio: bytes, language: str, *, outside: bool) -> str:
        """The words, "" where there were none. Raises EngineMissing: not installed, or no weights to be had."""
        async with self._turn:
            return await asyncio.to_thread(self._words, audio, language)

    def _words(self, audio: bytes, language: str) -> str:
        # The words come when they are asked for; which language they are in is known before.
        segments, info = self._model.transcribe(BytesIO(audio), vad_filter=True)
        if info.language not in LANGUAGES:  # a mumbled line of ours, more likely than a diary in Japanese
            chances = dict(info.all_language_probs or ())
            spoken = max((language, *LANGUAGES), key=lambda one: chances.get(one, 0.0))
            segments, _info = self._model.transcribe(BytesIO(audio), language=spoken, vad_filter=True)
        return " ".join(segment.text.strip() for segment in segments).strip()

    @cached_property
    def _model(self) -> Any:
        try:
            from faster_whisper import WhisperModel
        except ImportError:
            raise EngineMissing(KEY, "faster-whisper is not installed: pip install -e '.[voice]'") from None
        try:
            return WhisperModel(self._model_name, device="cpu", compute_type="int8")
        except Exception as error:  # LocalEntryNotFoundError, or whatever the network beneath it raises
            raise EngineMissing(KEY, f"no weights of {self._model_name}: {type(error).__name__}") from None


class OpenAIEar:
    """`/audio/transcriptions` of a server: the recording leaves this machine. Meets core.ports.Transcriber."""

    outside = True

    def __init__(self, settings: OpenAI, model: str, intake: Intake) -> None:
        self.model = "whisper-1" if model == "small" else model  # "small" is our default, and no server's name
        self.name = f"openai:{self.model}"
        self._settings, self._intake = settings, intake

    async def transcribe(self, audio: bytes, language: str, *, outside: bool) -> str:
        """The words, "" where there were none. Raises EngineMissing: not allowed, or no answer in time."""
        if not outside:
            raise EngineMissing(KEY, "the person's recording may not leave this machine")
        mime = sniff(audio)
        if mime not in _ENDINGS:  # such as AMR, which no server takes
            audio, mime = as_wav((await asyncio.to_thread(open_sound, audio, self._intake)).samples), "audio/wav"
        file = (f"note.{_ENDINGS[mime]}", audio, mime)
        async with told_apart(KEY, self._settings.timeout_s):
            ask = self._client.audio.transcriptions.create
            words = (await ask(model=self.model, file=file)).text.strip()  # the server hears which language it is
            if words and not guess_language(words, default=""):  # in neither script: misheard
                words = (await ask(model=self.model, file=file, language=language)).text.strip()
            return str(words)

    @cached_property
    def _client(self) -> Any:
        return open_client(self._settings)
