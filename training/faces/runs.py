"""A trained engine with its calibration and figures becomes a folder, and a folder becomes an engine again."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from core.emotion import face_backbones as backbones
from core.emotion.face_networks import FaceNet
from core.emotion.face_runs import BY_NAME, NETWORKS, PLAIN, fill, load_net, order_of, scores_of, told_of
from core.entities import FACE_EMOTIONS
from core.evaluation.face_emotion import judged
from core.evaluation.files import BadFile
from training.faces import svm
from training.faces.learning import calibrate, calibration_error
from training.faces.rows import Faces

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
        print(f"{fill(net, weights):.0%} of the weights are from {weights}, the rest is random.")
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
    order = order_of(told["names"], folder)
    by_name = engine in BY_NAME or engine == "ensemble"  # it asks each of its runs for columns by name
    if order != list(range(5)) and not by_name:
        judge = Reordered(judge, order)
    return Run(judge, told["temperature"], torch.tensor(told["bias"])[order], told)


@dataclass(frozen=True)
class Reordered:
    """A judge that was saved when FACE_EMOTIONS stood in another order."""

    judge: Judge
    order: list[int]

    def scores(self, pixels: Tensor) -> Tensor:
        """As the judge, its columns by name."""
        return self.judge.scores(pixels)[:, self.order]


def _ms_a_face(judge: Judge, pixels: Tensor) -> float:
    """Processor time of one face alone, so that other work on the machine counts less; the median of a few."""
    spent = []
    for n in range(TIMED + 3):
        begun_s = time.process_time()
        judge.scores(pixels[n % len(pixels)][None])
        spent.append(1000 * (time.process_time() - begun_s))
    return float(torch.tensor(spent[3:]).median())
