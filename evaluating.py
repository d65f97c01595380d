"""`emoseum evaluate`: a model is judged by a file that somebody names, as a small table or as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from endings import EXIT_SETTINGS, EXIT_USAGE, fail

evaluate = typer.Typer(no_args_is_help=True, help="Judge a model by your own file; nothing is trained or kept.")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")]


class Corpus(StrEnum):
    """The files of labelled text that can be read."""

    KOTE = "kote"
    GOEMOTIONS = "goemotions"
    EMOBANK = "emobank"


class TextEngine(StrEnum):
    """Who reads."""

    EMBEDDED = "embedded"
    TRANSFORMERS = "transformers"


class PainterEngine(StrEnum):
    """Who paints."""

    SET = "set"
    CRAYON = "crayon"
    DIFFUSION = "diffusion"


@evaluate.command("text-emotion")
def text_emotion(
    corpus: Annotated[Corpus, typer.Option("--format", help="Which corpus the file is from.")],
    file: Annotated[Path, typer.Option(help="Its file: kote and goemotions as TSV, emobank as CSV.")],
    language: Annotated[str, typer.Option(help="ko or en; else the language of most lines.")] = "",
    split: Annotated[str, typer.Option(help="Of emobank only the lines whose column split says so, as dev.")] = "",
    engine: Annotated[
        TextEngine | None, typer.Option(help="embedded: ours, or a large one: --model, else engines.text_model.")
    ] = None,
    model: Annotated[str, typer.Option(help="A large one is judged: a folder, or a name on the hub.")] = "",
    as_json: AsJson = False,
) -> None:
    """How well diary text is read: F1 and AUC over the labels of KOTE and GoEmotions (F1 over Ekman's groups of these
    too), Pearson r over EmoBank's axes.

    The file is as the corpus comes: kote (id, text, labels), goemotions (text, labels, no header) with indexes of
    labels, emobank (a CSV with V, A, D and text). A label is said from the score on that was best on the development
    split and is kept with the weights.

    emoseum evaluate text-emotion --format goemotions --file dev.tsv
    """
    if language not in ("", "ko", "en"):
        fail("--language is ko or en.", EXIT_USAGE)
    if split and corpus is not Corpus.EMOBANK:
        fail("--split parts emobank by its column; kote and goemotions have a file for each split.", EXIT_USAGE)
    if model and engine is TextEngine.EMBEDDED:
        fail("--model names a large engine; ours has no other one: leave out --engine embedded.", EXIT_USAGE)
    large = model
    if engine is TextEngine.TRANSFORMERS and not large:
        from core.settings import load_settings

        large = load_settings().engines.text_model
        if not large:
            fail("--engine transformers needs --model, a folder or a name on the hub.", EXIT_USAGE)

    def judge() -> Mapping[str, Any]:
        from core.evaluation.text_emotion import evaluate

        return evaluate(corpus.value, file, language, split=split, large=large)

    _tell(judge, as_json)


@evaluate.command("face-emotion")
def face_emotion(
    images: Annotated[Path, typer.Option(help="A folder of pictures, or an npz with cropped faces as images.")],
    labels: Annotated[Path, typer.Option(help="A CSV with label and, for a folder, file.")],
    model: Annotated[str, typer.Option(help="The folder of a network trained here; else the small one.")] = "",
    as_json: AsJson = False,
) -> None:
    """How well faces are read: accuracy and recall over anger, happy, panic (surprise and fear), sadness and neutral.

    Pictures go the whole way of a selfie; cropped faces are given to the network as they are. Where Emoseum would
    rather not guess, its first thought counts; where it finds no face, the answer is wrong.

    emoseum evaluate face-emotion --images faces/ --labels faces.csv --json
    """

    def judge() -> Mapping[str, Any]:
        from core.evaluation.face_emotion import evaluate

        return evaluate(images, labels, model)

    _tell(judge, as_json)


@evaluate.command()
def crisis(
    file: Annotated[Path, typer.Option(help="A TSV with text and level: none, concern, high, imminent, other.")],
    as_json: AsJson = False,
) -> None:
    """How well the crisis check sees danger: recall of each level, and how often a harmless line alarms it.

    emoseum evaluate crisis --file lines.tsv
    """

    def judge() -> Mapping[str, Any]:
        from core.evaluation.crisis import evaluate

        return evaluate(file)

    _tell(judge, as_json)


@evaluate.command()
def painter(
    scenes: Annotated[int, typer.Option(min=1, help="How many scenes, composed by chance.")] = 24,
    engine: Annotated[PainterEngine, typer.Option(help="set: as engines.painter says.")] = PainterEngine.SET,
    model: Annotated[str, typer.Option(help="Of diffusion: a folder or a name; else painter.model.")] = "",
    clip: Annotated[str, typer.Option(help="A CLIP, a folder or a name, that says how words and pictures fit.")] = "",
    sheet: Annotated[Path | None, typer.Option(help="Where a contact sheet goes: sketch above picture.")] = None,
    first: Annotated[int, typer.Option(help="The seed of the first scene; else one that nothing learned from.")] = 0,
    as_json: AsJson = False,
) -> None:
    """How well it is painted: are lines kept and colours found, does each seed look its own, how long, how much memory.

    Line F1 is that of edges within 2 of 256 pixels; a colour is found where it is among the three crayons of 18 nearest to
    what is there, a feeling among three of 18 by its palette. With --clip also how well words and pictures fit.

    emoseum evaluate painter --engine diffusion --scenes 24 --sheet sheet.png
    """
    from core.engines import painter as painter_of
    from core.engines import paints
    from core.settings import load_settings

    settings = load_settings()
    engines, painting = settings.engines, settings.painter
    if model and engine is PainterEngine.CRAYON:
        fail("--model is for --engine diffusion: crayons have no model.", EXIT_USAGE)
    if model:  # nobody names one to have another painter judged
        engine = PainterEngine.DIFFUSION
    if engine is not PainterEngine.SET:
        engines = engines.model_copy(update={"painter": engine.value})
    if model:
        painting = painting.model_copy(update={"model": model})
    settings = settings.model_copy(update={"engines": engines, "painter": painting})
    if (who := paints(settings)) == "instant":
        fail("The instant painter paints nothing that could be judged.", EXIT_USAGE)

    def judge() -> Mapping[str, Any]:
        from core.evaluation import painter as evaluation
        from core.evaluation.clip import Clip

        found = Clip(clip) if clip else None
        judged = evaluation.diffusion(painting) if who == "diffusion" else painter_of(settings)
        more = {"first": first} if first else {}
        return evaluation.evaluate(judged, scenes, width=painting.width, clip=found, sheet=sheet, **more)

    _tell(judge, as_json)


@evaluate.command()
def tags(
    file: Annotated[Path, typer.Option(help="A TSV with language, text, expected and also_fair.")],
    half: Annotated[str, typer.Option(help="Only lines whose column half says so, as tune or kept.")] = "",
    as_json: AsJson = False,
) -> None:
    """How well the things to draw are found: the share that gets a fitting tag, and the share of tags that are silly.

    expected names each thing as it is written with the tags that fit it: 붕어빵=waffle|bread; also_fair the tags
    that are neither asked for nor silly; tags are names of core/painting/lexicon.toml.

    emoseum evaluate tags --file tests/core/data/tag_fresh_lines.tsv
    """

    def judge() -> Mapping[str, Any]:
        from core.evaluation.tags import evaluate

        return evaluate(file, half)

    _tell(judge, as_json)


def _tell(judge: Callable[[], Mapping[str, Any]], as_json: bool) -> None:
    """Print what was found; a file that can't be used ends with one kind sentence."""
    from core.evaluation.files import BadFile
    from core.ports import EngineMissing

    try:
        figures = judge()
    except BadFile as error:
        fail(str(error), EXIT_USAGE)
    except EngineMissing as error:
        fail(f"An engine is missing: {error}.", EXIT_SETTINGS)
    except FileNotFoundError:
        fail("The model's weights are not there: core/weights/ of this installation lacks them.", EXIT_SETTINGS)
    if as_json:
        typer.echo(json.dumps(_plain(figures), ensure_ascii=False))
        return
    flat = list(_rows(figures))
    width = max(len(name) for name, _ in flat)
    for name, value in flat:
        typer.echo(f"{name:{width}}  {value}")


def _plain(value: Any) -> Any:
    """For JSON: what can't be said (no line of that kind) is null."""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _rows(figures: Mapping[str, Any], before: str = "") -> Any:
    """Name and value, a line each."""
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from _rows(value, f"{name} of ")
        else:
            yield before + name.replace("_", " "), _written(name, value)


def _written(name: str, value: Any) -> str:
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else str(value)
    if not math.isfinite(value):
        return "–"
    return f"{value:.5f}" if name.startswith("seconds") else f"{value:.3f}"
