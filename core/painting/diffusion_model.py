"""Noise becomes pictures: several people's jobs in one run, each with its own prompt, seed, sketch and way out.

The loop is that of diffusers' StableDiffusionControlNetPipeline and of its three sisters (img2img, without ControlNet,
both), told once: every job keeps a scheduler and a random generator of its own, and only the networks see them together.
So a picture is the same alone and in a batch, a job may leave in the middle, and each may begin at another strength.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from core.engines import Watch
from core.painting.diffusion_parts import Details, Parts

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class Job:
    """One picture that somebody wants."""

    prompt: str
    seed: int
    width: int  # pixels, multiples of what the VAE and the UNet halve
    height: int
    negative: str = ""
    lines: Image | None = None  # the sketch, black on white, of any size; None: the prompt alone
    start: Image | None = None  # what to paint over (img2img), of any size
    strength: float = 1.0  # how much of `start` is painted anew, 0..1
    watch: Watch | None = None


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of a job: no picture where it was cancelled or the safety checker refused it."""

    picture: Image | None = None
    refused: bool = False


@dataclass(eq=False)
class _Canvas:
    """A job under way."""

    job: Job
    scheduler: Any
    times: Tensor  # (steps,)
    latents: Tensor  # (1, C, h, w)
    prompt: Tensor  # (1, tokens, width of the text encoder)
    negative: Tensor | None
    lines: Tensor | None  # (1, 3, H, W) in 0..1
    extra: dict[str, Any]  # for the scheduler's step
    at: int = 0
    clean: Tensor | None = None  # what the picture will be, as far as is known
    wanted: bool = True
    outcome: Outcome = field(default_factory=Outcome)

    @property
    def done(self) -> bool:
        """True where nothing is left to do."""
        return not self.wanted or self.at >= len(self.times)


class DiffusionModel:
    """Any Stable Diffusion of the 1.5 shape, with or without ControlNet, from noise or from a picture."""

    def __init__(self, parts: Parts) -> None:
        self.parts, self.pipe = parts, parts.pipe
        self.controlnet = getattr(parts.pipe, "controlnet", None)
        self._scale = parts.pipe.vae_scale_factor

    @property
    def details(self) -> Details:
        """How it is asked."""
        return self.parts.details

    @property
    def side(self) -> int:
        """Pixels that it paints best at."""
        return self.details.side or int(self.pipe.unet.config.sample_size) * self._scale

    def fitting(self, pixels: float) -> int:
        """The nearest length that the VAE and the UNet can halve as often as they do."""
        grain = self._scale * 2 ** (len(self.pipe.unet.config.block_out_channels) - 1)
        return max(round(pixels / grain), 1) * grain

    def paint(self, jobs: Sequence[Job]) -> list[Outcome]:
        """All jobs, those of one size in one run. Raises what torch raises: out of memory."""
        import torch

        by_size: dict[tuple[int, int], list[int]] = {}
        for n, job in enumerate(jobs):
            by_size.setdefault((job.width, job.height), []).append(n)
        outcomes = [Outcome()] * len(jobs)
        with torch.inference_mode():
            for some in by_size.values():
                for n, outcome in zip(some, self._run([jobs[n] for n in some]), strict=True):
                    outcomes[n] = outcome
        return outcomes

    def _run(self, jobs: list[Job]) -> list[Outcome]:
        canvases = self._begun(jobs)
        while live := [canvas for canvas in canvases if not canvas.done]:
            self._step(live)
            for canvas in live:
                if canvas.job.watch is not None:
                    canvas.wanted = canvas.job.watch(canvas.at / len(canvas.times), _look(self, canvas))
        finished = [canvas for canvas in canvases if canvas.wanted]
        if finished:
            self._finish(finished)
        return [canvas.outcome for canvas in canvases]

    # --- before ----------------------------------------------------------------------------------

    def _begun(self, jobs: list[Job]) -> list[_Canvas]:
        guided = self.details.guidance > 1 and self.pipe.unet.config.time_cond_proj_dim is None
        prompts, negatives = self.pipe.encode_prompt(
            [job.prompt for job in jobs], self.parts.device, 1, guided, [job.negative for job in jobs]
        )
        sides = list(negatives.split(1)) if guided else [None] * len(jobs)
        return [self._canvas(job, *words) for job, *words in zip(jobs, prompts.split(1), sides, strict=True)]

    def _canvas(self, job: Job, prompt: Tensor, negative: Tensor | None) -> _Canvas:
        import torch

        scheduler = copy.deepcopy(self.pipe.scheduler)
        scheduler.set_timesteps(self.details.steps)  # its numbers stay here, or each step would wait for the GPU
        generator = torch.Generator("cpu").manual_seed(job.seed)  # a GPU's own would be another one on each kind
        times, latents = self._latents(job, scheduler, generator, prompt.dtype)
        takes = inspect.signature(scheduler.step).parameters
        lines = self._lines(job, prompt.dtype) if self.controlnet is not None and job.lines is not None else None
        extra = {"generator": generator} if "generator" in takes else {}
        return _Canvas(job, scheduler, times, latents, prompt, negative, lines, extra)

    def _latents(self, job: Job, scheduler: Any, generator: Any, dtype: Any) -> tuple[Tensor, Tensor]:
        """The times of denoising and what it begins with: noise, or a picture under as much noise as `strength` says."""
        from diffusers.utils.torch_utils import randn_tensor

        shape = (1, self.pipe.unet.config.in_channels, job.height // self._scale, job.width // self._scale)
        device: Any = self.parts.device
        if job.start is None:
            noise = randn_tensor(shape, generator, device, dtype)
            return scheduler.timesteps, noise * scheduler.init_noise_sigma
        from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_img2img import retrieve_latents

        steps = max(1, min(int(self.details.steps * job.strength), self.details.steps))
        first = max(self.details.steps - steps, 0) * scheduler.order
        if hasattr(scheduler, "set_begin_index"):
            scheduler.set_begin_index(first)
        times = scheduler.timesteps[first:]
        pixels = self.pipe.image_processor.preprocess(job.start.convert("RGB"), job.height, job.width)
        seen = retrieve_latents(self.pipe.vae.encode(pixels.to(device, dtype)), generator=generator)
        seen = seen * self.pipe.vae.config.scaling_factor
        return times, scheduler.add_noise(seen, randn_tensor(shape, generator, device, dtype), times[:1])

    def _lines(self, job: Job, dtype: Any) -> Tensor:
        from PIL import ImageOps

        assert job.lines is not None
        lines = job.lines.convert("L")
        if self.details.lines == "white":
            lines = ImageOps.invert(lines)
        pixels: Tensor = self.pipe.control_image_processor.preprocess(lines.convert("RGB"), job.height, job.width)
        return pixels.to(self.parts.device, dtype)

    # --- a step ----------------------------------------------------------------------------------

    def _step(self, live: list[_Canvas]) -> None:
        """Take every canvas one step on: the networks see all of them, each scheduler its own."""
        noise = self._noise(live)
        for canvas, seen in zip(live, noise.split(1), strict=True):
            made = canvas.scheduler.step(seen, canvas.times[canvas.at], canvas.latents, **canvas.extra)
            canvas.latents = made.prev_sample
            clean = getattr(made, "pred_original_sample", None)
            canvas.clean = canvas.latents if clean is None else clean
            canvas.at += 1

    def _noise(self, live: list[_Canvas]) -> Tensor:
        """What of each canvas is noise, led by its prompt.  # (N, C, h, w)"""
        import torch

        times = torch.stack([canvas.times[canvas.at] for canvas in live]).to(self.parts.device)
        scaled = [canvas.scheduler.scale_model_input(canvas.latents, canvas.times[canvas.at]) for canvas in live]
        prompts = [canvas.prompt for canvas in live]
        negatives = [canvas.negative for canvas in live if canvas.negative is not None]
        if not negatives:
            return self._unet(scaled, times, prompts, live)
        both = self._unet(scaled * 2, torch.cat([times] * 2), negatives + prompts, live * 2)
        without, told = both.chunk(2)
        return without + self.details.guidance * (told - without)

    def _unet(self, rows: list[Tensor], times: Tensor, prompts: list[Tensor], of: list[_Canvas]) -> Tensor:
        import torch

        latents, words = torch.cat(rows), torch.cat(prompts)
        added: dict[str, Any] = {"timestep_cond": self._guidance_as_input(len(rows), latents)}
        if any(canvas.lines is not None for canvas in of):
            down, middle = self._control(latents, times, words, of)
            added |= {"down_block_additional_residuals": down, "mid_block_additional_residual": middle}
        out: Tensor = self.pipe.unet(latents, times, encoder_hidden_states=words, return_dict=False, **added)[0]
        return out

    def _control(self, latents: Tensor, times: Tensor, words: Tensor, of: list[_Canvas]) -> tuple[list[Tensor], Tensor]:
        """What the ControlNet adds; nothing for a canvas without a sketch."""
        import torch

        empty = next(torch.zeros_like(canvas.lines) for canvas in of if canvas.lines is not None)
        lines = torch.cat([empty if canvas.lines is None else canvas.lines for canvas in of])
        has = torch.tensor([canvas.lines is not None for canvas in of], dtype=latents.dtype, device=latents.device)
        controlnet: Any = self.controlnet
        down, middle = controlnet(latents, times, encoder_hidden_states=words, controlnet_cond=lines, return_dict=False)
        share = has[:, None, None, None]
        return [each * share for each in down], middle * share

    def _guidance_as_input(self, count: int, like: Tensor) -> Tensor | None:
        """For models that were distilled with their guidance (Luo et al. 2023, LCM)."""
        import torch

        wide = self.pipe.unet.config.time_cond_proj_dim
        if wide is None:
            return None
        asked = torch.full((count,), self.details.guidance - 1)
        made: Tensor = self.pipe.get_guidance_scale_embedding(asked, embedding_dim=wide)
        return made.to(like.device, like.dtype)

    # --- after -----------------------------------------------------------------------------------

    def _finish(self, canvases: list[_Canvas]) -> None:
        import torch

        pixels = self._decoded(self.pipe.vae, torch.cat([canvas.latents for canvas in canvases]))
        pixels, refused = self.pipe.run_safety_checker(pixels, self.parts.device, pixels.dtype)
        pictures = self.pipe.image_processor.postprocess(pixels, "pil", [True] * len(canvases))
        for canvas, picture, no in zip(canvases, pictures, refused or [False] * len(canvases), strict=True):
            canvas.outcome = Outcome(None if no else picture, bool(no))

    @cached_property
    def _looking(self) -> Any:
        """The VAE for looks, loaded at the first of them: hardly anybody looks."""
        return self.parts.preview() if self.parts.preview is not None else self.pipe.vae

    def look(self, latents: Tensor) -> Image:
        """An unfinished picture, by the small VAE where one is set."""
        pixels = self._decoded(self._looking, latents)
        picture: Image = self.pipe.image_processor.postprocess(pixels, "pil", [True])[0]
        return picture

    def _decoded(self, vae: Any, latents: Tensor) -> Tensor:
        pixels: Tensor = vae.decode(latents / vae.config.scaling_factor, return_dict=False)[0]
        return pixels


def _look(model: DiffusionModel, canvas: _Canvas) -> Callable[[], Image]:
    latents = canvas.clean if canvas.clean is not None else canvas.latents
    return lambda: model.look(latents)
