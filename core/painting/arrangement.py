"""A picture that somebody arranged: read as strictly as anything that comes from outside, and kept as a Sketch."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from core.entities import Layer, Sketch, Stroke
from core.painting import choices, figures
from core.painting.stickers import sticker_ids

if TYPE_CHECKING:
    from pydantic import TypeAdapter

LIMIT_BYTES = 200_000  # of an arrangement as it is sent
LAYERS = 40
STROKES = 200
WIDEST = 2.0  # page heights
POINTS = 6000  # of all strokes together
COLOURS = (
    "#3f3434", "#8a5a3c", "#d9604a", "#f08c5a", "#f2b84b", "#f7d95c", "#7fa85a", "#4f8f86", "#7fa3d9", "#4a62a8",
    "#b58bc9", "#f2a3b5", "#ffffff",
)  # fmt: skip
_OWN_TAGS = frozenset(("", "me", "held", "behind", "sky", "companion"))


class Unfit(ValueError):
    """What came is no arrangement that our page makes; says what is wrong with it, never its contents."""


@dataclass(frozen=True)
class Arrangement:
    """What somebody made of the picture of one revision of an entry."""

    entry_id: str
    revision: int
    layers: tuple[Layer, ...]
    strokes: tuple[Stroke, ...]
    weather: str = ""  # "": as it was
    time: str = ""

    def on(self, sketch: Sketch) -> Sketch:
        """The scene of a sketch with these layers and strokes, in the chosen weather and at the chosen hour."""
        return replace(choices.under(sketch, self.weather, self.time), layers=self.layers, strokes=self.strokes)


def read(sent: str | bytes) -> Arrangement:
    """An arrangement as it was sent. Raises Unfit."""
    from pydantic import ValidationError

    if len(sent if isinstance(sent, bytes) else sent.encode()) > LIMIT_BYTES:
        raise Unfit("too large")
    try:
        asked = _wire().model_validate_json(sent)
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False)[0]
        raise Unfit(f"{'.'.join(str(part) for part in wrong['loc'])}: {wrong['type']}") from None
    layers = tuple(Layer(**layer.model_dump()) for layer in asked.layers)
    strokes = tuple(Stroke(one.colour, one.width, tuple(one.points)) for one in asked.strokes)
    if sum(len(stroke.points) for stroke in strokes) > 2 * POINTS:
        raise Unfit("strokes: too many points")
    if any(len(stroke.points) % 2 for stroke in strokes):
        raise Unfit("strokes: half a point")
    return Arrangement(asked.entry, asked.revision, layers, strokes, asked.weather, asked.time)


def written(entry_id: str, revision: int, sketch: Sketch) -> str:
    """The same as it would be sent."""
    layers = [{name: getattr(layer, name) for name in Layer.__dataclass_fields__} for layer in sketch.layers]
    strokes = [{"colour": one.colour, "width": one.width, "points": list(one.points)} for one in sketch.strokes]
    scene = {"weather": sketch.weather, "time": sketch.time}
    return json.dumps({"entry": entry_id, "revision": revision, "layers": layers, "strokes": strokes, **scene})


def knows_sticker(sticker: str) -> bool:
    """True for everything that can be drawn: a sticker, or a figure."""
    if not figures.is_figure(sticker):
        return sticker in _stickers()
    parts = sticker.split("/")
    if len(parts) != 5 or not (parts[4].isascii() and parts[4].isdecimal()) or len(parts[4]) > 2:
        return False
    return parts[1] in figures.LOOKS and parts[2] in figures.POSES and parts[3] in figures.FACES and int(parts[4]) < 30


def sketch_in(prompt: str) -> Sketch | None:
    """The sketch that a picture was painted from, as its work keeps it; None where it keeps none."""
    from pydantic import ValidationError

    try:
        return _sketches().validate_python(json.loads(prompt)["sketch"])
    except (ValueError, KeyError, TypeError, ValidationError):
        return None


@cache
def _stickers() -> frozenset[str]:
    return frozenset(sticker_ids())


@cache
def _tags() -> frozenset[str]:
    from core.painting.lexicon import lexicon

    return _OWN_TAGS | _stickers() | frozenset(lexicon().concepts)


def _knows_tag(tag: str) -> bool:
    return len(tag) <= 80 and all(part in _tags() for part in tag.split(":"))


@cache
def _sketches() -> TypeAdapter[Sketch]:
    from pydantic import TypeAdapter

    return TypeAdapter(Sketch)


@cache
def _wire() -> Any:
    """The form of what is sent; made when first needed, because importing is free."""
    from typing import Annotated, Literal

    from pydantic import AfterValidator, BaseModel, ConfigDict, Field

    def known(check: Any) -> AfterValidator:
        def checked(name: str) -> str:
            if not check(name):
                raise ValueError("unknown")
            return name

        return AfterValidator(checked)

    down = Annotated[float, Field(ge=-0.25, le=1.25)]
    across = Annotated[float, Field(ge=-0.25, le=WIDEST + 0.25)]

    class Form(BaseModel):
        model_config = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)

    class OneLayer(Form):
        sticker: Annotated[str, Field(max_length=60), known(knows_sticker)]
        x: across
        y: down
        scale: Annotated[float, Field(ge=0.03, le=1.5)]
        rotation: Annotated[float, Field(ge=-180, le=180)] = 0.0
        flip: bool = False
        tag: Annotated[str, Field(max_length=80), known(_knows_tag)] = ""

    class OneStroke(Form):
        colour: Literal[COLOURS]  # type: ignore[valid-type]
        width: Annotated[float, Field(ge=0.004, le=0.08)]
        points: Annotated[list[across], Field(min_length=2, max_length=2 * POINTS)]

    class Sent(Form):
        entry: Annotated[str, Field(pattern=r"^[0-9a-z]{20}$")]
        revision: Annotated[int, Field(ge=1, le=1_000_000)]
        layers: Annotated[list[OneLayer], Field(max_length=LAYERS)]
        strokes: Annotated[list[OneStroke], Field(max_length=STROKES)]
        weather: Literal["", *choices.WEATHERS] = ""  # type: ignore[valid-type]
        time: Literal["", *choices.TIMES] = ""  # type: ignore[valid-type]

    Sent.model_rebuild(_types_namespace={**globals(), **locals()})
    return Sent
