"""Which of our two languages a text is in, told by its script."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SYLLABLE = re.compile("[가-힣]")
_TOLD = re.compile("[가-힣]*[다요죠음함임네까어아해래듯]$")  # how a Korean sentence ends, mostly
_SMALL = re.compile(
    "i|im|i'm|i've|my|me|we|our|he|she|they|you|it|it's|its|this|that|the|a|an|and|but|so|very|too|not|no|is|was|are|were|am|"
    "be|been|had|have|has|did|do|don't|didn't|can't|to|of|in|on|at|for|with|from|about"
)
_NEARLY_ALL, _MOST, _HALF = 0.8, 0.7, 0.5  # of a line's words


def guess_language(text: str, default: str = "en") -> str:
    """ "ko" or "en" by counting letters; `default` where there are none (emoji, digits, nothing).

    A syllable block holds two or three letters, so one Hangul character weighs as much as two and a half Latin
    ones: a Korean line with an English name in it stays Korean.
    """
    hangul = sum("가" <= char <= "힣" or "ㄱ" <= char <= "ㆎ" for char in text)
    latin = sum(char.isascii() and char.isalpha() for char in text)
    if not hangul and not latin:
        return default
    return "ko" if 2.5 * hangul >= latin else "en"


def language_to_answer(text: str, diary: str) -> str:
    """ "ko" or "en" where a text is clearly written in it, else that of the `diary`: for a mixed line, a word or a name
    alone, laughter (ㅋㅋ), emoji, and any other language."""
    words = _WORD.findall(text.lower().replace("’", "'"))
    korean = [word for word in words if _SYLLABLE.search(word)]
    english = [word for word in words if word.isascii()]
    rest = sum(not word.isascii() and not _SYLLABLE.search(word) and not _is_laughter(word) for word in words)
    count = len(korean) + len(english) + rest
    told = any(_TOLD.search(word) for word in korean)
    if len(korean) >= 2 and len(korean) >= (_HALF if told else _NEARLY_ALL) * count:
        return "ko"
    small = sum(bool(_SMALL.fullmatch(word)) for word in english)
    enough = len(english) >= (_MOST if small > 1 else _NEARLY_ALL) * count
    return "en" if enough and len(english) >= (2 if small else 3) and not told else diary


def _is_laughter(word: str) -> bool:
    return all("ㄱ" <= char <= "ㆎ" for char in word)
