"""Identities of users at other providers, and logout there and from there."""

from datetime import datetime

from efir.application.access.invalidation import revoking
from efir.application.auth.alerts import alert
from efir.application.auth.oidc import provider_of
from efir.application.context import Ports
from efir.application.kernel.cursors import paginate, parse_page
from efir.domain.auth.alerts import Alert
from efir.domain.auth.identities import IdentityId, ProviderRefused
from efir.domain.kernel.ids import SessionId, UserId
from efir.ports.auth.identities import IdentityView
from efir.ports.auth.oidc import ProviderUnavailable
from efir.ports.kernel.pagination import Page

NOTICE_SECONDS = 900  # longer than a logout token is valid


async def list_identities(ports: Ports, *, owner: UserId, limit: int | None, cursor: str | None) -> Page[IdentityView]:
    """List a user's identities, newest first. Raises BadCursor."""
    name = f"identities {owner}"
    part = parse_page(ports.keys, ports.limits, name, limit=limit, cursor=cursor)
    async with ports.read() as views:
        return paginate(ports.keys, name, await views.identities.list(owner, part))


async def unlink_identity(ports: Ports, *, owner: UserId, identity_id: IdentityId, now: datetime) -> None:
    """Unlink one of the user's identities. Raises IdentityNotFound, LastWayIn."""
    async with ports.begin() as tx:
        await tx.identities.remove(identity_id, owner=owner)
        await tx.identities.keep_a_way_in(owner)
        await alert(ports, tx, owner, Alert.IDENTITY_UNLINKED, now=now)


async def log_out_everywhere(ports: Ports, *, session_id: SessionId, now: datetime) -> str | None:
    """End the login session here, then return the address that ends it at its provider, or None."""
    async with revoking(ports) as change:
        came_from = await change.tx.identities.hint(session_id)
        await change.tx.sessions.revoke(session_id, now=now, reason="logout")
        change.session(session_id)
    if came_from is None:
        return None
    issuer, hint = came_from
    provider = next((each for each in ports.auth.providers.values() if each.issuer == issuer), None)
    if provider is None:
        return None
    try:
        return await provider.logout_address(hint)
    except ProviderUnavailable:
        return None  # the session has ended here


async def log_out_by_provider(ports: Ports, *, provider: str, token: str, now: datetime) -> int:
    """End the sessions and unfinished registrations that a provider's logout token names; return how many sessions.

    Each token is accepted once. Raises ProviderNotFound, ProviderRefused, ProviderUnavailable, OneTimeStoreUnavailable.
    """
    known = provider_of(ports, provider)
    notice = await known.notice(token, now=now)
    key = f"logout:{provider}:{notice.id}"
    if not await ports.one_time_store.claim_first(key, seconds=NOTICE_SECONDS):
        raise ProviderRefused("This logout token was used before.")
    try:
        async with revoking(ports) as change:
            ended = await change.tx.identities.sessions(known.issuer, sid=notice.sid, sub=notice.sub)
            await change.tx.registrations.delete_federated(known.issuer, sid=notice.sid, sub=notice.sub)
            for session_id in ended:
                await change.tx.sessions.revoke(SessionId(session_id), now=now, reason="provider")
                change.session(session_id)
    except BaseException:
        await ports.one_time_store.take(key)  # so that the provider can try again
        raise
    return len(ended)
