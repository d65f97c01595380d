"""A feeling that is denied, gone, wished for or somebody else's is not read as the writer's own; its neighbours still are."""

from __future__ import annotations

import pytest

from core.emotion.denied import plainly_put
from core.emotion.names import said_plainly
from core.emotion.ngrams import tidy
from core.emotion.text import TextEmotion
from tests.core.readings import Watched, learned_from

# text, the name that it must not get first, the side that its valence must not take clearly
NOT_FELT = [
    ("너무 행복한 건 아니야", "joy", 1),
    ("너무 슬픈 건 아니었다", "sadness", -1),
    ("그렇게 너무 화난 건 아니에요", "anger", -1),
    ("너무 외로운건 아닙니다", "loneliness", -1),
    ("정말 우울한 것도 아닌데 그냥 좀 그래", "sadness", 0),
    ("정말 불안한 건 절대 아니고요", "anxiety", -1),
    ("외로움이 사라졌다", "loneliness", -1),
    ("외로움이 하나도 없다", "loneliness", -1),
    ("불안했던 마음이 싹 사라졌다", "anxiety", -1),
    ("너무 우울했던 기분이 다 풀렸다", "sadness", -1),
    ("슬픔이 조금씩 가라앉았다", "sadness", -1),
    ("짜증이 싹 풀렸다", "anger", -1),
    ("설렘이 사라졌다", "excitement", 1),
    ("나도 행복했으면 좋겠다", "joy", 1),
    ("너무 행복한 줄 알았는데", "joy", 1),
    ("너무 행복한 척했다", "joy", 1),
    ("동생이 너무 행복해 보여서 부러웠다", "joy", 0),
    ("친구가 너무 우울하다고 했다", "loneliness", 0),
    ("외롭다는 느낌이 어느새 없어졌다", "loneliness", -1),
    ("행복하다면 얼마나 좋을까", "joy", 1),
    ("우울할 줄 알았는데 생각보다 괜찮았다", "sadness", -1),
    ("동생은 정말 행복하단다", "joy", 0),
    ("너무 행복한 것처럼 굴었다", "joy", 1),
    ("I wish I was happy", "joy", 1),
    ("I used to be so lonely, not now", "loneliness", -1),
    ("Far from happy today", "joy", 1),
    ("I was supposed to be happy", "joy", 1),
    ("If only I was happy", "joy", 1),
    ("I just wish I could feel really happy", "joy", 1),
    ("I thought I'd be happy", "joy", 1),
    ("I can't say I'm happy", "joy", 1),
    ("I pretended I was happy", "joy", 1),
    ("It's not that I'm sad", "sadness", 0),
    ("My loneliness is finally gone", "loneliness", -1),
    ("She thinks I am angry", "anger", -1),
    ("Mum says I'm too tired", "tiredness", 0),
]
# text, a name that must be among the first three
FELT = [
    ("슬픈 건 맞다", "sadness"),
    ("너무 슬픈 거 아니야? 눈물이 난다", "sadness"),
    ("너무 슬픈 게 사실이다", "sadness"),
    ("행복해 보인다는 말을 들어서 기뻤다", "joy"),
    ("행복한 건 이런 날이다", "joy"),
    ("외로움이 사라지지 않는다", "loneliness"),
    ("외로움이 사라졌으면 좋겠다", "loneliness"),
    ("외로움이 다 사라진 건 아니다", "loneliness"),
    ("화가 풀리지 않는다", "anger"),
    ("안 슬픈 건 아니었다", "sadness"),
    ("너무 슬픈 게 아니라 정말 화가 난다", "anger"),
    ("불안한 마음이 가라앉지 않는다", "anxiety"),
    ("이렇게 행복할 줄 몰랐다", "joy"),
    ("너무 행복해서 꿈인 줄 알았다", "joy"),
    ("My anger is not gone", "anger"),
    ("I used to be scared, now I'm so happy", "joy"),
    ("I never thought I could be so happy", "joy"),
    ("I wish I wasn't so lonely", "loneliness"),
    ("I wish you were here, I am so lonely", "loneliness"),
    ("Everyone thinks I'm happy but I'm so sad", "sadness"),
    ("I just said I am sad", "sadness"),
    ("I was happy that she thinks well of me", "joy"),
]


@pytest.fixture(scope="module")
def model() -> Watched:
    return Watched(TextEmotion.load())


def test_the_lines_were_never_trained_on():
    assert not learned_from(text for text, *_ in NOT_FELT + FELT)


@pytest.mark.parametrize(("text", "name", "side"), NOT_FELT)
def test_what_is_not_felt_is_not_said_to_be(model, text, name, side):
    assert said_plainly(text) != name
    emotion = model.read(text)
    assert emotion.name != name, emotion.labels
    assert emotion.valence * side < 0.25


@pytest.mark.parametrize(("text", "name"), FELT)
def test_what_stands_close_by_is_still_read(model, text, name):
    assert name in {label.name for label in model.read(text).labels[:3]}, model.read(text).labels


@pytest.mark.parametrize(
    ("text", "words"),
    [("너무 행복한 건 아니야", "행복한 건 아니야"), ("이제 외로움이 사라졌다", "외로움이 사라졌다"), ("I wish I was happy", "i wish i was happy")],
)  # fmt: skip
def test_the_reason_is_told_in_the_writers_own_words(model, text, words):
    emotion = model.read(text)
    assert words in emotion.why
    assert all(why in text.lower() for why in emotion.why)


@pytest.mark.parametrize(
    "text",
    ["화가가 사라졌다", "그 화가가 없어졌다", "죽는 줄 알았다", "누가 한 건 아니고", "내가 너무 지쳐 보였다", "기분이 좋아 보였다", "네가 행복했으면 좋겠다"],
)  # fmt: skip
def test_what_only_looks_like_it_is_left_as_it_is(text):
    assert plainly_put(tidy(text)).text == tidy(text)


def test_a_very_long_line_costs_no_more_than_its_length():
    import time

    lines = [
        "너무 행복한 건 " * 2_000,
        "동생이 너무 " * 3_000,
        "i wish i was so so " * 1_000,
        "외로움이 " * 4_000,
        "가" * 20_000,
    ]
    begun_s = time.process_time()
    for line in lines:
        plainly_put(line)
    assert time.process_time() - begun_s < 30.0, "a pattern that runs away takes minutes"
