"""Judges the small models on data that they did not learn from, and prints one table.

    python -m training.evaluate --data DIR

`DIR` holds the public data sets, each in its folder. Nothing is trained and nothing is written.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

Row = tuple[str, str, str, str]  # model, judged on, figure, value

CRISIS_LINES = Path(__file__).resolve().parent.parent / "tests" / "core" / "data" / "crisis_lines.tsv"


def main() -> None:
    """Every evaluation whose data is there; what is missing is named."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument(
        "--data", type=Path, required=True, help="the folder that holds kote, goemotions_en, faces_ferplus ..."
    )
    data = ask.parse_args().data
    if not data.is_dir():
        sys.exit(f"There is no data folder {data}: name the one with the public data sets, make eval DATA=...")
    print("| model | judged on | figure | value |\n|---|---|---|---|", flush=True)
    missing = []
    for needs, judge in ((TEXT_NEEDS, text), (("faces_ferplus",), face), ((), crisis)):
        away = [name for name in needs if not (data / name).is_dir()]
        if away:
            missing.append(f"{judge.__name__}: {', '.join(away)} missing in {data}")
            continue
        for row in judge(data):
            print("| " + " | ".join(row) + " |", flush=True)
    for sentence in missing:
        print(sentence, file=sys.stderr)
    sys.exit(1 if missing else 0)


# The columns of FER+ votes behind each name of FACE_EMOTIONS; a single rater's vote is noise (as in the FER+ paper).
FACE_VOTES = (("anger",), ("happiness",), ("surprise", "fear"), ("sadness",), ("neutral",))
TEXT_NEEDS = ("kote", "goemotions_en", "goemotions_ko", "emobank", "nsmc_raw", "va_kor")


def text(data: Path) -> Iterator[Row]:
    """Text emotion on the dev splits, beside a word list."""
    from core.emotion.text import TextEmotion
    from training.text_figures import evaluate
    from training.text_rows import Rows, add_axes, add_labelled

    model = TextEmotion.load()
    rows = Rows()
    add_labelled(rows, data)
    add_axes(rows, data, 0)
    for judged_on, figures in evaluate(model, rows, data)[0].items():
        for name, value in figures.items():
            yield "text emotion", judged_on, name, f"{value:.3f}"


def face(data: Path) -> Iterator[Row]:
    """Face emotion on FER2013's PublicTest faces with a majority of FER+ votes, copies left out."""
    from core.emotion.face import FaceEmotion
    from core.entities import FACE_EMOTIONS
    from core.evaluation.face_emotion import judged, read_faces

    folder = data / "faces_ferplus"
    pixels = np.load(folder / "ferplus_images.npz")["images"]
    truth, at = [], []
    with (folder / "ferplus_labels.csv").open(newline="") as file:
        for n, row in enumerate(csv.DictReader(file)):
            fits = row["class6"] in FACE_EMOTIONS and row["majority"] not in ("contempt", "unknown", "NF")
            votes = [sum(int(row[each]) for each in names) for names in FACE_VOTES]
            fits = fits and sum(count for count in votes if count > 1) >= 5
            if row["usage"] == "PublicTest" and fits and not row["dup_of"] and row["in_train_pixels"] == "0":
                truth.append(FACE_EMOTIONS.index(row["class6"]))
                at.append(n)
    figures = judged(np.array(truth), read_faces(FaceEmotion.load(), pixels[at]).said)
    judged_on = f"FER+ PublicTest, {len(at)} faces"
    yield "face emotion", judged_on, "accuracy", f"{figures['accuracy']:.3f}"
    yield "face emotion", judged_on, "macro recall", f"{figures['macro_recall']:.3f}"
    for name, recall in figures["recall"].items():
        yield "face emotion", judged_on, f"recall of {name}", f"{recall:.3f}"


def crisis(data: Path) -> Iterator[Row]:
    """The crisis check on the lines written for it, and how often ordinary public text alarms it."""
    from core.evaluation.crisis import DANGER, evaluate
    from core.safety.crisis import check

    figures = evaluate(CRISIS_LINES)
    judged_on = f"our own {figures['lines']} lines"
    for name, key in (
        ("high and imminent answered as such", "recall_high"),
        ("concern answered as concern or above", "recall_concern"),
        ("third person seen as such", "recall_other"),
        ("harmless answered as anything else", "false_alarm"),
    ):
        yield "crisis check", judged_on, name, f"{figures[key]:.3f}"
    for name, path, column in (
        ("tatoeba_ko_en", "kor_eng.tsv", slice(0, 2)),
        ("nsmc_raw", "nsmc_ratings_150k.tsv", slice(1, 2)),
    ):
        if (data / name / path).is_file():
            lines = (data / name / path).read_text(encoding="utf-8").split("\n")[1::20]
            texts = [cell for line in lines for cell in line.split("\t")[column]]
            alarms = np.mean([check(text).level in DANGER for text in texts])
            yield (
                "crisis check",
                f"{name}, {len(texts)} texts, every twentieth row",
                "high or imminent",
                f"{alarms:.4%}",
            )


if __name__ == "__main__":
    main()
