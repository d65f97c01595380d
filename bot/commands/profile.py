"""/profile: your name, a line about you, and where you live."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import available_timezones

from bot import reminders
from bot.felt import hits_line
from bot.house import House, Told, note
from bot.naming import NAME_CHARS
from bot.welcome import INTRODUCTION_CHARS
from core.entities import Message, Person, Reply
from core.phrases import say

ORDER = 60


async def run(house: House, person: Person, message: Message, rest: str) -> Told:
    """Alone it shows the profile; `name ...`, `about ...` and `zone Asia/Seoul` change it."""
    what, _, value = rest.partition(" ")
    value = value.strip()
    if what in ("name", "이름") and value:
        changes: dict[str, Any] = {"name": value[:NAME_CHARS], "told_at": house.now()}
    elif what in ("about", "소개") and value:
        changes = {"introduction": value[:INTRODUCTION_CHARS], "told_at": house.now()}
    elif what in ("zone", "시간대") and value:
        if value not in available_timezones():
            return Told(replies=(note(person, "profile.zone_unknown"),))
        changes = {"time_zone": value}
    else:
        return Told(replies=(await _shown(house, person),))
    person = await house.store.change_person(person.id, lambda now: replace(now, **changes))
    await reminders.change(house, person)  # in another time zone it is due at another moment
    return Told(replies=(await _shown(house, person),))


async def _shown(house: House, person: Person) -> Reply:
    text = say(
        person.language,
        "profile.shown",
        name=person.name or "–",
        about=person.introduction or "–",
        zone=person.time_zone,
    )
    if counted := await hits_line(house, person):
        text += f"\n\n{counted}"
    return Reply(text=text, sender="house", slot="profile")
