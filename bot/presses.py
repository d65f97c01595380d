"""A button was pressed: today or a month ago, once or twice, the newest press counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from bot import (
    again,
    answers,
    callback,
    care,
    commands,
    drawing_by_buttons,
    drawings,
    entries,
    felt,
    joining,
    outbox,
    pages,
    reasons,
    repainting,
    settling,
    welcome,
    which_face,
    why_picture,
)
from bot.callback import Press
from bot.house import House, Told, answer_slot, note
from core.entities import STAGES, Message, Person, Purpose, Reply, StageState, Work, WorkKind, making_id
from core.phrases import say
from core.ports import NotFound

FRESH = timedelta(hours=1)  # so long after an entry its answer gives way to the one with the face that they chose


async def pressed(house: House, person: Person, message: Message) -> Told:
    """Do what the button says; a button that means nothing any more gets a kind word."""
    if person.answered == f"{message.id} leave":  # done before a crash, and its button was another person's
        return await joining.leave(house, person, message)
    press = _meant(house, person, message.press)
    action = ACTIONS.get(press.action) or commands.all_presses().get(press.action) if press is not None else None
    if press is None or action is None:
        return Told(replies=(note(person, "button.old"),))
    return await action(house, person, message, press)


def _meant(house: House, person: Person, packed: str) -> Press | None:
    """What a button means; those from before two diaries became one still work."""
    meanings = (callback.unpack(house.button_secret, one, packed) for one in (person.id, *person.former))
    return next((press for press in meanings if press is not None), None)


async def _rate(house: House, person: Person, message: Message, press: Press) -> Told:
    work = await house.store.work(press.arg(0))
    for one in await _same_picture(house, work):
        await house.store.rate(person.id, one.id, int(press.arg(1)))
    sending = await house.store.sending_at(message.platform, message.chat_id, message.target)
    if sending is None:
        return Told(replies=(note(person, "rated.thanks"),))
    row = await answers.rating_row(house, person, work)
    same = {_meant(house, person, button.press) for button in row}
    rows = tuple(
        row if any(_meant(house, person, button.press) in same for button in old) else old
        for old in sending.reply.buttons
    )
    await outbox.change(house, sending, replace(sending.reply, buttons=rows))
    return Told()


async def _same_picture(house: House, work: Work) -> list[Work]:
    """A work, and where it came back as the newest picture that too: what is said of one is said of the other."""
    if not work.media_id:
        return [work]
    return [one for one in await house.store.works(work.entry_id) if one.media_id == work.media_id]


async def _stop(house: House, person: Person, message: Message, press: Press) -> Told:
    """What is ready stays, what is not is given up; pressed too late it does nothing."""
    entry = await house.store.entry(press.arg(0))
    revision = int(press.arg(1))
    making = making_id(entry.id, revision)
    stages = await house.store.stages(entry.id, revision)
    waiting = [name for name in STAGES if _is_waiting(stages.get(name))]
    made = [work for work in await house.store.works(entry.id) if work.revision == revision]
    unmade = not any(work.kind in (WorkKind.COMMENT, WorkKind.PICTURE) for work in made)
    standing = await house.store.sending_in_slot(message.platform, message.chat_id, answer_slot(making))
    stopped = answers.stopped_reply(house, person, making)
    if not waiting:  # too late, or done before a crash
        return Told(replies=(stopped,) if standing is not None and standing.reply == stopped else ())

    async def stop() -> None:
        for name in waiting:
            await house.store.set_stage(entry.id, revision, name, StageState.CANCELLED)
        if unmade and standing is not None and not standing.reply.withdrawn:
            await house.store.replace_sending(standing.id, stopped)

    # In one: the answer's own workflow shows what there is, and would take a mere placeholder away.
    await house.store.together(stop)
    return Told(replies=(stopped,) if unmade else ())


def _is_waiting(stage: object) -> bool:
    return stage is None or getattr(stage, "state", None) is StageState.WAITING


async def _which(house: House, person: Person, message: Message, press: Press) -> Told:
    """A number: that face is read, and the answer is made anew. 0: none of them, the question goes. Raises NotFound.

    Pressed twice, or run again after a crash, the same number does and says the same."""
    entry = await house.store.entry(press.arg(0))
    if entry.person_id != person.id:
        raise NotFound(f"entry {entry.id} is not theirs")
    number, revision = int(press.arg(2, "0")), int(press.arg(1))
    if not number:
        return Told(withdraw=(which_face.slot_of(entry.id),))
    analysis = await house.store.analysis(entry.id, revision)
    if (
        analysis is None
        or analysis.face is None
        or not 1 <= number <= len(analysis.face.boxes)
        or not which_face.photos_of(entry)
    ):
        return Told(replies=(note(person, "button.old"),))
    photo = which_face.photo_of(entry)
    if not photo.look and not person.allows(Purpose.FACE):
        return Told(replies=(note(person, "which.off"),))
    box = analysis.face.boxes[number - 1]
    if photo.face != box:
        media = tuple(replace(one, face=box) if one == photo else one for one in entry.media)
        entry = replace(entry, revision=entry.revision + 1, media=media)
        await house.store.save_entry(entry)
    told = await entries.making_of(house, person, message, entry)
    fresh = message.sent_at - entry.created_at <= FRESH
    before = entries.slots_of(entry.id, entry.revision - 1) if fresh else ()
    return replace(
        told, replies=(which_face.asked(house, person, entry, revision, analysis, box), *told.replies), withdraw=before
    )


async def _care(house: House, person: Person, message: Message, press: Press) -> Told:
    return Told(replies=await care.pressed(house, person, message, press.arg(0), press.arg(1), press.arg(2)))


async def _listen(house: House, person: Person, message: Message, press: Press) -> Told:
    """The comment aloud: at once where it was spoken before, else once the core has spoken it."""
    work = await house.store.work(press.arg(0))
    if work.voice_media_id:
        return Told(replies=(answers.voice_reply(person, work),))
    await house.store.set_stage(work.entry_id, work.revision, "voice", StageState.WAITING)
    return Told(speak=work.id)


async def _restore(house: House, person: Person, message: Message, press: Press) -> Told:
    """An entry that was taken back returns; what had not been made of it is made now."""
    await house.store.restore_entry(press.arg(0))
    entry = await house.store.entry(press.arg(0))
    back = Reply(text=say(person.language, "undo.restored"), slot="undo", sender="house")
    stages = await house.store.stages(entry.id, entry.revision)
    if entry.level.stops_everything or not any(_is_waiting(stages.get(name)) for name in ("understand", "picture")):
        return Told(replies=(back,))
    told = await entries.remade(house, person, message, entry.id, entry.revision)
    return replace(told, replies=(back, *told.replies))


ACTIONS = {
    "rate": _rate,
    "stop": _stop,
    "felt": felt.pressed,
    "which": _which,
    "care": _care,
    "listen": _listen,
    "heard": settling.pressed,
    "draw": drawings.opened,
    "undraw": drawings.undrawn,
    "usedraw": drawings.used,
    drawing_by_buttons.ACTION: drawing_by_buttons.pressed,
    reasons.ACTION: why_picture.pressed,
    again.ACTION: repainting.pressed,
    "restore": _restore,
    "consent": lambda house, person, message, press: welcome.consented(house, person, press.arg(0), press.arg(1)),
    "continue": lambda house, person, message, press: welcome.continued(house, person, message),
    "skip": lambda house, person, message, press: welcome.skipped(house, person, message),
    "remake": lambda house, person, message, press: entries.remade(
        house, person, message, press.arg(0), int(press.arg(1))
    ),
    "unedit": lambda house, person, message, press: entries.unedited(house, person, press.arg(0), int(press.arg(1))),
    "day": lambda house, person, message, press: pages.day_page(house, person, date.fromisoformat(press.arg(0))),
    "entry": lambda house, person, message, press: pages.entry_page(house, person, press.arg(0)),
    "history": lambda house, person, message, press: pages.history_page(house, person, int(press.arg(0, "0"))),
}
