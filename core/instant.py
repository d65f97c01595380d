"""Engines that return at once, to measure and to break the journey around them; never a person's default."""

from __future__ import annotations

import io

from core.entities import Analysis, Box, Brief, Emotion, Music, Picture, Prosody, Sketch, Tag, VisualPreferences
from core.phrases import say


class InstantUnderstander:
    """Understands nothing, at once."""

    def understand(
        self, text: str, photo: bytes | None, language: str, *, chosen: Box | None = None, voice: Prosody | None = None
    ) -> Analysis:
        """A neutral analysis."""
        return Analysis(emotion=Emotion(), words=Emotion(), summary=text[:40], language=language)


class InstantPainter:
    """Paints one flat colour that depends on the seed."""

    name = "instant"
    heeds: frozenset[str] = frozenset()

    def paint(
        self, tags: tuple[Tag, ...], emotion: Emotion, language: str, seed: int, sketch: Sketch | None = None, *,
        preferences: VisualPreferences | None = None, brief: Brief | None = None,
    ) -> Picture:  # fmt: skip
        """An 8x8 picture."""
        from PIL import Image

        buffer = io.BytesIO()
        Image.new("RGB", (8, 8), (seed % 256, seed // 256 % 256, 128)).save(buffer, "PNG")
        sketch = sketch or Sketch(place="", weather="", time="", layers=(), width=8, height=8, seed=seed)
        png = buffer.getvalue()
        alt = say(language, f"emotion.{emotion.name}")
        return Picture(png=png, sketch_png=png, sketch=sketch, alt=alt, prompt="", seed=seed, engine=self.name)


class InstantComposer:
    """Composes a tenth of a second of silence."""

    name = "instant"

    def compose(self, emotion: Emotion, tags: tuple[Tag, ...], language: str, seed: int, listener: str = "") -> Music:
        """A silent WAV."""
        import wave

        buffer = io.BytesIO()
        with wave.open(buffer, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(bytes(1600))
        audio = buffer.getvalue()
        return Music(audio=audio, mime="audio/wav", seconds=0.1, title="–", prompt="", seed=seed, engine=self.name)
