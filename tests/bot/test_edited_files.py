"""Somebody puts another photo into a message that is in the diary: the diary has the new one, and the old one is kept."""

from __future__ import annotations

import io

from PIL import Image

from core.phrases import say


def photo(colour):
    file = io.BytesIO()
    Image.new("RGB", (320, 240), colour).save(file, "JPEG")
    return file.getvalue()


SEA, WOOD = photo("blue"), photo("green")
REPLACED, EDITED = say("ko", "entry.replaced"), say("ko", "entry.edited")


async def diary(house):
    """The entry's wordings, each with the bytes of its files."""
    store = house.house.store
    entry = await store.latest_entry((await store.person_of("telegram", "7")).id)
    return [(v.text, await seen(house, v)) for v in await store.versions(entry.id)]


async def seen(house, entry):
    return [(await house.house.media.get(file.media_id)).data for file in entry.media]


def confirmations(someone):
    return [shown.text for shown in someone.shown if shown.text in (REPLACED, EDITED)]


async def test_another_photo_is_taken_painted_anew_and_can_be_undone(server, house):
    someone = server.person(7)
    wrote = await someone.photo(SEA, "오늘은 바다에 갔다")
    await house.quiet(1)
    pictures = len([shown for shown in someone.shown if shown.photo])
    await someone.replaces(wrote, WOOD, "오늘은 바다에 갔다")
    await house.quiet(2)
    assert await diary(house) == [("오늘은 바다에 갔다", [SEA]), ("오늘은 바다에 갔다", [WOOD])]
    assert confirmations(someone) == [REPLACED]
    assert len([shown for shown in someone.shown if shown.photo]) == pictures + 1
    done = next(shown for shown in someone.shown if shown.text == REPLACED)
    await someone.answer_to(await someone.presses(done.message_id, say("ko", "button.undo_edit")))
    await house.quiet(3)
    assert (await diary(house))[-1] == ("오늘은 바다에 갔다", [SEA])
    assert someone.message(done.message_id).text == say("ko", "entry.unreplaced")


async def test_another_caption_leaves_the_photo_and_fetches_nothing(server, house):
    someone = server.person(7)
    wrote = await someone.photo(SEA, "바다")
    await house.quiet(1)
    await someone.edits(wrote, "숲")
    await house.quiet(2)
    assert await diary(house) == [("바다", [SEA]), ("숲", [SEA])]
    assert confirmations(someone) == [EDITED] and server.count("getFile") == 1


async def test_words_are_given_a_photo_and_a_second_one(server, house):
    someone = server.person(7)
    wrote = await someone.says("오늘은 바다에 갔다")
    await house.quiet(1)
    await someone.replaces(wrote, SEA, "오늘은 바다에 갔다")
    await house.quiet(2)
    await someone.replaces(wrote, WOOD, "숲에도 갔다")
    await house.quiet(3)
    assert (await diary(house))[1:] == [("오늘은 바다에 갔다", [SEA]), ("숲에도 갔다", [WOOD])]
    assert confirmations(someone) == [REPLACED]  # the newer one, in place of the one before


async def test_one_photo_of_an_album_is_replaced_where_it_stood(server, house):
    work = house.house.settings.work.model_copy(update={"album_quiet_s": 0.2})
    house.house.settings = house.house.settings.model_copy(update={"work": work})
    someone = server.person(7)
    sky = photo("white")
    wrote = await someone.album([SEA, sky], "둘")
    await house.quiet(2)
    await someone.replaces(wrote[0], WOOD, "둘")
    await house.quiet(3)
    assert [files for _text, files in await diary(house)] == [[SEA, sky], [WOOD, sky]]


async def test_what_cannot_be_taken_is_said_and_the_old_photo_stays(server, house):
    someone = server.person(7)
    wrote = await someone.photo(SEA, "바다")
    await house.quiet(1)
    await someone.replaces(wrote, bytes(21 * 1024 * 1024), "바다와 숲")
    await house.quiet(2)
    assert (await diary(house))[-1] == ("바다와 숲", [SEA])
    words = [shown.text for shown in someone.shown]
    assert f"{say('ko', 'intake.photo_too_big')} {say('ko', 'intake.words_safe')}" in words and EDITED in words
    await someone.replaces(wrote, WOOD[: len(WOOD) // 2], "바다와 숲")
    await house.quiet(3)
    assert len(await diary(house)) == 2 and any(
        one.text.startswith(say("ko", "intake.photo_broken")) for one in someone.shown
    )


async def test_an_edit_that_is_done_twice_changes_one_thing(server, house):
    someone = server.person(7)
    wrote = await someone.photo(SEA, "바다")
    await house.quiet(1)
    await someone.replaces(wrote, WOOD, "바다")
    await house.quiet(2)
    before, shown = await diary(house), len(someone.shown)
    await house.chat.steps(house.kept[-1])
    assert (await diary(house), len(someone.shown), server.count("getFile")) == (before, shown, 2)


async def test_a_photo_that_comes_after_a_newer_one_does_not_take_its_place(server, house):
    from bot import hearing

    someone = server.person(7)
    wrote = await someone.photo(SEA, "바다")
    await house.quiet(1)
    house.answers = False
    await someone.replaces(wrote, photo("red"), "노을")
    await someone.replaces(wrote, WOOD, "숲")
    await house.quiet(3)
    slow, newer = house.kept[1:]
    await house.chat.steps(newer)
    await hearing.bring_files(slow.id)
    assert await hearing.tell_brought(slow.id) == hearing.NOTHING
    assert (await diary(house))[-1] == ("숲", [WOOD])
