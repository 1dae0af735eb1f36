"""Login history: every attempt is recorded, for known and unknown users."""

from datetime import datetime, timedelta
from uuid import UUID

from efir.application.context import Ports, Visitor
from efir.application.kernel.cursors import paginate, parse_page
from efir.domain.auth.login_history import Login, Method, Outcome
from efir.domain.kernel.ids import UserId
from efir.ports.auth.login_history import LoginView
from efir.ports.kernel.pagination import Page
from efir.ports.transactions import Transaction

MAX_AGENT = 400
BATCH = 500


async def record_login_event(  # noqa: PLR0913  # the columns of one row
    ports: Ports,
    tx: Transaction,
    outcome: Outcome,
    method: Method,
    *,
    visitor: Visitor,
    now: datetime,
    user_id: UserId | None = None,
    session_id: UUID | None = None,
    name: str = "",
) -> None:
    """Record an attempt in the caller's transaction; of an unknown `name` only a keyed hash is stored."""
    ident = ports.keys.mac("login-name", name.encode())[:16] if user_id is None and name else None
    await tx.logins.add(
        Login(
            id=ports.new_id(), at=now, user_id=user_id, ident_mac=ident, outcome=outcome, method=method,
            session_id=session_id, ip=visitor.ip, ua=visitor.user_agent[:MAX_AGENT], request_id=visitor.request_id,
        )
    )  # fmt: skip


async def list_logins(ports: Ports, *, user_id: UserId, limit: int | None, cursor: str | None) -> Page[LoginView]:
    """List a user's sign-in attempts, newest first. Raises BadCursor."""
    name = f"logins {user_id}"
    part = parse_page(ports.keys, ports.limits, name, limit=limit, cursor=cursor)
    async with ports.read() as views:
        return paginate(ports.keys, name, await views.logins.list_by_user(user_id, part))


async def shorten_logins(ports: Ports) -> None:
    """Truncate old network addresses and delete the oldest attempts, in batches."""
    async with ports.begin() as tx:
        await tx.logins.shorten(
            now=ports.clock(), whole=timedelta(seconds=ports.limits.login_whole_seconds),
            kept=timedelta(seconds=ports.limits.login_kept_seconds), limit=BATCH,
        )  # fmt: skip
