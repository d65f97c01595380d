"""Each private chat is heard in its own order, and what was written while we were away is heard first.

Discord's gateway knows no acknowledgement of a single message: what it told a process that then died is never told
again. So after each new session every chat is read over REST from the last line that the store knows.

Which private chats there are Discord tells no bot: READY's `private_channels` and `/users/@me/channels` are empty for
one. Who wrote for the first time while nobody listened is therefore heard with their next line, command or edit: the
first of it in a process reads a chat, also one that the store does not know.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from core.entities import Kind, Message
from core.ports import Heard
from core.trouble import describe

log = logging.getLogger(__name__)

AT_ONCE = 8  # chats that are read over REST at the same time
TRIES = (0.0, 1.0, 2.0, 4.0, 8.0)  # seconds before each try to read a chat
AGAIN_S = 60.0  # after which a chat that could not be read is tried again
LONGEST_PAUSE_S = 30.0

#: What a chat holds that we have not heard, oldest first, given what the store knows of it.
Missed = Callable[[str, Sequence[Message]], Awaitable[Sequence[Message]]]


@dataclass(frozen=True)
class _Waiting:
    message: Message
    session: int  # that told it
    kept: asyncio.Future[bool] | None = None  # of one who waits for it

    def place(self) -> tuple[int, int]:
        """Where it stands in its chat, by Discord's clock: ids tell milliseconds, edits more than those."""
        sent_ms = int(self.message.sent_at.timestamp() * 1000)
        return sent_ms, int(self.message.platform_message_id.removeprefix("i"))


@dataclass
class _Room:
    waiting: deque[_Waiting] = field(default_factory=deque)
    worker: asyncio.Task[None] | None = None
    caught_up: int = -1  # the session in which it was read over REST
    known: Sequence[Message] | None = None  # what the store knew when reading began


class Rooms:
    """The private chats of one connection; `heard` is asked again until a message is kept."""

    def __init__(
        self,
        heard: Heard,
        missed: Missed,
        known: Callable[[str], Awaitable[Sequence[Message]]],
        chats: Callable[[], Awaitable[Sequence[str]]],
    ) -> None:
        self._heard, self._missed, self._known, self._chats = heard, missed, known, chats
        self._rooms: dict[str, _Room] = {}
        self._session = 0
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._waking: asyncio.Task[None] | None = None

    def new_session(self) -> None:
        """The gateway begins anew: whatever was said since the last session may have been missed."""
        self._session += 1
        if self._waking is not None:
            self._waking.cancel()
        self._waking = asyncio.create_task(self._wake_all())

    def hear(self, message: Message) -> None:
        """Take a message in, behind those of its chat that were told before."""
        self._queue(_Waiting(message, self._session))

    def in_turn(self, message: Message) -> asyncio.Future[bool]:
        """The same for a press or a command: done once it is kept, with True where it is new."""
        kept = asyncio.get_running_loop().create_future()
        self._queue(_Waiting(message, self._session, kept))
        return kept

    def _queue(self, waiting: _Waiting) -> None:
        room = self._rooms.setdefault(waiting.message.chat_id, _Room())
        room.waiting.append(waiting)
        self._wake(waiting.message.chat_id, room)

    async def keep(self, message: Message) -> bool:
        """Make a message durable, however long that takes. True where it is new."""
        pause_s = 0.2
        while True:
            try:
                return await self._heard(message)
            except Exception as error:  # nobody tells us again: it must not be lost for a passing fault
                log.warning("a message waits to be kept: %s", describe(error))
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def close(self, patience_s: float = 5.0) -> None:
        """Finish what is waiting, for so long; the rest is read again at the next start."""
        if self._waking is not None:
            self._waking.cancel()
        workers = [room.worker for room in self._rooms.values() if room.worker is not None]
        if workers:
            _, late = await asyncio.wait(workers, timeout=patience_s)
            for worker in late:
                worker.cancel()

    # --- one chat -----------------------------------------------------------------------------

    async def _wake_all(self) -> None:
        pause_s = 0.5
        while True:
            try:
                chats = await self._chats()
                break
            except Exception as error:
                log.warning("the chats can't be listed: %s", describe(error))
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
        for chat_id in chats:
            self._wake(chat_id, self._rooms.setdefault(chat_id, _Room()))

    def _wake(self, chat_id: str, room: _Room) -> None:
        if room.worker is None:
            room.worker = asyncio.create_task(self._work(chat_id, room))

    async def _work(self, chat_id: str, room: _Room) -> None:
        try:
            while True:
                if room.caught_up < self._session and _is_private(room):
                    session = self._session
                    await self._catch_up(chat_id, room, session)
                    room.caught_up = session
                elif room.waiting:
                    first = room.waiting[0]
                    is_new = await self.keep(first.message)
                    room.waiting.popleft()
                    if first.kept is not None and not first.kept.done():
                        first.kept.set_result(is_new)
                else:
                    return
        finally:
            room.worker = None

    async def _catch_up(self, chat_id: str, room: _Room, session: int) -> None:
        for pause_s in TRIES:
            await asyncio.sleep(pause_s)
            try:
                async with self._at_once:
                    if room.known is None:
                        room.known = await self._known(chat_id)
                    missed = await self._missed(chat_id, room.known)
            except Exception as error:
                log.warning("a chat can't be read yet: %s", describe(error))
                continue
            _put_in(room, missed, session)
            room.known = None
            return
        asyncio.get_running_loop().call_later(AGAIN_S, self._read_again, chat_id, room)

    def _read_again(self, chat_id: str, room: _Room) -> None:
        """What is heard meanwhile goes on; `known` still says from where to read."""
        room.caught_up = -1
        self._wake(chat_id, room)


def _is_private(room: _Room) -> bool:
    return not room.waiting or room.waiting[0].message.private


def _put_in(room: _Room, missed: Sequence[Message], session: int) -> None:
    """Each missed message takes its place among the waiting ones.

    What this session tells comes by itself; what an earlier one told of a line may lack how it was reworded since."""
    read = {message.platform_message_id for message in missed if message.kind is Kind.TEXT}
    waiting = [one for one in room.waiting if one.session == session or one.message.platform_message_id not in read]
    told = {one.message.platform_message_id for one in waiting if one.message.kind is Kind.TEXT}
    new = (one for one in missed if one.kind is Kind.EDIT or one.platform_message_id not in told)
    room.waiting = deque(sorted([*(_Waiting(one, session) for one in new), *waiting], key=_Waiting.place))
