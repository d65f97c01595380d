"""The strict Discord's buttons, commands and forms, driven by the real client library."""

from __future__ import annotations

import io

import discord
import pytest
from discord import app_commands

from tests.fakes.discord_bot import Bot, a_bot, a_server, row, running, until  # noqa: F401
from tests.fakes.discord_people import CannotDo


async def test_a_press_is_acknowledged_once_and_in_time(server, bot):
    someone = server.person()
    user = await bot.fetch_user(7)
    sent = await user.send("어때요?", view=row(discord.ui.Button(label="좋아요", custom_id="like")))
    twice = []

    async def on_press(interaction):
        await interaction.response.defer()
        with pytest.raises(discord.HTTPException) as error:
            await bot.http.request(
                discord.http.Route("POST", f"/interactions/{interaction.id}/{interaction.token}/callback"),
                json={"type": 6},
            )
        twice.append(error.value.code)
        await interaction.followup.send("고마워요", ephemeral=True)

    bot.on_press = on_press
    press = await someone.presses(sent.id, "좋아요")
    assert press.acked_after_s < 1
    assert (press.response.type, press.expired) == (6, False)
    await until(lambda: press.followups)
    assert press.followups[0].text == "고마워요"
    assert [shown.text for shown in someone.ephemerals] == ["고마워요"]
    assert [shown.text for shown in someone.shown] == ["어때요?"]
    assert twice == [40060]
    with pytest.raises(CannotDo):
        await someone.presses(sent.id, "싫어요")
    with pytest.raises(CannotDo):
        await server.person(user_id=8).presses(sent.id, "좋아요")


async def test_who_acknowledges_too_late_is_told_so(server, bot):
    server.ack_limit_s = 0.1
    someone = server.person()
    user = await bot.fetch_user(7)
    sent = await user.send("어때요?", view=row(discord.ui.Button(label="좋아요", custom_id="like")))
    press = await someone.presses(sent.id, "좋아요")
    assert press.expired
    with pytest.raises(discord.NotFound) as error:
        await bot.pressed[0].response.send_message("늦었어요")
    assert error.value.code == 10062


async def test_slash_commands_with_their_names_in_korean_and_where_they_may_be_given(server, bot):
    someone = server.person(locale="ko")

    class Words(app_commands.Translator):
        async def translate(self, text, locale, context):
            return {"calendar": "달력", "month": "달"}.get(text.message) if locale is discord.Locale.korean else None

    @bot.tree.command(name=app_commands.locale_str("calendar"), description="A month")
    @app_commands.rename(month=app_commands.locale_str("month"))
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def calendar(interaction: discord.Interaction, month: str = ""):
        await interaction.response.send_message(f"{month} {interaction.context.to_array()}", ephemeral=True)

    @bot.tree.command(name="here", description="Only in a guild with the bot")
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True)
    async def here(interaction: discord.Interaction):
        await interaction.response.defer(ephemeral=True)
        await interaction.followup.send(str(interaction.is_guild_integration()))

    await bot.tree.set_translator(Words())
    await bot.tree.sync()
    [first, second] = server.commands
    assert (first["name_localizations"], first["contexts"], first["integration_types"]) == (
        {"ko": "달력"},
        [0, 1, 2],
        [0, 1],
    )
    assert second["contexts"] == [0]
    in_dm = await someone.slash("calendar", month="2026-05")
    assert (in_dm.response.type, in_dm.response.content, in_dm.response.ephemeral) == (4, "2026-05 [1]", True)
    home, abroad = server.guild().channel(), server.guild(joined=False).channel()
    assert (await someone.slash("달력", home, 달="5")).response.content == "5 [0]"
    assert (await someone.slash("달력", abroad)).response.content == "[0]"
    assert bot.pressed[-1].is_user_integration() and not bot.pressed[-1].is_guild_integration()
    private = server.private_room(someone, server.person(user_id=8, name="민수"))
    assert (await someone.slash("달력", private)).response.content == "[2]"
    only = await someone.slash("here", home)
    await until(lambda: only.response.content == "True")
    for name, where in (("here", None), ("here", abroad), ("nowhere", None)):
        with pytest.raises(CannotDo):
            await someone.slash(name, where)
    with pytest.raises(CannotDo):
        await someone.slash("calendar", month=5)
    assert len(someone.ephemerals) == 5
    ids = [command["id"] for command in server.commands]
    bot.tree.remove_command("here")
    await bot.tree.sync()
    assert [command["id"] for command in server.commands] == ids[:1], "an overwrite keeps the ids of what stays"


COMMANDS = {
    "capitals": {"name": "Calendar", "description": "a"},
    "a space": {"name": "my calendar", "description": "a"},
    "33 characters": {"name": "a" * 33, "description": "a"},
    "no description": {"name": "a"},
    "a long description": {"name": "a", "description": "가" * 101},
    "a strange locale": {"name": "a", "description": "a", "name_localizations": {"kr": "달력"}},
    "a space in Korean": {"name": "a", "description": "a", "name_localizations": {"ko": "내 달력"}},
    "a strange context": {"name": "a", "description": "a", "contexts": [3]},
    "required after optional": {
        "name": "a", "description": "a",
        "options": [{"type": 3, "name": "b", "description": "b"}, {"type": 3, "name": "c", "description": "c", "required": True}],
    },
    "26 choices": {
        "name": "a", "description": "a",
        "options": [{"type": 3, "name": "b", "description": "b", "choices": [{"name": str(i), "value": str(i)} for i in range(26)]}],
    },
}  # fmt: skip


@pytest.mark.parametrize("case", COMMANDS)
async def test_commands_that_discord_refuses(server, bot, case):
    with pytest.raises(discord.HTTPException) as error:
        await bot.http.bulk_upsert_global_commands(server.app_id, [COMMANDS[case]])
    assert error.value.code == 50035
    assert server.commands == []


async def test_at_most_a_hundred_commands_each_once(server, bot):
    many = [{"name": f"c{i}", "description": "a"} for i in range(101)]
    with pytest.raises(discord.HTTPException) as error:
        await bot.http.bulk_upsert_global_commands(server.app_id, many)
    assert error.value.code == 30032
    with pytest.raises(discord.HTTPException):
        await bot.http.bulk_upsert_global_commands(server.app_id, [many[0], many[0]])
    await bot.http.bulk_upsert_global_commands(server.app_id, many[:100])
    assert len(server.commands) == 100


async def test_a_form_is_opened_filled_in_and_answered(server, bot):
    someone = server.person()
    user = await bot.fetch_user(7)
    got = []

    class Form(discord.ui.Modal, title="오늘 일기 고치기"):
        text = discord.ui.TextInput(label="일기", custom_id="text", style=discord.TextStyle.paragraph, max_length=4000)

        async def on_submit(self, interaction):
            got.append(self.text.value)
            await interaction.response.edit_message(content="고쳤어요", view=None)

    async def on_press(interaction):
        if interaction.type is discord.InteractionType.component:
            await interaction.response.send_modal(Form())

    bot.on_press = on_press
    sent = await user.send("일기", view=row(discord.ui.Button(label="고치기", custom_id="edit")))
    press = await someone.presses(sent.id, "고치기")
    assert (press.response.type, press.response.content) == (9, "오늘 일기 고치기")
    for wrong in ({}, {"text": ""}, {"text": "a" * 4001}, {"text": "a", "other": "b"}):
        with pytest.raises(CannotDo):
            await someone.submits(press, wrong)
    filled = await someone.submits(press, {"text": "다시 썼어요"})
    assert (filled.response.type, got) == (7, ["다시 썼어요"])
    assert [(shown.text, shown.labels) for shown in someone.shown] == [("고쳤어요", [])]


MODALS = {
    "a title of 46": {"title": "가" * 46},
    "a label of 46": {"components": [{"type": 1, "components": [{"type": 4, "custom_id": "t", "style": 1, "label": "가" * 46}]}]},
    "4001 at most": {
        "components": [{"type": 1, "components": [{"type": 4, "custom_id": "t", "style": 1, "label": "a", "max_length": 4001}]}]
    },
    "six rows": {
        "components": [{"type": 1, "components": [{"type": 4, "custom_id": str(i), "style": 1, "label": "a"}]} for i in range(6)]
    },
}  # fmt: skip


@pytest.mark.parametrize("case", MODALS)
async def test_forms_that_discord_refuses(server, bot, case):
    someone = server.person()
    user = await bot.fetch_user(7)
    sent = await user.send("일기", view=row(discord.ui.Button(label="고치기", custom_id="edit")))
    good = {
        "title": "a", "custom_id": "m",
        "components": [{"type": 1, "components": [{"type": 4, "custom_id": "t", "style": 1, "label": "a"}]}],
    }  # fmt: skip
    codes = []

    async def on_press(interaction):
        route = discord.http.Route("POST", f"/interactions/{interaction.id}/{interaction.token}/callback")
        with pytest.raises(discord.HTTPException) as error:
            await bot.http.request(route, json={"type": 9, "data": good | MODALS[case]})
        codes.append(error.value.code)
        await bot.http.request(route, json={"type": 9, "data": good})

    bot.on_press = on_press
    press = await someone.presses(sent.id, "고치기")
    assert (codes, press.response.type) == ([50035], 9)


async def test_a_deferred_answer_is_filled_and_its_token_dies(server, bot):
    someone = server.person()
    user = await bot.fetch_user(7)
    sent = await user.send("어때요?", view=row(discord.ui.Button(label="그려줘", custom_id="draw")))

    async def on_press(interaction):
        await interaction.response.defer(thinking=True)

    bot.on_press = on_press
    press = await someone.presses(sent.id, "그려줘")
    assert (press.response.type, press.response.thinking, len(someone.shown)) == (5, True, 1)
    await bot.pressed[0].edit_original_response(
        content="다 그렸어요", attachments=[discord.File(io.BytesIO(b"p"), "p.png")]
    )
    assert (press.response.content, press.response.message.files[0][1], len(someone.shown)) == ("다 그렸어요", b"p", 2)
    followup = await bot.pressed[0].followup.send("더 있어요", wait=True)
    await bot.pressed[0].followup.edit_message(followup.id, content="더 고쳤어요")
    assert [shown.text for shown in press.followups] == ["더 고쳤어요"]
    server.token_s = 0
    with pytest.raises(discord.HTTPException) as error:
        await bot.pressed[0].followup.send("너무 늦은 말")
    assert (error.value.status, error.value.code) == (401, 50027)


async def test_a_select_is_chosen_from(server, bot):
    someone = server.person()
    user = await bot.fetch_user(7)
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Select(custom_id="how", options=[discord.SelectOption(label="기쁨", value="joy")]))

    async def on_press(interaction):
        await interaction.response.edit_message(content=interaction.data["values"][0], view=None)

    bot.on_press = on_press
    sent = await user.send("마음", view=view)
    choice = await someone.chooses(sent.id, "기쁨")
    assert (choice.response.type, someone.shown[0].text, someone.shown[0].selects) == (7, "joy", ())


async def test_a_press_while_nobody_is_there(server):
    someone = server.person()
    async with running(server) as bot:
        user = await bot.fetch_user(7)
        sent = await user.send("어때요?", view=row(discord.ui.Button(label="좋아요", custom_id="like")))
    server.ack_limit_s = 0.1
    press = await someone.presses(sent.id, "좋아요")
    assert press.expired, "the library leaves with 4000, so Discord still waits for it to come back"
    server.away()
    press = await someone.presses(sent.id, "좋아요")
    assert press.expired and press.acked_after_s is None


async def test_what_only_one_person_sees_is_changed_and_pressed_by_that_person_alone(server, bot):
    someone, other = server.person(user_id=7), server.person(user_id=8, name="민수")
    channel = server.guild().channel()
    await channel.says(someone, "@bot 안녕", mention=True)
    await until(lambda: bot.heard)
    sent = await bot.heard[0].reply("눌러 주세요", view=row(discord.ui.Button(label="비밀", custom_id="secret")))

    async def on_press(interaction):
        if interaction.data["custom_id"] == "secret":
            inner = row(discord.ui.Button(label="확인", custom_id="ok"))
            await interaction.response.send_message("둘만 알아요", view=inner, ephemeral=True)
        else:
            await interaction.response.edit_message(content="확인했어요", view=None)

    bot.on_press = on_press
    press = await someone.presses(sent.id, "비밀")
    hidden = press.response.message
    assert (press.response.ephemeral, hidden.labels, other.ephemerals) == (True, ["확인"], [])
    assert [shown.text for shown in channel.shown] == ["눌러 주세요"]
    with pytest.raises(CannotDo):
        await other.presses(hidden.id, "확인")
    with pytest.raises(discord.NotFound):
        await bot.heard[0].channel.fetch_message(hidden.id)
    confirmed = await someone.presses(hidden.id, "확인")
    assert (confirmed.response.type, confirmed.response.ephemeral) == (7, True)
    assert [shown.text for shown in someone.ephemerals] == ["확인했어요"]
    await bot.pressed[0].delete_original_response()
    assert someone.ephemerals == []


async def test_where_only_the_person_brought_the_bot_it_says_at_most_five_more_things(server, bot):
    someone = server.person()
    abroad = server.guild(joined=False).channel()
    await bot.http.bulk_upsert_global_commands(server.app_id, [{"name": "hi", "description": "a"}])

    async def on_press(interaction):
        await interaction.response.send_message("안녕하세요")

    bot.on_press = on_press
    given = await someone.slash("hi", abroad)
    assert [shown.text for shown in abroad.shown] == ["안녕하세요"]
    for i in range(5):
        await bot.pressed[0].followup.send(str(i))
    with pytest.raises(discord.HTTPException) as error:
        await bot.pressed[0].followup.send("5")
    assert (error.value.code, len(given.followups)) == (40094, 5)


async def test_commands_of_one_guild_are_offered_there_only(server, bot):
    someone = server.person()
    guild = server.guild()
    channel = guild.channel()
    await bot.http.bulk_upsert_guild_commands(server.app_id, guild.id, [{"name": "here", "description": "a"}])
    with pytest.raises(CannotDo):
        await someone.slash("here")
    given = await someone.slash("here", channel, wait=False)
    await until(lambda: bot.pressed)
    assert (bot.pressed[0].guild_id, bot.pressed[0].channel_id, given.expired) == (guild.id, channel.id, False)
