from hypothesis import given
from hypothesis import strategies as st

from bot.callback import LIMIT_BYTES, Press, pack, unpack
from core.entities import new_id

SECRET, PERSON = b"a secret of the house", new_id()
words = st.text(st.characters(codec="ascii", exclude_characters="|~", categories=("L", "N")), max_size=12)


@given(words.filter(bool), st.lists(words, max_size=2))
def test_what_is_packed_is_what_is_pressed(action, args):
    packed = pack(SECRET, PERSON, action, *args)
    assert len(packed.encode()) <= LIMIT_BYTES
    assert unpack(SECRET, PERSON, packed) == Press(action, tuple(args))


@given(st.text(max_size=80))
def test_anything_else_is_nothing(packed):
    assert unpack(SECRET, PERSON, packed) is None


def test_a_button_is_bound_to_its_person_and_to_the_house():
    packed = pack(SECRET, PERSON, "rate", new_id(), "5")
    assert unpack(SECRET, new_id(), packed) is None
    assert unpack(b"another house", PERSON, packed) is None
    assert unpack(SECRET, PERSON, packed.replace("|5", "|1")) is None


def test_too_much_is_refused_before_a_platform_does():
    try:
        pack(SECRET, PERSON, "가" * 22)
    except ValueError:
        return
    raise AssertionError("66 bytes were packed")
