"""One tap says what was really felt; it is kept, counted, and the next guess is a little better for it."""

from __future__ import annotations

from dataclasses import replace

from bot import answers
from bot.callback import Press
from bot.house import House, Told, answer_slot, in_rows, note
from core.emotion.calibration import hits
from core.entities import EMOTIONS, Message, Person, making_id
from core.phrases import say


async def pressed(house: House, person: Person, message: Message, press: Press) -> Told:
    """Without a name: which was it? With one: kept, and shown instead of our guess; all may be made anew by it. Raises
    NotFound."""
    entry = await house.store.entry(press.arg(0))
    name = press.arg(1)
    if name not in EMOTIONS:
        choices = [
            house.labelled(person, say(person.language, f"emotion.{emotion}"), "felt", entry.id, emotion)
            for emotion in EMOTIONS
        ]
        rows = in_rows(choices, 3)
        return Told(
            replies=(replace(note(person, "felt.which"), sender="anna", buttons=rows, slot=f"felt.{entry.id}"),)
        )
    await house.store.correct_emotion(entry.id, name)
    thanks = note(person, "felt.kept", emotion=say(person.language, f"emotion.{name}"))
    anew = ((house.button(person, "felt.anew", "remake", entry.id, str(entry.revision)),),)
    buttons = () if entry.level.stops_everything else anew
    replies = [replace(thanks, sender="anna", buttons=buttons, slot=f"felt.{entry.id}")]
    making = making_id(entry.id, entry.revision)
    if await house.store.sending_in_slot(message.platform, message.chat_id, answer_slot(making)) is not None:
        stages = await house.store.stages(entry.id, entry.revision)
        shown = await answers.answer_replies(house, person, making, stages)
        replies += [reply for key, reply in shown if key == "main"]
    return Told(replies=tuple(replies))


async def hits_line(house: House, person: Person) -> str:
    """How many of our latest guesses were right, of those that they looked at; "" while these are few."""
    counted = hits(await house.store.felt(person.id))
    return say(person.language, "felt.hits", right=counted.right, of=counted.of) if counted is not None else ""
