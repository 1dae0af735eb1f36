"""The job queue in PostgreSQL: one table. All times come from the clock of the database."""

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

# Start-time fair queueing: a job starts after its owner's last one, and never before the waiting ones, so that
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

# A job that was run once more is marked, so that two jobs cannot restart each other forever.
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

# A job still ready long after its wake-up has lost it; one running with an expired lease has lost its worker.
RECONCILE = """
with late as (
  select id, state from jobs
   where (state = 'ready' and run_at <= now() and (woken_at is null or woken_at < now() - interval '5 s'))
      or (state = 'running' and lease_until < now() and kills + 1 < $2)
   order by run_at limit $1 for update skip locked)
update jobs set kills = kills + (late.state = 'running')::int, state = 'ready',
       fence = fence + (late.state = 'running')::int, lease_until = null, woken_at = now()
  from late where jobs.id = late.id returning jobs.queue, jobs.id"""

# A job with an expired lease that may not run again has killed this worker, too.
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
        """Return a job. Raises JobNotFound."""
        row = await self._connection.fetchrow(ROW + "id = $1", job_id)
        if row is None:
            raise JobNotFound
        return JobRow(*row)

    async def find_newest(self, subject: UUID, kind: str) -> JobRow | None:
        """Find the newest job of a kind for a subject."""
        sql = ROW + "subject = $1 and kind = $2 order by created_at desc, id desc limit 1"
        row = await self._connection.fetchrow(sql, subject, kind)
        return None if row is None else JobRow(*row)

    async def list_by_subject(self, subject: UUID, generation: int) -> list[JobRow]:
        """List all jobs of a subject's generation, without facts and outputs."""
        sql = ROWS + "subject = $1 and generation = $2 order by priority, kind, ordinal"
        return [JobRow(*row) for row in await self._connection.fetch(sql, subject, generation)]

    async def outputs(self, subject: UUID, generation: int, kinds: Sequence[str]) -> list[dict[str, Any]]:
        """Return the outputs of the finished jobs of some kinds, in order."""
        sql = """select output from jobs where subject = $1 and generation = $2 and kind = any($3::text[])
                    and state = 'done' and output is not null order by kind, ordinal"""
        return [row[0] for row in await self._connection.fetch(sql, subject, generation, list(kinds))]


class PostgresJobRepository(PostgresJobViews):
    """Jobs within a transaction; `woken` collects the jobs that workers are notified of after the commit."""

    def __init__(self, connection: Any, woken: list[tuple[Queue, JobId]]) -> None:
        super().__init__(connection)
        self._woken = woken

    async def put(self, jobs: Iterable[NewJob]) -> list[JobId]:
        """Store jobs; a job with a known `dedupe_key` or of an existing unit is not stored. Return the stored ids."""
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
        """Claim the next job of a queue by priority and fairness, for `lease` seconds; None when there is none."""
        row = await self._connection.fetchrow(CLAIM, queue.value, worker, lease)
        return None if row is None else to_domain(row, ClaimedJob)

    async def beat(self, job: ClaimedJob, *, lease: float, progress: float) -> bool:
        """Extend the lease and store the progress. Return False when the lease is lost: stop and write nothing."""
        return await self._connection.fetchval(BEAT, job.id, job.fence, lease, progress) is not None

    async def finish(self, job: ClaimedJob, output: dict[str, Any] | None = None) -> None:
        """Complete the job under its own fence; before this call, lock nothing but the subject. Raises LeaseLost."""
        if await self._connection.fetchval(FINISH, job.id, job.fence, output) is None:
            raise LeaseLost

    async def fail(self, job: ClaimedJob, failure: Failure, *, delay: float | None) -> JobState:
        """End a failed attempt; retry after `delay` seconds (None: never). Return the new state. Raises LeaseLost."""
        error = {"code": failure.code, "detail": failure.detail, "kind": failure.kind.value}
        state = await self._connection.fetchval(FAIL, job.id, job.fence, delay, error)
        if state is None:
            raise LeaseLost
        return JobState(state)

    async def release(self, job: ClaimedJob) -> None:
        """Release a job at shutdown; the attempt is not counted."""
        await self._connection.execute(HAND_BACK, job.id, job.fence)

    async def withdraw(self, owner: UserId) -> None:
        """Withdraw running jobs of a user from their workers; the attempts are not counted."""
        await self._connection.execute(TAKE_AWAY, owner)

    async def unblock(self, subject: UUID, generation: int, kind: str) -> None:
        """Make the blocked jobs of a kind ready to run."""
        self._wake(await self._connection.fetch(UNBLOCK, subject, generation, kind))

    async def cancel(self, subject: UUID) -> None:
        """Cancel all unfinished jobs of a subject; running ones lose their lease."""
        await self._connection.execute(CANCEL, subject)

    async def count_unfinished(self, subject: UUID, generation: int, kinds: Sequence[str]) -> int:
        """Count the waiting and running jobs of some kinds; lock the subject's row to keep the count valid."""
        sql = """select count(*) from jobs where subject = $1 and generation = $2 and kind = any($3::text[])
                    and state in ('blocked','ready','running')"""
        return int(await self._connection.fetchval(sql, subject, generation, list(kinds)))

    async def redo(self, job: ClaimedJob, kind: str, ordinal: int | None = None) -> bool:
        """Run one sibling job, or all of a kind, once more. Return False when each has already been rerun."""
        rows = await self._connection.fetch(REDO, job.subject, job.generation, kind, ordinal)
        self._wake(rows)
        return bool(rows)

    async def block(self, job: ClaimedJob) -> None:
        """Block a running job until its siblings are finished; the attempt is not counted. Raises LeaseLost."""
        if await self._connection.fetchval(BLOCK, job.id, job.fence) is None:
            raise LeaseLost

    async def restart(
        self, subject: UUID, generation: int, kinds: Sequence[str], *, blocked: Sequence[str] = ()
    ) -> None:
        """Reset failed and cancelled jobs of some kinds to their first attempt; kinds in `blocked` start as blocked."""
        rows = await self._connection.fetch(RESTART, subject, generation, list(kinds), list(blocked))
        self._wake(row for row in rows if row["state"] == JobState.READY)

    async def forget(self, subject: UUID, generation: int) -> None:
        """Delete all jobs of a subject's generation."""
        await self._connection.execute("delete from jobs where subject = $1 and generation = $2", subject, generation)

    async def reconcile(self, *, max_kills: int, limit: int = 500) -> None:
        """Release expired leases and wake waiting jobs, except jobs that have killed `max_kills` workers."""
        self._wake(await self._connection.fetch(RECONCILE, limit, max_kills))

    async def list_deadly(self, *, max_kills: int, limit: int = 500) -> list[JobRow]:
        """List running jobs with an expired lease that have now killed `max_kills` workers."""
        rows = await self._connection.fetch(f"{ROW}{DEADLY} order by lease_until limit $2", max_kills, limit)
        return [JobRow(*row) for row in rows]

    async def quarantine(self, job_id: JobId, *, max_kills: int) -> JobRow | None:
        """Stop a job that `list_deadly` found permanently and return it; None when that no longer applies."""
        row = await self._connection.fetchval(f"{QUARANTINE}{DEADLY} returning id", max_kills, job_id, POISONED)
        return None if row is None else await self.one(job_id)

    def _wake(self, rows: Iterable[Any]) -> None:
        self._woken.extend((Queue(row["queue"]), JobId(row["id"])) for row in rows)
