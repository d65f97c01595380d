"""Messages in the store: the way in, and the chat as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.disk import require_space
from adapters.sql_base import newest_changes, with_key
from adapters.sql_codec import pack, place, to_ms, unpack
from adapters.sql_outbox import OutboxInSql
from adapters.sql_people import PeopleInSql
from adapters.sql_schema import accounts, inbox, media, outbox, person_keys
from core.entities import Kind, Message, message_files
from core.ports import Forgotten, LogLine, NotFound

MOST_FILES = 64  # of one message

Job = Callable[[sa.Connection, str], None]


class MessagesInSql(PeopleInSql, OutboxInSql):
    """The part of `core.ports.Store` about messages."""

    async def keep_with(self, message: Message, job: Job) -> bool:
        """Keep a message and call `job(connection, person_id)` in one commit; False for a duplicate, job not called.

        The person is made where the account is new. Raises DiskFull."""
        require_space(self.settings)
        try:
            return await self._keep(message, job)
        except (sa.exc.IntegrityError, Forgotten):  # PostgreSQL: another kept it, or forgot this person, meanwhile
            return await self._keep(message, job)

    async def _keep(self, message: Message, job: Job) -> bool:
        chat = self._chat(message.platform, message.chat_id)
        dedupe = self._dedupe(message)
        async with self.db.write() as connection:
            await self.db.hold_blind(connection, [chat])
            found = [
                sa.select(inbox.c.id).where(inbox.c.dedupe == dedupe),
                self._behind(message.platform, message.account, person_keys.c.person_id),
                self._behind(message.platform, message.account, person_keys.c.wrapped),
            ]  # asked in one go: each question to SQLite costs four changes of thread
            columns = [*(one.scalar_subquery() for one in found), *newest_changes(chat)]
            known, person_id, wrapped, *changes = (await connection.execute(sa.select(*columns))).one()
            if known is not None:
                return False
            if person_id is not None and self.db.is_sqlite:  # elsewhere the key must be held, not only seen
                box = self.vault.box(person_id, wrapped)
            else:
                person_id, box = await self._person_behind(
                    connection, message.platform, message.account, message.language, message.time_zone
                )
            changed_ms = self._after(changes)
            row = {
                "id": message.id,
                "person_id": person_id,
                "chat": chat,
                "dedupe": dedupe,
                "place": self._place_of(message, message.platform_message_id),
                "target": self._place_of(message, message.target) if message.target else None,
                "kind": message.kind.value,
                "sent_ms": to_ms(message.sent_at),
                "changed_ms": changed_ms,
                "body": pack(box, place(inbox, message.id, "body"), message),
            }
            await connection.execute(inbox.insert().values(row))
            if message.kind is Kind.EDIT:
                edited = (inbox.c.place == row["target"]) & (inbox.c.kind == Kind.TEXT.value)
                await connection.execute(inbox.update().where(edited).values(changed_ms=changed_ms))
            await connection.run_sync(job, person_id)
        return True

    async def message(self, message_id: str) -> Message:
        """Raises NotFound, Forgotten."""
        async with self.db.read() as connection:
            row, _box = await self._row(connection, inbox, message_id)
            return self._read_message(row)

    async def message_at(self, platform: str, chat_id: str, platform_message_id: str) -> Message | None:
        """The message a platform knows by that id, as it was first written."""
        found = with_key(inbox).where(inbox.c.place == self._place(platform, chat_id, platform_message_id))
        first = found.order_by(sa.case((inbox.c.kind == Kind.TEXT.value, 0), else_=1), inbox.c.id).limit(1)
        async with self.db.read() as connection:
            row = (await connection.execute(first)).one_or_none()
            return None if row is None else self._read_message(row)

    async def messages_before(self, message: Message, since: datetime) -> Sequence[Message]:
        """Earlier messages (Kind.TEXT) of the same chat since then, oldest first."""
        found = with_key(inbox).where(
            inbox.c.chat == self._chat(message.platform, message.chat_id),
            inbox.c.kind == Kind.TEXT.value,
            inbox.c.sent_ms >= to_ms(since),
            inbox.c.id < message.id,
        )
        async with self.db.read() as connection:
            return [self._read_message(row) for row in await connection.execute(found.order_by(inbox.c.id))]

    async def private_chats(self, platform: str) -> Sequence[str]:
        """The private chats of a platform in which anybody who is not forgotten wrote, the latest first."""
        of_platform = sa.select(accounts.c.person_id).where(accounts.c.platform == platform)
        newest = sa.select(sa.func.max(inbox.c.id)).where(
            inbox.c.kind == Kind.TEXT.value, inbox.c.person_id.in_(of_platform)
        )
        found = with_key(inbox).where(inbox.c.id.in_(newest.group_by(inbox.c.chat))).order_by(inbox.c.id.desc())
        async with self.db.read() as connection:
            rows = await connection.execute(found)
            messages = [self._read_message(row) for row in rows if row.wrapped is not None]
        return [one.chat_id for one in messages if one.platform == platform and one.private]

    async def heard_in(self, platform: str, chat_id: str, limit: int = 100) -> Sequence[Message]:
        """The newest messages (Kind.TEXT) of a chat in their newest words, oldest first."""
        chat = self._chat(platform, chat_id)
        said = with_key(inbox).where(inbox.c.chat == chat, inbox.c.kind == Kind.TEXT.value)
        async with self.db.read() as connection:
            rows = await _newest(connection, said, inbox, 0, limit)
            edits = await self._edits(connection, (row.place for row in rows))
        found = [_edited(self._read_message(row), edits.get(bytes(row.place))) for row in rows]
        return sorted(found, key=lambda message: message.id)

    async def edits_of(self, platform: str, chat_id: str, platform_message_id: str) -> Sequence[Message]:
        """Every rewriting of a message, oldest first."""
        target = self._place(platform, chat_id, platform_message_id)
        found = with_key(inbox).where(inbox.c.target == target, inbox.c.kind == Kind.EDIT.value)
        async with self.db.read() as connection:
            rows = await connection.execute(found.order_by(inbox.c.sent_ms, inbox.c.id))
            return [self._read_message(row) for row in rows]

    async def set_attachments(self, message: Message) -> None:
        """Write the attachments of a message, why one was refused, and whose piece it is; other files that were put for
        it go, unless it is part of an entry. Raises NotFound."""
        put = set(message_files(message.id, MOST_FILES)) - {attachment.media_id for attachment in message.attachments}
        async with self.db.write() as connection:
            row, box = await self._row(connection, inbox, message.id)
            told = {"attachments": message.attachments, "refused": message.refused, "piece_of": message.piece_of}
            fetched = replace(self._read_message(row), **told)  # type: ignore[arg-type]
            body = pack(box, place(inbox, message.id, "body"), fetched)
            changed = {"body": body, "changed_ms": await self._changed_ms(connection, row.chat)}
            await connection.execute(inbox.update().where(inbox.c.id == message.id).values(changed))
            left = sa.select(media.c.id).where(media.c.id.in_(put)) if row.entry_id is None else None
            files = (await connection.scalars(left)).all() if left is not None else ()
        if files and self.drop_files is not None:
            await self.drop_files(files)

    async def link_message(self, message_id: str, entry_id: str) -> None:
        """Remember that a message became part of an entry. Raises NotFound."""
        async with self.db.write() as connection:
            linked = inbox.update().where(inbox.c.id == message_id).values(entry_id=entry_id)
            if not (await connection.execute(linked)).rowcount:
                raise NotFound(f"no message {message_id}")

    async def entry_of_message(self, message_id: str) -> str:
        """The entry that a message is part of, or ""."""
        async with self.db.read() as connection:
            return await connection.scalar(sa.select(inbox.c.entry_id).where(inbox.c.id == message_id)) or ""

    async def chat_log(self, platform: str, chat_id: str, *, since_ms: int = 0, limit: int = 100) -> Sequence[LogLine]:
        """Messages and replies by time of writing, oldest first: the newest `limit`, or all that changed since.

        A message that was edited stands there in its newest words."""
        chat = self._chat(platform, chat_id)
        said = with_key(inbox).where(inbox.c.chat == chat, inbox.c.kind == Kind.TEXT.value)
        answered = with_key(outbox).where(outbox.c.chat == chat)
        async with self.db.read() as connection:
            messages = await _newest(connection, said, inbox, since_ms, limit)
            sendings = await _newest(connection, answered, outbox, since_ms, limit)
            edits = await self._edits(connection, (row.place for row in messages))
        lines = [
            LogLine(row.id, row.changed_ms, message=_edited(self._read_message(row), edits.get(bytes(row.place))))
            for row in messages
        ]
        lines += [LogLine(row.id, row.changed_ms, sending=self._read_sending(row)) for row in sendings]
        lines.sort(key=lambda line: line.id)
        return lines if since_ms else lines[-limit:]

    async def _edits(self, connection: AsyncConnection, places: Iterable[bytes]) -> dict[bytes, Message]:
        """The newest rewriting of each message that has one."""
        found = with_key(inbox).where(inbox.c.target.in_(list(places)), inbox.c.kind == Kind.EDIT.value)
        rows = await connection.execute(found.order_by(inbox.c.sent_ms, inbox.c.id))
        return {bytes(row.target): self._read_message(row) for row in rows}

    def _read_message(self, row: Any) -> Message:
        box = self.vault.box(row.person_id, row.wrapped)
        return unpack(box, place(inbox, row.id, "body"), row.body, Message)

    def _place_of(self, message: Message, platform_message_id: str) -> bytes:
        return self._place(message.platform, message.chat_id, platform_message_id)

    def _dedupe(self, message: Message) -> bytes:
        """What is the same for the same deed told twice."""
        told = message.platform_message_id
        parts = [message.platform, message.chat_id, message.kind.value, told or message.id]
        if message.kind in (Kind.EDIT, Kind.PRESS) and told in ("", message.target):
            # Edits carry the id of what they edit: each wording, and the same wording at a later time, is its own.
            files = [attachment.remote.partition(" ")[0] for attachment in message.attachments]
            parts = [*parts[:3], message.target, message.text, message.press, str(to_ms(message.sent_at)), *files]
        return self.vault.blind("dedupe", *parts)


async def _newest(
    connection: AsyncConnection, found: sa.Select[Any], table: sa.Table, since_ms: int, limit: int
) -> Sequence[Any]:
    if since_ms:
        return (await connection.execute(found.where(table.c.changed_ms > since_ms))).all()
    return (await connection.execute(found.order_by(table.c.id.desc()).limit(limit))).all()


def _edited(message: Message, edit: Message | None) -> Message:
    if edit is None:
        return message
    return replace(message, text=edit.text, attachments=edit.attachments or message.attachments)
