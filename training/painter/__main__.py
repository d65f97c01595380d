"""`python -m training.painter STEP --work FOLDER`: pairs, vae, latents, painter, decoder, look, export; each goes on where it was cut off."""

from __future__ import annotations

import argparse
from pathlib import Path

STEPS = ("pairs", "vae", "latents", "painter", "decoder", "look", "export")


def main() -> None:
    """One step at a time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("--work", type=Path, required=True, help="a folder outside of the repository")
    parser.add_argument("--count", type=int, default=3000, help="pairs to make or to learn from")
    parser.add_argument(
        "--first", type=int, default=0, help="the first seed, so that several processes make pairs together"
    )
    parser.add_argument("--held", type=int, default=500, help="held-out pairs to make or to judge by")
    parser.add_argument("--steps", type=int, default=4000, help="the step number to train to")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after this long, with a checkpoint")
    parser.add_argument("--to", type=Path, default=Path("core/weights/painter"), help="where the weights are exported")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    if args.step == "pairs":
        from training.painter import pairs

        pairs.write(args.work / "held", pairs.HELD_OUT, min(args.held, pairs.SHARD))
        pairs.write(args.work / "pairs", args.first, args.count)
        pairs.write(args.work / "held", pairs.HELD_OUT, args.held)
        return
    import torch

    torch.set_num_threads(args.threads)
    LEARNING[args.step](args)


def _vae(args: argparse.Namespace) -> None:
    from training.painter import vae

    vae.learn(args.work, args.steps, args.minutes)


def _latents(args: argparse.Namespace) -> None:
    from training.painter import learning

    learning.freeze(args.work, args.count)


def _painter(args: argparse.Namespace) -> None:
    from training.painter import learning

    learning.learn(args.work, args.steps, args.minutes)


def _decoder(args: argparse.Namespace) -> None:
    from training.painter import vae

    vae.finish(args.work, args.steps, args.minutes)


def _look(args: argparse.Namespace) -> None:
    from training.painter import looking

    looking.look(args.work, args.count)


def _export(args: argparse.Namespace) -> None:
    from training.painter import exporting

    print(f"{exporting.export(args.work, args.to):,} bytes")


LEARNING = {
    "vae": _vae,
    "latents": _latents,
    "painter": _painter,
    "decoder": _decoder,
    "look": _look,
    "export": _export,
}

if __name__ == "__main__":
    main()
