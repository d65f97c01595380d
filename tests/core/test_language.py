"""The script tells the language."""

from __future__ import annotations

import pytest

from core.emotion.language import guess_language


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
