"""What time is it where you are? Asked once it matters, so that a day begins and a reminder comes by their own clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot import care, reminders, zones
from bot.callback import Press
from bot.clocks import clock, is_half_known, minutes_in
from bot.house import House, Told, in_rows, note
from core.entities import Button, Level, Message, Person, Reply, SendState, Step
from core.phrases import say
from core.safety import state

WITHIN = timedelta(hours=1)  # so long after the question a plain line may be its answer
A_ROW, MOST = 4, 8  # buttons; places to choose from
SLOT = "zone"
FIRST = f"{SLOT}.first"  # where it stands when nobody asked for it
SHOWN = (SendState.SENT, SendState.UNKNOWN, SendState.FAILED)
ACQUAINTED = 2  # entries, after which it is asked
AWAITED = "zone:"


def is_unknown(person: Person) -> bool:
    """True where nobody ever said where they live."""
    return person.time_zone == zones.UNKNOWN


async def asked(house: House, person: Person) -> Reply:
    """The question, with the clock times that are likely; the next line may answer it too."""
    await _await_answer(house, person)
    seen = dict[str, str]()
    for zone in zones.LIKELY:
        seen.setdefault(_clock_in(house, zone), zone)
    buttons = [house.labelled(person, shown, SLOT, zone) for shown, zone in seen.items()]
    return replace(note(person, "zone.ask"), sender="anna", buttons=in_rows(buttons, A_ROW), slot=SLOT)


async def asked_once(house: House, person: Person, message: Message) -> Reply | None:
    """The same, lightly and once in a chat: below the answer to a `message` of somebody who has begun to write, with a place
    or a few that their phone's language suggests. None where they were asked or are known, and while all is to be quiet."""
    if not is_unknown(person) or person.step is not Step.DONE or not message.private:
        return None
    if care.level_of(message) is not Level.NONE or state.quiet(await house.store.safety_state(person.id), house.now()):
        return None
    standing = await house.store.sending_in_slot(message.platform, message.chat_id, FIRST)
    if standing is not None and standing.state in SHOWN:  # else this step runs again
        return None
    if await house.store.reminder(person.id) is not None or await house.store.entry_count(person.id) < ACQUAINTED:
        return None  # asked when that was set
    await _await_answer(house, person)
    places = in_rows(
        [
            house.labelled(person, f"{zones.city(zone, person.language)} {_clock_in(house, zone)}", SLOT, zone)
            for zone in zones.spoken_in(message.language)
        ],
        2,
    )
    elsewhere = ((house.button(person, "zone.elsewhere", SLOT),),)
    return replace(note(person, "zone.ask_once"), sender="anna", buttons=(*places, *elsewhere), slot=FIRST)


async def _await_answer(house: House, person: Person) -> None:
    """The next line may be the answer, unless another one is waited for."""
    until = (house.now() + WITHIN).isoformat()
    await house.store.change_person(
        person.id,
        lambda one: (
            replace(one, awaiting=f"{AWAITED}{until}") if not one.awaiting or one.awaiting.startswith(AWAITED) else one
        ),
    )


async def pressed(house: House, person: Person, message: Message, press: Press) -> Told:
    """A clock time or a place; without one it asks."""
    if not press.arg(0):
        return Told(replies=(await asked(house, person),))
    person = await lives_in(house, person, press.arg(0))
    return Told(replies=(await lives(house, person, choice=True),))


def said(house: House, text: str) -> tuple[str, ...]:
    """The zones that a line may mean, the likeliest first; () where it is something else."""
    if zone := zones.zone_in(text, house.now()):
        return (zone,)
    minute = minutes_in(text)
    if minute is None or text.strip().isdecimal():
        return ()
    found = zones.zones_showing(minute, house.now())
    if not is_half_known(text):
        return found[:1]
    other = zones.zones_showing((minute + 720) % 1440, house.now())
    return (*found[: MOST // 2], *other[: MOST // 2])


def is_awaited(house: House, detail: str) -> bool:
    """True while a plain line may be the answer ("<until, ISO>")."""
    return house.now() <= datetime.fromisoformat(detail)


async def lives_in(house: House, person: Person, zone: str, **changes: str) -> Person:
    """From now on their clock is that one's, for their days and for their reminder; in one stroke with other `changes`."""

    def moved(one: Person) -> Person:
        awaiting = "" if one.awaiting.startswith(AWAITED) else one.awaiting
        return replace(one, time_zone=zone, awaiting=awaiting, **changes)  # type: ignore[arg-type]

    person = await house.store.change_person(person.id, moved)
    await reminders.change(house, person)  # in another time zone it is due at another moment
    return person


async def lives(house: House, person: Person, *, choice: bool = False) -> Reply:
    """By which clock they are told now, and how that is changed; with a `choice` of places that have the same one today."""
    place = zones.city(person.time_zone, person.language)
    lines = [say(person.language, "zone.set", place=place, time=_clock_in(house, person.time_zone))]
    reminder = await house.store.reminder(person.id)
    if reminder is not None and reminder.on and not reminder.paused:
        lines.append(say(person.language, "remind.on", time=clock(reminder.at_min), zone=place))
    else:
        lines.append(say(person.language, "zone.change"))
    places = zones.beside(person.time_zone, house.now())[:MOST] if choice else ()
    if len(places) < 2:
        return Reply(text="\n".join(lines), sender="anna", slot=SLOT)
    lines.append(say(person.language, "zone.nearer"))
    return Reply(text="\n".join(lines), sender="anna", buttons=_places(house, person, places), slot=SLOT)


def which(house: House, person: Person, found: tuple[str, ...]) -> Reply:
    """Morning or evening? The places that have the one or the other."""
    asked_ = note(person, "zone.which")
    return replace(asked_, sender="anna", buttons=_places(house, person, found, timed=True), slot=SLOT)


def _places(
    house: House, person: Person, found: tuple[str, ...], *, timed: bool = False
) -> tuple[tuple[Button, ...], ...]:
    buttons = []
    for zone in found:
        on = zone == person.time_zone
        label = " ".join(
            filter(
                None, ("✓" if on else "", zones.city(zone, person.language), _clock_in(house, zone) if timed else "")
            )
        )
        buttons.append(house.labelled(person, label, SLOT, zone, chosen=on))
    return in_rows(buttons, A_ROW)


def _clock_in(house: House, zone: str) -> str:
    return clock((house.now().hour * 60 + house.now().minute + zones.offset_of(zone, house.now())) % 1440)
