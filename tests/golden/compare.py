"""What was seen is held against what a script says: `…` stands for anything that a model may have written."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from tests.golden.script import Token

ANY = "…"
_BUTTON = re.compile(r"\[([^\]]*)\]")
_SLOT = re.compile(r"\\\{(\w+)\\\}")


@dataclass(frozen=True)
class Pair:
    """An expected thing and what was seen for it; one of the two may be missing."""

    expected: int | None
    actual: Token | None


def pattern(text: str) -> str:
    """A line of a script as a regular expression: `…` is anything, `{code}` is a word to be remembered."""
    escaped = re.escape(text).replace(re.escape(ANY), ".*")
    return _SLOT.sub(r"(?P<\1>[\\w-]+)", escaped)


def fits(expected: Token, actual: Token, platform: str) -> re.Match[str] | bool | None:
    """Whether a thing that was seen is the one that was expected."""
    if (expected.mark, expected.kind) != (actual.mark, actual.kind):
        return None
    if expected.text == actual.text:
        return True
    if expected.kind == "buttons":
        return _buttons_fit(labels(expected.text), labels(actual.text), actual, platform)
    if expected.kind == "media" and platform == "telegram" and actual.text == "[picture]":
        return expected.text.startswith("[picture")  # Telegram shows no words for a picture
    return re.fullmatch(pattern(expected.text), actual.text)


def labels(text: str) -> list[str]:
    """What stands on the buttons, in reading order."""
    return _BUTTON.findall(text)


def _buttons_fit(expected: list[str], actual: list[str], message: Token, platform: str) -> bool:
    """Rows may break where they like, and a number in the text needs no button where none may dial."""
    if not expected:
        return not actual
    if expected[0] == ANY:
        return any(_buttons_fit(expected[1:], actual[at:], message, platform) for at in range(len(actual) + 1))
    same = bool(actual) and re.fullmatch(pattern(expected[0]), actual[0])
    if same and _buttons_fit(expected[1:], actual[1:], message, platform):
        return True
    number = "".join(re.findall(r"\d+", expected[0]))
    readable = bool(number) and number in re.sub(r"\D", "", message.around)
    return platform == "telegram" and readable and _buttons_fit(expected[1:], actual, message, platform)


def align(expected: list[Token], actual: list[Token], platform: str) -> list[Pair]:
    """Both side by side, with as little missing as can be; an expected line that is only `…` takes one line or more."""
    here = [n for n, token in enumerate(expected) if not token.where or platform in token.where]
    rows, columns = len(here), len(actual)
    cost = [[0] * (columns + 1) for _ in range(rows + 1)]
    for row in range(rows, -1, -1):
        for column in range(columns, -1, -1):
            if row == rows or column == columns:
                cost[row][column] = rows - row + columns - column
                continue
            ways = [cost[row + 1][column] + 1, cost[row][column + 1] + 1]
            token = expected[here[row]]
            if fits(token, actual[column], platform):
                ways += [cost[row + 1][end] for end in _ends(token, actual, column)]
            cost[row][column] = min(ways)
    return _path(expected, actual, platform, here, cost)


def _ends(token: Token, actual: list[Token], column: int) -> list[int]:
    """Behind which lines a token that fits at `column` may end."""
    ends = [column + 1]
    if token.kind == "words" and token.text == ANY:
        while ends[-1] < len(actual) and actual[ends[-1]].kind == "words" and not actual[ends[-1]].mark:
            ends.append(ends[-1] + 1)
    return ends


def _path(
    expected: list[Token], actual: list[Token], platform: str, here: list[int], cost: list[list[int]]
) -> list[Pair]:
    pairs: list[Pair] = []
    row = column = 0
    while row < len(here) or column < len(actual):
        best = cost[row][column]
        token = expected[here[row]] if row < len(here) else None
        if token is not None and column < len(actual) and fits(token, actual[column], platform):
            end = next((end for end in _ends(token, actual, column) if cost[row + 1][end] == best), None)
            if end is not None:
                pairs.append(Pair(here[row], actual[column]))
                row, column = row + 1, end
                continue
        if token is not None and cost[row + 1][column] + 1 == best:
            pairs.append(Pair(here[row], None))
            row += 1
        else:
            pairs.append(Pair(None, actual[column]))
            column += 1
    return pairs


def is_same(pairs: list[Pair]) -> bool:
    """True where nothing is missing on either side."""
    return all(pair.expected is not None and pair.actual is not None for pair in pairs)


def shown(expected: list[Token], pairs: list[Pair]) -> list[Token]:
    """What was seen, in the script's own words where those fit."""
    found = []
    for pair in pairs:
        if pair.actual is not None:
            found.append(expected[pair.expected] if pair.expected is not None else pair.actual)
    return found


def merged(seen: dict[str, list[Token]], platforms: tuple[str, ...]) -> list[Token]:
    """What all platforms showed as one list; what only some of them showed says where."""
    first, *others = platforms
    found = [(token, set(token.where or (first,))) for token in seen[first]]
    for platform in others:
        tokens = [replace(token, where=()) for token, _ in found]
        result: list[tuple[Token, set[str]]] = []
        for pair in align(tokens, seen[platform], platform):
            if pair.expected is None and pair.actual is not None:
                result.append((pair.actual, set(pair.actual.where or (platform,))))
            elif pair.expected is not None:
                token, where = found[pair.expected]
                result.append((token, where | {platform} if pair.actual is not None else where))
        found = result
    return [
        replace(token, where=() if where >= set(platforms) else tuple(one for one in platforms if one in where))
        for token, where in found
    ]
