"""A lone hello is said back; it is no day to be painted."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.house import Told, note
from core.entities import Message, Person, Step

_HELLO = re.compile(
    r"(?:안나(?:야|님|씨)?[,!~. ]*)?"
    r"(?:안녕(?:하세요|하십니까|하신가요|하셨어요)?|하이+|헬로우?|ㅎㅇ+|반가워요?|반갑습니다|처음 ?뵙겠습니다|좋은 ?(?:아침|오후|저녁)(?:이에요|입니다)?"
    r"|hi+|hey+|hello+|hiya|howdy|good (?:morning|afternoon|evening))"
    r"(?:[,!~. ]*(?:안나(?:야|님|씨)?|anna|there))?[\s!~.?ㅎㅋ^👋😊🙂😀☺️]*",
    re.IGNORECASE,
)


def is_hello(message: Message) -> bool:
    """True for a line that greets and says nothing else."""
    return not message.attachments and message.entry_date is None and bool(_HELLO.fullmatch(message.text.strip()))


def back(person: Person) -> Told:
    """Hello, and the question how their day was."""
    if person.step in (Step.NEW, Step.CONSENT):
        key = "welcome.hello"
    else:
        key = "welcome.back" if person.name else "welcome.back_unnamed"
    return Told(replies=(replace(note(person, key, name=person.name), sender="anna"),))
