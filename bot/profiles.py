"""What somebody tells of themselves with /profile: one thing typed after its name, or several in fields of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping

_KEYS = {"name": "name", "이름": "name", "about": "about", "소개": "about", "zone": "zone", "시간대": "zone"}
_FIELD = re.compile(rf"({'|'.join(_KEYS)}) «([^«»]*)»\s*")
_SIGNS = {ord(sign): None for sign in "«»"}


def in_fields(given: Mapping[str, str]) -> str:
    """What was filled in, as it follows the command."""
    filled = {key: value.translate(_SIGNS).strip() for key, value in given.items()}
    return " ".join(f"{key} «{value}»" for key, value in filled.items() if value)


def told(rest: str) -> dict[str, str]:
    """By `name`, `about` and `zone` what stands after the command; "" where only the key does."""
    fields, at = dict[str, str](), 0
    while (field := _FIELD.match(rest, at)) is not None:
        fields[_KEYS[field[1]]], at = field[2].strip(), field.end()
    if fields and at == len(rest):
        return fields
    what, _, value = rest.partition(" ")
    return {_KEYS[what]: value.strip()} if what in _KEYS else {}
