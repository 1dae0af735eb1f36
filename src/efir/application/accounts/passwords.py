"""Passwords: quality checks, changes, and resets by mail."""

from datetime import datetime, timedelta

from efir.application.access.audit import own_act, write_audit_entry
from efir.application.access.invalidation import Changing, revoking
from efir.application.auth.reauthentication import check_password, is_fresh
from efir.application.auth.sessions import end_sessions
from efir.application.context import Ports, Visitor
from efir.application.jobs.engine import Progress
from efir.application.kernel.rate_limits import HOUR, enforce_limits
from efir.application.mail.mails import Envelope, is_within_budget, put_mail
from efir.domain.accounts.email_verification import Proof, ProofGone, ProofPurpose, parse_secret
from efir.domain.auth.sessions import StepUpNeeded
from efir.domain.jobs import ClaimedJob, JobKind, NewJob, Queue
from efir.domain.kernel.ids import SessionId, UserId
from efir.domain.kernel.rate_limits import Rate, network_of
from efir.domain.kernel.secret_hashes import hash_secret
from efir.domain.mail import MailId, MailKind
from efir.domain.users import UserStatus, parse_password
from efir.ports.access.credential_cache import Credential
from efir.ports.accounts.profiles import Account
from efir.ports.mail import Asked
from efir.ports.transactions import Transaction


def check_password_quality(
    ports: Ports, text: str, *, nickname: str, email_key: str, pointer: str = "/password"
) -> str:
    """Return a new password in its normal form; refuse an obvious one. Raises InvalidUser."""
    return parse_password(
        text, nickname=nickname, email_key=email_key, guesses=ports.auth.passwords.guesses, pointer=pointer
    )


async def has_password(ports: Ports, *, user_id: UserId) -> bool:
    """Return whether an account has a password; users who registered through a provider may have none."""
    async with ports.read() as views:
        return await views.profiles.password(user_id) is not None


async def change_password(
    ports: Ports, *, credential: Credential, present: str | None, wanted: str, now: datetime
) -> None:
    """Set a new password, or the first one; every other login session ends, and the user is notified by mail.

    The first password requires a recent login instead of the present password. Raises WrongPassword, StepUpNeeded,
    InvalidUser naming `/new_password`, HashingBusy.
    """
    user_id = UserId(credential.user_id)
    if present is not None or await has_password(ports, user_id=user_id):
        await check_password(ports, user_id=user_id, password=present or "")
    elif not is_fresh(ports, credential, now=now):
        raise StepUpNeeded
    async with ports.begin() as tx:
        account = await tx.profiles.account(user_id)
    secret = _check_password_quality(ports, account, wanted)
    stored = await ports.auth.passwords.hash(secret)
    own = None if credential.session_id is None else SessionId(credential.session_id)
    async with revoking(ports) as change:
        await _set_password(ports, change, account, stored, keep=own, action="password.changed", now=now)


async def ask_reset(ports: Ports, *, email: str, visitor: Visitor, now: datetime) -> None:
    """Request a link that sets a new password.

    A job looks up the address, so that neither the response nor its timing reveals whether an account has it.
    Raises InvalidUser when the text is not an address, Throttled.
    """
    await enforce_limits(ports, Rate("reset", network_of(visitor.ip), ports.limits.resets_network, HOUR))
    address = ports.accounts.addresses.parse(email)
    mail_id = MailId(ports.new_id())
    async with ports.begin() as tx:
        await tx.mails.ask(mail_id, MailKind.PASSWORD_RESET, Asked(address.shown, address.key, now))
        await tx.jobs.put([NewJob(kind=JobKind.ANSWER_RESET, subject=mail_id, queue=Queue.MAIL)])


async def answer_reset(ports: Ports, job: ClaimedJob, _progress: Progress) -> None:
    """Mail a reset link if the address is confirmed by an account; otherwise nothing happens."""
    async with ports.begin() as tx:
        await tx.jobs.finish(job)
        asked = await tx.mails.take_request(MailId(job.subject))
        account = None if asked is None else await tx.profiles.find_by_confirmed_email(asked.recipient_key, lock=True)
        now = ports.clock()
        if asked is None or account is None or account.status == UserStatus.BANNED:
            return
        if await is_within_budget(ports, tx, MailKind.PASSWORD_RESET, asked.recipient_key, now=now):
            await _mail_reset(ports, tx, account, now=now)


async def reset_password(ports: Ports, *, token: str, wanted: str, now: datetime) -> None:
    """Set a password by a mailed link, once; every login session ends, and none is started.

    Raises ProofGone, InvalidUser naming `/new_password`, HashingBusy.
    """
    token_hash = hash_secret(parse_secret(token))
    async with ports.begin() as tx:
        account = await _account_of(tx, token_hash, now=now)
    secret = _check_password_quality(ports, account, wanted)
    stored = await ports.auth.passwords.hash(secret)
    async with revoking(ports) as change:
        account = await _account_of(change.tx, token_hash, now=now)  # of two concurrent requests, one finds it gone
        await _set_password(ports, change, account, stored, keep=None, action="password.reset", now=now)


async def check_reset(ports: Ports, *, token: str, now: datetime) -> None:
    """Check that a link can still set a password; it stays valid. Raises ProofGone."""
    async with ports.begin() as tx:
        await _account_of(tx, hash_secret(parse_secret(token)), now=now)


async def _account_of(tx: Transaction, token_hash: bytes, *, now: datetime) -> Account:
    proof = await tx.proofs.find_by_token(ProofPurpose.PASSWORD, token_hash)
    if proof is None or now >= proof.expires_at:
        raise ProofGone
    return await tx.profiles.account(proof.user_id, lock=True)


async def _mail_reset(ports: Ports, tx: Transaction, account: Account, *, now: datetime) -> None:
    address = account.confirmed
    if address is None:
        return
    secret, user_id = ports.new_secret(), UserId(account.id)
    expires_at = now + timedelta(seconds=ports.limits.reset_seconds)
    await tx.proofs.put(
        Proof(
            user_id=user_id, purpose=ProofPurpose.PASSWORD, email=address.shown, email_key=address.key,
            token_hash=hash_secret(secret), code_hash=None, created_at=now, code_until=now, expires_at=expires_at,
        )
    )  # fmt: skip
    envelope = Envelope(address, account.locale, user_id, expires_at)
    await put_mail(ports, tx, MailKind.PASSWORD_RESET, envelope, now=now, nickname=account.nickname, token=secret)


async def _set_password(
    ports: Ports,
    change: Changing,
    account: Account,
    stored: bytes,
    *,
    keep: SessionId | None,
    action: str,
    now: datetime,
) -> None:
    user_id = UserId(account.id)
    await change.tx.profiles.set_password(user_id, stored, now=now)
    await change.tx.proofs.drop(user_id, ProofPurpose.PASSWORD)
    await end_sessions(change, user_id, keep=keep, now=now, reason=action)
    await write_audit_entry(change.tx, own_act(user_id), action, f"user:{user_id}", now=now)
    if account.confirmed is not None:
        envelope = Envelope(account.confirmed, account.locale, user_id)
        await put_mail(ports, change.tx, MailKind.PASSWORD_CHANGED, envelope, now=now, nickname=account.nickname)


def _check_password_quality(ports: Ports, account: Account, wanted: str) -> str:
    return check_password_quality(
        ports, wanted, nickname=account.nickname, email_key=account.email_key or "", pointer="/new_password"
    )
