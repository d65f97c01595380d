"""The outbox in the store: what is to be shown to people, and how far that has come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql_base import Base, with_key
from adapters.sql_codec import from_ms, pack, place, to_ms, unpack
from adapters.sql_schema import outbox
from adapters.vault import Box
from core.entities import Reply, Sending, SendState

# Where a reply may go from where it stands. What was sent is only opened again by new contents.
_NEXT = {
    SendState.NEW: set(SendState),
    SendState.INFLIGHT: set(SendState),
    SendState.UNKNOWN: set(SendState),
    SendState.FAILED: set(SendState),
    SendState.SENT: {SendState.SENT},
}


class OutboxInSql(Base):
    """The part of `core.ports.Store` about replies."""

    async def add_sending(self, sending: Sending) -> Sending:
        """Put a reply into the outbox; where its key is known the stored one comes back, unchanged.

        Raises NotFound, Forgotten."""
        try:
            return await self._add_sending(sending)
        except sa.exc.IntegrityError:  # PostgreSQL: another process used this key or slot at the same moment
            return await self._add_sending(sending)

    async def _add_sending(self, sending: Sending) -> Sending:
        chat = self._chat(sending.platform, sending.chat_id)
        async with self.db.write() as connection:
            await self.db.hold_blind(connection, [chat])
            known = (await connection.execute(with_key(outbox).where(outbox.c.key == sending.key))).one_or_none()
            if known is not None:
                return self._read_sending(known)
            box = await self._box(connection, sending.person_id)
            slot = await self._take_slot(connection, chat, sending.reply.slot)
            changed_ms = await self._changed_ms(connection, chat)
            told = sending.platform_message_id
            row = {
                "id": sending.id,
                "key": sending.key,
                "person_id": sending.person_id,
                "platform": sending.platform,
                "chat": chat,
                "slot": slot,
                "place": self._place(sending.platform, sending.chat_id, told) if told else None,
                "state": sending.state.value,
                "changed_ms": changed_ms,
                "chat_id": pack(box, place(outbox, sending.id, "chat_id"), sending.chat_id),
                "message_id": pack(box, place(outbox, sending.id, "message_id"), told) if told else None,
                "body": pack(box, place(outbox, sending.id, "body"), sending.reply),
            }
            await connection.execute(outbox.insert().values(row))
            return await self._sending(connection, sending.id)

    async def set_sending(self, sending_id: str, state: SendState, platform_message_id: str = "") -> None:
        """Move a reply on in its life. Raises NotFound; ValueError where a sent one would be un-sent."""
        async with self.db.write() as connection:
            row, box = await self._held_sending(connection, sending_id)
            if state not in _NEXT[SendState(row.state)]:
                raise ValueError(f"a reply that was {row.state} can't become {state.value}: give it new contents first")
            values: dict[str, Any] = {"state": state.value, "changed_ms": await self._changed_ms(connection, row.chat)}
            if platform_message_id:
                chat_id = unpack(box, place(outbox, row.id, "chat_id"), row.chat_id, str)
                values["place"] = self._place(row.platform, chat_id, platform_message_id)
                values["message_id"] = pack(box, place(outbox, row.id, "message_id"), platform_message_id)
            await connection.execute(_at(sending_id).values(values))

    async def sending(self, sending_id: str) -> Sending:
        """Raises NotFound."""
        async with self.db.read() as connection:
            return await self._sending(connection, sending_id)

    async def sending_in_slot(self, platform: str, chat_id: str, slot: str) -> Sending | None:
        """The reply that stands in a slot of a chat."""
        chat = self._chat(platform, chat_id)
        return await self._first(
            with_key(outbox).where(outbox.c.chat == chat, outbox.c.slot == self.vault.blind("slot", slot))
        )

    async def replace_sending(self, sending_id: str, reply: Reply, state: SendState = SendState.NEW) -> Sending:
        """Give a reply in the outbox new contents, and the state that it has with them."""
        async with self.db.write() as connection:
            row, box = await self._held_sending(connection, sending_id)
            values = {
                "state": state.value,
                "slot": await self._take_slot(connection, row.chat, reply.slot),
                "changed_ms": await self._changed_ms(connection, row.chat),
                "body": pack(box, place(outbox, sending_id, "body"), reply),
            }
            await connection.execute(_at(sending_id).values(values))
            return await self._sending(connection, sending_id)

    async def sending_at(self, platform: str, chat_id: str, platform_message_id: str) -> Sending | None:
        """The reply that a platform knows by that id."""
        at = self._place(platform, chat_id, platform_message_id)
        return await self._first(with_key(outbox).where(outbox.c.place == at).order_by(outbox.c.id.desc()).limit(1))

    async def sendings_refused(self, platform: str, chat_id: str, since: datetime) -> Sequence[Sending]:
        """Those that stand in a chat and that it would not show as they should be (FAILED since then), oldest first."""
        there = (outbox.c.chat == self._chat(platform, chat_id)) & (outbox.c.changed_ms > to_ms(since))
        failed = (outbox.c.state == SendState.FAILED.value) & outbox.c.place.is_not(None)
        async with self.db.read() as connection:
            rows = await connection.execute(with_key(outbox).where(there, failed).order_by(outbox.c.id))
            return [self._read_sending(row) for row in rows if row.wrapped is not None]

    async def sendings_in_doubt(self, platform: str) -> Sequence[Sending]:
        """Those found in flight, oldest first."""
        found = with_key(outbox).where(outbox.c.platform == platform, outbox.c.state == SendState.INFLIGHT.value)
        async with self.db.read() as connection:
            rows = await connection.execute(found.order_by(outbox.c.id))
            return [self._read_sending(row) for row in rows if row.wrapped is not None]

    async def _held_sending(self, connection: AsyncConnection, sending_id: str) -> tuple[Any, Box]:
        """A reply to change, in a chat that nobody else writes into. Raises NotFound, Forgotten."""
        if not self.db.is_sqlite:
            mine = sa.select(outbox.c.chat).where(outbox.c.id == sending_id)
            await self.db.hold_blind(connection, (await connection.scalars(mine)).all())
        return await self._row(connection, outbox, sending_id)

    async def _take_slot(self, connection: AsyncConnection, chat: bytes, slot: str) -> bytes | None:
        """The slot's blind name, with nobody standing in it any more."""
        if not slot:
            return None
        blind = self.vault.blind("slot", slot)
        standing = (outbox.c.chat == chat) & (outbox.c.slot == blind)
        await connection.execute(outbox.update().where(standing).values(slot=None))
        return blind

    async def _first(self, found: sa.Select[Any]) -> Sending | None:
        async with self.db.read() as connection:
            row = (await connection.execute(found)).one_or_none()
            return None if row is None else self._read_sending(row)

    async def _sending(self, connection: AsyncConnection, sending_id: str) -> Sending:
        row, _box = await self._row(connection, outbox, sending_id)
        return self._read_sending(row)

    def _read_sending(self, row: Any) -> Sending:
        box = self.vault.box(row.person_id, row.wrapped)
        told = row.message_id
        return Sending(
            id=row.id,
            key=row.key,
            person_id=row.person_id,
            platform=row.platform,
            chat_id=unpack(box, place(outbox, row.id, "chat_id"), row.chat_id, str),
            reply=unpack(box, place(outbox, row.id, "body"), row.body, Reply),
            state=SendState(row.state),
            platform_message_id="" if told is None else unpack(box, place(outbox, row.id, "message_id"), told, str),
            changed_at=from_ms(row.changed_ms),
        )


def _at(sending_id: str) -> sa.Update:
    return outbox.update().where(outbox.c.id == sending_id)
