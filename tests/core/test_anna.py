"""What Anna writes back without a language model."""

from dataclasses import replace
from datetime import date

import pytest

from core.comment import prompt
from core.comment.anna import Anna
from core.comment.composing import group_of
from core.comment.grief import loss_in
from core.comment.noticing import is_pleasant, notice, topic_of
from core.comment.nouns import noun_of, thing_in
from core.comment.summary import CHARS, summarise
from core.entities import (
    ATTITUDES,
    EMOTIONS,
    INTENSITIES,
    LENGTHS,
    Analysis,
    AnnaSettings,
    Attachment,
    Emotion,
    Entry,
    Face,
    FaceReading,
    Label,
    Person,
    Tag,
    utc_now,
)
from core.phrases import LANGUAGES, say, variants
from core.ports import Turn


def person(language="ko", **anna):
    return Person(id="p", name="지우" if language == "ko" else "Sam", language=language, anna=AnnaSettings(**anna))


def entry(text="강아지랑 산책했다"):
    return Entry(id="e", person_id="p", date=date(2026, 11, 20), text=text, created_at=utc_now())


def analysis(name="joy", language="ko", **fields):
    emotion = Emotion(valence=0.5, labels=(Label(name, 0.8),), confidence=0.8)
    return Analysis(emotion=emotion, words=emotion, language=language, **fields)


async def said(text="강아지랑 산책했다", seed=1, recent=(), gentle=False, about=None, **anna):
    about = about or analysis()
    comment = await Anna().comment(entry(text), about, person(about.language, **anna), recent, seed, gentle=gentle)
    return comment.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", EMOTIONS)
async def test_she_has_words_for_every_emotion_attitude_and_length(language, name):
    text = "강아지랑 산책했다" if language == "ko" else "I walked my dog."
    for attitude in ATTITUDES:
        for intensity in INTENSITIES:
            for length in LENGTHS:
                about = analysis(name, language)
                comment = await said(text, about=about, attitude=attitude, intensity=intensity, length=length)
                assert 20 < len(comment) <= length * 1.25
                assert "{" not in comment and "힘내" not in comment


async def test_she_uses_the_name_and_what_was_written():
    about = analysis(tags=(Tag("dog", "강아지랑", "dog", "animal"),))
    comment = await said(about=about)
    assert "지우님" in comment and "강아지" in comment and "강아지랑가" not in comment
    quoted = await said("오늘은 뭔가 이상한 날")
    assert "오늘은 뭔가 이상한 날" in quoted


async def test_the_same_day_is_answered_the_same_and_another_not():
    assert await said(seed=5) == await said(seed=5)
    assert len({await said(seed=seed) for seed in range(12)}) > 6


async def test_she_does_not_repeat_what_she_said_lately():
    first = await said(seed=3)
    second = await said(seed=3, recent=(first,))
    assert not set(first.split(". ")) & set(second.split(". "))


async def test_composition_and_intensity_are_obeyed():
    from core.phrases import say, variants

    advice = {say("ko", key) for key in variants("ko", "comment.advice.bright")}
    with_advice = [await said(seed=seed, composition=("advice",)) for seed in range(8)]
    without = [await said(seed=seed, composition=("comfort", "empathy")) for seed in range(8)]
    assert all(any(line in comment for line in advice) for comment in with_advice)
    assert not any(line in comment for line in advice for comment in without)
    assert "!" not in await said(attitude="playful", intensity="calm")


async def test_she_asks_when_face_and_words_disagree():
    sad = FaceReading(face=Face(labels=(Label("sadness", 0.7),), box=(0, 0, 9, 9), confidence=0.7), found=1)
    comment = await said(about=analysis(face=sad, disagree=True))
    assert "?" in comment and "사진" in comment


async def test_after_a_worrying_line_she_is_plain():
    playful = await said(attitude="playful", gentle=True)
    assert "!" not in playful and "예고편" not in playful


async def test_a_photo_without_words_is_answered_too():
    photo = replace(entry(""), media=(Attachment("m", "image/jpeg", 9),))
    comment = await Anna().comment(photo, analysis("calm"), person(), (), 1)
    assert "사진" in comment.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", EMOTIONS)
async def test_of_a_photo_without_words_she_does_not_say_that_she_read_it(language, name):
    untrue = (
        "글",
        "적어 준",
        "적어 줘",
        "적은",
        "적었",
        "문장",
        "한 줄",
        "읽었",
        "wrote",
        "written",
        "your words",
        "a line",
        "I read",
    )
    photo = replace(entry(""), media=(Attachment("m", "image/jpeg", 1),))
    for attitude in ATTITUDES:
        for seed in range(8):
            about = person(language, attitude=attitude, intensity="creative")
            comment = (await Anna().comment(photo, analysis(name, language), about, (), seed, gentle=False)).text
            assert len(comment) > 20 and not any(words in comment for words in untrue), comment


@pytest.mark.parametrize("words", ["고마워요 안나", "왜 그럴까요?", "오늘 진짜 너무 화나", "그냥 그래", "너무 피곤해"])
async def test_she_answers_a_turn_of_talk(words):
    turns = (Turn("1", "person", words),)
    comment = await Anna().talk(turns, None, person(), 1)
    assert comment.text


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "words", ["오늘 소풍을 가서 정말 신났어", "내가 이상한 걸까?", "오늘 진짜 너무 화나", "그냥 그래"]
)
async def test_after_a_worrying_line_she_talks_without_play_or_advice(words, seed):
    text = (await Anna().talk((Turn("1", "person", words),), None, person(), seed, gentle=True)).text
    kinds = ("bright", "tense", "question")
    lively = [say("ko", key, name="지우") for kind in kinds for key in variants("ko", f"talk.{kind}")]
    assert text not in lively and "!" not in text


@pytest.mark.parametrize("composition", [(), ("advice",), ("advice", "empathy")])
def test_a_model_is_asked_for_no_play_and_no_advice(composition):
    someone = person(attitude="playful", composition=composition)
    asked = prompt.talk_prompt((Turn("1", "person", "그냥 그래"),), None, someone, gentle=True).system
    assert "no jokes" in asked and "no advice" in asked
    assert "playful" not in asked and "suggestion" not in asked
    assert "suggestion" in prompt.talk_prompt((), None, someone).system


@pytest.mark.parametrize(
    "words", ["너 진짜 사람 아니야?", "안나는 로봇이야?", "Are you human?", "are you a real person"]
)
async def test_asked_whether_she_is_human_she_says_what_she_is(words):
    comment = await Anna().talk((Turn("1", "person", words),), None, person(), 1)
    assert "AI" in comment.text


class Broken:
    name = "broken"

    async def write(self, system, turns, *, temperature, max_chars):
        raise TimeoutError


class Harmful(Broken):
    async def write(self, system, turns, *, temperature, max_chars):
        return "나도 죽고 싶다"


@pytest.mark.parametrize("writer", [Broken(), Harmful()])
async def test_a_model_that_fails_or_harms_is_replaced_by_herself(writer):
    comment = await Anna(writer).comment(entry(), analysis(), person(), (), 1)
    assert comment.engine == "anna-1" and comment.text


def test_every_emotion_has_a_group():
    assert {group_of(name) for name in EMOTIONS} == {"bright", "quiet", "low", "tense", "tired"}


def test_nouns_are_bare():
    assert noun_of(Tag("beach", "바닷가를", "b", "place"), "ko") == "바닷가"
    assert noun_of(Tag("walk", "산책하고", "w", "deed"), "ko") == ""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("😀😀", "😀😀"),
        (
            "비가 왔다. 그래도 저녁에 친구가 치킨을 사 줘서 기분이 풀렸다.",
            "그래도 저녁에 친구가 치킨을 사 줘서 기분이 풀렸다",
        ),
    ],
)
def test_a_day_in_one_line(text, line):
    assert summarise(text) == line


def test_the_line_is_short_whatever_comes():
    assert len(summarise("가나다 " * 9000)) <= CHARS


@pytest.mark.parametrize("text", ["영화관에 사람이 거의 없어서 좋았음", "Had ramen with my sister and it was so good"])
async def test_what_says_that_it_was_good_is_not_mourned(text):
    language = "en" if text.isascii() else "ko"
    for name in ("loneliness", "anger", "sadness"):
        about = analysis(name, language)
        for seed in range(4):
            comment = await said(text, seed, about=about)
            below = [key for tone in ("low", "tense") for key in variants(language, f"comment.comfort.{tone}")]
            below += variants(language, f"comment.empathy.{name}")
            assert not any(say(language, key).rstrip(".!") in comment for key in below if "{" not in say(language, key))


@pytest.mark.parametrize(
    ("text", "pleasant"),
    [
        ("비 오는 소리가 좋았다", True), ("It was so good", True), ("좋았는데 피곤했다", False), ("좋았던 날이 그립다", False), ("it was not so good", False),
        ("He was so nice but left", False), ("지금은 좋지 않다", False), ("좋았으면", False), ("행복해서 울었다 ㅠㅠ", False),
    ],
)  # fmt: skip
def test_pleasant_is_what_takes_nothing_back(text, pleasant):
    assert is_pleasant(text) is pleasant


async def test_good_news_from_a_hospital_is_good_news():
    about = analysis("relief")
    for seed in range(6):
        comment = await said("병원에서 검사 결과 괜찮대!! 다행이다", seed, about=about)
        assert not any(say("ko", key) in comment for key in variants("ko", "comment.topic.hospital"))


def test_a_patient_lost_is_a_loss_and_a_cat_has_no_taste():
    assert (
        loss_in("Night shift again. Lost a patient.").who == "your patient"
        and loss_in("환자분이 돌아가셨다").who == "환자분"
    )
    tofu = Tag("tofu", "두부가", "salad", "food")
    assert (
        thing_in("두부가 이불 위에서 꾹꾹이를 했다", tofu, "ko") == ""
        and thing_in("두부가 맛있었다", tofu, "ko") == "두부"
    )


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_mood_that_was_tapped_is_not_quoted_and_was_not_misread(language):
    name = say(language, "emotion.calm")
    text = say(language, "mood.sentence", face="🙂", emotion=name, energy="●●●○○")
    about = analysis("calm", language, told="calm")
    for seed in range(8):
        comment = await said(text, seed, about=about)
        assert name in comment.lower() and "●" not in comment and "“" not in comment
        assert not any(
            words in comment
            for words in (
                "read it again",
                "differently",
                "your words once more",
                "다시 읽어 봤",
                "다르게 읽",
                "찬찬히 읽",
            )
        )
        turns = [Turn("1", "person", "I slept well" if language == "en" else "푹 잤어요")]
        answer = (await Anna().talk(turns, entry(text), person(language), seed, felt="calm")).text
        assert not any(
            words in answer for words in ("than I had thought", "setting me right", "제 생각보다", "너무 많이 읽었")
        )


async def test_a_question_in_talk_is_answered_and_not_talked_past():
    turns = [Turn("1", "person", "what should I do tomorrow?")]
    answer = (await Anna().talk(turns, entry("a slow day"), person("en"), 1, felt="calm")).text
    assert "calm" not in answer


async def test_thanks_to_somebody_else_are_not_hers():
    for seed in range(6):
        turns = [Turn("1", "person", "오늘은 엄마가 아침부터 도시락을 싸 줘서 정말 고마웠어")]
        answer = (await Anna().talk(turns, None, person("ko"), seed)).text
        assert not any(say("ko", key) in answer for key in variants("ko", "talk.thanks"))


@pytest.mark.parametrize("text", ["헬스장 등록만 하고 세 달째 안 감", "skipped the gym again"])
def test_who_did_not_move_is_not_praised_for_it(text):
    assert topic_of(text) is None and topic_of("헬스장 다녀왔다").name == topic_of("went to the gym").name == "exercise"


async def test_nobody_is_congratulated_on_a_guess():
    emotion = Emotion(valence=0.4, labels=(Label("joy", 0.5),), confidence=0.4)
    about = Analysis(emotion=emotion, words=emotion, language="ko")
    bright = [key for which in ("empathy.joy", "comfort.bright") for key in variants("ko", f"comment.{which}")]
    for seed in range(8):
        comment = await said("팀장님이 내 기획안을 대충 넘겨보고 다시 해오라고 했다", seed, about=about)
        assert not any(say("ko", key).rstrip(".!") in comment for key in bright) and "웃을 일" not in comment
    glad = " ".join([await said("팀장님이 농담했다. 재밌었다", seed, about=about) for seed in range(8)])
    assert any(say("ko", key).rstrip(".!") in glad for key in bright)


@pytest.mark.parametrize("text", [".", "...", "…", "!!"])
async def test_dots_alone_are_not_said_back(text):
    for seed in range(6):
        comment = await said(text, seed, about=analysis("neutral"))
        assert not comment.startswith(text) and f" {text} " not in comment


def test_wind_is_no_glad_part_of_a_lonely_day():
    assert notice("오늘은 바람이 많이 불었어. 조금 외로웠어").turn == ""


def test_dinner_is_when_it_was():
    assert thing_in("Sam said something mean at dinner", Tag("dinner", "dinner", "meal", "food"), "en") == ""
