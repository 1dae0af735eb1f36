"""The system user that the servers run as when Efir itself was started by root."""

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
    """An unprivileged user that root runs child processes as."""

    name: str
    uid: int
    gid: int


class NoAccount(Exception):  # an exception named by the broken rule, as in the domain
    """Root found no unprivileged user to run servers as."""


def server_account(data_dir: Path) -> Account | None:
    """Return the user to run servers as: None without root, else the owner of the data directory or a fallback.

    The fallbacks are `efir` and `nobody`. The owner comes first, so root may start a service that an ordinary user
    created, and every file stays that user's. An owner without a name does not count: PostgreSQL runs for named users
    only.
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
    """Return the name of a user; empty when there is none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return ""


def can_reach(account: Account | None, *paths: Path) -> bool:
    """Return whether the account has access to every path.

    A process of that account checks it, so modes, groups and ACLs of all parents count.
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
    """Return whether the account can execute a program; the program is run to find out."""
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
    """Return the arguments of `subprocess` that start a program as the account."""
    return {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}


def give(path: Path, account: Account | None) -> None:
    """Make the account the owner of one path; does nothing for an ordinary user."""
    if account is not None:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
