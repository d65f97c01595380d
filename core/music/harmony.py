"""A plan becomes chords: a progression for each phrase, and voices that move as little as they can."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from core.music.plan import Key, Plan

# Which degree (0 = tonic) may follow which, with weights; diminished triads are left out.
_AFTER: dict[str, dict[int, dict[int, float]]] = {
    "minor": {
        0: {5: 3, 3: 3, 2: 2, 6: 2, 4: 1}, 2: {6: 3, 5: 2, 3: 1}, 3: {0: 2, 6: 3, 4: 2},
        4: {5: 3, 0: 1, 3: 1}, 5: {2: 3, 6: 2, 3: 2}, 6: {0: 2, 2: 2, 5: 2},
    },
    "major": {
        0: {4: 3, 5: 3, 3: 3, 2: 1.5, 1: 1}, 1: {4: 4, 3: 1}, 2: {3: 3, 5: 2},
        3: {0: 2, 4: 2.5, 1: 1.5}, 4: {5: 3, 0: 2, 3: 1.5}, 5: {3: 3, 1: 2, 2: 1, 4: 1},
    },
}  # fmt: skip
_COMP_RANGE = (50, 69)  # MIDI notes of the inner voices
_BASS_RANGE = (33, 50)


@dataclass(frozen=True)
class Chord:
    """A chord of one or half a bar; times in beats from the beginning."""

    start: float
    length: float
    key: Key
    degree: int  # 0 = tonic
    colour: str = ""  # "" | "7" | "9"
    first_inversion: bool = False

    @property
    def root(self) -> int:
        """Pitch class."""
        return self._tone(0)

    @property
    def third(self) -> int:
        """Pitch class."""
        return self._tone(2)

    @property
    def tones(self) -> tuple[int, ...]:
        """Pitch classes: root, third, fifth and the colour where there is one."""
        extra = {"": (), "7": (6,), "9": (1,)}[self.colour]
        return tuple(self._tone(step) for step in (0, 2, 4, *extra))

    @property
    def bass(self) -> int:
        """Pitch class of the lowest voice."""
        return self.third if self.first_inversion else self.root

    def _tone(self, step: int) -> int:
        return self.key.scale[(self.degree + step) % 7]


@dataclass(frozen=True)
class Voicing:
    """One chord as it is played: the bass note and three inner voices, low to high (MIDI notes)."""

    bass: int
    voices: tuple[int, int, int]


def progression(plan: Plan, form: str, rng: random.Random) -> list[Chord]:
    """One chord a bar, two where slow bars lead to a cadence; letters of `form` that return keep their chords."""
    degrees: list[int] = []
    known: dict[tuple[str, Key], list[int]] = {}
    for phrase, letter in enumerate(form):
        bar = 2 * phrase
        key = plan.key_at(bar)
        if letter == "Z":
            pair = [rng.choice((1, 3, 4)), 0]
        elif bar + 1 == plan.turn_bar:
            pair = [known.get((letter, key), [_opening(phrase, rng)])[0], 4]
        elif (letter, key) in known:
            first, second = known[letter, key]
            pair = [first, second if rng.random() < 0.4 else _next(first, key, rng)]
        else:
            first = _opening(phrase, rng) if letter == "A" or bar == plan.turn_bar + 1 else _next(degrees[-1], key, rng)
            pair = [first, _next(first, key, rng)]
            known[letter, key] = pair
        degrees += pair
    if degrees[-3] == degrees[-2]:
        degrees[-3] = 5
    return _coloured(plan, degrees, rng)


def _opening(phrase: int, rng: random.Random) -> int:
    return 0 if phrase == 0 else rng.choice((0, 0, 0, 5))


def _next(degree: int, key: Key, rng: random.Random) -> int:
    after = _AFTER[key.mode][degree]
    return rng.choices(list(after), weights=list(after.values()))[0]


def _coloured(plan: Plan, degrees: Sequence[int], rng: random.Random) -> list[Chord]:
    chords: list[Chord] = []
    for bar, degree in enumerate(degrees):
        key = plan.key_at(bar)
        start, length = float(bar * plan.beats), float(plan.beats)
        last = bar == len(degrees) - 1
        inverted = (
            not last and degree in (0, 4) and bar not in (0, plan.turn_bar, plan.turn_bar + 1) and rng.random() < 0.25
        )
        if bar == len(degrees) - 2:  # the cadence: subdominant, then dominant (or a plagal close)
            half = plan.beats / 2 if plan.beats == 4 else plan.beats - 1.0
            if degree == 1 or (degree == 3 and rng.random() < 0.7):
                chords.append(Chord(start, half, key, degree, _colour(key, degree, rng)))
                chords.append(Chord(start + half, length - half, key, 4))
                continue
        chords.append(Chord(start, length, key, degree, "" if last else _colour(key, degree, rng), inverted))
    return chords


def _colour(key: Key, degree: int, rng: random.Random) -> str:
    """Sevenths on minor triads, ninths on major ones: neither rubs against its own third."""
    if rng.random() > 0.4:
        return ""
    minor_triad = (key.scale[(degree + 2) % 7] - key.scale[degree]) % 12 == 3
    if minor_triad:
        return "7"
    ninth_is_whole = (key.scale[(degree + 1) % 7] - key.scale[degree]) % 12 == 2
    return "9" if ninth_is_whole else ""


def lead_voices(chords: Sequence[Chord]) -> list[Voicing]:
    """Voicings with the least movement from chord to chord, without parallel fifths or octaves where it can be."""
    voicings: list[Voicing] = []
    for chord in chords:
        before = voicings[-1] if voicings else None
        bass = _bass_note(chord, before)
        options = [Voicing(bass, voices) for voices in _inner(chord)]
        voicings.append(min(options, key=lambda option: _cost(option, before)))
    return voicings


def _bass_note(chord: Chord, before: Voicing | None) -> int:
    notes = [note for note in range(*_BASS_RANGE) if note % 12 == chord.bass]
    wanted = (before.bass + 41) / 2 if before else 41
    return min(notes, key=lambda note: abs(note - wanted))


def _inner(chord: Chord) -> list[tuple[int, int, int]]:
    """Every close enough placing of the chord in three voices; the third and the colour are never left out."""
    needed = {chord.third, *chord.tones[3:]} - {chord.bass}
    if chord.first_inversion:
        needed.add(chord.root)
    pool = [note for note in range(_COMP_RANGE[0], _COMP_RANGE[1] + 1) if note % 12 in chord.tones]
    found = []
    for low, middle, high in combinations(pool, 3):
        classes = {low % 12, middle % 12, high % 12}
        if needed <= classes and len(classes) == 3 and high - low <= 16:
            found.append((low, middle, high))
    return found


def _cost(option: Voicing, before: Voicing | None) -> float:
    cost = 0.25 * abs(sum(option.voices) / 3 - 59.5)
    cost += sum(1.5 for low, high in zip(option.voices, option.voices[1:], strict=False) if high - low < 3)
    if before is None:
        return cost
    now, then = (option.bass, *option.voices), (before.bass, *before.voices)
    cost += sum(abs(a - b) for a, b in zip(option.voices, before.voices, strict=True))
    for one, two in combinations(range(4), 2):
        same = (now[two] - now[one]) % 12 == (then[two] - then[one]) % 12
        if same and (now[two] - now[one]) % 12 in (0, 7) and now[one] != then[one]:
            cost += 6
    return cost
