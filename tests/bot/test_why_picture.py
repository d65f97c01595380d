"""Somebody asks why a picture looks as it does, takes something out, and finds it gone."""

import io
from dataclasses import replace

import pytest
from PIL import Image

from bot import callback, reasons
from core import service
from core.entities import Level, Purpose, Step, VisualPreferences, WorkKind
from core.painting import arrangement
from core.settings import Engines
from tests.fakes.in_process import Chat, InlineStudio, ToldStudio, as_text
from tests.fakes.reading_model import write_reader

ENGINES = Engines(painter="crayon", composer="instant", commenter="instant")
LINE = "비가 와서 집에서 강아지랑 김치찌개를 먹었다. 조금 슬펐다"


@pytest.fixture
async def chat(tmp_path):
    chat = await Chat.open(tmp_path, "ko", ENGINES)
    service.service().studio = ToldStudio()
    person = await chat.person()
    await chat.house.store.change_person(person.id, lambda now: replace(now, step=Step.DONE, name="지우"))
    yield chat
    await chat.close()


async def likes(chat, **wanted):
    person = await chat.person()
    await chat.house.store.change_person(person.id, lambda now: replace(now, pictures=VisualPreferences(**wanted)))


async def newest(chat):
    entry = await chat.house.store.latest_entry((await chat.person()).id)
    return entry, await chat.house.store.latest_work(entry.id, WorkKind.PICTURE)


async def things(chat):
    _, work = await newest(chat)
    return [layer.tag.split(":")[-1] for layer in arrangement.sketch_in(work.prompt).layers]


def shown(chat):
    return as_text(chat.screen.replies()[-1])


def labels(chat):
    return [button.text for row in chat.screen.replies()[-1].buttons for button in row]


async def test_each_reason_is_told_with_the_diarys_own_word(chat):
    await chat.says(LINE)
    await chat.presses("왜 이 그림?")
    text = shown(chat)
    assert "“강아지랑”, 이 말을 보고 강아지를 그렸어요." in text
    assert "“비가 와서”, 이 말을 보고 날씨를 골랐어요: 비." in text
    assert "“슬펐다”, 여기에서 슬픔이" in text
    assert {"✕ 강아지", "✕ 비", "✕ 슬픔"} <= set(labels(chat))


async def test_what_is_drawn_or_done_is_no_evidence_for_a_feeling(chat):
    await chat.says("I ate the last piece of cake and blamed the dog. I regret it")
    await chat.presses("왜 이 그림?")
    felt = next(line for line in shown(chat).splitlines() if "느껴졌어요" in line)
    assert "“regret”" in felt and not any(word in felt for word in ("dog", "ate", "cake", "about"))


async def test_where_no_word_speaks_of_it_none_is_named(chat):
    await chat.says("소풍날이라 김밥을 쌌는데 비가 왔고 버스도 안 왔다")
    await chat.presses("왜 이 그림?")
    assert "글 전체에서" in shown(chat) or "글에서 느껴지는 대로" in shown(chat)


async def test_a_photo_alone_is_not_said_to_have_words(chat):
    await chat.says("", attachments=(await chat.photo(_blue(), "image/png"),))
    await chat.presses("왜 이 그림?")
    assert "글이 없어서 차분한 색을 골랐어요." in shown(chat) and "글에서" not in shown(chat)


def _blue():
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (110, 150, 200)).save(buffer, "PNG")
    return buffer.getvalue()


async def test_what_they_said_they_felt_needs_no_words_of_ours(chat):
    await chat.says("오늘 혼자 울었다. 정말 슬펐다")
    await chat.presses("왜 이 그림?")
    assert "“슬펐다”" in shown(chat)
    await chat.presses("아니, 나는")
    await chat.presses("안도")
    await chat.presses("이 마음으로 다시")
    await chat.presses("왜 이 그림?")
    told = shown(chat)
    assert "알려 주신 마음, 안도의 색으로" in told and "“슬펐다”" not in told and "“울었다”" not in told


async def test_weather_that_they_chose_themselves_is_not_called_our_choice(chat):
    await chat.says("강아지랑 놀았다. 조금 슬펐다")
    await chat.presses("그림 고치기")
    await chat.presses("날씨·시간")
    await chat.presses("눈")
    await chat.presses("밤")
    await chat.presses("↩ 그림")
    await chat.presses("색칠하기")
    await chat.presses("왜 이 그림?")
    assert "그림을 고칠 때 정해진 날씨예요: 눈." in shown(chat) and "그림을 고칠 때 정해진 시간이에요: 밤." in shown(
        chat
    )
    assert "마음에 어울리게 골랐어요: 눈" not in shown(chat)


async def test_what_is_taken_out_is_gone_and_the_rest_stays(chat):
    await chat.says(LINE)
    before, (_, work) = await things(chat), await newest(chat)
    await chat.presses("왜 이 그림?")
    await chat.presses("✕ 강아지")
    assert "강아지를 빼고 다시 그릴게요." in chat.reads() and "말씀해 주신 대로 다시 그렸어요." in shown(chat)
    assert await things(chat) == [name for name in before if name != "dog"]
    _, after = await newest(chat)
    assert after.seed == work.seed
    await chat.presses("왜 이 그림?")
    assert "“강아지랑”" not in shown(chat) and "빼 둔 것: 강아지" in shown(chat)


async def test_it_comes_back_as_it_was(chat):
    await chat.says(LINE)
    _, first = await newest(chat)
    for label in ("왜 이 그림?", "✕ 강아지", "왜 이 그림?", "✕ 비", "왜 이 그림?", "↩ 강아지"):
        await chat.presses(label)
    entry, work = await newest(chat)
    assert entry.struck == ("weather.rain",) and "dog" in await things(chat)
    was, now = arrangement.sketch_in(first.prompt), arrangement.sketch_in(work.prompt)
    assert now.weather == "clear" and {one.tag for one in now.layers} <= {one.tag for one in was.layers}
    await chat.presses("왜 이 그림?")
    await chat.presses("↩ 비")
    assert arrangement.sketch_in((await newest(chat))[1].prompt) == was


async def test_the_earlier_picture_is_a_press_away(chat):
    await chat.says(LINE)
    _, first = await newest(chat)
    await chat.presses("왜 이 그림?")
    await chat.presses("✕ 강아지")
    await chat.presses("앞 그림으로")
    entry, work = await newest(chat)
    assert work.media_id == first.media_id and entry.struck == () and "앞 그림으로 돌려놓았어요." in shown(chat)


async def test_a_word_that_was_struck_stays_out_when_it_is_painted_again_and_when_more_is_written(chat):
    await chat.says(LINE)
    await chat.presses("왜 이 그림?")
    await chat.presses("✕ 강아지")
    entry, _ = await newest(chat)
    anew = chat.house.labelled(await chat.person(), "anew", "remake", entry.id, str(entry.revision))
    await chat.press(anew, next(reversed(chat.screen.shown)))
    assert "dog" not in await things(chat)
    entry, work = await newest(chat)
    assert entry.seed == 0 and work.revision == entry.revision  # another picture, not that one again
    assert entry.struck == ("tag.dog",)


async def test_a_preference_is_asked_whether_it_is_off_for_good(chat):
    await likes(chat, tone="warm", brightness=1.0)
    await chat.says(LINE)
    await chat.presses("왜 이 그림?")
    await chat.presses("✕ 따뜻한 색감")
    assert "앞으로 그리는 그림에서도 뺄까요?" in chat.reads()
    _, work = await newest(chat)
    assert all(one.id != "tone.warm" for one in reasons.reasons_of(work))
    assert (await chat.person()).pictures.tone == "warm"
    await chat.presses("앞으로도 빼 주세요")
    person = await chat.person()
    assert person.pictures == VisualPreferences(brightness=1.0)
    assert person.pictures_before == (VisualPreferences(tone="warm", brightness=1.0),)


async def test_only_this_once_leaves_it_for_the_next(chat):
    await likes(chat, tone="warm")
    await chat.says(LINE)
    for label in ("왜 이 그림?", "✕ 따뜻한 색감", "이번만요"):
        await chat.presses(label)
    await chat.says("저녁에는 별을 보았다")
    assert (await chat.person()).pictures.tone == "warm"
    assert any(one.id == "tone.warm" for one in reasons.reasons_of((await newest(chat))[1]))


async def test_meanwhile_they_chose_another_tone_and_that_stays(chat):
    await likes(chat, tone="warm")
    await chat.says(LINE)
    await chat.presses("왜 이 그림?")
    await chat.presses("✕ 따뜻한 색감")
    await likes(chat, tone="cool")
    await chat.presses("앞으로도 빼 주세요")
    assert (await chat.person()).pictures.tone == "cool"


async def test_a_step_that_runs_again_takes_it_out_once(chat, monkeypatch):
    await chat.says(LINE)
    await chat.presses("왜 이 그림?")
    twice = []
    steps = chat.steps

    async def again(message):
        twice.append(message)
        await steps(message)
        await steps(message)

    monkeypatch.setattr(chat, "steps", again)
    await chat.presses("✕ 강아지")
    entry, _ = await newest(chat)
    assert twice and entry.struck == ("tag.dog",) and entry.revision == 2


async def test_a_button_that_was_pressed_before_does_nothing_more(chat):
    await chat.says(LINE)
    await chat.presses("왜 이 그림?")
    page = chat.screen.replies()[-1]
    (button,) = [one for row in page.buttons for one in row if one.text == "✕ 강아지"]
    target = next(place for place, reply in chat.screen.shown.items() if reply == page)
    await chat.press(button, target)
    await chat.press(button, target)
    entry, _ = await newest(chat)
    assert entry.struck == ("tag.dog",) and entry.revision == 2


async def test_no_other_persons_picture_and_none_of_a_dark_night(chat):
    await chat.says(LINE)
    entry, _ = await newest(chat)
    stranger = await chat.house.store.person_of("web", "stranger")
    forged = chat.house.labelled(stranger, "x", reasons.ACTION, entry.id, "1")
    assert callback.unpack(chat.house.button_secret, (await chat.person()).id, forged.press) is None
    await chat.house.store.save_entry(replace(entry, level=Level.HIGH))
    await chat.presses("왜 이 그림?")
    assert "이 그림은 이제 없어요." in chat.reads()


async def test_every_button_fits_whatever_the_reason_is_called(chat):
    await likes(chat, harmony="split_complementary", style="impressionist", look="watercolour", coping="distance")
    await chat.says("휠체어를 탄 친구랑 도서관에서 공부했다. 노래방에도 갔다")
    await chat.presses("왜 이 그림?")
    assert "✕ 비껴 마주 보는 색" in labels(chat)


async def test_more_reasons_than_one_message_holds_are_on_further_pages(chat):
    await likes(
        chat, tone="warm", harmony="split_complementary", style="folk", look="pencil", brightness=1, saturation=1
    )
    await chat.says(
        "비가 와서 공원에서 강아지랑 고양이랑 친구랑 엄마랑 놀다가 김밥이랑 떡볶이랑 사과랑 케이크를 먹고 책을 읽었다. 슬펐다"
    )
    reasons_kept = reasons.reasons_of((await newest(chat))[1])
    assert len(reasons_kept) > 12
    await chat.presses("왜 이 그림?")
    assert "2쪽 가운데 1쪽" in shown(chat) and labels(chat)[-1] == "▶" and "◀" not in labels(chat)
    first = [label for label in labels(chat) if label.startswith("✕")]
    await chat.presses("▶")
    second = [label for label in labels(chat) if label.startswith("✕")]
    assert "2쪽 가운데 2쪽" in shown(chat) and labels(chat)[-1] == "◀"
    assert len(first) == 12 and len(first) + len(second) == len(reasons_kept) and not set(first) & set(second)
    await chat.presses(second[-1])
    assert (await newest(chat))[0].struck == (reasons_kept[-1].id,)


async def test_all_that_was_taken_out_can_come_back(chat):
    await chat.says(LINE)
    gone = []
    for _ in range(4):
        await chat.presses("왜 이 그림?")
        gone.append(next(label for label in labels(chat) if label.startswith("✕")))
        await chat.presses(gone[-1])
    oldest = gone[0].replace("✕", "↩")
    struck = (await newest(chat))[0].struck
    await chat.presses("왜 이 그림?")
    backs = [label for label in labels(chat) if label.startswith("↩")]
    assert len(backs) == 3 and oldest not in backs and "2쪽 가운데 1쪽" in shown(chat)
    await chat.presses("▶")
    assert [label for label in labels(chat) if label.startswith("↩")] == [oldest]
    await chat.presses(oldest)
    assert (await newest(chat))[0].struck == struck[1:]


async def test_a_picture_from_before_has_no_such_button(chat):
    service.service().studio = InlineStudio()
    await chat.says(LINE)
    assert "왜 이 그림?" not in chat.reads()


async def test_an_old_entry_says_why_too(chat):
    await chat.says(LINE)
    entry, _ = await newest(chat)
    person = await chat.person()
    await chat.press(chat.house.labelled(person, "open", "entry", entry.id), next(reversed(chat.screen.shown)))
    assert any("왜 이 그림?" in label for reply in chat.screen.replies()[-2:] for label in texts(reply))
    opened = next(reply for reply in chat.screen.replies()[-2:] if "📖" in reply.text)
    assert opened.picture and opened.text.endswith("그림과 음악, 글은 AI가 만들었어요.")
    await chat.presses("왜 이 그림?")
    assert "이 그림은 이렇게 나왔어요." in shown(chat)


def texts(reply):
    return [button.text for row in reply.buttons for button in row]


class Listening(InlineStudio):
    """Remembers what a painter was told."""

    def __init__(self) -> None:
        self.briefs = []

    async def paint(self, *args, preferences=None, brief=None, **more):
        self.briefs.append(brief)
        return await super().paint(*args, preferences=preferences, brief=brief, **more)


class Translator:
    name = "translator"

    async def write(self, system, turns, *, temperature, max_chars):
        return "A dog eats stew at home while it rains."


@pytest.mark.parametrize("allowed", [True, False])
async def test_a_painter_that_reads_is_told_the_line_in_english_where_that_was_allowed(tmp_path, monkeypatch, allowed):
    monkeypatch.setattr("core.painting.diffusion_parts.find_spec", lambda _name: object())
    model = write_reader(tmp_path / "reader")
    (model / "emoseum.json").write_text('{"caption": "prompt"}')
    monkeypatch.setattr("core.painting.diffusion_parts.OWN", model)
    engines = Engines(painter="diffusion", composer="instant", commenter="instant")
    chat = await Chat.open(tmp_path, "ko", engines, translator=Translator())
    studio = service.service().studio = Listening()
    person = await chat.person()
    await chat.house.store.change_person(person.id, lambda now: replace(now, step=Step.DONE))
    await chat.house.store.set_consent(person.id, Purpose.CLOUD, allowed)
    await chat.says(LINE)
    assert [brief.scene for brief in studio.briefs] == ["A dog eats stew at home while it rains." if allowed else ""]
    await chat.close()


class CrayonsStandIn(Listening):
    """As where a GPU is missing: the diffusion painter is set, its weights lie there, and crayons paint, twice."""

    async def paint(self, *args, **more):
        made = await super().paint(*args, **more)
        return replace(made, engine="crayon-1") if len(self.briefs) < 3 else made


async def test_while_crayons_stand_in_for_who_reads_no_further_line_leaves(tmp_path, monkeypatch):
    monkeypatch.setattr("core.painting.diffusion_parts.find_spec", lambda _name: object())
    model = write_reader(tmp_path / "reader")
    (model / "emoseum.json").write_text('{"caption": "prompt"}')
    monkeypatch.setattr("core.painting.diffusion_parts.OWN", model)
    engines = Engines(painter="diffusion", composer="instant", commenter="instant")
    chat = await Chat.of_a_friend(tmp_path, "ko", engines=engines, translator=Translator())
    studio = service.service().studio = CrayonsStandIn()
    await chat.house.store.set_consent((await chat.person()).id, Purpose.CLOUD, True)
    for line in ("강아지랑 바다에 갔다", "고양이랑 공원에 갔다", "친구랑 산에 갔다", "엄마랑 시장에 갔다"):
        await chat.says(line)
    assert [bool(brief.scene) for brief in studio.briefs] == [True, False, False, True]
    await chat.close()
