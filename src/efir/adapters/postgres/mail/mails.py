"""Mails in PostgreSQL; their facts contain secrets, so they are sealed, and erased once the mail is closed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from efir.domain.kernel.ids import LANGUAGES, EmailAddress, UserId
from efir.domain.mail import Mail, MailId, MailKind, MailState
from efir.ports.mail import Asked

COLUMNS = "id, kind, recipient, lang, created_at, sealed, user_id, expires_at"
ONE = f"select {COLUMNS} from mails where id = $1 and state = 'waiting'"  # noqa: S608  # own names only
KEPT = f"select {COLUMNS} from mails where state = 'kept' order by created_at desc, id desc limit $1"  # noqa: S608  # own names only

ADD = """
insert into mails (id, kind, recipient, recipient_key, lang, state, sealed, user_id, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"""

TAKE = """
delete from mails where id = $1 and state = 'asked' returning recipient, recipient_key, created_at"""

END = """
update mails set state = $2, ended_at = $3, sealed = case when $2 = 'kept' then sealed end
 where id = $1 and state = 'waiting'"""

Unseal = Callable[[bytes], bytes]


class PostgresMailViews:
    """Read models of mails."""

    def __init__(self, connection: Any, unseal: Unseal) -> None:
        self._connection = connection
        self._unseal = unseal

    async def list_kept(self, limit: int) -> list[Mail]:
        """List mails of the development mailbox, newest first."""
        return [_mail(row, self._unseal) for row in await self._connection.fetch(KEPT, limit)]


class PostgresMailRepository:
    """Mails inside a transaction."""

    def __init__(self, connection: Any, seal: Callable[[bytes], bytes], unseal: Unseal) -> None:
        self._connection = connection
        self._seal = seal
        self._unseal = unseal

    async def add(self, mail: Mail, address: EmailAddress, state: MailState) -> None:
        """Store a mail to an address."""
        sealed = self._seal(msgspec.json.encode(mail.facts))
        await self._connection.execute(
            ADD, mail.id, mail.kind.value, address.shown, address.key, mail.lang, state.value, sealed, mail.user_id,
            mail.created_at, mail.expires_at,
        )  # fmt: skip

    async def ask(self, mail_id: MailId, kind: MailKind, asked: Asked) -> None:
        """Store a request for a mail."""
        await self._connection.execute(
            ADD, mail_id, kind.value, asked.recipient, asked.recipient_key, LANGUAGES[0], MailState.ASKED.value, None,
            None, asked.created_at, None,
        )  # fmt: skip

    async def take_request(self, mail_id: MailId) -> Asked | None:
        """Take a request for a mail, or None; the commit deletes it."""
        row = await self._connection.fetchrow(TAKE, mail_id)
        return None if row is None else Asked(*row)

    async def waiting(self, mail_id: MailId) -> Mail | None:
        """Find a mail that still has to be sent."""
        row = await self._connection.fetchrow(ONE, mail_id)
        return None if row is None else _mail(row, self._unseal)

    async def end(self, mail_id: MailId, state: MailState, *, now: datetime) -> None:
        """Close a waiting mail with a final state; only a kept mail keeps its facts."""
        await self._connection.execute(END, mail_id, state.value, now)

    async def recent(self, kind: MailKind, address_key: str, *, since: datetime) -> int:
        """Count mails of a kind to an address since a time; counts for one address are serialized."""
        await self._connection.execute("select pg_advisory_xact_lock(hashtextextended('mails ' || $1, 0))", address_key)
        sql = "select count(*) from mails where recipient_key = $1 and kind = $2 and created_at > $3"
        return int(await self._connection.fetchval(sql, address_key, kind.value, since))

    async def forget(self, before: datetime) -> int:
        """Delete mails created before a time. Return their number."""
        done: str = await self._connection.execute("delete from mails where created_at < $1", before)
        return int(done.rpartition(" ")[2])


def _mail(row: Any, unseal: Unseal) -> Mail:
    return Mail(
        id=MailId(row["id"]), kind=MailKind(row["kind"]), recipient=row["recipient"], lang=row["lang"],
        created_at=row["created_at"], facts=msgspec.json.decode(unseal(row["sealed"]), type=dict[str, str]),
        user_id=None if row["user_id"] is None else UserId(row["user_id"]), expires_at=row["expires_at"],
    )  # fmt: skip
