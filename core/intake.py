"""What kind of file came in, told from its bytes and never from its name."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

from core.ports import EmoseumError
from core.settings import Intake

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream
    from PIL import Image

#: Photos, each with the one decoder of PIL that may try it.
PHOTOS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
    "image/heic": "HEIF",
    "image/avif": "AVIF",
}

_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"OggS", "audio/ogg"),
    (b"\x1aE\xdf\xa3", "audio/webm"),  # EBML: Matroska and WebM
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"#!AMR", "audio/amr"),
    (b"caff\0\x01", "audio/x-caf"),
    (b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0", "audio/x-w64"),
    (b".snd\0\0", "audio/basic"),
    (b"FLV\x01", "video/x-flv"),
    (b"TTA1", "audio/x-tta"),
    (b"\0\0\x01\xba", "video/mpeg"),  # a program stream, as DVDs and old cameras have
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\x7fELF", "application/x-executable"),
    (b"MZ", "application/x-executable"),
)
#: FFmpeg's demuxer by what the first bytes say: left to guess, it would also follow play lists to other files.
DEMUXERS = {
    "audio/ogg": "ogg", "audio/mpeg": "mp3", "audio/aac": "aac", "audio/amr": "amr", "audio/mp4": "mov", "video/mp4": "mov",
    "video/quicktime": "mov", "audio/wav": "wav", "audio/flac": "flac", "audio/webm": "matroska", "video/x-msvideo": "avi",
    "audio/aiff": "aiff", "audio/x-caf": "caf", "audio/x-w64": "w64", "audio/basic": "au", "audio/x-ms-asf": "asf",
    "video/mp2t": "mpegts", "video/mpeg": "mpeg", "video/x-flv": "flv", "audio/x-wavpack": "wv", "audio/ac3": "ac3",
    "audio/eac3": "eac3", "audio/x-tta": "tta",
}  # fmt: skip
#: What holds a film or only its sound; here under the name it keeps where it can't be asked which.
_EITHER = frozenset(
    ["audio/webm", "audio/ogg", "audio/x-ms-asf", "video/mp4", "video/quicktime", "video/x-msvideo", "video/mp2t",
     "video/mpeg", "video/x-flv"]
)  # fmt: skip
_HEADER_BYTES = 4 * 1024 * 1024  # read at most, to ask a container what is in it
_ASKING = {
    "probesize": "262144",  # bytes
    "analyzeduration": "1000000",  # microseconds: FLV and DVDs name a stream where it begins
    "codec_whitelist": "none",  # nothing is decoded
}
LARGE_PIXELS = 16_000_000  # past which a photo is unpacked alone: 50 million of a WebP of 34 bytes take 800 MB
_LARGE = threading.Lock()
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_PHOTO_ENDINGS = ("jpg", "jpeg", "png", "webp", "gif", "heic", "heif", "avif", "bmp", "tif", "tiff")
_SOUND_ENDINGS = (
    "ogg", "oga", "opus", "mp3", "m4a", "aac", "wav", "weba", "webm", "flac", "amr", "mp4", "mov", "3gp", "mka", "mkv",
    "aif", "aiff", "aifc", "caf", "w64", "rf64", "au", "snd", "wma", "wmv", "asf", "avi", "ts", "mts", "m2ts", "mpg", "mpeg",
    "vob", "flv", "wv", "ac3", "eac3", "tta", "dts",
)  # fmt: skip
_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")  # the header's GUID


class PhotoProblem(EmoseumError):
    """A photo that can't be opened; `key` names the sentence that says why."""


@dataclass(frozen=True)
class Accepted:
    """A file as we see it; where `problem` is set it is not taken and the key names the sentence that says why."""

    mime: str  # "" where it is nothing we know
    kind: str  # photo | sound | video | ""
    problem: str = ""


def sniff(data: bytes) -> str:
    """The mime type of a file, "" where it is nothing we know: by its first bytes, and a container that may hold a film
    or only sound is asked which (about a millisecond; nothing is decoded)."""
    mime = container_of(data)
    if mime not in _EITHER or (film := _is_film(data, DEMUXERS[mime])) is None:
        return mime
    if mime == "video/quicktime" and not film:
        return "audio/mp4"
    return f"{'video' if film else 'audio'}/{mime.partition('/')[2]}"


def container_of(data: bytes) -> str:
    """The mime type of a file by its first bytes alone: it opens what it names, but a film may pass for a sound there
    and a sound for a film."""
    for magic, mime in _MAGIC:
        if data.startswith(magic):
            return mime
    if data[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(data[8:12], "")
    if data[:4] == b"RF64" and data[8:12] == b"WAVE":
        return "audio/wav"
    if data[:4] == b"FORM" and data[8:12] in (b"AIFF", b"AIFC"):
        return "audio/aiff"
    if data.startswith(_ASF):
        return "audio/x-ms-asf"
    if data[4:8] == b"ftyp":
        return _iso_media(data)
    if data[:1] == b"\0" and data[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "video/quicktime"  # older than its brands
    if data[:2] == b"BM" and data[6:10] == b"\0\0\0\0":
        return "image/bmp"
    return _mpeg_frame(data) or ("text/plain" if _is_text(data) else _without_a_name(data))


def pictures_in(container: InputContainer) -> list[VideoStream]:
    """The streams of moving pictures: the cover of a record is none."""
    from av.stream import Disposition

    return [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]


class _Header(BytesIO):
    """A file of which no more than `_HEADER_BYTES` are given out, wherever they are read."""

    left = _HEADER_BYTES

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = self.left if size is None or size < 0 else min(size, self.left)
        found = super().read(wanted)
        self.left -= len(found)
        return found


def _is_film(data: bytes, demuxer: str) -> bool | None:
    """True where there are moving pictures in it, False where there is sound and none, None where neither is told."""
    import av  # here, because importing is free

    try:
        with av.open(_Header(data), mode="r", format=demuxer, options=_ASKING) as container:
            return True if pictures_in(container) else (False if container.streams.audio else None)
    except (av.FFmpegError, ValueError, OverflowError):
        return None


def accept(data: bytes, name: str, intake: Intake) -> Accepted:
    """Look at a file before it is kept; `name` only chooses the words of a refusal.

    A photo is unpacked once, so that a broken one is told at the door: some 50 ms for a phone's, in a thread.
    """
    if not data:
        return Accepted("", "", "intake.empty")
    mime = sniff(data)
    kind = kind_of(mime)
    if not kind:
        return Accepted(mime, "", _refusal(mime, name))
    if len(data) > (intake.photo_bytes if kind == "photo" else intake.audio_bytes):
        return Accepted(mime, kind, f"intake.{kind}_too_big")
    if kind == "photo":
        try:
            _unpack(data, intake)
        except PhotoProblem as problem:
            return Accepted(mime, kind, problem.key)
    return Accepted(mime, kind)


def open_header(data: bytes, intake: Intake) -> Image.Image:
    """A photo of which only the header was read; its pixels are unpacked when they are first asked for.

    Raises PhotoProblem: `intake.not_an_image`, `intake.photo_too_many_pixels`, `intake.photo_broken`.
    """
    from PIL import Image  # here, because importing is free

    mime = container_of(data)
    if mime not in PHOTOS:
        raise PhotoProblem("intake.not_an_image", f"bytes of {mime or 'nothing known'}")
    _know_every_format()
    try:
        image = Image.open(BytesIO(data), formats=[PHOTOS[mime]])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as problem:  # past 178 (89) million pixels
        raise PhotoProblem("intake.photo_too_many_pixels", str(problem)) from problem
    except Exception as problem:  # the decoders raise whatever a broken file makes them stumble over
        raise PhotoProblem("intake.photo_broken", f"{type(problem).__name__}: {problem}") from problem
    if image.width * image.height > intake.photo_pixels:
        raise PhotoProblem("intake.photo_too_many_pixels", f"{image.width} x {image.height}")
    return image


def unpacking(image: Image.Image) -> AbstractContextManager[object]:
    """To be held while a photo's pixels are there: large ones take their turn."""
    return _LARGE if image.width * image.height > LARGE_PIXELS else nullcontext()


def _unpack(data: bytes, intake: Intake) -> None:
    """Read a photo to its end. Raises PhotoProblem."""
    with open_header(data, intake) as image:
        try:
            image.draft("L", (64, 64))  # JPEG: an eighth of the size shows as well that nothing is missing
            with unpacking(image):
                image.load()
        except Exception as problem:  # the decoders raise whatever a broken file makes them stumble over
            raise PhotoProblem("intake.photo_broken", f"{type(problem).__name__}: {problem}") from problem


@cache
def _know_every_format() -> None:
    from PIL import Image
    from pillow_heif import register_heif_opener

    Image.init()
    register_heif_opener()


def kind_of(mime: str) -> str:
    """photo | sound | video, or "" where it is nothing that we can look at or listen to."""
    if mime in PHOTOS:
        return "photo"
    return {"audio": "sound", "video": "video"}.get(mime.partition("/")[0], "")


def too_big(file_bytes: int, intake: Intake) -> bool:
    """True where no file of that size is taken, whatever it is: to stop before it is even downloaded."""
    return file_bytes > max(intake.photo_bytes, intake.audio_bytes)


def _refusal(mime: str, name: str) -> str:
    ending = name.lower().rpartition(".")[2]
    if ending in _PHOTO_ENDINGS:
        return "intake.not_an_image"
    if ending in _SOUND_ENDINGS:
        return "intake.not_a_sound"
    return "intake.document" if mime in ("application/pdf", "text/plain") else "intake.unknown_file"


def _iso_media(data: bytes) -> str:
    """MP4 and its relatives: the brand tells photos."""
    brand = data[8:12]
    if brand in (b"avif", b"avis"):
        return "image/avif"
    if brand in _HEIF_BRANDS:
        return "image/avif" if b"avif" in data[16:64] else "image/heic"
    if brand in (b"M4A ", b"M4B ", b"M4P "):
        return "audio/mp4"
    return "video/quicktime" if brand == b"qt  " else "video/mp4"


def _without_a_name(data: bytes) -> str:
    """What is told by signs so short that words could begin with them."""
    if data[:4] == b"wvpk" and data[9:10] == b"\x04":
        return "audio/x-wavpack"
    if data[:2] == b"\x0bw" and len(data) > 5:
        return "audio/ac3" if data[5] >> 3 <= 10 else "audio/eac3"
    for begin, packet_bytes in ((0, 188), (4, 192)):  # broadcast, and as camcorders keep it
        if data[begin : begin + 2 * packet_bytes + 1 : packet_bytes] == b"GGG":
            return "video/mp2t"
    return ""


def _mpeg_frame(data: bytes) -> str:
    """MP3 or AAC without a tag: eleven set bits, then a layer and rates that exist."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
        return ""
    if data[1] & 0xF6 == 0xF0:
        return "audio/aac"
    layer, bit_rate, sample_rate = data[1] >> 1 & 3, data[2] >> 4, data[2] >> 2 & 3
    return "audio/mpeg" if layer and 0 < bit_rate < 15 and sample_rate < 3 else ""


def _is_text(data: bytes) -> bool:
    """True for UTF-8 without control signs; a character cut off at the end of the sample is no fault."""
    sample = data[:4096]
    try:
        text = sample.decode("utf-8")
    except UnicodeDecodeError as problem:
        if problem.start < len(sample) - 3:
            return False
        text = sample[: problem.start].decode("utf-8")
    return bool(text) and not any(ord(sign) < 32 and sign not in "\t\r\n\f" for sign in text)
