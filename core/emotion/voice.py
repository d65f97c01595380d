"""A voice note from any phone becomes plain sound, and we tell whether somebody speaks in it, and how lively."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.entities import Prosody
from core.intake import DEMUXERS, container_of, pictures_in
from core.ports import EmoseumError
from core.settings import Intake

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

RATE_HZ = 16_000
FRAME = 512  # samples: 32 ms
HOP = 256  # samples: 16 ms
#: Of one file. Those of FLV, MPEG-TS and MPEG-PS may turn up in the middle, and PyAV (18.1, `demux`) marks the streams it
#: wants in as many bytes as there were at first, and reads on behind them: the least that glibc's malloc gives out is 24.
MOST_STREAMS = 24
FRAME_PIXELS = 1280  # px; the longer side of a film's middle picture


class SoundProblem(EmoseumError):
    """A recording or film that can't be opened; `key` names the sentence that says why."""


@dataclass(frozen=True)
class Sound:
    """A recording, ready to be understood."""

    samples: NDArray[np.float32]  # (N,) mono, 16 kHz, -1..1
    seconds: float
    speech: bool  # somebody speaks (or sings) in it
    prosody: Prosody | None = None  # how they speak; None where that can't be told


def open_sound(data: bytes, intake: Intake) -> Sound:
    """Decode OGG/Opus, M4A, MP3, WAV (RF64, W64), WebM, FLAC, AAC, AMR, AIFF, CAF, AU, WMA, WavPack, AC-3 and the rest of
    `core.intake.DEMUXERS`, or the sound of a film.

    Raises SoundProblem: `intake.sound_too_big`, `intake.not_a_sound`, `intake.sound_broken`, `intake.sound_too_long`,
    `intake.sound_empty`. A recording that breaks off is taken as far as it goes.
    """
    if len(data) > intake.audio_bytes:
        raise SoundProblem("intake.sound_too_big", f"{len(data)} bytes")
    with _opened(data) as container:
        if not container.streams.audio or container.streams.audio[0].codec_context is None:  # None: no decoder for it
            raise SoundProblem("intake.not_a_sound", "no audio stream")
        samples = _samples(container, intake.audio_s)
    seconds = len(samples) / RATE_HZ
    if seconds < 0.1:
        raise SoundProblem("intake.sound_empty", f"{seconds:.2f} s")
    frames = _frames(samples)
    speech = _is_voice(frames)
    return Sound(samples, seconds, speech, _prosody(frames) if speech else None)


def as_wav(samples: NDArray[np.float32]) -> bytes:
    """Sound as a WAV of 16 bits, for whoever takes no other container."""
    file = BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()


def open_video(data: bytes, intake: Intake) -> tuple[Sound | None, NDArray[np.uint8] | None]:
    """A short film's sound and its middle picture (H, W, 3), each None where there is none.

    Raises SoundProblem: `intake.video_too_big` (before anything is decoded), `intake.video_broken`,
    `intake.sound_too_long`.
    """
    if len(data) > intake.audio_bytes:
        raise SoundProblem("intake.video_too_big", f"{len(data)} bytes")
    try:
        sound = open_sound(data, intake)
    except SoundProblem as problem:
        if problem.key not in ("intake.not_a_sound", "intake.sound_empty"):
            raise
        sound = None
    with _opened(data) as container:
        streams = pictures_in(container)
        picture = _middle_picture(container, streams[0], intake) if streams else None
    if sound is None and picture is None:
        raise SoundProblem("intake.video_broken", "neither sound nor picture")
    return sound, picture


def _opened(data: bytes) -> InputContainer:
    import av

    mime = container_of(data)
    demuxer = DEMUXERS.get(mime)
    if demuxer is None:
        raise SoundProblem("intake.not_a_sound", f"bytes of {mime or 'nothing known'}")
    try:
        return av.open(BytesIO(data), mode="r", format=demuxer, options={"max_streams": str(MOST_STREAMS)})
    except (av.FFmpegError, ValueError) as problem:
        raise SoundProblem("intake.sound_broken", str(problem)) from problem


def _breaking_off() -> tuple[type[Exception], ...]:
    """What PyAV raises in the middle of a broken file."""
    import av

    return av.FFmpegError, ValueError, IndexError  # IndexError: a stream that the header has not named


def _samples(container: InputContainer, limit_s: float) -> NDArray[np.float32]:
    """Everything up to the end, or to the first broken packet. Raises SoundProblem past `limit_s`."""
    parts: list[NDArray[np.float32]] = []
    count = 0
    try:
        for part in _resampled(container):
            parts.append(part)
            count += len(part)
            if count > limit_s * RATE_HZ + RATE_HZ // 2:  # half a second of grace for padding
                raise SoundProblem("intake.sound_too_long", f"more than {limit_s} s")
    except _breaking_off() as problem:
        if not count:
            raise SoundProblem("intake.sound_broken", str(problem)) from problem
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _resampled(container: InputContainer) -> Iterator[NDArray[np.float32]]:
    import av

    resampler = av.AudioResampler(format="fltp", layout="mono", rate=RATE_HZ)
    for frame in container.decode(audio=0):
        for part in resampler.resample(frame):
            yield np.nan_to_num(part.to_ndarray()[0])
    for part in resampler.resample(None):
        yield np.nan_to_num(part.to_ndarray()[0])


def _middle_picture(container: InputContainer, stream: VideoStream, intake: Intake) -> NDArray[np.uint8] | None:
    """The first picture at or after the middle, upright and small; the last one where there is none after."""
    import av

    if stream.codec_context is None:  # no decoder for it
        return None
    if stream.width * stream.height > intake.photo_pixels:
        raise SoundProblem("intake.photo_too_many_pixels", f"{stream.width} x {stream.height}")
    middle_s = (container.duration or 0) / 2 / av.time_base
    best = None
    try:
        container.seek(int(middle_s * av.time_base))
        for frame in container.decode(stream):
            best = frame
            if frame.time is None or frame.time >= middle_s:
                break
    except _breaking_off():
        pass  # what was decoded before it broke off is still a picture
    if best is None:
        return None
    scale = min(1.0, FRAME_PIXELS / max(best.width, best.height))
    small = best.reformat(width=max(1, round(best.width * scale)), height=max(1, round(best.height * scale)), format="rgb24")  # fmt: skip
    return np.ascontiguousarray(np.rot90(small.to_ndarray(), round(best.rotation / 90)))


# --- does somebody speak, and how? ---------------------------------------------------------------

_MOST_SURE = 0.4  # of prosody: a hint, never more
_ENOUGH_S = 8.0  # of a voice, after which more of it tells no more
#: What calm reading has, and how far people mostly are from it: semitones between the 20th and the 80th percentile of
#: pitch, syllables a second, and how much weaker the voice is above 1 kHz than below, in dB (six clips, docs/lab.md).
_USUAL = {"pitch": (4.5, 2.0), "pace": (5.0, 1.0), "edge": (-16.0, 14.0)}
_SLOWEST = 2.5  # syllables a second; slower, and for long, is sung or played


@dataclass(frozen=True)
class _Frames:
    """What a recording does, a value every HOP samples; each (F,)."""

    pitch_hz: NDArray[np.float64]
    strength: NDArray[np.float64]  # of the pitch, 0..1
    level_db: NDArray[np.float64]  # of full scale
    edge_db: NDArray[np.float64]  # 1 to 4 kHz against what lies below

    @property
    def loud(self) -> NDArray[np.bool_]:
        """Where something is to be heard."""
        floor_db = np.percentile(self.level_db, 10)
        return np.asarray(self.level_db > max(-55.0, min(floor_db + 6.0, self.level_db.max() - 12.0)))


def is_speech(samples: NDArray[np.float32]) -> bool:
    """True where something sounds like a voice: loud enough, voiced, and moving in pitch and strength.

    A rule, not a model. A voiced frame repeats itself 70 to 400 times a second (normalised autocorrelation, Boersma
    1993); breath, rain and clicks do not, a hum or a beep does but keeps its pitch. A whisper has no pitch: it swells as
    fast as syllables do and hisses now more, now less. Music may pass for a voice.
    """
    return _is_voice(_frames(samples))


def _is_voice(frames: _Frames) -> bool:
    return _is_voiced(frames) or _is_whispered(frames)


def _is_whispered(frames: _Frames) -> bool:
    loud = frames.loud
    seconds = loud.sum() * HOP / RATE_HZ
    if seconds < 0.5 or not 3.0 < _syllables(frames.level_db, loud) / seconds < 9.0:
        return False
    strengths, edges = np.percentile(frames.level_db[loud], (10, 90)), np.percentile(frames.edge_db[loud], (10, 90))
    return bool(strengths[1] - strengths[0] > 9.0 and edges[1] - edges[0] > 10.0 and edges[1] > -10.0)


def _is_voiced(frames: _Frames) -> bool:
    loud = frames.loud
    voiced = loud & (frames.strength > 0.55)
    if voiced.sum() * HOP < 0.3 * RATE_HZ:
        return False
    octaves = np.log2(frames.pitch_hz[voiced])
    moves_in_pitch = np.percentile(octaves, 90) - np.percentile(octaves, 10) > 0.06
    moves_in_strength = np.percentile(frames.level_db[loud], 90) - np.percentile(frames.level_db[loud], 10) > 4.0
    return bool(moves_in_pitch and moves_in_strength)


def prosody(samples: NDArray[np.float32]) -> Prosody | None:
    """How lively somebody speaks, against calm reading; None for a whisper, music or too little of a voice.

    Arousal raises pitch movement, pace and vocal effort (Banse and Scherer 1996); how loud a phone recorded them says
    nothing, nor how high a voice is by nature. Valence can't be told from it.
    """
    return _prosody(_frames(samples))


def _prosody(frames: _Frames) -> Prosody | None:
    loud = frames.level_db > np.percentile(frames.level_db, 95) - 25.0  # a quiet voice speaks as a loud one does
    voiced = loud & (frames.strength > 0.7)
    seconds, share = voiced.sum() * HOP / RATE_HZ, voiced.sum() / max(loud.sum(), 1)
    if seconds < 0.8 or not 0.25 < share < 0.97:  # a whisper has no pitch, and music no breath
        return None
    semitones = 12 * np.log2(frames.pitch_hz[voiced])
    semitones = semitones[np.abs(semitones - np.median(semitones)) < 10]  # beyond, it is an octave mistaken
    moves = np.percentile(semitones, 80) - np.percentile(semitones, 20)
    found = {
        "pitch": moves,
        "pace": _syllables(frames.level_db, loud) / (loud.sum() * HOP / RATE_HZ),
        "edge": np.median(frames.edge_db[voiced]),
    }
    if found["pace"] < _SLOWEST:
        return None
    scores = [np.clip((found[name] - usual) / spread, -2, 2) for name, (usual, spread) in _USUAL.items()]
    return Prosody(float(np.tanh(0.6 * np.mean(scores))), float(_MOST_SURE * min(1.0, seconds / _ENOUGH_S)))


def _syllables(level_db: NDArray[np.float64], loud: NDArray[np.bool_]) -> int:
    """How often it swells by 2 dB and more: about once a syllable (Mermelstein 1975)."""
    window = np.hanning(9)
    smooth = np.convolve(level_db, window / window.sum(), "same")
    tops, lowest = 0, np.inf
    for n in range(1, len(smooth) - 1):
        lowest = min(lowest, smooth[n])
        if loud[n] and smooth[n - 1] <= smooth[n] > smooth[n + 1] and smooth[n] - lowest > 2.0:
            tops, lowest = tops + 1, smooth[n]
    return tops


def _frames(samples: NDArray[np.float32]) -> _Frames:
    padded = np.pad(samples.astype(np.float64), (0, max(0, FRAME - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    pitch, strength, level, edge = [], [], [], []
    window = np.hanning(FRAME)
    own = np.fft.irfft(np.abs(np.fft.rfft(window, 2 * FRAME)) ** 2)[:FRAME]
    low, high = RATE_HZ // 400, RATE_HZ // 70
    hertz = np.fft.rfftfreq(2 * FRAME, 1 / RATE_HZ)
    lift = np.where(hertz < 3000, np.minimum(hertz, 800.0) ** 2, 0.0)
    below, above = (hertz > 80) & (hertz < 1000), (hertz >= 1000) & (hertz < 4000)
    for some in np.array_split(frames, max(1, len(frames) // 1024)):  # a minute at a time bounds the memory
        some = (some - some.mean(1, keepdims=True)) * window
        power = np.abs(np.fft.rfft(some, 2 * FRAME)) ** 2
        level.append(10 * np.log10(power.mean(1) / (window**2).sum() + 1e-12))
        edge.append(10 * np.log10((power[:, above].sum(1) + 1e-9) / (power[:, below].sum(1) + 1e-9)))
        # Wind and rumble are strong and smooth: lifted by 6 dB an octave they no longer look like a low voice.
        repeat = np.fft.irfft(power * lift)[:, :FRAME] / own
        repeat = repeat[:, low:high] / np.maximum(repeat[:, :1], 1e-12)
        best = repeat.argmax(1)
        pitch.append(RATE_HZ / (best + low))
        strength.append(np.where(best > 0, repeat.max(1), 0.0))  # the edge is no peak
    return _Frames(*(np.concatenate(part) for part in (pitch, strength, level, edge)))
