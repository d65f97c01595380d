"""Linear models of words stand beside the network's heads: what large readers know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from core.emotion.ngrams import grams, tidy
from core.emotion.text import TextEmotion
from core.evaluation.figures import crossed
from training.text_rows import Rows

if TYPE_CHECKING:
    from training.text_taught import Bank, Comments

MOST, FEW = 127, 31  # a weight is stored as -127..127, where there are many as -31..31


@dataclass(frozen=True)
class Bagged:
    """Lines as rows of tf-idf over a vocabulary of n-grams."""

    x: sp.csr_matrix  # (lines, n-grams), every row of length one
    vocabulary: np.ndarray  # (n-grams,) uint32, sorted
    worth: np.ndarray  # (n-grams,) uint8: sixteenths of the log of how rare it is
    counts: np.ndarray  # (n-grams,) lines that hold it

    def only(self, vocabulary: np.ndarray) -> Bagged:
        """Those of its n-grams that are in `vocabulary`, rows of length one again."""
        stays = np.isin(self.vocabulary, vocabulary)
        return Bagged(_unit(self.x[:, stays]), self.vocabulary[stays], self.worth[stays], self.counts[stays])


def bagged(texts: Sequence[str], at_least: int) -> Bagged:
    """Every n-gram met in `at_least` lines."""
    found = [grams(tidy(text)) for text in texts]
    vocabulary, counts = np.unique(np.concatenate(found), return_counts=True)
    vocabulary, counts = vocabulary[counts >= at_least], counts[counts >= at_least]
    worth = np.clip(np.round(16.0 * np.log(len(texts) / counts)), 1, 255).astype(np.uint8)
    return Bagged(_rows(found, vocabulary, worth), vocabulary, worth, counts)


def as_in(texts: Sequence[str], bags: Bagged) -> sp.csr_matrix:
    """Other lines over the vocabulary of `bags`."""
    return _rows([grams(tidy(text)) for text in texts], bags.vocabulary, bags.worth)


def _rows(found: list[np.ndarray], vocabulary: np.ndarray, worth: np.ndarray) -> sp.csr_matrix:
    flat = np.concatenate(found)
    start = np.concatenate([[0], np.cumsum([len(each) for each in found])])
    place = np.searchsorted(vocabulary, flat).clip(0, len(vocabulary) - 1)
    known = vocabulary[place] == flat
    start = np.concatenate([[0], np.cumsum(known)])[start]
    x = sp.csr_matrix((worth[place[known]].astype(np.float32), place[known], start), (len(found), len(vocabulary)))
    return _unit(x)


def _unit(x: sp.csr_matrix) -> sp.csr_matrix:
    length = np.sqrt(np.asarray(x.multiply(x).sum(axis=1))).ravel()
    return sp.csr_matrix(sp.diags(1.0 / np.maximum(length, 1e-6)).astype(np.float32) @ x)


def ridge(x: sp.csr_matrix, y: np.ndarray, trust: np.ndarray, penalty: float, rounds: int = 30) -> np.ndarray:
    """Least squares with a penalty by conjugate gradients, all targets at once.  # (n-grams, targets)"""
    weighted = sp.diags(trust.astype(np.float32)) @ x
    back = x.T.tocsr()
    w = np.zeros((x.shape[1], y.shape[1]), np.float32)
    rest = np.asarray(weighted.T @ y.astype(np.float32))
    way, length = rest.copy(), (rest**2).sum(axis=0)
    for _ in range(rounds):
        ahead = back @ (trust[:, None].astype(np.float32) * (x @ way)) + penalty * way
        step = length / np.maximum((way * ahead).sum(axis=0), 1e-12)
        w += step * way
        rest -= step * ahead
        shorter = (rest**2).sum(axis=0)
        way, length = rest + shorter / np.maximum(length, 1e-12) * way, shorter
    return w


def logistic(x: sp.csr_matrix, start: np.ndarray, want: np.ndarray, trust: np.ndarray, penalty: float) -> np.ndarray:
    """What must be added to the log odds `start` so that they say `want`, as little as possible.  # (n-grams, labels)"""
    from scipy.optimize import minimize

    shape = (x.shape[1], want.shape[1])

    def cost(flat: np.ndarray) -> tuple[float, np.ndarray]:
        w = flat.reshape(shape).astype(np.float32)
        odds = start + x @ w
        loss = trust[:, None] * (np.logaddexp(0.0, odds) - want * odds)
        slope = x.T @ (trust[:, None] * (1.0 / (1.0 + np.exp(-odds)) - want)) + penalty * w
        return float(loss.sum() + 0.5 * penalty * (w**2).sum()), slope.astype(np.float64).ravel()

    return np.asarray(
        minimize(cost, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 60}).x, np.float32
    ).reshape(shape)


def telling(bags: Bagged, w: np.ndarray, rows: int) -> Bagged:
    """The same lines over the `rows` n-grams that move most; rows of length one again."""
    moves = np.sqrt((w**2).sum(axis=1) * bags.counts) * bags.worth
    return bags.only(bags.vocabulary[np.sort(np.argsort(-moves)[:rows])])


def stored(
    head: str, bags: Bagged, w: np.ndarray, bias: np.ndarray, gain: np.ndarray, most: int = MOST
) -> dict[str, np.ndarray]:
    """The arrays of the weights file."""
    # To the greatest, not to a quantile: clipping the 0.1 % that say most cost EmoBank's arousal 0.04 of r.
    scale = np.maximum(np.abs(w).max(axis=0), 1e-9) / most
    return {
        f"words_steps_{head}": np.diff(bags.vocabulary.astype(np.uint64), prepend=np.uint64(0)).astype(np.uint32),
        f"words_worth_{head}": bags.worth,
        f"words_weights_{head}": np.round(w / scale).astype(np.int8),
        f"words_scale_{head}": scale.astype(np.float32),
        f"words_bias_{head}": np.asarray(bias, np.float32),
        f"words_gain_{head}": np.asarray(gain, np.float32),
    }


# --- beside EmoBank's head and KOTE's ---------------------------------------------------------------


def emobank_words(model: TextEmotion, rows: Rows, bank: Bank, keep: int = 80_000) -> dict[str, np.ndarray]:
    """Words learn from EmoBank and from what its teacher says of pieces of it and of GoEmotions' texts."""
    here, n = len(bank.learn), len(bank.learn) + len(bank.dev)
    learn, judge, more = ([rows.text[i] for i in part] for part in (bank.learn, bank.dev, bank.more))
    truth, gold = (np.array([rows.targets["emobank"][i] for i in part], np.float32) for part in (bank.learn, bank.dev))
    bags = bagged(learn + more + bank.pieces, 2)
    want = np.concatenate([0.5 * bank.said[:here] + 0.5 * truth, bank.said[n:]])
    trust = np.ones(len(want))
    want -= want[:here].mean(axis=0)
    bags = telling(bags, ridge(bags.x, want, trust, 0.1, rounds=60), keep)
    w = ridge(bags.x, want, trust, 0.1, rounds=60)
    words, net = as_in(judge, bags) @ w, replace(model, words={}).scores(judge)["emobank"]
    gain, share, bias = np.zeros(3), np.zeros(3), np.zeros(3)
    for k in range(3):
        both = np.stack([net[:, k], words[:, k], np.ones(len(words))], axis=1)
        gain[k], share[k], bias[k] = np.linalg.lstsq(both, gold[:, k], rcond=None)[0]
    out = gain * net + share * words + bias
    print("EmoBank dev, network, words, both", *(correlations(x, gold) for x in (net, words, out)), flush=True)
    return stored("emobank", bags, w * share, bias, gain)


def kote_words(model: TextEmotion, rows: Rows, heard: Comments, keep: int = 53_000) -> dict[str, np.ndarray]:
    """Words learn from KOTE and from what its teacher says of lines that nobody labelled.

    Also where each label counts as said (`threshold_kote`), told from the dev lines.
    """
    learn, judge, other = ([rows.text[i] for i in part] for part in (heard.learn, heard.dev, heard.more))
    truth, gold = (np.array([rows.targets["kote"][i] for i in part], np.float32) for part in (heard.learn, heard.dev))
    net = _odds(replace(model, words={}).scores(judge)["kote"])
    bags = bagged(learn + other, 3)
    want = np.concatenate([truth, heard.said]) - truth.mean(axis=0)
    w, whole = ridge(bags.x, want, np.ones(len(want)), 1.5), bags
    bags = telling(bags, w, keep)  # fitted again on these alone they say less: AUC 0.774 for 0.784
    w = w[np.isin(whole.vocabulary, bags.vocabulary)]
    words = as_in(judge, bags) @ w
    gain, share, bias = stacked(standing(net, net), standing(words, words), gold)
    gain, share = gain / net.std(axis=0), share / words.std(axis=0)
    bias = bias - gain * net.mean(axis=0) - share * words.mean(axis=0)
    odds = gain * net + share * words + bias
    for name, said in (("network", net), ("words", words), ("both", odds)):
        print("KOTE dev,", name, crossed(gold, said), flush=True)
    cuts = expected_cuts(1.0 / (1.0 + np.exp(-odds)))
    return stored("kote", bags, w * share, bias, gain, FEW) | {"threshold_kote": cuts}


def _odds(chance: np.ndarray) -> np.ndarray:
    chance = np.clip(np.asarray(chance, np.float64), 1e-9, 1.0 - 1e-9)
    return np.log(chance / (1.0 - chance))


def standing(x: np.ndarray, among: np.ndarray) -> np.ndarray:
    """In deviations from the mean of `among`."""
    return np.asarray((x - among.mean(axis=0)) / among.std(axis=0))


def stacked(net: np.ndarray, words: np.ndarray, truth: np.ndarray) -> tuple[float, float, np.ndarray]:
    """One share for the network and one for the words, and a bias per label, by logistic regression."""
    from scipy.optimize import minimize

    def cost(at: np.ndarray) -> tuple[float, np.ndarray]:
        odds = at[0] * net + at[1] * words + at[2:]
        off = 1.0 / (1.0 + np.exp(-odds)) - truth
        slope = np.concatenate([[(off * net).sum(), (off * words).sum()], off.sum(axis=0)])
        return float((np.logaddexp(0.0, odds) - truth * odds).sum()), slope

    found = minimize(cost, np.zeros(2 + truth.shape[1]), jac=True, method="L-BFGS-B").x
    return float(found[0]), float(found[1]), found[2:]


def expected_cuts(chance: np.ndarray) -> np.ndarray:
    """The cut of each label with the greatest F1 to be expected if the chances are right (Ye et al. 2012): what a few hundred
    lines say of one label's best cut is mostly noise, what they say of its chances is not.  # (labels,)
    """
    most = -np.sort(-chance, axis=0)
    f1 = 2.0 * np.cumsum(most, axis=0) / (np.arange(1, len(most) + 1)[:, None] + most.sum(axis=0))
    return np.take_along_axis(most, f1.argmax(axis=0)[None], axis=0)[0].astype(np.float32)


def correlations(a: np.ndarray, b: np.ndarray) -> list[float]:
    """Pearson r of every column."""
    return [round(float(np.corrcoef(a[:, k], b[:, k])[0, 1]), 3) for k in range(a.shape[1])]
