"""What makes the bot well: every chat that it listens to, and the house around it."""

from __future__ import annotations

from collections.abc import Mapping

from core.health import Check, Checks
from core.ports import Platform


def bot_checks(platforms: Mapping[str, Platform], house: Mapping[str, Check], beside: Mapping[str, Check]) -> Checks:
    """The checks of the bot. `platforms`: those that were started. `house`: what it can't do without (database, disk);
    `beside`: what it tells of, e.g. the queue of a core whose trouble is not the bot's."""
    return Checks("bot", {**house, **{name: platform.health for name, platform in platforms.items()}}, beside)
