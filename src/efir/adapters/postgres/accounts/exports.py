"""Everything stored about a person. A new table with personal data gets a line here."""

from collections.abc import Sequence
from typing import Any

from efir.domain.kernel.ids import UserId

SUBJECTS = {
    "account": """select id, nickname, display_name, email, email_verified_at, phone, locale, status, created_at,
                         last_login_at from user_account where id = $1""",
    "names_given_up": "select skel, created_at, until from name_hold where user_id = $1",
    "password": "select changed_at from password_credential where user_id = $1",
    "second_factor": """
        select t.confirmed_at is not null as enabled, t.confirmed_at as since,
               (select count(*) from recovery_code c where c.user_id = $1 and c.used_at is null) as recovery_codes_left
          from (select) nothing left join totp_credential t on t.user_id = $1""",
    "passkeys": """select label, backed_up, created_at, last_used_at from webauthn_credential
                    where user_id = $1 order by created_at""",
    "identities": """select provider, issuer, sub, shown, linked_at, last_used_at from external_identity
                      where user_id = $1 order by linked_at""",
    "pending_addresses": "select email, purpose, created_at, expires_at from mailbox_proof where user_id = $1",
    "pictures": """select id, kind, width, height, created_at from staged_upload
                    where owner_id = $1 and state = 'claimed' order by created_at""",
    "login_sessions": """select id, kind, ip, ua, label, created_at, seen_at, abs_expires, revoked_at, revoke_reason
                           from login_session where user_id = $1 order by created_at""",
    "api_tokens": """select id, kind, name, scopes, created_at, expires_at, last_used_at, revoked_at
                       from api_token where user_id = $1 order by created_at""",
    "logins": """select at, outcome, method, ip, ua from login_event where user_id = $1 order by at""",
    "roles": """select r.name, g.granted_at, g.expires_at, g.reason from user_role g join role r on r.id = g.role_id
                 where g.user_id = $1 order by g.granted_at""",
    "acts": """select at, action, actor_id is not distinct from $1 as by_you from audit_log
                where actor_id = $1 or target = 'user:' || $1::uuid order by at""",
    "bans": "select reason, starts_at, ends_at, lifted_at from ban where user_id = $1 order by starts_at",
    "channels": """select id, handle, title, description, created_at from channels
                    where owner_id = $1 order by created_at""",
    "videos": """select id, channel_id, title, description, tags, visibility, state, duration, width, height, views,
                        likes, comments, created_at, published_at
                   from videos where owner_id = $1 and deleted_at is null order by created_at""",
    "uploads": """select id, state, length, filename, filetype, sha256, created_at from uploads
                   where owner_id = $1 order by created_at""",
    "audio_records": """select id, title, state, duration, channels, sample_rate, size, created_at from audio_records
                         where owner_id = $1 order by created_at""",
    "mails": "select id, kind, recipient, lang, state, created_at, ended_at from mails where user_id = $1 order by id",
}


class ReadExports:
    """Rows about a person as JSON objects."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @property
    def subjects(self) -> Sequence[str]:
        """Names of what there is."""
        return tuple(SUBJECTS)

    async def rows(self, subject: str, user_id: UserId) -> list[dict[str, Any]]:
        """All rows of a subject."""
        sql = f"select to_jsonb(found) from ({SUBJECTS[subject]}) found"  # noqa: S608  # own statements only
        return [row[0] for row in await self._connection.fetch(sql, user_id)]
