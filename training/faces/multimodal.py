"""What a network sees in a face and what a language model says of it are read together."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.emotion.face_networks import FaceNet
from core.evaluation.files import BadFile
from training.faces.learning import class_weights, seen_by
from training.faces.rows import Faces
from training.faces.runs import figures_of, load_net
from training.faces.runs import load as load_run
from training.faces.words import Words

WIDTH, HEADS, SAID_TOKENS = 128, 4, 4
EPOCHS, BATCH = 30, 128


class Fusion(nn.Module):
    """Tokens of the picture's fields and of the text, attention across all of them, then two layers.

    Picture and text are each brought to length 1, or the one with the larger numbers would drown the other.
    """

    def __init__(self, seen: int, fields: int, said: int = 768, width: int = WIDTH) -> None:
        super().__init__()
        self.sizes = (seen, fields, said, width)
        self.from_seen, self.from_said = nn.Linear(seen, width), nn.Linear(said, SAID_TOKENS * width)
        self.place = nn.Parameter(0.02 * torch.randn(fields + SAID_TOKENS, width))
        self.norm = nn.LayerNorm(width)
        self.across, self.after = nn.MultiheadAttention(width, HEADS, batch_first=True), nn.LayerNorm(width)
        self.matters = nn.Linear(width, 1)
        self.judge = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Dropout(0.3), nn.Linear(width, 5))

    def forward(self, seen: Tensor, said: Tensor) -> Tensor:
        """Fields (B, fields, seen) and text (B, said) -> (B, 5) scores before softmax."""
        tokens, weights = self.attended(seen, said)
        return self.judge((weights.unsqueeze(2) * tokens).sum(1))

    def attended(self, seen: Tensor, said: Tensor) -> tuple[Tensor, Tensor]:
        """The tokens after they looked at each other (B, T, width), and how much each matters (B, T), adding up to 1."""
        tokens = self.tokens(seen, said)
        mixed, _ = self.across(tokens, tokens, tokens, need_weights=False)
        tokens = self.after(tokens + mixed)
        return tokens, self.matters(tokens).squeeze(2).softmax(1)

    def tokens(self, seen: Tensor, said: Tensor) -> Tensor:
        """One token a field, SAID_TOKENS of the text: (B, fields + SAID_TOKENS, width)."""
        text = self.from_said(F.normalize(said, dim=-1)).unflatten(1, (SAID_TOKENS, -1))
        return self.norm(torch.cat([self.from_seen(F.normalize(seen, dim=-1)), text], 1)) + self.place


@dataclass(frozen=True)
class Multimodal:
    """A trained fusion with the network and the language models before it."""

    fusion: Fusion
    net: FaceNet
    words: Words

    @torch.no_grad()
    def scores(self, pixels: Tensor) -> Tensor:
        """Faces uint8 (N, C, S, S) -> (N, 5). Raises BadFile where no answer can be had."""
        return read(self.fusion, seen_by(self.net, pixels), self.words.vectors(pixels))


@torch.no_grad()
def read(fusion: Fusion, seen: Tensor, said: Tensor) -> Tensor:
    """Scores (N, 5) of fields and texts."""
    fusion.eval()
    parts = zip(seen.split(512), said.split(512), strict=True)
    return torch.cat([fusion(some.float(), text) for some, text in parts])


def fit(
    backbone: Path, words: Words, parts: dict[str, Faces], *, balanced: bool, seed: int = 7
) -> tuple[Multimodal, dict[str, Any]]:
    """Fusion over a saved run's network, which stays as it is; and the three figures side by side.

    The control learns and is judged the same way from texts of other faces of the same part: what it loses is what the
    texts tell of a face, rather than what more weights or the mere presence of text do.
    """
    net = load_net(backbone).to("cuda" if torch.cuda.is_available() else "cpu")
    seen = {name: seen_by(net, part.pixels) for name, part in parts.items()}
    said = {name: words.vectors(part.pixels) for name, part in parts.items()}
    chance = torch.Generator().manual_seed(seed)
    shuffled = {name: each[torch.randperm(len(each), generator=chance)] for name, each in said.items()}
    fusion = learn(seen, said, parts, balanced=balanced, seed=seed)
    control = learn(seen, shuffled, parts, balanced=balanced, seed=seed)
    alone = load_run(backbone)
    scores = {
        f"{alone.told['name']} alone": {name: alone.judge.scores(parts[name].pixels) for name in ("dev", "test")},
        "with its text": {name: read(fusion, seen[name], said[name]) for name in ("dev", "test")},
        "with another face's text": {name: read(control, seen[name], shuffled[name]) for name in ("dev", "test")},
    }
    with torch.no_grad():
        _, matters = fusion.attended(seen["test"].float(), said["test"])
    return Multimodal(fusion, net.to("cpu"), words), {
        "compared": {name: figures_of(found, parts)[2]["test"] for name, found in scores.items()},
        "share_of_text": float(matters[:, -SAID_TOKENS:].sum(1).mean()), "sizes": list(fusion.sizes),
        "backbone": str(backbone.resolve()), "blip2": words.blip2, "clip": words.clip, "answers": str(words.kept.resolve()),
    }  # fmt: skip


def learn(
    seen: Mapping[str, Tensor], said: Mapping[str, Tensor], parts: dict[str, Faces], *, balanced: bool, seed: int
) -> Fusion:
    """The fusion that was best on dev after any of its epochs."""
    torch.manual_seed(seed)
    fields, width = seen["train"].shape[1:]
    fusion = Fusion(width, fields, said["train"].shape[1])
    optimiser = torch.optim.AdamW(fusion.parameters(), lr=1e-3, weight_decay=0.05)
    weights = class_weights(parts["train"].shares) if balanced else None
    best: tuple[float, dict[str, Any]] = (float("inf"), {})
    for _ in range(EPOCHS):
        fusion.train()
        for at in torch.randperm(len(parts["train"])).split(BATCH):
            scores = fusion(seen["train"][at].float(), said["train"][at])
            loss = F.cross_entropy(scores, parts["train"].shares[at], weight=weights, label_smoothing=0.03)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        loss_on_dev = F.cross_entropy(read(fusion, seen["dev"], said["dev"]), parts["dev"].truth).item()
        if loss_on_dev < best[0]:
            best = (loss_on_dev, copy.deepcopy(fusion.state_dict()))
    fusion.load_state_dict(best[1])
    return fusion.eval()


def save(multimodal: Multimodal, folder: Path) -> None:
    """Write the fusion's weights; the network and the language models stay where they are."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    save_file(multimodal.fusion.state_dict(), folder / "model.safetensors")


def load(folder: Path, told: dict[str, Any]) -> Multimodal:
    """What `save` wrote, with the network of its run. Raises BadFile."""
    from safetensors.torch import load_file

    fusion = Fusion(*told["sizes"])
    try:
        fusion.load_state_dict(load_file(folder / "model.safetensors"))
    except (OSError, RuntimeError):
        raise BadFile(f"{folder} holds no weights of a fusion of these sizes.") from None
    words = Words(told["blip2"], told["clip"], Path(told["answers"]))
    return Multimodal(fusion.eval(), load_net(Path(told["backbone"])), words)
