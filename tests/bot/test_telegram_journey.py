"""What a person sees who keeps their diary in Telegram, from the first line on."""

from __future__ import annotations

from pathlib import Path

from core.entities import Kind
from tests.fakes.telegram_house import until

FACE = (Path(__file__).resolve().parents[1] / "core" / "data" / "astronaut.jpg").read_bytes()


async def test_the_first_evening(server, house):
    someone = server.person(7)
    await someone.starts()
    [hello] = await someone.wait_shown(1)
    assert "안나예요" in hello.text
    await someone.photo(FACE, "오늘 강아지랑 산책했다")
    await house.quiet(2)
    hello, main, music, about, consents = someone.shown
    assert main.photo and "AI가 만들었어요" in main.text and "▰" not in main.text
    assert music.audio and music.performer == "Emoseum" and music.title and music.text.startswith("🎵")
    assert music.cover
    assert "정식으로 인사할게요" in about.text
    press = await someone.presses(consents.message_id, "⬜ 사진 속 표정 읽기")
    await someone.answer_to(press)
    await house.quiet(3)
    assert "✅ 사진 속 표정 읽기" in someone.message(consents.message_id).labels()
    await someone.presses(consents.message_id, "이대로 계속할게요")
    await house.quiet(4)
    await someone.says("지우")
    await house.quiet(5)
    assert "지우님, 반가워요" in someone.shown[-1].text


async def test_one_entry_is_one_message_that_grows(server, house):
    someone = server.person(7)
    await someone.says("오늘 강아지랑 산책했다")
    await house.quiet(1)
    main = someone.shown[0]
    assert main.photo and main.edits == 3  # comment, picture, and its stars
    assert server.count("sendMessage") == 3 and server.count("sendAudio") == 1  # the answer, and two lines of welcome
    assert server.count("editMessageText") + server.count("editMessageMedia") + server.count("editMessageCaption") == 3
    assert server.count("sendPhoto") == server.count("deleteMessage") == 0
    assert {action.name for action in someone.actions} <= {"typing", "upload_photo", "record_voice"}


async def test_stars_pressed_twice_and_after_a_restart(server, house):
    someone = server.person(7)
    await someone.says("오늘 강아지랑 산책했다")
    await house.quiet(1)
    main = someone.shown[0]
    uploads = server.count("editMessageMedia")
    fourth = main.buttons[0][3].data
    for _ in range(2):
        await someone.answer_to(await someone.presses(main.message_id, data=fourth))
    await house.quiet(3)
    assert someone.message(main.message_id).labels()[:5] == ["🖍️ ★", "★", "★", "★", "☆"]
    assert server.count("editMessageReplyMarkup") == 1 and server.count("editMessageMedia") == uploads
    await house.restart()
    await someone.answer_to(await someone.presses(main.message_id, 1))
    await house.quiet(4)
    now = someone.message(main.message_id)
    assert now.labels()[:5] == ["🖍️ ★", "★", "☆", "☆", "☆"]
    assert (now.photo, now.text) == (main.photo, main.text)  # nothing else of it was changed
    assert len(someone.shown) == 4 and not someone.spinning


async def test_an_edit_changes_the_entry_and_a_reply_adds_to_it(server, house):
    someone = server.person(7)
    wrote = await someone.says("오늘 강아지랑 산책했다")
    await house.quiet(1)
    await someone.edits(wrote, "오늘 고양이랑 산책했다")
    await house.quiet(2)
    assert house.kept[-1].kind is Kind.EDIT
    assert "고친 글로 바꿔 두었어요" in someone.shown[-1].text
    await someone.says("그리고 낮잠을 잤다", reply_to=wrote)
    await house.quiet(3)
    person = await house.house.store.person_of("telegram", "7")
    entry = await house.house.store.latest_entry(person.id)
    assert entry.text == "오늘 고양이랑 산책했다\n그리고 낮잠을 잤다" and entry.revision == 3
    assert len(await house.house.store.lines(person.id)) == 1


async def test_a_reply_to_anna_is_a_talk(server, house):
    someone = server.person(7)
    await someone.says("오늘 강아지랑 산책했다")
    await house.quiet(1)
    await someone.says("고마워", reply_to=someone.shown[0].message_id)
    await house.quiet(2)
    person = await house.house.store.person_of("telegram", "7")
    assert [turn.speaker for turn in await house.house.store.turns(person.id)] == ["person", "anna"]
    assert await house.house.store.entry_count(person.id) == 1


async def test_an_album_is_one_entry_with_all_its_photos(server, house):
    someone = server.person(7)
    await someone.album([FACE, FACE, FACE], "셋이 찍은 사진")
    await house.quiet(3)
    person = await house.house.store.person_of("telegram", "7")
    [line] = await house.house.store.lines(person.id)
    entry = await house.house.store.entry(line.id)
    assert len(entry.media) == 3 and entry.text == "셋이 찍은 사진"
    assert sum(bool(message.photo) for message in someone.shown) == 1


async def test_a_long_paste_is_one_entry(server, house):
    someone = server.person(7)
    text = "오늘은 비가 왔다. " * 900
    await someone.pastes(text)
    await house.quiet(len(text) // 4096 + 1)
    person = await house.house.store.person_of("telegram", "7")
    assert await house.house.store.entry_count(person.id) == 1


async def test_danger_is_answered_with_numbers_that_no_button_may_dial(server, house):
    someone = server.person(7)
    await someone.says("죽고 싶어")
    await house.quiet(1)
    first = someone.shown[0]
    assert "109" in first.text and not first.photo
    assert first.labels() and all(
        button.data or button.url.startswith("https://") for row in first.buttons for button in row
    )


async def test_danger_is_answered_although_telegram_never_said_whether_it_showed_the_answer(server, house):
    someone = server.person(7)
    server.fail("sendMessage", status=0, delay_s=0.05)
    await someone.says("죽고 싶어")
    await house.quiet(1)
    assert any("109" in message.text for message in someone.shown)


async def test_languages_follow_the_phone(server, house):
    for number, language, hello in ((7, "ko", "저는 안나예요"), (8, "en-GB", "I'm Anna"), (9, "de", "I'm Anna")):
        someone = server.person(number, language=language)
        await someone.starts()
        assert hello in (await someone.wait_shown(1))[0].text


async def test_in_a_group_everybody_is_invited_once_a_day_and_nothing_of_it_is_kept(server, house):
    someone, group = server.person(7), server.group(-5)
    server.reads_all = True
    await house.listening()
    await group.says(someone, "오늘 뭐 먹지")
    await group.says(someone, "/start@other_bot")
    await group.says(someone, "안녕", mention=True)
    await house.quiet(1)
    await group.command(someone, f"/start@{server.username}")
    await group.command(someone, "/calendar")
    await house.quiet(3)
    assert house.texts() == [f"@{server.username} 안녕", f"/start@{server.username}", "/calendar"]
    assert [message.text for message in group.shown] == [
        "일기는 둘만의 이야기라서 여기서는 쓰지 않아요. 저에게 개인 메시지를 보내 주세요."
    ]
    person = await house.house.store.person_of("telegram", "7")
    assert await house.house.store.entry_count(person.id) == 0
    await group.says(server.person(8, language="en"), "hello", mention=True)  # somebody else has not been invited yet
    await house.quiet(4)
    assert [message.text[:7] for message in group.shown] == ["일기는 둘만의"[:7], "A diary"]
    server.pass_time(86_400)
    for _ in range(2):
        await group.says(someone, "오늘은?", mention=True)
    await house.quiet(6)
    assert [message.text[:7] for message in group.shown] == ["일기는 둘만의"[:7], "A diary", "일기는 둘만의"[:7]]


async def test_what_is_not_words_gets_a_kind_answer(server, house):
    someone = server.person(7)
    sent = (
        {"location": {"latitude": 37.5, "longitude": 127.0}},
        {"contact": {"phone_number": "+82100000000", "first_name": "누군가"}},
        {"dice": {"emoji": "🎲", "value": 3}},
    )
    for n, content in enumerate(sent, 1):
        await someone.sends(**content)
        await house.quiet(n)
    assert [message.text[:6] for message in someone.shown] == ["저는 지도를", "다른 사람의", "그건 아직 "]
    await someone.sticker("😊")
    await house.quiet(4)
    person = await house.house.store.person_of("telegram", "7")
    assert (await house.house.store.latest_entry(person.id)).text == "😊"


async def test_the_menu_is_told_in_both_languages_where_it_works(server, house):
    await until(lambda: server.count("setMyCommands", 200) == server.count("deleteMyCommands", 200) == 2)
    everywhere = [{"command": "calendar", "description": "A month as a picture"}]
    server.methods.commands['{"type": "default"}', ""] = everywhere  # of an earlier version
    await house.restart()
    await until(lambda: server.count("setMyCommands", 200) == server.count("deleteMyCommands", 200) == 4)
    for language, described in (("ko", "한 달을 그림으로 보기"), ("de", "A month as a picture")):
        menu = server.methods.offered(private=True, language=language)
        assert {row["command"]: row["description"] for row in menu}["calendar"] == described
        assert server.methods.offered(private=False, language=language) == []
