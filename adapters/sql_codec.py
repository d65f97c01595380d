"""A noun becomes a sealed column, and a sealed column the noun again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

import sqlalchemy as sa

from adapters.vault import Box, Damaged

T = TypeVar("T")


def _make_adapter(kind: Any) -> Any:
    from pydantic import TypeAdapter  # here, because importing is free

    return TypeAdapter(kind)


_adapter: Any = cache(_make_adapter)


def place(table: sa.Table, row_id: str, column: str) -> str:
    """Where a sealed value belongs; it opens nowhere else."""
    return f"{table.name}/{row_id}/{column}"


def pack(box: Box, where: str, value: Any) -> bytes:
    """`value` (a frozen dataclass or a plain value) as sealed JSON; half a surrogate pair becomes a question mark."""
    from pydantic_core import PydanticSerializationError

    adapter = _adapter(type(value))
    try:
        written: bytes = adapter.dump_json(value)
    except PydanticSerializationError:
        written = json.dumps(adapter.dump_python(value, mode="json"), ensure_ascii=False).encode("utf-8", "replace")
    return box.seal(where, written)


def unpack(box: Box, where: str, sealed: bytes, kind: type[T]) -> T:
    """The value again; fields that it did not have then take their defaults. Raises Damaged."""
    from pydantic import ValidationError

    try:
        value: T = _adapter(kind).validate_json(box.open(where, bytes(sealed)))
    except ValidationError as error:
        fields = [".".join(str(part) for part in problem["loc"]) for problem in error.errors()]
        raise Damaged(f"{where} does not fit {kind.__name__} in {fields}") from None  # its words stay out of the log
    return value


def to_ms(moment: datetime) -> int:
    """Milliseconds since the epoch; a moment without a zone is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)


def from_ms(ms: int) -> datetime:
    """The moment, in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC)
