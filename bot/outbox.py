"""A reply goes out once: kept first, then sent, and where nobody knows whether it arrived, said so."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from bot.fitting import fit
from bot.house import House
from core import metrics
from core.entities import Reply, Sending, SendState, new_id
from core.ports import Passing, Platform, Refused

log = logging.getLogger(__name__)


async def say_once(house: House, person_id: str, platform_name: str, chat_id: str, key: str, reply: Reply) -> None:
    """Say a reply under a key; said again with the same key it shows once.

    A reply in a slot replaces what stands there. Raises what the platform raises: the step is then tried again.
    """
    platform = house.platforms[platform_name]
    for n, part in enumerate(fit(reply, platform.limits)):
        part_key = f"{key}+{n}" if n else key
        standing = await house.store.sending_in_slot(platform_name, chat_id, part.slot) if part.slot else None
        if standing is not None and standing.reply.withdrawn:
            continue  # what was taken back stays away
        if standing is None:
            fresh = _new(platform, part_key, person_id, chat_id, part)
            sending = await house.store.add_sending(fresh)
            if sending.id == fresh.id and platform.shows_outbox:
                await platform.send(sending)
                metrics.sendings.add(platform_name, SendState.SENT.value)
            elif sending.reply != part and part.slot:
                await change(house, sending, part)
                continue
        elif standing.reply != part:
            await change(house, standing, part)
            if part.slot.startswith("calendar.") and standing.reply.picture and standing.key != part_key:
                await house.media.delete(standing.reply.picture)  # shown nowhere else
            continue
        else:
            sending = standing
        await deliver(house, sending)


def _new(platform: Platform, key: str, person_id: str, chat_id: str, reply: Reply) -> Sending:
    """A reply for the outbox; where that is the chat, it is sent with being kept, and its id is its place."""
    sending = Sending(id=new_id(), key=key, person_id=person_id, platform=platform.name, chat_id=chat_id, reply=reply)
    if platform.shows_outbox:
        sending = replace(sending, state=SendState.SENT, platform_message_id=sending.id)
    return sending


async def deliver(house: House, sending: Sending) -> None:
    """Bring one kept reply to the person, or note that it is in doubt or will never be taken.

    Raises NotShown and what else the platform raises: the step is then tried again."""
    platform = house.platforms[sending.platform]
    if sending.state in (SendState.SENT, SendState.UNKNOWN, SendState.FAILED):
        return
    in_doubt = sending.state is SendState.INFLIGHT and not sending.platform_message_id
    if in_doubt and not platform.resend_is_safe and not _must_arrive(sending):
        await _ended(house, sending, SendState.UNKNOWN, sending.platform_message_id)
        log.warning("sending %s is in doubt: the platform never said whether it arrived", sending.id)
        return
    shown = sending.platform_message_id
    try:
        shown = (await platform.edit(sending) or shown) if shown else await platform.send(sending)
    except Passing:  # surely not shown: to be tried again, and not in doubt
        await house.store.set_sending(sending.id, SendState.NEW, shown)
        raise
    except Refused as error:
        log.warning("sending %s was refused: %s", sending.id, error)
        await _ended(house, sending, SendState.FAILED, shown)
        return
    await _ended(house, sending, SendState.SENT, shown)


def _must_arrive(sending: Sending) -> bool:
    """True for hotlines, and for the question after them: better shown twice than never."""
    return any(part in sending.key for part in (".care.", ".follow_up."))


async def _ended(house: House, sending: Sending, state: SendState, shown: str) -> None:
    await house.store.set_sending(sending.id, state, shown)
    metrics.sendings.add(sending.platform, state.value)


async def change(house: House, sending: Sending, reply: Reply) -> None:
    """Show other contents in the place of a reply that was sent; its slot, or that it has none, stays as it is."""
    platform = house.platforms[sending.platform]
    if platform.shows_outbox:
        await platform.edit(await house.store.replace_sending(sending.id, reply, SendState.SENT))
        metrics.sendings.add(sending.platform, SendState.SENT.value)
    else:
        await deliver(house, await house.store.replace_sending(sending.id, reply))


async def withdraw(house: House, platform_name: str, chat_id: str, slot: str) -> None:
    """Take back what stands in a slot; nothing happens where nothing does."""
    standing = await house.store.sending_in_slot(platform_name, chat_id, slot)
    if standing is not None and not standing.reply.withdrawn:
        await change(house, standing, replace(Reply(slot=slot), withdrawn=True))


async def withdraw_about(house: House, platform_name: str, chat_id: str, names: Sequence[str]) -> None:
    """Take back every reply that names an entry or holds its media, exports too, before those are gone for good."""
    for line in await house.store.chat_log(platform_name, chat_id, limit=1000):
        sending = line.sending
        if sending is None or sending.reply.withdrawn:
            continue
        told = f"{sending.key} {sending.reply}"
        if sending.reply.document or any(name in told for name in names):
            await change(house, sending, Reply(slot=sending.reply.slot, withdrawn=True))


async def withdraw_months(house: House, platform_name: str, chat_id: str) -> None:
    """Take back every month that was shown: their pictures hold thumbnails of an entry that is being deleted."""
    for line in await house.store.chat_log(platform_name, chat_id, limit=1000):
        reply = line.sending.reply if line.sending is not None else None
        if reply is not None and reply.slot.startswith("calendar.") and not reply.withdrawn:
            await house.media.delete(reply.picture)
            await withdraw(house, platform_name, chat_id, reply.slot)
