"""A look is learned from a folder: the loss falls, a cut-off run goes on exactly, Emoseum paints with what was learned."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.evaluation.files import BadFile
from core.painting.diffusion_model import DiffusionModel, Job
from core.painting.diffusion_parts import load
from core.painting.diffusion_pipe import fingerprint
from core.painting.looks import WATERCOLOUR
from core.settings import Painting
from tests.fakes import tiny_diffusion
from training.controlnet import __main__ as command
from training.controlnet import folder
from training.painter import pairs

SIDE = tiny_diffusion.SIDE
COUNT, HELD = 8, 2

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def setup_module() -> None:
    """Read where these tests run, not by each worker that collects them: diffusers takes seconds to wake."""
    global DDPMScheduler, adapter, learning, chance
    from diffusers import DDPMScheduler

    from training.controlnet import adapter, learning
    from training.painter.runs import chance


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    """Its ControlNet's convolutions are not zero: the edges are seen."""
    return tiny_diffusion.write_model(tmp_path_factory.mktemp("base") / "tiny", steps=2, guidance=1.0)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Blue pages with a line, of which half are kept white on black."""
    made = tmp_path_factory.mktemp("data") / "blue"
    (made / "edges").mkdir(parents=True)
    rows = []
    for n in range(COUNT):
        line, page = Image.new("L", (60, 50), "white"), Image.new("RGB", (60, 50), (40, 60, 180 + 5 * n))
        for sheet, ink in ((line, "black"), (page, (20, 20, 60))):
            ImageDraw.Draw(sheet).line((5, 5, 10 + 5 * n, 45), fill=ink, width=3)
        page.save(made / f"{n}.png")
        (line if n % 2 else Image.eval(line, lambda grey: 255 - grey)).save(made / "edges" / f"{n}.png")
        rows.append({"file_name": f"{n}.png", "edge_file_name": f"edges/{n}.png", "text": f"a secret road {n}"})
    _tell(made, rows)
    return made


def _tell(at: Path, rows: list[dict[str, str]]) -> None:
    (at / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def _rows(at: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (at / "metadata.jsonl").read_text("utf-8").splitlines()]


def ask(monkeypatch, model: Path, data: Path, work: Path, *more: str) -> None:
    words = ["learn", "--model", model, "--data", data, "--work", work, "--held", HELD, "--name", "blue", *more]
    monkeypatch.setattr(sys, "argv", ["training.controlnet", *map(str, words)])
    command.main()


WISH = ("--epochs", "12", "--batch", "3", "--rate", "0.02", "--layers", "all", "--unet", "--look-every", "10",
        "--licence", "CC0, by hand")  # fmt: skip


@pytest.fixture(scope="module")
def straight(model, data, tmp_path_factory) -> Path:
    """A run that nothing disturbed."""
    work = tmp_path_factory.mktemp("straight")
    with pytest.MonkeyPatch.context() as patched:
        ask(patched, model, data, work, *WISH)
    return work


# --- learning ------------------------------------------------------------------------------------


def opened(model: Path, work: Path | None = None, **settings: str) -> DiffusionModel:
    """As Emoseum opens it."""
    if work is not None:
        settings = {"controlnet_lora": str(work / "lora" / "blue_controlnet.safetensors"), **settings}
    return DiffusionModel(load(Painting(model=str(model), **settings)))


def test_with_what_was_learned_emoseum_knows_the_pictures_better(model, data, straight):
    unet = str(straight / "lora" / "blue_unet.safetensors")
    models = (opened(model), opened(model, straight), opened(model, straight, lora=unet))
    for examples in folder.parted(folder.read(data), HELD):
        plain, control, both = (learning.lesson(one.parts, examples, SIDE).judged() for one in models)
        assert both < 0.8 * plain
        assert control not in (both, plain)


def test_the_loss_of_the_epochs_falls(straight):
    lines = (straight / "loss.tsv").read_text().splitlines()
    losses = [float(line.split("\t")[1]) for line in lines]
    assert [int(line.split("\t")[0]) for line in lines] == list(range(24))
    assert np.mean(losses[-6:]) < 0.8 * np.mean(losses[:6])


def test_the_picture_and_its_fingerprint_change(model, straight):
    plain, learned = opened(model), opened(model, straight)
    assert plain.parts.adapter == "" and len(learned.parts.adapter) == 64
    assert learned.parts.name == plain.parts.name + "+blue_controlnet"
    line = Image.open(straight / "lora" / "blue.png").convert("L").crop((0, 0, SIDE, SIDE))
    for lines, same in ((line, False), (None, True)):
        job = Job("a road", 1, SIDE, SIDE, lines=lines)
        one, other = (np.asarray(each.paint([job])[0].picture) for each in (plain, learned))
        assert np.array_equal(one, other) == same, "it is the ControlNet that learned"


def test_a_run_that_was_told_to_stop_goes_on_exactly(model, data, straight, tmp_path, monkeypatch, capsys):
    real = learning.batch_of

    def stopping(step: int, *rest: int) -> list[int]:
        if step == 11:
            os.kill(os.getpid(), signal.SIGTERM)
        return real(step, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(learning, "batch_of", stopping)
        ask(patched, model, data, tmp_path, *WISH)
    assert "12 of 24 steps" in capsys.readouterr().out
    assert not (tmp_path / "lora").exists()
    ask(monkeypatch, model, data, tmp_path, *WISH)
    assert f"EMOSEUM_PAINTER__CONTROLNET_LORA={tmp_path}/lora/blue_controlnet.safetensors" in capsys.readouterr().out
    from safetensors.numpy import load_file

    for name in ("lora/blue_controlnet.safetensors", "lora/blue_unet.safetensors"):  # their headers are in any order
        ours, theirs = load_file(tmp_path / name), load_file(straight / name)
        assert ours.keys() == theirs.keys() and all((ours[key] == theirs[key]).all() for key in ours), name
    for name in ("loss.tsv", "lora/blue.png"):
        assert (tmp_path / name).read_bytes() == (straight / name).read_bytes(), name
    with pytest.raises(SystemExit, match="another rank"):
        ask(monkeypatch, model, data, tmp_path, *WISH, "--rank", "4")


def test_only_attention_learns_where_nothing_else_is_asked(model):
    parts = adapter.open_painter(str(model), "")
    few = adapter.lay(parts, 8, "attention", False, 0)
    assert list(few) == ["controlnet"]
    targets = parts.pipe.controlnet.peft_config["default"].target_modules
    assert set(targets) == {"to_q", "to_k", "to_v", "to_out.0"}
    assert not any(weight.requires_grad for weight in parts.pipe.unet.parameters())
    assert {name.split(".")[-3] for name, weight in parts.pipe.controlnet.named_parameters() if weight.requires_grad} == {"lora_A", "lora_B"}  # fmt: skip


def test_every_picture_is_learned_once_an_epoch():
    epochs = [sorted(n for step in range(at, at + 3) for n in learning.batch_of(step, 8, 3, 0)) for at in (0, 3)]
    assert epochs == [list(range(8))] * 2
    assert learning.batch_of(0, 8, 3, 0) != learning.batch_of(3, 8, 3, 0)


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction", "sample"])
def test_what_is_foretold_is_what_the_scheduler_says(model, data, kind):
    parts = adapter.open_painter(str(model), "")
    course = learning.lesson(parts, folder.read(data)[:1], SIDE)
    scheduler = DDPMScheduler(beta_schedule="squaredcos_cap_v2", prediction_type=kind)
    answers = {"v_prediction": -course.latents, "sample": course.latents, "epsilon": None}

    def oracle(mixed, *rest, **more):
        """At the deepest noise a picture is nothing but noise, and its velocity what it was, backwards."""
        return SimpleNamespace(sample=mixed if answers[kind] is None else answers[kind])

    parts.pipe.unet.forward = oracle
    course = replace(course, scheduler=scheduler)
    assert course.loss([0], chance(1, 1), depth=1.0).item() < 1e-3
    scheduler.register_to_config(prediction_type="epsilon" if kind != "epsilon" else "sample")
    assert course.loss([0], chance(1, 1), depth=1.0).item() > 0.1


# --- what is to be seen --------------------------------------------------------------------------


def test_the_sheets_show_edges_picture_before_and_after(data, straight):
    assert sorted(path.name for path in (straight / "sheets").iterdir()) == ["step_000010.png", "step_000020.png"]
    sheet = np.asarray(Image.open(straight / "lora" / "blue.png"))
    assert sheet.shape == (4 * SIDE, HELD * SIDE, 3)
    edges, pictures, before, after = np.split(sheet.astype(int), 4)
    for n, one in enumerate(folder.read(data)[-HELD:]):
        across = slice(n * SIDE, (n + 1) * SIDE)
        assert np.array_equal(edges[:, across, 0], folder.lines_of(one, SIDE))
        assert np.array_equal(pictures[:, across], folder.picture_of(one, SIDE))
        assert edges[:, across].mean() > 127, "black on white"
    assert np.abs(before - after).mean() > 1
    early = np.split(np.asarray(Image.open(straight / "sheets" / "step_000010.png")).astype(int), 4)
    assert np.array_equal(early[2], before) and not np.array_equal(early[3], after)


def test_the_card_says_what_was_done(model, straight):
    told = (straight / "lora" / "blue.md").read_text("utf-8")
    for word in (
        "6 pictures",
        "2 more held out",
        "CC0, by hand",
        "Rank 8",
        "rate 0.02",
        "12 epochs",
        "24 steps",
        "`tiny`",
        "| 12 |",
    ):
        assert word in told, word
    assert fingerprint(model) in told
    for name, setting in (("controlnet", "painter.controlnet_lora"), ("unet", "painter.lora")):
        path = straight / "lora" / f"blue_{name}.safetensors"
        assert f"| `{path.name}` | `{setting}` | {fingerprint(path)} |" in told
    before, after = next(line for line in told.splitlines() if line.startswith("| loss")).split("|")[2:4]
    assert float(after) < float(before)
    assert "| colour distance |" in told
    assert str(straight) not in told and "secret" not in told


# --- the folder ----------------------------------------------------------------------------------


def _spoiled(data: Path, at: Path, spoil) -> Path:
    shutil.copytree(data, at / "spoiled")
    rows = _rows(data)
    spoil(at / "spoiled", rows)
    _tell(at / "spoiled", rows)
    return at / "spoiled"


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda at, rows: rows[3].pop("text"), r"line 4: 3\.png has no caption"),
        (lambda at, rows: rows[3].update(text="  "), r"line 4: 3\.png has no caption"),
        (lambda at, rows: rows[5].pop("edge_file_name"), r"line 6: 5\.png has no edges"),
        (lambda at, rows: (at / "edges" / "2.png").unlink(), r"edges/2\.png, the edges of 2\.png, is not there"),
        (lambda at, rows: (at / "1.png").unlink(), r"spoiled/1\.png is not there"),
        (lambda at, rows: (at / "4.png").write_bytes(b"no picture"), r"4\.png is no picture"),
        (lambda at, rows: Image.new("L", (50, 50)).save(at / "edges" / "6.png"), r"edges/6\.png has another shape"),
        (lambda at, rows: rows.clear(), "is empty"),
    ],
)  # fmt: skip
def test_a_bad_folder_says_which_file(data, tmp_path, spoil, says):
    with pytest.raises(BadFile, match=says) as refused:
        folder.read(_spoiled(data, tmp_path, spoil))
    assert "secret" not in str(refused.value)


def test_a_bad_folder_is_told_before_anything_is_loaded(data, model, tmp_path, monkeypatch):
    bad = _spoiled(data, tmp_path, lambda at, rows: rows[0].pop("text"))
    with pytest.raises(SystemExit, match=r"0\.png has no caption"):
        ask(monkeypatch, Path("/nowhere/at/all"), bad, tmp_path / "work")
    with pytest.raises(SystemExit, match=r"no file .*metadata\.jsonl"):
        ask(monkeypatch, model, tmp_path / "nothing", tmp_path / "work")
    with pytest.raises(SystemExit, match="8 of 8 pictures can't be held out"):
        ask(monkeypatch, model, data, tmp_path / "work", "--held", "8")
    assert not (tmp_path / "work").exists()


def test_a_folder_of_our_own_scenes_in_one_look(tmp_path, monkeypatch):
    at = tmp_path / "water"
    words = ["pairs", "--data", at, "--look", "watercolour", "--count", "2", "--first", "3"]
    monkeypatch.setattr(sys, "argv", ["training.controlnet", *map(str, words)])
    command.main()
    examples = folder.read(at)
    assert [one.picture.name for one in examples] == ["000000003.png", "000000004.png"]
    assert all("watercolour" in one.caption and "wax" not in one.caption for one in examples)
    wax, water = pairs.make(3), pairs.make(3, WATERCOLOUR)
    assert np.array_equal(folder.picture_of(examples[0], pairs.SIDE), water.picture)
    assert np.array_equal(folder.lines_of(examples[0], pairs.SIDE), wax.line)
    assert np.abs(wax.picture.astype(int) - water.picture).mean() > 5
    monkeypatch.setattr(pairs, "make", None)
    command.main()
    assert folder.read(at) == examples, "what is there is kept"


def test_the_words_name_the_look():
    for look, medium in ((pairs.WAX, "wax crayon"), (WATERCOLOUR, "watercolour")):
        assert pairs.medium(look) == medium


def test_a_model_without_a_controlnet_says_so(data, tmp_path, monkeypatch):
    bare = tiny_diffusion.write_model(tmp_path / "bare", controlnet=False)
    with pytest.raises(SystemExit, match="has no ControlNet"):
        ask(monkeypatch, bare, data, tmp_path / "work")
