"""A message becomes an entry, joins one, or rewrites one; nothing that was written is lost on the way."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

from bot import answers, care, days, editing, gathering
from bot.house import House, Told, answer_slot, is_free, note
from core.entities import (
    Entry,
    Kind,
    Level,
    Message,
    Part,
    Person,
    Reply,
    Sending,
    gravest,
    making_id,
    split_making,
    whole_of,
)
from core.phrases import say
from core.ports import NotFound, Turn

WORDS_WITHIN = timedelta(hours=1)  # so long after a voice note a plain line is taken for its words


async def heard(house: House, person: Person, message: Message, day: date | None = None) -> Told:
    """A plain message: an entry for its day, or more of the entry begun a moment ago."""
    if not message.text.strip() and not message.attachments:
        return Told(replies=_refusal(person, message) or (note(person, "entry.empty"),))
    await care.look(message)
    day = day or message.entry_date or house.today(person, message.sent_at)
    known = await house.store.entry_of_message(message.id)
    if known:
        return await making_of(house, person, message, await house.store.entry(known))
    with suppress(NotFound):
        if album := await gathering.entry_of_album(house, message):
            return await added(house, person, message, album)
    # Whoever named a day (the command line, an import) wrote an entry, not a part of one.
    begun = await _begun_a_moment_ago(house, message, day) if message.entry_date is None else None
    if begun is not None:
        return await added(house, person, message, begun.id, withdraw=True)
    entry = _new_entry(person, message, day)
    await save(house, entry, message)
    return await making_of(house, person, message, entry)


async def added(house: House, person: Person, message: Message, entry_id: str, *, withdraw: bool = False) -> Told:
    """More words or pictures for an entry that is there; its answer is made anew."""
    entry = await house.store.entry(entry_id)
    before = entry.revision
    is_there = any(part.message_id == message.id for part in entry.parts)
    if is_there:
        before -= 1
    else:
        entry = entry.saying((*entry.parts, *await _parts_for(house, entry, message)))
        entry = replace(entry, media=(*entry.media, *message.attachments))
    level, cared = await _meant_together(house, person, message, entry)
    if not is_there:
        entry = replace(entry, level=gravest(entry.level, level))
        await save(house, entry, message)
    if person.awaiting == f"words:{entry_id}":
        await _awaits_no_more(house, person)
    told = await _made_after(house, person, message, entry, cared)
    return replace(told, withdraw=slots_of(entry.id, before)) if withdraw else told


async def _meant_together(
    house: House, person: Person, message: Message, entry: Entry
) -> tuple[Level, tuple[Reply, ...]]:
    """How worried a message makes us among the other words of its entry, and the care that is due for that."""
    pieces = {piece.id for piece in message.pieces or (message,)}
    others = "\n".join(part.text for part in entry.parts if part.text and part.message_id not in pieces)
    return await care.meant_together(house, person, message, others, entry.text)


async def _made_after(house: House, person: Person, message: Message, entry: Entry, cared: tuple[Reply, ...]) -> Told:
    """The answer to an entry once care has had its say; none where that says it all."""
    if cared and entry.level.stops_everything:
        return Told(replies=cared)
    told = await making_of(house, person, message, entry)
    return replace(told, replies=(*cared, *told.replies))


async def _parts_for(house: House, entry: Entry, message: Message) -> tuple[Part, ...]:
    """What a message adds. Where words were asked for because nobody could listen, they stand for the recordings: those
    are left alone from then on."""
    parts = _parts_of(message)
    if not message.text.strip() or answers.unheard(await house.store.stages(entry.id, entry.revision)) is None:
        return parts
    first, *others = entry.unsettled
    return (
        replace(parts[0], of=first.media_id),
        *parts[1:],
        *(Part(message.id, "", of=one.media_id) for one in others),
    )


async def await_words(house: House, person: Person, making: str) -> None:
    """A voice note could not be understood: the next plain line is taken for what it says."""
    if not is_free(person):  # asked for something else already
        return
    entry_id, _revision = split_making(making)
    await house.store.change_person(
        person.id, lambda now: replace(now, awaiting=f"words:{entry_id}") if is_free(now) else now
    )


async def worded(house: House, person: Person, message: Message, entry_id: str) -> Told | None:
    """The words to a voice note that nobody could listen to; None where they come too late to be that."""
    told = None
    with suppress(NotFound):
        entry = await house.store.entry(entry_id)
        if entry.unsettled and message.sent_at - entry.created_at <= WORDS_WITHIN:
            told = await added(house, person, message, entry_id, withdraw=True)
    await _awaits_no_more(house, person)
    return told


async def _awaits_no_more(house: House, person: Person) -> None:
    """The question is answered; one that was asked meanwhile stays."""
    await house.store.change_person(
        person.id, lambda now: replace(now, awaiting="") if now.awaiting == person.awaiting else now
    )


async def asked_for_words(house: House, sending: Sending) -> str:
    """The entry for whose voice note a reply of ours asked for words, else ""."""
    entry_id, _, revision = whole_of(sending.reply.slot).removeprefix("answer.").rpartition(".")
    if not entry_id or not revision.isdigit():
        return ""
    return entry_id if answers.unheard(await house.store.stages(entry_id, int(revision))) else ""


async def edited(house: House, person: Person, message: Message) -> Told:
    """A message was rewritten: so is its part of the entry. For other words a new picture is offered, for another
    photo one is made; each edit is confirmed at the end of the chat, in place of the confirmation before it."""
    found = await _reworded(house, person, message)
    if found is None or not await house.store.entry_of_message(message.id):  # it changed nothing
        return Told(replies=_refusal(person, message))
    entry, cared = found
    if cared and entry.level.stops_everything:
        return Told(replies=cared)
    withdraw = (f"edited.{entry.id}", *(_edited_slot(entry.id, n) for n in range(2, entry.revision)))
    undo = house.button(person, "button.undo_edit", "unedit", entry.id, str(entry.revision - 1))
    slot = _edited_slot(entry.id, entry.revision)
    if await _has_other_files(house, entry):
        told = await making_of(house, person, message, entry)
        done = replace(note(person, "entry.replaced"), buttons=((undo,),), slot=slot)
        return replace(told, replies=(*cared, done, *told.replies), withdraw=withdraw)
    remake = house.button(person, "button.remake", "remake", entry.id, str(entry.revision))
    done = replace(note(person, "entry.edited"), buttons=((remake, undo),), slot=slot)
    return Told(replies=(*cared, *_refusal(person, message), done), withdraw=withdraw)


async def _reworded(house: House, person: Person, message: Message) -> tuple[Entry, tuple[Reply, ...]] | None:
    """The entry with the new words and files of the message that was edited, and the care that they are due among the
    others; None where that message is part of none."""
    found = await editing.edited_part(house, message)
    if found is None:
        return None
    entry, first = found
    text = _words_of(message)
    parts = tuple(replace(part, text=text) if part.message_id == first.id else part for part in entry.parts)
    before = await editing.files_before(house, message, entry, first)
    after = [file for file in editing.files_after(message, before) if file.media_id]
    media = editing.exchanged(entry.media, before, after)
    changes = (parts, media) != (entry.parts, entry.media)
    if changes:
        entry = entry.saying(parts, media=media)
    others = "\n".join(part.text for part in entry.parts if part.text and part.message_id != first.id)
    level, cared = await care.meant_together(house, person, message, others, entry.text)
    if changes:
        entry = replace(entry, level=gravest(entry.level, level))
        await save(house, entry, message)
    return entry, cared


async def _has_other_files(house: House, entry: Entry) -> bool:
    """True where the newest wording of an entry has other files than the one before."""
    return any(
        version.media != entry.media
        for version in await house.store.versions(entry.id)
        if version.revision == entry.revision - 1
    )


def _edited_slot(entry_id: str, revision: int) -> str:
    return f"edited.{entry_id}.{revision}"


async def keep_only(house: House, person: Person, message: Message) -> None:
    """What was written is kept, encrypted, and nothing is made of it: in a crisis, or where we stumble over it."""
    if await house.store.entry_of_message(message.id):
        return
    if message.kind is Kind.EDIT and await _reworded(house, person, message) is not None:
        return
    if is_command(message) and not care.level_of(message).stops_everything:
        return
    today = house.today(person, message.sent_at)
    day, asked = message.entry_date or today, days.in_command(message.text, today)
    if asked is not None:
        day = min(asked.day or today - timedelta(days=1), today)
    written = replace(message, text=_words_of(message))
    await care.look(written)
    await save(house, _new_entry(person, written, day), message)


def is_command(message: Message) -> bool:
    """True where nothing was told but what to do."""
    words = _words_of(message)
    return (not words or words.startswith("/")) and not message.attachments


def _words_of(message: Message) -> str:
    """What a message tells, without the command that said for which day."""
    asked = days.in_command(message.text, message.sent_at.date())
    return (message.text if asked is None else asked.words).strip()


async def turned(house: House, person: Person, message: Message, sending: Sending) -> Told:
    """A reply to Anna is a turn of talk; she answers."""
    kind, _, rest = sending.reply.slot.partition(".")
    entry_id = rest.partition(".")[0] if kind in ("answer", "felt") else ""
    turn = Turn(id=message.id, speaker="person", text=message.text.strip(), entry_id=entry_id, at=house.now())
    await house.store.add_turn(person.id, turn)
    return Told(talk=message.id)


async def remade(house: House, person: Person, message: Message, entry_id: str, revision: int) -> Told:
    """The same words, answered anew; pressed twice it is made once."""
    entry = await house.store.entry(entry_id)
    if entry.revision <= revision:
        entry = replace(entry, revision=revision + 1, seed=0, drawing=None if entry.seed else entry.drawing)
        await house.store.save_entry(entry)
    return await making_of(house, person, message, entry)


async def unedited(house: House, person: Person, entry_id: str, revision: int) -> Told:
    """The wording of an earlier revision, and its files, come back as a new one; no version is lost."""
    entry = await house.store.entry(entry_id)
    earlier = [version for version in await house.store.versions(entry_id) if version.revision == revision]
    if not earlier:
        raise NotFound(f"entry {entry_id} revision {revision}")
    then = earlier[0]
    if (entry.parts, entry.media) != (then.parts, then.media):
        await house.store.save_entry(
            entry.revised(
                text=then.text,
                parts=then.parts,
                media=then.media,
                drawing=then.drawing,
                chosen=then.chosen,
                seed=then.seed,
            )
        )
    edited = [version for version in await house.store.versions(entry_id) if version.revision == revision + 1]
    key = "entry.unreplaced" if edited and edited[0].media != then.media else "entry.unedited"
    return Told(replies=(replace(note(person, key), slot=_edited_slot(entry_id, revision + 1)),))


def _new_entry(person: Person, message: Message, day: date) -> Entry:
    parts = _parts_of(message)
    return Entry(
        id=message.id,
        person_id=person.id,
        date=day,
        text="\n".join(part.text for part in parts if part.text),
        created_at=message.sent_at,
        media=message.attachments,
        parts=parts,
        platform=message.platform,
        chat_id=message.chat_id,
        level=care.level_of(message),
    )


def _parts_of(message: Message) -> tuple[Part, ...]:
    """A part for each message that it came in, so that each can be edited by itself."""
    return tuple(Part(piece.id, piece.text.strip()) for piece in message.pieces or (message,))


async def _begun_a_moment_ago(house: House, message: Message, day: date) -> Entry | None:
    """The entry that the message before this one, a few seconds earlier, is part of."""
    join = timedelta(seconds=house.settings.work.join_s)
    if not join:  # else lines of the same millisecond would join
        return None
    for earlier in reversed(await house.store.messages_before(message, message.sent_at - join)):
        if earlier.sent_at > message.sent_at:  # the clock was set back
            return None
        entry_id = await house.store.entry_of_message(earlier.id)
        if not entry_id:
            return None
        try:
            entry = await house.store.entry(entry_id)
        except NotFound:
            return None
        if entry.date == day and not entry.level.stops_everything:
            return entry
        return None
    return None


async def save(house: House, entry: Entry, message: Message) -> None:
    """Keep an entry, and in the same commit that a message became part of it."""

    async def kept() -> None:
        await house.store.save_entry(entry)
        for piece in message.pieces or (message,):
            await house.store.link_message(piece.id, entry.id)

    await house.store.together(kept)


async def making_of(house: House, person: Person, message: Message, entry: Entry) -> Told:
    """The answer's place in the chat is taken at once, so that answers stand in the order of what was written.

    Where it is taken already (a button pressed twice, a step run again) the answer that stands there is left alone."""
    if entry.level.stops_everything:  # nothing is made of what was written in a crisis
        return Told(replies=(note(person, "entry.kept"),))
    making = making_id(entry.id, entry.revision)
    slot = answer_slot(making)
    if await house.store.sending_in_slot(message.platform, message.chat_id, slot) is not None:
        return Told(making=making, spoken=entry.spoken)
    kinds = {attachment.mime.partition("/")[0] for attachment in entry.media}
    only_voice = not entry.text and "image" not in kinds and "audio" in kinds
    begun = answers.begun_reply(house, person, making, "listening" if only_voice else "reading")
    return Told(replies=(*_refusal(person, message), begun), making=making, spoken=entry.spoken)


def _refusal(person: Person, message: Message) -> tuple[Reply, ...]:
    """Why a file could not be taken; of words that came with it only where there were some."""
    if not message.refused:
        return ()
    why = note(person, message.refused)
    of_a_file = message.refused.startswith("intake.") or message.refused.endswith(".file_gone")
    if not (of_a_file and message.text.strip()):
        return (why,)
    return (replace(why, text=f"{why.text} {say(person.language, 'intake.words_safe')}"),)


def slots_of(entry_id: str, revision: int) -> tuple[str, ...]:
    """Where the answer to a revision stands."""
    slot = answer_slot(making_id(entry_id, revision))
    return (slot, f"{slot}.music")
