"""A plan becomes a score: melody, chords, bass, pad, answers in the breaths, and a little percussion."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.music.harmony import Chord, Voicing, lead_voices, progression
from core.music.melody import MelodyNote, write_melody
from core.music.plan import Plan

PARTS = ("lead", "comp", "bass", "pad", "sparkle", "drums")
TICKS = 480  # per beat
_FORMS = {2: "AZ", 3: "AAZ", 4: "AABZ", 5: "AABAZ", 6: "AABBAZ", 7: "AABBCAZ", 8: "ABABCAAZ"}
_KICK, _STICK, _SHAKER = 36, 37, 70  # General MIDI percussion
_JITTER_S = 0.008  # how far a careful player strays from the beat (standard deviation)


@dataclass(frozen=True)
class Note:
    """One note; start and length in beats, pitch a MIDI note, velocity 1..127.

    `voice` names a line that sounds one note at a time, such as "lead" or "comp.1"; before the dot stands its part.
    """

    voice: str
    start: float
    length: float
    pitch: int
    velocity: int

    @property
    def part(self) -> str:
        """One of PARTS."""
        return self.voice.partition(".")[0]


@dataclass(frozen=True)
class Score:
    """A written piece: notes by time, the chords below them, and the length of each beat in seconds."""

    plan: Plan
    form: str
    chords: tuple[Chord, ...]
    notes: tuple[Note, ...]
    beat_s: tuple[float, ...]

    def second_at(self, beat: float) -> float:
        """The second at which a beat falls."""
        whole = min(int(beat), len(self.beat_s) - 1)
        return sum(self.beat_s[:whole]) + (beat - whole) * self.beat_s[whole]


def write_score(plan: Plan) -> Score:
    """Compose the piece that `plan` asks for; the same plan gives the same notes."""
    rng = random.Random(f"score {plan.seed}")
    phrases = plan.bars // 2
    form = _FORMS.get(phrases) or ("AABA" * phrases)[: phrases - 1] + "Z"
    chords = progression(plan, form, rng)
    voicings = lead_voices(chords)
    melody = write_melody(plan, form, chords, voicings, rng)
    notes = [
        *_lead(plan, melody),
        *_bass(plan, chords, voicings, rng),
        *_comp(plan, chords, voicings, rng),
        *_pad(plan, chords, voicings),
        *_sparkle(plan, melody, chords, rng),
        *_drums(plan, rng),
    ]
    beat_s = _beat_lengths(plan)
    return Score(plan, form, tuple(chords), tuple(_untangled(_human(plan, notes, beat_s, rng))), beat_s)


def to_symusic(score: Score, parts: Iterable[str] = PARTS) -> Any:
    """The score as a symusic.Score in ticks, one track a part, tempo beat by beat."""
    import symusic

    piece = symusic.Score(TICKS)
    at = 0
    for length_s in score.beat_s:
        piece.tempos.append(symusic.Tempo(at, 60 / length_s))
        at += TICKS
    piece.time_signatures.append(symusic.TimeSignature(0, score.plan.beats, 4))
    for part in parts:
        drums = part == "drums"
        track = symusic.Track(name=part, program=0 if drums else getattr(score.plan, part).program, is_drum=drums)
        for note in score.notes:
            if note.part == part:
                start, length = round(note.start * TICKS), max(1, round(note.length * TICKS))
                track.notes.append(symusic.Note(start, length, note.pitch, note.velocity))
        if len(track.notes):
            piece.tracks.append(track)
    return piece


def to_midi(score: Score) -> bytes:
    """The score as a standard MIDI file."""
    return bytes(to_symusic(score).dumps_midi())


def _beat_lengths(plan: Plan) -> tuple[float, ...]:
    """Seconds of each beat: an even easing of the tempo, and a last breath before the end."""
    final = plan.beats * (plan.bars - 1)
    lengths = []
    for beat in range(final + plan.beats):
        bpm = plan.start_bpm + (plan.end_bpm - plan.start_bpm) * min(1.0, (beat + 0.5) / final)
        slower = {final - 2: 1.06, final - 1: 1.14}.get(beat, 1.0)
        lengths.append(60 / bpm * slower)
    return tuple(lengths)


def _velocity(plan: Plan, beat: float) -> float:
    """How strongly everybody plays at that beat, on the way from the start to the end."""
    progress = min(1.0, beat / (plan.beats * plan.bars))
    swell = 5 * (1 - (2 * progress - 1) ** 2)
    return plan.strength[0] + (plan.strength[1] - plan.strength[0]) * progress + swell


def _lead(plan: Plan, melody: Sequence[MelodyNote]) -> list[Note]:
    notes = []
    for note in melody:
        last = note is melody[-1]
        touch = 0.97 if plan.lead.sustains or note.length >= 1 else 0.92
        length = note.length if last else note.length * touch
        velocity = _velocity(plan, note.start) + 22 * (note.stress - 0.5) + 8 - (8 if last else 0)
        notes.append(Note("lead", note.start, length, note.pitch, round(velocity)))
    return notes


def _bass(plan: Plan, chords: Sequence[Chord], voicings: Sequence[Voicing], rng: random.Random) -> list[Note]:
    walks = rng.random() < 0.6
    notes = []
    for chord, voicing in zip(chords, voicings, strict=True):
        velocity = round(_velocity(plan, chord.start) - 4)
        fifth = voicing.bass + 7 if voicing.bass + 7 <= plan.bass.high else voicing.bass - 5
        moves = (
            walks and plan.beats == 4 and chord.length == 4 and not chord.first_inversion and chord is not chords[-1]
        )
        if moves and fifth % 12 in chord.tones and fifth >= plan.bass.low:
            notes.append(Note("bass", chord.start, 2.0, voicing.bass, velocity))
            notes.append(Note("bass", chord.start + 2, 2.0, fifth, velocity - 8))
        else:
            notes.append(Note("bass", chord.start, chord.length, voicing.bass, velocity))
    return notes


def _comp(plan: Plan, chords: Sequence[Chord], voicings: Sequence[Voicing], rng: random.Random) -> list[Note]:
    order = rng.choice(((0, 1, 2, 1), (0, 2, 1, 2), (0, 1, 2, 0, 1, 2), (2, 1, 0, 1)))
    notes = []
    for chord, voicing in zip(chords, voicings, strict=True):
        end = chord.start + chord.length
        struck = _rolled(chord) if chord is chords[-1] else _strokes(plan, chord, order, rng)
        for offset, voice, accent in struck:
            velocity = round(_velocity(plan, chord.start + offset) - 12 + accent)
            notes.append(
                Note(f"comp.{voice}", chord.start + offset, end - chord.start - offset, voicing.voices[voice], velocity)
            )
    return notes


def _rolled(chord: Chord) -> list[tuple[float, int, int]]:
    """The last chord, from low to high."""
    return [(0.04 + 0.09 * voice, voice, 2) for voice in range(3)]


def _strokes(plan: Plan, chord: Chord, order: Sequence[int], rng: random.Random) -> list[tuple[float, int, int]]:
    """(beats after the chord's start, voice, accent) of every stroke of the accompaniment in one chord."""
    beats = int(chord.length)
    if plan.pattern == "held":
        return [(0.0, voice, 0) for voice in range(3)]
    if plan.pattern == "waltz":
        return [(0.03 * voice + beat, voice, -4 * (beat == 2)) for beat in range(1, beats) for voice in range(3)] or [
            (0.03 * voice, voice, -4) for voice in range(3)
        ]
    if plan.pattern == "rocking":
        low = [(float(beat), 0, 0) for beat in range(0, beats, 2)]
        return low + [(beat + 0.02 * voice, voice, -4) for beat in range(1, beats, 2) for voice in (1, 2)]
    progress = chord.start / (plan.beats * plan.bars)
    busy = plan.busy[0] + (plan.busy[1] - plan.busy[0]) * progress
    strokes = []
    for index in range(2 * beats):
        on_beat = index % 2 == 0
        if on_beat or rng.random() < 0.35 + busy:
            strokes.append((index / 2, order[index % len(order)], 3 if index == 0 else 0 if on_beat else -4))
    return strokes


def _pad(plan: Plan, chords: Sequence[Chord], voicings: Sequence[Voicing]) -> list[Note]:
    """Long chords under everything; a voice that keeps its note is not struck again."""
    notes: list[Note] = []
    for chord, voicing in zip(chords, voicings, strict=True):
        if chord.start < plan.pad_from * plan.beats:
            continue
        for voice, pitch in enumerate(voicing.voices):
            held = next(
                (i for i, n in enumerate(notes) if n.voice == f"pad.{voice}" and n.start + n.length == chord.start),
                None,
            )
            if held is not None and notes[held].pitch == pitch:
                notes[held] = replace(notes[held], length=notes[held].length + chord.length)
            else:
                notes.append(
                    Note(f"pad.{voice}", chord.start, chord.length, pitch, round(_velocity(plan, chord.start) - 14))
                )
    return notes


def _sparkle(plan: Plan, melody: Sequence[MelodyNote], chords: Sequence[Chord], rng: random.Random) -> list[Note]:
    """Two or three high chord tones where the melody breathes, and a last rising wave that ends on the tonic."""
    notes = []
    for note, following in itertools.pairwise(melody):
        rest_from = note.start + note.length
        room = following.start - rest_from
        later = rest_from > plan.turn_bar * plan.beats
        if room < 1 or rng.random() > (0.85 if later else 0.45):
            continue
        chord = next(chord for chord in reversed(chords) if chord.start <= rest_from)
        pitches = _ladder(plan, chord, rng.choice((2, 3)) if room > 1 else 2, rng)
        for index, pitch in enumerate(pitches):
            notes.append(
                Note("sparkle", rest_from + 0.5 * index, 0.5, pitch, round(_velocity(plan, rest_from) - 10 - 3 * index))
            )
    end = chords[-1]
    last = [pitch for pitch in range(plan.sparkle.low, plan.sparkle.high + 1) if pitch % 12 == end.root][-1]
    below = [pitch for pitch in range(plan.sparkle.low, last) if pitch % 12 in end.tones[:3]][-3:]
    for index, pitch in enumerate((*below, last)):
        notes.append(
            Note(
                "sparkle",
                end.start + 0.5 + 0.5 * index,
                0.5 if pitch != last else end.length - 2,
                pitch,
                round(_velocity(plan, end.start) - 14 - 3 * index),
            )
        )
    return notes


def _ladder(plan: Plan, chord: Chord, count: int, rng: random.Random) -> list[int]:
    """Neighbouring chord tones in the middle of the sparkle's range, up or down."""
    centre = (plan.sparkle.low + plan.sparkle.high) // 2 + 2
    rungs = [pitch for pitch in range(plan.sparkle.low, plan.sparkle.high + 1) if pitch % 12 in chord.tones[:3]]
    first = min(range(len(rungs) - count), key=lambda i: abs(rungs[i] - centre))
    chosen = rungs[first : first + count]
    return chosen if rng.random() < 0.7 else chosen[::-1]


def _drums(plan: Plan, rng: random.Random) -> list[Note]:
    """Shaker, kick and stick, softer and softer: gone at the turn where it was too much, a light step where it was fun."""
    final = plan.beats * (plan.bars - 1)
    floor = 0.35 if plan.start.mode == "major" else 0.0
    until = final if floor else plan.turn_bar * plan.beats
    notes = []
    for half in range(2 * until if plan.drums else 0):
        beat = half / 2
        level = plan.drums * max(floor, 1 - beat / until)
        accent = 1.0 if half % 2 == 0 else 0.7
        notes.append(Note("drums.shaker", beat, 0.25, _SHAKER, round(12 + 50 * level * accent)))
        if half % (2 * plan.beats) == 0:
            notes.append(Note("drums.kick", beat, 0.4, _KICK, round(15 + 55 * level)))
        if plan.beats == 4 and half % 8 == 4 and level > 0.2 and rng.random() < 0.9:
            notes.append(Note("drums.stick", beat, 0.25, _STICK, round(10 + 40 * level)))
    return notes


def _human(plan: Plan, notes: Sequence[Note], beat_s: Sequence[float], rng: random.Random) -> list[Note]:
    """A player's small unevenness in time and touch; the melody lies a hair behind the beat."""
    played = []
    for note in notes:
        lag_s = rng.gauss(
            0.006 if note.part == "lead" else 0.0, _JITTER_S * (0.4 if note.part in ("drums", "pad") else 1.0)
        )
        start = max(0.0, note.start + max(-0.02, min(0.02, lag_s)) / beat_s[int(note.start)])
        velocity = max(12, min(112, note.velocity + round(rng.gauss(0, 2.5))))
        played.append(replace(note, start=start, velocity=velocity))
    return played


def _untangled(notes: Sequence[Note]) -> list[Note]:
    """A voice lets go of a note before it takes the next."""
    voices: dict[str, list[Note]] = defaultdict(list)
    for note in sorted(notes, key=lambda note: (note.start, note.voice)):
        line = voices[note.voice]
        if line and line[-1].start + line[-1].length > note.start - 0.01:
            line[-1] = replace(line[-1], length=max(0.05, note.start - 0.01 - line[-1].start))
        line.append(note)
    return sorted((note for line in voices.values() for note in line), key=lambda note: (note.start, note.voice))
