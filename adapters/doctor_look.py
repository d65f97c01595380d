"""What a look of the doctor's may say: how it is, what it is about, and with which words."""

from __future__ import annotations

from collections.abc import Mapping

GOOD, NOTICE, BAD = "✓", "!", "✗"  # well; works, but you should know; will not work

#: Mark, what was looked at, and the key and values of the words (`doctor.<key>` of the catalogue).
Told = tuple[str, str, str, Mapping[str, object]]
