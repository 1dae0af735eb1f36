"""Which system user the servers run as when Efir itself was started by root."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CANDIDATES = ("efir", "nobody")
SHELL = "/bin/sh"


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged user that root hands children over to."""

    name: str
    uid: int
    gid: int


class NoAccount(Exception):  # an exception named by the broken rule, as in the domain
    """Root found no unprivileged user to run servers as."""


def server_account(data_dir: Path) -> Account | None:
    """Whom to run as: nobody else for an ordinary user; for root the owner of the data directory, `efir` or `nobody`.

    The owner comes first, so root may start what an ordinary user began and leaves every file in that user's hands.
    An owner without a name does not count: PostgreSQL runs for named users only.
    """
    if os.geteuid() != 0:
        return None
    if data_dir.exists() and (owner := data_dir.stat()).st_uid != 0 and (name := name_of(owner.st_uid)):
        return Account(name, owner.st_uid, owner.st_gid)
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise NoAccount("PostgreSQL does not run as root and there is no user `efir` or `nobody`: create one of them")


def name_of(uid: int) -> str:
    """Look up the name of a user; empty when there is none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return ""


def can_reach(account: Account | None, *paths: Path) -> bool:
    """Tell whether the account gets to every path.

    A real process of that account is asked: modes, groups and ACLs of all parents then count by themselves.
    """
    if account is None:
        return all(path.exists() for path in paths)
    script = 'for path; do test -e "$path" || exit 1; done'
    asked: subprocess.CompletedProcess[bytes] = subprocess.run(
        [SHELL, "-c", script, SHELL, *(str(path) for path in paths)],
        cwd="/",
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **identity(account),
    )
    return asked.returncode == 0


def can_run(account: Account | None, program: Path, *arguments: str) -> bool:
    """Tell whether the account can execute a program; it is run for that."""
    try:
        ran: subprocess.CompletedProcess[bytes] = subprocess.run(
            [str(program), *arguments],
            cwd="/",
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **identity(account),
        )
    except OSError:
        return False
    return ran.returncode == 0


def identity(account: Account | None) -> dict[str, Any]:
    """Arguments of `subprocess` that start a program as the account."""
    return {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}


def give(path: Path, account: Account | None) -> None:
    """Hand one path to the account; as an ordinary user there is nobody to hand it to."""
    if account is not None:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
