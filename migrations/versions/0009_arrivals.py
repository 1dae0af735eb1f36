"""registrations of people whom a provider sends, codes that confirm an address before there is an account"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)
COLUMNS = {
    "email_code_hash": sa.LargeBinary(),
    "email_code_until": MOMENT,
    "email_verified_at": MOMENT,
    "issuer": sa.Text(),
    "sub": sa.Text(),
    "provider": sa.Text(),
    "shown": sa.Text(),
    "idp_sid": sa.Text(),
    "idp_hint": sa.LargeBinary(),
    "idp_auth_time": MOMENT,
}


def upgrade() -> None:
    for name, kind in COLUMNS.items():
        op.add_column("registration", sa.Column(name, kind, nullable=True))
    tries = sa.Column("email_code_tries", sa.SmallInteger(), server_default="0", nullable=False)
    op.add_column("registration", tries)
    op.add_column("registration", sa.Column("avatar_uploads", sa.Integer(), server_default="0", nullable=False))
    op.add_column("staged_upload", sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index(
        "ix_registration_issuer_sub", "registration", ["issuer", "sub"], postgresql_where=sa.text("issuer is not null")
    )


def downgrade() -> None:
    op.drop_index("ix_registration_issuer_sub", "registration")
    op.drop_column("staged_upload", "bytes")
    for name in (*COLUMNS, "email_code_tries", "avatar_uploads"):
        op.drop_column("registration", name)
