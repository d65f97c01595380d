"""The fake Telegram is as strict as the real one: driven by the real client over a real socket."""

from __future__ import annotations

import pytest
from telegram import (
    InlineKeyboardButton,
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    MessageEntity,
    ReplyKeyboardMarkup,
    ReplyParameters,
    WebAppInfo,
)
from telegram.error import (
    BadRequest,
    Forbidden,
    NetworkError,
)

from tests.fakes.telegram_bench import MB, MP3, OGG, keys, png, press, refused

# --- sending -----------------------------------------------------------------------------------


async def test_what_is_sent_is_what_the_person_sees(telegram, bot, jiwoo):
    asked = await jiwoo.says("오늘 벚꽃을 봤어")
    sent = await bot.send_message(
        7, "봤어요, <b>정말</b> &amp; 예뻐요 ", parse_mode="HTML", disable_notification=True,
        reply_markup=keys([press("좋아"), InlineKeyboardButton("web", url="https://a.example")]),
        reply_parameters=ReplyParameters(asked),
    )  # fmt: skip
    (shown,) = jiwoo.shown
    assert shown.text == "봤어요, 정말 & 예뻐요" and shown.silent and shown.reply_to == asked
    assert [(button.text, button.data, button.url) for button in shown.buttons[0]] == [
        ("좋아", "x", ""), ("web", "", "https://a.example"),
    ]  # fmt: skip
    assert sent.entities == (MessageEntity("bold", 5, 2),) and sent.reply_to_message.text == "오늘 벚꽃을 봤어"
    assert [message.by_bot for message in jiwoo.everything] == [False, True]


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("", {}, "message text is empty"),
        (" \n ", {}, "message text is empty"),
        ("<b></b>", {"parse_mode": "HTML"}, "message text is empty"),
        ("가" * 4097, {}, "message is too long"),
        ("🌸" * 2049, {}, "message is too long"),  # two UTF-16 units each
        ("<b>open", {"parse_mode": "HTML"}, "can't parse entities: can't find end tag"),
        ("a < b", {"parse_mode": "HTML"}, "can't parse entities"),
        ("<script>x</script>", {"parse_mode": "HTML"}, "unsupported start tag"),
        ("<b>x</i>", {"parse_mode": "HTML"}, "unmatched end tag"),
        ("x</b>", {"parse_mode": "HTML"}, "unexpected end tag"),
        ("done.", {"parse_mode": "MarkdownV2"}, "character '.' is reserved"),
        ("*bold", {"parse_mode": "MarkdownV2"}, "can't find end of bold"),
        ("snake_case", {"parse_mode": "Markdown"}, "can't find end of the entity"),
        ("<b>" * 5462 + "x" + "</b>" * 5462, {"parse_mode": "HTML"}, "text is too long"),  # before it is parsed
        ("x", {"parse_mode": "BBCode"}, "unsupported parse_mode"),
        ("x", {"reply_parameters": ReplyParameters(99)}, "message to be replied not found"),
    ],
)
async def test_texts_that_are_refused(bot, jiwoo, text, options, words):
    with refused(words):
        await bot.send_message(7, text, **options)
    assert jiwoo.shown == []


async def test_texts_that_just_fit(telegram, bot, jiwoo):
    telegram.per_chat_per_s = None
    await bot.send_message(7, "가" * 4096)
    await bot.send_message(7, "🌸" * 2048)
    await bot.send_message(7, "<b>" + "&lt;" * 4096 + "</b>", parse_mode="HTML")
    await bot.send_message(7, "*b* _i_ __u__ ~s~ ||p|| `c.c` [l](http://a.b/) \\.", parse_mode="MarkdownV2")
    await bot.send_photo(7, png(), caption="가" * 1024)
    await bot.send_message(7, "x", reply_parameters=ReplyParameters(99, allow_sending_without_reply=True))
    assert [len(shown.text) for shown in jiwoo.shown] == [4096, 2048, 4096, 17, 1024, 1]
    kinds = {entity["type"] for entity in jiwoo.shown[3].entities}
    assert kinds == {"bold", "italic", "underline", "strikethrough", "spoiler", "code", "text_link"}
    assert jiwoo.shown[3].text == "b i u s p c.c l ."


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        (keys([press("가", "가" * 22)]), "BUTTON_DATA_INVALID"),  # 66 bytes
        (keys([press(" ")]), "text must be non-empty"),
        (keys([InlineKeyboardButton("call", url="tel:109")]), "unsupported URL protocol"),
        (keys([InlineKeyboardButton("mail", url="mailto:a@b.example")]), "unsupported URL protocol"),
        (keys([InlineKeyboardButton("here", url="http://localhost:8080/")]), "wrong HTTP URL"),
        (keys([InlineKeyboardButton("nothing")]), "text buttons are unallowed"),
        (keys([press("empty", "")]), "text buttons are unallowed"),
        (keys([InlineKeyboardButton("app", web_app=WebAppInfo("http://a.example"))]), "only https links"),
        (keys([press(str(n)) for n in range(9)]), "reply markup is too long"),
        (keys(*[[press(str(n))] for n in range(101)]), "reply markup is too long"),
    ],
)
async def test_keyboards_that_are_refused(bot, jiwoo, markup, words):
    with refused(words):
        await bot.send_message(7, "pick", reply_markup=markup)
    assert jiwoo.shown == []


async def test_keyboards_that_just_fit(telegram, bot, jiwoo):
    group = telegram.group(-5)
    await bot.send_message(7, "pick", reply_markup=keys([press("가", "가" * 21 + "x")], *[[press("y")]] * 99))
    await bot.send_message(7, "pick", reply_markup=keys([press(str(n)) for n in range(8)]))
    await bot.send_message(7, "pick", reply_markup=keys([InlineKeyboardButton("t", url="tg://user?id=1")]))
    await bot.send_message(7, "app", reply_markup=keys([InlineKeyboardButton("a", web_app=WebAppInfo("https://a.b"))]))
    await bot.send_message(7, "menu", reply_markup=ReplyKeyboardMarkup([["/calendar"]]))
    assert len(jiwoo.shown) == 5 and jiwoo.chat.buttons["keyboard"][0][0]["text"] == "/calendar"
    with refused("Button_type_invalid"):
        await bot.send_message(
            -5, "a", reply_markup=keys([InlineKeyboardButton("a", web_app=WebAppInfo("https://a.b"))])
        )
    assert group.shown == []


async def test_files_arrive_as_what_they_are(telegram, bot, jiwoo):
    telegram.per_chat_per_s = None
    await bot.send_photo(7, png(), caption="<i>그림</i>", parse_mode="HTML")
    await bot.send_audio(7, MP3, title="봄", performer="Anna", duration=30, thumbnail=png())
    await bot.send_voice(7, OGG, duration=4)
    await bot.send_document(7, b"%PDF", filename="일기.pdf")
    await bot.send_voice(7, b"RIFF0000WAVE", filename="no.wav")
    photo, audio, voice, document, wrong = jiwoo.shown
    assert (photo.photo, photo.text, photo.entities[0]["type"]) == (png(), "그림", "italic")
    assert (audio.audio, audio.title, audio.performer, audio.seconds, audio.cover) == (MP3, "봄", "Anna", 30, png())
    assert (voice.voice, voice.seconds) == (OGG, 4)
    assert (document.document, document.name) == (b"%PDF", "일기.pdf")
    assert wrong.document and not wrong.voice


async def test_a_file_id_is_used_again_but_only_as_its_kind(bot, jiwoo):
    photo = (await bot.send_photo(7, png())).photo[-1]
    again = await bot.send_photo(7, photo.file_id)
    assert (photo.width, photo.height) == (8, 8) and again.photo[-1] == photo
    assert [shown.photo for shown in jiwoo.shown] == [png(), png()]
    with refused("can't use file of type photo as document"):
        await bot.send_document(7, photo.file_id)
    with refused("wrong file identifier"):
        await bot.send_photo(7, "AgACnonsense")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (png(9_000, 1_001), "PHOTO_INVALID_DIMENSIONS"),
        (png(210, 10), "PHOTO_INVALID_DIMENSIONS"),  # more than 20 to 1
        (b"not a picture", "IMAGE_PROCESS_FAILED"),
        (b"", "file must be non-empty"),
        (bytes(10 * MB + 1), "too big for a photo"),
    ],
    ids=["wide", "thin", "broken", "empty", "heavy"],
)
async def test_photos_that_are_refused(bot, jiwoo, data, words):
    with refused(words):
        await bot.send_photo(7, data)
    assert jiwoo.shown == []


async def test_more_than_50_mb_is_refused(bot, jiwoo):
    with refused("request entity too large", NetworkError):
        await bot.send_document(7, bytes(50 * MB + 1), write_timeout=30, read_timeout=30)
    with refused("message caption is too long"):
        await bot.send_document(7, b"x", caption="가" * 1025)
    assert jiwoo.shown == []


async def test_an_album_of_the_bot(telegram, bot, jiwoo):
    parts = [InputMediaPhoto(png(colour=colour), caption=colour) for colour in ("red", "blue")]
    await bot.send_media_group(7, parts)
    first, second = jiwoo.shown
    assert first.album == second.album != "" and (first.text, second.photo) == ("red", png(colour="blue"))
    with pytest.raises(BadRequest):
        await bot.send_media_group(7, parts[:1])
    with pytest.raises(BadRequest):
        await bot.send_media_group(7, [InputMediaPhoto(png())] * 11)
    with refused("can't mix"):
        await bot.send_media_group(7, [InputMediaPhoto(png()), InputMediaDocument(b"x")])
    with refused("can't be used in an album"):
        await bot.edit_message_media(InputMediaAudio(MP3), 7, first.message_id)
    assert len(jiwoo.shown) == 2


async def test_chat_actions_are_seen_and_wrong_ones_refused(bot, jiwoo):
    await bot.send_chat_action(7, "upload_photo")
    with refused("wrong parameter action"):
        await bot.send_chat_action(7, "painting")
    assert [action.name for action in jiwoo.actions] == ["upload_photo"]


async def test_who_may_be_written_to(telegram, bot, jiwoo):
    stranger = telegram.person(8, met=False)
    for chat_id in (8, 999, "@nobody"):
        with refused("chat not found"):
            await bot.send_message(chat_id, "hello")
    await stranger.starts()
    await bot.send_message(8, "hello")
    await jiwoo.blocks()
    with refused("bot was blocked by the user", Forbidden):
        await bot.send_message(7, "hello")
    await jiwoo.unblocks()
    await bot.send_message(7, "hello again")
    updates = await bot.get_updates()
    assert [u.my_chat_member.new_chat_member.status for u in updates if u.my_chat_member] == ["kicked", "member"]
    assert [s.text for s in jiwoo.shown] == ["hello again"]


# --- changing ----------------------------------------------------------------------------------


async def test_edits_of_words(telegram, bot, jiwoo):
    sent = await bot.send_message(7, "thinking…", reply_markup=keys([press("stop")]))
    await bot.edit_message_text("done", 7, sent.message_id)
    (shown,) = jiwoo.shown
    assert (shown.text, shown.edits, shown.buttons) == ("done", 1, ())  # no keyboard given: the old one goes
    with refused("message is not modified"):
        await bot.edit_message_text("done", 7, sent.message_id)
    await bot.edit_message_reply_markup(7, sent.message_id, reply_markup=keys([press("again")]))
    assert jiwoo.shown[0].labels() == ["again"]
    with refused("message is not modified"):
        await bot.edit_message_reply_markup(7, sent.message_id, reply_markup=keys([press("again")]))
    with refused("Message_too_long"):
        await bot.edit_message_text("x" * 4097, 7, sent.message_id)
    with refused("no caption in the message"):
        await bot.edit_message_caption(7, sent.message_id, caption="x")
    with refused("message to edit not found"):
        await bot.edit_message_text("x", 7, 4040)
    asked = await jiwoo.says("mine")
    with refused("message can't be edited"):
        await bot.edit_message_text("x", 7, asked)
    assert jiwoo.shown[0].edits == 2


async def test_words_become_a_picture_and_never_words_again(bot, jiwoo):
    sent = await bot.send_message(7, "painting…")
    await bot.edit_message_media(
        InputMediaPhoto(png(), caption="오늘의 그림"), 7, sent.message_id, reply_markup=keys([press("5")])
    )
    (shown,) = jiwoo.shown
    assert (shown.photo, shown.text, shown.labels(), shown.message_id) == (png(), "오늘의 그림", ["5"], sent.message_id)
    with refused("no text in the message to edit"):
        await bot.edit_message_text("words", 7, sent.message_id)
    await bot.edit_message_caption(7, sent.message_id, caption="새 말")
    with refused("message is not modified"):
        await bot.edit_message_caption(7, sent.message_id, caption="새 말")
    await bot.edit_message_media(InputMediaAudio(MP3, title="song"), 7, sent.message_id)
    assert (jiwoo.shown[0].photo, jiwoo.shown[0].audio, jiwoo.shown[0].title) == (b"", MP3, "song")


async def test_deleting(telegram, bot, jiwoo):
    sent = await bot.send_message(7, "oops")
    asked = await jiwoo.says("mine")
    await bot.delete_message(7, sent.message_id)
    await bot.delete_message(7, asked)
    assert jiwoo.everything == []
    with refused("message to delete not found"):
        await bot.delete_message(7, sent.message_id)
    old = await bot.send_message(7, "old")
    telegram.pass_time(48 * 3600 + 1)
    with refused("message can't be deleted for everyone"):
        await bot.delete_message(7, old.message_id)


# --- presses -----------------------------------------------------------------------------------


async def test_a_press_and_its_answer(telegram, bot, jiwoo):
    sent = await bot.send_message(7, "rate", reply_markup=keys([press("1", "r1"), press("2", "r2")]))
    by_label, by_place = await jiwoo.presses(sent.message_id, "2"), await jiwoo.presses(sent.message_id, 0)
    first, second = await bot.get_updates()
    assert (first.callback_query.data, second.callback_query.data) == ("r2", "r1")
    assert first.callback_query.message.text == "rate" and jiwoo.spinning == [by_label, by_place]
    await first.callback_query.answer("고마워요", show_alert=True)
    await second.callback_query.answer()
    assert [(alert.text, alert.box) for alert in jiwoo.alerts] == [("고마워요", True), ("", False)]
    await second.callback_query.answer("too late to be shown")
    assert len(jiwoo.alerts) == 2
    assert jiwoo.spinning == [] and (await jiwoo.answer_to(by_label)).text == "고마워요"
    with refused("Message_too_long"):
        await second.callback_query.answer("가" * 201)


async def test_presses_grow_old(telegram, bot, jiwoo):
    sent = await bot.send_message(7, "rate", reply_markup=keys([press("1")]))
    query = await jiwoo.presses(sent.message_id)
    telegram.pass_time(telegram.query_age_s + 1)
    with refused("query is too old"):
        await bot.answer_callback_query(query)
    with refused("query ID is invalid"):
        await bot.answer_callback_query("12345")
    assert jiwoo.spinning == [query]
    telegram.pass_time(150)
    assert await bot.get_updates() == ()


async def test_presses_that_nobody_could_make_and_one_on_an_old_screen(bot, jiwoo):
    link = InlineKeyboardButton("link", url="https://a.example")
    sent = await bot.send_message(7, "rate", reply_markup=keys([press("1"), link]))
    with pytest.raises(LookupError, match="no button says"):
        await jiwoo.presses(sent.message_id, "nope")
    with pytest.raises(LookupError, match="opens"):
        await jiwoo.presses(sent.message_id, "link")
    await bot.delete_message(7, sent.message_id)
    with pytest.raises(KeyError):
        await jiwoo.presses(sent.message_id, "1")
    await jiwoo.presses(sent.message_id, data="x")
    (update,) = await bot.get_updates()
    assert update.callback_query.data == "x" and not update.callback_query.message.is_accessible
