"""The nouns of Emoseum: what a person sends, what we make of it, and what goes back."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


_last_id = 0


def new_id() -> str:
    """A sortable id of 20 characters: 50 bits of milliseconds, then 50 random bits; later ones of a process sort later."""
    global _last_id
    _last_id = max((time.time_ns() // 1_000_000 << 50) | secrets.randbits(50), _last_id + 1)
    return _spelled(_last_id)


def first_id(since_s: float) -> str:
    """What sorts before every id made from then on, in seconds since the epoch."""
    return _spelled(int(since_s * 1000) << 50)


def _spelled(number: int) -> str:
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(95, -1, -5))


def kept_at_s(some_id: str) -> float:
    """When an id was made, in seconds since the epoch."""
    number = 0
    for letter in some_id:
        number = number << 5 | _CROCKFORD.index(letter)
    return (number >> 50) / 1000


def file_id(owner_id: str, what: str) -> str:
    """The media id of what a message brought or a making made: kept again after a crash it is the same file, and
    whoever deletes its owner (an id of 20 characters) finds it. `what`: at most 20 letters and digits."""
    return what + owner_id


def part_of(name: str, n: int) -> str:
    """The slot or key of part `n` of what is too long for one reply; part 0 has that of the whole."""
    return f"{name}+{n}" if n and name else name


def whole_of(name: str) -> str:
    """The slot or key of the whole, for that of any part of it."""
    whole, mark, n = name.rpartition("+")
    return whole if mark and n.isdigit() else name


def message_files(message_id: str, count: int) -> list[str]:
    """The media ids of the files that a message brought."""
    return [file_id(message_id, f"f{n}") for n in range(count)]


def new_reference() -> str:
    """A short code that a person can read out and the log can be searched for."""
    return "E-" + "".join(secrets.choice(_CROCKFORD) for _ in range(6)).upper()


def utc_now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


# --- how someone feels -------------------------------------------------------------------------

#: The warm set: the only emotion names that people are shown (`emotion.<name>` in the catalogues).
EMOTIONS = (
    "joy", "love", "gratitude", "excitement", "pride", "calm", "relief", "surprise",
    "sadness", "loneliness", "disappointment", "anxiety", "anger", "guilt",
    "tiredness", "boredom", "confusion", "neutral",
)  # fmt: skip

#: What the face model tells apart; panic joins surprise and fear.
FACE_EMOTIONS = ("anger", "happy", "panic", "sadness", "neutral")


#: A guess that is less sure is told nobody, in an answer as little as in a calendar.
SURE = 0.35


@dataclass(frozen=True)
class Label:
    """One name with its score in 0..1."""

    name: str
    score: float


@dataclass(frozen=True)
class Emotion:
    """A state of feeling: three axes in -1..1 (Russell; Mehrabian) and names with scores."""

    valence: float = 0.0
    arousal: float = 0.0
    dominance: float = 0.0
    labels: tuple[Label, ...] = (Label("neutral", 1.0),)  # names from EMOTIONS, strongest first
    confidence: float = 0.0  # 0..1; below SURE say "I can't tell"
    why: tuple[str, ...] = ()  # the words that moved it, strongest first
    raw: tuple[Label, ...] = ()  # the model's own labels, whole: the language's set first, each strongest first

    @property
    def name(self) -> str:
        """The strongest label."""
        return self.labels[0].name if self.labels else "neutral"


@dataclass(frozen=True)
class Felt:
    """What a person made of one guess that they looked at."""

    name: str  # what they felt: said by them, or our guess where they rated the answer and left it as it was
    guess: tuple[Label, ...] = ()  # before what they had taught us, strongest first; () where there was none
    confidence: float = 0.0  # of that guess
    shown: str = ""  # the name that stood first in the answer, "" where none was told
    said: bool = True  # False where they rated the answer and said nothing to the guess


#: Where a face is: x, y, width, height in pixels of the upright picture.
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Face:
    """A guess from a face, never a fact: names from FACE_EMOTIONS with calibrated scores."""

    labels: tuple[Label, ...]
    box: Box
    confidence: float

    @property
    def name(self) -> str:
        """The strongest label."""
        return self.labels[0].name


class FaceProblem(StrEnum):
    """Why no guess was made from a photo."""

    NO_FACE = "none"
    SEVERAL = "several"
    SMALL = "small"
    DARK = "dark"
    COVERED = "covered"


@dataclass(frozen=True)
class FaceReading:
    """What a photo gave: one face, or the reason why not."""

    face: Face | None = None
    problem: FaceProblem | None = None
    found: int = 0
    boxes: tuple[Box, ...] = ()  # of several faces to choose from, left to right; () where they are too many
    numbered: str = ""  # media id of the photo with a number on each of them


class Level(StrEnum):
    """How worried a line makes us; the order of danger is NONE < OTHER < CONCERN < HIGH < IMMINENT."""

    NONE = "none"
    OTHER = "other"  # somebody else is in danger
    CONCERN = "concern"
    HIGH = "high"
    IMMINENT = "imminent"

    @property
    def gravity(self) -> int:
        """Its place in the order of danger."""
        return tuple(Level).index(self)

    @property
    def stops_everything(self) -> bool:
        """True where nothing may be made: fixed text and hotlines only."""
        return self in (Level.HIGH, Level.IMMINENT)


def gravest(*levels: Level) -> Level:
    """The one that worries us most."""
    return max(levels, key=lambda level: level.gravity)


@dataclass(frozen=True)
class Safety:
    """The crisis check's word on one text; rule ids may be logged, the text never."""

    level: Level = Level.NONE
    rules: tuple[str, ...] = ()


@dataclass(frozen=True)
class SafetyState:
    """Where a person stands after a crisis line; ended by two separate calm signals or 72 hours."""

    level: Level
    since: datetime
    calm_signals: int = 0
    last_calm: datetime | None = None


# --- people ------------------------------------------------------------------------------------


class Purpose(StrEnum):
    """What a person may consent to, each apart, each revocable."""

    STORING = "storing"
    FACE = "face"
    CLOUD = "cloud"  # a language model outside of this machine
    LEARNING = "learning"
    AGE_GENDER = "age_gender"  # guessed from a photo, for the sentence that music is made from


ATTITUDES = ("friendly", "polite", "playful", "calm", "honest")
COMPOSITIONS = ("advice", "comfort", "empathy")
INTENSITIES = {"creative": 1.0, "normal": 0.75, "calm": 0.5}
LENGTHS = (150, 300, 450)  # characters, about


@dataclass(frozen=True)
class AnnaSettings:
    """How Anna writes to one person."""

    attitude: str = "friendly"  # one of ATTITUDES
    composition: tuple[str, ...] = ()  # of COMPOSITIONS; none means all
    intensity: str = "normal"  # a key of INTENSITIES
    length: int = 300  # one of LENGTHS, in characters
    voice: str = "text"  # text | voice | both
    hearing: str = "ask"  # ask | keep: what she heard in a voice note is shown first, or kept right away


@dataclass(frozen=True)
class VisualPreferences:
    """How one person wants their pictures; "" and 0.5 leave it to the diary. Names are those of config/visual.toml."""

    style: str = ""
    tone: str = ""
    harmony: str = ""
    complexity: float = 0.5  # 0..1
    brightness: float = 0.5  # 0..1
    saturation: float = 0.5  # 0..1
    look: str = "wax"  # wax | pastel | pencil | watercolour
    coping: str = ""  # on a hard day: facing | distance | balance


class Step(StrEnum):
    """How far the first conversation has come."""

    NEW = "new"  # has not written yet
    CONSENT = "consent"  # introduced, asked for consents
    NAME = "name"
    INTRODUCTION = "introduction"
    DONE = "done"


@dataclass(frozen=True)
class Person:
    """Someone who keeps a diary here; a set of joined (platform, account) pairs."""

    id: str
    name: str = ""
    introduction: str = ""
    language: str = "ko"  # ko | en
    time_zone: str = "Asia/Seoul"
    country: str = ""  # ISO 3166 code or "other" once the person chose it; else guessed
    step: Step = Step.NEW
    awaiting: str = ""  # what the next plain message answers, e.g. "name" or "date:2026-11-03@<until, ISO>"
    told_at: datetime | None = None  # when name or introduction were last given; where unknown, long ago
    exporting: str = ""  # id of the message whose export is under way
    answered: str = ""  # "<message id> <what>" that was answered last: the step of that message may run again
    anna: AnnaSettings = field(default_factory=AnnaSettings)
    pictures: VisualPreferences = field(default_factory=VisualPreferences)
    pictures_before: tuple[VisualPreferences, ...] = ()  # the latest last: what "undo" goes back to
    consents: frozenset[Purpose] = frozenset()
    follow_up: str = ""  # "<platform> <chat id> <when, ISO>" where they asked for one message next day
    crisis_at: datetime | None = None  # when the last crisis line came; unlike SafetyState nothing calm undoes it
    asked_about: tuple[
        str, ...
    ] = ()  # "<kind> <entry id>.<revision> <when, ISO>": where face and words disagreed, and she asked
    former: tuple[str, ...] = ()  # ids of people whose diary was moved into this one: their buttons still work
    draft: Draft | None = None  # the drawing that they are changing by buttons
    created_at: datetime = field(default_factory=utc_now)

    def allows(self, purpose: Purpose) -> bool:
        """True where the person consented to `purpose` and has not taken it back."""
        return purpose in self.consents


@dataclass(frozen=True)
class Reminder:
    """When somebody asked to be reminded, and how far that has come; minutes are those after local midnight."""

    person_id: str
    platform: str
    chat_id: str  # where it was asked for, and where it is sent
    at_min: int  # 0..1439
    on: bool = True
    quiet: tuple[int, int] | None = (23 * 60, 7 * 60)  # from, until (not included); None: no quiet hours
    day: date | None = None  # the day that the next one asks about
    next_at: datetime | None = None  # when that is due; None while off or paused
    sent_at: datetime | None = None  # the last one
    done_for: date | None = None  # the last day that is over with: asked about, or left out
    unanswered: int = 0  # in a row
    paused: bool = False  # by itself, after too many without an answer


# --- what arrives ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Attachment:
    """A photo, a voice note or another file, already kept in the media store."""

    media_id: str
    mime: str  # as sniffed from the bytes, never as the sender named it
    file_bytes: int
    name: str = ""
    look: bool = False  # handed in to have its face looked at, this once; a chat asks for Purpose.FACE instead
    face: Box | None = None  # of several faces in it, the one that the person chose
    remote: str = (
        ""  # "<its name there, for good> <how to ask for it>"; until `Platform.fetch` has brought it, no media_id
    )


class Kind(StrEnum):
    """What happened in the chat."""

    TEXT = "text"  # words, files or both
    EDIT = "edit"  # an earlier message was rewritten; `target` names it
    PRESS = "press"  # a button; `press` holds what it carries, `target` its message
    OPEN = "open"  # somebody opened the chat for the first time
    DRAW = "draw"  # a picture was arranged anew; `drawing` holds how
    SEARCH = "search"  # words from a search box that worry us: guarded, never an entry


@dataclass(frozen=True)
class Message:
    """One thing a person did in a chat, as every platform tells it."""

    id: str  # ours, sortable
    platform: str  # web | telegram | discord
    chat_id: str
    account: str  # the platform's name for the person
    platform_message_id: str  # for telling duplicates apart
    sent_at: datetime
    kind: Kind = Kind.TEXT
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    reply_to: str = ""  # platform_message_id that this one answers
    target: str = ""  # platform_message_id that was edited or whose button was pressed
    press: str = ""
    language: str = ""  # the platform's hint, e.g. "ko"
    time_zone: str = ""  # the platform's hint, e.g. "Asia/Seoul"
    entry_date: date | None = None  # set where the sender named a day (CLI, import)
    private: bool = True  # False in a group
    refused: str = ""  # why a file could not be taken (a catalogue key), the words are still kept
    album: str = ""  # the platform's name for files that were sent together, each as a message of its own
    piece_of: str = ""  # the id of the message that speaks for this piece of an album or a paste
    pieces: tuple[Message, ...] = ()  # the messages it came in, where a platform took it apart; never stored
    drawing: str = ""  # an arrangement as its page sent it (`core.painting.arrangement`), for Kind.DRAW


# --- what is understood and made ---------------------------------------------------------------


@dataclass(frozen=True)
class Tag:
    """A thing or deed of the diary that can be drawn."""

    name: str  # the lexicon's id, e.g. "dog"
    word: str  # as it stood in the diary, e.g. "강아지랑"
    sticker: str  # an id in stickers.json
    kind: str = "thing"  # person | animal | food | place | weather | thing | deed | feeling | time


@dataclass(frozen=True)
class Prosody:
    """How something was said, never what: pitch, strength and pace hint at arousal, and at nothing else."""

    arousal: float  # -1..1, against how people mostly speak
    confidence: float  # 0..1; a hint at best, never near 1


@dataclass(frozen=True)
class Heard:
    """What one recording said, and how."""

    media_id: str
    words: str = ""
    prosody: Prosody | None = None  # None where nobody speaks in it, or it can't be opened
    problem: str = ""  # why there are no words: a key of UNHEARD


@dataclass(frozen=True)
class Analysis:
    """What we understood of one revision of an entry."""

    emotion: Emotion  # fused; the words win where they are clear
    words: Emotion  # from the text alone
    face: FaceReading | None = None  # None without a photo or without consent
    tags: tuple[Tag, ...] = ()
    summary: str = ""  # one line, in the diary's language
    language: str = "ko"
    disagree: bool = False  # face and words say different things
    plain: Emotion | None = None  # `emotion` before what this person taught us, where that changed it
    told: str = ""  # what the person said they felt: then that is `emotion`
    transcript: str = ""  # what those recordings said whose words nobody has seen yet
    heard: tuple[Heard, ...] = ()  # every recording of the entry, once it was listened to
    prosody: Prosody | None = None  # of the recording that says most about it


@dataclass(frozen=True)
class Layer:
    """One sticker on the sketch; x, y are its centre and scale its height, in 0..1 of the page height."""

    sticker: str
    x: float
    y: float
    scale: float
    rotation: float = 0.0  # degrees, clockwise
    flip: bool = False
    tag: str = ""


@dataclass(frozen=True)
class Stroke:
    """One free line of a crayon, over everything else."""

    colour: str  # hex
    width: float  # in 0..1 of the page height
    points: tuple[float, ...]  # x, y, x, y ... in 0..1 of the page height


@dataclass(frozen=True)
class Sketch:
    """A composed scene before colour; deterministic from its seed."""

    place: str
    weather: str
    time: str  # morning | day | evening | night
    layers: tuple[Layer, ...]  # painted in this order, back to front
    width: int = 512
    height: int = 512
    seed: int = 0
    strokes: tuple[Stroke, ...] = ()


@dataclass(frozen=True)
class Draft:
    """A drawing that somebody is changing by buttons."""

    entry_id: str
    revision: int  # of the entry when they began
    sketch: Sketch  # without its strokes: those stay as they are
    chosen: int = -1  # the layer that is being moved; -1: none
    changed_by: str = ""  # id of the press that changed it last: its step may run again


@dataclass(frozen=True)
class Brief:
    """What a painter is told beside tags and emotion."""

    scene: str = ""  # one English line of what the diary tells; "" where nobody could put it into English
    struck: tuple[str, ...] = ()  # ids of reasons that the person does not want for this entry


@dataclass(frozen=True)
class Reason:
    """One thing that moved a picture, so that its person can see it and strike it out."""

    id: str  # "<kind>.<name>", e.g. "tag.dog", "feeling.joy", "lead.anxiety", "tone.warm"
    words: str = ""  # its English words in the prompt; "" where there was no room for them
    said: str = ""  # the diary's own word that led to it, where there is one
    value: float = 0.0  # 0..1: how strong the feeling is, how far it is led


@dataclass(frozen=True)
class Picture:
    """A finished picture with where it came from."""

    png: bytes
    sketch_png: bytes  # line art, same size
    sketch: Sketch
    alt: str  # what is to be seen, in the person's language
    prompt: str
    seed: int
    engine: str  # e.g. "crayon-1"
    negative: str = ""  # what the picture was to keep away from
    reasons: tuple[Reason, ...] = ()
    look: str = ""  # the look it was coloured with, and its numbers (`core.painting.looks.Look.as_vector`)
    hand: tuple[float, ...] = ()
    weights: str = ""  # sha256 of the model's weights, "" where none painted
    adapter: str = ""  # sha256 of the LoRA over them, "" for none


@dataclass(frozen=True)
class Music:
    """A finished piece with where it came from."""

    audio: bytes  # as `mime` says
    mime: str
    seconds: float
    title: str
    prompt: str  # key, tempo, mode and path, readable
    seed: int
    engine: str


@dataclass(frozen=True)
class Comment:
    """What Anna wrote."""

    text: str
    engine: str
    seed: int = 0


class WorkKind(StrEnum):
    """What can be made of an entry and rated."""

    PICTURE = "picture"
    MUSIC = "music"
    COMMENT = "comment"


@dataclass(frozen=True)
class Work:
    """A picture, a piece of music or a comment as it is stored."""

    id: str
    entry_id: str
    revision: int
    kind: WorkKind
    engine: str  # with its version, e.g. "crayon-1"
    adapter: str = ""  # the version of the person's own LoRA, where one was used
    seed: int = 0
    prompt: str = ""
    text: str = ""  # the comment, or the title of the music
    alt: str = ""
    media_id: str = ""
    sketch_media_id: str = ""
    voice_media_id: str = ""  # the comment, spoken
    made_at: datetime = field(default_factory=utc_now)
    seconds: float = 0.0  # that it took to make


def work_file(work: Work, which: str) -> str:
    """For `file_id`: which file of which work of its entry; `which` is a field of Work."""
    return (
        f"{work.kind.value[0]}{work.revision}" + {"media_id": "", "sketch_media_id": "s", "voice_media_id": "v"}[which]
    )


@dataclass(frozen=True)
class Part:
    """What one message gave to an entry; editing the message edits its part."""

    message_id: str  # for words that were heard and kept as they were, the recording's media id
    text: str
    of: str = ""  # the media id of the recording whose words these are, heard or typed instead


@dataclass(frozen=True)
class Entry:
    """One diary entry; a day may hold many. Revision n is the n-th wording of it."""

    id: str
    person_id: str
    date: date  # the day it tells of, in the person's own time zone
    text: str
    created_at: datetime
    media: tuple[Attachment, ...] = ()
    parts: tuple[Part, ...] = ()  # `text` is made of these
    revision: int = 1
    platform: str = ""
    chat_id: str = ""
    level: Level = Level.NONE  # of its gravest line, or of all together; nothing is learned from a worrying one
    deleted: bool = False
    drawing: Sketch | None = None  # as the person arranged it; None: as we compose it
    struck: tuple[str, ...] = ()  # ids of Reasons that they do not want in its picture
    chosen: tuple[
        str, ...
    ] = ()  # weather, hour and faces that they chose for its picture (`core.painting.choices.chosen`)
    seed: int = 0  # of its picture, where it is to be like one that was there; 0: it follows from the revision

    @property
    def spoken(self) -> bool:
        """True where part of it was said aloud and nobody has settled on its words: what it says is guarded, and shown,
        before anything is made."""
        return bool(self.unsettled)

    @property
    def unsettled(self) -> tuple[Attachment, ...]:
        """The recordings whose words are no part of the entry yet."""
        settled = {part.of for part in self.parts}
        return tuple(one for one in self.media if not one.mime.startswith("image/") and one.media_id not in settled)

    def revised(self, **changes: object) -> Entry:
        """The same entry with other words, one revision on."""
        return replace(self, revision=self.revision + 1, **changes)  # type: ignore[arg-type]

    def saying(self, parts: Iterable[Part], **changes: object) -> Entry:
        """The same entry made of other parts, one revision on; a drawing of the old words goes with them."""
        parts = tuple(parts)
        text = "\n".join(part.text for part in parts if part.text)
        return self.revised(**{"parts": parts, "text": text, "drawing": None, "chosen": (), "seed": 0, **changes})

    def as_heard(self, heard: Iterable[Heard]) -> Entry:
        """The same entry with the words of its recordings as they were heard, one revision on; itself where nothing of it
        is new."""
        unsettled = {attachment.media_id for attachment in self.unsettled}
        words = [Part(one.media_id, one.words, of=one.media_id) for one in heard if one.words]
        words = [part for part in words if part.of in unsettled]
        return self.saying((*self.parts, *words)) if words else self


@dataclass(frozen=True)
class Rating:
    """One to five stars for one work; the newest counts."""

    work_id: str
    stars: int
    rated_at: datetime = field(default_factory=utc_now)


class StageState(StrEnum):
    """How far one stage of a making is."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


#: What is made of an entry once it is understood, in the order in which it is usually ready.
MADE = ("comment", "picture", "music")

#: Every stage of a making.
STAGES = ("understand", *MADE)


def making_id(entry_id: str, revision: int) -> str:
    """The name of one making: an entry's revision."""
    return f"{entry_id}.{revision}"


def split_making(making: str) -> tuple[str, int]:
    """(entry id, revision) of a making's name."""
    entry_id, _, revision = making.rpartition(".")
    return entry_id, int(revision)


#: What a failed "understand" stage has for a reference where there was nothing to understand: a voice note alone that
#: nobody could listen to, in which nobody speaks, that is too long, or that does not open. Keys of sentences that ask for
#: words. Of the first kind there is a failed stage "listen" too, by which they are found again once somebody can listen.
UNHEARD = ("entry.voice_kept", "entry.voice_silent", "entry.voice_long", "entry.voice_broken")


@dataclass(frozen=True)
class Stage:
    """One stage of making an answer for one revision of an entry."""

    name: str  # understood | picture | music | comment
    state: StageState
    work_id: str = ""
    reference: str = ""  # where it failed: the code that is in the log too, or UNHEARD; while it is in line: its ticket
    seconds: float = 0.0
    done: float = 0.0  # how much of it is made, 0..1, while its engine tells; 0 before and after


# --- what goes back ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Button:
    """Something to tap; `press` is packed by bot/callback.py, `url` opens a page or a dialler instead."""

    text: str
    press: str = ""
    url: str = ""
    chosen: bool = False  # shown as pressed, e.g. the star that was given
    page: str = ""  # a page of ours that does it better: a chat that can open it does, instead of the press


@dataclass(frozen=True)
class Progress:
    """What is being made right now."""

    stage: str  # a catalogue key below `progress.`
    done: float = 0.0  # 0..1
    words: str = ""  # said instead of the catalogue's, in the person's language


@dataclass(frozen=True)
class Reply:
    """One message to a person; a platform renders it as well as it can."""

    text: str = ""
    picture: str = ""  # media id
    picture_alt: str = ""
    label: str = ""  # how it was made: ends the text, and stays below the picture where the text is too long for that
    audio: str = ""  # media id
    audio_title: str = ""
    cover: str = ""  # media id of the picture that is shown while the audio plays
    document: str = ""  # media id
    document_name: str = ""
    buttons: tuple[tuple[Button, ...], ...] = ()
    slot: str = ""  # a later reply with the same slot replaces this one in place
    progress: Progress | None = None
    sender: str = "anna"  # anna | house (plain notices)
    withdrawn: bool = False  # taken back: a platform removes it, or shows nothing
    must_arrive: bool = False  # where help is: better shown twice than never
    quiet: bool = False  # nobody waits for it: no phone rings


class SendState(StrEnum):
    """The life of a reply in the outbox."""

    NEW = "new"
    INFLIGHT = "inflight"
    SENT = "sent"
    UNKNOWN = "unknown"  # sent perhaps: the platform never said
    FAILED = "failed"


@dataclass(frozen=True)
class Sending:
    """One reply in the outbox."""

    id: str
    key: str  # unique: the same key is never sent twice
    person_id: str
    platform: str
    chat_id: str
    reply: Reply
    state: SendState = SendState.NEW
    platform_message_id: str = ""
    changed_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True)
class Limits:
    """What a platform can carry; `fit` obeys it and the fakes enforce it."""

    text_chars: int = 4096
    caption_chars: int = 1024
    callback_bytes: int = 64
    button_chars: int = 64
    buttons_per_row: int = 8
    rows: int = 13
    download_bytes: int = 20 * 1024 * 1024
    upload_bytes: int = 10 * 1024 * 1024
    progress_s: float = 4.0  # between two changes that only show how far something is
    answer_s: float = 0.0  # that showing a whole answer takes in one chat, which so often may be answered there
    edits_media: bool = True
