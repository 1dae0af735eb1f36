"""What a role can allow: named permissions, no wildcards."""

import re
from enum import StrEnum

from efir.domain.kernel.errors import Forbidden

FOREIGN = re.compile(r"[a-z][a-z0-9-]{1,30}:[a-z][a-z0-9._-]{0,60}")


class Permission(StrEnum):
    """What Efir itself asks for; a role may also hold `service:action` codes that other services ask about."""

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
    title = "This needs a permission that you do not have"

    def __init__(self, required: str) -> None:
        super().__init__(f"This needs the permission {required}.")
        self.required = required


def is_permission(code: str) -> bool:
    """Return whether a role can hold this code: one of Efir's own, or `service:action` of another service."""
    return code in EVERY or FOREIGN.fullmatch(code) is not None


class OnlyLooking(Forbidden):
    """An impersonator can change nothing, and see nothing that only the owner may see."""

    code = "impersonation-read-only"
    title = "You are impersonating an account: nothing can be changed"
