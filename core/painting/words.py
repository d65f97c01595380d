"""A diary line becomes words: morphemes for Korean, words with their basic form for English."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

HANGUL = re.compile(r"[가-힣]")
LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_ENGLISH_WORD = re.compile(r"[A-Za-z\u00c0-\u024f0-9]+(?:['’\-][A-Za-z\u00c0-\u024f]+)*|[.!?;,:\n()—–]")
_LONE = re.compile("[\ud800-\udfff]")  # halves of a pair, which Kiwi cannot take
_KIWI = threading.Lock()

#: What people write in diaries and kiwipiepy's dictionary lacks.
_NEW_WORDS = [
    "멍멍이",
    "댕댕이",
    "냥이",
    "야옹이",
    "길냥이",
    "아깽이",
    "깜냥이",
    "그래놀라",
    "포케",
    "달고나",
    "집순이",
    "집돌이",
    "다육이",
    "씽씽이",
    "마음챙김",
    "아오리",
    "스승의날",
    "동물의숲",
    "동숲",
    "집콕",
    "카공",
    "코노",
    "치맥",
    "소맥",
    "홈트",
    "불멍",
    "인생네컷",
    "붕어빵",
    "마라탕",
    "탕후루",
    "찜질방",
    "노래방",
    "두쫀쿠",
    "인강",
    "팀플",
    "자소서",
    "생파",
    "워터파크",
]


def any_of(words: str) -> frozenset[str]:
    """The words of a line, to look one up among them."""
    return frozenset(words.split())


@dataclass(frozen=True)
class Word:
    """A morpheme or a word where it stands in the text."""

    form: str  # as analysed: a noun, a verb's stem, an English word in small letters
    tag: str  # Sejong tag (NNG, VV, JKO ...); "en" or "mark" in English
    start: int  # characters from the beginning of the text
    end: int
    lemma: str = ""  # English: the basic form

    @property
    def key(self) -> str:
        """How the lexicon spells it: a verb or an adjective as its stem with a hyphen."""
        return self.form + "-" if self.tag[:1] == "V" or self.tag[:3] in ("XSV", "XSA") else self.form.lower()


@cache
def _kiwi() -> Any:
    from kiwipiepy import Kiwi  # here: it takes 500 MB and two seconds

    kiwi = Kiwi(num_workers=1)
    for word in _NEW_WORDS:
        kiwi.add_user_word(word, "NNP")
    return kiwi


@cache
def has_kiwi() -> bool:
    """True where Korean can be analysed into morphemes; without it the lexicon alone reads."""
    from importlib.util import find_spec

    return find_spec("kiwipiepy") is not None


def morphemes(text: str) -> tuple[Word, ...]:
    """The morphemes of a Korean text, in order. Loads kiwipiepy once, at the first call (1.5-3 s).

    Raises ModuleNotFoundError where kiwipiepy is missing.
    """
    with _KIWI:
        tokens = _kiwi().tokenize(_LONE.sub("\ufffd", text))
    return tuple(
        Word(t.form, str(t.tag).removesuffix("-I").removesuffix("-R"), t.start, t.start + t.len) for t in tokens
    )


def english_words(text: str) -> tuple[Word, ...]:
    """The English words and punctuation marks of a text, in order."""
    import simplemma

    words = []
    for match in _ENGLISH_WORD.finditer(text):
        form = match[0].lower().replace("’", "'")
        if not LATIN.match(form):
            words.append(Word(form, "mark" if not form[0].isdigit() else "en", match.start(), match.end(), form))
            continue
        bare = form.removesuffix("'s")
        words.append(Word(bare, "en", match.start(), match.end(), simplemma.lemmatize(bare, lang="en").lower()))
    return tuple(words)
