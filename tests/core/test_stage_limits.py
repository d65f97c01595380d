"""A stage that does not end is given up: the answer comes without it and says so, and the next one is whole again."""

import asyncio
import threading
import time

import pytest

from bot import answering, hearing
from core import service, stages, studio
from core.entities import StageState
from core.ports import NotFound
from tests.fakes.in_process import Chat

HANG_S = 300


@pytest.fixture
async def chat(tmp_path):
    chat = await Chat.open(tmp_path)
    yield chat
    await chat.close()


@pytest.fixture
async def pool(chat):
    """Real children, started."""
    opened = studio.Studio(chat.house.settings)
    service.service().studio = opened
    await opened.warm()
    yield opened
    opened.limit_s = 1
    opened.close()


def hang(*_args):
    """What a painter in a child does that waits for ever; at module level, for the child finds it by name."""
    time.sleep(HANG_S)


def twice(n):
    return 2 * n


async def test_the_answer_comes_without_a_picture_that_hangs_and_the_next_one_has_it(chat, pool, monkeypatch):
    paint = pool.paint

    async def short(*args, **told):
        with monkeypatch.context() as hung:
            hung.setattr(studio, "_paint", hang)
            hung.setattr(pool, "limit_s", 0.5)
            return await paint(*args, **told)

    monkeypatch.setattr(pool, "paint", short)
    begun_s = time.monotonic()
    await chat.says("오늘은 강아지랑 걸었다")
    assert time.monotonic() - begun_s < HANG_S / 4
    reads = chat.reads()
    assert "그림을 그리지 못했어요" in reads and "E-" in reads
    assert "[picture:" not in reads and "[music:" in reads

    monkeypatch.setattr(pool, "paint", paint)
    await chat.says("저녁에는 별을 보았다", after_s=3600)
    assert chat.reads().count("[picture:") == 1


async def test_what_hangs_goes_with_its_child_and_costs_its_neighbours_one_try(pool):
    before = list(pool._pool._processes.values())
    pool.limit_s = 0.5
    hung = asyncio.create_task(pool._run(hang))
    await asyncio.sleep(0)
    pool.limit_s = 60
    neighbour = asyncio.create_task(pool._run(hang))
    waiting = asyncio.create_task(pool._run(twice, 21))
    async with asyncio.timeout(60):
        hung, neighbour, waited = await asyncio.gather(hung, neighbour, waiting, return_exceptions=True)
    assert isinstance(hung, TimeoutError)
    assert isinstance(neighbour, studio.StudioCrashed)
    assert waited == 42
    assert not any(child.is_alive() for child in before)


async def test_what_comes_while_the_core_ends_has_not_failed(pool):
    pool.close()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await pool._run(twice, 21)


async def test_understanding_that_hangs_is_given_up_and_said_so(chat, monkeypatch):
    released = threading.Event()
    settings = service.service().workshop.settings
    monkeypatch.setitem(settings.work.__dict__, "stage_timeout_s", 0.2)
    understander = service.service().workshop.understander
    monkeypatch.setattr(understander, "understand", lambda *args: released.wait(HANG_S))
    begun_s = time.monotonic()
    await chat.says("오늘은 강아지랑 걸었다")
    released.set()
    assert time.monotonic() - begun_s < HANG_S / 4
    assert "E-" in chat.reads()


async def test_a_picture_that_somebody_stops_is_not_painted_on(chat, monkeypatch):
    begun, ended = asyncio.Event(), list[str]()

    async def endless(*_args, **_told):
        begun.set()
        try:
            await asyncio.sleep(HANG_S)
        except asyncio.CancelledError:
            ended.append("stopped")
            raise

    monkeypatch.setattr(service, "LOOK_S", 0.05)
    await chat.says("오늘은 강아지랑 걸었다")
    store = chat.house.store
    entry = await store.latest_entry((await chat.person()).id)
    await store.set_stage(entry.id, 1, "picture", StageState.WAITING)
    monkeypatch.setattr(service.service().studio, "paint", endless)
    painting = asyncio.create_task(service.do_stage("picture", f"{entry.id}.1"))
    async with asyncio.timeout(60):
        await begun.wait()
        assert not painting.done()
        await store.set_stage(entry.id, 1, "picture", StageState.CANCELLED)
        await painting
    assert ended == ["stopped"]
    assert (await store.stages(entry.id, 1))["picture"].state is StageState.CANCELLED


async def test_who_waits_is_told_that_it_takes_longer(chat, monkeypatch):
    monkeypatch.setitem(chat.house.settings.work.__dict__, "slow_s", 0.2)
    message = chat._message("m1", text="오늘은 강아지랑 걸었다")
    await chat.house.store.keep_with(message, lambda connection, person_id: None)
    begun = await hearing.tell(message)
    answer = await answering.answer_to(begun["making"], message.id)
    waiting = asyncio.create_task(answer.until(lambda stages: False))  # no core takes the work
    async with asyncio.timeout(60):
        while "평소보다 오래" not in chat.reads():
            await asyncio.sleep(0.05)
    waiting.cancel()
    await chat.answer(begun["making"], message.id)
    assert "평소보다 오래" not in chat.reads() and any(reply.picture for reply in chat.screen.replies())


@pytest.mark.parametrize(("stage", "works_on"), [("picture", "paint"), ("music", "compose")])
async def test_an_entry_deleted_while_the_studio_works_leaves_no_file(chat, monkeypatch, tmp_path, stage, works_on):
    store, made = chat.house.store, getattr(service.service().studio, works_on)
    left = []

    async def deleted_meanwhile(*args, **told):
        work = await made(*args, **told)
        entry = await store.latest_entry((await chat.person()).id)
        left.append(entry.id)
        await store.purge_entry(entry.id)
        return work

    await chat.says("오늘은 강아지랑 걸었다")
    entry = await store.latest_entry((await chat.person()).id)
    monkeypatch.setattr(service.service().studio, works_on, deleted_meanwhile)
    made = await stages.MAKERS[stage](service.service(), entry.id, entry.revision)
    with pytest.raises(NotFound):
        await service.keep(entry.id, entry.revision, stage, made, 1.0)
    assert left == [entry.id]
    assert not [path for path in (tmp_path / "data" / "media").glob("*/*") if path.is_file()]
