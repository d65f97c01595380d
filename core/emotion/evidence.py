"""Which words of a diary really speak of a feeling: these are shown as its reasons, and where there are none, none are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.emotion.names import said_plainly
from core.entities import EMOTIONS

if TYPE_CHECKING:
    import numpy as np

LOOKED_AT = 12  # words of a text, those that moved it most
SHOWN = 3
_ALONE, _LOUD = 0.35, 0.8  # the score from which on a word alone says the feeling; a noun, or one before a turn
_BESIDE = 0.2  # of the first word's share in the reading: a later word that moved less is left out

#: Words that stand in every diary, whatever a model of letters makes of them by themselves.
_PLAIN_EN = re.compile(
    "i|im|i'm|ive|i've|id|i'd|ill|i'll|me|my|mine|myself|we|we're|us|our|you|your|he|he's|him|his|she|she's|her|they|"
    "they're|them|their|it|it's|its|this|that|that's|these|those|there|there's|here|who|whom|whose|what|which|when|"
    "where|how|a|an|the|and|or|but|so|as|if|then|than|because|since|while|until|though|although|not|no|nor|yes|of|in|"
    "on|at|to|from|by|for|with|without|about|over|under|up|down|out|off|into|onto|through|after|before|between|during|"
    "around|again|away|back|is|isn't|are|am|was|were|be|been|being|do|does|did|done|doing|have|has|had|having|can|"
    "could|will|would|shall|should|may|might|must|get|gets|got|getting|go|goes|going|went|gone|come|comes|came|coming|"
    "make|makes|made|take|takes|took|give|gives|gave|put|let|say|says|said|tell|tells|told|talk|talks|talked|speak|"
    "spoke|ask|asked|see|saw|seen|look|looked|watch|watched|hear|heard|eat|eats|ate|eaten|drink|drank|cook|cooked|"
    "read|wrote|write|walk|walked|run|ran|sit|sat|stand|stood|sleep|slept|wake|woke|buy|bought|play|played|work|"
    "worked|study|studied|meet|met|call|called|text|texted|use|used|try|tried|want|wants|wanted|need|needs|needed|"
    "think|thought|know|knew|feel|feels|felt|find|found|keep|kept|leave|left|stay|stayed|start|started|seem|seemed|"
    "turn|turned|happen|happened|today|tonight|yesterday|tomorrow|now|then|later|soon|still|already|yet|ever|never|"
    "always|often|sometimes|once|twice|morning|noon|afternoon|evening|night|day|days|week|weeks|month|year|years|hour|"
    "hours|minute|time|times|just|only|also|too|very|really|quite|pretty|so|much|many|more|most|less|few|little|bit|"
    "lot|lots|some|any|all|both|each|every|everyone|everybody|someone|somebody|anyone|nobody|everything|something|"
    "anything|other|another|same|own|new|old|first|last|next|long|short|big|small|one|two|three|people|man|woman|kid|"
    "kids|thing|things|stuff|way|place|home|house|room"
)
_PLAIN_KO = re.compile(
    "(?:"
    "나|내|난|저|제|우리|너|네|그|이|저기|여기|거기|이거|그거|저거|이것|그것|것|게|거|뭐|뭔가|누가|누구|모두|다들|다|서로|각자|사람|사람들|"
    "오늘|어제|내일|모레|지금|아까|나중|이제|요즘|요새|아침|점심|저녁|밤|낮|새벽|오전|오후|주말|평일|하루|하루종일|종일|이번|지난|다음|처음|마지막|"
    "너무|정말|진짜|아주|매우|많이|조금|좀|약간|더|덜|또|다시|계속|자꾸|항상|늘|가끔|벌써|아직|드디어|결국|그냥|막|딱|꼭|잘|못|안|아무|전부|함께|같이|"
    "그리고|그런데|근데|그래서|그래도|하지만|그러나|그러다|그러다가|그러면|때|동안|뒤|후|전|중|앞|옆|위|아래|속|안쪽|곳|데|집|방|일|말|생각|마음|기분|느낌|이야기|얘기"
    ")(?:이|가|은|는|을|를|도|만|에|에서|에게|한테|에겐|께|의|와|과|랑|이랑|로|으로|부터|까지|보다|처럼|마다|마저|조차|밖에|이라|라|이라서|이었다|였다|이다)*"
)
#: Verbs of every day, in any ending: what was done, not how it felt.
_DONE_KO = re.compile(
    "(?:발표|회의|공부|일|운동|산책|청소|빨래|요리|전화|통화|연락|이야기|얘기|말|준비|출근|퇴근|등교|하교|샤워|식사|쇼핑|게임)?"
    "(?:하(?!이)|했|해(?!방|피|냈|내|고)|한(?=다|$)|할|함|됐|되|돼|된|갔|가(?=서|고|는|다|지|면|려|니|$)|간다|왔|와(?=서|$)|오(?=고|는|다|지|면|니|려)|온다|"
    "나갔|나왔|나가|나와|다녀왔|다녀|돌아왔|돌아갔|들어왔|들어갔|먹(?!먹)|마셨|마시|봤|보(?=고(?! ?싶)|니|는|다|면|았|러|려)|본다|읽|썼|쓰(?!라|러|렸|린|다듬)|적었|걸었|걸어|걷|뛰|탔|타고|"
    "앉|섰|일어났|일어나|잤|자고|자서|누웠|누워|씻|샀|사서|만났|만나|만들|보냈|보내|받|줬|주고|주는|해줬|해준|있|없|같|이었|였|놓(?!치|쳤|친)|두었|뒀|넣|꺼냈|열었|닫|쌌|싸서|입었|입고|벗|신었|켰|껐|들었|불렀|불러|배웠|찍|올렸|내렸|지났|지나|시작|골랐|닦|치웠|끓|구웠|그렸|찾|알|물어|물었|살았|살고)"
    "[가-힣]*"
)
#: The feelings' own words, in any form: rare ones score little by themselves.
_OWN = {
    "joy": "기쁘|기뻤|기쁜|기뻐|즐거|즐겁|행복|happ|joy|glad", "love": "사랑|lov(?:e|ing)", "gratitude": "고마|고맙|감사|grateful|thank",
    "excitement": "설레|설렜|설렘|두근|excit|thrill", "pride": "뿌듯|자랑스|proud|pride", "calm": "차분|평온|평화|편안|여유로|잔잔|고요|calm|peace|relax",
    "relief": "안도|안심|다행|후련|relie", "surprise": "놀라|놀랐|surpris|shock", "sadness": "슬프|슬펐|슬퍼|슬픈|슬픔|우울|눈물|sad",
    "loneliness": "외로|외롭|쓸쓸|lonel", "disappointment": "서운|실망|아쉬|아쉽|disappoint", "anxiety": "불안|초조|걱정|anxi|worr|nervous",
    "anger": "화났|화나|화가|짜증|억울|분했|분하|angry|anger|annoy|furious", "guilt": "미안|죄송|후회|죄책|guilt|sorry|asham|regret",
    "tiredness": "피곤|지쳤|지친|지치|졸[려린리]|tired|exhaust|sleepy", "boredom": "심심|지루|따분|bor(?:ed|ing)", "confusion": "헷갈|혼란|막막|confus",
    "neutral": "평범|담담|무난",
}  # fmt: skip
_OF_ITS_OWN = {name: re.compile(f"(?:{stems})") for name, stems in _OWN.items()}
_DENIED = re.compile("^(?:안|못|not?|never) |지 ?(?:않|못|말)|n't |아니")
_WEAK_KO = re.compile("[가-힣]+(?:을|를|에서|에게|한테|에겐|으로|이랑|랑|까지|부터|이라|는데|지만)$")
_NOT_KO = re.compile("^(?:안|못) |(?<=지) ?(?:않|못|말)[가-힣]*$")


def that_speak(moved: Sequence[tuple[str, str, float]], name: str, alone: np.ndarray) -> tuple[str, ...]:
    """Of the words that moved a reading, strongest first, those that say its `name` by themselves too.

    moved: a word as it is shown, as the model reads it, and how much it moved; alone: the names' scores of each read by
    itself, (len(moved), 18)"""
    found: list[tuple[str, float]] = []
    for (shown, word, share), scores in zip(moved, alone, strict=True):
        if share > 0 and not is_plain(word) and _says(word, name, scores):
            found.append((shown, share))
    return tuple(shown for shown, share in found[:SHOWN] if share >= _BESIDE * found[0][1])


def is_plain(word: str) -> bool:
    """True for what any day may hold: pronouns, particles, hours, and what was done."""
    word = word.lower().replace("’", "'").strip()
    parts = word.split()
    if word.isascii():
        return all(_PLAIN_EN.fullmatch(part) or part.endswith(("n't", "'s")) for part in parts)
    return bool(_PLAIN_KO.fullmatch(word) or _DONE_KO.fullmatch(_NOT_KO.sub("", word)))


def _says(word: str, name: str, scores: np.ndarray) -> bool:
    at, enough = EMOTIONS.index(name), _LOUD if _WEAK_KO.fullmatch(word) else _ALONE
    named = _OF_ITS_OWN[name].match(word) and not _DENIED.search(word)
    return bool(named) or said_plainly(word) == name or (int(scores.argmax()) == at and float(scores[at]) >= enough)
