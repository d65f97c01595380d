"""What somebody said they felt, beside what we had guessed, moves the next guess a little, for them alone.

Two habits are counted: the names that a person says more often than we guess them, and what they make of each name that
we guess first. Our own guess weighs as much as several such answers (a Dirichlet prior; after Dawid & Skene 1979,
Applied Statistics 28), and nothing is moved before that would have been right more often on their own answers so far.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from core.emotion.fusion import anchors, from_label
from core.entities import Emotion, Felt, Label

PRIOR = 4.0  # answers to a first name of ours weigh as much as that guess itself
PRIOR_OF_NAMES = 12.0  # the same for how often a name is said at all
UNSAID = 0.5  # of an answer: a guess that was rated past, and left as it was
UNNAMED = 0.02  # the share of a name that we did not guess at all
AHEAD = 1  # so many more of their answers it must have got right before it moves anything
LAST = 30  # answers that a person is told about
FEWEST = 5  # below which there is nothing to tell
_LABELS = 5
_FLOOR = 0.1  # a weaker label is not named
_NEVER_CERTAIN = 0.95


@dataclass
class Learned:
    """What one person's answers taught us."""

    instead: dict[str, Counter[str]] = field(default_factory=dict)  # by our first name: what they felt
    said: Counter[str] = field(default_factory=Counter)
    guessed: Counter[str] = field(default_factory=Counter)
    ahead: int = 0  # how many more of these answers this would have got right, each from those before it

    @property
    def helps(self) -> bool:
        """True where later guesses are moved."""
        return self.ahead >= AHEAD

    def shares(self, labels: Sequence[Label]) -> Counter[str]:
        """How likely each name is after a guess of ours, as this person means it; adds up to 1."""
        plain, first = _shares(labels), labels[0].name
        names = {*plain, *self.said}
        meant = {
            name: (plain[name] + UNNAMED) * (self.said[name] + PRIOR_OF_NAMES) / (self.guessed[name] + PRIOR_OF_NAMES)
            for name in names
        }
        whole = sum(meant.values())
        answers = self.instead.get(first, Counter())
        weight = PRIOR + sum(answers.values())
        return Counter(
            {name: (answers[name] + PRIOR * meant.get(name, 0.0) / whole) / weight for name in {*names, *answers}}
        )

    def add(self, felt: Felt) -> None:
        """One more answer, the next one in time; one to which we had no guess teaches nothing."""
        if not felt.guess:
            return
        first = felt.guess[0].name
        self.ahead += (_first(self.shares(felt.guess), first) == felt.name) - (first == felt.name)
        weight = 1.0 if felt.said else UNSAID
        self.instead.setdefault(first, Counter())[felt.name] += weight  # type: ignore[assignment]
        self.said[felt.name] += weight  # type: ignore[assignment]
        for name, share in _shares(felt.guess).items():
            self.guessed[name] += weight * share  # type: ignore[assignment]


@dataclass(frozen=True)
class Hits:
    """Of how many guesses that were looked at how many were right."""

    right: int
    of: int


def learn(answers: Sequence[Felt]) -> Learned:
    """What these answers teach, newest first."""
    learned = Learned()
    for felt in reversed(answers):
        learned.add(felt)
    return learned


def hits(answers: Iterable[Felt], last: int = LAST) -> Hits | None:
    """Of the newest `last` guesses that were looked at (`answers`: newest first), how many were right; None where they
    are too few to tell. Right is a guess whose first name the person chose, or left as it was when they rated."""
    seen = [felt.name == felt.shown for felt in answers if felt.shown][:last]
    return Hits(sum(seen), len(seen)) if len(seen) >= FEWEST else None


def told(guess: Emotion, name: str) -> Emotion:
    """What the person said they felt; why we had guessed otherwise stays beside it."""
    return replace(from_label(name), why=guess.why, raw=guess.raw)


def calibrated(guess: Emotion, learned: Learned) -> Emotion:
    """The guess as this person's answers move it; the very same while that would not have helped them."""
    if not guess.labels or not learned.helps:
        return guess
    before, after = _shares(guess.labels), learned.shares(guess.labels)
    total = sum(label.score for label in guess.labels)
    first = _first(after, guess.name)
    ranked = [first, *sorted((name for name in after if name != first), key=lambda name: (-after[name], name))]
    labels = [Label(name, min(1.0, total * after[name])) for name in ranked[:_LABELS]]
    shift = [sum((after[name] - before[name]) * anchors()[name][axis] for name in after) for axis in range(3)]
    valence, arousal, dominance = (
        max(-1.0, min(1.0, place + by))
        for place, by in zip((guess.valence, guess.arousal, guess.dominance), shift, strict=True)
    )
    return replace(
        guess,
        valence=valence,
        arousal=arousal,
        dominance=dominance,
        labels=tuple(label for n, label in enumerate(labels) if n == 0 or label.score >= _FLOOR),
        confidence=min(max(guess.confidence, _NEVER_CERTAIN), guess.confidence * after[first] / before[guess.name]),
    )


def _shares(labels: Sequence[Label]) -> Counter[str]:
    total = sum(label.score for label in labels) or 1.0
    return Counter({label.name: label.score / total for label in labels})  # type: ignore[arg-type]


def _first(shares: Counter[str], ours: str) -> str:
    """The likeliest name; ours where another is only as likely."""
    return max(sorted(shares), key=lambda name: (shares[name], name == ours))
