"""Whose the data directory is, and as whom the children run."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from efir.adapters.embedded.accounts import Account, NoAccount, can_reach, can_run, give, server_account
from efir.bootstrap.configured import SECRET
from efir.drivers.cli.exits import Exit
from efir.drivers.cli.failures import CommandFailed

IMPORTS = "import efir.settings, msgspec"
INDIFFERENT = frozenset({"lock", "lost+found"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenancy:
    """`servers` runs PostgreSQL and Valkey, `processes` the API and the workers; None is the user who started us.

    An ordinary user runs everything as itself. Root hands everything to the owner of the data directory, or to the user
    `efir` or `nobody`. Two things may be out of that user's reach, because they lie below a home with mode 0700 and
    modes of directories above ours are never touched: the Python environment, and the data directory. The servers still
    run unprivileged (root starts them inside their directory, and their programs are copied); the API and the workers,
    which need both by path, then stay root, and foreign media is confined by the sandbox alone.
    """

    home: Path
    servers: Account | None
    processes: Account | None

    @property
    def stays_root(self) -> bool:
        """Tell whether the API and the workers run as root for want of a way."""
        return self.servers is not None and self.processes is None


def settle(home: Path) -> Tenancy:
    """Decide, and hand the data directory over when root runs the processes as somebody else.

    Raises CommandFailed when there is nobody to run the servers as, or the directory is plainly not ours.
    """
    try:
        account = server_account(home)
    except NoAccount as error:
        raise CommandFailed(str(error), "", Exit.CONFIGURATION) from error
    reachable = (
        account is not None and can_reach(account, home) and can_run(account, Path(sys.executable), "-c", IMPORTS)
    )
    processes = account if reachable else None
    if processes is not None:
        _hand_over(home, processes)
    return Tenancy(home=home, servers=account, processes=processes)


def _hand_over(home: Path, account: Account) -> None:
    """Make the account the owner of all in the data directory, the secret last: its owner tells what was done."""
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
