"""When a line sounds like danger, the fixed answer comes before anything else is made."""

from __future__ import annotations

import asyncio
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from bot import stopping
from bot.house import House, note
from bot.outbox import say_once
from core.emotion.language import guess_language
from core.entities import (
    Button,
    Kind,
    Level,
    Message,
    Person,
    Reply,
    Safety,
    gravest,
    split_making,
)
from core.phrases import LANGUAGES
from core.safety import answers, state
from core.safety.answers import CareAnswer
from core.safety.crisis import check_safely
from core.safety.denial import takes_back
from core.safety.hotlines import country_of

log = logging.getLogger(__name__)

CHECK_FAILED = "check.failed"
LINES_AFTER = 12  # of a chat, among which a crisis answer is the one that words take back
TAKEN_BACK_WITHIN = timedelta(hours=24)


#: One thread: they would only wait for each other, and each keeps tens of megabytes to compute in.
_reading = ThreadPoolExecutor(1, "crisis check")

#: What was found in a text, by a keyed hash of it: a step asks several times, of messages that are made of one another.
_found: dict[bytes, Safety] = {}
_KEY = os.urandom(16)
_MOST_FOUND = 500


def level_of(message: Message) -> Level:
    """How worried the words of a message make us, in any of its pieces or in all together; the same every time it is asked."""
    return gravest(*(_safety_of(one).level for one in _with_pieces(message)))


async def look(message: Message) -> None:
    """Read a message beside the event loop, where others' lines go on meanwhile; who asks later has the answer at once."""
    for one in _with_pieces(message):
        if _name(one.text) not in _found:
            _keep(one.text, await asyncio.get_running_loop().run_in_executor(_reading, _read, one))


def _with_pieces(message: Message) -> tuple[Message, ...]:
    return (message, *(piece for piece in message.pieces if piece.text != message.text))


async def checked(text: str) -> Safety:
    """`check_safely` beside the event loop."""
    return await asyncio.get_running_loop().run_in_executor(_reading, check_safely, text)


def _safety_of(message: Message) -> Safety:
    known = _found.get(_name(message.text))
    return _keep(message.text, _read(message)) if known is None else known


def _name(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), key=_KEY, digest_size=16).digest()


def _keep(text: str, safety: Safety) -> Safety:
    if CHECK_FAILED not in safety.rules:  # the next try may succeed
        _found[_name(text)] = safety
        if len(_found) > _MOST_FOUND:
            del _found[next(iter(_found))]
    return safety


def _read(message: Message) -> Safety:
    return Safety() if _is_bare_command(message) else check_safely(message.text)


def _is_bare_command(message: Message) -> bool:
    """True for a command of ours without a word behind it: a model of words has no say in what /calendar means."""
    from bot.commands import all_commands  # here: some of them ask us

    name, _, rest = message.text.removeprefix("/").partition(" ")
    known = message.text.startswith("/") and name.partition("@")[0].lower() in all_commands()
    return known and not any(letter.isalpha() for letter in rest)


async def guarded(house: House, person: Person, message: Message) -> tuple[Reply, ...]:
    """Look at every text that came in, remember how the person stands, and answer danger with reviewed words."""
    if message.kind not in (Kind.TEXT, Kind.EDIT, Kind.SEARCH) or not message.text:
        return ()
    safety = _safety_of(message)
    if safety.level.stops_everything:
        await stopping.everything(house, person)
    calm = safety.level is Level.NONE and message.kind is not Kind.SEARCH and _tells_of_a_day(message)
    spoken = guess_language(message.text, default=person.language)
    what = f"message {message.id}"
    return await _cared(house, person, safety, what, spoken, at=message.sent_at, group=not message.private, calm=calm)


def _tells_of_a_day(message: Message) -> bool:
    """True for a calm signal; a goodbye and a thank-you after a crisis line are none."""
    from bot.greeting import only_greets  # here: it asks us

    return state.is_ordinary(message) and not only_greets(message.text)


async def meant_together(
    house: House, person: Person, message: Message, others: str, whole: str
) -> tuple[Level, tuple[Reply, ...]]:
    """How worried a message makes us among the `others` of its entry, whose `whole` text this is ("그냥 사라지고", then "싶어").

    Where that is graver than either by itself it is answered like a line of its own; elsewhere nothing is said again."""
    alone = level_of(message)
    safety = await checked(whole) if others and message.text else Safety()
    if safety.level.gravity <= alone.gravity or safety.level.gravity <= (await checked(others)).level.gravity:
        return alone, ()
    if safety.level.stops_everything:
        await stopping.everything(house, person)
    spoken = guess_language(whole, default=person.language)
    what = f"message {message.id} in its entry"
    return safety.level, await _cared(house, person, safety, what, spoken, at=message.sent_at)


def only_numbers(house: House, person: Person, message: Message) -> tuple[Reply, ...]:
    """The fixed answer to a line, where nothing else can be done with it."""
    if (level := level_of(message)) is Level.NONE:
        return ()
    country = country_of(person)
    speaker = replace(person, language=guess_language(message.text, default=person.language))
    fixed = answers.answer(level, speaker.language, country, group=not message.private, name=person.name)
    return (_reply(house, speaker, country, fixed),)


async def guarded_transcript(house: House, person: Person, making: str) -> tuple[Reply, ...]:
    """The same for what a voice note said; a grave one takes its entry out of the making."""
    entry_id, revision = split_making(making)
    analysis = await house.store.analysis(entry_id, revision)
    if analysis is None or not analysis.transcript:
        return ()
    recordings = {one.words for one in analysis.heard if one.words}
    found = [await checked(words) for words in (analysis.transcript, *sorted(recordings - {analysis.transcript}))]
    safety = max(found, key=lambda one: one.level.gravity)
    if safety.level.stops_everything:
        entry = await house.store.entry(entry_id)
        if entry.revision == revision:
            kept = entry.as_heard(analysis.heard)
            await house.store.save_entry(replace(kept, revision=revision + 1, level=safety.level))
        await stopping.everything(house, person)
    spoken = guess_language(analysis.transcript, default=person.language)
    return await _cared(house, person, safety, f"voice of {entry_id}", spoken)


async def _cared(
    house: House, person: Person, safety: Safety, what: str, spoken: str,
    *, at: datetime | None = None, group: bool = False, calm: bool = False,
) -> tuple[Reply, ...]:  # fmt: skip
    """Remember how the person stands since `at` (now), and answer in the language that was `spoken`."""
    now = house.now()
    if safety.level.stops_everything:
        since = min(at or now, now)
        await house.store.change_person(
            person.id, lambda one: replace(one, crisis_at=max(one.crisis_at or since, since))
        )
    await house.store.change_safety_state(
        person.id, lambda before: state.calm(before, now) if calm else state.after(before, safety, now)
    )
    if safety.level is Level.NONE:
        return ()
    log.info("crisis check: %s level %s rules %s", what, safety.level, ",".join(safety.rules))
    country, speaker = country_of(person), replace(person, language=spoken)
    if CHECK_FAILED in safety.rules and not group:
        return (_reply(house, speaker, country, answers.check_failed(spoken, country, name=person.name)),)
    fixed = answers.answer(safety.level, spoken, country, group=group, name=person.name)
    if spoken != person.language and not group:
        fixed = answers.in_both(fixed, safety.level, person.language)
    return (_reply(house, speaker, country, fixed),)


async def taken_back(house: House, person: Person, message: Message) -> tuple[Reply, ...]:
    """Words that mean "a misunderstanding" soon after a crisis answer are the press of that button; else nothing."""
    if message.kind is not Kind.TEXT or not message.private or message.attachments or message.entry_date is not None:
        return ()
    if not takes_back(message.text) or not await _was_cared_for(house, message):
        return ()
    language = guess_language(message.text, default=person.language)
    return await pressed(house, person, message, "okay", "", language)


async def _was_cared_for(house: House, message: Message) -> bool:
    """True where a crisis answer of this day stands among the newest lines of the chat."""
    for line in await house.store.chat_log(message.platform, message.chat_id, limit=LINES_AFTER):
        recent = message.sent_at - datetime.fromtimestamp(line.changed_ms / 1000, UTC) < TAKEN_BACK_WITHIN
        if recent and line.sending is not None and ".care." in line.sending.key:
            return True
    return False


async def pressed(
    house: House, person: Person, message: Message, action: str, argument: str, language: str = ""
) -> tuple[Reply, ...]:
    """What a care button opens, in the language that the button was in."""
    speaker = replace(person, language=language) if language in LANGUAGES else person
    country = country_of(person)
    if action == "country" and argument:
        person = await house.store.change_person(person.id, lambda one: replace(one, country=argument))
        country = country_of(person)  # "other" is a choice too
        return (_reply(house, speaker, country, answers.country_set(speaker.language, country)),)
    if action == "tongue":
        return (_in_another_language(house, person, country, argument),)
    if action not in answers.ACTIONS:
        return (note(person, "button.old"),)
    if action == "okay":
        await house.store.change_safety_state(person.id, lambda before: state.calm(before, house.now()))
    if action == "follow_up":
        due = state.follow_up_time(house.now(), person.time_zone)
        when = f"{message.platform} {message.chat_id} {due.isoformat()}"
        await house.store.change_person(person.id, lambda one: replace(one, follow_up=when))
    if action == "no_follow_up":
        await house.store.change_person(person.id, lambda one: replace(one, follow_up=""))
    return (_reply(house, speaker, country, answers.care(action, speaker.language, country, name=person.name)),)


def _in_another_language(house: House, person: Person, country: str, argument: str) -> Reply:
    """The answer of a level once more, in the language of the button."""
    language, _, level = argument.partition("-")
    if language not in LANGUAGES or level not in set(Level):
        return note(person, "button.old")
    fixed = answers.answer(Level(level), language, country, name=person.name)
    return _reply(house, replace(person, language=language), country, fixed)


def came_since(person: Person, message: Message) -> bool:
    """True where a crisis line was heard after that message."""
    return person.crisis_at is not None and person.crisis_at > message.sent_at


async def began_since(house: House, person: Person, turn_id: str) -> bool:
    """True where a crisis line came after that turn of talk; both times are of our own clock."""
    standing = await house.store.safety_state(person.id)
    asked = next((turn.at for turn in await house.store.turns(person.id, limit=50) if turn.id == turn_id), None)
    return standing is not None and asked is not None and standing.since > asked


def resources(house: House, person: Person) -> Reply:
    """Where help can be found, for whoever asks."""
    country = country_of(person)
    return _reply(house, person, country, answers.care("resources", person.language, country, name=person.name))


async def follow_up(house: House, person: Person) -> None:
    """The one message that a person asked for, once it is due, however they stand by then."""
    if not person.follow_up:
        return
    platform, chat_id, due = person.follow_up.split(" ")
    if house.now() < datetime.fromisoformat(due):
        return
    country = country_of(person)
    reply = _reply(house, person, country, answers.follow_up(person.language, country, name=person.name))
    await say_once(house, person.id, platform, chat_id, f"{person.id}.follow_up.{due}", reply)
    asked = person.follow_up
    await house.store.change_person(  # another one may have been asked for meanwhile
        person.id, lambda one: replace(one, follow_up="") if one.follow_up == asked else one
    )


def _reply(house: House, speaker: Person, country: str, care: CareAnswer) -> Reply:
    """`speaker`: the person, with the language of this answer; `country`: whose numbers are linked."""
    buttons = [_button(house, speaker, country, action) for action in care.actions]
    first = buttons[:1] if care.actions[:1] == ("country",) else []
    links = [button for button in buttons if button.url and button not in first]
    steps = [button for button in buttons if not button.url and button not in first]
    rows = [tuple(some[at : at + 2]) for some in (first, links, steps) for at in range(0, len(some), 2)]
    return Reply(text=care.text, buttons=tuple(rows), sender="house", must_arrive=True)


def _button(house: House, speaker: Person, country: str, action: str) -> Button:
    """A number to call, a place to write to, or a step of our own, which goes on in the same language."""
    words = answers.label(action, speaker.language, country)
    url = answers.link(action, country)
    if url:
        return Button(words, url=url)
    name, _, argument = action.partition(":")
    return house.labelled(speaker, words, "care", name, argument, speaker.language)
