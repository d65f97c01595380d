"""Coverage-guided fuzzing by atheris: `python -m tests.fuzz text|image|audio [inputs [seed]]`, 100,000 inputs if nothing is said.

Begins at the seeds, keeps what finds new paths in the corpus folder (`build/fuzz/<kind>/`), and ends at the first
exception, at 10 s for one input or at 3 GiB: the input's file is named, and `python -m tests.fuzz text - FILE` runs it alone.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import atheris

INPUTS = 100_000
BYTES = {"text": 400, "image": 6_000, "audio": 12_000}  # of one input at most; 20,000 characters are hypothesis' work
FOLDER = Path(__file__).resolve().parents[2] / "build" / "fuzz"

# Only what is written in Python can be watched; the decoders inside PIL and FFmpeg are tried all the same.
WATCHED = ["core", "bot", "PIL", "pillow_heif"]


def as_text(data: bytes) -> str:
    """UTF-8 where it is that; a byte that is none becomes a lone surrogate."""
    return data.decode("utf-8", "surrogateescape")


def seeds_and_way(kind: str) -> tuple[list[bytes], Callable[[bytes], None]]:
    """Where one kind of fuzzing begins, and what is called; everything it needs was loaded, and is watched."""
    with atheris.instrument_imports(include=WATCHED):
        from tests.fuzz import seeds, ways_in

        ways = {
            "text": (seeds.texts, lambda data: ways_in.read(as_text(data), talks=False)),
            "image": (seeds.photos, lambda data: ways_in.look_at(data, faces=False)),
            "audio": (seeds.sounds, ways_in.listen_to),
        }
        make_seeds, way_in = ways[kind]
        made = make_seeds()
        for seed in made:  # engines import what they need when they are first called
            way_in(seed)
    return made, way_in


def main() -> None:
    """Fuzz one kind; the process ends with 0 where nothing was found."""
    kind, inputs = sys.argv[1], [*sys.argv[2:], str(INPUTS)][0]
    chance = [*sys.argv[3:], "1"][0]
    made, way_in = seeds_and_way(kind)
    if inputs == "-":
        for file in sys.argv[3:]:
            way_in(Path(file).read_bytes())
        return
    corpus, found = FOLDER / kind, FOLDER / "found"
    corpus.mkdir(parents=True, exist_ok=True)
    found.mkdir(parents=True, exist_ok=True)
    for seed in made:
        (corpus / f"seed-{hashlib.sha1(seed).hexdigest()[:12]}").write_bytes(seed)
    options = [
        f"-runs={int(inputs)}", f"-max_len={BYTES[kind]}", "-timeout=10", "-rss_limit_mb=3072", "-len_control=0",
        f"-artifact_prefix={found}{os.sep}{kind}-", "-print_final_stats=1", f"-seed={chance}",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options, str(corpus)], way_in)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
