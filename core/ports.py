"""What we ask of the outside world, as protocols that adapters and platforms meet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar

from core.entities import (
    Analysis,
    Entry,
    Felt,
    Limits,
    Message,
    Person,
    Purpose,
    Rating,
    Reminder,
    Reply,
    SafetyState,
    Sending,
    SendState,
    Stage,
    StageState,
    Work,
    WorkKind,
)

# --- errors ------------------------------------------------------------------------------------


class EmoseumError(Exception):
    """An error with two faces: `key` names the kind sentence for the person, the rest is for the log."""

    def __init__(self, key: str, cause: str = "") -> None:
        super().__init__(cause or key)
        self.key = key


class NotFound(EmoseumError):
    """What was asked for is not there (deleted, another person's, or never was)."""

    def __init__(self, cause: str = "") -> None:
        super().__init__("error.gone", cause)


class Forgotten(EmoseumError):
    """The person's key was deleted: what they left can't be read by anyone any more."""

    def __init__(self, cause: str = "") -> None:
        super().__init__("error.forgotten", cause)


class Passing(EmoseumError):
    """What is short or away just now and comes back by itself: work that was taken in waits for it."""


class DiskFull(Passing):
    """Less disk is free than intake needs."""

    def __init__(self, cause: str = "") -> None:
        super().__init__("error.disk_full", cause)


class Away(Passing):
    """A server of our own house (media, database) does not answer, or not as it should."""

    def __init__(self, cause: str = "") -> None:
        super().__init__("error.away", cause)


class NotShown(Passing):
    """A chat platform could not be reached, or asked us to wait: surely nothing was shown, and it is tried again."""

    def __init__(self, cause: str = "") -> None:
        super().__init__("error.away", cause)


class Unanswered(Passing):
    """A chat platform was asked and never said whether it showed it: in doubt, and asked again where that is safe."""

    def __init__(self, cause: str = "") -> None:
        super().__init__("error.away", cause)


class Refused(EmoseumError):
    """A platform will not show this, however often it is asked: they blocked us, are gone, or it is nothing it takes."""

    def __init__(self, cause: str = "") -> None:
        super().__init__("error.any", cause)


class Closed(Refused):
    """A chat takes nothing from us any more: they blocked us, or are gone."""


class EngineMissing(EmoseumError):
    """A setting names an engine that is not installed or not reachable."""

    def __init__(self, key: str, cause: str = "") -> None:
        super().__init__(key, cause)


# --- the store ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Media:
    """The decrypted bytes of one file."""

    id: str
    mime: str
    data: bytes


@dataclass(frozen=True)
class EntryLine:
    """One entry as calendar and history list it, without opening all of it."""

    id: str
    date: date
    created_at: datetime
    summary: str  # one line; the first words of the text where nothing was understood yet
    emotion: str  # a name of EMOTIONS, "" where nothing was understood yet, or not surely
    picture_media_id: str = ""
    hidden: bool = False  # written in a crisis: left out unless asked for


@dataclass(frozen=True)
class Turn:
    """One turn of the conversation with Anna beside the diary."""

    id: str
    speaker: str  # person | anna | house (she could not answer: `text` is the reference)
    text: str
    entry_id: str = ""
    at: datetime | None = None


def answer_turn(message_id: str) -> str:
    """The id of the turn that answers a person's turn."""
    return f"{message_id}a"


@dataclass(frozen=True)
class LogLine:
    """One line of a chat as a reloaded page shows it: what was written or what was answered."""

    id: str
    changed_ms: int  # since the epoch; a page that reconnects asks for what changed since
    message: Message | None = None
    sending: Sending | None = None


@dataclass(frozen=True)
class JoinCode:
    """Who made a one-time code, and in which chat; the code itself is only ever shown."""

    person_id: str
    platform: str
    chat_id: str


@dataclass(frozen=True)
class ConsentGiven:
    """One word given, or taken back."""

    purpose: str
    granted: bool
    at: datetime


@dataclass(frozen=True)
class EntryKept:
    """Everything that is kept of one entry."""

    versions: tuple[Entry, ...]  # oldest first
    analyses: dict[int, Analysis]  # by revision
    works: tuple[Work, ...]
    ratings: dict[str, Rating]  # by work id
    felt: Felt | None = None  # what the person said they felt, beside what we had guessed

    @property
    def correction(self) -> str:
        """The emotion that the person named, or ""."""
        return self.felt.name if self.felt is not None else ""


EXPORT_MIME = "application/zip"


class MediaStore(Protocol):
    """Files, encrypted before they are put."""

    async def put(self, person_id: str, data: bytes, mime: str, name: str = "") -> str:
        """Keep `data` for a person and return its media id. Raises DiskFull, Away, Forgotten."""

    async def put_all(self, person_id: str, files: Sequence[tuple[bytes, str]], names: Sequence[str] = ()) -> list[str]:
        """The same for several files, (bytes, mime) each; all of them or none. Raises DiskFull, Forgotten.

        `names`: their media ids (`core.entities.file_id`), where the same may be put again; else new ones."""

    async def get(self, media_id: str) -> Media:
        """The bytes of `media_id`. Raises NotFound, Away, Forgotten."""

    async def owner(self, media_id: str) -> str:
        """The person that `media_id` belongs to. Raises NotFound."""

    async def delete(self, media_id: str) -> None:
        """Remove the file and its row; nothing happens where it is gone already."""


T = TypeVar("T")


class Store(Protocol):
    """Everything that is remembered; each method is one transaction and what it writes is durable."""

    async def together(self, work: Callable[[], Awaitable[T]]) -> T:
        """What `work` writes is one transaction instead, durable once this returns what it returned.

        Nothing slow belongs inside: it keeps others from writing."""

    # people
    async def person_of(self, platform: str, account: str, *, language: str = "", time_zone: str = "") -> Person:
        """The person behind an account; a new one with those hints where there is none."""

    async def person(self, person_id: str) -> Person:
        """Raises NotFound, Forgotten."""

    async def people(self) -> Sequence[Person]:
        """Everybody who was not forgotten."""

    async def save_person(self, person: Person) -> None:
        """Write profile and settings (not consents). Raises NotFound."""

    async def change_person(self, person_id: str, change: Callable[[Person], Person]) -> Person:
        """Read, change and write profile and settings (not consents) in one transaction, and return them as they are
        now; what others change at the same moment stays. `change` may be called twice. Raises NotFound, Forgotten."""

    async def set_consent(self, person_id: str, purpose: Purpose, granted: bool) -> Person:
        """Keep a consent or its withdrawal with its time, and return the person as they are now."""

    async def asked(self, person_id: str, purpose: Purpose) -> bool:
        """True where the person ever said yes or no to `purpose`."""

    async def forget(self, person_id: str) -> None:
        """Delete the person's key first, then everything of theirs."""

    async def accounts(self, person_id: str) -> Sequence[tuple[str, str]]:
        """(platform, account) of everywhere a person writes from. Raises NotFound, Forgotten."""

    # one diary, several accounts
    async def add_join_code(self, code: JoinCode, words: str, expires_at: datetime) -> None:
        """Keep a one-time code; an older one of the same person's no longer works."""

    async def join_code(self, words: str, now: datetime) -> JoinCode | None:
        """Who made that code, while it works."""

    async def guessed(self, platform: str, account: str, now: datetime, window: timedelta) -> int:
        """Count one more guess at a code by an account, and return how many there were in this window."""

    async def join(self, platform: str, account: str, words: str, message_id: str, now: datetime) -> Person:
        """Use a code up: that account and all that its person wrote become part of the diary of who made it, sealed with
        their key, in one transaction. Returns them. Raises NotFound where the code does not work."""

    async def leave(self, platform: str, account: str, chat_id: str, message_id: str) -> Person:
        """Give an account an empty diary of its own; the one that it shared stays with the others, and the lines of that
        chat go out of it. Returns the new person. Raises NotFound where nobody else has an account there."""

    # reminders
    async def reminder(self, person_id: str) -> Reminder | None:
        """What a person asked for. Raises NotFound, Forgotten."""

    async def change_reminder(
        self, person_id: str, change: Callable[[Reminder | None], Reminder | None]
    ) -> Reminder | None:
        """Read, change and write it in one transaction; None takes it away. Raises NotFound, Forgotten."""

    async def reminders_due(self, now: datetime, limit: int = 100) -> Sequence[str]:
        """The ids of people whose next reminder is due; found by an index, nothing is opened."""

    async def last_heard(self, person_id: str) -> datetime | None:
        """When a person wrote or pressed last, by the platform's clock."""

    # all that is kept of a person
    async def every_entry(self, person_id: str) -> Sequence[str]:
        """Ids of all entries, hidden ones too, oldest day first."""

    async def kept_of(self, entry_id: str) -> EntryKept:
        """Everything that is kept of an entry, also of a hidden one. Raises NotFound, Forgotten."""

    async def consent_log(self, person_id: str) -> Sequence[ConsentGiven]:
        """Every word given and taken back, oldest first."""

    async def delete_exports(self, before: datetime) -> int:
        """Delete the files of exports that are older; returns how many."""

    # messages that came in (their row is written by Inbox.keep)
    async def message(self, message_id: str) -> Message:
        """Raises NotFound, Forgotten."""

    async def message_at(self, platform: str, chat_id: str, platform_message_id: str) -> Message | None:
        """The message a platform knows by that id."""

    async def messages_before(self, message: Message, since: datetime) -> Sequence[Message]:
        """Earlier messages (Kind.TEXT) of the same chat since then, oldest first."""

    async def private_chats(self, platform: str) -> Sequence[str]:
        """The private chats of a platform in which anybody who is not forgotten wrote, the latest first."""

    async def heard_in(self, platform: str, chat_id: str, limit: int = 100) -> Sequence[Message]:
        """The newest messages (Kind.TEXT) of a chat in their newest words, oldest first."""

    async def edits_of(self, platform: str, chat_id: str, platform_message_id: str) -> Sequence[Message]:
        """Every rewriting of a message, oldest first."""

    async def set_attachments(self, message: Message) -> None:
        """Write the attachments of a message, why one was refused, and whose piece it is; other files that were put for
        it go, unless it is part of an entry. Raises NotFound."""

    async def link_message(self, message_id: str, entry_id: str) -> None:
        """Remember that a message became part of an entry."""

    async def entry_of_message(self, message_id: str) -> str:
        """The entry that a message is part of, or ""."""

    # entries
    async def save_entry(self, entry: Entry) -> None:
        """Write an entry; a new revision keeps the wording before it. The same revision again changes nothing else."""

    async def entry(self, entry_id: str) -> Entry:
        """Raises NotFound (also for a deleted one), Forgotten."""

    async def versions(self, entry_id: str) -> Sequence[Entry]:
        """Every wording of an entry, oldest first."""

    async def latest_entry(self, person_id: str) -> Entry | None:
        """The entry that was written last (by created_at), deleted ones left out."""

    async def delete_entry(self, entry_id: str) -> None:
        """Hide an entry; `restore_entry` undoes it."""

    async def restore_entry(self, entry_id: str) -> None:
        """Bring a hidden entry back."""

    async def purge_entry(self, entry_id: str) -> None:
        """Delete an entry, its works and its media for good."""

    async def lines(
        self, person_id: str, *, first: date | None = None, last: date | None = None, offset: int = 0, limit: int = 100
    ) -> Sequence[EntryLine]:
        """Entries newest day first (then newest written first), between two days inclusive."""

    async def entry_count(self, person_id: str) -> int:
        """How many entries a person has."""

    async def days_written(self, person_id: str, first: date, last: date) -> dict[date, int]:
        """Entries a day between two days inclusive."""

    # what was understood and made
    async def save_analysis(self, entry_id: str, revision: int, analysis: Analysis) -> None:
        """Keep what was understood of a revision; again overwrites."""

    async def analysis(self, entry_id: str, revision: int | None = None) -> Analysis | None:
        """Of that revision, else of the newest that has one."""

    async def save_work(self, work: Work) -> None:
        """Keep a work; the same id again overwrites."""

    async def work(self, work_id: str) -> Work:
        """Raises NotFound."""

    async def works(self, entry_id: str) -> Sequence[Work]:
        """Of all revisions, oldest first."""

    async def latest_work(self, entry_id: str, kind: WorkKind) -> Work | None:
        """The newest of its kind."""

    async def set_stage(
        self, entry_id: str, revision: int, name: str, state: StageState, *,
        work_id: str = "", reference: str = "", seconds: float = 0.0,
    ) -> None:  # fmt: skip
        """Say how far a stage of the making of a revision is."""

    async def stages(self, entry_id: str, revision: int) -> dict[str, Stage]:
        """By stage name; empty where nothing was begun."""

    async def unheard(self, since: datetime, after: str = "", limit: int = 50) -> Sequence[str]:
        """Makings whose recordings nobody could listen to (stage "listen" failed), of entries that began since then and
        come `after` that making, oldest first. Nothing is opened."""

    async def stand_in_line(self, entry_id: str, revision: int) -> None:
        """A picture waits for the studio behind all that wait already; nothing happens where one is known of."""

    async def leave_line(self, entry_id: str, revision: int) -> None:
        """It is being painted from its first step, or not wanted any more; nothing happens where it is over."""

    async def set_done(self, entry_id: str, revision: int, done: float) -> None:
        """So much of a picture is painted, 0..1; nothing happens where it is over."""

    async def ahead_in_line(self, entry_id: str, revision: int) -> int:
        """How many pictures come before that one; 0 where it does not wait. Found by an index, nothing is opened."""

    async def recent_comments(self, person_id: str, limit: int = 5) -> Sequence[str]:
        """Anna's latest comments to a person, newest first, so that she does not repeat herself."""

    # ratings, talk, safety
    async def rate(self, person_id: str, work_id: str, stars: int) -> Rating:
        """Keep 1-5 stars; again changes it. Raises NotFound where the work is not this person's."""

    async def rating(self, work_id: str) -> Rating | None:
        """The newest rating of a work."""

    async def add_turn(self, person_id: str, turn: Turn) -> None:
        """Keep one turn of talk; the same id again changes nothing."""

    async def turns(self, person_id: str, limit: int = 12) -> Sequence[Turn]:
        """The latest turns, oldest first."""

    async def correct_emotion(self, entry_id: str, name: str) -> None:
        """Keep that the person felt something else than we guessed; again overwrites."""

    async def correction(self, entry_id: str) -> str:
        """What the person said they felt, or ""."""

    async def felt(self, person_id: str, limit: int = 100) -> Sequence[Felt]:
        """What a person made of the guesses that they looked at, newest first: said otherwise, or rated the answer. Entries
        that worried us are left out: nothing is learned from those."""

    async def safety_state(self, person_id: str) -> SafetyState | None:
        """Where the person stands, None where all is well."""

    async def change_safety_state(
        self, person_id: str, change: Callable[[SafetyState | None], SafetyState | None]
    ) -> SafetyState | None:
        """Read, change and write where the person stands in one transaction, and return it; None ends a state. What is
        said at the same moment elsewhere is not lost by it. `change` may be called twice. Raises NotFound, Forgotten."""

    # the outbox
    async def add_sending(self, sending: Sending) -> Sending:
        """Put a reply into the outbox; where its key is known the stored one comes back, unchanged."""

    async def set_sending(self, sending_id: str, state: SendState, platform_message_id: str = "") -> None:
        """Move a reply on in its life."""

    async def sending(self, sending_id: str) -> Sending:
        """Raises NotFound."""

    async def sending_in_slot(self, platform: str, chat_id: str, slot: str) -> Sending | None:
        """The reply that stands in a slot of a chat."""

    async def replace_sending(self, sending_id: str, reply: Reply, state: SendState = SendState.NEW) -> Sending:
        """Give a reply in the outbox new contents, and the state that it has with them."""

    async def sending_at(self, platform: str, chat_id: str, platform_message_id: str) -> Sending | None:
        """The reply that a platform knows by that id."""

    async def sendings_refused(self, platform: str, chat_id: str, since: datetime) -> Sequence[Sending]:
        """Those that stand in a chat and that it would not show as they should be (FAILED since then), oldest first."""

    async def sendings_about(self, person_id: str, entry_id: str, slots: Sequence[str] = ()) -> Sequence[Sending]:
        """Replies of every chat of a person that name an entry or show its media, each with all parts of what it is part
        of, documents (exports), what stands in slots that begin so, and what was taken back but is perhaps still shown;
        oldest first."""

    async def sendings_in_doubt(self, platform: str) -> Sequence[Sending]:
        """Those found in flight."""

    # the chat as it was
    async def chat_log(self, platform: str, chat_id: str, *, since_ms: int = 0, limit: int = 100) -> Sequence[LogLine]:
        """Messages and replies by time of writing, oldest first: the newest `limit`, or all that changed since."""

    async def close(self) -> None:
        """Let go of the database."""


class Inbox(Protocol):
    """The only way in: a message and its job are durable in one commit, then it may be acknowledged."""

    async def keep(self, message: Message) -> bool:
        """True where the message is new, False for a duplicate. Raises DiskFull."""


# --- platforms ---------------------------------------------------------------------------------

Heard = Callable[[Message], Awaitable[bool]]


@dataclass(frozen=True)
class Health:
    """What `/healthz` says of one part."""

    ok: bool
    detail: str = ""  # for whoever looks after the house; never a person, never words of theirs
    numbers: Mapping[str, float] = field(
        default_factory=dict
    )  # to be plotted, by a name with its unit: last_poll_seconds


class Platform(Protocol):
    """A chat that people already use."""

    name: str
    limits: Limits
    resend_is_safe: bool  # True where the same key twice shows once; else `send` keeps when it is INFLIGHT
    shows_outbox: bool  # True where the outbox is the chat: what is kept there is sent, and has its id for its place

    async def start(self, heard: Heard) -> None:
        """Begin to listen; `heard` returns once a message is durable."""

    async def send(self, sending: Sending) -> str:
        """Show a reply that already fits; returns the platform's id for it.

        Where a resend is not safe, keeps in the store that it is INFLIGHT right before it asks, and NEW again where it
        was told to wait. Raises NotShown (or any other Passing) where surely nothing was shown, Unanswered where that is
        in doubt, Refused where nothing ever will be."""

    async def edit(self, sending: Sending) -> str | None:
        """Show the new contents of a reply in place; returns its new id where it had to be shown anew.

        May be repeated; where it has to be shown anew and a resend is not safe, it keeps INFLIGHT first, as `send` does.
        Raises NotShown, Unanswered, Refused."""

    async def fetch(self, message: Message) -> Message:
        """The message with its remote attachments brought into the media store, and `refused` set where one can't be
        taken. Called again after a crash; may raise what a network throws, then it is tried again. Raises DiskFull."""

    async def typing(self, chat_id: str, stage: str) -> None:
        """Show for a few seconds that something is being made; may do nothing."""

    async def health(self) -> Health:
        """How the platform is."""

    async def stop(self) -> None:
        """Stop listening and let go of sockets."""


# --- larger engines, each a setting ------------------------------------------------------------


class Writer(Protocol):
    """A language model."""

    name: str

    async def write(self, system: str, turns: Sequence[tuple[str, str]], *, temperature: float, max_chars: int) -> str:
        """Continue a conversation of (role user|assistant, text). Raises EngineMissing."""


class Speaker(Protocol):
    """Text to speech."""

    name: str

    async def speak(self, text: str, language: str, *, outside: bool) -> tuple[bytes, str]:
        """Audio and its mime type. `outside`: the text may leave this machine. Raises EngineMissing."""


class Transcriber(Protocol):
    """Speech to text."""

    name: str
    outside: bool  # True where the recording leaves this machine

    async def transcribe(self, audio: bytes, language: str, *, outside: bool) -> str:
        """The words, "" where there were none. Whether they are Korean or English is heard; `language` is the person's, for
        where it is not. `outside`: the recording may leave this machine. Raises EngineMissing."""
