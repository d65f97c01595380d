"""What Telegram sees of us, a thousand chats at once among it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.fakes.telegram_people import Person
from tests.fakes.telegram_server import TelegramServer
from training.bench.chats import HOW, Place, Request, measured, opened
from training.bench.lab import Section

QUIET = ("getUpdates", "getMe", "setMyCommands", "deleteWebhook", "getWebhookInfo", "setMyShortDescription")


class TelegramPlace(Place):
    """The pretended Telegram."""

    name = "telegram"
    server: TelegramServer

    def meet(self, number: int) -> Person:
        """See Place."""
        return self.server.person(number)

    def chat_of(self, someone: Person) -> str:
        """See Place."""
        return str(someone.chat_id)

    def shown(self, someone: Person) -> list[tuple[str, bool, bool]]:
        """See Place."""
        return [(str(one.message_id), bool(one.photo), bool(one.audio)) for one in someone.shown]

    def requests(self) -> list[Request]:
        """See Place."""
        return [
            Request(call.method, str(call.params.get("chat_id")), call.at_s, _shows(call.method))
            for call in self.server.calls
            if call.method not in QUIET
        ]

    def now_s(self) -> float:
        """See Place."""
        return self.server.elapsed_s()


def _shows(method: str) -> bool:
    return method.startswith("send") and method != "sendChatAction"


@asynccontextmanager
async def on_telegram(environment: dict[str, str]) -> AsyncIterator[Place]:
    """Bot and core with Telegram alone, on a new data folder."""
    async with TelegramServer() as server:
        server.per_chat_per_s = server.overall_per_s = None
        told = {
            "EMOSEUM_TELEGRAM__TOKEN": server.token,
            "EMOSEUM_TELEGRAM__BASE_URL": server.base_url,
            "EMOSEUM_TELEGRAM__BASE_FILE_URL": server.base_file_url,
        }
        async with opened(TelegramPlace, server, told, environment, lambda: server.count("getUpdates")) as place:
            yield place


async def measure(quick: bool) -> Section:
    """See training.bench.chats."""
    how = HOW.format(name="telegram", title="Telegram")
    return await measured(on_telegram, "Telegram", how, quick, 100 if quick else 1000)
