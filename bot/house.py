"""What the conversation is given to work with, and what a handler hands back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot import callback
from bot.rates import Breath
from core.entities import Button, Person, Reply, utc_now
from core.phrases import say
from core.ports import MediaStore, Platform, Store
from core.settings import Settings


@dataclass
class House:
    """Everything a step of the journey may need; made once a process, by roles.py."""

    settings: Settings
    store: Store
    media: MediaStore
    platforms: Mapping[str, Platform]
    button_secret: bytes
    studio_secret: bytes = b""  # of the links to the drawing page
    now: Callable[[], datetime] = utc_now
    breath: Breath = field(default_factory=Breath)

    def button(
        self, person: Person, key: str, action: str, *args: str, chosen: bool = False, **values: object
    ) -> Button:
        """A button with the phrase `key` in the person's language."""
        return self.labelled(person, say(person.language, key, **values), action, *args, chosen=chosen)

    def draw_button(self, person: Person, entry_id: str) -> Button:
        """A button that opens the drawing of an entry, as a page where the chat can show one."""
        return replace(self.button(person, "button.draw", "draw", entry_id), page=f"/studio?entry={entry_id}")

    def labelled(self, person: Person, text: str, action: str, *args: str, chosen: bool = False) -> Button:
        """A button with a text of its own."""
        return Button(text, callback.pack(self.button_secret, person.id, action, *args), chosen=chosen)

    def today(self, person: Person, at: datetime | None = None) -> date:
        """The day it is (or was at `at`) where the person lives."""
        return (at or self.now()).astimezone(zone_of(person)).date()


@dataclass(frozen=True)
class Told:
    """What came of a message: replies to say, and an entry or a turn to answer."""

    replies: tuple[Reply, ...] = ()
    making: str = ""  # "<entry id>.<revision>" where an answer is to be made
    spoken: bool = False  # the entry has sounds in it, whose words nobody has guarded and settled on yet
    also: str = ""  # the making of an earlier entry, whose words are settled by this one
    dropped: str = ""  # the making whose recordings were thrown away: in a day they are gone for good
    talk: str = ""  # message id of a chat turn that Anna is to answer
    speak: str = ""  # id of a comment that Anna is to read aloud
    export: bool = False  # everything is to be handed to them
    notices: tuple[str, ...] = ()  # ids of sendings for other chats, kept in the outbox
    withdraw: tuple[str, ...] = field(default=())  # slots whose replies are taken back


def zone_of(person: Person) -> ZoneInfo:
    """The person's time zone; UTC where the name is unknown to this machine."""
    try:
        return ZoneInfo(person.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def is_free(person: Person) -> bool:
    """True where no question of ours waits for words, or only the light one about where they live, which gives way."""
    return not person.awaiting or person.awaiting.startswith("zone:")


def note(person: Person, key: str, **values: object) -> Reply:
    """A plain notice of the house."""
    return Reply(text=say(person.language, key, **values), sender="house")


def in_rows(buttons: Sequence[Button], across: int) -> tuple[tuple[Button, ...], ...]:
    """Buttons in rows of so many."""
    return tuple(tuple(buttons[at : at + across]) for at in range(0, len(buttons), across))


def answer_slot(making: str) -> str:
    """Where the answer to a making stands in its chat."""
    return f"answer.{making}"


def entry_answered(slot: str) -> str:
    """The entry whose answer, or a part of it, stands in a slot; "" for any other slot."""
    kind, _, rest = slot.partition(".")
    return rest.partition(".")[0] if kind == "answer" else ""
