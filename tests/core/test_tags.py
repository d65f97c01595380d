"""Tags: what a diary line would make a friend draw, and what it would not."""

import csv
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.painting import lexicon, stickers, tags, words
from core.painting.tags import SceneHints, find_tags, scene_hints

LINES = Path(__file__).parent / "data" / "tag_lines.tsv"


def names(text: str, language: str = "ko") -> list[str]:
    """What was found, by name."""
    return [tag.name for tag in find_tags(text, language)]


def read_lines() -> list[dict[str, str]]:
    with LINES.open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def test_recall_and_silly_things_over_our_own_diary_lines(capsys):
    expected = found = drawn = silly = 0
    wrong = []
    for line in read_lines():
        want, fair = set(line["expected"].split()), set((line["also_fair"] or "").split())
        got = names(line["text"], line["language"])
        assert want | fair <= set(lexicon.lexicon().concepts), line
        odd = [name for name in got if name not in want | fair]
        expected, found = expected + len(want), found + len(want & set(got))
        drawn, silly = drawn + len(got), silly + len(odd)
        if odd or not want <= set(got):
            wrong.append(f"{line['text']}: misses {sorted(want - set(got))}, adds {odd}")
    with capsys.disabled():
        print(
            f"\n{len(read_lines())} lines: recall {found / expected:.3f} of {expected}, odd {silly / drawn:.3f} of {drawn}"
        )
        print("\n".join(wrong))
    assert found / expected >= 0.9
    assert silly / drawn <= 0.03


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("강아지를 못 봤다", "ko"),
        ("강아지는 없었다", "ko"),
        ("커피를 마시지 않았다", "ko"),
        ("커피를 마시지는 않았다", "ko"),
        ("다시 잠들지 못했다", "ko"),
        ("피아노 치는 법을 배우고 싶다", "ko"),
        ("바다에 가고 싶다", "ko"),
        ("엄마가 보고 싶다", "ko"),
        ("눈이 왔으면 좋겠다", "ko"),
        ("운동하려고 했는데 못 했다", "ko"),
        ("I didn't see the dog", "en"),
        ("The dog wasn't there.", "en"),
        ("I want to go to the beach", "en"),
        ("I miss my mom", "en"),
    ],
)
def test_what_was_not_there_or_only_wished_for_is_not_drawn(text, language):
    assert names(text, language) == []


def test_only_the_denied_part_of_a_line_is_left_out():
    assert names("친구를 안 만나고 집에서 쉬었다") == ["home", "sofa"]
    assert names("고양이 대신 강아지를 만났다") == ["dog"]
    assert names("I didn't see the dog but I ate pizza", "en") == ["pizza"]
    assert "bus" in names("I missed the bus so I took a taxi", "en")


def test_words_of_two_meanings_follow_their_neighbours():
    assert names("눈이 펑펑 온다") == ["snow"]
    assert "snow" not in names("눈이 아파서 집에 왔다")
    assert names("배를 깎아 먹었다") == ["pear"]
    assert names("배를 탔다") == ["ship"]
    assert "pear" not in names("배가 고파서 밥을 먹었다")


def test_mixed_languages_and_emoji_are_read():
    assert set(names("🐶랑 park에서 산책 with 엄마 🍕")) >= {"dog", "walk", "mom", "pizza"}
    assert names("👍🏽🏃🏽‍♀️☂️") == ["run", "umbrella", "good"]
    assert names("😭😭😭") == []  # a face is no thing


def test_the_word_stands_as_it_was_written():
    (tag,) = find_tags("오늘은 강아지랑!", "ko")
    assert (tag.word, tag.sticker, tag.kind) == ("강아지랑", "dog", "animal")


def test_the_same_thing_said_twice_is_one_tag():
    assert names("강아지, 강아지, 멍멍이, dog 🐶") == ["dog"]


def test_limit_keeps_the_most_important():
    text = "강아지 고양이 토끼 바다 우산 기타 피자 커피 사과나무 병원 학교 시장 버스 택시 꽃"
    assert len(find_tags(text, "ko", limit=3)) == 3
    assert find_tags(text, "ko", limit=3) == find_tags(text, "ko")[:3]


def test_hints_tell_place_weather_and_time():
    assert scene_hints(find_tags("밤바다를 보며 걸었다. 비가 왔다.", "ko")) == SceneHints("beach", "rain", "night")
    assert scene_hints(find_tags("Snow at school this morning", "en")) == SceneHints("school", "snow", "morning")
    assert scene_hints(()) == SceneHints()


def test_every_entry_has_a_sticker_and_known_hints():
    source = lexicon.LEXICON_TOML.read_text("utf-8")
    rows = [row for kind, table in tomllib.loads(source).items() if kind != "idiom" for row in table.values()]
    assert len(rows) >= 700
    concepts = [concept for concept in lexicon.lexicon().concepts.values() if concept.kind != "idiom"]
    assert {c.sticker for c in concepts} <= set(stickers.sticker_ids())
    assert {c.time for c in concepts} <= {"", "morning", "day", "evening", "night"}
    assert {c.weather for c in concepts} <= {"", "clear", "cloud", "rain", "snow", "wind", "fog"}
    assert {c.place for c in concepts if c.place} <= set(
        source.split("# place: ")[1].split("# weather")[0].replace("#", "").split()
    )


@pytest.mark.parametrize(
    "text",
    ["", "   \n", "ㅋㅋㅋㅋ", "?!?!", "\u200b\ufeff\u202e", "a" * 20_000, "\ud800".encode("utf-8", "ignore").decode()],
)
def test_odd_lines_give_nothing(text):
    assert find_tags(text, "ko") == ()


@pytest.mark.parametrize(
    "text", ["강아지랑 산책하고 라면을 먹었다. " * 1200, "강" * 20_000, "I walked the dog " * 1200, "🐶" * 20_000]
)
def test_twenty_thousand_characters_take_bounded_time(text):
    names("강아지")  # the analyser is awake
    start = time.process_time()
    find_tags(text[:20_000], "ko")
    assert time.process_time() - start < 15.0, "a search that runs away takes minutes"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.sampled_from(["ko", "en"]))
def test_no_text_breaks_it(text, language):
    for tag in find_tags(text, language):
        assert tag.sticker in stickers.sticker_ids()


def test_without_kiwipiepy_the_lexicon_alone_reads(monkeypatch):
    monkeypatch.setattr(tags, "has_kiwi", lambda: False)
    monkeypatch.setattr(words, "_kiwi", lambda: pytest.fail("kiwipiepy was woken"))
    assert set(names("오늘 강아지랑 카페에서 커피를 마셨다")) == {"dog", "cafe", "coffee"}
    assert names("강아지를 못 봤다") == []
    assert names("바다에 가고 싶다") == []
    rows = [row for row in read_lines() if row["language"] == "ko"]
    want = sum(len(row["expected"].split()) for row in rows)
    found = sum(len(set(row["expected"].split()) & set(names(row["text"]))) for row in rows)
    assert found / want >= 0.7


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("오늘은 할머니 기일이라 온 가족이 모였다.", "ko"),
        ("아빠 장례식이 끝났다. 집이 너무 조용하다.", "ko"),
        ("아침에 우리 고양이가 죽었다.", "ko"),
        ("My grandfather passed away last night.", "en"),
        ("Our cat died this morning.", "en"),
    ],
)
def test_who_has_died_does_not_stand_in_the_picture(text: str, language: str) -> None:
    names = [tag.name for tag in find_tags(text, language)]
    assert "remembrance" in names
    assert not {"grandmother", "dad", "cat", "grandfather"} & set(names)


def test_who_comes_in_a_dream_may_stand_there() -> None:
    assert "grandfather" in [tag.name for tag in find_tags("어제 꿈에 돌아가신 할아버지가 나왔다.", "ko")]


@pytest.mark.parametrize(
    ("text", "language", "place"),
    [
        ("회의에서 팀장이랑 크게 싸웠다.", "ko", "office"),
        ("My boss yelled at me in the meeting.", "en", "office"),
        ("My roommate ate my leftovers again.", "en", "home"),
        ("새벽 네 시인데 또 잠이 안 온다.", "ko", "bedroom"),
        ("4 am and I can't sleep again.", "en", "bedroom"),
        ("이사하고 첫날 밤. 낯선 천장이 어색하다.", "ko", "home"),
    ],
)
def test_the_place_follows_the_words(text: str, language: str, place: str) -> None:
    assert scene_hints(find_tags(text, language)).place == place


def test_hunger_gets_its_dish_and_a_denied_one_does_not() -> None:
    assert [tag.name for tag in find_tags("치킨 먹고 싶다 ㅋㅋㅋㅋ", "ko")] == ["chicken"]
    assert [tag.name for tag in find_tags("i want tacos so bad lol", "en")] == ["taco"]
    assert "chicken" not in [tag.name for tag in find_tags("오늘은 치킨을 안 먹었다", "ko")]
