"""A picture that its person changed: by buttons, sent by the page, taken back, and what comes too late."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from bot import callback, hearing, studio_pass
from core.entities import Kind, Layer, WorkKind, new_id, utc_now
from core.painting import arrangement
from core.ports import NotFound
from tests.fakes.in_process import Chat
from tests.fakes.studio_house import SECRET, entry_of, sketched_chat
from tests.fakes.telegram_house import telegram_house, until
from tests.fakes.telegram_server import TelegramServer


@pytest.fixture
async def chat(tmp_path):
    async with sketched_chat(tmp_path) as chat:
        yield chat


async def pictures(chat):
    works = await chat.house.store.works((await entry_of(chat)).id)
    return sorted((work for work in works if work.kind is WorkKind.PICTURE), key=lambda work: work.revision)


async def layers(chat):
    return arrangement.sketch_in((await pictures(chat))[-1].prompt).layers


def desk(chat):
    """The message in which the drawing is changed."""
    return [reply for reply in chat.screen.replies() if reply.slot.startswith("studio.")][-1]


def labels(reply):
    return [[button.text for button in row] for row in reply.buttons]


def drawn(chat, entry, revision, sketch, **fields):
    text = arrangement.written(entry.id, revision, sketch)
    return chat._message(fields.pop("sent_as", new_id()), kind=Kind.DRAW, drawing=text, **fields)


# --- by buttons --------------------------------------------------------------------------------


async def test_something_is_added_placed_sized_and_coloured(chat):
    before = await layers(chat)
    await chat.presses("그림 고치기")
    assert labels(desk(chat))[-2:] == [["➕ 더하기", "🌤️ 날씨·시간", "🖍️ 색칠하기"], ["그대로 두기"]]
    assert f"{len(before)}. " in desk(chat).text and "강아지" in desk(chat).picture_alt
    await chat.presses("더하기")
    await chat.presses("동물")
    assert labels(desk(chat)) == [["1", "2", "3", "4"], ["↩ 종류", "▶"]]
    await chat.presses("▶")
    assert "1. 토끼" in desk(chat).text and labels(desk(chat))[1] == ["◀", "↩ 종류", "▶"]
    await chat.presses("1")
    assert labels(desk(chat))[:3] == [["↖", "⬆", "↗"], ["⬅", "⏺", "➡"], ["↙", "⬇", "↘"]] and "토끼를" in desk(chat).text
    assert len(labels(desk(chat))) == 5, "as many rows as Discord takes"
    for label in ("↗", "L", "뒤집기", "맨 뒤"):
        await chat.presses(label)
    await chat.presses("↩ 그림")
    await chat.presses("🖍️ 색칠하기")
    first, second = await pictures(chat)
    rabbit, *others = await layers(chat)
    assert (rabbit.sticker, rabbit.x, rabbit.scale, rabbit.flip) == ("rabbit", 0.78, 0.36, True)
    assert tuple(others) == before and second.media_id != first.media_id
    assert not desk(chat).buttons and not desk(chat).picture, "its buttons are gone, and so is its preview"
    assert "고쳐 주신 대로 다시 색칠했어요" in chat.screen.replies()[-1].text
    assert (await chat.person()).draft is None


async def test_a_picture_of_four_and_one_of_the_whole_are_shown(chat):
    await chat.presses("그림 고치기")
    whole = desk(chat).picture
    await chat.presses("더하기")
    await chat.presses("음식")
    four = Image.open(io.BytesIO((await chat.house.media.get(desk(chat).picture)).data)).convert("L")
    quarters = [np.asarray(four)[y : y + 240, x : x + 240] for y in (0, 240) for x in (0, 240)]
    assert all(quarter.std() > 8 for quarter in quarters), "something stands in each quarter"
    with pytest.raises(NotFound):
        await chat.house.media.get(whole)  # the preview before it is kept nowhere


async def test_what_stands_there_is_moved_and_taken_away(chat):
    before = await layers(chat)
    await chat.presses("그림 고치기")
    await chat.presses("2")
    await chat.presses("⬆")
    await chat.presses("↩ 그림")
    await chat.presses("1")
    await chat.presses("지우기")
    await chat.presses("🖍️ 색칠하기")
    after = await layers(chat)
    assert len(after) == len(before) - 1 and after[0] == replace(before[1], x=0.5, y=0.24)


async def wearing(chat, count):
    """The picture's drawing with so many things in it."""
    entry, sketch = await entry_of(chat), arrangement.sketch_in((await pictures(chat))[-1].prompt)
    row = tuple(Layer("star", 0.05 + n % 8 * 0.12, 0.1 + n // 8 * 0.15, 0.1) for n in range(count))
    await chat.hears(drawn(chat, entry, entry.revision, replace(sketch, layers=row)))


async def test_every_thing_has_a_number_page_by_page(chat):
    await wearing(chat, 34)
    await chat.presses("그림 고치기")
    numbers = []
    for turn in ("▶", "▶", ""):
        assert len(desk(chat).buttons) <= 5 and max(len(row) for row in desk(chat).buttons) <= 5, "what Discord takes"
        numbers += [int(one) for row in labels(desk(chat)) for one in row if one.isdecimal()]
        assert f"\n{numbers[-1]}. 별" in desk(chat).text
        if turn:
            await chat.presses(turn)
    assert numbers == list(range(1, 35)) and labels(desk(chat))[-1] == ["◀", "그대로 두기"]
    await chat.presses("33")
    await chat.presses("↘")
    await chat.presses("↩ 그림")
    assert "33. 별" in desk(chat).text, "back where they were"
    await chat.presses("34")
    await chat.presses("지우기")
    await chat.presses("◀")
    assert labels(desk(chat))[-1] == ["◀", "그대로 두기", "▶"]
    await chat.presses("🖍️ 색칠하기")
    assert len(await layers(chat)) == 33 and (await layers(chat))[32].x == 0.78


async def test_a_full_picture_says_that_nothing_more_fits(chat):
    await wearing(chat, arrangement.LAYERS - 1)
    await chat.presses("그림 고치기")
    await chat.presses("더하기")
    await chat.presses("동물")
    place = next(
        shown for shown, reply in chat.screen.shown.items() if reply.slot.startswith("studio.") and reply.buttons
    )
    late = desk(chat).buttons[0][0]
    await chat.presses("1")
    await chat.presses("↩ 그림")
    assert "자리가 없어요" not in desk(chat).text
    await chat.presses("더하기")
    assert "더 넣을 자리가 없어요" in desk(chat).text and "1" in labels(desk(chat))[0]
    await chat.press(late, place)
    assert "더 넣을 자리가 없어요" in desk(chat).text
    assert len((await chat.person()).draft.sketch.layers) == arrangement.LAYERS
    await chat.presses("2")
    await chat.presses("지우기")
    assert "자리가 없어요" not in desk(chat).text
    await chat.presses("더하기")
    assert "무엇을 더할까요?" in desk(chat).text


async def test_who_stands_in_the_drawing_is_offered_from_the_diary_too(tmp_path):
    async with sketched_chat(tmp_path, "아빠를 만났다") as chat:
        before = await layers(chat)
        people = [layer.sticker for layer in before if layer.sticker.startswith("figure/")]
        first = next(n for n, layer in enumerate(before, 1) if layer.sticker in people)  # something may lie behind them
        await chat.presses("그림 고치기")
        await chat.presses(str(first))
        await chat.presses("지우기")
        await chat.presses("더하기")
        await chat.presses("오늘 일기에서")
        assert "아빠" in desk(chat).text and desk(chat).picture_alt.startswith("1. ")
        await chat.presses("1")
        await chat.presses("↩ 그림")
        await chat.presses("🖍️ 색칠하기")
        assert sorted(one.sticker for one in await layers(chat)) == sorted(one.sticker for one in before)


async def test_a_diary_that_offers_nothing_has_no_button_for_it(tmp_path):
    async with sketched_chat(tmp_path, "아빠를 만났다") as chat:
        await wearing(chat, 0)
        await chat.presses("그림 고치기")
        assert desk(chat).text and labels(desk(chat)) == [["➕ 더하기", "🌤️ 날씨·시간", "🖍️ 색칠하기"], ["그대로 두기"]]
        await chat.presses("더하기")
        assert labels(desk(chat))[0] == ["사람", "동물"]
        await chat.presses("사람")
        assert labels(desk(chat))[0] == ["1", "2", "3", "4"]


async def test_weather_hour_and_a_face_are_chosen(chat):
    sketch = arrangement.sketch_in((await pictures(chat))[0].prompt)
    me = next(n for n, layer in enumerate(sketch.layers) if layer.tag == "me")
    await chat.presses("그림 고치기")
    await chat.presses("날씨·시간")
    assert labels(desk(chat))[:2] == [["☀️ 맑음", "☁️ 흐림", "🌧️ 비"], ["❄️ 눈", "🍃 바람", "🌫️ 안개"]]
    first = desk(chat).picture
    await chat.presses("눈")
    await chat.presses("밤")
    assert "눈, 밤이에요" in desk(chat).text and desk(chat).picture != first
    assert [one.text for row in desk(chat).buttons for one in row if one.chosen] == ["❄️ 눈", "🌙 밤"]
    await chat.presses("↩ 그림")
    await chat.presses(str(me + 1))
    assert labels(desk(chat))[3] == ["S", "M", "L", "↔ 뒤집기", "🙂 표정"]
    await chat.presses("표정")
    assert len(desk(chat).buttons) <= 5 and sum(one.chosen for row in desk(chat).buttons for one in row) == 1
    await chat.presses("눈물")
    await chat.presses("↩ 그림")
    await chat.presses("🖍️ 색칠하기")
    drawing = arrangement.sketch_in((await pictures(chat))[1].prompt)
    assert (drawing.weather, drawing.time) == ("snow", "night") and "/sad/" in drawing.layers[me].sticker
    assert [one for n, one in enumerate(drawing.layers) if n != me] == [
        one for n, one in enumerate(sketch.layers) if n != me
    ]
    await chat.presses("앞 그림으로")
    back = arrangement.sketch_in((await pictures(chat))[-1].prompt)
    assert back == sketch


async def test_a_thing_has_no_face_and_a_hall_no_weather(chat):
    sketch = arrangement.sketch_in((await pictures(chat))[0].prompt)
    dog = next(n for n, layer in enumerate(sketch.layers) if layer.sticker == "dog")
    await chat.presses("그림 고치기")
    await chat.presses(str(dog + 1))
    assert labels(desk(chat))[3] == ["S", "M", "L", "↔ 뒤집기"]
    await chat.presses("↩ 그림")
    await chat.presses("그대로 두기")
    work = (await pictures(chat))[0]
    about = json.loads(work.prompt)
    about["sketch"] |= {"place": "stage", "time": "day"}
    await chat.house.store.save_work(replace(work, prompt=json.dumps(about)))
    await chat.presses("그림 고치기")
    await chat.presses("날씨·시간")
    assert labels(desk(chat)) == [["🌞 낮", "🌇 저녁", "🌙 밤"], ["↩ 그림"]]
    assert "날씨가 보이지 않는 곳" in desk(chat).text


async def test_left_alone_nothing_changes(chat):
    await chat.presses("그림 고치기")
    await chat.presses("1")
    await chat.presses("지우기")
    await chat.presses("그대로 두기")
    assert desk(chat).text == "그림은 그대로 두었어요." and len(await pictures(chat)) == 1
    await chat.presses("그림 고치기")
    assert len([one for row in labels(desk(chat)) for one in row if one.isdigit()]) == len(await layers(chat))


async def test_a_button_pressed_twice_and_a_step_run_again_do_it_once(chat):
    await chat.presses("그림 고치기")
    await chat.presses("더하기")
    await chat.presses("동물")
    count = len((await chat.person()).draft.sketch.layers)
    place = next(shown for shown, reply in chat.screen.shown.items() if reply.slot.startswith("studio."))
    message = chat._message("put", kind=Kind.PRESS, press=desk(chat).buttons[0][2].press, target=place)
    await chat.hears(message)
    for _ in range(2):
        await hearing.guarded_and_told(message.id)
    assert len((await chat.person()).draft.sketch.layers) == count + 1
    await chat.presses("↩ 그림")
    done = desk(chat).buttons[-2][-1]
    message = chat._message("done", kind=Kind.PRESS, press=done.press, target=place)
    await chat.hears(message)
    await hearing.guarded_and_told(message.id)
    await chat.press(done, place)
    assert (await entry_of(chat)).revision == 2 and len(await pictures(chat)) == 2
    assert "이미 다 고쳤어요" in chat.screen.replies()[-1].text


async def test_new_words_in_between_end_the_draft_kindly(chat):
    await chat.presses("그림 고치기")
    await chat.says("저녁엔 비가 왔다", reply_to="m1")
    for shown_id, reply in chat.screen.shown.items():
        if reply.slot.startswith("studio."):
            await chat.press(reply.buttons[-2][-1], shown_id)
    assert "그사이에 일기가 바뀌었어요" in desk(chat).text and (await chat.person()).draft is None


async def test_every_button_fits_and_is_the_persons_own(chat):
    await chat.presses("그림 고치기")
    stranger = new_id()
    for label in ("더하기", "물건", "▶", "1"):
        for row in desk(chat).buttons:
            for button in row:
                assert len(button.press.encode()) <= callback.LIMIT_BYTES
                assert callback.unpack(chat.house.button_secret, stranger, button.press) is None
        await chat.presses(label)


# --- from the page -----------------------------------------------------------------------------


async def test_a_drawing_is_painted_and_taken_back_step_by_step(chat):
    entry = await entry_of(chat)
    sketch = arrangement.sketch_in((await pictures(chat))[0].prompt)
    for n, x in ((1, 0.3), (2, 0.6)):
        moved = replace(sketch, layers=(replace(sketch.layers[0], x=x), *sketch.layers[1:]))
        await chat.hears(drawn(chat, entry, n, moved))
    assert (await layers(chat))[0].x == 0.6
    await chat.presses("앞 그림으로")
    assert (await layers(chat))[0].x == 0.3 and (await entry_of(chat)).drawing.layers[0].x == 0.3
    await chat.presses("앞 그림으로")
    works = await pictures(chat)
    assert works[-1].media_id == works[0].media_id and (await entry_of(chat)).drawing is None
    assert "앞 그림으로 돌려놓았어요" in chat.screen.replies()[-1].text
    assert not any("앞 그림으로" in label for row in labels(chat.screen.replies()[-1]) for label in row)
    kinds = [work.kind for work in await chat.house.store.works(entry.id)]
    assert kinds.count(WorkKind.COMMENT) == kinds.count(WorkKind.MUSIC) == 1, "words and music stay as they were"
    (line,) = await chat.house.store.lines((await chat.person()).id)
    assert line.picture_media_id == works[0].media_id and "산책" in line.summary


async def test_a_button_to_take_back_that_comes_too_late(chat):
    entry, sketch = await entry_of(chat), arrangement.sketch_in((await pictures(chat))[0].prompt)
    await chat.hears(drawn(chat, entry, 1, sketch))
    shown_id, reply = list(chat.screen.shown.items())[-1]
    undo = reply.buttons[-1][1]
    await chat.hears(drawn(chat, entry, 2, sketch))
    await chat.press(undo, shown_id)
    assert "이 버튼으로는 되돌릴 수 없어요" in chat.screen.replies()[-1].text and (await entry_of(chat)).revision == 3


async def test_sent_for_older_words_it_is_kept_and_asked_about(chat):
    entry, sketch = await entry_of(chat), arrangement.sketch_in((await pictures(chat))[0].prompt)
    await chat.says("저녁엔 비가 왔다", reply_to="m1")
    moved = replace(sketch, layers=(replace(sketch.layers[0], x=0.123),))
    await chat.hears(drawn(chat, entry, 1, moved))
    assert "그림을 고치시는 사이에 일기가 바뀌었어요" in chat.screen.replies()[-1].text
    assert (await entry_of(chat)).drawing is None
    await chat.presses("이 그림으로 색칠하기")
    assert (await layers(chat))[0].x == 0.123


async def test_weather_that_was_taken_out_may_be_chosen_again(chat):
    entry, sketch = await entry_of(chat), arrangement.sketch_in((await pictures(chat))[0].prompt)
    await chat.house.store.save_entry(replace(entry, struck=("weather.rain", "tag.ice_cream")))
    await chat.hears(drawn(chat, entry, 1, replace(sketch, weather="rain")))
    assert (await entry_of(chat)).struck == ("tag.ice_cream",)
    assert arrangement.sketch_in((await pictures(chat))[-1].prompt).weather == "rain"


async def test_the_entry_is_gone(chat):
    entry, sketch = await entry_of(chat), arrangement.sketch_in((await pictures(chat))[0].prompt)
    await chat.house.store.delete_entry(entry.id)
    await chat.hears(drawn(chat, entry, 1, sketch))
    assert "이 일기는 이제 없어요" in chat.screen.replies()[-1].text


async def test_another_persons_drawing_changes_nothing(chat):
    entry, sketch = await entry_of(chat), arrangement.sketch_in((await pictures(chat))[0].prompt)
    other = Chat(chat.house, chat.screen, "somebody else")
    await other.hears(drawn(other, entry, 1, sketch))
    assert "이 일기는 이제 없어요" in chat.screen.replies()[-1].text and (await entry_of(chat)).revision == 1


async def test_new_words_make_a_new_picture_of_them(chat):
    entry, sketch = await entry_of(chat), arrangement.sketch_in((await pictures(chat))[0].prompt)
    await chat.hears(drawn(chat, entry, 1, sketch))
    await chat.says("저녁엔 바다에 갔다", reply_to="m1")
    assert (await entry_of(chat)).drawing is None and len(await pictures(chat)) == 3


async def test_painted_again_it_stays_as_it_was_drawn(chat):
    entry, sketch = await entry_of(chat), arrangement.sketch_in((await pictures(chat))[0].prompt)
    moved = replace(sketch, layers=(replace(sketch.layers[0], x=0.123), *sketch.layers[1:]))
    await chat.hears(drawn(chat, entry, 1, moved))
    await chat.presses("다시 그리기")
    await chat.presses("글과 음악까지")
    assert (await layers(chat))[0].x == 0.123 and len(await pictures(chat)) == 3


async def test_a_deleted_entry_takes_its_drawings_with_it(chat):
    entry, sketch = await entry_of(chat), arrangement.sketch_in((await pictures(chat))[0].prompt)
    message = drawn(chat, entry, 1, sketch)
    await chat.hears(message)
    await chat.house.store.purge_entry(entry.id)
    with pytest.raises(NotFound):
        await chat.house.store.message(message.id)


# --- on Discord and Telegram -------------------------------------------------------------------


async def test_discord_is_given_a_link_for_a_day(chat):
    house = chat.house
    web = house.settings.web.model_copy(update={"public_url": "https://diary.example"})
    house.settings, house.studio_secret = house.settings.model_copy(update={"web": web}), SECRET
    house.platforms = {"discord": chat.screen}
    chat.screen.name = "discord"
    person = await chat.person()
    await house.store.person_of("discord", "42")
    message = replace(chat._message("p", kind=Kind.PRESS, press="x"), platform="discord", account="42", chat_id="c9")
    from bot import drawings

    told = await drawings.opened(house, person, message, callback.Press("draw", ((await entry_of(chat)).id,)))
    (button,) = told.replies[0].buttons[0]
    address, _, written = button.url.partition("#pass=")
    assert address == f"https://diary.example/studio?entry={(await entry_of(chat)).id}" and len(button.url) <= 512
    allowed = studio_pass.read(SECRET, written, utc_now().timestamp())
    assert (allowed.platform, allowed.account, allowed.chat_id, allowed.person_id) == ("discord", "42", "c9", person.id)
    assert allowed.until_s - chat.at.timestamp() == pytest.approx(24 * 3600, abs=2)


def test_telegram_opens_the_page_in_place_where_it_can():
    from bot.telegram_render import keyboard
    from core.entities import Button, Reply

    reply = Reply("…", buttons=((Button("✏️", press="1draw|x~y", page="/studio?entry=x"),),))
    assert keyboard(reply).inline_keyboard[0][0].callback_data == "1draw|x~y"
    opened = keyboard(reply, "https://diary.example").inline_keyboard[0][0]
    assert opened.web_app.url == "https://diary.example/studio?entry=x" and opened.callback_data is None


async def test_in_telegram_the_button_under_a_picture_is_a_mini_app(tmp_path):
    async with TelegramServer() as server, telegram_house(tmp_path, server, pages="https://diary.example") as house:
        await house.listening()
        someone = server.person(7, language="ko")
        await someone.starts()
        await someone.says("오늘 강아지랑 걸었다")
        await until(lambda: any(button.web_app for shown in someone.shown for row in shown.buttons for button in row))
        (app,) = (one for shown in someone.shown for row in shown.buttons for one in row if one.web_app)
        person = await house.house.store.person_of("telegram", "7")
        (entry_id,) = await house.house.store.every_entry(person.id)
        assert (app.text, app.web_app) == ("✏️ 그림 고치기", f"https://diary.example/studio?entry={entry_id}")
