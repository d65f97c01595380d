"""Reminders, codes that join accounts, and the keys of diaries that were joined."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One step on."""
    op.create_table(
        "former_keys",
        sa.Column("former_id", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_former_keys_person_id_people")),
        sa.PrimaryKeyConstraint("former_id", name=op.f("pk_former_keys")),
    )
    op.create_index(op.f("ix_former_keys_person_id"), "former_keys", ["person_id"], unique=False)
    op.create_table(
        "join_codes",
        sa.Column("code", sa.LargeBinary(length=16), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_join_codes_person_id_people")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_join_codes")),
    )
    op.create_index(op.f("ix_join_codes_person_id"), "join_codes", ["person_id"], unique=False)
    op.create_table(
        "join_guesses",
        sa.Column("handle", sa.LargeBinary(length=16), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("guesses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("handle", name=op.f("pk_join_guesses")),
    )
    op.create_table(
        "reminders",
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("next_ms", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_reminders_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_reminders")),
    )
    op.create_index(op.f("ix_reminders_next_ms"), "reminders", ["next_ms"], unique=False)
    op.add_column("media", sa.Column("sealed_by", sa.String(length=40), nullable=True))


def downgrade() -> None:
    """One step back."""
    with op.batch_alter_table("media") as media:
        media.drop_column("sealed_by")
    for table in ("reminders", "join_guesses", "join_codes", "former_keys"):
        op.drop_table(table)
