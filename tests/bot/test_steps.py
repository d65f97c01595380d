"""How long a step is tried, by the real durable engine: what passes counts for nothing, anything else has an end."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: In a process of its own: the engine is one for each process.
SCRIPT = """
import asyncio, json, sys
from dbos import DBOS, DBOSConfig
from bot import at_hand, journey
from core.ports import Unanswered

tries, told = [], []
journey.ATTEMPTS = 4

async def work(name):
    tries.append(at_hand.attempt.get())
    if len(tries) in (2, 3):
        raise Unanswered("502")
    raise ZeroDivisionError("a word of somebody's diary")

async def lost(name):
    told.append(name)

@DBOS.workflow(name="answer_of_a_test")
async def answer(name):
    return await journey.step("deliver", work, name, gone="gone", lost=lost)

async def main():
    DBOS(config=DBOSConfig(name="steps", system_database_url=f"sqlite:///{sys.argv[1]}", log_level="CRITICAL"))
    DBOS.launch()
    try:
        print(json.dumps([await answer("entry.1"), tries, told]))
    finally:
        DBOS.destroy()

asyncio.run(main())
"""


def test_a_step_is_tried_so_many_times_and_what_passes_is_not_counted(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "steps.sqlite")],
        capture_output=True, text=True, cwd=ROOT, timeout=120, check=True,
    )  # fmt: skip
    result = next(line for line in ran.stdout.splitlines() if line.startswith("["))
    assert json.loads(result) == ["gone", [1, 2, 2, 2, 3, 4], ["entry.1"]]
    assert "work is given up" in ran.stderr and "diary" not in ran.stderr
