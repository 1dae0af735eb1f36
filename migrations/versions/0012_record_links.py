"""recordings in order of their time: their ids are links, so they tell nothing"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table audio_records alter column id set default gen_random_uuid()")
    op.execute("create index ix_audio_records_newest on audio_records (owner_id, created_at desc, id desc)")
    op.execute("drop index ix_audio_records_owner_id")


def downgrade() -> None:
    op.execute("create index ix_audio_records_owner_id on audio_records (owner_id, id desc)")
    op.execute("drop index ix_audio_records_newest")
    op.execute("alter table audio_records alter column id set default uuidv7()")
