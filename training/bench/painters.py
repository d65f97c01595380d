"""How long each painter takes for a picture on two cores, what memory it holds, and when a person first sees it move."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence

from core.engines import Order, understander
from core.ports import EngineMissing
from core.settings import Painting, load_settings
from training.bench import painting
from training.bench.lab import Section, quantile
from training.bench.lines import LINES
from training.bench.painters_gpu import rows_of_the_gpu
from training.bench.processes import alone

HOW = (
    "`make bench` (`painters`): each row in a child process of its own, which is held on two cores, composes and paints the "
    "diary lines of `training/bench/lines.py` one by one after one that is not counted; median (p95). Memory is the most PSS "
    "seen by ten looks a second, with all that the child has loaded; its libraries' pages are shared with the process that "
    "looks. Our own weights are those of `core/weights/painter`, or of the folder that `EMOSEUM_PAINTER__MODEL` names, on the "
    "processor with two threads where nothing else is said. *Without the finish*: no lines and no paper of the crayons over it "
    "(`painter.lines = 0`). *Plain diffusers*: the pipeline from the same folder, with the same prompts, sketches, steps and "
    "guidance, taking turns with ours in one process; the finish is left out of both."
)
SIZES = ((512, 512), (1024, 1024), (1024, 512))
BATCHES = (1, 2, 4, 8)
FINISH = ((1.0, "with the crayon finish"), (0.0, "without the finish"))

Row = tuple[str, str, str]


async def measure(quick: bool) -> Section:
    """Crayons first, then our own weights, then whatever GPU is there."""
    every = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(sorted(every)[:2]))
    try:
        rows = await asyncio.to_thread(_rows, quick)
    finally:
        os.sched_setaffinity(0, every)
    return Section("painters", "Each painter alone", HOW, tuple(rows))


def _rows(quick: bool) -> list[Row]:
    orders = _orders(LINES[8:10] if quick else LINES)
    return [*_crayons(orders), *_own(orders, quick), *rows_of_the_gpu(orders, quick)]


def _orders(lines: Sequence[tuple[str, str]]) -> list[Order]:
    """What the painters are asked for: the lines as they are understood."""
    reads = understander(load_settings())
    read = [(language, reads.understand(text, None, language)) for language, text in lines]
    return [Order(each.tags, each.emotion, language, n) for n, (language, each) in enumerate(read)]


# --- crayons -------------------------------------------------------------------------------------


def _crayons(orders: Sequence[Order]) -> list[Row]:
    from core.painting.looks import LOOKS

    rows = []
    for look in LOOKS:
        for size in SIZES:
            seconds, pss_mb = alone(painting.by_crayon, orders, look, size)
            goal = "<= 0.8 s on one core" if size == (512, 512) else ""
            rows.append((f"crayon, {look}, {size[0]} x {size[1]}", f"{_told(seconds)}, {pss_mb:.0f} MB", goal))
    return rows


# --- our own weights -----------------------------------------------------------------------------


def _own(orders: Sequence[Order], quick: bool) -> list[Row]:
    given = load_settings().painter.model_copy(update={"device": "cpu", "batch": 0})
    if why := _nothing_to_load(given):
        return [("our own weights", f"not measured: {why}", "")]
    rows: list[Row] = []
    try:
        for batch in BATCHES[:2] if quick else BATCHES:
            for lines, finish in FINISH:
                rows.append(_batch_row(given.model_copy(update={"lines": lines}), orders, batch, finish))
        rows.append(_one_thread_row(given, orders))
        rows += _progress_rows(given, orders[0])
        rows += [_beside_row(given, orders, batch, quick) for batch in (BATCHES[:2] if quick else BATCHES)]
    except (EngineMissing, RuntimeError) as error:  # a child that died is the second
        rows.append(("our own weights", f"not measured: {error}", ""))
    return rows


def _nothing_to_load(given: Painting) -> str:
    """Why our own weights can't be measured; "" where they can. Names no folder of this machine."""
    from core.painting import diffusion_parts as parts

    if lacking := parts.not_installed():
        return f"{' and '.join(lacking)} not installed"
    folder = parts.local(given)
    where = "the folder that EMOSEUM_PAINTER__MODEL names" if given.model else "core/weights/painter"
    if folder is not None and not (folder / "unet").is_dir():
        return f"no weights in {where}"
    return ""


def _batch_row(given: Painting, orders: Sequence[Order], batch: int, finish: str) -> Row:
    seconds, pss_mb = alone(painting.by_diffusion, given, orders, batch)
    each = f"{quantile(seconds, 0.5) / batch:.2f} s each, " if batch > 1 else ""
    goal = "<= 2.5 s" if batch == 1 and given.lines else ""
    return f"our own weights, {batch} at once, {finish}", f"{_told(seconds)}, {each}{pss_mb:.0f} MB", goal


def _one_thread_row(given: Painting, orders: Sequence[Order]) -> Row:
    seconds, pss_mb = alone(painting.by_diffusion, given, orders, 1, 1)
    what = "our own weights, 1 at once, with the crayon finish, one thread as a child of the studio has"
    return what, f"{_told(seconds)}, {pss_mb:.0f} MB", ""


def _progress_rows(given: Painting, order: Order) -> list[Row]:
    (step_s, look_s), _ = alone(painting.first_look, given, order)
    first_s, shown_s, whole_s = asyncio.run(painting.first_told(given, order))
    shown = f"{shown_s:.1f} s" if shown_s else "never: it is painted too soon for that"
    return [
        ("our own weights: the first step is done, and can be looked at", f"{step_s:.2f} s, {look_s:.2f} s", ""),
        ("through the studio: the core hears of the first step, of the picture", f"{first_s:.2f} s, {whole_s:.2f} s", ""),
        ("through the studio: progress is written for the chat", shown, ""),
    ]  # fmt: skip


def _beside_row(given: Painting, orders: Sequence[Order], batch: int, quick: bool) -> Row:
    (ours, plain), _ = alone(painting.beside_diffusers, given, orders, batch, 2 if quick else 5)
    mine, theirs = quantile(ours, 0.5), quantile(plain, 0.5)
    figure = f"{mine:.2f} s against {theirs:.2f} s: {mine / theirs:.2f} of plain diffusers"
    return f"our own weights, {batch} at once, the model alone, ours against plain diffusers", figure, ""


def _told(seconds: Sequence[float]) -> str:
    return f"{quantile(seconds, 0.5):.2f} s (p95 {quantile(seconds, 0.95):.2f})"
