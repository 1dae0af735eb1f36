"""People whom a provider knows and we do not yet: what it told waits until they have chosen a nickname."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from efir.application.access import changing
from efir.application.collected import Collected
from efir.application.context import Ports, Visitor
from efir.application.credentials import hashed
from efir.application.rates import limited, registration_rate
from efir.application.sessions import SignedIn, start_session
from efir.application.users import NewAccount, open_account
from efir.domain.errors import Gone
from efir.domain.identities import Identity, IdentityId
from efir.domain.logins import Method
from efir.domain.users import InvalidUser, UserId, parse_display_name, parse_nickname
from efir.ports.oidc import Claims, ProviderView

TICKET_SECONDS = 1800
TICKET_MOST = 100  # characters


class NewcomerGone(Gone):
    """The ticket is unknown, used or too old: sign in through the provider again."""

    code = "newcomer-gone"
    title = "This has taken too long"


class Newcomer(Struct, frozen=True):
    """What a provider has told about somebody without an account, for filling in a form."""

    provider: ProviderView
    claims: Claims
    back: str

    @property
    def suggestion(self) -> str:
        """Answer a nickname made of what was told, or nothing that could be one."""
        for told in (self.claims.nickname, self.claims.email.partition("@")[0], self.claims.name):
            try:
                return parse_nickname(told.replace(" ", "."))
            except InvalidUser:
                continue
        return ""


_decoder = msgspec.msgpack.Decoder(Newcomer)


async def welcome(ports: Ports, provider: ProviderView, claims: Claims, *, back: str) -> str:
    """Keep what was told; answers the ticket of whom it was told about."""
    ticket = ports.new_secret()
    await ports.once.put(_key(ticket), msgspec.msgpack.encode(Newcomer(provider, claims, back)), seconds=TICKET_SECONDS)
    return ticket


async def get_newcomer(ports: Ports, ticket: str) -> Newcomer:
    """Answer what was told. Raises NewcomerGone."""
    found = await ports.once.look(_key(ticket))
    if found is None:
        raise NewcomerGone
    return _decoder.decode(found)


async def register_newcomer(
    ports: Ports, *, ticket: str, nickname: str, display_name: str, email: str, visitor: Visitor, now: datetime
) -> SignedIn:
    """Make account, channel, link and login session, together or not at all.

    The address counts as not confirmed whatever the provider says of it: a link by address would be a take-over.
    Raises InvalidUser naming every wrong field, NicknameTaken, HandleTaken, IdentityTaken, NewcomerGone, Throttled.
    """
    newcomer = await get_newcomer(ports, ticket)
    wrong = Collected()
    name = wrong.tried(lambda: parse_nickname(nickname))
    address = wrong.tried(lambda: ports.addresses.parse(email))
    shown = wrong.tried(lambda: parse_display_name(display_name or nickname))
    if wrong.errors or name is None or address is None or shown is None:
        raise InvalidUser(errors=tuple(wrong.errors))
    await limited(ports, registration_rate(ports, visitor=visitor))
    account = NewAccount(nickname=name, display_name=shown, email=address, password=None)
    async with changing(ports) as change:
        user = await open_account(ports, change.tx, account, now=now)
        await change.tx.identities.add(_identity(ports, newcomer, user.id, now=now))
        signed = await start_session(
            ports, change.tx, user=user, method=Method.OIDC, amr=["fed"], aal=1, visitor=visitor, now=now,
            provider=newcomer.claims.session,
        )  # fmt: skip
    await ports.once.take(_key(ticket))
    return signed


def _identity(ports: Ports, newcomer: Newcomer, user_id: UUID, *, now: datetime) -> Identity:
    claims = newcomer.claims
    return Identity(
        id=IdentityId(ports.new_id()), issuer=claims.session.issuer, sub=claims.sub, user_id=UserId(user_id),
        provider=newcomer.provider.name, shown=claims.email or claims.nickname or claims.name, linked_at=now,
    )  # fmt: skip


def _key(ticket: str) -> str:
    return f"newcomer:{hashed(ticket[:TICKET_MOST]).hex()}"
