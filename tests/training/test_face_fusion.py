"""Engines judge together: an ensemble, and a network beside the words of a model that was asked about the face."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from core.evaluation.files import BadFile
from tests.fakes.drawn_faces import as_ferplus
from training.bench import lab
from training.face_emotion import main
from training.faces import ensemble, multimodal, rows, runs, table
from training.faces.multimodal import SAID_TOKENS, Fusion
from training.faces.rows import Faces, Wish
from training.faces.words import PROMPT, Words

torch.set_num_threads(1)
WORDS = [
    "the",
    "person",
    "is",
    "showing",
    "angry",
    "happy",
    "scared",
    "sad",
    "calm",
    "Question",
    ":",
    "What",
    "emotion",
    "Answer",
    "?",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return as_ferplus(tmp_path_factory.mktemp("ferplus"))


@pytest.fixture(scope="module")
def work(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two engines that were trained by the one command."""
    work = tmp_path_factory.mktemp("work")
    for engine, epochs in (("emotionnet", "8"), ("densenet", "2")):
        main(["--data", str(folder), "--work", str(work), "--engine", engine, "--size", "tiny", "--epochs", epochs, "--batch", "25"])  # fmt: skip
    return work


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BLIP-2 and a CLIP that are tiny and random, in folders as the hub keeps them."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import (
        Blip2Config,
        Blip2ForConditionalGeneration,
        CLIPTextConfig,
        CLIPTextModelWithProjection,
        OPTConfig,
        PreTrainedTokenizerFast,
    )

    folder = tmp_path_factory.mktemp("models")
    vocabulary = {word: n for n, word in enumerate(("<pad>", "<s>", "</s>", "<unk>", *WORDS))}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, pad_token="<pad>", bos_token="<s>", eos_token="</s>", unk_token="<unk>")  # fmt: skip
    small = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    torch.manual_seed(0)
    blip2 = Blip2Config(
        vision_config=small | {"image_size": 32, "patch_size": 16}, num_query_tokens=4,
        qformer_config=small | {"vocab_size": 30, "max_position_embeddings": 32, "cross_attention_frequency": 1},
        text_config=OPTConfig(vocab_size=len(vocabulary), hidden_size=16, word_embed_proj_dim=16, ffn_dim=32, num_hidden_layers=1, num_attention_heads=2, max_position_embeddings=64, pad_token_id=0, bos_token_id=1, eos_token_id=2, init_std=1.0).to_dict(),
        initializer_range=1.0,
    )  # fmt: skip
    assert blip2.image_token_index is None  # as in older checkpoints: the trap
    Blip2ForConditionalGeneration(blip2).save_pretrained(folder / "blip2")
    tokenizer.save_pretrained(folder / "blip2")
    (folder / "blip2" / "preprocessor_config.json").write_text(json.dumps({"image_processor_type": "BlipImageProcessor", "size": {"height": 32, "width": 32}}))  # fmt: skip
    clip = CLIPTextConfig(**small, vocab_size=len(vocabulary), projection_dim=768, max_position_embeddings=32, pad_token_id=0, bos_token_id=1, eos_token_id=2)  # fmt: skip
    CLIPTextModelWithProjection(clip).save_pretrained(folder / "clip")
    tokenizer.save_pretrained(folder / "clip")
    return folder


# --- the ensemble --------------------------------------------------------------------------------


def test_weights_follow_who_is_right() -> None:
    truth = torch.arange(100) % 5
    right = F.one_hot(truth, 5).float() * 0.8 + 0.04
    wrong = F.one_hot((truth + 1) % 5, 5).float() * 0.8 + 0.04
    assert ensemble.choose([wrong, right], truth) == (0, 1)
    half = torch.arange(100)[:, None] < 50  # each knows one half and doesn't claim to know the other
    blank = torch.full((100, 5), 0.2)
    first, second = torch.where(half, right, blank), torch.where(half, blank, right)
    weights = ensemble.choose([first, second, wrong], truth)
    assert weights[:2] == (0.5, 0.5)
    assert weights[2] == 0


def test_an_ensemble_is_no_worse_on_dev_and_comes_back_the_same(folder: Path, work: Path) -> None:
    main(["--data", str(folder), "--work", str(work), "--engine", "ensemble", "--runs", "emotionnet", "densenet"])
    parts = rows.load(folder, Wish()).parts
    kept = runs.load(work / "ensemble")
    assert sum(kept.told["weights"]) == pytest.approx(1)

    def loss(chances: torch.Tensor) -> float:
        return F.nll_loss(chances.log(), parts["dev"].truth).item()

    members = [runs.load(work / name).chances(parts["dev"].pixels) for name in ("emotionnet", "densenet")]
    assert loss(kept.judge.scores(parts["dev"].pixels).exp()) <= min(map(loss, members)) + 1e-6
    expected = sum(weight * each for weight, each in zip(kept.told["weights"], members, strict=True))
    assert torch.allclose(kept.judge.scores(parts["dev"].pixels).exp(), expected, atol=1e-5)
    said = kept.chances(parts["test"].pixels).argmax(1)
    assert (said == parts["test"].truth).float().mean() == pytest.approx(kept.told["figures"]["test"]["accuracy"])
    with pytest.raises(SystemExit, match="at least two"):
        main(["--data", str(folder), "--work", str(work), "--engine", "ensemble", "--runs", "emotionnet"])


# --- what is seen and what is said ---------------------------------------------------------------


def test_attention_goes_across_many_tokens_and_the_text_counts() -> None:
    torch.manual_seed(1)
    fusion = Fusion(seen=1024, fields=9).eval()
    seen, said = torch.randn(3, 9, 1024), torch.randn(3, 768)
    tokens, weights = fusion.attended(seen, said)
    assert tokens.shape == (3, 9 + SAID_TOKENS, 128)
    assert weights.shape == (3, 9 + SAID_TOKENS)
    assert torch.allclose(weights.sum(1), torch.ones(3), atol=1e-5)
    assert (weights > 0).all()
    assert (weights < 0.9).all()
    other = fusion(seen, torch.randn(3, 768))
    assert (fusion(seen, said) - other).abs().max() > 1e-3
    moved = seen.clone()
    moved[:, 4] = torch.randn(3, 1024)
    assert (fusion(seen, said) - fusion(moved, said)).abs().max() > 1e-3
    assert torch.allclose(fusion(seen, said), fusion(seen * 7, said * 0.1), atol=1e-5)  # lengths don't matter


def test_one_token_of_the_text_changes_what_the_picture_means() -> None:
    torch.manual_seed(1)
    fusion = Fusion(seen=32, fields=4, said=16).eval()
    seen, said = torch.randn(2, 4, 32), torch.randn(2, 16)
    before, _ = fusion.attended(seen, said)
    with torch.no_grad():
        fusion.place[-1] += 1  # the last token of the text alone
    after, _ = fusion.attended(seen, said)
    assert (before[:, :4] - after[:, :4]).abs().max() > 1e-4  # the picture's tokens looked at it


def test_text_that_tells_helps_and_another_faces_text_does_not() -> None:
    torch.manual_seed(2)
    names, parts, seen, said = torch.randn(5, 24), {}, {}, {}
    for name, count in (("train", 300), ("dev", 100), ("test", 100)):
        truth = torch.arange(count) % 5
        parts[name] = Faces(torch.zeros(count, 1, 4, 4, dtype=torch.uint8), F.one_hot(truth, 5).float(), truth)
        seen[name], said[name] = torch.randn(count, 4, 8).half(), names[truth] + 0.3 * torch.randn(count, 24)
    shuffled = {name: each[torch.randperm(len(each))] for name, each in said.items()}
    right = {}
    for what, text in (("own", said), ("another's", shuffled)):
        fusion = multimodal.learn(seen, text, parts, balanced=False, seed=7)
        right[what] = (
            (multimodal.read(fusion, seen["test"], text["test"]).argmax(1) == parts["test"].truth).float().mean()
        )
    assert right["own"] > 0.95
    assert right["another's"] < 0.45


def test_the_language_model_sees_the_picture_and_is_asked_once(models: Path, tmp_path: Path) -> None:
    words = Words(str(models / "blip2"), str(models / "clip"), tmp_path / "answers.jsonl")
    faces = (torch.rand(6, 1, 48, 48, generator=torch.Generator().manual_seed(3)) * 255).to(torch.uint8)
    faces[1], faces[2, :, :24], faces[3] = 0, 255, 255
    answers = words.answers(faces)
    assert len(answers) == 6
    assert not any(PROMPT in answer or "<image>" in answer for answer in answers)
    processor, model = words._blip2
    assert model.config.image_token_index == processor.tokenizer.convert_tokens_to_ids("<image>")
    asked = [processor(images=torch.full((3, 32, 32), tone, dtype=torch.uint8).numpy(), text=PROMPT, return_tensors="pt") for tone in (0, 255)]  # fmt: skip
    assert (asked[0]["input_ids"] == model.config.image_token_index).sum() == 4
    with torch.no_grad():
        dark, bright = (model(**each).logits[0, -1] for each in asked)
    assert (dark - bright).abs().max() > 1e-3
    kept = Words("", str(models / "clip"), tmp_path / "answers.jsonl")
    assert kept.answers(faces) == answers
    with pytest.raises(BadFile, match="1 of 2 faces"):
        kept.answers(torch.stack([faces[0], 255 - faces[0]]))


def test_clip_reads_an_answer(models: Path, tmp_path: Path) -> None:
    words = Words("", str(models / "clip"), tmp_path / "none")
    one, other, again = words.embedded(["the person is happy", "sad", "the person is happy"])
    assert one.shape == (768,)
    assert one.norm() == pytest.approx(1, abs=1e-4)
    assert torch.equal(one, again)
    assert not torch.allclose(one, other, atol=1e-3)
    alone = words.embedded(["sad"])[0]
    assert torch.allclose(other, alone, atol=1e-5)  # what stands beside it in a batch is no matter


def test_a_fusion_prints_three_figures_and_comes_back_the_same(
    folder: Path, work: Path, models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--data", str(folder), "--work", str(work), "--engine", "multimodal", "--size", "tiny", "--runs", "densenet",
          "--blip2", str(models / "blip2"), "--clip", str(models / "clip")])  # fmt: skip
    said = capsys.readouterr().out
    for row in ("densenet alone", "with its text", "with another face's text"):
        assert re.search(rf"\| {row} \| 0\.\d\d\d \| 0\.\d\d\d \|", said)
    told = runs.told_of(work / "multimodal")
    alone = runs.told_of(work / "densenet")["figures"]["test"]
    assert told["compared"]["densenet alone"]["accuracy"] == alone["accuracy"]
    assert told["compared"]["with its text"]["accuracy"] == told["figures"]["test"]["accuracy"]
    assert 0 < told["share_of_text"] < 1
    parts, again = rows.load(folder, Wish()).parts, runs.load(work / "multimodal")
    chosen = again.chances(parts["test"].pixels).argmax(1)
    assert (chosen == parts["test"].truth).float().mean() == pytest.approx(told["figures"]["test"]["accuracy"])


# --- the table -----------------------------------------------------------------------------------


def test_one_table_of_all_runs_goes_into_the_lab_book(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    book = tmp_path / "lab.md"
    book.write_text("# Lab book\n\nA word before.\n", encoding="utf-8")
    monkeypatch.setattr(lab, "LAB", book)
    for _ in range(2):  # the second takes the place of the first
        main(["--work", str(work), "--table", "--write"])
    text = book.read_text(encoding="utf-8")
    assert text.startswith("# Lab book\n\nA word before.\n")
    assert text.count("## Engines that read faces") == 1
    head = next(line for line in text.splitlines() if line.startswith("| engine"))
    assert [each.strip() for each in head.strip("|").split("|")] == list(table.HEAD)
    listed = [
        line.split("|")[1].strip() for line in text.splitlines() if re.match(r"\| (emotionnet|densenet) \|", line)
    ]
    assert sorted(listed) == ["densenet", "emotionnet"]
    for name in listed:
        figures = runs.told_of(work / name)["figures"]["test"]
        row = next(line for line in text.splitlines() if line.startswith(f"| {name} |"))
        assert f"| {figures['accuracy']:.3f} | {figures['macro_recall']:.3f} |" in row
    assert "| emotionnet |" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="no trained run"):
        main(["--work", str(tmp_path / "empty"), "--table"])
