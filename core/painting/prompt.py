"""An emotion becomes a prompt, and the prompt remembers why."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from core.entities import SURE, Brief, Emotion, Layer, Reason, Sketch, Tag, VisualPreferences
from core.painting import figures, preferences
from core.painting.telling import denies
from core.settings import CONFIG_DIR

UNSURE = "mood"  # the kind of a feeling that we are not sure of
CLIP_TOKENS = 77  # that a text encoder of Stable Diffusion reads, its two marks included
_ROOM = CLIP_TOKENS - 2
_THINGS = 4  # that are named before the place is; the others come last
_SCENE_TOKENS = 22
_OF_THE_LINE = frozenset(
    ("scene", "tag", "told", "place", "weather", "time", "feeling", UNSURE)
)  # what it may speak of
_TEXTURE = "visible strokes, paper grain"
_SPLIT = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[a-z]+|[0-9]|[^\sa-z0-9]+", re.I)  # as CLIP's tokenizer does
_FACES = {
    "smile": "smiling", "laugh": "laughing", "calm": "calm", "awe": "amazed", "sad": "sad", "low": "downcast", "worry": "worried",
    "cross": "cross", "tired": "tired", "flat": "bored", "puzzled": "puzzled",
}  # fmt: skip


@dataclass(frozen=True)
class Prompt:
    """What a painter that reads is told, and why; `reasons` are in the order of their weight."""

    text: str  # English, at most CLIP_TOKENS
    negative: str  # the same
    reasons: tuple[Reason, ...]

    def seen(self, kinds: frozenset[str], *, reads: bool = False) -> tuple[Reason, ...]:
        """The reasons that truly moved a picture: those of the kinds that its painter heeds, and for a painter that
        `reads` all whose words found room."""
        shown = kinds | {UNSURE} if "feeling" in kinds else kinds
        return tuple(one for one in self.reasons if kind_of(one.id) in shown or (reads and one.words))


@dataclass(frozen=True)
class _Piece:
    words: str
    reason: Reason | None = None


def kind_of(reason_id: str) -> str:
    """tag.dog -> tag."""
    return reason_id.partition(".")[0]


def name_of(reason_id: str) -> str:
    """tag.dog -> dog."""
    return reason_id.partition(".")[2]


def write(
    sketch: Sketch, tags: tuple[Tag, ...], emotion: Emotion,
    wanted: VisualPreferences | None = None, brief: Brief | None = None,
) -> Prompt:  # fmt: skip
    """Medium, things, place, the feeling as it is, then where it is led; after that how the person likes it.

    What finds no more room in CLIP_TOKENS is left out. What `brief.struck` names is neither said nor a reason,
    and a picture keeps away from it."""
    wanted, brief = preferences.known(wanted), brief or Brief()
    pieces = [
        *_medium(wanted),
        *(things := list(_things(sketch, tags)))[:_THINGS],
        *_scenery(sketch, tags),
        *_feeling(emotion, tags, wanted, "lead" in {kind_of(one) for one in brief.struck}),
        *_taste(wanted),
        *_scene(brief),
        *things[_THINGS:],
        _Piece(_TEXTURE),
    ]
    pieces = [one for one in pieces if one.reason is None or one.reason.id not in brief.struck]
    if {"feeling", UNSURE} & {kind_of(one) for one in brief.struck}:  # what stands in its place is no reason
        of_it = ("feeling", UNSURE, "lead")
        pieces = [_Piece(one.words) if one.reason and kind_of(one.reason.id) in of_it else one for one in pieces]
    said: list[str] = []
    reasons: list[Reason] = []
    for piece in pieces:
        fits = fits_in(", ".join([*said, piece.words]), _ROOM)
        if fits and piece.words not in said:
            said.append(piece.words)
        if piece.reason is not None:
            reasons.append(piece.reason if fits else replace(piece.reason, words=""))
    return Prompt(", ".join(said), _negative(emotion, wanted, brief), tuple({one.id: one for one in reasons}.values()))


def may_be_told(line: str, struck: tuple[str, ...]) -> bool:
    """True for a diary's line that can be painted as it stands: nothing in it is denied, and nothing that it may speak of
    was struck out. Takes 1.5-3 s for the first Korean line."""
    return not _OF_THE_LINE & {kind_of(one) for one in struck} and not denies(line)


def names_place(tag: Tag, place: str) -> bool:
    """True where a tag is the place of a sketch, not a thing that stands there."""
    from core.painting.sketch import ALIASES

    return place in (tag.name, ALIASES.get(tag.name) if tag.kind == "place" else "")


def brush_words(emotion_name: str) -> tuple[str, ...]:
    """The palette's words for an emotion, first acknowledging, then leading."""
    return (*_row(emotion_name)["acknowledge"], *_row(emotion_name)["lead"])


def intensity(emotion: Emotion) -> float:
    """How strong a feeling is, 0..1: its distance from the middle of valence and arousal (Russell 1980), half of it where
    it is only guessed at."""
    far = min(math.hypot(emotion.valence, emotion.arousal), 1.0)
    return far if emotion.confidence >= SURE else far / 2


def led(emotion: Emotion, wanted: VisualPreferences | None, brief: Brief | None) -> float:
    """How far a hard feeling is led to light, 0..1: for painters that don't read. 0 for an easy one, and where its person
    struck that out."""
    wanted, out = preferences.known(wanted), {kind_of(one) for one in (brief or Brief()).struck}
    if _row(emotion.name)["valence"] >= 0 or "lead" in out:
        return 0.0
    way = preferences.entry("coping", wanted.coping) if wanted.coping else {}
    return min(max(intensity(emotion) * (1 + 0.4 * way.get("lead", 0)), 0.0), 1.0)


# --- what is said --------------------------------------------------------------------------------


def _medium(wanted: VisualPreferences) -> Iterator[_Piece]:
    words = f"child's {preferences.entry('look', wanted.look)['words']}"
    chosen = wanted.look != preferences.NEUTRAL.look
    yield _Piece(words, Reason(f"look.{wanted.look}", words) if chosen else None)
    if wanted.style:
        yield _because("style", wanted.style, preferences.entry("style", wanted.style)["words"])


def _things(sketch: Sketch, tags: tuple[Tag, ...]) -> Iterator[_Piece]:
    """What is on the sketch, what the diary tells of first, and its deeds, which nobody can see on it."""
    layers: dict[str, list[Layer]] = {}
    for layer in sketch.layers:
        layers.setdefault(layer.tag.split(":")[-1], []).append(layer)
    for me in layers.pop("me", [])[:1]:
        yield _Piece(_english(me.sticker))
    for tag in tags:
        if names_place(tag, sketch.place):  # that is a reason for the place
            yield from (_Piece(_english(one.sticker)) for one in layers.pop(tag.name, [])[:1])
        elif found := layers.pop(tag.name, []):
            yield _because("tag", tag.name, _english(found[0].sticker), tag.word)
        elif tag.kind in ("deed", "thing", "animal", "food", "person"):
            yield _because("told", tag.name, tag.name.replace("_", " "), tag.word)
    for found in layers.values():
        yield _Piece(_english(found[0].sticker))


#: The tag that leads to a place of another name: who eats at home sits in the kitchen.
_LEADS_TO = {"kitchen": "home", "street": "commute"}


def _scenery(sketch: Sketch, tags: tuple[Tag, ...]) -> Iterator[_Piece]:
    """Place, weather and hour, each with the word that named it; those that are nothing special are no reason."""
    from core.painting.sketch import ALIASES, MOODS
    from core.painting.tags import scene_hints

    hints = [(tag, scene_hints((tag,))) for tag in tags]
    at = next((tag.word for tag, hint in hints if sketch.place in (hint.place, ALIASES.get(tag.name, tag.name))), "")
    at = at or next((tag.word for tag in tags if tag.name == _LEADS_TO.get(sketch.place)), "")
    wet = next(
        (tag.word for tag, hint in hints if hint.weather and MOODS.get(hint.weather, hint.weather) == sketch.weather),
        "",
    )
    when = next((tag.word for tag, hint in hints if hint.time == sketch.time), "")
    if sketch.place:
        yield _because("place", sketch.place, sketch.place.replace("_", " "), at)
    sky = "clear sky" if sketch.weather == "clear" else sketch.weather
    if wet or sketch.weather not in ("clear", ""):
        yield _because("weather", sketch.weather, sky, wet)
    elif sky:
        yield _Piece(sky)
    if when or sketch.time not in ("day", "morning", ""):
        yield _because("time", sketch.time, sketch.time, when)
    elif sketch.time:
        yield _Piece(sketch.time)


def _feeling(emotion: Emotion, tags: tuple[Tag, ...], wanted: VisualPreferences, unled: bool) -> Iterator[_Piece]:
    """The feeling is acknowledged first, then led to calm, safety and light: further the stronger it is, and as this
    person meets a hard day."""
    row, strong = _row(emotion.name), intensity(emotion)
    hard = row["valence"] < 0
    way = preferences.entry("coping", wanted.coping) if hard and wanted.coping else {}
    words = ", ".join([emotion.name, *row["acknowledge"][: way.get("acknowledge", 2)]])
    sure = emotion.confidence >= SURE  # else nobody is told what we guess
    said = ", ".join(_of_a_feeling(emotion.why, tags)[:2])
    yield _because("feeling" if sure else UNSURE, emotion.name, words, said, strong)
    if unled:
        return
    steps = 1 + (strong >= 0.45) + (strong >= 0.75) if hard else 1
    led = row["lead"][: max(steps + way.get("lead", 0), 1)]
    yield _because("lead", emotion.name if sure else UNSURE, ", ".join(led), value=strong)
    if way:
        yield _because("coping", wanted.coping, way["words"])


def _of_a_feeling(why: tuple[str, ...], tags: tuple[Tag, ...]) -> list[str]:
    """Without what is drawn: a dog is a reason for a dog, none for regret."""
    things = {word for tag in tags if tag.kind not in ("deed", "feeling") for word in tag.word.lower().split()}
    return [one for one in why if not things & set(one.lower().split())]


def _taste(wanted: VisualPreferences) -> Iterator[_Piece]:
    for choice in ("tone", "harmony"):
        if name := getattr(wanted, choice):
            yield _because(choice, name, preferences.entry(choice, name)["words"])
    for scale in preferences.SCALES:
        value = getattr(wanted, scale)
        if end := preferences.end_of(value):
            very = "very " if value in (0.0, 1.0) else ""
            yield _because(scale, end, very + preferences.entry("scale", scale)[end], value=value)


def _scene(brief: Brief) -> Iterator[_Piece]:
    """The diary's own line in English, cut to what there is room for; nothing but plain letters. The whole line or none of
    it: nobody can tell which of its words name what was struck out."""
    if not brief.scene or not may_be_told(brief.scene, brief.struck):
        return
    words: list[str] = []
    for word in re.sub(r"[^A-Za-z0-9' -]+", " ", brief.scene).split():
        if not fits_in(" ".join([*words, word]), _SCENE_TOKENS):
            break
        words.append(word)
    if words:
        yield _because("scene", "told", " ".join(words))


def _because(kind: str, name: str, words: str, said: str = "", value: float = 0.0) -> _Piece:
    return _Piece(words, Reason(f"{kind}.{name}", words, said, round(value, 2)))


def _negative(emotion: Emotion, wanted: VisualPreferences, brief: Brief) -> str:
    """What was struck out first, then what the feeling needs to be spared, then what no picture should have."""
    table = preferences.table()["negative"]
    parts = [
        name_of(one).replace("_", " ") for one in brief.struck if kind_of(one) in ("tag", "told", "place", "weather")
    ]
    parts += _row(emotion.name).get("avoid", [])
    for scale in preferences.SCALES:
        if end := preferences.end_of(getattr(wanted, scale)):
            parts.append(table[scale][end])
    if wanted.tone in table["tone"]:
        parts.append(table["tone"][wanted.tone])
    said: list[str] = []
    for part in [*parts, *str(table["always"]).split(", ")]:
        if part not in said and fits_in(", ".join([*said, part]), _ROOM):
            said.append(part)
    return ", ".join(said)


# --- how long it is ------------------------------------------------------------------------------


def fits_in(text: str, tokens: int) -> bool:
    """True where CLIP's tokenizer needs no more than so many, its two marks left out."""
    return sum(_cost(part) for part in _SPLIT.findall(text)) <= tokens


def _cost(part: str) -> int:
    """Tokens of one word: known for our own, estimated for a diary's."""
    if not part.isascii():
        return len(part.encode())
    return _long_words().get(part.lower(), 1 + (len(part) > 9))


@cache
def _long_words() -> dict[str, int]:
    table = tomllib.loads(Path(__file__).with_name("clip_words.toml").read_text("utf-8"))
    return {word: int(count) for count, words in table.items() for word in words.split()}


@cache
def _palette() -> dict[str, dict[str, Any]]:
    return tomllib.loads((CONFIG_DIR / "palette.toml").read_text("utf-8"))


def _row(emotion_name: str) -> dict[str, Any]:
    return _palette().get(emotion_name, _palette()["neutral"])


def _english(sticker: str) -> str:
    if figures.is_figure(sticker):
        _, look, _, face, _ = sticker.split("/")
        return f"{_FACES.get(face, face)} {look}"
    return sticker.replace("-", " ")
