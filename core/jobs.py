"""What both roles call the jobs that are handed over: their versions, and the queue that all of them know."""

from __future__ import annotations

from typing import Final

# Raised by hand after a drain, when a workflow's steps change; DBOS's own default, a hash of the source, would
# strand every running job at each harmless edit.
VERSIONS: Final = {"bot": "bot-2", "core": "core-1"}
ANSWERS: Final = "answers"  # of the bot: what waits to be shown as it grows; it waits for the core
