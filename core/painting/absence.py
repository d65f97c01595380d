"""What a Korean line says was not there, was not done, or is only wished for: it is left out of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.painting.words import Word

_TIME_NOUNS = frozenset(
    [
        "오늘",
        "어제",
        "내일",
        "그제",
        "하루",
        "종일",
        "아침",
        "점심",
        "저녁",
        "밤",
        "새벽",
        "요즘",
        "이번",
        "지난",
        "주",
        "주말",
        "때",
        "동안",
        "내내",
        "아직",
        "한동안",
        "결국",
        "아무",
        "것",
    ]
)
_JOINING = frozenset(["와", "과", "랑", "이랑", "하고", "나", "이나"])
_NEGATED_YET_TRUE = frozenset(
    ["참", "잊", "멈추", "그치", "빼놓", "모르", "믿", "웃", "통하", "풀리", "끊", "알", "못하", "말리", "놓치"]
)
_PLAN = frozenset(["려고", "으려고", "려다", "으려다", "려다가", "으려다가", "려", "으려"])
_WISH_GOES_BACK_OVER = frozenset(["고", "러", "으러", "며", "으며", "면서", "으면서"])
_NOUN = ("NN", "NR", "NP", "SL", "SN", "XR", "XS", "W_")


@dataclass(frozen=True)
class _Predicate:
    """A verb or an adjective with the endings after it: words[clause:start] are what belongs to it."""

    clause: int
    start: int
    end: int  # one past its last ending
    negated: bool
    wished: bool
    planned: bool
    unable: bool  # 못, not 안


def left_out_korean(words: Sequence[Word]) -> frozenset[int]:
    """Positions of the morphemes that the line denies or wishes for."""
    out: set[int] = set()
    predicates = _predicates(words)
    for n, predicate in enumerate(predicates):
        before = predicates[n - 1] if n else None
        if predicate.wished:
            first = n
            while first and _continues(words, predicates[first - 1]):
                first -= 1
            out.update(range(predicates[first].clause, predicate.end))
        elif predicate.negated:
            has_noun = any(_names(word) for word in words[predicate.clause : predicate.start])
            if not has_noun and before and before.planned and before.end == predicate.clause:
                out.update(range(before.clause, before.end))
            out.update(_denied(words, predicate))
    for i, word in enumerate(words):
        if word.form in ("없이", "대신", "말고", "빼고") and i:
            out.update(_noun_run(words, i))
    return frozenset(out)


def _is_noun(word: Word) -> bool:
    return word.tag.startswith(_NOUN) and not word.tag.startswith("XSV") and not word.tag.startswith("XSA")


def _names(word: Word) -> bool:
    return _is_noun(word) and word.form not in _TIME_NOUNS and word.tag not in ("NNB", "NR", "SN")


def _is_predicate(words: Sequence[Word], i: int) -> bool:
    tag = words[i].tag
    return tag in ("VV", "VA", "XSV", "XSA", "VCN") or (tag == "VX" and (i == 0 or words[i - 1].tag[0] not in "VEX"))


def _predicates(words: Sequence[Word]) -> list[_Predicate]:
    found: list[_Predicate] = []
    clause = i = 0
    while i < len(words):
        if words[i].tag == "SF":
            clause = i + 1
        if not _is_predicate(words, i):
            i += 1
            continue
        end = _chain_end(words, i)
        found.append(_judged(words, clause, i, end))
        clause = i = max(end, i + 1)
    return found


def _chain_end(words: Sequence[Word], start: int) -> int:
    """Past the endings, helping verbs and fixed phrases after a predicate."""
    i = start + 1
    while i < len(words):
        word = words[i]
        plan = word.tag == "VV" and word.form == "하" and words[i - 1].form in _PLAN
        if word.tag[0] == "E" or word.tag == "VX" or plan:
            i += 1
        elif step := _phrase(words, i):
            i += step
        else:
            break
    return i


def _phrase(words: Sequence[Word], i: int) -> int:
    """How many morphemes of a fixed phrase begin at i: "-지는 않", "-ㄹ 수 없", "-기 싫", "-면 좋겠"; 0 for none."""
    last, forms = words[i - 1], [word.form for word in words[i : i + 4]]
    if last.tag == "EC" and last.form == "지":
        ends: tuple[str, ...] = ("않", "못하", "하") if words[i].tag[0] == "J" or forms[0] == "못" else ()
    elif last.tag == "ETM" and forms[0] in ("수", "적", "리", "일", "생각"):
        ends = ("없", "못하")
    elif last.tag == "ETN":
        ends = ("싫", "귀찮")
    else:
        wish = last.form.endswith("면") and forms[0] == "좋" and {"겠", "을", "ᆯ", "을텐데"} & set(forms[1:3])
        return 1 if wish else 0
    return next((k + 1 for k, form in enumerate(forms[:3]) if form in ends), 0)


def _judged(words: Sequence[Word], clause: int, start: int, end: int) -> _Predicate:
    chain = words[start + 1 : end]
    head = words[start]
    helpers = {word.form for word in chain if word.tag in ("VX", "VA", "VV")}
    root = start - 1 if head.tag in ("XSV", "XSA") else start
    adverbs = {words[i - 1].form for i in (root, start) if i > clause and words[i - 1].tag == "MAG"}
    adverbs |= {word.form for word in chain if word.tag == "MAG"}
    denied = bool(adverbs & {"안", "못"}) or bool(helpers & {"않", "못하", "말", "없", "싫", "귀찮"})
    absent = head.form in ("없", "그치", "멎") or head.tag == "VCN" or (head.form == "싫" and head.tag == "VA")
    wished = "싶" in helpers or head.form == "그립" or ("좋" in helpers and any(w.form.endswith("면") for w in chain))
    return _Predicate(
        clause,
        start,
        end,
        negated=absent or (denied and head.form not in _NEGATED_YET_TRUE),
        wished=wished,
        planned=any(word.form in _PLAN for word in chain),
        unable="못" in adverbs or "못하" in helpers,
    )


def _continues(words: Sequence[Word], predicate: _Predicate) -> bool:
    """True where a wish at the end covers this clause too ("영화 보고 밥 먹고 싶다", "치는 법을 배우고 싶다")."""
    chain = words[predicate.start + 1 : predicate.end]
    if not chain or any(word.tag == "EP" for word in chain):
        return False
    return chain[-1].tag == "ETM" or chain[-1].form in _WISH_GOES_BACK_OVER


def _denied(words: Sequence[Word], predicate: _Predicate) -> set[int]:
    """A denied predicate with its nearest noun and what is joined to that; "not tasty" leaves the food there."""
    head = words[predicate.start]
    out = set(range(predicate.start, predicate.end))
    if head.tag in ("VA", "XSA") and head.form not in ("없", "싫"):
        return out
    i = predicate.start
    if head.tag == "XSV" and i > predicate.clause:
        out.add(i - 1)
        i -= 1
        if not (i > predicate.clause and words[i - 1].tag == "JKO"):
            return out | _companions(words, predicate)
    nouns = [k for k in range(predicate.clause, i) if _is_noun(words[k])]
    nearest = [k for k in nouns if _names(words[k])] or nouns
    if nearest and not any(
        word.form == "에서" for word in words[nearest[-1] : i]
    ):  # it was not done there, yet one was there
        out |= _noun_run(words, nearest[-1] + 1, predicate.clause)
    return out | _companions(words, predicate)


def _companions(words: Sequence[Word], predicate: _Predicate) -> set[int]:
    """Whom something could not be done with ("강아지랑 산책을 못 했다")."""
    if not predicate.unable:
        return set()
    joined = [
        i for i in range(predicate.clause + 1, predicate.start) if words[i].form in _JOINING and words[i].tag[0] == "J"
    ]
    return {k for i in joined for k in _noun_run(words, i, predicate.clause)}


def _noun_run(words: Sequence[Word], end: int, first: int = 0) -> set[int]:
    """The noun just before position `end`, and the nouns that 와/랑/하고 join to it."""
    out: set[int] = set()
    i = end
    while i > first:
        while i > first and _is_noun(words[i - 1]):
            i -= 1
            out.add(i)
        if i - 1 > first and words[i - 1].form in _JOINING and words[i - 1].tag[0] == "J":
            i -= 1
        else:
            break
    return out
