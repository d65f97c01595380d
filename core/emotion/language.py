"""Which of our two languages a text is in, told by its script."""

from __future__ import annotations


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
