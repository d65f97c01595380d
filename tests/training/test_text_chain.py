"""One command makes the small text model from a data folder: every step after the other, on a folder of a few hundred rows."""

from __future__ import annotations

import json
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")

from core.emotion.text import TextEmotion
from core.entities import EMOTIONS
from training import text_diary, text_emotion, text_figures, text_rows, text_taught

MANY = 150  # rows of a corpus


def some_lines() -> list[text_rows.Line]:
    """A few lines of the first hand, who is also judged, and of those who judge."""
    by_hand: dict[tuple[str, str], list[text_rows.Line]] = {}
    for line in text_rows.diary_lines():
        by_hand.setdefault((line.hand, line.split), []).append(line)
    whose = ("first", *text_diary.JUDGES)
    return [line for (hand, _), lines in by_hand.items() if hand in whose for line in lines[:45]]


def a_folder(folder: Path, texts: list[str]) -> Path:
    """Rows in the form of the public corpora, whose labels follow from the text, by chance or not."""
    names = TextEmotion.load().names

    def labels(text: str, many: int) -> str:
        rng = np.random.default_rng(zlib.crc32(text.encode()))
        return ",".join(map(str, sorted(rng.choice(many, 7, replace=False))))

    def write(name: str, rows: list[str]) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("\n".join(rows) + "\n", encoding="utf-8")

    korean = [text for text in texts if any("가" <= letter <= "힣" for letter in text)][:MANY]
    english = [text.replace('"', "'") for text in texts if text.isascii()][:MANY]
    rng = np.random.default_rng(2)
    write("kote/labels.txt", list(names["kote"]))
    write("kote/val.tsv", ["id\ttext\tlabels", *(f"{n}\t{text}\t{labels(text, 44)}" for n, text in enumerate(korean))])
    for language, lines in (("en", english), ("ko", korean)):
        write(f"goemotions_{language}/labels.txt", list(names["goemotions"]))
        for split, part in (("train", lines[:100]), ("dev", lines[100:])):
            write(f"goemotions_{language}/{split}.tsv", [f"{text}\t{labels(text, 28)}\tx" for text in part])
    bank = [
        f'{n},{"dev" if n % 4 == 0 else "train"},{",".join(f"{x:.2f}" for x in rng.normal(3, 0.4, 3))},"{text}"'
        for n, text in enumerate(english)
    ]
    write("emobank/emobank.csv", ["id,split,V,A,D,text", *bank])
    rated = [f"{n}\t{n % 10 + 1}\t{text}\t{'dev' if n % 4 == 0 else 'train'}" for n, text in enumerate(korean)]
    write("nsmc_raw/nsmc_ratings_150k.tsv", ["id\trating\ttext\tsplit", *rated])
    write("va_kor/VA_KOR_annot.csv", ["word,V,A", "기쁘다,2.5,1.0", "슬프다,-2.0,-0.5", "화나다,-2.2,2.0"])
    write(
        "songys_chatbot/ChatbotData.csv",
        ["Q,A,label", *(f'"{text.replace(chr(34), "")}",네,0' for text in korean[:40])],
    )
    write(
        "tatoeba_ko_en/kor_eng.tsv",
        ["en\tko\tby", *(f"{a}\t{b}\tx" for a, b in zip(english[:20], korean[:20], strict=True))],
    )
    return folder


def a_reader(width: int):
    """A stand-in for a large reader: a projection of letters."""
    return lambda texts: np.array(
        [np.random.default_rng(zlib.crc32(text[:4].encode())).normal(size=width) for text in texts], np.float32
    )


@pytest.mark.timeout(300)
def test_one_command_makes_the_whole_file(tmp_path, monkeypatch, capsys):
    lines, texts = some_lines(), [line.text for line in text_rows.diary_lines()[::7]]
    for module in (text_rows, text_emotion, text_figures):
        monkeypatch.setattr(module, "diary_lines", lambda: lines)
    monkeypatch.setattr(text_taught, "minilm_vectors", a_reader(16))
    monkeypatch.setattr(text_taught, "use_vectors", a_reader(16))
    monkeypatch.setattr(text_taught, "_e5_says", lambda learn, truth, others: a_reader(44)(others))
    monkeypatch.setattr(text_taught, "_minilm_says", lambda learn, truth, others: a_reader(3)(others))
    out, kept = tmp_path / "text.npz", tmp_path / "kept"
    data = a_folder(tmp_path / "data", texts)
    told = (
        f"x --data {data} --out {out} --checkpoints {kept} --rows 2000 --size 8 --teachers 1 --ratings 200 --epochs 1"
    )
    monkeypatch.setattr(sys, "argv", told.split())
    text_emotion.main()
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["bytes"] == out.stat().st_size
    model = TextEmotion.load(out)
    assert model.vectors.shape == (2000, 8)
    assert set(model.words) == {"kote", "emobank", "warm", "vad"}
    assert model.read("오늘 정말 행복했다").name in EMOTIONS
    with np.load(out) as file, np.load(text_emotion.WEIGHTS) as shipped:
        assert set(file.files) == set(shipped.files)  # nothing that is shipped was made in some other way
        assert all(np.isfinite(file[key]).all() for key in file.files if file[key].dtype.kind == "f")


def test_who_judges_the_names_taught_no_network():
    rows = text_rows.Rows()
    text_rows.add_diary(rows, without=text_diary.JUDGES)
    judged = {line.text for line in text_rows.diary_lines() if line.hand in text_diary.JUDGES}
    others = {line.text for line in text_rows.diary_lines() if line.hand not in text_diary.JUDGES}
    assert judged and not (judged - others) & set(rows.text)
    assert others == set(rows.text)
