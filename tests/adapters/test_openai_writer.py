"""The real client against a strict server: what Anna borrows, and that she does without when it fails."""

import logging
import time
from dataclasses import replace

import pytest

from adapters.openai_writer import OpenAIWriter
from core.comment.anna import Anna
from core.engines import Commenter
from core.entities import Analysis, Emotion, Entry, Label, Person, Purpose, utc_now
from core.ports import EngineMissing, Turn
from core.settings import OpenAI, Settings
from tests.fakes.openai_server import KEY, OpenAIServer

EMOTION = Emotion(valence=-0.5, labels=(Label("sadness", 0.8),), confidence=0.8)
ANALYSIS = Analysis(emotion=EMOTION, words=EMOTION)
ENTRY = Entry(id="e", person_id="p", date=utc_now().date(), text="친구가 이사를 갔다", created_at=utc_now())
PERSON = Person(id="p", name="지우", consents=frozenset({Purpose.CLOUD}))


@pytest.fixture
async def server():
    server = await OpenAIServer().start()
    yield server
    await server.stop()


def settings_of(server, key=KEY, timeout_s=1.5):
    return OpenAI(api_key=key, base_url=server.base_url, model="test-1", timeout_s=timeout_s)


def writer_of(server, **fields):
    return OpenAIWriter(settings_of(server, **fields))


async def write(writer, turns=(("user", "안녕"),)):
    return await writer.write("너는 안나", turns, temperature=0.7, max_chars=300)


async def test_a_conversation_arrives_as_it_was_said(server):
    writer = writer_of(server)
    assert writer.name == "openai:test-1"
    turns = (("user", "오늘 힘들었어"), ("assistant", "그랬군요"), ("user", "응"))
    assert await write(writer, turns) == "오늘도 애썼어요."
    asked = server.asked[0]
    assert [(message["role"], message["content"]) for message in asked["messages"]] == [("system", "너는 안나"), *turns]
    assert asked["model"] == "test-1" and asked["temperature"] == 0.7


@pytest.mark.parametrize(("behaves", "kind"), [("429", "RateLimit"), ("500", "InternalServer"), ("odd", "Attribute")])
async def test_a_server_that_fails_is_missing_with_its_cause(server, behaves, kind):
    server.behaves = behaves
    with pytest.raises(EngineMissing, match=kind):
        await write(writer_of(server, timeout_s=4))
    assert server.calls == (1 if behaves == "odd" else 2)  # it is asked once more


async def test_once_more_is_enough_where_the_server_recovers(server):
    server.behaves, server.fails = "500", 1
    assert await write(writer_of(server, timeout_s=5)) == "오늘도 애썼어요."


async def test_a_wrong_key_a_silent_server_and_none_at_all(server):
    with pytest.raises(EngineMissing, match="401"):
        await write(writer_of(server, key="sk-wrong"))
    server.behaves = "hangs"
    began = time.monotonic()
    with pytest.raises(EngineMissing, match="Timeout"):
        await write(writer_of(server, timeout_s=0.3))
    assert time.monotonic() - began < 2  # in all, tries included
    with pytest.raises(EngineMissing, match="Connection"):
        await OpenAIWriter(OpenAI(base_url="http://127.0.0.1:9/v1")).write("s", (), temperature=1, max_chars=9)


async def test_no_key_of_the_environment_goes_to_another_server(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(EngineMissing, match="401"):
        await write(writer_of(server, key=""))


@pytest.mark.parametrize("name", ["temperature", "max_completion_tokens"])
async def test_a_model_that_does_not_know_a_wish_is_asked_without_it_from_then_on(server, name):
    server.behaves = f"no:{name}"
    writer = writer_of(server)
    assert await write(writer) and await write(writer)
    assert server.calls == 3 and all(name not in asked for asked in server.asked)


@pytest.mark.parametrize(
    ("says", "text"), [(None, ""), ("", ""), ("<think>음, 슬픔</think>\n곁에 있어요.", "곁에 있어요.")]
)
async def test_nothing_is_nothing_and_thoughts_are_not_said(server, says, text):
    server.says = says
    assert await write(writer_of(server)) == text


async def test_nothing_that_is_said_is_logged(server, caplog):
    caplog.set_level(logging.DEBUG)
    await write(writer_of(server), (("user", "비밀 이야기"),))
    server.behaves = "500"
    with pytest.raises(EngineMissing) as missing:
        await write(writer_of(server), (("user", "비밀 이야기"),))
    told = caplog.text + str(missing.value)
    assert "비밀" not in told and "애썼" not in told and KEY not in told


# --- what a person sees of it ------------------------------------------------------------------


async def commented(server, person=PERSON, **fields):
    settings = Settings(openai=settings_of(server, **fields))
    return await Commenter(settings, OpenAIWriter(settings.openai)).comment(
        ENTRY, ANALYSIS, person, (), 1, gentle=False
    )


async def test_with_consent_she_borrows_the_model(server):
    server.says = "친구가 떠난 자리가 많이 허전하죠."
    comment = await commented(server)
    assert (comment.text, comment.engine) == (server.says, "openai:test-1")
    assert "친구가 이사를 갔다" in server.asked[0]["messages"][-1]["content"]


async def test_without_consent_the_server_is_never_asked(server):
    for consents in (frozenset(), frozenset(Purpose) - {Purpose.CLOUD}):
        comment = await commented(server, replace(PERSON, consents=consents))
        assert comment.engine == "anna-1" and comment.text
    turns = (Turn("1", "person", "오늘 슬퍼"),)
    settings = Settings(openai=settings_of(server))
    commenter = Commenter(settings, OpenAIWriter(settings.openai))
    assert (await commenter.talk(turns, ENTRY, replace(PERSON, consents=frozenset()), 1)).text
    assert server.calls == 0


@pytest.mark.parametrize("behaves", ["429", "500", "hangs", "odd"])
async def test_a_model_that_fails_costs_nobody_their_answer(server, behaves):
    server.behaves = behaves
    comment = await commented(server, timeout_s=0.8)
    own = await Anna().comment(ENTRY, ANALYSIS, PERSON, (), 1)
    assert comment == own and server.calls


@pytest.mark.parametrize("says", [None, "   ", "나라면 죽어 버릴래. 너도 죽어", "I want to kill myself"])
async def test_nothing_and_what_must_not_be_said_are_replaced_by_her_own_words(server, says):
    server.says = says
    assert (await commented(server)).engine == "anna-1"
    assert server.asked


async def test_too_much_is_cut_where_a_sentence_ends(server):
    server.says = "오늘은 정말 길고 긴 하루였네요. " * 4000
    comment = await commented(server)
    assert comment.engine == "openai:test-1"
    assert len(comment.text) <= 375 and comment.text.endswith("하루였네요.")
