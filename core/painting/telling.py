"""A painter that reads knows no "not": whether a line of a diary speaks of what is not there."""

from __future__ import annotations

from core.comment.grief import loss_in
from core.painting.absence import left_out_korean
from core.painting.absence_english import left_out_english
from core.painting.words import HANGUL, LATIN, english_words, has_kiwi, morphemes


def denies(line: str) -> bool:
    """True where something of it was not there, was not done, is only wished for, or has died; and of a Korean line where
    kiwipiepy is missing, as nobody can tell then. Its first Korean line takes 1.5-3 s."""
    if HANGUL.search(line) and (not has_kiwi() or left_out_korean(morphemes(line))):
        return True
    if LATIN.search(line) and left_out_english(english_words(line)):
        return True
    loss = loss_in(line)
    return loss is not None and loss.kind != "memory"  # whom somebody remembers may stand there
