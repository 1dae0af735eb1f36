"""The permissions that roles can grant: named codes, without wildcards."""

import re
from enum import StrEnum

from efir.domain.kernel.errors import Forbidden

FOREIGN = re.compile(r"[a-z][a-z0-9-]{1,30}:[a-z][a-z0-9._-]{0,60}")


class Permission(StrEnum):
    """Permissions checked by Efir itself; a role may also hold `service:action` codes, checked by other services."""

    USERS_READ = "users.read"
    USERS_BAN = "users.ban"
    USERS_IMPERSONATE = "users.impersonate"
    USERS_RECOVER = "users.recover"
    ROLES_READ = "roles.read"
    ROLES_MANAGE = "roles.manage"
    ROLES_GRANT = "roles.grant"
    AUDIT_READ = "audit.read"
    JOBS_MANAGE = "jobs.manage"
    MODERATION = "moderation"
    QUIZ_MANAGE = "quiz.manage"
    AUDIO_MANAGE = "audio.manage"


MEANINGS: dict[str, str] = {
    Permission.USERS_READ: "List accounts and see their sign-in history.",
    Permission.USERS_BAN: "Ban accounts and lift bans.",
    Permission.USERS_IMPERSONATE: "See the service as somebody sees it, without changing anything.",
    Permission.USERS_RECOVER: "Remove a second factor that its owner has lost.",
    Permission.ROLES_READ: "List roles and who holds them.",
    Permission.ROLES_MANAGE: "Create, change and delete roles.",
    Permission.ROLES_GRANT: "Grant and revoke roles, within the own permissions.",
    Permission.AUDIT_READ: "Read the audit log.",
    Permission.JOBS_MANAGE: "See, retry and cancel background jobs of everybody.",
    Permission.MODERATION: "Change and delete what others publish, and decide on reports.",
    Permission.QUIZ_MANAGE: "Manage quiz questions.",
    Permission.AUDIO_MANAGE: "Manage audio records of everybody.",
}
EVERY = frozenset(Permission)


class PermissionMissing(Forbidden):
    """None of the caller's roles permits this; `required` names the permission that would."""

    code = "permission-missing"
    title = "You do not have the required permission"

    def __init__(self, required: str) -> None:
        super().__init__(f"This needs the permission {required}.")
        self.required = required


def is_permission(code: str) -> bool:
    """Return whether a role can hold this code: a permission of Efir, or `service:action` of another service."""
    return code in EVERY or FOREIGN.fullmatch(code) is not None


class OnlyLooking(Forbidden):
    """During an impersonation nothing can be changed, and data that only the owner may see is hidden."""

    code = "impersonation-read-only"
    title = "Nothing can be changed while you impersonate an account"
