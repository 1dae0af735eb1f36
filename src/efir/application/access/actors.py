"""Actors without a user account: the operator of this machine, and the system itself."""

from efir.application.context import Actor
from efir.domain.access.permissions import EVERY

OPERATOR = Actor(user_id=None, permissions=EVERY)
"""The operator, who has a shell on this machine and therefore every permission."""

SYSTEM = Actor(user_id=None, permissions=frozenset())
"""The service itself, for changes that nobody requests, such as the end of a ban."""
