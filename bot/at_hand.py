"""What every step of the journey has at hand: the house, who is heard in it, how to answer them, and which try it is."""

from __future__ import annotations

from contextvars import ContextVar

from bot import outbox
from bot.house import House
from core.entities import Message, Person, Reply

attempt: ContextVar[int] = ContextVar("attempt", default=1)  # of the step that runs now, the first one being 1

_house: House | None = None


def open_house(house: House) -> None:
    """Give the workflows what they work with; once, before the durable engine is launched."""
    global _house
    _house = house


def house() -> House:
    """What was given to `open_house`."""
    if _house is None:
        raise RuntimeError("open_house comes first")
    return _house


async def heard(message_id: str) -> tuple[Message, Person]:
    """A message that was kept, and who wrote it. Raises NotFound."""
    message = await house().store.message(message_id)
    return message, await person_of(message)


async def person_of(message: Message) -> Person:
    """Who wrote it, as they are now."""
    return await house().store.person_of(message.platform, message.account)


async def say(message: Message, person: Person, key: str, reply: Reply) -> None:
    """Answer in the chat of a message, once for each key."""
    await outbox.say_once(house(), person.id, message.platform, message.chat_id, key, reply)
