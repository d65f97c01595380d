"""The figures that models are judged by: F1, area under the curve, correlation, recall."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def f1_scores(truth: Array, said_yes: Array) -> tuple[float, float]:
    """Macro and micro F1 of a multi-label answer; both (lines, labels) of 0 and 1.

    A label that neither stands there nor is said counts 0 in the macro mean, as in scikit-learn.
    """
    hit, both = (truth * said_yes).sum(axis=0), truth.sum(axis=0) + said_yes.sum(axis=0)
    return float(np.mean(2 * hit / np.maximum(both, 1))), float(2 * hit.sum() / max(both.sum(), 1))


def areas(truth: Array, score: Array) -> Array:
    """Area under each label's ROC curve: how often a line with it scores above one without (Mann-Whitney).  # (labels,)

    NaN for a label that every line has, or none.
    """
    from scipy.stats import rankdata

    yes = truth.sum(axis=0)
    above = (rankdata(score, axis=0) * truth).sum(axis=0) - yes * (yes + 1) / 2
    pairs = yes * (len(truth) - yes)
    return np.where(pairs > 0, above / np.maximum(pairs, 1), np.nan)


def mean_area(truth: Array, score: Array) -> float:
    """Mean area over the labels that some lines have and some have not; NaN where there is none such."""
    found = areas(truth, score)
    return float(np.nanmean(found)) if np.isfinite(found).any() else float("nan")


def best_cuts(truth: Array, score: Array) -> NDArray[np.float32]:
    """Per label the cut with the best F1.  # (labels,)"""
    cuts = np.zeros(truth.shape[1], np.float32)
    for k in range(truth.shape[1]):
        order = np.argsort(-score[:, k])
        hits = np.cumsum(truth[order, k])
        f1 = 2 * hits / (np.arange(1, len(order) + 1) + truth[:, k].sum())
        # F1 is smoothed over neighbouring cuts, the more so the more lines speak: one lucky line moves it less.
        width = 1 + 2 * int(truth[:, k].sum() // 40)
        smooth = np.convolve(np.pad(f1, width // 2, mode="edge"), np.ones(width) / width, mode="valid")
        best = int(np.argmax(smooth))
        cuts[k] = score[order[best : best + 2], k].mean()
    return cuts


def crossed(truth: Array, score: Array) -> dict[str, float]:
    """F1 with cuts from the other half of the lines, and AUC, so that no line judges itself."""
    half = np.arange(len(truth)) % 2 == 0
    yes = np.zeros_like(truth)
    for a in (half, ~half):
        yes[~a] = score[~a] >= best_cuts(truth[a], score[a])
    macro, micro = f1_scores(truth, yes)
    return {"macro_f1": macro, "micro_f1": micro, "auc": mean_area(truth, score)}


def correlation(a: Array, b: Array) -> float:
    """Pearson r; NaN where one of the two does not vary."""
    a, b = np.asarray(a, np.float64) - np.mean(a), np.asarray(b, np.float64) - np.mean(b)
    length = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / length if length else float("nan")


def recalls(truth: NDArray[np.int64], said: NDArray[np.int64]) -> dict[int, float]:
    """The share of each class that was said to be it, for the classes that there are."""
    return {int(k): float((said[truth == k] == k).mean()) for k in np.unique(truth)}
