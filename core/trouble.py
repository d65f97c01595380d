"""An error is told to the log without what it was about: type and place, never the words it may carry."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from typing import Any

OURS = ("core", "bot", "adapters", "emoseum")


class _Discreet(logging.Formatter):
    """Writes an exception as its type and place: a traceback ends with its message, and that may be somebody's diary."""

    def formatException(self, ei: Any) -> str:
        return describe(ei[1]) if ei[1] is not None else ""


def log_discreetly(role: str, level: str) -> None:
    """Log to stderr for a process of ours: our own modules at `level`; libraries tell warnings only, since at debug
    they print what passes through them."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Discreet(f"%(asctime)s {role} %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())
    engine = logging.getLogger("dbos")  # brings a handler of its own where it finds none
    engine.handlers[:] = [handler]
    engine.propagate = False


def describe(error: BaseException, frames: int = 4) -> str:
    """`ValueError at journey.py:120 tell < conversation.py:40 told`: innermost first."""
    places = [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    text = f"{type(error).__name__} at {' < '.join(reversed(places[-frames:]))}" if places else type(error).__name__
    if error.__cause__ is not None:
        text += f" because {describe(error.__cause__, frames)}"
    return text
