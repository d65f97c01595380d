"""Our own crisis lines become the small wording model: `python training/crisis.py --data DIR`.

Needs nothing but the base. Multinomial logistic regression over the features of core/safety/wording.py, on
training/data/crisis_lines.tsv and on lines of public corpora in which the lexicon finds nothing. It is judged by families:
lines that were written in one go are alike, so a family is wholly learned from or wholly judged. The thresholds come from
the false alarms on public lines that were not learned from. Writes core/weights/crisis.npz and prints the figures.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, vstack

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.entities import Level  # noqa: E402
from core.evaluation.crisis import judged  # noqa: E402
from core.safety import crisis  # noqa: E402
from core.safety.wording import BUCKETS, KINDS, WEIGHTS, Opinion, Wording, features  # noqa: E402

LINES = ROOT / "training" / "data" / "crisis_lines.tsv"
DIARY = ROOT / "training" / "data" / "diary_lines.tsv"  # written for text emotion: ordinary days
FOLDS = 6
HEAD = "| judged on | lines | recall_high | recall_concern | recall_other | false_alarm |\n|---|---|---|---|---|---|"
TARGET = {"none": 0, "concern": 1, "high": 2, "imminent": 2, "other": 3}


@dataclass(frozen=True)
class Line:
    """One line of ours; `part` is train or kept."""

    text: str
    level: str
    language: str
    kind: str
    family: str
    part: str


def our_lines(path: Path = LINES) -> list[Line]:
    """Every line of the table."""
    with path.open(encoding="utf-8", newline="") as file:
        return [Line(**row) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


def public_lines(data: Path, each: int, seed: int) -> dict[str, list[str]]:
    """Up to `each` texts of every corpus that is there, by its name."""
    columns = {
        "songys_chatbot/ChatbotData.csv": (",", 0),
        "kote/val.tsv": ("\t", 1),
        "nsmc_raw/nsmc_ratings_150k.tsv": ("\t", 2),
        "goemotions_en/train.tsv": ("\t", 0),
        "goemotions_ko/train.tsv": ("\t", 0),
        "emobank/emobank.csv": (",", 5),
    }
    found = {}
    for name, (comma, column) in columns.items():
        if not (data / name).is_file():
            continue
        with (data / name).open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file, delimiter=comma, quoting=csv.QUOTE_MINIMAL if comma == "," else csv.QUOTE_NONE)
            texts = sorted({row[column].strip() for row in reader if len(row) > column})
        order = np.random.default_rng(seed).permutation(len(texts))[:each]
        found[name.split("/")[0]] = [texts[at] for at in order]
    return found


def diary_lines() -> list[str]:
    """The ordinary diary lines of the text model in an order of their own."""
    with DIARY.open(encoding="utf-8", newline="") as file:
        texts = {row["text"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    return sorted(texts, key=lambda text: zlib.crc32(text.encode()))


def matrix(texts: Sequence[str]) -> csr_matrix:
    """One row a text, its features summed.  # (texts, BUCKETS) float32"""
    ends, columns, values = [0], [], []
    for text in texts:
        for buckets, value in features(" ".join(text.split()), {}):
            columns.append(buckets.astype(np.int64))
            values.append(np.full(len(buckets), value, np.float32))
        ends.append(ends[-1] + sum(len(part) for part in columns[-2:]))
    return csr_matrix((np.concatenate(values), np.concatenate(columns), ends), (len(texts), BUCKETS))


def fit(rows: csr_matrix, target: np.ndarray, keep: float, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights (BUCKETS, 3) and bias (3,) against "none"; `keep` is the inverse of the L2 penalty."""
    used = np.unique(rows.indices)
    small = rows[:, used].tocsr()
    turned = small.T.tocsr()
    wanted, outputs = np.eye(len(KINDS) + 1)[target], len(KINDS) + 1

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights, bias = flat[:-outputs].reshape(-1, outputs), flat[-outputs:]
        logits = small @ weights.astype(np.float32) + bias
        logits -= logits.max(axis=1, keepdims=True)
        total = np.exp(logits).sum(axis=1, keepdims=True)
        wrong = keep * (np.exp(logits) / total - wanted)
        value = keep * (np.log(total[:, 0]) - (logits * wanted).sum(axis=1)).sum() + 0.5 * (flat[:-outputs] ** 2).sum()
        slope = (turned @ wrong.astype(np.float32)).ravel().astype(np.float64) + flat[:-outputs]
        return value, np.concatenate([slope, wrong.sum(axis=0)])

    start = np.zeros((len(used) + 1) * outputs)
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": steps}).x
    weights, bias = np.zeros((BUCKETS, outputs)), best[-outputs:]
    weights[used] = best[:-outputs].reshape(-1, outputs)
    return weights[:, 1:] - weights[:, :1], bias[1:] - bias[0]


def packed(weights: np.ndarray, bias: np.ndarray) -> Wording:
    """The model in 8 bits, without thresholds."""
    scale = np.abs(weights).max(axis=0) / 127.0
    return Wording(np.round(weights / scale).astype(np.int8), scale, bias, 2.0, 2.0)


def shares(model: Wording, rows: csr_matrix) -> np.ndarray:
    """What `Wording.opinions` says of rows that are one window each.  # (rows, 3)"""
    logits = rows @ (model.weights * model.scale).astype(np.float32) + model.bias
    high = np.maximum(0.0, logits.max(axis=1, keepdims=True))
    odds = np.exp(logits - high)
    return odds / (odds.sum(axis=1, keepdims=True) + np.exp(-high))


def out_of_family(lines: Sequence[Line], rows: csr_matrix, calm: csr_matrix, keep: float, steps: int) -> np.ndarray:
    """What is said of each line by a model that learned from no line of its family.  # (lines, 3)"""
    fold = np.array([zlib.crc32(line.family.encode()) % FOLDS for line in lines])
    target = np.array([TARGET[line.level] for line in lines])
    said = np.zeros((len(lines), len(KINDS)))
    for number in range(FOLDS):
        learned = fold != number
        all_rows = vstack([rows[learned], calm]).tocsr()
        wanted = np.concatenate([target[learned], np.zeros(calm.shape[0], int)])
        model = packed(*fit(all_rows, wanted, keep, steps))
        said[~learned] = shares(model, rows[~learned])
        print(f"fold {number + 1} of {FOLDS}", flush=True)
    return said


def combined(by_lexicon: Sequence[Level], said: np.ndarray, model: Wording) -> list[Level]:
    """The level of each line once both have spoken, as core/safety/crisis.py puts them together."""
    return [
        crisis.raised(crisis.Safety(level), Opinion(*opinion), model).level
        for level, opinion in zip(by_lexicon, said.tolist(), strict=True)
    ]


def report(name: str, lines: Sequence[Line], told: Sequence[Level]) -> None:
    """One line of the table."""
    figures = judged([(Level(line.level), level) for line, level in zip(lines, told, strict=True)])
    print(f"| {name} | {len(lines)} | " + " | ".join(f"{value:.3f}" for value in figures.values()) + " |", flush=True)


def main() -> None:
    """Learn, calibrate, write, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds kote, songys_chatbot, ...")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--calm", type=int, default=2_500, help="public lines of each corpus to learn from")
    parser.add_argument("--judge", type=int, default=2_000, help="public lines of each corpus to count alarms on")
    parser.add_argument("--keep", type=float, default=10.0, help="inverse of the L2 penalty")
    parser.add_argument("--steps", type=int, default=80)
    parser.add_argument("--any", type=float, default=0.006, help="share of public lines that may be asked about")
    parser.add_argument("--high", type=float, default=0.003, help="share of public lines that may be called high")
    parser.add_argument("--alarms", type=Path, help="write the public lines that alarm here, to be looked at")
    parser.add_argument("--cross", action="store_true", help="judge by families too; takes as long again")
    parser.add_argument("--kept", action="store_true", help="judge the lines that were kept aside; once, at the end")
    args = parser.parse_args()
    began = time.time()

    # --- what is learned from, and what is judged on ---------------------------------------------
    lines = [line for line in our_lines() if line.part == "train"]
    calm, aside, sources = [], [], []
    diary = diary_lines()
    for name, texts in (public_lines(args.data, args.calm + args.judge, seed=1) | {"diary": diary}).items():
        judge = args.judge if name != "diary" else len(diary) // 2
        calm += texts[judge:]
        aside += texts[:judge]
        sources += [name] * len(texts[:judge])
    calm = [text for text in calm if by_lexicon(text) is Level.NONE]
    rows, calm_rows = matrix([line.text for line in lines]), matrix(calm)
    print(f"{len(lines)} lines, {len(calm)} calm public lines, {time.time() - began:.0f} s", flush=True)

    # --- thresholds by lines that were not learned from, then a model of all but the public ones of these ------------
    target = np.array([TARGET[line.level] for line in lines] + [0] * len(calm))
    model = packed(*fit(vstack([rows, calm_rows]).tocsr(), target, args.keep, args.steps))
    aside_rows, is_diary = matrix(aside), np.array(sources) == "diary"
    said_aside = shares(model, aside_rows)
    limits = {
        "any_from": float(np.quantile(said_aside[~is_diary].sum(axis=1), 1 - args.any)),
        "high_from": float(np.quantile(said_aside[~is_diary][:, 1], 1 - args.high)),
    }
    calibrated = replace(model, **limits)
    quiet = np.flatnonzero(is_diary)[[by_lexicon(aside[at]) is Level.NONE for at in np.flatnonzero(is_diary)]]
    everything = vstack([rows, calm_rows, aside_rows[quiet]]).tocsr()
    model = packed(*fit(everything, np.append(target, np.zeros(len(quiet), int)), args.keep, args.steps))
    save(replace(model, **limits), args.out)
    print(f"{args.out.stat().st_size} bytes; thresholds {limits}; {time.time() - began:.0f} s", flush=True)
    count_alarms(args.alarms, aside, sources, said_aside, calibrated)

    # --- figures ------------------------------------------------------------------------------------------
    if args.cross:
        judge_out_of_family(lines, rows, calm_rows, calibrated, args.keep, args.steps)
    if args.kept:
        kept = [line for line in our_lines() if line.part == "kept"]
        print(HEAD)
        report("kept aside, lexicon alone", kept, [by_lexicon(line.text) for line in kept])
        report("kept aside", kept, [crisis.check(line.text).level for line in kept])


def judge_out_of_family(
    lines: Sequence[Line], rows: csr_matrix, calm: csr_matrix, model: Wording, keep: float, steps: int
) -> None:
    """The table of what both say of families that were not learned from."""
    said = out_of_family(lines, rows, calm, keep, steps)
    lexicon_says = [by_lexicon(line.text) for line in lines]
    told = combined(lexicon_says, said, model)
    print(HEAD)
    report("own lines, lexicon alone", lines, lexicon_says)
    for language in ("ko", "en"):
        part = [at for at, line in enumerate(lines) if line.language == language]
        report(f"own lines out of family, {language}", [lines[at] for at in part], [told[at] for at in part])
    report("own lines out of family", lines, told)
    seen = [level is not Level.NONE for line, level in zip(lines, told, strict=True) if TARGET[line.level] == 2]
    print(f"of high and imminent lines out of family, answered with anything: {np.mean(seen):.3f}")
    for kind in sorted({line.kind for line in lines}):
        counts = Counter(str(told[at]) for at, line in enumerate(lines) if line.kind == kind)
        print(f"    {kind:20s}", *counts.most_common())


def by_lexicon(text: str) -> Level:
    """What the rules say without the model."""
    return crisis.by_lexicon(text).level


def save(model: Wording, path: Path) -> None:
    """The arrays that `Wording.load` reads."""
    limits = {"any_from": np.float64(model.any_from), "high_from": np.float64(model.high_from)}
    np.savez_compressed(path, weights=model.weights, scale=model.scale, bias=model.bias, **limits)


def count_alarms(path: Path | None, texts: list[str], sources: list[str], said: np.ndarray, model: Wording) -> None:
    """The counts of 1,000 by corpus; and the lines themselves into `path`, to be looked at, not for the repository."""
    told = combined([by_lexicon(text) for text in texts], said, model)
    for name in dict.fromkeys(sources):
        counts = Counter(str(level) for level, source in zip(told, sources, strict=True) if source == name)
        total = sum(counts.values())
        print(f"{name}: " + ", ".join(f"{level} {1000 * counts[level] / total:.1f}" for level in Level) + " in 1,000")
    if path:
        rows = sorted(zip(told, sources, said.sum(axis=1), texts, strict=True))
        found = [row for row in rows if row[0] is not Level.NONE]
        path.write_text("\n".join(f"{a}\t{b}\t{c:.2f}\t{d}" for a, b, c, d in found), encoding="utf-8")


if __name__ == "__main__":
    main()
