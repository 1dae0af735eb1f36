"""Accounts as administrators see them, and how the first administrator is made."""

from datetime import datetime

from efir.application.context import Actor, Ports
from efir.application.cursors import page, wanted
from efir.application.roles import grant_role
from efir.domain.permissions import EVERY
from efir.domain.users import UserId
from efir.ports.pages import Page
from efir.ports.users import AccountView

OPERATOR = Actor(user_id=None, permissions=EVERY)


async def list_users(
    ports: Ports, *, text: str, status: str, role: str, now: datetime, limit: int | None, cursor: str | None
) -> Page[AccountView]:
    """List accounts, newest first; empty filters do not count. Raises BadCursor."""
    name = f"users {status} {role} {text}"
    part = wanted(ports.keys, ports.limits, name, limit=limit, cursor=cursor)
    async with ports.read() as views:
        return page(ports.keys, name, await views.users.accounts(part, text=text, status=status, role=role, now=now))


async def get_account(ports: Ports, *, user_id: UserId, now: datetime) -> AccountView:
    """Answer one account. Raises UserNotFound."""
    async with ports.read() as views:
        return await views.users.account(user_id, now=now)


async def grant_by_operator(ports: Ports, *, nickname: str, role: str, now: datetime) -> None:
    """Let somebody hold a role, from the machine itself. Raises UserNotFound, RoleNotFound."""
    async with ports.read() as views:
        user = await views.users.by_nickname(nickname.strip().lower())
    await grant_role(
        ports, OPERATOR, user_id=UserId(user.id), name=role, expires_at=None, reason="by the operator", now=now
    )
