"""Small files of every kind, made here, from which the fuzzing begins."""

from __future__ import annotations

import io

import numpy as np

TEXTS = (
    "오늘은 친구랑 떡볶이를 먹었다. 너무 행복했다! ㅋㅋㅋ",
    "할머니가 돌아가셨다 ㅠㅠ 하지만 가족이 있어서 다행이다",
    "I passed the exam, but my cat is sick and I'm so worried...",
    "배고파 죽겠다. this homework is killing me 😭😭",
    "죽고 싶다는 생각이 들었다. 안 그러기로 했다",
    "친구가 죽고 싶대. what should I do?",
    "안 좋지 않았다 별로 not bad at all",
    "ㄱㄴㄷ ㅏㅑㅓ ㅠㅜ ㅋ 걱정이 하나도 없다",
    "\u202e뒤집힌 글\u202c مرحبا \u200b\u200d\ufeff \u0000\u0007\x1b[31m",
    "👨‍👩‍👧‍👦🏳️‍🌈🇰🇷👍🏽",
    "고마워! 너 사람이야? 오늘 뭐 했어?",
    "2026-11-20 3.5% @someone https://example.org/?q=1 #해시태그",
)


def texts() -> list[bytes]:
    """Lines of both languages and no language."""
    return [text.encode() for text in TEXTS]


def photos() -> list[bytes]:
    """Eight kinds of picture, 24 x 16, some with transparency, a palette, sixteen bits, frames, EXIF."""
    from PIL import Image
    from pillow_heif import register_heif_opener

    register_heif_opener()
    ramp = np.add.outer(np.arange(16) * 9, np.arange(24) * 5).astype(np.uint8)
    colour = Image.fromarray(np.stack([ramp, ramp[::-1], ramp[:, ::-1]], axis=2))
    exif = Image.Exif()
    exif[0x0112] = 6

    def saved(image: Image.Image, kind: str, **more: object) -> bytes:
        file = io.BytesIO()
        image.save(file, kind, **more)
        return file.getvalue()

    return [
        saved(colour, "JPEG", exif=exif),
        saved(colour.convert("CMYK"), "JPEG", progressive=True),
        saved(colour, "PNG"),
        saved(colour.convert("P", palette=Image.Palette.ADAPTIVE), "PNG", transparency=3),
        saved(Image.fromarray(ramp.astype(np.uint16) * 200), "PNG"),
        saved(colour.convert("RGBA"), "WEBP"),
        saved(colour.convert("RGB"), "WEBP", save_all=True, append_images=[colour.rotate(90)]),
        saved(colour.convert("P"), "GIF", save_all=True, append_images=[colour.rotate(180).convert("P")]),
        saved(colour, "BMP"),
        saved(colour.convert("1"), "TIFF"),
        saved(colour, "TIFF", compression="tiff_lzw"),
        saved(Image.fromarray(ramp.astype(np.float32) / 255), "TIFF"),
        saved(colour, "AVIF", quality=30),
        saved(colour, "HEIF", quality=30),
    ]


SOUNDS = {
    "ogg": ("libopus", 48000),
    "webm": ("libopus", 48000),
    "mp3": ("libmp3lame", 44100),
    "ipod": ("aac", 44100),
    "adts": ("aac", 44100),
    "wav": ("pcm_s16le", 8000),
    "flac": ("flac", 16000),
    "aiff": ("pcm_s16be", 8000),
    "caf": ("alac", 44100),
    "w64": ("pcm_s16le", 8000),
    "au": ("pcm_s16be", 8000),
    "asf": ("wmav2", 44100),
}


def sounds() -> list[bytes]:
    """A third of a second of a hum in twelve containers, and four short films."""
    return [_recorded(container, *codec) for container, codec in SOUNDS.items()] + films()


def films() -> list[bytes]:
    """Half a second of two colours in MP4, WebM, AVI and ASF."""
    return [_filmed("mp4", "mpeg4"), _filmed("webm", "libvpx"), _filmed("avi", "mpeg4"), _filmed("asf", "wmv2")]


def _recorded(container: str, codec: str, rate: int) -> bytes:
    import av

    file, seconds = io.BytesIO(), 0.3
    hum = (9000 * np.sin(np.arange(int(seconds * rate)) * 2 * np.pi * 180 / rate)).astype(np.int16)
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, layout="mono")
        if codec == "wmav2":
            stream.bit_rate = 48_000  # it takes no more of one channel
        frame = av.AudioFrame.from_ndarray(hum[None], format="s16", layout="mono")
        frame.rate = rate
        resampler = av.AudioResampler(
            format=stream.format, layout="mono", rate=rate, frame_size=stream.frame_size or 1024
        )
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    return file.getvalue()


def _filmed(container: str, codec: str) -> bytes:
    import av

    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=8)
        stream.width, stream.height, stream.pix_fmt = 32, 16, "yuv420p"
        for n in range(4):
            pixels = np.full((16, 32, 3), (220, 40 * n, 0), np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        out.mux(stream.encode(None))
    return file.getvalue()
