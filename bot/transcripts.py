"""What Anna heard in a voice note is shown before it is kept, and kept by itself where nobody says otherwise.

The words wait in the analysis of the revision that was heard; nothing is made of them until its person settles on them
(`settling.py`) or `speech.confirm_s` is over. So a card works from the store alone, today or a month from now.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime

from bot import answers, callback, care, outbox, pages
from bot.house import House, answer_slot, note
from core.entities import (
    Entry,
    Heard,
    Message,
    Person,
    Reply,
    Sending,
    StageState,
    gravest,
    making_id,
    split_making,
    whole_of,
)
from core.phrases import say
from core.speech import LISTEN

Say = Callable[[str, Reply], Awaitable[None]]  # a key and what is said under it, once, in the chat that it is about

SHOWN = "shown"  # the words wait for a press
UNDO_HOURS = 24  # after which what was thrown away is gone for good
LATE_HOURS = 12  # that words of long ago wait for a press: nobody looks at once
MENDING = "heard:"  # what a person is awaited for while they mend them


# --- the card ----------------------------------------------------------------------------------


async def card(house: House, person: Person, making: str, slot: str) -> Reply:
    """The words of a making as they stand now. Raises NotFound where its entry is gone."""
    entry_id, revision = split_making(making)
    entry, heard = await house.store.entry(entry_id), await heard_in(house, making)
    here = {attachment.media_id for attachment in entry.media}
    if not any(one.media_id in here for one in heard):
        return gone_card(house, person, making, slot)
    mend = house.button(person, "button.heard_mend", "heard", "mend", entry_id, str(revision))
    drop = house.button(person, "button.heard_drop", "heard", "drop", entry_id, str(revision))
    if not unsettled(entry, heard):
        words = "\n".join(part.text for part in entry.parts if part.of in here and part.text)
        return Reply(text=say(person.language, "heard.kept", words=words), buttons=((mend, drop),), slot=slot)
    keep = house.button(person, "button.heard_keep", "heard", "keep", entry_id, str(revision))
    words = "\n".join(one.words for one in unsettled(entry, heard))
    if slot.startswith("late."):
        text = say(person.language, "heard.late", words=words, day=pages.short_day(person, entry.date))
    else:
        minutes = max(1, round(house.settings.speech.confirm_s / 60))
        text = say(person.language, "heard.shown", words=words, minutes=minutes)
    return Reply(text=text, buttons=((keep, mend, drop),), slot=slot, quiet=slot.startswith("late."))


def gone_card(house: House, person: Person, making: str, slot: str) -> Reply:
    """In place of words that were thrown away: they can be brought back."""
    entry_id, revision = split_making(making)
    undo = house.button(person, "button.heard_undo", "heard", "undo", entry_id, str(revision))
    text = say(person.language, "heard.dropped", hours=UNDO_HOURS)
    return Reply(text=text, buttons=((undo,),), slot=slot, sender="house")


def unsettled(entry: Entry, heard: Sequence[Heard]) -> list[Heard]:
    """What was heard and nobody has settled on."""
    waiting = {attachment.media_id for attachment in entry.unsettled}
    return [one for one in heard if one.media_id in waiting]


async def heard_in(house: House, making: str) -> list[Heard]:
    """The recordings in which words were found."""
    analysis = await house.store.analysis(*split_making(making))
    return [one for one in analysis.heard if one.words] if analysis is not None else []


def late_slot(making: str) -> str:
    """Where words stand that were heard long after they were spoken."""
    return f"late.{making}"


async def standing_card(house: House, person: Person, making: str) -> Sending | None:
    """The card of a making, where it stands."""
    versions = await house.store.versions(split_making(making)[0])
    for slot in (late_slot(making), answer_slot(making)) if versions else ():
        parts = await outbox.parts_in_slot(house, versions[-1].platform, versions[-1].chat_id, slot)
        if any(is_card(house, person, part) for part in parts):  # its buttons stand below the last one
            return parts[0]
    return None


async def redrawn(house: House, person: Person, making: str) -> str:
    """The card shows how it stands now, in whichever chat it is; the slot of it, "" where there is none."""
    standing = await standing_card(house, person, making)
    if standing is None:
        return ""
    slot = whole_of(standing.reply.slot)
    shown_now = await card(house, person, making, slot)
    await outbox.say_once(house, person.id, standing.platform, standing.chat_id, whole_of(standing.key), shown_now)
    return slot


def is_card(house: House, person: Person, sending: Sending) -> bool:
    """True where a reply shows what was heard, whatever became of that."""
    for button in (button for row in sending.reply.buttons for button in row):
        for one in (person.id, *person.former):
            press = callback.unpack(house.button_secret, one, button.press)
            if press is not None and press.action == "heard":
                return True
    return False


def is_mending(house: House, person: Person, making: str) -> bool:
    """True where their next plain line will be the words."""
    what, _, until = person.awaiting.partition("@")
    return what == f"{MENDING}{making}" and datetime.fromisoformat(until) > house.now()


# --- heard, and what comes of it by itself -----------------------------------------------------


async def shown(house: House, person: Person, making: str, say_it: Say) -> str | bool:
    """Show what was heard. SHOWN where it waits now, True where nothing was heard, False where other words overtook it
    or nothing is to be made of them, else the making that follows at once because the person wants it kept right away."""
    entry_id, revision = split_making(making)
    entry, heard = await house.store.entry(entry_id), await heard_in(house, making)
    at_once, waits = person.anna.hearing == "keep", bool(unsettled(entry, heard))
    if entry.revision > revision and (waits or not at_once):
        return False
    if entry.revision == revision and not waits:
        return True
    if at_once:
        entry = await keep_words(house, making)
    await say_it(f"{making}.heard", await card(house, person, making, answer_slot(making)))
    if not at_once:
        return SHOWN
    return False if entry.level.stops_everything else await _placed(house, person, entry, say_it)


async def _placed(house: House, person: Person, entry: Entry, say_it: Say) -> str:
    """The making of an entry whose words are settled, once its answer has a place in the chat."""
    making = making_id(entry.id, entry.revision)
    await say_it(f"{making}.begun", answers.begun_reply(house, person, making, "reading"))
    return making


async def keep_words(house: House, making: str, message: Message | None = None) -> Entry:
    """The words that were heard become part of their entry, as they are; with the `message` that said so."""
    heard, kept = await heard_in(house, making), list[Entry]()
    found = {one.media_id: (await care.checked(one.words)).level for one in heard}

    async def keep() -> None:
        entry = await house.store.entry(split_making(making)[0])
        if waiting := unsettled(entry, heard):
            level = gravest(entry.level, *(found[one.media_id] for one in waiting))
            entry = replace(entry.as_heard(heard), level=level)
            await house.store.save_entry(entry)
        if message is not None:
            await house.store.link_message(message.id, entry.id)
        kept.append(entry)

    await house.store.together(keep)
    return kept[-1]


async def kept_as_heard(house: House, person: Person, making: str, message: Message, say_it: Say) -> str:
    """Nobody pressed: the words are kept as they were heard. The making that follows; SHOWN while the person is mending
    them; "" where nothing is to be made: it was settled otherwise, or something graver was said since."""
    entry = await house.store.entry(split_making(making)[0])
    if entry.person_id != person.id:  # they left that diary
        return ""
    if is_mending(house, person, making):
        return SHOWN
    if unsettled(entry, await heard_in(house, making)):
        if await standing_card(house, person, making) is None:
            return ""  # words that joined it are shown with it in a card of their own
        entry = await keep_words(house, making)
    elif not await _was_cut_off(house, entry, making):
        return ""
    await redrawn(house, person, making)
    if care.came_since(person, message) or entry.level.stops_everything:
        return ""
    return await _placed(house, person, entry, say_it)


async def _was_cut_off(house: House, entry: Entry, making: str) -> bool:
    """True where these words were kept by themselves a moment ago, and nobody came to answer them."""
    ids = {one.media_id for one in await heard_in(house, making)}
    by_itself = bool(entry.parts) and entry.parts[-1].message_id in ids
    slot = answer_slot(making_id(entry.id, entry.revision))
    is_next = entry.revision == split_making(making)[1] + 1
    return by_itself and is_next and await house.store.sending_in_slot(entry.platform, entry.chat_id, slot) is None


async def show_late(house: House, person: Person, making: str, say_it: Say) -> bool:
    """A recording that nobody could listen to was listened to now: its words come quietly. False where words were given
    meanwhile, or it is no time for it."""
    entry, heard = await house.store.entry(split_making(making)[0]), await heard_in(house, making)
    if not unsettled(entry, heard) or entry.level.stops_everything:
        return False
    await say_it(f"{making}.late", await card(house, person, making, late_slot(making)))
    return True


async def given_up(house: House, person: Person, making: str) -> Reply | None:
    """That a recording can't be listened to, however often it was tried; None where it is not so."""
    entry_id, revision = split_making(making)
    stage = (await house.store.stages(entry_id, revision)).get(LISTEN)
    if stage is None or stage.state is not StageState.DONE or not stage.reference:
        return None
    day = pages.short_day(person, (await house.store.entry(entry_id)).date)
    return replace(note(person, "heard.given_up", day=day, reference=stage.reference), quiet=True)


async def keep_late(house: House, person: Person, making: str) -> None:
    """Nobody pressed: they are kept with their entry, and nothing is made of a day long gone unless it is asked for."""
    entry = await house.store.entry(split_making(making)[0])
    if entry.person_id == person.id and unsettled(entry, await heard_in(house, making)):
        await keep_words(house, making)
        await redrawn(house, person, making)
