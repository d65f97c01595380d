"""The queue of updates: fetched by long polling, or posted to a webhook until it says yes."""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp

from tests.fakes.telegram_limits import Refused

if TYPE_CHECKING:
    from tests.fakes.telegram_server import TelegramServer

KINDS = {
    "message", "edited_message", "channel_post", "edited_channel_post", "inline_query", "chosen_inline_result",
    "callback_query", "shipping_query", "pre_checkout_query", "poll", "poll_answer", "my_chat_member", "chat_member",
    "chat_join_request", "message_reaction", "message_reaction_count", "business_connection", "business_message",
}  # fmt: skip
_DEFAULT = KINDS - {"chat_member", "message_reaction", "message_reaction_count"}
_TWICE = "terminated by other getUpdates request; make sure that only one bot instance is running"
_HOOKED = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"


@dataclass
class Update:
    """One thing that happened, until the bot confirms it."""

    update_id: int
    kind: str
    body: dict[str, Any]
    created: float
    chat_id: int
    echo: bool = False  # to be delivered a second time

    def told(self) -> dict[str, Any]:
        """As it goes over the wire."""
        return {"update_id": self.update_id, self.kind: self.body}


@dataclass(frozen=True)
class Webhook:
    """What setWebhook was told."""

    url: str
    secret_token: str = ""
    max_connections: int = 40
    allowed_updates: tuple[str, ...] = ()
    ip_address: str = ""


class Updates:
    """Keeps updates 24 hours (presses 150 seconds) and tells them in order."""

    def __init__(self, server: TelegramServer) -> None:
        self.server = server
        self.pending: list[Update] = []
        self.webhook: Webhook | None = None
        self.confirmed = 0
        self.last_error = ""
        self.last_error_at = 0.0
        self._next_id = 700_000_001
        self._allowed = set(_DEFAULT)
        self._poll: asyncio.Future[None] | None = None
        self._again: list[Update] = []
        self._twice = 0
        self._held: list[Update] = []
        self._hold = 0
        self._pumps: dict[int, asyncio.Task[None]] = {}
        self._session: aiohttp.ClientSession | None = None
        self._open = asyncio.Semaphore(40)

    def add(self, kind: str, body: dict[str, Any], chat_id: int) -> None:
        """Something happened."""
        if kind not in self._allowed:
            return
        update = Update(self._next_id, kind, body, self.server.now(), chat_id, echo=self._twice > 0)
        self._next_id += 1
        self._twice = max(0, self._twice - 1)
        if self._hold:
            self._held.append(update)
            self._hold -= 1
            if self._hold:
                return
            self.pending += _shuffled(self._held)
            self._held = []
        else:
            self.pending.append(update)
        self._tell()

    def duplicate_next(self, count: int = 1) -> None:
        """The next `count` updates that happen are delivered a second time after they were confirmed."""
        self._twice += count

    def shuffle_next(self, count: int) -> None:
        """The next `count` updates wait for each other and are delivered out of order."""
        self._hold = count

    def allow(self, given: Any) -> None:
        """Remembers allowed_updates; None leaves them, an empty list is the default."""
        if given is None:
            return
        if not isinstance(given, list):
            raise Refused(400, "can't parse allowed_updates: Expected an Array of String")
        self._allowed = set(given) & KINDS or set(_DEFAULT)

    async def poll(self, offset: int, limit: int, timeout_s: float) -> list[dict[str, Any]]:
        """getUpdates: an offset confirms all before it; a second poller that has to wait ends the first one's wait."""
        if self.webhook:
            raise Refused(409, _HOOKED)
        self._confirm(offset)
        ready = self._ready(limit)
        if ready or timeout_s <= 0 or self.server.closing.is_set():
            return ready
        self.end_poll(Refused(409, _TWICE))
        waiting = self._poll = asyncio.get_running_loop().create_future()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(waiting, timeout_s)
        return self._ready(limit)

    def end_poll(self, why: Exception | None = None) -> None:
        """Ends a wait under way, with an error or with what there is."""
        if self._poll and not self._poll.done():
            if why:
                self._poll.set_exception(why)
            else:
                self._poll.set_result(None)
        self._poll = None

    def _tell(self) -> None:
        self.end_poll()
        self._pump_all()

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            offset = self.pending[offset:][0].update_id if self.pending else 0
        if 0 < offset <= self._next_id + 10:  # one from further in the future is taken for none
            gone = [update for update in self.pending if update.update_id < offset]
            self._again += [update for update in gone if update.echo]
            self.pending = [update for update in self.pending if update.update_id >= offset]
            self.confirmed = max(self.confirmed, min(offset, self._next_id) - 1)

    def _ready(self, limit: int) -> list[dict[str, Any]]:
        now = self.server.now()
        self.pending = [
            update for update in self.pending
            if now - update.created <= (150 if update.kind == "callback_query" else 24 * 3600)
        ]  # fmt: skip
        told = [update.told() for update in (self._again + self.pending)[: max(1, min(100, limit))]]
        self._again = self._again[len(told) :]
        return told

    async def set_webhook(self, webhook: Webhook | None, drop: bool) -> None:
        """Switches to posting, or with None back to polling."""
        await self._stop_pumps()
        if drop:
            self.pending, self._again = [], []
        if webhook:
            self.end_poll(Refused(409, "terminated by setWebhook request"))
            self.last_error = ""
            self._open = asyncio.Semaphore(webhook.max_connections)
        self.webhook = webhook
        self._pump_all()

    async def close(self) -> None:
        """Ends waits and posts."""
        self.end_poll()
        await self._stop_pumps()
        if self._session:
            await self._session.close()

    async def _stop_pumps(self) -> None:
        pumps, self._pumps = list(self._pumps.values()), {}
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)

    def _pump_all(self) -> None:
        """One task a chat: chats do not wait for each other, the updates of one do."""
        if not self.webhook:
            return
        for chat_id in {update.chat_id for update in self.pending}:
            if chat_id not in self._pumps or self._pumps[chat_id].done():
                self._pumps[chat_id] = asyncio.create_task(self._pump(chat_id))

    async def _pump(self, chat_id: int) -> None:
        pause_s = self.server.webhook_pause_s
        while update := next((update for update in self.pending if update.chat_id == chat_id), None):
            if await self._post(update):
                pause_s = self.server.webhook_pause_s
                self.confirmed = max(self.confirmed, update.update_id)
                if update.echo:
                    update.echo = False
                elif update in self.pending:
                    self.pending.remove(update)
            else:
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, 60.0)

    async def _post(self, update: Update) -> bool:
        assert self.webhook
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook.secret_token} if self.webhook.secret_token else {}
        self._session = self._session or aiohttp.ClientSession()
        parts = urlsplit(self.webhook.url)
        url = self.webhook.url
        if self.server.tunnel:
            url = self.server.tunnel.rstrip("/") + parts.path + (f"?{parts.query}" if parts.query else "")
        try:
            async with self._open, self._session.post(url, json=update.told(), headers=headers) as answer:
                await answer.read()
                if 200 <= answer.status < 300:
                    return True
                self.last_error = f"Wrong response from the webhook: {answer.status} {answer.reason}"
        except aiohttp.ClientError:
            self.last_error = "Connection refused"
        self.last_error_at = self.server.now()
        return False


def _shuffled(updates: list[Update]) -> list[Update]:
    """Another order than the given one, the same every time."""
    mixed = list(updates)
    while len(mixed) > 1 and [u.update_id for u in mixed] == [u.update_id for u in updates]:
        random.Random(len(mixed) * 7 + 1).shuffle(mixed)
        if mixed == updates:
            mixed.reverse()
    return mixed
