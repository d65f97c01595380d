"""The studio's child with the diffusion painter: people who wait are painted together, watched, and let go at a word."""

from __future__ import annotations

import asyncio
import json

import pytest

from core import service, slots, studio
from core.engines import Order, Unwanted, diffusion_painter
from core.entities import Emotion, Label, Tag, WorkKind
from core.painting.sketch import compose
from core.settings import Engines, Painting, load_settings
from tests.fakes import tiny_diffusion
from tests.fakes.in_process import Chat

DOG = Tag("dog", "강아지랑", "dog", "animal")
GLAD = Emotion(0.8, 0.5, labels=(Label("joy", 1.0),), confidence=0.9)
SMALL = compose((DOG,), GLAD, 5, width=128, height=128)


pytestmark = pytest.mark.usefixtures("one_torch_thread")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_diffusion.write_model(tmp_path_factory.mktemp("easel") / "tiny", steps=12, guidance=1.0)


def settings_of(folder, **painter):
    engines = Engines(painter="diffusion", composer="instant")
    return load_settings(engines=engines, painter=Painting(model=str(folder), device="cpu", **painter))


@pytest.mark.parametrize(
    ("engine", "device", "batch", "signs", "at_once"),
    [
        ("crayon", "cuda", 8, True, 1), ("diffusion", "cpu", 0, True, 1), ("diffusion", "cpu", 3, False, 3),
        ("diffusion", "auto", 0, True, 8), ("diffusion", "auto", 0, False, 1), ("diffusion", "cuda:1", 0, False, 8),
        ("diffusion", "cuda", 1, True, 1),
    ],
)  # fmt: skip
def test_a_gpu_has_one_child_that_paints_together(monkeypatch, tmp_path, engine, device, batch, signs, at_once):
    (tmp_path / "sign").touch()
    monkeypatch.setattr(studio, "_GPU_SIGNS", (str(tmp_path / ("sign" if signs else "none")),))
    settings = load_settings(engines={"painter": engine}, painter={"device": device, "batch": batch})
    assert studio.together(settings) == at_once
    assert (studio.Studio(settings)._easel is not None) == (at_once > 1)


async def test_pictures_that_wait_are_painted_together_and_whoever_leaves_is_left_out(
    folder, monkeypatch, caplog, tmp_path
):
    monkeypatch.setattr(slots, "LOOK_S", 0.005)
    opened = studio.Studio(settings_of(folder, batch=3))
    easel, runs, paint_some = opened._easel, [], studio.Easel._paint_some

    async def counted(self, some):
        runs.append([wish.order.seed for wish in some])
        await paint_some(self, some)

    try:
        await _awake(opened)
        monkeypatch.setattr(studio.Easel, "_paint_some", counted)
        told = []

        async def tell(done):
            told.append(done)

        async with asyncio.timeout(900):
            first = asyncio.create_task(opened.paint((DOG,), GLAD, "ko", 1, SMALL, told=tell))
            await asyncio.sleep(studio.GATHER_S + 0.03)  # its child is at it
            later = [asyncio.create_task(opened.paint((DOG,), GLAD, "ko", seed, SMALL)) for seed in (2, 3, 4, 5)]
            await asyncio.sleep(0)
            later[1].cancel()
            made = [await first, await later[0], await later[2], await later[3]]
        assert runs == [[1], [2, 4, 5]]
        assert [each.seed for each in made] == [1, 2, 4, 5]
        assert {each.engine for each in made} == {"diffusion-1:tiny"}
        assert told and told == sorted(told) and {round(12 * done, 9) for done in told} <= set(range(1, 13))

        await _answered(tmp_path, opened)

        # one that nobody wants any more: its child is free again at once
        await _cancelled_midway(easel)

        # and where the child dies everyone who was painted gets crayons, and the next one is painted as ever
        waiting = [asyncio.create_task(opened.paint((DOG,), GLAD, "ko", seed, SMALL)) for seed in (7, 8)]
        await asyncio.sleep(studio.GATHER_S + 0.02)
        for child in easel._pool._processes.values():
            child.kill()
        async with asyncio.timeout(900):
            assert [each.engine for each in await asyncio.gather(*waiting)] == ["crayon-1"] * 2
            await _awake(opened)
            again = await opened.paint((DOG,), GLAD, "ko", 1, SMALL)
        assert again.png == made[0].png
        assert "StudioCrashed; the crayon painter paints instead" in caplog.text
    finally:
        opened.close()


async def _awake(opened):
    """A machine that has much to do loads weights for longer than a picture waits for them."""
    async with asyncio.timeout(900):
        while (await opened.paint((), GLAD, "en", 0, SMALL)).engine == "crayon-1":
            pass


async def _answered(tmp_path, opened):
    """A line in the chat gets the model's picture, and the store knows which model that was."""
    chat = await Chat.open(tmp_path)
    service.service().studio = opened
    await chat.says("오늘은 강아지랑 걸었다")
    assert "[picture:" in chat.reads()
    entry = await chat.house.store.latest_entry((await chat.person()).id)
    work = await chat.house.store.latest_work(entry.id, WorkKind.PICTURE)
    assert (work.engine, len(json.loads(work.prompt)["weights"])) == ("diffusion-1:tiny", 64)
    await chat.close()


async def _cancelled_midway(easel):
    painting = asyncio.create_task(easel.paint_with_others(Order((DOG,), GLAD, "ko", 6, SMALL), None))
    await asyncio.sleep(studio.GATHER_S * 2)
    painting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await painting
    await easel._painting  # the run ends by itself


async def test_a_child_that_dies_again_and_again_is_not_asked_any_more(folder, monkeypatch, caplog):
    opened, asked = studio.Studio(settings_of(folder, batch=1)), []

    async def work(job, *args):
        asked.append(job.__name__)
        if job is studio._paint:
            raise studio.StudioCrashed
        return job(*args)

    monkeypatch.setattr(opened, "_work", work)
    made = [await opened.paint((DOG,), GLAD, "ko", seed, SMALL) for seed in range(studio.CRASHES + 1)]
    assert {each.engine for each in made} == {"crayon-1"}
    assert asked == ["_paint", "_paint_with_crayons"] * studio.CRASHES + ["_paint_with_crayons"]
    assert caplog.text.count("from now on") == 1


def test_a_child_stops_within_a_step_once_its_ticket_is_given_back(folder, monkeypatch):
    shared = slots.Slots()
    monkeypatch.setattr(studio, "_settings", settings_of(folder))
    monkeypatch.setattr(studio, "_slots", shared)
    with shared.taken() as ticket:
        made = studio._paint((DOG,), GLAD, "ko", 5, SMALL, None, None, ticket)
        assert made.engine.startswith("diffusion-1:tiny") and shared.done(ticket) == 1.0
    with pytest.raises(Unwanted):  # given back before it began
        studio._paint((DOG,), GLAD, "ko", 5, SMALL, None, None, ticket)
    assert shared.done(ticket) == pytest.approx(1 / 12)
    assert diffusion_painter(settings_of(folder).painter, 120.0).name == made.engine


def test_tickets_know_whose_turn_it_is():
    shared = slots.Slots()
    with shared.taken() as one, shared.taken() as other:
        first, second = shared.watch(one), shared.watch(other)
        assert first(0.25, None) and second(0.5, None)
        assert (shared.done(one), shared.done(other)) == (0.25, 0.5)
    assert not first(0.5, None) and not second(1.0, None)
