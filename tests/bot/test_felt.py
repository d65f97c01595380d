"""One tap says what was really felt: kept with our guess, counted, taken to heart, and known to Anna afterwards."""

import io
import json
import zipfile
from datetime import timedelta

import pytest

from adapters.sql_codec import pack, place
from adapters.sql_schema import corrections
from core.entities import EMOTIONS, Felt, Level, WorkKind
from core.ports import JoinCode
from core.settings import Engines
from tests.bot.test_conversation import introduced
from tests.fakes.in_process import Chat

READING = Engines(painter="instant", composer="instant", commenter="embedded")
GLAD = "오늘 친구들이랑 바다에 가서 실컷 놀았다 정말 행복했다"


@pytest.fixture
async def chat(tmp_path):
    chat = await Chat.open(tmp_path, engines=READING)
    await introduced(chat)
    yield chat
    await chat.close()


async def newest(chat):
    return await chat.house.store.latest_entry((await chat.person()).id)


async def felt(chat, name="지침"):
    await chat.presses("아니, 나는")
    await chat.presses(name)


async def test_the_guess_stays_beside_what_was_felt(chat):
    await chat.says(GLAD)
    entry = await newest(chat)
    guess = (await chat.house.store.analysis(entry.id)).emotion
    await felt(chat)
    await felt(chat, "외로움")  # another word on second thought: the guess is still the one that they saw
    kept = (await chat.house.store.kept_of(entry.id)).felt
    assert kept == Felt("loneliness", guess.labels, guess.confidence, guess.name)
    assert [one.name for one in await chat.house.store.felt(entry.person_id)] == ["loneliness"]


async def test_only_what_was_looked_at_counts(chat):
    person = await chat.person()
    for n in range(5):
        await chat.says(f"{GLAD} {n}")
        await chat.presses("🖍️")  # a star: they saw it, and let the guess be
    await chat.says(f"{GLAD} 그리고")  # nothing said, nothing rated
    assert {(one.name, one.shown, one.said) for one in await chat.house.store.felt(person.id)} == {
        ("joy", "joy", False)
    }
    await chat.says(GLAD)
    await felt(chat)
    for command in ("/profile", "/history"):
        await chat.says(command)
        assert "맞힌 마음: 최근 6번 중 5번" in chat.screen.replies()[-1].text


async def test_nothing_is_counted_before_there_is_something_to_count(chat):
    await chat.says(GLAD)
    await felt(chat)
    await chat.says("/profile")
    assert "맞힌 마음" not in chat.screen.replies()[-1].text


async def test_what_they_keep_saying_becomes_the_guess(chat):
    for n in range(8):
        await chat.says(f"{GLAD} {n}")
        guess = (await chat.house.store.analysis((await newest(chat)).id)).emotion
        if n < 2:
            assert guess.name == "joy"  # one slip, and nothing changes
        await felt(chat, "평온")
    await chat.says(f"{GLAD} 마지막")
    analysis = await chat.house.store.analysis((await newest(chat)).id)
    assert analysis.emotion.name == "calm" and analysis.plain.name == "joy" and analysis.words.name == "joy"
    assert "느껴진 마음: 평온" in chat.screen.replies()[-2].text
    assert (await chat.house.store.lines((await chat.person()).id))[0].emotion == "calm"


async def test_what_goes_takes_its_lesson_along(chat):
    for n in range(8):
        await chat.says(f"{GLAD} {n}")
        await felt(chat, "평온")
    person = await chat.person()
    for entry_id in await chat.house.store.every_entry(person.id):
        await chat.house.store.purge_entry(entry_id)
    assert list(await chat.house.store.felt(person.id)) == []
    await chat.says(GLAD)
    assert (await chat.house.store.analysis((await newest(chat)).id)).emotion.name == "joy"


@pytest.mark.parametrize("level", [level for level in Level if level is not Level.NONE])
async def test_nothing_is_learned_from_an_entry_that_worried_us(chat, level):
    """Neither from what they said they felt nor from what they rated; while it worried nobody it counted."""
    await chat.says(GLAD)
    await felt(chat, "평온")
    await chat.says(f"{GLAD} 또")
    await chat.presses("🖍️")
    store, person = chat.house.store, await chat.person()
    assert len(await store.felt(person.id)) == 2
    written = [await store.entry(entry_id) for entry_id in await store.every_entry(person.id)]
    for entry in written:
        await store.save_entry(entry.revised(level=level))
    assert list(await store.felt(person.id)) == []
    assert [await store.correction(entry.id) for entry in written[-2:]] == ["calm", ""]  # their word stays with it
    await chat.says(GLAD)
    await felt(chat, "평온")
    assert [one.name for one in await store.felt(person.id)] == ["calm"]


async def test_painted_again_it_is_their_word_that_is_painted(chat):
    await chat.says(GLAD)
    await felt(chat, "외로움")
    await chat.presses("다시 그리기")
    await chat.presses("글과 음악까지")
    entry = await newest(chat)
    analysis = await chat.house.store.analysis(entry.id, entry.revision)
    assert (analysis.emotion.name, analysis.emotion.confidence, analysis.told) == ("loneliness", 1.0, "loneliness")
    comment = await chat.house.store.latest_work(entry.id, WorkKind.COMMENT)
    assert comment.revision == entry.revision == 2
    assert "외로움" in comment.text
    assert [one.shown for one in await chat.house.store.felt(entry.person_id)] == ["joy"]  # still: that was our guess


async def test_anna_talks_of_what_they_said_they_felt(chat):
    await chat.says(GLAD)
    await felt(chat, "외로움")
    thanks = next(one for one, reply in chat.screen.shown.items() if "외로움으로 적어" in reply.text)
    await chat.says("집에 오는 길이 길더라", reply_to=thanks)
    answer = chat.screen.replies()[-1].text
    assert "외로움" in answer
    await chat.says("그냥 그랬어", reply_to=list(chat.screen.shown)[-1])
    assert "외로움" not in chat.screen.replies()[-1].text  # once is enough


async def test_calendar_and_month_show_their_word(chat, monkeypatch):
    from core.painting import month

    drawn = []
    real = month.month_picture
    monkeypatch.setattr(
        month,
        "month_picture",
        lambda first, days, *rest, **more: (drawn.append(days), real(first, days, *rest, **more))[1],
    )
    await chat.says(GLAD)
    await felt(chat, "외로움")
    await chat.says("/calendar")
    page = chat.screen.replies()[-1]
    assert "외로움" in page.text
    assert any("loneliness" in cell.emotions for cell in drawn[-1].values())


async def test_it_goes_along_into_another_diary_and_into_the_export(chat):
    await chat.says(GLAD)
    await felt(chat, "외로움")
    person = await chat.person()
    guest_id = person.id
    store = chat.house.store
    host = await store.person_of("web", "host", language="ko")
    await store.add_join_code(JoinCode(host.id, "web", "host"), "code", chat.at + timedelta(hours=1))
    joined = await store.join("web", chat.account, "code", "m", chat.at)
    assert joined.id == host.id != guest_id
    assert [one.name for one in await store.felt(host.id)] == ["loneliness"]
    await chat.says("/export")
    document = next(reply for reply in reversed(chat.screen.replies()) if reply.document)
    data = (await chat.house.media.get(document.document)).data
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        about = json.loads(packed.read("person.json"))
        entries = [json.loads(packed.read(name)) for name in packed.namelist() if name.endswith("entry.json")]
    assert about["guesses"]["of_yours_instead_of_ours"] == {"joy": {"loneliness": 1.0}}
    told = next(entry for entry in entries if entry["corrected_emotion"])
    assert told["guess_then"]["shown"] == "joy" and told["guess_then"]["name"] in EMOTIONS


async def test_what_the_first_houses_kept_is_still_known(chat):
    """They kept the name alone."""
    await chat.says(GLAD)
    await felt(chat, "외로움")
    entry, store = await newest(chat), chat.house.store
    async with store.db.write() as connection:
        box = await store._box(connection, entry.person_id)
        old = pack(box, place(corrections, entry.id, "body"), "sadness")
        await connection.execute(corrections.update().values(body=old))
    assert await store.correction(entry.id) == "sadness"
    assert list(await store.felt(entry.person_id)) == [Felt("sadness")]
    await felt(chat, "슬픔")
    assert (await store.kept_of(entry.id)).felt == Felt("sadness")


async def test_all_may_be_made_anew_by_what_was_felt(chat):
    await chat.says(GLAD)
    entry = await newest(chat)
    await felt(chat)
    await chat.presses("이 마음으로 다시 만들기")
    await chat.presses("이 마음으로 다시 만들기")
    assert (await newest(chat)).revision == entry.revision + 1
    answer = [reply for reply in chat.screen.replies() if reply.picture][-1]
    assert "알려 주신 마음: 지침" in answer.text
