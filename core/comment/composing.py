"""Anna's answer to an entry without a language model: what she noticed first, in the order a friend would say it."""

from __future__ import annotations

from collections.abc import Sequence

from core.comment.grief import Loss
from core.comment.noticing import Noticed, asked_in, is_question, notice
from core.comment.nouns import thing_in
from core.comment.summary import summarise
from core.comment.voice import Voice, mould
from core.emotion.fusion import kind_of_disagreement
from core.entities import COMPOSITIONS, Analysis, Entry, Level, Person
from core.phrases import LANGUAGES, say

#: Emotions that ask for the same kind of answer.
GROUPS = {
    "bright": ("joy", "love", "gratitude", "excitement", "pride", "surprise"),
    "quiet": ("calm", "relief", "neutral", "boredom"),
    "low": ("sadness", "loneliness", "disappointment", "guilt"),
    "tense": ("anxiety", "anger", "confusion"),
    "tired": ("tiredness",),
}
HEAVY = ("low", "tense", "tired")
_SURE = 0.35  # a less sure reading is not said to anybody
_CLEAR = 0.5
_CLEARER = 0.65  # against a subject that is glad by itself
_BESIDE = 0.6  # of the first feeling: a weaker one is not said to be there too
_SURER = 0.9  # against words that say it was good
_QUOTE_CHARS = 48
_WORD_CHARS = 6  # an entry of one word
_QUESTION_CHARS = 60  # a longer entry tells something beside its question
_IMAGES = {"hard": "low", "unsure": "quiet", "mixed": "quiet"}  # whose images and advice fit
_TOO_LIGHT = ("comment.comfort.hard.4", "comment.comfort.hard.6")  # "tomorrow will do", to somebody in danger
_OVER = 1.2  # what must be said may be that much longer than wished


def group_of(emotion: str) -> str:
    """The group of GROUPS that a name of EMOTIONS belongs to."""
    return next(group for group, names in GROUPS.items() if emotion in names)


def composed(entry: Entry, analysis: Analysis, person: Person, recent: Sequence[str], seed: int, gentle: bool) -> str:
    """As many sentences as the wanted length holds; none that stands in `recent` (her last comments, newest first)."""
    tapped = is_tapped(entry.text)
    never = _TOO_LIGHT if _is_worrying(entry, analysis) else ()
    voice = Voice(person.language, recent, seed, wordless=tapped or not entry.text.strip(), never=never)
    noticed = Noticed() if tapped else notice(entry.text)
    if noticed.loss is not None:
        pieces = _mourning(voice, noticed.loss, person)
    else:
        pieces = _Answer(voice, entry, analysis, person, noticed, gentle).pieces()
    text = " ".join(_within(pieces, person.anna.length))
    quiet = gentle or noticed.loss is not None or person.anna.intensity == "calm"
    return text.replace("!", ".") if quiet else text


def is_tapped(text: str) -> bool:
    """True for an entry that is nothing but a mood chosen by buttons: the words in it are ours."""
    return any(mould(language, "mood.sentence").fullmatch(text.strip()) for language in LANGUAGES)


def _is_worrying(entry: Entry, analysis: Analysis) -> bool:
    """True where nothing is made of what a model guessed; what they told us stands."""
    return entry.level is not Level.NONE and not analysis.told


Piece = tuple[int, str]  # how dispensable it is (0: not at all), and a sentence


def _within(pieces: Sequence[Piece], chars: int) -> list[str]:
    """The least dispensable sentences that fit into about `chars` characters, in their order."""
    kept: set[int] = set()
    for at in sorted(range(len(pieces)), key=lambda at: (pieces[at][0], at)):
        rank, sentence = pieces[at]
        limit = chars * _OVER if rank <= 1 else chars
        if sentence and (not kept or sum(len(pieces[i][1]) + 1 for i in kept) + len(sentence) <= limit):
            kept.add(at)
    return [pieces[at][1] for at in sorted(kept)]


def _mourning(voice: Voice, loss: Loss, person: Person) -> list[Piece]:
    """Who died is named; then quiet words, and no advice."""
    who = loss.who
    if not who or (person.language == "ko") == who.isascii():
        who = say(person.language, f"comment.loss.who.{'pet' if loss.kind == 'pet' else 'person'}.1")
    return [
        (0, voice.insist(f"comment.loss.{loss.kind}", "comment.loss.memory", who=who)),
        (1, voice.insist("comment.loss.quiet")),
        (4, voice.pick("comment.loss.quiet") if person.anna.length > 300 else ""),
        (2, voice.pick("comment.loss.end")),
    ]


class _Answer:
    """One comment in the making."""

    def __init__(
        self, voice: Voice, entry: Entry, analysis: Analysis, person: Person, noticed: Noticed, gentle: bool
    ) -> None:
        self.voice, self.entry, self.analysis, self.person = voice, entry, analysis, person
        self.noticed, self.gentle = noticed, gentle
        self.worried = _is_worrying(entry, analysis)
        self.manner = "calm" if gentle else person.anna.attitude
        self.wanted = person.anna.composition or COMPOSITIONS
        self.tone = self._tone()
        self.asked = self._asked()

    def pieces(self) -> list[Piece]:
        """Hello, what was read, how it felt, then what is wished for, and an end."""
        return [
            (1, self._hello()),
            *self._read(),
            (0, self._told()),
            *self._felt(),
            (1, self._differ()),
            (0, self._answered()),
            *self._wished(),
            (4, self._end()),
        ]

    def _tone(self) -> str:
        """A name of GROUPS, "play", "mixed", or "unsure"."""
        emotion, topic = self.analysis.emotion, self.noticed.topic
        group = group_of(emotion.name)
        if self.analysis.told:  # they said so themselves: nothing that we noticed knows better
            return group
        if self.worried:  # no guess at it, and nothing about it is pleasant or play
            return "hard"
        if self.noticed.turn and not self.gentle:
            return "mixed"
        if topic is not None and topic.tone == "heavy":
            glad = group == "bright" and emotion.confidence >= _CLEAR and emotion.valence > 0.3
            well = emotion.name == "relief" and emotion.confidence >= _CLEAR and not self.noticed.hard
            return "bright" if glad else "quiet" if well else "hard"
        if self.noticed.laughing and not self.gentle:
            return "play"
        trusted = _CLEAR if self.noticed.hard else _CLEARER
        if topic is not None and topic.tone and not (group in HEAVY and emotion.confidence >= trusted):
            if topic.tone == "play":
                return "quiet" if self.gentle else "play"
            return "bright" if topic.tone == "bright" or group == "bright" else "quiet"
        if self.noticed.pleasant and group in HEAVY and emotion.confidence < _SURER:
            return "quiet"
        if group == "bright" and emotion.confidence < _CLEAR and not self.noticed.pleasant and self.entry.text:
            return "hard" if self.noticed.hard else "unsure"  # nobody is congratulated on a guess
        if emotion.confidence >= (_CLEAR if self.noticed.hard else _SURE) or not self.entry.text:
            return group
        return "hard" if self.noticed.hard else "unsure"

    def _asked(self) -> str:
        text = self.entry.text
        asked = self.noticed.asked or asked_in(text)
        if self.worried:  # no "good question", and no "which way do you lean?"
            return asked if asked == "you" else ""
        return asked or ("other" if is_question(text) and len(text) <= _QUESTION_CHARS else "")

    def _hello(self) -> str:
        hello = f"comment.hello.{self.manner}"
        return self.voice.pick(hello, name=self.person.name) if self.person.name and not self._greeted() else ""

    def _greeted(self) -> bool:
        return self.voice.opened_with(f"comment.hello.{self.manner}")

    def _read(self) -> list[Piece]:
        """That she read it: its subject, a thing in it, or a line said back."""
        voice, text, noticed = self.voice, self.entry.text, self.noticed
        if noticed.emoji:
            return [] if self.worried else [(0, voice.insist("comment.echo.emoji", emoji=noticed.emoji))]
        if is_tapped(text):
            return []
        if not text:
            return [(0, voice.insist("comment.echo.photo") if self.entry.media else "")]
        short = summarise(text, self.analysis.language)
        spoken_back = not self.asked and not self.worried
        quote = short if " " in short and len(short) <= _QUOTE_CHARS and spoken_back else ""
        if noticed.turn in ("up", "down") and not self.gentle:
            at = summarise(noticed.at, self.analysis.language)
            return [(0, voice.insist(f"comment.turn.{noticed.turn}", quote=at))]
        if noticed.long and quote:
            return [(0, voice.insist("comment.echo.long", "comment.echo.quote", quote=quote))]
        topic = self._topic()
        ranked = [] if topic and self.tone in (*HEAVY, "hard", "play") else self._thing()
        if topic or ranked:
            return [(0, topic), *((1, sentence) for sentence in ranked)]
        return [(0, voice.insist("comment.echo.quote", quote=quote) if quote else "")]

    def _topic(self) -> str:
        topic = self.noticed.topic
        if (
            topic is None
            or (self.gentle and topic.tone != "heavy")
            or (self.tone in ("bright", "quiet") and topic.tone == "heavy")
        ):
            return ""
        if topic.name == "craving" and (not topic.thing or self.analysis.language != self.person.language):
            return ""
        below = f"comment.topic.{topic.name}"
        values = {"thing": topic.thing} if topic.thing else {}
        return self.voice.pick(f"{below}.{self.tone}", **values) or self.voice.pick(below, **values)

    def _thing(self) -> list[str]:
        """A sentence about something that was named, at most one."""
        if self.analysis.language != self.voice.language or self.asked:
            return []
        order = ("person", "animal", "food", "thing", "place", "weather")
        named = [
            (tag, noun) for tag in self.analysis.tags if (noun := thing_in(self.entry.text, tag, self.voice.language))
        ]
        if self.worried:
            named = [(tag, noun) for tag, noun in named if tag.kind in ("person", "animal")]
        if self.noticed.topic is not None:
            kinds = ("animal", "food") if self.noticed.topic.tone == "bright" else ("person", "animal", "food")
            named = [(tag, noun) for tag, noun in named if tag.kind in kinds]
        if not named:
            return []
        tag, noun = min(named, key=lambda pair: order.index(pair[0].kind))
        calm = self.tone in ("bright", "quiet", "play") and not self.gentle
        sentence = self.voice.pick(f"comment.echo.{tag.kind if calm else 'heavy'}", thing=noun)
        return [sentence] if sentence else []

    def _told(self) -> str:
        """That they said themselves what it was."""
        name, how = self.analysis.told, "comment.tapped" if is_tapped(self.entry.text) else "comment.told"
        return self.voice.insist(how, emotion=say(self.voice.language, f"emotion.{name}")) if name else ""

    def _felt(self) -> list[Piece]:
        """A word for how it felt."""
        if self.tone == "play":
            return [(1, self.voice.insist(*(["comment.play.mishap"] if self.noticed.mishap else []), "comment.play"))]
        if self.tone == "mixed":
            both = self.noticed.turn == "both"
            return [(0, self.voice.insist("comment.mixed") if both else "")]
        empathy = self.voice.pick(*(f"comment.empathy.{name}" for name in self._names()))
        pieces = [(1, empathy or self.voice.pick(f"comment.comfort.{self._kind()}"))]
        if self._several():
            pieces.append((2, self.voice.pick("comment.mixed") if "empathy" in self.wanted else ""))
        return pieces

    def _names(self) -> tuple[str, ...]:
        """Which words of empathy fit, the closest first."""
        emotion = self.analysis.emotion
        heavy = group_of(emotion.name) in HEAVY
        if self.tone == "hard":
            return (emotion.name, "hard") if heavy and emotion.confidence >= _CLEARER else ("hard",)
        if self.tone == "unsure":
            return ("unsure",)
        if self.tone != group_of(emotion.name):
            return ({"bright": "joy"}.get(self.tone, "neutral"), "unsure")
        if self.tone == "quiet" and emotion.confidence < _CLEAR:
            return ("neutral", "unsure")
        return (emotion.name, "hard" if self.tone in HEAVY else "unsure")

    def _several(self) -> bool:
        labels = self.analysis.emotion.labels[:3]
        groups = {group_of(label.name) for label in labels if label.score >= max(_SURE, _BESIDE * labels[0].score)}
        return bool(groups & set(HEAVY)) and "bright" in groups

    def _differ(self) -> str:
        analysis = self.analysis
        if not analysis.disagree or analysis.face is None or analysis.face.face is None:
            return ""
        return self.voice.insist(f"comment.differ.{kind_of_disagreement(analysis.face.face)}")

    def _answered(self) -> str:
        return self.voice.insist(f"comment.asked.{self.asked}") if self.asked else ""

    def _kind(self) -> str:
        return "bright" if self.tone == "play" else self.tone

    def _wished(self) -> list[Piece]:
        """Image, comfort and advice, as the person set them; to a joke or a single word less is more."""
        kind, explicit = self._kind(), bool(self.person.anna.composition)
        pieces: list[Piece] = []
        if self.person.anna.intensity == "creative" and not self.gentle and kind != "mixed":
            pieces.append((2, self.voice.pick(f"comment.image.{_IMAGES.get(kind, kind)}")))
        if "comfort" in self.wanted and (self.tone != "play" or self.person.anna.composition == ("comfort",)):
            pieces.append((2, self.voice.pick(f"comment.comfort.{kind}")))
        kind = _IMAGES.get(kind, kind)
        if "advice" in self.wanted and not self.gentle:
            share = 0.3 if self.tone in HEAVY else 0.5
            brief = (
                len(self.entry.text) <= _WORD_CHARS or self.asked or self.tone in ("play", "unsure", "hard", "mixed")
            )
            if explicit or (not brief and self.voice.chance(share)):
                pieces.append((2, self.voice.pick(f"comment.advice.{kind}")))
        return pieces

    def _end(self) -> str:
        if self.gentle:
            return self.voice.pick("comment.end.gentle")
        if self.analysis.disagree or self.asked:
            return ""
        if self.tone == "play" and self.manner in ("friendly", "playful"):
            return self.voice.pick("comment.play.end")
        if self.tone in (*HEAVY, "hard", "mixed") and self.manner in ("friendly", "playful"):
            return self.voice.pick("comment.end.heavy") if self.voice.chance(0.5) else ""
        return self.voice.pick(f"comment.end.{self.manner}") if self.voice.chance(0.6) else ""
