"""An emotion becomes the plan of a piece: where it starts, where it goes, and who plays.

The music starts where the person is and then leads on, a little calmer and a little brighter: the iso
principle of music therapy (Altshuler 1948; Heiderscheit & Madson 2015, Music Therapy Perspectives 33).
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from core.entities import Emotion, Tag
from core.music.instruments import BANDS, INSTRUMENTS, THEME_LEADS, Instrument
from core.music.themes import theme_of
from core.settings import CONFIG_DIR

_STEPS = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}  # semitones; natural minor
_PITCHES = {"C": 0, "Db": 1, "D": 2, "Eb": 3, "E": 4, "F": 5, "F#": 6, "G": 7, "Ab": 8, "A": 9, "Bb": 10, "B": 11}
_SPELLED = {number: name for name, number in _PITCHES.items()}
_METRES = (3, 4)  # beats in a bar
_PHRASES = (3, 4, 5, 6, 7, 8)  # of two bars each, that make a piece of half a minute


@dataclass(frozen=True)
class Key:
    """A tonic (pitch class 0..11, C = 0) with its mode, major or natural minor."""

    tonic: int
    mode: str

    @property
    def scale(self) -> tuple[int, ...]:
        """The seven pitch classes, from the tonic up."""
        return tuple((self.tonic + step) % 12 for step in _STEPS[self.mode])

    @property
    def name(self) -> str:
        """As musicians say it, e.g. "A minor"."""
        return f"{_SPELLED[self.tonic]} {self.mode}"


@dataclass(frozen=True)
class Plan:
    """Everything that is decided before the first note is written."""

    start: Key
    end: Key
    beats: int  # in a bar
    bars: int  # the last one holds the final chord
    turn_bar: int  # from this bar on `end` is the key; the bar itself is its dominant
    start_bpm: float
    end_bpm: float
    final_s: float  # when the last chord sounds
    seconds: float
    lead: Instrument
    comp: Instrument  # plays the chords
    bass: Instrument
    pad: Instrument
    sparkle: Instrument  # answers in the breaths of the melody
    pattern: str  # broken | waltz | rocking | held
    pad_from: int  # the bar in which the pad joins
    drums: float  # 0..1, how much soft percussion there is at the start
    busy: tuple[float, float]  # 0..1, at the start and at the end: how many notes
    strength: tuple[int, int]  # MIDI velocity at the start and at the end
    lift: int  # semitones that the melody's middle rises on the way
    seed: int

    def key_at(self, bar: int) -> Key:
        """The key that bar is in."""
        return self.end if bar >= self.turn_bar else self.start

    def readable(self) -> str:
        """E.g. "A minor → C major, 66→60 bpm, piano and music box, 30 s"."""
        keys = self.start.name if self.start == self.end else f"{self.start.name} → {self.end.name}"
        players = [player.name for player in (self.lead, self.comp)]
        who = " and ".join(dict.fromkeys(players))
        return f"{keys}, {self.start_bpm:.0f}→{self.end_bpm:.0f} bpm, {who}, {self.seconds:.0f} s"


@cache
def palette() -> dict[str, dict[str, Any]]:
    """`config/palette.toml` by emotion name."""
    with (CONFIG_DIR / "palette.toml").open("rb") as file:
        return tomllib.load(file)


def make_plan(emotion: Emotion, tags: Sequence[Tag], seed: int, seconds: float = 30.0) -> Plan:
    """Decide key, path, tempo, players and density; the same seed decides the same."""
    rng = random.Random(f"plan {emotion.name} {seed}")
    entry = palette()[emotion.name]
    start = Key(_PITCHES[entry["key"]], entry["mode"])
    wanted_bpm = entry["tempo_bpm"] * (1 + 0.1 * (emotion.arousal - entry["arousal"]))
    ease = 0.95 - 0.11 * max(0.0, emotion.arousal) - (0.02 if emotion.valence < 0 else 0.0)
    beats, bars, final_s, start_bpm = _fit(wanted_bpm, ease, seconds, rng)
    turn_bar = 2 * (bars // 4) - 1
    lead, comp, bass, pad, sparkle = _players(emotion, tags, rng)
    heavy = emotion.valence < -0.15
    awake = (emotion.arousal + 1) / 2
    return Plan(
        start=start,
        end=_brighter(start, emotion, rng),
        beats=beats,
        bars=bars,
        turn_bar=turn_bar,
        start_bpm=start_bpm,
        end_bpm=start_bpm * ease,
        final_s=final_s,
        seconds=seconds,
        lead=lead,
        comp=comp,
        bass=bass,
        pad=pad,
        sparkle=sparkle,
        pattern=_pattern(emotion, comp, beats, rng),
        pad_from=turn_bar + 1 if heavy else rng.choice((0, 2, turn_bar + 1)),
        drums=max(0.0, emotion.arousal - 0.3) * 1.4 if emotion.arousal > 0.4 else 0.0,
        busy=(0.15 + 0.7 * awake, 0.15 + 0.5 * awake if not heavy else 0.3 + 0.2 * awake),
        strength=(round(58 + 30 * awake), round(62 + 14 * awake)),
        lift=3 if heavy else 1,
        seed=seed,
    )


def _brighter(start: Key, emotion: Emotion, rng: random.Random) -> Key:
    """Minor goes to its relative major; now and then, where little is stirred, to the major on the same tonic."""
    if start.mode == "major":
        return start
    if emotion.arousal < 0 and rng.random() < 0.25:
        return Key(start.tonic, "major")
    return Key((start.tonic + 3) % 12, "major")


def _fit(wanted_bpm: float, ease: float, seconds: float, rng: random.Random) -> tuple[int, int, float, float]:
    """(beats in a bar, bars, second of the last chord, tempo at the start) nearest to the tempo that is wanted."""
    ring_s = 5.0 if seconds >= 20 else seconds / 5
    phrases = _PHRASES if 25 <= seconds <= 35 else range(2, max(4, round(seconds / 3)))
    choices = []
    for beats in _METRES:
        for count in phrases:
            length_beats = beats * (2 * count - 1)
            for shift_s in (-0.8, -0.4, 0.0, 0.4, 0.8):
                final_s = seconds - ring_s + shift_s
                # the tempo falls evenly over the beats, so their mean length is that of the logarithmic mean
                bpm = 60 * length_beats / final_s / _mean_ease(ease)
                off = abs(bpm / wanted_bpm - 1) + 0.01 * abs(shift_s) + 0.03 * rng.random()
                choices.append((off, beats, 2 * count, final_s, bpm))
    _, beats, bars, final_s, bpm = min(choices)
    return beats, bars, final_s, bpm


def _mean_ease(ease: float) -> float:
    steps = 64
    return steps / sum(1 / (1 + (ease - 1) * (step + 0.5) / steps) for step in range(steps))


def _players(emotion: Emotion, tags: Sequence[Tag], rng: random.Random) -> tuple[Instrument, ...]:
    """Lead, chords, bass, pad and sparkle: the things of the day choose the lead, the emotion the rest."""
    band = BANDS[_temper(emotion)]
    theme = theme_of(tags, emotion, rng.randrange(1 << 30))
    leads = THEME_LEADS.get(theme, ()) if rng.random() < 0.8 else ()
    lead = rng.choice(leads or band["lead"])
    comp = rng.choice([name for name in band["comp"] if name != lead or name == "piano"])
    sparkle = rng.choice([name for name in band["sparkle"] if name not in (lead, comp)])
    names = (lead, comp, rng.choice(band["bass"]), rng.choice(band["pad"]), sparkle)
    return tuple(INSTRUMENTS[name] for name in names)


def _temper(emotion: Emotion) -> str:
    """Which band plays: bright, warm, still, blue or stirred."""
    if emotion.valence < -0.15:
        return "stirred" if emotion.arousal > 0.15 else "blue"
    if emotion.arousal > 0.35:
        return "bright"
    return "warm" if emotion.valence > 0.3 and emotion.arousal > -0.1 else "still"


def _pattern(emotion: Emotion, comp: Instrument, beats: int, rng: random.Random) -> str:
    if comp.sustains:
        return "held"
    choices = ["broken", "broken", "waltz" if beats == 3 else "rocking"]
    if emotion.arousal > 0.3:
        choices.append("rocking" if beats == 4 else "waltz")
    return rng.choice(choices)
