"""A trained reader is brought to diary lines and judged on lines that it did not learn from."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.emotion.ngrams import grams, tidy
from core.emotion.text import TextEmotion
from core.evaluation.figures import best_cuts, correlation, crossed
from core.evaluation.text_emotion import in_groups
from training.text_rows import Line, Rows, diary_lines


def fit_sure(model: TextEmotion, lines: Sequence[Line]) -> np.ndarray:
    """Logistic regression of "the first name is one of the line's names" on lines that `model` did not learn from.  # (5,)"""
    from sklearn.linear_model import LogisticRegression

    facts, right = [], []
    for line in lines:
        emotion = model.read(line.text)
        facts.append(model.facts(emotion.labels, emotion.valence, len(grams(tidy(line.text)))))
        right.append(emotion.name in line.names)
    found = LogisticRegression(C=0.5).fit(np.array(facts), right)
    return np.append(found.coef_[0], found.intercept_).astype(np.float32)


#: The English side of the word list to beat; VA-KOR is the Korean one.
BRIGHT = ["happy", "glad", "joy", "fun", "love", "loved", "great", "good", "nice", "wonderful", "best", "amazing", "enjoy", "enjoyed", "laugh", "laughed", "smile", "proud", "thank", "thanks", "thankful", "grateful", "excited", "calm", "peaceful", "relief", "relieved", "hope", "win", "won", "beautiful", "sweet", "kind", "perfect", "better", "lucky", "delicious", "warm"]  # fmt: skip
DARK = ["sad", "cry", "cried", "bad", "worst", "awful", "terrible", "angry", "mad", "hate", "hated", "lonely", "alone", "afraid", "scared", "fear", "worried", "worry", "nervous", "anxious", "tired", "exhausted", "bored", "boring", "sorry", "guilty", "ashamed", "lost", "lose", "fail", "failed", "died", "dead", "death", "hurt", "pain", "sick", "ugly", "wrong", "disappointed", "annoying", "upset", "miss", "horrible"]  # fmt: skip


def word_list(data: Path, texts: list[str]) -> np.ndarray:
    """Mean valence of the listed words in a line, flipped where it holds a negation: the baseline.  # (lines,)"""
    with (data / "va_kor" / "VA_KOR_annot.csv").open(encoding="utf-8-sig", newline="") as file:
        korean = {
            row["word"].strip("*†").removesuffix("다"): float(row["V"]) for row in csv.DictReader(file) if row["V"]
        }
    korean = {stem: v for stem, v in korean.items() if len(stem) > 1}
    english = dict.fromkeys(BRIGHT, 1.0) | dict.fromkeys(DARK, -1.0)
    means = []
    for text in texts:
        turned = -1.0 if any(no in text.lower() for no in ("않", " 안 ", "못 ", "not ", "n't ", "never ")) else 1.0
        found = [v for stem, v in korean.items() if stem in text]
        found += [
            english[word]
            for word in "".join(c if c.isalpha() else " " for c in text.lower()).split()
            if word in english
        ]
        means.append(turned * float(np.mean(found)) if found else 0.0)
    return np.array(means)


def evaluate(model: TextEmotion, rows: Rows, data: Path) -> tuple[dict[str, dict[str, float]], dict[str, np.ndarray]]:
    """Every figure of the card on the dev splits, and the cuts over the whole of them."""
    table: dict[str, dict[str, float]] = {}
    cuts: dict[str, np.ndarray] = {}
    source, split = np.array(rows.source), np.array(rows.split)
    for name, head in (("kote", "kote"), ("go_en", "goemotions"), ("go_ko", "goemotions")):
        mine = np.where((source == name) & (split == "dev"))[0]
        truth, out = np.array([rows.targets[head][i] for i in mine]), model.scores([rows.text[i] for i in mine])
        table[name] = crossed(truth, out[head])
        cuts["cut_" + name.replace("go_", "goemotions_")] = best_cuts(truth, out[head])
        if head == "goemotions":
            truth = in_groups(truth, model.names[head])
            table[f"{name}, ekman"] = crossed(truth, out["ekman"])
            cuts["cut_" + name.replace("go_", "ekman_")] = best_cuts(truth, out["ekman"])
    mine = np.where((source == "emobank") & (split == "dev"))[0]
    out, truth = model.scores([rows.text[i] for i in mine]), np.array([rows.targets["emobank"][i] for i in mine])
    table["emobank"] = {f"{a}_r": correlation(out["emobank"][:, k], truth[:, k]) for k, a in enumerate("vad")}
    table["emobank, word list"] = {"v_r": correlation(word_list(data, [rows.text[i] for i in mine]), truth[:, 0])}
    table["emobank, read()'s axes"] = {
        f"{a}_r": correlation(out["axes"][:, k], truth[:, k]) for k, a in enumerate("vad")
    }
    mine = np.where((source == "rating") & (split == "dev"))[0]
    out, truth = model.scores([rows.text[i] for i in mine]), np.array([rows.targets["rating"][i][0] for i in mine])
    clear = np.abs(truth) > 0.7
    for name, v in (
        ("nsmc", out["rating"][:, 0]), ("nsmc, read()'s valence", out["axes"][:, 0]),
        ("nsmc, word list", word_list(data, [rows.text[i] for i in mine])),
    ):  # fmt: skip
        table[name] = {"r": correlation(v, truth), "sign": float(((v > 0) == (truth > 0))[clear].mean())}
    return table | diary_figures(model, data), cuts


def diary_figures(model: TextEmotion, data: Path) -> dict[str, dict[str, float]]:
    """Our dev lines: sign of valence where it is clear, first name right, one of the first three right."""
    table = {}
    for language in ("ko", "en"):
        mine = [
            line
            for line in diary_lines()
            if line.split == "dev" and any("가" <= c <= "힣" for c in line.text) == (language == "ko")
        ]
        table[f"diary {language}"] = figures(model, mine)
        plain, truth = word_list(data, [line.text for line in mine]), np.array([line.axes()[0] for line in mine])
        right = float((np.sign(plain) == np.sign(truth))[np.abs(truth) > 0.2].mean())
        table[f"diary {language}, word list"] = {"sign": right, "valence_r": correlation(plain, truth)}
    return table


def figures(model: TextEmotion, lines: Sequence[Line]) -> dict[str, float]:
    """What `read` makes of lines: the first name right, one of three right, side and r of valence."""
    read = [model.read(line.text) for line in lines]
    truth = np.array([line.axes()[0] for line in lines])
    told = np.array([emotion.valence for emotion in read])
    clear = np.abs(truth) > 0.2
    pairs = list(zip(read, lines, strict=True))
    return {
        "lines": len(lines), "sign": float(((told > 0) == (truth > 0))[clear].mean()), "valence_r": correlation(told, truth),
        "first": float(np.mean([emotion.name in line.names for emotion, line in pairs])),
        "in_three": float(np.mean([bool({each.name for each in emotion.labels[:3]} & {*line.names}) for emotion, line in pairs])),
    }  # fmt: skip


def report(label: str, opinion: dict[str, np.ndarray], rows: Rows) -> None:
    """One line of dev figures, to see what each step costs or brings."""
    source, split = np.array(rows.source), np.array(rows.split)
    words = []
    for name, head in (("kote", "kote"), ("go_en", "goemotions"), ("go_ko", "goemotions")):
        mine = np.where((source == name) & (split == "dev"))[0]
        if head in opinion:
            figures = crossed(np.array([rows.targets[head][i] for i in mine]), opinion[head][mine])
            words.append(f"{name} {figures['macro_f1']:.3f} auc {figures['auc']:.3f}")
    mine = np.where((source == "emobank") & (split == "dev"))[0]
    truth = np.array([rows.targets["emobank"][i] for i in mine])
    words.append(
        "emobank " + " ".join(f"{correlation(opinion['emobank'][mine, k], truth[:, k]):.3f}" for k in range(3))
    )
    print(label, *words, sep="  ", flush=True)
