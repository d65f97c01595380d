"""A voice note from any phone becomes plain sound, and we tell whether somebody speaks in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.intake import sniff
from core.ports import EmoseumError
from core.settings import Intake

if TYPE_CHECKING:
    from av.container import InputContainer

RATE_HZ = 16_000
FRAME = 512  # samples: 32 ms
HOP = 256  # samples: 16 ms
FRAME_PIXELS = 1280  # px; the longer side of a film's middle picture

# The demuxer by what the bytes say: left to guess, FFmpeg would also follow play lists to other files.
_DEMUXER = {
    "audio/ogg": "ogg", "video/ogg": "ogg", "audio/mpeg": "mp3", "audio/aac": "aac", "audio/amr": "amr",
    "audio/mp4": "mov", "video/mp4": "mov", "video/quicktime": "mov", "audio/wav": "wav", "audio/flac": "flac",
    "audio/webm": "matroska", "video/webm": "matroska", "video/x-msvideo": "avi",
}  # fmt: skip


class SoundProblem(EmoseumError):
    """A recording or film that can't be opened; `key` names the sentence that says why."""


@dataclass(frozen=True)
class Sound:
    """A recording, ready to be understood."""

    samples: NDArray[np.float32]  # (N,) mono, 16 kHz, -1..1
    seconds: float
    speech: bool  # somebody speaks (or sings) in it


def open_sound(data: bytes, intake: Intake) -> Sound:
    """Decode OGG/Opus, M4A, MP3, WAV, WebM, FLAC, AAC, AMR, or the sound of a film.

    Raises SoundProblem: `intake.sound_too_big`, `intake.not_a_sound`, `intake.sound_broken`, `intake.sound_too_long`,
    `intake.sound_empty`. A recording that breaks off is taken as far as it goes.
    """
    if len(data) > intake.audio_bytes:
        raise SoundProblem("intake.sound_too_big", f"{len(data)} bytes")
    with _opened(data) as container:
        if not container.streams.audio:
            raise SoundProblem("intake.not_a_sound", "no audio stream")
        samples = _samples(container, intake.audio_s)
    seconds = len(samples) / RATE_HZ
    if seconds < 0.1:
        raise SoundProblem("intake.sound_empty", f"{seconds:.2f} s")
    return Sound(samples, seconds, is_speech(samples))


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
        picture = _middle_picture(container, intake) if container.streams.video else None
    if sound is None and picture is None:
        raise SoundProblem("intake.video_broken", "neither sound nor picture")
    return sound, picture


def _opened(data: bytes) -> InputContainer:
    import av

    demuxer = _DEMUXER.get(sniff(data))
    if demuxer is None:
        raise SoundProblem("intake.not_a_sound", f"bytes of {sniff(data) or 'nothing known'}")
    try:
        return av.open(BytesIO(data), mode="r", format=demuxer)
    except (av.FFmpegError, ValueError) as problem:
        raise SoundProblem("intake.sound_broken", str(problem)) from problem


def _samples(container: InputContainer, limit_s: float) -> NDArray[np.float32]:
    """Everything up to the end, or to the first broken packet. Raises SoundProblem past `limit_s`."""
    import av

    parts: list[NDArray[np.float32]] = []
    count = 0
    try:
        for part in _resampled(container):
            parts.append(part)
            count += len(part)
            if count > limit_s * RATE_HZ + RATE_HZ // 2:  # half a second of grace for padding
                raise SoundProblem("intake.sound_too_long", f"more than {limit_s} s")
    except (av.FFmpegError, ValueError) as problem:
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


def _middle_picture(container: InputContainer, intake: Intake) -> NDArray[np.uint8] | None:
    """The first picture at or after the middle, upright and small; the last one where there is none after."""
    import av

    stream = container.streams.video[0]
    if stream.width * stream.height > intake.photo_pixels:
        raise SoundProblem("intake.photo_too_many_pixels", f"{stream.width} x {stream.height}")
    middle_s = (container.duration or 0) / 2 / av.time_base
    best = None
    try:
        container.seek(int(middle_s * av.time_base))
        for frame in container.decode(video=0):
            best = frame
            if frame.time is None or frame.time >= middle_s:
                break
    except (av.FFmpegError, ValueError):
        pass  # what was decoded before it broke off is still a picture
    if best is None:
        return None
    scale = min(1.0, FRAME_PIXELS / max(best.width, best.height))
    small = best.reformat(width=max(1, round(best.width * scale)), height=max(1, round(best.height * scale)), format="rgb24")  # fmt: skip
    return np.ascontiguousarray(np.rot90(small.to_ndarray(), round(best.rotation / 90)))


# --- does somebody speak? ------------------------------------------------------------------------


def is_speech(samples: NDArray[np.float32]) -> bool:
    """True where something sounds like a voice: loud enough, voiced, and moving in pitch and strength.

    A rule, not a model. A voiced frame repeats itself 70 to 400 times a second (normalised autocorrelation, Boersma
    1993); breath, rain and clicks do not, a hum or a beep does but keeps its pitch. Music may pass for a voice.
    """
    pitch_hz, strength, level_db = _frames(samples)
    floor_db = np.percentile(level_db, 10)
    loud = level_db > max(-55.0, min(floor_db + 6.0, level_db.max() - 12.0))
    voiced = loud & (strength > 0.55)
    if voiced.sum() * HOP < 0.3 * RATE_HZ:
        return False
    octaves = np.log2(pitch_hz[voiced])
    moves_in_pitch = np.percentile(octaves, 90) - np.percentile(octaves, 10) > 0.06
    moves_in_strength = np.percentile(level_db[loud], 90) - np.percentile(level_db[loud], 10) > 4.0
    return bool(moves_in_pitch and moves_in_strength)


def _frames(samples: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Pitch in Hz, its strength 0..1 and the level in dB of full scale, a value every HOP samples."""
    padded = np.pad(samples.astype(np.float64), (0, max(0, FRAME - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    pitch, strength, level = [], [], []
    window = np.hanning(FRAME)
    own = np.fft.irfft(np.abs(np.fft.rfft(window, 2 * FRAME)) ** 2)[:FRAME]
    low, high = RATE_HZ // 400, RATE_HZ // 70
    hertz = np.fft.rfftfreq(2 * FRAME, 1 / RATE_HZ)
    lift = np.where(hertz < 3000, np.minimum(hertz, 800.0) ** 2, 0.0)
    for some in np.array_split(frames, max(1, len(frames) // 1024)):  # a minute at a time bounds the memory
        some = (some - some.mean(1, keepdims=True)) * window
        power = np.abs(np.fft.rfft(some, 2 * FRAME)) ** 2
        level.append(10 * np.log10(power.mean(1) / (window**2).sum() + 1e-12))
        # Wind and rumble are strong and smooth: lifted by 6 dB an octave they no longer look like a low voice.
        repeat = np.fft.irfft(power * lift)[:, :FRAME] / own
        repeat = repeat[:, low:high] / np.maximum(repeat[:, :1], 1e-12)
        best = repeat.argmax(1)
        pitch.append(RATE_HZ / (best + low))
        strength.append(np.where(best > 0, repeat.max(1), 0.0))  # the edge is no peak
    return np.concatenate(pitch), np.concatenate(strength), np.concatenate(level)
