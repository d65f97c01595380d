"""What goes for good: an entry, what nobody consented to keep, a whole person."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql_base import with_key
from adapters.sql_codec import pack, place, to_ms, unpack
from adapters.sql_database import held
from adapters.sql_felt import FeltInSql
from adapters.sql_messages import MessagesInSql
from adapters.sql_schema import (
    OWNED,
    consents,
    entries,
    entry_versions,
    inbox,
    media,
    outbox,
    people,
    person_keys,
    turns,
)
from adapters.sql_schema import works as works_table
from core.entities import Kind, Person, Purpose, Reply, Sending, SendState, whole_of
from core.ports import EXPORT_MIME, NotFound

_UNDER_WAY = (SendState.NEW, SendState.INFLIGHT)
_PLAIN = (b'"document":""', b'"withdrawn":false')  # in every reply without a file that still stands, as it is packed


class ForgettingInSql(MessagesInSql, FeltInSql):
    """The part of `core.ports.Store` that deletes."""

    async def purge_entry(self, entry_id: str) -> None:
        """Delete an entry, its works and its media for good; with it go the messages it was made of, the talk about it
        and the contents of the replies that tell of it. Nothing happens where it is gone already."""
        async with self.db.write() as connection:
            await self._hold_chats_of(connection, sa.select(entries.c.person_id).where(entries.c.id == entry_id))
            files = await self._purge(connection, entry_id)
        await self._drop_media(files)
        await self.db.tidy()

    async def _hold_chats_of(self, connection: AsyncConnection, person_id: Any) -> None:
        """Let nobody else write into a person's chats, before the first of their rows is touched."""
        if not self.db.is_sqlite:
            mine = (sa.select(table.c.chat).where(table.c.person_id.in_(person_id)) for table in (inbox, outbox))
            await self.db.hold_blind(connection, (await connection.scalars(sa.union(*mine))).all())

    async def _purge(self, connection: AsyncConnection, entry_id: str) -> set[str]:
        """Delete an entry's rows; returns the media that go with it."""
        files = await self._media_of(connection, entry_id)
        mine = sa.select(inbox.c.place).where(inbox.c.entry_id == entry_id, inbox.c.kind == Kind.TEXT.value)
        await connection.execute(inbox.delete().where(inbox.c.target.in_(mine)))
        await connection.execute(inbox.delete().where(inbox.c.entry_id == entry_id))
        await connection.execute(turns.delete().where(turns.c.entry_id == entry_id))
        await self._withdraw_replies(connection, entry_id, files)
        person_id = await connection.scalar(sa.select(entries.c.person_id).where(entries.c.id == entry_id))
        await connection.execute(entries.delete().where(entries.c.id == entry_id))  # the rest cascades
        if person_id is not None:
            await self._recount(connection, person_id)
        return files

    async def _withdraw_replies(self, connection: AsyncConnection, entry_id: str, files: set[str]) -> None:
        """Empty the replies that name an entry or show its media; only their contents, opened one by one, can say so.

        Key and slot stay, so that nothing is said again and what follows in a slot still takes its place."""
        owner = sa.select(entries.c.person_id).where(entries.c.id == entry_id).scalar_subquery()
        for row in await self._rows_about(connection, owner, entry_id, files):
            box, where = self.vault.box(row.person_id, row.wrapped), place(outbox, row.id, "body")
            slot = unpack(box, where, row.body, Reply).slot
            emptied = pack(box, where, Reply(slot=slot, withdrawn=True))
            changed_ms = await self._changed_ms(connection, row.chat)
            changed = outbox.update().where(outbox.c.id == row.id).values(body=emptied, changed_ms=changed_ms)
            await connection.execute(changed)

    async def sendings_about(self, person_id: str, entry_id: str, slots: Sequence[str] = ()) -> Sequence[Sending]:
        """Replies of every chat of a person that name an entry or show its media, each with all parts of what it is part
        of, documents (exports), what stands in slots that begin so, and what was taken back but is perhaps still shown;
        oldest first."""
        async with self.db.read() as connection:
            files = await self._media_of(connection, entry_id)
            rows = await self._rows_about(connection, person_id, entry_id, files, tuple(slots))
        found = [self._read_sending(row) for row in rows]
        return [one for one in found if not one.reply.withdrawn or one.state in _UNDER_WAY]

    async def _rows_about(
        self, connection: AsyncConnection, owner: Any, entry_id: str, files: set[str], slots: tuple[str, ...] = ()
    ) -> list[Any]:
        """See `sendings_about`. All that a person was ever told is opened for it, but read only where its bytes ask for
        it."""
        names = [name.encode() for name in (entry_id, *files)]
        every = with_key(outbox).where(outbox.c.person_id == owner).order_by(outbox.c.id)
        rows = [row for row in (await connection.execute(every)).all() if row.wrapped is not None]
        wholes, slot_of = set[Any](), dict[str, str]()
        for row in rows:
            told = self.vault.box(row.person_id, row.wrapped).open(place(outbox, row.id, "body"), row.body)
            about = entry_id in row.key or any(name in told for name in names)
            plain = all(mark in told for mark in _PLAIN) and not any(slot.encode() in told for slot in slots)
            if plain and not about and whole_of(row.key) == row.key:
                continue
            sending = self._read_sending(row)
            reply, slot_of[row.id] = sending.reply, sending.reply.slot
            meant = about or bool(reply.document) or reply.slot.startswith(slots)
            if sending.state in _UNDER_WAY if reply.withdrawn else meant:
                wholes |= self._wholes(row, reply.slot)
        return [row for row in rows if not wholes.isdisjoint(self._wholes(row, slot_of.get(row.id, "")))]

    def _wholes(self, row: Any, slot: str) -> set[Any]:
        """What a reply is part of: all that was said under a key, and all that stands in a slot of its chat, which is
        `slot` where that is known, else the column."""
        blind = self.vault.blind("slot", whole_of(slot)) if slot else row.slot
        return {whole_of(row.key), *(((bytes(row.chat), bytes(blind)),) if blind is not None else ())}

    async def _media_of(self, connection: AsyncConnection, entry_id: str) -> set[str]:
        versions = await connection.execute(
            with_key(entry_versions)
            .add_columns(entries.c.created_ms, entries.c.deleted)
            .join(entries, entries.c.id == entry_versions.c.entry_id)
            .where(entries.c.id == entry_id)
        )
        files = {attachment.media_id for row in versions for attachment in self._read_entry(row).media}
        for row in await connection.execute(with_key(works_table).where(works_table.c.entry_id == entry_id)):
            work = self._read_work(row)
            files |= {work.media_id, work.sketch_media_id, work.voice_media_id}
        owner = sa.select(entries.c.person_id).where(entries.c.id == entry_id).scalar_subquery()
        files |= await self._named_after(connection, entry_id, owner)
        exports = sa.select(media.c.id).where(media.c.person_id == owner, media.c.mime == EXPORT_MIME)  # it is in there
        files |= set((await connection.scalars(exports)).all())
        return files - {""}

    async def _named_after(self, connection: AsyncConnection, entry_id: str, owner: Any) -> set[str]:
        """Files put for an entry or one of its messages, also where a crash came before anything referred to them."""
        places = sa.select(inbox.c.place).where(inbox.c.entry_id == entry_id, inbox.c.kind == Kind.TEXT.value)
        told = sa.or_(inbox.c.entry_id == entry_id, inbox.c.target.in_(places))
        of = sa.func.substr(
            media.c.id, sa.func.length(media.c.id) - 19
        )  # the id that `core.entities.file_id` was given
        put = sa.or_(of == entry_id, of.in_(sa.select(inbox.c.id).where(told)))
        return set((await connection.scalars(sa.select(media.c.id).where(media.c.person_id == owner, put))).all())

    async def forget(self, person_id: str) -> None:
        """Delete the person's key first, in a commit of its own, then everything of theirs. Raises NotFound.

        Of the person stays an id without anything else, so that late work learns that they were forgotten."""
        async with self.db.write() as connection:
            if await connection.scalar(sa.select(people.c.id).where(people.c.id == person_id)) is None:
                raise NotFound(f"no person {person_id}")
            await connection.execute(person_keys.delete().where(person_keys.c.person_id == person_id))
        self.vault.drop_keys()
        await self._finish_forgetting(person_id)

    async def finish_forgetting(self) -> int:
        """Finish what a crash cut short; returns how many people."""
        unfinished = sa.select(people.c.id).outerjoin(person_keys).where(person_keys.c.person_id.is_(None))
        async with self.db.read() as connection:
            found = (await connection.scalars(unfinished.where(people.c.body.is_not(None)))).all()
        for person_id in found:
            await self._finish_forgetting(person_id)
        return len(found)

    async def _finish_forgetting(self, person_id: str) -> None:
        async with self.db.read() as connection:
            files = (await connection.scalars(sa.select(media.c.id).where(media.c.person_id == person_id))).all()
        await self._drop_media(set(files))
        async with self.db.write() as connection:
            for table in OWNED:
                await connection.execute(table.delete().where(table.c.person_id == person_id))
            await connection.execute(
                people.update()
                .where(people.c.id == person_id)
                .values(body=None, safety=None, consents="", created_ms=0, entry_count=0)
            )
        await self.db.tidy()

    async def delete_unconsented(self, before: datetime) -> int:
        """Delete for good what is older than `before` of people who did not consent to storing.

        Who took that consent back counts once they did so before `before`. Returns how many entries,
        messages and profiles (name and introduction; settings stay) went."""
        before_ms, gone = to_ms(before), 0
        for person_id in await self._unconsented(before_ms):
            gone += await self._delete_older(person_id, before_ms)
        if gone:
            await self.db.tidy()
        return gone

    async def _unconsented(self, before_ms: int) -> list[str]:
        async with self.db.read() as connection:
            known = await connection.execute(sa.select(people.c.id, people.c.consents).join(person_keys))
            without = [row.id for row in known if Purpose.STORING.value not in row.consents.split()]
            storing = consents.c.purpose == Purpose.STORING.value
            decided = sa.select(consents.c.person_id).where(storing, consents.c.at_ms >= before_ms)
            lately = set((await connection.scalars(decided)).all())
        return [person_id for person_id in without if person_id not in lately]

    async def _delete_older(self, person_id: str, before_ms: int) -> int:
        gone, files = 0, set[str]()
        async with self.db.write() as connection:
            await self._hold_chats_of(connection, [person_id])
            old = sa.select(entries.c.id).where(entries.c.person_id == person_id, entries.c.created_ms < before_ms)
            for entry_id in (await connection.scalars(old)).all():
                files |= await self._purge(connection, entry_id)
                gone += 1
            for table, at in ((inbox, inbox.c.sent_ms), (outbox, outbox.c.changed_ms), (turns, turns.c.at_ms)):
                result: Any = await connection.execute(
                    table.delete().where(table.c.person_id == person_id, at < before_ms)
                )
                gone += result.rowcount if table is inbox else 0
            gone += await self._blank(connection, person_id, before_ms)
            aged = sa.select(media.c.id).where(media.c.person_id == person_id, media.c.created_ms < before_ms)
            files |= set((await connection.scalars(aged)).all())
        await self._drop_media(files)
        return gone

    async def _blank(self, connection: AsyncConnection, person_id: str, before_ms: int) -> int:
        """Take name and introduction off a profile where they were given before `before_ms`; settings stay."""
        found = sa.select(people, person_keys.c.wrapped).join(person_keys).where(people.c.id == person_id)
        row = (await connection.execute(held(connection, found, of=people, to_change=True))).one_or_none()
        if row is None or row.body is None:
            return 0
        box, where = self.vault.box(row.id, row.wrapped), place(people, row.id, "body")
        person = unpack(box, where, row.body, Person)
        if not (person.name or person.introduction) or to_ms(person.told_at or person.created_at) >= before_ms:
            return 0
        blank = replace(person, name="", introduction="", told_at=None)
        await connection.execute(people.update().where(people.c.id == row.id).values(body=pack(box, where, blank)))
        return 1

    async def _drop_media(self, media_ids: Collection[str]) -> None:
        """Remove files with their rows, by the media store where one is there, else at its next sweep."""
        if media_ids and self.drop_files is not None:
            await self.drop_files(list(media_ids))
