"""The check that a user owns a resource."""

from uuid import UUID

from efir.domain.kernel.errors import DomainError


def require_owner(owner_id: UUID | None, user_id: UUID | None, otherwise: type[DomainError]) -> None:
    """Raises `otherwise` unless the user is the owner; a resource without an owner cannot be changed.

    For resources whose existence is private, `otherwise` is their "not found" error.
    """
    if user_id is None or owner_id != user_id:
        raise otherwise
