"""One diary, several accounts: a code joins them, all that was written moves in one transaction, and leaving is as easy."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql_codec import pack, place, to_ms, unpack
from adapters.sql_database import held, upsert
from adapters.sql_export import ExportInSql
from adapters.sql_people import _at, _seal_person
from adapters.sql_reminders import RemindersInSql
from adapters.sql_schema import (
    accounts,
    analyses,
    consents,
    corrections,
    entries,
    entry_versions,
    former_keys,
    inbox,
    join_codes,
    join_guesses,
    media,
    outbox,
    people,
    person_keys,
    ratings,
    reminders,
    stages,
    turns,
    works,
)
from adapters.vault import Box, handed_on
from core.entities import Entry, Message, Person, Purpose, new_id
from core.joining import graver, joined
from core.ports import JoinCode, NotFound

_BATCH = 500  # rows that are read at once
_TURN = 20  # rows that are sealed anew before anybody else gets a turn of the event loop

#: Sealed columns by table: what names the row in its place, and the columns. Versions of entries are a case of their own.
_SEALED: tuple[tuple[sa.Table, Callable[[Any], str], tuple[str, ...]], ...] = (
    (inbox, lambda row: row.id, ("body",)),
    (outbox, lambda row: row.id, ("chat_id", "message_id", "body")),
    (entries, lambda row: row.id, ("line",)),
    (analyses, lambda row: f"{row.entry_id}/{row.revision}", ("body",)),
    (works, lambda row: row.id, ("body",)),
    (corrections, lambda row: row.entry_id, ("body",)),
    (turns, lambda row: row.id, ("body",)),
    (accounts, lambda row: f"{row.platform}/{bytes(row.handle).hex()}", ("body",)),
)


class JoiningInSql(ExportInSql, RemindersInSql):
    """The part of `core.ports.Store` about accounts that share a diary."""

    async def add_join_code(self, code: JoinCode, words: str, expires_at: datetime) -> None:
        """Keep a one-time code; an older one of the same person's no longer works. Raises NotFound, Forgotten."""
        blind = self.vault.blind("join", words)
        async with self.db.write() as connection:
            box = await self._box(connection, code.person_id)
            await connection.execute(join_codes.delete().where(join_codes.c.person_id == code.person_id))
            row = {"code": blind, "person_id": code.person_id, "expires_ms": to_ms(expires_at)}
            sealed = pack(box, place(join_codes, blind.hex(), "body"), code)
            await connection.execute(join_codes.insert().values(**row, body=sealed))

    async def join_code(self, words: str, now: datetime) -> JoinCode | None:
        """Who made that code, while it works."""
        async with self.db.read() as connection:
            return await self._join_code(connection, words, now)

    async def _join_code(self, connection: AsyncConnection, words: str, now: datetime) -> JoinCode | None:
        blind = self.vault.blind("join", words)
        found = sa.select(join_codes, person_keys.c.wrapped).join(
            person_keys, person_keys.c.person_id == join_codes.c.person_id
        )
        found = found.where(join_codes.c.code == blind, join_codes.c.expires_ms > to_ms(now))
        row = (await connection.execute(held(connection, found, of=join_codes, to_change=True))).one_or_none()
        if row is None:
            return None
        return unpack(
            self.vault.box(row.person_id, row.wrapped), place(join_codes, blind.hex(), "body"), row.body, JoinCode
        )

    async def guessed(self, platform: str, account: str, now: datetime, window: timedelta) -> int:
        """Count one more guess at a code by an account, and return how many there were in this window."""
        handle, now_ms, old_ms = self.vault.blind("guess", platform, account), to_ms(now), to_ms(now - window)
        async with self.db.write() as connection:
            await self.db.hold_blind(connection, [handle])
            await connection.execute(join_guesses.delete().where(join_guesses.c.since_ms <= old_ms))
            found = sa.select(join_guesses.c.guesses).where(join_guesses.c.handle == handle)
            guesses: int = (await connection.scalar(found) or 0) + 1
            row = {"handle": handle, "since_ms": now_ms, "guesses": guesses}
            await connection.execute(upsert(connection, join_guesses, row, update=("guesses",)))
        return guesses

    # --- joining --------------------------------------------------------------------------------

    async def join(self, platform: str, account: str, words: str, message_id: str, now: datetime) -> Person:
        """Use a code up: that account and all that its person wrote become part of the diary of who made it, sealed with
        their key, in one transaction. Returns them. Files stay as they are; the key that opens them is sealed anew.

        Raises NotFound where the code does not work, or would join a diary with itself."""
        async with self.db.write() as connection:
            guest_id = await self._person_at(connection, platform, account)
            code = await self._join_code(connection, words, now)
            if code is None or guest_id is None or code.person_id == guest_id:
                raise NotFound("no such code, or it is their own")
            await self._hold_chats_of(connection, [guest_id])
            await self.db.hold_blind(connection, [self.vault.blind("account", platform, account)])
            wrapped = await self._key_to_delete(connection, guest_id)
            guest_box = self.vault.box(guest_id, wrapped)
            host_box = await self._box(connection, code.person_id)
            await self._move(connection, guest_id, guest_box, code.person_id, host_box)
            handed = self.vault.hand_over(guest_id, wrapped, host_box)
            await connection.execute(
                former_keys.insert().values(former_id=guest_id, person_id=code.person_id, body=handed)
            )
            done = f"{message_id} join {code.platform} {code.chat_id}"  # said there too, through a crash as well
            person = await self._become_one(connection, guest_id, guest_box, code.person_id, host_box, done)
            await connection.execute(person_keys.delete().where(person_keys.c.person_id == guest_id))
            gone = people.update().where(people.c.id == guest_id)
            await connection.execute(gone.values(body=None, safety=None, consents="", created_ms=0, entry_count=0))
            await self._recount(connection, code.person_id)
        self.vault.drop_keys()
        await self.db.tidy()
        return person

    async def _key_to_delete(self, connection: AsyncConnection, person_id: str) -> bytes:
        """A person's wrapped key, which nobody else may begin to use before this transaction ends."""
        found = sa.select(person_keys.c.wrapped).where(person_keys.c.person_id == person_id)
        wrapped: bytes | None = await connection.scalar(found.with_for_update())
        if wrapped is None:
            raise NotFound(f"no key of {person_id}")
        return wrapped

    async def _move(
        self, connection: AsyncConnection, guest_id: str, guest_box: Box, host_id: str, host_box: Box
    ) -> None:
        """Every row of the guest's becomes the host's, what is sealed in it sealed with the host's key."""

        def again(where: str, sealed: bytes | None) -> bytes | None:
            return None if sealed is None else host_box.seal(where, guest_box.open(where, bytes(sealed)))

        for table, name, columns in _SEALED:
            async for row in _in_batches(connection, table, guest_id):
                sealed = {column: again(place(table, name(row), column), getattr(row, column)) for column in columns}
                await connection.execute(_row_of(table, row).values(person_id=host_id, **sealed))
        async for row in _in_batches(connection, entry_versions, guest_id):
            where = place(entry_versions, f"{row.entry_id}/{row.revision}", "body")
            entry = replace(unpack(guest_box, where, row.body, Entry), person_id=host_id)
            body = pack(host_box, where, entry)
            await connection.execute(_row_of(entry_versions, row).values(person_id=host_id, body=body))
        for table in (stages, ratings):
            await connection.execute(table.update().where(table.c.person_id == guest_id).values(person_id=host_id))
        by = sa.func.coalesce(media.c.sealed_by, guest_id)
        await connection.execute(
            media.update().where(media.c.person_id == guest_id).values(person_id=host_id, sealed_by=by)
        )
        async for row in _in_batches(connection, former_keys, guest_id):
            body = handed_on(guest_box, row.former_id, row.body, host_box)
            await connection.execute(_row_of(former_keys, row).values(person_id=host_id, body=body))

    async def _become_one(
        self, connection: AsyncConnection, guest_id: str, guest_box: Box, host_id: str, host_box: Box, done: str
    ) -> Person:
        """Settings, consents, safety and the reminder of both; a code of either is used up."""
        guest, host = await self._person(connection, guest_id), await self._person(connection, host_id)
        person = replace(joined(host, guest), answered=done)
        if guest.allows(Purpose.STORING) and not host.allows(Purpose.STORING):  # else what moved would be deleted
            person = replace(person, consents=host.consents | {Purpose.STORING})
            row = {"id": new_id(), "person_id": host_id, "purpose": Purpose.STORING.value, "granted": True}
            await connection.execute(consents.insert().values(**row, at_ms=self._now_ms()))
        found = [await self._safety(connection, box, who) for who, box in ((guest_id, guest_box), (host_id, host_box))]
        state = graver(*found)
        values = {
            "body": _seal_person(host_box, person),
            "consents": " ".join(sorted(person.consents)),
            "safety": None if state is None else pack(host_box, place(people, host_id, "safety"), state),
        }
        await connection.execute(_at(host_id).values(values))
        theirs = await self._reminder(connection, guest_box, guest_id)
        if theirs is not None and await self._reminder(connection, host_box, host_id) is None:
            await self._keep_reminder(connection, host_box, host_id, replace(theirs, person_id=host_id))
        for table in (consents, reminders, join_codes):
            await connection.execute(table.delete().where(table.c.person_id == guest_id))
        await connection.execute(join_codes.delete().where(join_codes.c.person_id == host_id))
        return person

    # --- leaving --------------------------------------------------------------------------------

    async def leave(self, platform: str, account: str, chat_id: str, message_id: str) -> Person:
        """Give an account an empty diary of its own; the one that it shared stays with the others, and the lines of that
        chat go out of it, all but the message that said so. Returns the new person.

        Raises NotFound where nobody else has an account there."""
        async with self.db.write() as connection:
            await self.db.hold_blind(connection, [self._chat(platform, chat_id)])
            await self.db.hold_blind(connection, [self.vault.blind("account", platform, account)])
            old_id = await self._person_at(connection, platform, account)
            if old_id is None:
                raise NotFound("nobody has that account")
            shared = sa.select(accounts.c.handle).where(accounts.c.person_id == old_id)
            if len((await connection.execute(held(connection, shared, to_change=True))).all()) < 2:
                raise NotFound(f"{old_id} has no other account")
            old_box = await self._box(connection, old_id)
            old = await self._person(connection, old_id)
            newcomer = replace(
                self._newcomer(old.language, old.time_zone),
                country=old.country,
                crisis_at=old.crisis_at,
                answered=f"{message_id} leave",
            )
            box = await self._add_person(connection, newcomer)
            await self._give_account(connection, platform, account, newcomer.id, box)
            if (state := await self._safety(connection, old_box, old_id)) is not None:
                sealed = pack(box, place(people, newcomer.id, "safety"), state)
                await connection.execute(_at(newcomer.id).values(safety=sealed))
            await self._clear_chat(connection, self._chat(platform, chat_id), old_id, message_id)
            await self._take_message(connection, message_id, old_id, old_box, newcomer.id, box)
            await self._forget_chat(connection, old, old_box, platform, chat_id)
        await self.db.tidy()
        return newcomer

    async def _clear_chat(self, connection: AsyncConnection, chat: bytes, person_id: str, but: str) -> None:
        """The lines of a chat stay with their diary and are found in that chat no more; which edits which stays true."""
        salt = os.urandom(16).hex()

        def elsewhere(blind: bytes | None) -> bytes | None:
            return None if blind is None else self.vault.blind("left", salt, bytes(blind).hex())

        for table, columns in ((inbox, ("chat", "place", "target")), (outbox, ("chat", "place"))):
            found = sa.select(table).where(table.c.chat == chat, table.c.person_id == person_id, table.c.id != but)
            for row in (await connection.execute(found)).all():
                moved = {column: elsewhere(getattr(row, column)) for column in columns}
                await connection.execute(_row_of(table, row).values(**moved))

    async def _take_message(
        self, connection: AsyncConnection, message_id: str, old_id: str, old_box: Box, new_id_: str, box: Box
    ) -> None:
        where = place(inbox, message_id, "body")
        mine = (inbox.c.id == message_id) & (inbox.c.person_id == old_id)
        sealed = await connection.scalar(sa.select(inbox.c.body).where(mine))
        if sealed is not None:
            body = pack(box, where, unpack(old_box, where, sealed, Message))
            await connection.execute(inbox.update().where(mine).values(person_id=new_id_, body=body))

    async def _forget_chat(
        self, connection: AsyncConnection, old: Person, box: Box, platform: str, chat_id: str
    ) -> None:
        """Nothing of the diary that was left is sent to that chat any more."""
        if old.follow_up.startswith(f"{platform} {chat_id} "):
            await connection.execute(_at(old.id).values(body=_seal_person(box, replace(old, follow_up=""))))
        reminder = await self._reminder(connection, box, old.id)
        if reminder is not None and (reminder.platform, reminder.chat_id) == (platform, chat_id):
            await connection.execute(reminders.delete().where(reminders.c.person_id == old.id))
        await connection.execute(join_codes.delete().where(join_codes.c.person_id == old.id))


async def _in_batches(connection: AsyncConnection, table: sa.Table, person_id: str) -> AsyncIterator[Any]:
    """A person's rows of a table, some at a time: a whole diary does not fit into memory."""
    keys = list(table.primary_key)
    found = sa.select(*keys).where(table.c.person_id == person_id).order_by(*keys)
    all_keys = (await connection.execute(found)).all()
    for some in _batches(all_keys):
        here = sa.tuple_(*keys).in_([tuple(key) for key in some])
        for n, row in enumerate((await connection.execute(sa.select(table).where(here))).all()):
            if n % _TURN == 0:
                await asyncio.sleep(0)
            yield row


def _batches(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for at in range(0, len(rows), _BATCH):
        yield rows[at : at + _BATCH]


def _row_of(table: sa.Table, row: Any) -> sa.Update:
    """An update of the row that was read."""
    return table.update().where(*(column == getattr(row, column.name) for column in table.primary_key))
