"""A whole day in Telegram and in Discord, with nothing started but by the lines of README.md and the Procfile.

The engines are the real ones that come with Emoseum; Telegram and Discord are the fakes, put in their place by settings.
"""

from __future__ import annotations

import asyncio
import re
import signal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from core.phrases import say
from core.settings import ROOT, Settings
from tests.core.test_settings import keys_of
from tests.fakes.discord_server import DiscordServer
from tests.fakes.full_day import LINES, Day
from tests.fakes.house_process import free_port
from tests.fakes.telegram_server import TelegramServer
from tests.fakes.typed_lines import BLOCKS, README, Typed, block_with, typed, value_in
from tests.golden.seats import DiscordSeat, TelegramSeat

FRIEND = 8
PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
WITHOUT_TORCH = {"EMOSEUM_ENGINES__PAINTER": "crayon"}  # as README installs it; here the tests have installed more


def seats(server: Any, language: str) -> tuple[Day, Day]:
    """The person whose day it is, and a friend who speaks the other language."""
    other = "en" if language == "ko" else "ko"
    seat = TelegramSeat if isinstance(server, TelegramServer) else DiscordSeat
    mine, theirs = seat(server, language), seat(server, other)
    if isinstance(server, TelegramServer):
        theirs.person = server.person(FRIEND, "Robin", other)
    else:
        theirs.person = server.person(FRIEND, "Robin", "ko" if other == "ko" else "en-US")
    return Day(mine, language), Day(theirs, other)


async def a_day(terminal: Typed, block: str, doctor: str, server: Any, language: str) -> None:
    """README's lines are typed, the doctor is asked, a day goes by, Ctrl-C."""
    terminal.begin(block)
    mine, theirs = seats(server, language)
    if isinstance(server, DiscordServer):
        await mine.sees(lambda: server.commands)
    async with asyncio.TaskGroup() as together:
        together.create_task(theirs.is_reminded())
        together.create_task(mine.lives())
    exported = block.replace("make run", ".venv/bin/emoseum doctor")
    assert doctor in await asyncio.to_thread(terminal.run, exported)
    await asyncio.to_thread(terminal.ends, signal.SIGINT)
    said = terminal.said
    assert "Emoseum is at http://127.0.0.1:" in said and "Traceback" not in said
    faults = [line for line in said.splitlines() if "E-" in line]
    assert not faults, faults
    secret = [*LINES[language].values(), server.token]
    assert not [word for word in secret if word in said]


@pytest.mark.timeout(300)
async def test_a_full_day_in_each_chat_started_by_the_lines_of_readme(tmp_path: Path) -> None:
    of_telegram, of_discord = block_with("EMOSEUM_TELEGRAM__TOKEN"), block_with("EMOSEUM_DISCORD__TOKEN")
    async with (
        TelegramServer(token=value_in(of_telegram, "EMOSEUM_TELEGRAM__TOKEN")) as telegram,
        DiscordServer(token=value_in(of_discord, "EMOSEUM_DISCORD__TOKEN")) as discord,
    ):
        to_telegram = {
            "EMOSEUM_TELEGRAM__BASE_URL": telegram.base_url,
            "EMOSEUM_TELEGRAM__BASE_FILE_URL": telegram.base_file_url,
        } | WITHOUT_TORCH
        to_discord = {
            "EMOSEUM_DISCORD__API_BASE": discord.api_base,
            "EMOSEUM_DISCORD__GATEWAY_URL": discord.gateway_url,
        } | WITHOUT_TORCH
        well = say("en", "doctor.telegram.well", name="{}"), say("en", "doctor.discord.well", name="{}")
        with typed(tmp_path / "telegram", to_telegram) as one, typed(tmp_path / "discord", to_discord) as other:
            async with asyncio.TaskGroup() as both:
                both.create_task(a_day(one, of_telegram, well[0].format(telegram.username), telegram, "ko"))
                both.create_task(a_day(other, of_discord, well[1].format(discord.bot["username"]), discord, "en"))
        for sentence in well:
            assert sentence.format("your_bot") in " ".join(README.split())


# --- where it is always on ----------------------------------------------------------------------


def filled_in(terminal: Typed, **values: str) -> str:
    """config/env.example becomes .env with these filled in, as README says. Returns the line that loads it."""
    copy, load = re.findall(r"`(cp config/env.example .env|set -a; [^`]+)`", README)
    assert "No such file" not in terminal.run(copy)
    file = terminal.folder / ".env"
    text = file.read_text()
    for name, value in values.items():
        text, count = re.subn(rf"^# {name}=.*$", f"{name}={value}", text, flags=re.MULTILINE)
        assert count == 1, f"config/env.example does not have {name}"
    file.write_text(text)
    return load


@pytest.mark.timeout(180)
async def test_the_procfile_and_a_webhook_as_readme_says(tmp_path: Path) -> None:
    url, port, health = value_in(README, "EMOSEUM_TELEGRAM__WEBHOOK_URL"), free_port(), free_port()
    async with TelegramServer() as telegram:
        telegram.tunnel = f"http://127.0.0.1:{port}"
        settings = {
            "EMOSEUM_TELEGRAM__BASE_URL": telegram.base_url,
            "EMOSEUM_TELEGRAM__BASE_FILE_URL": telegram.base_file_url,
            "EMOSEUM_TELEGRAM__WEBHOOK_PORT": str(port),
            "EMOSEUM_HEALTH__PORT_BOT": str(health),
        } | WITHOUT_TORCH
        with typed(tmp_path / "host", settings) as terminal:
            load = filled_in(terminal, EMOSEUM_TELEGRAM__TOKEN=telegram.token, EMOSEUM_TELEGRAM__WEBHOOK_URL=url)
            assert "The database is up to date." in terminal.run(f"{load}; {PROCFILE['release']}")
            for role in ("bot", "core"):
                terminal.begin(f"{load}; exec {PROCFILE[role]}")
            day = Day(TelegramSeat(telegram, "ko"), "ko")
            await day.seat.says(day.lines["first"])
            await day.answered(1)
            async with aiohttp.ClientSession() as page:
                async with page.get(f"http://127.0.0.1:{health}/healthz") as answer:
                    assert answer.status == 200, await answer.text()
                async with page.post(telegram.tunnel + "/telegram", json={"update_id": 1}) as answer:
                    assert answer.status == 403  # without the secret
            assert not [call for call in telegram.calls if call.method == "getUpdates"]
            await asyncio.to_thread(terminal.ends, signal.SIGTERM)
            assert "Traceback" not in terminal.said and telegram.token not in terminal.said


def test_the_tree_of_readme_is_the_tree() -> None:
    tree = next(block for block in BLOCKS if "emoseum.py" in block)
    told = set(re.findall(r"^([\w.]+/?) ", tree, re.MULTILINE))
    there = {f"{path.parent.name}/" for path in ROOT.glob("*/*") if path.suffix in (".py", ".toml", ".html", ".md")}
    there = {name for name in there if not name.startswith((".", "emoseum.egg"))}
    assert there | {path.name for path in ROOT.glob("*.py")} == told
    folder = ""
    for line in tree.splitlines():
        folder = found[1] if (found := re.match(r"(\w+)/ ", line)) else folder
        for name in re.findall(r"[\w*]+(?:/[\w*]*)?(?:\.py|\.md|/)|\w+/\w+", line.partition("  ")[2]):
            assert [*(ROOT / folder).glob(name), *ROOT.glob(name)], f"{folder}/{name}"


def test_what_readme_names_is_there() -> None:
    known = {"EMOSEUM_" + key.upper().replace(".", "__") for key in keys_of(Settings)}
    named = set(re.findall(r"\bEMOSEUM_[A-Z0-9_]+[A-Z0-9]", README))
    assert len(named) > 10 and named <= known, named - known
    linked = {name.partition("#")[0] for name in re.findall(r"\]\((?!http)([^)]+)\)", README)}
    assert "docs/deploy.md" in linked and not [name for name in linked if not (ROOT / name).exists()]


def test_every_line_of_settings_can_be_put_into_a_file_for_systemd() -> None:
    """A shell drops a comment behind a value; systemd takes it for a part of the value."""
    texts = README, *(path.read_text() for path in (ROOT / "docs" / "deploy.md", ROOT / "config" / "env.example"))
    lines = [line for text in texts for line in text.splitlines() if re.match(r"(# )?EMOSEUM_\w+=", line)]
    assert len(lines) > 25 and not [line for line in lines if " " in line.removeprefix("# ")]
