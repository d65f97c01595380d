"""Words that the lexicon lacks find the nearest thing that can be drawn, and what can't be drawn finds none."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.evaluation.files import BadFile
from core.evaluation.tags import evaluate
from core.painting import nearness
from core.painting.lexicon import lexicon
from core.painting.tags import find_tags

FRESH = Path(__file__).parent / "data" / "tag_fresh_lines.tsv"
ROOT = Path(__file__).parents[2]


def names(text: str, language: str = "ko") -> list[str]:
    """What was found, by name."""
    return [tag.name for tag in find_tags(text, language)]


@pytest.fixture
def without_weights(monkeypatch, tmp_path):
    """The lexicon alone."""
    monkeypatch.setattr(nearness, "WEIGHTS", tmp_path / "none.npz")
    nearness._vectors.cache_clear()
    nearness._judged.cache_clear()
    yield
    nearness._vectors.cache_clear()
    nearness._judged.cache_clear()


@pytest.mark.parametrize("half", ["tune", "kept"])
def test_fresh_lines_keep_their_figures(half):
    figures = evaluate(FRESH, half)
    assert figures["lines"] == 100
    assert figures["things_with_a_fitting_tag"] >= 0.9
    assert figures["silly_tags"] <= 0.03


def test_without_the_vectors_fewer_things_are_found(without_weights):
    assert evaluate(FRESH, "tune")["things_with_a_fitting_tag"] < 0.9
    assert names("강아지랑 산책했다") == ["dog", "walk"]


@pytest.mark.parametrize(
    ("text", "language", "name"),
    [
        ("오늘 치와와를 만났다", "ko", "dog"),
        ("저녁에 동태찌개를 먹었다", "ko", "stew"),
        ("Met a beagle today", "en", "dog"),
        ("We built a snow igloo", "en", "snow"),
    ],
)
def test_a_word_that_the_lexicon_lacks_finds_its_thing(text, language, name):
    assert name in names(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("치와와를 못 봤다", "ko"),
        ("치와와를 키우고 싶다", "ko"),
        ("동태찌개를 먹지 않았다", "ko"),
        ("I didn't see the beagle", "en"),
        ("I wish I had a beagle", "en"),
    ],
)
def test_what_was_not_there_or_only_wished_for_is_not_drawn(text, language):
    assert names(text, language) == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("마음이 복잡하고 생각이 많다.", "ko"),
        ("아무 이유 없이 기분이 가라앉는다.", "ko"),
        ("지민이가 부럽고 나는 초라하다.", "ko"),
        ("I feel empty and I don't know why.", "en"),
        ("Everything seems pointless lately.", "en"),
        ("I told Beagley the truth.", "en"),
    ],
)
def test_what_cannot_be_drawn_stays_undrawn(text, language):
    assert names(text, language) == []


def test_what_the_lexicon_has_judged_is_not_guessed_again():
    assert "fan" not in names("I'm a huge fan of yours", "en")
    assert "pear" not in names("배가 고파서 밥을 먹었다")


def test_a_guess_stands_behind_what_is_known():
    assert names("치와와랑 고양이가 싸웠다")[:2] == ["cat", "dog"]


def test_every_name_is_in_the_lexicon_and_the_file_is_small():
    rows, known, tags, threshold = nearness._vectors()
    assert set(known) - {nearness.NOTHING} <= set(lexicon().concepts)
    assert len(rows) > 0 and len(tags) == len(known) and 0 < threshold < 1
    assert nearness.WEIGHTS.stat().st_size <= 4_000_000


def test_numpy_is_all_it_needs():
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from core.painting.tags import find_tags; assert 'numpy' not in sys.modules; "
            "print([t.name for t in find_tags('Met a beagle', 'en')], 'torch' in sys.modules)",
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert said.stdout.strip() == "['dog'] False"


def test_lines_are_judged_by_what_fits_each_thing(tmp_path):
    file = tmp_path / "lines.tsv"
    rows = ["language\ttext\texpected\talso_fair", "en\tThe dog ate pizza by the stairs\tdog pie=pie|pizza lift=\t"]
    file.write_text("\n".join([*rows, "en\tA cat in the rain\tcat\train", "en\tA cow\thorse\t"]), "utf-8")
    figures = evaluate(file)
    assert figures["things"] == 5
    assert figures["things_with_a_fitting_tag"] == pytest.approx(
        3 / 5
    )  # nothing fits a lift here, and a cow is no horse
    assert figures["silly_tags"] == pytest.approx((figures["tags"] - 4) / figures["tags"])
    with pytest.raises(BadFile):
        evaluate(file, "kept")


def test_the_figures_are_told_at_the_command_line():
    said = subprocess.run(
        [sys.executable, "emoseum.py", "evaluate", "tags", "--file", str(FRESH), "--half", "tune", "--json"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert json.loads(said.stdout)["lines"] == 100
    wrong = subprocess.run(
        [sys.executable, "emoseum.py", "evaluate", "tags", "--file", "nowhere.tsv"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert wrong.returncode == 2 and "no file" in wrong.stderr and "Traceback" not in wrong.stderr
