"""A score becomes sound: a soundfont plays each part, the parts are mixed in a small room, the level is set."""

from __future__ import annotations

import io
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from core.ports import EngineMissing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.music.score import Score

    Samples = NDArray[np.float32]  # (2, n) in -1..1 at RATE

RATE = 48_000  # samples a second; the K-weighting below is given for it
TARGET_LUFS = -16.0
PEAK_DBTP = -1.5  # before coding: a lossy codec may add half a decibel, the file stays below -1

#: Loudness of a part against the lead in dB, place from left to right in -1..1, and how much of it the room hears.
_MIX = {
    "lead": (0.0, 0.08, 0.20), "comp": (-5.0, -0.22, 0.18), "bass": (-6.5, 0.0, 0.06),
    "pad": (-11.0, 0.0, 0.30), "sparkle": (-9.0, 0.35, 0.40), "drums": (-20.0, 0.12, 0.12),
}  # fmt: skip

#: MP3 plays in every current browser, Safari and codec-poor Chromium builds included, Telegram's sendAudio takes only
#: MP3 and M4A, and its patents have ended. Opus sounds better per bit but is refused by sendAudio and by older Safari.
DEFAULT_KIND: Literal["mp3"] = "mp3"
MIMES = {"mp3": "audio/mpeg", "m4a": "audio/mp4", "ogg": "audio/ogg"}
_CODERS = {"mp3": ("mp3", "libmp3lame", 128_000), "m4a": ("ipod", "aac", 128_000), "ogg": ("ogg", "libopus", 96_000)}


_LAME_SCALE = 0.95  # LAME turns everything down by this at our bit rate


def render(score: Score) -> Samples:
    """The piece as samples (2, n), `score.plan.seconds` long, at -16 LUFS and below -1.5 dB true peak."""
    import numpy as np
    from scipy.signal import butter, sosfilt

    from core.music.score import PARTS, to_symusic

    length = round(score.plan.seconds * RATE)
    dry = np.zeros((2, length), np.float32)
    wet = np.zeros((1, length), np.float32)
    lead_lufs: float | None = None
    for part in PARTS:
        if not any(note.part == part for note in score.notes):
            continue
        stem = _play(to_symusic(score, [part]), length)
        soft_hz = 6000 if part == "drums" else getattr(score.plan, part).soft_hz
        stem = sosfilt(butter(2, soft_hz, fs=RATE, output="sos"), stem, axis=1).astype(np.float32)
        level = loudness(stem.mean(axis=0, keepdims=True))
        lead_lufs = level if lead_lufs is None else lead_lufs
        gain_db, place, room = _MIX[part]
        gain = 10 ** ((lead_lufs + gain_db - level) / 20)
        angle = (place + 1) * np.pi / 4
        placed = stem * np.array([[np.cos(angle)], [np.sin(angle)]], np.float32) * np.float32(gain * np.sqrt(2))
        dry += placed
        wet += np.float32(room) * placed.mean(axis=0, keepdims=True)
    return _finished(dry + _room(wet))


def encode(samples: Samples, kind: str = DEFAULT_KIND, title: str = "") -> bytes:
    """Samples (2, n) as a file: "mp3", "m4a" (AAC) or "ogg" (Opus)."""
    import av
    import numpy as np

    container, codec, bits_per_s = _CODERS[kind]
    file = io.BytesIO()
    if kind == "mp3":
        samples = samples / np.float32(_LAME_SCALE)
    with av.open(file, "w", format=container) as out:
        if title:
            out.metadata["title"] = title
        speed = {"compression_level": "7"} if kind == "mp3" else {}
        stream: Any = out.add_stream(codec, rate=RATE, layout="stereo", options=speed)
        stream.bit_rate = bits_per_s
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
        frame.sample_rate = RATE
        frame.pts = 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return file.getvalue()


def loudness(samples: Samples) -> float:
    """Integrated loudness in LUFS of samples (channels, n) at RATE, after ITU-R BS.1770-4; -inf for silence."""
    import numpy as np
    from scipy.signal import sosfilt

    k_weighting = [
        [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585],  # shelf
        [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621],  # high pass
    ]
    weighted = sosfilt(k_weighting, samples, axis=1)
    hop = RATE // 10  # blocks of 400 ms that overlap by three quarters
    hops = (weighted[:, : weighted.shape[1] // hop * hop] ** 2).reshape(len(samples), -1, hop).mean(axis=2).sum(axis=0)
    if len(hops) < 4:
        return -np.inf
    power = np.convolve(hops, np.full(4, 0.25), "valid")
    gated = power[power > 10 ** ((-70 + 0.691) / 10)]
    if not len(gated):
        return -np.inf
    gated = gated[gated > gated.mean() / 10]  # ten LU below
    return float(-0.691 + 10 * np.log10(gated.mean()))


def true_peak(samples: Samples) -> float:
    """The highest peak between the samples, linear, by four times oversampling (ITU-R BS.1770-4, annex 2)."""
    import numpy as np
    from scipy.signal import resample_poly

    return float(np.abs(resample_poly(samples, 4, 1, axis=1)).max())


@cache
def _synthesizer() -> Any:
    """The soundfont player. Raises EngineMissing where the soundfont is not installed."""
    import symusic

    spec = find_spec("pretty_midi")  # only the soundfont that its wheel carries is used
    folder = Path(next(iter(spec.submodule_search_locations or ()))) if spec else Path()
    font = folder / "TimGM6mb.sf2"
    if not font.is_file():
        raise EngineMissing("music.missing", "the soundfont TimGM6mb.sf2 of pretty_midi is missing")
    return symusic.Synthesizer(str(font), RATE, 4)


def _play(piece: Any, length: int) -> Samples:
    """One part as samples (2, length); a silent last note keeps the player going until the sound has died."""
    import numpy as np
    import symusic

    from core.music.score import TICKS

    sound = np.zeros((2, length), np.float32)
    piece.tracks[0].notes.append(symusic.Note(piece.end() + 8 * TICKS, TICKS, 0, 1))
    played = np.asarray(_synthesizer().render(piece, stereo=True))[:, :length]
    sound[:, : played.shape[1]] = played
    return sound


def _room(sound: Samples) -> Samples:
    """The sound (1, n) as a small warm hall gives it back from all sides (2, n)."""
    from scipy.signal import oaconvolve

    return oaconvolve(sound, _hall(), axes=1)[:, : sound.shape[1]]


@cache
def _hall() -> Samples:
    """An impulse response: quiet at first, then noise that dies within 1.6 s, its highs sooner than its lows."""
    import numpy as np
    from scipy.signal import lfilter

    rng = np.random.default_rng(1770)
    time_s = np.arange(int(1.6 * RATE)) / RATE
    noise = rng.standard_normal((2, len(time_s)))
    dark = lfilter([0.12], [1, -0.88], noise, axis=1)
    tail = (0.35 * noise * np.exp(-time_s / 0.10) + 2.2 * dark * np.exp(-time_s / 0.32)) * np.minimum(1, time_s / 0.012)
    tail[:, : int(0.008 * RATE)] = 0
    tail -= tail.mean(axis=1, keepdims=True)
    tail /= np.sqrt((tail**2).sum(axis=1, keepdims=True))
    return tail.astype(np.float32)


def _finished(sound: Samples) -> Samples:
    """No rumble, soft edges, the target loudness, and peaks held below the ceiling."""
    import numpy as np
    from scipy.signal import butter, sosfilt

    sound = sosfilt(butter(2, 28, "highpass", fs=RATE, output="sos"), sound, axis=1).astype(np.float32)
    fade_in, fade_out = round(0.02 * RATE), round(2.5 * RATE)
    sound[:, :fade_in] *= np.linspace(0, 1, fade_in, dtype=np.float32)
    sound[:, -fade_out:] *= 0.5 + 0.5 * np.cos(np.linspace(0, np.pi, fade_out, dtype=np.float32))
    level = loudness(sound)
    if level == -np.inf:
        return sound
    loud = sound * np.float32(10 ** ((TARGET_LUFS - level) / 20))
    limited = _limited(loud)
    if limited is loud:
        return loud
    return _limited(limited * np.float32(10 ** ((TARGET_LUFS - loudness(limited)) / 20)))  # what the limiter took


def _limited(sound: Samples) -> Samples:
    """Turn down smoothly, 5 ms ahead of each peak, whatever would pass the ceiling."""
    import numpy as np
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    ceiling = 10 ** (PEAK_DBTP / 20)
    peaks = np.abs(sound).max(axis=0)
    if peaks.max() < 0.7 * ceiling:  # between the samples it can't be more than 3 dB higher
        return sound
    between = true_peak(sound) / peaks.max()
    gain = np.minimum(1.0, ceiling / np.maximum(peaks * max(1.0, between), 1e-9))
    window = round(0.005 * RATE)
    gain = uniform_filter1d(minimum_filter1d(gain, 2 * window + 1), window)
    return (sound * gain).astype(np.float32)
