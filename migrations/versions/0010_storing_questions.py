"""storing questions in one round trip: the line's lock is not held while the process thinks"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Each statement of the function sees what was committed before it, so the lock comes first. Under it nobody else
# writes questions: what is not found then is new. Fewer new ones than `at_least` are told and not stored.
STORE = """
create function store_questions(candidates jsonb, at_most int, at_least int, moment timestamptz)
returns table (kind text, id uuid, number bigint, question text, answer text, created_at timestamptz, category text,
               difficulty text, value int, source text, source_id text, licence text, aired_at timestamptz,
               saved_at timestamptz)
language plpgsql as $store$
#variable_conflict use_column
begin
  perform pg_advisory_xact_lock(4205127114);
  return query
  with given as (
    select * from rows from (jsonb_to_recordset(candidates) as (
             question text, answer text, fingerprint text, category text, difficulty text, value int, source text,
             source_id text, licence text, created_at timestamptz, aired_at timestamptz)) with ordinality
           as g(question, answer, mark, category, difficulty, value, source, source_id, licence, created_at, aired_at,
                place)
  ), fresh as materialized (
    select * from given where not exists (select from questions where fingerprint = decode(mark, 'hex'))
     order by place limit at_most
  ), enough as materialized (
    select count(*) >= at_least as yes from fresh
  ), named as (
    insert into question_categories as c (title, questions, created_at, updated_at)
    select category, count(*), moment, moment from fresh, enough where yes and category is not null group by category
        on conflict (title) do update set questions = c.questions + excluded.questions, updated_at = moment
    returning c.id, title
  ), saved as (
    insert into questions (fingerprint, question, answer, category, category_id, difficulty, value, source, source_id,
                           licence, created_at, aired_at, saved_at)
    select decode(mark, 'hex'), question, answer, category, named.id, difficulty, value, source, source_id, licence,
           created_at, aired_at, moment
      from enough, fresh left join named on title = category where yes order by place
        on conflict (fingerprint) do nothing
    returning id, number, question, answer, created_at, category, difficulty, value, source, source_id, licence,
              aired_at, saved_at
  )
  (select 'previous', id, number, question, answer, created_at, category, difficulty, value, source, source_id,
          licence, aired_at, saved_at
     from questions order by number desc limit 1)
  union all select 'saved', saved.* from saved
  union all select 'unsaved', null, null, question, answer, created_at, category, difficulty, value, source,
                   source_id, licence, aired_at, null
              from fresh, enough where not yes;
end
$store$
"""


def upgrade() -> None:
    op.execute(STORE)


def downgrade() -> None:
    op.execute("drop function store_questions(jsonb, int, int, timestamptz)")
