"""A line through the face network's own features learns to tell covered faces from open ones.

    python -m training.face_covered --data DIR/faces_ferplus [--out core/weights] [--show FILE.png]

`face_emotion.py --out` runs it too: it adds `covered.w`, `covered.b` to `face_emotion.npz`. No torch; about three minutes.
Masks, dark glasses and hands are drawn over FER2013 faces, since no set of covered faces with a licence was at hand.
The line is set so that one in twenty-five faces that we did not cover of the dev split is turned away.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from scipy.optimize import minimize
from scipy.special import expit

from core.emotion.face import FaceEmotion

OPEN_FACES_LOST = 0.04  # the faces beyond it are mostly covered indeed, or turned away


def covered(face: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """One face uint8 (48, 48) with a mask, dark glasses, a hand or something in front of one half."""
    big = Image.fromarray(face).resize((192, 192), Image.Resampling.BICUBIC)
    shape = Image.new("L", big.size, 0)
    draw = ImageDraw.Draw(shape)
    shift_x, shift_y = chance.normal(0, 6, 2)
    kind = chance.choice(["mask", "glasses", "hand", "half"])
    tone = chance.uniform(0, 255)
    if kind == "mask":
        top, bottom = 88 + shift_y, chance.uniform(165, 192)
        sides = (chance.uniform(15, 45), chance.uniform(147, 177))
        draw.polygon([(sides[0], top + 8), (96 + shift_x, top - 8), (sides[1], top + 8), (150, bottom), (96, bottom + 8), (42, bottom)], fill=255)  # fmt: skip
        tone = chance.choice([chance.uniform(160, 250), chance.uniform(10, 70), tone])
    elif kind == "glasses":
        y, high, wide = 74 + shift_y, chance.uniform(15, 26), chance.uniform(26, 38)
        for x in (60 + shift_x, 132 + shift_x):
            draw.rounded_rectangle((x - wide, y - high, x + wide, y + high), radius=chance.uniform(4, 15), fill=255)
        draw.rectangle((60 + shift_x, y - high * 0.7, 132 + shift_x, y - high * 0.3), fill=255)
        tone = chance.uniform(0, 50)
    elif kind == "hand":
        y = chance.choice([74, 140]) + shift_y
        for i in range(4):
            finger = y - 34 + 19 * i
            draw.rounded_rectangle((chance.uniform(-20, 40), finger - 11, chance.uniform(150, 200), finger + 11), radius=10, fill=255)  # fmt: skip
        tone = float(np.percentile(face, chance.uniform(40, 80)))
    else:
        box = [(0, 0, 96, 192), (96, 0, 192, 192), (0, 100, 192, 192), (0, 0, 192, 90)][chance.integers(4)]
        draw.rectangle([box[0] + shift_x, box[1] + shift_y, box[2] + shift_x, box[3] + shift_y], fill=255)
    cloth = np.full((192, 192), tone) + chance.normal(0, chance.uniform(0, 12), (192, 192))
    ramp = np.linspace(-1, 1, 192)
    cloth += chance.normal(0, 18) * ramp[:, None] + chance.normal(0, 18) * ramp
    for _ in range(chance.integers(0, 6)):  # folds, gaps between fingers
        cloth += chance.normal(0, 15) * np.exp(-(((ramp[:, None] - chance.uniform(-1, 1)) / 0.03) ** 2))
    front = Image.fromarray(np.clip(cloth, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(2))
    big.paste(front, mask=shape.filter(ImageFilter.GaussianBlur(2)))
    return np.asarray(big.resize((48, 48), Image.Resampling.BOX))


def main() -> None:
    """Take the folders from the command line."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--data", type=Path, required=True, help="folder with ferplus_images.npz and ferplus_labels.csv")
    ask.add_argument("--out", type=Path, default=Path("core/weights"), help="folder with face_emotion.npz")
    ask.add_argument("--show", type=Path, help="write a sheet of covered faces there, to look at")
    given = ask.parse_args()
    fit(given.data, given.out, given.show)


def fit(data: Path, out: Path, show: Path | None = None) -> None:
    """Learn the line from FER+ faces and add it to `out`'s face_emotion.npz; `show` gets a sheet of covered faces."""
    chance = np.random.default_rng(7)
    faces = np.load(data / "ferplus_images.npz")["images"]
    rows = list(csv.DictReader((data / "ferplus_labels.csv").open()))
    of = {"train": [], "dev": []}
    for i, row in enumerate(rows):
        if row["usage"] == "Training" and row["class6"]:
            of["dev" if int(row["md5_pixels"][:2], 16) < 16 else "train"].append(i)
    model = FaceEmotion.load(out / "face_emotion.npz")

    features, truth = {}, {}
    for name, count in (("train", 3000), ("dev", 1500)):
        count = min(count, len(of[name]))
        plain = faces[chance.choice(of[name], count, replace=False)]
        hidden = np.stack([covered(face, chance) for face in plain])
        features[name] = np.concatenate([model.features(part).reshape(len(part), -1) for part in np.array_split(np.concatenate([plain, hidden]), 1 + count // 30)])  # fmt: skip
        truth[name] = np.repeat([0.0, 1.0], count)
        if name == "dev" and show:
            Image.fromarray(hidden[:96].reshape(8, 12, 48, 48).swapaxes(1, 2).reshape(384, 576)).save(show)

    mean, std = features["train"].mean(0), features["train"].std(0) + 1e-3
    x, y = (features["train"] - mean) / std, truth["train"]

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = x @ weights[1:] + weights[0]
        error = expit(scores) - y
        value = np.mean(np.logaddexp(0, scores) - y * scores) + 1e-3 * weights[1:] @ weights[1:]
        return value, np.concatenate([[error.mean()], x.T @ error / len(y) + 2e-3 * weights[1:]])

    best = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    weights = best[1:] / std
    scores = features["dev"] @ weights
    line = np.quantile(scores[truth["dev"] == 0], 1 - OPEN_FACES_LOST)
    print(
        f"dev: {np.mean(scores[truth['dev'] == 1] > line):.3f} of drawn covers seen, {OPEN_FACES_LOST} of open faces lost"
    )

    with np.load(out / "face_emotion.npz") as file:
        arrays = {name: file[name] for name in file.files}
    arrays["covered.w"], arrays["covered.b"] = weights.astype(np.float16), np.float32(-line)
    np.savez_compressed(out / "face_emotion.npz", **arrays)


if __name__ == "__main__":
    main()
