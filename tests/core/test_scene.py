"""Which words leave this machine for a painter that reads English, and for whom."""

import asyncio
import json
from dataclasses import replace

import pytest

from core.entities import Analysis, Emotion, Entry, Level, Person, Purpose, utc_now
from core.painting.diffusion_parts import reads
from core.painting.scene import in_english
from core.settings import Engines, Painting, Settings
from tests.fakes.reading_model import write_reader

LINE = "강아지랑 바다에 갔다"
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


@pytest.fixture
def model(tmp_path):
    return write_reader(tmp_path / "reader")


@pytest.fixture
def english(model, monkeypatch):
    monkeypatch.setattr("core.painting.diffusion_parts.find_spec", lambda _name: object())

    def told(
        translator, *, person=ALLOWED, painter="diffusion", level=Level.NONE, summary=LINE, text="", language="ko", struck=()
    ):  # fmt: skip
        settings = Settings(engines=Engines(painter=painter), painter=Painting(model=str(model)))
        now = utc_now()
        entry = Entry("e", "p", now.date(), text or summary, now, level=level, struck=struck)
        analysis = Analysis(emotion=Emotion(), words=Emotion(), summary=summary, language=language)
        return asyncio.run(in_english(entry, analysis, person, settings, translator))

    return told


def test_a_korean_line_becomes_english_for_who_allowed_it(english):
    translator = Translator()
    assert english(translator) == "A dog runs on the beach."
    assert translator.given == [f"<diary>{LINE}</diary>"]


@pytest.mark.parametrize(
    "kept_home",
    [
        {"person": replace(ALLOWED, consents=frozenset())},
        {"painter": "crayon"},  # it reads nothing
        {"level": Level.CONCERN},
        {"summary": "오늘은 죽고 싶다"},
        {"summary": ""},
        {"language": "en", "summary": "We walked by the sea"},
        {"struck": ("scene.told",)},
        {"struck": ("tone.warm", "tag.dog")},
        {"summary": "공원에서 강아지를 못 봤다"},
        {"summary": "강아지를 데리고 공원에…", "text": "좋은 날. 강아지를  데리고 공원에 가지 못했다. 그래도 웃었다"},
    ],
)
def test_nothing_leaves_where_it_was_not_allowed_or_is_not_needed(english, kept_home):
    translator = Translator()
    english(translator, **kept_home)
    assert translator.given == []


def test_what_is_liked_and_was_struck_out_says_nothing_of_the_day(english):
    translator = Translator()
    assert english(translator, struck=("tone.warm", "lead.sadness"))
    assert len(translator.given) == 1


@pytest.mark.parametrize("broken", ["ours", "damaged", "no weights", "not there"])
def test_nothing_leaves_for_a_painter_that_reads_nothing_or_is_not_there(english, model, broken):
    """Our own model has learned from words of its own; without weights crayons paint."""
    if broken == "ours":
        (model / "emoseum.json").write_text(json.dumps({"caption": "ours"}))
    elif broken == "damaged":
        (model / "emoseum.json").write_text("{")
    elif broken == "no weights":
        next((model / "unet").iterdir()).unlink()
    else:
        model.rename(model.with_name("elsewhere"))
    for painter in ("diffusion", "auto"):
        translator = Translator()
        assert english(translator, painter=painter) == ""
        assert translator.given == []


def test_a_model_of_the_hub_reads_once_it_lies_here(model, tmp_path, monkeypatch):
    monkeypatch.setattr("core.painting.diffusion_parts.find_spec", lambda _name: object())
    fetched = {}
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda name, _file: fetched.get(name))
    assert not reads(Painting(model="someone/else"))
    fetched["someone/else"] = str(model / "model_index.json")
    assert reads(Painting(model="someone/else")) and not reads(Painting(model="someone/nobody"))
    monkeypatch.undo()
    assert not reads(Painting(model="no such//name"))


def test_an_english_line_is_told_as_it_is_and_a_korean_one_without_translator_not_at_all(english):
    assert english(None, language="en", summary="We walked by the sea…") == "We walked by the sea"
    assert english(None) == ""


@pytest.mark.parametrize(
    ("summary", "text"),
    [
        ("I didn't see the dog", ""),
        ("I wish I had a dog", ""),
        ("Our dog died this morning", ""),
        ("We took the dog to the park…", "We took the dog to the park without a leash and the cat."),
    ],
)
def test_an_english_line_of_what_was_not_there_is_not_told(english, summary, text):
    assert english(None, language="en", summary=summary, text=text) == ""


@pytest.mark.parametrize("answer", [TimeoutError("강아지랑"), "", "강아지가 바다에 있다", "I want to kill myself"])
def test_a_translator_that_fails_costs_nobody_their_picture(english, answer, caplog):
    assert english(Translator(answer)) == ""
    assert "강아지" not in caplog.text
