"""The text model is judged by a labelled corpus: KOTE, GoEmotions or EmoBank, in the files they come in."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.emotion.labels import ekman_columns, ekman_groups
from core.emotion.text import WEIGHTS, TextEmotion
from core.evaluation.figures import Array, correlation, f1_scores, mean_area
from core.evaluation.files import BadFile, cells_of, rows_of

FORMATS = ("kote", "goemotions", "emobank")
AXES = ("valence", "arousal", "dominance")
_BATCH = 64  # lines at once
_USUAL_CUT = 0.5  # where the weights bring none
# Where text and labels stand in a line without a header, and how many cells such a line has at least.
_PLACES = {"kote": (1, 2, 3), "goemotions": (0, 1, 2)}


@dataclass(frozen=True, eq=False)
class Lines:
    """A corpus: its texts, and per text 0 or 1 for each label, or three numbers."""

    texts: tuple[str, ...]
    truth: Array  # (lines, labels) or (lines, 3)


def evaluate(
    format: str, file: Path, language: str = "", *, split: str = "", weights: Path = WEIGHTS, large: str = ""
) -> dict[str, float | int]:
    """Figures of `weights`, or of the `large` engine in a folder or on the hub, on a file of one of FORMATS; `language`
    ("ko", "en", or seen) chooses GoEmotions' cuts, `split` EmoBank's lines.

    Raises BadFile; FileNotFoundError or EngineMissing where the weights are missing."""
    if large:
        return _evaluate_large(format, file, language, split, large)
    model = TextEmotion.load(weights)
    lines = read_axes(file, split) if format == "emobank" else read_labels(format, file, len(model.names[format]))
    begun_s = time.perf_counter()
    # The corpus' own head: EmoBank's raters judged what a sentence says, not the mood of a day.
    said = [model.scores(part) for part in _batches(lines.texts)]
    seconds = time.perf_counter() - begun_s
    scores = {name: np.concatenate([each[name] for each in said]) for name in {format, "ekman"}}
    language = language or _seen(lines.texts)
    figures = _figures(lines, format, scores, lambda name: cuts(weights, name, language), model.names, seconds)
    return figures | {"bytes": weights.stat().st_size}


def _evaluate_large(format: str, file: Path, language: str, split: str, name: str) -> dict[str, float | int]:
    """EmoBank is judged by the axes that its names give: it has no head for that corpus."""
    from core.emotion.text_transformers import TransformerText

    model = TransformerText.load(name)
    if format != "emobank" and format not in model.names:
        raise BadFile(f"{name} has not learned {format}; it knows {' and '.join(model.names)}.")
    lines = read_axes(file, split) if format == "emobank" else read_labels(format, file, len(model.names[format]))
    begun_s = time.perf_counter()
    scores = model.scores(lines.texts)
    seconds = time.perf_counter() - begun_s
    language = language or _seen(lines.texts)
    scores["emobank"] = scores["axes"]
    figures = _figures(lines, format, scores, lambda name: model.cut(name, language), model.names, seconds)
    return figures | {"bytes": model.file_bytes}


def _figures(
    lines: Lines, format: str, scores: Mapping[str, Array], cut: Callable[[str], Array],
    names: Mapping[str, Sequence[str]], seconds: float,
) -> dict[str, float | int]:  # fmt: skip
    """By cuts where the corpus has labels, GoEmotions in Ekman's groups too, else by axes."""
    truth, score = lines.truth, scores[format]
    figures: dict[str, float | int] = (
        {f"{axis}_r": correlation(score[:, k], truth[:, k]) for k, axis in enumerate(AXES)}
        if format == "emobank"
        else labelled(truth, score, cut(format))
    )
    figures |= {"lines": len(lines.texts), "seconds_per_line": seconds / len(lines.texts)}
    if format == "goemotions":
        figures |= by_ekman(truth, scores["ekman"], cut("ekman"), names[format])
    return figures


def labelled(truth: Array, score: Array, cut: Array) -> dict[str, float | int]:
    """F1 where a label is said from its cut on, and AUC, which knows no cut."""
    macro, micro = f1_scores(truth, (score >= cut).astype(np.float64))
    return {"macro_f1": macro, "micro_f1": micro, "auc": mean_area(truth, score)}


def by_ekman(truth: Array, score: Array, cut: Array, names: Sequence[str]) -> dict[str, float | int]:
    """Macro-F1 over Ekman's six and neutral; a line has a group where it has one of its labels."""
    return {"ekman_macro_f1": f1_scores(in_groups(truth, names), (score >= cut).astype(np.float64))[0]}


def in_groups(truth: Array, names: Sequence[str]) -> Array:
    """(lines, 28) of 0 and 1 -> (lines, 7)."""
    return np.stack([truth[:, group].max(axis=1) for group in ekman_columns(names)], axis=1)


def cuts(weights: Path, label_set: str, language: str) -> Array:
    """From which score on each label counts as said: set on a development split, kept with the weights.  # (labels,)"""
    with np.load(weights, allow_pickle=False) as file:
        for name in (f"threshold_{label_set}_{language}", f"threshold_{label_set}", f"cut_{label_set}_{language}", f"cut_{label_set}"):  # fmt: skip
            if name in file.files:
                return np.asarray(file[name], np.float64)
        labels = len(ekman_groups() if label_set == "ekman" else file[f"names_{label_set}"])
        return np.full(labels, _USUAL_CUT)


def read_labels(label_set: str, file: Path, labels: int) -> Lines:
    """KOTE (id, text, labels) or GoEmotions (text, labels[, id]): a TSV, labels as indexes with commas between.

    A first line that names its columns is understood. Raises BadFile.
    """
    rows = cells_of(file)
    at_text, at_labels, least = _PLACES[label_set]
    header = 0
    if rows and {"text", "labels"} <= set(rows[0]):
        at_text, at_labels, header = rows[0].index("text"), rows[0].index("labels"), 1
        least = max(at_text, at_labels) + 1
    truth = np.zeros((len(rows) - header, labels))
    texts = []
    for n, row in enumerate(rows[header:]):
        if len(row) < least:
            raise BadFile(f"{file} is not {label_set}: line {n + header + 1} has {len(row)} columns of {least}.")
        try:
            found = [int(index) for index in row[at_labels].split(",")]
        except ValueError:
            raise BadFile(f"{file} is not {label_set}: line {n + header + 1} has no label indexes.") from None
        if not all(0 <= index < labels for index in found):
            raise BadFile(f"{file} is not {label_set}: line {n + header + 1} has a label beyond {labels - 1}.")
        truth[n, found] = 1.0
        texts.append(row[at_text])
    if not texts:
        raise BadFile(f"{file} holds no line to judge by.")
    return Lines(tuple(texts), truth)


def read_axes(file: Path, split: str = "") -> Lines:
    """EmoBank: a CSV with `text` and `V`, `A`, `D` on 1..5, all of it or what its `split` says. Raises BadFile."""
    texts, truth = [], []
    for number, row in rows_of(file, ("text", "V", "A", "D", *(("split",) if split else ()))):
        if split and row["split"] != split:
            continue
        try:
            judged = [float(row[axis]) for axis in "VAD"]
        except ValueError:
            judged = []
        if not judged or not np.isfinite(judged).all():
            raise BadFile(f"{file} is not emobank: line {number} has no numbers for V, A and D.")
        truth.append(judged)
        texts.append(row["text"])
    if not texts:
        raise BadFile(f"{file} holds no line of the split {split}.")
    return Lines(tuple(texts), np.array(truth))


def _batches(texts: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    return (texts[n : n + _BATCH] for n in range(0, len(texts), _BATCH))


def _seen(texts: tuple[str, ...]) -> str:
    """The language of most lines."""
    korean = sum(any("가" <= letter <= "힣" for letter in text) for text in texts)
    return "ko" if 2 * korean >= len(texts) else "en"
