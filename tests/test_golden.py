"""Conversations in tests/golden/*.txt read the same in Telegram, in Discord and on the web, each from one script.

With EMOSEUM_GOLDEN=write the files are written anew with what was seen, to be read before they are committed; with
EMOSEUM_GOLDEN=show what each platform showed is written into the folder that EMOSEUM_GOLDEN_TO names, word for word.
"""

from __future__ import annotations

import difflib
import os
import ssl
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine

from bot import telegram_pace
from core import entities
from tests.golden import script
from tests.golden.play import Played, play
from tests.golden.stage import ZONES

FOLDER = Path(__file__).parent / "golden"
SCRIPTS = sorted(FOLDER.glob("*.txt"))
TRUST = cache(ssl.create_default_context)
BEGINS = "2026-05-04 20:30"  # a Monday

pytestmark = pytest.mark.timeout(300)  # five seconds each, on a machine with nothing else to do


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
async def test_a_conversation(path, tmp_path, monkeypatch):
    wanted = script.read(path)
    begins = datetime.fromisoformat(wanted.headers.get("begins", BEGINS))
    monkeypatch.setattr(entities, "_last_id", 0)  # another conversation may have gone on into a later year
    monkeypatch.setattr(telegram_pace.Bucket, "wait_s", lambda *_: 0.0)  # it keeps to a clock that we don't move
    monkeypatch.setattr(ssl, "create_default_context", TRUST)  # reading all certificates anew takes a while each time
    with time_machine.travel(begins.replace(tzinfo=ZoneInfo(ZONES[wanted.language]))) as clock:
        played = await play(wanted, tmp_path, clock)
    if os.environ.get("EMOSEUM_GOLDEN") == "write":
        path.write_text(played.rewritten(), encoding="utf-8")
    elif os.environ.get("EMOSEUM_GOLDEN") == "show":
        for platform in wanted.platforms:
            shown = Path(os.environ["EMOSEUM_GOLDEN_TO"]) / f"{path.stem}.{platform}.txt"
            shown.write_text(played.verbatim(platform), encoding="utf-8")
    elif played.differing():
        pytest.fail(difference(played), pytrace=False)


def difference(played: Played) -> str:
    """What each platform showed that the script does not say, and the other way round."""
    told = [f"{played.script.path.name} reads otherwise (EMOSEUM_GOLDEN=write pytest … writes it anew):"]
    same: dict[str, list[str]] = {}  # a difference, and the platforms that showed it
    for platform in played.differing():
        written, shown = played.expected(platform).splitlines(), played.text(platform).splitlines()
        lines = list(difflib.unified_diff(written, shown, lineterm="", n=4))[2:]
        same.setdefault("\n".join(lines), []).append(platform)
    for lines, platforms in same.items():
        told += ["", f"--- as it is written\n+++ as {' and '.join(platforms)} showed it", lines]
    return "\n".join(told)
