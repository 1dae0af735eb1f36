"""The audit log: who changed what in accounts, roles and bans; entries are only added, never changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from efir.domain.kernel.ids import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry: `action` such as `role.granted`, `target` such as `user:<id>`, `facts` with what changed."""

    at: datetime
    actor_id: UserId | None
    action: str
    target: str
    facts: dict[str, Any]
    request_id: str
