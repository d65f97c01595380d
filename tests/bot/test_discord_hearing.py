"""What people write on Discord is heard once and in order, whatever the gateway does."""

import asyncio

import pytest

from core.entities import Kind
from core.ports import DiskFull
from tests.fakes.discord_house import until


async def test_a_line_becomes_a_message(discord, listener):
    jiwoo = discord.person(user_id=7, name="지우")
    first = await jiwoo.says("오늘 강아지랑 산책했다 <:walk:123456789012345678>")
    second = await jiwoo.says("그리고 낮잠", reply_to=first)
    await until(lambda: len(listener.kept) == 2)
    line, reply = listener.kept
    assert (line.text, line.kind, line.private) == ("오늘 강아지랑 산책했다 :walk:", Kind.TEXT, True)
    assert (line.platform, line.account, line.chat_id) == ("discord", "7", str(jiwoo.dm_id))
    assert (line.platform_message_id, reply.reply_to) == (str(first), str(first))
    assert reply.platform_message_id == str(second)


async def test_files_are_heard_without_being_downloaded(discord, listener):
    jiwoo = discord.person()
    files = [("me.jpg", b"\xff\xd8\xff" + b"x" * 50, "image/jpeg"), ("산책.mov", b"film", "video/quicktime")]
    await jiwoo.says("사진", files=files)
    await until(lambda: listener.kept)
    photo, film = listener.kept[0].attachments
    assert (photo.media_id, photo.mime, photo.file_bytes, photo.name) == ("", "image/jpeg", 53, "me.jpg")
    assert film.name == "산책" or film.name == "산책.mov"
    assert not discord.count("GET", "/attachments/*")


async def test_an_edit_is_heard_and_a_preview_is_none(discord, listener):
    jiwoo = discord.person()
    line = await jiwoo.says("산책")
    await jiwoo.edits(line, "강아지랑 산책")
    await jiwoo.edits(line, "고양이랑 산책")
    discord.tell("MESSAGE_UPDATE", discord.find(line))  # Discord adds a preview: same words, same time of editing
    await jiwoo.says("끝")
    await until(lambda: "끝" in listener.texts())
    assert listener.texts()[0] == "산책"
    edits = [message for message in listener.kept if message.kind is Kind.EDIT]
    assert [(edit.text, edit.target) for edit in edits] == [("강아지랑 산책", str(line)), ("고양이랑 산책", str(line))]


async def test_in_a_guild_only_a_mention_is_heard(discord, listener):
    jiwoo = discord.person()
    channel = discord.guild().channel()
    await channel.says(jiwoo, "우리끼리 하는 얘기")
    await channel.says(jiwoo, "@bot 안녕", mention=True)
    await until(lambda: listener.kept)
    assert [message.private for message in listener.kept] == [False]
    assert listener.kept[0].chat_id == str(channel.id)


async def test_each_chat_in_order_and_beside_the_others(discord, listener):
    people = [discord.person(user_id=n, name=f"p{n}") for n in range(1, 9)]
    for n in range(6):
        for person in people:
            await person.says(f"{person.id}.{n}")
    await until(lambda: len(listener.kept) == 48)
    for person in people:
        mine = [text for text in listener.texts() if text.startswith(f"{person.id}.")]
        assert mine == [f"{person.id}.{n}" for n in range(6)]


async def test_what_cannot_be_kept_is_kept_later(discord, listener):
    jiwoo = discord.person()
    listener.refusing = lambda message: DiskFull("no room")
    await jiwoo.says("하나")
    await jiwoo.says("둘")
    await asyncio.sleep(0.3)
    assert not listener.kept
    listener.refusing = lambda message: None
    await until(lambda: listener.texts() == ["하나", "둘"])


@pytest.mark.parametrize("trouble", ["close", "op7", "op9 resumable", "torn"])
async def test_a_gateway_that_stumbles_is_resumed_with_nothing_lost_or_doubled(discord, listener, trouble):
    jiwoo = discord.person()
    await jiwoo.says("0")
    await until(lambda: listener.kept)
    break_it = {
        "close": discord.close_gateway,
        "op7": discord.reconnect,
        "op9 resumable": lambda: discord.invalid_session(True),
        "torn": discord.drop_gateway,
    }[trouble]
    break_it()
    for n in range(1, 4):
        await jiwoo.says(str(n))
        await asyncio.sleep(0.05)
    await until(lambda: len(listener.kept) == 4)
    await jiwoo.says("4")
    await until(lambda: len(listener.kept) == 5)
    assert listener.texts() == ["0", "1", "2", "3", "4"]
    assert (discord.identifies, discord.resumes) == (1, 1)


async def test_a_session_that_is_gone_is_begun_anew_and_read_up(discord, listener):
    jiwoo = discord.person()
    await jiwoo.says("0")
    await until(lambda: listener.kept)
    discord.invalid_session(False)
    await jiwoo.says("1")  # nobody is told
    await until(lambda: discord.identifies == 2, 15)
    await jiwoo.says("2")
    await until(lambda: len(listener.kept) == 3)
    assert listener.texts() == ["0", "1", "2"]


async def test_a_line_that_was_missed_while_older_ones_wait_to_be_kept_takes_its_place(discord, listener):
    jiwoo = discord.person()
    await jiwoo.says("0")
    await until(lambda: listener.kept)
    listener.refusing = lambda message: DiskFull("no room")
    await jiwoo.says("1")
    await jiwoo.says("2")
    discord.invalid_session(False)
    await asyncio.sleep(0.1)
    await jiwoo.says("3")  # nobody is told
    await until(lambda: discord.identifies == 2, 15)
    await jiwoo.says("4")
    await asyncio.sleep(0.3)
    listener.refusing = lambda message: None
    await until(lambda: len(listener.kept) >= 5)
    await jiwoo.says("5")
    await until(lambda: listener.texts()[-1] == "5")
    assert listener.texts() == ["0", "1", "2", "3", "4", "5"]


async def test_commands_and_lines_are_kept_in_the_order_in_which_they_came(discord, listener):
    jiwoo = discord.person()
    await jiwoo.says("0")
    await until(lambda: listener.kept)
    listener.refusing = lambda message: DiskFull("no room")
    await jiwoo.says("1")
    undo = await jiwoo.slash("undo", wait=False)
    discord.invalid_session(False)
    await asyncio.sleep(0.1)
    await jiwoo.says("2")  # nobody is told
    await until(lambda: discord.identifies == 2, 15)
    await jiwoo.slash("help", wait=False)
    await jiwoo.says("3")
    await until(lambda: undo.acked_after_s is not None)
    assert undo.acked_after_s < 3 and undo.response.thinking and listener.texts() == ["0"]
    listener.refusing = lambda message: None
    await until(lambda: len(listener.kept) >= 6)
    assert listener.texts() == ["0", "1", "/undo", "2", "/help", "3"]


async def test_a_command_waits_for_what_was_written_while_we_were_away(discord, listener):
    jiwoo = discord.person()
    await jiwoo.says("0")
    await until(lambda: listener.kept)

    async def meanwhile():
        await jiwoo.says("1")
        discord.fail("GET", f"/channels/{jiwoo.dm_id}/messages", status=503, times=2)

    await listener.restart(meanwhile)
    await jiwoo.slash("undo")
    await until(lambda: len(listener.kept) == 3)
    assert listener.texts() == ["0", "1", "/undo"]


async def test_what_was_written_while_we_were_away_is_read_first(discord, listener):
    jiwoo, minsu = discord.person(user_id=7), discord.person(user_id=8)
    await jiwoo.says("전")
    await minsu.says("before")
    await until(lambda: len(listener.kept) == 2)

    async def meanwhile():
        for n in range(120):
            await jiwoo.says(f"사이 {n}")
        await minsu.says("between")

    await listener.restart(meanwhile)
    await jiwoo.says("후")
    await until(lambda: len(listener.kept) == 124)
    mine = [message.text for message in listener.kept if message.account == "7"]
    assert mine == ["전", *(f"사이 {n}" for n in range(120)), "후"]
    assert [message.text for message in listener.kept if message.account == "8"] == ["before", "between"]


async def test_an_edit_made_while_we_were_away_is_heard_and_only_once(discord, listener):
    jiwoo = discord.person()
    line = await jiwoo.says("산책")
    await until(lambda: listener.kept)
    await listener.restart(lambda: jiwoo.edits(line, "강아지랑 산책"))
    await until(lambda: len(listener.kept) == 2)
    assert (listener.kept[1].kind, listener.kept[1].text) == (Kind.EDIT, "강아지랑 산책")
    await listener.restart()
    await jiwoo.says("끝")
    await until(lambda: listener.texts()[-1] == "끝")
    assert len(listener.kept) == 3


async def test_a_stranger_who_wrote_while_we_were_away_is_heard_with_their_next_line(discord, listener):
    stranger = discord.person(user_id=9)
    await listener.restart(lambda: stranger.says("첫 줄"))
    await stranger.says("둘째 줄")
    await until(lambda: len(listener.kept) == 2)
    assert listener.texts() == ["첫 줄", "둘째 줄"]


async def test_who_was_forgotten_is_not_read_again(discord, listener):
    jiwoo = discord.person()
    await jiwoo.says("비밀")
    await until(lambda: listener.kept)
    store = listener.house.store
    person = await store.person_of("discord", "7")
    await listener.platform.line.channel(str(jiwoo.dm_id)).send("모두 지웠어요.")  # what Anna says after it
    await store.forget(person.id)
    await listener.restart()
    await jiwoo.says("다시 시작")
    await until(lambda: len(listener.kept) == 2)
    assert listener.texts() == ["비밀", "다시 시작"]


async def test_a_chat_that_cannot_be_read_yet_does_not_stop_the_others(discord, listener):
    jiwoo, minsu = discord.person(user_id=7), discord.person(user_id=8)
    await jiwoo.says("전")
    await minsu.says("before")
    await until(lambda: len(listener.kept) == 2)

    async def meanwhile():
        await jiwoo.says("사이")
        discord.fail("GET", f"/channels/{jiwoo.dm_id}/messages", status=503, times=2)

    await listener.restart(meanwhile)
    await minsu.says("after")
    await until(lambda: "after" in listener.texts(), 2)
    await jiwoo.says("후")
    await until(lambda: len(listener.kept) == 5)
    assert [message.text for message in listener.kept if message.account == "7"] == ["전", "사이", "후"]


async def test_a_wrong_token_is_said_once_and_not_tried_again(discord, listener, caplog):
    discord.refuse_identify(4004)
    discord.invalid_session(False)
    await until(lambda: listener.platform.line.trouble, 15)
    health = await listener.platform.health()
    assert (health.ok, health.detail) == (False, "the token is not valid")
    begun = discord.identifies
    await asyncio.sleep(1.5)
    assert discord.identifies == begun
    assert sum("Discord is off: the token is not valid" in line for line in caplog.messages) == 1


async def test_health_tells_how_the_gateway_is(discord, listener):
    health = await listener.platform.health()
    assert health.ok and health.numbers["last_event_seconds"] < 5
    discord.away()
    await until(lambda: not listener.platform.line.connected)
    assert (await listener.platform.health()).detail.startswith("not connected for")


async def test_a_token_that_discord_does_not_know_is_asked_about_once(discord, listener, caplog):
    await listener.platform.stop()
    discord.token = "another"
    discord.calls.clear()
    await listener.platform.start(listener.heard)
    await until(lambda: listener.platform.line.trouble)
    await asyncio.sleep(0.5)
    assert not (await listener.platform.health()).ok and len(discord.calls) == 1
    assert any("Discord is off: the token is not valid" in line for line in caplog.messages)


async def test_a_discord_that_is_away_at_the_start_is_tried_again(discord, listener):
    await listener.platform.stop()
    discord.fail("GET", "/users/@me", status=503)
    await listener.platform.start(listener.heard)
    await until(lambda: listener.platform.line.connected)
    await discord.person().says("안녕")
    await until(lambda: listener.texts() == ["안녕"])
