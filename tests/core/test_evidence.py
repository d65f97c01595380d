"""Words shown as reasons for a feeling speak of it; where none do, none are shown."""

from __future__ import annotations

import numpy as np
import pytest

from core.emotion.evidence import is_plain, that_speak
from core.emotion.text import TextEmotion
from core.entities import EMOTIONS


@pytest.fixture(scope="module")
def model():
    return TextEmotion.load()


def alone(*names):
    """Scores of words that say these names by themselves, "" for nothing at all."""
    rows = np.full((len(names), len(EMOTIONS)), 0.05)
    for row, name in zip(rows, names, strict=True):
        if name:
            row[EMOTIONS.index(name)] = 0.6
    return rows


@pytest.mark.parametrize(
    ("line", "name", "told"),
    [
        ("I yelled at my dog today and regret it", "guilt", "regret"),
        ("we talked about visiting Berlin in autumn. I'm excited!", "excitement", "excited"),
        ("Ate noodles alone again", "loneliness", "alone"),
        ("오늘 강아지한테 소리를 질렀다. 너무 미안하다", "guilt", "미안하다"),
        ("비가 와서 집에서 강아지랑 김치찌개를 먹었다. 조금 슬펐다", "sadness", "슬펐다"),
        ("친구가 선물을 줘서 고마웠다", "gratitude", "고마웠다"),
    ],
)
def test_the_word_that_names_it_comes_first(model, line, name, told):
    emotion = model.read(line)
    assert emotion.name == name and emotion.why[0] == told


@pytest.mark.parametrize(
    "line",
    [
        "I ate the last piece of cake and blamed the dog. I feel bad about it", "got the job!!!", "nothing much today, just laundry and tv",
        "I went to the office, had lunch with everyone and walked home again", "She didn't text back. I keep checking my phone",
        "엄마가 해준 밥을 안 먹고 나왔다", "회사에서 발표를 했는데 다들 박수를 쳐줬다", "하루 종일 집에서 누워 있었다", "동생이 내 생일을 기억해줬다",
        "낮에는 집에서 책을 읽었다. 비가 그치지 않았지만 마음이 편안했다", "오늘 친구를 만나서 같이 밥을 먹고 이야기했다",
    ],
)  # fmt: skip
def test_what_any_day_may_hold_is_no_reason(model, line):
    assert not any(is_plain(word) for word in model.read(line).why)


@pytest.mark.parametrize(
    "word",
    [
        "ate",
        "I",
        "about",
        "today",
        "just",
        "got",
        "everyone",
        "said",
        "the",
        "her",
        "했는데",
        "먹었다",
        "나왔다",
        "오늘",
        "너무",
        "다들",
        "마음이",
        "내가",
        "집에서",
        "봤다",
        "다녀왔다",
        "누워",
        "산책했다",
        "안 먹고",
        "가지 않았다",
        "didn't go",
        "grandma's",
    ],
)
def test_plain_words(word):
    assert is_plain(word)


@pytest.mark.parametrize(
    "word",
    [
        "regret",
        "cried",
        "alone",
        "scared",
        "missed",
        "stole",
        "laughed",
        "슬펐다",
        "울었다",
        "행복했다",
        "보고싶다",
        "혼자",
        "화가",
        "먹먹했다",
        "놓쳤다",
        "쓰러졌다",
        "해냈다",
        "해고됐다",
        "망했다",
        "왜",
        "ㅠㅠ",
        "not happy",
        "안 좋다",
        "슬프지 않았다",
    ],
)
def test_words_that_may_speak(word):
    assert not is_plain(word)


def test_a_word_counts_that_moved_the_reading_and_says_the_same_alone():
    moved = [
        ("dog", "dog", 0.9),
        ("ate", "ate", 0.8),
        ("sorry", "sorry", 0.7),
        ("blamed", "blamed", 0.5),
        ("bad", "bad", 0.4),
    ]
    scores = alone("", "guilt", "guilt", "guilt", "disappointment")
    assert that_speak(moved, "guilt", scores) == ("sorry", "blamed")
    assert that_speak(moved[:2], "guilt", scores[:2]) == ()
    assert that_speak([("sorry", "sorry", 0.7), ("blamed", "blamed", 0.1)], "guilt", alone("guilt", "guilt")) == (
        "sorry",
    )
    assert that_speak([("sorry", "sorry", -0.1)], "guilt", alone("guilt")) == ()


def test_a_noun_has_to_say_it_loudly():
    scores = alone("disappointment")
    assert that_speak([("발표를", "발표를", 0.9)], "disappointment", scores) == ()
    assert that_speak([("눈물을", "눈물을", 0.9)], "disappointment", scores * 1.5) == ("눈물을",)


def test_a_feeling_that_is_named_outright_always_counts():
    assert that_speak([("외로웠다", "외로웠다", 0.9)], "loneliness", alone("")) == ("외로웠다",)


@pytest.mark.parametrize(
    ("word", "name"), [("calm", "calm"), ("뿌듯했다", "pride"), ("쓸쓸했다", "loneliness"), ("화났다", "anger")]
)
def test_a_feelings_own_word_counts_but_not_where_it_is_denied(word, name):
    assert that_speak([(word, word, 0.9)], name, alone("")) == (word,)
    denied = f"not {word}" if word.isascii() else f"안 {word}"
    assert that_speak([(denied, denied, 0.9)], name, alone("")) == ()
