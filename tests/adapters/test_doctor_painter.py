"""The doctor says who paints, and whether the diffusion painter could be loaded, without loading it."""

from __future__ import annotations

import pytest

from adapters import doctor_painter
from core.phrases import LANGUAGES, say
from core.settings import load_settings
from tests.fakes import tiny_diffusion


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_diffusion.write_model(tmp_path_factory.mktemp("doctor") / "tiny", checker="passes", steps=3)


def told(engine="diffusion", language="en", **painter):
    """(mark, words) of each line."""
    settings = load_settings(engines={"painter": engine}, painter=painter)
    lines = [
        (mark, say(language, f"doctor.{key}", **values)) for mark, _, key, values in doctor_painter.painter(settings)
    ]
    assert say(language, "doctor.what.painter")
    return lines


@pytest.mark.parametrize("language", LANGUAGES)
def test_crayons_are_always_well(language):
    ((mark, words),) = told("crayon", language)
    assert mark == "✓" and ("crayon" in words or "크레용" in words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_model_that_can_be_loaded_is_named_with_how_it_is_asked(folder, language):
    ((mark, words),) = told(language=language, model=str(folder), device="cpu", guidance=3.0)
    assert mark == "✓" and all(part in words for part in (str(folder), "cpu", "3"))


@pytest.mark.parametrize(
    ("settings", "mark", "says"),
    [
        ({"model": "/nowhere/at/all"}, "✗", "no unet"),
        ({"model": "nobody/has-this-one"}, "!", "fetched from the hub"),
        ({"device": "cuda:5"}, "✗", "there is no cuda:5"),
        ({"controlnet": "none"}, "!", "no ControlNet"),
        ({"safety": "none"}, "!", "switched off"),
        ({"lora": "/nowhere/hyper.safetensors@0.5"}, "✗", "/nowhere/hyper.safetensors is not there"),
        ({"controlnet_lora": "/nowhere/blue.safetensors"}, "✗", "/nowhere/blue.safetensors is not there"),
        ({"preview": "./taesd"}, "✗", "./taesd is not there"),
    ],
)
def test_what_would_not_work_is_told(folder, settings, mark, says, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    lines = told(**{"model": str(folder)} | settings)
    assert (lines[-1][0], says in lines[-1][1]) == (mark, True)


def test_missing_libraries_too_little_memory_and_a_slow_processor_are_told(folder, monkeypatch):
    from core.painting import diffusion_parts

    with monkeypatch.context() as patched:
        patched.setattr(doctor_painter, "LARGE_BYTES", 1000)
        ((mark, words),) = told(model=str(folder), device="cpu")
        assert mark == "!" and "minutes a picture" in words
    with monkeypatch.context() as patched:
        patched.setattr(diffusion_parts, "enough_memory", lambda need, painting: False)
        ((mark, words),) = told(model=str(folder))
        assert mark == "!" and "more memory" in words
    with monkeypatch.context() as patched:
        patched.setattr(diffusion_parts, "find_spec", lambda name: None if name == "diffusers" else object())
        ((mark, words),) = told(model=str(folder))
        assert mark == "✗" and "diffusers not installed" in words
    (folder / "unet" / "diffusion_pytorch_model.safetensors").rename(folder / "unet" / "gone")
    for part in folder.iterdir():
        for file in part.glob("*.safetensors") if part.is_dir() else ():
            file.unlink()
    ((mark, words),) = told(model=str(folder))
    assert mark == "✗" and "no *.safetensors" in words
