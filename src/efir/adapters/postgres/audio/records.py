"""Audio records in PostgreSQL."""

from datetime import datetime
from typing import Any

from efir.adapters.postgres.kernel.mapping import to_domain, to_values
from efir.adapters.postgres.kernel.pagination import keyset
from efir.domain.audio.mpeg import mpeg_channels, mpeg_rate
from efir.domain.audio.records import AudioRecord, RecordId, RecordingNotFound, RecordingNotReady
from efir.domain.audio.wav import Wav
from efir.domain.kernel.ids import UserId
from efir.ports.audio import AudioFacts, ConvertedAudio, Usage, Waveform
from efir.ports.kernel.pagination import PageRequest, Position, Rows, build_rows

FACTS = """
select id, owner_id, title, state, store, duration, channels, sample_rate, size, sha256, loudness_integrated,
       loudness_range, true_peak, warnings, error_code, error_detail, created_at, edited_from
  from audio_records where """
RECORD = """
select id, owner_id, title, state, source_sha256, source_bytes, created_at, edited_from from audio_records where """

ADD = """
insert into audio_records (id, owner_id, title, state, source_sha256, source_bytes, created_at, edited_from, store,
                           source_format, duration, channels, sample_rate, warnings)
values ($1, $2, $3, $4, $5, $6, $7, (select id from audio_records where id = $8 for key share), $9, $10, $11, $12, $13,
        $14)
on conflict (owner_id, source_sha256, title) do nothing returning id"""

READY = """
update audio_records set state = 'ready', store = $2, size = $3, sha256 = $4, channels = $5, sample_rate = $6,
       loudness_integrated = $7, loudness_range = $8, true_peak = $9, peaks = $10, samples_per_pixel = $11,
       duration = $12, warnings = $13, error_code = null, error_detail = null where id = $1"""

USAGE = """
select coalesce(sum(size), 0)::bigint, count(*) filter (where created_at > $2),
       (select count(*) from audio_records where state = 'queued')
  from audio_records where owner_id = $1"""


class PostgresAudioViews:
    """Read models of recordings: one statement each."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def one(self, record_id: RecordId) -> AudioFacts:
        """Return a recording. Raises RecordingNotFound."""
        row = await self._connection.fetchrow(FACTS + "id = $1", record_id)
        if row is None:
            raise RecordingNotFound
        return AudioFacts(*row)

    async def list_by_owner(self, owner: UserId, wanted: PageRequest) -> Rows[AudioFacts]:
        """List a user's recordings, newest first."""
        filters = "owner_id = $1 and {where} order by {order} limit {limit}"
        sql, position = keyset(
            FACTS + filters, wanted, key="created_at", kind="timestamptz", read=datetime.fromisoformat, first=2
        )
        rows = [AudioFacts(*row) for row in await self._connection.fetch(sql, owner, *position)]
        return build_rows(rows, wanted, lambda row: Position(row.created_at.isoformat(), str(row.id)))

    async def waveform(self, record_id: RecordId) -> Waveform:
        """Return the peaks of a recording that is ready. Raises RecordingNotFound, RecordingNotReady."""
        row = await self._connection.fetchrow(
            "select sample_rate, samples_per_pixel, peaks from audio_records where id = $1", record_id
        )
        if row is None:
            raise RecordingNotFound
        if row["peaks"] is None:
            raise RecordingNotReady(retry_after=1)
        values = memoryview(row["peaks"]).cast("b").tolist()
        return Waveform(
            version=2, channels=1, sample_rate=row["sample_rate"], samples_per_pixel=row["samples_per_pixel"], bits=8,
            length=len(values) // 2, data=values,
        )  # fmt: skip


class PostgresAudioRepository:
    """Recordings inside a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def add(self, record: AudioRecord, wav: Wav, *, store: str) -> bool:
        """Store a new recording. Return False when this owner already has one with the same bytes and title."""
        form = wav.format
        told = {"coding": form.coding, "channels": form.channels, "rate": form.rate, "bits": form.bits}
        added = await self._connection.fetchval(
            ADD, *to_values(record).values(), store, told, wav.duration, mpeg_channels(form.channels),
            mpeg_rate(form.rate), list(wav.warnings),
        )  # fmt: skip
        return added is not None

    async def find_same(self, owner: UserId, source_sha256: bytes, title: str) -> AudioRecord | None:
        """Find the owner's recording with the same source bytes and title."""
        sql = RECORD + "owner_id = $1 and source_sha256 = $2 and title = $3"
        row = await self._connection.fetchrow(sql, owner, source_sha256, title)
        return None if row is None else to_domain(row, AudioRecord)

    async def get(self, record_id: RecordId, *, lock: bool = False) -> AudioRecord:
        """Return a recording; `lock` locks its row. Raises RecordingNotFound."""
        row = await self._connection.fetchrow(RECORD + "id = $1" + (" for update" if lock else ""), record_id)
        if row is None:
            raise RecordingNotFound
        return to_domain(row, AudioRecord)

    async def find(self, record_id: RecordId) -> AudioRecord | None:
        """Return a recording, or None when it is unknown or deleted."""
        row = await self._connection.fetchrow(RECORD + "id = $1", record_id)
        return None if row is None else to_domain(row, AudioRecord)

    async def set_ready(self, record_id: RecordId, made: ConvertedAudio, *, store: str) -> None:
        """Mark a recording as ready and store the results of the conversion."""
        loud = made.loudness
        await self._connection.execute(
            READY, record_id, store, made.file.size, bytes.fromhex(made.file.sha256), made.channels, made.sample_rate,
            loud.integrated, loud.range, loud.true_peak, made.peaks, made.samples_per_pixel,
            made.duration, list(made.warnings),
        )  # fmt: skip

    async def set_failed(self, record_id: RecordId, *, code: str, detail: str) -> None:
        """Mark a recording as failed and store the reason."""
        await self._connection.execute(
            "update audio_records set state = 'failed', error_code = $2, error_detail = $3 where id = $1",
            record_id, code, detail,
        )  # fmt: skip

    async def remove(self, record_id: RecordId) -> None:
        """Delete the row of a recording."""
        await self._connection.execute("delete from audio_records where id = $1", record_id)

    async def usage(self, owner: UserId, *, since: datetime) -> Usage:
        """Return the usage to compare with limits; `since` bounds the recent recordings."""
        return Usage(*await self._connection.fetchrow(USAGE, owner, since))
