"""Proofs of mailboxes: storage."""

from typing import Protocol

from efir.domain.accounts.email_verification import Proof, ProofPurpose
from efir.domain.kernel.ids import UserId


class ProofRepository(Protocol):
    """Proofs inside a transaction: one live proof of a person and purpose."""

    async def put(self, proof: Proof) -> None:
        """Store a proof; the one before it ends."""
        ...

    async def find_by_user(self, user_id: UserId, purpose: ProofPurpose) -> Proof | None:
        """Find a person's proof, expired or not, and hold it."""
        ...

    async def find_by_token(self, purpose: ProofPurpose, token_hash: bytes) -> Proof | None:
        """Find a proof by its link, expired or not, and hold it."""
        ...

    async def count_try(self, proof: Proof) -> None:
        """Note a wrong code."""
        ...

    async def drop(self, user_id: UserId, purpose: ProofPurpose) -> None:
        """End a proof; none is fine."""
        ...
