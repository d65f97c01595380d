"""Where a label counts as said, told from chances that a few hundred lines cannot judge one by one."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("scipy")

from core.evaluation.figures import best_cuts, f1_scores
from training.text_words import expected_cuts


def test_cuts_from_chances_serve_other_lines_better_than_cuts_from_what_came_true():
    rng = np.random.default_rng(1)
    shares = np.linspace(-3.0, 0.0, 20)
    here, there = (1.0 / (1.0 + np.exp(-rng.normal(shares, 1.0, (size, 20)))) for size in (400, 20_000))
    true_here, true_there = ((rng.random(chance.shape) < chance).astype(float) for chance in (here, there))
    by_chance = f1_scores(true_there, there >= expected_cuts(here))[0]
    by_truth = f1_scores(true_there, there >= best_cuts(true_here, here))[0]
    most = f1_scores(true_there, there >= best_cuts(true_there, there))[0]
    assert by_truth < by_chance <= most
    assert most - by_chance < 0.005
