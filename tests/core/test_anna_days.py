"""Sixty everyday lines: what Anna answers to them has the properties that a tired person would ask for."""

from __future__ import annotations

import itertools
import re
import tomllib
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from core.comment import prompt
from core.comment.anna import Anna
from core.comment.grief import loss_in
from core.comment.noticing import notice
from core.comment.nouns import thing_in
from core.comment.voice import mould
from core.emotion.text import TextEmotion
from core.engines import Understanding
from core.entities import ATTITUDES, INTENSITIES, AnnaSettings, Entry, Person, Tag, utc_now
from core.phrases import LANGUAGES, catalogue, variants
from core.ports import Turn
from core.settings import Settings

DAYS = tomllib.loads((Path(__file__).parent / "data" / "sixty_days.toml").read_text("utf-8"))["day"]
_SENTENCE = re.compile(r"[^.!?]+[.!?]+")


def those(kind):
    return [pytest.param(day, id=day["text"][:20]) for day in DAYS if day.get("is") == kind]


@cache
def understanding():
    return Understanding(Settings())


async def answered(text, language, seed=1, recent=(), gentle=False, **anna):
    person = Person(id="p", name="지우" if language == "ko" else "Sam", language=language, anna=AnnaSettings(**anna))
    entry = Entry(id="e", person_id="p", date=date(2026, 11, 20), text=text, created_at=utc_now())
    about = understanding().understand(text, None, language)
    return (await Anna().comment(entry, about, person, recent, seed, gentle=gentle)).text


def uses(comment, language, *prefixes):
    """True where a phrase below one of the prefixes stands in a comment."""
    said = comment.replace("!", ".")
    return any(mould(language, key).search(said) for prefix in prefixes for key in below(language, prefix))


def below(language, prefix):
    return [key for key in catalogue(language) if key.startswith(prefix + ".")]


def sentences(comment):
    """What she says; what she quotes is the person's own."""
    return [found.strip() for found in _SENTENCE.findall(re.sub("“[^”]*”", "“”", comment))]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("first_seed", [100, 2000, 30000])
async def test_thirty_days_of_one_person_hold_no_sentence_twice(language, first_seed):
    days = [day["text"] for day in DAYS if day["language"] == language]
    days = (days + [f"{text} " for text in days])[:30]
    comments = []
    for n, text in enumerate(days):
        comments.insert(0, await answered(text, language, first_seed + n, tuple(comments[:30])))
    said = [sentence for comment in comments for sentence in sentences(comment)]
    assert len(said) > 60
    assert not {sentence for sentence in said if said.count(sentence) > 1}
    openings = [sentences(comment)[0] for comment in comments]
    assert all(one != other for one, other in itertools.pairwise(openings))


@pytest.mark.parametrize(
    ("language", "text"),
    [("ko", "별일 없었다."), ("ko", "오늘도 너무 슬펐다."), ("en", "tired"), ("en", "My grandfather died.")],
)
async def test_thirty_days_alike_are_not_answered_alike(language, text):
    comments = []
    for n in range(30):
        comments.insert(0, await answered(text, language, n, tuple(comments)))
    for at, comment in enumerate(comments):
        assert not set(sentences(comment)) & {said for later in comments[at + 1 : at + 3] for said in sentences(later)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_phrases_share_a_sentence(language):
    said = [sentence for key in below(language, "comment") for sentence in _SENTENCE.findall(catalogue(language)[key])]
    said = [sentence.strip(" .!") for sentence in said]
    assert not {sentence for sentence in said if said.count(sentence) > 1}


@pytest.mark.parametrize("day", those("loss"))
@pytest.mark.parametrize("attitude", ATTITUDES)
async def test_a_loss_is_named_and_met_with_quiet_words(day, attitude):
    language, loss = day["language"], loss_in(day["text"])
    for seed, intensity in enumerate(INTENSITIES):
        comment = await answered(
            day["text"], language, seed, attitude=attitude, intensity=intensity, composition=("advice",)
        )
        assert uses(comment, language, "comment.loss") and "!" not in comment
        assert not uses(comment, language, "comment.advice", "comment.play", "comment.echo", "comment.image")
        assert loss.who.lower() in comment.lower()


@pytest.mark.parametrize("day", those("turn") + those("mixed"))
async def test_both_sides_of_a_day_are_said(day):
    for seed in range(6):
        comment = await answered(day["text"], day["language"], seed)
        assert uses(comment, day["language"], "comment.turn", "comment.mixed")


@pytest.mark.parametrize("day", those("turn"))
async def test_a_day_that_turned_is_said_to_have_turned(day):
    assert notice(day["text"]).turn == "up"
    assert uses(await answered(day["text"], day["language"]), day["language"], "comment.turn.up")


@pytest.mark.parametrize("day", those("asked"))
async def test_a_question_to_her_is_answered_after_a_warm_word(day):
    for seed in range(6):
        language, text = day["language"], day["text"]
        comment = await answered(text, language, seed)
        assert uses(comment, language, "comment.asked")
        assert uses(comment, language, "comment.empathy.loneliness", "comment.empathy.sadness", "comment.empathy.hard")
        assert not uses(comment, language, "comment.advice")
        if notice(text).asked == "you":
            assert "AI" in comment
        turn = (Turn("1", "person", text),)
        person = Person(id="p", language=language)
        talk = (await Anna().talk(turn, None, person, seed)).text
        assert uses(talk, language, "talk.warm.low") and uses(talk, language, "talk.asked")


@pytest.mark.parametrize("day", those("play"))
async def test_a_joke_is_met_with_play(day):
    for seed in range(6):
        comment = await answered(day["text"], day["language"], seed)
        assert uses(comment, day["language"], "comment.play")
        assert not uses(comment, day["language"], "comment.empathy", "comment.comfort.low", "comment.comfort.hard")
        assert "!" not in await answered(day["text"], day["language"], seed, gentle=True)


@pytest.mark.parametrize("day", those("heavy"))
async def test_a_hard_day_is_not_cheered(day):
    language = day["language"]
    for seed, attitude in enumerate(ATTITUDES):
        comment = await answered(day["text"], language, seed, attitude=attitude)
        bright = [f"comment.{kind}.bright" for kind in ("comfort", "advice", "image")]
        assert not uses(comment, language, *bright, "comment.play", "comment.empathy.joy", "comment.end.playful")
        assert "힘내" not in comment and "cheer up" not in comment.lower()


@pytest.mark.parametrize("day", those("bright"))
async def test_a_good_day_is_not_comforted(day):
    comment = await answered(day["text"], day["language"], 3)
    assert not uses(comment, day["language"], "comment.comfort.low", "comment.comfort.hard", "comment.empathy.sadness")


@pytest.mark.parametrize(
    "text",
    [
        "핸드폰 배터리가 죽었다", "죽었다 깨어나도 못 해", "손님이 집으로 돌아가셨다", "My phone died again",
        "드라마에서 주인공 엄마가 돌아가셔서 울었다", "I put him to sleep and read a book", "we lost the game",
        "I lost my dog's leash", "문화유산 답사를 갔다", "I died laughing with my friend", "배고파 죽겠다",
    ],
)  # fmt: skip
def test_what_is_no_loss_is_not_mourned(text):
    assert loss_in(text) is None


@pytest.mark.parametrize(
    ("text", "kind", "who"),
    [
        ("오늘 할아버지가 세상을 떠나셨다", "death", "할아버지"),
        ("돌아가신 엄마가 해 주던 미역국을 끓였다", "memory", "엄마"),
        ("우리 강아지가 무지개다리를 건넜다", "pet", ""),
        ("친구 장례식에 다녀왔다", "funeral", "친구"),
        ("오늘이 아빠 기일이다", "anniversary", "아빠"),
        ("My dog Max died on Sunday", "pet", "your dog"),
        ("I lost my mom last year", "death", "your mom"),
        ("Went to the funeral of my uncle", "funeral", "your uncle"),
    ],
)
def test_who_has_died_is_known(text, kind, who):
    found = loss_in(text)
    assert found is not None and (found.kind, found.who) == (kind, who)


@pytest.mark.parametrize(
    ("text", "word", "kind", "said"),
    [
        ("My roommate cooked", "roommate", "person", "your roommate"),
        ("roommate was loud", "roommate", "person", "your roommate"),
        ("Went to the beach", "beach", "place", "the beach"),
        ("stayed at home", "home", "place", "home"),
        ("ate pancakes", "pancakes", "food", "pancakes"),
        ("Walked our old dog", "dog", "animal", "your dog"),
        ("saw her cat", "cat", "animal", "her cat"),
        ("Tripped over", "Tripped", "place", ""),
    ],
)
def test_english_nouns_have_their_article(text, word, kind, said):
    assert thing_in(text, Tag("x", word, "x", kind), "en") == said


@pytest.mark.parametrize(
    ("text", "name"),
    [("나 오늘 외로웠어", "loneliness"), ("I felt so lonely today", "loneliness"), ("걱정돼", "anxiety")],
)
def test_a_feeling_named_outright_is_that_feeling(text, name):
    assert TextEmotion.load().read(text).name == name
    assert TextEmotion.load().read(f"{text} 아니 하나도 안 외롭다").name != "joy"


@pytest.mark.parametrize("text", ["오늘은 외롭지 않았다", "I'm not lonely today", "안 불안하다"])
def test_a_feeling_that_is_denied_is_not_taken(text):
    from core.emotion.names import said_plainly

    assert said_plainly(text) == ""


async def test_a_person_without_a_name_is_greeted_without_one():
    person = Person(id="p", language="ko")
    entry = Entry(id="e", person_id="p", date=date(2026, 11, 20), text="산책했다", created_at=utc_now())
    about = replace(understanding().understand("산책했다", None, "ko"))
    for seed in range(8):
        comment = (await Anna().comment(entry, about, person, (), seed)).text
        assert comment and "님" not in comment.replace("손님", "")


def test_every_subject_has_words():
    topics = tomllib.loads((Path(__file__).parents[2] / "core" / "comment" / "topics.toml").read_text("utf-8"))
    for name in topics:
        for language in LANGUAGES:
            assert len(variants(language, f"comment.topic.{name}")) >= 2, name


@pytest.mark.parametrize("day", those("loss"))
def test_a_model_is_told_of_a_loss(day):
    entry = Entry(id="e", person_id="p", date=date(2026, 11, 20), text=day["text"], created_at=utc_now())
    about = understanding().understand(day["text"], None, day["language"])
    assert "no advice" in prompt.comment_prompt(entry, about, Person(id="p"), ()).system


@pytest.mark.parametrize("seed", range(4))
async def test_a_greeting_is_no_hard_part_of_a_day_and_a_lost_umbrella_no_catastrophe(seed):
    assert notice("hello again, a calm evening").turn == ""
    hello = await answered("hello again, a calm evening", "en", seed)
    assert not uses(hello, "en", "comment.turn", "comment.empathy.hard")
    umbrella = await answered("비 오는 날 우산을 잃어버렸다. 고양이를 만났다", "ko", seed)
    assert not uses(umbrella, "ko", "comment.empathy.hard")


@pytest.mark.parametrize("seed", range(4))
async def test_an_awful_day_is_met_as_one_however_unsure_its_feeling(seed):
    for line in ("Today was awful, nothing went right", "it was awful, cried in the break room"):
        assert uses(await answered(line, "en", seed), "en", "comment.empathy.hard")


@pytest.mark.parametrize(
    ("text", "name"),
    [("worked a night shift at the hospital", "parttime"), ("병원에서 야간 근무를 했다", "parttime"),
     ("Mom is in the hospital", "hospital"), ("비가 왔다.\n병원에 다녀왔다", "hospital")],
)  # fmt: skip
def test_who_works_in_a_hospital_is_no_patient(text, name):
    assert notice(text).topic.name == name
