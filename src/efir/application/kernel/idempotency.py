"""What a request that may be repeated does inside the transaction of its effect."""

from typing import Generic, Protocol, TypeVar

from efir.ports.transactions import Transaction

T_contra = TypeVar("T_contra", contravariant=True)


class Once(Protocol[T_contra]):
    """Keeps a repeated request from having its effect twice; the driver knows what an answer is."""

    async def before(self, tx: Transaction) -> None:
        """Hold the request's key until the transaction ends; an exception means that the effect already exists."""
        ...

    async def after(self, tx: Transaction, result: T_contra) -> None:
        """Store the response in the same transaction."""
        ...


class Unrepeated(Generic[T_contra]):
    """For a request without a key."""

    async def before(self, tx: Transaction) -> None:
        """Nothing to hold."""

    async def after(self, tx: Transaction, result: T_contra) -> None:
        """Nothing to store."""
