"""A word finds stickers in both languages: every tag by its name, feelings by faces, deeds by their verbs."""

import pytest

from core.painting import finding
from core.painting.arrangement import knows_sticker
from core.painting.lexicon import lexicon
from core.painting.verb_forms import said


def ids(words: str, language: str = "") -> list[str]:
    """What is found, best first."""
    return [one.sticker for one in finding.find(words, language or ("ko" if words[0] >= "가" else "en"))]


def is_meant(sticker: str, wanted: str) -> bool:
    """True for a sticker, or for a figure that stands in its place."""
    looks = finding._INSTEAD.get(wanted, ())
    return sticker == wanted or any(sticker.startswith(f"figure/{look}/") for look in looks)


def first_words(language: str) -> dict[str, str]:
    """What to type for each tag of the lexicon, and the sticker that it has; "name": the tag's own name."""
    entries = [
        one for one in finding._entries() if not one.from_search and one.name.replace(" ", "_") in lexicon().concepts
    ]
    if language == "name":
        return {one.name: one.sticker for one in entries}
    words = [((one.korean if language == "ko" else one.english)[0], one.sticker) for one in entries]
    return {said(word[:-1])[0] if word.endswith("-") else word: sticker for word, sticker in words}


@pytest.mark.parametrize("language", ["ko", "en", "name"])
def test_every_tag_is_found_by_its_name_and_by_its_first_word_of_each_language(language):
    typed = first_words(language)
    assert len(typed) > 600
    missed = []
    for words, wanted in typed.items():
        ranked = finding._ranked(words)  # unlike find(), it measures no pictures
        if not any(is_meant(sticker, wanted) for sticker in sorted(ranked, key=ranked.__getitem__)[:12]):
            missed.append(words)
    assert missed == []


@pytest.mark.parametrize(
    ("words", "face"),
    [
        ("슬픔", "sad"), ("슬퍼", "sad"), ("슬픈", "sad"), ("기쁨", "laugh"), ("행복", "laugh"), ("행복해요", "laugh"), ("외로움", "low"),
        ("외로워", "low"), ("우울", "low"), ("짜증", "cross"), ("화", "cross"), ("불안", "worry"), ("걱정", "worry"), ("피곤", "tired"),
        ("심심해", "flat"), ("놀람", "awe"), ("편안함", "calm"), ("고민", "puzzled"), ("sad", "sad"), ("lonely", "low"), ("angry", "cross"),
        ("worry", "worry"), ("happy", "laugh"), ("tired", "tired"), ("bored", "flat"), ("calm", "calm"), ("surprised", "awe"), ("confused", "puzzled"),
    ],
)  # fmt: skip
def test_a_feeling_finds_everybody_with_that_face(words, face):
    found = ids(words)
    assert {one.split("/")[1] for one in found[:7]} >= {"child", "girl", "boy", "woman", "man", "granny", "grandpa"}
    assert all(one.split("/")[3] == face and knows_sticker(one) for one in found[:7])


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("달리기", "person-running"), ("달렸다", "person-running"), ("run", "person-running"), ("걷기", "person-walking"), ("걸었다", "person-walking"),
        ("산책", "person-walking"), ("여름", "sun"), ("summer", "beach-with-umbrella"), ("겨울", "snowflake"), ("tonkatsu", "tonkatsu"),
        ("돈까스", "tonkatsu"), ("bungeoppang", "bungeoppang"), ("붕어빵", "bungeoppang"), ("promise", "handshake"), ("약속", "crossed-fingers"),
        ("hurt", "adhesive-bandage"), ("수영", "person-swimming"), ("아내", "figure/woman/stand/smile/8"), ("husband", "figure/man/stand/smile/8"),
        ("dogs", "dog"), ("의사", "health-worker"), ("슬픈 엄마", "figure/woman/sit/sad/8"), ("angry dad", "figure/man/hips/cross/8"),
    ],
)  # fmt: skip
def test_what_people_look_for_is_there(words, wanted):
    assert wanted in ids(words)[:6]


@pytest.mark.parametrize(
    ("words", "silly"),
    [
        ("happy", ["clinking-beer-mugs"]), ("mom", ["teacup-without-handle", "thermometer", "face-with-thermometer"]),
        ("hurt", ["glass-of-milk"]), ("cat", ["cow", "church", "hotel", "luggage", "cloud-with-rain"]), ("run", ["sneezing-face"]),
        ("화", ["bone", "watermelon"]),
    ],
)  # fmt: skip
def test_nothing_comes_along_that_only_has_the_letters(words, silly):
    assert not set(silly) & set(ids(words))


def test_half_a_word_finds_what_it_begins():
    assert ids("strawb")[0] == "strawberry" and "elephant" in ids("eleph") and "cherry-blossom" in ids("벚")
    assert ids("umbr")[0].startswith("umbrella")


def test_the_thing_comes_before_who_uses_it():
    assert ids("자전거")[0] == "bicycle"


def test_somebody_at_work_is_offered_among_the_people_and_heads_are_not():
    people = finding.stickers_of("person")
    assert people[0].startswith("figure/") and {"person-swimming", "man-cook"} <= set(people)
    assert not set(finding._INSTEAD) & set(people)


def test_stems_are_written_as_people_write_them():
    assert {"걸어", "걸었"} <= set(said("걷")) and {"슬퍼", "슬픈"} <= set(said("슬프"))
    assert {"외로워", "외로운"} <= set(said("외롭")) and {"불러", "불렀"} <= set(said("부르"))
    assert {"행복해", "행복한"} <= set(said("행복하")) and "뛰어" in said("뛰") and "달렸" in said("달리")


def test_no_name_shows_how_the_lexicon_is_written():
    shown = [finding.word_for(sticker, "ko") for kind in finding.KINDS for sticker in finding.stickers_of(kind)]
    assert not [word for word in shown if "-" in word]
    assert finding.word_for("black-cat", "ko") == "깜냥이" and finding.word_for("person-running", "ko") == "뛰는 사람"
