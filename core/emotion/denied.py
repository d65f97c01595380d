"""A feeling that is denied, gone, wished for or seen in others is put in the plain words that the model has met most."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

# How a feeling stands before a noun, and its stem: "외로운 건 아니야" is "외롭지 않아".
_STEMS = {
    "슬픈|슬펐던|슬프던": "슬프", "기쁜|기뻤던|기쁘던": "기쁘", "아픈|아팠던": "아프", "나쁜|나빴던": "나쁘",
    "힘든|힘들었던|힘들던": "힘들", "지친|지쳤던": "지치", "화난|화났던|화나던|화가 난|화가 났던": "화나",
    "짜증난|짜증 난|짜증나는|짜증났던|짜증나던": "짜증나", "걱정되는|걱정된|걱정됐던|걱정되던": "걱정되", "설레는|설렌|설렜던": "설레",
    "떨리는|떨린|떨렸던|떨리던": "떨리", "긴장된|긴장되는|긴장됐던": "긴장되", "좋은|좋았던": "좋", "싫은|싫었던": "싫",
    "재밌는|재미있는": "재미있", "신난|신나는|신났던": "신나", "미운|미웠던": "밉",
}  # fmt: skip
_STEM = {form: stem for forms, stem in _STEMS.items() for form in forms.split("|")}
_OF_P = {"외로": "외롭", "무서": "무섭", "두려": "두렵", "즐거": "즐겁", "괴로": "괴롭", "서러": "서럽", "그리": "그립", "부러": "부럽", "고마": "고맙", "반가": "반갑"}  # fmt: skip
_OF_HA = "행복|우울|쓸쓸|불안|초조|피곤|서운|섭섭|속상|답답|허전|공허|허무|막막|억울|뿌듯|편안|심심|지루|미안|따분"
_FELT = rf"({'|'.join(_STEM)}|(?:{'|'.join(_OF_P)})(?:운|웠던)|(?:{_OF_HA})(?:한|했던|하던))"
_GLAD = (
    "행복하",
    "기쁘",
    "즐겁",
    "설레",
    "신나",
    "좋",
    "뿌듯하",
    "편안하",
    "재미있",
    "반갑",
    "고맙",
)  # one is sorry to lose

# Denied. Not where it is asked or wondered: "너무 슬픈 거 아니야?" says that it is sad.
_THING = r" ?(?:건|거는|거|게|것은|것이|것도|것) ?(?:(?:전혀|절대|결코|정말|진짜|꼭|또) )?"
_THAT = r" ?(?:마음|기분|느낌|정도)(?:까지)?(?:은|는|이|도)? "
_NOT = r"(?=아[니닌닙님녔녜])(?!아[니닌](?:[냐니까겠]|가|지 )|아닌지|아[니녜][가-힣]{0,2} ?\?)"
_NOT_ENDS = (
    ("아니야", "않아"), ("아니었", "않았"), ("아녔", "않았"), ("아니에요", "않아요"), ("아니예요", "않아요"), ("아녜요", "않아요"),
    ("아닙니다", "않습니다"), ("아니라고", "않다고"), ("아니라서", "않아서"), ("아니라", "않고"), ("아님", "않음"), ("아닌", "않은"), ("아니", "않"),
)  # fmt: skip
_NOT_SAID = rf"{_NOT}({'|'.join(old for old, _ in _NOT_ENDS)})"

# What was to come and did not: "행복할 줄 알았는데".
_TO_COME = {
    "슬플": "슬프", "기쁠": "기쁘", "아플": "아프", "힘들": "힘들", "화날": "화나", "화가 날": "화나", "짜증날": "짜증나", "설렐": "설레", "떨릴": "떨리",
    "좋을": "좋", "싫을": "싫", "신날": "신나",
}  # fmt: skip
_FORESEEN = rf"({'|'.join(_TO_COME)}|(?:{'|'.join(_OF_P)})울|(?:{_OF_HA})할)"
# Before 다고, 다는, 거나.
_STATED = rf"((?:{_OF_HA})하|슬프|기쁘|외롭|무섭|두렵|즐겁|괴롭|그립|화나|힘들|싫|좋|지치|밉)"

# Gone. Not where it still has to go: "외로움이 사라졌으면".
_NOUNS = {
    "외로움": "외롭", "슬픔": "슬프", "우울함|우울감|우울": "우울하", "쓸쓸함": "쓸쓸하", "분노|화": "화나", "짜증": "짜증나",
    "피로|피곤함": "피곤하", "불안함|불안감|불안": "불안하", "걱정": "걱정되", "두려움": "두렵", "무서움": "무섭", "서운함": "서운하",
    "서러움": "서럽", "괴로움": "괴롭", "허전함": "허전하", "답답함": "답답하", "기쁨": "기쁘", "행복감|행복": "행복하", "즐거움": "즐겁", "설렘": "설레",
}  # fmt: skip
_NOUN = {form: stem for forms, stem in _NOUNS.items() for form in forms.split("|")}
_WENT = (
    r"(?:이|가|은|는|도|까지)?(?: (?!(?:안|못|아직|덜|좀처럼|쉽게|언제쯤?) )[가-힣]{1,4}){0,2} ?"
    r"(?:사라[졌진져]|없어[졌진져]|잊[혔힌혀]|걷[혔힌혀]|없[다었어고네]|가셨|가신|풀[렸린려]|가라앉[았은]|날아갔|누그러[졌진])(?!으면|으려|을|다[면고]|는 ?줄|야 ?[할하])[가-힣]*(?! (?:건|게|것은|것도|거) ?아[니닌])"
)  # fmt: skip
_WENT_ENDS = (("서", "않아서"), ("고", "않고"), ("니까", "않으니까"), ("지만", "않지만"), ("데", "않은데"), ("진", "않은"), ("신", "않은"), ("린", "않은"), ("은", "않은"))  # fmt: skip

# Seen in, or heard of, somebody who is named before it: what they seem is not what the writer feels.
_SEEN = {
    "행복해|기뻐|즐거워|신나|설레|편안해|뿌듯해": "좋아",
    "우울해|슬퍼|외로워|쓸쓸해|불안해|초조해|피곤해|지쳐|화나|힘들어|괴로워|서운해|속상해|걱정돼|무서워": "안 좋아",
}  # fmt: skip
_HEARD = {
    "행복하|기쁘|즐겁|신난|설렌": "좋",
    "우울하|슬프|외롭|쓸쓸하|불안하|피곤하|화난|화났|화가 난|힘들|속상하|무섭": "안 좋",
}  # fmt: skip
_TOLD = {form: better for forms, better in _HEARD.items() for form in forms.split("|")}
_HEARSAY = r"(다고(?= ?(?:[했한하]|말))|단다|[대댄](?=$|[ .!?요])|다더라|다던데|다네)"
_SEEMS = {form: better for forms, better in _SEEN.items() for form in forms.split("|")}
_OTHER = r"(?<![가-힣])(?!(?:나|내|내가|난|저|제가|우리|기분|마음|표정|얼굴|오늘|이제|지금)(?:는|은|도|만|이|가)? )([가-힣]{1,8}[이가은는도] (?:[가-힣]+ ){0,2}?)(?:(?:너무|정말|진짜|많이|되게|참|아주) ?)?"

_EN = r"(happy|happier|glad|content|calm|excited|proud|sad|lonely|anxious|worried|scared|nervous|tired|exhausted|angry|upset|furious|heartbroken)"
_MUCH = r"(?:(?:so|really|very|that|this|too|just|truly|a bit|a little|as|all) )*"
_OF_NOUN = {"loneliness": "lonely", "sadness": "sad", "anxiety": "anxious", "anger": "angry", "tiredness": "tired", "fear": "scared"}  # fmt: skip
_I_AM = rf"i(?:'m| am| was| feel| felt) {_MUCH}{_EN}"
_SAYS = r"(?:thinks?|thought|says?|said|believes?|claims?|assumes?|assumed|insists?|told me|tells me)"


@dataclass(frozen=True)
class Plain:
    """A sentence in plain words, and for each run of words that was put otherwise, how it stood there."""

    text: str
    stood: tuple[tuple[str, str], ...] = ()

    def in_its_words(self, words: str) -> str:
        """Words of the plain sentence as the writer put them."""
        for now, was in self.stood:
            if now in words:
                return words.replace(now, was)
            if words in now and words not in was:
                return was.strip()
        return words


def plainly_put(sentence: str) -> Plain:
    """`sentence` (tidied, lower case) with denials, wishes and what others feel put plainly; the same where it has none."""
    stood: list[tuple[str, str]] = []
    for pattern, put in _WAYS:

        def noted(hit: re.Match[str], put: Callable[[re.Match[str]], str] = put) -> str:
            stood.append((put(hit), hit[0]))
            return stood[-1][0]

        sentence = pattern.sub(noted, sentence)
    return Plain(sentence, tuple(stood))


def _stem(form: str) -> str:
    """How a feeling, had or foreseen, is spelled before "지 않다": "무서운" and "무서울", "무섭"."""
    return _STEM.get(form) or _TO_COME.get(form) or _OF_P.get(form[:2]) or form[:2] + "하"


def _mild(stem: str) -> str:
    """How somebody else's feeling is told."""
    return "좋" if stem in _GLAD else "안 좋"


def _gone(stem: str, words: str) -> str:
    """Without a burden one is at ease by now; without a joy one is sorry."""
    end = next((end for last, end in _WENT_ENDS if words.endswith(last)), "않다")
    return f"{'슬프게도' if stem in _GLAD else '이제'} {stem}지 {end}"


#: "X지 않다" that the model takes for calm, as it takes "걱정되지 않다": it met few of them.
_WITHOUT = {
    "편안하": "슬프게도 편안하지 않",
    "뿌듯하": "슬프게도 뿌듯하지 않",
    "설레": "슬프게도 설레지 않",
    "즐겁": "재미없",
    "신나": "재미없",
}

_WAYS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(_FELT + _THING + _NOT_SAID), lambda hit: f"{_stem(hit[1])}지 {dict(_NOT_ENDS)[hit[2]]}"),
    (re.compile(_FELT + _THAT + _NOT_SAID), lambda hit: f"{_stem(hit[1])}지 {dict(_NOT_ENDS)[hit[2]]}"),
    (re.compile(rf"{_STATED}다는{_THING}{_NOT_SAID}"), lambda hit: f"{hit[1]}지 {dict(_NOT_ENDS)[hit[2]]}"),
    (re.compile(_STATED + r"거나 ?(?:하진|하지는|하지|그러진|그렇진|그렇지는|그런 건|한 건) ?(?=않|아[니닌])"), lambda hit: f"{hit[1]}지 "),
    (re.compile(_STATED + "다고 ?(?:할|말할|볼) 수(?:는|가|도)? ?없"), lambda hit: f"{hit[1]}지 않"),
    (re.compile(_STATED + "다는 ?(?:건|게|말은|것은) (?=핑계|거짓|변명)"), lambda hit: f"{hit[1]}지 않은데 "),
    (re.compile(_FORESEEN + r" 줄(?:로|만)? ?알았"), lambda hit: f"{_stem(hit[1])}지 않았"),
    (re.compile(r"(?<![이가] )(행복하|기쁘|즐겁|편안하)(?:다면|면) (?:얼마나 |참 |정말 )?좋(?:을까|겠다|을 ?텐데)"), lambda hit: f"{hit[1]}지 않다"),
    (re.compile(_FELT + r" 줄(?:로|만)? ?(?=안다|아신다|아는|알고|알지)"), lambda hit: f"{_stem(hit[1])}지 않은데 그런 줄 "),
    (re.compile(_FELT + r" ?것처럼 (?=굴|행동|말|웃|꾸)"), lambda hit: f"{_stem(hit[1])}지 않은데 아닌 척 "),
    (re.compile(_FELT + r" 줄(?:로|만)? ?알았"), lambda hit: f"{_stem(hit[1])}지 않았"),
    (re.compile(_STATED + "다는 ?(?:마음|기분|생각|느낌)" + _WENT), lambda hit: _gone(hit[1], hit[0])),
    (re.compile(_FELT + " ?(?:마음|기분|생각|감정|느낌|게|것)" + _WENT), lambda hit: _gone(_stem(hit[1]), hit[0])),
    (re.compile(rf"(?<![가-힣])({'|'.join(_NOUN)}){_WENT}"), lambda hit: _gone(_NOUN[hit[1]], hit[0])),
    (re.compile(rf"(?<!게도 )({'|'.join(_WITHOUT)})지 ?않(?=[다았고아은습])"), lambda hit: _WITHOUT[hit[1]]),
    (re.compile("마음이? 불편하"), lambda _: "마음이 불안하"),
    (re.compile(r"((?:나도|나는|난|내가) (?:[가-힣]{1,3} )?)(행복)(?:했으면|해졌으면|하고 ?싶|해지고 ?싶)[가-힣]*(?: 좋겠[가-힣]*)?"), lambda hit: f"{hit[1]}{hit[2]}하지 않다"),
    (re.compile(_FELT + " ?척(?= |[했하만도을])"), lambda hit: f"{_stem(hit[1])}지 않은데 아닌 척"),
    (re.compile(rf"{_OTHER}({'|'.join(_TOLD)}){_HEARSAY}"), lambda hit: f"{hit[1]}{_TOLD[hit[2]]}{hit[3]}"),
    (re.compile(rf"{_OTHER}{_FELT}가 ?(?=보[다네]|봐)"), lambda hit: f"{hit[1]}{_mild(_stem(hit[2]))}은가 "),
    (re.compile(rf"{_OTHER}({'|'.join(_SEEMS)}) ?(?=보[였이여인])"), lambda hit: f"{hit[1]}{_SEEMS[hit[2]]} "),
    (re.compile(rf"(?:\bi (?:just |really |do )?wish(?:ed)?|\bif only)(?: that)? i (?:was|were|felt|could be|could feel) {_MUCH}{_EN}"), lambda hit: f"i am not {hit[1]}"),
    (re.compile(rf"(?:\bi (?:just |really |do )?wish(?:ed)?|\bif only)(?: that)? i (?:wasn't|weren't|didn't feel|was not|were not|was less|were less|felt less) {_MUCH}{_EN}"), lambda hit: f"i am so {hit[1]}"),
    (re.compile(rf"\bpretend(?:s|ed|ing)?(?: that| like)? {_I_AM}"), lambda hit: f"i am not {hit[1]} and hid it"),
    (re.compile(rf"\b(?:i (?:don't|do not|wouldn't) (?:think|say)|i can(?:'t|not) say|(?:it's|it is) not that)(?: that)? {_I_AM}"), lambda hit: f"i am not {hit[1]}"),
    (re.compile(rf"\bi thought i(?:'d| would)(?: be| feel) {_MUCH}{_EN}"), lambda hit: f"i am not {hit[1]}"),
    (re.compile(rf"\bi (?:don't|didn't|do not|did not) feel {_MUCH}{_EN}"), lambda hit: f"i am not {hit[1]}"),
    (re.compile(rf"\b(?:pretend(?:ed|ing)? to (?:be|feel)|fak(?:e|ed|ing) (?:being|feeling)) {_MUCH}{_EN}"), lambda hit: f"i am not {hit[1]} and hid it"),
    (re.compile(rf"\bi used to (?:be|feel) {_MUCH}{_EN}"), lambda hit: f"i am not {hit[1]} now"),
    (re.compile(rf"\b(?:i(?:'m| am| was) )?(?:far from|anything but|nowhere near|not remotely) (?:being |feeling )?{_MUCH}{_EN}"), lambda hit: f"i am not {hit[1]}"),
    (re.compile(rf"\bi (?:was (?:supposed|meant) to|expected to|ought to|should|(?:could|should|would) have) (?:be|been|feel|felt) {_MUCH}{_EN}(?! to\b)"), lambda hit: f"i am not {hit[1]}"),
    (re.compile(rf"\bi(?:'d love| would love| (?:just |only |do )?(?:want|wanted|long|longed|tried|try)|'m trying| am trying) to (?:be|feel) {_MUCH}{_EN}"), lambda hit: f"i am not {hit[1]}"),
    (re.compile(rf"\bi(?:'ve| have)? stopped (?:being|feeling) {_MUCH}{_EN}"), lambda hit: f"i'm not {hit[1]} anymore"),
    (re.compile(rf"(?<!\bi )(?<!')\b(?!(?:i|and|but|then|so|just|also|only|even|to) )([a-z]+) ({_SAYS})(?: that)? {_I_AM}"), lambda hit: f"{hit[1]} {hit[2]} so"),
    (re.compile(rf"\b(?:my|the|all the|all my) ({'|'.join(_OF_NOUN)}) (?:(?:is|was|has|had|just|finally|all|suddenly|simply) )*(?:gone|went|faded|vanished|disappeared|lifted|melted|drained|evaporated|subsided|passed|left)(?: away| off| out of me| me)*(?= ?(?:[.,!;]|$|and|when|after|now|for good))"), lambda hit: f"i'm not {_OF_NOUN[hit[1]]} anymore"),
)  # fmt: skip
