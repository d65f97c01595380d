"""What a child of the painters' bench does: paint, and look at the clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

from core.engines import Order
from core.entities import VisualPreferences
from core.settings import Painting, load_settings

if TYPE_CHECKING:
    from core.painting.diffusion_model import DiffusionModel, Job

THREADS = 2
ENOUGH_S = 60.0  # of one row, after which its median is known well enough
LONGEST_S = 900.0
TRIES = 8


def by_crayon(orders: Sequence[Order], look: str, size: tuple[int, int]) -> list[float]:
    """Seconds for each picture, its sketch composed too, after one that loads what it needs."""
    from core.painting.crayon import CrayonPainter
    from core.painting.sketch import compose

    painter, wanted = CrayonPainter(), VisualPreferences(look=look)

    def paint(order: Order) -> None:
        sketch = compose(order.tags, order.emotion, order.seed, width=size[0], height=size[1])
        painter.paint(order.tags, order.emotion, order.language, order.seed, sketch, preferences=wanted)

    return _timed(paint, [orders[0], *orders])[1:]


def by_diffusion(given: Painting, orders: Sequence[Order], batch: int, threads: int = THREADS) -> list[float]:
    """Seconds for each run of `batch` pictures, from orders to labelled files. Raises EngineMissing."""
    painter = _painter(given, threads)

    def paint(some: Sequence[Order]) -> None:
        made = painter.paint_together(some)
        if any(not getattr(one, "weights", "") for one in made):
            raise RuntimeError("the crayon painter painted instead")  # its log says why

    return _timed(paint, [_some(orders, 0, batch), *_runs(orders, batch)])[1:]


def first_look(given: Painting, order: Order) -> tuple[float, float]:
    """Seconds until the first step is told, and until the unfinished picture could be looked at. Raises EngineMissing."""
    painter, seen = _painter(given, THREADS), list[float]()
    painter.paint_together([order])
    begun_s = time.perf_counter()

    def watch(_done: float, look: Callable[[], Any]) -> bool:
        if not seen:
            seen.append(time.perf_counter() - begun_s)
            look()
            seen.append(time.perf_counter() - begun_s)
        return True

    painter.paint_together([order], [watch])
    return seen[0], seen[1]


async def first_told(given: Painting, order: Order) -> tuple[float, float, float]:
    """Seconds until the studio, with its child warm, tells of the first step; until that would be written for the chat, 0
    where it never is; until the picture is there."""
    from core.slots import seldom
    from core.studio import Studio

    settings = load_settings(engines={"painter": "diffusion", "composer": "instant"})
    work = settings.work.model_copy(update={"studio_processes": 1, "stage_timeout_s": LONGEST_S})
    studio = Studio(settings.model_copy(update={"painter": given, "work": work}))
    first, written = list[float](), list[float]()

    @seldom
    async def write(_done: float) -> None:
        written.append(time.perf_counter() - begun_s)

    async def told(done: float) -> None:
        first.append(time.perf_counter() - begun_s)
        await write(done)

    try:
        for _ in range(TRIES):
            if (await studio.paint(*order.arguments[:5])).weights:  # else crayons painted while they were being loaded
                break
        else:
            raise RuntimeError("the studio's child can't load the weights")
        begun_s = time.perf_counter()
        await studio.paint(*order.arguments[:5], told=told)
        whole_s = time.perf_counter() - begun_s
    finally:
        studio.close()
    return (first or [whole_s])[0], (written or [0.0])[0], whole_s


def beside_diffusers(
    given: Painting, orders: Sequence[Order], batch: int, times: int, details: dict[str, Any] | None = None
) -> tuple[list[float], list[float]]:
    """Seconds of each run of our model, and of the plain pipeline with the same to do; they take turns. `details`: of
    core.painting.diffusion_parts.Details, other than the folder says. Raises EngineMissing."""
    from dataclasses import replace

    import torch

    from core.painting.diffusion_model import DiffusionModel
    from core.painting.diffusion_parts import find, load

    torch.set_num_threads(THREADS)
    parts = load(given)
    model = DiffusionModel(replace(parts, details=replace(parts.details, **(details or {}))))
    plain = _plain(find(given), model)
    jobs = [_job(model, order) for order in _some(orders, 0, batch)]
    ours, theirs = list[float](), list[float]()
    for n in range(times + 1):
        one, other = _timed(lambda work: work(), [lambda: model.paint(jobs), lambda: plain(jobs)])
        if n:  # the first one of each loads and warms
            ours.append(one)
            theirs.append(other)
    return ours, theirs


def _job(model: DiffusionModel, order: Order) -> Job:
    """As `DiffusionPainter` asks its model."""
    from core.painting.diffusion import caption
    from core.painting.diffusion_finish import line_picture
    from core.painting.diffusion_model import Job
    from core.painting.prompt import write
    from core.painting.sketch import compose

    sketch = compose(order.tags, order.emotion, order.seed)
    prompt, ours = write(sketch, order.tags, order.emotion), model.details.caption == "ours"
    return Job(
        prompt=caption(sketch, order.emotion) if ours else prompt.text,
        negative="" if ours else prompt.negative,
        seed=order.seed,
        width=model.fitting(model.side),
        height=model.fitting(model.side),
        lines=line_picture(sketch),
    )


def _plain(folder: Any, model: DiffusionModel) -> Callable[[Sequence[Job]], Any]:
    """The pipeline as its own documentation loads and calls it."""
    import torch
    from diffusers import StableDiffusionControlNetPipeline, StableDiffusionPipeline
    from PIL import ImageOps

    with_sketch = model.controlnet is not None
    kind: Any = StableDiffusionControlNetPipeline if with_sketch else StableDiffusionPipeline
    dtype = model.pipe.unet.dtype
    pipe = kind.from_pretrained(folder, torch_dtype=dtype, safety_checker=None, requires_safety_checker=False)
    pipe.to(model.parts.device)
    pipe.set_progress_bar_config(disable=True)
    pipe.scheduler = type(model.pipe.scheduler).from_config(model.pipe.scheduler.config)

    def paint(jobs: Sequence[Job]) -> Any:
        drawn = [job.lines.convert("L") for job in jobs if job.lines is not None]
        turned = [ImageOps.invert(one) if model.details.lines == "white" else one for one in drawn]
        return pipe(
            [job.prompt for job in jobs],
            negative_prompt=[job.negative for job in jobs],
            num_inference_steps=model.details.steps,
            guidance_scale=model.details.guidance,
            generator=[torch.Generator("cpu").manual_seed(job.seed) for job in jobs],
            width=jobs[0].width,
            height=jobs[0].height,
            **({"image": [one.convert("RGB") for one in turned]} if with_sketch else {}),
        )

    return paint


# --- the clock -----------------------------------------------------------------------------------


def _painter(given: Painting, threads: int) -> Any:
    import torch

    from core.evaluation.painter import diffusion

    torch.set_num_threads(threads)
    return diffusion(given)


def _runs(orders: Sequence[Order], batch: int) -> list[list[Order]]:
    """Each order once, and at least three runs."""
    return [_some(orders, n * batch, batch) for n in range(max(len(orders) // batch, 3))]


def _some(orders: Sequence[Order], first: int, count: int) -> list[Order]:
    return list(islice(cycle(orders), first, first + count))


def _timed(work: Callable[[Any], Any], of: Sequence[Any]) -> list[float]:
    """Seconds for each; no more of them than are needed where each takes long, and three at least."""
    taken = list[float]()
    for each in of:
        begun_s = time.perf_counter()
        work(each)
        taken.append(time.perf_counter() - begun_s)
        if len(taken) > 3 and sum(taken[1:]) > ENOUGH_S:
            break
    return taken
