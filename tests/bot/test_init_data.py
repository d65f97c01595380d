"""Whom Telegram names is believed only where every byte of it is Telegram's, for this bot, and fresh."""

import json
from urllib.parse import quote, unquote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.init_data import LIFE_S, Untrusted, account_of
from tests.fakes.studio_house import TOKEN, init_data

NOW = 1_790_000_000.0


def test_a_visitor_is_known_by_their_number():
    assert account_of(init_data(7, at_s=NOW), TOKEN, NOW) == "7"
    assert account_of(init_data(7, at_s=NOW - LIFE_S + 5), TOKEN, NOW) == "7"


@given(
    st.integers(1, 2**52 - 1),
    st.dictionaries(
        st.sampled_from(["chat_type", "start_param", "can_send_after"]),
        st.text(st.characters(codec="utf-8"), max_size=20),
    ),
)
def test_any_visitor_of_telegram_is_let_in(account, more):
    assert account_of(init_data(account, at_s=NOW, more=more.items()), TOKEN, NOW) == str(account)


@given(st.data())
def test_whatever_is_changed_is_refused(data):
    good = init_data(7, at_s=NOW)
    at = data.draw(st.integers(0, len(good) - 1))
    other = data.draw(st.sampled_from("abcXYZ0189%&=_-.~+"))
    changed = good[:at] + other + good[at + 1 :]
    assume([unquote(part) for part in changed.split("&")] != [unquote(part) for part in good.split("&")])
    with pytest.raises(Untrusted):
        account_of(changed, TOKEN, NOW)


@given(st.text(max_size=300))
def test_anything_else_is_refused(text):
    with pytest.raises(Untrusted):
        account_of(text, TOKEN, NOW)


def test_another_bots_token_opens_nothing():
    with pytest.raises(Untrusted):
        account_of(init_data(7, token="99:other", at_s=NOW), TOKEN, NOW)
    with pytest.raises(Untrusted):
        account_of(init_data(7, token="", at_s=NOW), "", NOW)


@pytest.mark.parametrize("at_s", [NOW - LIFE_S, NOW - 30 * LIFE_S, NOW + 3600])
def test_an_old_word_and_one_from_the_future_are_refused(at_s):
    with pytest.raises(Untrusted):
        account_of(init_data(7, at_s=at_s), TOKEN, NOW)


def test_a_foreign_signature_is_refused():
    good = init_data(7, at_s=NOW)
    parts = [part for part in good.split("&") if not part.startswith("signature=")]
    for forged in ("&".join(parts), "&".join([*parts, "signature=AAAA"])):
        with pytest.raises(Untrusted):
            account_of(forged, TOKEN, NOW)


@pytest.mark.parametrize("front", [True, False])
def test_a_second_user_is_refused(front):
    good = init_data(7, at_s=NOW)
    second = "user=" + quote(json.dumps({"id": 8}))
    for name in ("user", "us%65r"):
        twice = f"{second.replace('user', name, 1)}&{good}" if front else f"{good}&{second.replace('user', name, 1)}"
        with pytest.raises(Untrusted):
            account_of(twice, TOKEN, NOW)


@pytest.mark.parametrize(
    "user", ["[]", "{}", '{"id":"7"}', '{"id":7.0}', '{"id":true}', '{"id":-7}', '{"id":7,"id":8}', '{"id":7,"is_bot":true}', "7", "x", '{"id":9007199254740993}']
)  # fmt: skip
def test_what_names_nobody_is_refused(user):
    with pytest.raises(Untrusted):
        account_of(init_data(at_s=NOW, user=user), TOKEN, NOW)


def test_its_signature_is_looked_at_first():
    with pytest.raises(Untrusted, match="another signature"):
        account_of("user=%7B%22id%22%3A7%7D&auth_date=1&hash=" + "0" * 64, TOKEN, NOW)
