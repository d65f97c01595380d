"""A lone hello, good night or thank-you is said to Anna and answered; it is no day to be painted."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace

from bot import commands
from bot.house import House, Told, note
from core.entities import Message, Person, Reply, Step
from core.phrases import pick

_ANNA = r"(?:안나(?:야|님|씨)?|anna)"
_MARKS = r"[\s!~.^ㅎㅋㅠㅜ♥❤️🙏👋😊🙂😀☺️🌙💤]*"


def _alone(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{_ANNA}[,!~. ]*)?(?:{words})(?:[,!~. ]*(?:{_ANNA}|there))?{_MARKS}", re.IGNORECASE)


_HELLO = _alone(
    r"안녕(?:하세요|하십니까|하신가요|하셨어요)?|하이+|헬로우?|ㅎㅇ+|반가워요?|반갑습니다|처음 ?뵙겠습니다|좋은 ?(?:아침|오후|저녁)(?:이에요|입니다)?"
    r"|hi+|hey+|hello+|hiya|howdy|good (?:morning|afternoon|evening)"
)
_NIGHT = _alone(
    r"(?:이제 |나 )?(?:잘 ?자(?:요|렴)?|잘게요?|자러 ?갈게요?)|굿 ?나잇|굿밤|좋은 ?밤(?:이에요|되세요)?|안녕히 ?주무세요|good ?night|night night|gn"
)
_THANKS = _alone(
    r"(?:정말 |진짜 |너무 )?(?:고마워요?|고맙습니다|감사해요|감사합니다)|땡큐|ㄱㅅ+|thanks(?: so much| a lot)?|thank you(?: so much)?|thx|ty"
)
_WHAT = re.compile(r"[?？\s]+|help|menu|stop|cancel|도움말|메뉴|취소", re.IGNORECASE)


async def answered(house: House, person: Person, message: Message) -> Told | None:
    """What is said back; None for a line that says more than that. A newcomer's good night is a line like any other."""
    text = message.text.strip()
    if not text or message.attachments or message.entry_date is not None:
        return None
    if _HELLO.fullmatch(text):
        return back(person)
    if _WHAT.fullmatch(text):
        return await commands.run(house, person, replace(message, text="/help"))
    if person.step is Step.NEW:
        return None
    if _NIGHT.fullmatch(text):
        return _said(person, "welcome.night" if person.name else "welcome.night_unnamed")
    if _THANKS.fullmatch(text):
        return Told(replies=(Reply(pick(person.language, "talk.thanks", zlib.crc32(message.id.encode()))),))
    return None


def back(person: Person) -> Told:
    """Hello, and the question how their day was."""
    if person.step in (Step.NEW, Step.CONSENT):
        return _said(person, "welcome.hello")
    return _said(person, "welcome.back" if person.name else "welcome.back_unnamed")


def _said(person: Person, key: str) -> Told:
    return Told(replies=(replace(note(person, key, name=person.name), sender="anna"),))
