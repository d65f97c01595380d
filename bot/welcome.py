"""How Anna and a person get to know each other: a hello, consents, a name; and questions that wait for words."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from bot import care, entries, reminders, settling, whereabouts
from bot.backdating import awaited_day, day_named, kept_for, moved
from bot.clocks import minutes_in
from bot.house import House, Told, note
from bot.naming import name_in, tells_a_day, wants_none
from core.emotion.language import guess_language
from core.entities import Level, Message, Person, Purpose, Reply, Step, split_making
from core.phrases import say
from core.ports import NotFound

INTRODUCTION_CHARS = 500
_LIVED = "lived "  # what stands in `answered` where a day came in place of an answer; the entry follows
PURPOSES = (Purpose.STORING, Purpose.FACE, Purpose.CLOUD, Purpose.LEARNING)


async def opened(house: House, person: Person) -> Told:
    """Somebody opened the chat: a short hello that asks for nothing."""
    if person.step is not Step.NEW:
        return Told()
    return Told(replies=(replace(note(person, "welcome.hello"), sender="anna", slot="hello"),))


async def language_of_first_words(house: House, person: Person, message: Message) -> Person:
    """Until they are introduced, people are answered in the language that they write."""
    language = guess_language(message.text, default=person.language)
    if person.step is not Step.NEW or language == person.language:
        return person
    return await house.store.change_person(person.id, lambda now: _speaking(now, language))


def _speaking(person: Person, language: str) -> Person:
    """Who writes Korean lives in Korea until they say otherwise, whatever language their phone has."""
    here = language == "ko" and whereabouts.is_unknown(person)
    return replace(person, language=language, time_zone="Asia/Seoul" if here else person.time_zone)


def introduction(house: House, person: Person) -> tuple[Reply, ...]:
    """Anna introduces herself and asks for consents, once, after her first answer."""
    if person.step is not Step.NEW:
        return ()
    return (Reply(text=say(person.language, "welcome.introduction")), consent_reply(house, person))


async def introduced(house: House, person_id: str) -> None:
    """Remember that she did."""

    def met(person: Person) -> Person:
        return replace(person, step=Step.CONSENT) if person.step is Step.NEW else person

    await house.store.change_person(person_id, met)


def consent_reply(house: House, person: Person) -> Reply:
    """What is asked for, each with its own button, each shown as it stands."""
    rows = tuple(
        (
            house.labelled(
                person,
                f"{'✅' if person.allows(purpose) else '⬜'} {say(person.language, f'consent.{purpose}')}",
                "consent",
                purpose,
                "0" if person.allows(purpose) else "1",
                chosen=person.allows(purpose),
            ),
        )
        for purpose in _asked_of(house, person)
    )
    if person.step is not Step.DONE:
        rows = (*rows, (house.button(person, "button.continue", "continue"),))
    text = say(person.language, "welcome.consents")
    if person.step is Step.DONE and not person.allows(Purpose.STORING):
        text += "\n\n" + say(person.language, "consent.storing_off", hours=round(house.settings.work.consent_hours))
    return Reply(text=text, buttons=rows, slot="consents")


def _asked_of(house: House, person: Person) -> tuple[Purpose, ...]:
    """A newcomer is asked for what most things need; the rest stands in /privacy."""
    more = person.step is Step.DONE and house.settings.engines.age_gender != "none"
    return (*PURPOSES, Purpose.AGE_GENDER) if more else PURPOSES


async def consented(house: House, person: Person, purpose: str, granted: str) -> Told:
    """A consent was given or taken back; the list shows it."""
    person = await house.store.set_consent(person.id, Purpose(purpose), granted == "1")
    return Told(replies=(consent_reply(house, person),))


def name_reply(house: House, person: Person) -> Reply:
    """What Anna may call them; nobody has to say."""
    skip = ((house.button(person, "button.skip", "skip"),),) if person.step is Step.NAME else ()
    return Reply(text=say(person.language, "welcome.name"), buttons=skip, slot="name")


async def continued(house: House, person: Person, message: Message) -> Told:
    """On to the name."""
    if not _is_again(person, message):
        if person.step not in (Step.NEW, Step.CONSENT):
            return Told()
        person = await _remember(house, message, person, "continue", step=Step.NAME, awaiting="name")
    replies = [name_reply(house, person)]
    if not person.allows(Purpose.STORING):
        told = note(person, "welcome.not_stored", hours=round(house.settings.work.consent_hours))
        keep = house.button(person, f"consent.{Purpose.STORING}", "consent", Purpose.STORING, "1")
        replies.insert(0, replace(told, buttons=((keep,),)))
    return Told(replies=tuple(replace(reply, sender="anna") for reply in replies))


async def awaited(house: House, person: Person, message: Message) -> Told | None:
    """The answer to a question of ours; None where the message is something else, such as a diary line."""
    if _is_again(person, message):
        return await _said_again(house, person, message)
    what, _, detail = person.awaiting.partition(":")
    if what == "date":
        if (day := awaited_day(house, detail)) is None:
            await _remember(house, message, person, "late", awaiting=_left_open(person))
            return None
        told = await kept_for(house, person, message, day)
        await _remember(
            house, message, person, "date", awaiting=_left_open(person)
        )  # last: the entry has its day by then
        return told
    if what == "day":
        return await _moved(house, person, message, detail)
    if what == "heard":
        return await settling.awaited(house, person, message)
    if what == "zone":
        return await _located(house, person, message, detail)
    if what == "words":
        return await entries.worded(house, person, message, detail)
    text = message.text.strip()
    may_skip = what in ("name", "introduction") and person.step is not Step.DONE and not message.attachments
    if may_skip and wants_none(text):
        return await skipped(house, person, message)
    if message.attachments or not text or care.level_of(message) is not Level.NONE:
        return None
    if what == "name" and (name := name_in(text)):
        asked = (
            {"step": Step.INTRODUCTION, "awaiting": "introduction"} if person.step is Step.NAME else {"awaiting": ""}
        )
        return _named(house, await _remember(house, message, person, "name", name=name, **asked))
    if what == "introduction" and not tells_a_day(text):
        about = {"introduction": text[:INTRODUCTION_CHARS], "step": Step.DONE, "awaiting": ""}
        return _done(house, await _remember(house, message, person, "introduction", **about))
    return None


async def gone_on(house: House, person: Person, message: Message, making: str) -> None:
    """They told their day instead of who they are: that is an entry. The name is asked for once more below its answer
    (`after_a_day`); told another day instead, or asked about themselves, we are acquainted enough."""
    what, _, asked_below = person.awaiting.partition(":")
    if what not in ("name", "introduction") or not making or care.level_of(message) is not Level.NONE:
        return
    entry_id, _revision = split_making(making)
    if what == "name" and asked_below in ("", entry_id):
        await house.store.change_person(person.id, lambda now: replace(now, awaiting=f"name:{entry_id}"))
    else:
        await _remember(house, message, person, f"{_LIVED}{entry_id}", step=Step.DONE, awaiting="")


def after_a_day(house: House, person: Person, entry_id: str) -> Reply | None:
    """What is said below the answer to an entry that came in place of an answer to us."""
    if person.awaiting == f"name:{entry_id}":
        return replace(name_reply(house, person), slot=f"name.{entry_id}")
    if person.answered.endswith(f" {_LIVED}{entry_id}"):
        return _done(house, person).replies[0]
    return None


async def _located(house: House, person: Person, message: Message, until: str) -> Told | None:
    """The answer to "what time is it where you are?"; anything else is a line like any other, and the question is over."""
    found = () if message.attachments else whereabouts.said(house, message.text)
    if not found or not whereabouts.is_awaited(house, until):
        await _remember(house, message, person, "late", awaiting=_left_open(person))
        return None
    if len(found) > 1:
        return Told(replies=(whereabouts.which(house, person, found),))
    person = await whereabouts.lives_in(house, person, found[0], answered=f"{message.id} zone")
    return Told(replies=(await whereabouts.lives(house, person, choice=minutes_in(message.text) is not None),))


async def _moved(house: House, person: Person, message: Message, detail: str) -> Told | None:
    """The entry that they were asked about belongs to the day that they name now; else the question is over."""
    entry_id, _, until = detail.partition("@")
    told = None
    if (day := day_named(house, person, message, until)) is not None:
        with suppress(NotFound):  # deleted meanwhile
            told = await moved(house, person, entry_id, day)
    await _remember(house, message, person, f"day {entry_id}" if told else "late", awaiting="")
    return told


def _is_again(person: Person, message: Message) -> bool:
    """True where this very message was answered before a crash: then it is said once more, and nothing is changed."""
    return person.answered.partition(" ")[0] == message.id


async def _said_again(house: House, person: Person, message: Message) -> Told | None:
    what = person.answered.partition(" ")[2]
    if what == "date" and (entry_id := await house.store.entry_of_message(message.id)):
        return await kept_for(house, person, message, (await house.store.entry(entry_id)).date)
    if what.startswith("day ") and (day := day_named(house, person, message)) is not None:
        return await moved(house, person, what.removeprefix("day "), day)
    if what == "zone":
        await reminders.change(house, person)
        return Told(replies=(await whereabouts.lives(house, person, choice=minutes_in(message.text) is not None),))
    if what == "skip":
        return _done(house, person)
    if what not in ("name", "introduction"):
        return None
    return _named(house, person) if what == "name" else _done(house, person)


def _left_open(person: Person) -> str:
    """What the first conversation still waits for, after something else was in between."""
    return {Step.NAME: "name", Step.INTRODUCTION: "introduction"}.get(person.step, "")


async def _remember(house: House, message: Message, person: Person, what: str, **changes: Any) -> Person:
    """Write what an answer changed, and in the same stroke which message it was."""
    if what in ("name", "introduction"):
        changes["told_at"] = house.now()
    answered = f"{message.id} {what}"
    return await house.store.change_person(person.id, lambda now: replace(now, answered=answered, **changes))


def _named(house: House, person: Person) -> Told:
    if person.step is not Step.INTRODUCTION:
        return Told(replies=(note(person, "profile.named", name=person.name),))
    skip = ((house.button(person, "button.skip", "skip"),),)
    return Told(replies=(Reply(text=say(person.language, "welcome.about_you", name=person.name), buttons=skip),))


async def skipped(house: House, person: Person, message: Message) -> Told:
    """No name, or no introduction; that is fine."""
    if not _is_again(person, message):
        if person.step not in (Step.NAME, Step.INTRODUCTION):
            return Told()
        await _remember(house, message, person, "skip", step=Step.DONE, awaiting="")
    return _done(house, person)


def _done(house: House, person: Person) -> Told:
    key = "welcome.done" if person.name else "welcome.done_unnamed"
    return Told(replies=(Reply(text=say(person.language, key, name=person.name)),))
