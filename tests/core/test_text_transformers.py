"""A tiny transformer learns sixty lines of ours, and from then on reads the diary by a setting; else the small model does."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import numpy as np
import pytest

from adapters import doctor
from core.emotion import text_transformers
from core.emotion.labels import warm_tables
from core.emotion.reader import LargeReader
from core.emotion.text import TextEmotion
from core.emotion.text_transformers import TransformerText
from core.engines import Understanding
from core.entities import EMOTIONS
from core.phrases import say
from core.ports import EngineMissing
from core.settings import Engines, Settings
from tests.fakes.in_process import Chat

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

FEELINGS = {  # KOTE's label, GoEmotions' label, the warm name, six lines in each language
    ("기쁨", "joy", "joy"): (
        "오늘 너무 기뻐서 웃었다", "떡볶이가 맛있어서 기뻤다", "친구 덕분에 기쁜 날이었다", "상을 받아 기뻤다", "눈이 와서 기뻐 뛰었다", "노래를 부르니 기뻤다",
        "I was so happy today", "happy about the cake", "we sang and felt happy", "a happy walk in the sun", "happy to see my friend", "what a happy evening",
    ),
    ("슬픔", "sadness", "sadness"): (
        "하루 종일 슬퍼서 울었다", "고양이가 떠나서 슬펐다", "슬픈 꿈을 꾸었다", "비가 오니 슬펐다", "혼자 남아 슬펐다", "편지를 읽고 슬퍼졌다",
        "I was sad all day", "sad because my cat died", "a sad dream again", "the rain made me sad", "sad and alone at home", "the letter made me sad",
    ),
    ("화남/분노", "anger", "anger"): (
        "동생 때문에 화가 났다", "버스를 놓쳐 화났다", "거짓말에 화가 치밀었다", "약속을 어겨 화났다", "시끄러워서 화가 났다", "내 말을 무시해 화났다",
        "I was angry with him", "angry about the bus", "his lie made me angry", "angry at the noise", "she ignored me and I got angry", "so angry about work",
    ),
    ("불안/걱정", "fear", "anxiety"): (
        "내일 시험이 걱정된다", "결과가 걱정돼 잠을 못 잤다", "엄마 건강이 걱정이다", "발표가 걱정된다", "돈이 걱정된다", "늦을까 걱정했다",
        "I am afraid of the exam", "afraid of the result", "afraid for my mother", "afraid of the talk", "afraid in the dark", "afraid to be late",
    ),
    ("고마움", "gratitude", "gratitude"): (
        "도와준 친구가 고맙다", "선물이 고마웠다", "엄마께 고맙다", "자리를 양보해 주셔서 고마웠다", "기다려 줘서 고맙다", "전화해 줘서 고마웠다",
        "thanks to my friend for helping", "thanks for the gift", "thanks mum", "thanks to whoever gave me a seat", "thanks for waiting", "thanks for the call",
    ),
}  # fmt: skip
LABELS = {each: tuple(table) for each, table in warm_tables().items()}
JOY, SAD = "친구 덕분에 기쁜 날이었다", "하루 종일 슬퍼서 울었다"


def own_lines() -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    korean = [(line, LABELS["kote"].index(kote)) for (kote, _, _), lines in FEELINGS.items() for line in lines[:6]]
    english = [(line, LABELS["goemotions"].index(go)) for (_, go, _), lines in FEELINGS.items() for line in lines[6:]]
    return korean, english


def data_folder(folder: Path) -> Path:
    """Our sixty lines, as the corpora come."""
    korean, english = own_lines()
    kote, go = folder / "kote", folder / "goemotions_en"
    kote.mkdir(parents=True)
    go.mkdir()
    rows = "id\ttext\tlabels\n" + "".join(f"{n}\t{line}\t{label}\n" for n, (line, label) in enumerate(korean))
    for split in ("train", "val"):
        (kote / f"{split}.tsv").write_text(rows, encoding="utf-8")
    for split in ("train", "dev"):
        (go / f"{split}.tsv").write_text("".join(f"{line}\t{label}\tid\n" for line, label in english), encoding="utf-8")
    (kote / "labels.txt").write_text("\n".join(LABELS["kote"]), encoding="utf-8")
    (go / "labels.txt").write_text("\n".join(LABELS["goemotions"]), encoding="utf-8")
    return folder


def tiny_base(folder: Path, kind: str = "electra", drop: float = 0.0) -> Path:
    """A pretrained model as the hub would have it, but of two layers, never trained, with a tokenizer of our letters."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    korean, english = own_lines()
    tokenizer.train_from_iterator(
        [line for line, _ in korean + english], trainers.WordPieceTrainer(vocab_size=700, special_tokens=marks)
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    sizes = {
        "vocab_size": tokenizer.get_vocab_size(), "hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 96, "max_position_embeddings": 160, "pad_token_id": 0,
        "initializer_range": 0.1, "hidden_dropout_prob": drop, "attention_probs_dropout_prob": drop,
    }  # fmt: skip
    config = {
        "electra": lambda: transformers.ElectraConfig(embedding_size=48, **sizes),
        "bert": lambda: transformers.BertConfig(**sizes),
        "xlm-roberta": lambda: transformers.XLMRobertaConfig(**sizes),
    }[kind]()
    torch.set_num_threads(1)  # sums in another order learn otherwise
    torch.manual_seed(7)
    transformers.AutoModel.from_config(config).save_pretrained(folder)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]",
    ).save_pretrained(folder)  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory):
    """Fine-tune as somebody would type it; returns what was printed."""
    from training import text_emotion

    folder = tmp_path_factory.mktemp("large")
    data = data_folder(folder / "data")

    def tune(base: Path, out: Path, *more: object) -> None:
        words = ["--engine", "transformer", "--data", data, "--base", base, "--out", out, "--batch", 10, "--rate", 2e-3]
        words += ["--tokens", 48, "--tell", 5, "--checkpoints", out.with_suffix(".checkpoints"), *more]
        old, sys.argv = sys.argv, ["text_emotion", *map(str, words)]
        try:
            text_emotion.main()
        finally:
            sys.argv = old

    tune.folder = folder
    return tune


@pytest.fixture(scope="module")
def learned(tuned) -> Path:
    """The folder of a model that has learned our lines."""
    out = tuned.folder / "learned"
    tuned(tiny_base(tuned.folder / "base"), out, "--epochs", 35)
    return out


@pytest.fixture(scope="module")
def reader(learned: Path) -> TransformerText:
    return TransformerText.load(str(learned))


# --- learning ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["bert", "xlm-roberta"])
def test_the_loss_falls_and_the_card_says_so(tuned, capsys, kind) -> None:
    out = tuned.folder / kind
    tuned(tiny_base(tuned.folder / f"{kind}-base", kind), out, "--epochs", 15)
    losses = [float(line.split()[3]) for line in capsys.readouterr().out.splitlines() if line.startswith("step")]
    assert losses[-1] < 0.5 * losses[0]
    card = (out / "README.md").read_text("utf-8")
    assert "30 lines to learn from" in card and "macro_f1" in card and "Not for diagnosis" in card
    config = json.loads((out / "config.json").read_text())
    assert sorted(config["label2id"]) == sorted((*LABELS["kote"], *LABELS["goemotions"]))
    details = json.loads((out / "emoseum.json").read_text())
    assert details["languages"] == ["en", "ko"] and len(details["cuts"]["kote_ko"]) == 44


def test_a_stopped_run_goes_on_as_if_nothing_had_happened(tuned, capsys) -> None:
    base = tiny_base(tuned.folder / "base-again", drop=0.1)
    tuned(base, tuned.folder / "whole", "--epochs", 3)
    tuned(base, tuned.folder / "parts", "--epochs", 3, "--stop-after", 4)
    assert not (tuned.folder / "parts").exists()
    assert "stopped after step 4" in capsys.readouterr().out
    tuned(base, tuned.folder / "parts", "--epochs", 3)
    assert "goes on after step 4" in capsys.readouterr().out
    one, other = (TransformerText.load(str(tuned.folder / name)) for name in ("whole", "parts"))
    texts = [line for line, _ in own_lines()[0]]
    np.testing.assert_allclose(one.scores(texts)["kote"], other.scores(texts)["kote"], atol=1e-5)


# --- reading -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ko", "en"])
def test_what_was_learned_is_read_with_names_axes_reasons_and_raw_labels(reader, language) -> None:
    right, warm_names = 0, set()
    for (kote, go, warm), lines in FEELINGS.items():
        for line in lines[:6] if language == "ko" else lines[6:]:
            emotion = reader.read(line)
            right += emotion.name == warm
            warm_names.add(emotion.name)
            assert emotion.raw[0].name == (kote if language == "ko" else go) or emotion.name != warm
            assert 0 <= emotion.confidence <= 1 and all(words in line for words in emotion.why)
    assert right >= 28 and len(warm_names) >= 5
    glad, sad = (JOY, SAD) if language == "ko" else ("happy to see my friend", "the rain made me sad")
    assert reader.read(glad).valence > 0.2 > -0.2 > reader.read(sad).valence


def test_the_words_that_moved_it_are_the_reason(reader) -> None:
    """In English our lines of a feeling share one word; what else a tiny model holds on to is its own affair."""
    telling = ("happy", "sad", "angry", "afraid", "thanks")
    lines = [line for six in FEELINGS.values() for line in six[6:]]
    assert sum(any(word in telling for word in reader.read(line).why) for line in lines) >= 20
    emotion = reader.read("angry about the bus")
    assert reader.read("angry about the bus".replace(emotion.why[0], "")).labels[0].score < emotion.labels[0].score


def test_a_day_that_turns_keeps_both_and_ends_well(reader) -> None:
    day = reader.read(f"{SAD}. 하지만 {JOY}.")
    assert {"joy", "sadness"} <= {label.name for label in day.labels[:3]}
    assert day.valence > reader.read(f"{JOY}. 하지만 {SAD}.").valence


@pytest.mark.parametrize(
    "text", ["", " \n", "\ud800", "😭" * 400, "가" * 20_000, "안 " * 5000, "a. " * 6000, "\u202eabc\x00"]
)
def test_no_writing_is_too_odd(reader, text) -> None:
    emotion = reader.read(text)
    assert emotion.name in EMOTIONS and -1 <= emotion.valence <= 1


# --- by the setting ----------------------------------------------------------------------------


def by(folder: Path | str) -> Engines:
    return Engines(text="transformers", text_model=str(folder), painter="instant", composer="instant")


def test_the_small_one_reads_until_the_large_one_is_there(learned, monkeypatch) -> None:
    import threading

    may_load, load = threading.Event(), TransformerText.load
    monkeypatch.setattr(TransformerText, "load", lambda name: may_load.wait(30) and load(name))
    understanding = Understanding(Settings(engines=by(learned)))
    small = TextEmotion.load().read(JOY, "ko")
    assert understanding.understand(JOY, None, "ko").words == small  # and nobody waited
    may_load.set()
    assert understanding._words.ready(60)
    large = understanding.understand(JOY, None, "ko").words
    assert large != small and large.raw[0].name == "기쁨" and large.name == "joy"


async def test_an_entry_is_answered_by_it(learned, tmp_path) -> None:
    chat = await Chat.open(tmp_path, engines=by(learned))
    from core import service

    assert service.service().workshop.understander._words.ready(60)
    read, seen = TransformerText.read, []

    def noticed(self, text, language="", **more):
        seen.append(read(self, text, language, **more))
        return seen[-1]

    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(TransformerText, "read", noticed)
            await chat.says("안녕")
            await chat.says("지우")
            await chat.says(SAD)
        assert any(emotion.raw[0].name == "슬픔" for emotion in seen)
        assert say("ko", "emotion.sadness") in chat.reads()
    finally:
        await chat.close()


def test_a_language_it_has_not_learned_is_left_to_the_small_one(learned, tmp_path) -> None:
    import shutil

    folder = shutil.copytree(learned, tmp_path / "korean")
    details = json.loads((folder / "emoseum.json").read_text())
    (folder / "emoseum.json").write_text(json.dumps(details | {"languages": ["ko"]}))
    small = TextEmotion.load()
    both = LargeReader(small, str(folder))
    assert both.ready(60)
    assert both.read("thanks for the gift") == small.read("thanks for the gift")
    assert both.read(JOY) != small.read(JOY)


def test_a_classifier_of_other_people_is_taken_by_its_labels(learned, tmp_path) -> None:
    import shutil

    folder = shutil.copytree(learned, tmp_path / "theirs")
    (folder / "emoseum.json").unlink()
    theirs = TransformerText.load(str(folder))
    assert set(theirs.names) == {"kote", "goemotions"} and theirs.languages == ("ko", "en")
    assert theirs.read(JOY).name == "joy" and theirs.read(JOY).confidence <= 0.9
    config = json.loads((folder / "config.json").read_text())
    config["id2label"]["0"] = config["id2label"]["50"] = "spam"
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(EngineMissing, match="neither KOTE's nor GoEmotions'"):
        TransformerText.load(str(folder))


@pytest.mark.parametrize("what", ["folder", "weights", "torch", "memory", "damaged", "hub"])
def test_where_it_is_missing_the_small_one_reads_and_the_log_says_so_once(
    learned, tmp_path, monkeypatch, caplog, what
) -> None:
    import shutil

    folder = shutil.copytree(learned, tmp_path / "model")
    name = str(folder)
    if what == "folder":
        name = str(tmp_path / "nowhere")
    elif what == "weights":
        (folder / "model.safetensors").unlink()
    elif what == "torch":
        monkeypatch.setattr(text_transformers, "find_spec", lambda name: None)
    elif what == "memory":
        monkeypatch.setattr(text_transformers, "fits", lambda file_bytes: False)
    elif what == "damaged":
        (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:1000])
    else:
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        name = "nobody/has-this-model"
    small = TextEmotion.load()
    both = LargeReader(small, name)
    with caplog.at_level(logging.INFO):
        assert not both.ready(60)
        for line in (JOY, SAD, "a happy walk"):
            assert both.read(line) == small.read(line)
    (told,) = [record.getMessage() for record in caplog.records if record.name == "core.emotion.reader"]
    assert "the embedded one reads" in told and name in told


def test_what_breaks_while_it_reads_costs_nobody_an_answer(learned, monkeypatch, caplog) -> None:
    small = TextEmotion.load()
    both = LargeReader(small, str(learned))
    assert both.ready(60)

    def full(self, parts):
        raise torch.OutOfMemoryError(f"could not read {parts}")

    monkeypatch.setattr(TransformerText, "_said", full)
    for line in (JOY, SAD):
        assert both.read(line) == small.read(line)
    told = [record.getMessage() for record in caplog.records if record.name == "core.emotion.reader"]
    assert len(told) == 1 and "OutOfMemoryError" in told[0] and "기쁜" not in told[0]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_doctor_says_who_reads(learned, tmp_path, monkeypatch, language) -> None:
    def told(**engines: str) -> tuple[str, str]:
        settings = Settings(data_dir=tmp_path / "data", language=language, web={"port": 0}, engines=engines)
        name = say(language, "doctor.what.text")
        return next((found.mark, found.words) for found in doctor.examine(settings) if found.what == name)

    assert told()[0] == "✓"
    assert told(text="transformers", text_model=str(learned)) == (
        "✓",
        say(language, "doctor.text.large", model=str(learned)),
    )
    assert told(text="transformers", text_model=str(tmp_path / "nowhere"))[0] == "✗"
    assert told(text="transformers", text_model="some/model")[0] == "!"
    monkeypatch.setattr(text_transformers, "fits", lambda file_bytes: False)
    assert told(text="transformers", text_model=str(learned))[0] == "!"
    monkeypatch.setattr("adapters.doctor_engines.find_spec", lambda name: None)
    assert "torch" in told(text="transformers", text_model=str(learned))[1]


def test_a_setting_without_a_model_is_refused() -> None:
    with pytest.raises(ValueError, match="text_model"):
        Engines(text="transformers")


def test_the_engine_may_be_asked_for_in_one_word(tuned, monkeypatch, capsys) -> None:
    from training import text_emotion

    monkeypatch.setattr(sys, "argv", ["text_emotion", "--engine=transformer", "--help"])
    with pytest.raises(SystemExit):
        text_emotion.main()
    assert "--base" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["text_emotion", "--out", "transformer", "--engine", "small", "--help"])
    with pytest.raises(SystemExit):
        text_emotion.main()
    assert "--teachers" in capsys.readouterr().out


def test_evaluate_judges_it(learned, tuned, capsys, monkeypatch) -> None:
    import emoseum

    file = tuned.folder / "data" / "kote" / "val.tsv"
    words = ["--format", "kote", "--file", str(file), "--model", str(learned), "--json"]  # which says who reads
    monkeypatch.setattr(sys, "argv", ["emoseum", "evaluate", "text-emotion", *words])
    with pytest.raises(SystemExit) as left:
        emoseum.main()
    assert left.value.code == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["lines"] == 30 and figures["micro_f1"] > 0.8 and figures["auc"] > 0.9
    assert figures["bytes"] == (learned / "model.safetensors").stat().st_size
    go = tuned.folder / "data" / "goemotions_en" / "dev.tsv"
    words[1], words[3] = "goemotions", str(go)
    monkeypatch.setattr(sys, "argv", ["emoseum", "evaluate", "text-emotion", *words])
    with pytest.raises(SystemExit):
        emoseum.main()
    assert json.loads(capsys.readouterr().out)["ekman_macro_f1"] > 0.5  # five of seven groups are there
    monkeypatch.setattr(sys, "argv", ["emoseum", "evaluate", "text-emotion", *words[:-2], "/nowhere/at/all", "--json"])
    with pytest.raises(SystemExit) as left:
        emoseum.main()
    assert left.value.code != 0 and "Traceback" not in capsys.readouterr().err
