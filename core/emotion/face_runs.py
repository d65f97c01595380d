"""The folder of a trained network becomes a network again.

`training/face_emotion.py --engine X` writes such folders: the weights, and run.json with engine, size, look, names,
calibration and figures.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.emotion import face_backbones as backbones
from core.emotion import face_networks as networks
from core.emotion import face_networks_branched as branched
from core.emotion.face import NOSE
from core.emotion.face_networks import FaceNet, Look
from core.entities import FACE_EMOTIONS
from core.evaluation.files import BadFile

#: Engines in plain torch; each takes a size.
PLAIN: dict[str, Callable[[str], FaceNet]] = {
    "small": networks.Small,
    "densenet": networks.DenseNet,
    "vgg": networks.Vgg,
    "emotionnet": networks.EmotionNet,
    "inception": branched.Inception,
    "yolov8": branched.Yolo,
}
NETWORKS = (*PLAIN, *backbones.KINDS)
BY_NAME = frozenset(backbones.KINDS)  # these look their columns up by name themselves


def told_of(folder: Path) -> dict[str, Any]:
    """The run.json of a folder. Raises BadFile."""
    try:
        told: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BadFile(f"{folder} is no saved run: it has no run.json.") from None
    return told


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
        if fill(net, str(folder)) < 1:
            raise BadFile(f"The weights in {folder} are not of the engine {told['engine']} at the size {told['size']}.")
    return net.eval()


def order_of(names: list[str], folder: Path) -> list[int]:
    """Where each of FACE_EMOTIONS stands in a run's own names. Raises BadFile."""
    if sorted(names) != sorted(FACE_EMOTIONS):
        raise BadFile(f"{folder} tells apart {', '.join(names)}, not {', '.join(FACE_EMOTIONS)}.")
    return [names.index(name) for name in FACE_EMOTIONS]


def fill(net: FaceNet, weights: str) -> float:
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


@torch.no_grad()
def scores_of(net: FaceNet, pixels: Tensor) -> Tensor:
    """Scores (N, 5) of faces uint8 (N, C, S, S), the mean of each face and its mirror image, on the CPU."""
    net.eval()
    device = next(net.parameters()).device
    found = []
    for some in pixels.split(128):
        x = net.shown(some.to(device).float() / 255).to(memory_format=torch.channels_last)
        found.append(((net(x) + net(x.flip(3))) / 2).float().cpu())
    return torch.cat(found)


def segmented(pixels: Tensor) -> Tensor:
    """Faces (N, C, S, S) with only an oval left; the rest becomes the mean of what is in it.

    The oval stands where `core.emotion.face.align` puts a face: no model and no cutting along hair or a hand.
    """
    side = pixels.shape[-1]
    at = (torch.arange(side) + 0.5) / side
    oval = ((at[None, :] - NOSE[0]) / 0.45) ** 2 + ((at[:, None] - 0.53) / 0.53) ** 2 <= 1
    mean = pixels[..., oval].float().mean(-1).round().to(torch.uint8)
    return torch.where(oval, pixels, mean[..., None, None])
