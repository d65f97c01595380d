"""After a crisis line nothing that was being made arrives any more."""

from __future__ import annotations

import logging

from bot.house import House, answer_slot
from core.entities import STAGES, Entry, Person, StageState, making_id
from core.ports import Forgotten, NotFound, Passing
from core.trouble import describe

log = logging.getLogger(__name__)

ENTRIES_LOOKED_AT = 30  # of a person, the newest: of these something may still be made


async def everything(house: House, person: Person) -> None:
    """No picture and no music of a minute ago arrives after a crisis line, in none of the person's chats.

    Nothing that goes wrong here may keep the answer back."""
    for entry_id in sorted(await house.store.every_entry(person.id))[-ENTRIES_LOOKED_AT:]:
        try:
            await _stop(house, await house.store.entry(entry_id))
        except Passing:  # tried again, all of it
            raise
        except (NotFound, Forgotten):
            continue
        except Exception as error:
            log.error("entry %s could not be stopped: %s", entry_id, describe(error))


async def _stop(house: House, entry: Entry) -> None:
    stages = await house.store.stages(entry.id, entry.revision)
    if all(one in stages and stages[one].state is not StageState.WAITING for one in STAGES):
        return
    if stages or await _is_promised(house, entry):
        for stage in STAGES:
            await house.store.set_stage(entry.id, entry.revision, stage, StageState.CANCELLED)


async def _is_promised(house: House, entry: Entry) -> bool:
    """True where an answer's place is taken in one of the chats of whoever wrote it."""
    slot = answer_slot(making_id(entry.id, entry.revision))
    chats = {(entry.platform, entry.chat_id), *await house.store.accounts(entry.person_id)}
    for platform, chat_id in sorted(chats):
        sending = await house.store.sending_in_slot(platform, chat_id, slot)
        if sending is not None and sending.reply.progress is not None:
            return True
    return False
