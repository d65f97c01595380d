"""The conversation as a person has it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.entities import Kind, Purpose, Step
from core.ports import NotFound
from tests.fakes.in_process import as_text


async def introduced(chat, name="지우"):
    """Through the first conversation."""
    await chat.says("오늘 처음 써 본다")
    await chat.presses("글과 사진 간직하기")
    await chat.presses("이대로 계속")
    await chat.says(name)
    await chat.presses("건너뛸게요")
    return await chat.person()


async def test_the_first_line_is_answered_before_anything_is_asked(chat):
    await chat.says("오늘 강아지랑 놀았다")
    first, music, hello, consents = chat.screen.replies()
    assert first.picture and not first.progress
    assert music.audio
    assert "AI" in hello.text and "암호화" in hello.text
    assert [row[0].text for row in consents.buttons[:4]] == [
        "⬜ 글과 사진 간직하기", "⬜ 사진 속 표정 읽기", "⬜ 답장·목소리에 외부 AI 쓰기", "⬜ 내 별점으로 그림 배우기",
    ]  # fmt: skip


async def test_consents_are_kept_shown_and_taken_back(chat):
    person = await introduced(chat)
    assert person.consents == {Purpose.STORING}
    assert (person.name, person.step) == ("지우", Step.DONE)
    await chat.says("/privacy")
    await chat.presses("사진 속 표정 읽기")
    await chat.presses("글과 사진 간직하기")
    assert (await chat.person()).consents == {Purpose.FACE}


async def test_a_name_that_is_a_day_is_a_diary_line(chat):
    await chat.says("첫 줄")
    await chat.presses("이대로 계속")
    await chat.says("오늘은 정말이지 너무너무 길고 힘든 하루였는데 그래도 저녁은 맛있었다")
    person = await chat.person()
    assert person.name == ""
    assert await chat.house.store.entry_count(person.id) == 2
    assert sum("뭐라고 부르면" in reply.text for reply in chat.screen.replies()) == 2
    await chat.says("지우")
    assert (await chat.person()).name == "지우"


async def test_a_second_line_within_five_seconds_joins_and_is_answered_anew(chat):
    person = await introduced(chat)
    before = await chat.house.store.entry_count(person.id)
    await chat.says("강아지랑 산책했다")
    answered = len([reply for reply in chat.screen.replies() if reply.picture])
    await chat.says("그런데 비가 왔다", after_s=3)
    assert await chat.house.store.entry_count(person.id) == before + 1
    entry = await chat.house.store.latest_entry(person.id)
    assert entry.text == "강아지랑 산책했다\n그런데 비가 왔다"
    assert len([reply for reply in chat.screen.replies() if reply.picture]) == answered
    await chat.says("저녁에는 갰다", after_s=6)
    assert await chat.house.store.entry_count(person.id) == before + 2


async def test_a_reply_to_ones_own_line_adds_and_a_reply_to_anna_talks(chat):
    person = await introduced(chat)
    line = await chat.says("시험을 봤다")
    answer_id, answer = list(chat.screen.shown.items())[-2]
    assert answer.picture
    await chat.says("망한 것 같다", reply_to=line)
    entry = await chat.house.store.latest_entry(person.id)
    assert entry.text == "시험을 봤다\n망한 것 같다"
    await chat.says("정말 그렇게 생각해?", reply_to=answer_id)
    turns = await chat.house.store.turns(person.id)
    assert [(turn.speaker, turn.entry_id) for turn in turns] == [("person", entry.id), ("anna", entry.id)]


async def test_backdating_by_command_by_picker_and_never_the_future(chat):
    person = await introduced(chat)
    today = chat.house.today(person)
    await chat.says("/yesterday 어제는 집에만 있었다")
    await chat.says("/yesterday 2026-01-05 첫눈이 왔다")
    await chat.says("/yesterday")
    label = [button.text for button in chat.screen.replies()[-1].buttons[0]][1]
    await chat.presses(label)
    await chat.says("그제는 바다에 갔다")
    days = {line.summary: line.date for line in await chat.house.store.lines(person.id)}
    assert days["어제는 집에만 있었다"] == today - timedelta(days=1)
    assert days["첫눈이 왔다"].isoformat() == "2026-01-05"
    assert days["그제는 바다에 갔다"] == today - timedelta(days=2)
    await chat.says("/yesterday 2999-01-01 미래")
    assert "아직 오지 않은 날" in chat.reads()


async def test_an_edit_keeps_the_old_wording_and_can_be_undone(chat):
    person = await introduced(chat)
    line = await chat.says("떡볶이를 먹었다")
    await chat.says("떡볶이와 순대를 먹었다", kind=Kind.EDIT, target=line)
    entry = await chat.house.store.latest_entry(person.id)
    assert entry.text == "떡볶이와 순대를 먹었다"
    assert [version.text for version in await chat.house.store.versions(entry.id)] == ["떡볶이를 먹었다", entry.text]
    pictures = len([reply for reply in chat.screen.replies() if reply.picture])
    await chat.presses("다시 읽기")
    assert len([reply for reply in chat.screen.replies() if reply.picture]) == pictures + 1
    await chat.says("떡볶이만 먹었다", kind=Kind.EDIT, target=line)
    await chat.presses("고치기 전으로")
    assert (await chat.house.store.latest_entry(person.id)).text == "떡볶이와 순대를 먹었다"


async def test_each_edit_is_confirmed_at_the_end_and_only_the_last_one_stands_there(chat):
    await introduced(chat)
    line = await chat.says("떡볶이를 먹었다")
    for n, text in enumerate(["순대를 먹었다", "김밥을 먹었다", "라면을 먹었다"]):
        await chat.says(f"그 사이의 글 {n}")
        await chat.says(text, kind=Kind.EDIT, target=line)
        assert "고친 글로" in as_text(chat.screen.replies()[-1])
    assert chat.reads().count("고친 글로") == 1
    seen = chat.reads()
    await chat.says("라면을 먹었다", kind=Kind.EDIT, target=line)  # a preview was added to it
    assert chat.reads() == seen
    await chat.presses("고치기 전으로")
    assert "고친 글로" not in chat.reads() and "되돌렸어요" in chat.reads()
    await chat.says("우동을 먹었다", kind=Kind.EDIT, target=line)
    assert "고친 글로" in as_text(chat.screen.replies()[-1])


async def test_ratings_change_count_once_and_show(chat):
    await introduced(chat)
    await chat.says("좋은 하루")
    answer_id, answer = list(chat.screen.shown.items())[-2]
    stars = answer.buttons[0]
    for star in (stars[4], stars[4], stars[1]):
        await chat.press(star, answer_id)
    shown = chat.screen.shown[answer_id].buttons[0]
    assert [button.text for button in shown] == ["🖍️ ★", "★", "☆", "☆", "☆"]
    person = await chat.person()
    entry = await chat.house.store.latest_entry(person.id)
    picture = next(work for work in await chat.house.store.works(entry.id) if work.kind == "picture")
    assert (await chat.house.store.rating(picture.id)).stars == 2


async def test_undo_takes_back_and_brings_back(chat):
    person = await introduced(chat)
    await chat.says("지울 글")
    before = await chat.house.store.entry_count(person.id)
    await chat.says("/undo")
    assert await chat.house.store.entry_count(person.id) == before - 1
    await chat.presses("되돌리기")
    assert await chat.house.store.entry_count(person.id) == before
    await chat.says("/help")
    await chat.says("/undo")
    assert "‘지울 글’" in chat.screen.replies()[-1].text  # at the end of the chat, not up there


async def test_one_tap_says_what_was_really_felt(chat):
    person = await introduced(chat)
    await chat.says("그냥 그런 날")
    await chat.presses("아니, 나는")
    await chat.presses("슬픔")
    entry = await chat.house.store.latest_entry(person.id)
    assert await chat.house.store.correction(entry.id) == "sadness"
    assert "알려 주신 마음: 슬픔" in chat.reads()
    assert (await chat.house.store.lines(person.id))[0].emotion == "sadness"


async def test_anna_is_set_with_buttons(chat):
    await introduced(chat)
    await chat.says("/anna")
    pages = len(chat.screen.replies())
    for label in (
        "말투", "장난스럽게", "담을 것", "공감", "위로", "공감", "돌아가기", "세기", "자유롭게", "길이", "길게",
    ):  # fmt: skip
        await chat.presses(label)
        shown = chat.screen.replies()[-1]
        assert len(shown.buttons) <= 5 and max(map(len, shown.buttons)) <= 5
    assert len(chat.screen.replies()) == pages  # all of it in one place
    assert "🗣 말투: 장난스럽게" in shown.text and "🧺 담을 것: 위로" in shown.text and "길게 (450자)" in shown.text
    anna = (await chat.person()).anna
    assert (anna.attitude, anna.composition, anna.intensity, anna.length) == ("playful", ("comfort",), "creative", 450)


async def test_every_command_answers_in_both_languages(chat):
    await introduced(chat)
    from bot.commands import all_commands

    for language in ("ko", "en"):
        await chat.house.store.save_person(replace(await chat.person(), language=language))
        for name in all_commands():
            before = chat.screen.sent
            edits = chat.reads()
            await chat.says(f"/{name}")
            assert chat.screen.sent > before or chat.reads() != edits, f"/{name} said nothing in {language}"
    await chat.says("/nonsense")
    assert "/help" in chat.screen.replies()[-1].text


async def test_looking_back_by_calendar_day_and_history(chat):
    await introduced(chat)
    for n in range(7):
        await chat.says(f"{n}번째 이야기")
    await chat.says("/calendar")
    month = chat.screen.replies()[-1]
    assert month.picture and "이야기" in month.text and "담담함" not in month.text  # a guess that unsure is told nobody
    await chat.presses("아니, 나는")
    await chat.presses("담담함")
    await chat.says("/calendar")
    assert "담담함 1" in chat.screen.replies()[-1].text
    day = str(chat.house.today(await chat.person()).day)
    await chat.presses(day)
    assert "1." in chat.screen.replies()[-1].text
    await chat.says("/history")
    assert "일기 8편" in chat.screen.replies()[-1].text
    await chat.presses("더 예전")
    await chat.presses("1")
    entry = next(reply for reply in reversed(chat.screen.replies()) if reply.picture)
    assert entry.text.startswith("📖")
    await chat.says("/calendar 2020-02")
    assert "비어 있어요" in chat.screen.replies()[-1].text


async def test_a_page_turns_in_place_and_comes_anew_when_asked_for(chat):
    await introduced(chat)
    for n in range(7):
        await chat.says(f"{n}번째 이야기")
    await chat.says("/history")
    await chat.presses("더 예전")
    assert sum("일기 8편" in reply.text for reply in chat.screen.replies()) == 1
    await chat.says("/history")
    assert "일기 8편" in chat.screen.replies()[-1].text
    assert sum("일기 8편" in reply.text for reply in chat.screen.replies()) == 2


async def test_deleting_an_entry_takes_its_thumbnail_from_every_month_shown(chat):
    person = await introduced(chat)
    await chat.says("곧 지울 글")
    await chat.says("/calendar")
    month = chat.screen.replies()[-1].picture
    await chat.says("/history")
    await chat.presses("1")
    await chat.presses("지우기")
    await chat.presses("지우기")
    assert not any(reply.picture == month for reply in chat.screen.replies())
    with pytest.raises(NotFound):
        await chat.house.media.get(month)
    assert all(line.summary != "곧 지울 글" for line in await chat.house.store.lines(person.id))


async def test_everything_is_deleted_and_one_can_begin_again(chat):
    person = await introduced(chat)
    await chat.says("비밀")
    await chat.says("/delete")
    await chat.presses("모두 지울게요")
    asked = chat.screen.replies()[-1]
    assert "글 2편" in asked.text and "남는 것" in asked.text
    assert await chat.house.store.entry_count(person.id) == 2
    await chat.presses("모두 지워")
    fresh = await chat.person()
    assert fresh.id != person.id and fresh.step is Step.NEW
    assert "모두 지웠어요" in chat.reads()
    await chat.says("다시 왔어요")
    assert await chat.house.store.entry_count(fresh.id) == 1


async def test_a_group_hears_an_invitation_and_no_entry(chat):
    await introduced(chat)
    person = await chat.person()
    before = await chat.house.store.entry_count(person.id)
    await chat.says("@anna 오늘 어땠어", private=False)
    assert "개인 메시지" in chat.reads()
    assert await chat.house.store.entry_count(person.id) == before


async def test_a_line_in_danger_gets_care_and_nothing_is_made(chat):
    person = await introduced(chat)
    pictures = len([reply for reply in chat.screen.replies() if reply.picture])
    await chat.says("이제 정말 죽고 싶다")
    care = chat.screen.replies()[-1]
    assert "109" in care.text
    assert any(button.url == "tel:109" for row in care.buttons for button in row)
    assert len([reply for reply in chat.screen.replies() if reply.picture]) == pictures
    entry = await chat.house.store.latest_entry(person.id)
    assert entry.text == "이제 정말 죽고 싶다" and entry.level == "high"
    await chat.says("/history")
    assert "죽고" not in chat.screen.replies()[-1].text


async def test_nothing_of_a_minute_ago_arrives_after_a_crisis_line(chat):
    """The core is slow: its comment was shown, picture and music are still being made when the crisis line comes."""
    from bot import answering, hearing
    from core import service

    await introduced(chat)
    shown = chat.screen.replies()
    happy = chat._message("m-happy", text="오늘 소풍을 갔다")
    await chat.house.store.keep_with(happy, lambda connection, person_id: None)
    await hearing.guard(happy)
    making = (await hearing.tell(happy))["making"]
    for stage in ("understand", "comment"):
        await service.do_stage(stage, making)
    assert await answering.understood(making, happy.id)
    assert await answering.deliver_more(await answering.answer_to(making, happy.id), 0)
    await chat.says("사는 게 지옥 같다. 죽고 싶다", after_s=20)
    for stage in ("picture", "music"):
        await service.do_stage(stage, making)
    assert not await answering.deliver_more(await answering.answer_to(making, happy.id), 1)
    fresh = [reply for reply in chat.screen.replies() if reply not in shown]
    assert not any(reply.picture or reply.audio or reply.progress for reply in fresh)
    assert any("109" in reply.text for reply in fresh)


async def test_an_edit_into_danger_gets_care_and_no_new_picture(chat):
    person = await introduced(chat)
    line = await chat.says("그냥 피곤한 날")
    count = await chat.house.store.entry_count(person.id)
    await chat.says("그냥 죽고 싶은 날", kind=Kind.EDIT, target=line)
    assert "109" in chat.screen.replies()[-1].text
    entry = await chat.house.store.latest_entry(person.id)
    assert (entry.text, entry.level, await chat.house.store.entry_count(person.id)) == (
        "그냥 죽고 싶은 날",
        "high",
        count,
    )


async def test_one_denial_does_not_end_it_and_the_follow_up_comes_once(chat):
    from bot import care

    person = await introduced(chat)
    await chat.says("사라지고 싶어. 죽고 싶다")
    await chat.presses("괜찮")
    assert await chat.house.store.safety_state(person.id) is not None
    state = await chat.house.store.safety_state(person.id)
    label = next(
        button.text
        for reply in reversed(chat.screen.replies())
        for row in reply.buttons
        for button in row
        if "내일" in button.text
    )
    await chat.presses(label)
    chat.at += timedelta(hours=40)  # past tomorrow's morning, whatever the hour is now
    sent = chat.screen.sent
    await care.follow_up(chat.house, await chat.person())
    await care.follow_up(chat.house, await chat.person())
    assert chat.screen.sent == sent + 1
    assert state.level == "high"


async def test_the_same_message_twice_is_one_entry_and_a_step_run_twice_says_the_same(chat):
    person = await introduced(chat)
    line = await chat.says("두 번 온 글")
    count, sent = await chat.house.store.entry_count(person.id), chat.screen.sent
    message = await chat.house.store.message_at("web", "me", line)
    assert not await chat.hears(replace(message, id="0" * 20))
    await chat.steps(message)
    assert (await chat.house.store.entry_count(person.id), chat.screen.sent) == (count, sent)


@pytest.mark.parametrize("press", ["", "nonsense", "1rate|x|5~AAAAAAAA", "9zzz~12345678"])
async def test_an_unknown_button_gets_a_kind_word(chat, press):
    await introduced(chat)
    await chat.says("", kind=Kind.PRESS, press=press, target="nothing")
    assert "이제 쓸 수 없어요" in chat.reads()


async def test_an_old_button_of_a_deleted_entry_is_told_so(chat):
    await introduced(chat)
    await chat.says("곧 지울 글")
    answer_id, answer = list(chat.screen.shown.items())[-2]
    person = await chat.person()
    entry = await chat.house.store.latest_entry(person.id)
    await chat.house.store.purge_entry(entry.id)
    await chat.press(answer.buttons[0][4], answer_id, after_s=40 * 24 * 3600)
    assert "E-" in chat.reads()


@pytest.mark.parametrize(
    ("text", "kept"), [("", 0), ("   \n ", 0), ("😭😭😭", 1), ("가" * 20_000, 1), ("\u200b\ud7ff e\u0301", 1)]
)
async def test_odd_lines_are_kept_or_kindly_refused(chat, text, kept):
    person = await introduced(chat)
    before = await chat.house.store.entry_count(person.id)
    await chat.says(text)
    assert await chat.house.store.entry_count(person.id) == before + kept
    assert chat.screen.replies()[-1].text


async def test_a_clock_that_jumps_back_joins_nothing_and_loses_nothing(chat):
    person = await introduced(chat)
    before = await chat.house.store.entry_count(person.id)
    await chat.says("지금")
    await chat.says("두 시간 전으로 돌아간 시계", after_s=-7200)
    await chat.says("다시 지금", after_s=7300)
    assert await chat.house.store.entry_count(person.id) == before + 3


async def test_a_list_names_each_day_once_and_a_wordless_one_too(chat):
    await introduced(chat)
    photo = await chat.photo(b"\xff\xd8\xff\xe0" + b"0" * 40)
    await chat.says("", attachments=(photo,))
    await chat.says("저녁에 걸었다")
    await chat.says("/history")
    lines = chat.screen.replies()[-1].text.splitlines()[1:4]
    assert ["일 (" in line for line in lines] == [True, False, False]
    assert lines[1].endswith("글 없이 남긴 하루")


@pytest.mark.parametrize(("words", "said"), [("", False), ("오늘 걸었다", True)])
async def test_only_who_wrote_words_is_told_that_they_are_kept(chat, words, said):
    await introduced(chat)
    await chat.says(words, refused="intake.empty")
    refusal = next(reply.text for reply in chat.screen.replies() if "파일이 비어" in reply.text)
    assert ("함께 적은 글은 잘 간직해 뒀어요" in refusal) is said and "있다면" not in refusal
