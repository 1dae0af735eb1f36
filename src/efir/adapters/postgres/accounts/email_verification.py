"""Proofs of email addresses in PostgreSQL."""

from typing import Any

from efir.adapters.postgres.kernel.mapping import build_insert, to_domain, to_values
from efir.domain.accounts.email_verification import Proof, ProofPurpose
from efir.domain.kernel.ids import UserId

ONE = """
select user_id, purpose, email, email_key, token_hash, code_hash, created_at, code_until, expires_at, tries
  from mailbox_proof where """


class PostgresProofRepository:
    """Proofs inside a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def put(self, proof: Proof) -> None:
        """Store a proof, replacing the previous one."""
        values = to_values(proof)
        changed = ", ".join(f"{name} = excluded.{name}" for name in values if name not in {"user_id", "purpose"})
        sql = build_insert("mailbox_proof", values, f"on conflict (user_id, purpose) do update set {changed}")
        await self._connection.execute(sql, *values.values())

    async def find_by_user(self, user_id: UserId, purpose: ProofPurpose) -> Proof | None:
        """Find the proof of a user, expired or not, and lock its row."""
        return self._one(
            await self._connection.fetchrow(ONE + "user_id = $1 and purpose = $2 for update", user_id, purpose.value)
        )

    async def find_by_token(self, purpose: ProofPurpose, token_hash: bytes) -> Proof | None:
        """Find a proof by the hash of its link's token, expired or not, and lock its row."""
        sql = ONE + "purpose = $1 and token_hash = $2 for update"
        return self._one(await self._connection.fetchrow(sql, purpose.value, token_hash))

    async def count_try(self, proof: Proof) -> None:
        """Count a wrong code."""
        await self._connection.execute(
            "update mailbox_proof set tries = tries + 1 where user_id = $1 and purpose = $2",
            proof.user_id, proof.purpose.value,
        )  # fmt: skip

    async def drop(self, user_id: UserId, purpose: ProofPurpose) -> None:
        """Delete a proof; a missing one is not an error."""
        await self._connection.execute(
            "delete from mailbox_proof where user_id = $1 and purpose = $2", user_id, purpose.value
        )

    @staticmethod
    def _one(row: Any) -> Proof | None:
        return None if row is None else to_domain(row, Proof)
