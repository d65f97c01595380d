"""A message is heard: its person is safe first, its pieces and files come together, and what it asks for is done."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from typing import Any

from bot import care, conversation, delivery, editing, entries, gathering, outbox, welcome
from bot.at_hand import attempt, heard, house, person_of, say
from bot.house import Told
from core import metrics
from core.entities import Kind, Level, Message, Person, gravest, making_id, new_reference
from core.ports import EmoseumError, Forgotten, Passing
from core.trouble import describe

log = logging.getLogger(__name__)

ATTEMPTS_TO_TELL = 4  # of a message that we stumble over, in about four seconds
ATTEMPTS_TO_FETCH = 6  # of its files, in about ten
NOTHING: dict[str, Any] = {
    "making": "",
    "spoken": False,
    "talk": "",
    "speak": "",
    "export": False,
    "notices": (),
    "also": "",
    "dropped": "",
}


async def guarded_and_told(message_id: str) -> dict[str, Any]:
    """The person is safe first, whatever else their message asks for."""
    message = await house().store.message(message_id)
    await guard(message)
    await outbox.say_refused(house(), message.platform, message.chat_id)
    if message.piece_of:  # another message speaks for it
        return NOTHING
    can_bring = message.private and message.kind in (Kind.TEXT, Kind.EDIT)
    if can_bring and not await house().store.entry_of_message(message_id):
        if message.kind is Kind.TEXT and not message.text.startswith("/"):  # what asks for an answer
            await take_breath(message)
        message = await gather(message)
        if any(not attachment.media_id for attachment in message.attachments):
            try:
                async with asyncio.timeout(house().settings.work.fetch_s):
                    message = await fetched(message)
            except Forgotten:
                raise
            except Exception as error:  # whatever keeps a file away must not keep the next words from being heard
                log.info("the files of message %s come later: %s", message_id, describe(error))
                return NOTHING | {"late": True}
        if message.album and (await house().store.message(message_id)).piece_of:  # its album was told meanwhile
            return NOTHING
    return await tell(message)


async def bring_files(message_id: str) -> None:
    """Fetch the files of a message, however long that takes."""
    await fetched(await gather(await house().store.message(message_id)))


async def tell_brought(message_id: str) -> dict[str, Any]:
    """Do what a message asks for, now that its files are there."""
    message = await house().store.message(message_id)
    if await editing.is_outdated(house(), message):
        return NOTHING
    return await tell(await gather(message))


async def gather(message: Message) -> Message:
    """The message with all the pieces it came in, each of them guarded and all of them together."""
    if message.kind is Kind.EDIT:
        return await editing.recognised(house(), message)
    if not gathering.comes_in_pieces(house(), message):
        return message
    whole = await gathering.gathered(house(), message)
    for piece in whole.pieces[1:]:
        if not piece.piece_of:
            await house().store.set_attachments(replace(piece, piece_of=message.id))
        await guard(piece)
    await care.look(whole)
    apart = gravest(Level.NONE, *(care.level_of(piece) for piece in whole.pieces))
    if len(whole.pieces) > 1 and care.level_of(whole).gravity > apart.gravity:  # said across two pieces
        await guard(whole, "whole.")
    return whole


async def fetched(message: Message) -> Message:
    """The files that a platform still holds are brought home; where one can't be, that is said and the rest is kept."""
    pieces = []
    for piece in message.pieces or (message,):
        if any(not attachment.media_id for attachment in piece.attachments):
            piece = replace(await _fetched(piece), piece_of=message.id if piece.id != message.id else "")
            await house().store.set_attachments(piece)
        pieces.append(piece)
    return gathering.together(pieces)


async def _fetched(piece: Message) -> Message:
    try:
        return await house().platforms[piece.platform].fetch(piece)
    except (Passing, Forgotten):
        raise
    except Exception as error:
        if attempt.get() < ATTEMPTS_TO_FETCH:
            raise
        log.warning("the files of message %s can't be fetched: %s", piece.id, describe(error))
        here = tuple(attachment for attachment in piece.attachments if attachment.media_id)
        return replace(piece, attachments=here, refused="intake.not_fetched")


async def guard(message: Message, name: str = "") -> None:
    """Before all else: look for danger in every text that came in, and answer it with fixed words."""
    await care.look(message)
    person = await person_of(message)
    if care.level_of(message) is not Level.NONE:  # no other step will have asked in which language to answer
        person = await welcome.language_of_first_words(house(), person, message)
    for n, reply in enumerate(await care.guarded(house(), person, message)):
        await say(message, person, f"{message.id}.care.{name}{n}", reply)


async def take_breath(message: Message) -> None:
    """Who floods us waits; but not for help, in whichever of their lines they need it."""
    platform, chat_id = message.platform, message.chat_id
    if wait_s := house().breath.wait_s(platform, chat_id, house().platforms[platform].limits.answer_s):
        behind = [line for line in await house().store.heard_in(platform, chat_id) if line.id > message.id]
        for line in house().breath.not_looked_at(platform, chat_id, behind):
            began_s = time.monotonic()
            await guard(line)
            await asyncio.sleep(time.monotonic() - began_s)  # half of the time is for everybody else's lines
        await asyncio.sleep(wait_s)


async def tell(message: Message) -> dict[str, Any]:
    """Do what the message asks for. Returns the names of what is to be made, never their contents."""
    person = await person_of(message)
    await care.look(message)
    try:
        told = await conversation.told(house(), person, message)
    except Passing:  # not the person's trouble: it was taken in, and waits for room, or for a server
        raise
    except EmoseumError as error:
        reference = new_reference()
        log.warning("%s: message %s: %s", reference, message.id, type(error).__name__)
        metrics.errors.add("message", type(error).__name__)
        told = Told(replies=(conversation.apology(person, error.key, reference),))
    except Exception as error:  # a fault of ours: tried again, then the words are kept as they are, and it is said
        if attempt.get() < ATTEMPTS_TO_TELL:
            raise
        reference = new_reference()
        log.error("%s: message %s: %s", reference, message.id, describe(error))
        metrics.errors.add("message", type(error).__name__)
        await _keep_words(person, message)
        told = Told(replies=(conversation.apology(person, "error.any", reference),))
    for slot in told.withdraw:
        await outbox.withdraw(house(), message.platform, message.chat_id, slot)
    for n, reply in enumerate(told.replies):
        await say(message, person, f"{message.id}.{n}", reply)
    return {
        "making": told.making, "spoken": told.spoken, "talk": told.talk, "speak": told.speak, "export": told.export,
        "notices": told.notices, "also": told.also, "dropped": told.dropped,
    }  # fmt: skip


async def _keep_words(person: Person, message: Message) -> None:
    if message.kind is Kind.TEXT and message.private and (message.text.strip() or message.attachments):
        await entries.keep_only(house(), person, message)


async def stumbled(message_id: str) -> None:
    """A message that can't be heard or answered, however often it is tried, is kept as it is, and that is said."""
    message, person = await heard(message_id)
    reference = new_reference()
    log.error("%s: message %s is given up", reference, message_id)
    await _keep_words(person, message)
    if entry_id := await house().store.entry_of_message(message_id):
        entry = await house().store.entry(entry_id)
        await delivery.Answer(house(), making_id(entry_id, entry.revision), message).give_up()
    for n, reply in enumerate(care.only_numbers(house(), person, message)):
        await say(message, person, f"{message_id}.care.{n}", reply)
    await say(message, person, f"{message_id}.lost", conversation.apology(person, "error.any", reference))
