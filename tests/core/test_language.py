"""The script tells the language."""

from __future__ import annotations

import pytest

from core.emotion.language import guess_language, language_to_answer


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("오늘은 비가 왔다", "ko"),
        ("It rained today", "en"),
        ("오늘 Starbucks에서 Jennifer랑 커피 마셨다", "ko"),
        ("I learned the word 눈치 today and I like it", "en"),
        ("ㅋㅋㅋ", "ko"),
        ("ok ㅠㅠ", "ko"),
        ("café", "en"),
    ],
)
def test_the_script_tells(text, language):
    assert guess_language(text) == language


def test_no_letters_take_the_default():
    assert guess_language("😭 123 !!") == "en"
    assert guess_language("", default="ko") == "ko"


@pytest.mark.parametrize(
    "text",
    [
        "Today was long and I just want to sleep.",
        "I'm sad",
        "so tired ㅠㅠ",
        "Rainy Monday. Slept late.",
        "Had 삼겹살 with 민지 and it was great",
        "I learned the word 눈치 today",
        "it’s fine, I guess 😅",
    ],
)
def test_a_line_that_is_clearly_english_is_answered_so(text):
    assert language_to_answer(text, "ko") == language_to_answer(text, "en") == "en"


@pytest.mark.parametrize(
    "text",
    [
        "오늘은 너무 피곤했다",
        "너무 힘들어",
        "오늘 Starbucks에서 Jennifer랑 커피 마셨다",
        "오늘 Zoom meeting 했다",
        "오늘 본 영화는 The Shape of Water 였다",
    ],
)
def test_a_line_that_is_clearly_korean_is_answered_so(text):
    assert language_to_answer(text, "ko") == language_to_answer(text, "en") == "ko"


@pytest.mark.parametrize(
    "text",
    [
        "", "😭😭", "ㅋㅋㅋ", "123 !!", "OK", "Netflix", "김치", "lol ㅋㅋ", "오늘 To do list 정리", "오늘 meeting, so tired",
        "work was awful. 진짜 힘들었다", "The Shape of Water 봤다", "今日は疲れた", "Сегодня я очень устал", "Je suis fatigué",
    ],
)  # fmt: skip
@pytest.mark.parametrize("diary", ["ko", "en"])
def test_anything_else_stays_with_the_diary(text, diary):
    assert language_to_answer(text, diary) == diary
