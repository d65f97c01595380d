"""One press changes a drawing: values only, nothing is shown or kept here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from core.entities import Draft, Layer
from core.painting import arrangement, choices, finding

SPOTS = ("↖", "⬆", "↗", "⬅", "⏺", "➡", "↙", "⬇", "↘")
ACROSS, DOWN = (0.22, 0.5, 0.78), (0.24, 0.52, 0.78)  # where those are on the page
SIZES = {"S": 0.13, "M": 0.22, "L": 0.36}  # in 0..1 of the page height


def _pick(draft: Draft, value: str, tags: tuple[str, ...]) -> Draft:
    return replace(draft, chosen=int(value) if value.isdecimal() and int(value) < len(draft.sketch.layers) else -1)


def _home(draft: Draft, value: str, tags: tuple[str, ...]) -> Draft:
    return replace(draft, chosen=-1)


def _put(draft: Draft, value: str, tags: tuple[str, ...]) -> Draft:
    """A sticker comes into the middle, in front of everything."""
    kind, _, number = value.partition(".")
    stickers = stickers_of(kind, tags)
    layers = draft.sketch.layers
    if not number.isdecimal() or int(number) >= len(stickers) or is_full(draft):
        return draft
    layer = Layer(stickers[int(number)], ACROSS[1] * _page(draft), DOWN[1], SIZES["M"])
    return replace(draft, sketch=replace(draft.sketch, layers=(*layers, layer)), chosen=len(layers))


def is_full(draft: Draft) -> bool:
    """True where nothing more fits in."""
    return len(draft.sketch.layers) >= arrangement.LAYERS


def _gone(draft: Draft, value: str, tags: tuple[str, ...]) -> Draft:
    layers = tuple(layer for n, layer in enumerate(draft.sketch.layers) if n != draft.chosen)
    return replace(draft, sketch=replace(draft.sketch, layers=layers), chosen=-1)


def _at(draft: Draft, value: str, tags: tuple[str, ...]) -> Draft:
    spot = int(value) if value.isdecimal() else len(SPOTS)
    if spot >= len(SPOTS):
        return draft
    return _with(draft, lambda layer: replace(layer, x=ACROSS[spot % 3] * _page(draft), y=DOWN[spot // 3]))


def _page(draft: Draft) -> float:
    """How wide the page is, in its heights."""
    return max(draft.sketch.width / draft.sketch.height, 1.0)


def _size(draft: Draft, value: str, tags: tuple[str, ...]) -> Draft:
    if value not in SIZES:
        return draft

    def sized(layer: Layer) -> Layer:  # its foot stays where it stood
        return replace(layer, scale=SIZES[value], y=layer.y + (layer.scale - SIZES[value]) / 2)

    return _with(draft, sized)


def _weather(draft: Draft, value: str, tags: tuple[str, ...]) -> Draft:
    known = value if value in choices.WEATHERS else ""
    return replace(draft, sketch=choices.under(draft.sketch, weather=known))


def _time(draft: Draft, value: str, tags: tuple[str, ...]) -> Draft:
    known = value if value in choices.TIMES else ""
    return replace(draft, sketch=choices.under(draft.sketch, time=known))


def _face(draft: Draft, value: str, tags: tuple[str, ...]) -> Draft:
    return _with(draft, lambda layer: choices.with_face(layer, value))


def _flip(draft: Draft, value: str, tags: tuple[str, ...]) -> Draft:
    return _with(draft, lambda layer: replace(layer, flip=not layer.flip))


def _order(draft: Draft, value: str, tags: tuple[str, ...]) -> Draft:
    """`value`: front or back."""
    layers = list(draft.sketch.layers)
    if not 0 <= draft.chosen < len(layers):
        return draft
    at = len(layers) - 1 if value == "front" else 0
    layers.insert(at, layers.pop(draft.chosen))
    return replace(draft, sketch=replace(draft.sketch, layers=tuple(layers)), chosen=at)


def _with(draft: Draft, change: Callable[[Layer], Layer]) -> Draft:
    layers = [change(layer) if n == draft.chosen else layer for n, layer in enumerate(draft.sketch.layers)]
    return replace(draft, sketch=replace(draft.sketch, layers=tuple(layers)))


CHANGES: dict[str, Callable[[Draft, str, tuple[str, ...]], Draft]] = {
    "pick": _pick, "home": _home, "put": _put, "gone": _gone, "at": _at, "size": _size, "flip": _flip, "order": _order,
    "weather": _weather, "time": _time, "face": _face,
}  # fmt: skip


def stickers_of(kind: str, tags: tuple[str, ...]) -> tuple[str, ...]:
    """The stickers of a kind; `tags`: what the diary offers."""
    return tags if kind == "tags" else finding.stickers_of(kind)
