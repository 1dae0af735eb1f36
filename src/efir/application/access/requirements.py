"""The requirements of routes: nothing, a signed-in user, or a permission.

Every handler declares its requirement as a route option, and one guard enforces it before the handler runs. The check
of the use case remains authoritative.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from efir.application.context import Call
from efir.domain.access.permissions import OnlyLooking, Permission

REQUIREMENT = "needs"


class Access(StrEnum):
    """Requirements other than a permission."""

    PUBLIC = "public"
    SIGNED_IN = "signed-in"


PUBLIC: dict[str, Any] = {REQUIREMENT: Access.PUBLIC}
"""Option of a route that is open to everyone."""

SIGNED_IN: dict[str, Any] = {REQUIREMENT: Access.SIGNED_IN}
"""Option of a route for any authenticated caller, by cookie or token."""


ONESELF: dict[str, Any] = SIGNED_IN | {"oneself": True}
"""Option of a route whose result is for the owner only, even when it changes nothing."""

HARMLESS: dict[str, Any] = {"harmless": True}
"""Option of a route that impersonators may use, although its method is unsafe."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def requires(*permissions: Permission) -> dict[str, Any]:
    """Return the option of a route that requires one of these permissions; a refusal names the first."""
    return {REQUIREMENT: permissions}


def is_stated(option: Mapping[str, Any]) -> bool:
    """Return whether a route declares its requirement."""
    needs = option.get(REQUIREMENT)
    if isinstance(needs, tuple):
        return bool(needs) and all(isinstance(code, Permission) for code in needs)
    return isinstance(needs, Access)


def admit(call: Call, option: Mapping[str, Any], *, method: str) -> None:
    """Admit a request to the handler of a route that declares its requirement.

    Raises NoSession, ScopeMissing, PermissionMissing, and OnlyLooking for what an impersonator must not do.
    """
    if call.looks_on and not option.get("harmless") and (method not in SAFE or option.get("oneself")):
        raise OnlyLooking
    needs = option[REQUIREMENT]
    if needs is Access.PUBLIC:
        return
    if needs is Access.SIGNED_IN:
        call.require_credential()
    elif not any(call.may(code) for code in needs):
        call.actor(needs[0])
