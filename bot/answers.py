"""What was made of an entry becomes the messages that a person sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot import again, reasons, which_face
from bot.house import House, answer_slot, note
from core.emotion.gentle import gentled
from core.entities import (
    MADE,
    SURE,
    UNHEARD,
    Analysis,
    Button,
    Entry,
    FaceProblem,
    FaceReading,
    Level,
    Person,
    Progress,
    Reply,
    Stage,
    StageState,
    Work,
    WorkKind,
    split_making,
)
from core.phrases import knows, say
from core.ports import answer_turn

RATED = {WorkKind.PICTURE: "🖍️", WorkKind.COMMENT: "💬", WorkKind.MUSIC: "🎵"}


def begun_reply(house: House, person: Person, making: str, stage: str) -> Reply:
    """What stands in the place of an answer at first; it can be stopped from then on, whether or not the core is there."""
    return Reply(slot=answer_slot(making), progress=Progress(stage), buttons=((_stop_button(house, person, making),),))


def stopped_reply(house: House, person: Person, making: str) -> Reply:
    """What stands there once it was stopped before anything was made."""
    entry_id, revision = split_making(making)
    again = ((house.button(person, "button.again", "remake", entry_id, str(revision)),),)
    return replace(note(person, "answer.stopped"), buttons=again, slot=answer_slot(making))


def _stop_button(house: House, person: Person, making: str) -> Button:
    entry_id, revision = split_making(making)
    return house.button(person, "button.stop", "stop", entry_id, str(revision))


async def answer_replies(
    house: House, person: Person, making: str, stages: dict[str, Stage], ahead: int = 0, *, slow: bool = False
) -> list[tuple[str, Reply]]:
    """The answer to a making as far as it is: (name, reply) of the message with comment and picture, then of the music.

    `ahead`: how many pictures come before this one; `slow`: it takes longer than usual, and they are told."""
    entry_id, revision = split_making(making)
    slot = answer_slot(making)
    if (asks := unheard(stages)) is not None:
        return [("main", Reply(text=say(person.language, asks), slot=slot))]
    entry = await house.store.entry(entry_id)
    analysis = await house.store.analysis(entry_id, revision)
    made = await house.store.works(entry_id)
    works = {work.kind: work for work in made if work.revision == revision}
    waiting = [name for name in MADE if _state(stages, name) is StageState.WAITING]
    main = await _main_reply(house, person, entry, analysis, works, stages, made)
    trouble = [
        _trouble(person, name, stage)
        for name, stage in stages.items()
        if stage.state is StageState.FAILED and name not in ("voice", "listen")  # told when asked for, and later
    ]
    main = replace(main, slot=slot, text="\n\n".join(filter(None, (main.text, *trouble))))
    if waiting and not any(stage.state is StageState.FAILED for stage in stages.values() if stage.name == "understand"):
        painted = how_far(stages)
        done = 1 - (len(waiting) - painted) / 3
        progress = Progress("painting" if "picture" in waiting else "composing", max(done, 0.1))
        if painted:
            progress = replace(progress, words=say(person.language, "progress.painted", percent=round(painted * 100)))
        elif ahead and "picture" in waiting:
            progress = replace(progress, words=say(person.language, "progress.line", count=ahead))
        elif slow:
            progress = replace(progress, words=say(person.language, "progress.slow"))
        main = replace(main, progress=progress, buttons=((_stop_button(house, person, making),),))
    replies = [("main", main)]
    if (asked := which_face.question(house, person, entry, revision, analysis)) is not None:
        replies.append(("which", asked))
    if WorkKind.MUSIC in works:
        music = await music_reply(house, person, works[WorkKind.MUSIC], works.get(WorkKind.PICTURE))
        replies.append(("music", replace(music, slot=f"{slot}.music")))
    return replies


async def music_reply(house: House, person: Person, music: Work, picture: Work | None) -> Reply:
    """A piece of music with its player, its picture and its stars."""
    return Reply(
        text=say(person.language, "answer.music", title=music.text),
        audio=music.media_id,
        audio_title=music.text,
        cover=picture.media_id if picture is not None else "",
        buttons=(await rating_row(house, person, music),),
    )


async def _main_reply(
    house: House,
    person: Person,
    entry: Entry,
    analysis: Analysis | None,
    works: dict[WorkKind, Work],
    stages: dict[str, Stage],
    made: Sequence[Work],
) -> Reply:
    comment, picture = works.get(WorkKind.COMMENT), works.get(WorkKind.PICTURE)
    only_spoken = person.anna.voice == "voice" and has_voice(house) and not _stays_silent(stages)
    redrawn = comment is None and _state(stages, "comment") is StageState.DONE  # only its picture was to be made
    lines = [comment.text if comment is not None and not only_spoken else ""]
    if redrawn:
        lines = [say(person.language, again.told_of(entry, picture, made))] if picture else []
    elif analysis is not None and not entry.level.stops_everything:
        lines.append(guess_line(person, entry, analysis, await house.store.correction(entry.id)))
    rows: list[tuple[Button, ...]] = []
    for work in (picture, comment):
        if work is not None:
            rows.append(await rating_row(house, person, work))
    rows.append(
        (
            house.button(person, "button.felt", "felt", entry.id),
            again.button(house, person, entry, picture),
            *listen_button(house, person, comment),
        )
    )
    if picture is not None:
        undo = await _way_back(house, person, entry, picture, made)
        rows.append((house.draw_button(person, entry.id), *reasons.button(house, person, picture), *undo))
    return Reply(
        text="\n\n".join(filter(None, lines)),
        picture=picture.media_id if picture is not None else "",
        picture_alt=picture.alt if picture is not None else "",
        label=made_with_ai(person, picture),
        buttons=tuple(rows),
    )


def made_with_ai(person: Person, picture: Work | None) -> str:
    """What is said below every picture of ours; "" where there is none."""
    return say(person.language, "answer.made_with_ai") if picture is not None else ""


async def _way_back(
    house: House, person: Person, entry: Entry, picture: Work, made: Sequence[Work]
) -> tuple[Button, ...]:
    """A button to the earlier picture, under the newest one only."""
    if entry.revision != picture.revision or len([work for work in made if work.kind is WorkKind.PICTURE]) < 2:
        return ()
    if not again.earlier(made, entry, await house.store.versions(entry.id)):
        return ()
    return (house.button(person, "button.undraw", "undraw", entry.id, str(entry.revision)),)


async def rating_row(house: House, person: Person, work: Work) -> tuple[Button, ...]:
    """Five stars for a work, filled as far as it was rated."""
    rating = await house.store.rating(work.id)
    given = rating.stars if rating is not None else 0
    return tuple(
        house.labelled(
            person,
            ("★" if stars <= given else "☆") if stars > 1 else f"{RATED[work.kind]} {'★' if given else '☆'}",
            "rate",
            work.id,
            str(stars),
            chosen=stars == given,
        )
        for stars in range(1, 6)
    )


def guess_line(person: Person, entry: Entry, analysis: Analysis, corrected: str) -> str:
    """What we think the person felt, called a guess; or what they told us."""
    language = person.language
    if corrected:
        return say(language, "answer.felt", emotion=say(language, f"emotion.{corrected}"))
    lines = []
    emotion = gentled(analysis, entry.level).emotion
    if emotion.confidence >= SURE and emotion.labels:
        shown = [label for label in emotion.labels[:2] if label.score >= 0.2] or list(emotion.labels[:1])
        names = " · ".join(say(language, f"emotion.{label.name}") for label in shown)
        lines.append(say(language, "answer.guess", emotions=names, percent=_percent(emotion.confidence)))
    if analysis.face is not None:
        quiet = entry.level is not Level.NONE  # a smile is no answer to words that worry us
        lines.append(face_line(person, analysis.face, words=bool(entry.text.strip()), quiet=quiet))
    return "\n".join(lines)


def _percent(confidence: float) -> int:
    """A guess is never certain."""
    return min(round(confidence * 100), 95)


def face_line(person: Person, reading: FaceReading, *, words: bool, quiet: bool = False) -> str:
    """What a photo's face looked like, with how sure we are; or why there is no guess, and whether `words` stood in.
    `quiet`: nothing is guessed."""
    if reading.face is None:
        if reading.problem is FaceProblem.SEVERAL and not reading.boxes:
            return say(person.language, "answer.face.crowd")
        return _without_face(person, str(reading.problem or FaceProblem.NO_FACE), words=words)
    if quiet or reading.face.confidence < SURE:
        return _without_face(person, "unsure", words=words)
    name = say(person.language, f"face.{reading.face.name}")
    return say(person.language, "answer.face.guess", emotion=name, percent=_percent(reading.face.confidence))


def _without_face(person: Person, why: str, *, words: bool) -> str:
    alone = f"answer.face.{why}.alone"  # where nothing but the photo came
    return say(person.language, alone if not words and knows(person.language, alone) else f"answer.face.{why}")


async def is_asked(house: House, person: Person, message_id: str) -> bool:
    """True where a turn of talk is in a person's diary still: not where its account left that."""
    return any(turn.id == message_id for turn in await house.store.turns(person.id, limit=50))


async def talk_reply(house: House, person: Person, message_id: str) -> Reply | None:
    """Anna's answer to a turn of talk; None while she thinks."""
    for turn in await house.store.turns(person.id, limit=50):
        if turn.id == answer_turn(message_id):
            if turn.speaker == "anna":
                return Reply(text=turn.text)
            return note(person, "trouble.talk", reference=turn.text)
    return None


def has_voice(house: House) -> bool:
    """True where Anna may have a voice; whether one speaks is known once it is tried."""
    return house.settings.speech.speaker != "none"


def _stays_silent(stages: dict[str, Stage]) -> bool:
    """True where no voice will follow the answer: none could be had, or the making was stopped."""
    stopped = any(stage.state is StageState.CANCELLED for stage in stages.values())
    return stopped or _state(stages, "voice") is StageState.FAILED


def listen_button(house: House, person: Person, comment: Work | None) -> tuple[Button, ...]:
    """A button that lets Anna read a comment aloud; none without a comment or without a voice."""
    if comment is None or not has_voice(house):
        return ()
    return (house.button(person, "button.listen", "listen", comment.id),)


def voice_reply(person: Person, comment: Work) -> Reply:
    """A comment that was spoken."""
    return Reply(audio=comment.voice_media_id, audio_title=say(person.language, "voice.title"))


async def spoken_reply(house: House, person: Person, work_id: str) -> Reply | None:
    """The comment aloud, or that no voice can be had; None while she draws breath. Raises NotFound."""
    work = await house.store.work(work_id)
    if work.voice_media_id:
        return voice_reply(person, work)
    stage = (await house.store.stages(work.entry_id, work.revision)).get("voice")
    if stage is not None and stage.state is StageState.FAILED:
        return note(person, "voice.none", reference=stage.reference)
    return None


def unheard(stages: dict[str, Stage]) -> str | None:
    """The key of the sentence that asks for words, where there was nothing but a voice note that can't be understood."""
    stage = stages.get("understand")
    failed = stage is not None and stage.state is StageState.FAILED
    return stage.reference if stage is not None and failed and stage.reference in UNHEARD else None


def how_far(stages: dict[str, Stage]) -> float:
    """How much of the picture is painted, 0..1 in hundredths; 0 where its painter has not told, or it is over."""
    picture = stages.get("picture")
    return round(picture.done, 2) if picture is not None and picture.state is StageState.WAITING else 0.0


def _trouble(person: Person, name: str, stage: Stage) -> str:
    return say(person.language, f"trouble.{name}", reference=stage.reference)


def _state(stages: dict[str, Stage], name: str) -> StageState:
    stage = stages.get(name)
    return stage.state if stage is not None else StageState.WAITING
