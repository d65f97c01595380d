"""Every word in both languages, and particles that fit."""

import re
from pathlib import Path

import pytest

from core.phrases import LANGUAGES, catalogue, particle, say

ROOT = Path(__file__).resolve().parents[2]
USED = re.compile(
    r"""(?:say|note|pick|button|t)\(\s*(?:house,\s*)?(?:person(?:\.language)?,|language,|self\.language,|lang,)?\s*f?["']([a-z_]+(?:\.[a-z_0-9]+)+)["']"""
)


def test_both_languages_say_the_same_things():
    korean, english = (catalogue(language) for language in LANGUAGES)
    assert korean.keys() == english.keys()


def test_a_phrase_asks_for_the_same_values_in_both():
    names = re.compile(r"{(\w*)")
    for key, korean in catalogue("ko").items():
        if key != "month.title":  # a number in Korean, a name in English
            assert set(names.findall(korean)) == set(names.findall(catalogue("en")[key])), key


def test_every_phrase_that_the_code_says_is_there():
    missing = {
        key
        for room in ("core", "bot", "adapters")
        for path in (ROOT / room).rglob("*.py")
        for key in USED.findall(path.read_text(encoding="utf-8"))
        if key not in catalogue("ko") and f"{key}.1" not in catalogue("ko")
    }
    assert not missing


def test_no_key_stands_in_two_files():
    for language in LANGUAGES:
        keys = [
            key
            for path in (ROOT / "config" / "locale" / language).glob("*.po")
            for key in re.findall(r'^msgid "(.+)"$', path.read_text(encoding="utf-8"), re.M)
        ]
        assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("word", "choice", "fits"),
    [
        ("사과", "이/가", "가"), ("민준", "이/가", "이"), ("서울", "으로/로", "로"), ("집", "으로/로", "으로"),
        ("Anna", "은/는", "는"), ("Bob", "은/는", "은"), ("Daniel", "으로/로", "로"), ("2026", "을/를", "을"),
        ("9", "이/가", "가"), ("지우!", "아/야", "야"), ("민준", "이", "이"), ("지우", "이", ""), ("🙂", "은/는", "는"),
    ],
)  # fmt: skip
def test_particles_fit(word, choice, fits):
    assert particle(word, choice) == fits


def test_no_particle_is_fixed_or_stands_alone_behind_a_value():
    # A clock's time is read with 분 behind it, whatever its last digit.
    alone = re.compile(
        r"{(?!time})\w+}(?: (?:에|에서|의|도|만)| ?(?:이|가|을|를|은|는|와|과|으로|로|이에요|예요))(?![가-힣])"
    )
    assert not [key for key, korean in catalogue("ko").items() if alone.search(korean)]
    names = "crisis.npz, mtcnn"
    assert say("ko", "doctor.models.missing", names=names).startswith("crisis.npz, mtcnn이 없거나 상했어요.")
    assert say("ko", "doctor.key.missing", path="/data.key").startswith("/data.key가 없어요.")


def test_a_name_with_braces_breaks_nothing():
    assert "{0} {x}" in say("ko", "profile.named", name="{0} {x}")


def test_an_english_noun_follows_its_number():
    assert "1 entry" in say("en", "history.title", count=1) and "2 entries" in say("en", "history.title", count=2)


@pytest.mark.parametrize("key", ["studio.sent", "studio.page.sent_hint", "studio.coloured"])
def test_no_medium_is_named_before_it_is_known_who_paints_and_with_what(key):
    assert "크레용" not in say("ko", key)
    assert "crayon" not in say("en", key)


def test_a_drawing_link_says_that_whoever_has_it_gets_in():
    assert "누구나" in say("ko", "studio.link") and "나만" not in say("ko", "studio.link")
    assert "whoever has it" in say("en", "studio.link")
