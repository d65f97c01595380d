"""A lone hello, good night or thank-you is said to Anna and answered; it is no day to be painted."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace

from bot import care, commands
from bot.house import House, Told, note
from core.emotion.language import guess_language
from core.entities import Message, Person, Reply, Step
from core.phrases import pick
from core.safety import state

_ANNA = r"(?:안나(?:야|님|씨)?|anna)"
_MARKS = r"[\s!~.^ㅎㅋㅠㅜ♥❤️🙏👋😊🙂😀☺️🌙💤]*"


def _alone(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{_ANNA}[,!~. ]*)?(?:{words})(?:[,!~. ]*(?:{_ANNA}|there))?{_MARKS}", re.IGNORECASE)


_HELLOS = (
    r"안녕(?:하세요|하십니까|하신가요|하셨어요)?|하이+|헬로우?|ㅎㅇ+|반가워요?|반갑습니다|처음 ?뵙겠습니다|좋은 ?(?:아침|오후|저녁)(?:이에요|입니다)?"
    r"|hi+|hey+|hello+|hiya|howdy|good (?:morning|afternoon|evening)"
)
_NIGHTS = r"(?:이제 |나 )?(?:잘 ?자(?:요|렴)?|잘게요?|자러 ?갈게요?)|굿 ?나잇|굿밤|좋은 ?밤(?:이에요|되세요)?|안녕히 ?주무세요|good ?night|night night|gn"
_THANK_YOUS = r"(?:정말 |진짜 |너무 )?(?:고마워요?|고맙습니다|감사해요|감사합니다)|땡큐|ㄱㅅ+|thanks(?: so much| a lot)?|thank you(?: so much)?|thx|ty"
_HELLO, _NIGHT, _THANKS = _alone(_HELLOS), _alone(_NIGHTS), _alone(_THANK_YOUS)

# After a crisis line, also what is a line of the day elsewhere: a goodbye, a thank-you for all that was, and several of these.
_GOODBYES = (
    r"안녕히 ?(?:계세요|계십시오|가세요|있어요?)|(?<!나는 )(?<!저는 )(?<!나 )(?<!난 )(?<!저 )(?<!전 )잘 ?(?:있어|있거라|지내|가|살아)요?|바이(?:바이)?|빠이(?:빠이)?|굿바이|ㅂㅂ|ㅂㅇ|ㅃㅃ|ㅃㅇ|작별(?:이야|이에요|입니다)"
    r"|(?:가볼|갈)게요?|(?:또|내일|나중에|다음에) ?(?:봐|만나)요?|bye+(?: ?bye+)?|good ?bye|farewell|adieu|ciao|so long|take care"
    r"|see (?:you|ya)(?: later| soon| tomorrow)?|(?:i(?:'m| am)|im) (?:off|leaving|going)|(?:i (?:have|got)|i've got|got|gotta) ?(?:to )?go"
    r"|고마웠어요?|고마웠습니다|감사했어요?|감사했습니다|(?:thanks|thank you) for everything|자려고요?|잘래요?"
)
_BEFORE = (
    r"(?:네|넵|응|어|아|그래요?|그럼|이제|이만|그만|슬슬|나는?|난|저는?|전|다들?|모두|먼저|그동안|그냥|정말로?|진짜로?|너무|영원히|오늘은?|항상|늘"
    r"|ok(?:ay)?|yes|yeah|well|so|and|oh|right|all)"
)
_APART = rf"[\s,!~.^…ㅎㅋㅠㅜ]+(?:{_ANNA}[\s,!~.^…ㅎㅋㅠㅜ]+)?"
_ANY = rf"(?:{_BEFORE}{_APART}){{0,3}}(?:{_HELLOS}|{_NIGHTS}|{_THANK_YOUS}|{_GOODBYES})"
_GREETS = _alone(rf"{_ANY}(?:{_APART}{_ANY}){{0,3}}(?:,? (?:all|everyone|everybody))?")
_GREETING_CHARS = 80
_WHAT = re.compile(r"[?？\s]+|help|menu|stop|cancel|도움말|메뉴|취소", re.IGNORECASE)


async def answered(house: House, person: Person, message: Message) -> Told | None:
    """What is said back; None for a line that says more than that. A newcomer's good night is a line like any other.

    For three days after a crisis line, or until they are calm, where help is: then a goodbye may be more than that."""
    text = message.text.strip()
    if not text or message.attachments or message.entry_date is not None:
        return None
    if only_greets(text) and state.quiet(await house.store.safety_state(person.id), house.now()):
        language = guess_language(text, default=person.language)
        return Told(replies=await care.pressed(house, person, message, "resources", "", language))
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


def only_greets(text: str) -> bool:
    """True for a hello, a goodbye, a good night or a thank-you and nothing else; it says nothing of how somebody is."""
    text = text.strip()
    return len(text) <= _GREETING_CHARS and _GREETS.fullmatch(text) is not None


def back(person: Person) -> Told:
    """Hello, and the question how their day was."""
    if person.step in (Step.NEW, Step.CONSENT):
        return _said(person, "welcome.hello")
    return _said(person, "welcome.back" if person.name else "welcome.back_unnamed")


def _said(person: Person, key: str) -> Told:
    return Told(replies=(replace(note(person, key, name=person.name), sender="anna"),))
