"""/mood: an entry in two taps, a face and how much energy there is."""

from __future__ import annotations

from dataclasses import replace

from bot import entries
from bot.callback import Press
from bot.house import House, Told, note
from core.entities import Kind, Message, Person, Reply
from core.phrases import say

ORDER = 15
FACES = ("😢", "😟", "😐", "🙂", "😄")
LEVELS = 5
#: What a face and little, some or much energy come to (the two axes of Russell's circumplex); names of EMOTIONS.
WORDS = (
    ("sadness", "sadness", "anger"),
    ("tiredness", "disappointment", "anxiety"),
    ("boredom", "neutral", "neutral"),
    ("relief", "calm", "joy"),
    ("calm", "joy", "excitement"),
)


async def run(house: House, person: Person, message: Message, rest: str) -> Told:
    """Which face? Its entry will have the id of this message, so that however often a button is pressed, it is one."""
    return Told(replies=(faces_reply(house, person, message.id),))


async def pressed(house: House, person: Person, message: Message, press: Press) -> Told:
    """Without a face it asks for one, without energy for that; with both it is an entry."""
    mood_id, face, energy = press.arg(0) or message.id, _number(press.arg(1)), _number(press.arg(2))
    if not face:
        return Told(replies=(faces_reply(house, person, mood_id),))
    if not energy:
        return Told(replies=(energy_reply(house, person, mood_id, face),))
    return await _kept(house, person, message, mood_id, face, energy)


PRESSES = {"mood": pressed}


async def _kept(house: House, person: Person, message: Message, mood_id: str, face: int, energy: int) -> Told:
    emotion = WORDS[face - 1][(energy > 2) + (energy > 3)]
    sentence = say(
        person.language,
        "mood.sentence",
        face=FACES[face - 1],
        emotion=say(person.language, f"emotion.{emotion}"),
        energy="●" * energy + "○" * (LEVELS - energy),
    )
    await house.store.message(mood_id)  # gone where the entry that came of it was deleted: then so is this page
    known = await house.store.entry_of_message(mood_id)
    today = house.today(person, message.sent_at)
    line = replace(message, id=mood_id, kind=Kind.TEXT, text=sentence, press="", target="", entry_date=today)
    told = await entries.heard(house, person, line)
    if known:
        sentence = (await house.store.entry(known)).text.partition("\n")[0]
    if not await house.store.correction(known or mood_id):  # they said so themselves: no guess is better
        await house.store.correct_emotion(known or mood_id, emotion)
    await house.store.link_message(message.id, known or mood_id)  # what it carries goes when the entry goes
    kept = replace(note(person, "mood.kept", sentence=sentence), slot="mood")
    return replace(told, replies=(kept, *told.replies))


def faces_reply(house: House, person: Person, mood_id: str) -> Reply:
    """Five faces in a row."""
    row = tuple(house.labelled(person, face, "mood", mood_id, str(n)) for n, face in enumerate(FACES, 1))
    return replace(note(person, "mood.which"), sender="anna", buttons=(row,), slot="mood")


def energy_reply(house: House, person: Person, mood_id: str, face: int) -> Reply:
    """A slider of five buttons; another face is a tap away."""
    row = tuple(house.labelled(person, bar, "mood", mood_id, str(face), str(n)) for n, bar in enumerate("▁▃▅▆█", 1))
    back = (house.button(person, "button.other_face", "mood", mood_id),)
    asked = note(person, "mood.energy", face=FACES[face - 1])
    return replace(asked, sender="anna", buttons=(row, back), slot="mood")


def _number(text: str) -> int:
    """1 to 5, or 0 for anything else."""
    return int(text) if text in ("1", "2", "3", "4", "5") else 0
