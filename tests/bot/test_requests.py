"""How many requests the answer to an entry costs on Telegram and on Discord, with engines that are quick or slow."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from core import service, studio
from core.instant import InstantComposer, InstantPainter
from tests.fakes.discord_house import DiscordHouse
from tests.fakes.telegram_house import telegram_house, until
from tests.fakes.telegram_server import TelegramServer

QUIET = ("getUpdates", "getMe", "setMyCommands", "deleteMyCommands", "deleteWebhook")
LINES = ("어제는 비가 왔다", "오늘 강아지랑 산책했다", "저녁에는 별을 보았다")


class Studio(studio.Studio):
    """Two children that take `paint_s` and `compose_s`."""

    paint_s, compose_s = 0.0, 0.0

    async def _work(self, work: Any, *args: Any) -> Any:
        if work is studio._paint:
            await asyncio.sleep(self.paint_s)
            return InstantPainter().paint(*args[:5], preferences=args[5], brief=args[6])
        await asyncio.sleep(self.compose_s)
        return InstantComposer().compose(*args)


def at_a_pace(house: Any, paint_s: float, compose_s: float) -> None:
    house.chat.beside = True
    opened = service.service().studio = Studio(house.house.settings)
    opened.paint_s, opened.compose_s = paint_s, compose_s


async def written(house: Any, someone: Any, line: str) -> None:
    count = len(house.kept) + 1
    await someone.says(line)
    await house.quiet(count)


# What is seen: the placeholder; the comment, then the picture, then its stars, in its place; and the music.
PACES = pytest.mark.parametrize(("paint_s", "compose_s", "at_most"), [(0, 0, 4), (0.8, 1.6, 5)])


@PACES
async def test_of_an_entry_on_telegram(tmp_path, paint_s, compose_s, at_most):
    async with TelegramServer() as server, telegram_house(tmp_path, server) as house:
        house.house.settings.work.__dict__["join_s"] = 0.0
        at_a_pace(house, paint_s, compose_s)
        someone = server.person(7)
        await written(house, someone, LINES[0])
        await asyncio.sleep(2.0)  # it greets: Telegram's pace is its own
        before = len(server.calls)
        for line in LINES[1:]:
            await written(house, someone, line)
        asked = [call.method for call in server.calls[before:] if call.method not in QUIET]
        assert len(asked) <= at_most * len(LINES[1:]), asked
        assert (
            sum(bool(one.photo) for one in someone.shown) == sum(bool(one.audio) for one in someone.shown) == len(LINES)
        )


@PACES
async def test_of_an_entry_on_discord(discord, on_discord: DiscordHouse, paint_s, compose_s, at_most):
    on_discord.house.settings.work.__dict__["join_s"] = 0.0
    at_a_pace(on_discord, paint_s, compose_s)
    someone = discord.person()
    await written(on_discord, someone, LINES[0])
    before = len(discord.calls)
    for line in LINES[1:]:
        await written(on_discord, someone, line)
    await until(lambda: sum(len(one.files) for one in someone.shown) == 2 * len(LINES))
    asked = [f"{call.method} {call.path}" for call in discord.calls[before:]]
    assert len(asked) <= at_most * len(LINES[1:]), asked
