"""A database or a bucket that breaks off at any question costs nobody their answer, and nothing of it is lost or doubled."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core import patience, service
from core.ports import Away
from tests.fakes.in_process import Chat


@pytest.fixture(autouse=True)
def _patient_and_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stages wait as their durable steps do, only not as long."""
    stage, goes_on = service.do_stage, service.goes_on
    monkeypatch.setattr(service, "goes_on", lambda making: patience.patiently(goes_on, making))
    monkeypatch.setattr(service, "do_stage", lambda name, making: patience.patiently(stage, name, making))
    monkeypatch.setattr(patience, "LONGEST_PAUSE_S", 0.01)
    monkeypatch.setattr(patience, "FIRST_PAUSE_S", 0.01)


class Breaking:
    """Something of the house's whose methods break off, each at some of its calls: before it was done, or after."""

    def __init__(self, whole: Any, breaks: Callable[[str, int], str]) -> None:
        self._whole, self._breaks, self.calls = whole, breaks, dict[str, int]()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._whole, name)
        if not callable(method) or name.startswith("_"):
            return method

        async def broken(*args: Any, **options: Any) -> Any:
            self.calls[name] = self.calls.get(name, 0) + 1
            when = self._breaks(name, self.calls[name])
            if when == "before":
                raise Away(name)
            result = await method(*args, **options)
            if when == "after":  # it was done, and the answer was lost
                raise Away(name)
            return result

        return broken


async def answered(folder: Path, breaks: Callable[[str, int], str], name: str) -> dict[str, int]:
    """A line is answered whole while `name` (store or media) of the core breaks off; returns how often it was asked."""
    chat = await Chat.open(folder)
    whole, media = getattr(service.service(), name), chat.house.media
    breaking = Breaking(whole, breaks)
    setattr(service.service(), name, breaking)
    try:
        await chat.says("오늘은 강아지랑 바닷가를 걸었다")
    finally:
        setattr(service.service(), name, whole)
    entry = (await chat.house.store.lines((await chat.person()).id))[0]
    works = await chat.house.store.works(entry.id)
    assert sorted(work.kind.value for work in works) == ["comment", "music", "picture"]
    for work in works:
        for media_id in filter(None, (work.media_id, work.sketch_media_id)):
            assert (await media.get(media_id)).data, "what is shown is there"
    answers = [reply for reply in chat.screen.replies() if reply.picture]
    assert len(answers) == 1 and answers[0].progress is None
    await chat.close()
    return breaking.calls


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("name", ["store", "media"])
async def test_each_question_breaks_off_once(tmp_path: Path, name: str, when: str) -> None:
    asked = await answered(tmp_path / "whole", lambda _method, _count: "", name)
    assert asked
    for method in asked:
        calls = await answered(
            tmp_path / method, lambda found, n, method=method: when if (found, n) == (method, 1) else "", name
        )
        assert calls[method] > 1, f"{method} was not asked again"


@pytest.mark.parametrize("seed", range(6))
async def test_questions_break_off_at_random(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    await answered(tmp_path, lambda _method, _n: chance.choice(("before", "after", "", "", "", "", "", "")), "store")
