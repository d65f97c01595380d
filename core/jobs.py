"""What both roles call the jobs that are handed over: their versions, and the bot's queues."""

from __future__ import annotations

from typing import Final

# Raised by hand after a drain, when a workflow's steps change; DBOS's own default, a hash of the source, would
# strand every running job at each harmless edit.
VERSIONS: Final = {"bot": "bot-2", "core": "core-1"}
CHAT: Final = "chat"  # one message at a time in each chat
ANSWERS: Final = "answers"  # what waits for the core, to be shown as it grows
