"""Broken constraints become domain errors; a test compares this table with the schema."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from efir.domain.access.roles import RoleNameTaken
from efir.domain.accounts.email_verification import EmailTaken
from efir.domain.audio.records import UsernameTaken
from efir.domain.auth.identities import IdentityTaken
from efir.domain.auth.passkeys import PasskeyKnown
from efir.domain.channels import ChannelNotFound, HandleTaken
from efir.domain.kernel.errors import DomainError, Unavailable
from efir.domain.users import NicknameTaken, PhoneTaken, UserNotFound

BROKEN: dict[str, type[DomainError]] = {
    "uq_user_account_nickname": NicknameTaken,
    "uq_user_account_nick_skel": NicknameTaken,
    "uq_user_account_email_key": EmailTaken,
    "uq_user_account_phone": PhoneTaken,
    "uq_channels_handle": HandleTaken,
    "uq_user_account_name_key": UsernameTaken,
    "fk_audio_records_owner_id_user_account": UserNotFound,
    "fk_channels_owner_id_user_account": UserNotFound,
    "fk_videos_channel_id_channels": ChannelNotFound,
    "fk_videos_owner_id_user_account": UserNotFound,
    "fk_uploads_owner_id_user_account": UserNotFound,
    "fk_api_token_user_id_user_account": UserNotFound,
    "fk_mailbox_proof_user_id_user_account": UserNotFound,
    "fk_mails_user_id_user_account": UserNotFound,
    "fk_staged_upload_owner_id_user_account": UserNotFound,
    "fk_login_session_user_id_user_account": UserNotFound,
    "fk_user_role_user_id_user_account": UserNotFound,
    "fk_ban_user_id_user_account": UserNotFound,
    "uq_role_name": RoleNameTaken,
    "uq_webauthn_credential_cred_id": PasskeyKnown,
    "uq_external_identity_subject": IdentityTaken,
    "fk_totp_credential_user_id_user_account": UserNotFound,
    "fk_webauthn_credential_user_id_user_account": UserNotFound,
    "fk_external_identity_user_id_user_account": UserNotFound,
}


UNREACHED = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""Errors of an attempt to get a connection that failed or took too long."""


class DatabaseAway(Unavailable):
    """PostgreSQL does not answer, or all connections are in use."""

    code = "database-away"
    title = "The database does not answer"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, retry_after=2)


@contextmanager
def translated() -> Iterator[None]:
    """Turn errors of the driver into errors of the domain; unknown ones stay, and become a 500."""
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as error:
        if (known := BROKEN.get(error.constraint_name or "")) is None:
            raise
        raise known from error
    except (
        asyncpg.PostgresConnectionError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,  # of a connection whose end the driver has only half noticed
        asyncpg.TooManyConnectionsError,
        asyncpg.CannotConnectNowError,
        asyncpg.AdminShutdownError,
        asyncpg.CrashShutdownError,
        asyncpg.QueryCanceledError,
    ) as error:
        raise DatabaseAway from error


@contextmanager
def reached() -> Iterator[None]:
    """Turn a failed or too slow attempt to get a connection into DatabaseAway."""
    try:
        yield
    except UNREACHED as error:
        raise DatabaseAway from error
