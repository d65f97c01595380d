"""A motif is stated, varied and comes home: the melody over the chords.

Each phrase is two bars with a breath at its end. Rhythm and contour are the motif; the notes that carry
them over the chords at hand are found by dynamic programming, so that a motif that returns over another
chord is still itself and never sounds wrong.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from core.music.harmony import Chord, Voicing
from core.music.plan import Plan

#: Lengths in beats by metre and by how busy a bar is; a negative length is a rest.
_BARS: dict[int, tuple[tuple[tuple[float, ...], ...], ...]] = {
    4: (
        ((2, 2), (3, 1), (2, 1, 1), (1, 1, 2), (1.5, 0.5, 2), (-1, 1, 2)),
        ((1, 1, 1, 1), (1.5, 0.5, 1, 1), (1, 0.5, 0.5, 2), (0.5, 0.5, 1, 2), (1.5, 0.5, 1.5, 0.5), (-0.5, 0.5, 1, 2), (1, 1, 1.5, 0.5)),
        ((0.5, 0.5, 1, 0.5, 0.5, 1), (1, 0.5, 0.5, 0.5, 0.5, 1), (0.5, 0.5, 0.5, 0.5, 1, 1), (1.5, 0.5, 0.5, 0.5, 1), (-0.5, 0.5, 0.5, 0.5, 1, 1)),
    ),
    3: (
        ((3,), (2, 1), (1, 2), (1.5, 1.5)),
        ((1, 1, 1), (1.5, 0.5, 1), (1, 0.5, 0.5, 1), (2, 0.5, 0.5), (0.5, 0.5, 2), (-1, 1, 1)),
        ((0.5, 0.5, 0.5, 0.5, 1), (1, 0.5, 0.5, 0.5, 0.5), (0.5, 0.5, 1, 1), (1, 1, 0.5, 0.5), (-0.5, 0.5, 1, 0.5, 0.5)),
    ),
}  # fmt: skip
_ANSWERS: dict[int, tuple[tuple[tuple[float, ...], ...], ...]] = {
    4: (
        ((3, -1), (2, -2), (1, 2, -1)),
        ((1, 1, 1, -1), (1.5, 0.5, 1, -1), (1, 0.5, 1.5, -1), (2, 1, -1)),
        ((0.5, 0.5, 2, -1), (0.5, 0.5, 0.5, 1.5, -1), (1, 0.5, 0.5, 1, -1)),
    ),
    3: (
        ((2, -1), (2.5, -0.5)),
        ((1, 1, -1), (1.5, 0.5, -1), (1, 1.5, -0.5)),
        ((0.5, 0.5, 1, -1), (1, 0.5, 1, -0.5), (0.5, 0.5, 1.5, -0.5)),
    ),
}
_SHAPES = ("arch", "valley", "rise", "fall", "wave")


@dataclass(frozen=True)
class MelodyNote:
    """One note of the melody; start and length in beats, pitch a MIDI note, `stress` in 0..1."""

    start: float
    length: float
    pitch: int
    stress: float


@dataclass(frozen=True)
class Motif:
    """A rhythm of two bars (beats) and, for each of its notes, the way from the note before in scale steps."""

    rhythm: tuple[tuple[float, ...], tuple[float, ...]]
    steps: tuple[int, ...]


def strong(beat_in_bar: float, beats: int) -> bool:
    """True on the beats where a melody must agree with its chord."""
    return beat_in_bar == 0 or (beats == 4 and beat_in_bar == 2)


def write_melody(
    plan: Plan, form: str, chords: Sequence[Chord], voicings: Sequence[Voicing], rng: random.Random
) -> list[MelodyNote]:
    """The whole melody, phrase by phrase after the letters of `form`; "Z" is the phrase that comes home."""
    motifs = {"A": _motif(plan, 0.0, rng), "C": _motif(plan, 0.7, rng)}
    motifs["B"] = _answer_to(motifs["A"], _motif(plan, 0.5, rng), rng)
    notes: list[MelodyNote] = []
    seen: set[str] = set()
    for phrase, letter in enumerate(form):
        motif = motifs["A" if letter == "Z" else letter]
        if letter in seen:
            motif = _varied(motif, plan.beats, rng)
        seen.add(letter)
        slots = _slots(motif, 2.0 * phrase * plan.beats, plan.beats, last=letter == "Z")
        progress = phrase / max(1, len(form) - 1)
        centre = _middle(plan) + plan.lift * progress + (2 if letter in "BC" else 0)
        notes += _sing(plan, slots, motif.steps, centre, chords, voicings, notes, rng)
    return notes


def _middle(plan: Plan) -> float:
    """Where the lead sings best, well above the inner voices where it can."""
    low, high = max(plan.lead.low, 58), min(plan.lead.high, 86)
    return min(max((low + high) / 2, 72.0), high - 7) - plan.lift / 2


def _motif(plan: Plan, progress: float, rng: random.Random) -> Motif:
    busy = plan.busy[0] + (plan.busy[1] - plan.busy[0]) * progress
    level = min(2, max(0, round(2 * busy + rng.uniform(-0.45, 0.45))))
    rhythm = (rng.choice(_BARS[plan.beats][level]), rng.choice(_ANSWERS[plan.beats][max(0, level - rng.randrange(2))]))
    count = sum(length > 0 for bar in rhythm for length in bar)
    return Motif(rhythm, _contour(count, rng))


def _contour(count: int, rng: random.Random) -> tuple[int, ...]:
    """Scale steps from note to note: mostly small, one leap that is answered the other way."""
    shape = rng.choice(_SHAPES)
    leap = rng.randrange(1, count) if count > 2 else 0
    steps = [0]
    for index in range(1, count):
        place = index / count
        up = {"arch": place < 0.5, "valley": place >= 0.5, "rise": True, "fall": False, "wave": index % 4 < 2}[shape]
        size = rng.choice((3, 4, 5)) if index == leap else rng.choice((1, 1, 1, 2, 0))
        if index == leap + 1 and leap:
            up, size = steps[-1] < 0, 1
        steps.append(size if up else -size)
    return tuple(steps)


def _answer_to(question: Motif, other: Motif, rng: random.Random) -> Motif:
    """A second idea that is kin to the first: the new rhythm starts with the old contour upside down."""
    turned = [-step for step in question.steps[: len(other.steps)]]
    return Motif(other.rhythm, (*turned, *other.steps[len(turned) :]) if rng.random() < 0.6 else other.steps)


def _varied(motif: Motif, beats: int, rng: random.Random) -> Motif:
    """The same beginning, another end: the second bar gets a new rhythm or turns the other way."""
    head = sum(length > 0 for length in motif.rhythm[0])
    answer = motif.rhythm[1]
    if rng.random() < 0.5:
        answer = rng.choice(_ANSWERS[beats][rng.randrange(3)])
    tail = _contour(sum(length > 0 for length in answer) + 1, rng)[1:]
    return Motif((motif.rhythm[0], answer), (*motif.steps[:head], *tail))


def _slots(motif: Motif, start: float, beats: int, last: bool) -> list[tuple[float, float]]:
    """(start, length) in beats of each note; the last phrase ends on one long note."""
    slots = []
    bars = (motif.rhythm[0], (float(beats),)) if last else motif.rhythm
    for index, bar in enumerate(bars):
        at = start + index * beats
        for length in bar:
            if length > 0:
                slots.append((at, float(length)))
            at += abs(length)
    return slots


def _sing(
    plan: Plan,
    slots: Sequence[tuple[float, float]],
    steps: Sequence[int],
    centre: float,
    chords: Sequence[Chord],
    voicings: Sequence[Voicing],
    before: Sequence[MelodyNote],
    rng: random.Random,
) -> list[MelodyNote]:
    """The pitches that follow the contour best (Viterbi over all notes the lead can play near `centre`)."""
    home = slots[-1][0] >= (plan.bars - 1) * plan.beats
    low, high = max(plan.lead.low, round(centre) - 10), min(plan.lead.high, round(centre) + 10)
    best: dict[int, tuple[float, list[int]]] = {}
    if before:
        best[before[-1].pitch] = (0.0, [])
    for index, (at, length) in enumerate(slots):
        sounding = [
            i for i, chord in enumerate(chords) if chord.start < at + length and at < chord.start + chord.length
        ]
        chord, top = chords[sounding[0]], voicings[sounding[0]].voices[-1]
        must = strong(at % plan.beats, plan.beats) or length >= 1 or index in (0, len(slots) - 1)
        allowed = set(chord.tones[:3]) if must else set(chord.key.scale)
        for other in sounding[1:]:
            allowed &= set(chords[other].tones) | (set(chord.tones) if not must else set())
        allowed = allowed or {chord.root, chord.third}
        if home and index == len(slots) - 1:
            allowed = {plan.end.tonic}
        step = steps[index] if index < len(steps) else -1
        fresh: dict[int, tuple[float, list[int]]] = {}
        for pitch in (note for note in range(low, high + 1) if note % 12 in allowed):
            own = 0.05 * abs(pitch - centre) ** 1.3 + (1.0 if pitch <= top else 0.0) + rng.uniform(0, 0.5)
            reached = [
                (cost + own + _move(last, pitch, step, chords, at, index == 0), path)
                for last, (cost, path) in best.items()
            ] or [(own, [])]
            cost, path = min(reached)
            fresh[pitch] = (cost, [*path, pitch])
        best = fresh
    _, pitches = min(best.values())
    return [
        MelodyNote(at, length, pitch, _stress(at, index, slots, plan.beats))
        for index, ((at, length), pitch) in enumerate(zip(slots, pitches, strict=True))
    ]


def _move(last: int, pitch: int, step: int, chords: Sequence[Chord], at: float, new_phrase: bool) -> float:
    """What going from `last` to `pitch` costs: off the contour, too far, or a leap into or out of a passing note."""
    distance = abs(pitch - last)
    cost = 0.25 * max(0, distance - 5) + (8.0 if distance in (6, 10, 11) or distance > 12 else 0.0)
    if new_phrase:
        return 0.5 * cost
    here = next(chord for chord in reversed(chords) if chord.start <= at)
    there = next((chord for chord in reversed(chords) if chord.start < at), here)
    passing = pitch % 12 not in here.tones or last % 12 not in there.tones
    if passing and not 0 < distance <= 2:
        cost += 12.0
    return cost + 0.9 * abs((pitch - last) * 7 / 12 - step) + (0.4 if distance == 0 else 0.0)


def _stress(at: float, index: int, slots: Sequence[tuple[float, float]], beats: int) -> float:
    """Phrases swell to their middle and let go; the first beat of a bar weighs a little more."""
    place = index / max(1, len(slots) - 1)
    return 0.35 + 0.45 * (1 - (2 * place - 1) ** 2) + (0.2 if at % beats == 0 else 0.0)
