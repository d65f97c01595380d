"""How a command ends: where something is wrong, with one clear line and a code that tells whether to start again."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any, NoReturn

import typer

if TYPE_CHECKING:
    from core.settings import Settings

EXIT_USAGE = 2  # what was typed, or a file that was named
EXIT_SETTINGS = 78  # nothing that starting again would mend
EXIT_LATER = 75  # starting again later may
_PASSING = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM)  # what is short today


def fail(words: str, code: int) -> NoReturn:
    """Say it on stderr and leave."""
    typer.echo(words, err=True)
    leave(code)


def leave(code: int) -> NoReturn:
    """End the command; 0 is well."""
    raise typer.Exit(code)


def exit_code(error: Exception) -> int:
    """Whether starting again later may mend it: room on the disk, free handles and servers come back by themselves."""
    from adapters.sql_database import is_away
    from core.ports import Passing

    passing = isinstance(error, Passing) or getattr(error, "errno", None) in _PASSING
    passing = passing or (getattr(error, "key", "") == "error.database_away" and is_away(error.__cause__))
    return EXIT_LATER if passing else EXIT_SETTINGS


def sentence(settings: Settings, error: Any) -> str:
    """An EmoseumError in the house's language, with its detail behind it."""
    from core.phrases import knows, say

    if not knows(settings.language, error.key):
        return str(error)
    words = say(settings.language, error.key)
    return words if str(error) == error.key else f"{words} ({error})"
