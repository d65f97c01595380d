"""Voice notes made of nothing but arithmetic, and engines that say and hear what they are told."""

from __future__ import annotations

import io
import wave

import numpy as np

from core.ports import EngineMissing

RATE_HZ = 16_000


def spoken_note(seconds: float = 2.0, pitch_hz: float = 150.0) -> bytes:
    """A WAV of a gliding, pulsing voice-like sound: something that passes for speech."""
    at = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    pitch = pitch_hz + 40 * np.sin(2 * np.pi * 0.9 * at)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE_HZ
    voice = sum(np.sin(n * phase) / n for n in range(1, 12))
    return _wav(0.2 * voice * (0.15 + np.abs(np.sin(2 * np.pi * 2.2 * at))))


def silent_note(seconds: float = 2.0) -> bytes:
    """A WAV of a quiet room."""
    return _wav(np.random.default_rng(1).normal(0, 0.001, int(seconds * RATE_HZ)))


def _wav(samples: np.ndarray) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()


class Ear:
    """Hears `words`; with `missing` it is away."""

    name, outside = "ear", False

    def __init__(self, words: str = "오늘 바다에 갔어", *, missing: bool = False) -> None:
        self.words, self.missing = words, missing
        self.heard: list[bool] = []  # for each note whether it was allowed outside

    async def transcribe(self, audio: bytes, language: str, *, outside: bool) -> str:
        self.heard.append(outside)
        if self.missing:
            raise EngineMissing("engine.transcriber_away", "no weights")
        return self.words


class Voice:
    """Speaks as an MP3 whose bytes are the words; with `missing` it is hoarse."""

    name = "voice"

    def __init__(self, *, missing: bool = False) -> None:
        self.missing = missing
        self.said: list[tuple[str, str, bool]] = []  # text, language, allowed outside

    async def speak(self, text: str, language: str, *, outside: bool) -> tuple[bytes, str]:
        self.said.append((text, language, outside))
        if self.missing:
            raise EngineMissing("engine.speaker_away", "hoarse")
        return b"ID3" + text.encode(), "audio/mpeg"
