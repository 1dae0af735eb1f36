"""Impersonation: audited, reported to the user, and ended with the actor's session."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from efir.application.access.audit import own_act, write_audit_entry
from efir.application.access.invalidation import Changing, revoking
from efir.application.auth.login_history import record_login_event
from efir.application.context import Actor, Ports, Visitor
from efir.application.mail.mails import Envelope, put_mail
from efir.domain.auth.impersonation import NotImpersonating, check_rights, check_target, parse_reason
from efir.domain.auth.login_history import Method, Outcome
from efir.domain.auth.sessions import LoginSession, SessionKind
from efir.domain.kernel.ids import SessionId, UserId
from efir.domain.kernel.secret_hashes import hash_secret
from efir.domain.mail import MailKind
from efir.ports.access.credential_cache import Credential
from efir.ports.auth.signing_keys import AccessClaims
from efir.ports.users import AccountView


class Impersonation(Struct, frozen=True, omit_defaults=True):
    """An impersonation: its user and its expiry; an app sends the token, a browser has a cookie."""

    user_id: Annotated[UUID, Meta(description="Whose place it is.")]
    nickname: Annotated[str | None, Meta(description="Their nickname.", examples=["ada"])]
    expires_at: Annotated[datetime, Meta(description="When it ends in any case.")]
    access_token: Annotated[str, Meta(description="For an app: send it as `Authorization: Bearer`.")] = ""


class Place(Struct, frozen=True):
    """A new impersonation; the secret goes into the cookie and nowhere else."""

    told: Impersonation
    session_id: SessionId
    secret: str


async def impersonate(
    ports: Ports, actor: Actor, *, own: Credential, user_id: UserId, reason: str, now: datetime
) -> Place:
    """Impersonate a user from the actor's login session; in an app it lasts as long as one access token.

    Raises InvalidReason, UserNotFound, CannotImpersonate, WiderThanOwn.
    """
    text = parse_reason(reason)
    app = own.kind == SessionKind.TOKEN
    life = timedelta(seconds=ports.limits.impersonation_seconds)
    life = min(life, ports.auth.access_token_life) if app else life
    secret = ports.new_secret()
    session = LoginSession(
        id=SessionId(ports.new_id()), user_id=user_id, kind=SessionKind.IMPERSONATION, secret_hash=hash_secret(secret),
        amr=[], auth_time=now, created_at=now, seen_at=now, idle_expires=now + life, abs_expires=now + life, ip=None,
        ua="", actor_id=UserId(own.user_id), actor_session_id=SessionId(own.session_id or UUID(int=0)),
    )  # fmt: skip
    async with revoking(ports) as change:
        account = await _require_impersonable(change, actor, user_id, now=now)
        await change.tx.sessions.add(session)
        await _tell_owner(ports, change, session, actor, now=now)
        await write_audit_entry(
            change.tx, actor, "user.impersonated", f"user:{user_id}", now=now, reason=text,
            session=str(session.id), expires_at=session.abs_expires,
        )  # fmt: skip
    token = await _token(ports, session, own, now=now) if app else ""
    told = Impersonation(user_id, account.nickname, session.abs_expires, token)
    return Place(told, session.id, secret)


async def end_impersonation(ports: Ports, found: Credential, *, now: datetime) -> None:
    """Stop impersonating. Raises NotImpersonating."""
    if found.actor_id is None or found.session_id is None:
        raise NotImpersonating
    actor = own_act(UserId(found.actor_id))
    async with revoking(ports) as change:
        await change.tx.sessions.revoke(SessionId(found.session_id), now=now, reason="ended")
        change.session(found.session_id)
        await write_audit_entry(
            change.tx, actor, "user.impersonation-ended", f"user:{found.user_id}", now=now,
            session=str(found.session_id),
        )  # fmt: skip


async def _require_impersonable(change: Changing, actor: Actor, user_id: UserId, *, now: datetime) -> AccountView:
    """Return the account if the actor may impersonate it. Raises UserNotFound, CannotImpersonate, WiderThanOwn."""
    await change.tx.roles.lock_administration()
    account = await change.tx.views.users.account(user_id, now=now)
    grants = await change.tx.views.roles.list_grants(user_id, now=now)
    own = UserId(actor.user_id or UUID(int=0))
    check_target(user_id, actor=own, status=account.status, roles=[grant.name for grant in grants])
    check_rights((code for grant in grants for code in grant.permissions), actor.permissions)
    return account


async def _tell_owner(ports: Ports, change: Changing, session: LoginSession, actor: Actor, *, now: datetime) -> None:
    """Notify the user: in their history, without the actor's network address, and by mail to a confirmed address."""
    await record_login_event(
        ports, change.tx, Outcome.OK, Method.IMPERSONATION, visitor=Visitor(request_id=actor.request_id), now=now,
        user_id=session.user_id, session_id=session.id,
    )  # fmt: skip
    account = await change.tx.profiles.account(session.user_id)
    if account.confirmed is not None:
        envelope = Envelope(account.confirmed, account.locale, session.user_id)
        await put_mail(ports, change.tx, MailKind.ACCOUNT_SEEN, envelope, now=now, nickname=account.nickname)


async def _token(ports: Ports, session: LoginSession, own: Credential, *, now: datetime) -> str:
    return await ports.auth.access_tokens.write(
        AccessClaims(
            user_id=session.user_id, session_id=session.id, issued_at=now, expires_at=session.abs_expires,
            auth_time=own.auth_time or now, aal=own.aal, amr=own.amr, actor_id=own.user_id,
            actor_session_id=own.session_id,
        )
    )  # fmt: skip
