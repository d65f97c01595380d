"""What Anna heard in a voice note is shown before it is kept: save it, mend it, or throw it away.

The words wait in the analysis of the revision that was heard; nothing is made of them until a press, other words, the
next entry or `speech.confirm_s` settles on them. So a card works from the store alone, today or a month from now.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot import callback, care, entries, outbox, pages
from bot.callback import Press
from bot.house import House, Told, answer_slot, note
from core.entities import (
    Entry,
    Heard,
    Message,
    Part,
    Person,
    Progress,
    Reply,
    Sending,
    making_id,
    split_making,
)
from core.phrases import say
from core.ports import NotFound
from core.safety.crisis import check_safely

Say = Callable[[str, Reply], Awaitable[None]]  # a key and what is said under it, once, in the chat that it is about

SHOWN = "shown"  # the words wait for a press
MEND_WITHIN = timedelta(hours=1)  # after "mend", that a line is taken for the right words
UNDO_HOURS = 24  # after which what was thrown away is gone for good
LATE_HOURS = 12  # that words of long ago wait for a press: nobody looks at once
_MEND = "heard:"


# --- the card ----------------------------------------------------------------------------------


async def card(house: House, person: Person, making: str, slot: str) -> Reply:
    """The words of a making as they stand now. Raises NotFound where its entry is gone."""
    entry_id, revision = split_making(making)
    entry, heard = await house.store.entry(entry_id), await _heard(house, making)
    here = {attachment.media_id for attachment in entry.media}
    if not any(one.media_id in here for one in heard):
        return _gone(house, person, making, slot)
    mend = house.button(person, "button.heard_mend", "heard", "mend", entry_id, str(revision))
    drop = house.button(person, "button.heard_drop", "heard", "drop", entry_id, str(revision))
    if not _open(entry, heard):
        words = "\n".join(part.text for part in entry.parts if part.of in here and part.text)
        return Reply(text=say(person.language, "heard.kept", words=words), buttons=((mend, drop),), slot=slot)
    keep = house.button(person, "button.heard_keep", "heard", "keep", entry_id, str(revision))
    words = "\n".join(one.words for one in _open(entry, heard))
    if slot.startswith("late."):
        text = say(person.language, "heard.late", words=words, day=pages.short_day(person, entry.date))
    else:
        minutes = max(1, round(house.settings.speech.confirm_s / 60))
        text = say(person.language, "heard.shown", words=words, minutes=minutes)
    return Reply(text=text, buttons=((keep, mend, drop),), slot=slot, quiet=slot.startswith("late."))


def _gone(house: House, person: Person, making: str, slot: str) -> Reply:
    entry_id, revision = split_making(making)
    undo = house.button(person, "button.heard_undo", "heard", "undo", entry_id, str(revision))
    text = say(person.language, "heard.dropped", hours=UNDO_HOURS)
    return Reply(text=text, buttons=((undo,),), slot=slot, sender="house")


def _open(entry: Entry, heard: Sequence[Heard]) -> list[Heard]:
    """What was heard and nobody has settled on."""
    unsettled = {attachment.media_id for attachment in entry.unsettled}
    return [one for one in heard if one.media_id in unsettled]


async def _heard(house: House, making: str) -> list[Heard]:
    """The recordings in which words were found."""
    analysis = await house.store.analysis(*split_making(making))
    return [one for one in analysis.heard if one.words] if analysis is not None else []


def _late_slot(making: str) -> str:
    return f"late.{making}"


async def _place(house: House, person: Person, making: str) -> Sending | None:
    """The card of a making, where it stands."""
    versions = await house.store.versions(split_making(making)[0])
    for slot in (_late_slot(making), answer_slot(making)) if versions else ():
        standing = await house.store.sending_in_slot(versions[-1].platform, versions[-1].chat_id, slot)
        if standing is not None and not standing.reply.withdrawn and _is_card(house, person, standing):
            return standing
    return None


async def _redrawn(house: House, person: Person, making: str) -> str:
    """The card shows how it stands now, in whichever chat it is; the slot of it, "" where there is none."""
    standing = await _place(house, person, making)
    if standing is None:
        return ""
    shown_now = await card(house, person, making, standing.reply.slot)
    if shown_now != standing.reply:
        await outbox.change(house, standing, shown_now)
    return standing.reply.slot


def _is_card(house: House, person: Person, sending: Sending) -> bool:
    """True where a reply shows what was heard, whatever became of that."""
    for button in (button for row in sending.reply.buttons for button in row):
        for one in (person.id, *person.former):
            press = callback.unpack(house.button_secret, one, button.press)
            if press is not None and press.action == "heard":
                return True
    return False


# --- heard, and what comes of it by itself -----------------------------------------------------


async def shown(house: House, person: Person, making: str, say_it: Say) -> str | bool:
    """Show what was heard. SHOWN where it waits now, True where nothing was heard, False where other words overtook it,
    else the making that follows at once because the person wants it kept right away."""
    entry_id, revision = split_making(making)
    entry, heard = await house.store.entry(entry_id), await _heard(house, making)
    at_once, waits = person.anna.hearing == "keep", bool(_open(entry, heard))
    if entry.revision > revision and (waits or not at_once):
        return False
    if entry.revision == revision and not waits:
        return True
    if at_once:
        entry = await _keep(house, making)
    await say_it(f"{making}.heard", await card(house, person, making, answer_slot(making)))
    return await _placed(entry, say_it) if at_once else SHOWN


async def _placed(entry: Entry, say_it: Say) -> str:
    """The making of an entry whose words are settled, once its answer has a place in the chat."""
    making = making_id(entry.id, entry.revision)
    await say_it(f"{making}.begun", Reply(slot=answer_slot(making), progress=Progress("reading")))
    return making


async def _keep(house: House, making: str, message: Message | None = None) -> Entry:
    """The words that were heard become part of their entry, as they are; with the `message` that said so."""
    heard, kept = await _heard(house, making), list[Entry]()

    async def keep() -> None:
        entry = await house.store.entry(split_making(making)[0])
        if words := "\n".join(one.words for one in _open(entry, heard)):
            level = entries.graver(entry.level, check_safely(words).level)
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
    if _is_mending(house, person, making):
        return SHOWN
    if _open(entry, await _heard(house, making)):
        if await _place(house, person, making) is None:  # words that joined it are shown with it in a card of their own
            return ""
        entry = await _keep(house, making)
    elif not await _was_cut_off(house, entry, making):
        return ""
    await _redrawn(house, person, making)
    if care.came_since(person, message) or entry.level.stops_everything:
        return ""
    return await _placed(entry, say_it)


async def _was_cut_off(house: House, entry: Entry, making: str) -> bool:
    """True where these words were kept by themselves a moment ago, and nobody came to answer them."""
    ids = {one.media_id for one in await _heard(house, making)}
    by_itself = bool(entry.parts) and entry.parts[-1].message_id in ids
    slot = answer_slot(making_id(entry.id, entry.revision))
    is_next = entry.revision == split_making(making)[1] + 1
    return by_itself and is_next and await house.store.sending_in_slot(entry.platform, entry.chat_id, slot) is None


async def settle(house: House, person: Person, entry: Entry) -> str:
    """Somebody went on to a new entry: what waits of the one before is kept as it was heard. Returns its making, or ""."""
    making = making_id(entry.id, entry.revision)
    if not entry.spoken or entry.level.stops_everything or _is_mending(house, person, making):
        return ""
    if await _place(house, person, making) is None or not _open(entry, await _heard(house, making)):
        return ""
    entry = await _keep(house, making)
    await _redrawn(house, person, making)
    return "" if entry.level.stops_everything else making_id(entry.id, entry.revision)


async def show_late(house: House, person: Person, making: str, say_it: Say) -> bool:
    """A recording that nobody could listen to was listened to now: its words come quietly. False where words were given
    meanwhile, or it is no time for it."""
    entry, heard = await house.store.entry(split_making(making)[0]), await _heard(house, making)
    if not _open(entry, heard) or entry.level.stops_everything:
        return False
    await say_it(f"{making}.late", await card(house, person, making, _late_slot(making)))
    return True


async def keep_late(house: House, person: Person, making: str) -> None:
    """Nobody pressed: they are kept with their entry, and nothing is made of a day long gone unless it is asked for."""
    entry = await house.store.entry(split_making(making)[0])
    if entry.person_id == person.id and _open(entry, await _heard(house, making)):
        await _keep(house, making)
        await _redrawn(house, person, making)


# --- presses -----------------------------------------------------------------------------------


async def pressed(house: House, person: Person, message: Message, press: Press) -> Told:
    """keep | mend | stay | drop | undo, each about what was heard in one making."""
    making = making_id(press.arg(1), int(press.arg(2, "1")))
    target = await house.store.sending_at(message.platform, message.chat_id, message.target)
    slot = target.reply.slot if target is not None and target.reply.slot else answer_slot(making)
    if press.arg(0) == "mend":
        return await _mend(house, person, message, making)
    if press.arg(0) == "stay":
        await _mends_no_more(house, person)
        return Told(withdraw=(_mend_slot(making),))
    if press.arg(0) in ("drop", "undo"):
        act = _drop if press.arg(0) == "drop" else _undo
        return await act(house, person, message, making, slot)
    return await _kept(house, person, message, making, slot)


async def _kept(house: House, person: Person, message: Message, making: str, slot: str) -> Told:
    entry, heard = await house.store.entry(split_making(making)[0]), await _heard(house, making)
    done = bool(await house.store.entry_of_message(message.id))  # by this very press, before a crash
    if not done and not _open(entry, heard):
        return Told(replies=(await card(house, person, making, slot),))
    entry = await _keep(house, making, message)
    told = await entries.making_of(house, person, message, entry)
    shown_now = await card(house, person, making, slot)
    gone = (*entries.slots_of(entry.id, entry.revision - 1), _mend_slot(making))
    await _mends_no_more(house, person)
    return replace(told, replies=(shown_now, *told.replies), withdraw=tuple(one for one in gone if one != slot))


async def _drop(house: House, person: Person, message: Message, making: str, slot: str) -> Told:
    """The words and the recording leave the entry; an entry of nothing else leaves with them."""
    entry_id, _ = split_making(making)
    versions = await house.store.versions(entry_id)
    if not versions:
        raise NotFound(f"entry {entry_id}")
    entry, ids = versions[-1], {one.media_id for one in await _heard(house, making)}
    done = await house.store.entry_of_message(message.id)
    if not done and (entry.deleted or not any(one.media_id in ids for one in entry.media)):
        return Told(replies=(_gone(house, person, making, slot),))
    before = entry.revision - 1 if done else entry.revision
    if not done:
        media = tuple(one for one in entry.media if one.media_id not in ids)
        entry = entry.saying((part for part in entry.parts if part.of not in ids), media=media)
        await entries.save(house, entry, message)
    empty = not entry.text and not entry.media
    if empty:
        await house.store.delete_entry(entry_id)
    told = Told() if empty else await entries.making_of(house, person, message, entry)
    gone = (*entries.slots_of(entry_id, before), _mend_slot(making))
    return replace(
        told,
        replies=(_gone(house, person, making, slot), *told.replies),
        withdraw=tuple(one for one in gone if one != slot),
        dropped=making,
    )


async def _undo(house: House, person: Person, message: Message, making: str, slot: str) -> Told:
    """What was thrown away comes back, and is shown once more where nobody had settled on it."""
    entry_id, _ = split_making(making)
    versions = await house.store.versions(entry_id)
    ids = {one.media_id for one in await _heard(house, making)}
    if not versions:
        raise NotFound(f"entry {entry_id}")
    entry = versions[-1]
    if not await house.store.entry_of_message(message.id):
        if not entry.deleted and any(one.media_id in ids for one in entry.media):
            return Told(replies=(await card(house, person, making, slot),))
        then = next((one for one in reversed(versions) if any(a.media_id in ids for a in one.media)), None)
        if then is None:
            return Told(replies=(note(person, "heard.erased"),))
        media = (*entry.media, *(one for one in then.media if one.media_id in ids))
        entry = entry.saying((*entry.parts, *(part for part in then.parts if part.of in ids)), media=media)
        await entries.save(house, replace(entry, deleted=False), message)
    if entry.deleted:
        await house.store.restore_entry(entry_id)
        entry = await house.store.entry(entry_id)
    told = await entries.making_of(house, person, message, entry)
    slots = (slot,) if entry.spoken else ()
    replies = told.replies if entry.spoken else (await card(house, person, making, slot), *told.replies)
    return replace(told, replies=replies, withdraw=slots)


async def erase(house: House, person: Person, making: str) -> None:
    """A day after it was thrown away and not asked for again, a recording is gone for good, and its words with it."""
    entry_id, _ = split_making(making)
    versions = await house.store.versions(entry_id)
    ids = {one.media_id for one in await _heard(house, making)}
    if not versions or not ids or any(one.media_id in ids for one in versions[-1].media):
        return
    entry = versions[-1]
    if (standing := await _place(house, person, making)) is not None:
        gone = replace(note(person, "heard.erased"), slot=standing.reply.slot)
        if entry.deleted:  # with it goes every reply about it
            gone = Reply(slot=standing.reply.slot, withdrawn=True)
        await outbox.change(house, standing, gone)
    for media_id in ids:
        await house.media.delete(media_id)
    if entry.deleted:
        await house.store.purge_entry(entry_id)
        return
    for version in versions:
        await _without(house, version, ids)


async def _without(house: House, version: Entry, ids: set[str]) -> None:
    """One wording of an entry, and what was understood of it, without some recordings and their words."""
    parts = tuple(part for part in version.parts if part.of not in ids)
    media = tuple(one for one in version.media if one.media_id not in ids)
    text = "\n".join(part.text for part in parts if part.text)
    await house.store.save_entry(replace(version, parts=parts, media=media, text=text))
    analysis = await house.store.analysis(version.id, version.revision)
    if analysis is None or not any(one.media_id in ids for one in analysis.heard):
        return
    heard = tuple(one for one in analysis.heard if one.media_id not in ids)
    told = text if text != version.text else analysis.summary
    words, emotion = replace(analysis.words, why=()), replace(analysis.emotion, why=())
    scrubbed = replace(analysis, transcript="", heard=heard, summary=told, tags=(), words=words, emotion=emotion)
    await house.store.save_analysis(version.id, version.revision, scrubbed)


# --- other words instead -----------------------------------------------------------------------


def _mend_slot(making: str) -> str:
    return f"mend.{making}"


async def _mend(house: House, person: Person, message: Message, making: str) -> Told:
    """The next plain line will be the words."""
    entry_id, revision = split_making(making)
    await house.store.entry(entry_id)  # where it was deleted, that is said
    until = house.now() + MEND_WITHIN
    await house.store.change_person(
        person.id, lambda now: replace(now, awaiting=f"{_MEND}{making}@{until.isoformat()}")
    )
    stay = house.button(person, "button.heard_stay", "heard", "stay", entry_id, str(revision))
    return Told(replies=(replace(note(person, "heard.mend"), buttons=((stay,),), slot=_mend_slot(making)),))


def _is_mending(house: House, person: Person, making: str) -> bool:
    what, _, until = person.awaiting.partition("@")
    return what == f"{_MEND}{making}" and datetime.fromisoformat(until) > house.now()


async def _mends_no_more(house: House, person: Person) -> None:
    await house.store.change_person(
        person.id, lambda now: replace(now, awaiting="") if now.awaiting.startswith(_MEND) else now
    )


async def awaited(house: House, person: Person, message: Message) -> Told | None:
    """The right words, after "mend"; None where the line comes too late to be that, or something graver was said."""
    making, _, until = person.awaiting.removeprefix(_MEND).partition("@")
    asked = datetime.fromisoformat(until) - MEND_WITHIN
    told = None
    if house.now() < asked + MEND_WITHIN and not (person.crisis_at is not None and person.crisis_at > asked):
        try:
            told = await worded(house, person, message, making)
        except NotFound:  # deleted meanwhile: then it is a line of its own
            told = None
    await _mends_no_more(house, person)  # last: run again after a crash, it is still awaited
    return told


async def replied(house: House, person: Person, message: Message, sending: Sending) -> Told | None:
    """A reply to a card is what it should say; None for a reply to anything else."""
    kind, _, making = sending.reply.slot.partition(".")
    if kind not in ("answer", "late", "mend") or not _is_card(house, person, sending):
        return None
    told = await worded(house, person, message, making)
    if told is not None and person.awaiting.startswith(_MEND):
        await _mends_no_more(house, person)
    return told


async def worded(house: House, person: Person, message: Message, making: str) -> Told | None:
    """Other words for what was heard, or another recording in its place. None where that was thrown away. Raises
    NotFound."""
    entry = await house.store.entry(split_making(making)[0])
    ids = [one.media_id for one in await _heard(house, making)]
    here = [one.media_id for one in entry.media if one.media_id in ids]
    done = await house.store.entry_of_message(message.id) == entry.id
    if not here and not done:
        return None
    before = entry.revision - 1 if done else entry.revision
    spoken_anew = any(not one.mime.startswith("image/") for one in message.attachments)
    if not done:
        text = message.text.strip()
        kept = tuple(part for part in entry.parts if part.of not in here)
        files = tuple(one for one in entry.media if not (spoken_anew and one.media_id in here))
        words = (
            () if spoken_anew else tuple(Part(message.id, text if n == 0 else "", of=at) for n, at in enumerate(here))
        )
        level = entries.graver(entry.level, care.level_of(message))
        entry = entry.saying((*kept, *words), media=(*files, *message.attachments), level=level)
        await entries.save(house, entry, message)
    told = await entries.making_of(house, person, message, entry)
    gone = [*entries.slots_of(entry.id, before), _mend_slot(making)]
    if spoken_anew:
        return replace(told, withdraw=(*gone, answer_slot(making), _late_slot(making)))
    where = await _redrawn(house, person, making)
    return replace(told, withdraw=tuple(slot for slot in gone if slot != where))
