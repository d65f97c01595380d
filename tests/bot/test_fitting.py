from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.fitting import fit, split_text
from core.entities import Button, Limits, Reply

LIMITS = Limits(text_chars=60, caption_chars=20, button_chars=12, buttons_per_row=3, rows=2)
replies = st.builds(
    Reply,
    text=st.text(max_size=400),
    picture=st.sampled_from(["", "a-picture"]),
    slot=st.sampled_from(["", "a-slot"]),
    buttons=st.lists(
        st.lists(st.builds(Button, text=st.text(min_size=1, max_size=30)), min_size=1, max_size=8).map(tuple),
        max_size=5,
    ).map(tuple),
)


@given(replies)
def test_every_part_is_within_the_limits_and_nothing_is_lost(reply):
    parts = fit(reply, LIMITS)
    for part in parts:
        has_media = bool(part.picture or part.audio or part.document)
        assert len(part.text) <= (LIMITS.caption_chars if has_media else LIMITS.text_chars)
        assert len(part.buttons) <= LIMITS.rows
        assert all(len(row) <= LIMITS.buttons_per_row for row in part.buttons)
        assert all(len(button.text) <= LIMITS.button_chars for row in part.buttons for button in row)
    letters = "".join("".join(part.text.split()) for part in parts if part.text != "…" or reply.text)
    assert (
        "".join(reply.text.split()) in letters.replace("…", "")
        or "…" in reply.text
        or letters.startswith("".join(reply.text.split()))
    )
    assert sum(len(row) for part in parts for row in part.buttons) == sum(len(row) for row in reply.buttons)
    assert sum(bool(part.picture) for part in parts) == bool(reply.picture)
    if reply.slot:
        assert len({part.slot for part in parts}) == len(parts)


def test_a_long_text_is_cut_where_a_sentence_ends():
    text = "오늘은 비가 왔다. 우산이 없어서 뛰었다! 집에 오니 따뜻했다. 참 좋았다."
    assert split_text(text, 25) == ["오늘은 비가 왔다. 우산이 없어서 뛰었다!", "집에 오니 따뜻했다. 참 좋았다."]


def test_a_caption_that_is_too_long_follows_its_picture():
    first, second = fit(Reply(text="가" * 30, picture="p", buttons=((Button("★"),),)), LIMITS)
    assert (first.picture, first.text, first.buttons) == ("p", "", ())
    assert (second.picture, len(second.text), len(second.buttons)) == ("", 30, 1)


def test_how_a_picture_was_made_stays_below_it_however_long_the_text_is():
    made = Reply(text="가" * 8, picture="p", label="AI가 그렸어요", buttons=((Button("★"),),))
    (whole,) = fit(made, LIMITS)
    assert whole.text == "가" * 8 + "\n\nAI가 그렸어요"
    first, second = fit(replace(made, text="가" * 30), LIMITS)
    assert (first.picture, first.text, second.text) == ("p", "AI가 그렸어요", "가" * 30)
    first, second = fit(replace(made, label="AI" * 15), LIMITS)  # too long to stand there
    assert (first.text, second.text) == ("", "가" * 8 + "\n\n" + "AI" * 15)
    (words,) = fit(replace(made, picture=""), LIMITS)
    assert words.text.endswith("AI가 그렸어요")


def test_rows_become_wider_before_a_message_becomes_two():
    buttons = tuple(tuple(Button(f"{row}{n}") for n in range(3)) for row in range(6))
    (one,) = fit(Reply("?", buttons=buttons), Limits(buttons_per_row=5, rows=5))
    assert [len(row) for row in one.buttons] == [5, 5, 5, 3]
