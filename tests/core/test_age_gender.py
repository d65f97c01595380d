"""Age and gender are guessed only for who wants that, said only in the music's sentence, and kept nowhere else."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pytest

from core import service
from core.emotion import age_gender
from core.emotion.age_gender import WEIGHTS, LargeGuesser, Looks, SmallGuesser, cut_out, looks_of, read_label
from core.emotion.mtcnn import find_faces
from core.entities import EMOTIONS, Emotion, Label, Purpose, Step, WorkKind
from core.instant import InstantPainter
from core.music.generate import SoundfontComposer
from core.music.sentence import sentence
from core.ports import EngineMissing
from core.settings import Engines
from tests.core.test_face import ASTRONAUT, beside, masked, pixels
from tests.fakes.in_process import Chat

ON = Engines(painter="instant", composer="soundfont", commenter="instant")


@pytest.mark.parametrize(
    ("looks", "words"),
    [
        (Looks(34, 0.9), "a woman in her thirties"),
        (Looks(61.5, 0.05), "a man in his sixties"),
        (Looks(25, 0.6), "somebody in their twenties"),
        (Looks(8, 0.9), "a child"),
        (Looks(16, 0.1), "a teenager"),
        (Looks(97, 0.95), "a woman in her later years"),
    ],
)
def test_a_guess_in_words(looks, words):
    assert looks.listener() == words


@pytest.mark.parametrize("name", EMOTIONS)
def test_every_feeling_has_its_sentence(name):
    told = sentence(Emotion(labels=(Label(name, 0.9),)), "piano", "a woman in her thirties")
    assert told.startswith(("a ", "an ")) and told.endswith(" piano piece for a woman in her thirties")
    assert sentence(Emotion(labels=(Label(name, 0.9),)), "piano").endswith(" piano piece")


def test_the_sentence_of_a_tender_piece():
    assert sentence(Emotion(labels=(Label("sadness", 0.9),)), "piano", "a woman in her thirties") == (
        "a tender piano piece for a woman in her thirties"
    )
    made = SoundfontComposer().compose(Emotion(), (), "en", 3, "a man in his forties", seconds=20)
    assert " piece for a man in his forties: " in made.prompt and "→" in made.prompt
    assert made.audio == SoundfontComposer().compose(Emotion(), (), "en", 3, seconds=20).audio


@pytest.mark.parametrize(
    ("label", "meant"),
    [
        ("woman 30-39", (35.0, True)), ("male", (None, False)), ("20-29", (25.0, None)), ("more than 70", (75.0, None)),
        ("Female_0-2", (1.5, True)), ("man 70-99", (85.0, False)), ("cat", (None, None)),
    ],
)  # fmt: skip
def test_labels_of_a_larger_engine(label, meant):
    assert read_label(label) == meant


def test_the_small_one_says_what_is_to_be_seen_of_an_astronaut():
    """Eileen Collins was 42 in this picture."""
    looks = looks_of(pixels(ASTRONAUT), None, Engines())
    assert looks is not None
    assert looks.woman > 0.5 and 20 < looks.age_years < 60


def test_it_is_small_and_mirrors_make_no_difference():
    assert WEIGHTS.stat().st_size < 1_000_000
    guesser, faces = SmallGuesser.load(), np.random.default_rng(0).integers(0, 256, (3, 48, 48), dtype=np.uint8)
    assert np.allclose(guesser.of_faces(faces), guesser.of_faces(faces[:, :, ::-1]), atol=1e-3)


def test_no_face_no_guess_and_of_several_only_the_chosen_one():
    assert looks_of(np.zeros((64, 64, 3), np.uint8), None, Engines()) is None
    assert looks_of(pixels(masked()), None, Engines()) is None
    two = pixels(beside(ASTRONAUT))
    assert looks_of(two, None, Engines()) is None
    left = min(find_faces(two), key=lambda face: face.box[0])
    x, y, width, height = (round(side) for side in left.box)
    assert looks_of(two, (x, y, width, height), Engines()) is not None


def test_an_engine_that_is_not_there_is_missing(tmp_path):
    with pytest.raises(EngineMissing):
        SmallGuesser.load(tmp_path / "none.npz")
    with pytest.raises(EngineMissing):
        LargeGuesser(str(tmp_path))
    with pytest.raises(EngineMissing):
        looks_of(pixels(ASTRONAUT), None, Engines(age_gender="none"))


def test_a_swin_transformer_from_a_folder(tmp_path):
    transformers = pytest.importorskip("transformers")
    names = ["woman 20-29", "woman 60-69", "man 20-29", "man 60-69"]
    config = transformers.Swinv2Config(
        image_size=32, patch_size=4, embed_dim=8, depths=[1, 1], num_heads=[1, 2], window_size=4,
        id2label=dict(enumerate(names)), label2id={name: n for n, name in enumerate(names)},
    )  # fmt: skip
    transformers.Swinv2ForImageClassification(config).save_pretrained(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text('{"image_mean": [0.5, 0.5, 0.5]}')
    looks = looks_of(pixels(ASTRONAUT), None, Engines(age_gender="transformers", age_gender_model=str(tmp_path)))
    assert looks is not None and 20 < looks.age_years < 70 and 0 <= looks.woman <= 1
    summed = LargeGuesser(str(tmp_path))._summed([0.1, 0.7, 0.1, 0.1])
    assert (summed.age_years, summed.woman) == (pytest.approx(57.0), pytest.approx(0.8))
    config.id2label = dict(enumerate(["cat", "dog", "fish", "bird"]))
    transformers.Swinv2ForImageClassification(config).save_pretrained(tmp_path / "animals")
    with pytest.raises(EngineMissing):
        LargeGuesser(str(tmp_path / "animals"))


def test_a_larger_engine_sees_a_little_around_the_face():
    rgb = pixels(ASTRONAUT)
    assert cut_out(rgb, (100, 100, 50, 60)).shape == (60 + 36, 50 + 36, 3)
    assert cut_out(rgb, (0, 0, 50, 50)).shape == (65, 65, 3)


# --- through the whole bot ------------------------------------------------------------------------


class Composing:
    """The real composer, in this process."""

    async def paint(self, tags, emotion, language, seed, sketch=None, *, preferences=None, brief=None, **watched):
        return InstantPainter().paint(tags, emotion, language, seed, sketch)

    async def compose(self, emotion, tags, language, seed, listener=""):
        return SoundfontComposer().compose(emotion, tags, language, seed, listener, seconds=20)


@pytest.fixture
async def chat(tmp_path):
    chat = await Chat.open(tmp_path, "en", engines=ON)
    person = await chat.person()
    await chat.house.store.change_person(person.id, lambda now: replace(now, step=Step.DONE))
    service.service().studio = Composing()
    yield chat
    await chat.close()


async def selfie(chat, text):
    file = io.BytesIO()
    ASTRONAUT.save(file, "JPEG")
    await chat.says(text, attachments=(await chat.photo(file.getvalue()),))
    entry = await chat.house.store.latest_entry((await chat.person()).id)
    return entry, (await chat.house.store.latest_work(entry.id, WorkKind.MUSIC)).prompt


async def test_it_is_off_until_it_is_switched_on_and_off_again(chat):
    _entry, prompt = await selfie(chat, "what a day")
    assert " for " not in prompt
    await chat.says("/privacy")
    await chat.presses("Guess age and gender")
    assert (await chat.person()).allows(Purpose.AGE_GENDER)
    entry, prompt = await selfie(chat, "and another")
    assert " for a woman in her " in prompt or " for somebody in their " in prompt
    kept = await chat.house.store.kept_of(entry.id)
    told = json.dumps([repr(kept.versions), repr(kept.analyses), *(work.text for work in kept.works)])
    assert "woman" not in told and "somebody in" not in told  # nowhere but in the sentence
    assert "woman" not in chat.reads()
    await chat.presses("Guess age and gender")
    assert " for " not in (await selfie(chat, "a third"))[1]
    assert [given.granted for given in await chat.house.store.consent_log(entry.person_id) if given.purpose == "age_gender"] == [True, False]  # fmt: skip


async def test_a_house_without_it_does_not_ask(chat):
    engines = chat.house.settings.engines.model_copy(update={"age_gender": "none"})
    chat.house.settings = chat.house.settings.model_copy(update={"engines": engines})
    await chat.says("/privacy")
    assert "age and gender, for" not in chat.reads().split("Download:")[-1]


async def test_a_guesser_that_is_missing_costs_no_music(chat, monkeypatch):
    await chat.house.store.set_consent((await chat.person()).id, Purpose.AGE_GENDER, True)

    def missing(*_):
        raise EngineMissing("error.engine_missing", "gone")

    monkeypatch.setattr(age_gender, "_guesser", missing)
    _entry, prompt = await selfie(chat, "what a day")
    assert "→" in prompt and " for " not in prompt
