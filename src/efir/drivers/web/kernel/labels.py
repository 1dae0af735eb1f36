"""Labels of fixed sets of names: outcomes and methods of sign-ins, meanings of permissions and scopes."""

from collections.abc import Mapping
from gettext import NullTranslations

from efir.drivers.web.kernel.i18n import mark as _

OUTCOMES = {
    "ok": _("Signed in"),
    "bad_secret": _("Wrong password"),
    "unknown": _("Unknown name"),
    "mfa_needed": _("Second step asked"),
    "mfa_bad": _("Wrong code"),
    "banned": _("Banned"),
    "reuse_detected": _("Copied token came back"),
    "oidc_error": _("Refused by the provider"),
}
METHODS = {
    "password": _("Password"),
    "token": _("Password, in an app"),
    "refresh": _("Token of an app"),
    "passkey": _("Passkey"),
    "totp": _("Code of an app"),
    "recovery_code": _("Recovery code"),
    "oidc": _("Another service"),
    "registration": _("Registration"),
    "link": _("Link in an email"),
    "impersonation": _("An administrator, to help"),
}
MEANINGS = {
    "Read the own account.": _("Read the own account."),
    "Change the own account.": _("Change the own account."),
    "See own recordings.": _("See own recordings."),
    "Send and delete own recordings.": _("Send and delete own recordings."),
    "See own and private videos.": _("See own and private videos."),
    "Upload, change and delete own videos.": _("Upload, change and delete own videos."),
    "Use the permissions of the own roles.": _("Use the permissions of the own roles."),
    "List accounts and see their sign-in history.": _("List accounts and see their sign-in history."),
    "Ban accounts and lift bans.": _("Ban accounts and lift bans."),
    "See the service as somebody sees it, without changing anything.": _(
        "See the service as somebody sees it, without changing anything."
    ),
    "Remove a second factor that its owner has lost.": _("Remove a second factor that its owner has lost."),
    "List roles and who holds them.": _("List roles and who holds them."),
    "Create, change and delete roles.": _("Create, change and delete roles."),
    "Grant and revoke roles, within the own permissions.": _("Grant and revoke roles, within the own permissions."),
    "Read the audit log.": _("Read the audit log."),
    "See, retry and cancel background jobs of everybody.": _("See, retry and cancel background jobs of everybody."),
    "Change and delete what others publish, and decide on reports.": _(
        "Change and delete what others publish, and decide on reports."
    ),
    "Manage quiz questions.": _("Manage quiz questions."),
    "Manage audio records of everybody.": _("Manage audio records of everybody."),
}


def label_of(word: str, table: Mapping[str, str], words: NullTranslations) -> str:
    """Word one of a fixed set of names; a name without words stays as it is."""
    known = table.get(word)
    return word if known is None else words.gettext(known)
