"""Every engine learns from drawn faces, is kept as a folder, and says the same when it comes back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.emotion import face_backbones as backbones
from core.emotion import face_networks
from core.emotion.face import FaceEmotion
from core.entities import FACE_EMOTIONS, FaceProblem
from core.evaluation.files import BadFile
from tests.fakes.drawn_faces import EXPRESSIONS, as_ferplus, drawn
from training.face_emotion import main
from training.faces import learning, rows, runs, svm
from training.faces.learning import Course, augment, class_weights, train
from training.faces.rows import Faces, Taken, Wish

torch.set_num_threads(1)
ASTRONAUT = Path(__file__).parent.parent / "core" / "data" / "astronaut.jpg"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return as_ferplus(tmp_path_factory.mktemp("ferplus"), count=150, unsure=20)


@pytest.fixture(scope="session")
def taken(folder: Path) -> Taken:
    return rows.load(folder, Wish())


@pytest.fixture(autouse=True)
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "TIMED", 1)
    torch.manual_seed(7)


def course(**changed: object) -> Course:
    return Course(**{"of": "test", "epochs": 3, "batch": 25, "rate": 3e-3, "optimiser": "adamw"} | changed)


def quiet(_: str) -> None:
    pass


@pytest.mark.parametrize("engine", runs.NETWORKS)
def test_every_network_learns_and_comes_back_the_same(
    engine: str, taken: Taken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "augment", lambda faces: faces)  # a few steps are enough where faces hold still
    few = taken.parts["train"].take(torch.arange(25, 75))
    plan = course(epochs=12, rate=2e-3) if engine in ("vit", "deit", "beit", "swinv2") else course(epochs=6)
    learned = train(runs.build(engine, "tiny"), taken.parts | {"train": few}, plan, tmp_path, quiet)
    assert len(learned.losses) == plan.epochs
    assert learned.losses[-1] < min(1.55, 0.95 * learned.losses[0])  # who guesses has 1.61
    told = {"name": engine, "engine": engine, "size": "tiny"}
    kept = runs.save(runs.judge_run(runs.Network(learned.net), taken.parts, told), tmp_path / "run", learned.net)
    again = runs.load(tmp_path / "run")
    faces = taken.parts["test"].pixels
    assert torch.allclose(kept.chances(faces), again.chances(faces), atol=1e-5)
    assert again.told["parameters"] == sum(each.numel() for each in learned.net.parameters())
    assert again.told["megabytes"] == pytest.approx(4e-6 * again.told["parameters"], rel=0.1)
    seen = learned.net.fields(learned.net.shown(faces[:2].float() / 255))
    assert seen.shape == (2, 9 if learned.net.look.side == 48 else 4, learned.net.width)


def test_a_network_tells_drawn_faces_apart(taken: Taken, tmp_path: Path) -> None:
    learned = train(runs.build("resnet", "tiny"), taken.parts, course(epochs=16), tmp_path, quiet)
    run = runs.judge_run(runs.Network(learned.net), taken.parts, {})
    assert run.told["figures"]["test"]["accuracy"] >= 0.8
    said = run.chances(torch.tensor(np.array([drawn(EXPRESSIONS[name]) for name in FACE_EMOTIONS]))[:, None]).argmax(1)
    assert sum(FACE_EMOTIONS[k] == name for k, name in zip(said, FACE_EMOTIONS, strict=True)) >= 4


def test_a_training_goes_on_from_its_checkpoint_and_from_no_other(taken: Taken, tmp_path: Path) -> None:
    first = train(face_networks.Small(), taken.parts, course(epochs=1, optimiser="sgd"), tmp_path, quiet)
    second = train(face_networks.Small(), taken.parts, course(epochs=3, optimiser="sgd"), tmp_path, quiet)
    assert second.losses[0] == first.losses[0]
    assert (len(second.losses), second.steps) == (3, 3 * first.steps)
    with pytest.raises(BadFile, match="another training"):
        train(face_networks.Small(), taken.parts, course(of="another", optimiser="sgd"), tmp_path, quiet)


def test_minutes_of_processor_are_not_lost_to_what_runs_beside(
    taken: Taken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = iter(range(0, 10**9, 3600))
    monkeypatch.setattr(learning.time, "monotonic", lambda: float(next(ticks)))  # an hour passes at every look
    net = runs.build("emotionnet", "tiny")
    starved = train(net, taken.parts, course(minutes=5.0), tmp_path / "wall", quiet)
    fair = train(net, taken.parts, course(minutes=5.0, processor=True), tmp_path / "processor", quiet)
    assert starved.steps == 0
    assert (len(fair.losses), fair.minutes < 5) == (3, True)


def test_the_command_that_ships_writes_all_that_a_selfie_needs(folder: Path, tmp_path: Path) -> None:
    main(["--data", str(folder), "--work", str(tmp_path), "--epochs", "2", "--batch", "25", "--rate", "0.05", "--out", str(tmp_path)])  # fmt: skip
    model, run = FaceEmotion.load(tmp_path / "face_emotion.npz"), runs.load(tmp_path / "small")
    faces = np.array([drawn(each) for each in EXPRESSIONS.values()])
    assert np.allclose(model.chances(faces), run.chances(torch.tensor(faces)[:, None]).numpy(), atol=0.02)
    astronaut = np.asarray(Image.open(ASTRONAUT).convert("RGB"))
    reading = model.read(astronaut)
    assert reading.face is not None or reading.problem is FaceProblem.COVERED  # two epochs of drawings know no photos


def test_rare_classes_count_as_much_as_often_ones() -> None:
    shares = torch.eye(5)[[0, 1, 1, 1, 2, 2, 3, 4, 4, 4]]
    weights = class_weights(shares)
    assert torch.allclose(weights * shares.mean(0), torch.full((5,), 0.2))
    assert (weights * shares.mean(0)).sum() == pytest.approx(1)
    assert class_weights(torch.eye(5)[[0, 1, 1]])[2] == 0  # a class that is not there


def test_class_weights_find_the_rare(taken: Taken, tmp_path: Path) -> None:
    part = taken.parts["train"]
    rare = part.truth == FACE_EMOTIONS.index("sadness")
    few = torch.cat([torch.nonzero(~rare)[:, 0], torch.nonzero(rare)[:2, 0]])
    parts = taken.parts | {"train": part.take(few)}
    found = {}
    for balanced in (False, True):
        learned = train(runs.build("emotionnet", "tiny"), parts, course(epochs=10, balanced=balanced), tmp_path / str(balanced), quiet)  # fmt: skip
        sad = parts["test"].truth == FACE_EMOTIONS.index("sadness")
        found[balanced] = runs.Network(learned.net).scores(parts["test"].pixels).softmax(1)[sad, FACE_EMOTIONS.index("sadness")].mean()  # fmt: skip
    assert found[True] > 1.5 * found[False]


def test_augmented_faces_stay_faces() -> None:
    face = torch.full((64, 3, 48, 48), 0.5)
    face[:, :, 20:28, 20:28] = 1
    torch.manual_seed(0)
    turned = augment(face)
    assert turned.shape == face.shape
    assert turned.min() >= 0
    assert turned.max() <= 1
    assert len({each.mean().item() for each in turned}) > 60


# --- names, not places ---------------------------------------------------------------------------


def test_a_model_with_other_names_in_another_order_is_read_by_name(tmp_path: Path) -> None:
    from transformers import AutoConfig, AutoModelForImageClassification

    seven = ("surprise", "fear", "disgust", "happiness", "sad", "angry", "neutral")  # as RAF-DB counts them
    kind, side, tiny, _ = backbones.KINDS["vit"]
    config = AutoConfig.for_model(kind, **tiny, id2label=dict(enumerate(seven)), num_labels=7)
    model = AutoModelForImageClassification.from_config(config)
    model.save_pretrained(tmp_path)
    net = runs.build("vit", "tiny", str(tmp_path)).eval()
    faces = torch.randn(3, 3, side, side)
    with torch.no_grad():
        theirs, ours = model.eval()(faces).logits.softmax(1), net(faces).softmax(1)
    feels = {name: theirs[:, seven.index(name)] for name in seven}
    without = 1 - feels["disgust"]
    for name, wanted in (
        ("anger", feels["angry"]),
        ("happy", feels["happiness"]),
        ("panic", feels["fear"] + feels["surprise"]),
    ):
        assert torch.allclose(ours[:, FACE_EMOTIONS.index(name)], wanted / without, atol=1e-5)


def test_a_model_with_other_things_to_tell_gets_a_new_head(tmp_path: Path) -> None:
    from transformers import AutoConfig, AutoModelForImageClassification

    kind, side, tiny, _ = backbones.KINDS["resnet"]
    config = AutoConfig.for_model(kind, **tiny, num_labels=10)
    AutoModelForImageClassification.from_config(config).save_pretrained(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text(json.dumps({"image_processor_type": "ConvNextImageProcessor", "image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6], "size": {"shortest_edge": 96}}))  # fmt: skip
    net = runs.build("resnet", "tiny", str(tmp_path))
    assert net.look.side == 96
    assert net.look.mean == (0.1, 0.2, 0.3)
    assert net.model.config.id2label == dict(enumerate(FACE_EMOTIONS))
    assert net(torch.zeros(2, 3, side, side)).shape == (2, 5)
    with pytest.raises(BadFile, match="is a resnet, not a vit"):
        runs.build("vit", "tiny", str(tmp_path))


@pytest.mark.parametrize("engine", ["emotionnet", "vit"])
def test_a_run_from_before_an_order_changed_is_read_by_name(engine: str, taken: Taken, tmp_path: Path) -> None:
    net = runs.build(engine, "tiny")
    told = {"name": engine, "engine": engine, "size": "tiny"}
    kept = runs.save(runs.judge_run(runs.Network(net), taken.parts, told), tmp_path, net)
    order = [4, 2, 0, 1, 3]
    before = json.loads((tmp_path / "run.json").read_text())
    before["names"], before["bias"] = [FACE_EMOTIONS[k] for k in order], [before["bias"][k] for k in order]
    (tmp_path / "run.json").write_text(json.dumps(before))
    faces = taken.parts["test"].pixels
    then = runs.load(tmp_path).chances(faces)
    if engine == "vit":  # its own config says which column means what, in whatever order run.json stands
        assert torch.allclose(then, kept.chances(faces), atol=1e-5)
    else:
        scores = kept.judge.scores(faces)[:, [order.index(k) for k in range(5)]]
        assert torch.allclose(then, ((scores + kept.bias) / kept.temperature).softmax(1), atol=1e-5)
    before["names"][0] = "disgust"
    (tmp_path / "run.json").write_text(json.dumps(before))
    with pytest.raises(BadFile, match="disgust"):
        runs.load(tmp_path)


def test_the_trainers_votes_are_those_of_the_evaluation() -> None:
    from training.evaluate import FACE_VOTES

    assert dict(zip(FACE_EMOTIONS, FACE_VOTES, strict=True)) == rows.VOTES


# --- weights from elsewhere ----------------------------------------------------------------------


def test_plain_networks_take_over_what_fits(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    there = runs.build("densenet", "tiny").state_dict()
    there["classifier.weight"], there["classifier.bias"] = torch.zeros(1000, there["classifier.weight"].shape[1]), torch.zeros(1000)  # fmt: skip
    save_file(there, tmp_path / "model.safetensors")
    net = runs.build("densenet", "tiny", str(tmp_path))
    assert torch.equal(net.state_dict()["features.denseblock2.denselayer1.conv1.weight"], there["features.denseblock2.denselayer1.conv1.weight"])  # fmt: skip
    assert net.classifier.weight.shape[0] == 5
    with pytest.raises(BadFile, match="another network"):
        runs.build("vgg", "tiny", str(tmp_path))


PUBLISHED = {  # millions of weights without a head of a thousand classes, channels of the last map
    "densenet": (6.96, 1024), "vgg": (14.7, 512), "inception": (21.8, 2048), "yolov8": (5.09, 512), "small": (1.24, 192),
    "vit": (85.8, 768), "deit": (85.8, 768), "beit": (85.8, 768), "swinv2": (27.6, 768), "convnext": (27.8, 768),
    "resnet": (23.5, 2048), "efficientnet": (4.01, 1280), "mobilenet": (2.23, 1280),
}  # fmt: skip


@pytest.mark.parametrize("engine", PUBLISHED)
def test_the_published_sizes(engine: str) -> None:
    millions, width = PUBLISHED[engine]
    with torch.device("meta"):
        net = runs.build(engine, "base")
    assert sum(each.numel() for each in net.parameters()) / 1e6 == pytest.approx(millions, rel=0.01)
    assert net.width == width


# --- the machine without a network ---------------------------------------------------------------


def test_edges_and_textures_of_a_face() -> None:
    faces = np.array([drawn(each) for each in EXPRESSIONS.values()], np.float32) / 255
    assert svm.hog(faces).shape == (5, 900)
    assert svm.lbp(faces).shape == (5, 9 * 59)
    ramp = np.tile(np.linspace(0, 1, 48, dtype=np.float32), (1, 48, 1))
    upright, lying = (svm.hog(each).reshape(-1, 4, 9).sum((0, 1)).argmax() for each in (ramp, ramp.transpose(0, 2, 1)))
    assert (upright, lying) == (0, 4)  # edges across lie in the first of nine bins, edges down half a turn further
    assert np.allclose(svm.lbp(faces), svm.lbp(faces * 0.5 + 0.1))  # light and contrast don't matter
    assert np.allclose(svm.hog(faces), svm.hog(faces * 0.5 + 0.1), atol=0.02)


@pytest.mark.parametrize("eyes", ["", "emotionnet"])
def test_a_support_vector_machine_learns_and_comes_back_the_same(
    eyes: str, folder: Path, taken: Taken, tmp_path: Path
) -> None:
    arguments = ["--data", str(folder), "--work", str(tmp_path)]
    if eyes:
        main([*arguments, "--engine", eyes, "--size", "tiny", "--epochs", "4", "--batch", "25"])
    main([*arguments, "--engine", "svm", *(["--runs", eyes] if eyes else [])])
    run = runs.load(tmp_path / "svm")
    said = run.chances(taken.parts["test"].pixels)
    assert run.told["figures"]["test"]["accuracy"] >= (0.3 if eyes else 0.9)
    assert (said.argmax(1) == taken.parts["test"].truth).float().mean() == pytest.approx(run.told["figures"]["test"]["accuracy"])  # fmt: skip
    assert run.told["megabytes"] > 0.1


def test_faces_are_what_the_rows_say(taken: Taken) -> None:
    assert {name: len(part) for name, part in taken.parts.items()} == {"train": 75, "dev": 45, "test": 30}
    for part in taken.parts.values():
        assert isinstance(part, Faces)
        assert torch.allclose(part.shares.sum(1), torch.ones(len(part)))
