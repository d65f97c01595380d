"""A photo with several faces asks which one is theirs; every photo that can't be read says why, through the whole bot."""

import io

import pytest
from PIL import Image, ImageEnhance

from core.comment.voice import mould
from core.entities import Purpose, WorkKind
from core.phrases import variants
from core.ports import NotFound
from core.settings import Engines
from tests.bot.test_conversation import introduced
from tests.core.test_face import ASTRONAUT, beside, in_dark_glasses, masked
from tests.fakes.drawn_faces import EXPRESSIONS, portrait
from tests.fakes.in_process import Chat, as_text

READING = Engines(painter="instant", composer="instant", commenter="embedded")


@pytest.fixture
async def chat(tmp_path):
    chat = await Chat.open(tmp_path, engines=READING)
    person = await introduced(chat)
    await chat.house.store.set_consent(person.id, Purpose.FACE, True)
    yield chat
    await chat.close()


def together(*names: str) -> Image.Image:
    """Drawn people in a row."""
    photo = Image.new("RGB", (320 * len(names), 400), (90, 90, 90))
    for n, name in enumerate(names):
        photo.paste(portrait(EXPRESSIONS[name], 260).convert("RGB"), (320 * n + 30, 70))
    return photo


async def sends(chat, photo: Image.Image, text="친구들과 찍은 사진", **fields) -> None:
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=95)
    await chat.says(text, attachments=(await chat.photo(file.getvalue()),), **fields)


def question(chat):
    """(its id, the reply) of the newest question which face is theirs."""
    return next(
        (shown_id, reply)
        for shown_id, reply in reversed(chat.screen.shown.items())
        if reply.slot.endswith(".which") and not reply.withdrawn
    )


async def reading(chat):
    entry = await chat.house.store.latest_entry((await chat.person()).id)
    return entry, (await chat.house.store.analysis(entry.id, entry.revision)).face


async def test_the_chosen_face_is_read(chat):
    await sends(chat, together("happy", "sadness", "happy"))
    shown_id, asked = question(chat)
    assert "어느 쪽이 당신인가요?" in asked.text and asked.picture_alt == "얼굴 3개에 왼쪽부터 번호를 매긴 사진"
    assert [button.text for button in asked.buttons[0]] == ["1", "2", "3"]
    assert "표정은 아직 읽지 않았어요" in chat.reads()
    with Image.open(io.BytesIO((await chat.house.media.get(asked.picture)).data)) as numbered:
        assert numbered.size == (960, 400)
    await chat.press(asked.buttons[0][1], shown_id)
    assert "사진 속 얼굴은 슬픈 얼굴에 가까워 보였어요" in chat.reads()
    assert "표정은 아직 읽지 않았어요" not in chat.reads()  # that answer gave way to this one
    chosen = question(chat)[1]
    assert [button.chosen for button in chosen.buttons[0]] == [False, True, False]
    assert chosen.text == "2번 얼굴로 다시 읽어 볼게요."


async def test_pressed_twice_it_is_read_once_and_another_choice_counts(chat):
    await sends(chat, together("happy", "sadness"))
    shown_id, asked = question(chat)
    await chat.press(asked.buttons[0][0], shown_id)
    entry, face = await reading(chat)
    assert face.face.name == "happy" and entry.revision == 2
    seen = chat.reads()
    await chat.press(asked.buttons[0][0], shown_id)
    assert chat.reads() == seen and (await reading(chat))[0].revision == 2
    await chat.press(asked.buttons[0][1], shown_id)
    entry, face = await reading(chat)
    assert face.face.name == "sadness" and entry.revision == 3
    assert [button.chosen for button in question(chat)[1].buttons[0]] == [False, True]


async def test_months_later_the_first_answer_stays_where_it_is(chat):
    await sends(chat, together("happy", "sadness"))
    shown_id, asked = question(chat)
    before = len(chat.screen.replies())
    await chat.press(asked.buttons[0][1], shown_id, after_s=100 * 24 * 3600)
    assert (await reading(chat))[1].face.name == "sadness"
    assert "표정은 아직 읽지 않았어요" in chat.reads()
    assert len(chat.screen.replies()) == before + 2  # a new answer with its music, and nothing is taken away


async def test_after_it_was_deleted_there_is_a_kind_word(chat):
    await sends(chat, together("happy", "sadness"))
    shown_id, asked = question(chat)
    entry, _face = await reading(chat)
    await chat.house.store.purge_entry(entry.id)
    with pytest.raises(NotFound):
        await chat.house.media.get(asked.picture)  # the copy with the numbers went along
    await chat.press(asked.buttons[0][0], shown_id)
    last = chat.screen.replies()[-1]
    assert last.sender == "house" and not last.picture and "E-" in last.text


async def test_none_of_them_takes_the_question_away_for_good(chat):
    await sends(chat, together("happy", "sadness"))
    await chat.presses("읽지 않아도 돼요")
    assert not any(reply.slot.endswith(".which") for reply in chat.screen.replies())
    await chat.presses("다시 그리기")
    await chat.presses("글과 음악까지")
    assert not any(reply.slot.endswith(".which") for reply in chat.screen.replies())
    assert (await reading(chat))[1].face is None


async def test_whose_consent_is_gone_is_not_read(chat):
    await sends(chat, together("happy", "sadness"))
    shown_id, asked = question(chat)
    await chat.house.store.set_consent((await chat.person()).id, Purpose.FACE, False)
    await chat.press(asked.buttons[0][0], shown_id)
    assert "/privacy" in chat.screen.replies()[-1].text
    assert (await reading(chat))[0].revision == 1


async def test_who_edits_the_words_keeps_their_choice(chat):
    await sends(chat, together("happy", "sadness"))
    shown_id, asked = question(chat)
    await chat.press(asked.buttons[0][1], shown_id)
    await chat.presses("다시 그리기")
    await chat.presses("글과 음악까지")
    entry, face = await reading(chat)
    assert entry.revision == 3 and face.face.name == "sadness"


async def test_too_many_to_choose_from(chat):
    await sends(chat, together(*["happy"] * 7))
    assert "사진에 얼굴이 아주 많아서" in chat.reads()
    assert not any(reply.slot.endswith(".which") for reply in chat.screen.replies())


@pytest.mark.parametrize(
    ("photo", "words"),
    [
        (ASTRONAUT.crop((0, 250, 512, 512)), "얼굴을 찾지 못해서"),
        (ASTRONAUT.resize((128, 128)), "너무 작게 나와서"),
        (ImageEnhance.Brightness(ASTRONAUT).enhance(0.12), "어두워서"),
        (masked(), "가려져 있어서"),
        (in_dark_glasses(), "가려져 있어서"),
        (beside(ASTRONAUT), "얼굴이 여럿이라"),
        (ASTRONAUT, "웃는 얼굴에 가까워 보였어요"),
    ],
    ids=["none", "small", "dark", "mask", "glasses", "several", "one"],
)
async def test_why_no_face_was_read_is_said_and_the_words_are_answered(chat, photo, words):
    await sends(chat, photo, "친구들이랑 놀아서 정말 행복했다")
    answer = next(
        reply for reply in reversed(chat.screen.replies()) if reply.picture and not reply.slot.endswith("which")
    )
    assert words in answer.text
    assert "느껴진 마음" in answer.text  # the words were read all the same
    assert "💬" in as_text(answer)


@pytest.fixture
def torn(monkeypatch):
    """Every face looks like everything."""
    from core.emotion import face

    real = face.FaceEmotion._chances
    monkeypatch.setattr(face.FaceEmotion, "_chances", lambda self, features: real(self, features) * 0 + 0.2)


async def test_an_unsure_face_is_not_told(chat, torn):
    await sends(chat, ASTRONAUT)
    assert "표정은 잘 모르겠어요. 그래서 글을 더 믿었어요" in chat.reads()
    assert "가까워 보였어요" not in chat.reads()


@pytest.mark.parametrize(("language", "words"), [("ko", "글"), ("en", "words")])
async def test_of_a_photo_alone_nobody_says_that_its_words_were_read(tmp_path, torn, language, words):
    chat = await Chat.of_a_friend(tmp_path, language, engines=READING)
    await chat.house.store.set_consent((await chat.person()).id, Purpose.FACE, True)
    said = []
    for photo in (ASTRONAUT.crop((0, 250, 512, 512)), ASTRONAUT):
        await sends(chat, photo, "", after_s=3600)
        answer = next(one.text for one in reversed(chat.screen.replies()) if one.picture)
        said.append(answer.splitlines()[2])  # below Anna's words
        assert words not in said[-1], said
    none, unsure = ("얼굴을 찾지 못했어요", "잘 모르겠어요") if language == "ko" else ("found no face", "can't tell")
    assert none in said[0] and unsure in said[1]
    await chat.close()


async def test_a_smile_over_heavy_words_is_asked_about_once(chat):
    asks = [mould("ko", key) for key in variants("ko", "comment.differ.face_happy")]
    for n, asked in enumerate((True, False)):
        await sends(chat, ASTRONAUT, "너무 슬프고 외로웠다. 하루 종일 눈물이 났다")
        entry, _face = await reading(chat)
        assert (await chat.house.store.analysis(entry.id)).disagree  # the fact is kept each time
        comment = (await chat.house.store.latest_work(entry.id, WorkKind.COMMENT)).text
        assert any(shape.search(comment) for shape in asks) is asked, (n, comment)


async def test_it_is_not_asked_again_when_the_picture_is_drawn_again(chat):
    asks = [mould("ko", key) for key in variants("ko", "comment.differ.face_happy")]
    await sends(chat, ASTRONAUT, "너무 슬프고 외로웠다. 하루 종일 눈물이 났다")
    entry, _face = await reading(chat)
    said = [(await chat.house.store.latest_work(entry.id, WorkKind.COMMENT)).text]
    for _ in range(2):
        await chat.presses("다시 그리기")
        await chat.presses("글과 음악까지")
        said.append((await chat.house.store.latest_work(entry.id, WorkKind.COMMENT)).text)
    assert (await reading(chat))[0].revision == entry.revision + 2
    assert [any(shape.search(comment) for shape in asks) for comment in said] == [True, False, False], said
