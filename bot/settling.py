"""Its person settles what was heard in a voice note: by a press, by other words, or by going on to another entry.

Saved as it is, mended, thrown away, brought back within a day: each is a revision of the entry like any other.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot import care, entries, outbox, transcripts
from bot.callback import Press
from bot.house import House, Told, answer_slot, note
from core.entities import Entry, Message, Part, Person, Sending, gravest, making_id, split_making, whole_of
from core.ports import NotFound

MEND_WITHIN = timedelta(hours=1)  # after "mend", that a line is taken for the right words


# --- presses -----------------------------------------------------------------------------------


async def pressed(house: House, person: Person, message: Message, press: Press) -> Told:
    """keep | mend | stay | drop | undo, each about what was heard in one making."""
    making = making_id(press.arg(1), int(press.arg(2, "1")))
    target = await house.store.sending_at(message.platform, message.chat_id, message.target)
    slot = whole_of(target.reply.slot) if target is not None and target.reply.slot else answer_slot(making)
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
    entry, heard = await house.store.entry(split_making(making)[0]), await transcripts.heard_in(house, making)
    done = bool(await house.store.entry_of_message(message.id))  # by this very press, before a crash
    if not done and not transcripts.unsettled(entry, heard):
        return Told(replies=(await transcripts.card(house, person, making, slot),))
    entry = await transcripts.keep_words(house, making, message)
    told = await entries.making_of(house, person, message, entry)
    shown_now = await transcripts.card(house, person, making, slot)
    gone = (*entries.slots_of(entry.id, entry.revision - 1), _mend_slot(making))
    await _mends_no_more(house, person)
    return replace(told, replies=(shown_now, *told.replies), withdraw=tuple(one for one in gone if one != slot))


async def _drop(house: House, person: Person, message: Message, making: str, slot: str) -> Told:
    """The words and the recording leave the entry; an entry of nothing else leaves with them."""
    entry_id, _ = split_making(making)
    versions = await house.store.versions(entry_id)
    if not versions:
        raise NotFound(f"entry {entry_id}")
    entry, ids = versions[-1], {one.media_id for one in await transcripts.heard_in(house, making)}
    done = await house.store.entry_of_message(message.id)
    if not done and (entry.deleted or not any(one.media_id in ids for one in entry.media)):
        return Told(replies=(transcripts.gone_card(house, person, making, slot),))
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
        replies=(transcripts.gone_card(house, person, making, slot), *told.replies),
        withdraw=tuple(one for one in gone if one != slot),
        dropped=making,
    )


async def _undo(house: House, person: Person, message: Message, making: str, slot: str) -> Told:
    """What was thrown away comes back, and is shown once more where nobody had settled on it."""
    entry_id, _ = split_making(making)
    versions = await house.store.versions(entry_id)
    ids = {one.media_id for one in await transcripts.heard_in(house, making)}
    if not versions:
        raise NotFound(f"entry {entry_id}")
    entry = versions[-1]
    if not await house.store.entry_of_message(message.id):
        if not entry.deleted and any(one.media_id in ids for one in entry.media):
            return Told(replies=(await transcripts.card(house, person, making, slot),))
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
    replies = told.replies if entry.spoken else (await transcripts.card(house, person, making, slot), *told.replies)
    return replace(told, replies=replies, withdraw=slots)


async def erase(house: House, person: Person, making: str) -> None:
    """A day after it was thrown away and not asked for again, a recording is gone for good, and its words with it."""
    entry_id, _ = split_making(making)
    versions = await house.store.versions(entry_id)
    ids = {one.media_id for one in await transcripts.heard_in(house, making)}
    if not versions or not ids or any(one.media_id in ids for one in versions[-1].media):
        return
    entry = versions[-1]
    if entry.deleted:  # with it goes every reply about it
        elsewhere = await outbox.withdraw_about(house, entry.person_id, entry_id, entry.platform, entry.chat_id)
        for sending_id in elsewhere:
            await outbox.deliver(house, await house.store.sending(sending_id))
    elif (standing := await transcripts.standing_card(house, person, making)) is not None:
        gone = replace(note(person, "heard.erased"), slot=whole_of(standing.reply.slot))
        key = whole_of(standing.key)
        await outbox.say_once(house, person.id, standing.platform, standing.chat_id, key, gone)
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
        person.id, lambda now: replace(now, awaiting=f"{transcripts.MENDING}{making}@{until.isoformat()}")
    )
    stay = house.button(person, "button.heard_stay", "heard", "stay", entry_id, str(revision))
    return Told(replies=(replace(note(person, "heard.mend"), buttons=((stay,),), slot=_mend_slot(making)),))


async def _mends_no_more(house: House, person: Person) -> None:
    await house.store.change_person(
        person.id, lambda now: replace(now, awaiting="") if now.awaiting.startswith(transcripts.MENDING) else now
    )


async def awaited(house: House, person: Person, message: Message) -> Told | None:
    """The right words, after "mend"; None where the line comes too late to be that, or something graver was said."""
    making, _, until = person.awaiting.removeprefix(transcripts.MENDING).partition("@")
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
    slot = whole_of(sending.reply.slot)
    kind, _, making = slot.partition(".")
    if kind not in ("answer", "late", "mend"):
        return None
    parts = await outbox.parts_in_slot(house, sending.platform, sending.chat_id, slot)
    if not any(transcripts.is_card(house, person, part) for part in parts):
        return None
    told = await worded(house, person, message, making)
    if told is not None and person.awaiting.startswith(transcripts.MENDING):
        await _mends_no_more(house, person)
    return told


async def worded(house: House, person: Person, message: Message, making: str) -> Told | None:
    """Other words for what was heard, or another recording in its place. None where that was thrown away. Raises
    NotFound."""
    entry = await house.store.entry(split_making(making)[0])
    ids = [one.media_id for one in await transcripts.heard_in(house, making)]
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
        level = gravest(entry.level, care.level_of(message))
        entry = entry.saying((*kept, *words), media=(*files, *message.attachments), level=level)
        await entries.save(house, entry, message)
    told = await entries.making_of(house, person, message, entry)
    gone = [*entries.slots_of(entry.id, before), _mend_slot(making)]
    if spoken_anew:
        return replace(told, withdraw=(*gone, answer_slot(making), transcripts.late_slot(making)))
    where = await transcripts.redrawn(house, person, making)
    return replace(told, withdraw=tuple(slot for slot in gone if slot != where))


# --- another entry -----------------------------------------------------------------------------


async def gone_on(house: House, person: Person, entry: Entry) -> str:
    """Somebody went on to a new entry: what waits of the one before is kept as it was heard. Returns its making, or ""."""
    making = making_id(entry.id, entry.revision)
    if not entry.spoken or entry.level.stops_everything or transcripts.is_mending(house, person, making):
        return ""
    if await transcripts.standing_card(house, person, making) is None:
        return ""
    if not transcripts.unsettled(entry, await transcripts.heard_in(house, making)):
        return ""
    entry = await transcripts.keep_words(house, making)
    await transcripts.redrawn(house, person, making)
    return "" if entry.level.stops_everything else making_id(entry.id, entry.revision)
