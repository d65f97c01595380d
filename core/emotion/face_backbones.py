"""The compared models that transformers has, from a folder, from the hub, or random at two sizes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core.emotion.face_labels import our_name
from core.emotion.face_networks import IMAGENET_MEAN, IMAGENET_STD, FaceNet, Look
from core.entities import FACE_EMOTIONS
from core.evaluation.files import BadFile

HALF = (0.5, 0.5, 0.5)
_SMALL_VIT = {"image_size": 48, "patch_size": 6, "hidden_size": 96, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 192}  # fmt: skip
_LIGHT = {"hidden_sizes": [24, 48, 96, 160]}

#: engine -> transformers' name of its kind, side of the tiny one in px, its settings, and those of the published one
#: at the size `base` where they differ from transformers' own (ResNet50, Swinv2-T, ConvNeXt-T, EfficientNet-B0 ...).
KINDS: Mapping[str, tuple[str, int, dict[str, Any], dict[str, Any]]] = {
    "vit": ("vit", 48, _SMALL_VIT, {}),
    "deit": ("deit", 48, _SMALL_VIT, {}),
    "beit": ("beit", 48, _SMALL_VIT | {"use_relative_position_bias": True}, {"use_relative_position_bias": True}),
    "swinv2": ("swinv2", 48, {"image_size": 48, "patch_size": 3, "embed_dim": 32, "depths": [1, 2, 2], "num_heads": [2, 4, 8], "window_size": 4}, {"image_size": 256, "window_size": 8}),
    "convnext": ("convnext", 64, _LIGHT | {"depths": [1, 1, 3, 1]}, {}),
    "resnet": ("resnet", 64, _LIGHT | {"embedding_size": 24, "depths": [1, 1, 1, 1], "layer_type": "basic"}, {}),
    "efficientnet": ("efficientnet", 64, {"width_coefficient": 0.25, "depth_coefficient": 0.3, "hidden_dim": 320, "batch_norm_momentum": 0.1}, {"image_size": 224, "width_coefficient": 1.0, "depth_coefficient": 1.0, "hidden_dim": 1280, "dropout_rate": 0.2, "batch_norm_momentum": 0.1}),
    "mobilenet": ("mobilenet_v2", 64, {"image_size": 64, "depth_multiplier": 0.35}, {}),
}  # fmt: skip


class Backbone(FaceNet):
    """A transformers image classifier whose scores are ours: what it calls fear and surprise is panic."""

    def __init__(self, model: Any, look: Look) -> None:
        groups = groups_of(model.config.id2label)
        probe = torch.zeros(1, 3, look.side, look.side)
        model.eval()
        with torch.no_grad():
            width = _as_map(model.base_model(probe).last_hidden_state).shape[1]
        super().__init__(look, width)
        self.model, self.groups = model, groups

    def body(self, x: Tensor) -> Tensor:
        """(B, 3, S, S) -> (B, width, h, w); the patches of a transformer in their places, without its class token."""
        return _as_map(self.model.base_model(x).last_hidden_state)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, S, S) -> (B, 5); each of our names by what the model itself calls it, wherever that stands."""
        scores = self.model(x).logits
        return torch.stack([scores[:, group].logsumexp(1) for group in self.groups], 1)


def groups_of(id2label: Mapping[int, str]) -> list[list[int]]:
    """For each of FACE_EMOTIONS the columns of a model that mean it; empty where it has none."""
    ours = {int(column): our_name(label) for column, label in id2label.items()}
    return [[column for column, name in ours.items() if name == wanted] for wanted in FACE_EMOTIONS]


def build(engine: str, size: str, weights: str = "") -> Backbone:
    """The engine with the weights of a folder or a hub name, or random. Raises BadFile.

    A head that has all of our names keeps its weights; any other is made anew.
    """
    from transformers import AutoModelForImageClassification

    named = {"id2label": dict(enumerate(FACE_EMOTIONS)), "label2id": {name: i for i, name in enumerate(FACE_EMOTIONS)}}
    kind, side, tiny, base = KINDS[engine]
    if not weights:
        from transformers import AutoConfig

        settings = tiny if size == "tiny" else base
        config = AutoConfig.for_model(kind, **settings, **named, num_labels=len(FACE_EMOTIONS))
        if kind == "deit":  # of its two heads the plain one; else transformers asks which
            config.architectures = ["DeiTForImageClassification"]
        model = AutoModelForImageClassification.from_config(config)
        if kind == "efficientnet":
            _wake(model)
        return Backbone(model, _look(engine, config, side, size))
    config = _config(weights)
    if config.model_type != kind and not (engine == "mobilenet" and config.model_type == "mobilenet_v1"):
        raise BadFile(f"{weights} is a {config.model_type}, not a {kind}.")
    if not all(groups_of(config.id2label)):
        config.num_labels = len(FACE_EMOTIONS)
        config.id2label, config.label2id = named["id2label"], named["label2id"]
    model = AutoModelForImageClassification.from_pretrained(
        weights, config=config, ignore_mismatched_sizes=True, dtype=torch.float32
    )
    return Backbone(model, _look_of(weights, config))


def _wake(model: Any) -> None:
    """A random EfficientNet of transformers 5.17 is dead: it draws even the scales of its normalisations around 0."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
        elif isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out")


def _config(weights: str) -> Any:
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(weights)
    except (OSError, ValueError):
        raise BadFile(f"There is no model {weights}: neither a folder with a config.json nor a name the hub knows.") from None  # fmt: skip


def _look(engine: str, config: Any, side: int, size: str) -> Look:
    """What a random model is shown."""
    if size != "tiny":
        side = getattr(config, "image_size", None) or 224
    return Look(side, 3, *((IMAGENET_MEAN, IMAGENET_STD) if engine in ("convnext", "resnet", "efficientnet") else (HALF, HALF)))  # fmt: skip


def _look_of(weights: str, config: Any) -> Look:
    """What a model was shown when it learned, by the preprocessor's file beside it, if there is one."""
    from transformers.image_processing_base import ImageProcessingMixin  # AutoImageProcessor would need torchvision

    try:
        told = ImageProcessingMixin.get_image_processor_dict(weights)[0]
    except (OSError, ValueError):
        told = {}
    side, size = getattr(config, "image_size", None), told.get("size", 224)
    if not side:
        side = size if isinstance(size, int) else size.get("height") or size.get("shortest_edge") or 224
    return Look(int(side), 3, tuple(told.get("image_mean") or HALF), tuple(told.get("image_std") or HALF))


def save(net: Backbone, folder: Path) -> None:
    """As transformers keeps a model, with the preprocessor's figures: another program can read it."""
    net.model.save_pretrained(folder)


def _as_map(seen: Tensor) -> Tensor:
    """(B, width, h, w) as it is; tokens (B, more + h * w, width) as such a map."""
    if seen.dim() == 4:
        return seen
    side = math.isqrt(seen.shape[1])
    return seen[:, -side * side :].transpose(1, 2).unflatten(2, (side, side))
