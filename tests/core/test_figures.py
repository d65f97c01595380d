"""The figures that judge a model are those of the textbooks."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.evaluation.figures import areas, best_cuts, correlation, f1_scores, mean_area, recalls


def some_lines(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Truth and scores that know something of it, with ties."""
    random = np.random.default_rng(seed)
    truth = (random.random((200, 6)) < random.uniform(0.03, 0.6, 6)).astype(float)
    return truth, np.round(np.clip(0.4 * truth + random.random(truth.shape) * 0.6, 0, 1), 2)


def test_f1_by_hand() -> None:
    truth = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 0]])
    said = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 1, 0]])
    # label 0: one hit, one missed: 2/3; label 1: two hits, one too many: 4/5; label 2 is nowhere: 0
    macro, micro = f1_scores(truth, said)
    assert macro == pytest.approx((2 / 3 + 4 / 5 + 0) / 3)
    assert micro == pytest.approx(2 * 3 / (4 + 4))


def test_area_by_hand() -> None:
    truth = np.array([[1, 1, 0], [0, 1, 0], [1, 1, 0], [0, 1, 0]])
    score = np.array([[0.9, 0.1, 0.1], [0.5, 0.2, 0.2], [0.5, 0.3, 0.3], [0.1, 0.4, 0.4]])
    found = areas(truth, score)
    assert found[0] == pytest.approx((1 + 1 + 0.5 + 1) / 4)  # of four pairs three are in order, one is a tie
    assert np.isnan(found[1:]).all()  # every line has it, none has it
    assert mean_area(truth, score) == found[0]
    assert math.isnan(mean_area(truth[:, 1:], score[:, 1:]))


def test_correlation_and_recall_by_hand() -> None:
    assert correlation(np.array([1.0, 2, 3]), np.array([2.0, 4, 6])) == pytest.approx(1)
    assert correlation(np.array([1.0, 2, 3]), np.array([6.0, 2, 4])) == pytest.approx(-0.5)
    assert math.isnan(correlation(np.array([1.0, 2, 3]), np.array([5.0, 5, 5])))
    assert recalls(np.array([0, 0, 2, 2, 2]), np.array([0, 1, 2, 2, -1])) == {0: 0.5, 2: pytest.approx(2 / 3)}


def test_the_best_cut_parts_what_can_be_parted() -> None:
    truth = np.array([[0], [0], [1], [1], [0]])
    score = np.array([[0.1], [0.2], [0.8], [0.9], [0.3]])
    cut = best_cuts(truth, score)
    assert 0.3 < cut[0] <= 0.8
    assert f1_scores(truth, score >= cut) == (1.0, 1.0)


@pytest.mark.parametrize("seed", range(5))
def test_scikit_learn_says_the_same(seed: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    truth, score = some_lines(seed)
    said = (score >= 0.5).astype(float)
    expected = [metrics.f1_score(truth, said, average=mean, zero_division=0) for mean in ("macro", "micro")]
    assert f1_scores(truth, said) == pytest.approx(expected)
    assert areas(truth, score) == pytest.approx(metrics.roc_auc_score(truth, score, average=None))
    assert correlation(truth[:, 0], score[:, 0]) == pytest.approx(np.corrcoef(truth[:, 0], score[:, 0])[0, 1])
