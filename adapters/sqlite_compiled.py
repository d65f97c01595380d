"""A statement is put into SQLite's words once, however many databases one process opens.

SQLAlchemy keeps compiled statements with each engine, and compiling costs ten times as much as asking: a house that
opens anew, as each test's does, compiled sixty of them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.util import LRUCache

_KEPT = 1000


class _Compiled(LRUCache[Any, Any]):
    """By what SQLAlchemy keeps them by, but for the dialect: those of one class say the same in the same words."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        """As of a dict."""
        return super().get((type(key[0]), *key[1:]), default)

    def __setitem__(self, key: tuple[Any, ...], value: Any) -> None:
        super().__setitem__((type(key[0]), *key[1:]), value)


#: To be given to an engine of SQLite as one of its `execution_options`, `compiled_cache`.
compiled = _Compiled(_KEPT)
