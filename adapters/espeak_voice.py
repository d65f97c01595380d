"""espeak-ng speaks: a program of its own, so that a fault in a native library takes nobody with it.

    python espeak_voice.py ko < words > samples

It reads UTF-8 words and writes mono 16-bit samples at 22,050 Hz. Only the standard library and espeakng-loader.
"""

from __future__ import annotations

import ctypes
import sys

RATE_HZ = 22_050
WORDS_A_MINUTE = {"ko": 150, "en": 155}
_VOICES = {"ko": b"ko+f2", "en": b"en-us+f2"}
_RETRIEVAL, _RATE, _RANGE, _GAP, _CHARACTERS, _UTF8 = 1, 1, 4, 7, 1, 1  # names of speak_lib.h
_Heard = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


def speak(words: str, language: str) -> bytes:
    """The words as samples. Raises OSError where the library does not start."""
    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    samples: list[bytes] = []

    def heard(wave: int | None, count: int, _events: int | None) -> int:
        if wave and count > 0:
            samples.append(ctypes.string_at(wave, 2 * count))
        return 0

    callback = _Heard(heard)
    if library.espeak_Initialize(_RETRIEVAL, 0, espeakng_loader.get_data_path().encode(), 0) != RATE_HZ:
        raise OSError("espeak-ng does not start")
    library.espeak_SetSynthCallback(callback)
    if library.espeak_SetVoiceByName(_VOICES[language]):
        raise OSError(f"espeak-ng has no voice for {language}")
    library.espeak_SetParameter(_RATE, WORDS_A_MINUTE[language], 0)
    library.espeak_SetParameter(_RANGE, 60, 0)  # a little more melody than the usual 50
    library.espeak_SetParameter(_GAP, 2, 0)  # 10 ms each, between words
    said = words.encode() + b"\0"
    if library.espeak_Synth(said, ctypes.c_size_t(len(said)), 0, _CHARACTERS, 0, _UTF8, None, None):
        raise OSError("espeak-ng does not speak")
    library.espeak_Synchronize()
    return b"".join(samples)


if __name__ == "__main__":
    sys.stdout.buffer.write(speak(sys.stdin.buffer.read().decode(), sys.argv[1]))
