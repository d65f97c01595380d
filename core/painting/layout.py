"""Everyone finds room on the page: nobody covers a face, nothing leaves the paper."""

from __future__ import annotations

import random
from dataclasses import replace

from core.entities import Layer
from core.painting import figures
from core.painting.cast import Cast
from core.painting.drawing import bounds, foot_of, width_of
from core.painting.shapes import PAGE
from core.painting.stage import Spot, Stage
from core.painting.things import Thing

#: Stickers that hang over the head of whom the day belongs to.
_NEAR_ME = frozenset(
    (
        "zzz",
        "thought-balloon",
        "speech-balloon",
        "red-heart",
        "two-hearts",
        "broken-heart",
        "mending-heart",
        "musical-notes",
    )
)

Box = tuple[float, float, float, float]  # left, top, right, bottom in page units
_FOR_A_PLACE = 2.5  # what only says where it is hides nobody's feet
EDGE = 30.0  # page units that no sticker crosses


class Layout:
    """Finds room for everyone: nobody covers a face, nothing leaves the page."""

    def __init__(self, stage: Stage, rng: random.Random, wide: float = PAGE) -> None:
        self.stage, self.rng, self.wide = stage, rng, wide
        self.taken: list[tuple[Box, float]] = []  # boxes with what it costs to cover them
        self.layers: list[Layer] = []
        self._panes, self._walls = list(stage.panes), list(stage.wall)
        if not stage.indoors and stage.lights:  # the sun or the moon
            x, y = stage.lights[0].x, stage.lights[0].y
            self.taken.append(((x - 62, y - 62, x + 62, y + 62), 8.0))
        self._figures_at = len(self.taken)

    @property
    def _more(self) -> float:
        """How many square pages there are beside the first."""
        return self.wide / PAGE - 1

    def arrange(self, company: Cast) -> list[Layer]:
        """Place figures, then what they hold, then the rest, largest first; back to front."""
        things = list(company.things)
        held = [item for item in things if item.holdable]
        food = [item for item in held if item.kind == "food" and not self.stage.table]  # it does not lie on the ground
        in_hand = next(iter(food or held), None)
        self._figures(company, in_hand)
        if in_hand and self._hold(in_hand):
            things.remove(in_hand)
        for item in sorted(things, key=lambda item: -item.size):
            if not self._pinned(item):
                self._place(item)
        return sorted(self.layers, key=self._depth)

    def _depth(self, layer: Layer) -> float:
        if "held" in layer.tag:
            me = self.layers[0]
            return foot_of(me) + (-0.01 if "behind" in layer.tag else 0.01)
        if layer.tag.startswith("sky:"):
            return foot_of(layer) if foot_of(layer) < self.stage.horizon else self.stage.horizon - 1
        return foot_of(layer)

    def _figures(self, company: Cast, in_hand: Thing | None) -> None:
        s = self.stage
        me = company.me
        if s.table:
            me = _posed(me, "table")
        elif in_hand and me.split("/")[2] != "cheer":
            me = _posed(me, "hold")
        crowd = [(me, "me"), *((_posed(who, "table") if s.table else who, name) for who, name in company.people)]
        shrink = 1.0 if len(crowd) < 3 else 0.9 if len(crowd) == 3 else 0.8
        gap = s.person * shrink * (0.78 if not s.table else 0.74) * (1.0 + 0.3 * self._more)
        span = gap * (len(crowd) - 1)
        left, right, near_min, near = s.stand
        middle = (left + right) / 2
        start = (
            middle - span / 2
            if span
            else middle + self.rng.choice((-1, 1)) * (right - left) * self.rng.uniform(0.12, 0.24)
        )
        start = min(max(start + self.rng.uniform(-14, 14), left - 20), max(right + 20 - span, left - 20))
        order = list(range(len(crowd)))
        if self.rng.random() < 0.5:
            order.reverse()
        foot0 = self.rng.uniform(near_min, near)
        abed = s.bed is not None and me.split("/")[3] in ("tired", "flat", "low", "sad", "worry")
        for slot, i in sorted(enumerate(order), key=lambda pair: pair[1]):  # me first
            figure, name = crowd[i]
            if abed and s.bed and i == 0:
                self._figure(_posed(me, "table"), name, *s.bed, s.person * 0.86 * 118 / 154)
                continue
            foot = foot0 if s.table else min(max(foot0 + self.rng.uniform(-9, 9), near_min), near)
            high = s.person * shrink * figures.stature(figure.split("/")[1]) * bounds(figure)[3] / 154
            self._figure(figure, name, start + gap * slot, foot, high)
        self.layers.sort(key=lambda layer: layer.tag != "me")

    def _figure(self, figure: str, name: str, x: float, foot: float, high: float) -> None:
        high = min(high, foot - EDGE)
        layer = Layer(figure, x / PAGE, (foot - high / 2) / PAGE, high / PAGE, tag=name)
        wide = width_of(layer) * PAGE
        if not EDGE + wide / 2 <= x <= self.wide - EDGE - wide / 2:
            x = min(max(x, EDGE + wide / 2), self.wide - EDGE - wide / 2)
            layer = replace(layer, x=x / PAGE)
        self.layers.append(layer)
        head = 0.5 if figure.split("/")[2] != "table" else 0.6
        self.taken.append(((x - wide * 0.36, foot - high, x + wide * 0.36, foot - high * (1 - head)), 30.0))
        self.taken.append(((x - wide * 0.34, foot - high * (1 - head), x + wide * 0.34, foot), 4.0))

    def _hold(self, item: Thing) -> bool:
        """Put a thing into my hand; an umbrella goes behind the head. False where the hand is busy."""
        me = self.layers[0]
        spot = figures.hand(me.sticker)
        if spot is None or (self.stage.table and item.kind == "food"):
            return False
        left, top, wide, high = bounds(me.sticker)
        k = me.scale * PAGE / high
        x = me.x * PAGE + (spot[0] - left - wide / 2) * k
        y = me.y * PAGE + (spot[1] - top - high / 2) * k
        umbrella = item.sticker.startswith("umbrella") or item.sticker in ("balloon", "fishing-pole")
        size = self.stage.person * min(item.size, 0.8 if umbrella else 0.4)
        aside = 0.18 if item.sticker == "balloon" or not umbrella else 0.0  # beside the face, not before it
        rise = 0.62 if item.sticker == "balloon" else 0.44 if umbrella else 0.14
        layer = Layer(
            item.sticker, (x + aside * size) / PAGE, (y - size * rise) / PAGE, size / PAGE, tag="held:" + item.tag
        )
        if umbrella:
            layer = replace(layer, tag="held:behind:" + item.tag)
        half = width_of(layer) * PAGE / 2
        shift = layer.x * PAGE + half - self.wide + EDGE
        if shift > 0:
            self._shift_me(-shift)
            layer = replace(layer, x=layer.x - shift / PAGE)
        self.layers.append(layer)
        self._take(layer, 8.0)
        return True

    def _shift_me(self, dx: float) -> None:
        me = self.layers[0]
        self.layers[0] = replace(me, x=me.x + dx / PAGE)
        for i in (self._figures_at, self._figures_at + 1):
            (left, top, right, bottom), cost = self.taken[i]
            self.taken[i] = ((left + dx, top, right + dx, bottom), cost)

    def _take(self, layer: Layer, cost: float) -> None:
        half, high = width_of(layer) * PAGE / 2, layer.scale * PAGE
        x, y = layer.x * PAGE, layer.y * PAGE
        self.taken.append(((x - half, y - high / 2, x + half, y + high / 2), cost))

    def _place(self, item: Thing) -> None:
        """Try many spots and keep the best; shrink once or twice; leave out what would hide somebody."""
        for shrink in (1.0, 0.85, 0.7):
            tries = [self._spot(item, shrink) for _ in range(48)]
            best = min(tries, key=self._cost)
            if self._cost(best) < 1.2:
                break
        if self._cost(best) > 1.5 and item.zone in ("far", "swim"):  # then it comes to the front
            best = min([best, *(self._spot(replace(item, zone="near"), 0.8) for _ in range(48))], key=self._cost)
        if self._cost(best) < (_FOR_A_PLACE if item.kind == "place" else 5.0):
            self.layers.append(best)
            self._take(best, 6.0)

    def _pinned(self, item: Thing) -> bool:
        """Within a room a bus passes by outside of the window, and a chart hangs on the wall. False where neither is free."""
        spots = self._panes if item.outside else self._walls if item.hangs else []
        if not self.stage.indoors or not spots:
            return False
        tries = [(spot, self._hung(item, spot)) for spot in spots]
        aloft = item.sticker == "air-conditioner"  # under the ceiling
        spot, layer = min(tries, key=lambda one: one[0][1] if aloft else self._cost(one[1]))
        spots.remove(spot)
        self.layers.append(layer)
        self._take(layer, 6.0)
        return True

    def _hung(self, item: Thing, spot: Spot) -> Layer:
        x, y, side = spot
        _, _, wide, high = bounds(item.sticker)
        flies = item.zone == "fly"
        size = min(
            side * (0.62 if flies else 1.0) if item.outside else self.stage.person * item.size, side * high / wide
        )
        size = min(size, side)
        if item.outside:
            y -= side if flies else size / 2 + 3
        return Layer(item.sticker, x / PAGE, y / PAGE, size / PAGE, tag=item.tag)

    def _spot(self, item: Thing, shrink: float) -> Layer:
        s, rng = self.stage, self.rng
        toy = s.indoors and item.outside and item.zone == "far"  # without a window a car in a room is a toy
        size = s.person * (min(item.size, 0.4) if toy else item.size) * shrink
        zone, grounded, tag = self._zone(replace(item, size=0.4, zone="near") if toy else item)
        _, _, wide, high = bounds(item.sticker)
        if size * wide / high > PAGE * 0.36:
            size = PAGE * 0.36 * high / wide
        x, y = rng.uniform(zone[0], zone[1]), rng.uniform(zone[2], zone[3])
        if grounded and item.zone in ("far", "swim") and tag != "near" and not toy:
            size *= s.faraway if item.zone == "far" else 0.7
        half = size * wide / high / 2
        x = min(max(x, EDGE + half), self.wide - EDGE - half)
        y = y - size / 2 if grounded else y
        y = min(max(y, EDGE + size / 2), PAGE - EDGE - size / 2)
        flip = rng.random() < 0.5 if item.kind == "animal" else False
        tilt = rng.uniform(-7, 7) if item.zone == "fly" else 0.0
        prefix = "sky:" if item.zone == "fly" else ""
        return Layer(item.sticker, x / PAGE, y / PAGE, size / PAGE, tilt, flip, prefix + item.tag)

    def _zone(self, item: Thing) -> tuple[Box, bool, str]:
        s = self.stage
        if item.zone == "fly":
            return s.sky, False, "fly"
        if item.zone == "swim" and s.water:
            return s.water, True, "swim"
        if item.zone == "far" and (not s.table or (s.indoors and item.size > 0.5 and item.kind != "animal")):
            return s.far, True, "far"
        if s.table and (item.kind == "animal" or item.size > 0.5):
            left, right, _, foot = s.stand
            return (left - 60, right + 60, foot + 20, foot + 26), True, "near"
        if s.table or item.size < 0.42:
            return s.lay, True, "near"
        left, right, near_min, near = s.stand
        aside = 40 + 0.2 * self._more * PAGE
        return (left - aside, right + aside, near_min - 8, near + 14), True, "near"

    def _cost(self, layer: Layer) -> float:
        half, high = width_of(layer) * PAGE / 2, layer.scale * PAGE
        x, y = layer.x * PAGE, layer.y * PAGE
        area = max(4 * half * high / 2, 1.0)
        cost = 0.0
        for (left, top, right, bottom), weight in self.taken:
            wide = min(x + half, right) - max(x - half, left)
            tall = min(y + high / 2, bottom) - max(y - high / 2, top)
            if wide > 0 and tall > 0:
                cost += weight * wide * tall / min(area, (right - left) * (bottom - top))
        me = self.layers[0]
        if layer.sticker in _NEAR_ME:  # what I dream, think or feel hangs over my head
            return cost + 2.0 * (abs(layer.x - me.x) + abs(layer.y + layer.scale / 2 - me.y + me.scale / 2))
        if layer.tag.startswith("sky:"):  # spread over the sky, not in a tower
            near = [abs(layer.x - other.x) for other in self.layers if other.tag.startswith("sky:")]
            return cost + sum(max(0.0, 1.0 - gap / (0.3 + 0.4 * self._more)) for gap in near)
        crowded = sum(max(0.0, 1.0 - abs(layer.x - other.x) / 0.5) for other in self.layers) if self._more else 0.0
        return cost + 0.35 * (
            abs(x - (self.wide - me.x * PAGE)) / self.wide + self._more * crowded
        )  # lead the eye across


def _posed(figure: str, pose: str) -> str:
    parts = figure.split("/")
    parts[2] = pose
    return "/".join(parts)
