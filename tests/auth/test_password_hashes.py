"""Password hashes: bounded in number, renewed when they are out of date, equal in time for known and unknown."""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import argon2
import pytest
from cryptography.exceptions import InvalidTag
from msgspec import structs

from efir.adapters.secrets.common_passwords import likely_passwords
from efir.adapters.secrets.passwords import Argon2Passwords, Cost, HashingBusy, HashTooCostly
from efir.adapters.secrets.sealing import Sealer
from efir.application.accounts.signup import register_user
from efir.application.auth.second_factors import recovery_hash, recovery_hashes
from efir.application.auth.sessions import log_in
from efir.application.context import Ports, Visitor
from efir.bootstrap.commands.auth import LEAST, calibrated
from efir.bootstrap.startup.settings_loading import keys_of
from efir.domain.kernel.ids import UserId
from efir.settings import Settings

CHEAP = Cost(passes=1, memory_kib=1024, pool_bytes=1 << 20)
KEY = bytes(32)


async def test_a_hash_opens_with_its_password_and_its_key_only() -> None:
    passwords = Argon2Passwords(Sealer(KEY), CHEAP)
    stored = await passwords.hash("a long quiet evening")
    assert await passwords.matches(stored, "a long quiet evening")
    assert not await passwords.matches(stored, "a long quiet evenin")
    assert not await passwords.matches(None, "a long quiet evening")
    assert b"argon2" not in stored
    with pytest.raises(InvalidTag):
        await Argon2Passwords(Sealer(bytes(31) + b"1"), CHEAP).matches(stored, "a long quiet evening")


async def test_more_hashes_than_the_machine_can_make_are_refused_at_once() -> None:
    passwords = Argon2Passwords(Sealer(KEY), replace(CHEAP, passes=40, memory_kib=4096))
    answers = await asyncio.gather(*(passwords.hash("x" * 10) for _ in range(12)), return_exceptions=True)
    busy = [answer for answer in answers if isinstance(answer, HashingBusy)]
    assert len(busy) == 12 - 5, "one is made, four wait"
    assert busy[0].retry_after == 2
    assert await passwords.matches(await passwords.hash("y" * 10), "y" * 10)


@pytest.mark.parametrize(("memory_kib", "threads"), [(47_104, 1), (1 << 20, 1), (8, 1000)])
def test_hashes_at_once_are_bounded_by_memory_and_processors(memory_kib: int, threads: int) -> None:
    assert Cost(passes=1, memory_kib=memory_kib, pool_bytes=47_104 << 10).threads <= threads


async def test_a_hash_of_other_parameters_is_stale() -> None:
    old = Argon2Passwords(Sealer(KEY), CHEAP)
    new = Argon2Passwords(Sealer(KEY), replace(CHEAP, passes=2))
    stored = await old.hash("a long quiet evening")
    assert not old.stale(stored)
    assert new.stale(stored)
    assert await new.matches(stored, "a long quiet evening")


async def test_what_an_earlier_key_has_sealed_is_opened_and_sealed_anew() -> None:
    other = bytes(31) + b"1"
    before = Argon2Passwords(Sealer(KEY), CHEAP)
    after = Argon2Passwords(Sealer(other, [bytes(31) + b"2", KEY]), CHEAP)
    stored = await before.hash("a long quiet evening")
    assert after.stale(stored)
    assert await after.matches(stored, "a long quiet evening")
    assert not await after.matches(stored, "a short one")
    anew = await after.hash("a long quiet evening")
    assert not after.stale(anew)
    with pytest.raises(InvalidTag):
        Sealer(KEY).unseal(anew)
    with pytest.raises(InvalidTag):
        Sealer(other, [KEY]).unseal(Sealer(bytes(31) + b"3").seal(b"x"))


async def test_a_new_secret_keeps_passwords_and_recovery_codes_of_the_old_one(
    ports: Ports, settings: Settings, connection: Any
) -> None:
    visitor, now = Visitor(), ports.clock()
    user = await register_user(
        ports, email="ada@example.org", nickname="ada", password="a long quiet evening", display_name=None,
        visitor=visitor, now=now,
    )  # fmt: skip
    wrapped = "select wrapped from password_credential"
    old = await connection.fetchval(wrapped)
    changed = structs.replace(
        settings, secret="another secret of forty characters or so", secret_before=settings.secret
    )
    keys = keys_of(changed)
    sealer = Sealer(keys.key("sealing"), keys.earlier("sealing"))
    rotated = replace(ports, keys=keys, auth=replace(ports.auth, passwords=Argon2Passwords(sealer, CHEAP)))
    await log_in(rotated, login="ada", password="a long quiet evening", visitor=visitor, now=now)
    new = await connection.fetchval(wrapped)
    assert new != old
    assert not sealer.old(new)
    user_id = UserId(user.id)
    assert recovery_hash(ports, user_id, "ABCD") in recovery_hashes(rotated, user_id, "ABCD")
    assert recovery_hash(rotated, user_id, "ABCD") == recovery_hashes(rotated, user_id, "ABCD")[0]


async def test_a_stored_hash_that_would_cost_too_much_is_not_computed() -> None:
    sealer = Sealer(KEY)
    parameters = argon2.Parameters(
        type=argon2.Type.ID, version=19, salt_len=16, hash_len=32, time_cost=100_000, memory_cost=8, parallelism=1
    )
    text = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x").replace("t=1", "t=100000")
    assert argon2.extract_parameters(text) == parameters
    with pytest.raises(HashTooCostly):
        await Argon2Passwords(sealer, CHEAP).matches(sealer.seal(text.encode()), "x")


async def test_nobody_costs_as_much_as_somebody() -> None:
    passwords = Argon2Passwords(Sealer(KEY), replace(CHEAP, passes=4, memory_kib=8192))
    stored = await passwords.hash("a long quiet evening")
    known, unknown = [], []
    for _ in range(15):
        for times, who in ((known, stored), (unknown, None)):
            started = time.perf_counter()
            await passwords.matches(who, "wrong password")
            times.append(time.perf_counter() - started)
    assert 0.6 < min(known) / min(unknown) < 1.6


def test_the_list_of_likely_passwords_is_data_and_nothing_more() -> None:
    program = (
        "import sys; from efir.adapters.secrets.common_passwords import likely_passwords; likely_passwords();"
        "sys.exit(any(name.startswith('zxcvbn') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
    assert {"qwertyuiop", "1234567890", "dragonballz"} <= likely_passwords()
    assert min(map(len, likely_passwords())) == 10


def test_calibration_stops_at_the_first_number_that_is_slow_enough() -> None:
    found = calibrated(CHEAP, lambda passes: passes * 0.03)
    assert [one.passes for one in found] == [2, 3]
    assert found[-1].seconds >= LEAST


def test_calibration_proposes_a_setting(tmp_path: Path) -> None:
    program = "import sys; from efir.bootstrap.main import main; sys.exit(main(['auth', 'calibrate', *sys.argv[1:]]))"
    done = subprocess.run(
        [sys.executable, "-c", program, "--json", "--data-dir", str(tmp_path)],
        check=True,
        capture_output=True,
        text=True,
    )
    told = json.loads(done.stdout)
    assert told["proposed"] == told["measured"][-1]["passes"] >= 2
    assert told["measured"][-1]["memory_kib"] == 47_104
