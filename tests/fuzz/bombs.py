"""Files that promise far more than they hold, and `python -m tests.fuzz.bombs FOLDER`: what opening each costs."""

from __future__ import annotations

import io
import re
import struct
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np


def bombs() -> Iterator[tuple[str, bytes]]:
    """Names and bytes, a small file each."""
    from PIL import Image

    def saved(image: Image.Image, kind: str, **more: object) -> bytes:
        file = io.BytesIO()
        image.save(file, kind, **more)
        return file.getvalue()

    yield "16,000 x 16,000 PNG", saved(Image.new("1", (16_000, 16_000)), "PNG")
    yield "7,000 x 7,000 palette PNG", saved(Image.new("P", (7_000, 7_000)), "PNG", transparency=0)
    yield (
        "7,000 x 7,000 RGBA WebP",
        bytes.fromhex("524946461a000000574542505650384c0d0000002f57dbd516071011118888fe0700"),
    )
    yield "7,000 x 7,000 float TIFF", saved(Image.new("F", (7_000, 7_000)), "TIFF", compression="tiff_lzw")
    yield "1 x 100,000 PNG", saved(Image.new("RGB", (1, 100_000)), "PNG")
    yield "100,000 x 1 PNG", saved(Image.new("RGB", (100_000, 1)), "PNG")
    yield "1 x 60,000 JPEG", saved(Image.new("RGB", (1, 60_000)), "JPEG")
    yield "GIF of 65,535 x 65,535 with one pixel", _gif(65_535)
    yield "PNG that says 2,147,483,647 x 1", _png(2**31 - 1, 1)
    yield "WAV that promises 2^31 samples", _wav(size=2**32 - 1)
    yield "WAV at 1 Hz", _wav(rate=1, seconds=4000)
    yield "WAV at 2^31 - 1 Hz", _wav(rate=2**31 - 1)
    yield "WAV with 65,535 channels", _wav(channels=65_535)
    yield "an hour of silence in FLAC", _hour()


def _gif(side: int) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + bytes(6)
    return head + b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00;"


def _png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def _wav(*, rate: int = 16_000, channels: int = 1, seconds: float = 0.5, size: int = 0) -> bytes:
    frames = bytes(2 * int(min(seconds * rate, 8000)))
    rest = struct.pack("<HHIIHH", 1, channels, rate, 2 * rate % 2**32, 2 * channels % 2**16, 16)
    said = size or len(frames)
    return (
        b"RIFF" + struct.pack("<I", min(2**32 - 1, 36 + said)) + b"WAVEfmt " + struct.pack("<I", 16) + rest
        + b"data" + struct.pack("<I", said) + frames
    )  # fmt: skip


def _hour() -> bytes:
    import av

    file = io.BytesIO()
    with av.open(file, "w", format="flac") as out:
        stream = out.add_stream("flac", rate=8000, layout="mono")
        quiet = np.zeros((1, 8000 * 60), np.int16)
        for n in range(60):
            frame = av.AudioFrame.from_ndarray(quiet, format="s16", layout="mono")
            frame.rate, frame.pts = 8000, n * quiet.shape[1]
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return file.getvalue()


def cost(folder: Path) -> Iterator[tuple[str, str, float, float]]:
    """(name, what became of it, seconds of processor, MB of resident memory at the most so far), with the usual limits."""
    from core.emotion.face import read_face
    from core.emotion.photo import open_photo
    from core.emotion.voice import open_sound
    from core.intake import accept
    from core.ports import EmoseumError
    from core.settings import Intake

    for file in sorted(folder.iterdir()):
        data, began_s = file.read_bytes(), time.process_time()
        accepted = accept(data, file.name, Intake())
        try:
            if accepted.kind == "photo":
                read_face(open_photo(data, Intake()).rgb)
            else:
                open_sound(data, Intake())
            became = "opened"
        except EmoseumError as error:
            became = error.key
        used_mb = int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]) / 1024
        yield file.name, accepted.problem or became, time.process_time() - began_s, used_mb


if __name__ == "__main__":
    for name, became, seconds, used_mb in cost(Path(sys.argv[1])):
        print(f"{name}\t{became}\t{seconds:.2f}\t{used_mb:.0f}")
