"""Actors that are not people: the operator of this machine, and the system itself."""

from efir.application.context import Actor
from efir.domain.access.permissions import EVERY

OPERATOR = Actor(user_id=None, permissions=EVERY)
"""Who may act: a user with permissions, or the operator with a shell on this machine, who may do everything."""

SYSTEM = Actor(user_id=None, permissions=frozenset())
"""What happens by itself, such as the end of a ban."""
