"""Invalidation of cached credentials: a change of rights is effective in every process before it is acknowledged."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from efir.application.context import Ports
from efir.ports.access.credential_cache import Change
from efir.ports.transactions import Transaction

BATCH = 100


@dataclass(slots=True)
class Changing:
    """A transaction that changes rights or ends credentials; recorded changes are effective everywhere at its end."""

    tx: Transaction
    noted: list[Change] = field(default_factory=list)

    def session(self, session_id: UUID) -> None:
        """Record that a login session has ended."""
        self.noted.append(Change("session", str(session_id)))

    def token(self, token_id: UUID) -> None:
        """Record that an API token was revoked."""
        self.noted.append(Change("token", str(token_id)))

    def user(self, user_id: UUID, version: int) -> None:
        """Record that the status, epoch or roles of a user have changed."""
        self.noted.append(Change("user", str(user_id), version))

    def role(self, role_id: UUID, version: int) -> None:
        """Record that the permissions of a role have changed."""
        self.noted.append(Change("role", str(role_id), version))

    def key(self, kid: str) -> None:
        """Record that a signing key was compromised."""
        self.noted.append(Change("key", kid))


@asynccontextmanager
async def revoking(ports: Ports) -> AsyncIterator[Changing]:
    """Change rights in one transaction; when the block ends, the change is effective in every process.

    Raises Unavailable when the change is stored but may not have reached all copies; it is retried until it has.
    """
    number = None
    async with ports.begin() as tx:
        change = Changing(tx)
        yield change
        if change.noted:
            number = await tx.access_changes.put(change.noted)
    if number is not None:
        await ports.access.copies.forget(change.noted)
        async with ports.single() as tx:
            await tx.access_changes.forget(number)


async def spread_waiting(ports: Ports) -> int:
    """Apply changes that were stored while Valkey was unavailable; return the number of changes."""
    async with ports.begin() as tx:
        rows = await tx.access_changes.list_waiting(BATCH)
        for _number, changes in rows:
            await ports.access.copies.forget(changes)
    return len(rows)
