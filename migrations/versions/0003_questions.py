"""questions"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "question_banks",
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_question_banks")),
    )
    op.create_table(
        "question_categories",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("title", sa.Text(collation="C"), nullable=False),
        sa.Column("questions", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_categories")),
        sa.UniqueConstraint("title", name=op.f("uq_question_categories_title")),
    )
    op.create_table(
        "questions",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("difficulty", sa.Text(), nullable=True),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("aired_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("saved_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed("to_tsvector('english', question || ' ' || answer)", persisted=True),
            nullable=False,
        ),
        sa.CheckConstraint("difficulty in ('easy','medium','hard')", name=op.f("ck_questions_difficulty")),
        sa.CheckConstraint("octet_length(fingerprint) = 32", name=op.f("ck_questions_fingerprint")),
        sa.ForeignKeyConstraint(
            ["category_id"], ["question_categories.id"], name=op.f("fk_questions_category_id_question_categories")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_questions_fingerprint")),
        sa.UniqueConstraint("number", name=op.f("uq_questions_number")),
    )
    op.create_index("ix_questions_category_id", "questions", ["category_id", "number"], unique=False)
    op.create_index("ix_questions_search", "questions", ["search"], unique=False, postgresql_using="gin")
    op.create_index("ix_questions_source", "questions", ["source", "number"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_questions_source", table_name="questions")
    op.drop_index("ix_questions_search", table_name="questions", postgresql_using="gin")
    op.drop_index("ix_questions_category_id", table_name="questions")
    op.drop_table("questions")
    op.drop_table("question_categories")
    op.drop_table("question_banks")
