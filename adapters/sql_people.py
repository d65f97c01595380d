"""People in the store: who an account belongs to, their profile and their consents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql_base import Base
from adapters.sql_codec import pack, place, to_ms, unpack
from adapters.sql_database import held
from adapters.sql_schema import accounts, consents, people, person_keys
from adapters.vault import Box
from core.entities import Person, Purpose, SafetyState, new_id, utc_now
from core.ports import Forgotten, NotFound


class PeopleInSql(Base):
    """The part of `core.ports.Store` about people."""

    async def person_of(self, platform: str, account: str, *, language: str = "", time_zone: str = "") -> Person:
        """The person behind an account; a new one with those hints where there is none."""
        async with self.db.read() as connection:
            handle = self.vault.blind("account", platform, account)
            row = (await connection.execute(_BEHIND, {"platform": platform, "handle": handle})).one_or_none()
            if row is not None:
                return self._read_person(row)
        async with self.db.write() as connection:
            person_id, _box = await self._person_behind(connection, platform, account, language, time_zone)
            return await self._person(connection, person_id)

    async def person(self, person_id: str) -> Person:
        """Raises NotFound, Forgotten."""
        async with self.db.read() as connection:
            return await self._person(connection, person_id)

    async def people(self) -> Sequence[Person]:
        """Everybody who was not forgotten."""
        found = sa.select(people, person_keys.c.wrapped).join(person_keys).order_by(people.c.id)
        async with self.db.read() as connection:
            return [self._read_person(row) for row in await connection.execute(found)]

    async def save_person(self, person: Person) -> None:
        """Write profile and settings (not consents). Raises NotFound."""
        async with self.db.write() as connection:
            box = await self._box(connection, person.id)
            await connection.execute(_at(person.id).values(body=_seal_person(box, person)))

    async def change_person(self, person_id: str, change: Callable[[Person], Person]) -> Person:
        """Read, change and write profile and settings (not consents) in one transaction, and return them as they are
        now; what others change at the same moment stays. Raises NotFound, Forgotten."""
        async with self.db.write() as connection:
            box = await self._box(connection, person_id)
            before = await self._person(connection, person_id)
            person = replace(change(before), id=person_id, consents=before.consents)
            if person != before:
                await connection.execute(_at(person_id).values(body=_seal_person(box, person)))
            return person

    async def set_consent(self, person_id: str, purpose: Purpose, granted: bool) -> Person:
        """Keep a consent or its withdrawal with its time, and return the person as they are now."""
        async with self.db.write() as connection:
            await self._box(connection, person_id)  # not forgotten in between
            person = await self._person(connection, person_id)
            now = person.consents | {purpose} if granted else person.consents - {purpose}
            await connection.execute(
                consents.insert().values(
                    id=new_id(), person_id=person_id, purpose=purpose.value, granted=granted, at_ms=self._now_ms()
                )
            )
            await connection.execute(_at(person_id).values(consents=" ".join(sorted(now))))
            return replace(person, consents=now)

    async def asked(self, person_id: str, purpose: Purpose) -> bool:
        """True where the person ever said yes or no to `purpose`."""
        of_theirs = (consents.c.person_id == person_id, consents.c.purpose == purpose.value)
        async with self.db.read() as connection:
            found = await connection.scalar(sa.select(consents.c.id).where(*of_theirs).limit(1))
        return found is not None

    async def accounts(self, person_id: str) -> list[tuple[str, str]]:
        """(platform, account) of everywhere a person writes from. Raises NotFound, Forgotten."""
        async with self.db.read() as connection:
            box = await self._box(connection, person_id)
            found = sa.select(accounts).where(accounts.c.person_id == person_id).order_by(accounts.c.created_ms)
            return [
                (row.platform, unpack(box, _account_place(row.platform, row.handle), row.body, str))
                for row in await connection.execute(found)
            ]

    async def safety_state(self, person_id: str) -> SafetyState | None:
        """Where the person stands, None where all is well."""
        async with self.db.read() as connection:
            return await self._safety(connection, await self._box(connection, person_id), person_id)

    async def change_safety_state(
        self, person_id: str, change: Callable[[SafetyState | None], SafetyState | None]
    ) -> SafetyState | None:
        """Read, change and write where the person stands in one transaction, and return it; None ends a state. What is
        said at the same moment elsewhere is not lost by it. Raises NotFound, Forgotten."""
        before = await self.safety_state(person_id)
        if change(before) == before:  # as for nearly every line: nobody has to wait for a writer
            return before
        async with self.db.write() as connection:
            box = await self._box(connection, person_id)
            now = change(await self._safety(connection, box, person_id))
            sealed = None if now is None else pack(box, place(people, person_id, "safety"), now)
            await connection.execute(_at(person_id).values(safety=sealed))
            return now

    async def _safety(self, connection: AsyncConnection, box: Box, person_id: str) -> SafetyState | None:
        found = sa.select(people.c.safety).where(people.c.id == person_id)
        sealed = await connection.scalar(held(connection, found, to_change=True))
        return None if sealed is None else unpack(box, place(people, person_id, "safety"), sealed, SafetyState)

    async def _person_at(self, connection: AsyncConnection, platform: str, account: str) -> str | None:
        """Who an account belongs to; None for nobody and for somebody whose forgetting was cut short."""
        found = self._behind(platform, account, person_keys.c.person_id)
        person_id: str | None = await connection.scalar(found)
        return person_id

    def _behind(self, platform: str, account: str, column: sa.Column[Any]) -> sa.Select[Any]:
        keys = accounts.join(person_keys, person_keys.c.person_id == accounts.c.person_id)
        return sa.select(column).select_from(keys).where(*self._account(platform, account))

    async def _person_behind(
        self, connection: AsyncConnection, platform: str, account: str, language: str, time_zone: str
    ) -> tuple[str, Box]:
        """The person of an account and their key, made where there is none. Writes."""
        found = await self._person_at(connection, platform, account)
        handle = self.vault.blind("account", platform, account)
        if found is None and not self.db.is_sqlite:  # another process may be making them at this moment
            await self.db.hold_blind(connection, [handle])
            found = await self._person_at(connection, platform, account)
        if found is not None:
            return found, await self._box(connection, found)
        person = self._newcomer(language, time_zone)
        box = await self._add_person(connection, person)
        await self._give_account(connection, platform, account, person.id, box)
        return person.id, box

    async def _add_person(self, connection: AsyncConnection, person: Person) -> Box:
        """A new person with a key of their own."""
        wrapped = self.vault.new_key(person.id)
        box = self.vault.box(person.id, wrapped)
        row = {"id": person.id, "created_ms": to_ms(person.created_at), "consents": "", "entry_count": 0}
        await connection.execute(people.insert().values(**row, body=_seal_person(box, person), safety=None))
        await connection.execute(person_keys.insert().values(person_id=person.id, wrapped=wrapped))
        return box

    async def _give_account(
        self, connection: AsyncConnection, platform: str, account: str, person_id: str, box: Box
    ) -> None:
        """From now on the account is that person's."""
        handle = self.vault.blind("account", platform, account)
        await connection.execute(accounts.delete().where(*self._account(platform, account)))
        sealed = pack(box, _account_place(platform, handle), account)
        row = {"platform": platform, "handle": handle, "person_id": person_id, "created_ms": self._now_ms()}
        await connection.execute(accounts.insert().values(**row, body=sealed))

    def _newcomer(self, language: str, time_zone: str) -> Person:
        spoken = language.replace("_", "-").partition("-")[0].lower()
        known = {"ko": "ko", "": self.settings.language}.get(spoken, "en")
        person = Person(id=new_id(), language=known, created_at=utc_now())
        unknown = "Asia/Seoul" if person.language == "ko" else "UTC"
        return replace(person, time_zone=time_zone if _is_zone(time_zone) else unknown)

    def _account(self, platform: str, account: str) -> tuple[Any, ...]:
        handle = self.vault.blind("account", platform, account)
        return accounts.c.platform == platform, accounts.c.handle == handle

    async def _person(self, connection: AsyncConnection, person_id: str) -> Person:
        found = held(connection, _PERSON, of=people, to_change=True)
        row = (await connection.execute(found, {"person_id": person_id})).one_or_none()
        if row is None:
            raise NotFound(f"no person {person_id}")
        return self._read_person(row)

    def _read_person(self, row: Any) -> Person:
        box = self.vault.box(row.id, row.wrapped)
        if row.body is None:
            raise Forgotten(f"{row.id} was forgotten")
        person = unpack(box, place(people, row.id, "body"), row.body, Person)
        return replace(person, consents=frozenset(Purpose(name) for name in row.consents.split()))


_BEHIND = (
    sa.select(people, person_keys.c.wrapped)
    .select_from(
        accounts.join(person_keys, person_keys.c.person_id == accounts.c.person_id).join(
            people, people.c.id == accounts.c.person_id
        )
    )
    .where(accounts.c.platform == sa.bindparam("platform"), accounts.c.handle == sa.bindparam("handle"))
)


def _at(person_id: str) -> sa.Update:
    return people.update().where(people.c.id == person_id)


def _seal_person(box: Box, person: Person) -> bytes:
    return pack(box, place(people, person.id, "body"), replace(person, consents=frozenset()))


def _account_place(platform: str, handle: bytes) -> str:
    return place(accounts, f"{platform}/{bytes(handle).hex()}", "body")


def _is_zone(name: str) -> bool:
    try:
        return bool(name) and ZoneInfo(name) is not None
    except (ValueError, OSError, KeyError):
        return False


_PERSON = (
    sa.select(people, person_keys.c.wrapped)
    .select_from(people.outerjoin(person_keys))
    .where(people.c.id == sa.bindparam("person_id"))
)
