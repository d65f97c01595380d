"""Which engine does which work: settings become things that understand, paint, compose and write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Protocol

from core.entities import (
    Analysis,
    Box,
    Brief,
    Comment,
    Emotion,
    Entry,
    FaceReading,
    Music,
    Person,
    Picture,
    Prosody,
    Sketch,
    Tag,
    VisualPreferences,
)
from core.ports import Speaker, Transcriber, Turn, Writer
from core.settings import Painting, Settings

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.comment.anna import Anna
    from core.emotion.reader import LargeFaceReader
    from core.painting.diffusion import DiffusionPainter


class Understander(Protocol):
    """Words and a photo become an Analysis."""

    def understand(
        self, text: str, photo: bytes | None, language: str, *, chosen: Box | None = None, voice: Prosody | None = None
    ) -> Analysis:
        """What an entry says and how it feels. `photo` is None without one or without consent; `chosen`: which of its
        faces; `voice`: how it was said, where it was spoken."""


class Painter(Protocol):
    """An analysis becomes a picture."""

    @property
    def name(self) -> str:
        """With its version, as it stands with the picture."""

    def paint(
        self, tags: tuple[Tag, ...], emotion: Emotion, language: str, seed: int, sketch: Sketch | None = None, *,
        preferences: VisualPreferences | None = None, brief: Brief | None = None,
    ) -> Picture:  # fmt: skip
        """Deterministic from its arguments. `sketch`: as somebody arranged it, else it is composed. What `brief.struck`
        names has been taken out of everything else already (core.painting.striking)."""


#: Told after each step of painting how much is done (0..1), with a way to look at the unfinished picture, which is a
#: PIL image; False: not wanted any more.
Watch = Callable[[float, "Callable[[], Image]"], bool]


class Unwanted(Exception):
    """Nobody wants that picture any more: it was cancelled while it was painted."""


@dataclass(frozen=True)
class Order:
    """What a painter is asked for; the arguments of Painter.paint."""

    tags: tuple[Tag, ...]
    emotion: Emotion
    language: str
    seed: int
    sketch: Sketch | None = None
    preferences: VisualPreferences | None = None
    brief: Brief | None = None

    @property
    def arguments(self) -> tuple[Any, ...]:
        """All of it, in this order."""
        return self.tags, self.emotion, self.language, self.seed, self.sketch, self.preferences, self.brief


class Composer(Protocol):
    """An analysis becomes music."""

    name: str

    def compose(self, emotion: Emotion, tags: tuple[Tag, ...], language: str, seed: int, listener: str = "") -> Music:
        """Deterministic from its arguments. `listener`: for whom it is, where they allowed that to be guessed."""


@dataclass
class Understanding:
    """The embedded models, loaded when they are first needed."""

    settings: Settings

    def understand(
        self, text: str, photo: bytes | None, language: str, *, chosen: Box | None = None, voice: Prosody | None = None
    ) -> Analysis:
        """See Understander."""
        from core.comment.summary import summarise
        from core.emotion.fusion import fuse
        from core.emotion.language import guess_language
        from core.painting.tags import find_tags

        language = guess_language(text, default=language)
        words = self._words.read(text, language)
        _ = self._faces  # begins to load with the first words: the first photo need not wait
        reading = self._face(photo, chosen) if photo is not None else None
        emotion, disagree = fuse(words, reading.face if reading is not None else None, voice)
        return Analysis(
            emotion=emotion,
            words=words,
            face=reading,
            tags=find_tags(text, language),
            summary=summarise(text, language),
            language=language,
            disagree=disagree,
        )

    @cached_property
    def _words(self):  # type: ignore[no-untyped-def]
        from core.emotion.text import TextEmotion

        embedded = TextEmotion.load()
        if self.settings.engines.text == "embedded":
            return embedded
        from core.emotion.reader import LargeReader

        return LargeReader(embedded, self.settings.engines.text_model)

    def _face(self, photo: bytes, chosen: Box | None) -> FaceReading:
        from core.emotion.face import read_face
        from core.emotion.photo import open_photo

        read = self._faces.read if self._faces is not None else read_face
        return read(open_photo(photo, self.settings.intake).rgb, chosen)

    @cached_property
    def _faces(self) -> LargeFaceReader | None:
        if self.settings.engines.face == "embedded":
            return None
        from core.emotion.reader import LargeFaceReader

        large = LargeFaceReader(self.settings.engines.face_model)
        large.begin()
        return large


def understander(settings: Settings) -> Understander:
    """The one that `engines.understanding` names."""
    if settings.engines.understanding == "instant":
        from core.instant import InstantUnderstander

        return InstantUnderstander()
    return Understanding(settings)


def paints(settings: Settings) -> str:
    """crayon | diffusion | instant: who `engines.painter` means. Loads nothing, and asks nothing of the network."""
    if settings.engines.painter != "auto":
        return settings.engines.painter
    from core.painting.diffusion_parts import is_there

    return "diffusion" if is_there(settings.painter) else "crayon"


def painter(settings: Settings) -> Painter:
    """The one that `paints` names."""
    who = paints(settings)
    if who == "instant":
        from core.instant import InstantPainter

        return InstantPainter()
    if who == "diffusion":
        return diffusion_painter(settings.painter, settings.work.stage_timeout_s)
    from core.painting.crayon import CrayonPainter

    return CrayonPainter(settings.painter.width)


@cache
def diffusion_painter(painting: Painting, limit_s: float) -> DiffusionPainter:
    """One a process, as it holds the weights. `limit_s`: after which a picture is given up by whoever waits for it."""
    from core.painting.diffusion import LOADING_S, DiffusionPainter

    return DiffusionPainter(painting, max(limit_s - LOADING_S, limit_s / 2))


def composer(settings: Settings) -> Composer:
    """The one that `engines.composer` names."""
    if settings.engines.composer == "instant":
        from core.instant import InstantComposer

        return InstantComposer()
    from core.music.generate import SoundfontComposer

    return SoundfontComposer()


@dataclass
class Commenter:
    """Anna: by herself, or through a language model where one is set and the person consented."""

    settings: Settings
    writer: Writer | None = None

    async def comment(
        self, entry: Entry, analysis: Analysis, person: Person, recent: tuple[str, ...], seed: int, *, gentle: bool
    ) -> Comment:
        """What Anna says to an entry. `gentle`: after a worrying line, no jokes."""
        if self.settings.engines.commenter == "instant":
            return Comment(text=f"{person.name or '…'}: {analysis.emotion.name}", engine="instant", seed=seed)
        return await self._anna(person).comment(entry, analysis, person, recent, seed, gentle=gentle)

    async def talk(
        self, turns: tuple[Turn, ...], entry: Entry | None, person: Person, seed: int, *, gentle: bool = False,
        felt: str = "",
    ) -> Comment:  # fmt: skip
        """What Anna says to the last of these turns. `gentle`: after a worrying line, no jokes. `felt`: what they said
        they felt when they wrote that entry."""
        if self.settings.engines.commenter == "instant":
            return Comment(text="…", engine="instant", seed=seed)
        return await self._anna(person).talk(turns, entry, person, seed, gentle=gentle, felt=felt)

    def _anna(self, person: Person) -> Anna:
        from core.comment.anna import Anna
        from core.entities import Purpose

        wanted = self.settings.engines.commenter in ("auto", "openai")
        return Anna(self.writer if wanted and person.allows(Purpose.CLOUD) else None)


@dataclass(frozen=True)
class Workshop:
    """Everything the core works with."""

    settings: Settings
    understander: Understander
    commenter: Commenter
    transcriber: Transcriber | None = None
    speaker: Speaker | None = None
    translator: Writer | None = None  # of a diary's line, for a painter that reads English
