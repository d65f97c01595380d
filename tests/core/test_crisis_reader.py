"""The reader beside the crisis check's wording model: what it hears, when it looks, and that nothing hangs on it."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from core.entities import Level
from core.safety import crisis
from core.safety import reader as reading
from core.safety.crisis import check, check_safely
from core.safety.reader import TOKENS, WEIGHTS, Reader, is_sure, numbers, reader, together
from core.safety.wording import Opinion, lines, windows, wording

DANGER = (Level.HIGH, Level.IMMINENT)


@pytest.fixture(scope="module")
def real() -> Reader:
    found = reader()
    assert found is not None
    return found


# Cut by multilingual-e5-small's own tokenizer with all of its 250,002 pieces (training/text_readers.py).
@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("오늘은 강가를 걸었다. 바람이 시원했다.", "▁오늘은 ▁강 가 를 ▁걸 었다 . ▁바람 이 ▁시 원 했다 ."),
        ("친구랑 떡볶이를 먹고 늦게까지 수다를 떨었다ㅋㅋㅋ", "▁친구 랑 ▁ 떡 볶 이 를 ▁먹고 ▁ 늦 게 까지 ▁수 다 를 ▁ 떨 었다 ᄏᄏᄏ"),
        ("내가 없어져도 다들 잘 살 것 같다", "▁내가 ▁없어 져 도 ▁다 들 ▁잘 ▁살 ▁것 ▁같다"),
        ("엄마한테 미안하다는 말만 남기고 싶다 ㅠㅠ", "▁엄마 한테 ▁미 안 하다는 ▁말 만 ▁남 기 고 ▁싶다 ▁ ᅲᅲ"),
        ("everyone would be lighter without me, honestly", "▁everyone ▁would ▁be ▁light er ▁without ▁me , ▁honest ly"),
        ("It's fine. I've sorted all my things & left notes!", "▁It ' s ▁fine . ▁I ' ve ▁sorte d ▁all ▁my ▁things ▁& ▁left ▁notes !"),
        ("요즘 work가 너무 많아서 burnout 올 듯", "▁요즘 ▁work 가 ▁너무 ▁많아 서 ▁bur nout ▁올 ▁듯"),
        ("Ｆｕｌｌ\u3000ｗｉｄｔｈ ① ㎏", "▁Full ▁ width ▁1 ▁kg"),
    ],
)  # fmt: skip
def test_words_are_cut_as_the_model_learned_them(real: Reader, text: str, pieces: str) -> None:
    assert " ".join(real.pieces.id_to_piece(number) for number in numbers(real.pieces, text)[0][1:-1]) == pieces


def test_no_syllable_letter_or_digit_is_unknown(real: Reader) -> None:
    unknown = real.pieces.unk_id()
    common = [chr(code) for code in range(0x20, 0x7F)] + list("가나다라마바사아자차카타파하뷁꺼졌뒤싶ㅋㅠㅜ…~😀😭❤")
    # A dozen syllables that hardly anybody writes have no piece in the original either.
    assert [letter for letter in common if unknown in numbers(real.pieces, letter)[0]] in ([], ["뷁"])


def test_of_a_long_window_every_word_is_read_and_anna_is_not(real: Reader) -> None:
    words = [f"{number}번째" for number in range(60)]
    parts = numbers(real.pieces, " ".join(words))
    assert len(parts) > 2 and max(map(len, parts)) == TOKENS
    read = [real.pieces.decode(part[1:-1]) for part in parts]
    assert all(any(word in text for text in read) for word in words)
    assert len(numbers(real.pieces, "가" * 200)) < 10 and len(numbers(real.pieces, "﷽" * 240)) < 10
    assert numbers(real.pieces, "안나야, 나 왔어") == numbers(real.pieces, ", 나 왔어")
    assert np.isfinite(real.logits(["", "\u200b"])).all() and real.logits([]) == []


@pytest.mark.parametrize(
    "text",
    ["\x00abc", "👨‍👩‍👧‍👦" * 60, "ㅋ" * 240, "\u0301" * 300, "a" * 5_000, "﷽" * 200, "\U0010ffff", "\x1b[31m", "　", "가\u200b나 나 없이도 다들"],
)  # fmt: skip
def test_odd_texts_are_read_like_any(real: Reader, text: str) -> None:
    assert all(len(part) <= TOKENS for part in numbers(real.pieces, text))
    assert np.isfinite(real.logits([text])).all()
    assert "check.failed" not in check_safely(text).rules


INDIRECT = [
    ("ko", "내 자리 하나 비어도 이 집은 조용히 굴러가겠지. 이제 그 자리를 비워주려고"),
    ("ko", "다음 달 달력은 넘기지 않을 생각이야"),
    ("ko", "이번 봄꽃까지만 보고 그만두려고요, 전부 다"),
    ("ko", "냉장고를 비우고 화분을 옆집에 맡겼다. 이제 홀가분하게 문을 닫을 수 있겠다"),
    ("en", "i've overstayed my welcome on this planet"),
    ("en", "three pharmacies today. i think that's enough now"),
    ("en", "i'd make a better memory than a person"),
    ("en", "i don't plan on needing a winter coat this year, or any year"),
    ("en", "gave the dog to my sister, paid the rent ahead, now i can finally rest for good"),
    ("en", "it would be kinder to everybody if my chair stayed empty"),
]


@pytest.mark.parametrize(("language", "text"), INDIRECT)
def test_indirect_wording_is_heard(language: str, text: str) -> None:
    assert check(text).level in (Level.CONCERN, *DANGER)


def test_it_hears_what_the_wording_model_alone_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    both = sum(check(text).level in DANGER for _, text in INDIRECT)
    monkeypatch.setattr(crisis, "reader", lambda: None)
    alone = sum(check(text).level in DANGER for _, text in INDIRECT)
    assert both >= alone + 3


@pytest.mark.parametrize(
    "text",
    [
        "그대로 두었어요",
        "머리는 그대로 두었어",
        "I left it as it was",
        "오늘 할아버지가 세상을 떠나셨다",
        "산에 두 번 갔다",
        "이제 갈게, 내일 봐!",
        "저는 지우예요",
        "배터리가 죽어서 집에 왔다",
        "끝났다! 드디어 방학이다",
        "finally deleted that app, feels great",
        "I'm dead, that joke was too good",
        "packed everything, moving to the new flat tomorrow",
        "냉장고를 비우고 대청소를 했다. 홀가분하다",
        "화분을 옆집에 맡기고 여행을 간다",
        "약국에 들러 감기약을 샀다",
        "cleaned out the fridge, feels so good",
        "sorted the insurance papers at last",
        "응 이제 좀 자려고. 고마워",
        "네, 이제 잘게요",
        "한강 다리 걸어서 건넜다",
        "I'd rather not say.",
    ],
)
def test_calm_lines_stay_calm(text: str) -> None:
    assert check(text).level is Level.NONE


@pytest.mark.parametrize(
    "text", ["약 먹고 이제 자려고. 고마워", "이제 자려고. 다들 고마웠어", "한강 다리 위야", "I'd rather not wake up"]
)
def test_what_only_begins_like_a_calm_line_is_heard(text: str) -> None:
    assert check(text).level is not Level.NONE


DAY = {
    "ko": "아침에 빵집에 들러 식빵을 샀다. 점심에는 동료들과 칼국수를 먹었다. 퇴근길에 새 운동화를 신고 걸었더니 발이 편했다. 저녁에는 빨래를 개고 드라마를 봤다.",
    "en": "Bought bread on the way to work. Had noodles with colleagues at lunch. Walked home in my new shoes and they felt great. Folded the laundry and watched a show.",
}


# The fourth tells it in two sentences, each of them calm by itself: that is still missed.
@pytest.mark.parametrize(("language", "text"), INDIRECT[:3] + INDIRECT[4:])
def test_a_calm_day_does_not_drown_its_last_sentence(language: str, text: str) -> None:
    assert check(DAY[language]).level is Level.NONE
    assert check(f"{DAY[language]} {text}").level in (Level.CONCERN, *DANGER)


class Counting:
    """A reader that is there, says the same of everything, and counts its looks."""

    any_from, high_from = 0.5, 0.3

    def __init__(self, logits: tuple[float, float, float], takes_s: float = 0.0) -> None:
        self.said, self.takes_s, self.seen, self.goes = np.array(logits), takes_s, list[str](), list[list[str]]()

    def logits(self, windows: Sequence[str]) -> list[np.ndarray]:
        until = time.thread_time() + self.takes_s
        while time.thread_time() < until:
            pass
        self.seen += windows
        self.goes.append(list(windows))
        return [self.said] * len(windows)


def test_it_looks_only_where_the_wording_model_is_not_sure(monkeypatch: pytest.MonkeyPatch) -> None:
    alarming = Counting((0.0, 9.0, 0.0))
    monkeypatch.setattr(crisis, "reader", lambda: alarming)
    calm, unsure = "오늘은 친구랑 김밥을 먹고 산책을 했다", "나 없이도 다들 잘 지낼 거야"
    assert is_sure(wording().opinion(calm)) and not is_sure(wording().opinion(unsure))
    assert check(calm).level is Level.NONE and alarming.seen == []
    assert check(unsure).level is Level.HIGH and alarming.seen == [unsure]
    alarming.seen.clear()
    assert check("죽고 싶다").level is Level.HIGH and alarming.seen == []  # a rule has said it


def test_it_may_calm_what_the_wording_model_alone_would_ask_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crisis, "reader", lambda: Counting((-9.0, -9.0, -9.0)))
    text = "나 없이도 다들 잘 지낼 거야"
    assert check(text).level is Level.NONE
    assert check("죽고 싶다. " + text).level is Level.HIGH  # but no rule


WORRYING = "나 없이도 다들 잘 지낼 거야. 모두가 홀가분해질 거라고 생각한다. " * 2_000


def test_of_a_long_text_it_reads_the_most_worrying_windows_only(monkeypatch: pytest.MonkeyPatch) -> None:
    calming = Counting((-9.0, -9.0, -9.0))
    monkeypatch.setattr(crisis, "reader", lambda: calming)
    texts = [
        f"{number}번째 날, 나 없이도 다들 잘 지낼 거야. 아무도 모르게 조용히 사라질 생각을 했다."
        for number in range(300)
    ]
    check_safely(" ".join(texts)[:20_000])
    assert len(calming.seen) == crisis.MOST_READ
    worries = [wording().opinion(window).worry for window in windows(" ".join(texts)[:20_000])]
    assert min(wording().opinion(window).worry for window in calming.seen) >= sorted(worries)[-crisis.MOST_READ]


def test_a_slow_machine_stops_it_before_the_text_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Counting((-9.0, -9.0, -9.0), takes_s=0.2)
    monkeypatch.setattr(crisis, "reader", lambda: slow)
    texts = [f"{number}번째 날, 나 없이도 다들 잘 지낼 거야." for number in range(300)]
    safety = check_safely(" ".join(texts))
    assert len(slow.goes) == 2 and len(slow.seen) < crisis.MOST_READ
    assert "check.failed" not in safety.rules


def test_20_000_worrying_characters_take_no_minutes(real: Reader) -> None:
    check("warm 나 없이도 다들 잘 지낼 거야")
    start = time.thread_time()
    assert check_safely(WORRYING[:20_000]).level is not Level.NONE
    assert time.thread_time() - start < 15.0


def test_a_day_of_a_few_sentences_is_read_in_one_go_and_long_windows_in_several(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calming = Counting((-9.0, -9.0, -9.0))
    monkeypatch.setattr(crisis, "reader", lambda: calming)
    check("나 없이도 다들 잘 지낼 거야. 아무도 모르게 조용히 사라질 생각을 했다. 모두가 홀가분해질 거라고 생각한다.")
    assert len(calming.goes) == 1 and len(calming.seen) > 1
    calming.goes.clear()
    check(" ".join("나 없이도 다들 잘 지낼 거야 " * 12 + f"{n}. " for n in range(4)))
    assert len(calming.goes) > 2 and all(len(windows) == 1 or sum(map(len, windows)) <= 300 for windows in calming.goes)


def test_texts_read_together_are_read_as_each_alone(real: Reader) -> None:
    texts = [text for _, text in INDIRECT] + ["", "가" * 300, "ok"]
    for text, beside in zip(texts, real.logits(texts), strict=True):
        assert np.allclose(beside, real.logits([text])[0], atol=1e-3)


@pytest.mark.parametrize("trouble", ["no file", "another file", "half a file", "no sentencepiece"])
def test_without_it_the_check_is_what_it_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture, trouble: str
) -> None:
    weights = tmp_path / "crisis_reader.npz"
    if trouble == "another file":
        np.savez(weights, words=np.zeros(3))
    if trouble == "half a file":
        weights.write_bytes(WEIGHTS.read_bytes()[:100_000])
    if trouble == "no sentencepiece":
        monkeypatch.setitem(__import__("sys").modules, "sentencepiece", None)
    load = Reader.load
    monkeypatch.setattr(Reader, "load", lambda: load(WEIGHTS if trouble == "no sentencepiece" else weights))
    reading.reader.cache_clear()
    try:
        with caplog.at_level(logging.ERROR):
            assert check_safely("죽고 싶다").level is Level.HIGH
            assert check_safely("오늘은 좋은 날").level is Level.NONE
            assert check_safely("I wish I could switch myself off forever").level in DANGER
            assert reader() is None
        assert "does without its reader" in caplog.text
    finally:
        reading.reader.cache_clear()


def test_one_that_breaks_while_it_reads_is_a_check_in(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Counting):
        def logits(self, windows: Sequence[str]) -> list[np.ndarray]:
            raise ValueError(windows[0])

    monkeypatch.setattr(crisis, "reader", lambda: Broken((0.0, 0.0, 0.0)))
    assert check_safely("나 없이도 다들 잘 지낼 거야").rules == ("check.failed",)
    assert check_safely("오늘 밤에 죽을 거야").level is Level.IMMINENT


def test_both_together_are_a_weighed_mean_of_what_each_says() -> None:
    faint, certain = Opinion(0.0, 0.0, 0.0), np.array([-30.0, 8.0, -30.0])
    assert together(Opinion(0.0, 0.99, 0.0), certain).high > 0.99
    assert together(faint, np.array([-9.0, -9.0, -9.0])).worry < 0.001
    mixed = together(Opinion(0.1, 0.5, 0.1), np.array([0.0, 2.0, 0.0]))
    assert 0.5 < mixed.high < 0.8 and abs(mixed.concern - mixed.other) < 1e-9


def test_the_weights_are_small_enough_for_a_clone() -> None:
    assert WEIGHTS.stat().st_size <= 25_000_000


@pytest.mark.parametrize(
    "last", ["손목 존나 긋고싶네 바코드 또 늘듯", "인슐린 일부러 안맞은지 이틀", "다음 생에 만나자. 안녕"]
)
@pytest.mark.parametrize("before", [1, 4])
def test_a_day_written_in_lines_without_full_stops_does_not_drown_its_last_one(last: str, before: int) -> None:
    day = [
        "아침에 커피 마시고 출근했다",
        "점심은 김치찌개 먹었는데 맛있었다",
        "저녁에 친구랑 공원 산책했다",
        "집에 와서 씻고 누웠다",
    ]
    assert check("\n".join(day)).level is Level.NONE
    assert check("\n".join([*day[:before], last])).level.stops_everything


def test_lines_are_whole_sentences_and_a_broken_one_is_mended() -> None:
    assert lines("one line") == []
    assert lines("went to the market today\nok\nthen we cooked dinner\nand slept early") == [
        "went to the market today ok",
        "then we cooked dinner",
        "and slept early",
    ]
    assert lines("I took a pill for my\nmigraine and went to bed") == []
    assert len(lines("진짜 즐거운 하루였다 ㅋㅋ\n집에 와서 바로 누웠다")) == 2
    assert lines("친구들이랑 같이 바다에 가서\n조개를 많이 주웠다") == []
    assert lines("\n\n") == []
    assert lines("half a pair \udcbb in one line\nand another line\nand a third one")[0] == "half a pair in one line"
    assert check("\u26ae\udca4\n뀀\udcec\n짞").level is Level.NONE  # what the fuzzer found
