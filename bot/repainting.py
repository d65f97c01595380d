"""A picture is painted again: the same scene with new strokes, another scene, or everything from the start."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from bot import drawings, entries
from bot.again import ACTION
from bot.callback import Press
from bot.house import House, Told, note
from core.entities import Entry, Message, Person, Reply, WorkKind
from core.painting import arrangement

PAGE = "again"  # the slot of its question
_PAINTED = ("same", "other")  # new strokes, a new scene


async def pressed(house: House, person: Person, message: Message, press: Press) -> Told:
    """Ask how, or do it, in one place below the picture. A question serves once: who presses it again is asked whether it
    shall be once more."""
    told = await _pressed(house, person, message, press)
    under = await house.store.sending_at(message.platform, message.chat_id, message.target)
    slot = f"{PAGE}.{under.id if under is not None else message.id}"
    if under is not None and under.reply.slot.startswith(f"{PAGE}."):
        slot = under.reply.slot
    return replace(told, replies=tuple(replace(one, slot=slot) if one.slot == PAGE else one for one in told.replies))


async def _pressed(house: House, person: Person, message: Message, press: Press) -> Told:
    entry = await drawings.theirs(house, person, press.arg(0))
    if entry is None:
        return Told(replies=(note(person, "again.gone"),))
    looked_at, what, asked_at = int(press.arg(1)), press.arg(2), int(press.arg(3, "0"))
    if what == "all":
        told = await entries.remade(house, person, message, entry.id, asked_at)
        return replace(told, replies=(_page(person, "again.all"), *told.replies))
    if await _has_other_words(house, entry, looked_at):
        now = house.button(person, "again.button.now", "remake", entry.id, str(entry.revision))
        return Told(replies=(replace(_page(person, "again.newer"), buttons=((now,),)),))
    if what not in _PAINTED:
        return Told(replies=(_question(house, person, entry, looked_at, "again.ask"),))
    if entry.revision != asked_at and not await drawings.is_done(house, message, entry):
        return Told(replies=(_question(house, person, entry, entry.revision, "again.more"),))
    told = await (_same if what == "same" else _other)(house, person, message, entry, looked_at)
    return replace(told, replies=(_page(person, f"again.{what}"), *told.replies)) if told.making else told


async def _same(house: House, person: Person, message: Message, entry: Entry, looked_at: int) -> Told:
    """The scene that they look at, by another stroke of the hand."""
    works = [work for work in await house.store.works(entry.id) if work.kind is WorkKind.PICTURE]
    shown = [work for work in works if work.revision <= looked_at] or works
    base = arrangement.sketch_in(max(shown, key=lambda work: work.revision).prompt) if shown else None
    if base is None:
        return Told(replies=(note(person, "studio.no_picture"),))
    if entry.drawing is not None and not entry.seed and entry.drawing == base:  # as they arranged it, it stays theirs
        return await drawings.redrawn(house, person, message, entry, base)
    return await drawings.redrawn(house, person, message, entry, base, seed=_fresh(message))


async def _other(house: House, person: Person, message: Message, entry: Entry, looked_at: int) -> Told:
    """The same day, composed anew."""
    return await drawings.redrawn(house, person, message, entry, None, seed=_fresh(message))


def _fresh(message: Message) -> int:
    """A seed that nobody had before, the same one where the step of this press runs again."""
    return 1 + int.from_bytes(hashlib.sha256(message.id.encode()).digest()[:4], "big") // 2


async def _has_other_words(house: House, entry: Entry, looked_at: int) -> bool:
    """True where the entry says something else now than under the picture that they look at."""
    then = next((one for one in await house.store.versions(entry.id) if one.revision == looked_at), entry)
    return (then.parts, then.media) != (entry.parts, entry.media)


def _question(house: House, person: Person, entry: Entry, looked_at: int, key: str) -> Reply:
    at = (entry.id, str(looked_at))
    same, other, everything = (
        house.button(person, f"again.button.{what}", ACTION, *at, what, str(entry.revision))
        for what in (*_PAINTED, "all")
    )
    return replace(_page(person, key), buttons=((same, other), (everything,)))


def _page(person: Person, key: str) -> Reply:
    return replace(note(person, key), slot=PAGE)
