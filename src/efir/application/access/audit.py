"""The audit log: writing entries within the audited transaction, and listing them."""

from datetime import datetime
from typing import Any

from efir.application.context import Actor, Ports
from efir.application.kernel.cursors import paginate, parse_page
from efir.domain.access.audit import Entry
from efir.domain.kernel.ids import UserId
from efir.ports.access.audit import EntryView
from efir.ports.kernel.correlation import correlation
from efir.ports.kernel.pagination import Page
from efir.ports.transactions import Transaction


async def write_audit_entry(
    tx: Transaction, actor: Actor, action: str, target: str, *, now: datetime, **facts: Any
) -> None:
    """Add an entry in the transaction of the audited change."""
    await tx.audit.put(
        Entry(
            at=now, actor_id=actor.user_id, action=action, target=target, facts=facts,
            request_id=actor.request_id,
        )
    )  # fmt: skip


def own_act(user_id: UserId) -> Actor:
    """Return the actor for a change that users make to their own account; no permission is used."""
    return Actor(user_id=user_id, permissions=frozenset(), request_id=correlation.get())


async def list_audit(
    ports: Ports, *, action: str, target: str, limit: int | None, cursor: str | None
) -> Page[EntryView]:
    """List entries, newest first; filter by action and target when these are not empty. Raises BadCursor."""
    name = f"audit {action} {target}"
    part = parse_page(ports.keys, ports.limits, name, limit=limit, cursor=cursor)
    async with ports.read() as views:
        return paginate(ports.keys, name, await views.audit.list_entries(part, action=action, target=target))
