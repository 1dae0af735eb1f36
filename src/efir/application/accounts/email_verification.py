"""Verification of email addresses by a mailed link or code, and changes of address without a gap."""

import hmac
from datetime import datetime, timedelta

from msgspec import Struct

from efir.application.access.audit import own_act, write_audit_entry
from efir.application.auth.reauthentication import reauthenticate
from efir.application.context import Ports
from efir.application.mail.mails import Envelope, put_mail, spend_budget
from efir.domain.accounts.email_verification import (
    EmailConfirmed,
    Proof,
    ProofGone,
    ProofPurpose,
    parse_code,
    parse_secret,
    refuse_code,
)
from efir.domain.kernel.errors import Invalid
from efir.domain.kernel.ids import EmailAddress, UserId
from efir.domain.kernel.secret_hashes import hash_secret
from efir.domain.mail import MailKind
from efir.ports.access.credential_cache import Credential
from efir.ports.accounts.profiles import Account
from efir.ports.transactions import Transaction


async def ask_confirmation(
    ports: Ports, tx: Transaction, account: Account, address: EmailAddress, *, now: datetime
) -> None:
    """Mail a confirmation link and code to an address; earlier ones become invalid.

    Call it at the end of the caller's transaction. If another account has confirmed the address, its owner gets a
    notice instead, by the same number of statements: nobody else can see the difference. Raises MailsTooMany.
    """
    known = await find_known_holder(ports, tx, address, MailKind.EMAIL_CONFIRM, but_for=UserId(account.id), now=now)
    secret, code = ports.new_secret(), ports.new_code()
    user_id, expires_at = UserId(account.id), now + timedelta(seconds=ports.limits.email_link_seconds)
    await tx.proofs.put(
        Proof(
            user_id=user_id, purpose=ProofPurpose.EMAIL, email=address.shown, email_key=address.key,
            token_hash=hash_secret(secret), code_hash=_code_hash(ports, user_id, code), created_at=now,
            code_until=now + timedelta(seconds=ports.limits.email_code_seconds), expires_at=expires_at,
        )
    )  # fmt: skip
    if known is not None:
        await put_mail(ports, tx, MailKind.EMAIL_KNOWN, known.envelope, now=now, nickname=known.nickname)
        return
    envelope = Envelope(address, account.locale, user_id, expires_at)
    await put_mail(
        ports, tx, MailKind.EMAIL_CONFIRM, envelope, now=now, nickname=account.nickname, code=code, token=secret
    )


class Known(Struct, frozen=True):
    """The owner of an address that was entered for another account, and the envelope of the notice to them."""

    nickname: str
    envelope: Envelope


async def find_known_holder(
    ports: Ports, tx: Transaction, address: EmailAddress, kind: MailKind, *, but_for: UserId | None, now: datetime
) -> Known | None:
    """Return the other account that has confirmed an address, or None.

    Raises MailsTooMany when the address may get no more mails: of `kind`, or notices to that account.
    """
    holder = await tx.profiles.find_by_confirmed_email(address.key)
    foreign = holder is not None and holder.id != but_for
    await spend_budget(ports, tx, MailKind.EMAIL_KNOWN if foreign else kind, address.key, now=now)
    if holder is None or not foreign:
        return None
    return Known(holder.nickname, Envelope(holder.confirmed or address, holder.locale, UserId(holder.id)))


async def confirm_email(
    ports: Ports, *, person: UserId | None, token: str | None, code: str | None, now: datetime
) -> UserId:
    """Confirm an address by its link, by its code, or by both; return its owner.

    A code alone requires a signed-in user. The address belongs to the first account that confirms it; a previous
    address of that account gets a notice. Raises Invalid, ProofGone, WrongCode, EmailTaken.
    """
    if token is None and (code is None or person is None):
        raise Invalid("Send the token of the link, or sign in and send the code.")
    typed = None if code is None else parse_code(code)
    async with ports.begin() as tx:
        proof = await _find_proof(tx, person, token)
        if proof is None or now >= proof.expires_at or (typed is not None and not proof.takes_codes(now)):
            raise ProofGone
        right = typed is None or hmac.compare_digest(_code_hash(ports, proof.user_id, typed), proof.code_hash or b"")
        if right:
            await _confirm(ports, tx, proof, now=now)
        else:
            await tx.proofs.count_try(proof)
    if not right:  # after the commit, so that the attempt counts
        raise refuse_code()
    return proof.user_id


async def pending_address(ports: Ports, *, token: str, now: datetime) -> tuple[UserId, str]:
    """Return the user and the address that a link would confirm; the link stays valid. Raises ProofGone."""
    async with ports.begin() as tx:
        proof = await tx.proofs.find_by_token(ProofPurpose.EMAIL, hash_secret(parse_secret(token)))
    if proof is None or now >= proof.expires_at:
        raise ProofGone
    return proof.user_id, proof.email


async def resend_confirmation(ports: Ports, *, user_id: UserId, now: datetime) -> None:
    """Mail a new link and code to the unconfirmed address. Raises EmailConfirmed, MailsTooMany."""
    async with ports.begin() as tx:
        account = await tx.profiles.account(user_id, lock=True)
        waiting = await tx.proofs.find_by_user(user_id, ProofPurpose.EMAIL)
        if waiting is not None:
            address = EmailAddress(waiting.email, waiting.email_key)
        elif account.confirmed is None and account.email is not None and account.email_key is not None:
            address = EmailAddress(account.email, account.email_key)
        else:
            raise EmailConfirmed
        await ask_confirmation(ports, tx, account, address, now=now)


async def change_email(
    ports: Ports, *, credential: Credential, email: str, password: str | None, now: datetime
) -> None:
    """Start a change of address: the present address stays until the new one is confirmed.

    Entering the confirmed address itself cancels a pending change. Raises InvalidUser, MailsTooMany, StepUpNeeded,
    WrongPassword.
    """
    address = ports.accounts.addresses.parse(email)
    user_id = await reauthenticate(ports, credential, password=password, now=now)
    async with ports.begin() as tx:
        account = await tx.profiles.account(user_id, lock=True)
        if account.confirmed is not None and account.confirmed.key == address.key:
            await tx.proofs.drop(user_id, ProofPurpose.EMAIL)
            return
        await ask_confirmation(ports, tx, account, address, now=now)


async def _find_proof(tx: Transaction, person: UserId | None, token: str | None) -> Proof | None:
    if token is not None:
        return await tx.proofs.find_by_token(ProofPurpose.EMAIL, hash_secret(parse_secret(token)))
    return None if person is None else await tx.proofs.find_by_user(person, ProofPurpose.EMAIL)


async def _confirm(ports: Ports, tx: Transaction, proof: Proof, *, now: datetime) -> None:
    account = await tx.profiles.account(proof.user_id, lock=True)
    before, address = account.confirmed, EmailAddress(proof.email, proof.email_key)
    await tx.profiles.confirm_email(proof.user_id, address, now=now)
    for purpose in ProofPurpose:  # a reset link that was mailed to the old address becomes invalid too
        await tx.proofs.drop(proof.user_id, purpose)
    await write_audit_entry(tx, own_act(proof.user_id), "email.confirmed", f"user:{proof.user_id}", now=now)
    if before is not None and before.key != address.key:
        envelope = Envelope(before, account.locale, proof.user_id)
        await put_mail(
            ports, tx, MailKind.EMAIL_CHANGED, envelope, now=now, nickname=account.nickname, email=address.shown
        )


def _code_hash(ports: Ports, user_id: UserId, code: str) -> bytes:
    """Return the keyed hash of a code: a plain hash of few digits could be reversed by anyone who reads the table."""
    return ports.keys.mac("email code", f"{user_id}|{code}".encode())
