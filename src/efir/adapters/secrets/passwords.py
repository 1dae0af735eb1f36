"""Password hashing: Argon2id in a bounded thread pool; hashes are encrypted with the instance's key."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import argon2

from efir.adapters.secrets.common_passwords import likely_passwords
from efir.adapters.secrets.sealing import Sealer
from efir.domain.kernel.errors import Unavailable

T = TypeVar("T")

LANES = 1  # OWASP password storage cheat sheet: Argon2id with one lane
MAX_PASSES, MAX_MEMORY_KIB = 64, 1 << 20  # a stored hash with higher costs is damaged, not slow
WAITING_FACTOR = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The cost of a hash: passes over an amount of memory; `pool_bytes` limits the memory of all hashes at once."""

    passes: int
    memory_kib: int
    pool_bytes: int

    @property
    def threads(self) -> int:
        """Return how many hashes are computed at once."""
        return max(1, min(os.cpu_count() or 1, self.pool_bytes // (self.memory_kib << 10)))


class HashingBusy(Unavailable):
    """More concurrent sign-ins than this machine can hash passwords for."""

    code = "sign-in-busy"
    title = "Too many people are signing in right now"

    def __init__(self) -> None:
        super().__init__(retry_after=2)


class HashTooCostly(ValueError):
    """A stored hash requires more time or memory than any that is created here."""


class Argon2Passwords:
    """Computes hashes that only this instance's key can open."""

    def __init__(self, sealer: Sealer, cost: Cost) -> None:
        self._hasher = hasher(cost)
        self._sealer = sealer
        self._threads = cost.threads
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="argon2")
        self._waiting = 0
        self._dummy = b""

    @cached_property
    def guesses(self) -> frozenset[str]:
        """Return the most commonly guessed passwords, case folded."""
        return likely_passwords()

    def is_stale(self, stored: bytes) -> bool:
        """Return whether a hash has other parameters than the current ones, or was sealed with an earlier key."""
        return self._sealer.is_old(stored) or self._hasher.check_needs_rehash(self._sealer.unseal(stored).decode())

    async def hash(self, password: str) -> bytes:
        """Return the value to store: a hash sealed with the instance's key. Raises HashingBusy."""
        return self._sealer.seal((await self._run(lambda: self._hasher.hash(password))).encode())

    async def matches(self, stored: bytes | None, password: str) -> bool:
        """Return whether the password matches; None takes as long as a wrong password, unsealing included.

        Raises HashingBusy.
        """
        if not self._dummy:  # hashed by the first caller, known or not, so that timing reveals nothing
            self._dummy = await self.hash("nobody's password")
        known = self._sealer.unseal(stored or self._dummy).decode()
        return await self._run(lambda: self._verify(known, password)) and stored is not None

    def _verify(self, known: str, password: str) -> bool:
        try:
            self._hasher.verify(_check_cost(known), password)
        except argon2.exceptions.VerifyMismatchError:
            return False
        return True

    async def _run(self, call: Callable[[], T]) -> T:
        if self._waiting >= self._threads * (WAITING_FACTOR + 1):
            raise HashingBusy
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, call)
        finally:
            self._waiting -= 1


def hasher(cost: Cost) -> argon2.PasswordHasher:
    """Return an Argon2id hasher of a cost."""
    return argon2.PasswordHasher(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=LANES)


def _check_cost(known: str) -> str:
    """Return a stored hash. Raises HashTooCostly for one that costs more than any that is created here."""
    found = argon2.extract_parameters(known)
    if found.time_cost > MAX_PASSES or found.memory_cost > MAX_MEMORY_KIB or found.parallelism > LANES:
        raise HashTooCostly
    return known
