"""The house on three platforms at once, with one person in front of each and a clock that can be moved."""

from __future__ import annotations

import re
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot import care, exporting, reminders
from bot.discord_platform import DiscordPlatform
from bot.telegram_platform import TelegramPlatform
from bot.web_platform import WebPlatform
from core import service
from core.entities import Message, Person, Purpose, Step, utc_now
from core.ports import EmoseumError
from core.settings import Discord, Engines, Telegram, Web
from tests.fakes.chat_house import Turns, offered_commands
from tests.fakes.discord_server import DiscordServer
from tests.fakes.in_process import Chat, ToldStudio
from tests.fakes.telegram_server import TelegramServer
from tests.fakes.voices import Ear, Voice
from tests.golden.screens import Bubble
from tests.golden.script import Script
from tests.golden.seats import PERSON, DiscordSeat, Seat, TelegramSeat, WebSeat, until

ENGINES = Engines(painter="instant", composer="instant", commenter="embedded")
ZONES = {"ko": "Asia/Seoul", "en": "UTC"}  # where the house believes somebody to be whose platform does not say
ACCOUNTS = {"web": "me", "telegram": str(PERSON), "discord": str(PERSON)}
ALBUM_QUIET_S = 1.5  # a busy disk may keep the pieces of one album half a second apart


class Stage:
    """What a script is played on; `clock` is time-machine's."""

    def __init__(self, folder: Path, script: Script, clock: Any) -> None:
        self._folder, self._script, self._clock = folder, script, clock
        self.language, self.zone = script.language, ZoneInfo(ZONES[script.language])
        self.telegram, self.discord = TelegramServer(), DiscordServer(token="fake")
        self.seats: dict[str, Seat] = {}
        self.kept: dict[str, int] = dict.fromkeys(script.platforms, 0)
        self._stack = AsyncExitStack()
        self._turns = Turns(self._answer)
        self._faults: list[BaseException] = []

    async def __aenter__(self) -> Stage:
        await self._stack.enter_async_context(self.telegram)
        await self._stack.enter_async_context(self.discord)
        self.telegram.per_chat_per_s = self.discord.limiter.rate = None  # how fast we may speak is tested by itself
        seats: dict[str, Seat] = {
            "telegram": TelegramSeat(self.telegram, self.language),
            "discord": DiscordSeat(self.discord, self.language),
            "web": WebSeat(self.language, str(self.zone)),
        }
        self.seats = {platform: seats[platform] for platform in self._script.platforms}
        await self._begin()
        for platform in self.seats:
            await self._introduce(platform)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._end()
        await self._stack.aclose()

    # --- the house ----------------------------------------------------------------------------

    async def _begin(self) -> None:
        words, before = self._script.headers.get("hears"), getattr(self, "_chat", None)
        ear = Ear(words) if words else None
        self._chat = await Chat.open(self._folder, self.language, ENGINES, speaker=Voice(), transcriber=ear)
        if "tells" in self._script.headers:
            service.service().studio = ToldStudio()
        house = self._chat.house
        if before is not None:  # what the durable engine keeps over a restart
            self._chat.waiting, self._chat.dropped = before.waiting, before.dropped
        if ear is not None:
            speech = house.settings.speech.model_copy(update={"transcriber": "faster-whisper"})
            house.settings = house.settings.model_copy(update={"speech": speech})
        house.now = utc_now
        work = house.settings.work.model_copy(update={"album_quiet_s": ALBUM_QUIET_S})
        house.settings = house.settings.model_copy(update={"work": work})
        made = {"telegram": self._telegram, "discord": self._discord, "web": self._web}
        house.platforms = {platform: made[platform]() for platform in self.seats}
        for platform in house.platforms.values():
            platform.commands = offered_commands()
            await platform.start(self._heard)
        if isinstance(web := house.platforms.get("web"), WebPlatform):
            await self.seats["web"].loads(web)  # type: ignore[attr-defined]
        if isinstance(discord := house.platforms.get("discord"), DiscordPlatform):
            await until(lambda: discord.line.connected and discord.line.announced)

    async def _end(self) -> None:
        if "web" in self.seats:
            await self.seats["web"].leaves()  # type: ignore[attr-defined]
        for platform in self._chat.house.platforms.values():
            await platform.stop()
        await self._chat.close()

    async def restart(self) -> None:
        """The whole process ends, and another one begins."""
        await self._end()
        await self._begin()

    def _telegram(self) -> TelegramPlatform:
        server, house = self.telegram, self._chat.house
        given: Any = {"token": server.token, "base_url": server.base_url, "base_file_url": server.base_file_url}
        return TelegramPlatform(Telegram(**given), house.settings.intake, house.store, house.media)

    def _discord(self) -> DiscordPlatform:
        house = self._chat.house
        given: Any = {"token": "fake", "api_base": self.discord.api_base, "gateway_url": self.discord.gateway_url}
        return DiscordPlatform(Discord(**given), house.settings.intake, house.store, house.media)

    def _web(self) -> WebPlatform:
        house = self._chat.house
        return WebPlatform(Web(port=0), house.settings.intake, house.store, house.media, session_secret=b"s" * 32)

    async def _introduce(self, platform: str) -> None:
        """Somebody who has been here before: with a name and with what they allow."""
        name = self._script.headers.get("known as")
        if name is None:
            return
        person = await self.person(platform)
        allowed = frozenset(Purpose(one.strip()) for one in self._script.headers.get("allows", "storing").split(","))
        known = {"name": name, "step": Step.DONE, "told_at": utc_now()}
        await self._chat.house.store.change_person(person.id, lambda now: replace(now, **known))  # type: ignore[arg-type]
        for purpose in allowed:
            await self._chat.house.store.set_consent(person.id, purpose, True)

    # --- what is heard ------------------------------------------------------------------------

    async def _heard(self, message: Message) -> bool:
        """What the inbox does."""
        new = await self._chat.house.store.keep_with(message, lambda connection, person_id: None)
        self.kept[message.platform] += 1
        if new:
            self._turns.begin(message)
        return new

    async def _answer(self, message: Message) -> None:
        try:
            await self._chat.steps(message)
        except BaseException as fault:
            self._faults.append(fault)

    async def quiet(self, kept: dict[str, int]) -> None:
        """Wait until so many messages were kept on each platform, all is answered, and the screens stand still."""
        for platform, count in kept.items():
            await until(lambda platform=platform, count=count: self.kept[platform] >= count)
        await self._turns.quiet()
        if self._faults:
            raise self._faults[0]
        for seat in self.seats.values():
            await seat.settled()

    # --- the clock ----------------------------------------------------------------------------

    def later(self, by: timedelta) -> None:
        """Time passes in which nothing can happen."""
        self._clock.shift(by)

    async def passes(self, until_then: datetime) -> None:
        """Time passes, and what was to be done meanwhile is done in its time."""
        while (due := await self._next_due()) is not None and due <= until_then:
            self._clock.move_to(max(due, utc_now()) + timedelta(seconds=5))
            await self._keep_house()
        self._clock.move_to(max(until_then, utc_now()))
        await self._keep_house()

    async def _next_due(self) -> datetime | None:
        store, due = self._chat.house.store, [at for at in (self._chat.next_due(),) if at is not None]
        for person in await store.people():
            reminder = await store.reminder(person.id)
            if reminder is not None and reminder.next_at is not None:
                due.append(reminder.next_at)
            if person.follow_up:
                due.append(datetime.fromisoformat(person.follow_up.split(" ")[2]))
        return min(due, default=None)

    async def _keep_house(self) -> None:
        """What bot/keeping.py and the durable engine do all the time."""
        house = self._chat.house
        await self._chat.settle_due()
        await house.store.delete_unconsented(house.now() - timedelta(hours=house.settings.work.consent_hours))
        await house.store.delete_exports(house.now() - timedelta(hours=exporting.KEPT_HOURS))
        for person_id in await house.store.reminders_due(house.now(), limit=500):
            await reminders.remind(house, person_id)
        for person in await house.store.people():
            await care.follow_up(house, person)

    # --- what is seen -------------------------------------------------------------------------

    def screens(self) -> dict[str, list[Bubble]]:
        """What stands on each screen now."""
        return {platform: seat.screen() for platform, seat in self.seats.items()}

    async def person(self, platform: str) -> Person:
        """Who sits there, as the house knows them."""
        store = self._chat.house.store
        return await store.person_of(platform, ACCOUNTS[platform], language=self.language, time_zone=str(self.zone))

    async def written_by_models(self, platform: str) -> list[str]:
        """Comments, turns of talk and titles that somebody may have been shown, longest first."""
        store, found = self._chat.house.store, set()
        person = await self.person(platform)
        for entry_id in await store.every_entry(person.id):
            try:
                works = await store.works(entry_id)
            except EmoseumError:
                continue
            found |= {text for work in works for text in ((work.text,) if work.text else ())}
        found |= {turn.text for turn in await store.turns(person.id, limit=50) if turn.speaker == "anna"}
        lines = {line.strip() for text in found for line in re.split(r"\n+", text)}
        return sorted((line for line in lines if len(line) > 1), key=len, reverse=True)
