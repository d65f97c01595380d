"""The verbs and adjectives of a Korean line, each with what belongs to it: was it so, denied, wished for, or only meant?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.painting.words import Word, any_of

_NEGATED_YET_TRUE = any_of("참 잊 멈추 그치 빼놓 모르 믿 웃 통하 풀리 끊 알 못하 말리 놓치")
_PLAN = any_of("려고 으려고 려다 으려다 려다가 으려다가 려 으려")
_PURPOSE = frozenset(["러", "으러"])
_QUOTED = ("자고", "다고", "라고", "다더니", "라더니", "다길래")
_PERHAPS = frozenset(["ᆯ까", "을까"])
_TO_COME = frozenset(["ᆯ", "을"])
_CONTRAST = ("는데", "은데", "ᆫ데", "는데도", "지만", "으나", "다가", "더니", "려다")
_CALLED_OFF = any_of("취소 무산 불발 휴강 휴업 보류 포기 단념")
_PUT_OFF = any_of("미루 거르")
_CAN_BE_HUNG_UP = any_of("전화 통화 표 티켓 연락 줄 회원권")  # "커피를 끊었다" gives it up, "전화를 끊었다" does not
_OF_WILL = any_of("마시 먹 사 시키 자 키우 지르")  # what one nearly did by choice was not there
_NOUN = ("NN", "NR", "NP", "SL", "SN", "XR", "XS", "W_")


@dataclass(frozen=True)
class Predicate:
    """A verb or an adjective with the endings after it: words[clause:start] are what belongs to it."""

    clause: int
    start: int
    end: int  # one past its last ending
    negated: bool
    wished: bool
    planned: bool  # somebody meant to
    expected: bool  # planned, said, asked for or guessed: whether it came about, the rest must tell
    undecided: bool  # "살까 고민했다"
    asked: bool  # "사 달라고"
    called_off: bool
    contrast: bool  # "...-는데", "-지만"
    unable: bool  # 못, not 안


def is_noun(word: Word) -> bool:
    """True for what can be a thing: nouns, pronouns, numbers, foreign words, roots."""
    return word.tag.startswith(_NOUN) and not word.tag.startswith(("XSV", "XSA"))


def predicates(words: Sequence[Word]) -> list[Predicate]:
    """Every verb and adjective of a text, in order."""
    found: list[Predicate] = []
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


def _is_predicate(words: Sequence[Word], i: int) -> bool:
    tag = words[i].tag
    return tag in ("VV", "VA", "XSV", "XSA", "VCN") or (tag == "VX" and (i == 0 or words[i - 1].tag[0] not in "VEX"))


def _chain_end(words: Sequence[Word], start: int) -> int:
    """Past the endings, helping verbs and fixed phrases after a predicate."""
    i = start + 1
    while i < len(words):
        word = words[i]
        said = word.form == "하" and word.tag == "VV" and words[i - 1].tag == "EC"
        plan = said and (words[i - 1].form in _PLAN or words[i - 1].form.endswith(_QUOTED))
        if word.tag[0] == "E" or word.tag == "VX" or plan:
            i += 1
        elif step := _phrase(words, i):
            i += step
        else:
            break
    return i


def _phrase(words: Sequence[Word], i: int) -> int:
    """How many morphemes of a fixed phrase begin at i: "-지는 않", "-ㄹ 수 없", "-ㄹ 줄 알", "-면 좋겠"; 0 for none."""
    last, forms = words[i - 1], [word.form for word in words[i : i + 4]]
    if last.tag == "EC" and last.form == "지":
        ends: tuple[str, ...] = ("않", "못하", "하") if words[i].tag[0] == "J" or forms[0] == "못" else ()
    elif last.tag == "ETM" and forms[0] in ("수", "적", "리", "일", "생각"):
        ends = ("없", "못하")
    elif last.tag == "ETM" and forms[0] == "줄":
        ends = ("알",)
    elif last.tag == "ETM" and forms[0] == "뻔":
        ends = ("하",)
    elif last.tag == "ETM" and forms[0] in ("것", "거"):
        ends = ("같", "그렇", "그러")
    elif last.tag == "ETN" and forms[0] == "로":
        ends = ("하",)
    elif last.tag == "ETN":
        ends = ("싫", "귀찮")
    else:
        wish = last.form.endswith("면") and forms[0] == "좋" and {"겠", "을", "ᆯ", "을텐데"} & set(forms[1:3])
        return 1 if wish else 0
    return next((k + 1 for k, form in enumerate(forms[:3]) if form in ends), 0)


def _judged(words: Sequence[Word], clause: int, start: int, end: int) -> Predicate:
    chain = words[start + 1 : end]
    head = words[start]
    forms = [word.form for word in chain]
    denied = _is_denied(words, clause, start, chain)
    absent = head.form in ("없", "그치", "멎") or head.tag == "VCN" or (head.form == "싫" and head.tag == "VA")
    only = any(word.form == "밖에" for word in words[clause:start]) or _but_for(words, clause)
    planned = any(form in _PLAN for form in forms) or "기로하" in "".join(forms)
    expected = planned or _is_expected(forms)
    off = _is_off(words, start)
    negated = absent or _nearly(head, forms) or forms[-1:] in (["듯"], ["듯이"])
    negated |= head.form == "말" and bool(_PERHAPS & set(forms))
    negated |= denied and head.form not in _NEGATED_YET_TRUE and not off
    regret = _is_regret(forms)
    return Predicate(
        clause,
        start,
        end,
        negated=negated and not only and not regret,
        wished=_is_wished(words, head, chain, end) or (regret and not denied),
        planned=planned,
        expected=expected,
        undecided=_is_undecided(words, forms, end) or ("기로하" in "".join(forms) and _is_later(words, clause, start)),
        asked="달" in forms and any(form in ("라고", "라", "라며", "라는") for form in forms),
        called_off=off and not denied and not expected,
        contrast=bool(forms) and forms[-1].endswith(_CONTRAST),
        unable="못" in _adverbs(words, clause, start, chain) or "못하" in forms,
    )


def _adverbs(words: Sequence[Word], clause: int, start: int, chain: Sequence[Word]) -> set[str]:
    root = start - 1 if words[start].tag in ("XSV", "XSA") else start
    near = {words[i - 1].form for i in (root, start) if i > clause and words[i - 1].tag == "MAG"}
    return near | {word.form for word in chain if word.tag == "MAG"}


def _is_denied(words: Sequence[Word], clause: int, start: int, chain: Sequence[Word]) -> bool:
    helpers = {word.form for word in chain if word.tag in ("VX", "VA", "VV")}
    if _adverbs(words, clause, start, chain) & {"안", "못"}:
        return True
    return bool(helpers & {"않", "못하", "말", "없", "싫", "귀찮"})


def _but_for(words: Sequence[Word], clause: int) -> bool:
    """ "커피 말고는 안 마셨다": coffee was drunk."""
    before = [word.form for word in words[max(0, clause - 2) : clause + 1]]
    return before == ["말", "고", "는"]


def _is_expected(forms: Sequence[str]) -> bool:
    if any(form in _PERHAPS or form in _PURPOSE or form.endswith(_QUOTED) for form in forms):
        return True
    must = any(this.endswith("야") and following == "하" for this, following in pairwise(forms))
    guess = any(forms[k : k + 2] in (["줄", "알"], ["것", "같"], ["거", "같"]) for k in range(len(forms)))
    return must or (guess and bool(_TO_COME & set(forms)))


def _is_undecided(words: Sequence[Word], forms: Sequence[str], end: int) -> bool:
    after = {word.form for word in words[end : end + 3]}
    return forms[-1:] in (["ᆯ까"], ["을까"]) and bool(after & {"고민", "망설이", "생각", "궁리"})


def _is_later(words: Sequence[Word], clause: int, start: int) -> bool:
    return any(word.form in ("다음", "나중") for word in words[clause:start])


def _is_off(words: Sequence[Word], start: int) -> bool:
    """Cancelled, given up, come to nothing."""
    head, before = words[start], words[start - 1].form if start else ""
    if head.tag == "XSV":
        return before in _CALLED_OFF or (before == "연기" and head.form == "되")
    if (head.form, before) == ("건너가", "물") or head.form in _PUT_OFF:
        return True
    if head.form == "빠지":
        return words[start - 1].tag == "JKO"  # "수업을 빠졌다"
    if head.form == "끊":
        return not _CAN_BE_HUNG_UP & {word.form for word in words[max(0, start - 3) : start]}
    return head.form == "되" and start > 1 and words[start - 2].form == "물거품"


def _nearly(head: Word, forms: Sequence[str]) -> bool:
    return "뻔" in forms and head.form in _OF_WILL


def _is_regret(forms: Sequence[str]) -> bool:
    """ "가져올걸", "가져올 걸 그랬다"."""
    return any(form in ("ᆯ걸", "을걸") for form in forms) or bool(
        {"그렇", "그러"} & set(forms) and {"거", "것"} & set(forms)
    )


def _is_wished(words: Sequence[Word], head: Word, chain: Sequence[Word], end: int) -> bool:
    forms = [word.form for word in chain]
    if "싶" in forms or head.form in ("그립", "바라") or ("좋" in forms and any(form.endswith("면") for form in forms)):
        return True
    if any(form.endswith("더라면") for form in forms) or any(form.endswith("야지") for form in forms):
        return True
    for this, following in pairwise(forms):
        if (this.endswith("면") and following == "하") or (this.endswith("야") and following == "겠"):
            return True
    should = any(this == "었" and following.endswith("야") for this, following in pairwise(forms))
    if should and "하" in forms:  # "가져왔어야 했는데"
        return True
    last = end >= len(words) or words[end].tag in ("SF", "SE")
    return last and forms[-2:-1] == ["었"] and forms[-1].endswith("면")  # "비나 왔으면."
