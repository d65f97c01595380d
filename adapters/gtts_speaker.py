"""Anna's voice: Google's where the network and the person allow it, espeak-ng's on this machine, else text alone."""

from __future__ import annotations

import asyncio
import logging
import re
import subprocess
import sys
import time
import unicodedata
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

from core.ports import EngineMissing, Speaker
from core.settings import Settings
from core.trouble import describe

log = logging.getLogger(__name__)

KEY = "engine.speaker_away"
SPOKEN_CHARS = 600
LIMIT_S = 20.0  # for one text, whatever is done with it
REST_S = 300.0  # after Google could not be reached it is not asked for so long
SPOKEN_LUFS = -18.0
_URL = re.compile(r"(?:https?://|www\.)\S+")
_SENTENCE_END = re.compile(r"[.!?…。]+(?=\s|$)")


def open_speaker(settings: Settings) -> Speaker | None:
    """The voice that `speech.speaker` names; None where there is none on this machine."""
    wanted = settings.speech.speaker
    voices: list[Speaker] = []
    if wanted in ("auto", "gtts") and find_spec("gtts"):
        voices.append(GoogleVoice())
    if wanted in ("auto", "espeak") and find_spec("espeakng_loader"):
        voices.append(EspeakVoice())
    if len(voices) < 2:
        return voices[0] if voices else None
    return FirstVoice(voices)


class FirstVoice:
    """The first of several voices that speaks. Meets core.ports.Speaker."""

    def __init__(self, voices: list[Speaker]) -> None:
        self._voices = voices
        self.name = "+".join(voice.name for voice in voices)

    async def speak(self, text: str, language: str, *, outside: bool) -> tuple[bytes, str]:
        """Raises EngineMissing where none does."""
        for voice in self._voices[:-1]:
            try:
                return await voice.speak(text, language, outside=outside)
            except EngineMissing as error:
                log.info("%s does not speak now: %s", voice.name, error)
        return await self._voices[-1].speak(text, language, outside=outside)


class GoogleVoice:
    """gTTS: a good voice, but the words leave this machine. Meets core.ports.Speaker."""

    name = "gtts"

    def __init__(self) -> None:
        self._rests_until_s = 0.0

    async def speak(self, text: str, language: str, *, outside: bool) -> tuple[bytes, str]:
        """MP3. Raises EngineMissing: not allowed, not reachable, or nothing to say."""
        if not outside:
            raise EngineMissing(KEY, "the person's words may not leave this machine")
        if time.monotonic() < self._rests_until_s:
            raise EngineMissing(KEY, "it could not be reached a moment ago")
        words = _words(text)
        try:
            async with asyncio.timeout(LIMIT_S):
                return await asyncio.to_thread(_google, words, language), "audio/mpeg"
        except Exception as error:  # gTTS lets through whatever its network library raises
            self._rests_until_s = time.monotonic() + REST_S
            raise EngineMissing(KEY, describe(error)) from None


class EspeakVoice:
    """espeak-ng: a plain voice that needs nobody. Meets core.ports.Speaker."""

    name = "espeak"

    async def speak(self, text: str, language: str, *, outside: bool) -> tuple[bytes, str]:
        """MP3. Raises EngineMissing where the library is missing or there is nothing to say."""
        return await asyncio.to_thread(_espeak, _words(text), language), "audio/mpeg"


def spoken_words(text: str) -> str:
    """What of a text is said aloud: no links, emoji or signs, at most about 600 characters, ending with a sentence."""
    text = _URL.sub(" ", unicodedata.normalize("NFC", text))
    text = "".join(char if _is_said(char) else " " for char in text)
    text = " ".join(text.split())
    if len(text) <= SPOKEN_CHARS:
        return text
    cut = text[:SPOKEN_CHARS]
    ends = [found.end() for found in _SENTENCE_END.finditer(cut)]
    return cut[: ends[-1]] if ends else cut.rpartition(" ")[0] or cut


def _is_said(char: str) -> bool:
    """Letters, digits and what gives a sentence its melody; 'So' and 'Sk' are emoji, 'Cf' and 'M' what joins them."""
    category = unicodedata.category(char)
    return category[0] in "LN" or char in ".,!?…~%'’\"-:;()" or category == "Zs"


def _words(text: str) -> str:
    words = spoken_words(text)
    if not any(char.isalnum() for char in words):
        raise EngineMissing(KEY, "nothing to say")
    return words


def _google(words: str, language: str) -> bytes:
    from gtts import gTTS

    logging.getLogger("gtts").setLevel(logging.ERROR)  # at "debug" it would write down what is said
    sound = BytesIO()
    gTTS(words, lang=language, lang_check=False, timeout=(3.0, 10.0)).write_to_fp(sound)
    return sound.getvalue()


def _espeak(words: str, language: str) -> bytes:
    import numpy as np
    from scipy.signal import resample_poly

    from adapters.espeak_voice import RATE_HZ
    from core.music.render import RATE, encode, loudness

    program = str(Path(__file__).with_name("espeak_voice.py"))
    try:
        done = subprocess.run(
            [sys.executable, program, language], input=words.encode(), capture_output=True, check=True, timeout=LIMIT_S
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineMissing(
            KEY, f"{type(error).__name__} {getattr(error, 'returncode', '')}"
        ) from None  # never its words
    samples = np.frombuffer(done.stdout[: len(done.stdout) // 2 * 2], np.int16).astype(np.float32) / 32768
    if not len(samples):
        raise EngineMissing(KEY, "espeak-ng said nothing")
    both = np.tile(resample_poly(samples, RATE, RATE_HZ).astype(np.float32), (2, 1))
    level = loudness(both)
    gain = 10 ** ((SPOKEN_LUFS - level) / 20) if np.isfinite(level) else 1.0
    return encode(np.clip(both * np.float32(gain), -0.89, 0.89), "mp3")
