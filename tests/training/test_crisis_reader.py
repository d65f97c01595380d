"""What the reader's training packs reads as what was taught; what was stopped goes on."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

from core.safety.reader import Reader, numbers, unpacked
from training import crisis_reader, text_readers
from training.crisis_reader import FROZEN, LAYERS, Lessons, save
from training.text_readers import Encoder, H, Halfway, Layer, Upper, padded


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


class Stopped(Exception):
    """Somebody pulled the plug."""


@pytest.fixture
def lessons(monkeypatch: pytest.MonkeyPatch) -> Lessons:
    """Two tiny layers to be taught over lines of chance."""
    monkeypatch.setattr(text_readers, "H", 24)
    monkeypatch.setattr(text_readers, "HEADS", 2)
    monkeypatch.setattr(crisis_reader, "FROZEN", 0)
    monkeypatch.setattr(crisis_reader, "BATCH", 4)
    monkeypatch.setattr(crisis_reader, "CHECKPOINT_S", -1.0)  # after every step
    torch.manual_seed(5)
    net, rng = torch.nn.Module(), np.random.default_rng(5)
    net.layers = torch.nn.ModuleList(Layer() for _ in range(2))
    start = np.concatenate([[0], np.cumsum(rng.integers(2, 7, 30))])
    half = Halfway(rng.normal(0.0, 1.0, (start[-1], 24)).astype(np.float16), start)
    return Lessons(None, net, np.arange(4), b"", half, "what is read")  # type: ignore[arg-type]


def same(one: Upper, two: Upper) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True))


@pytest.mark.parametrize(
    "steps", [1, 7, 9, 13]
)  # of 14: within the first pass, at its end, in the second, before the last
def test_a_stopped_training_goes_on_to_the_same_reader(
    lessons: Lessons, steps: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, target = np.arange(2, 30), np.arange(30) % 4
    whole = lessons.taught(rows, target, tmp_path / "whole")
    real, left = torch.nn.utils.clip_grad_norm_, iter(range(steps))

    def clip(*given: object) -> object:
        if next(left, None) is None:
            raise Stopped
        return real(*given)

    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", clip)
    with pytest.raises(Stopped):
        lessons.taught(rows, target, tmp_path / "stopped")
    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", real)
    torch.rand(3)  # chance has moved on
    capsys.readouterr()
    again = lessons.taught(rows, target, tmp_path / "stopped")
    assert f"goes on after {steps} of" in capsys.readouterr().out
    assert same(whole, again)

    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", lambda *_: pytest.fail("learned twice"))
    assert same(whole, lessons.taught(rows, target, tmp_path / "stopped"))


def test_no_training_goes_on_from_anothers_checkpoint(lessons: Lessons, tmp_path: Path) -> None:
    rows, target = np.arange(30), np.arange(30) % 4
    other = replace(lessons, read="other texts")
    names = {
        lessons.checkpoint(rows, target, tmp_path),
        lessons.checkpoint(rows[1:], target, tmp_path),
        lessons.checkpoint(rows, np.flip(target), tmp_path),
        lessons.checkpoint(rows, target, tmp_path, seed=2),
        other.checkpoint(rows, target, tmp_path),
    }
    assert len(names) == 5
    assert lessons.checkpoint(rows.copy(), target.astype(np.int32), tmp_path) in names
    lessons.taught(rows, target, tmp_path)
    assert [*tmp_path.iterdir()] == [lessons.checkpoint(rows, target, tmp_path)]
