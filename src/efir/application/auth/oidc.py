"""OpenID Connect: signing in through another provider, and linking an identity there.

Authorization code flow with PKCE and a nonce; a state is valid once, and only in the browser that started the flow.
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

from efir.application.access.invalidation import revoking
from efir.application.auth.account_status import require_active
from efir.application.auth.alerts import alert
from efir.application.auth.challenges import Goal, Waiting, pass_or_challenge
from efir.application.auth.login_history import record_login_event
from efir.application.auth.sessions import SignedIn, end_session, start_session
from efir.application.context import Ports, Visitor
from efir.application.kernel.rate_limits import QUARTER, enforce_limits
from efir.domain.auth.alerts import Alert
from efir.domain.auth.identities import (
    Arrival,
    IdentityId,
    IdentityUnknown,
    ProviderCancelled,
    ProviderNotFound,
    ProviderRefused,
)
from efir.domain.auth.login_history import Method, Outcome
from efir.domain.auth.redirects import local_path
from efir.domain.auth.second_factors import SecondFactorNeeded
from efir.domain.kernel.ids import SessionId, UserId
from efir.domain.kernel.rate_limits import Rate, network_of
from efir.domain.kernel.secret_hashes import hash_secret
from efir.ports.access.credential_cache import Credential
from efir.ports.auth.identities import ProviderSession
from efir.ports.auth.oidc import Claims, Provider, ProviderUnavailable, ProviderView

FLOW_SECONDS = 600
MAX_SECRET = 100  # characters of a state or a browser's secret
FRESH_SKEW = timedelta(seconds=60)


class Begun(Struct, frozen=True):
    """The address that the browser is sent to, and the secret that its cookie holds until it returns."""

    address: str
    browser: str


class Returned(Struct, frozen=True):
    """The query of the callback."""

    state: str = ""
    code: str = ""
    iss: str = ""
    error: str = ""


class Finished(Struct, frozen=True):
    """The result: a session, a second-factor challenge, an identity without an account, or (none set) a new link."""

    back: str
    signed: SignedIn | None = None
    challenge: str = ""
    newcomer: Claims | None = None


class _Flow(Struct, frozen=True):
    provider: str
    nonce: str
    verifier: str
    browser: bytes
    back: str
    fresh: bool
    begun: datetime
    linker: UUID | None = None
    session_id: UUID | None = None


_decoder = msgspec.msgpack.Decoder(_Flow)


def list_providers(ports: Ports) -> list[ProviderView]:
    """List the configured providers."""
    return [provider.view for provider in ports.auth.providers.values()]


async def begin_sign_in(
    ports: Ports, *, provider: str, browser: str, back: str | None, fresh: bool, visitor: Visitor, now: datetime
) -> Begun:
    """Start a sign-in; `fresh` requires the provider to authenticate the user again.

    Raises ProviderNotFound, ProviderUnavailable, Throttled.
    """
    amount = ports.limits.sign_in_attempts_network
    await enforce_limits(ports, Rate("sign-in-network", network_of(visitor.ip), amount, QUARTER))
    return await _begin(ports, provider=provider, browser=browser, back=back, fresh=fresh, now=now)


async def begin_link(
    ports: Ports, *, provider: str, browser: str, back: str | None, who: Credential, now: datetime
) -> Begun:
    """Start linking an identity to the account of a recent login session.

    Raises ProviderNotFound, ProviderUnavailable.
    """
    return await _begin(ports, provider=provider, browser=browser, back=back, fresh=True, now=now, who=who)


async def finish(
    ports: Ports,
    *,
    provider: str,
    browser: str,
    returned: Returned,
    who: Credential | None,
    visitor: Visitor,
    now: datetime,
) -> Finished:
    """Verify the callback and complete the flow; every failure is recorded in the login history.

    An identity without an account is returned as `newcomer` and has to register next.
    Raises ProviderNotFound, ProviderRefused, ProviderCancelled, ProviderUnavailable, IdentityTaken, IdentityUnknown,
    UserBanned, OneTimeStoreUnavailable, Throttled.
    """
    known = provider_of(ports, provider)
    try:
        flow = await _take_flow(ports, provider, browser, returned)
        claims = await known.redeem(
            code=returned.code, verifier=flow.verifier, nonce=flow.nonce, issuer=returned.iss or None, now=now
        )
        _check_fresh(flow, claims)
    except (ProviderRefused, ProviderUnavailable):
        await _note_error(ports, visitor=visitor, now=now)
        raise
    if flow.linker is not None:
        return await _link(ports, known, flow, claims, who=who, now=now)
    user_id, claims = await _find_user(ports, known, claims, now=now)
    if user_id is not None:
        return await _sign_in(ports, flow, user_id, claims.session, who=who, visitor=visitor, now=now)
    if who is not None:
        raise IdentityUnknown
    return Finished(flow.back, newcomer=claims)


def provider_of(ports: Ports, name: str) -> Provider:
    """Return a provider. Raises ProviderNotFound."""
    found = ports.auth.providers.get(name)
    if found is None:
        raise ProviderNotFound
    return found


async def _begin(
    ports: Ports,
    *,
    provider: str,
    browser: str,
    back: str | None,
    fresh: bool,
    now: datetime,
    who: Credential | None = None,
) -> Begun:
    known = provider_of(ports, provider)
    state, nonce, verifier = ports.new_secret(), ports.new_secret(), ports.new_secret()
    browser = browser[:MAX_SECRET] or ports.new_secret()  # one secret for all tabs of a browser
    flow = _Flow(
        provider=provider, nonce=nonce, verifier=verifier, browser=hash_secret(browser), back=local_path(back),
        fresh=fresh, begun=now, linker=None if who is None else who.user_id,
        session_id=None if who is None else who.session_id,
    )  # fmt: skip
    digest = hashlib.sha256(verifier.encode()).digest()  # RFC 7636 §4.2
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    address = await known.address(state=state, nonce=nonce, challenge=challenge, fresh=fresh)
    await ports.one_time_store.put(_key(state), msgspec.msgpack.encode(flow), seconds=FLOW_SECONDS)
    return Begun(address, browser)


async def _take_flow(ports: Ports, provider: str, browser: str, returned: Returned) -> _Flow:
    """Return the stored flow, once and only to the browser that started it."""
    found = await ports.one_time_store.take(_key(returned.state))
    if found is None:
        raise ProviderRefused("The answer was used before, or came too late.")
    flow = _decoder.decode(found)
    if flow.provider != provider or not hmac.compare_digest(flow.browser, hash_secret(browser[:MAX_SECRET])):
        raise ProviderRefused("The answer belongs to another browser.")
    if returned.error:
        raise ProviderCancelled if returned.error == "access_denied" else ProviderRefused
    if not returned.code:
        raise ProviderRefused
    return flow


def _check_fresh(flow: _Flow, claims: Claims) -> None:
    """Raises ProviderRefused when a new sign-in was required and the provider reports an older one, or none."""
    proved = claims.session.auth_time
    if flow.fresh and (proved is None or proved < flow.begun - FRESH_SKEW):
        raise ProviderRefused("The provider did not ask who you are.")


async def _link(
    ports: Ports, provider: Provider, flow: _Flow, claims: Claims, *, who: Credential | None, now: datetime
) -> Finished:
    if who is None or who.session_id != flow.session_id or who.user_id != flow.linker:
        raise ProviderRefused("You are not signed in as before.")
    user_id = UserId(who.user_id)
    async with ports.begin() as tx:
        if await tx.identities.owner(provider.issuer, claims.sub, now=now) != user_id:
            await tx.identities.add(
                Arrival(
                    issuer=provider.issuer, sub=claims.sub, provider=flow.provider, shown=claims.shown
                ).link(IdentityId(ports.new_id()), user_id, now=now)
            )  # fmt: skip
            await alert(ports, tx, user_id, Alert.IDENTITY_LINKED, now=now)
    return Finished(flow.back)


async def _find_user(
    ports: Ports, provider: Provider, claims: Claims, *, now: datetime
) -> tuple[UserId | None, Claims]:
    """Return the user of an identity; without an authentication time it is too old for sensitive actions."""
    proved = claims.session.auth_time or now - timedelta(seconds=ports.limits.step_up_seconds + 1)
    session = msgspec.structs.replace(claims.session, auth_time=proved)
    async with ports.begin() as tx:
        user_id = await tx.identities.owner(provider.issuer, claims.sub, now=now)
    return user_id, msgspec.structs.replace(claims, session=session)


async def _sign_in(
    ports: Ports,
    flow: _Flow,
    user_id: UserId,
    session: ProviderSession,
    *,
    who: Credential | None,
    visitor: Visitor,
    now: datetime,
) -> Finished:
    user = await require_active(ports, user_id, method=Method.OIDC, visitor=visitor, now=now)
    waiting = Waiting(user=user, goal=Goal.WEB, method=Method.OIDC, amr=["fed"], provider=session)
    try:
        await pass_or_challenge(ports, waiting, visitor=visitor, now=now)
    except SecondFactorNeeded as needed:
        return Finished(flow.back, challenge=needed.challenge)
    async with revoking(ports) as change:
        signed = await start_session(
            ports, change.tx, user=user, method=Method.OIDC, amr=["fed"], aal=1, visitor=visitor, now=now,
            provider=session,
        )  # fmt: skip
        if who is not None and who.session_id is not None:
            await end_session(change, SessionId(who.session_id), now=now, reason="replaced")
    return Finished(flow.back, signed=signed)


async def _note_error(ports: Ports, *, visitor: Visitor, now: datetime) -> None:
    async with ports.begin() as tx:
        await record_login_event(ports, tx, Outcome.OIDC_ERROR, Method.OIDC, visitor=visitor, now=now)


def _key(state: str) -> str:
    return f"oidc:{hash_secret(state[:MAX_SECRET]).hex()}"
