"""Which version of each role's workflows runs; jobs are handed over with it."""

from __future__ import annotations

from typing import Final

# Raised by hand after a drain, when a workflow's steps change; DBOS's own default, a hash of the source, would
# strand every running job at each harmless edit.
VERSIONS: Final = {"bot": "bot-2", "core": "core-1"}
