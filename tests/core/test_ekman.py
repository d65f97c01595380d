"""Ekman's groups are told from GoEmotions' labels, by the small model, by the large one's scores and for a kept feeling."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.emotion.embedding import EmotionEmbedding
from core.emotion.labels import ekman_groups, ekman_of, of_ekman, warm_tables
from core.emotion.text import TextEmotion
from core.entities import Emotion, Label
from core.evaluation.text_emotion import in_groups

LINES = [
    ("I am so angry with you, this is infuriating", "anger"),
    ("Yuck, that is disgusting", "disgust"),
    ("I'm terrified, this is so scary", "fear"),
    ("Thank you so much, I love it!", "joy"),
    ("He takes the bus on weekdays.", "neutral"),
    ("I'm so sorry, that is heartbreaking, I cried", "sadness"),
    ("Wow, I did not expect that at all!", "surprise"),
    ("정말 화가 난다", "anger"),
    ("너무 무섭다", "fear"),
    ("정말 고맙고 사랑해요", "joy"),
    ("너무 슬퍼서 눈물이 난다", "sadness"),
]


def test_each_label_of_goemotions_is_in_one_group():
    labels = [label for group in ekman_groups().values() for label in group]
    assert sorted(labels) == sorted(warm_tables()["goemotions"])
    assert list(ekman_groups()) == ["anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise"]
    assert "ekman" not in warm_tables()  # a group is not a label set that a model could have learned


def test_the_groups_of_the_data_folder_are_ours():
    file = Path(__file__).parents[3] / "shared" / "data" / "goemotions_en" / "ekman_labels.txt"
    if not file.is_file():
        pytest.skip("no data folder here")
    assert file.read_text("utf-8").split() == list(ekman_groups())


def test_a_group_is_said_where_one_of_its_labels_is():
    names = list(warm_tables()["goemotions"])
    chance = np.zeros((2, 28))
    chance[0, names.index("fear")], chance[0, names.index("nervousness")] = 0.5, 0.5
    chance[1, names.index("disgust")] = 0.3
    found = of_ekman(chance, names)
    assert found[0] == pytest.approx([0, 0, 0.75, 0, 0, 0, 0])
    assert found[1] == pytest.approx([0, 0.3, 0, 0, 0, 0, 0])
    assert in_groups(np.ceil(chance), names)[0].tolist() == [0, 0, 1, 0, 0, 0, 0]


def test_plain_lines_fall_into_their_group_and_scores_agree_with_the_kept_feeling():
    found = TextEmotion.load().scores([text for text, _ in LINES])["ekman"]
    assert found.shape == (len(LINES), 7) and ((found >= 0) & (found <= 1)).all()
    groups = list(ekman_groups())
    assert [groups[k] for k in found.argmax(axis=1)] == [group for _, group in LINES]
    for (text, _), row in zip(LINES, found, strict=True):
        told = EmotionEmbedding.from_text(text).ekman
        assert [label.score for label in told] == sorted((label.score for label in told), reverse=True)
        if text.count(".") + text.count("!") + text.count(",") == 0:  # read whole by both
            assert {label.name: label.score for label in told} == pytest.approx(
                dict(zip(groups, row, strict=True)), abs=0.002
            )


def test_a_feeling_that_no_text_told_has_no_groups():
    assert ekman_of(()) == ()
    assert ekman_of((Label("joy", 0.9), Label("sadness", 0.1))) == ()
    assert EmotionEmbedding.from_emotion(Emotion(0.5)).ekman == ()
