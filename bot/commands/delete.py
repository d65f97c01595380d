"""/delete: everything, at once and for good; asked twice."""

from __future__ import annotations

from dataclasses import replace

from bot.house import House, Told, note
from bot.outbox import say_once, withdraw, withdraw_months
from core.entities import Message, Person
from core.ports import NotFound

ORDER = 80


async def run(house: House, person: Person, message: Message, rest: str) -> Told:
    """Ask first."""
    yes = house.button(person, "button.delete_all", "delete", "all", "")
    no = house.button(person, "button.keep", "delete", "keep", "")
    return Told(replies=(replace(note(person, "delete.all"), buttons=((yes,), (no,)), slot="delete"),))


async def chosen(house: House, person: Person, message: Message, what: str, entry_id: str) -> Told:
    """`ask` and `entry` are about one entry, `all` about the person, `keep` is no."""
    if what == "all":
        await house.store.forget(person.id)
        stranger = await house.store.person_of(message.platform, message.account, language=person.language)
        goodbye = note(stranger, "delete.done")
        await say_once(house, stranger.id, message.platform, message.chat_id, f"{message.id}.gone", goodbye)
        return Told()
    if what == "keep":
        return Told(replies=(replace(note(person, "delete.kept"), slot="delete"),))
    if what == "entry":  # a button that `ask` made for them alone; after a crash in between, the entry is gone already
        await withdraw_months(house, message.platform, message.chat_id)
        asked = await house.store.sending_at(message.platform, message.chat_id, message.target)
        if asked is not None and asked.reply.slot.startswith("delete."):  # it names the entry, and goes with it
            await withdraw(house, message.platform, message.chat_id, asked.reply.slot)
        await house.store.purge_entry(entry_id)
        return Told(replies=(note(person, "delete.gone"),))
    entry = await house.store.entry(entry_id)
    if entry.person_id != person.id:
        raise NotFound(f"entry {entry_id} is not theirs")
    yes = house.button(person, "button.delete", "delete", "entry", entry.id)
    no = house.button(person, "button.keep", "delete", "keep", "")
    return Told(replies=(replace(note(person, "delete.entry"), buttons=((yes, no),), slot="delete"),))
