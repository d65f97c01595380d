"""Who can play: the instruments of the soundfont, with the notes on which they sound well."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Instrument:
    """A General MIDI program and where it sounds well; `low` and `high` are MIDI notes (60 = middle C)."""

    name: str
    program: int  # 0..127
    low: int
    high: int
    sustains: bool  # bowed or blown: the sound stays as long as the note
    soft_hz: float  # above this the sound is dampened, as felt dampens a piano


def _known(*rows: tuple[str, int, int, int, bool, float]) -> dict[str, Instrument]:
    return {row[0]: Instrument(*row) for row in rows}


# The soundfont's electric grand, felted, sings longer than its acoustic one, whose high notes are all hammer.
INSTRUMENTS = _known(
    ("piano", 2, 33, 96, False, 2600),
    ("electric piano", 4, 40, 88, False, 3500),
    ("celesta", 8, 60, 96, False, 8000),
    ("glockenspiel", 9, 67, 96, False, 9000),
    ("music box", 10, 60, 93, False, 8000),
    ("vibraphone", 11, 53, 89, False, 8000),
    ("marimba", 12, 48, 86, False, 5000),
    ("guitar", 24, 40, 79, False, 4500),
    ("double bass", 32, 28, 52, False, 2500),
    ("harp", 46, 31, 91, False, 6000),
    ("cello", 42, 36, 74, True, 4500),
    ("strings", 48, 40, 86, True, 5000),
    ("slow strings", 49, 40, 86, True, 4000),
    ("pizzicato", 45, 43, 84, False, 4500),
    ("choir", 52, 48, 76, True, 4000),
    ("oboe", 68, 60, 84, True, 5000),
    ("clarinet", 71, 53, 86, True, 6000),
    ("flute", 73, 62, 91, True, 8000),
    ("recorder", 74, 65, 91, True, 8000),
    ("warm pad", 89, 40, 84, True, 4000),
)

#: By temper of the emotion: who may play which part.
BANDS: dict[str, dict[str, tuple[str, ...]]] = {
    "bright": {
        "lead": ("marimba", "flute", "piano", "clarinet", "recorder"),
        "comp": ("guitar", "piano", "pizzicato"),
        "bass": ("double bass",),
        "pad": ("strings",),
        "sparkle": ("glockenspiel", "music box", "celesta"),
    },
    "warm": {
        "lead": ("piano", "guitar", "clarinet", "flute", "electric piano"),
        "comp": ("piano", "guitar", "harp"),
        "bass": ("double bass",),
        "pad": ("strings", "slow strings"),
        "sparkle": ("celesta", "music box", "glockenspiel"),
    },
    "still": {
        "lead": ("piano", "vibraphone", "flute", "music box", "harp"),
        "comp": ("harp", "guitar", "electric piano", "piano"),
        "bass": ("double bass", "piano"),
        "pad": ("warm pad", "slow strings"),
        "sparkle": ("celesta", "vibraphone", "music box"),
    },
    "blue": {
        "lead": ("piano", "music box", "clarinet", "cello", "oboe"),
        "comp": ("piano", "guitar", "harp"),
        "bass": ("double bass", "piano"),
        "pad": ("slow strings", "warm pad"),
        "sparkle": ("music box", "celesta"),
    },
    "stirred": {
        "lead": ("piano", "clarinet", "strings", "oboe"),
        "comp": ("piano", "guitar"),
        "bass": ("double bass",),
        "pad": ("slow strings", "strings"),
        "sparkle": ("celesta", "harp", "vibraphone"),
    },
}

#: What happened that day may choose who sings.
THEME_LEADS: dict[str, tuple[str, ...]] = {
    "rain": ("music box", "piano", "vibraphone"),
    "snow": ("celesta", "music box"),
    "night": ("vibraphone", "celesta", "electric piano"),
    "morning": ("flute", "guitar", "recorder"),
    "evening": ("clarinet", "electric piano", "guitar"),
    "sea": ("harp", "guitar", "flute"),
    "green": ("flute", "recorder", "guitar", "oboe"),
    "home": ("piano", "guitar"),
    "cafe": ("vibraphone", "electric piano", "clarinet"),
    "food": ("marimba", "clarinet", "guitar"),
    "animal": ("clarinet", "marimba", "recorder"),
    "family": ("piano", "guitar", "cello"),
    "friend": ("guitar", "flute", "marimba"),
    "love": ("piano", "cello", "electric piano"),
    "work": ("piano", "electric piano"),
    "road": ("guitar", "recorder", "clarinet"),
    "play": ("marimba", "glockenspiel", "flute"),
    "party": ("glockenspiel", "music box", "marimba"),
    "sleep": ("music box", "celesta", "harp"),
}
