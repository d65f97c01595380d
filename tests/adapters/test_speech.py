"""Anna's voice is really spoken here, and what leaves this machine needs a consent."""

import asyncio
import sys
import types
from typing import ClassVar

import pytest

from adapters import gtts_speaker
from adapters.gtts_speaker import SPOKEN_CHARS, EspeakVoice, FirstVoice, GoogleVoice, open_speaker, spoken_words
from adapters.whisper_transcriber import FasterWhisper, open_transcriber
from core.emotion.voice import open_sound
from core.intake import sniff
from core.ports import EngineMissing
from core.settings import Intake, load_settings
from tests.fakes.openai_server import KEY, OpenAIServer
from tests.fakes.voices import Voice, spoken_note

KOREAN = "오늘 하루도 정말 수고 많았어요. 강아지랑 걸었던 그 길이 저도 눈에 그려져요."
ENGLISH = "You did so well today. I can picture that walk with your dog."


@pytest.mark.parametrize(("text", "language"), [(KOREAN, "ko"), (ENGLISH, "en")])
async def test_she_speaks_on_this_machine(text, language):
    audio, mime = await EspeakVoice().speak(text, language, outside=False)
    sound = open_sound(audio, Intake())
    assert (mime, sniff(audio)) == ("audio/mpeg", "audio/mpeg")
    assert 2 < sound.seconds < 15 and sound.speech
    longer = open_sound((await EspeakVoice().speak(f"{text} {text}", language, outside=False))[0], Intake())
    assert longer.seconds > 1.7 * sound.seconds


async def test_several_may_speak_at_once():
    voices = await asyncio.gather(*(EspeakVoice().speak(KOREAN, "ko", outside=False) for _ in range(3)))
    assert len({audio for audio, _ in voices}) == 1


@pytest.mark.parametrize("text", ["", "  ", "🐶🐶 !!", "https://example.com/a?b=c"])
async def test_nothing_to_say_is_said_so(text):
    for voice in (EspeakVoice(), GoogleVoice()):
        with pytest.raises(EngineMissing):
            await voice.speak(text, "ko", outside=True)


async def test_a_fault_in_the_library_takes_nobody_down(monkeypatch, tmp_path):
    faulty = tmp_path / "gtts_speaker.py"
    faulty.with_name("espeak_voice.py").write_text("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    monkeypatch.setattr(gtts_speaker, "__file__", str(faulty))
    with pytest.raises(EngineMissing) as missing:
        await EspeakVoice().speak(KOREAN, "ko", outside=False)
    assert "수고" not in str(missing.value)


def test_what_is_said_aloud_is_words_only():
    text = "바다에 갔어요 🌊👨‍👩‍👧! https://sea.example/x 정말 *좋았*어요~ 10% 더… [링크] don't"
    assert spoken_words(text) == "바다에 갔어요 ! 정말 좋았 어요~ 10% 더… 링크 don't"
    long = spoken_words("오늘은 참 긴 하루였어요. " * 100)
    assert SPOKEN_CHARS - 20 < len(long) <= SPOKEN_CHARS and long.endswith("하루였어요.")
    assert len(spoken_words("가" * 5000)) == SPOKEN_CHARS


async def test_googles_voice_needs_the_consent_and_rests_after_a_failure(monkeypatch):
    asked = []

    def google(words, language):
        asked.append(words)
        raise ConnectionError("no network")

    monkeypatch.setattr(gtts_speaker, "_google", google)
    voice = GoogleVoice()
    with pytest.raises(EngineMissing):
        await voice.speak(KOREAN, "ko", outside=False)
    assert not asked
    for _ in range(2):
        with pytest.raises(EngineMissing):
            await voice.speak(KOREAN, "ko", outside=True)
    assert len(asked) == 1


async def test_the_first_voice_that_speaks_is_heard():
    hoarse, well = Voice(missing=True), Voice()
    assert (await FirstVoice([hoarse, well]).speak("안녕", "ko", outside=True))[0] == "ID3안녕".encode()
    assert hoarse.said and well.said
    with pytest.raises(EngineMissing):
        await FirstVoice([hoarse, Voice(missing=True)]).speak("안녕", "ko", outside=True)


@pytest.mark.parametrize(("wanted", "name"), [("auto", "gtts+espeak"), ("gtts", "gtts"), ("espeak", "espeak"), ("none", None)])  # fmt: skip
def test_the_setting_chooses(monkeypatch, wanted, name):
    settings = load_settings(speech={"speaker": wanted})
    speaker = open_speaker(settings)
    assert (speaker.name if speaker is not None else None) == name
    monkeypatch.setattr(gtts_speaker, "find_spec", lambda package: None)
    assert open_speaker(settings) is None


# --- the ear -----------------------------------------------------------------------------------


async def test_a_server_listens_with_consent_only():
    server = await OpenAIServer(says=" 오늘 바다에 갔어 ").start()
    settings = load_settings(speech={"transcriber": "openai"}, openai={"base_url": server.base_url, "api_key": KEY})
    ear = open_transcriber(settings)
    with pytest.raises(EngineMissing):
        await ear.transcribe(spoken_note(), "ko", outside=False)
    assert server.calls == 0
    assert await ear.transcribe(spoken_note(), "ko", outside=True) == "오늘 바다에 갔어"
    assert server.heard == [{"model": "whisper-1", "language": None, "name": "note.wav", "data": spoken_note()}]
    server.says = "We went to the sea"  # of a Korean diary
    assert await ear.transcribe(spoken_note(), "ko", outside=True) == "We went to the sea"
    server.heard.clear()
    server.says = "今日は海に行った"
    await ear.transcribe(spoken_note(), "ko", outside=True)
    assert [one["language"] for one in server.heard] == [None, "ko"]  # misheard: asked once more, in their language
    server.behaves = "500"
    with pytest.raises(EngineMissing, match="500"):
        await ear.transcribe(spoken_note(), "ko", outside=True)
    await server.stop()


class Whisper:
    """The shape of faster_whisper.WhisperModel, which tells languages by `chances`."""

    chances: ClassVar = {"ko": 0.9, "en": 0.1}

    def __init__(self, name, device, compute_type):
        if name == "away":
            raise LocalEntryNotFoundError("no hub")
        assert (device, compute_type) == ("cpu", "int8")

    def transcribe(self, audio, *, vad_filter, language=None):
        assert audio.read(4) == b"RIFF" and vad_filter
        chances = sorted(self.chances.items(), key=lambda one: -one[1])
        language = language or chances[0][0]
        said = {"ko": (" 오늘", " 바다에 갔어"), "en": (" We went", " to the sea"), "ja": (" 海",)}[language]
        info = types.SimpleNamespace(language=language, all_language_probs=chances)
        return iter([types.SimpleNamespace(text=one) for one in said]), info


class LocalEntryNotFoundError(FileNotFoundError):
    """As huggingface_hub's: a FileNotFoundError."""


async def test_whisper_on_this_machine(monkeypatch):
    monkeypatch.setitem(sys.modules, "faster_whisper", types.SimpleNamespace(WhisperModel=Whisper))
    assert await FasterWhisper("small").transcribe(spoken_note(), "ko", outside=False) == "오늘 바다에 갔어"
    with pytest.raises(EngineMissing, match="LocalEntryNotFound"):
        await FasterWhisper("away").transcribe(spoken_note(), "ko", outside=False)


@pytest.mark.parametrize(
    ("chances", "words"),
    [
        ({"en": 0.7, "ko": 0.3}, "We went to the sea"),
        ({"ja": 0.6, "en": 0.1, "ko": 0.3}, "오늘 바다에 갔어"),
        ({"ja": 0.6, "en": 0.3, "ko": 0.1}, "We went to the sea"),
        ({"ja": 1.0}, "오늘 바다에 갔어"),  # no telling: as their diary is
    ],
)
async def test_whisper_hears_which_of_our_languages_is_spoken(monkeypatch, chances, words):
    monkeypatch.setattr(Whisper, "chances", chances)
    monkeypatch.setitem(sys.modules, "faster_whisper", types.SimpleNamespace(WhisperModel=Whisper))
    assert await FasterWhisper("small").transcribe(spoken_note(), "ko", outside=False) == words


async def test_whisper_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(EngineMissing, match="not installed"):
        await FasterWhisper("small").transcribe(spoken_note(), "ko", outside=False)


@pytest.mark.parametrize("wanted", ["none", "openai"])
def test_no_ear_without_a_server(wanted):
    assert open_transcriber(load_settings(speech={"transcriber": wanted})) is None
