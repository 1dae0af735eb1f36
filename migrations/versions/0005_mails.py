"""mails"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.add_column("user_account", sa.Column("locale", sa.Text(), server_default="en", nullable=False))
    op.add_column("user_account", sa.Column("purge_at", MOMENT, nullable=True))
    op.create_check_constraint(op.f("ck_user_account_locale"), "user_account", "locale in ('en','ru')")
    op.create_index("ix_jobs_subject", "jobs", ["subject", "kind", "created_at"], unique=False)
    op.create_table(
        "mails",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("recipient_key", sa.Text(collation="C"), nullable=False),
        sa.Column("lang", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint("lang in ('en','ru')", name=op.f("ck_mails_lang")),
        sa.CheckConstraint(
            "state in ('asked','waiting','sent','failed','expired','kept')", name=op.f("ck_mails_state")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_mails_user_id_user_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
    )
    op.create_index("ix_mails_created_at", "mails", ["created_at"], unique=False)
    op.create_index("ix_mails_recipient_key", "mails", ["recipient_key", "kind", "created_at"], unique=False)
    op.create_table(
        "mailbox_proof",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(collation="C"), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("code_until", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.CheckConstraint("purpose in ('email','password')", name=op.f("ck_mailbox_proof_purpose")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_mailbox_proof_user_id_user_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "purpose", name=op.f("pk_mailbox_proof")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_mailbox_proof_token_hash")),
    )
    op.create_table(
        "name_hold",
        sa.Column("skel", sa.Text(collation="C"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_name_hold_user_id_user_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("skel", name=op.f("pk_name_hold")),
    )
    op.create_index(op.f("ix_name_hold_user_id"), "name_hold", ["user_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_name_hold_user_id"), table_name="name_hold")
    op.drop_table("name_hold")
    op.drop_table("mailbox_proof")
    op.drop_index("ix_mails_recipient_key", table_name="mails")
    op.drop_index("ix_mails_created_at", table_name="mails")
    op.drop_table("mails")
    op.drop_index("ix_jobs_subject", table_name="jobs")
    op.drop_constraint(op.f("ck_user_account_locale"), "user_account", type_="check")
    op.drop_column("user_account", "purge_at")
    op.drop_column("user_account", "locale")
