"""What each way into the service needs: nothing, somebody signed in, or a permission (`accounts.md` §10).

Every handler states it as an option of its route, and one guard makes it true before the handler runs. The check of a
use case stays the last word.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from efir.application.context import Call
from efir.domain.permissions import Permission

NEEDS = "needs"


class Access(StrEnum):
    """What is needed where no permission is."""

    PUBLIC = "public"
    SIGNED_IN = "signed-in"


PUBLIC: dict[str, Any] = {NEEDS: Access.PUBLIC}
"""Option of a route for everybody."""

SIGNED_IN: dict[str, Any] = {NEEDS: Access.SIGNED_IN}
"""Option of a route for whoever is known, by cookie or token."""


def needing(*permissions: Permission) -> dict[str, Any]:
    """Option of a route for whoever holds one of these permissions; a refusal names the first."""
    return {NEEDS: permissions}


def stated(option: Mapping[str, Any]) -> bool:
    """Whether a route says what it needs."""
    needs = option.get(NEEDS)
    if isinstance(needs, tuple):
        return bool(needs) and all(isinstance(code, Permission) for code in needs)
    return isinstance(needs, Access)


def admit(call: Call, option: Mapping[str, Any]) -> None:
    """Let a request pass to the handler of a route that states its needs.

    Raises NoSession, ScopeMissing, PermissionMissing.
    """
    needs = option[NEEDS]
    if needs is Access.PUBLIC:
        return
    if needs is Access.SIGNED_IN:
        call.known()
    elif not any(call.may(code) for code in needs):
        call.actor(needs[0])
