"""What takes long: everything at full length once, 100,000 strange texts, images and sounds each, then the fault suite
twenty times in a row; the first failure ends it.

python -m tests.soak              as `make soak` does
python -m tests.soak faults 3     three rounds of the fault suite alone
python -m tests.soak fuzz         the fuzzing alone
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from time import monotonic

from tests.conftest import FAULTS, TESTS

ROUNDS = 20
FUZZ_INPUTS, FUZZ_TURNS = 100_000, 4
BESIDE = ("-n", "4", "--dist", "loadfile")  # most of them wait for somebody


def main() -> int:
    """0 where all of it passed, and not one test of it a second time."""
    if sys.argv[1:2] == ["fuzz"]:
        return 0 if fuzzed() else 1
    only, rounds = sys.argv[1:2] == ["faults"], int([*sys.argv[2:], str(ROUNDS)][0])
    if not only:
        if not passes("what is measured, with nothing beside it", ("-m", "soak and quiet"), full_length=True):
            return 1
        if not passes("everything else at full length", ("-m", "soak and not quiet", *BESIDE), full_length=True):
            return 1
        if not fuzzed():
            return 1
    options = ("-m", "faults", *BESIDE, *fault_files())
    return 0 if all(passes(f"faults, round {n} of {rounds}", options) for n in range(1, rounds + 1)) else 1


def fault_files() -> list[str]:
    """Where the fault suite stands; the other files need not be read twenty times by four workers."""
    return sorted({str(path) for pattern in FAULTS for path in TESTS.glob(pattern)})


def fuzzed() -> bool:
    """Coverage-guided, 100,000 inputs of each kind (tests/fuzz); where one breaks something its file is named.

    In several processes one after another, which hand on what they found: atheris itself keeps some 25 kB an input of
    text it has watched (nothing grows without it), and a hundred thousand would meet the limit of 3 GiB."""
    for kind in ("text", "image", "audio"):
        began_s, inputs = monotonic(), 0
        for turn in range(FUZZ_TURNS):
            command = [sys.executable, "-m", "tests.fuzz", kind, str(FUZZ_INPUTS // FUZZ_TURNS), str(turn + 1)]
            done = subprocess.run(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
            )
            runs = re.findall(r"number_of_executed_units: *(\d+)", done.stdout)
            inputs += int(runs[-1]) if runs else 0
            if done.returncode:
                print(done.stdout[-6000:])
                break
        result = "passed" if done.returncode == 0 else "FAILED"
        print(f"fuzzing, {kind}: {result} in {monotonic() - began_s:.0f} s ({inputs} inputs)", flush=True)
        if done.returncode:
            return False
    return True


def passes(name: str, options: tuple[str, ...], *, full_length: bool = False) -> bool:
    """Run those tests and print a line; everything that pytest said where one of them failed."""
    environment = {key: value for key, value in os.environ.items() if key != "EMOSEUM_SOAK"}
    if full_length:
        environment["EMOSEUM_SOAK"] = "1"
        options = (*options, "--timeout", "3600")
    began_s = monotonic()
    command = [sys.executable, "-m", "pytest", "--exitfirst", *options]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        print(done.stdout)
    result = "passed" if done.returncode == 0 else "FAILED"
    print(f"{name}: {result} in {monotonic() - began_s:.0f} s ({done.stdout.strip().splitlines()[-1]})", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
