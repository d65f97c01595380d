"""/painting: somebody says how they like their pictures, and takes it back."""

from dataclasses import replace

import pytest

from bot import reasons
from bot.commands import painting
from core.entities import Person, Reason, Step, VisualPreferences
from core.joining import joined
from core.painting import preferences
from core.settings import Engines
from tests.fakes.in_process import Chat, as_text

ENGINES = Engines(painter="crayon", composer="instant", commenter="instant", understanding="instant")


@pytest.fixture(params=["ko", "en"])
async def chat(tmp_path, request):
    chat = await Chat.open(tmp_path, request.param, ENGINES)
    person = await chat.person()
    await chat.house.store.change_person(
        person.id, lambda now: replace(now, step=Step.DONE, name="지우", language=request.param)
    )
    yield chat
    await chat.close()


def page(chat):
    return chat.screen.replies()[-1]


def words(chat, korean, english):
    return korean if chat.language == "ko" else english


def buttons(chat):
    return [button for row in page(chat).buttons for button in row]


async def wanted(chat):
    return (await chat.person()).pictures


async def test_a_choice_is_kept_shown_and_taken_back(chat):
    await chat.says("/painting")
    await chat.presses(words(chat, "색감", "Tone"))
    assert words(chat, "따뜻한 색감: 난로 곁처럼", "warm: Yellow and red") in as_text(page(chat))
    await chat.presses(words(chat, "달빛 색감", "moonlit"))
    assert (await wanted(chat)).tone == "moonlit"
    assert [button.text for button in buttons(chat) if button.chosen] == [words(chat, "✓ 달빛 색감", "✓ moonlit")]
    await chat.presses(words(chat, "돌아가기", "Back"))
    assert words(chat, "색감: 달빛 색감", "Tone: moonlit") in as_text(page(chat))
    await chat.presses(words(chat, "방금 전으로", "Undo"))
    assert await wanted(chat) == VisualPreferences()
    assert words(chat, "색감: 일기에 맡기기", "Tone: as the day asks") in as_text(page(chat))


async def test_a_slider_of_five_and_the_way_back_to_the_middle(chat):
    await chat.says("/painting")
    await chat.presses("💡")
    assert [button.text for button in buttons(chat)][:5] == ["▁", "▃", "✓ ▅", "▆", "█"]
    await chat.presses("█")
    assert (await wanted(chat)).brightness == 1.0
    await chat.presses(words(chat, "돌아가기", "Back"))
    assert words(chat, "밝기: 아주 밝게", "Light: very bright") in as_text(page(chat))
    await chat.presses(words(chat, "모두 일기에 맡기기", "Back to neutral"))
    assert await wanted(chat) == VisualPreferences()
    await chat.presses(words(chat, "방금 전으로", "Undo"))  # that too can be taken back
    assert (await wanted(chat)).brightness == 1.0


async def test_every_page_fits_where_the_narrowest_platform_shows_it(chat):
    person = replace(
        await chat.person(), pictures=VisualPreferences("folk", "warm", "accent", 1, 1, 1, "pencil", "facing")
    )
    person = replace(person, pictures_before=(VisualPreferences(),) * preferences.UNDOS)
    replies = [painting.settings_reply(chat.house, person)]
    replies += [painting.group_reply(chat.house, person, what) for what in painting.GROUPS]
    for reply in replies:
        assert len(reply.buttons) <= 5 and all(len(row) <= 5 for row in reply.buttons)
        assert len(reply.text) < 1024 and "painting." not in reply.text
        assert all("painting." not in button.text for row in reply.buttons for button in row)


async def test_an_undo_that_is_pressed_twice_undoes_once(chat):
    await chat.says("/painting")
    for label in (words(chat, "색감", "Tone"), words(chat, "따뜻한 색감", "warm"), words(chat, "달빛 색감", "moonlit")):
        await chat.presses(label)
    await chat.presses(words(chat, "돌아가기", "Back"))
    (undo,) = [button for button in buttons(chat) if button.text == words(chat, "↩ 방금 전으로", "↩ Undo")]
    for _ in range(2):
        await chat.press(undo, next(reversed(chat.screen.shown)))
    assert (await wanted(chat)).tone == "warm"


async def test_a_tenth_name_on_a_list_is_called_by_its_name(chat, monkeypatch):
    """Anyone may write one into config/visual.toml; words for it in two languages are another matter."""
    longer = {**preferences.table(), "style": {**preferences.table()["style"], "pop_art": {"words": "pop art"}}}
    monkeypatch.setattr(preferences, "table", lambda: longer)
    preferences.names.cache_clear()
    try:
        await chat.says("/painting")
        await chat.presses("🖼")
        assert "· pop art" in page(chat).text.splitlines()
        await chat.presses("pop art")
        assert (await wanted(chat)).style == "pop_art" and "✓ pop art" in [button.text for button in buttons(chat)]
        await chat.presses(words(chat, "돌아가기", "Back"))
        assert "pop art" in as_text(page(chat))
        reason = Reason("style.pop_art", "pop art")
        assert (
            "pop art" in reasons.sentence(chat.language, reason)
            and reasons.named(chat.language, reason.id) == "pop art"
        )
    finally:
        preferences.names.cache_clear()


async def test_a_button_of_a_list_that_changed_since_changes_nothing(chat):
    person = await chat.person()
    old = chat.house.labelled(person, "cubist", "painting", "style", "cubist")
    await chat.says("/painting")
    await chat.press(old, next(reversed(chat.screen.shown)))
    assert await wanted(chat) == VisualPreferences()


def test_of_two_diaries_that_become_one_the_wishes_of_whoever_had_any_stay():
    warm, cool = (VisualPreferences(tone=tone) for tone in ("warm", "cool"))
    assert joined(Person(id="host"), Person(id="guest", pictures=warm)).pictures == warm
    assert joined(Person(id="host", pictures=cool), Person(id="guest", pictures=warm)).pictures == cool
