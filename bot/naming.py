"""A short line is a name, or it is the day: which of the two was written when Anna asked what she may call somebody."""

from __future__ import annotations

import re

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
    if not words or len(text) > NAME_CHARS or len(words) > NAME_WORDS or "\n" in text:
        return True
    if "오늘" in text or "today" in words or _ENDS_A_SENTENCE.fullmatch(text):
        return True
    if len(words) > 1:
        return not _OF_A_SENTENCE.isdisjoint(words)
    past = len(text) > 2 and "가" <= text[-2] <= "힣" and (ord(text[-2]) - ord("가")) % 28 == _PAST
    return past or _ENDS_A_WORD.fullmatch(text) is not None
