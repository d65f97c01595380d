"""A feeling that somebody names outright is that feeling, whatever the words around it suggest."""

from __future__ import annotations

import re

from core.emotion.denied import plainly_put

PLAIN_SENTENCES = 4  # in a longer text the name of one feeling is not the feeling of the day

_NAMES = {
    "loneliness": r"외로[웠워움운]|외롭|쓸쓸[하했]|세상에 나 ?(?:혼자|하나뿐|만 남)|(?:(?<=\bi am )|(?<=\bi'm ))the only (?:person|one)(?: left)? (?:in the world|on earth)\b|\b(?:i(?:'m| am| feel| felt| was)(?: so| really| very| kind of)? lonely|lonely today)\b",
    "anxiety": r"불안[하했]|걱정[되돼됐]|\bi(?:'m| am| feel| felt| was)(?: so| really| very)? (?:anxious|worried|scared|nervous)\b",
    "tiredness": r"(?:너무|정말|진짜|많이) ?(?:피곤|지쳤|지친)|기운이 ?없|\bi(?:'m| am| feel| felt| was)(?: so| really| very)? (?:tired|exhausted|worn out)\b",
    "sadness": r"(?:너무|정말|진짜|많이) ?(?:슬[펐프퍼픈]|우울)|슬펐다|우울하다|\bi(?:'m| am| feel| felt| was)(?: so| really| very)? (?:sad|heartbroken)\b",
    "anger": r"(?:너무|정말|진짜) ?(?:화[가나난났]|열받|짜증)|\bi(?:'m| am| feel| felt| was)(?: so| really| very)? (?:angry|furious|mad at)\b",
    "joy": r"(?:너무|정말|진짜) ?(?:행복|기[뻤쁘뻐쁜])|\bi(?:'m| am| feel| felt| was)(?: so| really| very)? happy\b",
}  # fmt: skip
_PATTERNS = {name: re.compile(pattern, re.I) for name, pattern in _NAMES.items()}
_DENIED = re.compile(
    r"(?:안|못|별로|더 ?이상|덜) ?$|(?:not|never|n't|no longer|less)(?: \w+)? ?$|\b(?:if|as though|whether|unless|until|like) ?$",
    re.I,
)
_DENIED_AFTER = re.compile(r"^[가-힣]{0,3}지 ?(?:않|는 ?않|도 ?않|못|마)|^[가-힣]{0,2}(?:할 ?때|ㄹ ?때|면 |줄 ?알)")


def said_plainly(text: str) -> str:
    """The one feeling that a short text names as its own, "" where it names none or several, denies it or is without it."""
    text = plainly_put(text.lower()).text
    found = {
        name
        for name, pattern in _PATTERNS.items()
        for hit in pattern.finditer(text)
        if not _DENIED.search(text[max(0, hit.start() - 12) : hit.start()])
        and not _DENIED_AFTER.match(text[hit.end() :])
    }
    return found.pop() if len(found) == 1 else ""
