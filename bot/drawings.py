"""A picture that its person arranged anew becomes a picture of the entry; the one before it stays within reach."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from bot import again, answers, studio_pass
from bot.callback import Press
from bot.house import House, Told, answer_slot, note
from core.entities import (
    Analysis,
    Button,
    Entry,
    Kind,
    Message,
    Person,
    Progress,
    Reply,
    Sketch,
    Stage,
    StageState,
    Work,
    WorkKind,
    making_id,
)
from core.painting import arrangement, choices
from core.personal import as_they_mean_it
from core.ports import NotFound
from core.speech import LISTEN


async def drawn(house: House, person: Person, message: Message) -> Told:
    """The drawing page sent what somebody made of a picture."""
    asked = arrangement.read(message.drawing)
    entry = await theirs(house, person, asked.entry_id)
    if entry is None:
        return Told(replies=(note(person, "studio.gone"),))
    if entry.revision != asked.revision and not await is_done(house, message, entry):
        use = house.button(person, "studio.button.use", "usedraw", message.id)
        return Told(replies=(replace(note(person, "studio.newer"), buttons=((use,),)),))
    return await _drawn_on(house, person, message, entry, asked)


async def used(house: House, person: Person, message: Message, press: Press) -> Told:
    """A drawing for an earlier wording is taken after all."""
    with suppress(NotFound):
        sent = await house.store.message(press.arg(0))
        if sent.kind is Kind.DRAW and (await house.store.person_of(sent.platform, sent.account)).id == person.id:
            asked = arrangement.read(sent.drawing)
            entry = await theirs(house, person, asked.entry_id)
            if entry is not None:
                return await _drawn_on(house, person, message, entry, asked)
    return Told(replies=(note(person, "studio.gone"),))


async def _drawn_on(
    house: House, person: Person, message: Message, entry: Entry, asked: arrangement.Arrangement
) -> Told:
    base = await sketch_of(house, entry.id)
    if base is None:
        return Told(replies=(note(person, "studio.gone"),))
    return await redrawn(house, person, message, entry, asked.on(base))


async def redrawn(
    house: House, person: Person, message: Message, entry: Entry, drawing: Sketch | None, *,
    struck: tuple[str, ...] | None = None, seed: int = 0,
) -> Told:  # fmt: skip
    """An entry's picture is painted from a drawing; its words, comment and music stay as they are. `struck`: what it is to
    do without from now on; `seed`: of the picture that it is to be like."""
    if not await is_done(house, message, entry):
        out = _not_chosen(entry.struck, drawing) if struck is None else struck
        chosen = tuple(one for one in await _chosen(house, entry, drawing, seed) if one not in out)
        entry = entry.revised(drawing=drawing, struck=out, chosen=chosen, seed=seed)
        await _save(house, message, entry)
    making = making_id(entry.id, entry.revision)
    if await house.store.sending_in_slot(message.platform, message.chat_id, answer_slot(making)) is not None:
        return Told(making=making, spoken=entry.spoken)
    begun = Reply(slot=answer_slot(making), progress=Progress("painting", 0.1))
    return Told(replies=(begun,), making=making, spoken=entry.spoken)


async def _chosen(house: House, entry: Entry, drawing: Sketch | None, seed: int) -> tuple[str, ...]:
    """What they chose so far; where they arranged this drawing themselves, with what they chose in it."""
    before = await sketch_of(house, entry.id)
    if drawing is None or seed or before is None:
        return entry.chosen
    return choices.together(entry.chosen, choices.chosen(before, drawing))


def _not_chosen(struck: tuple[str, ...], drawing: Sketch | None) -> tuple[str, ...]:
    """What a picture is to do without; not the weather or the hour that was chosen for it since."""
    chosen = (f"weather.{drawing.weather}", f"time.{drawing.time}") if drawing is not None else ()
    return tuple(one for one in struck if one not in chosen)


async def undrawn(house: House, person: Person, message: Message, press: Press) -> Told:
    """The picture before comes back, as the newest, with the comment and the music of then where those were made anew too;
    what was there stays with its revision."""
    entry = await theirs(house, person, press.arg(0))
    if entry is None:
        return Told(replies=(note(person, "studio.gone"),))
    if not await is_done(house, message, entry):
        versions = await house.store.versions(entry.id)
        before = again.earlier(await house.store.works(entry.id), entry, versions)
        if not before or entry.revision != int(press.arg(1)):
            return Told(replies=(_too_late(house, person, entry, bool(before)),))
        picture = before[WorkKind.PICTURE]
        then = next((version for version in versions if version.revision == picture.revision), None)
        as_then = (
            {"drawing": then.drawing, "struck": then.struck, "chosen": then.chosen, "seed": then.seed}
            if then is not None
            else {"drawing": None}
        )
        entry = entry.revised(**as_then)
        await _save(house, message, entry, before=tuple(before.values()))
    making = making_id(entry.id, entry.revision)
    stages = await house.store.stages(entry.id, entry.revision)
    shown = dict(await answers.answer_replies(house, person, making, stages))
    return Told(replies=tuple(shown[name] for name in ("main", "music") if name in shown))


def _too_late(house: House, person: Person, entry: Entry, can_go_back: bool) -> Reply:
    """The button is of an earlier picture; where the newest one can be taken back there is one for that."""
    late = note(person, "studio.undo_late")
    if not can_go_back:
        return late
    undo = house.button(person, "button.undraw", "undraw", entry.id, str(entry.revision))
    return replace(late, buttons=((undo,),))


def _as_newest(work: Work, entry: Entry) -> Work:
    return replace(work, id=f"{entry.id}{work.kind.value[0]}{entry.revision}", revision=entry.revision)


async def _save(house: House, message: Message, entry: Entry, *, before: tuple[Work, ...] = ()) -> None:
    """The new revision with what was understood before; only its picture is to be made, or all are those from `before`."""
    works = [(_as_newest(one, entry), await house.store.rating(one.id)) for one in before]
    analysis = await _analysis_now(house, entry)
    stages = await house.store.stages(entry.id, entry.revision - 1)
    listening = stages.get(LISTEN)
    came_back = [work.kind.value for work, _ in works]
    over = [  # else it is made for this one
        name for name in ("comment", "music") if name not in came_back and not _is_pending(stages, name)
    ]

    async def kept() -> None:
        store = house.store
        await store.save_entry(entry)
        await store.link_message(message.id, entry.id)
        if analysis is not None:
            await store.save_analysis(entry.id, entry.revision, analysis)
            await store.set_stage(entry.id, entry.revision, "understand", StageState.DONE)
        if listening is not None:  # a recording that nobody could listen to is still tried again
            await store.set_stage(entry.id, entry.revision, LISTEN, listening.state, reference=listening.reference)
        for name in over:
            await store.set_stage(entry.id, entry.revision, name, StageState.DONE)
        for work, rating in works:
            await store.save_work(work)
            await store.set_stage(entry.id, entry.revision, work.kind.value, StageState.DONE, work_id=work.id)
            if rating is not None:  # what was said of it stays with it
                await store.rate(entry.person_id, work.id, rating.stars)
        if not works:
            await store.stand_in_line(entry.id, entry.revision)

    await house.store.together(kept)


def _is_pending(stages: dict[str, Stage], name: str) -> bool:
    """True where something is being made at this moment."""
    known, understood = stages.get(name), stages.get("understand")
    waits = known is None or known.state is StageState.WAITING
    return waits and understood is not None and understood.state is StageState.DONE


async def _analysis_now(house: House, entry: Entry) -> Analysis | None:
    """What was understood; with the feeling that they put right since then."""
    analysis = await house.store.analysis(entry.id)
    corrected = await house.store.correction(entry.id)
    if analysis is None or not corrected or analysis.told == corrected:
        return analysis
    return await as_they_mean_it(house.store, entry, analysis)


async def is_done(house: House, message: Message, entry: Entry) -> bool:
    """True where this message changed the entry already: its step runs again."""
    return await house.store.entry_of_message(message.id) == entry.id


async def theirs(house: House, person: Person, entry_id: str) -> Entry | None:
    """The entry, where it is this person's and was not written in a crisis."""
    with suppress(NotFound):
        entry = await house.store.entry(entry_id)
        if entry.person_id == person.id and not entry.level.stops_everything:
            return entry
    return None


async def sketch_of(house: House, entry_id: str) -> Sketch | None:
    """What the newest picture of an entry was painted from."""
    work = await house.store.latest_work(entry_id, WorkKind.PICTURE)
    return arrangement.sketch_in(work.prompt) if work is not None else None


# --- the way there -----------------------------------------------------------------------------


async def opened(house: House, person: Person, message: Message, press: Press) -> Told:
    """Somebody wants to change a picture: by a page of ours where they can reach it, else by buttons."""
    from bot import drawing_by_buttons

    entry = await theirs(house, person, press.arg(0))
    if entry is None:
        return Told(replies=(note(person, "studio.gone"),))
    if await sketch_of(house, entry.id) is None:
        return Told(replies=(note(person, "studio.no_picture"),))
    if house.settings.web.pages and message.platform == "discord":
        link = replace(note(person, "studio.link"), buttons=((_link(house, person, message, entry),),))
        return Told(replies=(replace(link, slot=f"studio.{entry.id}.{message.id}"),))
    return await drawing_by_buttons.begun(house, person, message, entry)


def _link(house: House, person: Person, message: Message, entry: Entry) -> Button:
    until_s = int(house.now().timestamp()) + studio_pass.LIFE_S
    allowed = studio_pass.Pass(message.platform, message.account, message.chat_id, person.id, entry.id, until_s)
    written = studio_pass.write(house.studio_secret, allowed)
    address = f"{house.settings.web.pages}/studio?entry={entry.id}#pass={written}"
    return Button(answers.say(person.language, "studio.button.open"), url=address)
