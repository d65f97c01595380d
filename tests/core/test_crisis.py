"""The crisis check on lines in the way people write them; figures on the part that was not looked at while building.

`make test` breaks every fourth of our own lines at each of its spaces, `make soak` all of them.
"""

from __future__ import annotations

import csv
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from core.entities import Level, Safety
from core.safety import crisis
from core.safety.crisis import check, check_safely
from core.safety.lexicon import lexicon
from core.safety.wording import KINDS, WEIGHTS, Wording, windows

LINES = Path(__file__).parent / "data" / "crisis_lines.tsv"
DANGER = (Level.HIGH, Level.IMMINENT)


def rows() -> list[dict[str, str]]:
    with LINES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def held_out(row: dict[str, str]) -> bool:
    """Two fifths of the first lines, by their own hash: nobody looked at them while the lexicon was built."""
    return not row["kind"].startswith("second") and hashlib.sha256(row["text"].encode()).digest()[0] % 5 >= 3


def share(part: list[dict[str, str]], good: tuple[Level, ...]) -> float:
    return sum(check(row["text"]).level in good for row in part) / len(part)


@pytest.mark.parametrize("part", ["built on", "held out"])
def test_goals_on_our_own_lines(part: str) -> None:
    ours = [row for row in rows() if held_out(row) == (part == "held out")]
    by = {level: [row for row in ours if row["level"] == level] for level in Level}
    quiet = [row for row in by[Level.NONE] if row["kind"].endswith("ordinary")]
    idioms = [row for row in by[Level.NONE] if row["kind"] == "idiom"]
    assert share(by[Level.HIGH] + by[Level.IMMINENT], DANGER) >= 0.95
    assert share(by[Level.CONCERN], (Level.CONCERN, *DANGER)) >= 0.85
    assert share(by[Level.OTHER], (Level.OTHER,)) >= 0.80
    assert share(quiet, (Level.NONE,)) >= 0.97
    assert share(idioms, (Level.NONE,)) >= 0.90


def test_lines_are_many_balanced_and_unique() -> None:
    ours = rows()
    assert len(ours) >= 700
    assert len({row["text"] for row in ours}) == len(ours)
    korean = sum(any("가" <= char <= "힣" or "ㄱ" <= char <= "ㅣ" for char in row["text"]) for row in ours)
    assert 0.4 <= korean / len(ours) <= 0.6
    assert {row["level"] for row in ours} == set(Level)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("친구가 죽고 싶대", Level.OTHER),
        ("친구가 죽고 싶대. 나도 그래", Level.HIGH),
        ("배고파 죽겠다", Level.NONE),
        ("배고파 죽겠다. 근데 사실 죽고 싶다", Level.HIGH),
        ("this homework is killing me", Level.NONE),
        ("this homework is killing me and I want to kill myself", Level.HIGH),
        ("예전엔 죽고 싶었는데 지금은 괜찮다", Level.CONCERN),
        ("예전에도 죽고 싶었는데 지금도 죽고 싶다", Level.HIGH),
        ("죽고 싶지 않다", Level.NONE),
        ("I don't want to die", Level.NONE),
        ("the character kills himself in the movie", Level.NONE),
        ("수면제 몇 알 먹으면 죽어요?", Level.IMMINENT),
        ("오늘 밤에 죽을 거야", Level.IMMINENT),
        ("I'm going to kill myself tonight", Level.IMMINENT),
        ("혼자 살고 싶다", Level.NONE),
        ("여자 살 빼는 법", Level.NONE),
        ("친구가 날 괴롭혀서 죽고 싶다", Level.HIGH),
        ("I told my mom that I want to die", Level.HIGH),
        ("", Level.NONE),
        ("😀😀😀", Level.NONE),
        ("12345 !!! ---", Level.NONE),
    ],
)
def test_lines_that_must_never_change(text: str, level: Level) -> None:
    assert check(text).level is level


@pytest.mark.parametrize(
    "text",
    ["죽 고 싶 다", "죽.고.싶.다", "죽\u200b고 싶\u200b다", "죽고시퍼", "자.살하고 싶다", "자 살 하고 싶어", "ㅈㅅ하고싶다",
     "i want to d i e", "su1c1de is all I think about", "k.i.l.l m.y.s.e.l.f", "IWANTTODIE", "ｗａｎｔ ｔｏ ｄｉｅ", "i want to dieeeee"],
)  # fmt: skip
def test_disguises_are_seen_through(text: str) -> None:
    assert check(text).level in DANGER


BREAKS = ["\n", "\n\n", "\r\n", "\r", " \n ", "\u2028", "\u2029", "\x85", "\n\u200b\n"]


@pytest.mark.parametrize("gap", BREAKS)
@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("오늘 밤에 죽을|거야", Level.IMMINENT),
        ("나 이제 죽고|싶다", Level.HIGH),
        ("죽고 싶|다", Level.HIGH),
        ("자|살하고 싶다", Level.HIGH),
        ("자|해하고 싶다", Level.HIGH),
        ("I want to kill|myself", Level.HIGH),
        ("I'm going to end|my life tonight", Level.IMMINENT),
        ("오늘 친구를 만났어|죽고 싶다", Level.HIGH),
        ("아무도 모르게 사라지고 싶다|죽고 싶지 않다", Level.HIGH),
        ("죽어버리고 싶어|죽고 싶은 건 아니야", Level.HIGH),
        ("I saw my mom|want to die", Level.HIGH),
        ("배고파|죽겠다", Level.NONE),
        ("죽고 싶지|않아", Level.NONE),
        ("this homework is killing|me", Level.NONE),
        ("I don't want to|kill myself", Level.NONE),
    ],
)
def test_a_line_break_hides_and_invents_nothing(text: str, level: Level, gap: str) -> None:
    assert check(text.replace("|", gap)).level is level


@pytest.mark.parametrize("hidden", ["\u200b", "\u2060", "\ufeff"])
def test_hidden_characters_are_read_both_ways(hidden: str) -> None:
    assert check(f"I want to kill{hidden}myself").level is Level.HIGH
    assert check(f"I want to k{hidden}i{hidden}ll myself").level is Level.HIGH


def broken(text: str) -> list[str]:
    """The text broken at all of its spaces, and at each of them alone."""
    at = [place for place, character in enumerate(text) if character == " "]
    return [text.replace(" ", "\n"), *(f"{text[:place]}\n{text[place + 1 :]}" for place in at)]


@pytest.mark.soak
def test_our_own_lines_broken_at_every_space() -> None:
    order, invented, quiet = list(Level), [], 0
    for row in rows()[:: 1 if os.environ.get("EMOSEUM_SOAK") else 4]:
        whole = order.index(check(row["text"]).level)
        for text in broken(row["text"]):
            now = order.index(check(text).level)
            assert now >= whole, text
            if row["level"] == Level.NONE:
                quiet += 1
                invented += [text] if now > whole else []
    # What is left are lines about films whose half, read alone, is a cry for help: there care comes first.
    assert len(invented) / quiet < 0.01, invented


def test_danger_deep_in_a_long_day_is_found() -> None:
    day = "오늘은 친구랑 밥을 먹고 산책을 했다. 날씨가 좋았다. " * 500
    assert check(day).level is Level.NONE
    assert check(day[:15_000] + " 그런데 사실은 죽고 싶다. " + day[:4_000]).level is Level.HIGH
    assert check(day * 3 + "죽고 싶다").level is Level.HIGH


@pytest.mark.parametrize("end", [". ", " ", "\n", ""])
def test_the_model_reads_every_word_of_a_long_text(end: str) -> None:
    words = [f"{number:05d}가나다라" for number in range(1_000)]
    read = windows(end.join(words))
    assert all(any(word in window for window in read) for word in words) or end == ""
    assert max(map(len, read)) <= 500
    assert len(read) < 400


@pytest.mark.parametrize(
    "piece",
    [
        "죽고 싶다 ",
        "나는 죽고 싶지 않다. ",
        "친구가 죽고 싶대. ",
        "kill myself ",
        "a" * 50,
        "ㅈㅅ",
        "not want to die ",
        "자 살 ",
        "약을 ",
        "칼로 ",
        "죽고\n",
        "나는 죽고\n싶지 않다\n",
        "don't\nwant to die\n",
        "kill\u200bmyself\n",
        "자\n",
        " \n",
        "a \r",
        " " * 19_999 + "a",
        "자\n살",
    ],
)
def test_hostile_texts_take_bounded_time(piece: str) -> None:
    text = (piece * 20_000)[:20_000]
    start = time.thread_time()
    check_safely(text)
    assert time.thread_time() - start < 15.0, "a pattern that runs away takes minutes; 0.5 s is what all of it takes"


def broken_check(*_: object) -> Safety:
    raise ValueError("cannot read 비밀 이야기")


def test_a_broken_check_asks_instead_of_staying_silent(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(crisis, "_check_chunk", broken_check)
    safety = check_safely("비밀 이야기")
    assert (safety.level, safety.rules) == (Level.CONCERN, ("check.failed",))
    assert "비밀" not in caplog.text


@pytest.mark.parametrize("trouble", ["no file", "another file", "an array that does not fit"])
def test_a_broken_model_asks_too_and_hides_nothing_that_a_rule_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, trouble: str
) -> None:
    weights = tmp_path / "crisis.npz"
    if trouble == "another file":
        weights.write_bytes(b"PK not really")
    if trouble == "an array that does not fit":
        np.savez(weights, weights=np.zeros((3, 3)), scale=1, bias=0, any_from=0.5, high_from=0.5)
    monkeypatch.setattr(crisis, "wording", lambda: Wording.load(weights))
    assert check_safely("오늘은 좋은 날").rules == ("check.failed",)
    assert check_safely("죽고 싶다").level is Level.HIGH
    assert check_safely("오늘 밤에 죽을 거야").level is Level.IMMINENT


def test_a_check_that_takes_too_long_asks_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crisis, "LIMIT_S", -1.0)
    assert check_safely("오늘은 좋은 날").rules == ("check.failed",)


def test_out_of_time_in_a_long_text_what_was_found_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    long = "죽고 싶다. " + "오늘은 산책을 했다. " * 4_000
    checked = crisis._check_chunk

    def slow(text: str, deadline: float) -> Safety:
        if "죽고" not in text:
            raise TimeoutError
        return checked(text, deadline)

    monkeypatch.setattr(crisis, "_check_chunk", slow)
    assert check_safely(long).level is Level.HIGH
    assert check_safely(long[8:]).rules == ("check.failed",)


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("내가 없어도 세상은 잘만 돌아갈 텐데, 그냥 꺼지고 싶다", DANGER),
        ("인생이라는 책을 이만 덮고 싶어", (Level.CONCERN, *DANGER)),  # asked about, if not called high
        ("내일 아침 해가 나 없이 떴으면 좋겠다", (Level.CONCERN, *DANGER)),
        ("the world would run smoother with me out of it", (Level.CONCERN, *DANGER)),
        ("I wish I could switch myself off forever", DANGER),
    ],
)
def test_wording_that_no_rule_knows_is_caught_by_the_model(text: str, levels: tuple[Level, ...]) -> None:
    assert crisis.by_lexicon(text).level is Level.NONE
    safety = check(text)
    assert safety.level in levels
    assert safety.rules[-1].startswith("wording.")


def test_the_model_lowers_no_wish_plan_or_deed() -> None:
    for row in rows():
        by_rule, both = crisis.by_lexicon(row["text"]).level, check(row["text"]).level
        assert list(Level).index(both) >= list(Level).index(by_rule) or by_rule is Level.CONCERN
        assert both is not Level.NONE or by_rule is Level.NONE or row["level"] == Level.NONE


@pytest.mark.parametrize(
    ("rules", "worry", "level"),
    [
        (("despair.hope",), 0.01, Level.NONE),
        (("despair.hope", "fallback.death_word"), 0.01, Level.NONE),
        (("despair.hope",), 0.05, Level.CONCERN),
        (("abuse",), 0.01, Level.CONCERN),
        (("wish.die",), 0.01, Level.CONCERN),
        (("despair.hope", "wish.die"), 0.01, Level.CONCERN),
        (("check.failed",), 0.01, Level.CONCERN),
        (("wording.concern",), 0.01, Level.CONCERN),
    ],
)
def test_a_hard_word_is_let_go_only_where_the_model_is_sure(rules: tuple[str, ...], worry: float, level: Level) -> None:
    assert crisis.eased(Safety(Level.CONCERN, rules), worry, "words").level is level


@pytest.mark.parametrize("text", ["엄마 미안", "먼저 갈게", "sorry mom"])
def test_a_word_or_two_that_no_rule_knows_is_asked_about_at_most(text: str) -> None:
    assert check(text).level in (Level.NONE, Level.CONCERN)
    assert crisis.eased(Safety(Level.HIGH, ("wording.high",)), 0.9, text).level is Level.CONCERN
    assert crisis.eased(Safety(Level.HIGH, ("wish.die",)), 0.9, text).level is Level.HIGH


@pytest.mark.parametrize("level", [Level.HIGH, Level.IMMINENT, Level.OTHER])
def test_what_is_graver_is_never_let_go(level: Level) -> None:
    assert crisis.eased(Safety(level, ("despair.hope",)), 0.0, "words").level is level


def test_the_model_is_small_and_its_memory_too() -> None:
    assert WEIGHTS.stat().st_size <= 500_000
    code = (
        "import core.safety.crisis as c, pathlib;"
        "peak = lambda: int(pathlib.Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0]) / 1024;"
        "before = peak(); c.get_ready(); c.check('나 없어도 다들 잘 살 거야'); print(peak() - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 90  # MB; 49 measured: 33 of them the reader's


def test_rules_never_quote_the_text() -> None:
    lex = lexicon()
    known = {each.id for each in (*lex.rules, *lex.combinations)} | {"echo.self"}
    known |= {f"wording.{kind}" for kind in KINDS}
    for row in rows():
        safety = check(row["text"])
        assert set(safety.rules) <= known
        assert bool(safety.rules) == (safety.level is not Level.NONE)


def test_importing_is_free_and_checking_wakes_numpy_only() -> None:
    code = (
        "import sys; import core.safety.crisis as c; print('numpy' in sys.modules); c.check('죽고 싶다'); c.check('안녕');"
        "print([m for m in ('kiwipiepy','torch','scipy','onnxruntime','aiohttp','dbos') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["False", "[]"]
