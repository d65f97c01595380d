"""A look is the hand and the medium that a picture is coloured with, as numbers that can be mixed and learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace


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
    "line_colour": (0.0, 1.0), "saturation": (0.4, 1.6), "brightness": (-0.3, 0.3), "paper": (0.0, 1.0),
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

LOOKS = {look.name: look for look in (WAX, PASTEL, PENCIL, WATERCOLOUR)}


def _distance(one: Sequence[float], other: Sequence[float]) -> float:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))
