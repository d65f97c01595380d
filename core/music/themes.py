"""The things of a day fall into a few themes, which colour a piece and its title."""

from __future__ import annotations

import random
from collections.abc import Sequence

from core.entities import Emotion, Tag

#: Theme by a tag's name (an id of the lexicon) or one word of it; the first theme that knows the word has it.
_WORDS: dict[str, str] = {
    "rain": "rain umbrella storm puddle thunder drizzle sun_shower thunder_cloud",
    "snow": "snow snowman snowflake ski sled snowboard gloves",
    "night": "night moon star meteor telescope planet lantern songpyeon hangawi chuseok",
    "sleep": "sleep bed nap dream pillow blanket yawn",
    "morning": "morning sunrise breakfast alarm",
    "evening": "evening sunset dusk dinner",
    "sea": "sea beach ocean wave island ship boat motorboat sailboat speedboat swim swimsuit river lake fishing surf dive row "
    "dolphin whale shell coral",
    "green": "forest tree mountain park flower leaf garden plant hike picnic spring autumn field clover magnolia bouquet rose "
    "sunflower hibiscus lotus hyacinth herb cactus wood camping campsite campfire countryside farm climb",
    "cafe": "cafe coffee tea teapot bakery barista",
    "animal": "dog cat zoo paw",
    "family": "mom dad parents grandmother grandfather family baby child sister brother aunt uncle mother father",
    "love": "love lover heart heartbeat couple wife husband wedding bride groom kiss ring",
    "party": "birthday party gift balloon christmas festival cupcake champagne fireworks sparkler firecracker new_year toast "
    "halloween seollal medal ribbon ribbon_award",
    "friend": "friend friendship letter phone email message hug talk mailbox",
    "work": "work school office study exam homework computer laptop meeting class classroom academy presentation library boss "
    "coworker teacher professor student developer interview commute read write book pencil pen planner keyboard part_time",
    "road": "bus train car subway metro tramway taxi travel trip airplane plane bicycle bike road station airport drive map "
    "motorcycle walk footprints backpack compass landing",
    "play": "play run soccer dance music guitar piano violin drum flute accordion trumpet saxophone karaoke movie cinema film "
    "playground carousel roller_coaster arcade bowling gym sport baseball basketball volleyball tennis badminton kite bubbles "
    "lego chess game board_game amusement stadium yoga ballet sing_song concert skateboard roller_skate",
    "home": "home house room window clean dishes laundry sofa bath bathtub shower tv chair kitchen move_house",
    "food": "food rice cook bake",
}
_KINDS = {"animal": "animal", "food": "food"}
THEMES = tuple(_WORDS)
#: A birthday nobody came to needs no party music: what goes with sorrow too.
_QUIET = frozenset(
    {"rain", "snow", "night", "sleep", "morning", "evening", "sea", "green", "home", "cafe", "road", "work"}
)


def theme_of(tags: Sequence[Tag], emotion: Emotion, seed: int = 0) -> str:
    """The theme of one of the tags that have one, or "" where none has; a hard day takes only themes that can hold it."""
    found = [theme for tag in tags if (theme := _theme(tag))]
    if emotion.valence < -0.15:
        found = [theme for theme in found if theme in _QUIET]
    return random.Random(seed).choice(found) if found else ""


def _theme(tag: Tag) -> str:
    for words in ({tag.name}, set(tag.name.split("_"))):
        for theme, known in _WORDS.items():
            if words & set(known.split()):
                return theme
    return _KINDS.get(tag.kind, "")
