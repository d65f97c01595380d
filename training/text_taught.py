"""What large readers say of lines that nobody labelled: EmoBank's axes and KOTE's labels, to teach what is shipped."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from core.evaluation.figures import crossed
from training.text_readers import Encoder, Tokens, e5, halfway, minilm, minilm_vectors, opinions, tuned, use_vectors
from training.text_rows import Rows
from training.text_words import as_in, bagged, correlations, ridge, standing

REVIEWS, COMMENTS = 19_000, 14_000  # film reviews and GoEmotions' Korean lines that e5 judges


@dataclass(frozen=True)
class Bank:
    """EmoBank with what its teacher says of it, of GoEmotions' English lines, and of pieces of both."""

    learn: np.ndarray  # row numbers; judged by a teacher of the others
    dev: np.ndarray
    more: np.ndarray
    pieces: list[str]
    said: np.ndarray  # (learn + dev + more + pieces, 3)


@dataclass(frozen=True)
class Comments:
    """KOTE with what its teacher says of lines that nobody labelled."""

    learn: np.ndarray  # row numbers
    dev: np.ndarray
    more: np.ndarray
    said: np.ndarray  # (more, 44) chances


def emobank_taught(rows: Rows, cache: Path) -> Bank:
    """A kernel model over MiniLM's and USE's vectors and MiniLM itself, both taught by EmoBank, judge other English lines."""
    source, split = np.array(rows.source), np.array(rows.split)
    mine = np.where((source == "emobank") & (split != "dev"))[0]
    dev = np.where((source == "emobank") & (split == "dev"))[0]
    english = np.where(source == "go_en")[0]
    learn, judge, more = ([rows.text[i] for i in part] for part in (mine, dev, english))
    pieces = pieces_of(learn, more)
    texts = learn + judge + more + pieces
    truth = np.array([rows.targets["emobank"][i] for i in [*mine, *dev]], np.float32)
    here, n = len(mine), len(truth)
    said = kept(cache, "emobank", texts, lambda: _teacher_says(texts, truth, np.arange(here)))
    print("EmoBank dev, kernel", correlations(said[here:n], truth[here:]), flush=True)
    other = kept(cache, "minilm-emobank", texts[here:], lambda: _minilm_says(learn, truth[:here], texts[here:]))
    print("EmoBank dev, MiniLM", correlations(other[: n - here], truth[here:]), flush=True)
    said[here:] = 0.5 * said[here:] + 0.5 * other  # nobody but the kernel judges lines out of fold
    print("EmoBank dev, together", correlations(said[here:n], truth[here:]), flush=True)
    return Bank(mine, dev, english, pieces, said)


def kote_taught(rows: Rows, cache: Path) -> Comments:
    """e5 tuned on KOTE and a linear model judge film reviews, comments and everyday talk."""
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
    judged = {
        "linear": [as_in(texts, own) @ w for texts in (judge, other)],
        "e5": np.split(
            kept(cache, "e5-kote", judge + other, lambda: _e5_says(learn, truth, judge + other)), [len(dev)]
        ),
    }
    for name, here in judged.items():
        print("KOTE dev,", name, crossed(gold, here[0]), flush=True)
    shares = {"linear": 0.5, "e5": 1.0}
    voice = [sum(shares[name] * standing(pair[at], pair[0]) for name, pair in judged.items()) for at in (0, 1)]
    print("KOTE dev, together", crossed(gold, voice[0]), flush=True)
    slope = ((voice[0] - voice[0].mean(axis=0)) * (gold - gold.mean(axis=0))).mean(axis=0) / voice[0].var(axis=0)
    said = np.clip(gold.mean(axis=0) + slope * (voice[1] - voice[0].mean(axis=0)), 0.0, 1.0)
    return Comments(mine, dev, more, said)


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


def _e5_says(learn: list[str], truth: np.ndarray, others: list[str]) -> np.ndarray:
    return _says(*e5(), 8, learn, truth, others, epochs=4, labels=True)


def _minilm_says(learn: list[str], truth: np.ndarray, others: list[str]) -> np.ndarray:
    return _says(*minilm(), 2, learn, truth, others, epochs=3, labels=False)


def _says(
    net: Encoder, cut: Callable[[Sequence[str]], Tokens], lower: int, learn: list[str], truth: np.ndarray, others: list[str], *,
    epochs: int, labels: bool,
) -> np.ndarray:  # fmt: skip
    """A transformer whose upper layers learned from `learn`, on others.  # (others, heads)"""
    upper = tuned(net, halfway(net, cut(learn), lower), truth, lower, epochs, 1, labels)
    parts = [others[i : i + 5000] for i in range(0, len(others), 5000)]
    return np.concatenate([opinions(upper, halfway(net, cut(part), lower)) for part in parts])


def kept(cache: Path, name: str, texts: Sequence[str], make: Callable[[], np.ndarray]) -> np.ndarray:
    """`make()`, or what it gave for the same texts before."""
    path = cache / f"{name}-{zlib.crc32(chr(10).join(texts).encode('utf-8', 'ignore')):08x}.npy"
    if not path.exists():
        np.save(path, make().astype(np.float16))
    return np.asarray(np.load(path), np.float32)
