"""Users who keep recordings, and access to their recordings; `conversion.py` creates them."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from efir.application.auth.credentials import bearer_credential
from efir.application.context import Ports, Visitor
from efir.application.kernel.cursors import paginate, parse_page
from efir.application.kernel.rate_limits import HOUR, enforce_limits
from efir.domain.audio.records import (
    BadCredentials,
    RecordId,
    RecordingFailed,
    RecordingNotFound,
    RecordingNotReady,
    RecordState,
    invalid_audio,
    parse_name,
)
from efir.domain.auth.sessions import InvalidToken, ScopeMissing
from efir.domain.kernel.ids import UserId
from efir.domain.kernel.ownership import require_owner
from efir.domain.kernel.rate_limits import Rate, network_of
from efir.domain.kernel.secret_hashes import hash_secret
from efir.domain.users import NamedUser
from efir.ports.access.credential_cache import Credential
from efir.ports.audio import AudioError, AudioFacts, AudioView, Loudness, Waveform
from efir.ports.kernel.blobs import Blob, blob_key
from efir.ports.kernel.pagination import Page, Rows

SCOPE = "audio.write"
SOON = 2  # seconds until a conversion may be complete


class NewNamedUser(Struct, frozen=True):
    """A new user; `token` is shown only this once."""

    id: Annotated[UUID, Meta(description="Identifier of the user.")]
    token: Annotated[UUID, Meta(description="Access token; it cannot be shown again.")]


class Sound(Struct, frozen=True):
    """The MP3 of a recording."""

    title: str
    sha256: bytes
    open: Callable[[], Awaitable[Blob]]


async def create_named_user(ports: Ports, *, name: str, visitor: Visitor, now: datetime) -> NewNamedUser:
    """Create a user from a name alone, with a token that covers their recordings.

    Raises InvalidAudio, UsernameTaken, Throttled for a visitor who creates too many users.
    """
    shown_name, key = parse_name(name)
    await enforce_limits(ports, name_rate(ports, visitor=visitor))
    user = NamedUser(id=UserId(ports.new_id()), name=shown_name, name_key=key, created_at=now)
    token = ports.new_token()
    async with ports.single() as tx:
        await tx.users.add_named(user, hash_secret(str(token)))
    return NewNamedUser(id=user.id, token=token)


async def audio_credential(ports: Ports, *, user_id: str, token: str, now: datetime) -> Credential:
    """Return the credential of a user's id and token. Raises InvalidAudio, BadCredentials, ScopeMissing."""
    try:
        wanted_id = UUID(user_id)
    except ValueError as error:
        raise invalid_audio("/user_id", "format", "This is not the id of a user.") from error
    try:
        found = await bearer_credential(ports, token=token.strip(), now=now)
    except InvalidToken as error:
        raise BadCredentials from error
    if found.user_id != wanted_id:
        raise BadCredentials
    if found.scopes is not None and SCOPE not in found.scopes:
        raise ScopeMissing(SCOPE)
    return found


async def get_record(ports: Ports, *, record_id: RecordId, owner: UserId) -> AudioView:
    """Return a recording to its owner. Raises RecordingNotFound."""
    async with ports.read() as views:
        facts = await views.audio.one(record_id)
    require_owner(facts.owner_id, owner, RecordingNotFound)
    return record_view(ports, facts)


async def list_records(ports: Ports, *, owner: UserId, limit: int | None, cursor: str | None) -> Page[AudioView]:
    """List a user's recordings, newest first. Raises BadCursor."""
    name = f"audio {owner}"
    part = parse_page(ports.keys, ports.limits, name, limit=limit, cursor=cursor)
    async with ports.read() as views:
        rows = await views.audio.list_by_owner(owner, part)
    return paginate(ports.keys, name, Rows([record_view(ports, facts) for facts in rows.items], rows.next, rows.prev))


async def find_sound(ports: Ports, *, record_id: RecordId, owner: UserId | None) -> Sound:
    """Return the MP3 to any client with the link; with `owner`, only when the recording is theirs.

    Raises RecordingNotFound, RecordingNotReady, RecordingFailed.
    """
    async with ports.read() as views:
        facts = await views.audio.one(record_id)
    if owner is not None:
        require_owner(facts.owner_id, owner, RecordingNotFound)
    if facts.state == RecordState.FAILED:
        raise RecordingFailed(facts.error_detail or "")
    if facts.state == RecordState.QUEUED or facts.sha256 is None:
        raise RecordingNotReady(retry_after=SOON)
    store = ports.audio.database_blobs if facts.store == "database" else ports.blobs
    return Sound(facts.title, facts.sha256, partial(store.open, blob_key(f"aud/{record_id}/sound.mp3")))


async def get_waveform(ports: Ports, *, record_id: RecordId) -> Waveform:
    """Return the peaks to any client with the link. Raises RecordingNotFound, RecordingNotReady."""
    async with ports.read() as views:
        return await views.audio.waveform(record_id)


def record_view(ports: Ports, facts: AudioFacts) -> AudioView:
    """Return a recording as its owner sees it."""
    ready = facts.state == RecordState.READY
    links = ports.links
    return AudioView(
        id=facts.id, url=links.recording(facts.id, facts.owner_id), title=facts.title, state=facts.state,
        duration=facts.duration, channels=facts.channels, sample_rate=facts.sample_rate, size=facts.size,
        loudness=Loudness(facts.integrated, facts.range, facts.true_peak) if ready else None,
        waveform=links.waveform(facts.id), content=links.recording_content(facts.id), warnings=facts.warnings,
        error=None if facts.error_code is None else AudioError(facts.error_code, facts.error_detail or ""),
        created_at=facts.created_at, edited_from=facts.edited_from,
    )  # fmt: skip


def name_rate(ports: Ports, *, visitor: Visitor) -> Rate:
    """Return the rate at which one network may create users for recordings."""
    return Rate("audio-user", network_of(visitor.ip), ports.limits.audio_users_network, HOUR)
