"""what playlists declare and never change: one target duration for what is played together, channels, growing lists"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Renditions of one video were listed together, so they get one number.
TARGET = """
update renditions r set growing = r.name = 'first', target_duration = greatest(1, (
    select coalesce(max(ceil(s.ticks::numeric / o.timescale)), 1)
      from renditions o join segments s on s.rendition_id = o.id
     where o.video_id = r.video_id and o.generation = r.generation))"""


def upgrade() -> None:
    op.add_column("renditions", sa.Column("channels", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("renditions", sa.Column("target_duration", sa.Integer(), server_default="1", nullable=False))
    op.add_column("renditions", sa.Column("growing", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.execute(TARGET)


def downgrade() -> None:
    for name in ("growing", "target_duration", "channels"):
        op.drop_column("renditions", name)
