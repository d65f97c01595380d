"""The stage of a picture: where the ground, the sky and the table are, and what stands there already."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from core.painting.shapes import Colour, Hatch, Point, Shape, mix, oval

Zone = tuple[float, float, float, float]  # left, right, far foot, near foot; page units
Spot = tuple[float, float, float]  # x, y of the middle, side of the square that is free; page units


@dataclass(frozen=True)
class Light:
    """A glow on the page."""

    x: float
    y: float
    radius: float  # page units
    strength: float  # 0..1
    colour: str = "#FFE7A8"


@dataclass(frozen=True)
class Prop:
    """Scenery among the stickers: drawn before whatever stands nearer than `foot`."""

    foot: float
    shapes: tuple[Shape, ...]


@dataclass
class Stage:
    """A place before anyone enters it; filled by one function for each place."""

    rng: random.Random
    tints: Tints
    weather: str
    time: str
    back: list[Shape] = field(default_factory=list)
    props: list[Prop] = field(default_factory=list)
    front: list[Shape] = field(default_factory=list)
    lights: list[Light] = field(default_factory=list)
    indoors: bool = False
    horizon: float = 250.0  # feet above this line belong to nothing on the ground
    stand: Zone = (90.0, 422.0, 400.0, 452.0)  # where people and animals stand
    far: Zone = (60.0, 452.0, 262.0, 300.0)  # where houses and cars stand
    sky: Zone = (70.0, 442.0, 60.0, 170.0)  # where birds and kites fly (centres)
    lay: Zone = (60.0, 452.0, 440.0, 478.0)  # where small things lie
    water: Zone | None = None
    panes: list[Spot] = field(default_factory=list)  # of windows, through which what is outside is seen
    wall: list[Spot] = field(default_factory=list)  # where something may hang
    skyline: float = 0.0  # how far houses and hills rise over the horizon
    trains: bool = False  # a train stands there already
    bed: Point | None = None  # where someone tired sits up in bed: x, foot
    table: bool = False  # people sit behind a table; `lay` is its top
    person: float = 188.0  # page units, a child that stands nearest
    faraway: float = 0.62  # how small things at `far` are

    def add(self, d: str, fill: Colour, line: float = 1.8, hatch: Hatch | None = None, width: float = 0.0) -> None:
        """Paint one shape behind everyone."""
        self.back.append(Shape(d, fill, line, width, hatch or strokes(self.rng)))

    def shine(self, x: float, y: float, radius: float, strength: float, colour: str = "#FFD58A") -> None:
        """A lamp's light: by day a breath, after dark a pool that is painted on what lies behind."""
        dark = self.time in ("night", "evening")
        self.lights.append(Light(x, y, radius, strength if dark else strength * 0.5, colour))
        if dark or (self.indoors and self.weather == "rain"):
            for share, veil in ((0.66, 0.2), (0.38, 0.3)):
                self.back.append(Shape(oval(x, y, radius * share), colour, 0, veil=veil if dark else veil * 0.5))

    def prop(self, foot: float, *shapes: Shape) -> None:
        """Put shapes among the people, at a depth."""
        self.props.append(Prop(foot, shapes))

    def piece(self, d: str, fill: Colour, line: float = 1.8, step: float = 4.5, width: float = 0.0) -> Shape:
        """One shape with a hatch of its own."""
        return Shape(d, fill, line, width, strokes(self.rng, step))


@dataclass(frozen=True)
class Tints:
    """Natural colours, leaning to an emotion's palette and to the hour."""

    sky: str
    ground: str
    light: str
    accent: str
    shade: str
    time: str = "day"
    weather: str = ""

    def of(self, natural: str, share: float = 0.3, toward: str = "") -> str:
        """A natural colour, leaning to `toward` (else to the palette's ground), darkened with the hour."""
        snowed = 0.45 if self.weather == "snow" else 0.0
        return self.hour(mix(mix(natural, toward or self.ground, share), "#F4F7FC", snowed))

    def hour(self, colour: str) -> str:
        """A colour as the hour shows it outdoors."""
        if self.weather == "snow":
            colour = mix(colour, "#FFFFFF", 0.3)
        if self.time == "night":
            return mix(colour, "#38426F", 0.5)
        if self.time == "evening":
            return mix(colour, "#F7A565", 0.14)
        return mix(colour, "#B7BDC9", 0.22) if self.weather in ("rain", "storm", "cloudy", "fog") else colour

    def room(self, natural: str, share: float = 0.3) -> str:
        """A colour indoors: warmed by the lamp in the evening and at night."""
        colour = mix(natural, self.light, share)
        if self.time == "night":
            return mix(colour, "#A9849A", 0.2)
        return mix(colour, "#EFB69A", 0.07) if self.time == "evening" else colour

    @property
    def sky_band(self) -> tuple[str, ...]:
        """The sky from top to bottom."""
        if self.time == "night":
            return mix("#27336B", self.shade, 0.35), mix("#6A6FA8", self.accent, 0.25)
        if self.time == "evening":
            top = mix("#8E9CE0", self.sky, 0.4)
            if self.weather in ("rain", "storm", "fog", "cloudy"):
                return mix(top, "#B3B8D0", 0.5), mix("#DDB9CC", self.sky, 0.35), mix("#FFCDA6", self.light, 0.25)
            return top, mix("#EFA9C0", self.sky, 0.25), mix("#FFB070", self.light, 0.3)  # by rose, or it turns brown
        if self.weather in ("rain", "storm", "fog", "cloudy"):
            return mix(self._blue("#A9BBCF"), self.sky, 0.6), mix("#DCE3E6", self.light, 0.3)
        if self.time == "morning":
            return mix(self._blue("#8CCBF2"), self.sky, 0.55), mix("#FFE9DF", self.light, 0.2)
        return mix(self._blue("#6FBDF0"), self.sky, 0.6), mix("#D4EDFA", self.sky, 0.6)

    def _blue(self, natural: str) -> str:
        """The blue of a sky that goes with the palette's; with a warm one rose, as blue over pink or gold makes grey."""
        red, _, blue = (int(self.sky[at : at + 2], 16) for at in (1, 3, 5))
        return mix(natural, "#EDBFCB", min(max((red - blue) / 48, 0.0), 1.0) * 0.8)

    @property
    def lit(self) -> str:
        """A window: lamplight in the dark, sky by day."""
        return "#FFD873" if self.time in ("night", "evening") else mix("#CFE7F2", self.sky, 0.4)


def tints(palette: tuple[str, ...], time: str, weather: str) -> Tints:
    """From a palette's five colours (sky, ground, light, accent, shade)."""
    sky, ground, light, accent, shade = palette[:5]
    return Tints(sky, ground, light, accent, shade, time, weather)


def strokes(rng: random.Random, step: float = 6.0, press: float = 0.75, angle: float | None = None) -> Hatch:
    """Strokes as a right hand makes them, rising to the right, a little different each time."""
    turn = math.radians(rng.gauss(-38, 16) if angle is None else angle)
    reach = rng.uniform(520, 1000) if angle is None else rng.uniform(1600, 2600)
    return Hatch((256 - math.sin(turn) * reach, 256 + math.cos(turn) * reach), step, press)


def around(x: float, y: float, step: float = 5.0, press: float = 0.75) -> Hatch:
    """Strokes that circle a point."""
    return Hatch((x, y), step, press)


def flat(rng: random.Random, step: float = 6.0, press: float = 0.75) -> Hatch:
    """Strokes that lie down, as on water and floors."""
    return strokes(rng, step, press, rng.gauss(-3, 4))


PLACES: dict[str, Callable[[Stage], None]] = {}


def place(name: str) -> Callable[[Callable[[Stage], None]], Callable[[Stage], None]]:
    """Register a place's painter under its name."""

    def keep(painter: Callable[[Stage], None]) -> Callable[[Stage], None]:
        PLACES[name] = painter
        return painter

    return keep
