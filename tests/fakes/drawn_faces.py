"""Drawn faces that a person, and the face model, would call angry, happy, frightened, sad or plain: no licence, no photo."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

FER_COLUMNS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF")
AS_FER = {"anger": "anger", "happy": "happiness", "panic": "fear", "sadness": "sadness", "neutral": "neutral"}


@dataclass(frozen=True)
class Expression:
    """What brows, eyes and mouth do; all 0 or 1 is a plain face."""

    brow_turn: float = 0.0  # inner ends down (angry) or up (sad)
    brow_lift: float = 0.0  # of the side
    eyes: float = 1.0  # how far open
    smile: float = 0.0
    open: float = 0.0  # the mouth
    wide: float = 1.0  # the mouth
    teeth: bool = False
    furrow: bool = False
    folds: bool = False  # beside the nose


EXPRESSIONS = {
    "anger": Expression(1.2, -0.03, 0.9, -0.6, 0.8, 1.2, teeth=True, furrow=True, folds=True),
    "happy": Expression(eyes=0.5, smile=1.8, open=0.75, wide=1.5, teeth=True, folds=True),
    "panic": Expression(-0.2, 0.07, 1.7, open=1.2, wide=0.65),
    "sadness": Expression(-1.0, eyes=0.4, smile=-1.6, wide=0.9),
    "neutral": Expression(eyes=0.75),
}


def drawn(expression: Expression, seed: int = 0, side: int = 384) -> np.ndarray:
    """A grey face uint8 (48, 48), drawn at `side` px and made small, with a little noise of its own."""
    small = np.asarray(portrait(expression, side).resize((48, 48), Image.Resampling.BOX), np.float32)
    return np.clip(small + np.random.default_rng(seed).normal(0, 3, (48, 48)), 0, 255).astype(np.uint8)


def portrait(expression: Expression, side: int = 384) -> Image.Image:
    """The same face, grey and as large as it was drawn."""
    photo = Image.new("L", (side, side), 90)
    draw = ImageDraw.Draw(photo)

    def line(points: Sequence[tuple[float, float]], tone: int, width: float) -> None:
        draw.line(
            [(x * side, y * side) for x, y in points], fill=tone, width=max(1, round(width * side)), joint="curve"
        )

    def oval(x: float, y: float, across: float, down: float, tone: int) -> None:
        draw.ellipse(((x - across) * side, (y - down) * side, (x + across) * side, (y + down) * side), fill=tone)

    for x, y, across, down, tone in (
        (0.5, 0.42, 0.5, 0.56, 45),
        (0.5, 0.54, 0.42, 0.53, 185),
        (0.5, 0.6, 0.3, 0.4, 196),
    ):
        oval(x, y, across, down, tone)  # hair, face, cheeks
    for s in (-1, 1):
        x, y = 0.5 + s * 0.188, 0.385
        oval(x, y + 0.005, 0.105, 0.07, 160)
        oval(x, y, 0.085, 0.04 * expression.eyes, 240)
        oval(x, y, 0.036, 0.036 * min(1, expression.eyes * 1.1), 40)
        oval(x + 0.012, y - 0.012, 0.01, 0.01, 250)
        lid = ((x - 0.09) * side, (y - 0.045 * expression.eyes) * side, (x + 0.09) * side, (y + 0.05 * expression.eyes) * side)  # fmt: skip
        draw.arc(lid, 185, 355, fill=50, width=max(1, round(0.014 * side)))
        inner, outer = (0.29 - expression.brow_lift + expression.brow_turn * by for by in (0.06, -0.045))
        line(
            [(0.5 + s * 0.09, inner), (0.5 + s * 0.195, (inner + outer) / 2 - 0.018), (0.5 + s * 0.3, outer)], 45, 0.035
        )
        if expression.folds:
            line([(0.5 + s * 0.11, 0.6), (0.5 + s * 0.2, 0.7)], 150, 0.012)
        if expression.furrow:
            line([(0.5 + s * 0.03, 0.26), (0.5 + s * 0.025, 0.34)], 130, 0.014)
    draw.polygon([(x * side, y * side) for x, y in ((0.47, 0.42), (0.53, 0.42), (0.575, 0.6), (0.425, 0.6))], fill=178)
    oval(0.46, 0.605, 0.022, 0.014, 95)
    oval(0.54, 0.605, 0.022, 0.014, 95)
    _mouth(draw, line, expression, side)
    soft = np.asarray(photo.filter(ImageFilter.GaussianBlur(side * 0.019)), np.float32)
    down, across = np.mgrid[0:side, 0:side] / side
    soft = soft * (1 - 0.5 * ((across - 0.45) ** 2 + (down - 0.5) ** 2))  # light from the front
    return Image.fromarray(soft.astype(np.uint8))


def _mouth(draw: ImageDraw.ImageDraw, line, expression: Expression, side: int) -> None:
    across = np.linspace(-1, 1, 25)
    middle = 0.775 - expression.smile * 0.07 * (across**2 - 0.5)
    gape = expression.open * 0.16 * (1 - across**2)
    x = 0.5 + across * 0.16 * expression.wide
    upper, lower = list(zip(x, middle - gape / 2, strict=True)), list(zip(x, middle + gape, strict=True))
    if expression.open:
        draw.polygon([(a * side, b * side) for a, b in upper + lower[::-1]], fill=35)
    if expression.teeth:
        edge = list(zip(0.5 + across * 0.15 * expression.wide, middle + gape * 0.15, strict=True))
        draw.polygon([(a * side, b * side) for a, b in upper[1:-1] + edge[1:-1][::-1]], fill=245)
    line(upper, 110, 0.02)
    line(lower, 105, 0.024)


def crowd(count: int, seed: int = 0) -> tuple[np.ndarray, list[str]]:
    """Faces uint8 (count, 48, 48), each a little different, and what they show, all five alike often."""
    chance = np.random.default_rng(seed)
    faces, names = [], []
    for n in range(count):
        name = tuple(EXPRESSIONS)[n % len(EXPRESSIONS)]
        plain = EXPRESSIONS[name]
        own = replace(plain, brow_turn=plain.brow_turn + chance.normal(0, 0.1), brow_lift=plain.brow_lift + chance.normal(0, 0.005),
                      eyes=plain.eyes * chance.uniform(0.9, 1.1), smile=plain.smile + chance.normal(0, 0.1))  # fmt: skip
        faces.append(drawn(own, seed=seed + n, side=96))
        names.append(name)
    return np.array(faces), names


def as_ferplus(folder: Path, count: int = 150, unsure: int = 0) -> Path:
    """A folder shaped like FER+'s: half of `count` to learn from, three tenths to calibrate on, two to judge.

    Of the first `unsure` faces half of the votes go to another feeling.
    """
    faces, names = crowd(count)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "ferplus_images.npz", images=faces)
    with (folder / "ferplus_labels.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, ("usage", *FER_COLUMNS, "majority", "class6", "in_train_pixels", "dup_of", "md5_pixels"), restval="0")  # fmt: skip
        table.writeheader()
        for n, name in enumerate(names):
            votes = {AS_FER[name]: 9, "sadness" if name == "neutral" else "neutral": 1}
            if n < unsure:
                votes = dict.fromkeys(votes, 5)
            judges, dev = n // 5 % 10 in (8, 9), n // 5 % 10 in (5, 6, 7)  # five by five: all feelings in each part
            table.writerow(votes | {
                "usage": "PublicTest" if judges else "Training", "majority": AS_FER[name], "class6": name, "dup_of": "",
                "md5_pixels": f"{'0' if dev else 'f'}{n:031x}",
            })  # fmt: skip
    return folder
