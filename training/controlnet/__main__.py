"""`python -m training.controlnet pairs|learn --data FOLDER`: a folder of our own scenes in one look; a look is learned from a folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.evaluation.files import BadFile
from core.painting.looks import LOOKS
from core.ports import EngineMissing
from training.controlnet import folder


def main() -> None:
    """One step; `learn` goes on where it was cut off."""
    args = asker().parse_args()
    try:
        if args.step == "pairs":
            folder.write(args.data, args.look, args.count, args.first)
        else:
            _learn(args)
    except (BadFile, EngineMissing) as error:
        raise SystemExit(str(error)) from None


def _learn(args: argparse.Namespace) -> None:
    if args.work is None:
        raise BadFile("learn needs --work, a folder for what it keeps.")
    import torch

    from training.controlnet.learning import Plan, learn

    if args.threads:
        torch.set_num_threads(args.threads)
    plan = Plan(
        args.model, args.controlnet, args.unet, args.layers, args.rank, args.rate, args.epochs, args.batch, args.side,
        args.held, args.seed,
    )  # fmt: skip
    made = learn(plan, args.data, args.work, args.name, args.licence, args.look_every, args.minutes)
    for setting, path in (made or {}).items():
        print(f"EMOSEUM_PAINTER__{setting.upper()}={path}")


def asker() -> argparse.ArgumentParser:
    """What can be asked for."""
    ask = argparse.ArgumentParser(prog="python -m training.controlnet", description=__doc__)
    ask.add_argument("step", choices=("pairs", "learn"))
    ask.add_argument("--data", type=Path, required=True, help="the folder (training/controlnet/folder.py says how it is laid out)")  # fmt: skip
    make = ask.add_argument_group("pairs")
    make.add_argument("--look", choices=tuple(LOOKS), default="watercolour")
    make.add_argument("--count", type=int, default=72)
    make.add_argument("--first", type=int, default=folder.FIRST, help="the first seed")
    learn = ask.add_argument_group("learn")
    learn.add_argument("--work", type=Path, help="a folder outside of the repository")
    learn.add_argument(
        "--model", default="", help="as painter.model: a folder or a name on the hub; else our own weights"
    )
    learn.add_argument("--controlnet", default="", help="as painter.controlnet; else the model's own")
    learn.add_argument("--unet", action="store_true", help="a LoRA on the base UNet too")
    learn.add_argument("--layers", choices=("attention", "all"), default="attention", help="all: convolutions too")
    learn.add_argument("--rank", type=int, default=8)
    learn.add_argument("--rate", type=float, default=1e-4, help="highest learning rate")
    learn.add_argument("--epochs", type=int, default=10)
    learn.add_argument("--batch", type=int, default=4)
    learn.add_argument("--side", type=int, default=0, help="pixels; 0: what the model paints at")
    learn.add_argument("--held", type=int, default=8, help="how many of the last pictures are held out")
    learn.add_argument("--seed", type=int, default=0)
    learn.add_argument("--name", default="look", help="of the files")
    learn.add_argument("--licence", default="not stated", help="of the pictures, for the card")
    learn.add_argument(
        "--look-every", type=int, default=100, help="steps between two contact sheets; 0: at the end only"
    )
    learn.add_argument("--minutes", type=float, default=1e9, help="stop after this long, with a checkpoint")
    learn.add_argument("--threads", type=int, default=0, help="0: as torch likes")
    return ask


if __name__ == "__main__":
    main()
