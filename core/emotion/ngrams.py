"""A text becomes the numbers of its n-grams: words, syllables, letters and jamo, with negation told apart."""

from __future__ import annotations

import re
import unicodedata
import zlib
from typing import TYPE_CHECKING

from core.emotion.emoji import glossed

if TYPE_CHECKING:
    import numpy as np

_LONG_RUN = re.compile(r"(.)\1{2,}", re.DOTALL)
_LINK = re.compile(r"https?://\S+|@\w+|\[name\]|\[religion\]", re.IGNORECASE)
_DIGITS = re.compile(r"\d+(?:[.,:]\d+)*")
# Skin tones, variation selectors and joiners change how an emoji looks, not what it says.
_INVISIBLE = re.compile("[\ufe00-\ufe0f\u200b-\u200d\u2060\ufeff\U0001f3fb-\U0001f3ff]")
_SAME = str.maketrans(
    {"ㅜ": "ㅠ", "’": "'", "‘": "'", "“": '"', "”": '"', "…": ".", "~": "~", "～": "~", "♡": "♥", "❤": "♥"}
)
TOKEN = re.compile(r"[가-힣]+|[a-zà-ÿ]+(?:'[a-z]+)*|[ㄱ-ㅣ]+|0|[.]+|[!?]+|[^\w\s]|\S")
_SENTENCE_END = re.compile(r"(?<=[.!?。…])\s+|\n+|(?<=[ㅠㅋㅎ♥~])\s+(?=\S{2})|(?<=[다요죠])\.(?=[가-힣])")
# Where a day turns: what follows these words starts a sentence of its own.
_TURN = re.compile(
    r"\s+(?=(?:그런데|근데|그래도|하지만|그치만|그렇지만|그러나|그러다가?|그러고 나서|다행히|and then|but|however|still|although|though)\b)|(?<=지만)[,\s]+|(?<=는데)[,\s]+",
    re.IGNORECASE,
)

_KO_BEFORE = frozenset({"안", "못"})
_KO_AFTER = re.compile(r"^(?:않|못|말[고자았아])")
_KO_STEM = re.compile(r"지(?:는|도|가|를|만)?$")
# What one is glad to be without. Elsewhere 없다 says what is missed ("힘이 없다"), and the words together say it.
_KO_BURDEN = re.compile(
    r"^(?:걱정|근심|고민|불안|두려움|스트레스|부담|문제|이상|탈|통증|미련|후회)(?:거리|감|할|될|한)?(?:이|은|도|가|는|을|를)?$"
)
_KO_WITHOUT = re.compile(r"^(?:없|사라[져졌지질])")
_KO_OTHER = "이가고서만데"  # ends a word that 없다 speaks of itself, or a clause before it
_KO_BETWEEN = 2  # words that may stand between the burden and 없다 ("걱정이 하나도 없다")
_EN_NOT = frozenset({"not", "no", "never", "without", "hardly", "cannot", "cant", "dont", "didnt", "isnt", "wasnt", "wont", "neither", "nor"})  # fmt: skip
_EN_SCOPE = 3  # words that a "not" reaches
_EN_ENDS = frozenset({"but", "and", "because", "so", "just", "only", "though"})
_NEGATED = 1 << 24  # added to every symbol of a negated word: it is spelled in another alphabet


def tidy(text: str) -> str:
    """`text` as the model reads it: lower case, long runs cut to two, digits as 0, no lone surrogates."""
    text = text.encode("utf-8", "ignore").decode("utf-8")
    text = unicodedata.normalize("NFC", text).translate(_SAME)
    text = _INVISIBLE.sub("", _LINK.sub(" ", text)).lower()
    return glossed(_LONG_RUN.sub(r"\1\1", _DIGITS.sub("0", text))).strip()


def sentences(text: str) -> list[str]:
    """`text` cut where a sentence ends or the day turns ("하지만", "but"); order kept, never empty strings."""
    parts = (part.strip() for whole in _SENTENCE_END.split(text) if whole for part in _TURN.split(whole) if part)
    joined: list[str] = []
    for part in parts:
        if not part:
            continue
        if joined and not any(char.isalnum() for char in part):  # "ㅠㅠ" counts as letters, "!!" does not
            joined[-1] += " " + part
        else:
            joined.append(part)
    return joined


def _negated(tokens: list[str]) -> list[bool]:
    """For each token whether an odd number of negations reaches it ("안 좋지 않았다" is even; 걱정이 없다 is one)."""
    flags = [False] * len(tokens)
    reach = 0
    for i, token in enumerate(tokens):
        if token in _EN_NOT or token.endswith("n't"):
            reach = 0 if tokens[i + 1 : i + 2] == ["only"] else _EN_SCOPE
        elif reach:
            if token in _EN_ENDS or not token[0].isalpha():
                reach = 0
            else:
                flags[i] = not flags[i]
                reach -= 1
        if token in _KO_BEFORE and i + 1 < len(tokens):
            flags[i + 1] = not flags[i + 1]
        elif i and _KO_AFTER.match(token) and _KO_STEM.search(tokens[i - 1]):
            flags[i - 1] = not flags[i - 1]
        elif _KO_WITHOUT.match(token):
            for k in range(i - 1, max(-1, i - 2 - _KO_BETWEEN), -1):
                if _KO_BURDEN.match(tokens[k]):
                    flags[k], flags[i] = not flags[k], not flags[i]
                if tokens[k][-1] in _KO_OTHER:
                    break
    return flags


def _mixed(values: np.ndarray, salt: int) -> np.ndarray:
    """uint64 sums -> well-spread uint32 (the finaliser of splitmix64)."""
    import numpy as np

    values = values + np.uint64(salt * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (values >> np.uint64(32)).astype(np.uint32)


def _runs(symbols: np.ndarray, n: int, salt: int) -> np.ndarray:
    """The hash of every run of `n` neighbouring symbols."""
    import numpy as np

    count = len(symbols) - n + 1
    if count <= 0:
        return np.empty(0, np.uint32)
    total = np.zeros(count, np.uint64)
    for k in range(n):
        total += symbols[k : k + count] * np.uint64(
            (0xD6E8FEB86659FD93 * (2 * k + 1) + (k << 33)) & 0xFFFFFFFFFFFFFFFF | 1
        )
    return _mixed(total, salt)


def _jamo(symbols: np.ndarray) -> np.ndarray:
    """Syllables -> their two or three letters each; anything else stays as it is."""
    import numpy as np

    flag = symbols & np.uint64(_NEGATED)
    syllable = symbols - flag - np.uint64(0xAC00)
    hangul = syllable < np.uint64(11172)
    three = np.empty((len(symbols), 3), np.uint64)
    three[:, 0] = np.where(hangul, syllable // np.uint64(588) + np.uint64(0x1100), symbols - flag) + flag
    three[:, 1] = np.where(hangul, syllable % np.uint64(588) // np.uint64(28) + np.uint64(0x1161), 0) + flag
    three[:, 2] = np.where(hangul, syllable % np.uint64(28) + np.uint64(0x11A7), 0x11A7) + flag
    keep = np.ones(three.shape, bool)
    keep[:, 1] = hangul
    keep[:, 2] = hangul & (three[:, 2] != np.uint64(0x11A7) + flag)
    return three[keep]


def grams(text: str) -> np.ndarray:
    """The n-grams of a tidied text as sorted, unique hashes.  # (n,) uint32

    Words 1-3 in a row; Korean syllables 1-4 without spaces (spacing errors vanish) and jamo 4 and 6; Latin
    letters 3-5 with word borders. Word and sub-word features after Bojanowski et al. 2017 (fastText).
    """
    import numpy as np

    tokens = TOKEN.findall(text)
    if not tokens:
        return np.empty(0, np.uint32)
    flags = _negated(tokens)
    words = np.array(
        [zlib.crc32(t.encode()) + f * _NEGATED * 256 for t, f in zip(tokens, flags, strict=True)], np.uint64
    )
    out = [_runs(words, n, n) for n in (1, 2, 3)]
    latin, other = [" "], [""]
    latin_flags, other_flags = [0], []
    for token, flag in zip(tokens, flags, strict=True):
        if token[0] <= "ÿ" and token[0].isalpha():
            latin.append(token + " ")
            latin_flags += [int(flag)] * len(token) + [0]
            if other[-1] != "\x01":
                other.append("\x01")
                other_flags.append(0)
        else:
            other.append(token)
            other_flags += [int(flag)] * len(token)
    for chars, marks, lengths, salt in ((latin, latin_flags, (3, 4, 5), 10), (other, other_flags, (1, 2, 3, 4), 20)):
        symbols = np.frombuffer("".join(chars).encode("utf-32-le"), np.uint32).astype(np.uint64)
        symbols = symbols + np.array(marks, np.uint64) * np.uint64(_NEGATED)
        out += [_runs(symbols, n, salt + n) for n in lengths]
    letters = _jamo(symbols)
    out += [_runs(letters, n, 30 + n) for n in (4, 6)]
    return np.unique(np.concatenate(out))


def units(text: str) -> list[str]:
    """The words of a text for showing, a negation together with what it negates ("안 좋다", "not happy")."""
    words = [word.strip(".,!?\"'()…") for word in text.split()]
    out: list[str] = []
    held = ""
    for word in filter(None, words):
        if held:
            out.append(f"{held} {word}")
            held = ""
        elif word in _KO_BEFORE or word in _EN_NOT or word.endswith("n't"):
            held = word
        elif out and _KO_AFTER.match(word) and _KO_STEM.search(out[-1]):
            out[-1] += " " + word
        else:
            out.append(word)
    return out + [held] * bool(held)
