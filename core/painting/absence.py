"""What a Korean line says was not there, was not done, or is only wished for: it is left out of the picture."""

from __future__ import annotations

from collections.abc import Sequence

from core.painting.predicates import Predicate, is_noun, predicates
from core.painting.words import Word, any_of

_TIME_NOUNS = any_of(
    "오늘 어제 내일 그제 하루 종일 아침 점심 저녁 밤 새벽 요즘 이번 지난 주 주말 때 동안 내내 아직 한동안 결국 아무 것 "
    "끝내 이제 막상"
)
_JOINING = frozenset(["와", "과", "랑", "이랑", "하고", "나", "이나"])
_WISH_GOES_BACK_OVER = frozenset(["고", "러", "으러", "며", "으며", "면서", "으면서"])
_AFTER_ALL = any_of("결국 그냥 겨우 드디어 마침내 끝내 간신히")
_LEAST = any_of("입 손 구경 근처 코빼기 그림자 거들떠 얼씬 냄새 눈길 젓가락 숟가락 숟갈 입술 발짝 엄두 꿈 흔적 발")
_EVEN = frozenset(["도", "조차", "마저"])
_DONE_ABOUT_IT = any_of("시키 사 사오 끓이 만들 나가 나오 다녀오 먹 가 하")
_DREAMT_OF = any_of("소원 꿈 로망 희망 소망")
_VEHICLES = any_of("비행기 항공편 기차 열차 버스 배 여객선")
_AT_HAND = any_of("만지 쓰다듬 잡 찍 부르 안 깨우 달래")  # what one was about to touch was there
_LOST = any_of("잃어버리 잃 도둑맞 분실하")
_LEFT = any_of("두 놓 놔두 빼놓")  # "우산을 두고 왔다"
_SPENT = any_of("품절 매진 알레르기 알러지 재고 단종")  # what is sold out or makes one sneeze is not there
_MEANS = any_of("돈 시간 여유 힘 기운 엄두 체력 여력 짬 틈")  # of what one had none for
_NEVER_LOST = any_of("길 시간 입맛 정신")
_DRAWN_TO = any_of("당기 땡기 끌리 생각나")


def left_out_korean(words: Sequence[Word]) -> frozenset[int]:
    """Positions of the morphemes that the line denies or wishes for."""
    out: set[int] = set()
    found = predicates(words)
    for n, predicate in enumerate(found):
        following = _next(words, found, n)
        if predicate.wished:
            if not _fulfilled(words, predicate, following):
                out |= _with_what_leads_to_it(words, found, n)
        elif predicate.called_off:
            out |= _called_off(words, predicate) or _taken_back(words, found, n)
        elif predicate.negated:
            if not _came_about(words, predicate, following):
                out |= _denied(words, predicate) | _taken_back(words, found, n)
        elif (predicate.asked or predicate.undecided) and not _came_about(words, predicate, following):
            out |= _denied(words, predicate)
        elif _came_to_nothing(words, predicate, following):
            out |= _with_what_leads_to_it(words, found, n)
        elif (
            _is_lost(words, found, n)
            or _used_to(words, predicate, following)
            or (words[predicate.start].form in _DRAWN_TO and predicate.contrast)
        ):
            out |= _denied(words, predicate)
    return frozenset(out | _set_aside(words) | _dreamt_of(words, found) | _out_of_reach(words, found))


def _next(words: Sequence[Word], found: Sequence[Predicate], n: int) -> Predicate | None:
    """The next predicate of the same sentence."""
    if n + 1 == len(found) or any(word.tag == "SF" for word in words[found[n].end : found[n + 1].start]):
        return None
    return found[n + 1]


def _names(word: Word) -> bool:
    return is_noun(word) and word.form not in _TIME_NOUNS and word.tag not in ("NNB", "NR", "SN")


def _has_noun(words: Sequence[Word], predicate: Predicate) -> bool:
    root = predicate.start - (words[predicate.start].tag in ("XSV", "XSA"))
    return any(_names(words[k]) and not _is_least(words, k) for k in range(predicate.clause, root))


def _is_least(words: Sequence[Word], i: int) -> bool:
    """ "한 방울도", "입에도", "손도": it measures how little, and is not what was not there."""
    if not (
        words[i].form in _LEAST or (i and words[i - 1].tag in ("MM", "NR") and words[i - 1].form in ("한", "하나"))
    ):
        return False
    after = [word.form for word in words[i + 1 : i + 3] if word.tag[0] == "J"]
    return bool(_EVEN & set(after))


def _came_about(words: Sequence[Word], predicate: Predicate, following: Predicate | None) -> bool:
    """ "안 올 줄 알았는데 왔다", "사 달라고 했더니 사 주셨다": after all it did."""
    if following is None or following.negated or following.wished or following.expected or _has_noun(words, following):
        return False
    return words[following.start].form == words[predicate.start].form


def _fulfilled(words: Sequence[Word], predicate: Predicate, following: Predicate | None) -> bool:
    """ "먹고 싶어서 시켰다"; who longs for somebody and cries has nobody there."""
    if following is None or following.negated or following.wished or words[predicate.end - 1].form != "어서":
        return False
    return words[following.start].form in _DONE_ABOUT_IT and not _has_noun(words, following)


def _came_to_nothing(words: Sequence[Word], predicate: Predicate, following: Predicate | None) -> bool:
    """ "산책하려고 했는데 비가 왔다": what was meant to be and then something else is told."""
    forms = [word.form for word in words[predicate.start + 1 : predicate.end]]
    meant = any(form.startswith(("려고", "으려고", "려다", "으려다")) for form in forms)
    if (
        words[predicate.start].form in _AT_HAND
        or not (meant and predicate.contrast)
        or following is None
        or words[predicate.start - 1].form in ("취소", "포기")
    ):
        return False
    between = {word.form for word in words[following.clause : following.start]}
    return not _came_about(words, predicate, following) and (following.negated or not between & _AFTER_ALL)


def _taken_back(words: Sequence[Word], found: Sequence[Predicate], n: int) -> set[int]:
    """The plan or the guess that a denial without a noun of its own is about ("올 줄 알았는데 안 왔다")."""
    here = found[n]
    if _has_noun(words, here):
        return set()
    for m in range(n - 1, -1, -1):
        before = found[m]
        if any(word.tag == "SF" for word in words[before.end : here.start]):
            break
        same = words[before.start].form == words[here.start].form
        last = m == n - 1 and (before.planned or before.contrast or here.called_off)
        proposed = any(word.form.endswith("자고") for word in words[before.start : before.end]) and before.contrast
        if before.expected and (same or last or proposed):
            return _with_what_leads_to_it(words, found, m) if before.planned else _denied(words, before)
        if (
            m == n - 1 and before.expected and words[here.start].form in ("말", "하")
        ):  # "갈까 말까", "먹을까 하다가 말았다"
            return _denied(words, before)
    return set()


def _with_what_leads_to_it(words: Sequence[Word], found: Sequence[Predicate], n: int) -> set[int]:
    first = n
    while first and _continues(words, found[first - 1], found[first]):
        first -= 1
    return set(range(found[first].clause, found[n].end))


def _continues(words: Sequence[Word], predicate: Predicate, following: Predicate) -> bool:
    """True where a wish at the end covers this clause too ("영화 보고 밥 먹고 싶다", "치는 법을 배우고 싶다")."""
    chain = words[predicate.start + 1 : predicate.end]
    if not chain or any(word.tag == "EP" for word in chain):
        return False
    if chain[-1].tag == "ETN":
        return words[following.start].form == "바라"
    return chain[-1].tag == "ETM" or chain[-1].form in _WISH_GOES_BACK_OVER


def _denied(words: Sequence[Word], predicate: Predicate) -> set[int]:
    """A denied predicate with its nearest noun and what is joined to that; "not tasty" leaves the food there."""
    head = words[predicate.start]
    out = set(range(predicate.start, predicate.end))
    if head.tag in ("VA", "XSA") and head.form not in ("없", "싫", "있"):
        return out
    i = predicate.start
    if head.tag == "XSV" and i > predicate.clause:
        out.add(i - 1)
        i -= 1
        if not (i > predicate.clause and words[i - 1].tag == "JKO"):
            return out | _companions(words, predicate)
    nouns = [k for k in range(predicate.clause, i) if is_noun(words[k])]
    least = {k for k in nouns if _is_least(words, k)}
    nearest = [k for k in nouns if _names(words[k]) and k not in least] or nouns
    there = nearest and any(word.form == "에서" for word in words[nearest[-1] : i])
    if nearest and not there:  # it was not done there, yet one was there
        out |= _noun_run(words, nearest[-1] + 1, predicate.clause)
    return out | least | _companions(words, predicate)


def _called_off(words: Sequence[Word], predicate: Predicate) -> set[int]:
    """What was cancelled: the object, else the subject, else the noun before. "비 때문에" stays, and so does what
    one waited for at the airport."""
    head = words[predicate.start]
    root = predicate.start - (head.tag == "XSV" or head.form in ("되", "건너가"))
    for marks in (("JKO",), ("JKS",), ("JX",), ()):
        for k in range(root, predicate.clause, -1):
            if (words[k - 1].tag in marks or not marks) and is_noun(words[k - 1 - bool(marks)]):
                run = _noun_run(words, k - bool(marks), predicate.clause)
                if head.form == "거르" or any(_names(words[i]) for i in run):
                    return (
                        set() if any(words[i].form in _VEHICLES for i in run) else run | set(range(root, predicate.end))
                    )
    return set()


def _companions(words: Sequence[Word], predicate: Predicate) -> set[int]:
    """Whom something could not be done with ("강아지랑 산책을 못 했다")."""
    if not predicate.unable:
        return set()
    joined = [
        i for i in range(predicate.clause + 1, predicate.start) if words[i].form in _JOINING and words[i].tag[0] == "J"
    ]
    return {k for i in joined for k in _noun_run(words, i, predicate.clause)}


def _is_lost(words: Sequence[Word], found: Sequence[Predicate], n: int) -> bool:
    """What somebody no longer has: lost, stolen, sold, left at home; who loses the way is on it still."""
    here = found[n]
    head, forms = words[here.start].form, [word.form for word in words[here.start + 1 : here.end]]
    before = {word.form for word in words[here.clause : here.start]}
    if head in _LOST:
        return not _NEVER_LOST & before
    if head == "팔" and any(word.tag == "JKO" for word in words[here.clause : here.start]):
        return any(form.startswith("었") for form in forms) or "버리" in forms
    after = _next(words, found, n)
    came = after is not None and words[after.start].form in ("오", "나오", "가", "내리", "나가")
    return head in _LEFT and forms[:1] == ["고"] and (came or bool({"오", "나오", "가"} & set(forms)))


def _used_to(words: Sequence[Word], predicate: Predicate, following: Predicate | None) -> bool:
    """ "예전에는 자전거를 탔었는데 이제는 안 탄다"."""
    if following is None or not following.negated or words[following.start].form != words[predicate.start].form:
        return False
    past = {word.form for word in words[predicate.start + 1 : predicate.end] if word.tag == "EP"}
    return predicate.contrast and (
        "었었" in past or "예전" in {word.form for word in words[predicate.clause : predicate.start]}
    )


def _out_of_reach(words: Sequence[Word], found: Sequence[Predicate]) -> set[int]:
    """ "케이크가 품절이었다", "고양이 알레르기가 있다", "여행 갈 돈이 없다", "내가 강아지였으면 좋겠다"."""
    out: set[int] = set()
    for i, word in enumerate(words):
        marked = i > 1 and words[i - 1].tag in ("JKS", "JX")
        if word.form in _SPENT and i:
            out |= _noun_run(words, i - 1 if marked else i)
        if word.tag == "VCP" and i and [one.form for one in words[i + 1 : i + 4]] == ["었", "으면", "좋"]:
            out |= _noun_run(words, i)
    for n, predicate in enumerate(found[:-1]):
        between = {word.form for word in words[predicate.end : found[n + 1].start]}
        to_come = words[predicate.end - 1].form in ("ᆯ", "을") and words[predicate.end - 1].tag == "ETM"
        if to_come and _MEANS & between and words[found[n + 1].start].form in ("없", "부족하", "모자라"):
            out |= _with_what_leads_to_it(words, found, n)
    return out


def _set_aside(words: Sequence[Word]) -> set[int]:
    """The noun before 없이, 대신, 말고, 빼고, 커녕, 생각이; "커피 말고도" and "커피 말고는" were drunk."""
    out: set[int] = set()
    for i in range(1, len(words)):
        form, tag = words[i].form, words[i].tag
        after = [word.form for word in words[i + 1 : i + 3]]
        but = tag == "VV" and form in ("말", "빼") and after[:1] == ["고"] and is_noun(words[i - 1])
        besides = form == "말" and after[1:] in (["도"], ["는"])
        missed = (
            form == "생각" and is_noun(words[i - 1]) and after[:1] in (["이"], ["만"], ["뿐"])
        )  # "엄마 생각이 났다"
        if form in ("없이", "대신", "말고", "빼고") or form.endswith("커녕") or missed or (but and not besides):
            out |= _noun_run(words, i)
    return out


def _dreamt_of(words: Sequence[Word], found: Sequence[Predicate]) -> set[int]:
    """ "강아지를 키우는 게 소원이다", "내 꿈은 바다에 사는 것이다"."""
    out: set[int] = set()
    for i, word in enumerate(words):
        if word.form not in _DREAMT_OF or i + 1 == len(words):
            continue
        if words[i + 1].tag == "VCP":
            k = i
            while k and (words[k - 1].tag in ("NP", "JKG", "MM", "MAG", "NNG", "XSN", "ETM", "VA")):
                k -= 1
            ends = [n for n, predicate in enumerate(found) if predicate.end == k - 2]
            if k > 1 and words[k - 1].tag in ("JKS", "JX"):
                thing = words[k - 2].form in ("것", "거") and ends
                out |= _with_what_leads_to_it(words, found, ends[0]) if thing else _noun_run(words, k - 1)
        elif words[i + 1].tag == "JX":
            end = next((k for k in range(i, len(words)) if words[k].tag == "SF"), len(words))
            told = any(words[k].form in ("것", "거") and words[k + 1].tag == "VCP" for k in range(i, end - 1))
            out |= set(range(i + 1, end)) if told else set()
    return out


def _noun_run(words: Sequence[Word], end: int, first: int = 0) -> set[int]:
    """The noun just before position `end`, and the nouns that 와/랑/하고 join to it."""
    out: set[int] = set()
    i = end
    while i > first:
        while i > first and is_noun(words[i - 1]):
            i -= 1
            out.add(i)
        if i - 1 > first and words[i - 1].form in _JOINING and words[i - 1].tag[0] == "J":
            i -= 1
        else:
            break
    return out
