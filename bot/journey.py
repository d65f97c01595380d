"""START HERE: the way of a message, from the moment it is heard until its answer is delivered.

    1 heard -> 2 kept (adapters) -> g guarded -> 3 understood -> 4 made (core) -> 5 delivered -> 6 rated

`hear` runs once for every message, in order within a chat. `answer` runs once for every revision of an entry,
beside it, so that nobody waits for a painter to be heard. Both are durable: each step may run again after a
crash, and each is written so that running it again changes nothing. They carry ids only, never words.

Here stands what follows what, and how often a step is tried. What the steps do with a message stands in `hearing.py`,
what they do with all that is made in `answering.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from dbos import DBOS, SetWorkflowID

from bot import answering, hearing, transcripts
from bot.at_hand import attempt, house
from core import metrics
from core.entities import MADE, split_making
from core.jobs import ANSWERS, VERSIONS
from core.patience import patiently
from core.ports import Forgotten, NotFound, Passing
from core.trouble import describe

log = logging.getLogger(__name__)

CORE = "core"  # the application that understands, paints, composes and writes
ATTEMPTS = 16  # of any step, in about seven minutes; what passes by itself is waited for, and counts for nothing
QUEUES = {
    "understand": "understand",
    "talk": "understand",
    "speak": "understand",
    "comment": "understand",
    "picture": "studio",
    "music": "studio",
}


# --- one message -------------------------------------------------------------------------------


@DBOS.workflow(name="hear")
async def hear(message_id: str) -> None:
    """A message was kept: guard the person, understand what they want, reply, and start what takes longer."""
    begun = await step("hear", hearing.guarded_and_told, message_id, gone=hearing.NOTHING, lost=hearing.stumbled)
    if begun.get("late"):
        with SetWorkflowID(f"bring-{message_id}"):
            await DBOS.start_workflow_async(bring, message_id)
    else:
        await begin(begun, message_id)


@DBOS.workflow(name="bring")
async def bring(message_id: str) -> None:
    """A message whose files are slow to come is told beside its chat's line: the next words must be heard meanwhile."""
    await step("fetch", hearing.bring_files, message_id)
    begun = await step("told", hearing.tell_brought, message_id, gone=hearing.NOTHING, lost=hearing.stumbled)
    await begin(begun, message_id)


async def begin(begun: dict[str, Any], message_id: str) -> None:
    """Start what takes longer than hearing a message."""
    if begun["making"]:
        await begin_answer(begun["making"], message_id, spoken=bool(begun["spoken"]))
    if begun["talk"]:
        with SetWorkflowID(f"converse-{begun['talk']}"):
            await DBOS.start_workflow_async(converse, begun["talk"])
    if begun["speak"]:
        await start_reciting(begun["speak"], message_id, wished=True)
    if begun.get("export"):
        with SetWorkflowID(f"export-{message_id}"):
            await DBOS.start_workflow_async(export, message_id)
    if earlier := begun.get("also"):
        await begin_answer(earlier, split_making(earlier)[0], spoken=False)
    if dropped := begun.get("dropped"):
        with SetWorkflowID(f"erase-{dropped}.{message_id}"):
            await DBOS.start_workflow_async(erase, dropped, message_id)
    for sending_id in begun.get("notices", ()):
        with SetWorkflowID(f"notice-{sending_id}"):
            await DBOS.start_workflow_async(notice, sending_id)


# --- one answer --------------------------------------------------------------------------------


async def begin_answer(making: str, message_id: str, *, spoken: bool) -> None:
    """Give the work to the core, and what waits for it to our own queue: of a crowd only the foremost are in memory.

    Who spoke is asked about what was heard, and may think about it: that must not keep a place in the line."""
    await enqueue("understand", making, queue="listen" if spoken else "")
    with SetWorkflowID(f"answer-{making}"):
        if spoken:
            await DBOS.start_workflow_async(answer, making, message_id, True)
        else:
            await DBOS.enqueue_workflow_async(ANSWERS, answer, making, message_id, False)


@DBOS.workflow(name="answer")
async def answer(making: str, message_id: str, spoken: bool) -> None:
    """An entry is answered: understood first, then commented, painted and set to music, each shown when it is ready.

    The core goes on from one stage to the next by itself, but not where the entry was `spoken`: what was heard is guarded
    and shown first, and once its person settled on the words they are answered as a revision of their own."""
    if spoken:
        then = await step("understood", answering.understood, making, message_id, lost=answering.give_up)
        while then == transcripts.SHOWN:
            await DBOS.sleep_async(house().settings.speech.confirm_s)
            then = await step("kept", answering.kept_as_heard, making, message_id, gone="")
        if then is not True:
            await begin(hearing.NOTHING | {"making": then or ""}, message_id)
            return
        for stage in MADE:
            await enqueue(stage, making)
    if comment_id := await step("deliver", answering.deliver, making, message_id, gone="", lost=answering.give_up):
        await start_reciting(comment_id, message_id, wished=False)


@DBOS.workflow(name="converse")
async def converse(message_id: str) -> None:
    """Anna answers a turn of conversation."""
    await enqueue("talk", message_id)
    await step("talked", answering.talked, message_id, lost=answering.not_talked)


@DBOS.workflow(name="export")
async def export(message_id: str) -> None:
    """Everything that is kept of a person is packed and brought to them; the chat goes on meanwhile."""
    await step("exported", answering.exported, message_id, lost=answering.not_exported)


@DBOS.workflow(name="notice")
async def notice(sending_id: str) -> None:
    """A word for another chat than the one that is heard: that one must not wait for it."""
    await step("noticed", answering.noticed, sending_id)


# --- one comment, aloud ------------------------------------------------------------------------


@DBOS.workflow(name="recite")
async def recite(comment_id: str, message_id: str, wished: bool) -> None:
    """Anna reads a comment aloud. `wished`: by a button; else because the person always wants to hear her."""
    await enqueue("speak", f"{comment_id}.{message_id}")
    await step("recited", answering.recited, comment_id, message_id, wished)


async def start_reciting(comment_id: str, message_id: str, *, wished: bool) -> None:
    """Begin to read aloud, beside whatever else is going on."""
    with SetWorkflowID(f"recite-{comment_id}.{message_id}"):
        await DBOS.start_workflow_async(recite, comment_id, message_id, wished)


# --- one recording, later ----------------------------------------------------------------------


@DBOS.workflow(name="overheard")
async def overheard(making: str) -> None:
    """The core could listen at last to what nobody heard when it came."""
    if await step("late", answering.show_late, making, gone=False):
        with SetWorkflowID(f"late-{making}"):
            await DBOS.start_workflow_async(late, making)


@DBOS.workflow(name="late")
async def late(making: str) -> None:
    """Words of long ago wait for a press."""
    await DBOS.sleep_async(transcripts.LATE_HOURS * 3600)
    await step("kept", answering.keep_late, making)


@DBOS.workflow(name="erase")
async def erase(making: str, message_id: str) -> None:
    """What was thrown away can come back for a day."""
    await DBOS.sleep_async(transcripts.UNDO_HOURS * 3600)
    await step("erased", answering.erased, making, message_id)


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


def _attempt() -> int:
    """Which try of the step it is that runs now, the first one being 1."""
    status = DBOS.step_status
    return (status.current_attempt or 0) + 1 if status is not None else 1


async def _to_an_end(
    work: Callable[..., Awaitable[Any]], gone: Any, lost: Callable[..., Awaitable[None]] | None, *args: Any
) -> Any:
    attempt.set(_attempt())  # for those who give up earlier
    try:
        return await _unless_gone(work, gone, *args)
    except Passing:
        raise
    except Exception as error:  # a fault of ours, or a platform's that nobody expected
        if lost is None or attempt.get() < ATTEMPTS:
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
            "app_version": VERSIONS[CORE],
            "workflow_id": f"{stage}-{making}",
        },
        making,
    )
