"""What Discord sees of us, hundreds of private channels at once among it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.fakes.discord_people import Person
from tests.fakes.discord_server import DiscordServer
from training.bench.chats import HOW, Place, Request, measured, opened
from training.bench.lab import Section

QUIET = re.compile(r"/(gateway|users/@me|oauth2|applications)\b")
_CHAT = re.compile(r"/channels/(\d+)/(\w+)(/\d+)?")


class DiscordPlace(Place):
    """The pretended Discord."""

    name = "discord"
    server: DiscordServer

    def meet(self, number: int) -> Person:
        """See Place."""
        return self.server.person(number)

    def chat_of(self, someone: Person) -> str:
        """See Place."""
        return str(someone.dm_id)

    def shown(self, someone: Person) -> list[tuple[str, bool, bool]]:
        """See Place."""
        names = [(str(one.id), [name for name, _, _ in one.files]) for one in someone.shown]
        return [
            (name, "picture.png" in files, any(file.startswith("music.") for file in files)) for name, files in names
        ]

    def requests(self) -> list[Request]:
        """See Place."""
        found = []
        for call in self.server.calls:
            if QUIET.match(call.path):
                continue
            place = _CHAT.match(call.path)
            chat_id, what = (place[1], place[2] + "/…" * bool(place[3])) if place else ("", call.path.split("/")[1])
            shows = call.method == "POST" and what == "messages"
            found.append(Request(f"{call.method} {what}", chat_id, call.at_s, shows))
        return found

    def now_s(self) -> float:
        """See Place."""
        return asyncio.get_running_loop().time()


@asynccontextmanager
async def on_discord(environment: dict[str, str]) -> AsyncIterator[Place]:
    """Bot and core with Discord alone, on a new data folder."""
    async with DiscordServer(token="fake") as server:
        server.limiter.rate = server.limiter.global_rate = None
        told = {
            "EMOSEUM_DISCORD__TOKEN": server.token,
            "EMOSEUM_DISCORD__API_BASE": server.api_base,
            "EMOSEUM_DISCORD__GATEWAY_URL": server.gateway_url,
        }
        async with opened(DiscordPlace, server, told, environment, lambda: server.commands) as place:
            yield place


async def measure(quick: bool) -> Section:
    """See training.bench.chats."""
    how = HOW.format(name="discord", title="Discord")
    return await measured(on_discord, "Discord", how, quick, 100 if quick else 300)
