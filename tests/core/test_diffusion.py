"""The diffusion painter as the house knows it: pictures that keep their lines, and crayons wherever it can't paint."""

from __future__ import annotations

import io
import logging
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter

from core.engines import Order, Unwanted, painter, paints
from core.entities import Brief, Emotion, Label, Stroke, Tag, VisualPreferences
from core.painting import crayon, diffusion, diffusion_model
from core.painting.crayon import CrayonPainter
from core.painting.diffusion import DiffusionPainter, caption
from core.painting.diffusion_finish import with_details, with_washes
from core.painting.sketch import compose
from core.settings import Engines, Painting, Settings, load_settings
from tests.fakes import tiny_diffusion

DOG = Tag("dog", "강아지랑", "dog", "animal")
SEA = Tag("beach", "바닷가", "beach-with-umbrella", "place")
GLAD = Emotion(0.8, 0.5, labels=(Label("joy", 1.0),), confidence=0.9)
SAD = Emotion(-0.7, -0.4, labels=(Label("sadness", 1.0),), confidence=0.9)
SMALL = compose((DOG,), GLAD, 5, width=128, height=128)  # so that finishing takes no time


pytestmark = pytest.mark.usefixtures("one_torch_thread")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_diffusion.write_model(tmp_path_factory.mktemp("painter") / "tiny", steps=2)


@pytest.fixture(scope="module")
def tiny(folder):
    return DiffusionPainter(Painting(model=str(folder)))


def opened(folder, **settings):
    return DiffusionPainter(Painting(**{"model": str(folder)} | settings))


def pixels(picture):
    return np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGB")).astype(float)


def apart(one, other):
    return float(np.abs(pixels(one) - pixels(other)).mean())


def paint(by, seed=5, tags=(DOG,), emotion=GLAD, language="ko", **more):
    return by.paint(tags, emotion, language, seed, **{"sketch": SMALL} | more)


# --- a picture -----------------------------------------------------------------------------------


def test_a_picture_says_where_it_came_from(tiny):
    made = paint(tiny, sketch=None)
    image = Image.open(io.BytesIO(made.png))
    assert (image.format, image.size, image.mode) == ("PNG", (512, 512), "RGB")
    assert image.info["Source"] == "made with AI" and made.engine in image.info["Software"]
    assert "trainedAlgorithmicMedia" in image.info["XML:com.adobe.xmp"]
    assert made.engine == tiny.name == "diffusion-1:tiny"
    assert len(made.weights) == 64 and made.adapter == "" and made.look == "wax" and made.hand
    assert "dog" in made.prompt and made.negative
    assert "강아지" in made.alt and "기쁜" in made.alt
    assert Image.open(io.BytesIO(made.sketch_png)).size == (512, 512)
    assert {"tag.dog", "feeling.joy"} <= {reason.id for reason in made.reasons}


def test_the_same_asked_twice_is_the_same_to_the_byte(tiny):
    one, again, other = (paint(tiny, seed, sketch=None) for seed in (5, 5, 6))
    assert one.png == again.png and one.sketch == again.sketch
    assert one.png != other.png


def test_the_known_lines_go_over_the_picture_as_much_as_is_set(folder, tiny):
    sketch = compose((DOG,), GLAD, 5)
    over, half, plain = (
        paint(by, sketch=sketch) for by in (tiny, opened(folder, lines=0.5), opened(folder, lines=0.0))
    )
    drawn = np.asarray(Image.open(io.BytesIO(over.sketch_png)))[40:-40, 40:-40] < 60
    inked, beside = [], []
    for made in (over, half):
        changed = np.abs(pixels(made) - pixels(plain))[40:-40, 40:-40].mean(-1)
        inked.append(changed[drawn].mean())
        beside.append(changed[~drawn].mean())
    assert inked[0] > 2 * beside[0] and inked[0] == pytest.approx(2 * inked[1], rel=0.1)
    assert pixels(over)[:4].mean() > 235 > pixels(plain)[:4].mean()  # and white paper is left around


def test_an_arranged_sketch_is_what_is_painted(tiny):
    sketch = SMALL
    moved = replace(sketch, layers=tuple(replace(layer, x=1 - layer.x) for layer in sketch.layers))
    assert paint(tiny, sketch=moved).sketch == moved
    assert apart(paint(tiny, sketch=sketch), paint(tiny, sketch=moved)) > 0.3


def test_what_somebody_drew_freely_keeps_its_colour(folder, tiny):
    across = tuple(n for x in range(20, 81, 4) for n in (x / 100, 0.5))
    drawn = replace(SMALL, strokes=(Stroke("#e02020", 0.06, across), Stroke("#20b040", 0.06, (0.5, 0.2))))
    for by in (tiny, opened(folder, lines=0.0)):
        made = pixels(paint(by, sketch=drawn))
        red, green = made[62:66, 40:90].reshape(-1, 3).mean(0), made[24:27, 63:66].reshape(-1, 3).mean(0)
        assert red[0] > 100 and red[0] > red[1] + 60 and red[0] > red[2] + 60
        assert green[1] > 100 and green[1] > green[0] + 50


def test_twice_as_wide_where_it_is_set(folder):
    wide = paint(opened(folder, width=1024), sketch=None)
    assert pixels(wide).shape == (512, 1024, 3) and (wide.sketch.width, wide.sketch.height) == (1024, 512)
    assert Image.open(io.BytesIO(wide.sketch_png)).size == (1024, 512)
    left, right = pixels(wide)[:, :512], pixels(wide)[:, 512:]
    assert left[60:-60, 60:].std() > 5 and right[60:-60, :-60].std() > 5


def test_a_crayon_picture_may_be_what_it_begins_with(folder, tiny):
    crayon = CrayonPainter().paint((DOG,), GLAD, "ko", 5, SMALL)
    light = paint(opened(folder, strength=0.3, steps=4, lines=0.0, controlnet="none", guidance=1.0))
    anew = paint(opened(folder, strength=1.0, steps=4, lines=0.0, controlnet="none", guidance=1.0))
    assert light.engine.startswith("diffusion") and apart(light, anew) > 5
    assert crayon.engine == "crayon-1" and light.png != crayon.png


def test_small_things_keep_the_colours_that_are_known_and_the_sky_its_own():
    sketch = compose((DOG,), GLAD, 5)
    known = crayon.flat_colours(sketch, GLAD)
    smudged = gaussian_filter(known, (12, 12, 0)) + np.random.default_rng(1).normal(0, 0.04, known.shape)
    made = with_details(smudged.astype(np.float32), known, known)
    me = next(layer for layer in sketch.layers if layer.tag == "me")
    x, y, side = round(me.x * 512), round(me.y * 512), round(me.scale * 512 * 0.4)
    face, sky = np.s_[y - side : y + side, x - side : x + side], np.s_[40:70, 230:290]
    assert np.abs(made - known)[face].mean() < 0.55 * np.abs(smudged - known)[face].mean()
    assert known[sky].std((0, 1)).max() < 0.02 and np.abs(made - smudged)[sky].max() < 0.02


@pytest.mark.parametrize("size", [(512, 512), (1024, 512), (300, 200)])
def test_pale_washes_get_the_days_colours_back_and_nothing_small_moves(size):
    page = Image.new("RGB", size, "#9FBFEC")
    pale = np.full((size[1], size[0], 3), 0.9, np.float32)
    pale[10:12, 20:60] = 0.1
    made = with_washes(pale, page)
    meant = np.array([0x9F, 0xBF, 0xEC], np.float32) / 255
    assert np.abs(made[-5:] - meant).max() < 0.5 * np.abs(pale[-5:] - meant).max()
    assert np.allclose(made[13, 40] - made[11, 40], pale[13, 40] - pale[11, 40], atol=0.02)
    same = Image.fromarray(np.rint(np.clip(made, 0, 1) * 255).astype(np.uint8))
    assert np.abs(with_washes(made, same) - made).mean() < 0.001


def test_a_model_may_say_itself_that_it_begins_with_crayons(tmp_path, monkeypatch):
    given, crayons = [], diffusion.crayon.paint

    def crayoned(*asked, **liked):
        given.append(liked)
        return crayons(*asked, **liked)

    monkeypatch.setattr(diffusion.crayon, "paint", crayoned)
    wishes = VisualPreferences(tone="warm", look="watercolour", saturation=0.9)
    ways = {"strength": 0.3, "steps": 4, "guidance": 1.0}
    ours = tiny_diffusion.write_model(tmp_path / "ours", controlnet=False, caption="ours", **ways)
    light, anew = (paint(opened(ours, strength=each, steps=4, lines=0.0), preferences=wishes) for each in (0.0, 1.0))
    assert given == [{}] and apart(light, anew) > 5  # and its colours are turned once, at the end
    reads = tiny_diffusion.write_model(tmp_path / "reads", controlnet=False, **ways)
    paint(opened(reads, strength=0.0, steps=0), preferences=wishes)
    assert given[1]["look"].name == "watercolour"


def test_what_somebody_likes_reaches_a_model_that_reads_and_one_that_does_not(folder, tiny, tmp_path):
    warm = VisualPreferences(tone="warm", look="watercolour", saturation=0.9)
    assert paint(tiny).prompt != paint(tiny, preferences=warm).prompt
    ours = opened(tiny_diffusion.write_model(tmp_path / "ours", steps=2, caption="ours", lines="white"))
    plain, liked, led = paint(ours), paint(ours, preferences=warm), paint(ours, emotion=SAD)
    assert plain.prompt == liked.prompt and apart(plain, liked) > 0.5
    kinds = [{reason.id.partition(".")[0] for reason in made.reasons} for made in (plain, liked, led)]
    assert "tone" in kinds[1] and "tone" not in kinds[0] and "lead" in kinds[2] and "lead" not in kinds[0]


def test_the_sentence_for_who_cannot_see_it_names_what_it_is_drawn_with(tiny):
    chosen = paint(tiny, language="en", preferences=VisualPreferences(look="watercolour")).alt
    assert "watercolour" in chosen and "crayon" not in chosen
    assert "crayon" in paint(tiny, language="en").alt


def test_words_that_do_not_fit_are_in_no_log(tiny, caplog, capfd):
    words = Brief(scene="marmalade " * 12)
    assert "marmalade" in paint(tiny, brief=words).prompt  # and the tiny tokenizer takes letters, so much of it is cut
    said = capfd.readouterr()
    assert "marmalade" not in caplog.text + said.out + said.err


def test_our_own_model_is_told_what_it_learned_from():
    sketch = compose((DOG, SEA), GLAD, 5)
    words = caption(sketch, GLAD)
    assert words.startswith("joy, ") and words.endswith(", wax crayon")
    for part in (" above, ", " below, ", "dog", sketch.place.replace("_", " "), sketch.weather, sketch.time):
        assert part in words
    assert caption(replace(sketch, time="night"), SAD).split(" above")[0] != words.split(" above")[0]


# --- several, watched, cancelled -------------------------------------------------------------------


def test_pictures_of_several_people_are_each_what_they_would_be_alone(tiny, monkeypatch):
    runs, run = [], diffusion_model.DiffusionModel.paint

    def counted(model, jobs):
        runs.append(len(jobs))
        return run(model, jobs)

    monkeypatch.setattr(diffusion_model.DiffusionModel, "paint", counted)
    orders = [Order((DOG,), GLAD, "ko", 5, SMALL), Order((SEA,), SAD, "en", 6), Order((), GLAD, "en", 7, SMALL)]
    together = tiny.paint_together(orders)
    assert runs == [3]
    for order, made in zip(orders, together, strict=True):
        alone = tiny.paint(order.tags, order.emotion, order.language, order.seed, order.sketch)
        assert np.abs(pixels(made) - pixels(alone)).max() <= 1
        assert (made.alt, made.prompt, made.sketch) == (alone.alt, alone.prompt, alone.sketch)


def test_who_takes_it_back_gets_no_picture_and_the_others_do(tiny):
    told = []

    def watch(done, look):
        told.append((done, look().size))
        return False

    orders = [Order((DOG,), GLAD, "ko", seed, SMALL) for seed in (5, 6)]
    left, kept = tiny.paint_together(orders, [watch, None])
    assert isinstance(left, Unwanted) and kept.engine == tiny.name
    assert told == [(0.5, (tiny_diffusion.SIDE,) * 2)]
    with pytest.raises(Unwanted):
        paint(tiny, watch=watch)


# --- where it can't ------------------------------------------------------------------------------


def crayoned(made, order_seed=5):
    """It is the crayon painter's picture, to the byte."""
    return made.png == CrayonPainter().paint((DOG,), GLAD, "ko", order_seed, SMALL).png and made.engine == "crayon-1"


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"model": "/nowhere/at/all"}, "no unet"), ({"device": "cuda:7"}, "there is no cuda:7"), ({"safety": "/no"}, "checker")],
)  # fmt: skip
def test_without_its_weights_crayons_paint_and_the_log_says_so_once(folder, caplog, settings, says):
    painter = opened(folder, **settings)
    with caplog.at_level(logging.WARNING):
        made = [paint(painter, seed) for seed in (5, 6)]
    assert crayoned(made[0]) and crayoned(made[1], 6) and painter.name == "crayon-1"
    (line,) = [record.getMessage() for record in caplog.records if "diffusion painter" in record.getMessage()]
    assert says in line and "crayon painter paints" in line


def test_without_torch_crayons_paint(folder, monkeypatch, caplog):
    monkeypatch.setattr("core.painting.diffusion_parts.find_spec", lambda name: None if name == "torch" else object())
    assert crayoned(paint(opened(folder)))
    assert "torch not installed" in caplog.text


def test_weights_that_take_long_are_waited_for_in_vain_only_for_a_while(folder, monkeypatch, caplog):
    import threading

    may_load, load = threading.Event(), diffusion_model.DiffusionModel.__init__
    monkeypatch.setattr(diffusion, "LOADING_S", 0.05)
    monkeypatch.setattr(
        diffusion_model.DiffusionModel, "__init__", lambda self, parts: (may_load.wait(60), load(self, parts))[1]
    )
    painter = opened(folder)
    monkeypatch.setattr(DiffusionPainter.ready, "__defaults__", (0.05,))
    assert crayoned(paint(painter)) and "still being loaded" in caplog.text
    may_load.set()
    assert painter.ready(60)
    assert paint(painter).engine.startswith("diffusion")


def test_where_memory_runs_out_fewer_are_painted_at_once(tiny, monkeypatch, caplog):
    runs, run = [], diffusion_model.DiffusionModel._run

    def full(model, jobs):
        runs.append(len(jobs))
        if len(jobs) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")
        return run(model, jobs)

    monkeypatch.setattr(diffusion_model.DiffusionModel, "_run", full)
    made = tiny.paint_together([Order((DOG,), GLAD, "ko", seed, SMALL) for seed in (5, 6, 7)])
    assert runs == [3, 1, 2, 1, 1] and {each.engine for each in made} == {tiny.name}
    assert "diffusion painter" not in caplog.text  # nobody was done out of anything


@pytest.mark.parametrize(
    "error",
    [torch.OutOfMemoryError("x"), MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory"), ValueError("secret words")],
)  # fmt: skip
def test_what_no_memory_or_a_driver_lets_paint_is_painted_by_crayons(tiny, monkeypatch, caplog, error):
    painter = tiny
    monkeypatch.setattr(painter, "_said", set())

    def broken(model, jobs):
        raise type(error)(*error.args)

    with monkeypatch.context() as patched:
        patched.setattr(diffusion_model.DiffusionModel, "_run", broken)
        assert crayoned(paint(painter)) and crayoned(paint(painter, 6), 6)
    said = [record.getMessage() for record in caplog.records if "diffusion painter" in record.getMessage()]
    assert len(said) == 1 and "secret" not in said[0]
    assert ("too little memory" in said[0]) == (not isinstance(error, ValueError))
    assert paint(painter).engine.startswith("diffusion")  # another day


def test_a_picture_that_takes_too_long_is_left_to_crayons(folder, caplog):
    slow = DiffusionPainter(Painting(model=str(folder)), limit_s=-1.0)
    assert crayoned(paint(slow)) and "takes more than" in caplog.text


def test_what_the_safety_checker_refuses_is_painted_by_crayons_over_the_same_sketch(tmp_path):
    refusing = opened(tiny_diffusion.write_model(tmp_path / "refusing", checker="refuses", steps=1))
    sketch = compose((DOG,), GLAD, 9, width=128, height=128)
    made = paint(refusing, sketch=sketch)
    assert made.engine == "crayon-1" and made.sketch == sketch
    assert made.png == CrayonPainter().paint((DOG,), GLAD, "ko", 5, sketch).png


# --- as it is set --------------------------------------------------------------------------------


def test_the_setting_names_it_and_each_process_has_one(folder, monkeypatch):
    monkeypatch.setenv("EMOSEUM_ENGINES__PAINTER", "diffusion")
    monkeypatch.setenv("EMOSEUM_PAINTER__MODEL", str(folder))
    one, again = painter(load_settings()), painter(load_settings())
    assert one is again and isinstance(one, DiffusionPainter)
    monkeypatch.setenv("EMOSEUM_ENGINES__PAINTER", "crayon")
    assert isinstance(painter(load_settings()), CrayonPainter)


def test_who_paints_where_nothing_is_said(folder, tmp_path, monkeypatch):
    def who(model, painter="auto"):
        return paints(Settings(engines=Engines(painter=painter), painter=Painting(model=str(model))))

    assert who(folder) == who("someone/else") == "diffusion"
    assert who(tmp_path) == "crayon" and who(tmp_path, "diffusion") == "diffusion"
    monkeypatch.setattr("core.painting.diffusion_parts.find_spec", lambda _name: None)
    assert who(folder) == "crayon"
