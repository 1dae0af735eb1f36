"""the session an impersonation was started from"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("login_session", sa.Column("actor_session_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("login_session", "actor_session_id")
