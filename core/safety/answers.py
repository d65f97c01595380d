"""What is said when somebody may be in danger: fixed, reviewed words and the buttons that go with them.

No language model, no network: texts from `safety.po`, numbers from `hotlines.toml`. Where even those can't be
read, a few words in this file remain.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from core.entities import Level
from core.phrases import say
from core.safety.hotlines import Hotline, countries, every_line, lines_for

log = logging.getLogger(__name__)

#: What a button does; `call:`, `text:` and `open:` carry a line's id, `country:` an ISO code or "other".
ACTIONS = ("plan", "breathe", "ground", "okay", "country", "resources", "follow_up", "no_follow_up")
#: `tongue:<language>-<level>` says the answer of that level once more in another language.

# The last resort, when the catalogue or the data file is broken: still no other country's number.
_LAST_RESORT = {
    "ko": "지금 위험하다면 가까운 사람 곁으로 가고, 사는 곳의 긴급 전화번호로 바로 전화해 주세요. 나라별 상담 전화: findahelpline.com\n저는 AI예요. 대신 전화할 수 없어요.",
    "en": "If you are in danger, go to someone near you and call your local emergency number now. Helplines by country: findahelpline.com\nI am an AI. I cannot call anyone for you.",
}
_LAST_RESORT_KR = {
    "ko": "지금 위험하다면 112나 119로 바로 전화해 주세요. 109에서는 24시간 이야기를 들어 줘요.\n저는 AI예요. 대신 전화할 수 없어요.",
    "en": "If you are in danger, call 112 or 119 now. 109 listens around the clock.\nI am an AI. I cannot call anyone for you.",
}


@dataclass(frozen=True)
class CareAnswer:
    """Words and the names of the buttons below them."""

    text: str
    actions: tuple[str, ...] = ()


def answer(level: Level, language: str, country: str, *, group: bool = False, name: str = "") -> CareAnswer:
    """The fixed answer to a text of that level; empty for Level.NONE. Never raises."""
    if level is Level.NONE:
        return CareAnswer("")
    try:
        if group:
            return CareAnswer(say(language, "safety.group"))
        said = {Level.IMMINENT: _imminent, Level.HIGH: _high, Level.CONCERN: _concern, Level.OTHER: _other}[level]
        return _placed(said(language, country, name), country)
    except Exception as error:
        log.error("crisis answer failed: %s", type(error).__name__)
        words = _LAST_RESORT_KR if country == "KR" else _LAST_RESORT
        return CareAnswer(words["ko" if language == "ko" else "en"])


def _placed(care: CareAnswer, country: str) -> CareAnswer:
    """Where nobody knows the country, naming it comes first: no number can be shown before."""
    if country or "country" not in care.actions:
        return care
    return CareAnswer(care.text, ("country", *(action for action in care.actions if action != "country")))


def in_both(care: CareAnswer, level: Level, other: str) -> CareAnswer:
    """The same with a last button for it in the language `other`."""
    return CareAnswer(care.text, (*care.actions, f"tongue:{other}-{level}"))


def check_failed(language: str, country: str, *, name: str = "") -> CareAnswer:
    """The check-in where the crisis check itself could not be done."""
    return CareAnswer(_greeted(language, name, "safety.check_failed"), ("resources", "okay"))


def _imminent(language: str, country: str, name: str) -> CareAnswer:
    lines = lines_for(country)
    urgent = [line for line in lines if line.role in ("emergency", "suicide", "text")]
    body = [
        say(language, "safety.imminent.first", emergency=_emergency(language, country)),
        listed(urgent, language),
        say(language, "safety.imminent.body", emergency=_emergency(language, country)),
        say(language, "safety.ai"),
    ]
    return CareAnswer("\n\n".join(body), (*_reach(urgent), "okay", "country"))


def _high(language: str, country: str, name: str) -> CareAnswer:
    lines = [line for line in lines_for(country) if line.role in ("suicide", "text", "emergency")]
    first = [line for line in lines if line.role != "emergency"]
    body = [
        _greeted(language, name, "safety.high.first"),
        say(language, "safety.high.body"),
        listed(first, language),
        say(language, "safety.high.danger", emergency=_emergency(language, country)),
        say(language, "safety.ai"),
    ]
    return CareAnswer("\n\n".join(body), (*_reach(first), "plan", "breathe", "okay", "country"))


def _concern(language: str, country: str, name: str) -> CareAnswer:
    body = [_greeted(language, name, "safety.concern.body"), say(language, "safety.ai.short")]
    return CareAnswer("\n\n".join(body), ("resources", "breathe", "okay"))


def _other(language: str, country: str, name: str) -> CareAnswer:
    lines = [line for line in lines_for(country) if line.role in ("suicide", "text")]
    body = [
        _greeted(language, name, "safety.other.first"),
        say(language, "safety.other.body", emergency=_emergency(language, country)),
        listed(lines, language),
        say(language, "safety.other.self"),
        say(language, "safety.ai.short"),
    ]
    return CareAnswer("\n\n".join(body), ("resources", "country"))


def care(action: str, language: str, country: str, *, name: str = "") -> CareAnswer:
    """What a pressed button of ACTIONS is answered with. Raises KeyError for another name."""
    if action == "resources":
        text = f"{say(language, 'safety.resources')}\n\n{listed(lines_for(country), language)}"
        return _placed(CareAnswer(text, (*_reach(lines_for(country)), "country")), country)
    if action == "country":
        return CareAnswer(
            say(language, "safety.country.ask"), (*(f"country:{code}" for code in countries()), "country:other")
        )
    text, actions = {
        "plan": ("safety.plan", ("breathe", "resources")),
        "breathe": ("safety.breathe", ("ground", "resources")),
        "ground": ("safety.ground", ("breathe", "resources")),
        "okay": ("safety.okay", ("follow_up", "no_follow_up", "resources")),
        "follow_up": ("safety.follow_up.yes", ()),
        "no_follow_up": ("safety.follow_up.no", ()),
    }[action]
    return CareAnswer(say(language, text, emergency=_emergency(language, country), lines=_short(country)), actions)


def follow_up(language: str, country: str, *, name: str = "") -> CareAnswer:
    """The one message of the next day, for those who asked for it."""
    return CareAnswer(_greeted(language, name, "safety.follow_up.message"), ("okay", "resources"))


def country_set(language: str, country: str) -> CareAnswer:
    """After a country was chosen: its lines at once."""
    return CareAnswer(
        f"{say(language, 'safety.country.set')}\n\n{listed(lines_for(country), language)}", _reach(lines_for(country))
    )


def listed(lines: Sequence[Hotline], language: str) -> str:
    """One line of text for each number."""
    return "\n".join(
        say(
            language,
            "safety.line.always" if line.hours == "24h" else "safety.line",
            number=line.number,
            name=line.name(language),
        )
        for line in lines
    )


def label(action: str, language: str, country: str = "") -> str:
    """The words on a button beside the numbers of `country`. Raises KeyError for an action that is none."""
    kind, _, what = action.partition(":")
    if action == "country" and not country:  # there is no country yet that they could be out of
        return say(language, "safety.button.country.ask")
    if kind == "tongue":
        return say(what.partition("-")[0], "safety.button.tongue")
    if kind in ("call", "text"):
        return say(language, f"safety.button.{kind}", number=what)
    return say(language, f"safety.button.{kind}.{what}" if what else f"safety.button.{kind}")


def link(action: str, country: str) -> str:
    """What a button opens (tel:, sms:, https:), "" where it is answered in the chat."""
    kind, _, what = action.partition(":")
    for line in lines_for(country):
        if kind == "call" and line.number == what and line.tel:
            return line.tel
        if kind == "text" and line.number == what and line.sms:
            return line.text_link()
        if kind == "open" and line.id == what:
            return line.url
    return ""


def worded_for_discord(text: str) -> str:
    """The text with Discord's own word for a line that is written to ("text HOME" elsewhere). Never raises."""
    try:
        lines = [line for line in every_line() if line.sms_body_discord]
    except Exception as error:  # the last words of `answer` must be shown all the same
        log.error("the word of Discord is not known: %s", type(error).__name__)
        return text
    for line in lines:
        for name in (line.name_ko, line.name_en):
            text = text.replace(name, name.replace(line.sms_body, line.sms_body_discord))
    return text


def _reach(lines: Sequence[Hotline]) -> tuple[str, ...]:
    """A button for each way to reach somebody: calls first, then texts, then pages."""
    calls = [f"call:{line.number}" for line in lines if line.tel]
    texts = [f"text:{line.number}" for line in lines if line.sms]
    pages = [f"open:{line.id}" for line in lines if line.url]
    return tuple(dict.fromkeys(calls + texts + pages))


def _emergency(language: str, country: str) -> str:
    return say(language, f"safety.emergency.{country}" if country in ("KR", "US", "CA") else "safety.emergency.other")


def _short(country: str) -> str:
    lines = sorted(lines_for(country), key=lambda line: line.role == "emergency")
    return " · ".join(line.number for line in lines if line.role in ("suicide", "emergency"))


def _greeted(language: str, name: str, key: str) -> str:
    return (say(language, "safety.name", name=name) if name else "") + say(language, key)
