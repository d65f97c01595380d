"""When a line sounds like danger, the fixed answer comes before anything else is made."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from bot.house import House, note
from bot.outbox import say_once
from core.entities import STAGES, Button, Kind, Level, Message, Person, Reply, Safety, StageState, split_making
from core.safety import answers, state
from core.safety.answers import CareAnswer
from core.safety.crisis import check_safely
from core.safety.hotlines import country_of

log = logging.getLogger(__name__)

CHECK_FAILED = "check.failed"


def level_of(message: Message) -> Level:
    """How worried the words of a message make us; the same every time it is asked."""
    return check_safely(message.text).level if message.text else Level.NONE


async def guarded(house: House, person: Person, message: Message) -> tuple[Reply, ...]:
    """Look at every text that came in, remember how the person stands, and answer danger with reviewed words."""
    if message.kind not in (Kind.TEXT, Kind.EDIT) or not message.text:
        return ()
    safety = check_safely(message.text)
    if safety.level.stops_everything:
        await _stop_everything(house, message)
    calm = safety.level is Level.NONE and state.is_ordinary(message)
    return await _cared(house, person, safety, f"message {message.id}", group=not message.private, calm=calm)


async def _stop_everything(house: House, message: Message) -> None:
    """No picture and no music of a minute ago arrives after a crisis line."""
    for line in await house.store.chat_log(message.platform, message.chat_id, limit=20):
        reply = line.sending.reply if line.sending is not None else None
        if reply is None or reply.progress is None or not reply.slot.startswith("answer."):
            continue
        entry_id, revision = split_making(reply.slot.removeprefix("answer."))
        for stage in STAGES:
            await house.store.set_stage(entry_id, revision, stage, StageState.CANCELLED)


async def guarded_transcript(house: House, person: Person, making: str) -> tuple[Reply, ...]:
    """The same for what a voice note said; a grave one takes its entry out of the making."""
    entry_id, revision = split_making(making)
    analysis = await house.store.analysis(entry_id, revision)
    if analysis is None or not analysis.transcript:
        return ()
    safety = check_safely(analysis.transcript)
    if safety.level.stops_everything:
        entry = await house.store.entry(entry_id)
        if entry.revision == revision:
            await house.store.save_entry(entry.revised(level=safety.level))
    return await _cared(house, person, safety, f"voice of {entry_id}")


async def _cared(
    house: House, person: Person, safety: Safety, what: str, *, group: bool = False, calm: bool = False
) -> tuple[Reply, ...]:
    before = await house.store.safety_state(person.id)
    if safety.level.stops_everything:
        await house.store.change_person(person.id, lambda one: replace(one, crisis_at=house.now()))
    now = state.calm(before, house.now()) if calm else state.after(before, safety, house.now())
    if now != before:
        await house.store.save_safety_state(person.id, now)
    if safety.level is Level.NONE:
        return ()
    log.info("crisis check: %s level %s rules %s", what, safety.level, ",".join(safety.rules))
    country = country_of(person)
    if CHECK_FAILED in safety.rules and not group:
        return (_reply(house, person, answers.check_failed(person.language, country, name=person.name)),)
    fixed = answers.answer(safety.level, person.language, country, group=group, name=person.name)
    return (_reply(house, person, fixed),)


async def pressed(house: House, person: Person, message: Message, action: str, argument: str) -> tuple[Reply, ...]:
    """What a care button opens."""
    if action == "country" and argument:
        chosen = "" if argument == "other" else argument
        person = await house.store.change_person(person.id, lambda one: replace(one, country=chosen))
        return (_reply(house, person, answers.country_set(person.language, chosen)),)
    if action not in answers.ACTIONS:
        return (note(person, "button.old"),)
    if action == "okay":
        standing = await house.store.safety_state(person.id)
        await house.store.save_safety_state(person.id, state.calm(standing, house.now()))
    if action == "follow_up":
        due = state.follow_up_time(house.now(), person.time_zone)
        when = f"{message.platform} {message.chat_id} {due.isoformat()}"
        await house.store.change_person(person.id, lambda one: replace(one, follow_up=when))
    if action == "no_follow_up":
        await house.store.change_person(person.id, lambda one: replace(one, follow_up=""))
    return (_reply(house, person, answers.care(action, person.language, country_of(person), name=person.name)),)


async def began_since(house: House, person: Person, turn_id: str) -> bool:
    """True where a crisis line came after that turn of talk; both times are of our own clock."""
    standing = await house.store.safety_state(person.id)
    asked = next((turn.at for turn in await house.store.turns(person.id, limit=50) if turn.id == turn_id), None)
    return standing is not None and asked is not None and standing.since > asked


def resources(house: House, person: Person) -> Reply:
    """Where help can be found, for whoever asks."""
    return _reply(house, person, answers.care("resources", person.language, country_of(person), name=person.name))


async def follow_up(house: House, person: Person) -> None:
    """The one message that a person asked for, once it is due, however they stand by then."""
    if not person.follow_up:
        return
    platform, chat_id, due = person.follow_up.split(" ")
    if house.now() < datetime.fromisoformat(due):
        return
    reply = _reply(house, person, answers.follow_up(person.language, country_of(person), name=person.name))
    await say_once(house, person.id, platform, chat_id, f"{person.id}.follow_up.{due}", reply)
    asked = person.follow_up
    await house.store.change_person(  # another one may have been asked for meanwhile
        person.id, lambda one: replace(one, follow_up="") if one.follow_up == asked else one
    )


def _reply(house: House, person: Person, care: CareAnswer) -> Reply:
    buttons = [_button(house, person, action) for action in care.actions]
    links = [button for button in buttons if button.url]
    steps = [button for button in buttons if not button.url]
    rows = [tuple(some[at : at + 2]) for some in (links, steps) for at in range(0, len(some), 2)]
    return Reply(text=care.text, buttons=tuple(rows), sender="house")


def _button(house: House, person: Person, action: str) -> Button:
    """A number to call, a place to write to, or a step of our own."""
    words = answers.label(action, person.language)
    url = answers.link(action, country_of(person))
    return Button(words, url=url) if url else house.labelled(person, words, "care", *action.split(":"))
