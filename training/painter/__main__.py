"""`python -m training.painter STEP --work FOLDER`: pairs, vae, latents, painter, look, judge, export; each goes on where it was cut off."""

from __future__ import annotations

import argparse
from pathlib import Path

STEPS = ("pairs", "vae", "latents", "painter", "look", "judge", "export")


def main() -> None:
    """One step at a time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("--work", type=Path, required=True, help="a folder outside of the repository")
    parser.add_argument("--count", type=int, default=3000, help="pairs to make or to learn from")
    parser.add_argument("--held", type=int, default=500, help="held-out pairs to make or to judge by")
    parser.add_argument("--steps", type=int, default=4000, help="the step number to train to")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after this long, with a checkpoint")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    if args.step == "pairs":
        from training.painter import pairs

        pairs.write(args.work / "held", pairs.HELD_OUT, min(args.held, pairs.SHARD))
        pairs.write(args.work / "pairs", 0, args.count)
        pairs.write(args.work / "held", pairs.HELD_OUT, args.held)
        return
    import torch

    torch.set_num_threads(args.threads)
    if args.step == "vae":
        from training.painter import vae

        vae.learn(args.work, args.steps, args.minutes)


if __name__ == "__main__":
    main()
