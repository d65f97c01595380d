"""The small text model's networks: a run that was stopped goes on from its last epoch as if nothing had happened."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from training import text_networks  # noqa: E402
from training.text_rows import SIZES, Bags  # noqa: E402

LINES, N_GRAMS = 300, 40


class Stopped(Exception):
    """The power went."""


def trained(checkpoints: Path, *, epochs: int = 3, seed: int = 5) -> dict[str, np.ndarray]:
    """What three epochs over three hundred lines of chance leave in the network."""
    rng = np.random.default_rng(1)
    each = [np.unique(rng.integers(0, N_GRAMS, 8)).astype(np.uint32) for _ in range(LINES)]
    bags = Bags(np.concatenate(each), np.concatenate([[0], np.cumsum([len(one) for one in each])]))
    targets = {head: rng.random((LINES, size)).astype(np.float32) for head, size in SIZES.items()}
    net = text_networks.train_network(
        bags, N_GRAMS, np.arange(LINES), np.zeros(LINES, np.int64), targets, np.ones(LINES, np.float32),
        epochs, 4, 6, 0.3, seed, "tiny", checkpoints,
    )  # fmt: skip
    return {name: value.numpy() for name, value in net.state_dict().items()}


@pytest.mark.usefixtures("one_torch_thread")
def test_a_stopped_run_goes_on_from_its_last_epoch(tmp_path, monkeypatch, capsys):
    whole = trained(tmp_path / "whole")
    loss_of, steps = text_networks.loss_of, iter(range(10**6))

    def fails(*given):
        if next(steps) == 4:  # three steps an epoch: in the middle of the second
            raise Stopped
        return loss_of(*given)

    with monkeypatch.context() as patch:
        patch.setattr(text_networks, "loss_of", fails)
        with pytest.raises(Stopped):
            trained(tmp_path / "parts")
    assert len(list((tmp_path / "parts").iterdir())) == 1  # whole files only
    capsys.readouterr()
    parts = trained(tmp_path / "parts")
    told = capsys.readouterr().out
    assert "goes on after epoch 1" in told and "epoch 1/3" not in told and "epoch 3/3" in told
    for name, value in whole.items():
        np.testing.assert_array_equal(value, parts[name], err_msg=name)


def test_a_run_of_other_settings_begins_anew(tmp_path, capsys):
    trained(tmp_path, epochs=1)
    capsys.readouterr()
    trained(tmp_path, epochs=1, seed=6)
    assert "goes on" not in capsys.readouterr().out
    trained(tmp_path, epochs=1)
    assert "goes on after epoch 1" in capsys.readouterr().out
