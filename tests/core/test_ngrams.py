"""Lines are cut so that spacing, stretched letters and negation come out as a reader means them."""

from __future__ import annotations

import numpy as np
import pytest

from core.emotion.ngrams import grams, sentences, tidy, units


def alike(a: str, b: str) -> float:
    first, second = set(grams(tidy(a)).tolist()), set(grams(tidy(b)).tolist())
    return len(first & second) / len(first | second)


def test_spacing_errors_change_little():
    assert alike("오늘 기분이 너무 좋았다", "오늘기분이너무좋았다") > 0.8


def test_stretched_letters_are_one():
    assert tidy("sooooo goooood!!!!!! ㅠㅠㅠㅠㅠ") == "soo good!! ㅠㅠ"


def test_a_negated_word_shares_no_spelling_with_the_word():
    assert alike("happy", "not happy") < 0.05
    assert alike("행복", "안 행복") < 0.05
    assert alike("좋지", "좋지 않다") < 0.05


def test_two_negations_give_the_word_back():
    plain, twice = set(grams("좋지").tolist()), set(grams("안 좋지 않았다").tolist())
    assert plain <= twice
    assert not plain <= set(grams("좋지 않았다").tolist())


@pytest.mark.parametrize("line", ["걱정이 없다", "걱정 없이 지낸다", "걱정이 하나도 없다", "걱정이 사라졌다"])
def test_a_burden_that_is_gone_is_turned(line):
    assert not set(grams("걱정").tolist()) & set(grams(line).tolist())


@pytest.mark.parametrize("line", ["힘이 없다", "친구가 없다", "걱정이 많고 돈이 없다", "고민하다가 힘이 없다"])
def test_what_is_missed_is_not(line):
    assert set(grams(line.split()[0]).tolist()) <= set(grams(line).tolist())


def test_not_only_is_no_negation():
    assert set(grams("happy").tolist()) <= set(grams("not only happy").tolist())


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("아침엔 울었지만 저녁엔 웃었다", ["아침엔 울었지만", "저녁엔 웃었다"]),
        ("It rained. But then the sun came out", ["It rained.", "But then the sun came out"]),
        ("좋았다.싫었다", ["좋았다", "싫었다"]),
        ("하나\n\n둘", ["하나", "둘"]),
        ("!!!", ["!!!"]),
        ("", []),
    ],
)
def test_sentences_end_where_the_day_turns(text, parts):
    assert [part.strip() for part in sentences(text)] == parts


def test_units_keep_a_negation_with_its_word():
    assert units("오늘은 안 좋았다, 기쁘지 않았다") == ["오늘은", "안 좋았다", "기쁘지 않았다"]
    assert units("I am not happy") == ["I", "am", "not happy"]


def test_hashes_are_stable():
    # The weights hold these numbers: another way of hashing would make them meaningless.
    assert grams("좋다").tolist() == [564148945, 2451242955, 2582806622, 2594253549, 3359925974, 3555718882]
    assert grams("좋다").dtype == np.uint32
