"""Who a sign of danger is about: the writer, somebody else, a figure in a story, or nobody (it is denied)."""

from __future__ import annotations

import re
from enum import StrEnum

from core.safety.reading import View


class Who(StrEnum):
    """Whose danger a sentence tells of."""

    SELF = "self"
    OTHER = "other"
    STORY = "story"
    DENIED = "denied"


_PEOPLE_KO = (
    "친구|동생|언니|오빠|누나|엄마|아빠|어머니|아버지|할머니|할아버지|우리애|우리딸|우리아들|아들|딸|아이|아내|와이프|남편|"
    "남친|여친|남자친구|여자친구|애인|룸메이트|룸메|선배|후배|동기|동료|상사|팀장|사촌|이모|삼촌|고모|조카|이웃|아저씨|아주머니|"
    "그녀|그사람|그분|그남자|그여자|학생|제자|선생님|선생|걔|쟤|얘|그애|누군가|누가|사람|연예인|배우|가수|아이돌|지인|짝꿍|환자|내담자|하나|애|형|"
    "후임|선임|고시생|학년|짝|트친|실친|막내|며느리|손자|손녀|부하|팀원|주인공|여주|남주|캐릭터|등장인물|범인|악당|베르테르|줄리엣|로미오|작가|보스"
)
_SUBJECT_KO = re.compile(
    f"(?:{_PEOPLE_KO})(?:들)?(?:이|가|은|는|도|께서는|께서|한테서|에게서|의|한테온)|누가|(?:{_PEOPLE_KO})(?:들)?(?=손목|팔에|팔목|허벅지|목에|몸에|방에서|책상)"
)
_FIGURE_KO = re.compile("(?:주인공|여주|남주|캐릭터|등장인물|범인|악당|보스)(?:들)?(?:이|가|은|는|의)")
_FIRST_KO = re.compile("나도|(?<!하)나는|(?<!아)내가|나만|저도|저는|제가|나역시")
_FIRST_OBJECT_KO = re.compile("나를|날|나한테|내게|나에게|저를|저한테|내")
_CAUSE_KO = re.compile("서(?!울)|니까|때문에|길래|바람에|는데|지만|더니|고나서|한이후|한뒤|후로")
_HEARSAY_KO = re.compile(
    "^[가-힣]{0,2}?(?:[가-힣]{0,3}했대|[가-힣]{0,3}했대요|한것같(?!아서)|한거같(?!아서)|대$|대[.,]|대요|댄다|단다|란다|대서|대는|신대|신다|래요$|다네|댔|대어떻|대어떡|대[가-힣]?걱정)"
)
_REPORT_KO = re.compile(
    "^[가-힣]{0,4}?(?:다고|다는데|고(?:운다|울어|빌어|물어)|다는(?:말|얘기|소리|글|문자|톡|카톡|연락)|다며|다면서|다길래|어해|어하|겠다고|하겠|려고|까봐|라고|자고|고해서|은글|는글|고한다|고했)"
)
_NEWS_KO = re.compile(
    "^(?:이?(?:라고|었다고|래)|을(?:했다는|한)|소식|사건|이슈|문제|률|율|예방|유가족|유족|사고|보도|에대|한(?!강|다$)|했다는|했대|하신|로(?:세상|떠나|잃))"
)
_DENIED_KO = re.compile(
    "^[가-힣]{0,4}?(?:고그런(?:건|거)(?:절대|전혀)?아(?:니(?!라고)|냐|님)|지(?:는|도|가|를)?않(?!으면|고는|은날이)|진않|(?:은|는|다는|단|다던)(?:건|거|것은|게|뜻은)(?:절대|전혀)?아니(?!라고했|라고하)"
    "|(?:생각|마음|맘|계획|의도)(?:은|이|도|따위|같은건|그런(?:거|건|것은?)|조차|까진|까지는)?(?:전혀|절대|추호도)?(?:없(?!어지지|앨|애)|안(?:해|했|함|한다|할))|같은건?(?:절대)?안(?:해|할)|(?:같은(?:건|거|것은)?)?(?:은|는|을)?생각(?:은|을|도)?(?:한번도|단한번도)?(?:해본|한)적(?:이|은|도)?(?:한번도)?없|생각해본적(?:이|은|도)?없|은(?:절대|결코)?(?:답|방법|해결책|해답)(?:이|은)?아니|한(?:거|게|건)(?:절대|진짜)?아니(?!라고|냐|지만)|^(?:거|게|건)(?:절대|진짜)?아니(?!라고|냐|지만)|다는말은아니|^(?:은|는|을|를|따위는?)?(?:절대|절대로)?안(?:해|할|한다|했)|지마|지말|은적(?:은|이)?없|한적(?:은|이)?없)"
)
_COMFORT_KO = re.compile("(?:슬퍼|울|걱정|찾|기다리)[가-힣]{0,2}(?:지마|지말|마)")  # "don't be sad" denies nothing
_NONE_KO = re.compile("(?:은|이|도|따위|같은건)?(?:전혀|절대|정말|진짜|하나도)?없(?!어지|앨|애|이)")
# A name alone before a deed: "톰은 자살했다".
_NAMED_KO = re.compile("^(?!나[는도]|난|저[는도]|내|제|이제|오늘|결국|지금|요즘|어제|또)[가-힣]{1,4}(?:은|는|이|가)$")
_ACT_KO = re.compile("^(?:을)?(?:했|시도했|하셨|한것)")
# What is done to the end nobody tells of themselves.
_DONE_KO = re.compile("^목숨을?끊(?:었|으셨|은)|^(?:생|삶)을(?:스스로)?마감(?:했|하셨|한)")
_STORY_TAIL_KO = re.compile("^[가-힣]{0,8}?(?:장면|대사|가사|역할|연기|결말|엔딩|부분|내용|이야기|사람들)")
_WISH_TAIL_KO = re.compile("^(?:을)?(?:하고싶|할까|충동|생각(?!해보게)|마렵|하고파)")

_PEOPLE_EN = (
    r"he|she|they|he's|she's|they're|someone|somebody|everyone|friend|friends|brother|sister|mom|mum|mother|dad|father|son|daughter|cousin|uncle|aunt|"
    r"roommate|flatmate|girlfriend|boyfriend|partner|husband|wife|coworker|colleague|classmate|classmates|student|students|one of my students|neighbou?r|boss|teacher|grandma|grandpa|"
    r"grandmother|grandfather|kid|child|niece|nephew|patient|girl|boy|guy|man|woman|people|celebrity|singer|actor|actress|ex|bestie|who|"
    r"hero|heroine|character|villain|protagonist|romeo|juliet|them"
)
_SUBJECT_EN = re.compile(rf"\b(?:(?P<first>i|i'm|i've|i'd|i'll|we)|(?:{_PEOPLE_EN}))\b(?!')")
_STARTS_WITH_OTHER = re.compile(rf"(?:{_PEOPLE_EN})\b")
_PART_OF_ME = re.compile(r"\b(?:part|half|side|piece|something) (?:of|in|inside) me (?:\w+ ){0,3}$")
_ASKS_TO_DIE = re.compile(r"\b(?:kill|shoot|end|take|stab|murder) me$")
_MAKES_ME = re.compile(r"\b(?:me|myself) (?:\w+ )?$")
_THIRD_FORM = re.compile(
    r"(?:him|her|them)sel(?:f|ves)|^(?:wants|wishes|deserves|takes|ends|thinks)\b|\b(?:his|her|their)(?: own)? li(?:fe|ves)"
)
_NAMED_FIGURE = re.compile(
    r"(?:song|lyrics?|movie|book|line|chorus|poem|title|show|villain|hero|character) (?:\w+ ){0,2}(?:says?|goes|sings?|sang|is|called|titled)[,:]? (?:that )?['\"]?(?:i )?$"
)
_NEWS_EN = re.compile(r"(?:\b(?:by|his|her|their)|\blost \w+ to|'s) $")
_DENIED_EN = re.compile(
    r"\bnot that i $|\b(?:don't|do not|doesn't|didn't|never|not|no|wouldn't|won't|haven't|without|nor)(?: (?:a|real|really|actually|even|going|to|ever|thinking|think|about|of|have|had|having|any|thoughts?|plans?|planning|intention|intend|be|been|feel|feeling|felt|"
    r"try|trying|tried|commit|attempt|want|wanted|wish|would|actively|like|do|at all)){0,6} $"
)
_DENIED_TAIL_EN = re.compile(r"^ (?:is|was) (?:not|never) (?:an option|the answer|on my mind)")
_WRITER_WISHES = re.compile(
    r"\bi(?:'m|'ve|'d)? (?:\w+ ){0,3}(?:think\w*|thought|want\w*|feel\w*|consider\w*|contemplat\w*|plan\w*|keep|tried|attempt\w*)|\bmy\b"
)

_ME_TOO = {
    "ko": re.compile(
        "(?:나도|저도|나역시)(?:사실|솔직히|요즘|가끔|정말)?(?:그래|그렇|그런|그러|마찬가지|같은|똑같|따라|비슷|죽|사라|자살)"
    ),
    "en": re.compile(
        r"\bme too\b|\bso am i\b|\bso do i\b|\bsame here\b|\bi (?:feel|think|want) (?:exactly )?the same\b|\bi feel (?:that|it|this) too\b|\bi do too\b|\bi get it because i\b"
    ),
}


def says_me_too(view: View) -> bool:
    """True where a line about somebody else ends in "so do I"."""
    return view.name in _ME_TOO and bool(_ME_TOO[view.name].search(view.text))


def whose(view: View, start: int, end: int, part: str, story: bool) -> Who:
    """Whose danger the match at `start`..`end` is; `story` says that its sentence speaks of film, game, book or news."""
    first, last = view.around(start, end)
    before, found, after = view.text[first:start], view.text[start:end], view.text[end:last]
    if view.name == "ko":
        return _whose_korean(before, found, after, part, story)
    if view.name == "en":
        return _whose_english(before, found, after, part, story)
    return Who.SELF


def _whose_korean(before: str, found: str, after: str, part: str, story: bool) -> Who:
    if found.endswith(("생각", "마음")) and _NONE_KO.match(after):
        return Who.DENIED
    if part in ("farewell", "last") and _COMFORT_KO.search(found + after[:12]):
        return Who.SELF
    if _DENIED_KO.search(after[:24]) or (part == "self_harm" and before.endswith("절대")):
        return Who.DENIED
    if _FIRST_KO.match(found):
        return Who.SELF
    if _is_about_other_korean(before, found, after, part):
        return Who.STORY if story else Who.OTHER
    if story and _FIGURE_KO.search(before) and not _FIRST_KO.search(before):
        return Who.STORY
    if story:
        noun = part in (
            "mention",
            "self_harm",
            "farewell",
            "means",
            "despair",
            "abuse",
            "word",
        ) and not _WISH_TAIL_KO.search(after)
        if (
            (noun and not _FIRST_KO.search(before))
            or _STORY_TAIL_KO.search(after[:16])
            or _REPORT_KO.search(after[:12])
        ):
            return Who.STORY
        if part == "intent" and not _FIRST_KO.search(before):
            return Who.STORY
    return Who.SELF


def _last(pattern: re.Pattern[str], text: str, reach: int) -> re.Match[str] | None:
    """The last match in the last `reach` characters."""
    return max(pattern.finditer(text, max(0, len(text) - reach)), key=lambda match: match.start(), default=None)


def _is_about_other_korean(before: str, found: str, after: str, part: str) -> bool:
    subject = _last(_SUBJECT_KO, before, 48)
    between = before[subject.end() :] if subject else before
    if _FIRST_KO.search(between):
        return False
    if _HEARSAY_KO.search(after[:10]):
        return True
    if part == "mention" and _NEWS_KO.search(after):
        return True
    if part == "mention" and _NAMED_KO.match(before) and _ACT_KO.match(after):
        return True
    if subject is None or (part == "abuse" and not _REPORT_KO.search(after[:14])):
        return False
    if subject[0].startswith("누가") and _FIRST_OBJECT_KO.match(between):
        return False
    if _REPORT_KO.search(after[:14]) or found.endswith(("다고", "라고")):
        return not (_CAUSE_KO.search(between) and _FIRST_OBJECT_KO.search(between))
    if part in ("wish", "despair", "intent"):
        return bool(_DONE_KO.search(found + after)) and not _CAUSE_KO.search(between)
    return not _CAUSE_KO.search(between)


def _whose_english(before: str, found: str, after: str, part: str, story: bool) -> Who:
    clause = re.split(r"[,;:]| but | because ", before)[-1]
    if _DENIED_EN.search(clause[-70:]) or _DENIED_TAIL_EN.search(after):
        return Who.DENIED
    if story and _NAMED_FIGURE.search(before[-60:]):
        return Who.STORY
    if _is_about_other_english(before, found, part):
        return Who.STORY if story else Who.OTHER
    if (
        story
        and part in ("mention", "self_harm", "farewell", "means", "intent", "word")
        and not _WRITER_WISHES.search(before)
    ):
        return Who.STORY
    return Who.SELF


def _is_about_other_english(before: str, found: str, part: str) -> bool:
    if _PART_OF_ME.search(before) or (part == "wish" and _ASKS_TO_DIE.search(found)):
        return False
    if _THIRD_FORM.search(found) or (part != "abuse" and _STARTS_WITH_OTHER.match(found)):
        return True
    if re.match(r"(?:i|i'm|i've|i'll|my|by the time you)\b", found) or re.search(r"\b(?:my ?self|my life|me)\b", found):
        return False
    if part == "mention" and _NEWS_EN.search(before) and not _WRITER_WISHES.search(before):
        return True
    if _MAKES_ME.search(before):
        return False
    subject = _last(_SUBJECT_EN, before, 80)
    return subject is not None and subject["first"] is None
