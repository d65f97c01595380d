"""A picture changed by buttons, where a chat can't open the drawing page: choose, place, size, done."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot import drawings
from bot.callback import Press
from bot.drawing_changes import CHANGES, SIZES, SPOTS, is_full, stickers_of
from bot.house import House, Told, in_rows, note
from core.entities import Button, Draft, Entry, Message, Person, Reply, file_id
from core.painting import choices, finding, sheet
from core.phrases import say

FOUR = 4  # stickers a page
LISTED = 15  # things of a picture on one page: three of the five rows that Discord takes
SIGNS = {
    "clear": "☀️", "cloudy": "☁️", "rain": "🌧️", "snow": "❄️", "wind": "🍃", "fog": "🌫️",
    "morning": "🌅", "day": "🌞", "evening": "🌇", "night": "🌙",
    "smile": "🙂", "laugh": "😄", "calm": "😌", "awe": "😮", "sad": "😢", "low": "😔", "worry": "😟", "cross": "😠",
    "tired": "😪", "flat": "😐", "puzzled": "🤔",
}  # fmt: skip
ACTION = "dr"
DESK = "studio"  # the message in which a drawing is changed; each time one is begun it is a new one


async def begun(house: House, person: Person, message: Message, entry: Entry) -> Told:
    """The drawing as it is, with a number on each thing in it."""
    sketch = await drawings.sketch_of(house, entry.id)
    if sketch is None:
        return Told(replies=(note(person, "studio.no_picture"),))
    draft = Draft(entry.id, entry.revision, replace(sketch, strokes=()), changed_by=message.id)

    def begin(now: Person) -> Person:
        same = now.draft is not None and (now.draft.entry_id, now.draft.revision) == (entry.id, entry.revision)
        return now if same else replace(now, draft=draft)

    person = await house.store.change_person(person.id, begin)
    told = await _overview(house, person, message, _draft_of(person, entry.id) or draft)
    return _placed(told, f"{DESK}.{entry.id}.{message.id}")


async def pressed(house: House, person: Person, message: Message, press: Press) -> Told:
    """One button of the drawing; what comes of it stands where it was pressed."""
    told = await _pressed(house, person, message, press)
    desk = await house.store.sending_at(message.platform, message.chat_id, message.target)
    slot = desk.reply.slot if desk is not None else ""
    return _placed(told, slot if slot.startswith(f"{DESK}.") else f"{DESK}.{press.arg(0)}.{message.id}")


def _placed(told: Told, slot: str) -> Told:
    return replace(told, replies=tuple(replace(one, slot=slot) if one.slot == DESK else one for one in told.replies))


async def _pressed(house: House, person: Person, message: Message, press: Press) -> Told:
    entry_id, what, value = press.arg(0), press.arg(1), press.arg(2)
    draft = _draft_of(person, entry_id)
    if what == "done" and (draft is not None or await house.store.entry_of_message(message.id)):
        return await _done(house, person, message, entry_id, draft)
    if draft is None:  # its picture is under way, or another one was begun
        return Told(replies=(note(person, "studio.over"),))
    if what == "leave":
        await _forget_draft(house, person, entry_id)
        return Told(replies=(replace(note(person, "studio.left"), slot=DESK),))
    if what == "add" and not is_full(draft):
        return await _kinds(house, person, draft)
    if what == "kind":
        return await _four(house, person, message, draft, value)
    if what == "faces" and draft.chosen >= 0:
        return await _faces(house, person, message, draft)
    page = int(value) if what == "home" and value.isdecimal() else max(draft.chosen, 0) // LISTED
    draft = await _changed(house, person, message, draft, what, value)
    person = replace(person, draft=draft)
    if what in ("sky", "weather", "time"):
        return await _sky(house, person, message, draft)
    if draft.chosen >= 0:
        return await _one(house, person, message, draft)
    first = say(person.language, "studio.full") if what in ("add", "put") and is_full(draft) else ""
    return await _overview(house, person, message, draft, page, first)


# --- what a press changes ----------------------------------------------------------------------


async def _changed(house: House, person: Person, message: Message, draft: Draft, what: str, value: str) -> Draft:
    """The draft after a press; a press whose step runs again changes nothing more."""
    tags = await _tags(house, draft) if what == "put" else ()

    def change(now: Person) -> Person:
        before = now.draft
        if before is None or before.changed_by == message.id:
            return now
        after = CHANGES[what](before, value, tags) if what in CHANGES else before
        return replace(now, draft=replace(after, changed_by=message.id))

    changed = await house.store.change_person(person.id, change)
    return changed.draft or draft


# --- the end -----------------------------------------------------------------------------------


async def _done(house: House, person: Person, message: Message, entry_id: str, draft: Draft | None) -> Told:
    """What was arranged is painted; free lines from the page stay as they were."""
    entry = await house.store.entry(entry_id)
    base = await drawings.sketch_of(house, entry.id)
    if draft is None or await house.store.entry_of_message(message.id):  # the step runs again
        told = await drawings.redrawn(house, person, message, entry, entry.drawing)
    elif entry.revision != draft.revision or base is None:
        await _forget_draft(house, person, entry_id)
        return Told(replies=(replace(note(person, "studio.changed"), slot=DESK),))
    else:
        told = await drawings.redrawn(house, person, message, entry, replace(draft.sketch, strokes=base.strokes))
    await _forget_draft(house, person, entry_id)
    over = replace(note(person, "studio.sent"), slot=DESK)
    return replace(told, replies=(over, *told.replies))


async def _forget_draft(house: House, person: Person, entry_id: str) -> None:
    """It is over; another one that was begun meanwhile stays."""
    await house.store.change_person(
        person.id, lambda now: replace(now, draft=None) if _draft_of(now, entry_id) is not None else now
    )


# --- what is shown -----------------------------------------------------------------------------


async def _overview(
    house: House, person: Person, message: Message, draft: Draft, page: int = 0, first: str = ""
) -> Told:
    """The whole drawing; a button for each thing on one page of what is in it. `first`: what is said before all else."""
    language, layers = person.language, draft.sketch.layers
    page = min(page, max(len(layers) - 1, 0) // LISTED)
    shown = range(page * LISTED, min(len(layers), (page + 1) * LISTED))
    lines = [f"{n + 1}. {finding.word_for(layers[n].sticker, language)}" for n in shown]
    picks = [house.labelled(person, str(n + 1), ACTION, draft.entry_id, "pick", str(n)) for n in shown]
    rows = list(in_rows(picks, 5))
    rows.append(tuple(_button(house, person, draft, what) for what in ("add", "sky", "done")))
    last = [_button(house, person, draft, "leave")]
    if page:
        last.insert(0, house.labelled(person, "◀", ACTION, draft.entry_id, "home", str(page - 1)))
    if len(layers) > (page + 1) * LISTED:
        last.append(house.labelled(person, "▶", ACTION, draft.entry_id, "home", str(page + 1)))
    rows.append(tuple(last))
    text = "\n".join((first or say(language, "studio.by_buttons"), *lines))
    return await _shown(house, person, message, draft, text, tuple(rows), numbered=True)


async def _one(house: House, person: Person, message: Message, draft: Draft) -> Told:
    """One thing of the drawing: where it stands and how large it is."""
    layer = draft.sketch.layers[draft.chosen]
    word = finding.word_for(layer.sticker, person.language)
    places = [house.labelled(person, sign, ACTION, draft.entry_id, "at", str(n)) for n, sign in enumerate(SPOTS)]
    rows = list(in_rows(places, 3))
    sizes = [_button(house, person, draft, "size", size) for size in SIZES]
    look = [_button(house, person, draft, "faces")] if choices.face_of(layer) else []
    rows.append((*sizes, _button(house, person, draft, "flip"), *look))  # five rows of five are what Discord takes
    rows.append(
        (
            _button(house, person, draft, "order", "front"),
            _button(house, person, draft, "order", "back"),
            _button(house, person, draft, "gone"),
            house.button(person, "studio.button.home", ACTION, draft.entry_id, "home", str(draft.chosen // LISTED)),
        )
    )
    text = say(person.language, "studio.one", thing=word)
    return await _shown(house, person, message, draft, text, tuple(rows), numbered=False)


async def _faces(house: House, person: Person, message: Message, draft: Draft) -> Told:
    """How somebody in the drawing may look."""
    layer, language = draft.sketch.layers[draft.chosen], person.language
    if not choices.face_of(layer):
        return await _one(house, person, message, draft)
    buttons = _offered(house, person, draft, "face", choices.FACES, choices.face_of(layer))
    rows = [*in_rows(buttons, 3), (_button(house, person, draft, "one", key="studio.button.back_to_one"),)]
    text = say(language, "studio.which_face", thing=finding.word_for(layer.sticker, language))
    return await _shown(house, person, message, draft, text, tuple(rows), numbered=False)


async def _sky(house: House, person: Person, message: Message, draft: Draft) -> Told:
    """The weather and the hour of the drawing, those that would be seen in it."""
    sketch, language = draft.sketch, person.language
    offered = await asyncio.to_thread(choices.skies, sketch)
    rows = list(in_rows(_offered(house, person, draft, "weather", offered.weathers, sketch.weather), 3))
    rows += [tuple(_offered(house, person, draft, "time", offered.times, sketch.time))] if offered.times else []
    rows.append((_button(house, person, draft, "home"),))
    now = [say(language, f"studio.time.{sketch.time}")]
    if offered.weathers:
        now.insert(0, say(language, f"studio.weather.{sketch.weather}"))
    text = say(language, "studio.which_sky" if offered.weathers else "studio.which_hour", now=", ".join(now))
    return await _shown(house, person, message, draft, text, tuple(rows), numbered=False)


def _offered(house: House, person: Person, draft: Draft, what: str, names: tuple[str, ...], now: str) -> list[Button]:
    """A button for each choice; the present one is marked."""
    words = {name: say(person.language, f"studio.{what}.{name}") for name in names}
    return [
        house.labelled(person, f"{SIGNS[name]} {word}", ACTION, draft.entry_id, what, name, chosen=name == now)
        for name, word in words.items()
    ]


async def _kinds(house: House, person: Person, draft: Draft) -> Told:
    """What shall be added: something that the diary tells of, where there is anything, or of a kind."""
    names = ("tags", *finding.KINDS) if await _tags(house, draft) else finding.KINDS
    buttons = [
        house.labelled(person, say(person.language, f"studio.kind.{name}"), ACTION, draft.entry_id, "kind", f"{name}.0")
        for name in names
    ]
    rows = list(in_rows(buttons, 2))
    rows.append((_button(house, person, draft, "home"),))
    reply = replace(note(person, "studio.which_kind"), buttons=tuple(rows), slot=DESK)
    return Told(replies=(reply,))


async def _four(house: House, person: Person, message: Message, draft: Draft, value: str) -> Told:
    """Four stickers of a kind in one picture, with their numbers, and the way to the next four."""
    kind, _, number = value.partition(".")
    stickers = stickers_of(kind, await _tags(house, draft))
    page = int(number) if number.isdecimal() else 0
    four = stickers[page * FOUR : page * FOUR + FOUR]
    if not four:
        return await _kinds(house, person, draft)
    puts = [
        house.labelled(person, str(n + 1), ACTION, draft.entry_id, "put", f"{kind}.{page * FOUR + n}")
        for n in range(len(four))
    ]
    turn: list[Button] = []
    if page:
        turn.append(house.labelled(person, "◀", ACTION, draft.entry_id, "kind", f"{kind}.{page - 1}"))
    turn.append(_button(house, person, draft, "add", key="studio.button.back"))
    if len(stickers) > (page + 1) * FOUR:
        turn.append(house.labelled(person, "▶", ACTION, draft.entry_id, "kind", f"{kind}.{page + 1}"))
    words = [f"{n}. {finding.word_for(sticker, person.language)}" for n, sticker in enumerate(four, 1)]
    text = "\n".join((say(person.language, "studio.which_sticker"), *words))
    png = await asyncio.to_thread(sheet.four_png, four)
    return await _with_picture(house, person, message, draft, text, (tuple(puts), tuple(turn)), png, ", ".join(words))


async def _shown(
    house: House, person: Person, message: Message, draft: Draft, text: str, rows: tuple[tuple[Button, ...], ...],
    *, numbered: bool,
) -> Told:  # fmt: skip
    png = await asyncio.to_thread(sheet.preview_png, draft.sketch, -1 if numbered else draft.chosen)
    words = [finding.word_for(layer.sticker, person.language) for layer in draft.sketch.layers]
    alt = say(person.language, "studio.alt", things=", ".join(words) or "–")
    return await _with_picture(house, person, message, draft, text, rows, png, alt)


async def _with_picture(
    house: House, person: Person, message: Message, draft: Draft, text: str, rows: tuple[tuple[Button, ...], ...],
    png: bytes, alt: str,
) -> Told:  # fmt: skip
    media_id = await house.media.put(person.id, png, "image/png", file_id(message.id, "draft"))
    reply = Reply(text, picture=media_id, picture_alt=alt, buttons=rows, slot=DESK, sender="house")
    return Told(replies=(reply,))


def _button(house: House, person: Person, draft: Draft, what: str, value: str = "", *, key: str = "") -> Button:
    name = key or f"studio.button.{what}" + (f".{value.lower()}" if value else "")
    return house.button(person, name, ACTION, draft.entry_id, what, *((value,) if value else ()))


def _draft_of(person: Person, entry_id: str) -> Draft | None:
    draft = person.draft
    return draft if draft is not None and draft.entry_id == entry_id else None


async def _tags(house: House, draft: Draft) -> tuple[str, ...]:
    """What the diary tells of, and who stands in the drawing as it was when they began: the numbers on their stickers stay."""
    analysis = await house.store.analysis(draft.entry_id)
    told = tuple(tag.sticker for tag in analysis.tags) if analysis is not None else ()
    sketch = await drawings.sketch_of(house, draft.entry_id)
    return finding.named(told, sketch or draft.sketch)
