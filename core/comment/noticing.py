"""What a friend notices in an entry before answering: a loss, a turn of the day, a question, a joke, a subject."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from core.comment.grief import Loss, loss_in
from core.emotion.text import TextEmotion

READ_CHARS = 4000
LONG_LINES = 8  # so many lines or sentences are a long entry
_SIDE = 0.15  # |valence| from which a part of a day takes a side
_FEW_CHARS = 4  # a shorter part says too little to be read by itself

_FEW_CHARS_TO_READ = {"ko": 7, "en": 15}  # of "hello again" the model would know too much

_TOPICS = Path(__file__).with_name("topics.toml")
_NO_SIDE = ("neutral", "surprise", "confusion", "calm", "boredom")  # such a part of a day is neither glad nor hard
_LAUGH = re.compile(r"ㅋ{2,}|ㅎ{3,}|크크|\b(?:lo+l|lmf?ao|rofl|(?:ha){2,}h?|hehe)\b|[😂🤣😆😹]", re.I)
_HANGUL = re.compile(r"[가-힣]")
_CRY = re.compile(r"[ㅠㅜ]{2,}|[😢😭😞💔]")
_CLAUSE = re.compile(
    r"(?<=[.!?…~。\n])\s*|(?<=는데)[ ,]+|(?<=지만)[ ,]+|(?<=다가)[ ,]+|(?<=더니)[ ,]+|,?\s+(?:but|though|although|until|and then|then)\s+|,\s+",
    re.I,
)
_GLAD = re.compile(
    r"웃었|웃으|웃겼|기뻤|기쁘|기쁜|행복|좋았|풀렸|풀려|다행|신났|고마웠|화해|감동|뿌듯|\b(?:happy|glad|laugh(?:ed|ing)?|smil(?:ed|ing)|relieved|made up|great|hugged)\b",
    re.I,
)
_HARD = re.compile(
    r"울었|울면서|울고|울다|눈물|슬펐|슬프|슬픈|우울|힘들|속상|외로|서러|무겁|무거|아팠|짜증|화가|싸웠|불안|무서웠|지쳤|\b(?:cried|crying|sad|upset|hurt|lonely|awful|terrible|anxious|angry|scared|miss|fought|panick)",
    re.I,
)
_TEARS = re.compile(r"울었|울면서|울고|눈물|\b(?:cried|crying)\b", re.I)
_PLEASANT = re.compile(
    r"좋았(?!던)|좋다|좋음|좋네|재밌|재미있|맛있|괜찮았|괜찮대|다행|귀여|귀엽|예뻤|예쁘|행복|기뻤|기쁘|신났|웃겼|웃었|\b(?:so|really|pretty|very|was|were|felt) "
    r"(?:good|great|nice|fun|lovely|cute|delicious|beautiful)\b|\b(?:loved it|had fun|a good day|best \w+ ever)\b",
    re.I,
)
_TAKEN_BACK = re.compile(
    r"안 ?좋|못|없었|않|아니|으면|텐데|줄 ?알|는데|지만|그런데|근데|하지만|싫|그립|그리[워웠]|보고 ?싶|\b(?:not|never|no|if|but|though|used to|until|wish|would|should|without|miss)\b|n[’']t\b",
    re.I,
)
_MARKS = " .,!?…·~-—–。、！？"
_MISHAP = re.compile(
    r"망했|망함|꺼졌|넘어졌|틀렸|깨졌|쏟았|놓쳤|실수|까먹|잃어|창피|종점|\b(?:tripped|spilled|broke|hopeless|disaster|embarrass\w*|forgot|fell|missed|oops|crashed)\b",
    re.I,
)
_HOURS = re.compile(
    r"아침|새벽|오전|점심|오후|저녁|밤에|처음|나중|그러다|다가|결국|퇴근|집에 ?[와오]|돌아오|그래도|\b(?:morning|noon|afternoon|evening|tonight|night|later|then|at first|finally|in the end|until|after)\b",
    re.I,
)
_ASKED = {
    "you": r"(?:너는|넌|너도|안나는|안나도|안나 ?너)[^.!\n]{0,14}[?？]|(?:너는|넌|안나는) ?(?:어때|어땠|뭐 ?해|잘 ?지내)"
    r"|\b(?:how about|what about|and) you\b\W*$|\bhow (?:are|was your|is your)\b[^.!\n]{0,12}\b(?:you|day|anna)\b[^.!\n]{0,8}\?|\bdo you (?:ever|feel|get)\b[^.!\n]*\?",
    "why": r"왜 ?(?:이럴|그럴|이러|그러|이런|그런|나만|난|나는)[^.!\n]{0,12}(?:까|지|걸까|거지|는지)|\bwhy (?:am i|do i|does this|is it|me\b|can.t i)[^.!\n]*",
    "what": r"어떡하지|어떡해|어떻게 ?(?:해야|하지|하면|할까)|뭘 ?해야|\bwhat (?:should|do|can|am) i\b[^.!\n]*\b(?:do|say|supposed)\b",
}
_ASKED_PATTERNS = {name: re.compile(pattern, re.I) for name, pattern in _ASKED.items()}
_OTHER_QUESTION = re.compile(r"[?？]\s*$|(?:까요|나요|을까|인가요|는지 ?알아)\s*$")


@dataclass(frozen=True)
class Topic:
    """A subject that she has words for."""

    name: str
    tone: str = ""  # bright | quiet | heavy | play where it says by itself how it feels
    thing: str = ""  # what it is about, where the words name it


@dataclass(frozen=True)
class Noticed:
    """What stands in one text."""

    loss: Loss | None = None
    topic: Topic | None = None
    asked: str = ""  # you | why | what: a question to her
    laughing: bool = False
    mishap: bool = False  # something went wrong
    pleasant: bool = False  # it says in so many words that it was good, and nothing else
    hard: bool = False  # it says in so many words that it was hard; tears alone may be glad ones
    turn: str = ""  # up | down | both: a good and a hard part in one day
    at: str = ""  # the words at which the day turned
    emoji: str = ""  # all of it, where there are no letters
    long: bool = False


@cache
def reader() -> TextEmotion:
    """The model of the words, read once in a process."""
    return TextEmotion.load()


def notice(text: str) -> Noticed:
    """Look at a diary text in either language; never raises."""
    text = text[:READ_CHARS].strip()
    if not text:
        return Noticed()
    if not any(character.isalnum() for character in text):
        if text.isascii() or not text.strip(_MARKS):  # "...": nothing to be said back
            return Noticed()
        return Noticed(emoji=text if len(text) <= 12 else text[:12])
    found = Noticed(
        loss=loss_in(text),
        topic=topic_of(text),
        asked=asked_in(text),
        laughing=bool(_LAUGH.search(text)) and not _CRY.search(text),
        mishap=bool(_MISHAP.search(text)),
        pleasant=is_pleasant(text),
        hard=bool(_HARD.search(_TEARS.sub("", text))),
        long=len([line for line in re.split(r"[\n.!?]+", text) if line.strip()]) >= LONG_LINES,
    )
    if found.laughing and not found.hard:  # a joke has no hard part that only a model sees
        return found
    turn, at = _turn(text)
    return replace(found, turn=turn, at=at)


def is_pleasant(text: str) -> bool:
    """True for a text that says it was good, and takes nothing of that back: what a model makes of its other words is less
    sure."""
    return bool(_PLEASANT.search(text)) and not any(taken.search(text) for taken in (_TAKEN_BACK, _HARD, _CRY))


def asked_in(text: str) -> str:
    """Which question to her a text holds: you, why, what, or ""."""
    return next((name for name, pattern in _ASKED_PATTERNS.items() if pattern.search(text)), "")


def is_question(text: str) -> bool:
    """True where a turn of talk ends in a question."""
    return bool(_OTHER_QUESTION.search(text.strip()))


@cache
def _topics() -> tuple[tuple[str, dict[str, str], re.Pattern[str]], ...]:
    tables = tomllib.loads(_TOPICS.read_text("utf-8"))
    return tuple(
        (name, row, re.compile(row[language], re.I)) for name, row in tables.items() for language in ("ko", "en")
    )


def topic_of(text: str) -> Topic | None:
    """The most telling subject of a text."""
    for name, row, pattern in _topics():
        if found := pattern.search(text):
            glad = "glad" in row and re.search(row["glad"], text, re.I)
            tone = "bright" if glad else row.get("tone", "")
            return Topic(name, tone, (found.groupdict().get("thing") or "").strip())
    return None


def _turn(text: str) -> tuple[str, str]:
    """Whether a good and a hard part stand in one text, in which order, and the first words of the later one."""
    parts = [part.strip() for part in _CLAUSE.split(text) if part and len(part.strip()) > _FEW_CHARS]
    if not 2 <= len(parts) <= 12:
        return "", ""
    sides = [_side(part) for part in parts]
    taken = [(side, part) for side, part in zip(sides, parts, strict=True) if side]
    if len({side for side, _ in taken}) < 2:
        return "", ""
    if taken[0][0] == taken[-1][0]:
        return "both", ""
    if not _HOURS.search(text):
        return "both", ""
    last = taken[-1][0]
    at = len(taken)
    while at and taken[at - 1][0] == last:
        at -= 1
    if any(side == last for side, _ in taken[:at]):
        return "both", ""
    return ("up" if last > 0 else "down"), taken[at][1].rstrip(" .!…~,")


def _side(part: str) -> int:
    """+1 for a glad part, -1 for a hard one, 0 where it does not say."""
    glad, hard = bool(_GLAD.search(part)), bool(_HARD.search(part))
    if glad != hard:
        return 1 if glad else -1
    if len(part) < (_FEW_CHARS_TO_READ["ko"] if _HANGUL.search(part) else _FEW_CHARS_TO_READ["en"]):
        return 0
    read = reader().read(part)
    if abs(read.valence) < _SIDE or read.confidence < 0.5 or read.name in _NO_SIDE:
        return 0
    return 1 if read.valence > 0 else -1
