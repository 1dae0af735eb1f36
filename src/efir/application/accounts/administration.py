"""Accounts as administrators see them, and the appointment of the first administrator."""

from datetime import datetime, timedelta

from efir.application.access.actors import OPERATOR
from efir.application.access.roles import grant_role, revoke_role
from efir.application.auth.login_history import list_logins
from efir.application.context import Ports
from efir.application.kernel.cursors import paginate, parse_page
from efir.domain.access.roles import ADMINISTRATOR
from efir.domain.kernel.errors import Conflict, Forbidden
from efir.domain.kernel.ids import UserId
from efir.domain.kernel.signed_tokens import SignedTokens, TokenForged
from efir.ports.auth.login_history import LoginView
from efir.ports.kernel.pagination import Page
from efir.ports.users import AccountView

LINK_LIFE = timedelta(minutes=15)
TOKENS = SignedTokens("setup", mac_bytes=24)


class AdministratorExists(Conflict):
    """The first administrator already exists; administrators or the operator can appoint others."""

    code = "administrator-exists"
    title = "There is an administrator already"


class SetupCodeInvalid(Forbidden):
    """The code of the set-up link was not issued by this service, or has expired."""

    code = "setup-code-invalid"
    title = "This link is no longer valid"


async def list_users(
    ports: Ports, *, text: str, status: str, role: str, now: datetime, limit: int | None, cursor: str | None
) -> Page[AccountView]:
    """List accounts, newest first; empty filters are ignored. Raises BadCursor."""
    name = f"users {status} {role} {text}"
    part = parse_page(ports.keys, ports.limits, name, limit=limit, cursor=cursor)
    async with ports.read() as views:
        return paginate(
            ports.keys, name, await views.users.accounts(part, text=text, status=status, role=role, now=now)
        )


async def get_account(ports: Ports, *, user_id: UserId, now: datetime) -> AccountView:
    """Return one account. Raises UserNotFound."""
    async with ports.read() as views:
        return await views.users.account(user_id, now=now)


async def list_user_logins(
    ports: Ports, *, user_id: UserId, now: datetime, limit: int | None, cursor: str | None
) -> Page[LoginView]:
    """List the sign-in attempts of a user, newest first. Raises UserNotFound, BadCursor."""
    await get_account(ports, user_id=user_id, now=now)
    return await list_logins(ports, user_id=user_id, limit=limit, cursor=cursor)


async def grant_by_operator(ports: Ports, *, nickname: str, role: str, now: datetime) -> None:
    """Grant a role to a user, as the operator of this machine. Raises UserNotFound, RoleNotFound."""
    async with ports.read() as views:
        user_id = await views.users.get_by_nickname(nickname.strip().lower())
    await grant_role(ports, OPERATOR, user_id=user_id, name=role, expires_at=None, reason="by the operator", now=now)


async def revoke_by_operator(ports: Ports, *, nickname: str, role: str, now: datetime) -> None:
    """Revoke a role from a user, as the operator. Raises UserNotFound, RoleNotFound, LastAdministrator."""
    async with ports.read() as views:
        user_id = await views.users.get_by_nickname(nickname.strip().lower())
    await revoke_role(ports, OPERATOR, user_id=user_id, name=role, now=now)


async def setup_code(ports: Ports, *, now: datetime) -> str:
    """Create the code of a set-up link, which makes the signed-in user the first administrator; valid for 15 minutes.

    Raises AdministratorExists.
    """
    async with ports.begin() as tx:
        if await tx.roles.administrators():
            raise AdministratorExists
    ends = int((now + LINK_LIFE).timestamp()).to_bytes(8)
    return TOKENS.sign(ports.keys, ends)


async def claim_administration(ports: Ports, *, user_id: UserId, code: str, now: datetime) -> None:
    """Become the first administrator with the code of a set-up link; only one administrator can be the first.

    Raises SetupCodeInvalid, AdministratorExists.
    """
    check_setup_code(ports, code=code, now=now)
    async with ports.begin() as tx:
        await tx.roles.lock_administration()
        if await tx.roles.administrators():
            raise AdministratorExists
        await grant_role(
            ports.nest(tx),
            OPERATOR,
            user_id=user_id,
            name=ADMINISTRATOR,
            expires_at=None,
            reason="set-up link",
            now=now,
        )


def check_setup_code(ports: Ports, *, code: str, now: datetime) -> None:
    """Raises SetupCodeInvalid unless this service issued the code and it has not expired."""
    try:
        ends = TOKENS.read(ports.keys, code)
    except TokenForged as error:
        raise SetupCodeInvalid from error
    if now.timestamp() > int.from_bytes(ends):
        raise SetupCodeInvalid
