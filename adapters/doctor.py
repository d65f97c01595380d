"""`emoseum doctor` looks at everything that Emoseum needs and says in plain words what is missing and what to do."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from adapters import doctor_discord, doctor_ear, doctor_media, doctor_painter, doctor_telegram
from adapters import doctor_doors as doors
from adapters import doctor_engines as engines
from adapters import doctor_house as house
from adapters.doctor_look import BAD, GOOD, Told
from core.phrases import say
from core.settings import CONFIG_DIR, Settings
from core.trouble import describe

SHORT_S = 3.0  # for whoever is asked over the network
Look = Callable[[Settings], Iterator[Told]]


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's: `mark` is ✓ (well), ! (works, but you should know) or ✗ (will not work)."""

    mark: str
    what: str
    words: str


def examine(settings: Settings) -> list[Finding]:
    """Look at everything, one thing after the other; a look that itself breaks is a finding too. Changes nothing."""
    language, findings = settings.language, []
    for look in LOOKS:
        try:
            for mark, what, key, values in look(settings):
                findings.append(
                    Finding(mark, say(language, f"doctor.what.{what}"), say(language, f"doctor.{key}", **values))
                )
        except Exception as error:  # whatever is broken, the rest is still looked at
            what = look.__name__.strip("_")
            words = say(language, "doctor.broke", cause=describe(error, frames=1))
            findings.append(Finding(BAD, say(language, f"doctor.what.{what}"), words))
    return findings


def _settings(settings: Settings) -> Iterator[Told]:
    own = os.environ.get("EMOSEUM_CONFIG")
    file = str(own or CONFIG_DIR / "default.toml")
    names = sorted(name for name in os.environ if name.startswith("EMOSEUM_") and name != "EMOSEUM_CONFIG")
    if own and not Path(own).is_file():
        yield BAD, "settings", "settings.gone", {"file": file}
    elif names:
        yield GOOD, "settings", "settings.both", {"file": file, "names": ", ".join(names)}
    else:
        yield GOOD, "settings", "settings.file", {"file": file}


def _python(settings: Settings) -> Iterator[Told]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield GOOD if sys.version_info >= (3, 11) else BAD, "python", "python", {"version": version}


def _telegram(settings: Settings) -> Iterator[Told]:
    return doctor_telegram.telegram(settings, SHORT_S)


def _discord(settings: Settings) -> Iterator[Told]:
    return doctor_discord.discord(settings, SHORT_S)


def _media(settings: Settings) -> Iterator[Told]:
    return doctor_media.media(settings, SHORT_S)


def _writer(settings: Settings) -> Iterator[Told]:
    return engines.writer(settings, SHORT_S)


LOOKS: tuple[Look, ...] = (
    _python, _settings, house.folder, house.copies, house.disk, house.database, house.key, _media, house.running,
    doors.health, doors.web, _telegram, _discord,
    engines.models, engines.text, engines.face, engines.materials, doctor_painter.painter, engines.torch, _writer, engines.speaker, doctor_ear.transcriber,
)  # fmt: skip
