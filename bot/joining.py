"""One person, two platforms: a code made here and typed there makes one diary of two accounts."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta

from bot.house import House, Told, note
from bot.outbox import change, keep, say_once
from core.entities import Message, Person, Reply
from core.phrases import knows, say
from core.ports import JoinCode, NotFound

LIVES = timedelta(minutes=10)
GUESSES = 5  # of one account in that time
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that look alike
LENGTH = 8
LINES_LEFT = 50  # of a chat that is left, the newest, among which answers may be under way


def platform_name(person: Person, platform: str) -> str:
    """What people call a platform in their language."""
    key = f"platform.{platform}"
    return say(person.language, key) if knows(person.language, key) else platform


async def make_code(house: House, person: Person, message: Message) -> Told:
    """A code to be typed in the other account."""
    words = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    here = JoinCode(person.id, message.platform, message.chat_id)
    await house.store.add_join_code(here, words, house.now() + LIVES)
    shown = note(person, "join.code", code=f"{words[:4]}-{words[4:]}", minutes=LIVES.seconds // 60)
    return Told(replies=(replace(shown, slot=f"join.{message.id}"),))


def code_in(text: str) -> str:
    """The code that was typed, however it was spelt; "" where it can't be one."""
    words = "".join(letter for letter in text.upper() if letter.isalnum())
    return words if len(words) == LENGTH and all(letter in LETTERS for letter in words) else ""


async def try_code(house: House, person: Person, message: Message, text: str, *, sure: bool = False) -> Told:
    """Join this account to the diary of who made the code; asked first where something would move that way."""
    if person.answered.startswith(f"{message.id} join"):  # it was done before a crash: it is said again
        return await _joined(house, person, message)
    if not sure and await house.store.guessed(message.platform, message.account, house.now(), LIVES) > GUESSES:
        return Told(replies=(note(person, "join.too_many", minutes=LIVES.seconds // 60),))
    words = code_in(text)
    code = await house.store.join_code(words, house.now()) if words else None
    if code is None:
        return Told(replies=(note(person, "join.wrong"),))
    if code.person_id == person.id:
        return Told(replies=(note(person, "join.own"),))
    if len(await house.store.accounts(person.id)) > 1:
        return Told(replies=(note(person, "join.shared_already"),))
    entries = len(await house.store.every_entry(person.id))
    if entries and not sure:
        yes = house.button(person, "button.join", "join", words)
        no = house.button(person, "button.not_now", "join", "")
        asked = note(person, "join.sure", count=entries, platform=platform_name(person, code.platform))
        return Told(replies=(replace(asked, buttons=((yes,), (no,)), slot="join"),))
    try:
        joined = await house.store.join(message.platform, message.account, words, message.id, house.now())
    except NotFound:  # used or too old by now
        return Told(replies=(note(person, "join.wrong"),))
    return await _joined(house, joined, message)


async def _joined(house: House, joined: Person, message: Message) -> Told:
    """Said here and not by the journey, which still thinks of the person that this account was; the other chat, where the
    code was made, hears of it beside, whatever keeps it away."""
    reply = note(joined, "join.done", count=await house.store.entry_count(joined.id))
    await say_once(house, joined.id, message.platform, message.chat_id, f"{message.id}.join", reply)
    _id, _join, platform, chat_id = (*joined.answered.split(" ", 3), "", "")[:4]
    if platform not in house.platforms or (platform, chat_id) == (message.platform, message.chat_id):
        return Told()
    told = note(joined, "join.told", platform=platform_name(joined, message.platform))
    return Told(notices=(await keep(house, joined.id, platform, chat_id, f"{message.id}.joined", told),))


async def ask_to_leave(house: House, person: Person) -> Told:
    """Which accounts share the diary, and whether this one is to leave."""
    accounts = await house.store.accounts(person.id)
    if len(accounts) < 2:
        return Told(replies=(note(person, "leave.alone"),))
    names = ", ".join(platform_name(person, platform) for platform, _account in accounts)
    yes = house.button(person, "button.leave", "leave", "yes")
    no = house.button(person, "button.stay", "leave", "")
    return Told(replies=(replace(note(person, "leave.sure", accounts=names), buttons=((yes,), (no,)), slot="leave"),))


async def leave(house: House, person: Person, message: Message) -> Told:
    """This account begins an empty diary; the one it shared stays with the others."""
    fresh = person
    if person.answered != f"{message.id} leave":
        await _end_answers(house, message)
        try:
            fresh = await house.store.leave(message.platform, message.account, message.chat_id, message.id)
        except NotFound:  # the others have left meanwhile
            return Told(replies=(note(person, "leave.alone"),))
    reply = note(fresh, "leave.done")
    await say_once(house, fresh.id, message.platform, message.chat_id, f"{message.id}.left", reply)
    return Told()


async def _end_answers(house: House, message: Message) -> None:
    """Answers under way will not be shown in the chat that is left: no placeholder may wait there for them."""
    for line in await house.store.chat_log(message.platform, message.chat_id, limit=LINES_LEFT):
        if line.sending is None or line.sending.reply.progress is None or line.sending.reply.withdrawn:
            continue
        reply = line.sending.reply
        still = replace(reply, progress=None, buttons=())
        empty = not reply.text and not reply.picture
        await change(house, line.sending, Reply(slot=reply.slot, withdrawn=True) if empty else still)
