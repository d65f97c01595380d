"""Words that take a crisis line back, and words that only sound like it."""

from __future__ import annotations

import pytest

from core.safety.denial import takes_back


@pytest.mark.parametrize(
    "words",
    ["오해예요", "그냥 한 말이에요", "농담이야 미안", "나 괜찮아", "이제 괜찮아졌어요", "걱정 마세요", "죽고 싶은 건 아니에요",
     "I'm fine, really", "I did not mean it, just kidding", "it was a joke, sorry", "false alarm lol", "don't worry about me"],
)  # fmt: skip
def test_a_misunderstanding_is_taken_back(words: str) -> None:
    assert takes_back(words)


@pytest.mark.parametrize(
    "words",
    ["농담 반 진담 반", "괜찮아?", "괜찮을까요?", "괜찮지는 않아", "괜찮진 않아요", "걱정 마 곧 끝나", "걱정하지 마 다 끝났어",
     "괜찮아 먼저 갈게", "농담 아니야", "don't worry, it's over soon", "I'm fine, goodbye", "don't worry, I'll be gone",
     "I'm okay?", "I ain't fine", "isn't ok", "half joking"],
)  # fmt: skip
def test_what_only_sounds_like_it_is_not(words: str) -> None:
    assert not takes_back(words)
