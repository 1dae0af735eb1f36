"""The audit log: who changed what about accounts, roles and bans; rows are added and never changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from efir.domain.kernel.ids import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act: `action` like `role.granted`, `target` like `user:<id>`, `facts` what changed."""

    at: datetime
    actor_id: UserId | None
    action: str
    target: str
    facts: dict[str, Any]
    request_id: str
