"""A pretrained transformer learns to read diary lines: `python -m training.text_emotion --engine transformer --data DIR --base FOLDER_OR_HUB --out DIR`.

One classifier with an output for each label of KOTE (Korean) and of GoEmotions (English, and Korean where it is there);
a line teaches only the labels of its own corpus (binary cross-entropy over what is known). Checkpoints every ten
minutes; a stopped run goes on from the last one. Needs torch and transformers. The folder holds what
`engines.text = "transformers"` and `emoseum evaluate text-emotion --engine transformers` load.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.emotion.labels import warm_table  # noqa: E402
from core.emotion.text_transformers import DETAILS, TransformerText, _plain, label_sets, weight_bytes  # noqa: E402
from core.entities import EMOTIONS  # noqa: E402
from core.evaluation.figures import best_cuts, crossed  # noqa: E402
from core.evaluation.text_emotion import in_groups  # noqa: E402
from training.text_rows import lines, names_of  # noqa: E402

SURE_LINES = 600  # development lines of a corpus by which the confidence is set
LEAST_DEV = 10  # lines, under which nothing is set by a corpus


@dataclass(frozen=True, eq=False)
class Corpus:
    """One folder of the data: lines and 0 or 1 for each of its labels."""

    label_set: str
    language: str
    train: tuple[tuple[str, ...], np.ndarray]  # texts, (lines, labels)
    dev: tuple[tuple[str, ...], np.ndarray]


def corpora(data: Path, limit: int = 0) -> tuple[dict[str, tuple[str, ...]], list[Corpus]]:
    """The label sets, and what there is of KOTE and GoEmotions, each with a development part; `limit` lines of each.

    KOTE's own `train.tsv` is learned from and `val.tsv` judged by where both are there, else `val.tsv` is parted as for
    the small model: one line in six, by its id."""
    names: dict[str, tuple[str, ...]] = {}
    found = []
    if (data / "kote" / "labels.txt").is_file():
        names["kote"] = tuple(names_of(data / "kote" / "labels.txt"))
        width = len(names["kote"])
        val = lines(data / "kote" / "val.tsv")[1:]
        kept = [zlib.crc32(row[0].encode()) % 6 == 0 for row in val]
        own = data / "kote" / "train.tsv"
        learn = lines(own)[1:] if own.is_file() else [row for row, dev in zip(val, kept, strict=True) if not dev]
        judge = val if own.is_file() else [row for row, dev in zip(val, kept, strict=True) if dev]
        found.append(Corpus("kote", "ko", _told(learn, 1, width, limit), _told(judge, 1, width, limit)))
    for language in ("en", "ko"):
        folder = data / f"goemotions_{language}"
        if not (folder / "labels.txt").is_file():
            continue
        names["goemotions"] = tuple(names_of(folder / "labels.txt"))
        learn, judge = (lines(folder / f"{split}.tsv") for split in ("train", "dev"))
        width = len(names["goemotions"])
        found.append(Corpus("goemotions", language, _told(learn, 0, width, limit), _told(judge, 0, width, limit)))
    if not found:
        sys.exit(f"{data} holds neither kote nor goemotions_en nor goemotions_ko.")
    for label_set, labels in names.items():
        if label_sets(labels)[1][label_set] != labels:
            sys.exit(f"The labels of {label_set} are not in the order of config/warm_labels.toml.")
    return names, found


def _told(rows: list[list[str]], text_at: int, width: int, limit: int) -> tuple[tuple[str, ...], np.ndarray]:
    rows = rows[:limit] if limit else rows
    truth = np.zeros((len(rows), width), np.float32)
    for n, row in enumerate(rows):
        truth[n, [int(index) for index in row[text_at + 1].split(",")]] = 1.0
    return tuple(_plain(row[text_at]) for row in rows), truth


def together(names: dict[str, tuple[str, ...]], found: list[Corpus]) -> tuple[list[str], np.ndarray]:
    """All training lines; NaN where a line's corpus does not have a label.  # texts, (lines, all labels)"""
    width, start = sum(map(len, names.values())), dict[str, int]()
    for label_set, labels in names.items():
        start[label_set] = sum(len(names[each]) for each in start)
        assert len(labels) == len(set(labels)), label_set
    texts, truth = [], []
    for corpus in found:
        wide = np.full((len(corpus.train[0]), width), np.nan, np.float32)
        wide[:, start[corpus.label_set] : start[corpus.label_set] + len(names[corpus.label_set])] = corpus.train[1]
        texts += corpus.train[0]
        truth.append(wide)
    return texts, np.concatenate(truth)


# --- the loop ------------------------------------------------------------------------------------


@dataclass
class Run:
    """Everything that a checkpoint must bring back."""

    model: Any
    optimizer: torch.optim.Optimizer
    step: int = 0

    def save(self, path: Path, key: int) -> None:
        """Written whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        state = {
            "key": key,
            "step": self.step,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        torch.save(state, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def resume(self, path: Path, key: int) -> None:
        """Go on where a run of the same lines and settings stopped."""
        if not path.is_file():
            return
        state = torch.load(path, map_location=self.model.device, weights_only=True)
        if state["key"] != key:
            print(f"{path} is of another run and is left alone", flush=True)
            return
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]
        print(f"goes on after step {self.step}", flush=True)


def loss_of(logits: torch.Tensor, want: torch.Tensor) -> torch.Tensor:
    """Binary cross-entropy over what is known, summed over a line's labels.  # (lines, labels) both"""
    known = ~torch.isnan(want)
    each = F.binary_cross_entropy_with_logits(logits.float(), torch.nan_to_num(want), reduction="none")
    return (each * known).sum() / max(1, len(want))


def rate(step: int, steps: int, warm_up: int) -> float:
    """Share of the highest learning rate: up in a line, down in a line."""
    return (step + 1) / warm_up if step < warm_up else max(0.0, (steps - step) / max(1, steps - warm_up))


def train(run: Run, tokenizer: Any, texts: list[str], truth: np.ndarray, args: argparse.Namespace) -> list[float]:
    """AdamW with warm-up; the order of lines follows from seed and epoch, so a stopped run sees what it would have seen.

    Returns the loss of each step that was made now."""
    per_epoch = -(-len(texts) // args.batch)
    steps, losses = args.epochs * per_epoch, []
    warm_up = max(1, round(args.warm_up * steps))
    checkpoint, key = args.checkpoints / "transformer.pt", key_of(args, texts)
    run.resume(checkpoint, key)
    began = saved = time.monotonic()
    run.model.train()
    order, ordered = np.arange(0), -1
    while run.step < steps and not (args.stop_after and run.step >= args.stop_after):
        epoch, at = divmod(run.step, per_epoch)
        if epoch != ordered:
            order, ordered = np.random.default_rng((args.seed, epoch)).permutation(len(texts)), epoch
        torch.manual_seed(args.seed * 1_000_003 + run.step)
        now = order[at * args.batch : (at + 1) * args.batch]
        fed = tokenizer(
            [texts[i] for i in now], truncation=True, max_length=args.tokens, padding=True, return_tensors="pt"
        ).to(run.model.device)
        for group in run.optimizer.param_groups:
            group["lr"] = args.rate * rate(run.step, steps, warm_up)
        with torch.autocast(run.model.device.type, torch.bfloat16, enabled=run.model.device.type == "cuda"):
            logits = run.model(**fed).logits
        loss = loss_of(logits, torch.from_numpy(truth[now]).to(run.model.device))
        run.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(run.model.parameters(), 1.0)
        run.optimizer.step()
        run.step += 1
        losses.append(loss.item())
        if run.step % args.tell == 0 or run.step == steps:
            mean, seconds = np.mean(losses[-args.tell :]), time.monotonic() - began
            print(f"step {run.step}/{steps} loss {mean:.3f} {seconds:.0f} s", flush=True)
        if time.monotonic() - saved > 60 * args.checkpoint_minutes or at + 1 == per_epoch:
            run.save(checkpoint, key)
            saved = time.monotonic()
    if args.stop_after and run.step < steps:
        run.save(checkpoint, key)
    return losses


def key_of(args: argparse.Namespace, texts: list[str]) -> int:
    """What must be the same for a checkpoint to fit."""
    settings = (str(args.base), args.epochs, args.batch, args.rate, args.warm_up, args.seed, args.tokens)
    return zlib.crc32(repr((settings, len(texts), zlib.crc32("\n".join(texts).encode()))).encode())


# --- the folder ----------------------------------------------------------------------------------


def judged(folder: Path, found: list[Corpus], details: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Figures on the development lines, and from them cuts and calibration, kept with the weights."""
    reader = TransformerText.load(str(folder))
    table = {}
    for corpus in found:
        texts, truth = corpus.dev
        if len(texts) < LEAST_DEV:
            continue
        score = reader.scores(texts)
        sets = {corpus.label_set: truth}
        if corpus.label_set == "goemotions":
            sets["ekman"] = in_groups(truth, reader.names["goemotions"])
        for name, said in sets.items():
            cuts = np.where(
                said.any(axis=0), best_cuts(said.astype(np.float64), score[name]), 0.5
            )  # 0.5: nothing to set it by
            details["cuts"][f"{name}_{corpus.language}"] = [round(float(cut), 4) for cut in cuts]
            table[f"{name}, {corpus.language}"] = {"lines": len(texts)} | crossed(said, score[name])
    write_details(folder, details)
    reader = TransformerText.load(str(folder))
    facts, right = [], []
    for corpus in found:
        gold = (corpus.dev[1][:, :, None] * warm_table(reader.names[corpus.label_set])[None]).max(axis=1)
        for text, warm in list(zip(corpus.dev[0], gold, strict=True))[:SURE_LINES]:
            if warm.max() > 0 and reader.label_set(corpus.language) == corpus.label_set:
                emotion = reader.read(text, corpus.language, why=False)
                facts.append(reader.facts(emotion.labels, emotion.valence))
                right.append(warm[EMOTIONS.index(emotion.name)] > 0)
    if len(facts) >= LEAST_DEV:
        details["sure"] = [round(float(weight), 4) for weight in calibrated(np.array(facts), np.array(right))]
        table["the first warm name"] = {"lines": len(right), "right": float(np.mean(right))}
    write_details(folder, details)
    return table


def calibrated(facts: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Logistic regression with a small penalty.  # (facts,)"""
    from scipy.optimize import minimize

    def cost(weights: np.ndarray) -> float:
        odds = facts @ weights
        return float(np.logaddexp(0.0, odds).sum() - odds @ right + (weights**2).sum())

    return np.asarray(minimize(cost, np.zeros(facts.shape[1])).x)


def write_details(folder: Path, details: dict[str, Any]) -> None:
    """What stands beside the weights: label sets, languages, cuts, calibration."""
    (folder / DETAILS).write_text(json.dumps(details, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def card(
    folder: Path, args: argparse.Namespace, found: list[Corpus], table: dict[str, dict[str, float]], losses: list[float]
) -> str:
    """The model card, from what was done."""
    figures = "\n".join(
        f"| {name} | {row['lines']} | "
        + ", ".join(f"{key} {value:.3f}" for key, value in row.items() if key != "lines")
        + " |"
        for name, row in table.items()
    )
    learned = "\n".join(
        f"- {corpus.label_set}, {corpus.language}: {len(corpus.train[0])} lines to learn from, {len(corpus.dev[0])} to judge by"
        for corpus in found
    )
    fall = (
        f"{np.mean(losses[:10]):.3f} to {np.mean(losses[-10:]):.3f}"
        if losses
        else "not measured (nothing was left to do)"
    )
    return f"""# Text emotion, large

A sequence classifier over `{Path(str(args.base)).name}` ({weight_bytes(folder) / 1e6:.1f} MB), fine-tuned for Emoseum's diary lines by
`training/text_emotion_transformer.py`: {args.epochs} epochs, batch {args.batch}, learning rate {args.rate:g} with a warm-up of
{args.warm_up:.0%}, {args.tokens} tokens of a sentence at most, seed {args.seed}. Loss per line fell from {fall}.

{learned}

The licence of the base, of the corpora (GoEmotions Apache-2.0, KOTE MIT) and of this repository's code apply together;
look at the base's own card before passing the weights on. Cuts, confidence and figures are of the development lines:

| what | lines | figures |
| --- | --- | --- |
{figures}

F1 with cuts from the other half of the lines. Warm names and axes are derived from the labels (`config/warm_labels.toml`,
`config/palette.toml`) and were not compared with raters. Not for diagnosis, or for deciding about anybody.
"""


def main() -> None:
    """Fine-tune, save, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", default="transformer", help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds kote, goemotions_en, ...")
    parser.add_argument("--base", required=True, help="a folder, or a name on the hub, as beomi/KcELECTRA-base-v2022")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=3e-5, help="the highest learning rate")
    parser.add_argument("--warm-up", type=float, default=0.1, help="share of the steps")
    parser.add_argument("--tokens", type=int, default=128, help="of one line at most")
    parser.add_argument("--limit", type=int, default=0, help="lines of each corpus; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tell", type=int, default=50, help="steps between two lines of progress")
    parser.add_argument("--stop-after", type=int, default=0, help="steps after which to stop, to go on another time")
    parser.add_argument("--checkpoint-minutes", type=float, default=10.0)
    parser.add_argument("--checkpoints", type=Path, default=ROOT / "checkpoints" / "text_emotion")
    args = parser.parse_args()

    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    torch.manual_seed(args.seed)
    random.seed(args.seed)
    names, found = corpora(args.data, args.limit)
    texts, truth = together(names, found)
    labels = [label for each in names.values() for label in each]
    tokenizer = AutoTokenizer.from_pretrained(args.base)
    model = AutoModelForSequenceClassification.from_pretrained(
        args.base, num_labels=len(labels), id2label=dict(enumerate(labels)),
        label2id={label: n for n, label in enumerate(labels)}, problem_type="multi_label_classification",
        ignore_mismatched_sizes=True,
    ).to("cuda" if torch.cuda.is_available() else "cpu")  # fmt: skip
    plain = [p for name, p in model.named_parameters() if p.ndim < 2 or "norm" in name.lower()]
    kept = {id(p) for p in plain}
    decayed = [p for p in model.parameters() if id(p) not in kept]
    groups = [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}]
    run = Run(model, torch.optim.AdamW(groups, lr=args.rate))
    losses = train(run, tokenizer, texts, truth, args)
    if args.stop_after and run.step < args.epochs * -(-len(texts) // args.batch):
        print(f"stopped after step {run.step}; the same command without --stop-after goes on", flush=True)
        return

    args.out.mkdir(parents=True, exist_ok=True)
    model.eval().save_pretrained(args.out)
    tokenizer.save_pretrained(args.out)
    languages = sorted({corpus.language for corpus in found})
    details: dict[str, Any] = {
        "base": Path(str(args.base)).name,
        "label_sets": {each: list(of) for each, of in names.items()},
    }
    details |= {"languages": languages, "max_tokens": args.tokens, "cuts": {}}
    write_details(args.out, details)
    table = judged(args.out, found, details)
    (args.out / "README.md").write_text(card(args.out, args, found, table, losses), encoding="utf-8")
    for name, figures in table.items():
        print(f"{name:24s}", "  ".join(f"{key} {value:.3f}" for key, value in figures.items()))


if __name__ == "__main__":
    main()
