"""What moved a picture: a button that leads there, and each reason in warm words."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress

from bot.house import House, in_rows
from core.comment.composing import group_of
from core.entities import Button, Entry, Person, Reason, Reply, Work
from core.painting import alt
from core.painting.prompt import UNSURE, kind_of, name_of
from core.phrases import knows, say

ACTION = "why"
PAGE = "why"  # the slot of its page
LISTED = 12  # reasons on a page: Discord takes five rows, one of them for what was taken out and for the other pages
BACK = 3  # of what was taken out, on a page
_FIRM = (0.4, 0.7)  # from where on a feeling is called clear, and strong


def button(house: House, person: Person, work: Work | None) -> tuple[Button, ...]:
    """The way to the reasons of a picture; none where none were kept."""
    if work is None or not reasons_of(work):
        return ()
    return (house.button(person, "button.why", ACTION, work.entry_id, str(work.revision)),)


def reasons_of(work: Work) -> tuple[Reason, ...]:
    """What moved a picture, as it was kept with it."""
    with suppress(ValueError, TypeError, AttributeError):
        return tuple(Reason(**one) for one in json.loads(work.prompt).get("reasons", ()))
    return ()


def mark(reason_id: str) -> str:
    """What a button carries for a reason, whose id may be too long for it."""
    return hashlib.sha256(reason_id.encode()).hexdigest()[:6]


async def page(house: House, person: Person, entry: Entry, work: Work, at: int = 0) -> Reply:
    """Every reason in a sentence, a button to take each out, and what was taken out before, the newest first; `at`: which
    page of them, where they are too many for one."""
    language, revision = person.language, str(work.revision)
    reasons, gone = [one for one in reasons_of(work) if one.id not in entry.struck], entry.struck[::-1]
    pages = max(-(-len(reasons) // LISTED), -(-len(gone) // BACK), 1)
    at = min(max(at, 0), pages - 1)
    reasons, back = reasons[at * LISTED :][:LISTED], gone[at * BACK :][:BACK]
    told, ground = await house.store.correction(entry.id), "words" if entry.text.strip() else "photo"
    lines = [say(language, "why.heading")]
    for one in reasons:
        changed, said_so = entry.drawing is not None or one.id in entry.chosen, told and name_of(one.id) == told
        lines.append(f"· {sentence(language, one, changed, 'told' if said_so else ground)}")
    buttons = [
        house.labelled(
            person, f"✕ {named(language, one.id, one.said)}", ACTION, entry.id, revision, "out", mark(one.id)
        )
        for one in reasons
    ]
    rows = in_rows(buttons, 3)
    if reasons:
        lines.append(say(language, "why.hint"))
    if entry.struck:
        lines.append(say(language, "why.struck", things=", ".join(named(language, one) for one in entry.struck)))
    if pages > 1:
        lines.append(say(language, "why.page", page=at + 1, pages=pages))
    last = [
        house.labelled(person, f"↩ {named(language, one)}", ACTION, entry.id, revision, "back", mark(one))
        for one in back
    ]
    last += [
        house.labelled(person, arrow, ACTION, entry.id, revision, "page", str(to))
        for arrow, to in (("◀", at - 1), ("▶", at + 1))
        if 0 <= to < pages
    ]
    return Reply("\n".join(lines), buttons=(*rows, *((tuple(last),) if last else ())), slot=PAGE)


def sentence(language: str, reason: Reason, changed: bool = False, ground: str = "words") -> str:
    """One reason as one would tell it: the diary's own word where one led to it. `changed`: they changed the picture, so
    that its weather and hour are no longer what we chose. `ground` of the feeling: the words, the photo alone, or told."""
    kind, name = kind_of(reason.id), name_of(reason.id)
    values = {"name": named(language, reason.id, reason.said), "said": reason.said}
    if kind in ("feeling", UNSURE):
        values["said"] = "”, “".join(reason.said.split(", "))
        values["strength"] = say(language, f"why.strength.{sum(reason.value >= at for at in _FIRM)}")
    if kind == "lead":
        kind = f"lead.{name if name == UNSURE else group_of(name)}"
    elif knows(language, f"why.{kind}.{ground}"):
        kind += f".{ground}"
    elif reason.said and knows(language, f"why.{kind}.said"):
        kind += ".said"
    elif changed and knows(language, f"why.{kind}.changed"):
        kind += ".changed"
    return say(language, f"why.{kind}", **values)


def named(language: str, reason_id: str, said: str = "") -> str:
    """What a reason is called on a button."""
    kind, name = kind_of(reason_id), name_of(reason_id)
    if kind in ("tag", "told"):
        return alt.word_for_tag(name, said, language)
    if kind == "feeling":
        return say(language, f"emotion.{name}")
    if kind in ("place", "time") and knows(language, f"painting.{kind}.{name}"):
        return say(language, f"painting.{kind}.{name}")
    key = (
        f"why.name.{kind}"
        if kind in ("lead", "scene", UNSURE)
        else f"why.sky.{name}"
        if kind == "weather"
        else f"painting.{kind}.{name}"
    )
    return say(language, key) if knows(language, key) else name.replace("_", " ")
