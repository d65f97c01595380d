"""Linear models of words stand beside the network's heads: what large readers know."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from core.emotion.ngrams import grams, tidy
from core.emotion.text import TextEmotion
from training.text_figures import crossed
from training.text_readers import e5, halfway, minilm_vectors, opinions, tuned, use_vectors
from training.text_rows import Rows

MOST = 127  # a weight is stored as -127..127
REVIEWS, COMMENTS = 19_000, 14_000  # film reviews and GoEmotions' Korean lines that e5 judges
MORE_TRUST = 0.3  # of a line that only e5 has judged, against one that people judged


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


def stored(head: str, bags: Bagged, w: np.ndarray, bias: np.ndarray, gain: np.ndarray) -> dict[str, np.ndarray]:
    """The arrays of the weights file."""
    # To the greatest, not to a quantile: clipping the 0.1 % that say most cost EmoBank's arousal 0.04 of r.
    scale = np.maximum(np.abs(w).max(axis=0), 1e-9) / MOST
    return {
        f"words_steps_{head}": np.diff(bags.vocabulary.astype(np.uint64), prepend=np.uint64(0)).astype(np.uint32),
        f"words_worth_{head}": bags.worth,
        f"words_weights_{head}": np.round(w / scale).astype(np.int8),
        f"words_scale_{head}": scale.astype(np.float32),
        f"words_bias_{head}": np.asarray(bias, np.float32),
        f"words_gain_{head}": np.asarray(gain, np.float32),
    }


# --- EmoBank: what large readers know of English words --------------------------------------------


def kernel(a: np.ndarray, b: np.ndarray, words: sp.csr_matrix, other: sp.csr_matrix) -> np.ndarray:
    """How alike lines are: in their n-grams, and in the large readers' vectors both straight and near by."""
    straight = a @ b.T
    apart = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None] - 2.0 * straight
    return np.asarray(0.5 * straight + 2.0 * np.exp(-np.maximum(apart, 0.0) / 4.0) + (words @ other.T).toarray())


def kernel_ridge(alike: np.ndarray, y: np.ndarray, penalty: float) -> np.ndarray:
    """One weight for every line that is learned from."""
    from scipy.linalg import cho_factor, cho_solve

    alike[np.diag_indices(len(alike))] += penalty
    return np.asarray(cho_solve(cho_factor(alike, overwrite_a=True), y))


def pieces_of(texts: Sequence[str], more: Sequence[str]) -> list[str]:
    """Short runs of words out of `texts`, and the words met three times: what a line's parts say by themselves."""
    rng = np.random.default_rng(3)
    runs = []
    for text in texts:
        words = text.split()
        for _ in range(min(4, max(0, len(words) - 2))):
            many = int(rng.integers(2, 7))
            first = int(rng.integers(0, max(1, len(words) - many + 1)))
            runs.append(" ".join(words[first : first + many]))
    met = Counter(word for text in [*texts, *more] for word in set(re.findall(r"[a-z']{3,}", text.lower())))
    return list(dict.fromkeys(runs)) + sorted(word for word, count in met.items() if count >= 3)


def emobank_words(model: TextEmotion, rows: Rows, cache: Path, keep: int = 80_000) -> dict[str, np.ndarray]:
    """A kernel model over MiniLM's and USE's vectors teaches words: on EmoBank, pieces of it, and GoEmotions' texts."""
    source, split = np.array(rows.source), np.array(rows.split)
    mine = np.where((source == "emobank") & (split != "dev"))[0]
    dev = np.where((source == "emobank") & (split == "dev"))[0]
    learn, judge, more = ([rows.text[i] for i in part] for part in (mine, dev, np.where(source == "go_en")[0]))
    texts = learn + judge + more + pieces_of(learn, more)
    truth = np.array([rows.targets["emobank"][i] for i in [*mine, *dev]], np.float32)
    here, n = np.arange(len(learn)), len(truth)
    taught = kept(cache, "emobank", texts, lambda: _teacher_says(texts, truth, here))
    print("EmoBank dev, teacher", correlations(taught[len(here) : n], truth[len(here) :]), flush=True)
    pupil = np.concatenate([here, np.arange(n, len(texts))])
    bags = bagged([texts[i] for i in pupil], 2)
    want = taught[pupil]
    want[: len(here)] = 0.5 * want[: len(here)] + 0.5 * truth[: len(here)]
    trust = np.ones(len(pupil))
    want -= want[: len(here)].mean(axis=0)
    bags = telling(bags, ridge(bags.x, want, trust, 0.1, rounds=60), keep)
    w = ridge(bags.x, want, trust, 0.1, rounds=60)
    words, net = as_in(judge, bags) @ w, replace(model, words={}).scores(judge)["emobank"]
    gain, share, bias = np.zeros(3), np.zeros(3), np.zeros(3)
    for k in range(3):
        both = np.stack([net[:, k], words[:, k], np.ones(len(words))], axis=1)
        gain[k], share[k], bias[k] = np.linalg.lstsq(both, truth[len(here) :, k], rcond=None)[0]
    out = gain * net + share * words + bias
    print("EmoBank dev, words", *(correlations(x, truth[len(here) :]) for x in (words, out)), flush=True)
    return stored("emobank", bags, w * share, bias, gain)


def _teacher_says(texts: list[str], truth: np.ndarray, here: np.ndarray) -> np.ndarray:
    """The kernel model on every text; those that it learns from are judged by a teacher of the others.  # (texts, 3)"""
    n, vectors = len(truth), []
    for each in (minilm_vectors(texts), use_vectors(texts)):
        middle = each[:n].mean(axis=0)
        vectors.append((each - middle) / np.sqrt(((each[:n] - middle) ** 2).sum(axis=1).mean()))
    z = np.concatenate(vectors, axis=1).astype(np.float32)
    x = as_in(texts, bagged(texts[:n], 2))
    taught = np.zeros((len(texts), 3), np.float32)

    def teach(a: np.ndarray, to: np.ndarray) -> None:
        weights = kernel_ridge(kernel(z[a], z[a], x[a], x[a]), truth[a] - truth[a].mean(axis=0), 3.0)
        for part in np.array_split(to, len(to) // 4000 + 1):
            taught[part] = kernel(z[part], z[a], x[part], x[a]) @ weights + truth[a].mean(axis=0)

    teach(here, np.arange(len(here), len(texts)))
    for k in range(3):
        teach(here[here % 3 != k], here[here % 3 == k])
    return taught


# --- KOTE: what a tuned transformer says of texts that nobody labelled -----------------------------


def kote_words(model: TextEmotion, rows: Rows, cache: Path, keep: int = 36_000) -> dict[str, np.ndarray]:
    """e5 tuned on KOTE and a linear model judge lines that nobody labelled, and words learn from them.

    Not from the network, beside which they stand: what it knows already helps least. Also where each label counts as
    said (`threshold_kote`), told from the dev lines.
    """
    source, split = np.array(rows.source), np.array(rows.split)
    mine = np.where((source == "kote") & (split == "train"))[0]
    dev = np.where((source == "kote") & (split == "dev"))[0]
    korean = np.array([any("가" <= letter <= "힣" for letter in text) for text in rows.text])
    reviews = np.where((source == "rating") & (split == "train"))[0][:REVIEWS]
    comments = np.where((source == "go_ko") & korean)[0][:COMMENTS]
    more = np.concatenate([reviews, comments, np.where((source == "talk") & korean)[0][::3]])
    learn, judge, other = ([rows.text[i] for i in part] for part in (mine, dev, more))
    truth, gold = (np.array([rows.targets["kote"][i] for i in part], np.float32) for part in (mine, dev))
    own = bagged(learn, 2)
    w = ridge(own.x, truth - truth.mean(axis=0), np.ones(len(mine)), 1.2)
    net = _odds(replace(model, words={}).scores(judge)["kote"])
    judged = {
        "linear": [as_in(texts, own) @ w for texts in (judge, other)],
        "e5": np.split(
            kept(cache, "e5-kote", judge + other, lambda: _e5_says(learn, truth, judge + other)), [len(dev)]
        ),
    }
    for name, here in [("network", net), *((name, pair[0]) for name, pair in judged.items())]:
        print("KOTE dev,", name, crossed(gold, here), flush=True)
    shares = {"linear": 0.5, "e5": 1.0}
    voice = [sum(shares[name] * _standing(pair[at], pair[0]) for name, pair in judged.items()) for at in (0, 1)]
    print("KOTE dev, together", crossed(gold, voice[0]), flush=True)
    slope = ((voice[0] - voice[0].mean(axis=0)) * (gold - gold.mean(axis=0))).mean(axis=0) / voice[0].var(axis=0)
    taught = np.clip(gold.mean(axis=0) + slope * (voice[1] - voice[0].mean(axis=0)), 0.0, 1.0)
    bags = bagged(learn + other, 3)
    trust = np.concatenate([np.ones(len(mine)), np.full(len(more), MORE_TRUST)])
    want = np.concatenate([truth, taught]) - truth.mean(axis=0)
    w, whole = ridge(bags.x, want, trust, 1.2), bags
    bags = telling(bags, w, keep)  # fitted again on these alone they say less: AUC 0.774 for 0.784
    w = w[np.isin(whole.vocabulary, bags.vocabulary)]
    words = as_in(judge, bags) @ w
    gain, share, bias = stacked(_standing(net, net), _standing(words, words), gold)
    gain, share = gain / net.std(axis=0), share / words.std(axis=0)
    bias = bias - gain * net.mean(axis=0) - share * words.mean(axis=0)
    odds = gain * net + share * words + bias
    print("KOTE dev, words", crossed(gold, words), "beside the network", crossed(gold, odds), flush=True)
    cuts = shared_cuts(gold, 1.0 / (1.0 + np.exp(-odds)))
    return stored("kote", bags, w * share, bias, gain) | {"threshold_kote": cuts}


def _e5_says(learn: list[str], truth: np.ndarray, others: list[str]) -> np.ndarray:
    net, cut = e5()
    half = halfway(net, cut(learn))
    upper = tuned(net, half, np.arange(len(learn)), truth, epochs=4, seed=1)
    parts = [others[i : i + 5000] for i in range(0, len(others), 5000)]
    return np.concatenate([opinions(upper, halfway(net, cut(part))) for part in parts])


def _odds(chance: np.ndarray) -> np.ndarray:
    chance = np.clip(np.asarray(chance, np.float64), 1e-9, 1.0 - 1e-9)
    return np.log(chance / (1.0 - chance))


def _standing(x: np.ndarray, among: np.ndarray) -> np.ndarray:
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


def shared_cuts(truth: np.ndarray, score: np.ndarray) -> np.ndarray:
    """The cut of each label with the best F1, told as the share of lines that reach it and drawn halfway to what a
    label so frequent has elsewhere: a few hundred lines say little about one label, much about 44.  # (labels,)
    """
    lines, yes = len(truth), truth.sum(axis=0)
    best = np.zeros(truth.shape[1])
    for k in range(truth.shape[1]):
        hits = np.cumsum(truth[np.argsort(-score[:, k]), k])
        f1 = 2 * hits / (np.arange(1, lines + 1) + yes[k])
        width = max(1, int(0.1 * yes[k]) | 1)
        smooth = np.convolve(np.pad(f1, width // 2, mode="edge"), np.ones(width) / width, mode="valid")
        best[k] = (np.argmax(smooth) + 1) / lines
    often = np.log(yes / lines)
    curve = np.polyfit(often, np.log(best), 2, w=np.sqrt(yes))
    share = np.exp(0.5 * np.log(best) + 0.5 * np.polyval(curve, often)).clip(0.0, 1.0)
    return np.array([np.quantile(score[:, k], 1.0 - share[k]) for k in range(truth.shape[1])], np.float32)


def kept(cache: Path, name: str, texts: Sequence[str], make: Callable[[], np.ndarray]) -> np.ndarray:
    """`make()`, or what it gave for the same texts before."""
    path = cache / f"{name}-{zlib.crc32(chr(10).join(texts).encode('utf-8', 'ignore')):08x}.npy"
    if not path.exists():
        np.save(path, make().astype(np.float16))
    return np.asarray(np.load(path), np.float32)


def correlations(a: np.ndarray, b: np.ndarray) -> list[float]:
    """Pearson r of every column."""
    return [round(float(np.corrcoef(a[:, k], b[:, k])[0, 1]), 3) for k in range(a.shape[1])]
