"""The lower layers of multilingual-e5-small learn our crisis lines: what training/crisis.py calls for crisis_reader.npz.

Needs the extra `train`. Of e5's 250,002 pieces those stay that Korean and English text needs, of its twelve layers
eight: the lower four as they are, read once and kept, the upper four taught (two passes, AdamW; one token in ten is
hidden from them). About 20 minutes of one core for 58,000 lines; every ten minutes it is kept how far they are, and a
stopped training goes on from there with the very numbers that it would have had.
"""

from __future__ import annotations

import hashlib
import os
import time
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentencepiece import SentencePieceProcessor
from torch import nn
from torch.nn import functional as F

from core.safety.reader import MATRICES, NORMS, TOKENS, WEIGHTS, numbers
from training.text_readers import Encoder, H, Halfway, Nano, Upper, halfway, opinions

PIECES = 28_000
FROZEN, LAYERS = 4, 8
EPOCHS, BATCH, HIDDEN, SMOOTH = 2, 32, 0.1, 0.02
CHECKPOINT_S = 600
OWN = 20  # a piece of our lines counts as one met so often elsewhere


def kept_pieces(nano: Nano, ours: Sequence[str], others: Sequence[str]) -> np.ndarray:
    """The numbers of the PIECES that stay: every single letter of Hangul and Latin, digit, sign, and what is used most."""
    whole = SentencePieceProcessor(model_proto=spelled(nano, np.arange(len(nano.pieces))))
    counts = Counter[int]()
    for texts, weight in ((ours, 1 + OWN), (others, 1)):
        for text in texts:
            for piece in whole.encode(unicodedata.normalize("NFKC", text)):
                counts[piece] += weight
    kept = {n for n, (piece, _) in enumerate(nano.pieces) if n < 4 or _is_single(piece.lstrip("▁"))}
    for piece, _ in counts.most_common():
        if len(kept) >= PIECES:
            break
        kept.add(piece)
    return np.array(sorted(kept))


def _is_single(letter: str) -> bool:
    if len(letter) != 1:
        return not letter
    code = ord(letter)
    hangul = 0xAC00 <= code < 0xD7A4 or 0x1100 <= code < 0x1200 or 0x3130 <= code < 0x3190
    return hangul or code < 0x250 or unicodedata.category(letter)[0] in "PSN"


def spelled(nano: Nano, kept: np.ndarray) -> bytes:
    """A sentencepiece model of some pieces with the scores they had."""
    from sentencepiece import sentencepiece_model_pb2 as pb

    model = pb.ModelProto()
    for number in kept.tolist():
        piece = model.pieces.add()
        piece.piece, piece.score = nano.pieces[number]
        piece.type = 2 if number == nano.unknown else 3 if number < 4 else 1  # unknown, control, normal
    places = {number: place for place, number in enumerate(kept[:4].tolist())}
    spec = model.trainer_spec
    spec.unk_id, spec.bos_id, spec.eos_id = places[nano.unknown], places[nano.begin], places[nano.end]
    spec.pad_id = 1
    model.normalizer_spec.name = "identity"  # NFKC comes before, in core/safety/reader.py
    return bytes(model.SerializeToString())


@dataclass(frozen=True)
class Lessons:
    """Texts after the lower layers, and what makes up the rest."""

    nano: Nano
    net: Encoder  # LAYERS layers, the pieces that stay
    kept: np.ndarray
    model: bytes  # of sentencepiece
    half: Halfway
    read: str  # a hash of the texts in numbers, and of all that reads them

    @classmethod
    def of(cls, texts: Sequence[str], ours: Sequence[str], others: Sequence[str]) -> Lessons:
        """`texts` are read; pieces are chosen by `ours` and `others`."""
        nano = Nano.load()
        kept = kept_pieces(nano, ours, others)
        net, model = Encoder(LAYERS, nano.place).eval(), spelled(nano, kept)
        net.word = nn.Embedding.from_pretrained(net.word.weight.detach()[torch.from_numpy(kept)])
        pieces = SentencePieceProcessor(model_proto=model)
        tokens = [np.array(numbers(pieces, text)[0]) for text in texts]
        read = _hash(nano.raw, model, *tokens)
        return cls(nano, net, kept, model, halfway(net, tokens, FROZEN), read)

    def checkpoint(self, rows: np.ndarray, target: np.ndarray, folder: Path, seed: int = 1) -> Path:
        """Where it is kept in `folder` how far `taught` is: named after all that is learned."""
        how = repr((FROZEN, LAYERS, EPOCHS, BATCH, HIDDEN, SMOOTH, seed)).encode()
        return folder / f"{_hash(self.read.encode(), how, rows, target[rows])}.pt"

    def taught(self, rows: np.ndarray, target: np.ndarray, folder: Path, seed: int = 1) -> Upper:
        """The upper layers after learning that `rows` of the texts are `target` (texts,): 0 none, 1 concern, 2 high, 3 other.

        What was stopped goes on from its checkpoint in `folder`; the last one stays there, so that what is learned is
        not learned twice: whoever has written the weights removes it."""
        torch.manual_seed(seed)
        rng, length = np.random.default_rng(seed), np.diff(self.half.start)
        share = np.bincount(target[rows], minlength=4) / len(rows)
        upper = Upper(self.net, FROZEN, np.log(share)).train()
        optimiser = torch.optim.AdamW(
            [{"params": upper.layers.parameters(), "lr": 2e-4}, {"params": upper.head.parameters(), "lr": 1e-3}],
            weight_decay=0.01, fused=True,
        )  # fmt: skip
        highest = [group["lr"] for group in optimiser.param_groups]
        step, steps, saved = 0, EPOCHS * (len(rows) // BATCH + 1), time.monotonic()
        checkpoint = self.checkpoint(rows, target, folder, seed)
        first, done, seen = 0, 0, 0.0
        if checkpoint.is_file():
            was = torch.load(checkpoint, weights_only=True)
            upper.load_state_dict(was["upper"])
            optimiser.load_state_dict(was["optimiser"])
            torch.set_rng_state(was["chance"])
            rng.bit_generator.state = was["order"]
            first, done, step, seen = (was[name] for name in ("epoch", "done", "step", "seen"))
            print(f"reader, goes on after {step} of some {steps} steps: {checkpoint}", flush=True)
        for epoch in range(first, EPOCHS):
            order = rng.bit_generator.state  # before this epoch's order is drawn
            for n, piece in enumerate(_mixed(rng, rows, length)):
                if n < done:
                    continue
                pace = min(1.0, (step + 1) / 100) * max(0.02, 1.0 - step / steps)
                for group, rate in zip(optimiser.param_groups, highest, strict=True):
                    group["lr"] = rate * pace
                x, there = self.half.lines(piece)
                hidden = torch.rand(there.shape) < HIDDEN
                hidden[:, 0] = False
                with torch.autocast("cpu", torch.bfloat16):
                    out = upper(x, there & ~hidden)
                loss = F.cross_entropy(out.float(), torch.from_numpy(target[piece]).long(), label_smoothing=SMOOTH)
                optimiser.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(upper.parameters(), 1.0)
                optimiser.step()
                step, seen = step + 1, seen + loss.item() * len(piece)
                if time.monotonic() - saved > CHECKPOINT_S:
                    _keep(checkpoint, upper, optimiser, order, epoch=epoch, done=n + 1, step=step, seen=seen)
                    saved = time.monotonic()
            print(f"reader, epoch {epoch + 1} of {EPOCHS}, loss {seen / len(rows):.4f}", flush=True)
            done, seen = 0, 0.0
        if first < EPOCHS:
            _keep(checkpoint, upper, optimiser, rng.bit_generator.state, epoch=EPOCHS, done=0, step=step, seen=0.0)
        return upper.eval()

    def logits(self, upper: Upper, rows: np.ndarray) -> np.ndarray:
        """Log odds of concern, high and other against none.  # (rows, 3)"""
        start = np.concatenate([[0], np.cumsum(np.diff(self.half.start)[rows])])
        x = np.concatenate([self.half.x[self.half.start[row] : self.half.start[row + 1]] for row in rows])
        said = opinions(upper, Halfway(x, start)).astype(np.float64)
        return said[:, 1:] - said[:, :1]

    def save(self, upper: Upper, any_from: float, high_from: float, path: Path = WEIGHTS) -> None:
        """The arrays that `Reader.load` reads: matrices in 8 bits, words in the 4 bits they came in."""
        words = self.nano.blocks("emb.word").reshape(-1, H // 32, 18)[self.kept]
        save(path, self.net, upper, words, self.model, any_from, high_from)


def _hash(*parts: bytes | np.ndarray) -> str:
    whole = hashlib.sha256()
    for part in parts:
        flat = part if isinstance(part, bytes) else np.ascontiguousarray(part, np.int64).tobytes()
        whole.update(len(flat).to_bytes(8, "little"))
        whole.update(flat)
    return whole.hexdigest()[:16]


def _keep(path: Path, upper: Upper, optimiser: torch.optim.Optimizer, order: Mapping[str, Any], **far: float) -> None:
    """Written whole or not at all."""
    state = {"upper": upper.state_dict(), "optimiser": optimiser.state_dict(), "chance": torch.get_rng_state()}
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")  # another run may learn the very same
    torch.save(state | {"order": order} | far, part)
    part.replace(path)


def _mixed(rng: np.random.Generator, rows: np.ndarray, length: np.ndarray) -> list[np.ndarray]:
    """The rows in a new order, those of like length together."""
    mixed = rng.permutation(rows)
    near = [mixed[at : at + 20 * BATCH] for at in range(0, len(mixed), 20 * BATCH)]
    near = [part[np.argsort(length[part])] for part in near]
    pieces = [part[at : at + BATCH] for part in near for at in range(0, len(part), BATCH)]
    return [pieces[at] for at in rng.permutation(len(pieces))]


def save(
    path: Path, net: Encoder, upper: Upper, words: np.ndarray, model: bytes, any_from: float, high_from: float
) -> None:
    """One file for core/safety/reader.py."""
    layers = [*net.layers[:FROZEN], *upper.layers]
    arrays: dict[str, np.ndarray] = {
        "pieces": np.frombuffer(model, np.uint8),
        "words": words,
        "position": net.position[:TOKENS].numpy(),
        "eln.weight": net.eln.weight.detach().numpy(),
        "eln.bias": net.eln.bias.detach().numpy(),
        "layers": np.int64(len(layers)),
        "any_from": np.float64(any_from),
        "high_from": np.float64(high_from),
    }
    for number, layer in enumerate(layers):
        for name in MATRICES:
            part = getattr(layer, name)
            matrix = part.weight.detach().numpy().T
            scale = np.abs(matrix).max(axis=0) / 127.0
            arrays[f"{number}.{name}"] = np.round(matrix / scale).astype(np.int8)
            arrays[f"{number}.{name}.scale"] = scale.astype(np.float32)
            arrays[f"{number}.{name}.bias"] = part.bias.detach().numpy()
        for name in NORMS:
            arrays[f"{number}.{name}.weight"] = getattr(layer, name).weight.detach().numpy()
            arrays[f"{number}.{name}.bias"] = getattr(layer, name).bias.detach().numpy()
    head, bias = upper.head.weight.detach().numpy().T, upper.head.bias.detach().numpy()
    arrays["head.weight"], arrays["head.bias"] = head[:, 1:] - head[:, :1], bias[1:] - bias[0]
    np.savez(path, **arrays)  # not compressed: it is read where it lies
