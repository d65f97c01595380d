"""Which words leave this machine for a painter that reads English, and for whom."""

import asyncio
from dataclasses import replace

import pytest

from core.entities import Analysis, Emotion, Entry, Level, Person, Purpose, utc_now
from core.painting.scene import in_english
from core.settings import Engines, Settings

LINE = "강아지랑 바다에 갔다"
READER = Settings(engines=Engines(painter="diffusion"))
ALLOWED = Person(id="p", consents=frozenset({Purpose.CLOUD}))


class Translator:
    """Remembers what it was given."""

    name = "translator"

    def __init__(self, answer: str | Exception = "A dog runs on the beach.") -> None:
        self.answer, self.given = answer, []

    async def write(self, system, turns, *, temperature, max_chars):
        self.given += [text for _, text in turns]
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def english(translator, *, person=ALLOWED, settings=READER, level=Level.NONE, summary=LINE, language="ko"):
    entry = Entry(id="e", person_id="p", date=utc_now().date(), text=summary, created_at=utc_now(), level=level)
    analysis = Analysis(emotion=Emotion(), words=Emotion(), summary=summary, language=language)
    return asyncio.run(in_english(entry, analysis, person, settings, translator))


def test_a_korean_line_becomes_english_for_who_allowed_it():
    translator = Translator()
    assert english(translator) == "A dog runs on the beach."
    assert translator.given == [f"<diary>{LINE}</diary>"]


@pytest.mark.parametrize(
    "kept_home",
    [
        {"person": replace(ALLOWED, consents=frozenset())},
        {"settings": Settings(engines=Engines(painter="crayon"))},  # it reads nothing
        {"level": Level.CONCERN},
        {"summary": "오늘은 죽고 싶다"},
        {"summary": ""},
        {"language": "en", "summary": "We walked by the sea"},
    ],
)
def test_nothing_leaves_where_it_was_not_allowed_or_is_not_needed(kept_home):
    translator = Translator()
    english(translator, **kept_home)
    assert translator.given == []


def test_an_english_line_is_told_as_it_is_and_a_korean_one_without_translator_not_at_all():
    assert english(None, language="en", summary="We walked by the sea…") == "We walked by the sea"
    assert english(None) == ""


@pytest.mark.parametrize("answer", [TimeoutError("강아지랑"), "", "강아지가 바다에 있다", "I want to kill myself"])
def test_a_translator_that_fails_costs_nobody_their_picture(answer, caplog):
    assert english(Translator(answer)) == ""
    assert "강아지" not in caplog.text
