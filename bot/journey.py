"""START HERE: the way of a message, from the moment it is heard until its answer is delivered.

    1 heard -> 2 kept (adapters) -> g guarded -> 3 understood -> 4 made (core) -> 5 delivered -> 6 rated

`hear` runs once for every message, in order within a chat. `answer` runs once for every revision of an entry,
beside it, so that nobody waits for a painter to be heard. Both are durable: each step may run again after a
crash, and each is written so that running it again changes nothing. They carry ids only, never words.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from dbos import DBOS, SetWorkflowID

from bot import (
    answers,
    care,
    conversation,
    delivery,
    editing,
    entries,
    exporting,
    gathering,
    outbox,
    transcripts,
    welcome,
)
from bot.house import House, Told, note
from core import metrics
from core.entities import MADE, Kind, Level, Message, Person, making_id, new_reference, split_making
from core.patience import patiently
from core.ports import EmoseumError, Forgotten, NotFound, Passing
from core.trouble import describe

log = logging.getLogger(__name__)

CORE = "core"  # the application that understands, paints, composes and writes
ATTEMPTS_TO_TELL = 4  # of a message that we stumble over, in about four seconds
ATTEMPTS_TO_FETCH = 6  # of its files, in about ten
ATTEMPTS = 16  # of any step, in about seven minutes; what passes by itself is waited for, and counts for nothing
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
QUEUES = {
    "understand": "understand",
    "talk": "understand",
    "speak": "understand",
    "comment": "understand",
    "picture": "studio",
    "music": "studio",
}

_house: House | None = None


def open_house(house: House) -> None:
    """Give the workflows what they work with; once, before the durable engine is launched."""
    global _house
    _house = house


def house() -> House:
    """What was given to `open_house`."""
    if _house is None:
        raise RuntimeError("open_house comes first")
    return _house


# --- one message -------------------------------------------------------------------------------


@DBOS.workflow(name="hear")
async def hear(message_id: str) -> None:
    """A message was kept: guard the person, understand what they want, reply, and start what takes longer."""
    begun = await step("hear", guarded_and_told, message_id, gone=NOTHING, lost=stumbled)
    if begun.get("late"):
        with SetWorkflowID(f"bring-{message_id}"):
            await DBOS.start_workflow_async(bring, message_id)
    else:
        await begin(begun, message_id)


@DBOS.workflow(name="bring")
async def bring(message_id: str) -> None:
    """A message whose files are slow to come is told beside its chat's line: the next words must be heard meanwhile."""
    await step("fetch", bring_files, message_id)
    await begin(await step("told", tell_brought, message_id, gone=NOTHING, lost=stumbled), message_id)


async def begin(begun: dict[str, Any], message_id: str) -> None:
    """Start what takes longer than hearing a message."""
    if begun["making"]:
        with SetWorkflowID(f"answer-{begun['making']}"):
            await DBOS.start_workflow_async(answer, begun["making"], message_id, bool(begun["spoken"]))
    if begun["talk"]:
        with SetWorkflowID(f"converse-{begun['talk']}"):
            await DBOS.start_workflow_async(converse, begun["talk"])
    if begun["speak"]:
        await start_reciting(begun["speak"], message_id, wished=True)
    if begun.get("export"):
        with SetWorkflowID(f"export-{message_id}"):
            await DBOS.start_workflow_async(export, message_id)
    if earlier := begun.get("also"):
        with SetWorkflowID(f"answer-{earlier}"):
            await DBOS.start_workflow_async(answer, earlier, split_making(earlier)[0], False)
    if dropped := begun.get("dropped"):
        with SetWorkflowID(f"erase-{dropped}.{message_id}"):
            await DBOS.start_workflow_async(erase, dropped, message_id)
    for sending_id in begun.get("notices", ()):
        with SetWorkflowID(f"notice-{sending_id}"):
            await DBOS.start_workflow_async(notice, sending_id)


async def guarded_and_told(message_id: str) -> dict[str, Any]:
    """The person is safe first, whatever else their message asks for."""
    message = await house().store.message(message_id)
    await guard(message)
    await outbox.say_refused(house(), message.platform, message.chat_id)
    if message.piece_of:  # another message speaks for it
        return NOTHING
    can_bring = message.private and message.kind in (Kind.TEXT, Kind.EDIT)
    if can_bring and not await house().store.entry_of_message(message_id):
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
    grave = [piece for piece in whole.pieces if care.level_of(piece).stops_everything]
    if care.level_of(whole).stops_everything and not grave:  # said across two pieces
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
        if _attempt() < ATTEMPTS_TO_FETCH:
            raise
        log.warning("the files of message %s can't be fetched: %s", piece.id, describe(error))
        here = tuple(attachment for attachment in piece.attachments if attachment.media_id)
        return replace(piece, attachments=here, refused="intake.not_fetched")


async def guard(message: Message, name: str = "") -> None:
    """Before all else: look for danger in every text that came in, and answer it with fixed words."""
    person = await _person_of(message)
    if care.level_of(message) is not Level.NONE:  # no other step will have asked in which language to answer
        person = await welcome.language_of_first_words(house(), person, message)
    for n, reply in enumerate(await care.guarded(house(), person, message)):
        await _say(message, person, f"{message.id}.care.{name}{n}", reply)


async def tell(message: Message) -> dict[str, Any]:
    """Do what the message asks for. Returns the names of what is to be made, never their contents."""
    person = await _person_of(message)
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
        if _attempt() < ATTEMPTS_TO_TELL:
            raise
        reference = new_reference()
        log.error("%s: message %s: %s", reference, message.id, describe(error))
        metrics.errors.add("message", type(error).__name__)
        await _keep_words(person, message)
        told = Told(replies=(conversation.apology(person, "error.any", reference),))
    for slot in told.withdraw:
        await outbox.withdraw(house(), message.platform, message.chat_id, slot)
    for n, reply in enumerate(told.replies):
        await _say(message, person, f"{message.id}.{n}", reply)
    return {
        "making": told.making, "spoken": told.spoken, "talk": told.talk, "speak": told.speak, "export": told.export,
        "notices": told.notices, "also": told.also, "dropped": told.dropped,
    }  # fmt: skip


async def _keep_words(person: Person, message: Message) -> None:
    if message.kind is Kind.TEXT and message.private and (message.text.strip() or message.attachments):
        await entries.keep_only(house(), person, message)


async def stumbled(message_id: str) -> None:
    """A message that can't be heard or answered, however often it is tried, is kept as it is, and that is said."""
    message, person = await _heard(message_id)
    reference = new_reference()
    log.error("%s: message %s is given up", reference, message_id)
    await _keep_words(person, message)
    if entry_id := await house().store.entry_of_message(message_id):
        entry = await house().store.entry(entry_id)
        await delivery.Answer(house(), making_id(entry_id, entry.revision), message).give_up()
    await _say(message, person, f"{message_id}.lost", conversation.apology(person, "error.any", reference))


def _attempt() -> int:
    """Which try of the step it is that runs now, the first one being 1."""
    status = DBOS.step_status
    return (status.current_attempt or 0) + 1 if status is not None else 1


# --- one answer --------------------------------------------------------------------------------


@DBOS.workflow(name="answer")
async def answer(making: str, message_id: str, spoken: bool) -> None:
    """An entry is answered: understood first, then commented, painted and set to music, each shown when it is ready.

    The core goes on from one stage to the next by itself, but not where the entry was `spoken`: what was heard is guarded
    and shown first, and once its person settled on the words they are answered as a revision of their own."""
    await enqueue("understand", making, queue="listen" if spoken else "")
    if spoken:
        then = await step("understood", understood, making, message_id, lost=give_up)
        while then == transcripts.SHOWN:
            await DBOS.sleep_async(house().settings.speech.confirm_s)
            then = await step("kept", kept_as_heard, making, message_id, gone="")
        if then is not True:
            await begin(NOTHING | {"making": then or ""}, message_id)
            return
        for stage in MADE:
            await enqueue(stage, making)
    if comment_id := await step("deliver", deliver, making, message_id, gone="", lost=give_up):
        await start_reciting(comment_id, message_id, wished=False)


async def give_up(making: str, message_id: str) -> None:
    """An answer can't be shown: its place says so, with a reference; what was made is kept and can be opened."""
    await (await answering(making, message_id)).give_up()


async def understood(making: str, message_id: str) -> str | bool:
    """Wait until what was spoken is understood, guard it and show it: see `transcripts.shown`. False too where no answer is
    to be made."""
    answer = await answering(making, message_id)
    stages = await answer.until(delivery.is_understood)
    person = await answer.person()
    spoken = await care.guarded_transcript(house(), person, making)  # first: also where somebody pressed "stop"
    for n, reply in enumerate(spoken):
        await answer.say(person, f"{making}.care.{n}", reply)
    if delivery.is_stopped(stages) or delivery.has_failed(stages):
        await answer.end(stages)
        return False
    if spoken and not await answer.is_wanted():
        await outbox.withdraw(house(), answer.message.platform, answer.message.chat_id, answer.slot)
        return False
    return await transcripts.shown(house(), person, making, partial(answer.say, person))


async def kept_as_heard(making: str, message_id: str) -> str:
    """Nobody pressed while the words that were heard stood there: see `transcripts.kept_as_heard`."""
    answer = await answering(making, message_id)
    person = await answer.person()
    return await transcripts.kept_as_heard(house(), person, making, answer.message, partial(answer.say, person))


async def deliver(making: str, message_id: str) -> str:
    """Show the answer as it grows until all of it is there. Returns the comment that is to be read aloud, if any."""
    answer, shown = await answering(making, message_id), 0
    while shown < len(MADE):
        shown = await deliver_more(answer, shown)
        if not shown:
            return ""
    await answer.welcome()
    return await answer.to_speak()


async def deliver_more(answer: delivery.Answer, shown: int) -> int:
    """Wait until more than `shown` stages are over, then show the answer as far as it is.

    Returns how many are over now, 0 where nothing more will come."""
    stages = await answer.until(lambda stages: delivery.has_failed(stages) or delivery.count_over(stages) > shown)
    stages = await answer.settled(stages)
    if delivery.is_stopped(stages) or delivery.has_failed(stages):
        await answer.end(stages)
        return 0
    await answer.show(stages)
    return delivery.count_over(stages)


async def answering(making: str, message_id: str) -> delivery.Answer:
    """The answer to a making, in the chat of a message."""
    return delivery.Answer(house(), making, await house().store.message(message_id))


@DBOS.workflow(name="converse")
async def converse(message_id: str) -> None:
    """Anna answers a turn of conversation."""
    await enqueue("talk", message_id)
    await step("talked", talked, message_id, lost=not_talked)


async def talked(message_id: str) -> None:
    """Wait for Anna's words and say them, unless something graver was written meanwhile."""
    pause_s = house().settings.work.polling_s / 2
    while True:
        message, person = await _heard(message_id)  # in each round: they may join or leave a diary meanwhile
        if not await answers.is_asked(house(), person, message_id):
            if (await _heard(message_id))[1].id == person.id:
                return
            continue  # they joined a diary between the two looks, and their words went there with them
        if (reply := await answers.talk_reply(house(), person, message_id)) is not None:
            break
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 1.05, 1.0)
    if not await care.began_since(house(), person, message_id):
        await _say(message, person, f"{message_id}.talk", reply)


async def not_talked(message_id: str) -> None:
    """Her words can't be said: that is, so that it may be asked once more."""
    message, person = await _heard(message_id)
    reference = new_reference()
    log.error("%s: the talk of message %s is given up", reference, message_id)
    await _say(message, person, f"{message_id}.lost", note(person, "trouble.talk", reference=reference))


@DBOS.workflow(name="export")
async def export(message_id: str) -> None:
    """Everything that is kept of a person is packed and brought to them; the chat goes on meanwhile."""
    await step("exported", exported, message_id, lost=not_exported)


async def exported(message_id: str) -> None:
    """Pack and bring it."""
    message, person = await _heard(message_id)
    await exporting.deliver(house(), message, person)


async def not_exported(message_id: str) -> None:
    """It can't be packed or brought: that is said, and it may be asked for anew."""
    message, person = await _heard(message_id)
    await exporting.fail(house(), message, person)


@DBOS.workflow(name="notice")
async def notice(sending_id: str) -> None:
    """A word for another chat than the one that is heard: that one must not wait for it."""
    await step("noticed", noticed, sending_id)


async def noticed(sending_id: str) -> None:
    """Say what was kept for that chat."""
    await outbox.deliver(house(), await house().store.sending(sending_id))


# --- one comment, aloud ------------------------------------------------------------------------


@DBOS.workflow(name="recite")
async def recite(comment_id: str, message_id: str, wished: bool) -> None:
    """Anna reads a comment aloud. `wished`: by a button; else because the person always wants to hear her."""
    await enqueue("speak", f"{comment_id}.{message_id}")
    await step("recited", recited, comment_id, message_id, wished)


async def recited(comment_id: str, message_id: str, wished: bool) -> None:
    """Wait for her voice and bring it. Where she has none, who wished for it is told, anybody else just reads."""
    message, person = await _heard(message_id)
    pause_s = house().settings.work.polling_s / 2
    try:
        while (reply := await answers.spoken_reply(house(), person, comment_id)) is None:
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 1.05, 1.0)
        work = await house().store.work(comment_id)
    except Passing:
        raise
    except EmoseumError:  # deleted meanwhile
        return
    answer = delivery.Answer(house(), making_id(work.entry_id, work.revision), message)
    if not await answer.is_theirs():
        return
    person = await answer.person()
    if care.came_since(person, message):  # after a crisis line nothing playful is read aloud
        return
    if reply.audio or wished:
        await _say(message, person, f"{message_id}.voice", reply)
        return
    if await answer.is_wanted():
        await answer.show(await house().store.stages(work.entry_id, work.revision))


async def start_reciting(comment_id: str, message_id: str, *, wished: bool) -> None:
    """Begin to read aloud, beside whatever else is going on."""
    with SetWorkflowID(f"recite-{comment_id}.{message_id}"):
        await DBOS.start_workflow_async(recite, comment_id, message_id, wished)


# --- one recording, later ----------------------------------------------------------------------


@DBOS.workflow(name="overheard")
async def overheard(making: str) -> None:
    """The core could listen at last to what nobody heard when it came."""
    if await step("late", show_late, making, gone=False):
        with SetWorkflowID(f"late-{making}"):
            await DBOS.start_workflow_async(late, making)


@DBOS.workflow(name="late")
async def late(making: str) -> None:
    """Words of long ago wait for a press."""
    await DBOS.sleep_async(transcripts.LATE_HOURS * 3600)
    await step("kept", keep_late, making)


@DBOS.workflow(name="erase")
async def erase(making: str, message_id: str) -> None:
    """What was thrown away can come back for a day."""
    await DBOS.sleep_async(transcripts.UNDO_HOURS * 3600)
    await step("erased", erased, making, message_id)


async def show_late(making: str) -> bool:
    """Guard the words and show them quietly, in the chat that the recording came from."""
    answer = await answering(making, split_making(making)[0])
    person = await answer.person()
    if not await answer.is_wanted():
        return False
    for n, reply in enumerate(await care.guarded_transcript(house(), person, making)):
        await answer.say(person, f"{making}.care.{n}", reply)
    return await transcripts.show_late(house(), person, making, partial(answer.say, person))


async def keep_late(making: str) -> None:
    """See `transcripts.keep_late`."""
    answer = await answering(making, split_making(making)[0])
    await transcripts.keep_late(house(), await answer.person(), making)


async def erased(making: str, message_id: str) -> None:
    """See `transcripts.erase`."""
    _message, person = await _heard(message_id)
    await transcripts.erase(house(), person, making)


# --- how it is done ----------------------------------------------------------------------------


async def step(
    name: str, work: Callable[..., Awaitable[Any]], *args: Any, gone: Any = None,
    lost: Callable[..., Awaitable[None]] | None = None,
) -> Any:  # fmt: skip
    """Run one step of a workflow; what fails is tried again, waiting longer each time, and what passes is waited for.

    A message or person that was deleted meanwhile ends the step at once, with `gone` as its result; so it ends where it
    failed `ATTEMPTS` times, after `lost(*args)` has told the person."""
    options: Any = {
        "name": name,
        "retries_allowed": True,
        "max_attempts": ATTEMPTS,
        "interval_seconds": 0.5,
        "backoff_rate": 1.5,
    }
    return await DBOS.run_step_async(options, patiently, _to_an_end, work, gone, lost, *args)


async def _to_an_end(
    work: Callable[..., Awaitable[Any]], gone: Any, lost: Callable[..., Awaitable[None]] | None, *args: Any
) -> Any:
    try:
        return await _unless_gone(work, gone, *args)
    except Passing:
        raise
    except Exception as error:  # a fault of ours, or a platform's that nobody expected
        if lost is None or _attempt() < ATTEMPTS:
            raise
        log.error("%s is given up: %s", work.__name__, describe(error))
        metrics.errors.add(work.__name__, type(error).__name__)
        await _unless_gone(lost, None, *args)
        return gone


async def _unless_gone(work: Callable[..., Awaitable[Any]], gone: Any, *args: Any) -> Any:
    for _ in range(2):  # once more: their diary may have moved into another one at this very moment
        with suppress(NotFound, Forgotten):
            return await work(*args)
    return gone


async def enqueue(stage: str, making: str, queue: str = "") -> None:
    """Hand one stage of a making to the core, by name, in its `queue`; handed over again it is the same job."""
    await DBOS.enqueue_workflow_with_options_async(
        {
            "workflow_name": stage,
            "queue_name": queue or QUEUES[stage],
            "application_name": CORE,
            "app_version": house().core_version,
            "workflow_id": f"{stage}-{making}",
        },
        making,
    )


async def _heard(message_id: str) -> tuple[Message, Person]:
    message = await house().store.message(message_id)
    return message, await _person_of(message)


async def _person_of(message: Message) -> Person:
    return await house().store.person_of(message.platform, message.account)


async def _say(message: Message, person: Person, key: str, reply: Any) -> None:
    await outbox.say_once(house(), person.id, message.platform, message.chat_id, key, reply)
