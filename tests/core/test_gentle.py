"""What is made of words that worry us is gentle, whatever a model took them for."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.sealed_media import open_media
from adapters.sql_store import open_store
from bot.answers import guess_line
from core import stages
from core.comment import prompt
from core.emotion.fusion import anchors
from core.emotion.gentle import KEPT, gentled
from core.engines import Commenter, Workshop, understander
from core.entities import (
    SURE,
    Analysis,
    Emotion,
    Entry,
    Face,
    FaceReading,
    Label,
    Level,
    Music,
    StageState,
    Tag,
    new_id,
    utc_now,
)
from core.music.plan import make_plan
from core.painting.crayon import CrayonPainter
from core.painting.quiet import quiet_tags
from core.painting.sketch import compose
from core.phrases import catalogue, say, variants
from core.safety.crisis import check_safely
from core.settings import Engines, Settings, Work
from tests.fakes.in_process import InlineStudio
from tests.fakes.raised import raise_by_copy

GLAD = tuple(name for name, place in anchors().items() if place[0] > 0 and name not in ("calm", "neutral"))
GLAD_THINGS = (
    "party", "balloon", "heart", "bouquet", "trophy", "sparkles", "wrapped-gift", "kite", "dove", "cherry-blossom",
    "musical", "confetti", "hundred", "medal",
)  # fmt: skip
NOT_PAINTED = ("pill", "knife", "adhesive-bandage", "clinking", "fork-and-knife", "candle")
GLAD_WORDS = ("comment.empathy.joy", "comment.empathy.love", "comment.empathy.excitement", "comment.empathy.gratitude",
              "comment.empathy.pride", "comment.empathy.relief", "comment.empathy.surprise", "comment.comfort.bright",
              "comment.play", "comment.end.playful", "comment.advice.bright")  # fmt: skip
SEEN = ("I'm losing all hope", "우리 애가 죽고 싶다는 말을 해요", "My stepdad hits me with a belt", "남편이 때려요")
LINES = Path(__file__).parent / "data" / "crisis_lines.tsv"
WORRYING = [
    (text, Level(level))
    for text, level, _kind in (line.split("\t") for line in LINES.read_text("utf-8").splitlines()[1:])
    if level in (Level.CONCERN, Level.OTHER)
]
SOME = [*SEEN, *(text for text, _ in WORRYING[::16] if text not in SEEN)]
PLAIN = ("강아지랑 공원에서 산책했다. 정말 행복했다!", "We had a party for my birthday and I was so happy!")


class Watched(InlineStudio):
    """Paints with crayons, small, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.picture = self.music = None

    async def paint(self, tags, emotion, language, seed, sketch=None, *, preferences=None, brief=None, **watched):
        painter = CrayonPainter(512)
        self.picture = painter.paint(tags, emotion, language, seed, sketch, preferences=preferences, brief=brief)
        self.preferences = preferences
        return self.picture

    async def compose(self, emotion, tags, language, seed, listener=""):
        self.music: Music | None = await super().compose(emotion, tags, language, seed, listener)
        self.plan = make_plan(emotion, tags, seed)
        return self.music


@pytest.fixture(scope="module")
def embedded():
    """The real engines, which are loaded once; without a language model."""
    settings = Settings(engines=Engines(text="embedded", face="embedded", commenter="embedded"))
    return understander(settings), Commenter(settings)


@pytest.fixture
async def made(tmp_path, embedded):
    """Everything that is made of a line, through the stages; each entry is a day of its own."""
    settings = Settings(data_dir=tmp_path / "data", work=Work(min_free_mb=0))
    raise_by_copy(settings)
    store = await open_store(settings)
    service = stages.Service(Workshop(settings, *embedded), store, await open_media(store, settings))
    service.studio = Watched()

    async def make(text, *, level=None, told=""):
        language = "ko" if re.search("[가-힣]", text) else "en"
        person = await store.person_of("web", f"me-{language}")
        await store.change_person(person.id, lambda now: replace(now, language=language, name=""))
        level = check_safely(text).level if level is None else level
        entry = Entry(new_id(), person.id, utc_now().date(), text, utc_now(), level=level)
        await store.save_entry(entry)
        if told:
            await store.correct_emotion(entry.id, told)
        understood = await stages.understand(service, entry.id, entry.revision)
        await store.save_analysis(entry.id, entry.revision, understood.analysis)
        await store.set_stage(entry.id, entry.revision, "understand", StageState.DONE)
        picture = await stages.picture(service, entry.id, entry.revision)
        await stages.music(service, entry.id, entry.revision)
        comment = await stages.comment(service, entry.id, entry.revision)
        person = await store.person(entry.person_id)
        guess = guess_line(person, entry, understood.analysis, told)
        return entry, understood.analysis, picture, comment.work.text, guess, service.studio

    yield make
    await store.close()


def said_gladly(text: str) -> list[str]:
    """The phrases of hers in a comment that are meant for a glad day."""
    return [
        key
        for language in ("ko", "en")
        for prefix in GLAD_WORDS
        for key in variants(language, prefix)
        if (words := catalogue(language)[key].replace("!", ".")) and "{" not in words and words in text
    ]


@pytest.mark.parametrize("text", SOME)
async def test_words_that_worry_us_are_answered_gently(made, text):
    entry, analysis, _picture, comment, guess, studio = await made(text)
    assert entry.level in (Level.CONCERN, Level.OTHER)
    emotion = analysis.emotion
    assert {label.name for label in emotion.labels} <= {*KEPT, "calm"}
    assert (emotion.valence < 0, emotion.arousal <= 0, emotion.confidence < SURE) == (True, True, True)
    assert guess == ""
    stickers = [layer.sticker for layer in studio.picture.sketch.layers]
    assert not [one for one in stickers for glad in GLAD_THINGS if glad in one]
    assert not [
        one for one in stickers if one.startswith("figure/") and re.search("/(laugh|smile|calm|awe|cross)/", one)
    ]
    assert not [one for one in stickers if "/cheer/" in one or "/wave/" in one]
    assert len([one for one in stickers if one.startswith("figure/")]) <= 1, "nobody but the writer"
    assert studio.picture.sketch.place not in ("river", "beach", "pool", "station", "city", "mountain", "playground")
    assert "!" not in comment
    assert text not in comment, "a line that worries us is not held up to them"
    assert not said_gladly(comment)
    assert not [name for name in GLAD if say("en", f"emotion.{name}").lower() in studio.picture.alt.lower()]
    assert studio.plan.drums == 0
    assert studio.plan.start_bpm < 92


async def test_raw_scores_and_the_plain_guess_stay(made):
    text = "I'm losing all hope"
    _, analysis, *_ = await made(text)
    assert analysis.words.name == "excitement", "else this line shows nothing"
    assert analysis.emotion.raw == analysis.words.raw
    assert analysis.plain is not None
    assert analysis.plain.labels == analysis.words.labels


async def test_what_they_said_themselves_stays(made):
    _, analysis, _, comment, guess, _ = await made("I'm losing all hope", told="joy")
    assert (analysis.told, analysis.emotion.name, analysis.emotion.confidence) == ("joy", "joy", 1.0)
    assert "joy" in guess.lower()
    assert "joy" in comment.lower()


@pytest.mark.parametrize("text", PLAIN)
async def test_plain_lines_are_as_they_were(made, text):
    entry, analysis, picture, _comment, guess, studio = await made(text)
    assert entry.level is Level.NONE
    assert gentled(analysis, entry.level) is analysis
    assert analysis.plain is None
    assert analysis.emotion.labels == analysis.words.labels
    assert analysis.emotion.name in GLAD
    assert guess
    seed = stages.seed_of(entry.id, entry.revision)
    assert studio.picture.sketch == compose(analysis.tags, analysis.emotion, seed, width=512)
    assert json.loads(picture.work.prompt)["sketch"]


def test_no_guess_at_any_of_our_lines_is_glad(embedded):
    for text, level in WORRYING:
        read = embedded[0].understand(text, None, "ko" if re.search("[가-힣]", text) else "en")
        found = gentled(read, level)
        assert found.emotion.name in (*KEPT, "calm"), text
        assert found.emotion.valence < 0, text
        assert gentled(found, level) is found, "done twice it is the same"


def test_a_level_that_rose_later_and_an_old_analysis_are_gentle_too():
    glad = Emotion(0.8, 0.6, 0.3, (Label("joy", 0.9), Label("sadness", 0.2)), 0.9, why=("hope",), raw=(Label("x", 1),))
    old = Analysis(glad, glad, disagree=True)
    calm = gentled(old, Level.CONCERN)
    assert calm.emotion.labels == (Label("sadness", 0.2),)
    assert (calm.emotion.why, calm.emotion.raw, calm.words, calm.disagree) == ((), glad.raw, glad, False)
    assert calm.plain == replace(glad, why=(), raw=())
    assert gentled(replace(old, told="joy"), Level.CONCERN).emotion is glad


def test_no_smile_is_read_out_of_a_face_beside_such_words(person_in):
    face = FaceReading(Face((Label("happy", 0.9),), (0, 0, 9, 9), 0.9), found=1)
    entry = Entry("e", "p", utc_now().date(), "I'm losing all hope", utc_now(), level=Level.CONCERN)
    glad = Emotion(0.8, 0.6, 0.3, (Label("joy", 0.9),), 0.9)
    line = guess_line(person_in("en"), entry, Analysis(glad, glad, face), "")
    assert line == say("en", "answer.face.unsure")


@pytest.fixture
def person_in():
    from core.entities import Person

    return lambda language: Person("p", name="Sam", language=language)


def test_a_language_model_is_told_no_guess_either(person_in):
    glad = Emotion(0.8, 0.6, 0.3, (Label("love", 0.9),), 0.9)
    entry = Entry("e", "p", utc_now().date(), "My stepdad hits me with a belt", utc_now(), level=Level.CONCERN)
    asked = prompt.comment_prompt(entry, gentled(Analysis(glad, glad), entry.level), person_in("en"), (), gentle=True)
    assert "guess" not in asked.system
    assert "love" not in asked.system
    assert "worries us" in asked.system
    calm = replace(entry, level=Level.NONE)
    assert "love 0.90" in prompt.comment_prompt(calm, Analysis(glad, glad), person_in("en"), ()).system


def test_only_what_calm_sentences_tell_is_painted():
    text = "I walked the dog in the park. My stepdad hits me at school."
    tags = (
        Tag("dog", "dog", "dog", "animal"), Tag("park", "park", "deciduous-tree", "place"),
        Tag("dad", "stepdad", "man-standing", "person"), Tag("school", "school", "school", "place"),
        Tag("remembrance", "", "candle", "thing"),
    )  # fmt: skip
    assert [tag.name for tag in quiet_tags(tags, text)] == ["dog", "park", "remembrance"]
