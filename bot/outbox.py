"""A reply goes out once: kept first, then sent, and where nobody knows whether it arrived, said so."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import count

from bot.fitting import fit
from bot.house import House, entry_answered
from core import metrics
from core.entities import Person, Reply, Sending, SendState, kept_at_s, new_id, new_reference, part_of
from core.phrases import say
from core.ports import Closed, Passing, Platform, Refused, Unanswered
from core.trouble import describe

log = logging.getLogger(__name__)

REFUSED_FOR = timedelta(days=30)  # that what a chat would not show is tried once more when somebody writes there
MONTHS = ("calendar.",)  # slots of pages that show thumbnails and words of entries without naming them
PASSING_PICTURES = (*MONTHS, "studio.")  # slots whose pictures are shown nowhere else, and go with the next one
LONGEST_DOUBT_S = 60.0  # between two tries of what must arrive and perhaps did


async def say_once(house: House, person_id: str, platform_name: str, chat_id: str, key: str, reply: Reply) -> None:
    """Say a reply under a key; said again with the same key it shows once.

    A reply in a slot replaces what stands there, all parts of it. Raises what the platform raises: the step is then tried
    again."""
    platform = house.platforms[platform_name]
    parts = fit(reply, platform.limits)
    before = await house.store.sending_in_slot(platform_name, chat_id, reply.slot) if reply.slot else None
    if before is not None and before.reply.withdrawn:
        return  # what was taken back stays away
    for n, part in enumerate(parts):
        part_key, standing = part_of(key, n), before
        if n:
            standing = await house.store.sending_in_slot(platform_name, chat_id, part.slot) if part.slot else None
        if standing is not None and standing.reply.withdrawn:  # it was shorter for a while
            part_key, standing = f"{standing.id}.{part_key}", None
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
            if part.slot.startswith(PASSING_PICTURES) and standing.reply.picture and standing.key != part_key:
                await house.media.delete(standing.reply.picture)  # shown nowhere else
            continue
        else:
            sending = standing
        await deliver(house, sending)
    if before is not None:
        await withdraw(house, platform_name, chat_id, reply.slot, len(parts))


async def keep(house: House, person_id: str, platform_name: str, chat_id: str, key: str, reply: Reply) -> str:
    """Put a reply that fits into the outbox, to be delivered beside; returns its id, the same one for the same key."""
    sending = Sending(id=new_id(), key=key, person_id=person_id, platform=platform_name, chat_id=chat_id, reply=reply)
    return (await house.store.add_sending(sending)).id


def _new(platform: Platform, key: str, person_id: str, chat_id: str, reply: Reply) -> Sending:
    """A reply for the outbox; where that is the chat, it is sent with being kept, and its id is its place."""
    sending = Sending(id=new_id(), key=key, person_id=person_id, platform=platform.name, chat_id=chat_id, reply=reply)
    if platform.shows_outbox:
        sending = replace(sending, state=SendState.SENT, platform_message_id=sending.id)
    return sending


async def deliver(house: House, sending: Sending) -> None:
    """Bring one kept reply to the person, or note that it is in doubt; what is refused gives way to a word that says so.

    Raises NotShown and what else the platform raises: the step is then tried again."""
    platform = house.platforms[sending.platform]
    if sending.state in (SendState.SENT, SendState.UNKNOWN, SendState.FAILED):
        return
    in_doubt = sending.state is SendState.INFLIGHT  # with a place too: what stood there is gone, and it was shown anew
    if in_doubt and not platform.resend_is_safe and not sending.reply.must_arrive:
        await _ended(house, sending, SendState.UNKNOWN, sending.platform_message_id)
        log.warning("sending %s is in doubt: the platform never said whether it arrived", sending.id)
        return
    try:
        await _bring(house, sending)
    except Refused as error:
        await give_way(house, sending, str(error), closed=isinstance(error, Closed))


async def _bring(house: House, sending: Sending) -> None:
    """Show it now. Raises Refused and Passing, once that is noted, and what else the platform raises."""
    platform, shown = house.platforms[sending.platform], sending.platform_message_id
    try:
        shown = (await platform.edit(sending) or shown) if shown else await platform.send(sending)
    except Unanswered:
        if sending.reply.must_arrive:  # perhaps it was shown each time
            await asyncio.sleep(min((time.time() - kept_at_s(sending.id)) / 2, LONGEST_DOUBT_S))
        raise
    except Passing:  # surely not shown: to be tried again, and not in doubt
        await house.store.set_sending(sending.id, SendState.NEW, shown)
        raise
    except Refused:
        await _ended(house, sending, SendState.FAILED, shown)
        raise
    await _ended(house, sending, SendState.SENT, shown)


async def give_way(house: House, sending: Sending, cause: str, *, closed: bool = False) -> None:
    """A reply that can't be shown gives way to a short apology with a reference: no placeholder stands for ever.

    Where that is refused too, or the chat is `closed` to us, it is shown once somebody writes there (`say_refused`)."""
    reference = new_reference()
    log.warning("%s: sending %s can't be shown: %s", reference, sending.id, cause)
    metrics.errors.add("delivery", "Refused")
    if sending.reply.withdrawn:
        return
    person = await house.store.person(sending.person_id)
    choices = [replace(one, slot=sending.reply.slot) for one in _instead(house, person, sending, reference)]
    for instead in () if closed else choices:
        with suppress(Refused):
            # Failed until it is shown: whatever goes wrong now, it is tried again when somebody writes there.
            await _bring(house, await house.store.replace_sending(sending.id, instead, SendState.FAILED))
            return
    await house.store.replace_sending(sending.id, choices[0], SendState.FAILED)


def _instead(house: House, person: Person, sending: Sending, reference: str) -> Iterator[Reply]:
    """What is said in place of a reply: the plainer, the later."""
    reply, entry_id = sending.reply, entry_answered(sending.reply.slot)
    if reply.must_arrive and reply.text:  # the numbers stand in the words as well
        yield Reply(text=reply.text, sender=reply.sender, must_arrive=True)
        return
    if not entry_id:
        told = say(person.language, "error.any") + "\n" + say(person.language, "error.reference", reference=reference)
        yield Reply(text=told, sender="house")
        return
    told = say(person.language, "trouble.show", reference=reference)
    opens = ((house.button(person, "button.open", "entry", entry_id),),)
    if reply.text or reply.picture:  # what stands there may stay, and words are shown where a picture can't be
        stays = reply if sending.state is SendState.SENT else Reply()
        yield replace(stays, text="\n\n".join(filter(None, (reply.text, told))), buttons=opens, progress=None)
    yield Reply(text=told, buttons=opens, sender="house")
    yield Reply(text=told, sender="house")


async def say_refused(house: House, platform_name: str, chat_id: str) -> None:
    """Somebody writes in a chat that would not show what it should: once more, and what is refused again is taken away."""
    if house.platforms[platform_name].shows_outbox:
        return
    for sending in await house.store.sendings_refused(platform_name, chat_id, house.now() - REFUSED_FOR):
        if sending.reply.withdrawn:
            continue
        gone = Reply(slot=sending.reply.slot, withdrawn=True)
        try:
            await _bring(house, sending)
        except Refused:
            with suppress(Refused):
                await _bring(house, await house.store.replace_sending(sending.id, gone, SendState.FAILED))
        except Passing:
            raise
        except Exception as error:  # it must not keep us from hearing what was written
            log.warning("sending %s can't be taken away: %s", sending.id, describe(error))
            await house.store.replace_sending(sending.id, gone, SendState.FAILED)


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


async def withdraw(house: House, platform_name: str, chat_id: str, slot: str, first: int = 0) -> None:
    """Take back what stands in a slot, all parts of it from `first` on; nothing happens where nothing does."""
    for standing in await parts_in_slot(house, platform_name, chat_id, slot, first):
        await change(house, standing, Reply(slot=standing.reply.slot, withdrawn=True))


async def parts_in_slot(
    house: House, platform_name: str, chat_id: str, slot: str, first: int = 0
) -> tuple[Sending, ...]:
    """The parts of what stands in a slot, from `first` on, without what was taken back."""
    found = []
    for n in count(first):
        standing = await house.store.sending_in_slot(platform_name, chat_id, part_of(slot, n))
        if standing is None:
            break
        if not standing.reply.withdrawn:
            found.append(standing)
    return tuple(found)


async def withdraw_about(
    house: House, person_id: str, entry_id: str, platform_name: str, chat_id: str
) -> tuple[str, ...]:
    """Take back every reply that tells of an entry or shows something of it, months and exports too, before it is gone
    for good: in this chat at once. Returns those in other chats, to be taken away beside, whatever keeps those away."""
    elsewhere = []
    for sending in await house.store.sendings_about(person_id, entry_id, slots=MONTHS):
        reply, platform = sending.reply, house.platforms.get(sending.platform)
        if reply.picture and reply.slot.startswith(PASSING_PICTURES):
            await house.media.delete(reply.picture)
        gone = Reply(slot=reply.slot, withdrawn=True)
        here = (sending.platform, sending.chat_id) == (platform_name, chat_id)
        if platform is not None and (here or platform.shows_outbox):
            await change(house, sending, gone)
            continue
        await house.store.replace_sending(sending.id, gone)
        if platform is not None:  # else it is told once the platform is there again, and something more is deleted
            elsewhere.append(sending.id)
    return tuple(elsewhere)
