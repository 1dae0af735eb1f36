"""The one table of jobs. Every time comes from the database's clock."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from efir.adapters.postgres.kernel.mapping import to_domain
from efir.domain.jobs import (
    ClaimedJob,
    Failure,
    JobId,
    JobNotFound,
    JobState,
    LeaseLost,
    NewJob,
    Queue,
)
from efir.domain.kernel.ids import UserId
from efir.ports.jobs.jobs import JobRow
from efir.ports.kernel.correlation import correlation

# Start-time fair queueing: a job starts after its owner's last one, and never before what already waits, so that
# one owner's thousand jobs delay another's first by one job at most.
PUT = """
insert into jobs (kind, subject, generation, ordinal, dedupe_key, owner_id, queue, priority, cost, facts,
                  correlation_id, state, woken_at, run_at, vtime)
select $1, $2, $3, $4, $5, $6::uuid, $7, $8::smallint, $9::real, $10, $11, $12, now(),
       now() + make_interval(secs => $13),
       greatest((select max(vtime + cost) from jobs where owner_id = $6::uuid and priority = $8::smallint
                    and state in ('blocked','ready','running')),
                (select min(vtime) from jobs where priority = $8::smallint and queue = $7 and state = 'ready'),
                0)
on conflict do nothing returning id"""

CLAIM = """
update jobs set state = 'running', fence = fence + 1, attempt = attempt + 1, worker = $2,
       lease_until = now() + make_interval(secs => $3)
 where id = (select id from jobs where state = 'ready' and queue = $1 and run_at <= now()
                and not exists (select from user_account u where u.id = owner_id and u.status = 'banned')
              order by priority, vtime, id limit 1 for update skip locked)
returning id, kind, subject, generation, ordinal, facts, correlation_id, attempt, fence"""

BEAT = """
update jobs set lease_until = now() + make_interval(secs => $3), progress = $4
 where id = $1 and fence = $2 and state = 'running' returning id"""

FINISH = """
update jobs set state = 'done', finished_at = now(), lease_until = null, progress = 1, error = null, output = $3
 where id = $1 and fence = $2 and state = 'running' returning id"""

FAIL = """
update jobs set state = case when $3::float8 is null then 'failed' else 'ready' end, lease_until = null,
       run_at = now() + make_interval(secs => coalesce($3, 0)), error = $4, woken_at = null, progress = 0,
       finished_at = case when $3::float8 is null then now() end
 where id = $1 and fence = $2 and state = 'running' returning state"""

TAKE_AWAY = """
update jobs set state = 'ready', fence = fence + 1, lease_until = null, run_at = now(), attempt = attempt - 1,
       woken_at = null, worker = null
 where owner_id = $1 and state = 'running'"""

HAND_BACK = """
update jobs set state = 'ready', lease_until = null, run_at = now(), attempt = attempt - 1, woken_at = null
 where id = $1 and fence = $2 and state = 'running'"""

UNBLOCK = """
update jobs set state = 'ready', run_at = now(), woken_at = now()
 where subject = $1 and generation = $2 and kind = $3 and state = 'blocked' returning queue, id"""

CANCEL = """
update jobs set state = 'cancelled', fence = fence + 1, lease_until = null, finished_at = now()
 where subject = $1 and state in ('blocked','ready','running')"""

ROW = """
select id, kind, state, subject, owner_id, generation, ordinal, queue, attempt, kills, progress, cost, worker, facts,
       output, error, created_at from jobs where """
ROWS = ROW.replace("facts", "'{}'::jsonb").replace("output", "null")

# What was done again once is marked, so that two jobs can not send each other round for ever.
REDO = """
update jobs set state = 'ready', attempt = 0, run_at = now(), woken_at = now(), finished_at = null, output = null,
       progress = 0, facts = facts || '{"redone": true}'
 where subject = $1 and generation = $2 and kind = $3 and ($4::int is null or ordinal = $4)
   and state in ('done','failed') and not facts ? 'redone'
returning queue, id"""

BLOCK = """
update jobs set state = 'blocked', lease_until = null, woken_at = null, attempt = attempt - 1, progress = 0
 where id = $1 and fence = $2 and state = 'running' returning id"""

RESTART = """
update jobs set state = case when kind = any($4::text[]) then 'blocked' else 'ready' end, attempt = 0, kills = 0,
       error = null, output = null, progress = 0, finished_at = null, run_at = now(), woken_at = now(),
       facts = facts - 'redone'
 where subject = $1 and generation = $2 and kind = any($3::text[]) and state in ('failed','poison','cancelled')
returning queue, id, state"""

# What is ready long after its wake-up lost it; what runs with an expired lease was lost with its worker.
RECONCILE = """
with late as (
  select id, state from jobs
   where (state = 'ready' and run_at <= now() and (woken_at is null or woken_at < now() - interval '5 s'))
      or (state = 'running' and lease_until < now() and kills + 1 < $2)
   order by run_at limit $1 for update skip locked)
update jobs set kills = kills + (late.state = 'running')::int, state = 'ready',
       fence = fence + (late.state = 'running')::int, lease_until = null, woken_at = now()
  from late where jobs.id = late.id returning jobs.queue, jobs.id"""

# What runs with an expired lease for the last time it may has killed that worker, too.
DEADLY = "state = 'running' and lease_until < now() and kills + 1 >= $1"
QUARANTINE = """
update jobs set kills = kills + 1, state = 'poison', error = $3, finished_at = now(), fence = fence + 1,
       lease_until = null where id = $2 and """

POISONED = {"code": "job-killed-workers", "detail": "This was stopped several times without coming to an end."}


class PostgresJobViews:
    """Read models of jobs."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def one(self, job_id: JobId) -> JobRow:
        """Raises JobNotFound."""
        row = await self._connection.fetchrow(ROW + "id = $1", job_id)
        if row is None:
            raise JobNotFound
        return JobRow(*row)

    async def find_newest(self, subject: UUID, kind: str) -> JobRow | None:
        """Find the youngest job of a kind about a subject."""
        sql = ROW + "subject = $1 and kind = $2 order by created_at desc, id desc limit 1"
        row = await self._connection.fetchrow(sql, subject, kind)
        return None if row is None else JobRow(*row)

    async def list_by_subject(self, subject: UUID, generation: int) -> list[JobRow]:
        """All jobs about a subject."""
        sql = ROWS + "subject = $1 and generation = $2 order by priority, kind, ordinal"
        return [JobRow(*row) for row in await self._connection.fetch(sql, subject, generation)]

    async def outputs(self, subject: UUID, generation: int, kinds: Sequence[str]) -> list[dict[str, Any]]:
        """What the finished jobs of some kinds left, in order."""
        sql = """select output from jobs where subject = $1 and generation = $2 and kind = any($3::text[])
                    and state = 'done' and output is not null order by kind, ordinal"""
        return [row[0] for row in await self._connection.fetch(sql, subject, generation, list(kinds))]


class PostgresJobRepository(PostgresJobViews):
    """Jobs inside a transaction; `woken` collects what workers are told of after the commit."""

    def __init__(self, connection: Any, woken: list[tuple[Queue, JobId]]) -> None:
        super().__init__(connection)
        self._woken = woken

    async def put(self, jobs: Iterable[NewJob]) -> list[JobId]:
        """Store jobs; a known `dedupe_key`, or the same unit again, stores nothing."""
        stored = []
        for job in jobs:
            state = JobState.BLOCKED if job.blocked else JobState.READY
            given = await self._connection.fetchval(
                PUT, job.kind, job.subject, job.generation, job.ordinal, job.dedupe_key, job.owner_id, job.queue.value,
                job.priority, job.cost, job.facts or {}, correlation.get(), state.value,
                job.delay,
            )  # fmt: skip
            if given is not None:
                stored.append(JobId(given))
                if not job.blocked and not job.delay:
                    self._woken.append((job.queue, JobId(given)))
        return stored

    async def claim(self, queue: Queue, *, worker: str, lease: float) -> ClaimedJob | None:
        """Take the best job of a queue, by priority and fairness."""
        row = await self._connection.fetchrow(CLAIM, queue.value, worker, lease)
        return None if row is None else to_domain(row, ClaimedJob)

    async def beat(self, job: ClaimedJob, *, lease: float, progress: float) -> bool:
        """Extend the lease; False: it is lost."""
        return await self._connection.fetchval(BEAT, job.id, job.fence, lease, progress) is not None

    async def finish(self, job: ClaimedJob, output: dict[str, Any] | None = None) -> None:
        """Complete under the own fence. Raises LeaseLost."""
        if await self._connection.fetchval(FINISH, job.id, job.fence, output) is None:
            raise LeaseLost

    async def fail(self, job: ClaimedJob, failure: Failure, *, delay: float | None) -> JobState:
        """End an attempt. Raises LeaseLost."""
        error = {"code": failure.code, "detail": failure.detail, "kind": failure.kind.value}
        state = await self._connection.fetchval(FAIL, job.id, job.fence, delay, error)
        if state is None:
            raise LeaseLost
        return JobState(state)

    async def release(self, job: ClaimedJob) -> None:
        """Return a job at shutdown, the attempt uncounted."""
        await self._connection.execute(HAND_BACK, job.id, job.fence)

    async def withdraw(self, owner: UserId) -> None:
        """Take running jobs of a user from their workers, the attempts uncounted."""
        await self._connection.execute(TAKE_AWAY, owner)

    async def unblock(self, subject: UUID, generation: int, kind: str) -> None:
        """Make the blocked jobs of a kind ready."""
        self._wake(await self._connection.fetch(UNBLOCK, subject, generation, kind))

    async def cancel(self, subject: UUID) -> None:
        """End all unfinished jobs about a subject; running ones lose their fence."""
        await self._connection.execute(CANCEL, subject)

    async def count_unfinished(self, subject: UUID, generation: int, kinds: Sequence[str]) -> int:
        """Count the jobs of some kinds that wait or run."""
        sql = """select count(*) from jobs where subject = $1 and generation = $2 and kind = any($3::text[])
                    and state in ('blocked','ready','running')"""
        return int(await self._connection.fetchval(sql, subject, generation, list(kinds)))

    async def redo(self, job: ClaimedJob, kind: str, ordinal: int | None = None) -> bool:
        """Do one sibling or all of a kind again; False when each was done again before."""
        rows = await self._connection.fetch(REDO, job.subject, job.generation, kind, ordinal)
        self._wake(rows)
        return bool(rows)

    async def block(self, job: ClaimedJob) -> None:
        """Let the own job wait for its siblings, the attempt uncounted. Raises LeaseLost."""
        if await self._connection.fetchval(BLOCK, job.id, job.fence) is None:
            raise LeaseLost

    async def restart(
        self, subject: UUID, generation: int, kinds: Sequence[str], *, blocked: Sequence[str] = ()
    ) -> None:
        """Set jobs of some kinds that failed or were cancelled back to their first attempt; `blocked` ones wait."""
        rows = await self._connection.fetch(RESTART, subject, generation, list(kinds), list(blocked))
        self._wake(row for row in rows if row["state"] == JobState.READY)

    async def forget(self, subject: UUID, generation: int) -> None:
        """Remove all jobs about a subject's generation."""
        await self._connection.execute("delete from jobs where subject = $1 and generation = $2", subject, generation)

    async def reconcile(self, *, max_kills: int, limit: int = 500) -> None:
        """Free expired leases and collect what should be woken, but for jobs that kill their workers."""
        self._wake(await self._connection.fetch(RECONCILE, limit, max_kills))

    async def list_deadly(self, *, max_kills: int, limit: int = 500) -> list[JobRow]:
        """List jobs that have just killed the last worker they may kill."""
        rows = await self._connection.fetch(f"{ROW}{DEADLY} order by lease_until limit $2", max_kills, limit)
        return [JobRow(*row) for row in rows]

    async def quarantine(self, job_id: JobId, *, max_kills: int) -> JobRow | None:
        """End a deadly job permanently; None when it is no longer deadly."""
        row = await self._connection.fetchval(f"{QUARANTINE}{DEADLY} returning id", max_kills, job_id, POISONED)
        return None if row is None else await self.one(job_id)

    def _wake(self, rows: Iterable[Any]) -> None:
        self._woken.extend((Queue(row["queue"]), JobId(row["id"])) for row in rows)
