"""Actors that are not people: the operator of this machine, and the system itself."""

from efir.application.context import Actor
from efir.domain.access.permissions import EVERY

OPERATOR = Actor(user_id=None, permissions=EVERY)
"""Whoever has a shell on this machine may do everything."""

SYSTEM = Actor(user_id=None, permissions=frozenset())
"""What happens by itself, such as the end of a ban."""
