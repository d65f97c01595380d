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


@pytest.mark.parametrize(
    "words",
    ["괜찮아", "저는 괜찮아요", "난괜찮아", "이제 정말 괜찮아요", "나 괜찮아 진짜", "아니 괜찮아", "네, 괜찮아요", "어 괜찮아 ㅋㅋ", "괜찮아여ㅎㅎ",
     "아 오해예요", "오해였어요 죄송해요", "오해하셨어요", "오해하신 것 같아요", "아니에요 오해예요", "이건 오해예요", "그게 농담이었어요", "장난친 거예요 미안",
     "괜찮아요 그런 뜻 아니었어요", "괜찮아요 그런 거 아니에요", "그런 뜻으로 한 말 아니에요", "홧김에 한 말이에요", "그냥 해본 소리야", "노래 가사예요",
     "걱정하지 마세요 괜찮아요", "걱정 마 안나야", "말이 심했네요 미안해요", "별일 아니에요", "아냐 괜찮아", "제 걱정 하지 마세요", "아까 한 말 취소할게요", "아니 농담 이었어", "농담일 뿐이에요",
     "I'm ok, I didn't mean it", "im fine lol", "I’m okay now", "I am not suicidal", "oh no, that was just a bad joke", "sorry, you misunderstood me",
     "yeah I'm fine", "I'm fine tbh", "no no, I'm okay, really", "I was just venting", "not going to do anything"],
)  # fmt: skip
def test_so_is_what_stands_beside_small_words(words: str) -> None:
    assert takes_back(words)


@pytest.mark.parametrize(
    "words",
    ["난 괜찮아 다 준비했어", "저 괜찮아요 안녕", "걱정마 안 아파", "걱정 마 금방이야", "i'm ok. did it", "I'm okay, everything is ready",
     "괜찮아 다 했어", "괜찮아요 이제 약 먹었어", "괜찮아 약", "괜찮아 끝", "난 이제 괜찮아 결심했어", "괜찮아요 됐어요", "괜찮아 잘 있어", "괜찮아 고마웠어", "괜찮아 고마워 미안해",
     "걱정마 안 무서워", "걱정마약먹었어", "괜찮아 다들 고마워", "괜찮아요 👋", "괜찮아 아니야", "다 한 말이에요", "진심으로 한 말이에요", "농담 아님", "농담 아냐",
     "농담이야 진짜 죽을게", "오해하지 마 약", "오해예요?", "나 없어도 괜찮아", "네어나는그런", "오늘 밤이면 괜찮아", "오해하지 말고 잘 지내", "괜찮아 ㅂㅂ", "괜찮아 어제 샀어", "걱정 안 해도 돼 다 끝이야", "그 말 취소 안 해", "내 걱정 말고 잘 살아",
     "i'm good, it's done", "I'm fine, took them", "i'm safe now bye", "i'm good now. ready", "I'm okay now, it will stop", "I'm good to go", "I'm okay with it",
     "don't worry about me anymore", "don't worry mom", "i'm fine, end it", "I'm ok, I did", "im ok od", "I'm fine. sorry. thank you", "I'm fine 💊", "I'm all right on the roof"],
)  # fmt: skip
def test_whatever_else_is_said_it_is_an_entry(words: str) -> None:
    assert not takes_back(words)
