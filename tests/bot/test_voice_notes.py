"""Voice notes and Anna's voice, as a person meets them."""

import asyncio
import logging
from dataclasses import replace

import pytest

from bot import answers
from core import service, stages
from core.entities import Purpose, StageState
from core.ports import NotFound
from tests.core.test_voice import longer_webm
from tests.fakes.in_process import Chat
from tests.fakes.voices import Ear, Voice, silent_note, spoken_note

KEPT = "지금은 음성을 글로 옮길 수 없어서"
SILENT = "말소리를 찾지 못했어요"


@pytest.fixture
async def chat(tmp_path):
    chat = await Chat.of_a_friend(tmp_path)
    yield chat
    await chat.close()


async def speaks(chat, text="", data=None, **fields):
    note = await chat.photo(spoken_note() if data is None else data, "audio/wav")
    return await chat.says(text, attachments=(note,), **fields)


async def latest(chat):
    return await chat.house.store.latest_entry((await chat.person()).id)


async def pictures(chat):
    return [reply for reply in chat.screen.replies() if reply.picture]


# --- a voice note and nobody to listen ---------------------------------------------------------


async def test_a_voice_note_alone_is_kept_and_words_are_asked_for(chat, caplog):
    await speaks(chat)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]  # nothing is wrong
    assert KEPT in chat.reads() and not await pictures(chat)
    assert not any(reply.progress for reply in chat.screen.replies())
    entry = await latest(chat)
    assert (await chat.house.media.get(entry.media[0].media_id)).data == spoken_note()


@pytest.mark.parametrize("after_s", [3, 120, 3500])
async def test_words_that_follow_join_it_and_are_answered(chat, after_s):
    await speaks(chat)
    await chat.says("바다에 다녀왔다", after_s=after_s)
    entry = await latest(chat)
    assert entry.text == "바다에 다녀왔다" and len(entry.media) == 1
    assert await chat.house.store.entry_count((await chat.person()).id) == 1
    assert len(await pictures(chat)) == 1 and KEPT not in chat.reads()
    await chat.says("저녁은 국수", after_s=60)  # asked once, answered once: this is another entry
    assert (await latest(chat)).text == "저녁은 국수"
    assert (await chat.person()).awaiting == ""


@pytest.mark.parametrize("to_whom", ["to their note", "to Anna"])
async def test_a_reply_with_words_joins_it_even_the_next_day(chat, to_whom):
    note = await speaks(chat)
    asked = next(shown_id for shown_id, reply in chat.screen.shown.items() if KEPT in reply.text)
    await chat.says("바다에 다녀왔다", after_s=86_400, reply_to=note if to_whom == "to their note" else asked)
    assert (await latest(chat)).text == "바다에 다녀왔다"
    assert await chat.house.store.entry_count((await chat.person()).id) == 1
    assert len(await pictures(chat)) == 1 and (await chat.person()).awaiting == ""


async def test_a_line_much_later_is_a_day_of_its_own(chat):
    await speaks(chat)
    await chat.says("이튿날의 이야기", after_s=7200)
    assert await chat.house.store.entry_count((await chat.person()).id) == 2
    assert len(await pictures(chat)) == 1 and KEPT in chat.reads()


async def test_a_name_that_was_asked_for_is_still_a_name(chat):
    await chat.house.store.save_person(replace(await chat.person(), name="", awaiting="name"))
    await speaks(chat)
    await chat.says("지우")
    assert (await chat.person()).name == "지우" and (await latest(chat)).text == ""


async def test_a_note_beside_words_or_a_photo_needs_no_ear(chat):
    await speaks(chat, "바다에 갔다")
    assert len(await pictures(chat)) == 1 and KEPT not in chat.reads()
    image = await chat.photo(b"\xff\xd8\xff", "image/jpeg")
    note = await chat.photo(spoken_note(), "audio/wav")
    await chat.says("", attachments=(image, note))
    assert len(await pictures(chat)) == 2 and KEPT not in chat.reads()


async def test_a_note_that_was_once_kept_as_a_film_is_heard(tmp_path):
    """Longer ones of the web chat were, by mistake, and went unheard and unguarded."""
    chat = await Chat.of_a_friend(tmp_path, transcriber=Ear("오늘 바다에 갔어"))
    await chat.says("", attachments=(await chat.photo(longer_webm(), "video/webm"),))
    analysis = await chat.house.store.analysis((await latest(chat)).id)
    assert [one.words for one in analysis.heard] == ["오늘 바다에 갔어"]
    await chat.close()


async def test_silence_is_told_kindly(chat):
    for _ in range(2):  # once more, and nothing changes
        await speaks(chat, data=silent_note())
        assert SILENT in chat.reads() and not await pictures(chat)


@pytest.mark.parametrize("ear", [None, Ear()])
@pytest.mark.parametrize(
    ("note", "told"),
    [
        (lambda: b"OggS is all there is of it", "열리지 않았어요"),
        (lambda: spoken_note(6 * 60), "너무 길어서 한 번에 다 듣지는 못해요"),
        (lambda: spoken_note()[:44], "열리지 않았어요"),
    ],
    ids=["broken", "six minutes", "empty"],
)
async def test_what_cant_be_listened_to_is_kept_and_told_why(tmp_path, note, told, ear):
    data = note()
    chat = await Chat.of_a_friend(tmp_path, transcriber=ear)
    await speaks(chat, data=data)
    assert told in chat.reads() and not await pictures(chat) and (ear is None or not ear.heard)
    assert (await chat.house.media.get((await latest(chat)).media[0].media_id)).data == data
    await chat.says("바다에 다녀왔다")
    assert (
        len(await pictures(chat)) == 1 and (await latest(chat)).text == "바다에 다녀왔다" and told not in chat.reads()
    )
    await chat.close()


async def test_a_step_that_runs_again_says_the_same(chat):
    note = await speaks(chat)
    before = chat.reads()
    await chat.steps(await chat.house.store.message_at("web", "me", note))
    assert chat.reads() == before


# --- with an ear -------------------------------------------------------------------------------


async def test_an_ear_hears_and_only_with_consent_outside(tmp_path):
    ear = Ear()
    chat = await Chat.of_a_friend(tmp_path, transcriber=ear)
    await speaks(chat)
    assert ear.heard == [False]
    await chat.house.store.set_consent((await chat.person()).id, Purpose.CLOUD, True)
    await speaks(chat)
    assert ear.heard == [False, True]
    await speaks(chat, data=silent_note())
    assert len(ear.heard) == 2 and SILENT in chat.reads()  # out of silence it would make up words
    await chat.close()


async def test_danger_that_is_spoken_is_answered_with_care(tmp_path):
    chat = await Chat.of_a_friend(tmp_path, transcriber=Ear("이제 정말 죽고 싶어"))
    await speaks(chat)
    assert "109" in chat.reads() and not await pictures(chat)
    await chat.close()


@pytest.mark.parametrize(("ear", "told"), [(Ear(missing=True), KEPT), (Ear(words=" "), SILENT)])
async def test_an_ear_that_is_away_or_finds_no_words_is_as_none(tmp_path, ear, told):
    chat = await Chat.of_a_friend(tmp_path, transcriber=ear)
    await speaks(chat)
    assert told in chat.reads() and ear.heard
    await speaks(chat, "그래도 글이 있다")
    assert len(await pictures(chat)) == 1
    await chat.close()


# --- Anna's voice ------------------------------------------------------------------------------


def voices_of(chat):
    return [reply for reply in chat.screen.replies() if reply.audio_title == "안나의 목소리"]


async def test_a_press_lets_her_read_and_the_second_needs_no_engine(tmp_path):
    voice = Voice()
    chat = await Chat.of_a_friend(tmp_path, speaker=voice)
    await chat.says("바다에 갔다")
    await chat.presses("들려주기")
    comment = (await chat.house.store.works((await latest(chat)).id))[0]
    assert voice.said == [(comment.text, "ko", False)]
    assert (await chat.house.media.get(voices_of(chat)[0].audio)).data == b"ID3" + comment.text.encode()
    await chat.presses("들려주기")
    assert len(voice.said) == 1 and len(voices_of(chat)) == 2
    media_id = voices_of(chat)[0].audio
    await chat.house.store.purge_entry((await latest(chat)).id)
    with pytest.raises(NotFound):
        await chat.house.media.get(media_id)
    await chat.close()


async def test_asked_for_twice_at_once_she_speaks_once(tmp_path):
    voice = Voice()
    chat = await Chat.of_a_friend(tmp_path, speaker=voice)
    await chat.says("바다에 갔다")
    comment = next(work for work in await chat.house.store.works((await latest(chat)).id) if work.kind == "comment")
    await asyncio.gather(*(stages.speak(service.service(), f"{comment.id}.{n}") for n in range(4)))
    assert len(voice.said) == 1
    await stages.speak(service.service(), "gone.1")  # deleted meanwhile: nothing happens
    await chat.close()


@pytest.mark.parametrize("voice", [None, Voice(missing=True)])
async def test_without_a_voice_a_press_is_told_so_and_the_words_stay(tmp_path, voice):
    chat = await Chat.of_a_friend(tmp_path, speaker=voice)
    await chat.says("바다에 갔다")
    before = (await pictures(chat))[0]
    await chat.presses("들려주기")
    told = chat.screen.replies()[-1]
    assert "목소리가 나오지 않아요" in told.text and "E-" in told.text
    assert (await pictures(chat))[0] == before
    if voice is not None:
        voice.missing = False
        await chat.presses("들려주기")
        assert len(voices_of(chat)) == 1
    await chat.close()


@pytest.mark.parametrize(("label", "written"), [("글과 목소리", True), ("목소리로", False)])
async def test_who_wants_to_hear_her_hears_her_after_every_answer(tmp_path, label, written):
    voice = Voice()
    chat = await Chat.of_a_friend(tmp_path, speaker=voice)
    await chat.house.store.set_consent((await chat.person()).id, Purpose.CLOUD, True)
    await chat.says("/anna")
    await chat.presses("글과 목소리")
    await chat.presses(label)
    await chat.says("바다에 갔다")
    text = voice.said[0][0]
    assert len(voices_of(chat)) == 1 and voice.said[0][2]
    assert (text in (await pictures(chat))[0].text) is written
    voice.missing = True
    await chat.says("산에 갔다")
    assert len(voices_of(chat)) == 1 and voice.said[1][0] in (await pictures(chat))[1].text  # silently text
    assert "목소리가 나오지 않아요" not in chat.reads()
    await chat.close()


async def test_what_was_stopped_before_she_spoke_is_read(tmp_path):
    chat = await Chat.of_a_friend(tmp_path, speaker=Voice())
    person = await chat.person()
    await chat.house.store.save_person(replace(person, anna=replace(person.anna, voice="voice")))
    await chat.says("바다에 갔다")
    entry, store = await latest(chat), chat.house.store
    comment = next(work for work in await store.works(entry.id) if work.kind == "comment")
    assert comment.text not in (await pictures(chat))[0].text
    await store.set_stage(entry.id, 1, "music", StageState.CANCELLED)
    shown = await answers.answer_replies(
        chat.house, await chat.person(), f"{entry.id}.1", await store.stages(entry.id, 1)
    )
    assert comment.text in shown[0][1].text
    await chat.close()


async def test_a_house_without_a_voice_shows_no_button(chat):
    speech = chat.house.settings.speech.model_copy(update={"speaker": "none"})
    chat.house.settings = chat.house.settings.model_copy(update={"speech": speech})
    await chat.says("바다에 갔다")
    await chat.says("/anna")
    assert "들려주기" not in chat.reads() and "글과 목소리]" not in chat.reads()
