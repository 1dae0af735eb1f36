"""Loading of a command's settings: parsed, refused with a next step, and completed from the data directory."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from efir.adapters.embedded import postgres, valkey
from efir.adapters.embedded.accounts import Account, give
from efir.adapters.embedded.sockets import existing_socket_directory
from efir.domain.kernel.keys import Keys
from efir.drivers.cli.exits import Exit
from efir.drivers.cli.failures import CommandFailed
from efir.settings import Address, Settings, SettingsRefused, current, dotenv

SECRET = "secret"  # noqa: S105  # the name of the file
ENV_FILE = "EFIR_ENV_FILE"
SECRET_BYTES = 32
S3 = "s3://"
MIN_SECRET = 32  # characters


def load_settings(changes: dict[str, object]) -> Settings:
    """Return the settings of this process; a wrong one ends the command with exit code 3."""
    with refusing():
        return current(**changes)


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """End the command with one line when a setting is refused."""
    try:
        yield
    except SettingsRefused as error:
        raise CommandFailed(str(error).rstrip("."), "`efir config` lists all settings", Exit.CONFIGURATION) from error


def load_for_process(changes: dict[str, object], *, cache_needed: bool = True) -> Settings:
    """Return the completed settings of a process that runs alone.

    A server URL that is not set means the embedded server of the data directory, which `efir up` must be running.
    """
    settings = load_settings(changes)
    sockets = existing_socket_directory(settings.home)
    if not settings.database.url and not postgres.is_ready(sockets):
        raise _server_unavailable("database", settings.home, "EFIR_DATABASE__URL")
    if not settings.redis.url and cache_needed and not valkey.is_ready(sockets):
        raise _server_unavailable("cache", settings.home, "EFIR_REDIS__URL")
    return complete_settings(settings, sockets, settings.secret or load_secret(settings.home, None))


def complete_settings(settings: Settings, sockets: Path, secret: str) -> Settings:
    """Return settings in which missing URLs are those of the embedded servers, and a missing secret is `secret`."""
    database = msgspec.structs.replace(settings.database, url=settings.database.url or postgres.postgres_url(sockets))
    cache = Address(url=settings.redis.url or valkey.valkey_url(sockets))
    return msgspec.structs.replace(settings, database=database, redis=cache, secret=settings.secret or secret)


def adopt_environment() -> None:
    """Load `.env` into the environment: children may not be able to read the file."""
    for name, value in dotenv(Path(os.environ.get(ENV_FILE, ".env"))).items():
        os.environ.setdefault(name, value)
    os.environ[ENV_FILE] = os.devnull


def export_settings(settings: Settings) -> dict[str, str]:
    """Return the completed values as environment variables, for processes that read the environment again."""
    return {
        "EFIR_DATA_DIR": str(settings.home),
        "EFIR_HOST": settings.host,
        "EFIR_PORT": str(settings.port),
        "EFIR_SECRET": settings.secret,
        "EFIR_DATABASE__URL": settings.database.url,
        "EFIR_REDIS__URL": settings.redis.url,
    }


def _server_unavailable(what: str, home: Path, setting: str) -> CommandFailed:
    return CommandFailed(
        f"no {what} runs in {home}", f"start `efir up --data-dir {home}` or set {setting}", Exit.UNAVAILABLE
    )


def load_secret(home: Path, account: Account | None) -> str:
    """Return the secret of the data directory, or create it. Raises CommandFailed when another user owns it."""
    path = home / SECRET
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        _make_secret(path, account)
        return path.read_text(encoding="ascii").strip()
    except PermissionError as error:
        raise CommandFailed(
            f"{path} may not be read by this user", "run as the user that owns the data directory", Exit.CONFIGURATION
        ) from error


def _make_secret(path: Path, account: Account | None) -> None:
    """Write a secret durably under a temporary name, then rename it, unless another process was first."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(SECRET_BYTES))
        file.flush()
        os.fsync(file.fileno())
    give(fresh, account)
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(fresh)
    fresh.unlink()
    postgres.sync_directory(path.parent)


def keys_of(settings: Settings) -> Keys:
    """Return the keys of the instance's secret. Raises SettingsRefused for a short one; there is no default."""
    if len(settings.secret) < MIN_SECRET:
        raise SettingsRefused(
            f"EFIR_SECRET needs at least {MIN_SECRET} characters; make one with: "
            "python3 -c 'import secrets; print(secrets.token_hex(32))'"
        )
    before = tuple(secret.strip().encode() for secret in settings.secret_before.split(",") if secret.strip())
    return Keys(settings.secret.encode(), before)


def media_directory(settings: Settings) -> Path:
    """Return the directory of `file:` storage, or of files prepared for another. Raises SettingsRefused."""
    address = settings.storage.url
    if not address or address.startswith(S3):
        return settings.home / "media"
    parts = urlsplit(address)
    if parts.scheme != "file" or parts.netloc not in {"", "localhost"}:
        raise SettingsRefused("EFIR_STORAGE__URL is like file:///srv/efir/media or s3://bucket/prefix.")
    return Path(unquote(parts.path))
