"""A film becomes what we can look at and listen to: the picture from its middle, and its sound."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from core.settings import Intake

if TYPE_CHECKING:
    from core.emotion.voice import Sound

JPEG_QUALITY = 90
SOUND_BITS_PER_S = 32_000


def frame_and_sound(data: bytes, intake: Intake) -> list[tuple[str, bytes]]:
    """(mime, bytes) of the middle picture (JPEG) and of the sound (OGG/Opus, mono), each only where there is one.

    Takes seconds for a long film, so call it in a thread. Raises core.emotion.voice.SoundProblem:
    `intake.video_too_big`, `intake.video_broken`, `intake.sound_too_long`, `intake.photo_too_many_pixels` and others.
    """
    from PIL import Image  # here, because importing is free

    from core.emotion.voice import SoundProblem, open_video

    try:
        sound, picture = open_video(data, intake)
    except SoundProblem as problem:
        if problem.key != "intake.sound_broken":
            raise
        raise SoundProblem("intake.video_broken", str(problem)) from problem
    parts: list[tuple[str, bytes]] = []
    if picture is not None:
        file = BytesIO()
        Image.fromarray(picture).save(file, "JPEG", quality=JPEG_QUALITY)
        parts.append(("image/jpeg", file.getvalue()))
    if sound is not None:
        parts.append(("audio/ogg", _opus(sound)))
    return parts


def _opus(sound: Sound) -> bytes:
    """The sound in a twelfth of the bytes."""
    import av

    from core.emotion.voice import RATE_HZ

    file = BytesIO()
    with av.open(file, "w", format="ogg") as out:
        stream: Any = out.add_stream("libopus", rate=RATE_HZ, layout="mono")
        stream.bit_rate = SOUND_BITS_PER_S
        frame = av.AudioFrame.from_ndarray(sound.samples[None, :], format="fltp", layout="mono")
        frame.sample_rate = RATE_HZ
        frame.pts = 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return file.getvalue()
