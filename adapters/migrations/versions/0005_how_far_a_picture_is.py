"""How far a picture is, while it is painted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One step on."""
    op.add_column("stages", sa.Column("done", sa.Float(), server_default="0", nullable=False))


def downgrade() -> None:
    """One step back."""
    op.drop_column("stages", "done")
