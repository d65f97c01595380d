"""What was made is brought: answers as they grow, Anna's words and her voice, exports, and what is due much later."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from bot import answers, care, delivery, exporting, outbox, settling, transcripts
from bot.at_hand import heard, house, say
from bot.house import note
from core.entities import MADE, making_id, new_reference, split_making
from core.ports import EmoseumError, Passing

log = logging.getLogger(__name__)


# --- the answer to an entry --------------------------------------------------------------------


async def answer_to(making: str, message_id: str) -> delivery.Answer:
    """The answer to a making, in the chat of a message."""
    return delivery.Answer(house(), making, await house().store.message(message_id))


async def give_up(making: str, message_id: str) -> None:
    """An answer can't be shown: its place says so, with a reference; what was made is kept and can be opened."""
    await (await answer_to(making, message_id)).give_up()


async def understood(making: str, message_id: str) -> str | bool:
    """Wait until what was spoken is understood, guard it and show it: see `transcripts.shown`. False too where no answer is
    to be made."""
    answer = await answer_to(making, message_id)
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
    answer = await answer_to(making, message_id)
    person = await answer.person()
    return await transcripts.kept_as_heard(house(), person, making, answer.message, partial(answer.say, person))


async def deliver(making: str, message_id: str) -> str:
    """Show the answer as it grows until all of it is there. Returns the comment that is to be read aloud, if any."""
    answer, shown = await answer_to(making, message_id), 0
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


# --- everything else that takes longer ---------------------------------------------------------


async def talked(message_id: str) -> None:
    """Wait for Anna's words and say them, unless something graver was written meanwhile."""
    pause_s = house().settings.work.polling_s / 2
    while True:
        message, person = await heard(message_id)  # in each round: they may join or leave a diary meanwhile
        if not await answers.is_asked(house(), person, message_id):
            if (await heard(message_id))[1].id == person.id:
                return
            continue  # they joined a diary between the two looks, and their words went there with them
        if (reply := await answers.talk_reply(house(), person, message_id)) is not None:
            break
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 1.05, 1.0)
    if not await care.began_since(house(), person, message_id):
        await say(message, person, f"{message_id}.talk", reply)


async def not_talked(message_id: str) -> None:
    """Her words can't be said: that is, so that it may be asked once more."""
    message, person = await heard(message_id)
    reference = new_reference()
    log.error("%s: the talk of message %s is given up", reference, message_id)
    await say(message, person, f"{message_id}.lost", note(person, "trouble.talk", reference=reference))


async def exported(message_id: str) -> None:
    """Pack and bring it."""
    message, person = await heard(message_id)
    await exporting.deliver(house(), message, person)


async def not_exported(message_id: str) -> None:
    """It can't be packed or brought: that is said, and it may be asked for anew."""
    message, person = await heard(message_id)
    await exporting.fail(house(), message, person)


async def noticed(sending_id: str) -> None:
    """Say what was kept for that chat."""
    await outbox.deliver(house(), await house().store.sending(sending_id))


async def recited(comment_id: str, message_id: str, wished: bool) -> None:
    """Wait for her voice and bring it. Where she has none, who wished for it is told, anybody else just reads."""
    message, person = await heard(message_id)
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
        await say(message, person, f"{message_id}.voice", reply)
        return
    if await answer.is_wanted():
        await answer.show(await house().store.stages(work.entry_id, work.revision))


# --- a recording, later ------------------------------------------------------------------------


async def show_late(making: str) -> bool:
    """Guard the words and show them quietly, in the chat that the recording came from."""
    answer = await answer_to(making, split_making(making)[0])
    person = await answer.person()
    if not await answer.is_wanted():
        return False
    if (given_up := await transcripts.given_up(house(), person, making)) is not None:
        await answer.say(person, f"{making}.late", given_up)
        return False
    for n, reply in enumerate(await care.guarded_transcript(house(), person, making)):
        await answer.say(person, f"{making}.care.{n}", reply)
    return await transcripts.show_late(house(), person, making, partial(answer.say, person))


async def keep_late(making: str) -> None:
    """See `transcripts.keep_late`."""
    answer = await answer_to(making, split_making(making)[0])
    await transcripts.keep_late(house(), await answer.person(), making)


async def erased(making: str, message_id: str) -> None:
    """See `settling.erase`."""
    _message, person = await heard(message_id)
    await settling.erase(house(), person, making)
