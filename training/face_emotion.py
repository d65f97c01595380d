"""A small network learns from ten raters' votes which of five feelings a face shows.

    python -m training.face_emotion --data DIR/faces_ferplus --work SCRATCH [--minutes 40] [--out core/weights]

Needs torch (CPU is enough, one core). `--work` takes the checkpoints, one every ten minutes, and stays out of git;
a run that was broken off goes on from the last one. `--export-only` writes the weights of the last checkpoint.
Data: FER2013 faces with FER+ votes (Barsoum et al. 2016, arXiv 1608.01041); what is learned are the votes' shares.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

EMOTIONS = ("anger", "happy", "panic", "sadness", "neutral")
VOTES = {"anger": ("anger",), "happy": ("happiness",), "panic": ("surprise", "fear"), "sadness": ("sadness",), "neutral": ("neutral",)}  # fmt: skip
SIDE = 48
BATCH = 128


# --- the data ------------------------------------------------------------------------------------


def load(folder: Path) -> dict[str, tuple[Tensor, Tensor, Tensor]]:
    """Splits by name: (faces uint8 (N, 48, 48), vote shares (N, 5), majority as index or -1 (N,)).

    `train` and `dev` are FER2013's Training part, told apart by the pixels' hash so that copies stay together;
    `test` is its PublicTest part, only faces with a majority and without copies.
    """
    faces = np.load(folder / "ferplus_images.npz")["images"]
    rows = list(csv.DictReader((folder / "ferplus_labels.csv").open()))
    shares = np.zeros((len(rows), 5), np.float32)
    majority = np.full(len(rows), -1)
    split = np.full(len(rows), "", dtype="U5")
    for i, row in enumerate(rows):
        votes = np.array([sum(int(row[name]) for name in VOTES[e]) for e in EMOTIONS], np.float32)
        votes[votes < 2] = 0  # a single rater's vote is noise (as in the FER+ paper)
        if votes.sum() < 5 or row["class6"] == "disgust" or row["majority"] in ("contempt", "unknown", "NF"):
            continue
        shares[i] = votes / votes.sum()
        if row["class6"]:
            majority[i] = EMOTIONS.index(row["class6"])
        if row["usage"] == "Training":
            split[i] = "dev" if int(row["md5_pixels"][:2], 16) < 16 else "train"
        elif row["class6"] and not row["dup_of"] and row["in_train_pixels"] == "0":
            split[i] = "test"
    split[(split == "dev") & (majority < 0)] = ""
    parts = {}
    for name in ("train", "dev", "test"):
        at = np.flatnonzero(split == name)
        parts[name] = (torch.from_numpy(faces[at]), torch.from_numpy(shares[at]), torch.from_numpy(majority[at]))
    return parts


def augment(faces: Tensor) -> Tensor:
    """Turn, shift, zoom, mirror, light, blur and cover (B, 1, 48, 48) in 0..1, each face its own way."""
    n = len(faces)

    def even(low: float, high: float) -> Tensor:
        return torch.rand(n) * (high - low) + low

    angle = even(-20, 20) * math.pi / 180
    zoom = even(0.8, 1.2)
    mirror = torch.where(torch.rand(n) < 0.5, -1.0, 1.0)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = torch.cos(angle) * zoom * mirror, -torch.sin(angle) * zoom
    theta[:, 1, 0], theta[:, 1, 1] = torch.sin(angle) * zoom * mirror, torch.cos(angle) * zoom
    theta[:, :, 2] = (torch.rand(n, 2) - torch.rand(n, 2)) * 0.4  # at most 0.2 of the side, small ones more often
    faces = F.grid_sample(faces, F.affine_grid(theta, list(faces.shape), align_corners=False), padding_mode="border", align_corners=False)  # fmt: skip

    light, contrast = even(0.8, 1.2).view(n, 1, 1, 1), even(0.8, 1.2).view(n, 1, 1, 1)
    mean = faces.mean((2, 3), keepdim=True)
    faces = ((faces - mean) * contrast + mean) * light
    coarse = F.interpolate(F.interpolate(faces, size=28, mode="bilinear"), size=SIDE, mode="bilinear")
    faces = torch.where((torch.rand(n) < 0.15).view(n, 1, 1, 1), coarse, faces).clamp(0, 1)

    rows = torch.arange(SIDE).view(1, SIDE, 1)
    columns = torch.arange(SIDE).view(1, 1, SIDE)
    top, left, side = (torch.rand(n) * 36).view(n, 1, 1), (torch.rand(n) * 36).view(n, 1, 1), even(8, 18).view(n, 1, 1)
    covered = (rows >= top) & (rows < top + side) & (columns >= left) & (columns < left + side)
    covered &= (torch.rand(n) < 0.25).view(n, 1, 1)
    return faces.masked_fill(covered.unsqueeze(1), 0.5)


def normalise(faces: Tensor) -> Tensor:
    """Mean 0 and deviation 1 for every face, as the run time does."""
    mean, std = faces.mean((1, 2, 3), keepdim=True), faces.std((1, 2, 3), keepdim=True, unbiased=False)
    return (faces - mean) / (std + 0.02)


# --- the network ---------------------------------------------------------------------------------


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


class Net(nn.Module):
    """1.2 million weights: a 5x5 stem at half size, five blocks, mean over the picture, five scores."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.norm = nn.Conv2d(1, 32, 5, 2, 2, bias=False), nn.BatchNorm2d(32)
        self.blocks = nn.ModuleList(
            [Block(32, 64, 1), Block(64, 64, 1), Block(64, 128, 2), Block(128, 128, 1), Block(128, 192, 2)]
        )
        self.drop, self.head = nn.Dropout(0.3), nn.Linear(192, 5)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 1, 48, 48) normalised -> (B, 5) scores before softmax."""
        x = F.relu(self.norm(self.stem(x)))
        for block in self.blocks:
            x = block(x)
        return self.head(self.drop(x.mean((2, 3))))


# --- the training --------------------------------------------------------------------------------


def train(parts: dict[str, tuple[Tensor, Tensor, Tensor]], work: Path, minutes: float, epochs: int) -> nn.Module:
    """Train until the minutes or the epochs are over and return the averaged network.

    The cosine follows whichever of the two is further along, so a busy machine still ends with a small step.
    """
    faces, shares, _ = parts["train"]
    faces = faces.float().unsqueeze(1) / 255
    net = Net().to(memory_format=torch.channels_last)
    mean = torch.optim.swa_utils.AveragedModel(
        net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.998), use_buffers=True
    )
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True)
    steps_an_epoch, step, spent_s = len(faces) // BATCH, 0, 0.0
    checkpoint = work / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint)
        net.load_state_dict(saved["net"])
        mean.load_state_dict(saved["mean"])
        optimiser.load_state_dict(saved["optimiser"])
        step, spent_s = saved["step"], saved["spent_s"]

    def save() -> None:
        state = {"net": net.state_dict(), "mean": mean.state_dict(), "optimiser": optimiser.state_dict()}
        torch.save(state | {"step": step, "spent_s": spent_s}, checkpoint.with_suffix(".new"))
        checkpoint.with_suffix(".new").replace(checkpoint)

    began, saved_at, before_s = time.monotonic(), time.monotonic(), spent_s
    order = torch.randperm(len(faces))
    while True:
        spent_s = before_s + time.monotonic() - began
        done = max(spent_s / 60 / minutes, step / steps_an_epoch / epochs)
        if done >= 1:
            break
        if step % steps_an_epoch == 0:
            order = torch.randperm(len(faces))
        rate = 0.1 * min(1.0, (step + 1) / 400) * (0.5 + 0.5 * math.cos(math.pi * done))
        for group in optimiser.param_groups:
            group["lr"] = rate
        at = order[step % steps_an_epoch * BATCH :][:BATCH]
        batch = normalise(augment(faces[at])).to(memory_format=torch.channels_last)
        net.train()
        with torch.autocast("cpu", torch.bfloat16):
            scores = net(batch)
        # votes already are soft; a little more smoothing keeps ten equal raters from meaning certainty
        loss = F.cross_entropy(scores.float(), shares[at], label_smoothing=0.03)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        mean.update_parameters(net)
        step += 1
        if step % (3 * steps_an_epoch) == 0:
            accuracy, recall = judge(scores_of(mean.module, parts["dev"][0]), parts["dev"][2])[:2]
            print(
                f"epoch {step // steps_an_epoch} at {spent_s / 60:.1f} min, rate {rate:.4f}: loss {loss.item():.3f}, dev accuracy {accuracy:.4f}, macro recall {recall:.4f}",
                flush=True,
            )
        if time.monotonic() - saved_at > 600:
            saved_at = time.monotonic()
            save()
    save()
    return mean.module


@torch.no_grad()
def scores_of(net: nn.Module, faces: Tensor) -> Tensor:
    """Scores (N, 5) of faces uint8 (N, 48, 48), the mean of each face and its mirror image."""
    net.eval()
    found = []
    for some in faces.split(256):
        x = normalise(some.float().unsqueeze(1) / 255).to(memory_format=torch.channels_last)
        found.append((net(x) + net(x.flip(3))) / 2)
    return torch.cat(found)


def judge(scores: Tensor, truth: Tensor) -> tuple[float, float, list[float], list[list[int]]]:
    """Accuracy, macro recall, recall a class, and the confusion matrix (rows are the truth)."""
    guess = scores.argmax(1)
    table = torch.zeros(5, 5, dtype=torch.int64)
    for true, said in zip(truth.tolist(), guess.tolist(), strict=True):
        table[true, said] += 1
    recall = (table.diag() / table.sum(1).clamp(min=1)).tolist()
    return table.diag().sum().item() / len(truth), sum(recall) / 5, recall, table.tolist()


# --- what is kept --------------------------------------------------------------------------------


def calibrate(scores: Tensor, shares: Tensor, truth: Tensor) -> tuple[float, Tensor]:
    """A temperature (Guo et al. 2017) and five biases, fitted on the dev faces.

    The biases lift the rare feelings: the smallest ones that bring the best mean of accuracy and macro recall.
    """
    priors = shares.mean(0).log()
    best, tau = 0.0, 0.0
    for candidate in torch.linspace(0, 0.6, 13).tolist():
        accuracy, recall = judge(scores - candidate * priors, truth)[:2]
        if accuracy + recall > best + 0.002:
            best, tau = accuracy + recall, candidate
    bias = -tau * priors
    temperatures = torch.linspace(0.4, 2.0, 161)
    losses = torch.stack([F.cross_entropy(scores / t + bias / t, truth) for t in temperatures])
    return temperatures[losses.argmin()].item(), bias - bias.mean()


def fold(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[np.ndarray, np.ndarray]:
    """A convolution and the normalisation after it as one: weights (kh * kw * inputs, outputs), bias (outputs,)."""
    gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    weights = (convolution.weight * gain.view(-1, 1, 1, 1)).permute(2, 3, 1, 0).reshape(-1, convolution.out_channels)
    return weights.detach().numpy(), (norm.bias - norm.running_mean * gain).detach().numpy()


def export(net: Net, parts: dict[str, tuple[Tensor, Tensor, Tensor]], out: Path) -> dict[str, object]:
    """Write `face_emotion.npz` (float16, normalisations folded in) and return the figures of dev and test."""
    dev = scores_of(net, parts["dev"][0])
    temperature, bias = calibrate(dev, parts["dev"][1], parts["dev"][2])
    arrays: dict[str, np.ndarray] = {"head.w": net.head.weight.detach().numpy().T, "head.b": net.head.bias.detach().numpy()}  # fmt: skip
    arrays["stem.w"], arrays["stem.b"] = fold(net.stem, net.norm)
    for i, block in enumerate(net.blocks):
        for name in ("a", "b", "c") if block.shortcut else ("a", "b"):
            arrays[f"{i}{name}.w"], arrays[f"{i}{name}.b"] = fold(getattr(block, name), getattr(block, f"norm_{name}"))
    packed = {name: array.astype(np.float16) for name, array in arrays.items()}
    packed["temperature"], packed["bias"] = np.float32(temperature), bias.numpy().astype(np.float32)
    np.savez_compressed(out / "face_emotion.npz", **packed)

    figures: dict[str, object] = {"temperature": round(temperature, 3), "bias": [round(b, 3) for b in bias.tolist()]}
    for name in ("dev", "test"):
        scores = dev if name == "dev" else scores_of(net, parts["test"][0])
        accuracy, macro, recall, table = judge(scores + bias, parts[name][2])
        chances = ((scores + bias) / temperature).softmax(1)
        figures[name] = {
            "faces": len(scores), "accuracy": round(accuracy, 4), "macro_recall": round(macro, 4),
            "recall": dict(zip(EMOTIONS, [round(r, 3) for r in recall], strict=True)), "confusion": table,
            "calibration_error": round(calibration_error(chances, parts[name][2]), 4),
            "unbiased": [round(x, 4) for x in judge(scores, parts[name][2])[:2]],
        }  # fmt: skip
    return figures


def calibration_error(chances: Tensor, truth: Tensor) -> float:
    """Expected gap between what is claimed and what is right, over ten bins of confidence."""
    claimed, guess = chances.max(1)
    right, gap = (guess == truth).float(), 0.0
    for low in torch.arange(0, 1, 0.1).tolist():
        within = (claimed > low) & (claimed <= low + 0.1)
        if within.any():
            gap += within.float().mean().item() * abs(claimed[within].mean() - right[within].mean()).item()
    return gap


def main() -> None:
    """Train, export, print the figures as JSON."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--data", type=Path, required=True, help="folder with ferplus_images.npz and ferplus_labels.csv")
    ask.add_argument("--work", type=Path, required=True, help="folder for checkpoints, outside of git")
    ask.add_argument("--out", type=Path, default=Path("core/weights"), help="folder for face_emotion.npz")
    ask.add_argument("--minutes", type=float, default=40.0)
    ask.add_argument("--epochs", type=int, default=60)
    ask.add_argument("--export-only", action="store_true")
    given = ask.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(7)
    given.work.mkdir(parents=True, exist_ok=True)
    parts = load(given.data)
    print({name: (len(part[0]), (part[2] + 1).bincount(minlength=6).tolist()) for name, part in parts.items()})
    if given.export_only:
        net = Net()
        state = torch.load(given.work / "checkpoint.pt")["mean"]
        net.load_state_dict({k.removeprefix("module."): v for k, v in state.items() if k.startswith("module.")})
    else:
        net = train(parts, given.work, given.minutes, given.epochs)
    print(json.dumps(export(net, parts, given.out), indent=1))


if __name__ == "__main__":
    main()
