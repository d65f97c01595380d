"""Engines learn which of five feelings a face shows, and are compared in one table.

    python -m training.face_emotion --data DIR/faces_ferplus --work SCRATCH --out core/weights      the one that is shipped
    python -m training.face_emotion --data DIR/faces_ferplus --work SCRATCH --engine vit --size tiny [--weights NAME]
    python -m training.face_emotion --data PHOTOS --labels ROWS.csv --crop --audit --work SCRATCH --engine densenet --size base
    python -m training.face_emotion --data ... --work SCRATCH --engine ensemble --runs vit resnet small
    python -m training.face_emotion --data ... --work SCRATCH --engine multimodal --runs densenet --blip2 NAME --clip NAME
    python -m training.face_emotion --work SCRATCH --table [--write]

Needs torch, transformers and scikit-learn (`.[dev]`). Every run is a folder in `--work`, outside of git: a checkpoint
every ten minutes, from which a training that was broken off goes on, the weights, and run.json with its figures.
The folder of a network reads faces in Emoseum where `engines.face = "model"` and `engines.face_model` name it.
`--out` writes the small engine as core/weights/face_emotion.npz, with the line that sees covered faces.
Data: FER2013 faces with FER+ votes (Barsoum et al. 2016, arXiv 1608.01041), or a folder of pictures and a CSV with
`file`, `label` (or what each rater said, as rater1, rater2, rater3) and, if it has one, `split`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from core.evaluation.files import BadFile
from training.faces import ensemble, multimodal, rows, runs, small, svm, table
from training.faces.learning import Course, train
from training.faces.words import Words

ENGINES = (*runs.NETWORKS, "svm", "ensemble", "multimodal")
BLIP2, CLIP = "Salesforce/blip2-opt-2.7b", "openai/clip-vit-large-patch14"


def main(arguments: Sequence[str] | None = None) -> None:
    """Train one engine, or print the table of all that were trained."""
    ask = asker()
    given = ask.parse_args(arguments)
    torch.set_num_threads(given.threads)
    try:
        if given.table:
            found = table.gathered(given.work)
        elif given.data is None:
            ask.error("--data is needed to train")
        else:
            found = table.Table([run(given)])
    except BadFile as error:
        sys.exit(str(error))
    if not found.runs:
        sys.exit(f"There is no trained run in {given.work}.")
    print("\n".join(found.rows()))
    for each in found.runs:
        if "compared" in each:
            print("\n".join(["", *table.compared(each)]))
    if given.write:
        table.add_to_lab_book(found if given.table else table.gathered(given.work))


def run(given: argparse.Namespace) -> dict[str, Any]:
    """Read the faces, train, judge, save; the run's run.json. Raises BadFile."""
    folder = given.work / (given.name or given.engine)
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(given.seed)
    net = runs.build(given.engine, given.size, given.weights) if given.engine in runs.NETWORKS else None
    taken = rows.load(given.data, _wish(given, net.look.side if net else given.side or 48), given.seed)
    for name, part in taken.parts.items():
        print(f"{name}: {len(part)} faces")
    print("\n".join(taken.notes))
    data = {"name": given.data.name, "faces": len(taken.parts["train"]), "notes": list(taken.notes), "test": len(taken.parts["test"])}  # fmt: skip
    data |= {"shown": list(taken.parts["train"].pixels.shape[1:3]), "segmented": given.segment}
    told = {"name": folder.name, "engine": given.engine, "size": given.size, "data": data}
    if net is not None:
        return _network(given, net, taken.parts, folder, told)
    if given.engine == "svm":
        return _svm(given, taken.parts, folder, told | {"size": "one"})
    members = [_folder(given, name) for name in given.runs]
    if given.engine == "ensemble":
        together, more = ensemble.fit(members, taken.parts["dev"])
        judged = runs.judge_run(together, taken.parts, told | more | {"size": f"{len(members)} runs"})
        return runs.save(judged, folder).told
    if len(members) != 1:
        raise BadFile("A fusion needs one trained network: --runs densenet")
    words = Words(given.blip2, given.clip, given.answers or folder / "answers.jsonl")
    fused, more = multimodal.fit(members[0], words, taken.parts, balanced=given.class_weights, seed=given.seed)
    multimodal.save(fused, folder)
    more |= {"parameters": sum(each.numel() for each in fused.fusion.parameters())}
    return runs.save(runs.judge_run(fused, taken.parts, told | more), folder).told


def _network(given: argparse.Namespace, net: Any, parts: dict[str, rows.Faces], folder: Path, told: dict[str, Any]) -> dict[str, Any]:  # fmt: skip
    plan = f"{given.engine} {given.size} {given.weights}".strip()
    course = Course(
        of=f"{plan} over {len(parts['train'])} faces of {given.data.name}", minutes=given.minutes, processor=given.processor,
        epochs=given.epochs, batch=given.batch, rate=given.rate or _rate(given), optimiser="sgd" if given.engine == "small" else "adamw", balanced=given.class_weights, seed=given.seed,
    )  # fmt: skip
    if given.export_only:
        if not (folder / "checkpoint.pt").exists():
            raise BadFile(f"There is no checkpoint in {folder}.")
        course = replace(course, epochs=0)
    learned = train(net, parts, course, folder)
    told |= {
        "epochs": len(learned.losses), "passes": round(learned.steps / max(1, len(parts["train"]) // given.batch), 1), "steps": learned.steps,
        "minutes": round(learned.minutes, 2), "processor": given.processor, "losses": [round(each, 4) for each in learned.losses],
        "balanced": given.class_weights, "weights_from": given.weights,
    }  # fmt: skip
    net = learned.net
    judged = runs.judge_run(runs.Network(net), parts, told)
    if given.out:
        _ship(given, net, judged)
    return runs.save(judged, folder, net).told


def _svm(given: argparse.Namespace, parts: dict[str, rows.Faces], folder: Path, told: dict[str, Any]) -> dict[str, Any]:
    backbone = _folder(given, given.runs[0]) if given.runs else None
    machine = svm.fit(parts["train"], parts["dev"], balanced=given.class_weights, net=runs.load_net(backbone) if backbone else None, seed=given.seed)  # fmt: skip
    machine.save(folder)
    told |= {"parameters": machine.parameters, "balanced": given.class_weights}
    told |= {"backbone": str(backbone.resolve())} if backbone else {}
    return runs.save(runs.judge_run(machine, parts, told), folder).told


def _ship(given: argparse.Namespace, net: Any, judged: runs.Run) -> None:
    """The file that Emoseum reads without torch."""
    from training.face_covered import fit

    if given.engine != "small":
        raise BadFile("Only the small engine runs without torch; --out is for it.")
    path = small.export(net, judged.temperature, judged.bias, given.out)
    if given.labels:
        print(f"{path} can't tell covered faces yet: python -m training.face_covered --data DIR/faces_ferplus")
    else:
        fit(given.data, given.out)


def _rate(given: argparse.Namespace) -> float:
    if given.engine == "small":
        return 0.1
    return 5e-5 if given.weights else 1e-3


def _folder(given: argparse.Namespace, name: str) -> Path:
    return given.work / name if (given.work / name).is_dir() else Path(name)


def _wish(given: argparse.Namespace, side: int) -> rows.Wish:
    names = dict(pair.split("=", 1) for pair in given.names.split(",")) if given.names else {}
    return rows.Wish(given.labels, names, given.side or side, given.crop, given.segment, given.audit, given.faces)


def asker() -> argparse.ArgumentParser:
    """What can be asked for."""
    ask = argparse.ArgumentParser(prog="python -m training.face_emotion", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    ask.add_argument("--engine", choices=ENGINES, default="small")
    ask.add_argument(
        "--size", choices=("tiny", "base"), default="base", help="tiny learns on a CPU; small and svm have one size"
    )
    ask.add_argument("--weights", default="", help="folder or hub name to start from; else random")
    ask.add_argument(
        "--data", type=Path, help="folder with ferplus_images.npz and ferplus_labels.csv, or with pictures"
    )
    ask.add_argument("--labels", type=Path, help="for pictures: a CSV with file and label, or a column a rater")
    ask.add_argument("--names", default="", help="what labels mean that are no words, as 1=surprise,2=fear,3=disgust")
    ask.add_argument("--crop", action="store_true", help="find the face in each picture and set it upright")
    ask.add_argument(
        "--segment", action="store_true", help="only an oval around eyes, nose and mouth, the rest one grey"
    )
    ask.add_argument("--side", type=int, default=0, help="px of the faces taken from pictures; else the engine's own")
    ask.add_argument("--audit", action="store_true", help="learn only from rows on which two of three raters agree")
    ask.add_argument("--faces", type=int, default=0, help="learn from so many, by chance; 0 is all")
    ask.add_argument("--class-weights", action="store_true", help="rare feelings count as much as often ones")
    ask.add_argument("--work", type=Path, required=True, help="folder of runs, outside of git")
    ask.add_argument("--name", default="", help="of this run; else the engine's")
    ask.add_argument(
        "--runs", nargs="+", default=[], help="saved runs: an ensemble's, a fusion's network, an SVM's eyes"
    )
    ask.add_argument("--blip2", default=BLIP2, help="folder or hub name of the BLIP-2 that is asked; '' asks nobody")
    ask.add_argument("--clip", default=CLIP, help="folder or hub name of the CLIP that reads the answers")
    ask.add_argument("--answers", type=Path, help="file of answers that are known already (md5 of the pixels, answer)")
    ask.add_argument("--minutes", type=float, default=40.0)
    ask.add_argument(
        "--processor", action="store_true", help="the minutes are of processor time: a fair share on a busy machine"
    )
    ask.add_argument("--epochs", type=int, default=60)
    ask.add_argument("--batch", type=int, default=128)
    ask.add_argument("--rate", type=float, default=0.0, help="highest learning rate; else the engine's own")
    ask.add_argument("--seed", type=int, default=7)
    ask.add_argument("--threads", type=int, default=1)
    ask.add_argument("--out", type=Path, help="write the small engine's face_emotion.npz there")
    ask.add_argument("--export-only", action="store_true", help="judge and save what the last checkpoint holds")
    ask.add_argument("--table", action="store_true", help="train nothing, print all runs in --work")
    ask.add_argument("--write", action="store_true", help="put the table of all runs in --work into docs/lab.md")
    return ask


if __name__ == "__main__":
    main()
