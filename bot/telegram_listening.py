"""News from Telegram is made durable before it is acknowledged: asked for by long polling, or posted to a webhook."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

import telegram
from aiohttp import web
from telegram.error import BadRequest, Conflict, EndPointNotFound, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.telegram_intake import UPDATES
from core.door import Door
from core.ports import Passing
from core.trouble import describe

log = logging.getLogger(__name__)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
LONGEST_PAUSE_S = 20.0  # between two tries: who mends a token sees it work within half a minute
STUMBLES = 5  # over one update, while others are kept, until it is let go
LOOK_S = 20.0  # between two looks whether the webhook still stands
BODY_BYTES = 1024 * 1024

Keep = Callable[[telegram.Update], Awaitable[None]]  # returns once the update is durable
News = list[tuple[int, telegram.Update | None]]  # update ids; None where the library can't read the update


class Standing:
    """How we stand with Telegram, for whoever asks after our health."""

    def __init__(self) -> None:
        self.trouble = "not connected yet"
        self.well_at_s = time.monotonic()  # the last time all was well; at first the start

    def well(self) -> None:
        """Telegram answered as it should."""
        if self.trouble:
            log.info("telegram: listening")
        self.trouble, self.well_at_s = "", time.monotonic()

    def troubled(self, error: Exception) -> None:
        """It did not; said once in the log, until something else is wrong."""
        words = words_for(error)
        if words != self.trouble:
            log.warning("telegram: %s (%s); trying on", words, type(error).__name__)
        self.trouble = words


def words_for(error: Exception) -> str:
    """What is wrong between Telegram and us, for whoever looks after the house."""
    if isinstance(error, (InvalidToken, EndPointNotFound)):
        return "the token is refused"
    if isinstance(error, Conflict):
        return "another program asks for this bot's news"
    if isinstance(error, RetryAfter):
        return "Telegram asks us to wait"
    if isinstance(error, (BadRequest, Forbidden)):
        return "Telegram refuses what we ask"
    if isinstance(error, TelegramError):
        return "Telegram can't be reached" if error.__cause__ is not None else "Telegram has trouble of its own"
    return "what was written can't be kept just now"


class Pauses:
    """Waits longer after each failure, and starts over once something works."""

    def __init__(self) -> None:
        self._next_s = 0.5

    def over(self) -> None:
        """It works again."""
        self._next_s = 0.5

    async def wait(self) -> None:
        """Half a second, then twice as long each time."""
        await asyncio.sleep(self._next_s)
        self._next_s = min(self._next_s * 2, LONGEST_PAUSE_S)


class Polling:
    """Asks for news for ever. What was asked for counts as received only once all of it is durable."""

    def __init__(self, bot: telegram.Bot, timeout_s: int, keep: Keep, standing: Standing) -> None:
        self._bot, self._timeout_s, self._keep, self._standing = bot, timeout_s, keep, standing
        self._offset = 0
        self._stumbles: Counter[int] = Counter()

    async def run(self) -> None:
        """Until it is cancelled; nothing that Telegram answers ends it."""
        pauses = Pauses()
        hooked = True  # until we know better
        while True:
            try:
                if hooked:
                    await self._bot.delete_webhook()
                    hooked = False
                news = await self._ask()
            except Exception as error:  # whatever a network or a library throws, polling goes on
                hooked = hooked or isinstance(error, Conflict)
                self._standing.troubled(error)
                await pauses.wait()
                continue
            if await self._keep_all(news):
                self._standing.well()
                pauses.over()
            else:
                await pauses.wait()

    async def _ask(self) -> News:
        timeout_s = 0 if self._standing.trouble else self._timeout_s  # after trouble we want to know at once
        asked: Any = {"offset": self._offset, "timeout": timeout_s, "allowed_updates": UPDATES}
        try:
            updates = await self._bot.get_updates(**asked, read_timeout=4)  # seconds beyond the long poll itself
        except TelegramError:
            raise
        except Exception as error:  # the library stumbles over one update and shows none of them
            log.error("telegram: news that the library can't read: %s", describe(error))
            raw = await self._bot.do_api_request("getUpdates", api_kwargs={**asked, "timeout": 0})
            return [(each["update_id"], read_update(each, self._bot)) for each in raw]
        return [(update.update_id, update) for update in updates]

    async def _keep_all(self, news: News) -> bool:
        """Keep what came, the chats beside each other, each in its order; False where something is still to be kept."""
        chats: dict[int, list[telegram.Update]] = defaultdict(list)
        for update_id, update in sorted(news, key=lambda each: each[0]):
            if update is None:
                log.error("telegram: update %d is let go: it can't be read", update_id)
            else:
                chats[chat_of(update)].append(update)
        left = [each for line in await asyncio.gather(*map(self._keep_line, chats.values())) for each in line]
        if len(left) < sum(map(len, chats.values())):  # some were kept, so whoever stumbles does so by itself
            left = [update for update in left if not self._given_up(update)]
        newest = max((update_id for update_id, _ in news), default=self._offset - 1)
        self._offset = max(self._offset, min((update.update_id for update in left), default=newest + 1))
        self._stumbles = Counter({each: n for each, n in self._stumbles.items() if each >= self._offset})
        return not left

    async def _keep_line(self, updates: Sequence[telegram.Update]) -> list[telegram.Update]:
        """Keep the updates of one chat; returns those that are not kept: the first that fails, and all after it."""
        for n, update in enumerate(updates):
            try:
                await self._keep(update)
            except Exception as error:  # a full disk, a database that is away: it comes again with the next news
                self._standing.troubled(error)
                log.warning("telegram: update %d is not kept yet: %s", update.update_id, describe(error))
                if not isinstance(error, Passing):
                    self._stumbles[update.update_id] += 1
                return list(updates[n:])
        return []

    def _given_up(self, update: telegram.Update) -> bool:
        if self._stumbles[update.update_id] < STUMBLES:
            return False
        log.error("telegram: update %d is let go after %d tries", update.update_id, STUMBLES)
        return True


class Webhook:
    """A door that Telegram posts news to. 200 says that it is durable; with anything else it comes again."""

    def __init__(
        self, bot: telegram.Bot, url: str, secret: str, host: str, port: int, keep: Keep, standing: Standing
    ) -> None:
        self._bot, self._url, self._secret, self._host, self._port = bot, url, secret, host, port
        self._keep, self._standing = keep, standing
        self._lines: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()  # by chat, while somebody waits
        self._door = Door()
        self._told_telegram = False  # since we started: the secret may be new where the address is not
        self.address = ""  # set by open

    async def open(self) -> None:
        """Listen. Raises EmoseumError where the port is taken."""
        app = web.Application(client_max_size=BODY_BYTES)
        app.router.add_post(urlsplit(self._url).path or "/", self._posted)
        await self._door.open(app, self._host, self._port, taken="telegram.port_taken", leave_s=2.0)
        self.address = self._door.address

    async def run(self) -> None:
        """Tell Telegram where the door is, and look from time to time whether it still knows; until cancelled."""
        pauses = Pauses()
        while True:
            try:
                info = await self._bot.get_webhook_info()
                if info.url != self._url or not self._told_telegram:
                    await self._bot.set_webhook(self._url, secret_token=self._secret, allowed_updates=UPDATES)
                    self._told_telegram = True
                self._standing.well()
                pauses.over()
                await asyncio.sleep(LOOK_S)
            except Exception as error:  # whatever a network or a library throws, we look again
                self._standing.troubled(error)
                await pauses.wait()

    async def close(self) -> None:
        """Stop listening; what is being kept is kept first."""
        await self._door.close()

    async def _posted(self, request: web.Request) -> web.Response:
        shown = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(shown.encode(), self._secret.encode()):
            return web.Response(status=403)
        try:
            told = await request.json()
            update_id = int(told["update_id"])
        except (ValueError, KeyError, TypeError):
            return web.Response(status=400)
        update = read_update(told, self._bot)
        if update is None:
            log.error("telegram: update %d is let go: it can't be read", update_id)
            return web.Response()
        line = self._lines.setdefault(chat_of(update), asyncio.Lock())
        try:
            async with line:
                await self._keep(update)
        except Exception as error:  # Telegram posts it again
            log.warning("telegram: update %d is not kept yet: %s", update_id, describe(error))
            return web.Response(status=503, headers={"Retry-After": "5"})
        return web.Response()


def read_update(told: dict[str, object], bot: telegram.Bot) -> telegram.Update | None:
    """An update as the library reads it; None where it can't."""
    with contextlib.suppress(Exception):  # whatever it stumbles over: one update must not keep the others away
        return telegram.Update.de_json(told, bot)
    return None


def chat_of(update: telegram.Update) -> int:
    """The chat that an update belongs to; 0 for none."""
    return update.effective_chat.id if update.effective_chat is not None else 0
