"""Somebody writes a line in the other language: Anna answers in it, and everything around her words stays as they set it."""

from __future__ import annotations

import re

import pytest

from core import service
from core.emotion.language import guess_language
from core.entities import Kind, Purpose
from core.settings import Engines
from tests.fakes.in_process import Chat
from tests.fakes.voices import Voice

ENGINES = Engines(painter="instant", composer="instant", commenter="embedded")
OTHER = {"ko": "en", "en": "ko"}
LINES = {
    "ko": "오늘은 친구랑 오래 걸으면서 많이 웃었다. 정말 행복했다",
    "en": "I walked for hours with my friend today and we laughed a lot. I was so happy.",
}
TALK = {"ko": "그런데 내일이 조금 걱정돼", "en": "But I'm a bit worried about tomorrow"}
NODS = {"ko": "응", "en": "yes"}
AROUND = {
    "ko": ("아니, 나는…", "다시 그리기", "그림과 음악, 글은 AI가 만들었어요."),
    "en": ("No, I felt…", "Paint it again", "were made by AI."),
}


@pytest.fixture(params=["ko", "en"])
async def chat(tmp_path, request):
    """A diary in that language, of somebody who is known; what is said aloud is heard by `chat.voice`."""
    voice = Voice()
    chat = await Chat.of_a_friend(tmp_path, request.param, engines=ENGINES, speaker=voice)
    chat.voice = voice
    yield chat
    await chat.close()


def answer(chat):
    return next(reply for reply in reversed(chat.screen.replies()) if reply.picture)


def her_words(chat):
    """Of the newest answer; the guess and the rest stand below them."""
    return answer(chat).text.split("\n\n")[0]


def without_name(text):
    return text.replace("지우", "")


async def test_the_answer_is_in_the_language_of_the_line_and_all_around_it_in_that_of_the_diary(chat):
    diary, other = chat.language, OTHER[chat.language]
    await chat.says(LINES[other])
    said = without_name(her_words(chat))
    assert guess_language(said) == other and bool(re.search("[가-힣]", said)) == (other == "ko")
    around = chat.reads()
    assert all(words in around for words in AROUND[diary]) and not any(words in around for words in AROUND[other])
    assert guess_language(answer(chat).picture_alt) == diary
    await chat.says(LINES[diary])
    assert guess_language(without_name(her_words(chat))) == diary
    assert (await chat.person()).language == diary


@pytest.mark.parametrize("line", ["😭😭", "OK 👍", "김치 and Netflix", "오늘 meeting, so tired"])
async def test_what_is_in_neither_is_answered_as_the_diary_is_set(chat, line):
    await chat.says(line)
    assert (
        guess_language(re.sub("김치|meeting|Netflix|OK|so tired|오늘", "", without_name(her_words(chat))))
        == chat.language
    )


async def test_talk_goes_on_in_the_language_that_they_talk_in(chat):
    other = OTHER[chat.language]
    await chat.says(LINES[chat.language])
    answered = next(shown for shown, reply in chat.screen.shown.items() if reply.picture)
    for line in (TALK[other], NODS[other]):
        await chat.says(line, reply_to=answered)
        assert guess_language(without_name(chat.screen.replies()[-1].text)) == other, line
    await chat.says(TALK[chat.language], reply_to=answered)
    assert guess_language(without_name(chat.screen.replies()[-1].text)) == chat.language


async def test_she_reads_aloud_in_the_language_that_she_wrote_in(chat):
    await chat.says(LINES[OTHER[chat.language]])
    await chat.presses("🔊")
    assert [language for _text, language, _outside in chat.voice.said] == [OTHER[chat.language]]


async def test_a_line_that_is_rewritten_in_the_other_language_is_answered_in_that(chat):
    other = OTHER[chat.language]
    message_id = await chat.says(LINES[chat.language])
    await chat.says(LINES[other], kind=Kind.EDIT, target=message_id)
    for label in ("다시 읽", "Read it again"):
        if label in chat.reads():
            await chat.presses(label)
    assert guess_language(without_name(her_words(chat))) == other


class Writer:
    """Writes down what it is asked."""

    name = "writer"

    def __init__(self):
        self.asked = []

    async def write(self, system, turns, *, temperature, max_chars):
        self.asked.append(system)
        return "…"


async def test_a_language_model_is_asked_for_the_same(chat):
    writer, other = Writer(), OTHER[chat.language]
    commenter = service.service().workshop.commenter
    commenter.writer, commenter.settings = writer, commenter.settings.model_copy(update={"engines": Engines()})
    await chat.house.store.set_consent((await chat.person()).id, Purpose.CLOUD, True)
    await chat.says(LINES[other])
    assert f"Write in {'Korean' if other == 'ko' else 'English'}" in writer.asked[0]
