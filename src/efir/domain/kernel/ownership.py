"""Whose something is."""

from uuid import UUID

from efir.domain.kernel.errors import DomainError


def require_owner(owner_id: UUID | None, user_id: UUID | None, otherwise: type[DomainError]) -> None:
    """Raise `otherwise` unless the user owns it; what has no owner cannot be changed.

    For what others may not even know of, `otherwise` is the error of what does not exist.
    """
    if user_id is None or owner_id != user_id:
        raise otherwise
