"""The painter's training: pairs say what they show, the networks learn, a cut-off run goes on, diffusers loads the export."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.painting import diffusion, figures
from core.painting.diffusion_parts import NEEDED
from training.painter import pairs


def setup_module() -> None:
    """Read where these tests run, not by each worker that collects them: diffusers takes seconds to wake."""
    global torch, AutoencoderTiny, StableDiffusionControlNetPipeline, make_scheduler
    global exporting, learning, sampling, text, vae, Run, chance, train
    import torch
    from diffusers import AutoencoderTiny, StableDiffusionControlNetPipeline

    from training.painter import exporting, learning, sampling, text, vae
    from training.painter.runs import Run, chance, train
    from training.painter.unet import make_scheduler


@pytest.fixture(scope="module")
def some() -> list[pairs.Pair]:
    return [pairs.make(seed) for seed in (3, 4, 5)]


def test_a_pair_is_the_same_for_the_same_seed_and_another_for_another(some):
    again = pairs.make(3)
    assert np.array_equal(again.picture, some[0].picture)
    assert np.array_equal(again.line, some[0].line)
    assert again.caption == some[0].caption
    assert not np.array_equal(some[0].picture, some[1].picture)
    assert some[0].picture.shape == (256, 256, 3)
    assert 0.01 < (some[0].line < 128).mean() < 0.3, "black lines on white"


@pytest.mark.parametrize("seed", range(3, 6))
def test_a_caption_names_mood_place_hour_and_everything_that_was_drawn(some, seed):
    it, told = pairs.scene(seed), some[seed - 3].caption
    assert told.startswith(it.emotion.name)
    assert pairs.place_name(it.sketch.place) in told
    assert it.sketch.time in told
    for layer in it.sketch.layers:
        name = layer.sticker.split("/")[3] if figures.is_figure(layer.sticker) else layer.sticker.replace("-", " ")
        assert name in told


def test_a_caption_names_the_colours_that_are_on_the_page():
    yellow, blue = (238, 214, 128), (150, 168, 205)  # as crayon looks, with paper between its strokes
    for above, below, told in ((yellow, blue, "yellow above, blue below"), (blue, yellow, "blue above, yellow below")):
        picture = np.empty((256, 256, 3), np.uint8)
        picture[:128], picture[128:] = above, below
        assert told in pairs.caption(pairs.scene(3), picture)


def test_a_painter_is_asked_in_the_words_that_it_learned_from():
    """Whoever paints with the weights names the things as the pairs do."""
    for seed in range(6):
        it = pairs.scene(seed)
        asked = diffusion.caption(it.sketch, it.emotion).split(", ")
        assert asked[0] == it.emotion.name
        assert tuple(asked[3:][: len(pairs.things(it.sketch))]) == pairs.things(it.sketch)
        assert f"{pairs.place_name(it.sketch.place)}, {it.sketch.weather}, {it.sketch.time}" in ", ".join(asked)


def test_pairs_are_kept_in_files_and_only_what_is_missing_is_made(tmp_path: Path, monkeypatch, some):
    made: list[int] = []

    def make(seed: int) -> pairs.Pair:
        made.append(seed)
        return pairs.Pair(some[0].picture, some[0].line, f"pair {seed}", seed)

    monkeypatch.setattr(pairs, "make", make)
    monkeypatch.setattr(pairs, "SHARD", 2)
    pairs.write(tmp_path, 0, 3)
    pairs.write(tmp_path, 0, 4)
    assert made == [0, 1, 2]
    kept = pairs.read(tmp_path)
    assert kept.captions == ("pair 0", "pair 1", "pair 2")
    assert np.array_equal(kept.pictures[2], some[0].picture)
    assert len(pairs.read(tmp_path, 1).lines) == 1
    with pytest.raises(FileNotFoundError):
        pairs.read(tmp_path / "nowhere")


# --- learning ------------------------------------------------------------------------------------


def _vae_run() -> Run:
    torch.manual_seed(1)
    return Run(vae.tiny_vae(channels=8, latent_channels=4), 4e-3, warm_steps=2)


def _learn(run: Run, pictures: np.ndarray, to_step: int) -> list[float]:
    losses = []
    while run.step < to_step:
        crops = vae.crops(pictures, run.step, batch=4, side=32)
        loss = vae.loss_of(run.networks, crops, chance(1, run.step))
        losses.append(loss.item())
        run.learn(loss, 40)
    return losses


def test_an_autoencoder_begins_with_every_tile_in_its_colour(some):
    torch.manual_seed(0)
    real = vae.to_tensor(some[1].picture[None])
    with torch.no_grad():
        net = vae.tiny_vae()
        made = net.decode(net.encode(real).latents).sample
    tiles = [torch.nn.functional.avg_pool2d(pixels, 8) for pixels in (real, made)]
    assert tiles[0].std() > 0.1
    assert (tiles[0] - tiles[1]).abs().mean() < 0.03


def test_a_tiny_autoencoder_learns(some):
    pictures = np.stack([pair.picture for pair in some])
    losses = _learn(_vae_run(), pictures, 25)
    assert sum(losses[-5:]) < 0.7 * sum(losses[:5])


def test_a_run_that_was_cut_off_goes_on_exactly(some, tmp_path: Path):
    pictures = np.stack([pair.picture for pair in some])
    straight, first, second = _vae_run(), _vae_run(), _vae_run()
    _learn(straight, pictures, 6)
    _learn(first, pictures, 3)
    first.save(tmp_path / "run.pt")
    assert second.load(tmp_path / "run.pt")
    _learn(second, pictures, 6)
    for one, other in zip(straight.weights, second.weights, strict=True):
        assert torch.equal(one, other)
    for one, other in zip(straight.mean, second.mean, strict=True):
        assert torch.equal(one, other)
    assert not Run(vae.tiny_vae(8, 4), 1e-3).load(tmp_path / "none.pt")


def test_vivid_crops_are_taken_more_often_than_they_are_found():
    page = np.full((1, 160, 160, 3), 230, np.uint8)
    page[0, 64:96, 64:96] = (210, 40, 40)
    crops = torch.stack([vae.crops(page, step, batch=8, side=32) for step in range(12)])
    red = (crops[:, :, 0] - crops[:, :, 1]).flatten(2).gt(0.5).any(-1)  # (12, 8)
    assert red[:, 1::2].float().mean() > 1.5 * red[:, ::2].float().mean()


def test_a_run_that_is_told_to_stop_keeps_what_it_has(some, tmp_path: Path):
    pictures = np.stack([pair.picture for pair in some])
    run, again = _vae_run(), _vae_run()

    def loss(step: int) -> torch.Tensor:
        if step == 2:
            os.kill(os.getpid(), signal.SIGTERM)
        return vae.loss_of(run.networks, vae.crops(pictures, step, batch=2, side=32), chance(1, step))

    train(run, loss, tmp_path / "run.pt", 1000)
    assert again.load(tmp_path / "run.pt")
    assert again.step == 3


def test_from_pairs_to_weights(some, tmp_path: Path):
    """Every step once, at full size and as short as can be."""
    (tmp_path / "pairs").mkdir()
    np.savez(
        tmp_path / "pairs" / "0.npz",
        pictures=np.stack([pair.picture for pair in some]),
        lines=np.stack([pair.line for pair in some]),
        captions=np.array(json.dumps([pair.caption for pair in some])),
    )
    vae.learn(tmp_path, 1, batch=1)
    learning.freeze(tmp_path, 3)
    with np.load(tmp_path / "latents.npz") as file:
        latents = file["latents"]
    assert latents.shape == (3, 2, 8, 32, 32)
    assert latents.astype(np.float32).std() == pytest.approx(1, abs=0.05)
    assert not np.array_equal(latents[:, 0], latents[:, 1]), "the second one is the mirror image"
    learning.learn(tmp_path, 1, batch=1)
    before = AutoencoderTiny.from_pretrained(tmp_path / "vae").state_dict()
    vae.finish(tmp_path, 4, batch=1)
    after = AutoencoderTiny.from_pretrained(tmp_path / "vae")
    for name, value in after.state_dict().items():
        if name.startswith("encoder"):
            assert torch.equal(value, before[name])
    assert any(not torch.equal(value, before[name]) for name, value in after.state_dict().items())
    assert 20e6 < exporting.export(tmp_path, tmp_path / "painter") < 40e6
    assert {path.name for path in (tmp_path / "painter").iterdir()} >= set(NEEDED) | {"controlnet"}


@pytest.fixture(scope="module")
def tiny(some):
    torch.manual_seed(2)
    tokenizer = text.make_tokenizer([pair.caption for pair in some])
    nets = learning.make_networks(tokenizer, channels=(16, 32, 32), words=32)
    return tokenizer, nets


def test_the_networks_learn_to_undo_noise(tiny, some):
    tokenizer, nets = tiny
    rng = np.random.default_rng(0)
    flat = np.broadcast_to(rng.normal(size=(3, 2, 8, 1, 1)), (3, 2, 8, 8, 8)).astype(np.float16)
    lines = np.stack([pair.line[::4, ::4] for pair in some])
    seen = learning.Latents(flat, lines, tuple(pair.caption for pair in some))
    ids, empty = text.numbers(tokenizer, seen.captions), text.numbers(tokenizer, [""])
    run = Run(nets, 4e-3, warm_steps=2)

    def loss(step: int) -> torch.Tensor:
        return learning.loss_of(nets, make_scheduler(), seen, ids, empty, step, batch=6)

    def unseen() -> float:
        with torch.no_grad():
            return sum(loss(step).item() for step in range(1000, 1003))

    before = unseen()
    for step in range(16):
        run.learn(loss(step), 60)
    assert unseen() < 0.9 * before


def test_the_export_loads_in_diffusers_and_follows_lines_and_words(tiny, some, tmp_path: Path):
    tokenizer, nets = tiny
    painter = sampling.pipeline(vae.tiny_vae(16, 8), nets, tokenizer)
    assert exporting.save(painter, tmp_path / "painter") < 40e6
    loaded = StableDiffusionControlNetPipeline.from_pretrained(
        tmp_path / "painter", torch_dtype=torch.float32, safety_checker=None
    )
    loaded.set_progress_bar_config(disable=True)
    assert loaded.tokenizer.model_max_length == text.LENGTH
    lines, told = [pair.line[::4, ::4] for pair in some], some[0].caption
    first = sampling.paint(loaded, np.stack(lines[:1]), [told], steps=2)
    assert first.shape == (1, 64, 64, 3)
    assert first.std() > 1, "not one flat colour"

    def latents(line: np.ndarray, words: str) -> torch.Tensor:
        control, seed = Image.fromarray(255 - line).convert("RGB"), torch.Generator().manual_seed(0)
        return loaded(words, image=control, num_inference_steps=2, generator=seed, output_type="latent").images

    painted = latents(lines[0], told)
    assert torch.equal(painted, latents(lines[0], told)), "same seed, same picture"
    assert not torch.equal(painted, latents(lines[1], told)), "the lines are seen"
    assert not torch.equal(painted, latents(lines[0], "sadness, navy above")), "the words are heard"
