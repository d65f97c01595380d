"""Emoseum in Telegram, through python-telegram-bot.

News is made durable before Telegram is told that we have it (telegram_listening.py), becomes a Message
(telegram_intake.py) whose files are fetched later (telegram_files.py), and a Reply becomes what stands in the chat
(telegram_render.py, telegram_screen.py), at the pace that Telegram allows (telegram_pace.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

import telegram
from telegram.error import BadRequest, TelegramError

from bot.telegram_counting import CountedRequest
from bot.telegram_files import Files
from bot.telegram_intake import NAME, Us, message_of
from bot.telegram_listening import LOOK_S, Pauses, Polling, Standing, Webhook
from bot.telegram_render import LIMITS, look_of
from bot.telegram_screen import Note, Screen
from core import settings
from core.entities import Message, Sending
from core.ports import Away, EmoseumError, Health, Heard, MediaStore, Store

log = logging.getLogger(__name__)

SLACK_S = 30.0  # without a word from Telegram, beyond what it may hold a question open
_ACTIONS = {"painting": "upload_photo", "composing": "record_voice"}


class TelegramPlatform:
    """A private chat with the bot, and an invitation in groups. Meets core.ports.Platform."""

    name = NAME
    limits = LIMITS
    resend_is_safe = False
    shows_outbox = False

    def __init__(
        self, telegram_settings: settings.Telegram, intake: settings.Intake, store: Store, media: MediaStore, *,
        pages: str = "",
    ) -> None:  # fmt: skip
        logging.getLogger("telegram").setLevel(logging.CRITICAL + 1)  # it logs what it can't read, and that is a diary
        logging.getLogger("httpx").setLevel(logging.WARNING)  # and this one every address, with the token in it
        self.commands: list[tuple[str, str, str]] = []  # name, what it does in Korean, in English
        self.address = ""  # of the webhook's door; set by start
        self._pages = pages  # where people reach our pages from elsewhere
        self._settings, self._intake, self._store = telegram_settings, intake, store
        self._requests = (CountedRequest(connection_pool_size=4), CountedRequest(pool_timeout=10.0, read_timeout=20.0))
        self._bot = _bot(telegram_settings, *self._requests)
        self._files, self._screen = Files(self._bot, media, intake), Screen(self._bot, media)
        self._standing = Standing()
        self._heard: Heard | None = None
        self._us: Us | None = None
        self._webhook: Webhook | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    # --- Platform -----------------------------------------------------------------------------

    async def start(self, heard: Heard) -> None:
        """Begin to listen; a token or a network that does not work is tried again and told by `health`.

        Raises EmoseumError where the webhook's port is taken."""
        self._heard = heard
        if self._settings.webhook_url:
            given = self._settings
            self._webhook = Webhook(
                self._bot, given.webhook_url, _secret(given), given.webhook_host, given.webhook_port, self._keep,
                self._standing,
            )  # fmt: skip
            await self._webhook.open()
            self.address = self._webhook.address
        self._soon(self._listen())

    async def send(self, sending: Sending) -> str:
        """See core.ports.Platform; what was taken back before it was ever shown is not shown."""
        if sending.reply.withdrawn:
            return ""

        look = look_of(sending.reply, await self._language(sending), self._pages)
        return await self._screen.show(sending.chat_id, look, self._noting(sending))

    async def edit(self, sending: Sending) -> str | None:
        """See core.ports.Platform."""
        chat_id, message_id = sending.chat_id, sending.platform_message_id
        if sending.reply.withdrawn:
            await self._screen.withdraw(chat_id, message_id)
            return None
        look = look_of(sending.reply, await self._language(sending), self._pages)
        return await self._screen.change(chat_id, message_id, look, self._noting(sending))

    def _noting(self, sending: Sending) -> Note:
        return lambda state: self._store.set_sending(sending.id, state)

    async def fetch(self, message: Message) -> Message:
        """See core.ports.Platform."""
        if all(attachment.media_id or not attachment.remote for attachment in message.attachments):
            return message
        person = await self._store.person_of(message.platform, message.account)
        return await self._files.fetched(message, person.id)

    @property
    def known_as(self) -> str:
        """How people find us, "" until that is known."""
        return f"@{self._us.username}" if self._us is not None else ""

    async def typing(self, chat_id: str, stage: str) -> None:
        """Show for about five seconds what is being done."""
        await self._screen.act(chat_id, _ACTIONS.get(stage, "typing"))

    async def health(self) -> Health:
        """Well as long as Telegram answered a moment ago."""
        silent_s = time.monotonic() - self._standing.well_at_s
        patience_s = SLACK_S + (LOOK_S if self._webhook is not None else self._settings.poll_timeout_s)
        trouble = self._standing.trouble or (f"no word for {silent_s:.0f} s" if silent_s > patience_s else "")
        return Health(not trouble, trouble or "listening", {"last_poll_seconds": round(silent_s, 1)})

    async def stop(self) -> None:
        """Stop listening and let go of sockets; what was not confirmed comes again."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._webhook is not None:
            await self._webhook.close()
        for request in self._requests:
            await request.shutdown()

    # --- what we hear -------------------------------------------------------------------------

    async def _listen(self) -> None:
        """Learn our own name, however long that takes, then listen for ever."""
        pauses = Pauses()
        while self._us is None:
            try:
                me = await self._bot.get_me()
                self._us = Us(me.id, me.username or "", frozenset(row[0] for row in self.commands))
            except Exception as error:  # a token that is refused today may be right tomorrow
                self._standing.troubled(error)
                await pauses.wait()
        self._soon(self._tell_commands())
        if self._webhook is not None:
            await self._webhook.run()
        else:
            await Polling(self._bot, self._settings.poll_timeout_s, self._keep, self._standing).run()

    async def _keep(self, update: telegram.Update) -> None:
        """Make an update durable, then tell Telegram that a press arrived. Raises what `heard` raises."""
        if self._us is None or self._heard is None:
            raise Away("not connected yet")
        if update.my_chat_member is not None:
            self._note(update.my_chat_member)
            return
        message = message_of(update, self._us, self._intake)
        if message is not None:
            self._screen.welcome(message.chat_id)
            await self._heard(message)
        if update.callback_query is not None:
            self._soon(self._acknowledge(update.callback_query.id))

    def _note(self, changed: telegram.ChatMemberUpdated) -> None:
        chat_id, status = str(changed.chat.id), changed.new_chat_member.status
        if status in (telegram.ChatMember.BANNED, telegram.ChatMember.LEFT):
            self._screen.leave_alone(chat_id)
        else:
            self._screen.welcome(chat_id)

    async def _acknowledge(self, query_id: str) -> None:
        """The button stops spinning; too late is no fault."""
        with contextlib.suppress(TelegramError):
            await self._bot.answer_callback_query(query_id)

    # --- how it is done -----------------------------------------------------------------------

    async def _language(self, sending: Sending) -> str:
        """In which language progress is told; nothing is looked up where there is none to tell."""
        if sending.reply.progress is None:
            return "en"
        return (await self._store.person(sending.person_id)).language

    async def _tell_commands(self) -> None:
        """The menu beside the line where people write, in Korean for Korean phones and in English for all others; in
        private chats only, since nothing of it is done in a group."""
        private = telegram.BotCommandScopeAllPrivateChats()
        for language, column in ((None, 2), ("ko", 1)):
            menu = [telegram.BotCommand(row[0], row[column][:256]) for row in self.commands]
            await self._insist(partial(self._bot.set_my_commands, menu, scope=private, language_code=language))
            await self._insist(
                partial(self._bot.delete_my_commands, language_code=language)
            )  # every chat was offered it

    async def _insist(self, ask: Callable[[], Awaitable[bool]]) -> None:
        """Set up the menu, however often Telegram is away; what it refuses is logged and left alone."""
        pauses = Pauses()
        for _ in range(5):
            try:
                await ask()
                return
            except TelegramError as error:
                log.warning("telegram: the menu of commands is not set: %s", type(error).__name__)
                if isinstance(error, BadRequest):  # asked again it would say the same
                    return
                await pauses.wait()

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside; what it raises is a fault of ours and is logged by the event loop."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _bot(given: settings.Telegram, news: CountedRequest, all_else: CountedRequest) -> telegram.Bot:
    """Raises EmoseumError where the token is none."""
    where: Any = {"base_url": given.base_url, "base_file_url": given.base_file_url}
    try:
        return telegram.Bot(
            given.token.get_secret_value(), request=all_else, get_updates_request=news,
            **{name: url for name, url in where.items() if url},
        )  # fmt: skip
    except TelegramError as error:
        raise EmoseumError("telegram.no_token", type(error).__name__) from error


def _secret(given: settings.Telegram) -> str:
    """What Telegram is to show with each post: as set, else made from the token, the same after each start."""
    token = given.token.get_secret_value().encode()
    made = hmac.new(token, b"emoseum webhook", hashlib.sha256).hexdigest()
    return given.webhook_secret.get_secret_value() or made
