"""PostgreSQL repositories and read models of sign-in: sessions, factors, identities, login history and signing keys."""

from efir.adapters.postgres.auth.identities import PostgresIdentityRepository, PostgresIdentityViews
from efir.adapters.postgres.auth.login_history import PostgresLoginRepository, PostgresLoginViews
from efir.adapters.postgres.auth.passkeys import PostgresPasskeyRepository, PostgresPasskeyViews
from efir.adapters.postgres.auth.second_factors import PostgresSecondFactorRepository, PostgresSecondFactorViews
from efir.adapters.postgres.auth.sessions import PostgresSessionRepository, PostgresSessionViews
from efir.adapters.postgres.auth.signing_keys import PostgresSigningKeyRepository, PostgresSigningKeyViews
from efir.adapters.postgres.kernel.constraints import Broken
from efir.adapters.postgres.kernel.repository_attribute import Connected, RepositoryAttribute
from efir.domain.auth.identities import IdentityTaken
from efir.domain.auth.passkeys import PasskeyKnown
from efir.domain.users import UserNotFound


class AuthRepositories(Connected):
    """Repositories of sessions, second factors, passkeys, identities, login history and signing keys."""

    __slots__ = ()

    sessions = RepositoryAttribute(PostgresSessionRepository)
    second_factors = RepositoryAttribute(PostgresSecondFactorRepository)
    passkeys = RepositoryAttribute(PostgresPasskeyRepository)
    identities = RepositoryAttribute(PostgresIdentityRepository)
    logins = RepositoryAttribute(PostgresLoginRepository)
    signing_keys = RepositoryAttribute(PostgresSigningKeyRepository)


class AuthReadModels(Connected):
    """Read models of sessions, second factors, passkeys, identities, login history and signing keys."""

    __slots__ = ()

    sessions = RepositoryAttribute(PostgresSessionViews)
    second_factors = RepositoryAttribute(PostgresSecondFactorViews)
    passkeys = RepositoryAttribute(PostgresPasskeyViews)
    identities = RepositoryAttribute(PostgresIdentityViews)
    logins = RepositoryAttribute(PostgresLoginViews)
    signing_keys = RepositoryAttribute(PostgresSigningKeyViews)


BROKEN: Broken = {
    "fk_api_token_user_id_user_account": UserNotFound,
    "fk_login_session_user_id_user_account": UserNotFound,
    "uq_webauthn_credential_cred_id": PasskeyKnown,
    "uq_external_identity_subject": IdentityTaken,
    "fk_totp_credential_user_id_user_account": UserNotFound,
    "fk_webauthn_credential_user_id_user_account": UserNotFound,
    "fk_external_identity_user_id_user_account": UserNotFound,
}


EXPORTED = {
    "password": "select changed_at from password_credential where user_id = $1",
    "second_factor": """
        select t.confirmed_at is not null as enabled, t.confirmed_at as since,
               (select count(*) from recovery_code c where c.user_id = $1 and c.used_at is null) as recovery_codes_left
          from (select) nothing left join totp_credential t on t.user_id = $1""",
    "passkeys": """select label, backed_up, created_at, last_used_at from webauthn_credential
                    where user_id = $1 order by created_at""",
    "identities": """select provider, issuer, sub, shown, linked_at, last_used_at from external_identity
                      where user_id = $1 order by linked_at""",
    "login_sessions": """select id, kind, ip, ua, label, created_at, seen_at, abs_expires, revoked_at, revoke_reason
                           from login_session where user_id = $1 order by created_at""",
    "api_tokens": """select id, kind, name, scopes, created_at, expires_at, last_used_at, revoked_at
                       from api_token where user_id = $1 order by created_at""",
    "logins": """select at, outcome, method, ip, ua from login_event where user_id = $1 order by at""",
}
"""Queries of the data export by subject, `$1` is the user; every table with personal data needs one."""
