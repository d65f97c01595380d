"""How much is in a picture: the few things that matter, or a page full of small ones."""

from __future__ import annotations

import random
from dataclasses import replace

from core.entities import Tag
from core.painting.cast import REMEMBRANCE, Cast
from core.painting.stage import Stage
from core.painting.things import thing

_OUTDOORS = ("tulip", "butterfly", "bird", "herb", "lady-beetle", "sunflower", "rock")
_INDOORS = ("potted-plant", "books", "framed-picture", "teddy-bear", "yarn")
#: Small things that a place has room for.
_SIDE = {
    "beach": ("spiral-shell", "crab", "sailboat", "palm-tree", "bucket"),
    "snow": ("snowflake", "evergreen-tree", "bird", "rock"),
    "forest": ("mushroom", "chipmunk", "hedgehog", "herb", "butterfly"),
    "river": ("duck", "fish", "herb", "frog", "tulip"),
    "mountain": ("evergreen-tree", "eagle", "rock", "tulip"),
    "street": ("bicycle", "bird", "potted-plant", "cat"),
    "city": ("bicycle", "bird", "potted-plant", "taxi"),
    "kitchen": ("teapot", "potted-plant", "bread", "red-apple", "salt"),
    "cafe": ("potted-plant", "shortcake", "books", "hot-beverage"),
    "restaurant": ("potted-plant", "hot-beverage", "salt"),
    "school": ("books", "globe-showing-asia-australia", "pencil", "potted-plant"),
    "stage": ("balloon", "bouquet", "musical-notes", "sparkles"),
    "bedroom": ("teddy-bear", "books", "alarm-clock", "framed-picture"),
}  # fmt: skip
_SHY_OF_RAIN = ("butterfly", "bird", "lady-beetle", "chipmunk", "eagle")
_MOST = 4
_A_PAGE = 2
_ORDER = {"animal": 0, "place": 2}  # who is there comes before what is there


def as_wanted(
    company: Cast, complexity: float, told: tuple[Tag, ...], stage: Stage, place: str, rng: random.Random, fair: bool,
    roomy: float = 0.0,
) -> Cast:  # fmt: skip
    """Fewer things below 0.5, those the diary names first; some small ones of the place above. At 0.5 as it is.

    `complexity`: 0..1; `fair`: the weather lets butterflies out; `roomy`: how many square pages there are beside the first."""
    if complexity < 0.5:
        keep = 1 + round(complexity * 2 * 5)
        named = {tag.name for tag in told}
        first = sorted(company.things, key=lambda item: (item.tag not in named, _ORDER.get(item.kind, 1)))[:keep]
        return replace(company, things=tuple(item for item in company.things if item in first))
    more = round((complexity - 0.5) * 2 * _MOST + roomy * _A_PAGE)
    if not more or any(item.tag == REMEMBRANCE for item in company.things):
        return company
    there = {item.sticker for item in company.things}
    choice = list(
        _SIDE.get(
            "snow" if stage.weather == "snow" and not stage.indoors else place, _INDOORS if stage.indoors else _OUTDOORS
        )
    )
    rng.shuffle(choice)
    side = [
        replace(thing(sticker), holdable=False)
        for sticker in choice
        if sticker not in there and (fair or sticker not in _SHY_OF_RAIN)
    ]
    small = [replace(item, size=min(item.size, 0.34)) for item in side[:more]]
    return replace(company, things=(*company.things, *small))
