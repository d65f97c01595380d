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
from dataclasses import replace
from typing import Any

from dbos import DBOS, SetWorkflowID

from bot import answers, care, conversation, entries, gathering, outbox, welcome
from bot.house import House, Told, answer_slot, split_making
from core.entities import Kind, Level, Message, Person, Stage, StageState, WorkKind, new_reference
from core.patience import patiently
from core.ports import EmoseumError, Forgotten, NotFound, Passing
from core.trouble import describe

log = logging.getLogger(__name__)

CORE = "core"  # the application that understands, paints, composes and writes
STAGES = ("comment", "picture", "music")
ATTEMPTS_TO_TELL = 4  # of a message that we stumble over, in about four seconds
ATTEMPTS_TO_FETCH = 6  # of its files, in about ten
TYPING_S = 4.0  # a platform shows for five that somebody is typing
CHECK_S = 0.2  # seconds between two looks whether a newer revision took this one's place
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
    begun = await step("hear", guarded_and_told, message_id, gone={"making": "", "talk": "", "speak": ""})
    if begun["making"]:
        with SetWorkflowID(f"answer-{begun['making']}"):
            await DBOS.start_workflow_async(answer, begun["making"], message_id, bool(begun["spoken"]))
    if begun["talk"]:
        with SetWorkflowID(f"converse-{begun['talk']}"):
            await DBOS.start_workflow_async(converse, begun["talk"])
    if begun["speak"]:
        await start_reciting(begun["speak"], message_id, wished=True)


async def guarded_and_told(message_id: str) -> dict[str, Any]:
    """The person is safe first, whatever else their message asks for."""
    await guard(message_id)
    message, _person = await _heard(message_id)
    if message.private and message.kind is Kind.TEXT and not await house().store.entry_of_message(message_id):
        if gathering.comes_in_pieces(house(), message):
            message = await gathering.gathered(house(), message)
            for piece in message.pieces[1:]:
                await guard(piece.id)
        message = await fetched(message)
    return await tell(message)


async def fetched(message: Message) -> Message:
    """The files that a platform still holds are brought home; where one can't be, that is said and the rest is kept."""
    pieces = []
    for piece in message.pieces or (message,):
        if any(not attachment.media_id for attachment in piece.attachments):
            piece = await _fetched(piece)
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


async def guard(message_id: str) -> None:
    """Before all else: look for danger in every text that came in, and answer it with fixed words."""
    message, person = await _heard(message_id)
    if care.level_of(message) is not Level.NONE:  # no other step will have asked in which language to answer
        person = await welcome.language_of_first_words(house(), person, message)
    for n, reply in enumerate(await care.guarded(house(), person, message)):
        await _say(message, person, f"{message.id}.care.{n}", reply)


async def tell(message: Message) -> dict[str, Any]:
    """Do what the message asks for. Returns the names of what is to be made, never their contents."""
    message_id = message.id
    person = await house().store.person_of(message.platform, message.account)
    try:
        told = await conversation.told(house(), person, message)
    except Passing:  # not the person's trouble: it was taken in, and waits for room, or for a server
        raise
    except EmoseumError as error:
        reference = new_reference()
        log.warning("%s: message %s: %s", reference, message_id, type(error).__name__)
        told = Told(replies=(conversation.apology(person, error.key, reference),))
    except Exception as error:  # a fault of ours: tried again, then the words are kept as they are, and it is said
        if _attempt() < ATTEMPTS_TO_TELL:
            raise
        reference = new_reference()
        log.error("%s: message %s: %s", reference, message_id, describe(error))
        if message.kind is Kind.TEXT and message.private and (message.text.strip() or message.attachments):
            await entries.keep_only(house(), person, message)
        told = Told(replies=(conversation.apology(person, "error.any", reference),))
    for slot in told.withdraw:
        await outbox.withdraw(house(), message.platform, message.chat_id, slot)
    for n, reply in enumerate(told.replies):
        await _say(message, person, f"{message.id}.{n}", reply)
    return {"making": told.making, "spoken": told.spoken, "talk": told.talk, "speak": told.speak}


def _attempt() -> int:
    """Which try of the step it is that runs now, the first one being 1."""
    status = DBOS.step_status
    return (status.current_attempt or 0) + 1 if status is not None else 1


# --- one answer --------------------------------------------------------------------------------


@DBOS.workflow(name="answer")
async def answer(making: str, message_id: str, spoken: bool) -> None:
    """An entry is answered: understood first, then commented, painted and set to music, each shown when it is ready.

    The core goes on from one stage to the next by itself, but not where the entry was `spoken`: nobody has guarded
    those words before they are understood."""
    await enqueue("understand", making)
    if spoken:
        if not await step("understood", understood, making, message_id):
            return
        for stage in STAGES:
            await enqueue(stage, making)
    if comment_id := await step("deliver", deliver, making, message_id, gone=""):
        await start_reciting(comment_id, message_id, wished=False)


async def understood(making: str, message_id: str) -> bool:
    """Wait until the entry is understood. False where the answer is not wanted any more or can't go on."""
    stages = await _wait(making, message_id, lambda stages: _over(stages.get("understand")))
    if not stages or _stopped(stages):
        await _close(making, message_id, stages)
        return False
    if stages["understand"].state is StageState.FAILED:
        await _not_understood(making, message_id, stages)
        return False
    message, person = await _heard(message_id)
    spoken = await care.guarded_transcript(house(), person, making)
    for n, reply in enumerate(spoken):
        await _say(message, person, f"{making}.care.{n}", reply)
    if spoken and not await _still_wanted(making):
        await outbox.withdraw(house(), message.platform, message.chat_id, answer_slot(making))
        return False
    return True


async def _not_understood(making: str, message_id: str, stages: dict[str, Stage]) -> None:
    """The answer ends before it began, and says why."""
    if not await _still_wanted(making):
        return
    await _show(making, message_id, stages)
    if answers.unheard(stages):
        await entries.await_words(house(), (await _heard(message_id))[1], making)
    await say_welcome(message_id)


async def deliver(making: str, message_id: str) -> str:
    """Show the answer as it grows until all of it is there. Returns the comment that is to be read aloud, if any."""
    shown = 0
    while shown < len(STAGES):
        shown = await deliver_more(making, message_id, shown)
        if not shown:
            return ""
    await say_welcome(message_id)
    return await to_speak(making, message_id)


async def deliver_more(making: str, message_id: str, shown: int) -> int:
    """Wait until more than `shown` stages are over, then show the answer as far as it is.

    Returns how many are over now, 0 where nothing more will come."""
    stages = await _wait(making, message_id, lambda stages: _failed(stages) or _count_over(stages) > shown)
    if not stages or _stopped(stages):
        await _close(making, message_id, stages)
        return 0
    if _failed(stages):
        await _not_understood(making, message_id, stages)
        return 0
    await _show(making, message_id, stages)
    return _count_over(stages)


async def say_welcome(message_id: str) -> None:
    """After somebody's first answer, Anna introduces herself."""
    message, person = await _heard(message_id)
    if message.entry_date is not None:  # from the command line: she waits until they come to the chat
        return
    for n, reply in enumerate(welcome.introduction(house(), person)):
        await _say(
            message, person, f"{person.id}.welcome.{n}", reply
        )  # a key of the person's: two first lines, one hello
    await welcome.introduced(house(), person.id)


@DBOS.workflow(name="converse")
async def converse(message_id: str) -> None:
    """Anna answers a turn of conversation."""
    await enqueue("talk", message_id)
    await step("talked", talked, message_id)


async def talked(message_id: str) -> None:
    """Wait for Anna's words and say them, unless something graver was written meanwhile."""
    message, person = await _heard(message_id)
    pause_s = house().settings.work.polling_s / 2
    while (reply := await answers.talk_reply(house(), person, message_id)) is None:
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 1.05, 1.0)
    if not await care.began_since(house(), person, message_id):
        await _say(message, person, f"{message_id}.talk", reply)


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
    except EmoseumError:  # deleted meanwhile
        return
    if reply.audio or wished:
        await _say(message, person, f"{message_id}.voice", reply)
    elif await _still_wanted(making := f"{work.entry_id}.{work.revision}"):
        await _show(making, message_id, await house().store.stages(work.entry_id, work.revision))


async def to_speak(making: str, message_id: str) -> str:
    """The comment of a making, where its person always wants to hear it, else ""."""
    _message, person = await _heard(message_id)
    if person.anna.voice == "text" or not answers.has_voice(house()):
        return ""
    entry_id, revision = split_making(making)
    works = await house().store.works(entry_id)
    comments = [work for work in works if work.kind is WorkKind.COMMENT and work.revision == revision]
    return comments[0].id if comments else ""


async def start_reciting(comment_id: str, message_id: str, *, wished: bool) -> None:
    """Begin to read aloud, beside whatever else is going on."""
    with SetWorkflowID(f"recite-{comment_id}.{message_id}"):
        await DBOS.start_workflow_async(recite, comment_id, message_id, wished)


# --- how it is done ----------------------------------------------------------------------------


async def step(name: str, work: Callable[..., Awaitable[Any]], *args: Any, gone: Any = None) -> Any:
    """Run one step of a workflow; a platform that fails is asked again, waiting longer each time.

    A message or person that was deleted meanwhile ends the step at once, with `gone` as its result."""
    options: Any = {
        "name": name,
        "retries_allowed": True,
        "max_attempts": 20,  # over more than half an hour: what was kept must not stay unanswered for a passing fault
        "interval_seconds": 0.5,
        "backoff_rate": 1.5,
    }
    return await DBOS.run_step_async(options, patiently, _unless_gone, work, gone, *args)


async def _unless_gone(work: Callable[..., Awaitable[Any]], gone: Any, *args: Any) -> Any:
    try:
        return await work(*args)
    except (NotFound, Forgotten):
        return gone


async def enqueue(stage: str, making: str) -> None:
    """Hand one stage of a making to the core, by name; handed over again it is the same job."""
    await DBOS.enqueue_workflow_with_options_async(
        {
            "workflow_name": stage,
            "queue_name": QUEUES[stage],
            "application_name": CORE,
            "app_version": house().core_version,
            "workflow_id": f"{stage}-{making}",
        },
        making,
    )


async def _wait(making: str, message_id: str, ready: Callable[[dict[str, Stage]], bool]) -> dict[str, Stage]:
    """The stages of a making once they are ready; {} where a newer revision took its place."""
    entry_id, revision = split_making(making)
    pause_s = house().settings.work.polling_s / 2
    waited_s, next_check_s = 0.0, CHECK_S
    while True:
        stages = await house().store.stages(entry_id, revision)
        if ready(stages) or _stopped(stages):
            return stages
        if waited_s >= next_check_s:  # seldom: it opens the entry, and who takes its place is in no hurry
            if await _superseded(entry_id, revision):
                return {}
            next_check_s = waited_s + CHECK_S
        await asyncio.sleep(pause_s)
        before_s, waited_s = waited_s, waited_s + pause_s
        pause_s = min(max(pause_s, waited_s / 20), 1.0)  # many that wait long must not keep the others from working
        if before_s % TYPING_S > waited_s % TYPING_S or before_s < 1.0 <= waited_s:  # after a second, then every four
            await _type(message_id, stages)
        slow_s = house().settings.work.slow_s
        if before_s < slow_s <= waited_s:
            message, person = await _heard(message_id)
            await _say(message, person, f"{making}.slow", answers.slow_reply(person))


async def _type(message_id: str, stages: dict[str, Stage]) -> None:
    """Show that something is being made; a platform that can't say so is no reason to stop making it."""
    message, _person = await _heard(message_id)
    stage = next((name for name in ("understand", *STAGES) if not _over(stages.get(name))), "comment")
    try:
        await house().platforms[message.platform].typing(message.chat_id, stage)
    except Exception as error:
        log.debug("typing: %s", describe(error))


async def _still_wanted(making: str) -> bool:
    entry_id, revision = split_making(making)
    return not await _superseded(entry_id, revision)


async def _superseded(entry_id: str, revision: int) -> bool:
    try:
        entry = await house().store.entry(entry_id)
    except EmoseumError:  # deleted while its picture was painted
        return True
    return entry.revision > revision


def _failed(stages: dict[str, Stage]) -> bool:
    return "understand" in stages and stages["understand"].state is StageState.FAILED


def _stopped(stages: dict[str, Stage]) -> bool:
    return any(stage.state is StageState.CANCELLED for stage in stages.values())


async def _close(making: str, message_id: str, stages: dict[str, Stage]) -> None:
    """A making ended early, by a press, a crisis line, or newer words: what is there stays, a mere placeholder goes."""
    message, person = await _heard(message_id)
    standing = await house().store.sending_in_slot(message.platform, message.chat_id, answer_slot(making))
    if standing is not None and standing.reply.progress is not None:
        if not standing.reply.text and not standing.reply.picture:
            await outbox.withdraw(house(), message.platform, message.chat_id, answer_slot(making))
        elif stages:
            main = (await answers.answer_replies(house(), person, making, stages))[0][1]
            await _say(message, person, f"{answer_slot(making)}.main", main)
        else:
            still = replace(standing.reply, progress=None, buttons=())
            await _say(message, person, f"{answer_slot(making)}.main", still)
    if stages:  # else the newer words are answered, and that is followed by the welcome
        await say_welcome(message_id)


def _count_over(stages: dict[str, Stage]) -> int:
    return sum(_over(stages.get(name)) for name in STAGES)


def _over(stage: Stage | None) -> bool:
    return stage is not None and stage.state is not StageState.WAITING


async def _show(making: str, message_id: str, stages: dict[str, Stage]) -> None:
    """Show the answer as far as it is: comment and picture in one message, the music in its own."""
    message, person = await _heard(message_id)
    entry_id, revision = split_making(making)
    for name, reply in await answers.answer_replies(house(), person, making, stages):
        if await _superseded(entry_id, revision) or _stopped(await house().store.stages(entry_id, revision)):
            return  # it was taken back at this very moment: nothing of it may come again
        await _say(message, person, f"{answer_slot(making)}.{name}", reply)


async def _heard(message_id: str) -> tuple[Message, Person]:
    store = house().store
    message = await store.message(message_id)
    return message, await store.person_of(message.platform, message.account)


async def _say(message: Message, person: Person, key: str, reply: Any) -> None:
    await outbox.say_once(house(), person.id, message.platform, message.chat_id, key, reply)
