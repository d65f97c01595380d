"""Words that take a crisis line back: a misunderstanding, a joke, "I'm fine" and nothing else beside it."""

from __future__ import annotations

import re

CHARS = 120  # a longer text tells something of its own
_LEFT_OVER = 4  # so many letters may stand beside it

_TAKEN_BACK = re.compile(
    "|".join(
        (
            r"오해(?:예요|에요|야|입니다|임|하신 ?거[예에]요|하지 ?마[^.!?]{0,3}|한 ?거[^.!?]{0,4})?",
            r"(?:그냥|걍|말이|말만)? ?(?:한번 ?)?(?:해 ?본|한|하는) ?(?:말|소리)(?:이?[예에]요|이야|임|이었어요?|인데요?|입니다|뿐이[에예]요)?",
            r"그런 ?(?:뜻|의미|말)(?:은|이|으로)? ?(?:아니[가-힣]{0,4}|한 ?(?:말|거) ?아니[가-힣]{0,4})",
            r"(?:진짜|정말|진심|저|나|전|난|이제|지금은?|아무렇지도? ?않고)? ?(?:은|는)? ?(?:괜찮(?:아요?|습니다|다|아졌[가-힣]{0,3}|은데요?|다니까요?)|멀쩡(?:해요?|합니다|함)|별일 ?아니[에예]요|아무 ?일도? ?아니[에예]요)",
            r"(?:그냥 ?)?(?:농담|장난)(?:이?[예에]요|이야|이었[가-힣]{0,3}|임|입니다|한 ?거[가-힣]{0,3})?",
            r"죽고 ?싶(?:은|다는) ?(?:건|게|뜻은?|말은?)? ?아니[가-힣]{0,4}|(?:진짜로?|정말로?) ?죽(?:겠다|고 ?싶다)는 ?(?:건|게|뜻은?|말은?) ?아니[가-힣]{0,4}",
            r"걱정 ?(?:하지 ?)?(?:마|말)[가-힣]{0,4}|(?:말이|표현이) ?(?:심했|과했|헛나왔)[가-힣]{0,3}|(?:노래 ?)?가사(?:예요|에요|야|임)",
            r"\b(?:it(?:'s| is| was)|that(?:'s| is| was)) (?:just |only )?(?:a )?(?:misunderstanding|joke|figure of speech|an expression|an exaggeration|nothing|lyrics?)\b",
            r"\bmisunderstand(?:ing)?\b|\byou (?:misunderstood|got (?:me|it|that) wrong|misread (?:me|that|it))\b",
            r"\bi (?:did ?n.?t|do ?n.?t|did not|do not) (?:really |actually )?mean (?:it|that)(?: (?:like that|literally|seriously|that way))?\b|\bi didn.?t mean anything by it\b",
            r"\b(?:i.?m|i am|im|i.?ll be) (?:just |totally |really |actually |perfectly )?(?:ok(?:ay)?|fine|all ?right|alright|good|safe|joking|kidding)\b",
            r"\b(?:just |only )?(?:kidding|joking|exaggerating|venting)\b|\bnot (?:literally|seriously|suicidal|going to do anything)\b|\bi was (?:just |only )?(?:kidding|joking|exaggerating|venting)\b",
            r"\b(?:don.?t|no need to|do not) worry(?: about (?:me|it))?\b|\bno worries\b|\bfalse alarm\b|\bi won.?t do anything\b",
        )
    ),
    re.I,
)  # fmt: skip
_FILLER = re.compile(
    r"아니(?:요|에요|예요|야)?|에이|그냥|진짜로?|정말로?|아까|방금|위에|그건|그거|저는?|나는?|그게|그런|네|응|어|앗|헐|죄송(?:해요|합니다)?|미안(?:해요?)?|고마워요?|감사(?:해요|합니다)?|ㅋ+|ㅎ+|ㅠ+|ㅜ+|"
    r"\b(?:oh|no|nah|hey|sorry|really|actually|honestly|lol|haha+|thanks?|thank you|it|was|just|but|and|so|ok(?:ay)?|earlier|anna|seriously|guys?|please)\b",
    re.I,
)
_HARD = re.compile(
    r"(?:농담|장난|오해|소리)(?:이|은|는|도)? ?아니|(?:그냥|해 ?본|한) ?말(?:이|은)? ?아니|진심이|not (?:joking|kidding|a joke|exaggerating)|"
    r"괜찮지(?:는|도|가)? ?않|괜찮진 ?않|안 ?괜찮|괜찮은 ?척|괜찮을까|괜찮아 ?[지질]|괜찮[가-힣]{0,4} ?\?|진담|"
    r"끝나|끝났|끝낼|\b곧|갈게|떠나|떠날|마지막|먼저|not (?:ok|fine|all ?right|good)|n.?t (?:ok|fine)|(?:ok(?:ay)?|fine|all ?right)\?|"
    r"never (?:mind me|better|again)|\b(?:over|soon|goodbye|bye|gone)\b|half",
    re.I,
)


def takes_back(text: str) -> bool:
    """True where a text says that a crisis line was not meant, and hardly anything else."""
    text = text.strip()
    if not text or len(text) > CHARS or _HARD.search(text) or not _TAKEN_BACK.search(text):
        return False
    rest = _FILLER.sub(" ", _TAKEN_BACK.sub(" ", text))
    return sum(character.isalnum() for character in rest) <= _LEFT_OVER
