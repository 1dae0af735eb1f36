"""Alerts sent to the owner of an account when its sign-in methods change."""

from enum import StrEnum


class Alert(StrEnum):
    """A change of the sign-in methods of an account."""

    TOTP_ENABLED = "totp-enabled"
    TOTP_REMOVED = "totp-removed"
    TOTP_REMOVED_FOR_YOU = "totp-removed-for-you"
    CODES_MADE = "codes-made"
    CODE_USED = "code-used"
    PASSKEY_ADDED = "passkey-added"
    PASSKEY_REMOVED = "passkey-removed"
    PASSKEY_COPIED = "passkey-copied"
    IDENTITY_LINKED = "identity-linked"
    IDENTITY_UNLINKED = "identity-unlinked"
