"""The lines that the crisis model learned from are what their card says."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

from core.entities import Level

ROOT = Path(__file__).resolve().parents[2]
LINES = ROOT / "training" / "data" / "crisis_lines.tsv"


def rows() -> list[dict[str, str]]:
    with LINES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def test_they_are_many_unique_and_balanced() -> None:
    ours = rows()
    assert len(ours) >= 1_500
    assert len({row["text"] for row in ours}) == len(ours)
    assert all(row["text"] == row["text"].strip() and row["text"] for row in ours)
    by_language = Counter(row["language"] for row in ours)
    assert 0.4 <= by_language["ko"] / len(ours) <= 0.6
    by_level = Counter(row["level"] for row in ours)
    assert set(by_level) == set(Level)
    assert min(by_level.values()) >= 200
    assert 0.3 <= by_level["none"] / len(ours) <= 0.5


def test_the_lines_kept_aside_share_no_family_with_the_others() -> None:
    families = {part: {row["family"] for row in rows() if row["part"] == part} for part in ("train", "kept", "judge")}
    assert not families["train"] & (families["kept"] | families["judge"])
    assert sum(row["part"] == "kept" for row in rows()) >= 200


def test_none_of_them_is_a_line_that_the_check_is_tested_on() -> None:
    with (ROOT / "tests" / "core" / "data" / "crisis_lines.tsv").open(encoding="utf-8", newline="") as file:
        tested = {row["text"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    assert not tested & {row["text"] for row in rows()}


def test_their_card_names_the_numbers() -> None:
    card = (ROOT / "training" / "data" / "crisis_lines.md").read_text(encoding="utf-8")
    by_part = Counter(row["part"] for row in rows())
    assert f"{len(rows()):,} lines" in card
    assert f"{by_part['kept']} kept" in card and f"{by_part['judge']:,} lines of `ko38`" in card
    assert f"{by_part['train']:,} are there to be learned from" in card
