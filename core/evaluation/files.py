"""The files that a model is judged by: tables, and a kind sentence where one can't be read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path


class BadFile(Exception):
    """A file by which nothing can be judged; its text is a sentence for whoever named it, and quotes no line of it."""


def text_of(path: Path) -> str:
    """A text file in UTF-8. Raises BadFile."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise BadFile(f"There is no file {path}.") from None
    except UnicodeDecodeError:
        raise BadFile(f"{path} is not a text file in UTF-8.") from None
    except OSError as error:
        raise BadFile(f"{path} can't be read: {error.strerror or error}.") from None


def cells_of(path: Path) -> list[list[str]]:
    """A TSV without quoting, its lines as lists. Raises BadFile."""
    return [line.rstrip("\r").split("\t") for line in text_of(path).split("\n") if line.strip()]


def rows_of(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells of a table with a header: one with tabs has no quoting, else commas part it.

    Raises BadFile where it can't be read, lacks one of `columns`, or holds no line.
    """
    text = text_of(path).replace("\r\n", "\n")
    tabs = "\t" in text.partition("\n")[0]
    table = csv.DictReader(
        io.StringIO(text, newline="\n"),
        delimiter="\t" if tabs else ",",
        quoting=csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL,
    )
    missing = [column for column in columns if column not in (table.fieldnames or ())]
    if missing:
        words = "columns" if len(columns) > 1 else "column"
        raise BadFile(f"{path} needs the {words} {', '.join(columns)}; {', '.join(missing)} is not in its first line.")
    empty = True
    try:
        for row in table:
            empty = False
            if any(row[column] is None for column in columns):
                raise BadFile(f"Line {table.line_num} of {path} is too short.")
            yield table.line_num, row
    except csv.Error as error:
        raise BadFile(f"{path} is no table that can be read: {error}.") from None
    if empty:
        raise BadFile(f"{path} holds no line to judge by.")
