"""Who reads the words: the embedded model, or a large one for the languages it knows, once it is loaded."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from core.emotion.language import guess_language
from core.emotion.text import TextEmotion
from core.entities import Emotion
from core.ports import EngineMissing
from core.trouble import describe

if TYPE_CHECKING:
    from core.emotion.text_transformers import TransformerText

log = logging.getLogger(__name__)


class LargeReader:
    """The embedded model until the large one is loaded, beside whatever else is done; for good where it can't be."""

    def __init__(self, embedded: TextEmotion, name: str) -> None:
        self._embedded, self._name = embedded, name
        self._large: TransformerText | None = None
        self._loading: threading.Thread | None = None
        self._lock = threading.Lock()

    def read(self, text: str, language: str = "") -> Emotion:
        """How `text` feels; never raises, never waits for weights."""
        self.begin()
        large = self._large
        if large is None or (language or guess_language(text, "en")) not in large.languages:
            return self._embedded.read(text, language)
        try:
            return large.read(text, language)
        except Exception as error:  # out of memory, mostly: the answer must not wait for a better day
            self._large = None
            log.warning("text engine %s gave up: %s; the embedded one reads", self._name, describe(error))
            return self._embedded.read(text, language)

    def begin(self) -> None:
        """Begin to load, once."""
        with self._lock:
            if self._loading is None:
                self._loading = threading.Thread(target=self._load, name="large text engine", daemon=True)
                self._loading.start()

    def ready(self, timeout_s: float) -> bool:
        """Wait until it is loaded or cannot be; True where the large one reads from now on."""
        self.begin()
        if self._loading is not None:
            self._loading.join(timeout_s)
        return self._large is not None

    def _load(self) -> None:
        from core.emotion.text_transformers import TransformerText

        try:
            large = TransformerText.load(self._name)
            large.read("오늘은 따뜻한 하루였다. A warm day.")  # the first time is slow
        except Exception as error:
            cause = str(error) if isinstance(error, EngineMissing) else describe(error)
            log.warning("text engine %s: %s; the embedded one reads", self._name, cause)
            return
        self._large = large
        log.info("text engine %s reads %s", self._name, " and ".join(large.languages))
