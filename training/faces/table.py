"""All saved runs as one table: how right, how large, how slow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.entities import FACE_EMOTIONS
from training.bench.lab import machine, write
from training.faces.runs import told_of

HEAD = ("engine", "size", "learned from", "accuracy", "macro recall", *FACE_EMOTIONS, "MB", "ms a face", "parameters", "made")  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A section of the lab book."""

    runs: Sequence[Mapping[str, Any]]  # run.json's
    name: str = "faces"

    def markdown(self) -> str:
        """Title, how it was taken, a row a run, and the three figures of every fusion."""
        lines = ["## Engines that read faces", "", HOW, "", f"*{machine()}*", "", *self.rows()]
        for run in self.runs:
            lines += ["", *compared(run)] if "compared" in run else []
        for sentence in dict.fromkeys(note for run in self.runs for note in run["data"]["notes"]):
            lines += ["", sentence]
        return "\n".join(lines) + "\n"

    def rows(self) -> list[str]:
        """The table alone, best macro recall first."""
        best = sorted(self.runs, key=lambda run: -run["figures"]["test"]["macro_recall"])
        return [_line(HEAD), _line(["---"] * len(HEAD)), *(_line(_cells(run)) for run in best)]


HOW = (
    "`python -m training.face_emotion --table --write`: engines of one trainer (`--engine`), each calibrated on the dev "
    "faces and judged on the same test faces. *MB*: the weights as they were saved, 32 bits a number. *ms a face*: "
    "processor time of one thread for one face and its mirror image, without finding the face; an ensemble's and a "
    "fusion's with all that stands before them."
)


def gathered(work: Path) -> Table:
    """The runs in a folder of runs."""
    return Table([told_of(path.parent) for path in sorted(work.glob("*/run.json"))])


def compared(run: Mapping[str, Any]) -> list[str]:
    """A fusion beside the network alone and beside the control whose texts are other faces'."""
    head = ("what is read", "accuracy", "macro recall", *FACE_EMOTIONS)
    rows = [[name, *_figures(each)] for name, each in run["compared"].items()]
    told = f"{run['name']}: {run['share_of_text']:.0%} of the attention is on the text."
    return [told, "", _line(head), _line(["---"] * len(head)), *(_line(row) for row in rows)]


def add_to_lab_book(table: Table) -> None:
    """Into docs/lab.md, in the place of the table before."""
    write(table)


def _cells(run: Mapping[str, Any]) -> list[str]:
    data = run["data"]
    learned = f"{data['faces']:,} of {data['name']}"
    if times := run.get("passes", run.get("epochs")):
        learned += f", {times:g} times" + (f" in {run['minutes']:.1f} min of processor" if run.get("processor") else "")
    if run.get("weights_from"):
        learned += f", from {run['weights_from']}"
    return [run["name"], run["size"], learned, *_figures(run["figures"]["test"]), f"{run['megabytes']:.1f}",
            f"{run['ms_a_face']:.1f}", f"{run['parameters'] / 1e6:.2f} M", run["made"]]  # fmt: skip


def _figures(figures: Mapping[str, Any]) -> list[str]:
    recall = figures["recall"]
    return [f"{figures['accuracy']:.3f}", f"{figures['macro_recall']:.3f}", *(f"{recall[name]:.2f}" if name in recall else "–" for name in FACE_EMOTIONS)]  # fmt: skip


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
