"""The private directory of the two server sockets: in the data directory, or a short temporary one."""

import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

from efir.adapters.embedded.accounts import Account, can_reach, give

LONGEST = 80  # bytes; a socket path is limited to 103 on macOS, and the longest socket name takes 14
LINK = "run"


def socket_directory(data_dir: Path, account: Account | None) -> Path:
    """Create a directory that only the account can enter; `run` in the data directory is or links to it.

    If the path is too long or unreachable for the account, the directory is in the temporary directory, under a name
    derived from the data directory. If another user already has that name, a random one is used.
    """
    inside = data_dir / LINK
    if inside.is_symlink():
        kept = inside.readlink()
        if _is_private(kept, account):
            return kept
        inside.unlink()
    if not _is_private(inside, account):
        shutil.rmtree(inside, ignore_errors=True)
    if len(os.fsencode(inside)) <= LONGEST:
        _make(inside, account)
        if can_reach(account, inside):
            return inside
    shutil.rmtree(inside, ignore_errors=True)
    outside = _outside(data_dir, account)
    inside.symlink_to(outside)
    return outside


def remove_sockets(data_dir: Path) -> None:
    """Remove the socket directory, wherever it is, after the servers have stopped."""
    inside = data_dir / LINK
    shutil.rmtree(existing_socket_directory(data_dir), ignore_errors=True)
    inside.unlink(missing_ok=True)


def existing_socket_directory(data_dir: Path) -> Path:
    """Return the directory in which the servers of a data directory listen while they run."""
    inside = data_dir / LINK
    return inside.readlink() if inside.is_symlink() else inside


def _outside(data_dir: Path, account: Account | None) -> Path:
    name = f"efir-{hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]}"
    places = [Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108  # the directory itself is private and checked
    place = next((place for place in places if len(os.fsencode(place / name)) <= LONGEST), places[-1])
    outside = place / name
    try:
        _make(outside, account)
    except FileExistsError:
        outside = Path(tempfile.mkdtemp(prefix="efir-", dir=place))
        give(outside, account)
    return outside


def _make(path: Path, account: Account | None) -> None:
    """Create a private directory or use the existing one. Raises FileExistsError when another user owns it."""
    if path.is_symlink() or path.exists():
        if not _is_private(path, account):
            raise FileExistsError(path)
        return
    path.mkdir(mode=0o700)
    give(path, account)


def _is_private(path: Path, account: Account | None) -> bool:
    try:
        facts = path.lstat()
    except OSError:
        return False
    owner = os.geteuid() if account is None else account.uid
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid == owner and not facts.st_mode & 0o077
