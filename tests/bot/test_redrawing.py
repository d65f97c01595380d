"""A picture painted again: the same scene, another one, everything; back again; twice, late, and by whom it is not."""

from dataclasses import replace
from datetime import date

import pytest

from bot import again, callback, hearing
from core import service
from core.entities import Entry, Kind, Part, StageState, Work, WorkKind, new_id, utc_now
from core.painting import arrangement, choices
from tests.bot.test_drawings import drawn, labels
from tests.fakes.studio_house import CrayonStudio, entry_of, sketched_chat


@pytest.fixture
async def chat(tmp_path):
    async with sketched_chat(tmp_path) as chat:
        yield chat


async def works(chat, kind=WorkKind.PICTURE):
    made = await chat.house.store.works((await entry_of(chat)).id)
    return sorted((work for work in made if work.kind is kind), key=lambda work: work.revision)


async def scene(chat, n=-1):
    return arrangement.sketch_in((await works(chat))[n].prompt)


def newest(chat):
    return chat.screen.replies()[-1]


def question(chat):
    """Where it stands, and how it reads."""
    return [(at, reply) for at, reply in chat.screen.shown.items() if reply.slot.startswith("again.")][-1]


def on_screen(chat, label):
    return any(label in button.text for row in newest(chat).buttons for button in row)


# --- what can be had ---------------------------------------------------------------------------


async def test_it_is_asked_how_and_the_row_stays_short(chat):
    answer_at, answer = next((at, reply) for at, reply in chat.screen.shown.items() if reply.picture)
    assert max(len(row) for row in labels(answer)) <= 5 and len(labels(answer)) <= 4
    await chat.presses("다시 그리기")
    _at, asked = question(chat)
    assert "어떻게 다시 그려 볼까요?" in asked.text
    assert labels(asked) == [["🖌️ 같은 장면, 새 붓질", "🎲 다른 장면으로"], ["🎵 글과 음악까지 새로"]]
    again = next(button for row in answer.buttons for button in row if "다시 그리기" in button.text)
    await chat.press(again, answer_at)
    assert len([one for one in chat.screen.replies() if one.slot.startswith("again.")]) == 1, (
        "asked twice it stands once"
    )
    assert (await entry_of(chat)).revision == 1, "nothing is made of a question"


async def test_the_same_scene_by_another_hand_words_and_music_stay(chat):
    await chat.presses("다시 그리기")
    await chat.presses("같은 장면")
    first, second = await works(chat)
    assert (await scene(chat, 0)) == (await scene(chat, 1)) and first.seed != second.seed
    assert first.media_id != second.media_id
    assert len(await works(chat, WorkKind.COMMENT)) == len(await works(chat, WorkKind.MUSIC)) == 1
    assert "같은 장면을 새로 칠했어요" in newest(chat).text and "AI가 만들었어요" in newest(chat).text
    _at, asked = question(chat)
    assert asked.text == "같은 장면을 새로 칠해 볼게요." and not asked.buttons, "the question stands where it stood"


async def test_real_crayons_paint_the_same_scene_with_other_strokes(chat):
    service.service().studio = CrayonStudio()
    await chat.presses("다시 그리기")
    await chat.presses("글과 음악까지")
    await chat.presses("다시 그리기")
    await chat.presses("같은 장면")
    one, two = (await works(chat))[-2:]
    files = [(await chat.house.media.get(work.media_id)).data for work in (one, two)]
    lines = [(await chat.house.media.get(work.sketch_media_id)).data for work in (one, two)]
    assert files[0] != files[1] and lines[0] == lines[1]


async def test_another_scene_of_the_same_day(chat):
    await chat.presses("다시 그리기")
    await chat.presses("다른 장면")
    before, after = await scene(chat, 0), await scene(chat, 1)
    assert before.layers != after.layers and {"dog"} <= {layer.sticker for layer in after.layers}
    assert "같은 하루를 다른 장면으로 그렸어요" in newest(chat).text
    assert len(await works(chat, WorkKind.COMMENT)) == 1


async def test_everything_anew(chat):
    await chat.presses("다시 그리기")
    await chat.presses("글과 음악까지")
    for kind in (WorkKind.PICTURE, WorkKind.COMMENT, WorkKind.MUSIC):
        assert len(await works(chat, kind)) == 2
    answer = [reply for reply in chat.screen.replies() if reply.picture][-1]
    assert labels(answer)[-1][-1] == "↩️ 앞 그림으로"


async def test_back_from_everything_anew_comes_all_that_was_there(chat):
    kinds = (WorkKind.PICTURE, WorkKind.COMMENT, WorkKind.MUSIC)
    await chat.presses("💬 ☆")
    first = {kind: (await works(chat, kind))[-1] for kind in kinds}
    await chat.presses("다시 그리기")
    await chat.presses("같은 장면")  # a picture between: it comes back, with the words and the music of then
    painted = (await works(chat))[-1]
    await chat.presses("다시 그리기")
    await chat.presses("글과 음악까지")
    anew = (await works(chat, WorkKind.COMMENT))[-1]
    entry = await entry_of(chat)
    changed = replace(anew, text="새로 쓴 말")
    await chat.house.store.save_work(changed)  # the instant writer always says the same
    await chat.presses("앞 그림으로")
    now = {kind: (await works(chat, kind))[-1] for kind in kinds}
    assert {work.revision for work in now.values()} == {entry.revision + 1}
    assert now[WorkKind.PICTURE].media_id == painted.media_id
    assert now[WorkKind.COMMENT].text == first[WorkKind.COMMENT].text
    assert now[WorkKind.MUSIC].media_id == first[WorkKind.MUSIC].media_id
    answer, music = chat.screen.replies()[-2:]
    assert first[WorkKind.COMMENT].text in answer.text and music.audio == first[WorkKind.MUSIC].media_id
    assert any(row[0] == "💬 ★" for row in labels(answer)), "what was said of it stays with it"
    undo = next(button for row in answer.buttons for button in row if "앞 그림" in button.text)
    await chat.press(undo, list(chat.screen.shown)[-2])
    assert (await works(chat))[-1].media_id == first[
        WorkKind.PICTURE
    ].media_id and "앞 그림으로 돌려놓았어요" in newest(chat).text
    assert len(await works(chat, WorkKind.COMMENT)) == 3, "its words are there already"
    assert not on_screen(chat, "앞 그림으로")


async def test_a_feeling_that_was_put_right_colours_the_next_one(chat):
    entry = await entry_of(chat)
    await chat.house.store.correct_emotion(entry.id, "sadness")
    await chat.presses("다시 그리기")
    await chat.presses("다른 장면")
    assert (await chat.house.store.analysis(entry.id, 2)).emotion.name == "sadness"


async def test_as_somebody_arranged_it_it_stays_theirs(chat):
    entry, sketch = await entry_of(chat), await scene(chat)
    moved = replace(sketch, layers=(replace(sketch.layers[0], x=0.123), *sketch.layers[1:]))
    await chat.hears(drawn(chat, entry, 1, moved))
    await chat.presses("다시 그리기")
    await chat.presses("같은 장면")
    assert (await scene(chat)).layers[0].x == 0.123 and (await entry_of(chat)).drawing == moved
    await chat.presses("다시 그리기")
    await chat.presses("글과 음악까지")
    assert (await scene(chat)).layers[0].x == 0.123


async def test_weather_and_faces_that_were_chosen_stay_in_another_scene(chat):
    entry, sketch = await entry_of(chat), await scene(chat)
    layers = tuple(choices.with_face(layer, "cross") if layer.tag == "me" else layer for layer in sketch.layers)
    await chat.hears(drawn(chat, entry, 1, replace(sketch, weather="snow", time="night", layers=layers)))
    assert set((await entry_of(chat)).chosen) == {"weather.snow", "time.night", "face.me.cross"}
    for how in ("다른 장면", "글과 음악까지"):
        await chat.presses("다시 그리기")
        await chat.presses(how)
        anew = await scene(chat)
        assert (anew.weather, anew.time) == ("snow", "night") and anew.layers != layers
        assert {choices.face_of(layer) for layer in anew.layers if layer.tag == "me"} <= {"cross"}
    for _ in range(3):
        await chat.presses("앞 그림으로")
    assert (await entry_of(chat)).chosen == (), "what was not chosen yet then is not chosen any more"
    await chat.presses("다시 그리기")
    await chat.presses("다른 장면")
    assert (await scene(chat)).weather != "snow"


def work(kind, revision, media="", text=""):
    return Work(f"e{kind.value[0]}{revision}", "e", revision, kind, "test", media_id=media, text=text)


def test_one_press_goes_back_to_what_was_before_and_no_further():
    entry = Entry(id="e", person_id="p", date=date(2026, 5, 4), text="…", created_at=utc_now(), revision=3)
    versions = [replace(entry, revision=n) for n in (1, 2, 3)]
    picture, comment, music = WorkKind.PICTURE, WorkKind.COMMENT, WorkKind.MUSIC
    first = [work(picture, 1, "p1"), work(comment, 1, text="one"), work(music, 1, "m1")]
    painted = [*first, work(picture, 2, "p2")]
    anew = [*painted, work(picture, 3, "p3"), work(comment, 3, text="three"), work(music, 3, "m3")]

    def back(works, versions=versions):
        return {kind: one.id for kind, one in again.earlier(works, entry, versions).items()}

    assert back(first) == {}
    assert back(painted) == {picture: "ep1"}, "words and music were not made anew"
    assert back(anew) == {picture: "ep2", comment: "ec1", music: "em1"}
    returned = [*anew, work(picture, 4, "p2"), work(comment, 4, text="one"), work(music, 4, "m1")]
    assert back(returned) == {picture: "ep1"}, "one that came back counts from when it was made"
    assert back([*returned, work(picture, 5, "p1")]) == {}
    repainted = [*anew, work(picture, 4, "p4")]
    assert back(repainted) == {picture: "ep3"}
    assert back([*repainted, work(picture, 5, "p3")]) == {picture: "ep2", comment: "ec1", music: "em1"}
    other = [replace(one, parts=(Part("m", "…"),)) if one.revision < 3 else one for one in versions]
    assert back(anew, other) == {}, "an answer to other words is not brought back"
    drawn = again.earlier(painted, replace(entry, revision=2, seed=7), other)
    assert list(drawn) == [picture], "from a drawing there is a way back though the words were edited meanwhile"


# --- back again --------------------------------------------------------------------------------


async def test_back_step_by_step_and_the_stars_stay_with_their_picture(chat):
    store = chat.house.store
    await chat.presses("🖍️ ☆")  # one star for the first
    for what in ("같은 장면", "다른 장면"):
        await chat.presses("다시 그리기")
        await chat.presses(what)
        assert labels(newest(chat))[0][0] == "🖍️ ☆", "a new picture has no stars yet"
    first, second, third = await works(chat)
    person = await chat.person()
    await store.rate(person.id, third.id, 5)
    await chat.presses("앞 그림으로")
    assert (await works(chat))[-1].media_id == second.media_id and "앞 그림으로 돌려놓았어요" in newest(chat).text
    assert labels(newest(chat))[0][0] == "🖍️ ☆"
    await chat.presses("앞 그림으로")
    back = (await works(chat))[-1]
    assert back.media_id == first.media_id and labels(newest(chat))[0][0] == "🖍️ ★"
    assert not on_screen(chat, "앞 그림으로"), "there is none before the first"
    assert (await store.rating(third.id)).stars == 5 and await store.rating(second.id) is None
    place = list(chat.screen.shown)[-1]
    await chat.press(newest(chat).buttons[0][3], place)
    assert (await store.rating(back.id)).stars == (await store.rating(first.id)).stars == 4, "it is one picture"


async def test_back_pressed_twice_and_a_month_later_does_no_harm(chat):
    await chat.presses("다시 그리기")
    await chat.presses("다른 장면")
    place, shown = list(chat.screen.shown.items())[-1]
    undo = next(button for row in shown.buttons for button in row if "앞 그림" in button.text)
    await chat.press(undo, place)
    revision = (await entry_of(chat)).revision
    await chat.press(undo, place)
    assert "이 버튼으로는 되돌릴 수 없어요" in newest(chat).text and (await entry_of(chat)).revision == revision


async def test_from_an_old_button_the_newest_picture_can_be_taken_back_still(chat):
    undos = []
    for _ in range(2):
        await chat.presses("다시 그리기")
        await chat.presses("다른 장면")
        place, shown = list(chat.screen.shown.items())[-1]
        undos.append((next(one for row in shown.buttons for one in row if "앞 그림" in one.text), place))
    _first, second, _third = await works(chat)
    await chat.press(*undos[0], after_s=31 * 24 * 3600)
    assert "이 버튼으로는 되돌릴 수 없어요" in newest(chat).text and len(await works(chat)) == 3
    await chat.presses("앞 그림으로")
    assert (await works(chat))[-1].media_id == second.media_id


async def test_music_that_is_still_being_made_is_not_lost(chat):
    entry = await entry_of(chat)
    await chat.house.store.set_stage(entry.id, 1, "music", StageState.WAITING)
    await chat.presses("다시 그리기")
    await chat.presses("같은 장면")
    assert [work.revision for work in await works(chat, WorkKind.MUSIC)] == [1, 2]
    assert [work.revision for work in await works(chat, WorkKind.COMMENT)] == [1]


# --- twice, late, not theirs -------------------------------------------------------------------


async def test_a_question_serves_once_then_asks_whether_once_more(chat):
    await chat.presses("다시 그리기")
    at, asked = question(chat)
    same, _other = asked.buttons[0]
    await chat.press(same, at)
    await chat.press(same, at)
    assert len(await works(chat)) == 2 and "한 번 더 그려 볼까요?" in question(chat)[1].text
    await chat.presses("다른 장면")
    assert len(await works(chat)) == 3, "the newest press counts"


async def test_a_step_that_runs_again_paints_once(chat):
    await chat.presses("다시 그리기")
    at, asked = question(chat)
    for label, button in (("same", asked.buttons[0][0]), ("all", asked.buttons[1][0])):
        message = chat._message(label, kind=Kind.PRESS, press=button.press, target=at)
        await chat.hears(message)
        for _ in range(2):
            await hearing.guarded_and_told(message.id)
    assert len(await works(chat)) == 2 and len(await works(chat, WorkKind.COMMENT)) == 1


async def test_the_entry_says_something_else_by_now(chat):
    answer_at, answer = next((at, one) for at, one in chat.screen.shown.items() if one.picture)
    again = next(button for row in answer.buttons for button in row if "다시 그리기" in button.text)
    await chat.says("저녁엔 바다에 갔다", reply_to="m1")
    count = len(await works(chat))
    await chat.press(again, answer_at)
    assert "일기가 바뀌었어요" in question(chat)[1].text and len(await works(chat)) == count
    await chat.presses("지금 일기로")
    assert len(await works(chat)) == count + 1


async def test_the_entry_is_gone_and_a_stranger_has_no_way(chat):
    await chat.presses("다시 그리기")
    at, asked = question(chat)
    assert callback.unpack(chat.house.button_secret, new_id(), asked.buttons[0][0].press) is None
    assert all(len(one.press.encode()) <= callback.LIMIT_BYTES for row in asked.buttons for one in row)
    await chat.house.store.delete_entry((await entry_of(chat)).id)
    await chat.press(asked.buttons[0][0], at)
    assert "이 일기는 이제 없어요" in newest(chat).text
