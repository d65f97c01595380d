"""Paints diary lines with the embedded painter and lays the pictures out on one sheet, to be looked at.

    python training/contact_sheet.py docs/contact-sheet.jpg [--only 3,7] [--columns 6] [--cell 300] [--looks all]

The lines are made up. Each is read by the real pipeline: emotion, tags, sketch, crayon. Two without words are painted
from the emotion alone. With `--looks` each line is painted once in each of them, side by side.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PIL import Image

from core.emotion.text import TextEmotion
from core.entities import Emotion, Label, VisualPreferences
from core.painting.crayon import CrayonPainter
from core.painting.looks import LOOKS
from core.painting.tags import find_tags
from core.settings import CONFIG_DIR

LINES = (
    ("joy", "ko", "오늘 강아지랑 바닷가를 산책하고 아이스크림을 먹었다"),
    ("sadness", "ko", "비가 와서 하루 종일 집에만 있었다. 괜히 눈물이 났다"),
    ("anger", "ko", "회사에서 상사가 또 내 보고서를 트집 잡아서 너무 화가 났다"),
    ("anxiety", "ko", "내일 시험이라 학교 도서관에서 늦게까지 공부했는데 불안하다"),
    ("tiredness", "en", "Worked late at the office again, my laptop is glued to me. So tired"),
    ("love", "ko", "엄마 생일이라 식당에서 케이크랑 피자를 먹었다. 엄마가 웃어서 행복했다"),
    ("calm", "ko", "저녁에 한강에서 자전거를 탔다. 노을이 예뻤다"),
    ("excitement", "ko", "친구랑 노래방에서 두 시간 동안 노래를 불렀다!"),
    ("loneliness", "en", "Walked home alone through the city at night. All the windows were lit"),
    ("gratitude", "ko", "할머니가 부엌에서 김치찌개를 끓여 주셨다. 감사하다"),
    ("joy", "ko", "첫눈이 와서 동생이랑 눈사람을 만들었다"),
    ("pride", "en", "I finally climbed to the top of the mountain with my dad!"),
    ("relief", "en", "The exam is over. I drank coffee at a cafe and read a book"),
    ("boredom", "ko", "주말인데 할 일이 없어서 고양이랑 침대에서 뒹굴었다"),
    ("surprise", "en", "My sister gave me a present and balloons out of nowhere"),
    ("disappointment", "ko", "기차를 놓쳐서 역에서 한 시간을 기다렸다"),
    ("guilt", "ko", "친구한테 심한 말을 했다. 공원에서 혼자 생각했다"),
    ("confusion", "en", "I don't know what I want. Wandered through the foggy forest"),
    ("neutral", "ko", "시장에 가서 사과랑 빵을 사고 버스를 타고 왔다"),
    ("joy", "en", "We had a picnic in the park, butterflies and strawberries everywhere"),
    ("sadness", "en", ""),
    ("calm", "en", ""),
    ("anxiety", "ko", "병원에서 검사 결과를 기다리는데 무서웠다"),
    ("love", "en", "Held hands with my boyfriend under an umbrella in the rain"),
)


def feeling(name: str) -> Emotion:
    """The palette's anchor of an emotion."""
    row = tomllib.loads((CONFIG_DIR / "palette.toml").read_text("utf-8"))[name]
    return Emotion(row["valence"], row["arousal"], row["dominance"], (Label(name, 1.0),), 0.9)


def main() -> None:
    """Paint and save; say what was seen and how long each picture took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", default="", help="numbers of lines, from 0")
    parser.add_argument("--columns", type=int, default=6)
    parser.add_argument("--cell", type=int, default=300, help="pixels of a picture's side")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--looks", default="wax", help="names of looks, or all of them")
    arguments = parser.parse_args()
    looks = tuple(LOOKS) if arguments.looks == "all" else tuple(arguments.looks.split(","))
    chosen = [int(n) for n in arguments.only.split(",") if n] or list(range(len(LINES)))
    cells = []
    for n in chosen:
        name, language, text = LINES[n]
        emotion = TextEmotion.load().read(text, language) if text else feeling(name)
        tags = find_tags(text, language)
        for look in looks:
            began = time.perf_counter()
            wanted = VisualPreferences(look=look)
            picture = CrayonPainter().paint(tags, emotion, language, arguments.seed + n, preferences=wanted)
            seconds = time.perf_counter() - began
            told = f"{len(picture.png) // 1024} KB | {text} | {picture.alt}"
            print(f"{n:2} {name} as {emotion.name}, {look} {seconds:.2f} s {told}")
            cells.append(Image.open(io.BytesIO(picture.png)).resize((arguments.cell,) * 2, Image.Resampling.LANCZOS))
    rows = -(-len(cells) // arguments.columns)
    gap = 8
    step = arguments.cell + gap
    sheet = Image.new("RGB", (arguments.columns * step + gap, rows * step + gap), "#FFFFFF")
    for i, cell in enumerate(cells):
        sheet.paste(cell, (gap + i % arguments.columns * step, gap + i // arguments.columns * step))
    sheet.save(arguments.out, quality=88)


if __name__ == "__main__":
    main()
