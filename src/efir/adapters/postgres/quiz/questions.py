"""Quiz questions in PostgreSQL."""

from datetime import datetime
from typing import Any

from efir.adapters.postgres.kernel.advisory_locks import AdvisoryLock
from efir.adapters.postgres.kernel.pagination import keyset
from efir.domain.quiz import Candidate, QuestionId, QuestionNotFound
from efir.ports.kernel.pagination import PageRequest, Position, Rows, build_rows
from efir.ports.quiz.questions import Added, QuestionCategory, QuestionFilter, QuestionView

COLUMNS = """id, number, question, answer, created_at, category, difficulty, value, source, source_id, licence,
       aired_at, saved_at"""
VIEW = f"select {COLUMNS} from questions"  # noqa: S608  # own names only

CLAIM = """
insert into question_banks (identity, position)
select $2, $3 from (select pg_advisory_xact_lock($1)::text is not null as standing) line where standing
    on conflict (identity) do update set position = question_banks.position + $3 returning position - $3"""
STORE = "select * from store_questions($1, $2, $3, $4)"  # created by migration 0010; it takes the lock of writers
CATEGORIES = "select id, title, questions from question_categories where {where} order by title {order} limit $1"
LARGEST = """
select * from (select id, title, questions from question_categories order by questions desc, id limit $1) chosen
 order by title"""
NEAR = 10  # numbers per wanted question; with fewer, all rows are shuffled
FEW = 1_000
# Probes are random numbers; one without a question takes the next question.
PROBE = f"""
select {COLUMNS} from (
  select distinct on (number) picked.* from generate_series(1, $1::int * 3) n
   cross join lateral (select $2::bigint + floor(random() * ($3::bigint - $2::bigint + 1) + n * 0)::bigint as probe) p
   cross join lateral ({VIEW} where number >= probe order by number limit 1) picked) chosen
 order by random() limit $1::int"""  # noqa: S608  # own names only


class PostgresQuestionRepository:
    """Questions inside a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def claim(self, bank: str, count: int) -> int:
        """Wait for other writers, advance the read position of a bank by `count` and return the previous position."""
        return int(await self._connection.fetchval(CLAIM, int(AdvisoryLock.QUESTIONS), bank, count))

    async def add(self, found: list[Candidate], *, max_rows: int, min_rows: int, now: datetime) -> Added:
        """Store the first `max_rows` new questions in order, or none if fewer than `min_rows` are; one statement."""
        rows = await self._connection.fetch(STORE, [_to_columns(one) for one in found], max_rows, min_rows, now)
        kinds: dict[str, list[QuestionView]] = {"previous": [], "saved": [], "unsaved": []}
        for kind, *row in rows:
            kinds[kind].append(QuestionView(*row))
        saved = sorted(kinds["saved"], key=lambda one: one.number)
        unsaved = [(one.question, one.answer) for one in kinds["unsaved"]]
        return Added(next(iter(kinds["previous"]), None), saved, unsaved)


class PostgresQuestionViews:
    """Read models of questions."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def one(self, question_id: QuestionId) -> QuestionView:
        """Return a question. Raises QuestionNotFound."""
        row = await self._connection.fetchrow(f"{VIEW} where id = $1", question_id)
        if row is None:
            raise QuestionNotFound
        return QuestionView(*row)

    async def list_newest(self, wanted: PageRequest, which: QuestionFilter) -> Rows[QuestionView]:
        """List questions, most recently stored first; one statement."""
        tests = {
            "search @@ websearch_to_tsquery('english', ${})": which.q,
            "category_id = (select c.id from question_categories c where c.title = ${})": which.category,
            "difficulty = ${}": which.difficulty,
            "source = ${}": which.source,
        }
        given = [(test, value) for test, value in tests.items() if value is not None]
        filters = "".join(f" and {test.format(place)}" for place, (test, _) in enumerate(given, 1))
        sql, position = keyset(
            f"{VIEW} where {{where}}{filters} order by {{order}} limit {{limit}}", wanted, key="number", kind="bigint",
            read=int, first=len(given) + 1,
        )  # fmt: skip
        rows = await self._connection.fetch(sql, *(value for _, value in given), *position)
        return build_rows(
            [QuestionView(*row) for row in rows], wanted, lambda row: Position(str(row.number), str(row.id))
        )

    async def random(self, count: int) -> list[QuestionView]:
        """Return distinct random questions: all rows of a short list are shuffled, in a long one numbers are drawn."""
        return [QuestionView(*row) for row in await draw_random(self._connection, count)]

    async def categories(self, wanted: PageRequest) -> Rows[QuestionCategory]:
        """List categories by title."""
        position = wanted.before or wanted.after
        backwards = wanted.before is not None
        sql = CATEGORIES.format(
            where="true" if position is None else f"title {'<' if backwards else '>'} $2",
            order="desc" if backwards else "asc",
        )
        titles = [] if position is None else [position.key]
        rows = [QuestionCategory(*row) for row in await self._connection.fetch(sql, wanted.limit + 1, *titles)]
        return build_rows(rows, wanted, lambda row: Position(row.title, str(row.id)))

    async def list_largest_categories(self, limit: int) -> list[QuestionCategory]:
        """Return the categories with the most questions, sorted by title."""
        return [QuestionCategory(*row) for row in await self._connection.fetch(LARGEST, limit)]


async def draw_random(connection: Any, count: int) -> list[Any]:
    """Return rows of distinct random questions, fewer when fewer are stored."""
    least, most = await connection.fetchrow("select min(number), max(number) from questions")
    if least is None or count < 1:
        return []
    if most - least < FEW + NEAR * count:
        return list(await connection.fetch(f"{VIEW} order by random() limit $1", count))
    rows = list(await connection.fetch(PROBE, count, least, most))
    if len(rows) < count:  # long gaps: many probes fell on the same question
        rows = list(await connection.fetch(f"{VIEW} order by random() limit $1", count))
    return rows


def _to_columns(one: Candidate) -> dict[str, Any]:
    return {
        "question": one.question, "answer": one.answer, "fingerprint": one.fingerprint.hex(), "category": one.category,
        "difficulty": one.difficulty, "value": one.value, "source": one.source, "source_id": one.source_id,
        "licence": one.licence, "created_at": one.created_at, "aired_at": one.aired_at,
    }  # fmt: skip
