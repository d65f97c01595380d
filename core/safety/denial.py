"""Words that take a crisis line back: a misunderstanding, a joke, "I'm fine" and nothing else beside it."""

from __future__ import annotations

import re

CHARS = 120  # a longer text tells something of its own
_STRAY = 1  # so many letters, digits or jamo, a slip of the finger, may stand beside it; a Hangul syllable may not

_SO = r"(?:(?:진짜|정말|진심|저는?|나는?|전|난|이제는?|이젠|지금은?|아무렇지도? ?않고|아니|그냥) ?){0,3}"
_YO = r"[요여용염욤]?"  # and as people write it


def _words(*alternatives: str) -> str:
    """One of them, with no Hangul syllable on either side that it would be torn from."""
    return rf"(?<![가-힣])(?:{'|'.join(alternatives)}){_YO}(?![가-힣])"


_TAKEN_BACK = re.compile(
    "|".join(
        (
            _words(
                r"오해(?:[예에]|야|다|입니다|임|인데|라고|라니까|였[가-힣]{0,3}|하셨[가-힣]{0,3}|하신 ?(?:거|것|듯)(?:[예에]| ?같[가-힣]{0,3})?|하지 ?[마말][가-힣]{0,3}|한 ?거[가-힣]{0,4})?",
                r"(?:(?:(?:그냥|걍|괜히|홧김에|술김에|농담으로|장난으로) ?(?:한번 ?)?(?:해 ?본|한|하는)|(?:한번 ?)?해 ?본) ?(?:말|소리))(?:이?[예에]|이?야|임|이었어|인데|입니다|뿐이[에예])?",
                r"그런 ?(?:뜻|의미|말)(?:은|이|으로|로)? ?(?:(?:쓴|한) ?(?:말|거|게|건)(?:은|이)? ?)?아[니냐님녜][가-힣]{0,4}",
                _SO
                + r"(?:괜찮(?:아|습니다|다|음|아졌[가-힣]{0,3}|은데|다니까)|멀쩡(?:해|합니다|함)|별일 ?아니(?:[에예]|야)|아무 ?일도? ?아니(?:[에예]|야))",
                r"(?:그냥 ?)?(?:농담|장난)(?:이?[예에]|이야| ?이었[가-힣]{0,3}|일 ?뿐이(?:[예에]|야)|임|입니다| ?쳤[가-힣]{0,3}| ?(?:친|한|하는) ?거[가-힣]{0,3})?",
                r"(?:진짜로?|정말로?)? ?죽(?:고 ?싶(?:은|다는)|겠다는) ?(?:건|게|뜻은?|말은?)? ?아니[가-힣]{0,4}",
                r"(?:(?:제|내) ?)?걱정 ?(?:하지 ?)?(?:마|마세|마라|말아|마십시오|말아 ?주세)|(?:(?:아까|방금) ?)?(?:한|그) ?말(?:은)? ?취소(?:야|[예에]|입니다|할게|해|합니다)?",
                r"(?:말이|표현이) ?(?:심했|과했|헛나왔)[가-힣]{0,3}|(?:노래 ?)?가사(?:[예에]|야|임|입니다)",
            ),
            r"\b(?:it(?:['’]?s| is| was)|that(?:['’]?s| is| was)) (?:just |only )?(?:a )?(?:(?:bad|stupid|dumb|silly|terrible) )?(?:misunderstanding|joke|figure of speech|an expression|an exaggeration|nothing|lyrics?)\b",
            r"\bmisunderstand(?:ing)?\b|\byou (?:misunderstood|got (?:me|it|that) wrong|misread (?:me|that|it))(?: me)?\b",
            r"\bi (?:did ?n.?t|do ?n.?t|did not|do not) (?:really |actually )?mean (?:it|that)(?: (?:like that|literally|seriously|that way))?\b|\bi didn.?t mean anything by it\b",
            r"\b(?:i.?m|i am|im|i.?ll be) (?:just |totally |really |actually |perfectly )?(?:ok(?:ay)?|fine|all ?right|alright|good|safe|joking|kidding)(?: now)?\b",
            r"\b(?:i.?m |i am |i was )?(?:just |only )?(?:kidding|joking|exaggerating|venting)\b|\b(?:i.?m |i am )?not (?:literally|seriously|suicidal|going to do anything)\b",
            r"\b(?:don.?t|no need to|do not) worry(?: about (?:me|it))?\b|\bno worries\b|\bfalse alarm\b|\bi won.?t do anything\b",
        )
    ),
    re.I,
)  # fmt: skip
_FILLER = re.compile(
    _words(
        r"아니(?:[에예]|야)?|아[뇨냐녜]|에이|그냥|걍|진짜(?:로|[예에])?|정말(?:로|이[에예])?|아까(?:는|건)?|방금(?:은|건)?|위에 ?(?:건|그건|거|말은?)|[이그저]건|[이그저]거|[이그저]게",
        r"그런 ?(?:거|게|건) ?아니[가-힣]{0,3}|저는?|전|나는?|난|네|넵|넹|예|응|엉|어|아|앗|헐|음|흠|오|뭐|좀|안나(?:야|님|씨)?",
        r"죄송(?:해|합니다|하지만)?|미안(?:해|합니다)?|고마워|고맙습니다|감사(?:해|합니다)?",
    )
    + r"|ㅋ+|ㅎ+|ㅠ+|ㅜ+|ㅇㅇ|"
    r"\b(?:oh|no|nah|hey|ye(?:s|ah|ap|p|a)|i|sorry|really|actually|honestly|tbh|btw|omg|oops|ugh|tho|lol|xd|ha(?:ha)*h?|hehe|thanks?|thank you|just|but|and|so|ok(?:ay)?|earlier|anna|seriously|guys?|bro|dude|please)\b",
    re.I,
)  # fmt: skip
_HARD = re.compile(
    r"[?？👋💊🔪🔫⚰🪦]|(?:농담|장난|오해|소리)(?:이|은|는|도)? ?아[니냐님닌녜]|(?:그냥|해 ?본|(?<!으로 )(?<!의미로 )한) ?말(?:이|은)? ?아[니냐님닌녜]|진심(?:이|인|으로)|"
    r"괜찮지(?:는|도|가)? ?않|괜찮진 ?않|안 ?괜찮|괜찮은 ?척|괜찮을까|괜찮아 ?[지질]|괜찮[가-힣]{0,4}[\s.,!~…]+(?:진짜 |정말 )?아[니냐님]|진담|아니지만|"
    r"끝나|끝났|끝낼|끝내|갈게|가요|간다|떠나|마지막|먼저|안녕|준비|금방|이따|결심|결정|각오|정리|유서|먹었|먹을|먹고|삼켰|샀[어다]|(?<![가-힣])안 ?(?:아[프파팠플픈]|무[서섭])|"
    r"잘 ?(?:있|지내|살|가)|오늘 ?밤|고마웠|(?<![가-힣])(?:곧|끝|약|칼)(?![가-힣])|ㅂㅂ|ㅂㅇ|ㅃ|"
    r"(?:미안|죄송|sorry).*(?:고마|고맙|감사|thank)|(?:고마|고맙|감사|thank).*(?:미안|죄송|sorry)|"  # what farewells are made of
    r"not (?:joking|kidding|a joke|exaggerating)|not (?:ok|fine|all ?right|good)|n.?t (?:ok|fine)|never (?:mind me|better|again)|half|"
    r"\b(?:over|soon|good ?bye|bye+|gone|done|ready|prepared|decided|took|taken|pills?|tonight|finally|end(?:ed|s)?|go|leav(?:e|ing)|last|od|ahead)\b|\bdid (?:it|this|that)\b|\bi did\b(?! ?n.?t| not)",
    re.I | re.S,
)  # fmt: skip


def takes_back(text: str) -> bool:
    """True where a text says that a crisis line was not meant, and nothing else; in doubt it is an entry."""
    text = text.strip()
    if not text or len(text) > CHARS or _HARD.search(text) or not _TAKEN_BACK.search(text):
        return False
    rest = _FILLER.sub(" ", _TAKEN_BACK.sub(" ", text))
    return not re.search("[가-힣]", rest) and sum(character.isalnum() for character in rest) <= _STRAY
