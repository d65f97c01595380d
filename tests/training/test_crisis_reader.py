"""What the reader's training packs reads as what was taught."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import torch
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

from core.safety.reader import Reader, numbers, unpacked
from training.crisis_reader import FROZEN, LAYERS, save
from training.text_readers import Encoder, H, Layer, Upper, padded


def pieces_model() -> bytes:
    """Some letters, numbered as multilingual-e5-small numbers what is not a word."""
    written = io.BytesIO()
    lines = ["abc def ghij 가나다 라마바사", "a b c d e f g h i j", "가 나 다 라 마 바 사"] * 20
    SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=written, vocab_size=26, model_type="unigram", hard_vocab_limit=False,
        bos_id=0, pad_id=1, eos_id=2, unk_id=3, normalization_rule_name="identity", minloglevel=2,
    )  # fmt: skip
    return written.getvalue()


def test_a_packed_reader_reads_as_the_one_that_was_taught(tmp_path: Path) -> None:
    rng, model = np.random.default_rng(1), pieces_model()
    blocks = rng.integers(
        0, 256, (SentencePieceProcessor(model_proto=model).get_piece_size(), H // 32, 18), dtype=np.uint8
    )
    blocks[:, :, :2] = np.frombuffer(np.float16(0.05).tobytes(), np.uint8)

    def place(name: str) -> np.ndarray:
        if name == "word":
            return unpacked(blocks)
        if name == "position":
            return rng.normal(0.0, 0.1, (512, H)).astype(np.float32)
        shape = tuple(dict(shapes.named_parameters())[name].shape)
        return (1.0 if "ln.weight" in name else 0.0) + rng.normal(0.0, 0.05, shape).astype(np.float32)

    shapes = torch.nn.Module()
    shapes.eln = torch.nn.LayerNorm(H)
    shapes.layers = torch.nn.ModuleList(Layer() for _ in range(LAYERS))
    net = Encoder(LAYERS, place).eval()
    upper = Upper(net, FROZEN, np.zeros(4)).eval()
    torch.nn.init.normal_(upper.head.weight, 0.0, 0.1)
    path = tmp_path / "crisis_reader.npz"
    save(path, net, upper, blocks, model, 0.6, 0.3)

    packed = Reader.load(path)
    texts = ["abc 가나다 jih", "바사", "a b c d e f g h i j 마바사 가나"]
    tokens = [np.array(numbers(packed.pieces, text)[0]) for text in texts]
    with torch.no_grad():
        ids, there = padded(tokens)
        taught = upper(net(ids, there, FROZEN), there).numpy()
    read = np.array(packed.logits(texts))
    assert (packed.any_from, packed.high_from) == (0.6, 0.3)
    wanted = taught[:, 1:] - taught[:, :1]
    assert np.abs(wanted).max() > 0.5
    assert np.abs(read - wanted).max() < 0.15 * np.abs(wanted).max()  # 8 bits here, and weights at random
