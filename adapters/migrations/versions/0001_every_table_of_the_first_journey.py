"""Every table of the first journey."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One step on."""
    op.create_table(
        "meta",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_meta")),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("consents", sa.String(length=200), nullable=False),
        sa.Column("entry_count", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("safety", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
    )
    op.create_table(
        "accounts",
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("handle", sa.LargeBinary(length=16), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_accounts_person_id_people")),
        sa.PrimaryKeyConstraint("platform", "handle", name=op.f("pk_accounts")),
    )
    op.create_index(op.f("ix_accounts_person_id"), "accounts", ["person_id"], unique=False)
    op.create_table(
        "consents",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_consents_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(
        op.f("ix_consents_person_id_purpose_at_ms"), "consents", ["person_id", "purpose", "at_ms"], unique=False
    )
    op.create_table(
        "entries",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_entries_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
    )
    op.create_index(
        op.f("ix_entries_person_id_deleted_created_ms"), "entries", ["person_id", "deleted", "created_ms"], unique=False
    )
    op.create_index(
        op.f("ix_entries_person_id_deleted_day_created_ms_id"),
        "entries",
        ["person_id", "deleted", "day", "created_ms", "id"],
        unique=False,
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("chat", sa.LargeBinary(length=16), nullable=False),
        sa.Column("dedupe", sa.LargeBinary(length=16), nullable=False),
        sa.Column("place", sa.LargeBinary(length=16), nullable=False),
        sa.Column("target", sa.LargeBinary(length=16), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("sent_ms", sa.BigInteger(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.String(length=40), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_inbox_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("dedupe", name=op.f("uq_inbox_dedupe")),
    )
    op.create_index(op.f("ix_inbox_chat_changed_ms"), "inbox", ["chat", "changed_ms"], unique=False)
    op.create_index(op.f("ix_inbox_chat_kind_id"), "inbox", ["chat", "kind", "id"], unique=False)
    op.create_index(op.f("ix_inbox_chat_kind_sent_ms"), "inbox", ["chat", "kind", "sent_ms"], unique=False)
    op.create_index(op.f("ix_inbox_entry_id"), "inbox", ["entry_id"], unique=False)
    op.create_index(op.f("ix_inbox_person_id"), "inbox", ["person_id"], unique=False)
    op.create_index(op.f("ix_inbox_place"), "inbox", ["place"], unique=False)
    op.create_index(op.f("ix_inbox_target"), "inbox", ["target"], unique=False)
    op.create_table(
        "media",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("mime", sa.String(length=100), nullable=False),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_media_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
    )
    op.create_index(op.f("ix_media_person_id"), "media", ["person_id"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("chat", sa.LargeBinary(length=16), nullable=False),
        sa.Column("slot", sa.LargeBinary(length=16), nullable=True),
        sa.Column("place", sa.LargeBinary(length=16), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.LargeBinary(), nullable=False),
        sa.Column("message_id", sa.LargeBinary(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_outbox_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("chat", "slot", name=op.f("uq_outbox_chat_slot")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    op.create_index(op.f("ix_outbox_chat_changed_ms"), "outbox", ["chat", "changed_ms"], unique=False)
    op.create_index(op.f("ix_outbox_chat_id"), "outbox", ["chat", "id"], unique=False)
    op.create_index(op.f("ix_outbox_person_id"), "outbox", ["person_id"], unique=False)
    op.create_index(op.f("ix_outbox_place"), "outbox", ["place"], unique=False)
    op.create_index(op.f("ix_outbox_platform_state"), "outbox", ["platform", "state"], unique=False)
    op.create_table(
        "person_keys",
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_person_keys_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person_keys")),
    )
    op.create_table(
        "turns",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("entry_id", sa.String(length=40), nullable=True),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_turns_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_turns")),
    )
    op.create_index(op.f("ix_turns_entry_id"), "turns", ["entry_id"], unique=False)
    op.create_index(op.f("ix_turns_person_id_at_ms_id"), "turns", ["person_id", "at_ms", "id"], unique=False)
    op.create_table(
        "analyses",
        sa.Column("entry_id", sa.String(length=40), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entries.id"], name=op.f("fk_analyses_entry_id_entries"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_analyses_person_id_people")),
        sa.PrimaryKeyConstraint("entry_id", "revision", name=op.f("pk_analyses")),
    )
    op.create_index(op.f("ix_analyses_person_id"), "analyses", ["person_id"], unique=False)
    op.create_table(
        "corrections",
        sa.Column("entry_id", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entries.id"], name=op.f("fk_corrections_entry_id_entries"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_corrections_person_id_people")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_corrections")),
    )
    op.create_index(op.f("ix_corrections_person_id"), "corrections", ["person_id"], unique=False)
    op.create_table(
        "entry_versions",
        sa.Column("entry_id", sa.String(length=40), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entries.id"], name=op.f("fk_entry_versions_entry_id_entries"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_entry_versions_person_id_people")),
        sa.PrimaryKeyConstraint("entry_id", "revision", name=op.f("pk_entry_versions")),
    )
    op.create_index(op.f("ix_entry_versions_person_id"), "entry_versions", ["person_id"], unique=False)
    op.create_table(
        "stages",
        sa.Column("entry_id", sa.String(length=40), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("work_id", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entries.id"], name=op.f("fk_stages_entry_id_entries"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_stages_person_id_people")),
        sa.PrimaryKeyConstraint("entry_id", "revision", "name", name=op.f("pk_stages")),
    )
    op.create_index(op.f("ix_stages_person_id"), "stages", ["person_id"], unique=False)
    op.create_table(
        "works",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("entry_id", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entries.id"], name=op.f("fk_works_entry_id_entries"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_works_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_works")),
    )
    op.create_index(op.f("ix_works_entry_id_made_ms"), "works", ["entry_id", "made_ms"], unique=False)
    op.create_index(op.f("ix_works_person_id_kind_made_ms"), "works", ["person_id", "kind", "made_ms"], unique=False)
    op.create_table(
        "ratings",
        sa.Column("work_id", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("rated_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_ratings_person_id_people")),
        sa.ForeignKeyConstraint(["work_id"], ["works.id"], name=op.f("fk_ratings_work_id_works"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("work_id", name=op.f("pk_ratings")),
    )
    op.create_index(op.f("ix_ratings_person_id"), "ratings", ["person_id"], unique=False)


def downgrade() -> None:
    """One step back: nothing is left."""
    for table in (
        "ratings",
        "works",
        "stages",
        "entry_versions",
        "corrections",
        "analyses",
        "turns",
        "person_keys",
        "outbox",
        "media",
        "inbox",
        "entries",
        "consents",
        "accounts",
        "people",
        "meta",
    ):
        op.drop_table(table)
