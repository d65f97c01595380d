"""A short line is a name, or a word about oneself, or it is the day: which of them was written when Anna asked who somebody is."""

from __future__ import annotations

import re
from itertools import pairwise

NAME_CHARS = 40
NAME_WORDS = 3

_CALLED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:그냥 |저를 |나를 |절 |날 )*(?P<name>\S+?)(?:이라고|라고)\s*(?:불러|부르|해|하|합).*",
        r"(?:저는|전|나는|난|제 이름은|내 이름은|이름은)\s+(?P<name>\S{2,}?)(?:이에요|이예요|예요|에요|입니다|이야|야)[.!~]*",
        r"(?:제 이름은|내 이름은|이름은)\s+(?P<name>\S+)",
        r"(?P<name>[가-힣]{2,}?)(?:이에요|이예요|예요|입니다)[.!~]*",
        r"(?:hi[,!]? |hello[,!]? )?(?:my name is|my name's|(?:you can |just |please )*call me)\s+(?P<name>[^.!?,]+?)[.!]*",
        r"(?:hi[,!]? |hello[,!]? )?(?-i:[Ii]['’]m|[Ii] am|[Ii]m)\s+(?-i:(?P<name>[A-Z가-힣][\w'’-]*(?: [A-Z][\w'’-]*)*))[.!]*",
    )
)
_ENDS_A_SENTENCE = re.compile(r".*[.!?…~]|.*\s.*[다요어아네음함]")
_ENDS_A_WORD = re.compile(
    r".+(?:요|하다|프다|들다|들어|싫어|싶어|우울해)"
)  # of one word: 힘들어, 피곤하다; 김바다 is a name
_OF_A_SENTENCE = frozenset(
    [
        "i",
        "i'm",
        "im",
        "i've",
        "my",
        "me",
        "we",
        "it",
        "is",
        "am",
        "are",
        "was",
        "were",
        "be",
        "feel",
        "feeling",
        "felt",
        "had",
        "have",
        "the",
        "a",
        "an",
        "so",
        "very",
        "too",
        "really",
        "not",
        "don't",
        "no",
        "can't",
        "today",
        "just",
        "want",
        "hate",
        "love",
        "tired",
        "sad",
    ]
)
_PAST = 20  # the final consonant of 갔-, 했-, 었-


_ABOUT = re.compile(
    r"(?:저는|전|나는|난|제가)?\s*.*(?:이에요|이예요|예요|입니다|이야|인데요|사람|학생|직장인|집사|아빠|엄마)[.!~]*"
    r"|(?-i:I['’]?m|I am|a|an)\s+(?:(?:a|an|the)\s+)?(?:[\w-]+\s+){0,4}(?:person|student|nurse|teacher|man|woman|dad|mom|mum)\b.*",
    re.IGNORECASE,
)
_OF_A_DAY = re.compile(
    r"오늘|어제|어젯|아침부터|아침에|점심|저녁|방금|아까|내일|밤새|새벽|하루|이번 주|주말|잠이 안|잠을 못|못 [가-힣]*[잤했갔]"
    r"|힘들|힘드|피곤|우울|슬[프퍼픈]|속상|짜증|화[나났]|외[롭로]|졸[리려린]|아[프파픈팠]|행복[하해]|기[쁘뻐쁜]|싶[다어네은]|죽겠|지[친쳤]|무[섭서]"
    r"|\b(?:today|yesterday|tonight|this (?:morning|afternoon|evening|week)|last night|just now|all (?:day|night)|again)\b"
    r"|\b(?:was|were|did|didn['’]?t|had|went|got|came|woke|slept|ate|saw|felt|cried|lost|met|taught|told|gave|took|bought|drove|won|broke|forgot|heard|said|spent|fell|fought|could(?:n['’]?t| not)|can['’]?t)\b"
    r"|\b(?:i|we|he|she|they|and|just) (?:work|walk|talk|cook|bak|watch|play|stay|miss|fail|pass|finish|start|tri|call|clean)(?:e?d)\b"
    r"|\b(?:tired|exhausted|sad|lonely|awful|terrible|stressed|hungry|sleepy|upset|angry|bored|so happy|worn out|burnt out)\b",
    re.IGNORECASE,
)
_STANDING = frozenset("있겠")  # syllables that end as a past does: 살고 있어요 tells no day


_SKIP = re.compile(
    r"건너뛸게요?|건너뛰기|넘어갈게요?|넘어가(?:자|요|죠)?|패스(?:할게요?)?|스킵|안 ?(?:할래|알려 ?줄래)요?|싫어요?|비밀(?:이에요|이야)?|나중에(?:요| ?할게요?)?"
    r"|skip(?: this| it)?|pass|no(?: thanks?| thank you)?|nope|none|(?:i'?d )?rather not(?: say)?|later|not now",
    re.IGNORECASE,
)


def wants_none(text: str) -> bool:
    """True where somebody who was asked for a name, or about themselves, would rather not say."""
    return _SKIP.fullmatch(text.replace("’", "'").replace(",", "").strip(" .!~")) is not None


def name_in(text: str) -> str:
    """The name that a line tells, "" where it is more than a name."""
    text = " ".join(text.split(" ")).strip()
    for called in _CALLED:
        if (found := called.fullmatch(text)) is not None:
            text = found["name"].strip()
            break
    return "" if _is_a_sentence(text) else text


def _is_a_sentence(text: str) -> bool:
    words = text.lower().replace("’", "'").split()
    if not any(map(str.isalpha, text)):  # emoji alone show how the day was
        return True
    if not words or len(text) > NAME_CHARS or len(words) > NAME_WORDS or "\n" in text:
        return True
    if "오늘" in text or "today" in words or _ENDS_A_SENTENCE.fullmatch(text):
        return True
    if len(words) > 1:
        return not _OF_A_SENTENCE.isdisjoint(words)
    past = len(text) > 2 and _has_past(text[-2])
    return past or _ENDS_A_WORD.fullmatch(text) is not None


def tells_a_day(text: str) -> bool:
    """True where somebody who was asked about themselves told how their day was, or only showed it with emoji."""
    if not any(letter.isalnum() for letter in text):
        return True
    if "오늘" not in text and _ABOUT.fullmatch(text.strip()):
        return False
    past = any(_has_past(one) and one not in _STANDING and after in "다어네음지고는" for one, after in pairwise(text))
    return past or _OF_A_DAY.search(text) is not None


def _has_past(syllable: str) -> bool:
    return "가" <= syllable <= "힣" and (ord(syllable) - ord("가")) % 28 == _PAST
