"""Noise becomes pictures: every kind of model, every way to begin, alone and together, stopped and watched."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageOps

from core.painting.diffusion_model import DiffusionModel, Job
from core.painting.diffusion_parts import SCHEDULERS, load
from core.ports import EngineMissing
from core.settings import Painting
from tests.fakes import tiny_diffusion

SIDE = tiny_diffusion.SIDE


pytestmark = pytest.mark.usefixtures("one_torch_thread")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Model folders by name, each written once."""
    root, written = tmp_path_factory.mktemp("models"), {}

    def folder(name, **how):
        if name not in written:
            written[name] = tiny_diffusion.write_model(root / name, **how)
        return written[name]

    return folder


@pytest.fixture(scope="module")
def sketched(folders):
    """A model with a ControlNet and an AutoencoderTiny, as ours has."""
    return opened(folders("sketched"))


def opened(folder, **settings):
    return DiffusionModel(load(Painting(**{"model": str(folder), "steps": 3} | settings)))


def lines(*ends, side=SIDE):
    page = Image.new("L", (side, side), "white")
    for end in ends or ((30, 25),):
        ImageDraw.Draw(page).line((2, 2, *end), fill="black", width=3)
    return page


def job(seed=1, prompt="a dog", **more):
    return Job(prompt, seed, **{"width": SIDE, "height": SIDE, "lines": lines()} | more)


def pixels(outcome):
    return np.asarray(outcome.picture).astype(float)


def painted(model, *jobs):
    return [pixels(outcome) for outcome in model.paint(jobs)]


def apart(one, other):
    return float(np.abs(one - other).max())


# --- it is Stable Diffusion ----------------------------------------------------------------------


@pytest.mark.parametrize("start", [False, True])
@pytest.mark.parametrize("sketch", [False, True])
def test_it_paints_what_the_pipelines_of_diffusers_paint(folders, sketch, start):
    import diffusers

    model = opened(folders("sketched") if sketch else folders("kl", vae="kl", controlnet=False), steps=4)
    kind = "StableDiffusion" + ("ControlNet" if sketch else "") + ("Img2Img" if start else "") + "Pipeline"
    pipe = getattr(diffusers, kind)(**model.pipe.components, requires_safety_checker=False)
    pipe.set_progress_bar_config(disable=True)
    under, over = (
        Image.linear_gradient("L").resize((SIDE, SIDE)).convert("RGB"),
        ImageOps.invert(lines()).convert("RGB"),
    )
    given = {"control_image" if start else "image": over} if sketch else {}
    given |= {"image": under, "strength": 0.5} if start else {"width": SIDE, "height": SIDE}
    wanted = pipe(
        "a dog", negative_prompt="grey", num_inference_steps=4, guidance_scale=7.5, generator=torch.Generator().manual_seed(3),
        output_type="np", **({"controlnet_conditioning_scale": 1.0} if sketch else {}), **given,
    ).images[0]  # fmt: skip
    more = {"start": under, "strength": 0.5} if start else {}
    (made,) = painted(model, job(3, negative="grey", lines=lines() if sketch else None, **more))
    assert apart(made, np.asarray(wanted) * 255) <= 1
    assert made.std() > 5  # and it is a picture


def test_the_sketch_the_prompt_and_the_seed_each_change_the_picture(sketched):
    plain, again, seed, prompt, sketch, without = painted(
        sketched, job(), job(), job(seed=2), job(prompt="a cat far away"), job(lines=lines((5, 30))), job(lines=None)
    )
    assert apart(plain, again) == 0
    assert min(apart(plain, other) for other in (seed, prompt, sketch, without)) > 1
    assert apart(plain, seed) > 40


def test_a_fresh_controlnet_would_have_ignored_the_sketch(folders, sketched):
    from diffusers import ControlNetModel

    silent = opened(folders("sketched"))
    silent.controlnet = ControlNetModel.from_unet(silent.pipe.unet, conditioning_embedding_out_channels=(4, 8))
    one, other = painted(silent, job(), job(lines=lines((5, 30))))
    assert apart(one, other) == 0  # so the test before proves something
    one, other = painted(sketched, job(), job(lines=lines((5, 30))))
    assert apart(one, other) > 0


def test_lines_are_turned_for_a_model_that_learned_from_black_on_white(folders, sketched):
    other = opened(folders("black", lines="black", steps=5, guidance=1.5, side=16))
    assert (other.details.lines, other.details.guidance, other.side) == ("black", 1.5, 16)
    assert other.details.steps == 3  # the setting wins
    assert opened(folders("black"), steps=0).details.steps == 5
    turned = job(lines=ImageOps.invert(lines()))
    assert apart(painted(opened(folders("black"), guidance=7.5), job())[0], painted(sketched, turned)[0]) == 0


@pytest.mark.parametrize("name", [*SCHEDULERS])
def test_every_scheduler_paints_from_noise_and_over_a_picture(sketched, name):
    from core.painting.diffusion_parts import scheduler_of

    model = DiffusionModel(sketched.parts)
    model.pipe.scheduler, before = scheduler_of(name, model.pipe.scheduler), model.pipe.scheduler
    try:
        noise, over, again = painted(
            model, job(), job(start=Image.new("RGB", (40, 40), "#884422"), strength=0.5), job()
        )
    finally:
        model.pipe.scheduler = before
    assert noise.std() > 3 and over.std() > 3 and apart(noise, over) > 10
    assert apart(noise, again) <= 1


@pytest.mark.parametrize("name", [*SCHEDULERS])
def test_a_schedule_on_the_processor_steps_latents_elsewhere(sketched, name):
    from core.painting.diffusion_parts import scheduler_of

    scheduler = scheduler_of(name, sketched.pipe.scheduler)
    scheduler.set_timesteps(4)
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(0)
    noise = torch.empty(1, 4, 8, 8, device="meta", dtype=torch.float16)  # as strict about places as a GPU
    latents = scheduler.add_noise(noise, noise, scheduler.timesteps[:1])
    for time in scheduler.timesteps:
        latents = scheduler.step(noise, time, scheduler.scale_model_input(latents, time)).prev_sample
    assert (latents.device.type, latents.dtype, latents.shape) == ("meta", torch.float16, noise.shape)


def test_an_unknown_scheduler_is_told(sketched):
    from core.painting.diffusion_parts import scheduler_of

    with pytest.raises(EngineMissing, match="no scheduler oil"):
        scheduler_of("oil", sketched.pipe.scheduler)


def test_distilled_schedulers_ask_for_few_steps_and_no_guidance(folders):
    quick = opened(folders("sketched"), steps=0, scheduler="lcm")
    assert (quick.details.steps, quick.details.guidance) == (4, 1.0)
    assert type(quick.pipe.scheduler).__name__ == "LCMScheduler"
    assert painted(quick, job())[0].std() > 3
    assert opened(folders("sketched"), steps=0, scheduler="euler").details.steps == 20


def test_a_wide_picture_and_a_square_one_go_through_one_model(sketched):
    wide, square = sketched.paint([job(width=2 * SIDE, lines=lines(side=SIDE)), job()])
    assert (wide.picture.size, square.picture.size) == ((2 * SIDE, SIDE), (SIDE, SIDE))
    assert apart(pixels(square), painted(sketched, job())[0]) <= 1
    assert sketched.fitting(2 * SIDE + 1) == 2 * SIDE and sketched.fitting(3) == 4


# --- several people at once ----------------------------------------------------------------------


def test_a_picture_is_the_same_alone_and_among_others(sketched):
    under = Image.new("RGB", (SIDE, SIDE), "#3366aa")
    jobs = [
        job(1), job(2, "a house by the sea", negative="grey, dull"), job(3, lines=None), job(4, lines=lines((5, 30), (30, 4))),
        job(5, start=under, strength=0.4), job(6, "비 오는 날"),
    ]  # fmt: skip
    together = painted(sketched, *jobs)
    for one, alone in zip(together, (painted(sketched, each)[0] for each in jobs), strict=True):
        assert apart(one, alone) <= 1
    assert len({one.tobytes() for one in together}) == len(jobs)


def test_progress_is_told_step_by_step_and_can_be_looked_at(sketched, folders, tmp_path):
    small = opened(folders("sketched"), preview=str(tiny_diffusion.write_preview_vae(tmp_path / "taesd")))
    brought = []
    bring = small.parts.preview
    small.parts = replace(small.parts, preview=lambda: brought.append(bring()) or brought[-1])
    painted(small, job())
    assert not brought  # who never looks has it nowhere in memory
    for model in (sketched, small):
        told, seen = [], []

        def watch(done, look, told=told, seen=seen):
            told.append(done)
            seen.append(np.asarray(look()).astype(float))
            return True

        (made,) = painted(model, job(watch=watch))
        assert told == [1 / 3, 2 / 3, 1.0]
        assert seen[0].shape == made.shape and seen[0].std() > 0
        if model is sketched:
            assert apart(seen[-1], made) <= 1  # the last look is the picture
    assert len(brought) == 1


def test_who_cancels_leaves_within_one_step_and_nobody_else_notices(sketched, monkeypatch):
    rows, unet = [], sketched.pipe.unet.forward

    def counted(latents, *args, **more):
        rows.append(len(latents))
        return unet(latents, *args, **more)

    monkeypatch.setattr(sketched.pipe.unet, "forward", counted)
    stays, leaves = job(1), job(2, watch=lambda done, look: False)
    kept, left = sketched.paint([stays, leaves])
    assert left.picture is None and not left.refused
    assert rows == [4, 2, 2]  # two rows each with guidance: from the second step on only who stayed
    assert apart(pixels(kept), painted(sketched, stays)[0]) <= 1

    rows.clear()
    assert sketched.paint([leaves])[0].picture is None
    assert rows == [2]  # nothing is painted for nobody


# --- what is in the folder -----------------------------------------------------------------------


def test_a_lora_is_melted_in_and_named(folders, sketched, tmp_path):
    lora = tiny_diffusion.write_lora(tmp_path / "hyper", folders("sketched"))
    whole, half = (opened(folders("sketched"), lora=f"{lora}{share}") for share in ("", "@0.5"))
    assert [one.parts.name.partition("+")[2] for one in (sketched, whole, half)] == ["", "hyper", "hyper*0.5"]
    assert len({one.parts.adapter for one in (sketched, whole, half)}) == 3 and sketched.parts.adapter == ""
    assert whole.parts.weights == sketched.parts.weights
    assert not [name for name, _ in whole.pipe.unet.named_parameters() if "lora" in name]  # it costs no time
    plain, all_of_it, half_of_it = (painted(model, job())[0] for model in (sketched, whole, half))
    assert apart(plain, all_of_it) > 0 and apart(half_of_it, all_of_it) > 0


def test_a_lora_of_the_controlnet_changes_what_follows_a_sketch(folders, sketched, tmp_path):
    lora = tiny_diffusion.write_controlnet_lora(tmp_path / "blue", folders("sketched"))
    whole, half = (opened(folders("sketched"), controlnet_lora=f"{lora}{share}") for share in ("", "@0.5"))
    assert [one.parts.name.partition("+")[2] for one in (whole, half)] == ["blue", "blue*0.5"]
    assert len({one.parts.adapter for one in (sketched, whole, half)}) == 3
    assert not [name for name, _ in whole.controlnet.named_parameters() if "lora" in name]
    plain, all_of_it, half_of_it = (painted(model, job())[0] for model in (sketched, whole, half))
    assert apart(plain, all_of_it) > 0 and apart(half_of_it, all_of_it) > 0
    plain, all_of_it = (painted(model, job(lines=None))[0] for model in (sketched, whole))
    assert apart(plain, all_of_it) == 0


def test_a_lora_in_the_wrong_setting_is_refused(folders, tmp_path):
    unet = tiny_diffusion.write_lora(tmp_path / "hyper", folders("sketched"))
    controlnet = tiny_diffusion.write_controlnet_lora(tmp_path / "blue", folders("sketched"))
    for wrong in ({"lora": str(controlnet)}, {"controlnet_lora": str(unet)}):
        with pytest.raises(EngineMissing):
            opened(folders("sketched"), **wrong)
    with pytest.raises(EngineMissing, match="there is none"):
        opened(folders("sketched"), controlnet="none", controlnet_lora=str(controlnet))


def test_weights_are_told_apart_by_their_hash(folders, sketched):
    other = opened(folders("kl"))
    assert sketched.parts.name == "diffusion-1:sketched"
    assert len(sketched.parts.weights) == 64 and sketched.parts.weights != other.parts.weights
    assert opened(folders("sketched"), steps=9).parts.weights == sketched.parts.weights


def test_a_controlnet_may_come_from_elsewhere_or_be_left_out(folders, sketched):
    apart_from_it = opened(
        folders("kl", vae="kl", controlnet=False), controlnet=str(folders("sketched") / "controlnet")
    )
    one, other = painted(apart_from_it, job(), job(lines=lines((5, 30))))
    assert apart(one, other) > 0
    without = opened(folders("sketched"), controlnet="none")
    assert without.controlnet is None
    one, other = painted(without, job(), job(lines=None))
    assert apart(one, other) == 0  # the prompt alone
    assert apart(one, painted(sketched, job(lines=None))[0]) <= 1


def test_the_safety_checker_says_no(folders):
    refusing = opened(folders("refusing", checker="refuses"))
    assert [(one.picture, one.refused) for one in refusing.paint([job()])] == [(None, True)]
    assert opened(folders("refusing"), safety="none").paint([job()])[0].picture is not None
    checked = opened(folders("passing", checker="passes"), controlnet="none")
    assert checked.paint([job()])[0].picture is not None
    borrowed = opened(folders("sketched"), safety=str(folders("refusing") / "safety_checker"))
    assert borrowed.paint([job()])[0].refused


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"model": "/nowhere/at/all"}, "no unet"),
        ({"safety": "/nowhere/at/all"}, "safety checker"),
        ({"controlnet": "/nowhere/at/all"}, "can't be loaded"),
        ({"lora": "/nowhere/at/all"}, "can't be loaded"),
        ({"device": "cuda:7"}, "there is no cuda:7"),
    ],
)
def test_what_is_missing_is_said(folders, monkeypatch, change, says):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(EngineMissing, match=says):
        opened(folders("sketched"), **change)


def test_a_damaged_folder_is_missing(folders, tmp_path, monkeypatch):
    import shutil

    for name, damage in {"weights": "unet/diffusion_pytorch_model.safetensors", "details": "emoseum.json"}.items():
        shutil.copytree(folders("sketched"), tmp_path / name)
        (tmp_path / name / damage).write_bytes(b"not what it was")
        with pytest.raises(EngineMissing):
            opened(tmp_path / name)
    monkeypatch.setattr("core.emotion.text_transformers.fits", lambda need: need < 1000)
    with pytest.raises(EngineMissing, match="too little memory"):
        opened(folders("sketched"))
