"""`emoseum evaluate` as somebody types it: figures one can check by hand, JSON when asked, a kind sentence when it can't."""

from __future__ import annotations

import csv
import json
import shutil
import sys
import time
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import emoseum
from core.emotion import mtcnn
from core.emotion.face import FaceEmotion, align
from core.emotion.mtcnn import find_faces
from core.emotion.text import WEIGHTS, TextEmotion
from core.entities import FACE_EMOTIONS
from core.evaluation import crisis
from core.evaluation.figures import f1_scores
from core.evaluation.text_emotion import cuts
from core.safety.crisis import check_safely
from core.safety.lexicon import lexicon
from core.safety.reader import reader
from core.safety.wording import concepts, wording

ASTRONAUT = Path(__file__).parent / "core" / "data" / "astronaut.jpg"
CRISIS = Path(__file__).parent / "core" / "data" / "crisis_lines.tsv"

GO = [
    "Thank you so much, you saved my day",
    "I hate this so much, it makes me furious",
    "What a lovely surprise!",
    "ok",
]
GO_LABELS = ["15", "2", "17,26", "27"]  # gratitude; anger; joy, surprise; neutral


@pytest.fixture
def typed(capsys, monkeypatch, tmp_path):
    """Type `emoseum evaluate ...`: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def type_it(*words):
        monkeypatch.setattr(sys, "argv", ["emoseum", "evaluate", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            emoseum.main()
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return left.value.code, said.out, said.err

    return type_it


@pytest.fixture
def figures(typed):
    """What `emoseum evaluate ... --json` found."""

    def found(*words):
        code, out, err = typed(*words, "--json")
        assert (code, err) == (0, "")
        return json.loads(out)

    return found


def written(path: Path, rows: list[list[str]], tabs: bool = True) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        if tabs:
            file.write("".join("\t".join(row) + "\n" for row in rows))
        else:
            csv.writer(file).writerows(rows)
    return path


# --- text --------------------------------------------------------------------------------------


def test_goemotions_is_judged_by_the_cuts_that_lie_with_the_weights(figures, tmp_path):
    file = written(tmp_path / "test.tsv", [[text, labels, "id"] for text, labels in zip(GO, GO_LABELS, strict=True)])
    found = figures("text-emotion", "--format", "goemotions", "--file", file)
    truth = np.zeros((4, 28))
    for n, labels in enumerate(GO_LABELS):
        truth[n, [int(label) for label in labels.split(",")]] = 1
    score = TextEmotion.load().scores(GO)["goemotions"]
    macro, micro = f1_scores(truth, score >= cuts(WEIGHTS, "goemotions", "en"))
    assert (found["macro_f1"], found["micro_f1"]) == (pytest.approx(macro), pytest.approx(micro))
    assert 0.75 < found["auc"] <= 1  # chance is 0.5
    # joy; anger; joy and surprise; neutral: four of Ekman's seven groups stand in the file
    assert 0.3 < found["ekman_macro_f1"] <= 4 / 7
    assert found["lines"] == 4 and found["seconds_per_line"] > 0 and found["bytes"] == WEIGHTS.stat().st_size


def test_a_file_with_and_without_a_header_or_ids_is_the_same_file(figures, tmp_path):
    rows = [[text, labels] for text, labels in zip(GO, GO_LABELS, strict=True)]
    bare = written(tmp_path / "bare.tsv", rows)
    named = written(tmp_path / "named.tsv", [["labels", "text"], *([labels, text] for text, labels in rows)])
    answers = [figures("text-emotion", "--format", "goemotions", "--file", file) for file in (bare, named)]
    for answer in answers:
        answer.pop("seconds_per_line")
    assert answers[0] == answers[1]


def test_kote_is_judged_and_the_table_can_be_read(typed, figures, tmp_path):
    names = TextEmotion.load().names["kote"]
    lines = [("아 진짜 너무 짜증나고 화난다", [2]), ("정말 고맙고 행복하다", [11]), ("너무 슬퍼서 눈물이 난다", [41])]
    rows = [[str(n), text, ",".join(map(str, labels))] for n, (text, labels) in enumerate(lines)]
    file = written(tmp_path / "kote.tsv", [["id", "text", "labels"], *rows])
    found = figures("text-emotion", "--format", "kote", "--file", file)
    assert found["lines"] == 3 and 0 <= found["macro_f1"] <= 1 and 0 <= found["auc"] <= 1
    code, out, _ = typed("text-emotion", "--format", "kote", "--file", file)
    table = dict(line.rsplit(maxsplit=1) for line in out.splitlines())
    assert code == 0 and table["macro f1"] == f"{found['macro_f1']:.3f}" and table["lines"] == "3"
    assert len(names) == 44


def test_emobank_tells_how_the_axes_go_together(figures, tmp_path):
    lines = [("I am so happy and grateful, what a wonderful day!", 4.6, 4.0, 3.8, "test"), ("He died in terrible pain.", 1.4, 3.4, 2.2, "test"),
             ("The report has four chapters.", 3.0, 2.2, 3.0, "test"), ("They tortured the children.", 5.0, 1.0, 5.0, "train")]  # fmt: skip
    rows = [[str(n), split, str(v), str(a), str(d), text] for n, (text, v, a, d, split) in enumerate(lines)]
    file = written(tmp_path / "bank.csv", [["id", "split", "V", "A", "D", "text"], *rows], tabs=False)
    found = figures("text-emotion", "--format", "emobank", "--file", file, "--split", "test")
    assert found["lines"] == 3
    assert found["valence_r"] > 0.9
    assert -1 <= found["arousal_r"] <= 1 and -1 <= found["dominance_r"] <= 1
    everything = figures("text-emotion", "--format", "emobank", "--file", file)
    assert everything["lines"] == 4 and everything["valence_r"] < found["valence_r"]  # the fourth line tells a lie


def test_one_line_correlates_with_nothing_and_that_is_null(typed, figures, tmp_path):
    file = written(tmp_path / "one.csv", [["V", "A", "D", "text"], ["3", "3", "3", "None"]], tabs=False)
    assert figures("text-emotion", "--format", "emobank", "--file", file)["valence_r"] is None
    assert "valence r         –" in typed("text-emotion", "--format", "emobank", "--file", file)[1]


def test_thresholds_are_found_by_either_name_and_may_be_missing(tmp_path):
    names = np.array(["a", "b"])
    for arrays, expected in (
        ({}, [0.5, 0.5]),
        ({"cut_x": [0.1, 0.2]}, [0.1, 0.2]),
        ({"cut_x": [0.1, 0.2], "cut_x_ko": [0.3, 0.4]}, [0.3, 0.4]),
        ({"cut_x_ko": [0.3, 0.4], "threshold_x": [0.6, 0.7]}, [0.6, 0.7]),
    ):
        np.savez(tmp_path / "w.npz", names_x=names, **{key: np.array(v, np.float32) for key, v in arrays.items()})
        assert cuts(tmp_path / "w.npz", "x", "ko") == pytest.approx(expected)


# --- faces -------------------------------------------------------------------------------------


@pytest.fixture
def pictures(tmp_path) -> Path:
    """A smile; the same twice in one picture, where Emoseum would rather not guess; nobody; all said to be happy."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    shutil.copy(ASTRONAUT, folder / "smile.jpg")
    photo = Image.open(ASTRONAUT)
    two = Image.new("RGB", (photo.width * 2, photo.height))
    two.paste(photo, (0, 0))
    two.paste(photo, (photo.width, 0))
    two.save(folder / "two.jpg")
    Image.new("RGB", (300, 300), "skyblue").save(folder / "sky.png")
    rows = [["file", "label"], ["smile.jpg", "happy"], ["two.jpg", "happiness"], ["sky.png", "neutral"]]
    written(tmp_path / "pictures.csv", rows, tabs=False)
    return folder


def test_pictures_go_the_whole_way_and_an_abstention_counts_by_its_first_thought(figures, pictures):
    found = figures("face-emotion", "--images", pictures, "--labels", pictures.parent / "pictures.csv")
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["recall"] == {"happy": 1.0, "neutral": 0.0}
    assert found["macro_recall"] == 0.5
    assert found["found"] == pytest.approx(2 / 3)
    assert found["faces"] == 3 and found["seconds_per_face"] > 0


def test_a_picture_that_cannot_be_opened_counts_as_nobody_and_is_named(typed, pictures):
    rows = [[name, "happy"] for name in ("smile.jpg", "sky.png", "gone.jpg", "two.jpg")]
    rows.insert(0, ["file", "label"])
    written(pictures.parent / "pictures.csv", rows, tabs=False)
    (pictures / "sky.png").write_text("no picture")
    code, out, err = typed("face-emotion", "--images", pictures, "--labels", pictures.parent / "pictures.csv", "--json")
    found = json.loads(out)
    assert (code, found["accuracy"], found["found"], found["faces"]) == (0, 0.5, 0.5, 4)
    assert len(err.splitlines()) == 2 and "sky.png" in err and "gone.jpg" in err


def test_loading_what_finds_faces_is_no_time_of_a_face(figures, pictures, monkeypatch):
    mtcnn._weights.cache_clear()
    loaded = mtcnn._weights.__wrapped__

    @cache
    def slowly(name):
        time.sleep(2)
        return loaded(name)

    monkeypatch.setattr(mtcnn, "_weights", slowly)
    found = figures("face-emotion", "--images", pictures, "--labels", pictures.parent / "pictures.csv")
    assert slowly.cache_info().misses == 3 and found["seconds_per_face"] < 2


def test_cropped_faces_are_given_to_the_network_as_they_are(typed, figures, tmp_path):
    photo = np.asarray(Image.open(ASTRONAUT).convert("RGB"))
    crop = align(photo, find_faces(photo)[0])
    faces = np.stack([crop, crop, crop, np.zeros_like(crop)])
    np.savez(tmp_path / "faces.npz", images=faces)
    labels = written(
        tmp_path / "faces.csv",
        [["name", "label"], ["a", "happy"], ["b", "anger"], ["c", "disgust"], ["d", "sad"]],
        False,
    )
    black = FACE_EMOTIONS[int(FaceEmotion.load().chances(faces[3:])[0].argmax())]
    found = figures("face-emotion", "--images", tmp_path / "faces.npz", "--labels", labels)
    assert found["recall"] == {"anger": 0.0, "happy": 1.0, "sadness": float(black == "sadness")}
    assert (found["faces"], found["left_out"], found["found"]) == (3, 1, 1.0)
    np.savez(tmp_path / "large.npz", images=np.repeat(np.repeat(faces, 2, 1), 2, 2)[..., None].repeat(3, 3))
    large = figures("face-emotion", "--images", tmp_path / "large.npz", "--labels", labels)
    assert large["recall"]["happy"] == 1.0
    code, out, _ = typed("face-emotion", "--images", tmp_path / "faces.npz", "--labels", labels)
    assert code == 0 and "recall of happy" in out
    code, _, err = typed("face-emotion", "--images", tmp_path / "faces.npz", "--labels", labels, "--model", "nowhere")
    assert code == 78 and "no weights in nowhere" in err


# --- crisis ------------------------------------------------------------------------------------


def test_the_crisis_check_is_judged_by_level(figures, tmp_path):
    rows = [["text", "level"], ["오늘은 날씨가 좋았다", "none"], ["라면을 먹었다", "none"], ["죽고 싶다", "high"],
            ["오늘은 비가 왔다", "imminent"], ["죽고 싶다", "none"], ["오늘은 눈이 왔다", "other"]]  # fmt: skip
    found = figures("crisis", "--file", written(tmp_path / "lines.txt", rows))  # tabs count, not the file's name
    assert found["recall_high"] == 0.5  # the second is a harmless line that somebody called imminent
    assert found["false_alarm"] == pytest.approx(1 / 3)
    assert found["recall_other"] == 0.0
    assert found["recall_concern"] is None  # there is none
    assert found["lines"] == 6


def test_what_the_crisis_check_loads_is_no_time_of_its_first_line(figures, tmp_path, monkeypatch):
    parts = (lexicon, concepts, wording, reader)
    for part in parts:
        part.cache_clear()
    asked = []

    def check(text):
        asked.append([part.cache_info().currsize for part in parts])
        return check_safely(text)

    monkeypatch.setattr(crisis, "check_safely", check)
    figures("crisis", "--file", written(tmp_path / "lines.tsv", [["text", "level"], ["오늘은 비가 왔다", "none"]]))
    assert asked == [[1, 1, 1, 1]]


def test_our_own_crisis_lines_are_seen(figures):
    found = figures("crisis", "--file", CRISIS)
    assert found["recall_high"] >= 0.97 and found["recall_concern"] >= 0.97 and found["false_alarm"] <= 0.0125


# --- what can't be judged ----------------------------------------------------------------------


def test_a_file_that_cannot_be_used_gets_one_kind_sentence(typed, tmp_path, pictures):
    text, table = tmp_path / "latin.tsv", tmp_path / "table.csv"
    text.write_bytes("café\t1\n".encode("latin-1"))
    written(table, [["text", "V"], ["x", "3"]], tabs=False)
    words = written(tmp_path / "words.tsv", [["속마음", "sad"]])
    beyond = written(tmp_path / "beyond.tsv", [["속마음", "28"]])
    empty = written(tmp_path / "empty.tsv", [])
    levels = written(tmp_path / "levels.tsv", [["text", "level"], ["속마음", "grave"]])
    numbers, none, endless = (
        written(
            tmp_path / f"{value}.csv",
            [["text", "V", "A", "D"], ["a", "3", "3", "3"], ["속마음", value, "1", "2"]],
            False,
        )
        for value in ("x", "nan", "inf")
    )
    labels = pictures.parent / "pictures.csv"
    nul = written(tmp_path / "nul.csv", [["file", "label"], ["a\0b.jpg", "happy"]], tabs=False)
    alone = written(tmp_path / "alone.csv", [["file", "label"], ["sky.png", "neutral"]], tabs=False)
    torn = written(tmp_path / "torn.csv", [["file", "label"], ["a\nb.jpg", "happy"]], tabs=False)
    np.savez(tmp_path / "other.npz", faces=np.zeros((1, 48, 48), np.uint8))
    np.savez(tmp_path / "one.npz", images=np.zeros((1, 48, 48), np.uint8))
    (pictures / "sky.png").write_text("no picture")
    for said, *line in (
        ("no file", "text-emotion", "--format", "kote", "--file", "nowhere.tsv"),
        ("can't be read", "text-emotion", "--format", "kote", "--file", tmp_path),
        ("UTF-8", "text-emotion", "--format", "goemotions", "--file", text),
        ("A, D", "text-emotion", "--format", "emobank", "--file", table),
        ("numbers", "text-emotion", "--format", "emobank", "--file", numbers),
        ("line 3 has no numbers", "text-emotion", "--format", "emobank", "--file", none),
        ("line 3 has no numbers", "text-emotion", "--format", "emobank", "--file", endless),
        ("--split parts emobank", "text-emotion", "--format", "kote", "--file", words, "--split", "dev"),
        (
            "--engine embedded",
            "text-emotion",
            "--format",
            "kote",
            "--file",
            words,
            "--engine",
            "embedded",
            "--model",
            "m",
        ),
        ("columns", "text-emotion", "--format", "kote", "--file", words),
        ("indexes", "text-emotion", "--format", "goemotions", "--file", words),
        ("beyond 27", "text-emotion", "--format", "goemotions", "--file", beyond),
        ("no line", "text-emotion", "--format", "goemotions", "--file", empty),
        ("ko or en", "text-emotion", "--format", "kote", "--file", words, "--language", "fr"),
        ("'kote'", "text-emotion", "--format", "emo", "--file", words),
        ("level", "crisis", "--file", words),
        ("level", "crisis", "--file", levels),
        ("no file", "crisis", "--file", "nowhere.tsv"),
        ("sky.png", "face-emotion", "--images", pictures, "--labels", alone),
        ("label", "face-emotion", "--images", pictures, "--labels", table),
        (r"a\x00b.jpg", "face-emotion", "--images", pictures, "--labels", nul),
        (r"a\nb.jpg", "face-emotion", "--images", pictures, "--labels", torn),
        ("images", "face-emotion", "--images", tmp_path / "other.npz", "--labels", labels),
        ("3 labels", "face-emotion", "--images", tmp_path / "one.npz", "--labels", labels),
        ("npz", "face-emotion", "--images", labels, "--labels", labels),
        ("nowhere", "face-emotion", "--images", "nowhere", "--labels", labels),
    ):
        code, out, err = typed(*line)
        assert (code, out) == (2, ""), (line, err)
        assert said in err and len(err.strip().splitlines()) == 1, (line, err)
        assert "속마음" not in err


# --- painter -------------------------------------------------------------------------------------


def test_the_crayon_painter_is_judged_and_laid_out(figures, tmp_path):
    found = figures("painter", "--engine", "crayon", "--scenes", "3", "--sheet", tmp_path / "sheet.png")
    assert found["pictures"] == 3 and found["engine"] == "crayon-1"
    assert found["line_f1"] > 0.75  # crayons draw the lines, a little shaken
    assert (
        found["found"]["background"] > 0.8 and found["found"]["shapes"] > 0.9
    )  # of six bands one may lie between two names
    assert 0 < found["diversity"] < 0.2  # another seed is another hand, not another picture
    assert 0 < found["seconds_per_picture"] <= found["seconds_of_the_slowest"] and found["memory_mb"] > 50
    sheet = Image.open(tmp_path / "sheet.png")
    assert sheet.size == (3 * 246 + 6, 2 * 246 + 6)
    assert np.asarray(sheet.crop((20, 260, 240, 480))).std() > 15  # a picture below
    assert not np.asarray(sheet.crop((20, 20, 240, 240)).convert("HSV"))[..., 1].any()  # its lines above


@pytest.mark.usefixtures("one_torch_thread")
def test_a_diffusion_model_is_judged_by_the_words_too(figures, typed, tmp_path):
    from tests.fakes import tiny_diffusion

    model = tiny_diffusion.write_model(tmp_path / "model", steps=1, guidance=1.0)
    clip = tiny_diffusion.write_clip(tmp_path / "clip")
    found = figures("painter", "--engine", "diffusion", "--model", model, "--scenes", "2", "--clip", clip)
    assert found["engine"] == "diffusion-1:model"
    assert found["line_f1"] > 0.5  # nothing is learned, and the known lines go over it
    assert found["found"]["shapes"] < 0.9  # and its colours are by chance
    assert -100 <= found["clip_score"] <= 100 and found["clip_score"] != found["clip_score_of_other_words"]
    assert 0 <= found["clip_diversity"] <= 2
    assert set(found["seconds"]) == {"1 at once", "2 at once"} and found["seconds_to_first_progress"] > 0

    code, _, err = typed("painter", "--engine", "diffusion", "--model", tmp_path / "nothing")
    assert code == 78 and "no unet" in err and "Traceback" not in err
    code, _, err = typed("painter", "--engine", "crayon", "--scenes", "1", "--clip", tmp_path / "nothing")
    assert code == 78 and "can't be loaded" in err
    assert typed("painter", "--scenes", "0")[0] == 2


@pytest.fixture
def nothing_is_painted(monkeypatch):
    """Whoever paints a picture fails the test."""

    def paint(*_asked, **_more):
        raise AssertionError("a picture was painted")

    monkeypatch.setattr("core.painting.crayon.paint", paint)


@pytest.mark.usefixtures("nothing_is_painted")
def test_a_sheet_that_cannot_lie_there_is_told_before_anything_is_painted(typed, tmp_path):
    (tmp_path / "folder.png").mkdir()
    for said, sheet in (
        ("no folder", tmp_path / "nowhere" / "sheet.png"),
        ("must end as a picture", tmp_path / "sheet.foo"),
        ("must end as a picture", tmp_path / "sheet"),
        ("is a folder", tmp_path / "folder.png"),
        ("can't be written", "/proc/sheet.png"),
    ):
        code, out, err = typed("painter", "--engine", "crayon", "--scenes", "1", "--sheet", sheet)
        assert (code, out) == (2, "") and said in err and len(err.strip().splitlines()) == 1, (sheet, err)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["folder.png"]


@pytest.mark.usefixtures("nothing_is_painted")
def test_who_names_a_model_has_that_one_judged_or_is_told_why_not(typed):
    code, _, err = typed("painter", "--scenes", "1", "--model", "/nowhere")
    assert code == 78 and "no unet" in err
    code, _, err = typed("painter", "--engine", "crayon", "--scenes", "1", "--model", "/nowhere")
    assert code == 2 and "--engine diffusion" in err


def test_a_folder_that_goes_while_pictures_are_painted_costs_one_kind_sentence(tmp_path):
    from core.evaluation import painter
    from core.evaluation.files import BadFile

    pixels = np.full((8, 8, 3), 200, np.uint8)
    judged = type("Judged", (), {"scene": painter.scene(1), "lines": pixels[..., 0], "pixels": pixels})
    with pytest.raises(BadFile, match="can't be written"):
        painter.lay_out([judged], tmp_path / "gone" / "sheet.png")
