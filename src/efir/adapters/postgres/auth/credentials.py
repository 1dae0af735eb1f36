"""SQL of credentials: each is read with the rights of its owner in one statement."""

from collections.abc import Iterable
from typing import Any

from efir.domain.access.roles import SYSTEM
from efir.ports.access.credential_cache import Credential

RIGHTS = """
  left join lateral (
       select array_agg(r.name order by r.name) as names, array_agg(r.id order by r.name) as ids,
              array_agg(r.ver order by r.name) as vers, min(g.expires_at) as until,
              array(select distinct p.code from role_permission p where p.role_id = any (array_agg(r.id))) as codes
         from user_role g join role r on r.id = g.role_id
        where g.user_id = u.id and (g.expires_at is null or g.expires_at > $2)
  ) g on true
"""
WHO = """
select u.id as user_id, coalesce(u.nickname, '') as nickname, u.display_name, u.status,
        u.created_at as user_since, u.authz_ver as version, u.avatar_id,
       g.names, g.ids, g.vers, g.until, g.codes,
"""
SESSION = (
    WHO
    + """
       s.kind, s.id as session_id, null::uuid as token_id, null::text[] as scopes, s.created_at,
       s.abs_expires as expires_at, s.idle_expires as idle_expires_at, s.seen_at, s.auth_time, s.aal, s.amr,
       s.actor_id, s.actor_session_id
  from login_session s join user_account u on u.id = s.user_id """
    + RIGHTS
    + """
 where {} and s.revoked_at is null and s.epoch = u.epoch
   and s.abs_expires > $2 and s.idle_expires > $2 and u.status = 'active'"""
)
BY_SECRET = SESSION.format("s.secret_hash = $1")
BY_ID = SESSION.format("s.id = $1")
BY_TOKEN = (
    WHO
    + """
       t.kind, null::uuid as session_id, t.id as token_id, t.scopes, t.created_at,
       t.expires_at, null::timestamptz as idle_expires_at, t.last_used_at as seen_at,
       null::timestamptz as auth_time, 1::smallint as aal, '{}'::text[] as amr
  from api_token t join user_account u on u.id = t.user_id """
    + RIGHTS
    + """
 where t.secret_hash = $1 and t.revoked_at is null and (t.expires_at is null or t.expires_at > $2)
   and u.status = 'active'"""
)


def credential(row: Any) -> Credential:
    """Return the credential in a row of one of the statements above."""
    facts = dict(row)
    names, ids, vers = facts.pop("names") or [], facts.pop("ids") or [], facts.pop("vers") or []
    return Credential(
        roles=names,
        role_versions=list(zip(ids, vers, strict=True)),
        permissions=sorted(_find_allowed(names, facts.pop("codes") or [])),
        rights_until=facts.pop("until"),
        **facts,
    )


def _find_allowed(roles: Iterable[str], stored: Iterable[str]) -> set[str]:
    allowed = set(stored)
    for role in roles:
        allowed |= SYSTEM.get(role, frozenset())
    return allowed
