"""A script is played: each action on every platform, and after it what is new on each screen."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from tests.golden import compare
from tests.golden.compare import Pair
from tests.golden.screens import Bubble, Knob, news
from tests.golden.script import Script, Step, Token
from tests.golden.seats import Seat
from tests.golden.stage import Stage

_STARS = re.compile(r"(?:(\S+) )?(★+)☆*")
_FILES = re.compile(r"\[(photo|album|voice|file) ([^\]]+)\]\s*(.*)", re.DOTALL)
_LONG = re.compile(r"\[([\d,]+) characters of “(.+)”\]")
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_CODE = re.compile(r"\b[2-9A-HJ-NP-TV-Z]{4}-[2-9A-HJ-NP-TV-Z]{4}\b")
_REFERENCE = re.compile(r"\bE-[0-9A-HJKMNP-TV-Z]{6}\b")
_PERCENT = re.compile(r"\d+ ?%")


@dataclass
class Played:
    """What a script said and what was seen, step by step and platform by platform."""

    script: Script
    pairs: dict[str, list[list[Pair]]] = field(default_factory=dict)
    raw: dict[str, list[list[Token]]] = field(default_factory=dict)

    def differing(self) -> list[str]:
        """The platforms that showed something else."""
        return [name for name, steps in self.pairs.items() if not all(map(compare.is_same, steps))]

    def text(self, platform: str) -> str:
        """The script as one platform showed it."""
        seen = [
            compare.shown(step.seen, pairs)
            for step, pairs in zip(self.script.steps, self.pairs[platform], strict=False)
        ]
        return self.script.with_seen(seen)

    def verbatim(self, platform: str) -> str:
        """The same without a `…` in place of what a model wrote."""
        return self.script.with_seen(self.raw[platform])

    def expected(self, platform: str) -> str:
        """The script as it should have been on one platform."""
        seen = [
            [token for token in step.seen if not token.where or platform in token.where] for step in self.script.steps
        ]
        return self.script.with_seen(seen)

    def rewritten(self) -> str:
        """The script with what was seen everywhere."""
        seen = []
        for n, step in enumerate(self.script.steps):
            shown = {name: compare.shown(step.seen, steps[n]) for name, steps in self.pairs.items()}
            seen.append(compare.merged(shown, self.script.platforms))
        return self.script.with_seen(seen)


async def play(script: Script, folder: Path, clock: Any) -> Played:
    """Play a script from its beginning to its end."""
    played = Played(script, {name: [] for name in script.platforms}, {name: [] for name in script.platforms})
    async with Stage(folder, script, clock) as stage:
        player = _Player(stage)
        before = stage.screens()
        for step in script.steps:
            try:
                await player.acts(step)
            except Exception as fault:
                shown = "\n".join(played.verbatim(script.platforms[0]).splitlines()[-30:])
                raise AssertionError(f"{shown}\n{script.path.name}:{step.line}: {step.action}: {fault!r}") from fault
            after = stage.screens()
            for name in script.platforms:
                seen = news(before[name], after[name])
                expected = [player.filled(token) for token in step.seen]
                pairs = compare.align(expected, seen, name)
                player.remembers(expected, pairs, name)
                if not compare.is_same(pairs):
                    pairs = _masked(pairs, await stage.written_by_models(name))
                played.pairs[name].append(pairs)
                played.raw[name].append(seen)
            before = after
    return played


class _Player:
    """Does what a script says on every seat."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._words = stage, dict[str, str]()
        self._waited = True

    async def acts(self, step: Step) -> None:
        """One action, and wait until everything it leads to is over."""
        stage, action = self._stage, self.filled_text(step.action)
        act, found = self._meant(action)
        if act in self._TIMELY:
            await act(self, found)
            self._waited = True
            await stage.quiet(dict(stage.kept))
            return
        if not self._waited:
            stage.later(timedelta(seconds=5 if action.startswith("press") else 60))
        self._waited = False
        kept = dict(stage.kept)
        for name, seat in stage.seats.items():
            if not step.where or name in step.where:
                kept[name] += await act(self, seat, found)
        await stage.quiet(kept)

    def _meant(self, action: str) -> tuple[Callable[..., Awaitable[Any]], re.Match[str]]:
        for begins, act in self._ACTIONS.items():
            if (found := re.fullmatch(begins, action, re.DOTALL)) is not None:
                return act, found
        raise ValueError("nobody knows how to do that")

    # --- time and the house -------------------------------------------------------------------

    async def _waits(self, found: re.Match[str]) -> None:
        by = timedelta(seconds=int(found[1]) * _UNITS[found[2]])
        if by < timedelta(minutes=1):
            self._stage.later(by)
        else:
            await self._stage.passes(self._now() + by)

    async def _at(self, found: re.Match[str]) -> None:
        now, days = self._now(), {"the same day": 0, "the next day": 1}.get(found[1])
        day = now + timedelta(days=days) if days is not None else datetime.fromisoformat(found[1].removeprefix("on "))
        hour, minute = map(int, found[2].split(":"))
        then = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self._stage.zone)
        if then <= now:
            raise ValueError(f"it is {now:%Y-%m-%d %H:%M} already")
        await self._stage.passes(then)

    async def _restarts(self, found: re.Match[str]) -> None:
        await self._stage.restart()

    def _now(self) -> datetime:
        return datetime.now(self._stage.zone)

    # --- what people do -----------------------------------------------------------------------

    async def _opens(self, seat: Seat, found: re.Match[str]) -> int:
        return await seat.open()

    async def _says(self, seat: Seat, found: re.Match[str]) -> int:
        text = found[1]
        if (files := _FILES.fullmatch(text)) is not None:
            return await seat.sends(files[1], files[2].split(), files[3])
        if (long := _LONG.fullmatch(text)) is not None:
            count = int(long[1].replace(",", ""))
            text = ((long[2] + " ") * (count // len(long[2]) + 1))[:count]
        return await seat.says(text)

    async def _replies(self, seat: Seat, found: re.Match[str]) -> int:
        message_id = seat.own(found[1]) or next(
            (bubble.id for bubble in reversed(seat.screen()) if found[1] in bubble.words), ""
        )
        if not message_id:
            raise LookupError(f"no message says {found[1]!r}")
        return await seat.says(found[2], message_id)

    async def _edits(self, seat: Seat, found: re.Match[str]) -> int:
        return await seat.edits(found[1], found[2])

    async def _mentions(self, seat: Seat, found: re.Match[str]) -> int:
        return await seat.mentions(found[1])

    async def _presses(self, seat: Seat, found: re.Match[str]) -> int:
        under, times = found[2] or "", 2 if found[3] else 1
        bubbles = [one for one in reversed(seat.screen()) if under in one.words]
        for bubble in bubbles:
            if (button := _button(bubble, found[1])) is not None:
                return await seat.presses(bubble, button, times)
        raise LookupError(f"there is no button {found[1]!r}")

    _ACTIONS: ClassVar[dict[str, Callable[..., Awaitable[Any]]]] = {
        r"wait (\d+) (second|minute|hour|day)s?": _waits,
        r"(the same day|the next day|on \d{4}-\d{2}-\d{2}) at (\d{1,2}:\d{2})": _at,
        r"restart": _restarts,
        r"open the chat": _opens,
        r"> ?(.*)": _says,
        r'reply to "([^"]+)": (.+)': _replies,
        r'edit "([^"]+)": (.+)': _edits,
        r"in a group: (.+)": _mentions,
        r'press "([^"]+)"(?: under "([^"]+)")?( twice)?': _presses,
    }
    _TIMELY = (_waits, _at, _restarts)

    # --- what is remembered -------------------------------------------------------------------

    def filled(self, token: Token) -> Token:
        """A line of the script with the words that were remembered."""
        return replace(token, text=self.filled_text(token.text))

    def filled_text(self, text: str) -> str:
        """The same for any text."""
        for name, word in self._words.items():
            text = text.replace(f"{{{name}}}", word)
        return text

    def remembers(self, expected: list[Token], pairs: list[Pair], platform: str) -> None:
        """Words that a line names, such as a code, for later."""
        for pair in pairs:
            if pair.expected is not None and pair.actual is not None:
                found = compare.fits(expected[pair.expected], pair.actual, platform)
                if isinstance(found, re.Match):
                    self._words |= found.groupdict()


def _button(bubble: Bubble, label: str) -> Knob | None:
    """The button with these words, or the star of a row; None where the message has none."""
    if (stars := _STARS.fullmatch(label)) is not None:
        for row in bubble.stars:
            if not stars[1] or row[0].label.startswith(stars[1]):
                return row[len(stars[2]) - 1]
        return None
    pressable = [knob for row in bubble.rows for knob in row if knob.press]
    exact = [knob for knob in pressable if label in (knob.label, knob.label.removeprefix("✓ "))]
    return next(iter(exact or [knob for knob in pressable if label in knob.label]), None)


def _masked(pairs: list[Pair], written: list[str]) -> list[Pair]:
    """What was seen with a `…` for everything that another run would word otherwise."""
    return [pair if pair.actual is None else replace(pair, actual=_mask(pair.actual, written)) for pair in pairs]


def _mask(token: Token, written: list[str]) -> Token:
    text = token.text
    for words in written if token.kind != "buttons" else ():
        text = text.replace(words, "…")
    if token.kind == "media" and text.startswith("[picture: ") and "달력" not in text and "alendar" not in text:
        text = "[picture: …]"
    return replace(token, text=_PERCENT.sub("…%", _REFERENCE.sub("E-…", _CODE.sub("{code}", text))))
