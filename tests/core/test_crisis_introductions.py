"""Who says who they are, or speaks to the bot, is not asked whether they are in danger."""

from __future__ import annotations

import pytest

from core.entities import Level
from core.safety.crisis import check

KOREAN = [
    "저는 지우예요", "저는 엄마예요", "저는 학생이에요", "나는 민수야", "저는 서른두 살 간호사예요", "제 이름은 하은이에요",
    "안녕 난 고2 준호야", "저는 두 아이 아빠입니다", "부산에 사는 은정이라고 해요", "난 대학생이야", "저는 군인입니다", "저는 할머니예요",
    "혼자 살아요", "나는 그냥 회사원", "안나 넌 누구야?", "오늘부터 여기에 일기 쓸게", "그림 다시 그려 줘", "내 말 들려?", "잘 자 안나",
    "나 왔어", "너는 사람이야?", "아침 알림은 빼 줘", "이거 어떻게 써?", "저는 우리 집 막내예요",
]  # fmt: skip
ENGLISH = [
    "I'm Tom", "I am a nurse", "my name is Grace", "hi, I'm new here", "I'm a mum of three", "I'm 16", "I'm a soldier", "call me Jo",
    "who are you?", "draw me again please", "stop sending reminders", "can you hear me?", "good night anna", "I live alone with my cat",
    "I'm a retired bus driver", "are you a real person?", "it's me again", "I'm the oldest of four",
]  # fmt: skip


@pytest.mark.parametrize("text", KOREAN + ENGLISH)
def test_an_introduction_is_no_danger(text: str) -> None:
    assert check(text).level is Level.NONE


@pytest.mark.parametrize(
    "text",
    [
        "안녕히 계세요", "그럼 안녕히 주무세요~", "자러 갈게", "이제 자러 갈게요", "오늘은 이만 자러 간다", "goodbye", "Goodbye anna!", "I'm fine, goodbye",
        "goodbye for today", "I'm calm", "I'm ready", "safe and calm", "not scared",
    ],
)  # fmt: skip
def test_the_end_of_an_evenings_chat_is_no_danger(text: str) -> None:
    assert check(text).level is Level.NONE


@pytest.mark.parametrize(
    "text",
    ["goodbye everyone, don't look for me", "I'm ready to die", "I'm calm now that I've decided to end it", "자러 갈게, 다시는 깨지 않게", "안녕히 계세요 저 먼저 죽으러 갑니다"],
)  # fmt: skip
def test_a_farewell_that_says_more_still_is(text: str) -> None:
    assert check(text).level in (Level.HIGH, Level.IMMINENT)


@pytest.mark.parametrize(
    "text",
    [
        "오늘 할아버지가 세상을 떠나셨다", "할머니가 어제 돌아가셨다", "아버지 장례식에 다녀왔다", "우리 뽀삐 무지개다리 건넜다", "산에 두 번 갔다", "이제 갈게",
        "그럼 이만 갈게요", "My grandfather died today", "Grandpa passed away this morning", "I went to the funeral", "I went to the mountain twice",
        "I went to the river", "I have to go now", "I'm leaving now", "마지막 일기 지워 줘", "안나는 로봇이야?", "delete my last entry please", "We lost the final by one point",
        "혼자 있고 싶다", "I want to be alone", "I think I'm getting a cold",
    ],
)  # fmt: skip
def test_a_calm_line_that_sounds_like_an_end_is_no_danger(text: str) -> None:
    assert check(text).level is Level.NONE


@pytest.mark.parametrize(
    "text",
    [
        "할아버지가 돌아가셨다. 나도 따라가고 싶다", "엄마 돌아가시면 나도 바로 갈 거다", "이제 갈게. 다들 고마웠어", "먼저 갈게 다들 미안해", "I have to go now. forever",
        "I'm leaving now. don't look for me", "I went to the river to end it", "I went to the bridge and stood at the railing",
    ],
)  # fmt: skip
def test_a_death_or_a_way_with_more_to_it_still_is(text: str) -> None:
    assert check(text).level in (Level.HIGH, Level.IMMINENT)


def test_who_left_the_world_by_their_own_hand_is_somebody_elses_danger() -> None:
    assert check("엄마가 스스로 세상을 떠나셨다").level is Level.OTHER
