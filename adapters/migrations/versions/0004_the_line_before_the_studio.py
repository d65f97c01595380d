"""The line before the studio: which pictures wait, and in what order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One step on."""
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_stages_line", "stages", ["reference"], unique=False, sqlite_where=waiting, postgresql_where=waiting
    )


def downgrade() -> None:
    """One step back."""
    op.drop_index("ix_stages_line", table_name="stages")
