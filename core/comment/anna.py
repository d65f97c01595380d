"""Anna reads an entry and writes back like a friend, by herself or through a language model."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.comment import prompt
from core.comment.composing import HEAVY, composed, group_of, is_tapped
from core.comment.grief import loss_in
from core.comment.noticing import asked_in, is_pleasant, is_question, notice, reader
from core.comment.voice import Voice
from core.emotion.language import language_to_answer
from core.entities import INTENSITIES, Analysis, Comment, Entry, Level, Person
from core.phrases import say
from core.ports import Turn, Writer
from core.safety.crisis import check_safely
from core.trouble import describe

log = logging.getLogger(__name__)

_GENTLY = {"bright": "quiet", "tense": "low"}  # whose phrases are used in talk where nothing playful is said
_ARE_YOU = re.compile(
    r"사람\s*(이야|이에요|인가|맞|아니|아냐)|인간\s*(이야|이에요|인가|맞|아니)|로봇|진짜 사람|are you (a |an )?(human|person|real|robot|bot|ai)\b",
    re.I,
)
_LONELY = re.compile(r"외로|쓸쓸|\blonel", re.I)
_SURE = 0.35  # a less sure reading is not said to anybody
_QUESTION = re.compile(r"[^.!?…\n]+[?？]\s*$|[^.!?…\n]+$")
_SHORT_CHARS = 24  # a longer turn that thanks tells of somebody else
_THANKS = ("고마", "고맙", "감사", "thank")


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
        person = _addressed(person, entry.text)
        if self.writer is not None:
            asked = prompt.comment_prompt(entry, analysis, person, recent, gentle=gentle)
            written = await self._written(self.writer, asked, person)
            if written:
                return Comment(text=written, engine=self.writer.name, seed=seed)
        return Comment(text=composed(entry, analysis, person, recent, seed, gentle), engine="anna-1", seed=seed)

    async def talk(
        self,
        turns: Sequence[Turn],
        entry: Entry | None,
        person: Person,
        seed: int,
        *,
        gentle: bool = False,
        felt: str = "",
    ) -> Comment:
        """What she says to the last of these turns. `gentle`: after a worrying line, plain and without play. `felt`: what
        they said they felt when they wrote the entry that it is about."""
        about = turns[-1].entry_id if turns else ""
        said = (turn.text for turn in turns if turn.speaker != "anna" and turn.entry_id == about)
        if entry is not None and is_tapped(entry.text):  # they did not set her right: she never guessed
            felt = ""
        person = _addressed(person, *([entry.text] if entry is not None else []), *said)
        if self.writer is not None:
            asked = prompt.talk_prompt(turns, entry, person, gentle=gentle, felt=felt)
            written = await self._written(self.writer, asked, person)
            if written:
                return Comment(text=written, engine=self.writer.name, seed=seed)
        return Comment(text=_replied(turns, person, seed, gentle, felt), engine="anna-1", seed=seed)

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


def _addressed(person: Person, *said: str) -> Person:
    """The person as she speaks to them: in the language of the last of these texts that is clearly in one, else in that of
    their diary. Her voice only; what the house says around it stays as they set it."""
    language = person.language
    for text in said:
        language = language_to_answer(text, language)
    return replace(person, language=language)


def _replied(turns: Sequence[Turn], person: Person, seed: int, gentle: bool, felt: str) -> str:
    """A short answer to what was just said, by its feeling and form."""
    said = turns[-1].text if turns else ""
    voice = Voice(person.language, [turn.text for turn in reversed(turns) if turn.speaker == "anna"], seed)
    if _ARE_YOU.search(said):
        return voice.insist("talk.ai")
    if (loss := loss_in(said)) is not None:
        who = loss.who if loss.who and (person.language == "ko") != loss.who.isascii() else ""
        side = "pet" if loss.kind == "pet" else "person"
        return voice.insist("talk.loss", who=who or say(person.language, f"comment.loss.who.{side}.1"))
    if len(said) <= _SHORT_CHARS and any(word in said.lower() for word in _THANKS):
        return voice.insist("talk.thanks")
    read = reader().read(said)
    worried = check_safely(said).level in (Level.CONCERN, Level.OTHER)
    name = read.name if read.confidence >= _SURE else felt or "neutral"
    group = "low" if worried else group_of(name)
    if _LONELY.search(said):
        group = "low"
    elif is_pleasant(said) and group in HEAVY and not worried:
        group = "bright"
    told = _told(voice, turns, felt) if felt and not worried else ""
    asked = asked_in(said) or ("other" if is_question(said) else "")
    if asked and not gentle:
        beside = len(_QUESTION.sub("", said).strip()) > 2  # something beside the question
        warm = voice.pick(f"talk.warm.{group}") if beside and group != "quiet" else ""
        if asked in ("why", "what") and not beside:
            warm = voice.pick("talk.warm.tense")
        return f"{warm} {voice.insist(f'talk.asked.{asked}')}".strip()
    if told:
        return told
    if not gentle and group in ("bright", "quiet") and notice(said).laughing:
        return voice.insist("talk.play", "talk.bright")
    return voice.insist(f"talk.{_GENTLY.get(group, group) if gentle else group}")


def _told(voice: Voice, turns: Sequence[Turn], felt: str) -> str:
    """That she remembers what they said they felt; "" once she has spoken of it."""
    name = say(voice.language, f"emotion.{felt}")
    if any(turn.speaker == "anna" and name in turn.text.lower() for turn in turns):
        return ""
    return voice.pick(f"talk.felt.{group_of(felt)}", emotion=name)
