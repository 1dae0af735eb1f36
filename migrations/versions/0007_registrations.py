"""registrations, held names, pictures"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "registration",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("ticket_hash", sa.LargeBinary(), nullable=False),
        sa.Column("nickname", sa.Text(), nullable=True),
        sa.Column("display_name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("email_key", sa.Text(), nullable=True),
        sa.Column("password", sa.LargeBinary(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("worked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("email_checks", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("avatar_id", sa.Uuid(), nullable=True),
        sa.Column("avatar_gen", sa.Integer(), server_default="0", nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration")),
        sa.UniqueConstraint("ticket_hash", name=op.f("uq_registration_ticket_hash")),
    )
    op.create_index("ix_registration_expires_at", "registration", ["expires_at"])
    op.create_table(
        "name_reservation",
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_name_reservation_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_name_reservation")),
    )
    op.create_index("ix_name_reservation_registration_id", "name_reservation", ["registration_id"])
    op.create_table(
        "staged_upload",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("registration_id", sa.Uuid(), nullable=True),
        sa.Column("gen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("width", sa.Integer(), server_default="0", nullable=False),
        sa.Column("height", sa.Integer(), server_default="0", nullable=False),
        sa.Column("files", postgresql.JSONB(none_as_null=True), server_default="[]", nullable=False),
        sa.Column("thumbhash", sa.LargeBinary(), server_default="", nullable=False),
        sa.Column("working", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("cleared_at", MOMENT, nullable=True),
        sa.CheckConstraint("kind in ('avatar','thumbnail','banner')", name=op.f("ck_staged_upload_kind")),
        sa.CheckConstraint("state in ('receiving','staged','claimed','deleting')", name=op.f("ck_staged_upload_state")),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user_account.id"], name=op.f("fk_staged_upload_owner_id_user_account"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staged_upload")),
    )
    op.create_index(
        "ix_staged_upload_expires_at",
        "staged_upload",
        ["expires_at"],
        postgresql_where=sa.text("state <> 'claimed'"),
    )
    op.create_index("ix_staged_upload_owner_id", "staged_upload", ["owner_id", "created_at"])


def downgrade() -> None:
    op.drop_table("staged_upload")
    op.drop_table("name_reservation")
    op.drop_table("registration")
