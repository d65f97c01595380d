"""The diffusion painter: a prompt and a sketch become a picture; where that can't be, the crayon painter paints.

Nobody waits for better weights or more memory: what is missing is said once in the log (and by `emoseum doctor`), and the
picture comes from the crayon painter, which needs neither.
"""

from __future__ import annotations

import io
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from core.engines import Order, Unwanted, Watch
from core.entities import Brief, Emotion, Picture, Sketch, Tag, VisualPreferences
from core.painting import crayon
from core.painting.alt import describe
from core.painting.colours import name_of
from core.painting.diffusion_finish import Begun, finished, line_picture
from core.painting.drawing import colour_page
from core.painting.label import LEARNED, labelled_png
from core.painting.preferences import hues, known
from core.painting.prompt import Prompt, brush_words, led, write
from core.ports import EngineMissing
from core.settings import Painting
from core.trouble import describe as told_of

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.painting.diffusion_model import DiffusionModel, Job, Outcome

log = logging.getLogger(__name__)

A = TypeVar("A")
B = TypeVar("B")
LOADING_S = 45.0  # that a picture waits for the weights, before it comes from the crayon painter


@dataclass(frozen=True, eq=False)
class _Told:
    """An order as the model is told it."""

    order: Order
    sketch: Sketch
    lines: Image
    prompt: Prompt


class DiffusionPainter:
    """Meets core.engines.Painter; one a process, as it holds the weights."""

    heeds = frozenset(("tag", "place", "weather", "time"))  # by the sketch; the rest where the prompt found room for it

    def __init__(self, painting: Painting, limit_s: float = 90.0) -> None:
        """`limit_s`: for one run, after which its pictures come from the crayon painter."""
        self._painting, self._limit_s = painting, limit_s
        self._crayon = crayon.CrayonPainter(painting.width)
        self.missing = ""  # why the model can't be had, once that is known
        self._model: DiffusionModel | None = None
        self._loading: threading.Thread | None = None
        self._lock, self._said = threading.Lock(), set[str]()

    @property
    def name(self) -> str:
        """Of the model, with a hash of its weights; the crayon painter's until they are loaded."""
        return self._model.parts.name if self._model is not None else self._crayon.name

    def paint(
        self, tags: tuple[Tag, ...], emotion: Emotion, language: str, seed: int, sketch: Sketch | None = None, *,
        preferences: VisualPreferences | None = None, brief: Brief | None = None, watch: Watch | None = None,
    ) -> Picture:  # fmt: skip
        """One picture by itself; the same bytes for the same arguments. Raises Unwanted where `watch` said no."""
        order = Order(tags, emotion, language, seed, sketch, preferences, brief)
        (made,) = self.paint_together([order], [watch])
        if isinstance(made, Unwanted):
            raise made
        return made

    def paint_together(self, orders: Sequence[Order], watches: Sequence[Watch | None] = ()) -> list[Picture | Unwanted]:
        """Several people's pictures in one run of denoising; each as it would be by itself, to within rounding."""
        watches = watches or [None] * len(orders)
        model = self._ready()
        if model is None:
            return list(_each(self._by_crayon, orders))
        told = _each(self._told, orders)
        hurry = _Hurry(self._limit_s)
        jobs = [self._job(model, one, hurry.watched(watch)) for one, watch in zip(told, watches, strict=True)]
        outcomes = self._painted(model, jobs)
        if hurry.late:
            self._say(f"{model.parts.name} takes more than {self._limit_s:.0f} s on {model.parts.device}")

        def made(n: int) -> Picture | Unwanted:
            return self._made(model, told[n], jobs[n], outcomes[n], hurry)

        return _each(made, range(len(orders)))

    def ready(self, timeout_s: float = LOADING_S) -> bool:
        """Wait until the weights are loaded or cannot be; True where the model paints from now on."""
        with self._lock:
            if self._loading is None:
                self._loading = threading.Thread(target=self._load, name="diffusion painter", daemon=True)
                self._loading.start()
        self._loading.join(timeout_s)
        return self._model is not None

    # --- the model -------------------------------------------------------------------------------

    def _ready(self) -> DiffusionModel | None:
        if not self.ready():
            self._say(self.missing or "its weights are still being loaded")
        return self._model

    def _load(self) -> None:
        from core.painting.diffusion_model import DiffusionModel
        from core.painting.diffusion_parts import load

        begun_s = time.monotonic()
        try:
            model = DiffusionModel(load(self._painting))
        except Exception as error:
            self.missing = str(error) if isinstance(error, EngineMissing) else told_of(error)
            return
        self._model = model
        log.info("%s paints on %s, loaded in %.1f s", model.parts.name, model.parts.device, time.monotonic() - begun_s)

    def _painted(self, model: DiffusionModel, jobs: list[Job]) -> list[Outcome]:
        """What became of each job; where memory runs out fewer are painted at once, and one alone by nobody."""
        from core.painting.diffusion_model import Outcome

        try:
            return model.paint(jobs)
        except Exception as error:  # whatever torch or a driver throws: the answer must not wait for a better day
            full, cause = is_out_of_memory(error), told_of(error)
        _let_go()  # only here, where the error no longer holds on to what filled the memory
        if full and len(jobs) > 1:
            half = len(jobs) // 2
            return [*self._painted(model, jobs[:half]), *self._painted(model, jobs[half:])]
        self._say(f"too little memory on {model.parts.device} for a picture" if full else cause)
        return [Outcome(refused=True) for _ in jobs]

    def _say(self, cause: str) -> None:
        """Once for each cause."""
        if cause not in self._said:
            self._said.add(cause)
            log.warning("diffusion painter: %s; the crayon painter paints instead", cause)

    # --- before and after ------------------------------------------------------------------------

    def _told(self, order: Order) -> _Told:
        from core.painting.sketch import compose

        complexity = known(order.preferences).complexity
        sketch = order.sketch or compose(
            order.tags, order.emotion, order.seed, complexity=complexity, width=self._painting.width
        )
        prompt = write(sketch, order.tags, order.emotion, order.preferences, order.brief)
        return _Told(order, sketch, line_picture(sketch), prompt)

    def _job(self, model: DiffusionModel, told: _Told, watch: Watch) -> Job:
        from PIL import Image

        from core.painting.diffusion_model import Job

        order, sketch, start = told.order, told.sketch, None
        ours = model.details.caption == "ours"
        if model.details.strength < 1:
            start = Image.fromarray(crayon.paint(sketch, order.emotion, order.seed, **_liked(model, order)))
        return Job(
            prompt=caption(sketch, order.emotion) if ours else told.prompt.text,
            negative="" if ours else told.prompt.negative,
            seed=order.seed,
            width=model.fitting(model.side * sketch.width / sketch.height),
            height=model.fitting(model.side),
            lines=told.lines,
            start=start,
            strength=model.details.strength,
            watch=watch,
        )

    def _made(self, model: DiffusionModel, told: _Told, job: Job, outcome: Outcome, hurry: _Hurry) -> Picture | Unwanted:  # fmt: skip
        order, sketch = told.order, told.sketch
        if outcome.picture is None:
            if not outcome.refused and not hurry.late:
                return Unwanted()
            return self._by_crayon(order, sketch)
        file = io.BytesIO()
        told.lines.save(file, "PNG", compress_level=5)
        ours, turned = model.details.caption == "ours", hues(order.preferences)
        light = led(order.emotion, order.preferences, order.brief) if ours else 0.0  # else its prompt has said it
        look = crayon.led_look(order.preferences, light)
        heeds = crayon.CrayonPainter.heeds | (crayon.CrayonPainter.leads if light else frozenset())
        begun = None
        if job.start is not None:
            begun = Begun(job.start, crayon.flat_colours(sketch, order.emotion, **_liked(model, order)))
        pixels = finished(
            outcome.picture, sketch, order.seed, self._painting.lines, look, turned if ours else None, begun
        )
        return Picture(
            png=labelled_png(pixels, model.parts.name, LEARNED),
            sketch_png=file.getvalue(),
            sketch=sketch,
            alt=describe(sketch, order.tags, order.emotion, order.language, known(order.preferences).look),
            prompt=job.prompt,
            seed=order.seed,
            engine=model.parts.name,
            negative=job.negative,
            reasons=told.prompt.seen(heeds) if ours else told.prompt.seen(self.heeds, reads=True),
            look=look.name,
            hand=look.as_vector(),
            weights=model.parts.weights,
            adapter=model.parts.adapter,
        )

    def _by_crayon(self, order: Order, sketch: Sketch | None = None) -> Picture:
        return self._crayon.paint(
            order.tags, order.emotion, order.language, order.seed, sketch or order.sketch,
            preferences=order.preferences, brief=order.brief,
        )  # fmt: skip


def _liked(model: DiffusionModel, order: Order) -> dict[str, Any]:
    """The colours that somebody likes, for what a model begins with; what our own paints is brought to them at the end."""
    if model.details.caption == "ours":
        return {}
    light = led(order.emotion, order.preferences, order.brief)
    return {"look": crayon.led_look(order.preferences, light), "hues": hues(order.preferences)}


def _each(work: Callable[[A], B], of: Sequence[A]) -> list[B]:
    """Side by side: a GPU is not to wait while one processor draws lines for eight people."""
    if len(of) == 1:
        return [work(of[0])]
    with ThreadPoolExecutor(min(len(of), os.cpu_count() or 1)) as side_by_side:
        return list(side_by_side.map(work, of))


class _Hurry:
    """The clock of one run: when its time is up, nobody wants it any more."""

    def __init__(self, limit_s: float) -> None:
        self._until_s, self.late = time.monotonic() + limit_s, False

    def watched(self, watch: Watch | None) -> Watch:
        """The same watch, with an eye on the clock."""

        def wanted(done: float, look: object) -> bool:
            self.late = self.late or (done < 1 and time.monotonic() > self._until_s)
            return not self.late and (watch is None or watch(done, look))  # type: ignore[arg-type]

        return wanted


def caption(sketch: Sketch, emotion: Emotion) -> str:
    """The words that our own model has learned from: feeling, colours, things, place, weather, hour and brush."""
    import numpy as np
    from PIL import Image

    page = Image.fromarray(colour_page(sketch, crayon.palette(emotion.name)))
    pixels = np.asarray(page.resize((50, 50)), float)[3:-3, 3:-3]
    above, below = (name_of(part.reshape(-1, 3).mean(0)) for part in (pixels[:10], pixels[-10:]))
    things = dict.fromkeys(_thing(layer.sticker) for layer in sketch.layers)
    scene = f"{sketch.place.replace('_', ' ')}, {sketch.weather}, {sketch.time}"
    return ", ".join(
        [emotion.name, f"{above} above, {below} below", *things, scene, *brush_words(emotion.name), "wax crayon"]
    )


def _thing(sticker: str) -> str:
    from core.painting import figures

    if not figures.is_figure(sticker):
        return sticker.replace("-", " ")
    _, look, _, face, _ = sticker.split("/")
    return f"{face} {look}"


def is_out_of_memory(error: BaseException) -> bool:
    """True where memory ran out, of the machine or of its GPU."""
    words = str(error).lower()
    named = any(kind.__name__ == "OutOfMemoryError" for kind in type(error).__mro__)
    return isinstance(error, MemoryError) or named or "out of memory" in words or "can't allocate memory" in words


def _let_go() -> None:
    import gc

    import torch

    gc.collect(1)  # what was just let go, not all there is
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
