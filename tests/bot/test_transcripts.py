"""What was heard in a voice note is shown first: kept, mended or thrown away, and never left hanging."""

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from bot import answering, journey
from core import listening, service
from core.entities import Kind, Level, Purpose, utc_now
from core.ports import NotFound
from core.settings import Speech
from core.suspects import Deadly
from tests.fakes.in_process import Chat
from tests.fakes.voices import Ear, spoken_note

HEARD = "이렇게 들었어요."
KEPT = "이렇게 담았어요."
DROPPED = "들은 말을 버렸어요"


async def opened(folder, ear=None, **settings):
    chat = await Chat.of_a_friend(folder, transcriber=ear or Ear())
    speech = Speech(transcriber="faster-whisper", **settings)
    chat.house.settings = chat.house.settings.model_copy(update={"speech": speech})
    return chat


@pytest.fixture
async def ear():
    return Ear()


@pytest.fixture
async def chat(tmp_path, ear):
    chat = await opened(tmp_path, ear)
    yield chat
    await chat.close()


async def speaks(chat, text="", **fields):
    return await chat.says(text, attachments=(await chat.photo(spoken_note(), "audio/wav"),), **fields)


async def entry_of(chat):
    return await chat.house.store.latest_entry((await chat.person()).id)


def pictures(chat):
    return [reply for reply in chat.screen.replies() if reply.picture]


def card(chat, words="이렇게"):
    found = [shown_id for shown_id, reply in chat.screen.shown.items() if words in reply.text and not reply.withdrawn]
    return found[-1]


async def taps(chat, label):
    """Press the newest button with exactly these words."""
    for shown_id, reply in reversed(chat.screen.shown.items()):
        for button in (button for row in reply.buttons for button in row):
            if button.text == label and not reply.withdrawn:
                return await chat.press(button, shown_id)
    raise AssertionError(f"there is no button {label!r}")


# --- shown, and kept ---------------------------------------------------------------------------


async def test_the_words_are_shown_and_nothing_is_made_of_them_yet(chat):
    await speaks(chat)
    assert HEARD in chat.reads() and "“오늘 바다에 갔어”" in chat.reads() and "5분" in chat.reads()
    assert "[담기]  [고치기]  [버리기]" in chat.reads()
    assert not pictures(chat) and not any(reply.progress for reply in chat.screen.replies())
    assert (await entry_of(chat)).text == ""
    line = (await chat.house.store.lines((await chat.person()).id))[0]
    assert "바다" not in line.summary  # nobody has said yet that it is so


async def test_kept_they_are_answered_and_the_card_says_so(chat, ear):
    await speaks(chat)
    await chat.presses("담기")
    entry = await entry_of(chat)
    assert entry.text == "오늘 바다에 갔어" and len(entry.media) == 1 and len(pictures(chat)) == 1
    assert KEPT in chat.reads() and HEARD not in chat.reads() and "[고치기]  [버리기]" in chat.reads()
    assert len(ear.heard) == 1  # it is not listened to twice
    analysis = await chat.house.store.analysis(entry.id)
    assert analysis.summary.startswith("오늘 바다에 갔어") and analysis.heard[0].media_id == entry.media[0].media_id


async def test_pressed_twice_and_a_month_later_it_is_kept_once(chat):
    await speaks(chat)
    button, shown_id = chat.screen.shown[card(chat)].buttons[0][0], card(chat)
    await chat.press(button, shown_id)
    before = chat.reads()
    for after_s in (1, 86_400 * 30):
        await chat.press(button, shown_id, after_s=after_s)
        await chat.settle_due()
    assert chat.reads() == before and (await entry_of(chat)).revision == 2


async def test_without_a_press_they_are_kept_as_heard(chat):
    await speaks(chat)
    await chat.wait(minutes=4)
    assert HEARD in chat.reads() and not pictures(chat)
    await chat.wait(minutes=2)
    assert KEPT in chat.reads() and len(pictures(chat)) == 1
    assert (await entry_of(chat)).text == "오늘 바다에 갔어" and not chat.waiting


async def test_kept_once_though_the_step_runs_again(chat):
    await speaks(chat)
    (making, (message_id, _at)), *_ = chat.waiting.items()
    chat.at += timedelta(minutes=6)
    for _ in range(2):
        await answering.kept_as_heard(making, message_id)
    entry = await entry_of(chat)
    assert entry.revision == 2 and [part.text for part in entry.parts if part.text] == ["오늘 바다에 갔어"]


async def test_the_next_entry_settles_it(chat, ear):
    await speaks(chat)
    ear.words = "두 번째"
    await speaks(chat, after_s=30)
    assert KEPT in chat.reads() and HEARD in chat.reads() and len(pictures(chat)) == 1
    await chat.says("이건 글로 쓴 하루", after_s=30)
    assert HEARD not in chat.reads() and len(pictures(chat)) == 3
    lines = await chat.house.store.lines((await chat.person()).id)
    assert sorted(line.summary for line in lines) == ["두 번째", "오늘 바다에 갔어", "이건 글로 쓴 하루"]
    before = chat.reads()
    await chat.wait(minutes=10)
    assert chat.reads() == before


async def test_with_words_or_a_photo_beside_it_is_shown_too(chat):
    image = await chat.photo(b"\xff\xd8\xff", "image/jpeg")
    note = await chat.photo(spoken_note(), "audio/wav")
    await chat.says("사진이랑", attachments=(image, note))
    assert HEARD in chat.reads() and not pictures(chat)
    await chat.presses("담기")
    entry = await entry_of(chat)
    assert entry.text == "사진이랑\n오늘 바다에 갔어" and len(pictures(chat)) == 1


async def test_who_wants_it_kept_right_away_sees_what_was_heard_all_the_same(chat):
    await chat.says("/anna")
    await chat.presses("들은 말")
    await chat.presses("바로 담기")
    await speaks(chat)
    assert KEPT in chat.reads() and len(pictures(chat)) == 1 and not chat.waiting
    await chat.presses("버리기")
    assert DROPPED in chat.reads() and not pictures(chat)


async def test_words_that_join_it_are_shown_with_it(chat, ear):
    await speaks(chat)
    await chat.says("그리고 국수도 먹었다", after_s=3)
    assert len(ear.heard) == 1 and chat.reads().count(HEARD) == 1
    await chat.presses("담기")
    assert (await entry_of(chat)).text == "그리고 국수도 먹었다\n오늘 바다에 갔어"
    before = chat.reads()
    await chat.wait(minutes=10)
    assert chat.reads() == before and len(pictures(chat)) == 1


# --- mended ------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["next line", "reply"])
async def test_other_words_take_its_place(chat, how):
    await speaks(chat)
    if how == "reply":
        await chat.says("오늘 바닥에 갔어", reply_to=card(chat))
    else:
        await taps(chat, "고치기")
        assert "이제 보내시는 글로 바꿔 담을게요" in chat.reads()
        await chat.says("오늘 바닥에 갔어", after_s=200)
    entry = await entry_of(chat)
    assert entry.text == "오늘 바닥에 갔어" and len(entry.media) == 1 and not entry.spoken
    assert "“오늘 바닥에 갔어”" in chat.reads() and "이제 보내시는" not in chat.reads()
    assert len(pictures(chat)) == 1 and (await chat.person()).awaiting == ""
    await chat.says("이건 다른 하루")
    assert await chat.house.store.entry_count((await chat.person()).id) == 2


async def test_it_can_be_mended_after_it_was_kept_and_once_more(chat):
    await speaks(chat)
    await chat.presses("담기")
    for words in ("하나", "둘"):
        await taps(chat, "고치기")
        written = await chat.says(words)
        assert (await entry_of(chat)).text == words and len(pictures(chat)) == 1
    assert f"“{words}”" in chat.reads()
    message = await chat.house.store.message_at("web", "me", written)
    before = chat.reads()
    await chat.steps(message)  # after a crash
    assert chat.reads() == before and await chat.house.store.entry_count((await chat.person()).id) == 1


async def test_while_somebody_mends_it_is_not_kept_behind_their_back(chat):
    await speaks(chat)
    await taps(chat, "고치기")
    await chat.wait(minutes=20)
    assert not pictures(chat)
    await chat.presses("그대로 둘래요")
    assert "이제 보내시는" not in chat.reads()
    await chat.wait(minutes=6)
    assert (await entry_of(chat)).text == "오늘 바다에 갔어" and len(pictures(chat)) == 1


async def test_who_forgets_to_mend_is_not_waited_for(chat):
    await speaks(chat)
    await taps(chat, "고치기")
    for _ in range(14):
        await chat.wait(minutes=5)
    assert (await entry_of(chat)).text == "오늘 바다에 갔어" and len(pictures(chat)) == 1
    await chat.says("두 시간 뒤의 이야기", after_s=3600)
    assert await chat.house.store.entry_count((await chat.person()).id) == 2


async def test_said_again_the_new_recording_takes_its_place(chat, ear):
    await speaks(chat)
    await taps(chat, "고치기")
    ear.words = "오늘 바닥에 갔어"
    await speaks(chat)
    assert chat.reads().count(HEARD) == 1 and "바닥에" in chat.reads() and "바다에" not in chat.reads()
    await chat.presses("담기")
    entry = await entry_of(chat)
    assert entry.text == "오늘 바닥에 갔어" and len(entry.media) == 1
    assert await chat.house.store.entry_count((await chat.person()).id) == 1


async def test_editing_the_right_words_mends_them(chat):
    await speaks(chat)
    await taps(chat, "고치기")
    written = await chat.says("오늘 바닥에 갔어")
    await chat.says("오늘 바닷가에 갔어", kind=Kind.EDIT, target=written)
    entry = await entry_of(chat)
    assert entry.text == "오늘 바닷가에 갔어" and not entry.spoken


# --- thrown away -------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", [False, True])
async def test_thrown_away_it_is_gone_and_comes_back_within_a_day(chat, kept):
    await speaks(chat)
    if kept:
        await chat.presses("담기")
    for _ in range(2):
        await chat.presses("버리기")
        assert DROPPED in chat.reads() and "바다에" not in chat.reads() and not pictures(chat)
        assert await entry_of(chat) is None
        await taps(chat, "되돌리기")
        assert (KEPT if kept else HEARD) in chat.reads() and DROPPED not in chat.reads()
    if not kept:
        await chat.presses("담기")
    assert (await entry_of(chat)).text == "오늘 바다에 갔어" and len(pictures(chat)) == 1
    await chat.wait(days=2)
    assert (await entry_of(chat)).text == "오늘 바다에 갔어"
    await chat.house.media.get((await entry_of(chat)).media[0].media_id)


@pytest.mark.parametrize("words", ["", "글도 있다"])
@pytest.mark.parametrize("kept", [False, True])
async def test_after_a_day_nothing_of_it_is_left(chat, words, kept):
    await speaks(chat, words)
    entry = await entry_of(chat)
    if kept:
        await chat.presses("담기")
    await chat.presses("버리기")
    assert len(pictures(chat)) == bool(words)
    await chat.wait(days=2)
    assert ("완전히 지웠어요" in chat.reads()) is bool(words) and DROPPED not in chat.reads()
    with pytest.raises(NotFound):
        await chat.house.media.get(entry.media[0].media_id)
    versions = await chat.house.store.versions(entry.id)
    assert bool(versions) is bool(words) and "바다" not in str(versions)
    analyses = [await chat.house.store.analysis(entry.id, revision) for revision in (1, 2, 3)]
    assert "바다" not in str([one.heard for one in analyses if one]) + str([one.transcript for one in analyses if one])
    if words:
        assert (await entry_of(chat)).text == words


async def test_thrown_away_twice_and_after_delete_nothing_breaks(chat):
    await speaks(chat)
    shown_id = card(chat)
    keep, mend, drop = chat.screen.shown[shown_id].buttons[0]
    await chat.press(drop, shown_id)
    await chat.press(drop, shown_id)
    await chat.press(keep, shown_id)
    assert await entry_of(chat) is None and not pictures(chat)
    await taps(chat, "되돌리기")
    entry = await entry_of(chat)
    await chat.house.store.purge_entry(entry.id)
    for button in (keep, mend, drop):
        await chat.press(button, shown_id)
    await chat.wait(days=3)
    assert not pictures(chat) and (await chat.person()).awaiting == ""


def test_its_buttons_fit_every_platform(chat):
    from bot import callback

    for what in ("keep", "mend", "drop", "undo", "stay"):
        assert len(callback.pack(b"x", "01m7z3dhb4t2kgxk0c16", "heard", what, "01m7z3dhb4t2kgxk0c16", "999")) <= 64


# --- danger ------------------------------------------------------------------------------------


async def test_danger_is_answered_before_anything_is_shown(tmp_path):
    chat = await opened(tmp_path, Ear("이제 정말 죽고 싶어"))
    await speaks(chat)
    assert "109" in chat.reads() and HEARD not in chat.reads() and not pictures(chat)
    entry = await entry_of(chat)
    assert entry.level is Level.HIGH and entry.text == "이제 정말 죽고 싶어"  # kept, as what is typed
    await chat.wait(minutes=30)
    assert not pictures(chat)
    await chat.close()


async def test_danger_in_the_right_words_is_answered_too(chat):
    await speaks(chat)
    await taps(chat, "고치기")
    await chat.says("사실은 이제 정말 죽고 싶어")
    assert "109" in chat.reads()
    await chat.wait(minutes=90)
    assert not pictures(chat)  # its words are kept, and nothing cheerful is made of them
    await chat.says("잘 자고 일어났다", after_s=86_400)
    assert (await entry_of(chat)).text == "잘 자고 일어났다"


# --- listened to later -------------------------------------------------------------------------


async def catches_up(chat, ear=None):
    """A core starts that has an ear; returns the makings it told the bot of."""
    served, told = service.service(), []
    speech = chat.house.settings.speech.model_copy(update={"late_every_s": 0.001})
    settings = chat.house.settings.model_copy(update={"speech": speech})
    served.workshop = replace(served.workshop, transcriber=ear or Ear(), settings=settings)

    async def job(making):
        found = await listening.listened(served, making)
        if found == listening.NEWS:
            told.append(making)
            await journey._unless_gone(answering.show_late, False, making)
        return found != listening.AWAY

    await listening.catch_up(served, job)
    return told


@pytest.fixture
async def deaf(tmp_path):
    """A chat with nobody to listen, with a voice note that is of right now."""
    chat = await opened(tmp_path, Ear(missing=True))
    chat.at = utc_now() - timedelta(minutes=5)
    await speaks(chat)
    yield chat
    await chat.close()


LATE = "그때는 듣지 못했던"


async def test_what_nobody_heard_is_heard_once_somebody_can_listen(deaf):
    assert "지금은 음성을 글로 옮길 수 없어서" in deaf.reads()
    assert await catches_up(deaf, Ear(missing=True)) == [] and LATE not in deaf.reads()  # not yet
    assert len(await catches_up(deaf)) == 1
    assert LATE in deaf.reads() and "“오늘 바다에 갔어”" in deaf.reads() and not pictures(deaf)
    assert deaf.screen.shown[card(deaf, LATE)].quiet
    before = deaf.reads()
    assert await catches_up(deaf) == [] and deaf.reads() == before
    await deaf.presses("담기")
    assert (await entry_of(deaf)).text == "오늘 바다에 갔어" and len(pictures(deaf)) == 1
    assert KEPT in deaf.reads() and "지금은 음성을" not in deaf.reads()


class HardOfHearing(Ear):
    """Stumbles over the first recording each time, and hears every other one."""

    async def transcribe(self, audio, language, *, outside):
        if not self.heard:
            self.heard.append(outside)
            raise ValueError("what was that")
        return await super().transcribe(audio, language, outside=outside)


async def test_one_recording_that_can_not_be_heard_does_not_keep_the_next_from_it(deaf):
    await speaks(deaf, after_s=7200)
    deaf.at = utc_now() - timedelta(minutes=1)
    assert len(await catches_up(deaf, HardOfHearing())) == 1 and deaf.reads().count(LATE) == 1
    assert len(await catches_up(deaf)) == 1 and deaf.reads().count(LATE) == 2


async def test_one_that_was_given_up_is_told_once_and_kept(deaf, monkeypatch):
    @asynccontextmanager
    async def too_often():
        raise Deadly
        yield

    monkeypatch.setattr(service.service().suspects, "turn", too_often)
    assert len(await catches_up(deaf)) == 1 and deaf.reads().count("끝내 듣지 못했어요") == 1
    before = deaf.reads()
    assert await catches_up(deaf) == [] and deaf.reads() == before
    monkeypatch.undo()
    assert await catches_up(deaf) == [] and deaf.reads() == before
    entry = await entry_of(deaf)
    assert (await deaf.house.media.get(entry.media[0].media_id)).data == spoken_note()
    recording = next(line.message for line in await deaf.house.store.chat_log("web", deaf.account) if line.message)
    await deaf.says("바다에 다녀왔다", reply_to=recording.platform_message_id)
    assert (await entry_of(deaf)).text == "바다에 다녀왔다" and len(pictures(deaf)) == 1


async def test_it_is_kept_without_a_press_and_nothing_is_made_of_it(deaf):
    (making,) = await catches_up(deaf)
    await answering.keep_late(making)
    await answering.keep_late(making)
    entry = await entry_of(deaf)
    assert entry.text == "오늘 바다에 갔어" and entry.revision == 2 and not pictures(deaf) and KEPT in deaf.reads()


async def test_late_words_can_be_mended_and_thrown_away(deaf):
    await catches_up(deaf)
    await deaf.says("오늘 바닥에 갔어", reply_to=card(deaf, LATE))
    assert (await entry_of(deaf)).text == "오늘 바닥에 갔어" and len(pictures(deaf)) == 1
    await deaf.presses("버리기")
    assert await entry_of(deaf) is None and not pictures(deaf) and DROPPED in deaf.reads()


async def test_where_words_were_given_meanwhile_it_is_left_alone(deaf):
    await deaf.says("바다에 다녀왔다")
    ear, before = Ear(), deaf.reads()
    assert await catches_up(deaf, ear) == [] and not ear.heard and deaf.reads() == before


@pytest.mark.parametrize("beside", ["words", "photo"])
async def test_a_recording_beside_words_or_a_photo_is_found_again_too(tmp_path, beside):
    chat = await opened(tmp_path, Ear(missing=True))
    chat.at = utc_now() - timedelta(minutes=5)
    note = await chat.photo(spoken_note(), "audio/wav")
    files = (note,) if beside == "words" else (await chat.photo(b"\xff\xd8\xff", "image/jpeg"), note)
    await chat.says("글도 있다" if beside == "words" else "", attachments=files)
    assert len(pictures(chat)) == 1
    assert len(await catches_up(chat)) == 1 and LATE in chat.reads()
    await chat.presses("담기")
    assert "오늘 바다에 갔어" in (await entry_of(chat)).text and len(pictures(chat)) == 1
    await chat.close()


async def test_only_with_consent_where_it_leaves_the_machine_and_not_what_is_old(deaf):
    ear = Ear()
    ear.outside = True
    assert await catches_up(deaf, ear) == [] and not ear.heard
    await deaf.house.store.set_consent((await deaf.person()).id, Purpose.CLOUD, True)
    assert await deaf.house.store.unheard(utc_now() + timedelta(minutes=1)) == []
    assert len(await catches_up(deaf, ear)) == 1 and ear.heard == [True]


async def test_many_are_found_in_order_page_by_page(deaf):
    for _ in range(4):
        await speaks(deaf, after_s=7200)
    since, found = utc_now() - timedelta(days=1), []
    while page := await deaf.house.store.unheard(since, found[-1] if found else "", limit=2):
        found += page
    assert len(found) == 5 == len(set(found)) and found == sorted(found)
    await deaf.house.store.purge_entry(found[0].partition(".")[0])
    assert sorted(await catches_up(deaf)) == found[1:]


async def test_danger_in_it_is_answered_and_those_in_a_bad_way_are_left_alone(deaf):
    (making,) = await catches_up(deaf, Ear("이제 정말 죽고 싶어"))
    assert "109" in deaf.reads() and LATE not in deaf.reads()
    assert (await deaf.house.store.entry(making.partition(".")[0])).level is Level.HIGH
    await speaks(deaf)
    assert await catches_up(deaf) == []


# --- too long for one message ------------------------------------------------------------------

LONG = " ".join(f"{n}번째 바다에서는 조개를 주웠어." for n in range(200))


@pytest.fixture
async def at_length(tmp_path):
    """Somebody who speaks for minutes, in a chat that holds as much in a message as Discord does."""
    chat = await opened(tmp_path, Ear(LONG))
    chat.screen.limits = replace(chat.screen.limits, text_chars=1800, caption_chars=1800)
    await speaks(chat)
    assert sum("조개" in reply.text for reply in chat.screen.replies()) == 3
    yield chat
    await chat.close()


async def test_a_long_note_is_kept_by_itself(at_length):
    await at_length.wait(minutes=6)
    assert (await entry_of(at_length)).text == LONG and len(pictures(at_length)) == 1
    assert KEPT in at_length.reads() and HEARD not in at_length.reads()


async def test_a_long_note_is_kept_by_a_press(at_length):
    await taps(at_length, "담기")
    assert (await entry_of(at_length)).text == LONG and len(pictures(at_length)) == 1
    assert KEPT in at_length.reads() and HEARD not in at_length.reads()


async def test_a_long_note_is_thrown_away_brought_back_and_thrown_away_for_good(at_length):
    await taps(at_length, "버리기")
    assert DROPPED in at_length.reads() and "조개" not in at_length.reads()
    await at_length.presses("되돌리기")
    assert HEARD in at_length.reads() and at_length.reads().count("199번째") == 1
    await taps(at_length, "버리기")
    assert DROPPED in at_length.reads() and "조개" not in at_length.reads()
    await at_length.wait(hours=25)
    assert "조개" not in at_length.reads() and not pictures(at_length)
    assert await at_length.house.store.entry_count((await at_length.person()).id) == 0


async def test_a_reply_to_the_beginning_of_a_long_note_is_what_it_should_say(at_length):
    beginning = next(key for key, reply in at_length.screen.shown.items() if HEARD in reply.text)
    await at_length.says("바다에서 조개를 주웠다", reply_to=beginning)
    assert (await entry_of(at_length)).text == "바다에서 조개를 주웠다" and len(pictures(at_length)) == 1
    assert "199번째" not in at_length.reads()
