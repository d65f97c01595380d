"""/profile: your name, a line about you, where you live, and in which country numbers to call are looked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot import profiles, whereabouts, zones
from bot.clocks import minutes_in
from bot.felt import hits_line
from bot.house import House, Told, note
from bot.naming import NAME_CHARS
from bot.welcome import INTRODUCTION_CHARS
from core.entities import Message, Person, Reply
from core.phrases import say
from core.safety import answers
from core.safety.hotlines import countries, country_of

ORDER = 60


async def run(house: House, person: Person, message: Message, rest: str) -> Told:
    """Alone it shows the profile; `name ...`, `about ...` and `zone Seoul` change it, one by one or together."""
    told, changes, replies = profiles.told(rest), dict[str, Any](), list[Reply]()
    if told.get("name"):
        changes |= {"name": told["name"][:NAME_CHARS], "told_at": house.now()}
    if told.get("about"):
        changes |= {"introduction": told["about"][:INTRODUCTION_CHARS], "told_at": house.now()}
    if changes:
        person = await house.store.change_person(person.id, lambda now: replace(now, **changes))
    if "zone" in told:
        person, reply = await _zone(house, person, told["zone"])
        replies.append(reply)
    if changes or not replies:
        replies.insert(0, await _shown(house, person))
    return Told(replies=tuple(replies))


PRESSES = {"zone": whereabouts.pressed}


async def _zone(house: House, person: Person, named: str) -> tuple[Person, Reply]:
    """Somebody says where they live, or asks to be asked."""
    if not named:
        return person, await whereabouts.asked(house, person)
    found = whereabouts.said(house, named)
    if not found:
        return person, note(person, "profile.zone_unknown")
    if len(found) > 1:
        return person, whereabouts.which(house, person, found)
    person = await whereabouts.lives_in(house, person, found[0])
    return person, await whereabouts.lives(house, person, choice=minutes_in(named) is not None)


async def _shown(house: House, person: Person) -> Reply:
    country = country_of(person)
    named = f"country:{country if country in countries() else 'other'}"
    text = say(
        person.language,
        "profile.shown",
        name=person.name or "–",
        about=person.introduction or "–",
        zone=zones.city(person.time_zone, person.language),
        country=answers.label(named, person.language) if country else "–",
    )
    if counted := await hits_line(house, person):
        text += f"\n\n{counted}"
    elsewhere = answers.label("country", person.language, country)
    button = house.labelled(person, elsewhere, "care", "country", "", person.language)
    return Reply(text=text, buttons=((button,),), sender="house", slot="profile")
