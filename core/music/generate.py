"""An emotion becomes half a minute of music with a title."""

from __future__ import annotations

import random

from core.entities import Emotion, Music, Tag
from core.music.plan import make_plan
from core.music.render import DEFAULT_KIND, MIMES, encode, render
from core.music.score import write_score
from core.music.sentence import sentence
from core.music.themes import theme_of
from core.phrases import pick, variants


class SoundfontComposer:
    """Composes by rule and plays with a soundfont: no network, no GPU, well under a second on one core."""

    name = "soundfont-1"

    def compose(
        self, emotion: Emotion, tags: tuple[Tag, ...], language: str, seed: int, listener: str = "", *,
        seconds: float = 30.0,
    ) -> Music:  # fmt: skip
        """A piece that starts where the person is and leads on; the same seed gives the same piece.

        Raises core.ports.EngineMissing where the soundfont is not installed.
        """
        plan = make_plan(emotion, tags, seed, seconds)
        title = title_of(emotion, tags, language, seed)
        return Music(
            audio=encode(render(write_score(plan)), title=title),
            mime=MIMES[DEFAULT_KIND],
            seconds=seconds,
            title=title,
            prompt=f"{sentence(emotion, plan.lead.name, listener)}: {plan.readable()}",
            seed=seed,
            engine=self.name,
        )


def title_of(emotion: Emotion, tags: tuple[Tag, ...], language: str, seed: int) -> str:
    """A title from what happened or, where nothing that sounds did, from how it felt."""
    rng = random.Random(f"title {seed}")
    theme = theme_of(tags, emotion, seed)
    about_theme = theme and variants(language, f"music.title.{theme}") and rng.random() < 0.6
    return pick(language, f"music.title.{theme if about_theme else emotion.name}", rng.randrange(1 << 30))
