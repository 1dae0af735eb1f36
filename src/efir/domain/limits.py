"""Every bound of the system, in one place; settings may change each of them (`EFIR_LIMITS__<NAME>`)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds with their defaults: bytes, seconds and counts."""

    json_bytes: int = 1 << 20
    page_default: int = 20
    page_most: int = 100

    session_idle_seconds: int = 7 * 86_400
    session_life_seconds: int = 30 * 86_400
    token_life_seconds: int = 90 * 86_400

    upload_bytes: int = 64 << 30
    upload_idle_seconds: int = 24 * 3600
    upload_life_seconds: int = 7 * 24 * 3600
    upload_open_most: int = 100
    upload_takeover_seconds: int = 10

    title_most: int = 120
    description_most: int = 10_000
    tags_most: int = 20

    source_seconds: int = 8 * 3600
    source_side: int = 8192
    source_pixels: int = 36_000_000
    source_rate: int = 120
    source_streams: int = 16

    probe_seconds: int = 20
    child_memory_bytes: int = 4 << 30
    stall_seconds: int = 60

    lease_seconds: int = 12
    reconcile_seconds: int = 2
    statement_seconds_api: int = 5
    statement_seconds_worker: int = 30
    pool_wait_seconds: int = 2
    idempotency_seconds: int = 48 * 3600
