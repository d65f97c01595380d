"""Anna reads an entry and writes back like a friend, by herself or through a language model."""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.comment import prompt
from core.comment.summary import summarise
from core.entities import COMPOSITIONS, INTENSITIES, Analysis, Comment, Entry, Level, Person, Tag
from core.phrases import say, variants
from core.ports import Turn, Writer
from core.safety.crisis import check_safely
from core.trouble import describe

log = logging.getLogger(__name__)

#: Emotions that ask for the same kind of answer.
GROUPS = {
    "bright": ("joy", "love", "gratitude", "excitement", "pride", "surprise"),
    "quiet": ("calm", "relief", "neutral", "boredom"),
    "low": ("sadness", "loneliness", "disappointment", "guilt"),
    "tense": ("anxiety", "anger", "confusion"),
    "tired": ("tiredness",),
}
_GENTLY = {"bright": "quiet", "tense": "low"}  # whose phrases are used in talk where nothing playful is said
_ARE_YOU = re.compile(
    r"사람\s*(이야|이에요|인가|맞|아니|아냐)|인간\s*(이야|이에요|인가|맞|아니)|로봇|진짜 사람|are you (a |an )?(human|person|real|robot|bot|ai)\b",
    re.I,
)
_THANKS = ("고마", "고맙", "감사", "thank")
_QUOTE_CHARS = 40


def group_of(emotion: str) -> str:
    """The group of GROUPS that a name of EMOTIONS belongs to."""
    return next(group for group, names in GROUPS.items() if emotion in names)


@dataclass(frozen=True)
class Anna:
    """The friend who comments. `writer` is None without a language model or without the person's consent to it."""

    writer: Writer | None = None

    async def comment(
        self,
        entry: Entry,
        analysis: Analysis,
        person: Person,
        recent: Sequence[str],
        seed: int,
        *,
        gentle: bool = False,
    ) -> Comment:
        """What she says to an entry, about `person.anna.length` characters. `recent`: her last comments, not to be
        repeated. `gentle`: after a worrying line, plain and without play."""
        if self.writer is not None:
            asked = prompt.comment_prompt(entry, analysis, person, recent, gentle=gentle)
            written = await self._written(self.writer, asked, person)
            if written:
                return Comment(text=written, engine=self.writer.name, seed=seed)
        return Comment(text=_composed(entry, analysis, person, recent, seed, gentle), engine="anna-1", seed=seed)

    async def talk(
        self, turns: Sequence[Turn], entry: Entry | None, person: Person, seed: int, *, gentle: bool = False
    ) -> Comment:
        """What she says to the last of these turns. `gentle`: after a worrying line, plain and without play."""
        if self.writer is not None:
            asked = prompt.talk_prompt(turns, entry, person, gentle=gentle)
            written = await self._written(self.writer, asked, person)
            if written:
                return Comment(text=written, engine=self.writer.name, seed=seed)
        return Comment(text=_replied(turns, person, seed, gentle), engine="anna-1", seed=seed)

    async def _written(self, writer: Writer, asked: prompt.Prompt, person: Person) -> str:
        """What the model wrote; "" where it could not be had in time or must not be shown: then she answers herself."""
        try:
            text = await writer.write(
                asked.system,
                asked.turns,
                temperature=INTENSITIES[person.anna.intensity],
                max_chars=person.anna.length,
            )
        except Exception as error:  # a model that fails must not cost anybody their answer
            log.warning("%s did not answer: %s", writer.name, describe(error))
            return ""
        text = prompt.trimmed(text, person.anna.length)
        return "" if check_safely(text).level.stops_everything else text


class _Voice:
    """Chooses phrases for one comment, the same ones for the same seed, none that she used lately."""

    def __init__(self, person: Person, recent: Sequence[str], seed: int) -> None:
        self.language, self._recent, self._random = person.language, recent, random.Random(seed)

    def pick(self, prefix: str, **values: object) -> str:
        """One of the phrases below `prefix`, rather one that is not in the recent comments."""
        keys = list(variants(self.language, prefix))
        self._random.shuffle(keys)
        phrases = [say(self.language, key, **values) for key in keys]
        fresh = [phrase for phrase in phrases if not any(phrase in comment for comment in self._recent)]
        return (fresh or phrases)[0]


def _composed(entry: Entry, analysis: Analysis, person: Person, recent: Sequence[str], seed: int, gentle: bool) -> str:
    """Sentences in the order a friend would say them, as many as the wanted length holds."""
    voice = _Voice(person, recent, seed)
    emotion, group = analysis.emotion.name, group_of(analysis.emotion.name)
    manner = "calm" if gentle else person.anna.attitude
    wanted = person.anna.composition or COMPOSITIONS
    must = [voice.pick(f"comment.hello.{manner}", name=person.name)] if person.name else []
    must.append(_echo(voice, entry, analysis))
    must.append(voice.pick(f"comment.empathy.{emotion}"))
    may = []
    if analysis.disagree and analysis.face is not None and analysis.face.face is not None:
        smiling = analysis.face.face.name == "happy"
        must.append(voice.pick("comment.differ.face_happy" if smiling else "comment.differ.face_sad"))
    if (feeling := _mixture(voice, analysis)) and "empathy" in wanted:
        may.append(feeling)
    if "comfort" in wanted:
        may.append(voice.pick(f"comment.comfort.{group}"))
    if "advice" in wanted and not gentle:
        may.append(voice.pick(f"comment.advice.{group}"))
    if person.anna.intensity == "creative" and not gentle:
        may.insert(0, voice.pick(f"comment.image.{group}"))
    if gentle or not analysis.disagree:
        may.append(voice.pick(f"comment.end.{'gentle' if gentle else manner}"))
    sentences = _within([sentence for sentence in must if sentence], may, person.anna.length)
    text = " ".join(sentences)
    return text.replace("!", ".") if person.anna.intensity == "calm" or gentle else text


def _within(must: list[str], may: list[str], chars: int) -> list[str]:
    """Everything that must be said, then what fits into about `chars` characters."""
    said = list(must)
    for sentence in may:
        if sum(map(len, said)) + len(sentence) + len(said) <= chars:
            said.append(sentence)
    return said


def _echo(voice: _Voice, entry: Entry, analysis: Analysis) -> str:
    """That she read it: a thing or a line of the entry, said back."""
    if not entry.text:
        return voice.pick("comment.echo.photo") if entry.media else ""
    things = [(tag, noun) for tag in analysis.tags if (noun := noun_of(tag, analysis.language))]
    same_language = analysis.language == voice.language
    short = summarise(entry.text, analysis.language)
    if same_language and things:
        order = ("person", "animal", "food", "thing", "place", "weather")
        tag, noun = min(things, key=lambda pair: order.index(pair[0].kind))
        return voice.pick(f"comment.echo.{tag.kind}", thing=noun)
    return voice.pick("comment.echo.quote", quote=short) if 4 <= len(short) <= _QUOTE_CHARS else ""


def noun_of(tag: Tag, language: str) -> str:
    """The bare noun of a tag's word, "" where it is a deed or can't be told."""
    if tag.kind not in ("person", "animal", "food", "thing", "place", "weather"):
        return ""
    if language != "ko":
        return tag.word.lower() if tag.word.isascii() and tag.word.replace(" ", "").isalpha() else ""
    from core.painting.words import morphemes

    nouns = []
    for word in morphemes(tag.word):
        if not word.tag.startswith("NN"):
            break
        nouns.append(word.form)
    noun = "".join(nouns)
    return noun if len(noun) > 1 else ""


def _mixture(voice: _Voice, analysis: Analysis) -> str:
    """A word about a day of several feelings."""
    labels = [label for label in analysis.emotion.labels if label.score >= 0.35]
    if len(labels) < 2:
        return ""
    groups = {group_of(label.name) for label in labels[:3]}
    if groups & {"low", "tense", "tired"} and groups & {"bright"}:
        return voice.pick("comment.mixed")
    return ""


def _replied(turns: Sequence[Turn], person: Person, seed: int, gentle: bool) -> str:
    """A short answer to what was just said, by its feeling and form."""
    from core.emotion.text import TextEmotion

    said = turns[-1].text if turns else ""
    voice = _Voice(person, [turn.text for turn in turns if turn.speaker == "anna"], seed)
    name = person.name or ("친구" if person.language == "ko" else "friend")
    if _ARE_YOU.search(said):
        return voice.pick("talk.ai")
    if any(word in said.lower() for word in _THANKS):
        return voice.pick("talk.thanks")
    if not gentle and said.rstrip().endswith(("?", "까", "까요", "나요", "을까")):
        return voice.pick("talk.question", name=name)
    worried = check_safely(said).level in (Level.CONCERN, Level.OTHER)
    group = "low" if worried else group_of(TextEmotion.load().read(said).name)
    return voice.pick(f"talk.{_GENTLY.get(group, group) if gentle else group}")
