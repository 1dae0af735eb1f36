"""The owner of the data directory, and the user that child processes run as."""

import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from efir.adapters.embedded.accounts import Account, NoAccount, can_reach, can_run, give, server_account
from efir.adapters.embedded.binaries import BinariesMissing, find_binaries, runs
from efir.bootstrap.startup.settings_loading import SECRET
from efir.drivers.cli.exits import Exit
from efir.drivers.cli.failures import CommandFailed

IMPORTS = "import efir.settings, msgspec"
INDIFFERENT = frozenset({"lock", "lost+found"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenancy:
    """The users to run as: root changes to `becomes` at first or, where that fails, runs only the servers as `servers`.

    An ordinary user runs everything as itself: both are None. Root becomes the owner of the data directory, or the user
    `efir` or `nobody`, and nothing but the waiting guard process stays root. Two things may be inaccessible to that
    user, because they lie below a home with mode 0700 and Efir never changes the modes of parent directories: the
    Python environment, and the data directory. Then only PostgreSQL and Valkey run unprivileged (root starts them
    inside their directories, and their programs are copied to an accessible place); the API and the workers, which need
    both by path, stay root, and untrusted media is confined by the sandbox alone, which changes the user by itself.
    """

    home: Path
    becomes: Account | None = None
    servers: Account | None = None


def settle(home: Path) -> Tenancy:
    """Decide which users to run as, and change the owner of the data directory when root changes to another user.

    Raises CommandFailed when there is no user to run the servers as, or the directory is plainly not Efir's.
    """
    try:
        account = server_account(home)
    except NoAccount as error:
        raise CommandFailed(str(error), "", Exit.CONFIGURATION) from error
    if account is None:
        return Tenancy(home=home)
    if _reaches_all(account, home):
        _hand_over(home, account)
        return Tenancy(home=home, becomes=account)
    with contextlib.suppress(FileNotFoundError):
        os.chown(home / SECRET, 0, 0, follow_symlinks=False)  # root writes now; a later run changes the owner again
    return Tenancy(home=home, servers=account)


def _reaches_all(account: Account, home: Path) -> bool:
    if not can_reach(account, home) or not can_run(account, Path(sys.executable), "-c", IMPORTS):
        return False
    try:
        found = find_binaries()
    except BinariesMissing:
        return True  # the servers are elsewhere, or their absence is reported later
    return runs(found, account)


def become(account: Account, home: Path) -> None:
    """Change the user of this process permanently. Raises OSError."""
    os.setgroups([])
    os.setgid(account.gid)
    os.setuid(account.uid)
    os.environ |= {"HOME": str(home), "USER": account.name, "LOGNAME": account.name}
    if not os.access(".", os.R_OK | os.X_OK):
        os.chdir(home)


def _hand_over(home: Path, account: Account) -> None:
    """Make the account the owner of the data directory, the secret last: its owner marks completion."""
    secret = home / SECRET
    if not secret.exists():
        strangers = {path.name for path in home.iterdir() if not path.name.startswith(".")} - INDIFFERENT
        if strangers and home.stat().st_uid != account.uid:
            raise CommandFailed(
                f"{home} is not empty and no data directory of Efir ({min(strangers)} is in it)",
                "choose an empty one with --data-dir",
                Exit.CONFIGURATION,
            )
    elif secret.stat().st_uid == account.uid:
        return
    for folder, folders, files in os.walk(home):
        for name in (*folders, *files):
            if name != SECRET or Path(folder) != home:
                give(Path(folder, name), account)
    give(home, account)
    if secret.exists():
        give(secret, account)
