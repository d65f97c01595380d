"""/undo: take back the entry that was written last."""

from __future__ import annotations

from dataclasses import replace

from bot.house import House, Told, note
from core.entities import Message, Person

ORDER = 40


async def run(house: House, person: Person, message: Message, rest: str) -> Told:
    """Hide the latest entry, with a button that brings it back."""
    known = await house.store.entry_of_message(message.id)  # taken back already, before a crash
    entry = None if known else await house.store.latest_entry(person.id)
    if entry is None:
        return _taken_back(house, person, known) if known else Told(replies=(note(person, "undo.nothing"),))
    await house.store.link_message(message.id, entry.id)
    await house.store.delete_entry(entry.id)
    if entry.level.stops_everything:  # such words are shown to nobody who did not ask for them
        return _taken_back(house, person, entry.id)
    words = entry.text.replace("\n", " ")
    return _taken_back(house, person, entry.id, words if len(words) <= 40 else words[:39] + "…")


def _taken_back(house: House, person: Person, entry_id: str, words: str = "") -> Told:
    reply = note(person, "undo.done", words=words) if words else note(person, "undo.done_unquoted")
    buttons = ((house.button(person, "button.restore", "restore", entry_id),),)
    return Told(replies=(replace(reply, buttons=buttons, slot="undo"),))
