"""A look is the hand and the medium that a picture is coloured with, as numbers that can be mixed and learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from core.entities import VisualPreferences


@dataclass(frozen=True)
class Look:
    """How a medium lies on paper. Every number has a range (RANGES); 1 is what the wax crayon does, unless said."""

    name: str
    grain: float = 1.0  # how deep the teeth of the paper break the colour
    stroke: float = 1.0  # how much single strokes are seen; 0: an even wash
    stroke_width: float = 1.0
    stroke_length: float = 1.0  # for its width
    coverage: float = 1.0  # how much colour there is
    opacity: float = 0.0  # 0: paper shines through the colour; 1: the colour covers it, as chalk does
    smudge: float = 0.0  # strokes rubbed with a finger, 0..1
    wobble: float = 1.0  # how far colour and line drift apart
    bleed: float = 0.0  # wet colours run into each other, 0..1
    edge_darkening: float = 0.0  # pigment that gathers at the rim of a wash, 0..1
    pooling: float = 0.0  # a wash is deeper where water stood, 0..1
    line: float = 1.0  # strength of the drawn line; 0: none
    line_width: float = 1.0
    line_colour: float = 0.28  # share of what it encloses in the colour of the line; 0: brown everywhere
    saturation: float = 1.0
    brightness: float = 0.0  # -0.3 darker .. 0.3 lighter
    warmth: float = 0.0  # -1 towards blue .. 1 towards orange
    paper: float = 0.5  # 0 white, 0.5 drawing paper, 1 toned

    @property
    def medium(self) -> str:
        """The name of the look in LOOKS that it is nearest to: what it may be called."""
        mine = self.as_vector()
        return min(LOOKS.values(), key=lambda one: _distance(mine, one.as_vector())).name

    def mixed(self, other: Look, share: float) -> Look:
        """This look with a share of another one; `share` 0..1, 0: itself, 1: the other."""
        share = min(max(share, 0.0), 1.0)
        if share in (0.0, 1.0):
            return other if share else self
        values = {key: getattr(self, key) * (1 - share) + getattr(other, key) * share for key in RANGES}
        return Look(f"{self.name}+{other.name}", **values)

    def as_vector(self) -> tuple[float, ...]:
        """Every number in the order of RANGES, each as 0..1 of its range: what learns compares like with like."""
        return tuple((getattr(self, key) - low) / (high - low) for key, (low, high) in RANGES.items())

    @staticmethod
    def from_vector(vector: Sequence[float], name: str = "own") -> Look:
        """The look of a vector; what lies outside of a range is brought to its end. Raises ValueError for another length
        or what is no number."""
        if len(vector) != len(RANGES) or any(value != value for value in vector):
            raise ValueError(f"a look has {len(RANGES)} numbers")
        shares = (min(max(float(value), 0.0), 1.0) for value in vector)
        return Look(name, **{
            key: round(low + share * (high - low), 6) for share, (key, (low, high)) in zip(shares, RANGES.items(), strict=True)
        })  # fmt: skip

    def changed(self, **changes: float) -> Look:
        """The same look with other numbers, each kept in its range."""
        kept = {key: min(max(value, RANGES[key][0]), RANGES[key][1]) for key, value in changes.items()}
        return replace(self, **kept)  # type: ignore[arg-type]


#: (least, most) of every number; within them every picture stays readable.
RANGES: dict[str, tuple[float, float]] = {
    "grain": (0.0, 1.6), "stroke": (0.0, 1.3), "stroke_width": (0.3, 2.5), "stroke_length": (0.3, 3.0),
    "coverage": (0.5, 1.3), "opacity": (0.0, 1.0), "smudge": (0.0, 1.0), "wobble": (0.0, 2.0), "bleed": (0.0, 1.0),
    "edge_darkening": (0.0, 1.0), "pooling": (0.0, 1.0), "line": (0.0, 1.3), "line_width": (0.4, 1.8),
    "line_colour": (0.0, 1.0), "saturation": (0.4, 1.6), "brightness": (-0.3, 0.3), "warmth": (-1.0, 1.0), "paper": (0.0, 1.0),
}  # fmt: skip

assert tuple(RANGES) == tuple(field.name for field in fields(Look) if field.name != "name")

WAX = Look("wax")
PASTEL = Look(
    "pastel", grain=0.7, stroke=0.85, stroke_width=1.9, stroke_length=1.0, coverage=1.15, opacity=0.85, smudge=0.5,
    wobble=1.2, line=0.8, line_width=1.5, line_colour=0.55, saturation=1.2, brightness=0.05, paper=0.75,
)  # fmt: skip
PENCIL = Look(
    "pencil", grain=0.5, stroke=1.2, stroke_width=0.5, stroke_length=2.4, coverage=0.88, wobble=0.6, line=0.95,
    line_width=0.62, line_colour=0.4, saturation=1.12, brightness=0.03, paper=0.15,
)  # fmt: skip
WATERCOLOUR = Look(
    "watercolour", grain=0.35, stroke=0.06, stroke_width=2.0, stroke_length=1.5, coverage=0.84, wobble=1.35, bleed=0.75,
    edge_darkening=0.8, pooling=0.85, line=0.8, line_width=0.55, line_colour=0.35, saturation=1.28, brightness=0.05,
    paper=0.2,
)  # fmt: skip

#: What a style of config/visual.toml changes of a look, for a painter that reads no prompt.
STYLES: dict[str, dict[str, float]] = {
    "storybook": {"pooling": 0.35, "line_colour": 0.45, "saturation": 1.08},
    "naive": {"stroke": 0.35, "line": 1.25, "line_width": 1.35, "wobble": 1.5, "saturation": 1.18},
    "impressionist": {"stroke": 1.3, "stroke_width": 1.7, "stroke_length": 0.4, "opacity": 0.6, "line": 0.35,
                      "line_colour": 0.7},
    "ink_wash": {"stroke": 0.1, "bleed": 0.7, "pooling": 0.8, "edge_darkening": 0.5, "saturation": 0.45, "line": 1.2,
                 "line_width": 1.25, "line_colour": 0.05},
    "folk": {"stroke": 0.4, "line": 1.25, "line_colour": 0.05, "saturation": 1.3, "paper": 0.95},
    "paper_cut": {"stroke": 0.08, "grain": 0.2, "line": 0.25, "line_colour": 0.9, "wobble": 0.1, "opacity": 0.8},
    "animation": {"stroke": 0.1, "grain": 0.15, "line": 0.95, "line_width": 0.7, "line_colour": 0.6, "wobble": 0.3},
    "geometric": {"wobble": 0.0, "stroke": 0.5, "line": 1.1, "line_width": 0.8},
    "dreamlike": {"stroke": 0.3, "bleed": 0.6, "pooling": 0.6, "line": 0.45, "line_colour": 0.75, "brightness": 0.08},
}  # fmt: skip

LOOKS = {look.name: look for look in (WAX, PASTEL, PENCIL, WATERCOLOUR)}


def look_for(preferences: VisualPreferences | None) -> Look:
    """The look that somebody chose, with their style, tone, brightness and saturation; wax where they chose nothing."""
    from core.painting.preferences import known, tone

    now, moved = known(preferences), tone(preferences)
    look = LOOKS.get(now.look, WAX)
    look = look.changed(**STYLES.get(now.style, {}))
    return look.changed(
        brightness=look.brightness
        + (now.brightness - 0.5) * (0.56 if now.brightness > 0.5 else 0.26)
        + moved.light * 0.22,
        saturation=look.saturation * (1 + (now.saturation - 0.5) * 1.0) * (1 + moved.colour * 0.6),
        warmth=look.warmth + moved.warmth,
    )


def _distance(one: Sequence[float], other: Sequence[float]) -> float:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))
