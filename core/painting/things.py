"""A sticker becomes a thing: how big it is beside a child, where it goes, and how a room has it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_SIZES = Path(__file__).with_name("sizes.toml")


@dataclass(frozen=True)
class Thing:
    """Something to place that is no figure."""

    sticker: str
    size: float  # child heights
    zone: str  # fly | swim | far | near
    holdable: bool
    kind: str
    tag: str
    outside: bool = False  # seen through a window where there is one
    hangs: bool = False  # on the wall of a room


@cache
def stage_words() -> dict[str, frozenset[str]]:
    """Stickers by how a stage has them: shown by itself, outside of a window, on a wall, only within, only outdoors."""
    return {key: frozenset(words.split()) for key, words in _tables()["stage"].items()}


def thing(sticker: str, kind: str = "thing", tag: str = "") -> Thing:
    """A thing with its size and zone looked up."""
    tables = _tables()
    zone = _zones().get(sticker, "near")
    usual = tables["kind"].get(kind, 0.36) if kind != "place" or zone == "far" else 0.42
    return Thing(
        sticker,
        tables["size"].get(sticker, usual),
        zone,
        sticker in _holdable() or kind == "food",
        kind,
        tag or sticker,
        sticker in stage_words()["outside"],
        sticker in stage_words()["wall"],
    )


@cache
def _tables() -> dict[str, dict[str, Any]]:
    return tomllib.loads(_SIZES.read_text("utf-8"))


@cache
def _zones() -> dict[str, str]:
    return {sticker: zone for zone, words in _tables()["zone"].items() for sticker in words.split()}


@cache
def _holdable() -> frozenset[str]:
    return frozenset(_tables()["hold"]["hold"].split())
