"""A large reader of diary lines: a fine-tuned sequence classifier of transformers, for the languages it has learned.

Its labels are those of KOTE, of GoEmotions, or both; `config/warm_labels.toml` brings them to the names that people are
shown. Folders made by `training/text_emotion_transformer.py` hold `emoseum.json` with cuts and calibration beside the
weights; a classifier of other people's with the same labels is taken as it is, with a cut of a half.
"""

from __future__ import annotations

import json
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.emotion.evidence import LOOKED_AT, that_speak
from core.emotion.fusion import anchors
from core.emotion.labels import ekman_groups, of_ekman, warm_table, warm_tables
from core.emotion.language import guess_language
from core.emotion.ngrams import sentences, units
from core.emotion.text import _CHARS, _named, whole
from core.entities import EMOTIONS, Emotion, Label
from core.ports import EngineMissing

if TYPE_CHECKING:
    import numpy as np

DETAILS = "emoseum.json"
LANGUAGES = {"kote": ("ko",), "goemotions": ("en",)}  # of a classifier that brings no details
_FILES = ("*.json", "*.txt", "*.model", "*.safetensors", "pytorch_model*.bin")  # of a hub repository
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
_BATCH = 16  # sentences at once
_SENTENCES = 48  # of one text are read at most: the first third and the last two thirds of that
_END_WEIGHS = 1.6  # the last sentence of a day against its first, as in core.emotion.text
_WHY_SENTENCES, _WHY_WORDS = 2, 12
_CUTS = 0.05, 0.95  # a cut outside of these is chance: next to nothing would count as half said
_SPARE = 1.3, 400_000_000  # memory that loading takes: so many times the weights, and bytes for torch itself


@dataclass(frozen=True, eq=False, repr=False)
class TransformerText:
    """A classifier with its tokenizer; one text at a time goes through it, so any thread may use it."""

    name: str
    model: Any
    tokenizer: Any
    columns: dict[str, np.ndarray]  # label set -> which outputs are its labels
    names: dict[str, tuple[str, ...]]  # label set -> what they are called
    languages: tuple[str, ...]
    cuts: dict[str, np.ndarray] = field(default_factory=dict)  # by label set and language: from where a label is said
    sure: np.ndarray | None = None  # (4,) logistic regression of "the first name is right" on `facts`
    max_tokens: int = 128  # of one sentence
    file_bytes: int = 0
    lock: Any = field(default_factory=threading.Lock)

    @classmethod
    def load(cls, name: str) -> TransformerText:
        """Read a folder, or fetch a repository of the hub: seconds to minutes.

        Raises EngineMissing where torch or transformers are not installed, the weights are not there or have other
        labels, or there is too little memory."""
        import numpy as np

        folder = found(name)
        import torch
        from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

        try:
            config = AutoConfig.from_pretrained(folder)
            columns, names = label_sets([config.id2label[n] for n in range(config.num_labels)])
            model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
            tokenizer = AutoTokenizer.from_pretrained(folder)
            details = json.loads((folder / DETAILS).read_text("utf-8")) if (folder / DETAILS).is_file() else {}
        except EngineMissing:
            raise
        except Exception as error:  # whatever transformers makes of a damaged folder
            raise EngineMissing("error.engine_missing", f"{name} can't be loaded: {type(error).__name__}") from error
        learned = tuple(dict.fromkeys(language for each in columns for language in LANGUAGES[each]))
        return cls(
            name=name,
            model=model.to("cuda" if torch.cuda.is_available() else "cpu"),
            tokenizer=tokenizer,
            columns=columns,
            names=names,
            languages=tuple(details.get("languages", learned)),
            cuts={each: np.array(cut, np.float64) for each, cut in details.get("cuts", {}).items()},
            sure=np.array(details["sure"]) if "sure" in details else None,
            max_tokens=int(details.get("max_tokens", 128)),
            file_bytes=weight_bytes(folder),
        )

    def read(self, text: str, language: str = "", *, why: bool = True) -> Emotion:
        """How `text` feels, as `core.emotion.text.TextEmotion.read` tells it. Raises what torch raises: out of memory."""
        import numpy as np

        parts = _parts(text)
        if not parts:
            return Emotion()
        language = language or guess_language(text, "en")
        label_set = self.label_set(language)
        said = self._said(parts)
        raw = said[label_set]
        warm = self.warm(label_set, raw, language)
        share = _shares(parts, warm)
        axes = share @ axes_of(warm)
        scores = 0.5 * (share @ warm) + 0.5 * np.max(warm * (share / share.max())[:, None], axis=0)
        scores[EMOTIONS.index("neutral")] = share @ warm[:, EMOTIONS.index("neutral")]
        labels = _named(scores, EMOTIONS)
        valence, arousal, dominance = (float(axis) for axis in np.clip(axes, -1.0, 1.0))
        moved = self._why(parts, share, warm, labels[0].name, label_set, language) if why else ()
        return Emotion(
            valence=valence,
            arousal=arousal,
            dominance=dominance,
            labels=labels,
            confidence=self._confidence(labels, valence),
            why=moved,
            raw=tuple(
                label
                for each in sorted(said, key=lambda each: each != label_set)
                for label in whole(share @ said[each], self.names[each])
            ),
        )

    def scores(self, texts: Sequence[str]) -> dict[str, np.ndarray]:
        """Probabilities of each label set, of Ekman's groups where GoEmotions' are there, and "axes" (valence, arousal, dominance), for whole lines, as an evaluation
        wants them: name -> (len(texts), k)."""
        import numpy as np

        said = self._said([_plain(text) for text in texts])
        languages = [guess_language(text, "en") for text in texts]
        sets = [self.label_set(language) for language in languages]
        warm = np.array(
            [self.warm(each, said[each][n : n + 1], languages[n])[0] for n, each in enumerate(sets)]
        ).reshape(-1, len(EMOTIONS))
        if "goemotions" in said:
            said["ekman"] = of_ekman(said["goemotions"], self.names["goemotions"])
        return said | {"warm": warm, "axes": axes_of(warm)}

    def label_set(self, language: str) -> str:
        """Which labels speak for a language: KOTE's for Korean where it has them."""
        return "kote" if "kote" in self.names and (language == "ko" or len(self.names) == 1) else "goemotions"

    def cut(self, label_set: str, language: str) -> np.ndarray:
        """From which score on each label counts as said.  # (labels,)"""
        import numpy as np

        usual = np.full(len(ekman_groups() if label_set == "ekman" else self.names[label_set]), 0.5)
        return self.cuts.get(f"{label_set}_{language}", self.cuts.get(label_set, usual))

    def warm(self, label_set: str, raw: np.ndarray, language: str = "") -> np.ndarray:
        """Raw probabilities -> the warm names; a label at its cut counts a half, since rare ones never score high.

        (lines, labels) -> (lines, 18)"""
        import numpy as np

        cut = np.clip(self.cut(label_set, language), *_CUTS)
        odds = np.log(np.clip(raw, 1e-6, 1 - 1e-6) / (1 - np.clip(raw, 1e-6, 1 - 1e-6))) - np.log(cut / (1 - cut))
        said = 1 / (1 + np.exp(-odds))
        return np.asarray((said[:, :, None] * warm_table(self.names[label_set])[None]).max(axis=1))

    def facts(self, labels: Sequence[Label], valence: float) -> np.ndarray:
        """What the confidence is told from: the first score, its lead, |valence| and a one.  # (4,)"""
        import numpy as np

        second = labels[1].score if len(labels) > 1 else 0.0
        return np.array([labels[0].score, labels[0].score - second, abs(valence), 1.0])

    def _confidence(self, labels: Sequence[Label], valence: float) -> float:
        import numpy as np

        if self.sure is None:  # not calibrated: the score itself, and never certain
            return min(0.9, labels[0].score)
        return float(1 / (1 + np.exp(-float(self.facts(labels, valence) @ self.sure))))

    def _said(self, parts: Sequence[str]) -> dict[str, np.ndarray]:
        """Probabilities by label set for each part.  # label set -> (parts, labels)"""
        import numpy as np
        import torch

        rows = []
        with self.lock, torch.inference_mode():
            for at in range(0, len(parts), _BATCH):
                some = list(parts[at : at + _BATCH])
                fed = self.tokenizer(
                    some, truncation=True, max_length=self.max_tokens, padding=True, return_tensors="pt"
                ).to(self.model.device)
                rows.append(torch.sigmoid(self.model(**fed).logits.float()).cpu().numpy())
        whole = np.concatenate(rows)
        return {label_set: whole[:, columns] for label_set, columns in self.columns.items()}

    def _why(
        self, parts: Sequence[str], share: np.ndarray, warm: np.ndarray, name: str, label_set: str, language: str
    ) -> tuple[str, ...]:
        """The words without which `name` would score least (leave one out, Li, Monroe & Jurafsky 2016), and that say it alone."""
        import numpy as np

        at, left_out = EMOTIONS.index(name), []
        for s in np.argsort(-share)[:_WHY_SENTENCES]:
            words = [word for word in dict.fromkeys(units(parts[s])) if word in parts[s]][:_WHY_WORDS]
            left_out += [(int(s), word, parts[s].replace(word, " ", 1).strip() or "…") for word in words]
        if not left_out:
            return ()
        without = self.warm(label_set, self._said([rest for *_, rest in left_out])[label_set], language)[:, at]
        lost = {
            word: float(share[s] * (warm[s, at] - left)) for (s, word, _), left in zip(left_out, without, strict=True)
        }
        moved = sorted(((word, word, moved) for word, moved in lost.items()), key=lambda one: -one[2])[:LOOKED_AT]
        alone = self.warm(label_set, self._said([word for word, *_ in moved])[label_set], language)
        return that_speak(moved, name, alone)


def found(name: str) -> Path:
    """The folder of a classifier, fetched from the hub where `name` is no folder. Raises EngineMissing."""
    if lacking := [each for each in ("torch", "transformers") if find_spec(each) is None]:
        raise EngineMissing("error.engine_missing", f"{' and '.join(lacking)} not installed")
    folder = Path(name)
    if not folder.is_dir():
        from huggingface_hub import snapshot_download

        try:
            folder = Path(snapshot_download(name, allow_patterns=list(_FILES)))
        except Exception as error:  # no such repository, no network, no room
            raise EngineMissing("error.engine_missing", f"{name} not found: {type(error).__name__}") from error
    if not (need := weight_bytes(folder)):
        raise EngineMissing("error.engine_missing", f"no weights in {name}")
    if not fits(need):
        raise EngineMissing("error.engine_missing", f"too little memory for {name}")
    return folder


def weight_bytes(folder: Path) -> int:
    """How large the weights of a folder are; 0 where there are none."""
    for pattern in _WEIGHTS:
        if size := sum(file.stat().st_size for file in folder.glob(pattern)):
            return size
    return 0


def fits(file_bytes: int) -> bool:
    """True where the machine has the memory to load that much, or does not say what it has."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return True
    return free > _SPARE[0] * file_bytes + _SPARE[1]


def label_sets(labels: Sequence[str]) -> tuple[dict[str, np.ndarray], dict[str, tuple[str, ...]]]:
    """Which outputs are KOTE's and which GoEmotions', in the order of those corpora. Raises EngineMissing where neither is there whole."""
    import numpy as np

    columns, names = {}, {}
    for label_set, table in warm_tables().items():
        if table.keys() <= set(labels):
            columns[label_set], names[label_set] = np.array([labels.index(label) for label in table]), tuple(table)
    if not names:
        raise EngineMissing("error.engine_missing", "its labels are neither KOTE's nor GoEmotions'")
    return columns, names


def axes_of(warm: np.ndarray) -> np.ndarray:
    """Valence, arousal, dominance in -1..1: between the places of the said names, squared, so that clear ones decide.

    (lines, 18) -> (lines, 3)"""
    import numpy as np

    places = np.array([anchors()[name] for name in EMOTIONS])
    said = warm**2
    return np.asarray(said @ places / (said.sum(axis=1, keepdims=True) + 0.05))


def _plain(text: str) -> str:
    """One line of whole characters; nothing else is changed, the tokenizer knows its own ways."""
    text = text[:_CHARS].encode("utf-8", "ignore").decode("utf-8")
    return " ".join(unicodedata.normalize("NFC", text).split())


def _parts(text: str) -> list[str]:
    text = text[:_CHARS].encode("utf-8", "ignore").decode("utf-8")
    parts = [plain for part in sentences(unicodedata.normalize("NFC", text)) if (plain := _plain(part))]
    if len(parts) <= _SENTENCES:
        return parts
    return parts[: _SENTENCES // 3] + parts[-(_SENTENCES - _SENTENCES // 3) :]


def _shares(parts: Sequence[str], warm: np.ndarray) -> np.ndarray:
    """How much each sentence counts: telling ones more than plain ones, the end more than the start.  # (s,), sums to 1"""
    import numpy as np

    length = np.minimum(1.0, np.array([len(part) for part in parts]) / 20.0)
    plain = warm[:, EMOTIONS.index("neutral")]
    weights = np.linspace(1.0, _END_WEIGHS, len(parts)) * (1.1 - plain) * (0.1 + length)
    return np.asarray(weights / weights.sum())
