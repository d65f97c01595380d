"""The tables: what is found by equality or order stands clear, whatever tells of a person is sealed.

Times are whole milliseconds since the epoch, UTC. A *blind* column is a keyed hash (`Vault.blind`) of something
that must be found but not read. A *sealed* column opens with its person's key only (`sql_codec`).
"""

from __future__ import annotations

import sqlalchemy as sa

#: The Alembic revision that these tables are; a test keeps it equal to the newest migration.
REVISION = "0005"

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Blind = sa.LargeBinary(16)
Sealed = sa.LargeBinary
Id = sa.String(40)


def _person() -> sa.Column[str]:
    return sa.Column("person_id", Id, sa.ForeignKey("people.id"), nullable=False)


def _entry(*, primary_key: bool = False) -> sa.Column[str]:
    owner = sa.ForeignKey("entries.id", ondelete="CASCADE")
    return sa.Column("entry_id", Id, owner, nullable=False, primary_key=primary_key)


meta = sa.Table(
    "meta",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
)

leases = sa.Table(  # who is alive, on which machine (`leases`); empty on SQLite
    "leases",
    metadata,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("home", sa.String(40), nullable=False),  # the data folder of that process, hashed
    sa.Column("holder", sa.String(40), nullable=False),
    sa.Column("until_ms", sa.BigInteger, nullable=False),
)

# --- people ------------------------------------------------------------------------------------

people = sa.Table(  # a row without a key and a body is what stays of someone who was forgotten
    "people",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("consents", sa.String(200), nullable=False),  # the purposes granted now, by a space
    sa.Column("entry_count", sa.Integer, nullable=False),  # hidden ones left out; counting ten thousand takes its time
    sa.Column("body", Sealed),
    sa.Column("safety", Sealed),
)

person_keys = sa.Table(
    "person_keys",
    metadata,
    _person(),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
    sa.PrimaryKeyConstraint("person_id"),
)

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("platform", sa.String(20), primary_key=True),
    sa.Column("handle", Blind, primary_key=True),
    _person(),
    sa.Column("body", Sealed, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Index(None, "person_id"),
)

consents = sa.Table(  # every word given and taken back, with its time
    "consents",
    metadata,
    sa.Column("id", Id, primary_key=True),
    _person(),
    sa.Column("purpose", sa.String(20), nullable=False),
    sa.Column("granted", sa.Boolean, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Index(None, "person_id", "purpose", "at_ms"),
)

former_keys = sa.Table(  # of people whose diary was moved into this person's: their files stay sealed as they were
    "former_keys",
    metadata,
    sa.Column("former_id", Id, primary_key=True),
    _person(),
    sa.Column("body", Sealed, nullable=False),
    sa.Index(None, "person_id"),
)

join_codes = sa.Table(
    "join_codes",
    metadata,
    sa.Column("code", Blind, primary_key=True),
    _person(),
    sa.Column("expires_ms", sa.BigInteger, nullable=False),
    sa.Column("body", Sealed, nullable=False),
    sa.Index(None, "person_id"),
)

join_guesses = sa.Table(  # by account, so that who begins anew guesses no more than anybody else
    "join_guesses",
    metadata,
    sa.Column("handle", Blind, primary_key=True),
    sa.Column("since_ms", sa.BigInteger, nullable=False),
    sa.Column("guesses", sa.Integer, nullable=False),
)

reminders = sa.Table(
    "reminders",
    metadata,
    _person(),
    sa.Column("next_ms", sa.BigInteger),  # NULL while none is due
    sa.Column("body", Sealed, nullable=False),
    sa.PrimaryKeyConstraint("person_id"),
    sa.Index(None, "next_ms"),
)

# --- what arrived and what went back -----------------------------------------------------------

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("id", Id, primary_key=True),
    _person(),
    sa.Column("chat", Blind, nullable=False),
    sa.Column("dedupe", Blind, nullable=False, unique=True),
    sa.Column("place", Blind, nullable=False),  # its own platform_message_id in that chat
    sa.Column("target", Blind),  # the platform_message_id that it edits or presses
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("sent_ms", sa.BigInteger, nullable=False),
    sa.Column("changed_ms", sa.BigInteger, nullable=False),
    sa.Column("entry_id", Id),
    sa.Column("body", Sealed, nullable=False),
    sa.Index(None, "chat", "kind", "id"),
    sa.Index(None, "chat", "kind", "sent_ms"),
    sa.Index(None, "chat", "changed_ms"),
    sa.Index(None, "place"),
    sa.Index(None, "target"),
    sa.Index(None, "entry_id"),
    sa.Index(None, "person_id"),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("key", sa.String(200), nullable=False, unique=True),
    _person(),
    sa.Column("platform", sa.String(20), nullable=False),
    sa.Column("chat", Blind, nullable=False),
    sa.Column("slot", Blind),  # NULL once a newer reply stands in it
    sa.Column("place", Blind),  # its platform_message_id in that chat, once it has one
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("changed_ms", sa.BigInteger, nullable=False),
    sa.Column("chat_id", Sealed, nullable=False),
    sa.Column("message_id", Sealed),
    sa.Column("body", Sealed, nullable=False),
    sa.UniqueConstraint("chat", "slot"),
    sa.Index(None, "chat", "id"),
    sa.Index(None, "chat", "changed_ms"),
    sa.Index(None, "place"),
    sa.Index(None, "platform", "state"),
    sa.Index(None, "person_id"),
)

# --- the diary ---------------------------------------------------------------------------------

entries = sa.Table(
    "entries",
    metadata,
    sa.Column("id", Id, primary_key=True),
    _person(),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("deleted", sa.Boolean, nullable=False),
    sa.Column("line", Sealed, nullable=False),  # what a list shows of it
    sa.Index(None, "person_id", "deleted", "day", "created_ms", "id"),  # walked backwards: newest day first
    sa.Index(None, "person_id", "deleted", "created_ms"),
)

entry_versions = sa.Table(
    "entry_versions",
    metadata,
    _entry(primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    _person(),
    sa.Column("body", Sealed, nullable=False),
    sa.Index(None, "person_id"),
)

analyses = sa.Table(
    "analyses",
    metadata,
    _entry(primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    _person(),
    sa.Column("body", Sealed, nullable=False),
    sa.Index(None, "person_id"),
)

works = sa.Table(
    "works",
    metadata,
    sa.Column("id", Id, primary_key=True),
    _entry(),
    _person(),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("made_ms", sa.BigInteger, nullable=False),
    sa.Column("body", Sealed, nullable=False),
    sa.Index(None, "entry_id", "made_ms"),
    sa.Index(None, "person_id", "kind", "made_ms"),
)

#: In words of its own: a value that is bound would not be found in an index of some rows only.
IN_LINE = sa.text("state = 'waiting'")

stages = sa.Table(
    "stages",
    metadata,
    _entry(primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(40), primary_key=True),
    _person(),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("work_id", sa.String(40), nullable=False),
    sa.Column("reference", sa.String(40), nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("done", sa.Float, nullable=False, server_default="0"),
    sa.Index(None, "person_id"),
    sa.Index("ix_stages_line", "reference", sqlite_where=IN_LINE, postgresql_where=IN_LINE),
)

corrections = sa.Table(
    "corrections",
    metadata,
    _entry(primary_key=True),
    _person(),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("body", Sealed, nullable=False),
    sa.Index(None, "person_id"),
)

ratings = sa.Table(
    "ratings",
    metadata,
    sa.Column("work_id", Id, sa.ForeignKey("works.id", ondelete="CASCADE"), primary_key=True),
    _person(),
    sa.Column("stars", sa.Integer, nullable=False),
    sa.Column("rated_ms", sa.BigInteger, nullable=False),
    sa.Index(None, "person_id"),
)

turns = sa.Table(
    "turns",
    metadata,
    sa.Column("id", Id, primary_key=True),
    _person(),
    sa.Column("entry_id", Id),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("body", Sealed, nullable=False),
    sa.Index(None, "person_id", "at_ms", "id"),
    sa.Index(None, "entry_id"),
)

media = sa.Table(
    "media",
    metadata,
    sa.Column("id", Id, primary_key=True),
    _person(),
    sa.Column("mime", sa.String(100), nullable=False),
    sa.Column("file_bytes", sa.BigInteger, nullable=False),
    sa.Column("sealed_by", Id),  # whose key seals the file (`former_keys`), where that is not its person's own
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Index(None, "person_id"),
)

#: What goes when a person is forgotten, in an order that foreign keys allow; media rows go with their files.
OWNED = (
    ratings, stages, corrections, analyses, works, entry_versions, entries, turns, inbox, outbox, reminders, join_codes,
    former_keys, consents, accounts,
)  # fmt: skip
