"""Measures Emoseum and prints the tables.

    python -m training.bench [journey answer engines painters looking_back memory telegram discord install] [--write] [--quick]

Without names: everything but `install`, which fetches every package anew. `--write` puts the figures into
`docs/lab.md`; take them on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib

from training.bench.lab import write

NAMES = ("journey", "answer", "engines", "painters", "looking_back", "memory", "telegram", "discord", "install")


def main() -> None:
    """Each measurement in its turn."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("names", nargs="*", choices=[*NAMES, []], default=[], help="what to measure")
    ask.add_argument("--write", action="store_true", help="put the figures into docs/lab.md")
    ask.add_argument("--quick", action="store_true", help="small counts, to see that it works")
    given = ask.parse_args()
    for name in given.names or NAMES[:-1]:
        measure = importlib.import_module(f"training.bench.{name}").measure
        section = asyncio.run(measure(given.quick))
        print(section.markdown(), flush=True)
        if given.write:
            write(section)


if __name__ == "__main__":
    main()
