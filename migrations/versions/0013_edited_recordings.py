"""recordings know what they were edited from, as long as that is there"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """alter table audio_records add column edited_from uuid
             constraint fk_audio_records_edited_from_audio_records references audio_records (id) on delete set null"""
    )
    op.execute(
        """create index ix_audio_records_edited_from on audio_records (edited_from)
            where edited_from is not null"""
    )


def downgrade() -> None:
    op.execute("alter table audio_records drop column edited_from")
