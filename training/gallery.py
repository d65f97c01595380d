"""Paints the contact sheet's lines with both painters and writes docs/gallery.md, to be looked at by whoever comes by.

    python -m training.gallery [--to docs] [--only 3,7] [--side 400]

The lines are made up. Each is read by the real pipeline; both painters are given the same emotion, tags, sketch and seed.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

from PIL import Image

from core.emotion.text import TextEmotion
from core.engines import Painter
from core.entities import Emotion, Picture
from core.evaluation.painter import diffusion
from core.painting.crayon import CrayonPainter
from core.painting.sketch import compose
from core.painting.tags import find_tags
from core.phrases import say
from core.settings import Painting
from training.contact_sheet import LINES, feeling

HEAD = """# Gallery

{lines} lines of a diary, made up, as both painters make them of one sketch: **{left}** left, **{right}** right. Nothing was
chosen: the seed is the line's number. `python -m training.gallery` paints them anew. What each is told is on [the way of a
message](journey.md); how they were measured, in [the lab book](lab.md).
"""
SEED = 20


def main() -> None:
    """Paint, save, write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, default=Path("docs"))
    parser.add_argument("--only", default="", help="numbers of lines, from 0")
    parser.add_argument("--side", type=int, default=400, help="pixels of a picture's side")
    parser.add_argument("--model", default="", help="another folder for the right-hand painter")
    arguments = parser.parse_args()
    chosen = [int(n) for n in arguments.only.split(",") if n] or list(range(len(LINES)))
    settings = Painting(model=arguments.model) if arguments.model else Painting()
    painters: tuple[Painter, Painter] = (CrayonPainter(), diffusion(settings))
    reader = TextEmotion.load()
    folder = arguments.to / "gallery"
    folder.mkdir(parents=True, exist_ok=True)
    page = [HEAD.format(lines=len(chosen), left="the crayon painter", right="our own small diffusion model")]
    for n in chosen:
        name, language, text = LINES[n]
        emotion = reader.read(text, language) if text else feeling(name)
        pair = [opened(each, text, emotion, language, SEED + n).resize((arguments.side,) * 2, Image.Resampling.LANCZOS)
                for each in painters]  # fmt: skip
        together = Image.new("RGB", (2 * arguments.side + 12, arguments.side), "#FFFFFF")
        for at, picture in enumerate(pair):
            together.paste(picture, (at * (arguments.side + 12), 0))
        together.save(folder / f"{n:02}.jpg", quality=84)
        feels = say(language, f"emotion.{emotion.labels[0].name}")
        page.append(f"**{text or '(no words)'}** · {feels}\n\n![{text or feels}](gallery/{n:02}.jpg)\n")
    (arguments.to / "gallery.md").write_text("\n".join(page), "utf-8")


def opened(painter: Painter, text: str, emotion: Emotion, language: str, seed: int) -> Image.Image:
    """What a painter makes of a line."""
    tags = find_tags(text, language)
    made: Picture = painter.paint(tags, emotion, language, seed, compose(tags, emotion, seed))
    return Image.open(io.BytesIO(made.png)).convert("RGB")


if __name__ == "__main__":
    main()
