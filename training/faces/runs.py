"""A trained engine with its calibration and figures becomes a folder, and a folder becomes an engine again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from core.entities import FACE_EMOTIONS
from core.evaluation.face_emotion import judged
from core.evaluation.files import BadFile
from training.faces import backbones, branched, networks, small, svm
from training.faces.learning import calibrate, calibration_error, scores_of
from training.faces.networks import FaceNet, Look
from training.faces.rows import Faces

#: Engines in plain torch; each takes a size.
PLAIN: dict[str, Callable[[str], FaceNet]] = {
    "small": small.Small,
    "densenet": networks.DenseNet,
    "vgg": networks.Vgg,
    "emotionnet": networks.EmotionNet,
    "inception": branched.Inception,
    "yolov8": branched.Yolo,
}
NETWORKS = (*PLAIN, *backbones.KINDS)
TIMED = 20  # faces


class Judge(Protocol):
    """Whatever gives scores to faces."""

    def scores(self, pixels: Tensor) -> Tensor:
        """Faces uint8 (N, C, S, S) -> (N, 5) in the order of FACE_EMOTIONS, before softmax."""


@dataclass(frozen=True)
class Network:
    """A network as a judge."""

    net: FaceNet

    def scores(self, pixels: Tensor) -> Tensor:
        """The mean of each face and its mirror image."""
        return scores_of(self.net, pixels)


@dataclass(frozen=True)
class Run:
    """A judge with its calibration; `told` is its run.json: engine, data, figures, cost."""

    judge: Judge
    temperature: float
    bias: Tensor  # (5,)
    told: dict[str, Any]

    def chances(self, pixels: Tensor) -> Tensor:
        """Faces uint8 (N, C, S, S) -> calibrated shares (N, 5) in the order of FACE_EMOTIONS."""
        return ((self.judge.scores(pixels) + self.bias) / self.temperature).softmax(1)


def build(engine: str, size: str, weights: str = "") -> FaceNet:
    """A network, random or with weights from a folder or the hub. Raises BadFile."""
    if engine in backbones.KINDS:
        return backbones.build(engine, size, weights)
    net = PLAIN[engine](size)
    if weights:
        print(f"{_fill(net, weights):.0%} of the weights are from {weights}, the rest is random.")
    return net


def judge_run(judge: Judge, parts: dict[str, Faces], told: dict[str, Any]) -> Run:
    """Calibrate on dev, judge on dev and test, and measure what a face costs."""
    temperature, bias, figures = figures_of({name: judge.scores(parts[name].pixels) for name in ("dev", "test")}, parts)
    if isinstance(judge, Network):
        judge.net.to("cpu", memory_format=torch.contiguous_format)  # where a face is timed, and where it is kept from
    told = told | {"figures": figures, "ms_a_face": _ms_a_face(judge, parts["test"].pixels), "made": str(date.today())}
    return Run(judge, temperature, bias, told)


def figures_of(scores: dict[str, Tensor], parts: dict[str, Faces]) -> tuple[float, Tensor, dict[str, Any]]:
    """Temperature and biases (5,) fitted on dev's scores, and the figures of every part that has scores."""
    temperature, bias = calibrate(scores["dev"], parts["dev"])
    figures = {}
    for name, found in scores.items():
        truth, guess = parts[name].truth, (found + bias).argmax(1)
        said, plain = judged(truth.numpy(), guess.numpy()), judged(truth.numpy(), found.argmax(1).numpy())
        table = torch.zeros(5, 5, dtype=torch.int64)
        table.index_put_((truth, guess), torch.tensor(1), accumulate=True)
        figures[name] = {
            "faces": len(found), "accuracy": said["accuracy"], "macro_recall": said["macro_recall"], "recall": said["recall"],
            "calibration_error": calibration_error(((found + bias) / temperature).softmax(1), truth),
            "confusion": table.tolist(), "unbiased": [plain["accuracy"], plain["macro_recall"]],
        }  # fmt: skip
    return temperature, bias, figures


def save(run: Run, folder: Path, net: FaceNet | None = None) -> Run:
    """Write the weights and run.json; returns the run with its size. A net is kept as safetensors."""
    folder.mkdir(parents=True, exist_ok=True)
    told = dict(run.told)
    if isinstance(net, backbones.Backbone):
        backbones.save(net, folder)
    elif net is not None:
        from safetensors.torch import save_file

        save_file({name: each.contiguous() for name, each in net.state_dict().items()}, folder / "model.safetensors")
    if net is not None:
        told |= {"look": [net.look.side, net.look.channels, net.look.mean, net.look.std]}
        told |= {"parameters": sum(each.numel() for each in net.parameters())}
    weights = [folder / name for name in ("model.safetensors", "model.npz") if (folder / name).is_file()]
    told |= {"megabytes": sum(path.stat().st_size for path in weights) / 1e6} if weights else {}
    told |= {"names": list(FACE_EMOTIONS), "temperature": run.temperature, "bias": run.bias.tolist()}
    (folder / "run.json").write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    return Run(run.judge, run.temperature, run.bias, told)


def told_of(folder: Path) -> dict[str, Any]:
    """The run.json of a folder. Raises BadFile."""
    try:
        told: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BadFile(f"{folder} is no saved run: it has no run.json.") from None
    return told


def load(folder: Path) -> Run:
    """A saved run, of whatever engine. Raises BadFile."""
    told = told_of(folder)
    engine, judge = told["engine"], None
    if engine in NETWORKS:
        judge = Network(load_net(folder))
    elif engine == "svm":
        judge = svm.load(folder, load_net(Path(told["backbone"])) if told.get("backbone") else None)
    elif engine == "ensemble":
        from training.faces.ensemble import load as load_ensemble

        judge = load_ensemble(told)
    elif engine == "multimodal":
        from training.faces.multimodal import load as load_multimodal

        judge = load_multimodal(folder, told)
    else:
        raise BadFile(f"{folder} is of an engine called {engine}, which is none of ours.")
    order = _order(told["names"], folder)
    by_name = engine in backbones.KINDS or engine == "ensemble"  # these look their columns up by name themselves
    if order != list(range(5)) and not by_name:
        judge = Reordered(judge, order)
    return Run(judge, told["temperature"], torch.tensor(told["bias"])[order], told)


def load_net(folder: Path) -> FaceNet:
    """The network of a saved run; its columns are as run.json's `names`. Raises BadFile."""
    told = told_of(folder)
    if told["engine"] not in NETWORKS:
        raise BadFile(f"{folder} is of the engine {told['engine']}, which is no network.")
    if told["engine"] in backbones.KINDS:
        net: FaceNet = backbones.build(told["engine"], told["size"], str(folder))
        side, channels, mean, std = told["look"]
        net.look = Look(side, channels, tuple(mean), tuple(std))
    else:
        net = PLAIN[told["engine"]](told["size"])
        if _fill(net, str(folder)) < 1:
            raise BadFile(f"The weights in {folder} are not of the engine {told['engine']} at the size {told['size']}.")
    return net.eval()


@dataclass(frozen=True)
class Reordered:
    """A judge that was saved when FACE_EMOTIONS stood in another order."""

    judge: Judge
    order: list[int]

    def scores(self, pixels: Tensor) -> Tensor:
        """As the judge, its columns by name."""
        return self.judge.scores(pixels)[:, self.order]


def _order(names: list[str], folder: Path) -> list[int]:
    if sorted(names) != sorted(FACE_EMOTIONS):
        raise BadFile(f"{folder} tells apart {', '.join(names)}, not {', '.join(FACE_EMOTIONS)}.")
    return [names.index(name) for name in FACE_EMOTIONS]


def _fill(net: FaceNet, weights: str) -> float:
    """Take over what fits by name and shape, from a folder or the hub; the share of the weights that did. Raises BadFile.

    The usual ImageNet weights' names are ours (`features.denseblock1...`), so they fit all but the head.
    """
    from safetensors.torch import load_file

    path = Path(weights) / "model.safetensors"
    if not path.is_file():
        path = _from_hub(weights)
    found, own = load_file(path), net.state_dict()
    fits = {name: each for name, each in found.items() if name in own and own[name].shape == each.shape}
    share = sum(each.numel() for each in fits.values()) / sum(each.numel() for each in own.values())
    if share < 0.5:
        raise BadFile(f"Only {share:.0%} of the weights that are needed are in {weights}: it is another network.")
    net.load_state_dict(own | fits)
    return share


def _from_hub(name: str) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        return Path(hf_hub_download(name, "model.safetensors"))
    except (HfHubHTTPError, HFValidationError, OSError):
        raise BadFile(f"There is no model.safetensors in {name}: neither a folder nor a name the hub knows.") from None


def _ms_a_face(judge: Judge, pixels: Tensor) -> float:
    """Processor time of one face alone, so that other work on the machine counts less; the median of a few."""
    spent = []
    for n in range(TIMED + 3):
        begun_s = time.process_time()
        judge.scores(pixels[n % len(pixels)][None])
        spent.append(1000 * (time.process_time() - begun_s))
    return float(torch.tensor(spent[3:]).median())
