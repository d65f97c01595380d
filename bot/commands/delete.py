"""/delete: one entry, or everything at once and for good; asked before, and everything is asked twice."""

from __future__ import annotations

from dataclasses import replace

from bot import pages
from bot.callback import Press
from bot.house import House, Told, note
from bot.outbox import say_once, withdraw_about
from core.entities import Button, Message, Person, Reply
from core.ports import NotFound

ORDER = 80
SURE_S = 600  # seconds for which the last button works: nobody deletes a diary by an old one
PAGE = 5


async def run(house: House, person: Person, message: Message, rest: str) -> Told:
    """What? One, or all."""
    one = house.button(person, "button.delete_one", "delete", "which", "0")
    everything = house.button(person, "button.delete_everything", "delete", "all", "")
    return Told(replies=(_page(person, "delete.what", ((one,), (everything,), (_keep(house, person),))),))


async def pressed(house: House, person: Person, message: Message, press: Press) -> Told:
    """`which` lists entries; `ask` and `entry` are about one, `all` and `now` about the person, `keep` is no."""
    what, detail = press.arg(0), press.arg(1)
    if what == "which":
        return await _which(house, person, int(detail or "0"))
    if what == "ask":
        return await _ask(house, person, detail)
    if what == "entry":
        return await _one(house, person, message, detail)
    if what == "all":
        return await _sure(house, person)
    if what == "now":
        return await _everything(house, person, message, int(detail or "0"))
    return Told(replies=(replace(note(person, "delete.kept"), slot="delete"),))


PRESSES = {"delete": pressed}


async def _which(house: House, person: Person, offset: int) -> Told:
    """Entries newest first, each with a button."""
    lines = list(await house.store.lines(person.id, offset=offset, limit=PAGE + 1))
    if not lines:
        return Told(replies=(replace(note(person, "history.empty" if not offset else "history.end"), slot="delete"),))
    shown = [f"{n}. {line}" for n, line in enumerate(pages.line_texts(person, lines[:PAGE]), 1)]
    row = tuple(house.labelled(person, str(n), "delete", "ask", line.id) for n, line in enumerate(lines[:PAGE], 1))
    turn = []
    if offset:
        turn.append(house.button(person, "button.newer", "delete", "which", str(max(offset - PAGE, 0))))
    if len(lines) > PAGE:
        turn.append(house.button(person, "button.older", "delete", "which", str(offset + PAGE)))
    rows = (row, *((tuple(turn),) if turn else ()), (_keep(house, person),))
    reply = _page(person, "delete.which", rows)
    return Told(replies=(replace(reply, text="\n".join([reply.text, *shown])),))


async def _ask(house: House, person: Person, entry_id: str) -> Told:
    entry = await house.store.entry(entry_id)
    if entry.person_id != person.id:
        raise NotFound(f"entry {entry_id} is not theirs")
    yes = house.button(person, "button.delete", "delete", "entry", entry.id)
    return Told(
        replies=(
            _page(person, "delete.entry", ((yes, _keep(house, person)),), day=pages.short_day(person, entry.date)),
        )
    )


async def _one(house: House, person: Person, message: Message, entry_id: str) -> Told:
    """A button that `ask` made for them alone; after a crash in between, the entry is gone already."""
    notices = await withdraw_about(house, person.id, entry_id, message.platform, message.chat_id)
    await house.store.purge_entry(entry_id)
    return Told(replies=(note(person, "delete.gone"),), notices=notices)


async def _sure(house: House, person: Person) -> Told:
    """The second question: what goes, what stays, and the button that does it, for a few minutes."""
    others = len(await house.store.accounts(person.id)) - 1
    shared = note(person, "delete.shared", count=others).text if others else ""
    asked = note(person, "delete.all", count=await house.store.entry_count(person.id), shared=shared)
    now = house.button(person, "button.delete_all", "delete", "now", str(int(house.now().timestamp())))
    export = house.button(person, "button.export_first", "export")
    buttons = ((_keep(house, person),), (export,), (now,))
    return Told(replies=(replace(asked, buttons=buttons, slot="delete"),))


async def _everything(house: House, person: Person, message: Message, asked_s: int) -> Told:
    if not 0 <= house.now().timestamp() - asked_s <= SURE_S:
        return await _sure(house, person)
    await house.store.forget(person.id)
    stranger = await house.store.person_of(
        message.platform, message.account, language=person.language, time_zone=person.time_zone
    )
    goodbye = note(stranger, "delete.done")
    await say_once(house, stranger.id, message.platform, message.chat_id, f"{message.id}.gone", goodbye)
    return Told()


def _keep(house: House, person: Person) -> Button:
    return house.button(person, "button.keep", "delete", "keep", "")


def _page(person: Person, key: str, rows: tuple[tuple[Button, ...], ...], **values: object) -> Reply:
    return replace(note(person, key, **values), buttons=rows, slot="delete")
