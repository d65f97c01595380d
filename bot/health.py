"""What makes the bot well: every chat that it listens to, and the house around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from core.health import Check, Checks
from core.ports import Health, Platform

STANDING_BY = Health(True, "standing by: another machine listens")


def bot_checks(
    platforms: Mapping[str, Platform],
    house: Mapping[str, Check],
    beside: Mapping[str, Check],
    awake: Callable[[], bool] = lambda: True,
) -> Checks:
    """The checks of the bot. `platforms`: those that it listens to once it is `awake`. `house`: what it can't do without
    (database, disk); `beside`: what it tells of, e.g. the queue of a core whose trouble is not the bot's."""
    return Checks("bot", {**house, **{name: _look(one, awake) for name, one in platforms.items()}}, beside)


def _look(platform: Platform, awake: Callable[[], bool]) -> Check:
    async def look() -> Health:
        return await platform.health() if awake() else STANDING_BY

    return look
