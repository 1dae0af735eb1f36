"""Storage of email proofs: the codes and links that verify access to a mailbox."""

from typing import Protocol

from efir.domain.accounts.email_verification import Proof, ProofPurpose
from efir.domain.kernel.ids import UserId


class ProofRepository(Protocol):
    """Stores proofs within a transaction, at most one valid proof per user and purpose."""

    async def put(self, proof: Proof) -> None:
        """Store a proof, replacing the previous one."""
        ...

    async def find_by_user(self, user_id: UserId, purpose: ProofPurpose) -> Proof | None:
        """Find the proof of a user, expired or not, and lock its row."""
        ...

    async def find_by_token(self, purpose: ProofPurpose, token_hash: bytes) -> Proof | None:
        """Find a proof by the hash of its link's token, expired or not, and lock its row."""
        ...

    async def count_try(self, proof: Proof) -> None:
        """Count a wrong code."""
        ...

    async def drop(self, user_id: UserId, purpose: ProofPurpose) -> None:
        """Delete a proof; a missing one is not an error."""
        ...
