"""An answer grows in its chat: placeholder, comment, picture and music, one message that becomes more."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace

from bot import answers, care, entries, outbox, welcome, whereabouts
from bot.house import House, answer_slot
from core.entities import MADE, Entry, Message, Person, Reply, SendState, Stage, StageState, WorkKind, split_making
from core.ports import EmoseumError, Passing
from core.trouble import describe

log = logging.getLogger(__name__)

CHECK_S = 0.2  # seconds between two looks whether a newer revision took this one's place
TYPING_S = 4.0  # a platform shows for five that somebody is typing
PLACE_S = 4.0  # at least, between two looks at how many come before
TOGETHER_S = 0.25  # within which what is ready is shown in one

Stages = dict[str, Stage]


class Answer:
    """The answer to one making, in the chat of the message that asked for it."""

    def __init__(self, house: House, making: str, message: Message) -> None:
        self.house, self.making, self.message = house, making, message
        self.entry_id, self.revision = split_making(making)
        self.slot = answer_slot(making)
        self._said: dict[str, Reply] = {}  # by name: what did not change is not said again
        self._ahead, self._explained = 0, False  # pictures before this one; whether they know why they wait
        self._slow = False  # whether they are told that it takes long
        self._painted, self._shown_s = 0.0, time.monotonic()  # how much of its picture was, when it was shown last

    async def person(self) -> Person:
        """Whose answer it is, as they are now."""
        return await self.house.store.person_of(self.message.platform, self.message.account)

    async def say(self, person: Person, key: str, reply: Reply) -> None:
        """Say something in the chat of the answer, once."""
        await outbox.say_once(self.house, person.id, self.message.platform, self.message.chat_id, key, reply)

    # --- how far it is ------------------------------------------------------------------------

    async def until(self, ready: Callable[[Stages], bool]) -> Stages:
        """The stages once they are ready or stopped; {} where a newer revision took their place."""
        work = self.house.settings.work
        pause_s = work.polling_s / 2
        waited_s, next_check_s, next_place_s = 0.0, CHECK_S, PLACE_S if self._ahead else work.slow_s
        while True:
            stages = await self.house.store.stages(self.entry_id, self.revision)
            if ready(stages) or (stages and is_stopped(stages)):
                return stages
            if waited_s >= next_check_s:  # seldom: it opens the entry, and who takes its place is in no hurry
                if not await self.is_wanted():
                    return {}
                next_check_s = waited_s + CHECK_S
            await asyncio.sleep(pause_s)
            before_s, waited_s = waited_s, waited_s + pause_s
            pause_s = min(max(pause_s, waited_s / 20), 1.0)  # many that wait long must not keep the others from working
            if before_s % TYPING_S > waited_s % TYPING_S and not self._ahead:  # not at once: a placeholder was shown
                await self._type(stages)
            if waited_s >= next_place_s:
                await self._tell_place(stages)
                next_place_s = waited_s + max(PLACE_S, self._ahead)  # the longer the line, the less is a step worth
            elif self._has_moved(stages):
                await self.show(stages)

    def _has_moved(self, stages: Stages) -> bool:
        """True where more of the picture is painted than is shown, and the platform's pace allows to say so."""
        pace_s = self.house.platforms[self.message.platform].limits.progress_s
        return answers.how_far(stages) != self._painted and time.monotonic() - self._shown_s >= pace_s

    async def settled(self, stages: Stages) -> Stages:
        """The stages a moment later, where each change that is shown is a request: what comes together is shown so."""
        platform = self.house.platforms[self.message.platform]
        if platform.shows_outbox or is_stopped(stages) or has_failed(stages) or count_over(stages) == len(MADE):
            return stages
        await asyncio.sleep(TOGETHER_S)
        return await self.house.store.stages(self.entry_id, self.revision)

    async def _tell_place(self, stages: Stages) -> None:
        """How many pictures come before this one, while any do; where none ever did, that it takes long. Both stand in the
        answer's own place, so that they are gone once it is there."""
        before, self._ahead = self._ahead, await self._count_ahead(stages)
        explained, self._explained = self._explained, True
        self._slow = self._slow or not (explained or self._ahead)
        if self._ahead != before or not explained:
            await self.show(stages)

    async def _count_ahead(self, stages: Stages) -> int:
        if not is_understood(stages) or is_over(stages.get("picture")):
            return 0
        return await self.house.store.ahead_in_line(self.entry_id, self.revision)

    async def _type(self, stages: Stages) -> None:
        """Show that something is being made; a platform that can't say so is no reason to stop making it."""
        stage = next((name for name in ("understand", *MADE) if not is_over(stages.get(name))), "comment")
        try:
            await self.house.platforms[self.message.platform].typing(self.message.chat_id, stage)
        except Exception as error:
            log.debug("typing: %s", describe(error))

    async def is_wanted(self) -> bool:
        """False where the entry was rewritten or deleted meanwhile, or its chat's account left the diary."""
        entry = await self._entry()
        return entry is not None and entry.revision <= self.revision and await self._belongs(entry)

    async def is_theirs(self) -> bool:
        """False where the entry is gone, or the chat's account left the diary that it is part of."""
        entry = await self._entry()
        return entry is not None and await self._belongs(entry)

    async def _belongs(self, entry: Entry) -> bool:
        return entry.person_id == (await self.person()).id

    async def _entry(self) -> Entry | None:
        try:
            return await self.house.store.entry(self.entry_id)
        except Passing:
            raise
        except EmoseumError:  # deleted while its picture was painted
            return None

    # --- what is shown ------------------------------------------------------------------------

    async def show(self, stages: Stages) -> None:
        """Show the answer as far as it is: comment and picture in one message, the music in its own."""
        self._painted, self._shown_s = answers.how_far(stages), time.monotonic()
        person = await self.person()
        replies = await answers.answer_replies(self.house, person, self.making, stages, self._ahead, slow=self._slow)
        for name, reply in replies:
            if self._said.get(name) == reply:
                continue
            if await self._is_taken_back():
                return  # at this very moment: nothing of it may come again
            await self.say(person, f"{self.slot}.{name}", reply)
            self._said[name] = reply

    async def _is_taken_back(self) -> bool:
        if not await self.is_wanted():
            return True
        stages = await self.house.store.stages(self.entry_id, self.revision)
        return bool(stages) and is_stopped(stages)  # without any, no core has begun yet

    async def end(self, stages: Stages) -> None:
        """The answer ends before it is whole: stopped, overtaken by newer words, or not to be understood."""
        if has_failed(stages):
            await self._say_why(stages)
        else:
            await self._close(stages)

    async def _say_why(self, stages: Stages) -> None:
        if not await self.is_wanted():
            return
        if answers.unheard(stages):  # before it is asked: the answer may come at once
            await entries.await_words(self.house, await self.person(), self.making)
        await self.show(stages)
        await self.welcome()

    async def give_up(self) -> None:
        """It can't be shown, however often it is tried: what is missing says so, with a reference."""
        if not await self.is_wanted():
            return
        for slot in (self.slot, f"{self.slot}.music"):
            standing = await self.house.store.sending_in_slot(self.message.platform, self.message.chat_id, slot)
            if standing is not None and (standing.state is not SendState.SENT or standing.reply.progress is not None):
                await outbox.give_way(self.house, standing, "given up")

    async def _close(self, stages: Stages) -> None:
        """By a press, a crisis line, or newer words: what is there stays, a mere placeholder goes."""
        platform, chat_id = self.message.platform, self.message.chat_id
        person = await self.person()
        standing = await self.house.store.sending_in_slot(platform, chat_id, self.slot)
        if standing is not None and standing.reply.progress is not None:
            if not standing.reply.text and not standing.reply.picture:
                await outbox.withdraw(self.house, platform, chat_id, self.slot)
            elif stages:
                main = (await answers.answer_replies(self.house, person, self.making, stages))[0][1]
                await self.say(person, f"{self.slot}.main", main)
            else:
                still = replace(standing.reply, progress=None, buttons=())
                await self.say(person, f"{self.slot}.main", still)
        if stages:  # else the newer words are answered, and that is followed by the welcome
            await self.welcome()

    async def welcome(self) -> None:
        """After somebody's first answer, Anna introduces herself."""
        entry = await self._entry()
        if entry is not None and not await self._belongs(entry):  # they left: it would greet another diary
            return
        if self.message.entry_date is not None:  # from the command line: she waits until they come to the chat
            return
        person = await self.person()
        if care.came_since(person, self.message):  # no cheerful hello beside the hotlines: with the next answer
            return
        for n, reply in enumerate(welcome.introduction(self.house, person)):
            # A key of the person's: two first lines, one hello.
            await self.say(person, f"{person.id}.welcome.{n}", reply)
        await welcome.introduced(self.house, person.id)
        if (asked := welcome.after_a_day(self.house, person, self.entry_id)) is not None:
            await self.say(person, f"{self.entry_id}.acquainted", asked)
            return
        if (asked := await whereabouts.asked_once(self.house, person, self.message)) is not None:
            await self.say(person, f"{person.id}.zone.{self.message.platform}", asked)

    async def to_speak(self) -> str:
        """The comment of this making, where its person always wants to hear it, else ""."""
        person = await self.person()
        if person.anna.voice == "text" or not answers.has_voice(self.house):
            return ""
        works = await self.house.store.works(self.entry_id)
        comments = [work for work in works if work.kind is WorkKind.COMMENT and work.revision == self.revision]
        return comments[0].id if comments else ""


def is_over(stage: Stage | None) -> bool:
    """True where nothing more is to be waited for."""
    return stage is not None and stage.state is not StageState.WAITING


def is_understood(stages: Stages) -> bool:
    """True once there is a word on it, good or bad."""
    return is_over(stages.get("understand"))


def has_failed(stages: Stages) -> bool:
    """True where the entry could not be understood: nothing else will be made."""
    return "understand" in stages and stages["understand"].state is StageState.FAILED


def is_stopped(stages: Stages) -> bool:
    """True where somebody stopped it, or newer words took its place ({})."""
    return not stages or any(stage.state is StageState.CANCELLED for stage in stages.values())


def count_over(stages: Stages) -> int:
    """How many of comment, picture and music are over."""
    return sum(is_over(stages.get(name)) for name in MADE)
