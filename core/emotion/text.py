"""A line of a diary becomes an Emotion: how pleasant, how stirred, how in charge, and by which names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.emotion.denied import Plain, plainly_put
from core.emotion.emoji import GLOSS
from core.emotion.evidence import LOOKED_AT, that_speak
from core.emotion.fusion import anchors
from core.emotion.labels import of_ekman
from core.emotion.language import guess_language
from core.emotion.names import PLAIN_SENTENCES, said_plainly
from core.emotion.ngrams import grams, sentences, tidy, units
from core.entities import EMOTIONS, Emotion, Label

if TYPE_CHECKING:
    import numpy as np

WEIGHTS = Path(__file__).resolve().parent.parent / "weights" / "text_emotion.npz"

_CHARS = 20_000  # of one text are read at most
_SENTENCES = 160  # of one text are read at most: the first third and the last two thirds of that
_TOGETHER = 4  # sentences that are also read as one: what happened often stands in one and how it felt in another
_WHOLE = 0.5  # how much that counts
_END_WEIGHS = 1.6  # the last sentence of a day against its first: people remember how a thing ended
_LABELS = 5
_FLOOR = 0.12  # a weaker label is not named
_WHY_SENTENCES = 3
_PLAINLY = 0.55  # the score of a feeling that is named outright


@dataclass(frozen=True, eq=False, repr=False)
class Words:
    """A linear model of n-grams of its own (tf-idf, few bits) that speaks beside one head of the network."""

    vocabulary: np.ndarray  # (m,) uint32, sorted hashes
    worth: np.ndarray  # (m,) float32: the rarer an n-gram, the more
    weights: np.ndarray  # (m, k) int8
    scale: np.ndarray  # (k,) float32: weights * scale
    bias: np.ndarray  # (k,) float32
    gain: np.ndarray  # (k,) float32: how much of what the network says is kept

    def say(self, bag: np.ndarray) -> np.ndarray:
        """What the n-grams of one line add up to, without the bias.  # (k,)"""
        import numpy as np

        rows = _rows(self.vocabulary, bag)
        worth = self.worth[rows]
        length = float(np.sqrt(worth @ worth)) or 1.0
        return np.asarray((worth / length) @ self.weights[rows].astype(np.float32) * self.scale)


@dataclass(frozen=True, eq=False, repr=False)
class TextEmotion:
    """A bag of n-gram vectors (8 bit) under a small network; read-only, so any thread may use it.

    Vectors, hidden layer and heads were trained together by `training/text_emotion.py`; after fastText
    (Joulin et al. 2017) and deep averaging networks (Iyyer et al. 2015).
    """

    vocabulary: np.ndarray  # (n,) uint32, sorted hashes of n-grams
    vectors: np.ndarray  # (n, d) int8
    scale: np.ndarray  # (d,) float32: vectors * scale
    hidden: tuple[np.ndarray, np.ndarray]  # (h, d), (h,)
    heads: dict[str, tuple[np.ndarray, np.ndarray]]  # name -> (k, d + h), (k,)
    words: dict[str, Words]  # head -> what stands beside it
    names: dict[str, tuple[str, ...]]  # head -> what its k numbers are called
    sure: np.ndarray  # (5,) logistic regression of "the first name is right" on `facts`, bias last
    cuts: dict[str, np.ndarray]  # where a raw label counts as said, by label set and language

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> TextEmotion:
        """Read the weights (about 0.1 s). Raises FileNotFoundError where they are missing."""
        import numpy as np

        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        heads = [key[7:] for key in arrays if key.startswith("weight_")]
        return cls(
            vocabulary=_hashes(arrays["steps"]),
            vectors=arrays["vectors"],
            scale=arrays["scale"].astype(np.float32),
            hidden=(arrays["hidden_weight"].astype(np.float32), arrays["hidden_bias"].astype(np.float32)),
            heads={
                head: (arrays[f"weight_{head}"].astype(np.float32), arrays[f"bias_{head}"].astype(np.float32))
                for head in heads
            },
            words={key[14:]: _words(arrays, key[14:]) for key in arrays if key.startswith("words_weights_")},
            names={key[6:]: tuple(arrays[key].tolist()) for key in arrays if key.startswith("names_")},
            sure=arrays["sure"].astype(np.float32),
            cuts={key[4:]: arrays[key].astype(np.float32) for key in arrays if key.startswith("cut_")},
        )

    def read(self, text: str, language: str = "") -> Emotion:
        """How `text` feels; never raises. `language` ("ko", "en", or guessed) says which raw label set comes first."""
        import numpy as np

        written = [plainly_put(part) for part in _bounded(sentences(tidy(text[:_CHARS])))]
        if not written:
            return Emotion()
        parts = [part.text for part in written]
        n, bags = len(parts), [grams(part) for part in parts]
        if 1 < n <= _TOGETHER:
            bags.append(grams(" ".join(parts)))
        known = [_rows(self.vocabulary, bag) for bag in bags]
        pooled = self._pooled(known)
        out = self._heads(pooled, bags)
        warm = _sigmoid(out["warm"])
        for k, part in enumerate(parts):
            if name := said_plainly(part):
                warm[k, EMOTIONS.index(name)] = max(warm[k, EMOTIONS.index(name)], _PLAINLY)
        axes = self.axes(out["vad"], warm)
        share = _shares(known[:n], warm[:n])
        stands, scores = share @ axes[:n], _summed(share, warm[:n])
        if len(bags) > n:
            stands = (1 - _WHOLE) * stands + _WHOLE * axes[n]
            scores = (1 - _WHOLE) * scores + _WHOLE * warm[n]
        valence, arousal, dominance = (float(x) for x in np.clip(stands, -1.0, 1.0))
        if n <= PLAIN_SENTENCES and (name := said_plainly(text)):
            at = EMOTIONS.index(name)
            scores[at] = max(scores[at], 1.15 * scores.max(), _PLAINLY)
            scores = scores / max(1.0, scores[at])  # the others too, so that the first keeps its lead
            valence, arousal, dominance = (
                0.5 * read + 0.5 * place
                for read, place in zip((valence, arousal, dominance), anchors()[name], strict=True)
            )
        labels = _named(scores, EMOTIONS)
        seen = sum(len(ids) for ids in known[:n])
        sets = ["kote", "goemotions"] if (language or guess_language(text, "en")) == "ko" else ["goemotions", "kote"]
        return Emotion(
            valence=valence,
            arousal=arousal,
            dominance=dominance,
            labels=labels,
            confidence=float(_sigmoid(self.facts(labels, valence, seen) @ self.sure[:4] + self.sure[4]))
            if seen
            else 0.0,
            why=self._why(written, known, pooled, share, labels[0].name),
            raw=tuple(label for each in sets for label in whole(share @ _sigmoid(out[each][:n]), self.names[each])),
        )

    def scores(self, texts: Sequence[str]) -> dict[str, np.ndarray]:
        """Every head's numbers for whole lines, as an evaluation wants them: head -> (len(texts), k).

        "kote", "goemotions", "ekman" (its groups) and "warm" are probabilities, "axes" are valence, arousal, dominance on -1..1 and "vad"
        their learned half, before tanh; "emobank" is in that corpus's deviations from its mean, "rating" in NSMC's.
        """
        bags = [grams(tidy(text)) for text in texts]
        out = self._heads(self._pooled([_rows(self.vocabulary, bag) for bag in bags]), bags)
        out |= {head: _sigmoid(out[head]) for head in ("kote", "goemotions", "warm")}
        ekman = of_ekman(out["goemotions"], self.names["goemotions"])
        return out | {"ekman": ekman, "axes": self.axes(out["vad"], out["warm"])}

    def last_layer(self, texts: Sequence[str]) -> np.ndarray:
        """What the heads of the network are given of whole lines, to learn heads anew.  # (len(texts), d + h)"""
        return self._last(self._pooled([_rows(self.vocabulary, grams(tidy(text))) for text in texts]))

    def _pooled(self, known: Sequence[np.ndarray]) -> np.ndarray:
        """One vector per sentence: the sum of its n-grams over the root of their number.  # (s, d)"""
        import numpy as np

        sums = [self.vectors[ids].sum(axis=0, dtype=np.int32) / max(1.0, len(ids)) ** 0.5 for ids in known]
        return np.asarray(np.array(sums, np.float32).reshape(len(known), -1) * self.scale)

    def _last(self, pooled: np.ndarray) -> np.ndarray:
        import numpy as np

        weight, bias = self.hidden
        return np.concatenate([pooled, np.maximum(pooled @ weight.T + bias, 0.0)], axis=1)

    def _heads(self, pooled: np.ndarray, bags: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
        import numpy as np

        last = self._last(pooled)
        out = {head: last @ w.T + b for head, (w, b) in self.heads.items()}
        for head, words in self.words.items():
            out[head] = out[head] * words.gain + words.bias + np.array([words.say(bag) for bag in bags])
        return out

    def axes(self, vad: np.ndarray, warm: np.ndarray) -> np.ndarray:
        """Valence, arousal, dominance on -1..1: what was learned as numbers, drawn to where the said names stand.

        The names are squared, so that the clear ones decide.  # (s, 3)
        """
        import numpy as np

        said = warm**2
        places = said @ np.array([anchors()[name] for name in EMOTIONS]) / (said.sum(axis=1, keepdims=True) + 0.05)
        return np.asarray(0.5 * np.tanh(vad) + 0.5 * places)

    def facts(self, labels: Sequence[Label], valence: float, seen: int) -> np.ndarray:
        """What the confidence is told from: the first score, its lead, |valence| and how much is known.  # (4,)"""
        import numpy as np

        second = labels[1].score if len(labels) > 1 else 0.0
        return np.array([labels[0].score, labels[0].score - second, abs(valence), np.log1p(seen) / 5.0], np.float32)

    def _why(
        self, parts: Sequence[Plain], known: Sequence[np.ndarray], pooled: np.ndarray, share: np.ndarray, name: str
    ) -> tuple[str, ...]:
        """The words whose n-grams speak most for `name`, through the slope of the network at this line, and do so alone."""
        import numpy as np

        weight, bias = self.hidden
        d, at = pooled.shape[1], EMOTIONS.index(name)
        head = self.heads["warm"][0][at]
        beside = self.words.get("warm")
        found: dict[str, tuple[str, float]] = {}  # as it stood there: as it is read, and how much it moved
        for s in np.argsort(-share)[:_WHY_SENTENCES]:
            slope = (head[:d] + (head[d:] * (weight @ pooled[s] + bias > 0)) @ weight) * self.scale
            rooted = max(1.0, len(known[s])) ** 0.5
            whole = (
                float(np.linalg.norm(beside.worth[_rows(beside.vocabulary, grams(parts[s].text))])) if beside else 0.0
            )
            for unit in units(parts[s].text)[:40]:
                bag = grams(unit)
                said = float((self.vectors[_rows(self.vocabulary, bag)] @ slope).sum()) / rooted
                if beside and whole:
                    rows = _rows(beside.vocabulary, bag)
                    said += float(beside.worth[rows] @ beside.weights[rows, at]) * float(beside.scale[at]) / whole
                found[unit[0] if unit[0] in GLOSS else parts[s].in_its_words(unit)] = unit, float(share[s]) * said
        moved = sorted(((shown, *moved) for shown, moved in found.items()), key=lambda one: -one[2])[:LOOKED_AT]
        return that_speak(moved, name, self.scores([unit for _, unit, _ in moved])["warm"]) if moved else ()


def _rows(vocabulary: np.ndarray, bag: np.ndarray) -> np.ndarray:
    """Where the n-grams of a bag that a vocabulary knows stand in it.  # (m,) int"""
    import numpy as np

    rows = np.minimum(np.searchsorted(vocabulary, bag), len(vocabulary) - 1)
    return rows[vocabulary[rows] == bag]


def _hashes(steps: np.ndarray) -> np.ndarray:
    """The sorted hashes whose distances the weights file keeps."""
    import numpy as np

    return np.cumsum(steps, dtype=np.uint64).astype(np.uint32)


def _words(arrays: dict[str, np.ndarray], head: str) -> Words:
    import numpy as np

    return Words(
        vocabulary=_hashes(arrays[f"words_steps_{head}"]),
        worth=arrays[f"words_worth_{head}"].astype(np.float32) / 16.0,
        weights=arrays[f"words_weights_{head}"],
        scale=arrays[f"words_scale_{head}"].astype(np.float32),
        bias=arrays[f"words_bias_{head}"].astype(np.float32),
        gain=arrays[f"words_gain_{head}"].astype(np.float32),
    )


def _sigmoid(x: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x, -30.0, 30.0))))


def _bounded(parts: list[str]) -> list[str]:
    if len(parts) <= _SENTENCES:
        return parts
    return parts[: _SENTENCES // 3] + parts[-(_SENTENCES - _SENTENCES // 3) :]


def _shares(known: Sequence[np.ndarray], warm: np.ndarray) -> np.ndarray:
    """How much each sentence counts: telling ones more than plain ones, the end more than the start.  # (s,), sums to 1"""
    import numpy as np

    plain = warm[:, EMOTIONS.index("neutral")]
    length = np.minimum(1.0, np.array([len(ids) for ids in known]) / 60.0)
    weights = np.linspace(1.0, _END_WEIGHS, len(known)) * (1.1 - plain) * (0.1 + length)
    return np.asarray(weights / weights.sum())


def _summed(share: np.ndarray, warm: np.ndarray) -> np.ndarray:
    """The names of a text from those of its sentences: what most say, and what one says clearly.  # (18,)"""
    import numpy as np

    scores = 0.5 * (share @ warm) + 0.5 * np.max(warm * (share / share.max())[:, None], axis=0)
    scores[EMOTIONS.index("neutral")] = share @ warm[:, EMOTIONS.index("neutral")]
    return np.asarray(scores)


def _named(scores: np.ndarray, names: Sequence[str]) -> tuple[Label, ...]:
    """The strongest names, those under the floor left out but for the first."""
    import numpy as np

    order = np.argsort(-scores, kind="stable")[:_LABELS]
    return tuple(Label(names[i], float(scores[i])) for n, i in enumerate(order) if n == 0 or scores[i] >= _FLOOR)


def whole(scores: np.ndarray, names: Sequence[str]) -> tuple[Label, ...]:
    """Every name with its score, strongest first; four digits, since they are kept with each entry."""
    import numpy as np

    return tuple(Label(names[i], round(float(scores[i]), 4)) for i in np.argsort(-scores, kind="stable"))
