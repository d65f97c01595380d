"""Somebody has died: who it was, and how near, so that nobody answers a funeral with a smile."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Loss:
    """A death that a text tells of."""

    kind: str  # anniversary | funeral | death | memory | pet
    who: str = ""  # as it was written, "할머니" or "your grandfather"; "" where the words do not say


_KIN_KO = (
    "외할머니|친할머니|할머니|외할아버지|친할아버지|할아버지|할매|할배|어머니|아버지|어머님|아버님|엄마|아빠|부모님|장인어른|장모님|시어머니|시아버지|"
    "남편|아내|와이프|여자친구|남자친구|언니|오빠|누나|형|동생|아들|딸|이모부|고모부|이모|고모|삼촌|외삼촌|큰아버지|작은아버지|사촌|조카|"
    "친구|선배|후배|선생님|교수님|스승님|동료|이웃|환자분|환자"
)
_PET_KO = (
    "강아지|고양이|냥이|멍멍이|댕댕이|반려견|반려묘|반려동물|토끼|햄스터|앵무새|거북이|금붕어|물고기|고슴도치|새끼|개"
)
_KIN_EN = (
    "grand(?:ma|pa|mother|father|mom|dad|parents?)|granny|nana|nan|mother|father|mom|mum|dad|parents?|husband|wife|partner|brother|sister|son|"
    "daughter|aunt|uncle|cousin|nephew|niece|friend|best friend|boyfriend|girlfriend|fianc[ée]e?|teacher|professor|mentor|coach|neighbou?r|colleague|coworker|patient"
)
_PET_EN = "dog|puppy|cat|kitten|kitty|hamster|rabbit|bunny|guinea pig|parrot|bird|budgie|fish|goldfish|turtle|tortoise|horse|pet|ferret"

_STORY = re.compile(
    r"드라마|영화|소설|웹툰|게임|주인공|캐릭터|만화|핸드폰|배터리|\b(?:movie|film|novel|game|character|episode|season|battery|phone|laptop|laughing)\b",
    re.I,
)
_RULES: tuple[tuple[str, str], ...] = (
    ("pet", r"무지개 ?다리를? ?건넌 (?P<who>(?!지)[가-힣]{1,4}?)(?=[가는을를도] |이 |가? ?생각)"),
    ("pet", r"무지개 ?다리|강아지별|고양이별"),
    ("pet", rf"(?P<who>{_PET_KO})(?:들)?[이가도는은를을]? ?[^.!?\n]{{0,14}}(?:죽었|죽은|죽고 ?나|세상을? ?떠|하늘나라|별이 ?됐|떠나보냈|안락사)"),
    ("pet", rf"\b(?P<det>my|our|the|his|her)? ?(?:old |little |sweet |beloved )?(?P<who>{_PET_EN})\b[^.!?\n]{{0,24}}\b(?:died|passed(?: away| on)?|is dead|was dead)\b"),
    ("pet", rf"\b(?:lost|buried|put) (?P<det>my|our) (?:old |little |sweet |beloved )?(?P<who>{_PET_EN})\b(?!.{{0,6}}(?:keys|toy|leash))(?=[^.!?\n]{{0,30}}\b(?:down|to sleep|today|yesterday|morning|week|night|years?)\b|[.!?\n]|$)"),
    ("pet", r"\brainbow bridge\b|(?=[^\n]*\bvet\b)[^\n]*\bput (?:him|her|them|[A-Z]\w+) (?:down|to sleep)\b"),
    ("anniversary", rf"(?:(?P<who>{_KIN_KO})(?:의)? ?)?(?:첫 ?)?기일(?=[이은을에에는도,. ]|$)|제삿날|(?:(?P<whose>{_KIN_KO}) ?)제사"),
    ("anniversary", rf"\b(?:anniversary of|years? since|year since|months? since) (?:(?P<det>my|our) )?(?:(?P<who>{_KIN_EN})(?:'s|’s)? )?(?:death|passing|died|passed(?: away)?)"),
    ("death", rf"(?P<who>{_KIN_KO})(?:께서|이|가|도|는|은)? ?(?:[^.!?\n]{{0,14}})?(?:돌아가셨|별세|임종|세상을 ?(?:떠나|뜨|떠났|등)|하늘나라로|숨을 ?거두|죽었(?!다 ?깨))"),
    ("death", rf"(?P<who>{_KIN_KO})[을를] ?(?:[^.!?\n]{{0,10}})?(?:떠나보냈|떠나 ?보냈|하늘로 ?보냈|여의)"),
    ("memory", rf"(?:돌아가신|세상을 ?떠난|먼저 ?떠난|하늘에 ?(?:계신|있는)|죽은) ?(?:우리 ?)?(?P<who>{_KIN_KO})"),
    ("death", r"(?<![으]로 )(?<!에 )(?<!으로)돌아가셨(?=다|어|습|대|네|는|을)|별세|세상을 ?떠났|(?<![가-힣])사별|유산(?:했|을 ?했|됐|이 ?됐|되었)|사산"),
    ("death", rf"\b(?:(?P<det>my|our) )(?:late |dear |old )?(?P<who>{_KIN_EN})\b[^.!?\n]{{0,30}}\b(?:died|passed(?: away| on)|is gone forever|took (?:his|her) last)"),
    ("death", rf"\b(?P<who>{_KIN_EN})\b[^.!?\n]{{0,12}}\b(?:died|passed away)\b|\bpassed away\b|\b(?:had a )?miscarriage\b|\bmiscarried\b|\bstillborn\b"),
    ("death", rf"\blost (?P<det>my|our) (?P<who>{_KIN_EN})\b(?! to a\b)(?=[^.!?\n]{{0,20}}\b(?:today|yesterday|last|this|to|in|years?|ago)\b|[.!?\n]|$)"),
    ("death", r"\blost (?:a|another|one of (?:my|our)|my|our) (?P<who>patient)s?\b"),
    ("memory", rf"\b(?P<det>my|our) late (?P<who>{_KIN_EN})\b|\bsince (?P<whose>{_KIN_EN}) (?:died|passed)"),
    ("funeral", rf"(?:(?P<who>{_KIN_KO})(?:의)? ?)?(?:장례|빈소|발인|조문|영결식|화장터|납골당|입관|부고|상을 ?당)"),
    ("funeral", rf"\b(?:(?P<det>my|our) (?P<who>{_KIN_EN})(?:'s|’s) )?(?:funeral|memorial service|cremation|burial)\b"),
)  # fmt: skip
_PATTERNS = tuple((kind, re.compile(pattern, re.I)) for kind, pattern in _RULES)
_WENT_HOME = re.compile(r"(?:으로|로|집에|댁에|고향에) ?돌아가셨")


def loss_in(text: str) -> Loss | None:
    """The death that a text tells of, None where it tells of none; a film's hero and a battery are no loss."""
    for kind, pattern in _PATTERNS:
        for found in pattern.finditer(text):
            if _STORY.search(_sentence(text, found.start(), found.end())) or _WENT_HOME.search(found[0]):
                continue
            who = _who(text, found)
            if kind in ("anniversary", "funeral", "memory") and not who:
                who = _anyone(text)
            return Loss(kind, who)
    return None


def _sentence(text: str, start: int, end: int) -> str:
    first = max(text.rfind(mark, 0, start) for mark in ".!?\n") + 1
    ends = [at for mark in ".!?\n" if (at := text.find(mark, end)) >= 0]
    return text[first : min(ends, default=len(text))]


def _who(text: str, found: re.Match[str]) -> str:
    groups = found.groupdict()
    who = groups.get("who") or groups.get("whose") or ""
    return f"your {who.lower()}" if who.isascii() and who else who


def _anyone(text: str) -> str:
    """The only one of the family that a text names; "" for several, as nobody knows which of them it was."""
    korean = set(re.findall(rf"(?<![가-힣])(?:{_KIN_KO})", text)) - {"친구"}
    if len(korean) == 1:
        return korean.pop()
    english = {word.lower() for word in re.findall(rf"\b({_KIN_EN})\b", text, re.I)} - {"friend"}
    return f"your {english.pop()}" if len(english) == 1 and not korean else ""
