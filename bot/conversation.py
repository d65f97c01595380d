"""What a message asks for, and who sees to it."""

from __future__ import annotations

from dataclasses import replace

from bot import care, commands, drawings, entries, greeting, presses, settling, welcome
from bot.house import House, Told, note
from core.entities import Kind, Level, Message, Person, Reply, Sending, whole_of
from core.phrases import knows, say

# Pages that a button turns in place, and a command shows anew at the end of the chat.
PAGES = (
    "anna", "calendar", "consents", "delete", "history", "join", "language", "leave", "mood", "name", "painting",
    "profile", "remind", "undo", "why", "yesterday", "zone",
)  # fmt: skip


async def told(house: House, person: Person, message: Message) -> Told:
    """Do what a message asks for, once: run again for the same message, it does and says the same."""
    done = await _told(house, person, message)
    target = None
    if message.kind is Kind.PRESS:
        target = await house.store.sending_at(message.platform, message.chat_id, message.target)
    return replace(done, replies=tuple(_placed(reply, message, target) for reply in done.replies))


def _placed(reply: Reply, message: Message, target: Sending | None) -> Reply:
    """A page stands where its button was pressed, else at the end of the chat."""
    if reply.slot not in PAGES:
        return reply
    if target is not None and target.reply.slot.partition(".")[0] == reply.slot:
        return replace(reply, slot=whole_of(target.reply.slot))  # its buttons may stand below its last part
    return replace(reply, slot=f"{reply.slot}.{message.id}")


async def _told(house: House, person: Person, message: Message) -> Told:
    if not message.private:
        return await _in_a_group(house, person, message)
    if message.kind is Kind.PRESS:
        return await presses.pressed(house, person, message)
    if message.kind is Kind.OPEN:
        return await welcome.opened(house, person)
    if message.kind is Kind.DRAW:
        return await drawings.drawn(house, person, message)
    if message.kind is Kind.SEARCH:  # guarded, and that is all: what was searched for is shown on the page
        return Told()
    if care.level_of(message).stops_everything:
        await entries.keep_only(house, person, message)
        return Told()
    if calmed := await care.taken_back(house, person, message):
        return Told(replies=calmed)
    if message.kind is Kind.EDIT:
        return await entries.edited(house, person, message)
    if message.text.startswith("/"):
        return await commands.run(house, person, message)
    person = await welcome.language_of_first_words(house, person, message)
    if (answered := await welcome.awaited(house, person, message)) is not None:
        return answered
    if message.reply_to and (answered := await _replied(house, person, message)) is not None:
        return answered
    if (answered := await greeting.answered(house, person, message)) is not None:
        return answered
    if care.came_since(
        person, message
    ):  # its files were slow, or many lines stood before it: no picture below the numbers
        await entries.keep_only(house, person, message)
        return Told(replies=(note(person, "entry.kept"),))
    before = await house.store.latest_entry(person.id)
    heard = await entries.heard(house, person, message)
    if before is not None and heard.making.startswith(message.id):  # a new entry: the one before it waits no longer
        heard = replace(heard, also=await settling.gone_on(house, person, before))
    await welcome.gone_on(house, person, message, heard.making)
    return heard


async def _in_a_group(house: House, person: Person, message: Message) -> Told:
    """One invitation a person and day; none beside the neutral line that a worrying message was given."""
    if message.kind is not Kind.TEXT or care.level_of(message) is not Level.NONE:
        return Told()
    slot = f"group.{person.id}.{house.today(person, message.sent_at)}"
    standing = await house.store.sending_in_slot(message.platform, message.chat_id, slot)
    if standing is not None and not standing.key.startswith(message.id):  # else this step runs again
        return Told()
    return Told(replies=(replace(note(person, "group.invite"), slot=slot),))


async def _replied(house: House, person: Person, message: Message) -> Told | None:
    """A reply to one's own message adds to its entry; a reply to Anna is a turn of talk."""
    target = await house.store.message_at(message.platform, message.chat_id, message.reply_to)
    if target is not None:
        entry_id = await house.store.entry_of_message(target.id)
        return await entries.added(house, person, message, entry_id) if entry_id else None
    sending = await house.store.sending_at(message.platform, message.chat_id, message.reply_to)
    if sending is not None and (worded := await settling.replied(house, person, message, sending)) is not None:
        return worded
    if sending is not None and (entry_id := await entries.asked_for_words(house, sending)):
        return await entries.added(house, person, message, entry_id, withdraw=True)
    if sending is not None and message.text and not message.attachments:
        return await entries.turned(house, person, message, sending)
    return None


def apology(person: Person, key: str, reference: str) -> Reply:
    """What went wrong, in the person's words, with the reference that is in the log too."""
    text = say(person.language, key if knows(person.language, key) else "error.any")
    return Reply(text=text + "\n" + say(person.language, "error.reference", reference=reference), sender="house")
