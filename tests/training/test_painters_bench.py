"""The painters' bench compares like with like, and says what it could not measure."""

from __future__ import annotations

import numpy as np
import pytest

from core.engines import Order
from core.entities import Emotion, Label, Tag
from core.settings import Painting
from tests.fakes import tiny_diffusion
from training.bench import painters, painters_gpu, painting
from training.bench.processes import alone

pytestmark = pytest.mark.usefixtures("one_torch_thread")

GLAD = Emotion(0.8, 0.5, labels=(Label("joy", 1.0),), confidence=0.9)
ORDERS = [Order((Tag("dog", "강아지", "dog", "animal"),), GLAD, "ko", n) for n in range(2)]


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    folder = tiny_diffusion.write_model(tmp_path_factory.mktemp("bench") / "tiny", steps=3, guidance=2.0)
    return Painting(model=str(folder), device="cpu")


#: A child that takes some memory for a moment, and needs none of this file's libraries for it.
HOLD = "(lambda held: __import__('time').sleep(1) or len(held) >> 20)(bytearray(b'x' * ({} << 20)))"


def test_the_memory_of_a_child_is_seen():
    (none, without), (most, with_them) = alone(eval, HOLD.format(0)), alone(eval, HOLD.format(80))
    assert (none, most) == (0, 80) and 70 < with_them - without < 200


def test_plain_diffusers_is_asked_for_the_very_same_pictures(given):
    from core.painting.diffusion_model import DiffusionModel
    from core.painting.diffusion_parts import find, load

    model = DiffusionModel(load(given))
    jobs = [painting._job(model, order) for order in ORDERS]
    ours = [np.asarray(each.picture).astype(float) for each in model.paint(jobs)]
    plain = [np.asarray(each).astype(float) for each in painting._plain(find(given), model)(jobs).images]
    assert max(float(np.abs(one - other).max()) for one, other in zip(ours, plain, strict=True)) <= 1
    assert float(np.abs(ours[0] - ours[1]).max()) > 1  # they are two pictures

    mine, theirs = painting.beside_diffusers(given, ORDERS, 2, 2, {"steps": 1})
    assert len(mine) == len(theirs) == 2 and min(*mine, *theirs) > 0


def test_only_pictures_by_the_weights_are_counted(given, monkeypatch):
    assert len(painting.by_diffusion(given, ORDERS, 1, 1)) == 3
    step_s, look_s = painting.first_look(given, ORDERS[0])
    assert 0 < step_s <= look_s
    monkeypatch.setattr("core.painting.diffusion_model.DiffusionModel.paint", lambda self, jobs: 1 / 0)
    with pytest.raises(RuntimeError, match="crayon"):
        painting.by_diffusion(given, ORDERS, 1, 1)


def test_without_weights_the_row_says_so_and_names_no_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOSEUM_PAINTER__MODEL", str(tmp_path / "nothing"))
    [(_what, figure, _goal)] = painters._own(ORDERS, True)
    assert figure.startswith("not measured: no weights") and str(tmp_path) not in figure


def test_the_model_for_a_gpu_paints_like_any_other(tmp_path):
    painters_gpu.write_model(
        tmp_path / "shape", "cpu", vae_channels=(32, 32, 32, 32), sample_size=8, block_out_channels=(32, 32), layers_per_block=1, cross_attention_dim=48,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
    )  # fmt: skip
    given = Painting(model=str(tmp_path / "shape"), device="cpu", safety="none")
    ours, plain = painting.beside_diffusers(given, ORDERS, 1, 1, {"steps": 1, "guidance": 1.0})
    assert len(ours) == len(plain) == 1
