"""How a text is laid out for the crisis check: one spelling, three views, and who a sentence is about."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_ZERO_WIDTH = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]"
)
# NFKC takes the letters of "ㅈㅅ" apart from their keyboard form, so those stay as they are.
_COMPOSABLE = re.compile("[^ㄱ-ㆎ]+")
_SENTENCE_END = re.compile(r"(?<=[a-z가-힣ㄱ-ㅎ)\d])[.!?。~…;]+(?=\s|$|[가-힣a-z]{2})|[\r\n]+|[!?。…]+\s")
_NOT_KOREAN = re.compile(r"[^가-힣ㄱ-ㅎㅏ-ㅣ0-9a-z\n]+")
_HANGUL = re.compile("[가-힣ㄱ-ㅎ]")
_LATIN = re.compile(r"[a-z]{2}|[a-z][ .\-_*][a-z]")

# One spelling for slang and typing errors, on the squeezed Korean text.
_KOREAN_SPELLING = tuple(
    (re.compile(wrong), right)
    for wrong, right in (
        (r"(?:ㅈr|쟈|자sal|ㅈㅏ)(?:살|쌀|ㅅㅏㄹ)?(?=하|생각|충동|시도|각|마려|마렵)", "자살"),
        (r"자살허", "자살하"),
        (r"(?:쥭|듁|둑|즉|죡)(?=고|꼬|어버|을래)", "죽"),
        (r"죽(?:꼬|구|고오|고고)(?=[싶시십파픈])", "죽고"),
        (r"(?:주거|죽거|주겨)(?=버리|버릴|벌|시퍼|싶)", "죽어"),
        (r"주글(?=래|거|꺼|까|게)", "죽을"),
        (r"(?<=고)(?:시프|시픈|십|싶프|싶포|시포|시퍼|싶퍼|싶펑)(?=[가-힣]?)", "싶"),
        (r"(?:실|싫)(?:타|따|음|증|엉)", "싫다"),
        (r"(?<=기)시러", "싫어"),
    )
)
_KOREAN_SYMBOLS = (
    (re.compile(r"자[^가-힣\sㅡ,]{1,2}살"), "자살"),
    (re.compile(r"죽[^가-힣\s,]{1,2}고(?=[^가-힣]{0,2}[싶시십파])"), "죽고"),
)
_SPELT_OUT = re.compile(r"(?<![가-힣])[가-힣](?:[.\-_*,·/|][가-힣]){2,}")
# "혼자 살고" must not become "자살" once the spaces are gone, nor "보자 해서" "자해"; "자 살 하고" must.
_SPLIT_SUICIDE = re.compile(r"자 +살(?= ?(?:하|생각|충동|시도|마려|마렵|방법))")
_FALSE_SUICIDE = re.compile(r"자 +(?=[살해])|(?<=[혼여남먹])자(?=살)|(?<=[가-힣])(?<![또서로는은을])자(?=해)")

_ENGLISH_SPELLING = tuple(
    (re.compile(wrong), right)
    for wrong, right in (
        (r"[\u2018\u2019\u02bc`]", "'"),
        (r"\b(?:wanna|wana|wan na|want 2|wnat to|wnana|wanto|want too)\b", "want to"),
        (r"\b(?:gonna|gona|goin to|going 2|gon)\b", "going to"),
        (r"\bfinna\b|\bima\b|\bimma\b|\bi'ma\b", "going to"),
        (r"\b(do|does|did|is|was|are|wo|would|should|could|have|has|ca)nt\b", r"\1n't"),
        (r"\bcannot\b|\bcan not\b", "can't"),
        (r"\bim\b|\bi am\b", "i'm"),
        (r"\bive\b|\bi have(?= been| thought| wanted| tried)", "i've"),
        (r"\b(?:sucide|suiside|suicde|suicied|sucicide|siucide|suicid|suiciide|s\*+cide)\b", "suicide"),
        (r"\b(?:suicidle|sucidal|suicidial|suisidal|suicdal)\b", "suicidal"),
        (r"\b(?:mysefl|myslef|mself|my self|meself|mysel)\b", "myself"),
        (r"\b(?:kil|kll|kiil|killl|klil)(?=(?:ing)? )", "kill"),
        (r"\b(?:commiting|comitting|committing|commit|committed) suicide", "commit suicide"),
    )
)
_LEET = str.maketrans({"1": "i", "!": "i", "3": "e", "4": "a", "@": "a", "0": "o", "$": "s", "5": "s"})
_LEET_WORD = re.compile(r"[a-z]+[1!34@0$5]+[a-z]+[1!34@0$5a-z]*")
# Words without their spaces, and letters with too many.
_GLUED = re.compile(r"[a-z]{9,}")
_SPELT_OUT_ENGLISH = re.compile(r"\b(?:[a-z][ .\-_*]){2,}[a-z]\b")
_REPEATED = re.compile(r"([a-z가-힣])\1{2,}")

_SPACE = re.compile(r"\s+")
_BREAK = re.compile("[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_CUT_SYLLABLE = re.compile(r"(?m)(?<=^자)\n(?=[살해])")
_HIDDEN_SPACE = re.compile(rf"(?<=[A-Za-z]){_ZERO_WIDTH.pattern}+(?=[A-Za-z])")
# A line that ends or begins in the middle of a clause was only wrapped; any other may be a sentence of its own.
_OPEN_ENDS = ("of", "to", "an", "in", "a", "the", "his", "her", "their", "about", "with", "says", "said", "both")
_CONTINUES = (
    "to|into|of|about|or|that|which|says?|said|both|ends|texted|was|were|is|are|has|had|"
    "prevention|rates?|awareness|training"
)
_WRAPPED = re.compile(
    r"(?:(?<=[가-힣][이가을를의에와과던로고])|(?<=에서)|(?<=다는)|(?<=라는)|(?<=하는)|(?<=[a-z]'s)|"
    + "|".join(rf"(?<=\s{word})|(?<=^{word})" for word in _OPEN_ENDS)
    + rf")\n|\n(?=(?:{_CONTINUES})\b|예방)"
)


@dataclass(frozen=True)
class View:
    """One way to look at a text; its sentences are lines."""

    name: str  # ko | en | packed
    text: str

    def around(self, start: int, end: int, reach: int = 160) -> tuple[int, int]:
        """The sentence of a match, cut to `reach` characters on either side."""
        first = self.text.rfind("\n", max(0, start - reach), start) + 1 or max(0, start - reach)
        last = self.text.find("\n", end, end + reach)
        return first, last if last >= 0 else min(len(self.text), end + reach)

    def neighbourhood(self, start: int, end: int) -> str:
        """The sentence of a match and the ones beside it."""
        first, last = self.around(start, end)
        before, _ = self.around(max(0, first - 1), max(0, first - 1))
        _, after = self.around(min(last + 1, len(self.text)), min(last + 1, len(self.text)))
        return self.text[before:after]


def views(text: str) -> tuple[View, ...]:
    """The views that a text needs: Korean without spaces, English words, English letters alone."""
    plain = _ZERO_WIDTH.sub(
        "", _COMPOSABLE.sub(lambda m: unicodedata.normalize("NFKC", m[0]), _ZERO_WIDTH.sub("", text))
    ).lower()
    plain = _REPEATED.sub(r"\1", plain)
    found = []
    if _HANGUL.search(plain):
        found.append(View("ko", _korean(plain)))
    if _LATIN.search(plain):
        english = _english(plain)
        found += [View("en", english), View("packed", "\n".join(_GLUED.findall(english)))]
    return tuple(found)


def flowing(text: str) -> tuple[str, ...]:
    """The text with its line breaks read as spaces, and once more with hidden characters inside Latin words as spaces.

    Empty where there is nothing to read in another way.
    """
    lines = _lines(text)
    spaced = _HIDDEN_SPACE.sub(" ", text)
    if "\n" not in lines and spaced == text:
        return ()
    return tuple(dict.fromkeys(_CUT_SYLLABLE.sub("", each).replace("\n", " ") for each in (lines, _lines(spaced))))


def rewrapped(text: str) -> str:
    """The text without the line breaks that fall into the middle of a clause."""
    return _WRAPPED.sub(" ", _lines(text))


def _lines(text: str) -> str:
    """One kind of break, one at a time, with no spaces beside it."""
    return _SPACE.sub(lambda m: "\n" if _BREAK.search(m[0]) else " ", _ZERO_WIDTH.sub("", text)).strip()


def carried(flow: str, settled: str, lines: str, masked: str) -> str:
    """`masked` with "#" also where `settled` has it.

    `settled` is `flow` and `masked` is `lines` with some characters made unreadable; flow and lines differ in their
    spaces only. Where spelling made them differ in more, `masked` stays as it is: in doubt it leans towards care.
    """
    ink, own = ([at for at, character in enumerate(each) if not character.isspace()] for each in (flow, lines))
    if len(ink) != len(own):
        return masked
    characters = list(masked)
    for there, here in zip(ink, own, strict=True):
        if settled[there] == "#":
            characters[here] = "#"
    return "".join(characters)


def _korean(plain: str) -> str:
    plain = _FALSE_SUICIDE.sub("자ㅡ", _SPLIT_SUICIDE.sub("자살", plain))
    plain = _SPELT_OUT.sub(lambda m: re.sub("[^가-힣]", "", m[0]), plain)
    for wrong, right in _KOREAN_SYMBOLS:
        plain = wrong.sub(right, plain)
    squeezed = _NOT_KOREAN.sub("", _SENTENCE_END.sub("\n", plain))
    for wrong, right in _KOREAN_SPELLING:
        squeezed = wrong.sub(right, squeezed)
    return squeezed


def _english(plain: str) -> str:
    plain = _LEET_WORD.sub(lambda m: m[0].translate(_LEET), plain)
    plain = _SPELT_OUT_ENGLISH.sub(lambda m: re.sub("[^a-z]", "", m[0]), plain)
    for wrong, right in _ENGLISH_SPELLING:
        plain = wrong.sub(right, plain)
    lines = re.sub(r"(?<=[a-z0-9'\")])[.!?…;]+(?=\s|$)|[\r\n]+", "\n", plain)
    return re.sub(r" *\n *", "\n", re.sub(r"[^\S\n]+", " ", lines)).strip()
