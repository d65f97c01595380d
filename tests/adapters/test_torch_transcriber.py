"""Whisper by transformers, tiny and taught a sentence here, goes through the very code that loads a large one."""

import json

import numpy as np
import pytest

from adapters.torch_transcriber import CHUNK_S, TorchWhisper, cut, device_of, model_name
from adapters.whisper_transcriber import open_transcriber
from core.emotion.voice import RATE_HZ, as_wav, open_sound
from core.ports import EngineMissing
from core.settings import Intake, Speech, load_settings
from tests.fakes.voices import spoken_note

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

SECONDS = 3  # that the tiny one hears of each chunk
SENTENCES = {"오늘 바다에 갔어": ("ko", spoken_note()), "We saw the sea": ("en", spoken_note(pitch_hz=400))}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A Whisper of 30,000 weights that knows a sentence of each language by heart, saved as any other."""
    from tokenizers.pre_tokenizers import ByteLevel

    folder = tmp_path_factory.mktemp("whisper")
    torch.manual_seed(0)
    torch.set_num_threads(1)
    vocabulary = {letter: n for n, letter in enumerate(sorted(ByteLevel.alphabet()))}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    special = ["<|endoftext|>", "<|startoftranscript|>", "<|ko|>", "<|en|>", "<|transcribe|>", "<|notimestamps|>"]
    tokenizer = transformers.WhisperTokenizer(
        str(folder / "vocab.json"), str(folder / "merges.txt"), unk_token=special[0], bos_token=special[0],
        eos_token=special[0], pad_token=special[0],
    )  # fmt: skip
    tokenizer.add_special_tokens({"additional_special_tokens": special[1:]})
    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in special}
    processor = transformers.WhisperProcessor(transformers.WhisperFeatureExtractor(chunk_length=SECONDS), tokenizer)
    config = transformers.WhisperConfig(
        vocab_size=len(tokenizer), d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=64, decoder_ffn_dim=64, max_target_positions=64, max_source_positions=SECONDS * 50,
        dropout=0.0,
        pad_token_id=ids[special[0]], bos_token_id=ids[special[0]], eos_token_id=ids[special[0]],
        decoder_start_token_id=ids[special[1]], suppress_tokens=None, begin_suppress_tokens=None,
    )  # fmt: skip
    model = transformers.WhisperForConditionalGeneration(config)
    sounds = [open_sound(data, Intake()).samples for _, data in SENTENCES.values()]
    features = processor(sounds, sampling_rate=RATE_HZ, return_tensors="pt").input_features
    said = [
        [ids[name] for name in (special[1], f"<|{language}|>", special[4], special[5])]
        + tokenizer(words, add_special_tokens=False).input_ids
        + [ids[special[0]]]
        for words, (language, _) in SENTENCES.items()
    ]
    longest = max(map(len, said))
    given = torch.tensor([one + [ids[special[0]]] * (longest - len(one)) for one in said])
    target = torch.tensor([one + [-100] * (longest - len(one)) for one in said])[:, 1:]
    learn = torch.optim.Adam(model.model.decoder.parameters(), lr=1e-2)
    with torch.inference_mode():  # its ear stays as chance made it, and is quick to listen
        heard = model.model.encoder(features).last_hidden_state
    heard = heard.clone()
    for _ in range(300):
        logits = model(encoder_outputs=(heard,), decoder_input_ids=given[:, :-1]).logits
        asked = [0, *range(3, longest - 1)]  # the language, and the words
        loss = torch.nn.functional.cross_entropy(
            logits[:, asked].flatten(0, 1), target[:, asked].flatten(), ignore_index=-100
        )
        learn.zero_grad()
        loss.backward()
        learn.step()
        if loss < 0.03:
            break
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    file = folder / "generation_config.json"
    as_published = {
        "is_multilingual": True, "no_timestamps_token_id": ids[special[5]], "task_to_id": {"transcribe": ids[special[4]]},
        "lang_to_id": {name: ids[name] for name in special[2:4]},
    }  # fmt: skip
    own = {name: value for name, value in json.loads(file.read_text()).items() if not name.startswith("_")}
    file.write_text(json.dumps(own | as_published))
    return folder


async def test_it_says_what_it_heard(folder):
    ear = TorchWhisper(Speech(whisper_model=str(folder), whisper_device="cpu"), Intake())
    for words, (_, recording) in SENTENCES.items():
        for diary in ("ko", "en"):  # an English note in a Korean diary is English all the same
            assert await ear.transcribe(recording, diary, outside=False) == words


async def test_a_long_recording_is_heard_to_its_end(folder):
    ear = TorchWhisper(Speech(whisper_model=str(folder)), Intake())
    note = open_sound(SENTENCES["오늘 바다에 갔어"][1], Intake()).samples
    pause = np.zeros((CHUNK_S - 4) * RATE_HZ, np.float32)
    long = np.concatenate([note, pause, note, pause, note])
    words = await ear.transcribe(as_wav(long), "ko", outside=False)
    assert words == " ".join(["오늘 바다에 갔어"] * len(cut(long))) and len(cut(long)) > 1


def test_a_long_recording_is_cut_where_it_is_quiet():
    sound = np.random.default_rng(0).normal(0, 0.1, 100 * RATE_HZ).astype(np.float32)
    for second in (22, 47, 70):
        sound[second * RATE_HZ : second * RATE_HZ + RATE_HZ // 2] = 0
    chunks = cut(sound)
    assert all(len(chunk) <= CHUNK_S * RATE_HZ for chunk in chunks) and np.array_equal(np.concatenate(chunks), sound)
    ends_s = np.cumsum([len(chunk) for chunk in chunks])[:-1] / RATE_HZ
    assert [int(end) for end in ends_s[:3]] == [22, 47, 70]
    assert [len(chunk) for chunk in cut(sound[:100])] == [100]


async def test_what_cant_be_loaded_is_said_so(tmp_path):
    with pytest.raises(EngineMissing, match="can't be loaded"):
        await TorchWhisper(Speech(whisper_model=str(tmp_path)), Intake()).transcribe(spoken_note(), "ko", outside=False)


def test_the_setting_chooses_it():
    ear = open_transcriber(load_settings(speech={"transcriber": "transformers"}))
    assert (ear.name, ear.outside) == ("transformers:openai/whisper-small", False)
    assert model_name("/models/whisper") == "/models/whisper" and model_name("me/tuned") == "me/tuned"


def test_a_gpu_is_taken_where_there_is_one(monkeypatch):
    assert device_of("cpu", torch) == ("cpu", torch.float32)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    assert device_of("auto", torch) == ("cuda", torch.bfloat16)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    assert device_of("cuda:1", torch) == ("cuda:1", torch.float16)
