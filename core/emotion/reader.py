"""Who reads words and faces: the embedded models, or a large one once it is loaded, for what it has learned."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from core.emotion.language import guess_language
from core.emotion.text import TextEmotion
from core.entities import Emotion
from core.ports import EngineMissing
from core.trouble import describe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.emotion.face_large import LargeFace
    from core.emotion.text_transformers import TransformerText
    from core.entities import Box, FaceReading

log = logging.getLogger(__name__)
Engine = TypeVar("Engine")


class Beside(Generic[Engine]):
    """An engine that is loaded once, beside whatever else is done; `now` is None before that, and for good where it can't be."""

    def __init__(self, what: str, name: str, load: Callable[[], Engine]) -> None:
        self.now: Engine | None = None
        self._what, self._name, self._load = what, name, load
        self._loading: threading.Thread | None = None
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Begin to load, once."""
        with self._lock:
            if self._loading is None:
                self._loading = threading.Thread(target=self._run, name=f"large {self._what} engine", daemon=True)
                self._loading.start()

    def ready(self, timeout_s: float) -> bool:
        """Wait until it is loaded or cannot be; True where it reads from now on."""
        self.begin()
        if self._loading is not None:
            self._loading.join(timeout_s)
        return self.now is not None

    def give_up(self, error: Exception) -> None:
        """It broke while it read; out of memory, mostly: the answer must not wait for a better day."""
        self.now = None
        log.warning("%s engine %s gave up: %s; the embedded one reads", self._what, self._name, describe(error))

    def _run(self) -> None:
        try:
            self.now = self._load()
        except Exception as error:
            cause = str(error) if isinstance(error, EngineMissing) else describe(error)
            log.warning("%s engine %s: %s; the embedded one reads", self._what, self._name, cause)


class LargeReader:
    """The embedded model of words until the large one is loaded, and for the languages which that has not learned."""

    def __init__(self, embedded: TextEmotion, name: str) -> None:
        self._embedded = embedded
        self._large: Beside[TransformerText] = Beside("text", name, lambda: _load_text(name))

    def read(self, text: str, language: str = "") -> Emotion:
        """How `text` feels; never raises, never waits for weights."""
        self._large.begin()
        large = self._large.now
        if large is None or (language or guess_language(text, "en")) not in large.languages:
            return self._embedded.read(text, language)
        try:
            return large.read(text, language)
        except Exception as error:
            self._large.give_up(error)
            return self._embedded.read(text, language)

    def ready(self, timeout_s: float) -> bool:
        """Wait until it is loaded or cannot be; True where the large one reads from now on."""
        return self._large.ready(timeout_s)


class LargeFaceReader:
    """The embedded model of faces until the large one is loaded."""

    def __init__(self, name: str) -> None:
        self._large: Beside[LargeFace] = Beside("face", name, lambda: _load_face(name))

    def read(self, rgb: NDArray[np.uint8], chosen: Box | None = None) -> FaceReading:
        """The one face of an upright photo (H, W, 3), or why there is no guess; never waits for the large one's weights.

        Raises EngineMissing where the embedded weights are not there."""
        from core.emotion.face import read_face

        self.begin()
        large = self._large.now
        if large is None:
            return read_face(rgb, chosen)
        try:
            return large.read(rgb, chosen)
        except Exception as error:
            self._large.give_up(error)
            return read_face(rgb, chosen)

    def begin(self) -> None:
        """Begin to load, once."""
        self._large.begin()

    def ready(self, timeout_s: float) -> bool:
        """Wait until it is loaded or cannot be; True where the large one reads from now on."""
        return self._large.ready(timeout_s)


def _load_text(name: str) -> TransformerText:
    from core.emotion.text_transformers import TransformerText

    large = TransformerText.load(name)
    large.read("오늘은 따뜻한 하루였다. A warm day.")  # the first time is slow
    log.info("text engine %s reads %s", name, " and ".join(large.languages))
    return large


def _load_face(name: str) -> LargeFace:
    import numpy as np

    from core.emotion.face_large import LargeFace

    large = LargeFace.load(name)
    large.chances(np.zeros((1, large.channels, large.side, large.side), np.uint8))  # the first time is slow
    log.info("face engine %s reads", name)
    return large
