"""Passwords: Argon2id in a bounded pool of threads, the result sealed with the instance's key."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import argon2

from efir.adapters.secrets.sealing import Sealer
from efir.domain.errors import Unavailable

T = TypeVar("T")

MEMORY_KIB, TIME, LANES = 47_104, 2, 1  # OWASP password storage cheat sheet, Argon2id with one lane
WAITING_FACTOR = 4


class HashingBusy(Unavailable):
    """More sign-ins at once than the machine can hash."""

    code = "sign-in-busy"
    title = "Too many people sign in at this moment"

    def __init__(self) -> None:
        super().__init__(retry_after=2)


class Argon2Passwords:
    """Hashes are bytes that only this instance's key can open."""

    def __init__(self, sealer: Sealer, *, memory_kib: int = MEMORY_KIB, threads: int = 0) -> None:
        self._hasher = argon2.PasswordHasher(time_cost=TIME, memory_cost=memory_kib, parallelism=LANES)
        self._sealer = sealer
        self._threads = threads or os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="argon2")
        self._waiting = 0
        self._dummy = ""

    async def hash(self, password: str) -> bytes:
        """Answer what may be stored. Raises HashingBusy."""
        return self._sealer.seal((await self._run(lambda: self._hasher.hash(password))).encode())

    async def matches(self, stored: bytes | None, password: str) -> bool:
        """Compare; None costs as much as a wrong password. Raises HashingBusy."""
        known = self._sealer.unseal(stored).decode() if stored is not None else None
        return await self._run(lambda: self._verify(known, password))

    def _verify(self, known: str | None, password: str) -> bool:
        if known is None and not self._dummy:
            self._dummy = self._hasher.hash("nobody's password")
        try:
            self._hasher.verify(known or self._dummy, password)
        except argon2.exceptions.VerifyMismatchError:
            return False
        return known is not None

    async def _run(self, call: Callable[[], T]) -> T:
        if self._waiting >= self._threads * (WAITING_FACTOR + 1):
            raise HashingBusy
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, call)
        finally:
            self._waiting -= 1
