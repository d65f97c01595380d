"""Networks in plain torch: what transformers does not have, short, with the parameter names of their usual weights."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
FIELDS = 3  # at most so many a side are told apart when a network is asked what it saw


@dataclass(frozen=True)
class Look:
    """What a network wants to be shown."""

    side: int  # px
    channels: int = 3
    mean: tuple[float, ...] = ()  # of 0..1; none: every face by its own mean and deviation
    std: tuple[float, ...] = ()


class FaceNet(nn.Module):
    """What all engines share: a face becomes a map of fields, the map becomes five scores."""

    def __init__(self, look: Look, width: int) -> None:
        super().__init__()
        self.look, self.width = look, width

    def body(self, x: Tensor) -> Tensor:
        """(B, C, S, S) normalised -> (B, width, h, w)."""
        raise NotImplementedError

    def judge(self, seen: Tensor) -> Tensor:
        """(B, width, h, w) -> (B, 5) scores before softmax."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, S, S) normalised -> (B, 5) scores before softmax, in the order of FACE_EMOTIONS."""
        return self.judge(self.body(x))

    def fields(self, x: Tensor) -> Tensor:
        """(B, C, S, S) normalised -> what was seen in at most nine fields of the picture (B, fields, width)."""
        seen = self.body(x)
        side = min(FIELDS, seen.shape[2])
        return F.adaptive_avg_pool2d(seen, side).flatten(2).transpose(1, 2)

    def shown(self, faces: Tensor) -> Tensor:
        """Faces (B, 1 or 3, S, S) in 0..1 -> the same at this network's side, colours and range."""
        if faces.shape[1] > self.look.channels:
            faces = (faces * faces.new_tensor((0.299, 0.587, 0.114)).view(1, 3, 1, 1)).sum(1, keepdim=True)
        if faces.shape[-1] != self.look.side:
            size = (self.look.side, self.look.side)
            faces = F.interpolate(faces, size=size, mode="bilinear", antialias=True, align_corners=False)
        if self.look.mean:
            mean, std = (faces.new_tensor(each).view(1, -1, 1, 1) for each in (self.look.mean, self.look.std))
            return (faces - mean) / std
        mean, std = faces.mean((1, 2, 3), keepdim=True), faces.std((1, 2, 3), keepdim=True, unbiased=False)
        return ((faces - mean) / (std + 0.02)).expand(-1, self.look.channels, -1, -1)


class Convolution(nn.Module):
    """A convolution, its normalisation, and what follows them; padded so that only a stride makes it smaller."""

    def __init__(self, inputs: int, outputs: int, kernel: int | tuple[int, int] = 3, stride: int = 1, *,
                 padded: bool = True, act: type[nn.Module] = nn.ReLU, eps: float = 1e-5) -> None:  # fmt: skip
        super().__init__()
        sides = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = (sides[0] // 2, sides[1] // 2) if padded else (0, 0)
        self.conv = nn.Conv2d(inputs, outputs, sides, stride, padding, bias=False)
        self.bn, self.act = nn.BatchNorm2d(outputs, eps=eps), act()

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, H', W')."""
        return self.act(self.bn(self.conv(x)))


def narrowed(channels: int, share: float) -> int:
    """So many channels at this share, in eights."""
    return max(8, int(channels * share) // 8 * 8)


# --- DenseNet121 (Huang et al. 2017) -------------------------------------------------------------


class DenseLayer(nn.Sequential):
    """A layer that adds `grown` channels to all that came before it."""

    def __init__(self, inputs: int, grown: int) -> None:
        super().__init__(
            OrderedDict(
                norm1=nn.BatchNorm2d(inputs),
                relu1=nn.ReLU(),
                conv1=nn.Conv2d(inputs, 4 * grown, 1, bias=False),
                norm2=nn.BatchNorm2d(4 * grown),
                relu2=nn.ReLU(),
                conv2=nn.Conv2d(4 * grown, grown, 3, 1, 1, bias=False),
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, inputs + grown, H, W)."""
        return torch.cat([x, super().forward(x)], 1)


class DenseNet(FaceNet):
    """Its last map is 1,024 wide at the size `base`."""

    def __init__(self, size: str) -> None:
        grown, layers, width, side = (32, (6, 12, 24, 16), 64, 224) if size == "base" else (12, (3, 3, 3, 3), 24, 64)
        features: OrderedDict[str, nn.Module] = OrderedDict(
            conv0=nn.Conv2d(3, width, 7, 2, 3, bias=False), norm0=nn.BatchNorm2d(width), relu0=nn.ReLU(),
            pool0=nn.MaxPool2d(3, 2, 1),
        )  # fmt: skip
        for i, count in enumerate(layers, 1):
            block: OrderedDict[str, nn.Module] = OrderedDict(
                (f"denselayer{j + 1}", DenseLayer(width + j * grown, grown)) for j in range(count)
            )
            features[f"denseblock{i}"] = nn.Sequential(block)
            width += count * grown
            if i < len(layers):
                features[f"transition{i}"] = nn.Sequential(
                    OrderedDict(norm=nn.BatchNorm2d(width), relu=nn.ReLU(), conv=nn.Conv2d(width, width // 2, 1, bias=False), pool=nn.AvgPool2d(2))
                )  # fmt: skip
                width //= 2
        super().__init__(Look(side, 3, IMAGENET_MEAN, IMAGENET_STD), width)
        self.features = nn.Sequential(features)
        self.features.add_module("norm5", nn.BatchNorm2d(width))
        self.drop, self.classifier = nn.Dropout(0.2), nn.Linear(width, 5)

    def body(self, x: Tensor) -> Tensor:
        """(B, 3, S, S) -> (B, width, S / 32, S / 32)."""
        return F.relu(self.features(x))

    def judge(self, seen: Tensor) -> Tensor:
        """(B, width, h, w) -> (B, 5)."""
        return self.classifier(self.drop(seen.mean((2, 3))))


# --- VGG16 with normalisations (Simonyan & Zisserman 2015) ---------------------------------------


class Vgg(FaceNet):
    """Its three wide layers at the end, nine tenths of its weights, are one line over the mean here."""

    def __init__(self, size: str) -> None:
        share, side = (1.0, 224) if size == "base" else (0.125, 64)
        layers: list[nn.Module] = []
        width = 3
        for channels, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
            for _ in range(count):
                outputs = narrowed(channels, share)
                layers += [nn.Conv2d(width, outputs, 3, 1, 1), nn.BatchNorm2d(outputs), nn.ReLU()]
                width = outputs
            layers.append(nn.MaxPool2d(2))
        super().__init__(Look(side, 3, IMAGENET_MEAN, IMAGENET_STD), width)
        self.features = nn.Sequential(*layers)
        self.drop, self.classifier = nn.Dropout(0.3), nn.Linear(width, 5)

    def body(self, x: Tensor) -> Tensor:
        """(B, 3, S, S) -> (B, width, S / 32, S / 32)."""
        return self.features(x)

    def judge(self, seen: Tensor) -> Tensor:
        """(B, width, h, w) -> (B, 5)."""
        return self.classifier(self.drop(seen.mean((2, 3))))


# --- an EmotionNet -------------------------------------------------------------------------------


class EmotionNet(FaceNet):
    """A small VGG for faces of 48 px as in FER2013 tutorials: three pairs of convolutions, ELU, two layers of 64."""

    def __init__(self, size: str) -> None:
        share = 1.0 if size == "base" else 0.5
        layers: list[nn.Module] = []
        width = 1
        for channels in (32, 64, 128):
            for _ in range(2):
                outputs = narrowed(channels, share)
                layers += [nn.Conv2d(width, outputs, 3, 1, 1), nn.ELU(), nn.BatchNorm2d(outputs)]
                width = outputs
            layers += [nn.MaxPool2d(2), nn.Dropout(0.25)]
        super().__init__(Look(48, 1), width)
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(36 * width, 64), nn.ELU(), nn.BatchNorm1d(64), nn.Dropout(0.5),
            nn.Linear(64, 64), nn.ELU(), nn.BatchNorm1d(64), nn.Dropout(0.5), nn.Linear(64, 5),
        )  # fmt: skip

    def body(self, x: Tensor) -> Tensor:
        """(B, 1, 48, 48) -> (B, width, 6, 6)."""
        return self.features(x)

    def judge(self, seen: Tensor) -> Tensor:
        """(B, width, 6, 6) -> (B, 5)."""
        return self.classifier(seen)


# --- the small one that is shipped (He et al. 2016) ------------------------------------------------


class Block(nn.Module):
    """Two 3x3 convolutions around a shortcut (He et al. 2016)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.a, self.norm_a = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
        self.b, self.norm_b = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        self.shortcut = inputs != outputs or stride != 1
        if self.shortcut:
            self.c, self.norm_c = nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, H / stride, W / stride)."""
        y = self.norm_b(self.b(F.relu(self.norm_a(self.a(x)))))
        return F.relu(y + (self.norm_c(self.c(x)) if self.shortcut else x))


class Small(FaceNet):
    """1.2 million weights: a 5x5 stem at half size, five blocks, mean over the picture, five scores."""

    def __init__(self, size: str = "base") -> None:
        super().__init__(Look(48, 1), 192)
        self.stem, self.norm = nn.Conv2d(1, 32, 5, 2, 2, bias=False), nn.BatchNorm2d(32)
        self.blocks = nn.ModuleList(
            [Block(32, 64, 1), Block(64, 64, 1), Block(64, 128, 2), Block(128, 128, 1), Block(128, 192, 2)]
        )
        self.drop, self.head = nn.Dropout(0.3), nn.Linear(192, 5)

    def body(self, x: Tensor) -> Tensor:
        """(B, 1, 48, 48) normalised -> (B, 192, 6, 6)."""
        x = F.relu(self.norm(self.stem(x)))
        for block in self.blocks:
            x = block(x)
        return x

    def judge(self, seen: Tensor) -> Tensor:
        """(B, 192, 6, 6) -> (B, 5) scores before softmax."""
        return self.head(self.drop(seen.mean((2, 3))))
