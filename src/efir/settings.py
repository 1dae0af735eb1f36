"""Configuration: settings read once from the environment and `.env`, immutable; errors name the invalid setting."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from efir.domain.accounts.registrations import EmailCheck, RequireEmail
from efir.domain.kernel.limits import Limits

PREFIX = "EFIR_"
EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104  # addresses of all interfaces, which no browser can open
RENAMED = {
    "JWT_SECRET_KEY": "SECRET",
    "JWT_ALGORITHM": "AUTH__JWT_ALGORITHM",
    "ACCESS_TOKEN_EXPIRE_MINUTES": "AUTH__ACCESS_TOKEN_MINUTES",
}
CLIENT_NAMES = frozenset({"EFIR_URL", "EFIR_TOKEN"})  # read by `efir upload`, which connects to another server


class SettingsRefused(Exception):
    """A setting is unknown or has an invalid value; the message names it."""


class Database(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """PostgreSQL; an empty address selects the embedded server."""

    url: str = ""  # postgresql://user:password@host:port/name; empty: the embedded server
    schema: str = "public"  # the schema that holds Efir's tables; created if it is missing
    pool_size: int = 8  # connections per process


class Address(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The address of a service; empty selects the embedded server, or its default."""

    url: str = ""  # empty: the embedded server, or its default


class Storage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where files are stored, and whether nginx sends them."""

    url: str = ""  # file:///folder or s3://bucket/prefix; empty: a folder in the data directory
    endpoint: str = ""  # address of an S3-compatible service; empty: Amazon's
    region: str = ""  # region of the bucket; empty: us-east-1
    access_key: str = ""  # access key of the bucket; empty: taken from the machine's environment
    secret_key: str = ""  # secret that belongs to the access key
    accel: str = ""  # internal location in nginx that serves the `objects` directory, such as `/objects/`


class Media(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How untrusted media is processed: `auto` uses the strongest confinement found, `off` is an explicit risk."""

    sandbox: Literal["auto", "off"] = "auto"  # auto: the strongest confinement available; off: an explicit risk
    ffmpeg: str = ""  # path of another ffmpeg; empty: the one installed with Efir


class Auth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Access tokens, and the rules for email addresses of new accounts."""

    access_token_minutes: int = 5  # lifetime of an access token, 1 to 60 minutes
    jwt_algorithm: Literal["Ed25519", "ES256", "RS256"] = "Ed25519"  # signature algorithm of access tokens
    email_check: EmailCheck = EmailCheck.BUDGETED  # budgeted: a few address checks are answered; mailbox: none
    require_email: RequireEmail = RequireEmail.LATER  # finish: confirm addresses before accounts are created; later


class Quiz(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sources of quiz questions."""

    sources: str = "jservice,bank"  # order of the sources: `jservice` (if its address is set), `opentdb`, `bank`
    jservice_url: str = ""  # address of a jService-compatible server; used where `sources` names it
    opentdb_url: str = "https://opentdb.com"  # address of Open Trivia DB; used only if `sources` names it
    bank: str = ""  # file or folder of questions; empty: one built from Unicode CLDR data at the first start


class Audio(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Recordings: where MP3 files are stored and how they are encoded."""

    store: Literal["database", "storage"] = "database"  # database: in PostgreSQL; storage: in the file storage
    quality: Annotated[int, msgspec.Meta(ge=0, le=9)] = 2  # variable bit rate of the MP3: 0 is the best, 9 the smallest


class Mail(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"sender": "from"}):
    """How mail is sent; without a mail server it is kept, and shown at /mailbox on this machine only."""

    smtp_url: str = ""  # smtp://, smtps:// or smtp+starttls://name:password@host:port; empty: mail is kept
    sender: str = ""  # sender of mails, such as Efir <efir@example.org>; empty: efir@ the public address


class OidcProvider(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An OpenID Connect provider for sign-in; NAME is part of URLs: lowercase letters, digits, dashes."""

    issuer: str = ""  # the provider's address as its discovery document gives it; https except on this machine
    client_id: str = ""  # identifier of this service at the provider
    client_secret: str = ""  # secret of this service at the provider; empty for a public client
    label: str = ""  # name shown to people; empty: NAME
    scopes: str = "openid profile email"  # requested scopes
    algorithms: str = "RS256"  # accepted signature algorithms of ID tokens, separated by commas; never a shared secret


class Log(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Logging."""

    level: Literal["debug", "info", "warning", "error"] = "info"  # least severe log lines that are written


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The complete configuration; `docs/reference/settings.md` and `.env.example` list every field."""

    data_dir: Path = Path("~/.local/share/efir")  # everything that is kept: database, files, keys
    host: str = "127.0.0.1"  # address to listen on; 0.0.0.0 opens it to the network
    port: int = 8000  # port to listen on; if it is in use, the start fails and names a free one
    public_url: str = ""  # address that people use, behind a proxy; empty: the one listened on
    secret: str = ""  # signs cookies, cursors and links; empty: generated once and kept in the data directory
    secret_before: str = ""  # earlier secrets, separated by commas: values sealed with them stay readable
    api_workers: int = 0  # processes that handle requests; 0: half of the cores, at least one
    trusted_proxies: str = ""  # networks whose forwarding headers are trusted, separated by commas
    database: Database = Database()  # PostgreSQL
    redis: Address = Address()  # Valkey or Redis: wake-ups, rate limits, hints
    broker: Address = Address()  # queue of wake-ups for the workers
    storage: Storage = Storage()  # where files are stored
    media: Media = Media()  # processing of untrusted media
    auth: Auth = Auth()  # credentials
    quiz: Quiz = Quiz()  # where questions come from
    audio: Audio = Audio()  # recordings
    mail: Mail = Mail()  # how mail is sent
    oidc: dict[str, OidcProvider] = {}  # providers people may sign in with, such as Auth0
    log: Log = Log()  # logging
    limits: Limits = Limits()  # limits of what is accepted

    @property
    def home(self) -> Path:
        """Absolute path of the data directory."""
        return self.data_dir.expanduser().absolute()

    @property
    def origin(self) -> str:
        """Public base URL, without a trailing slash."""
        host = "127.0.0.1" if self.host in EVERYWHERE else self.host
        return self.public_url.rstrip("/") or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def load_from_environment(environ: Mapping[str, str], **changes: Any) -> Settings:
    """Read settings; `changes` (from command-line flags) override the environment, which overrides `.env`.

    Raises SettingsRefused with the path of an unknown or invalid setting.
    """
    merged = {**dotenv(Path(environ.get("EFIR_ENV_FILE", ".env"))), **environ}
    tree: dict[str, Any] = {}
    for name, value in sorted({**aliases(merged), **strip_prefix(merged)}.items()):
        branch = tree
        *path, leaf = name.lower().split("__")
        for part in path:
            branch = branch.setdefault(part, {})
        branch[leaf] = value
    tree.update(changes)
    try:
        return msgspec.convert(tree, Settings, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise SettingsRefused(f"{error} (settings are named like EFIR_DATABASE__URL)") from error


def strip_prefix(environ: Mapping[str, str]) -> dict[str, str]:
    """Return Efir's own variables without their prefix; an empty value counts as unset."""
    own = (name for name in environ if name.startswith(PREFIX) and name not in CLIENT_NAMES | {"EFIR_ENV_FILE"})
    return {name.removeprefix(PREFIX): environ[name] for name in own if environ[name]}


def aliases(environ: Mapping[str, str]) -> dict[str, str]:
    """Return settings from the variable names of earlier projects.

    Other services cannot verify HMAC signatures without the secret, so an HMAC algorithm selects the default here; the
    secret then signs only what this instance reads itself.
    """
    found = {RENAMED[name]: value for name, value in environ.items() if name in RENAMED and value}
    if found.get("AUTH__JWT_ALGORITHM", "").upper().startswith("HS"):
        del found["AUTH__JWT_ALGORITHM"]
    return found | _database_alias(environ)


def _database_alias(environ: Mapping[str, str]) -> dict[str, str]:
    host = environ.get("DB_HOST") or environ.get("POSTGRES_HOST")
    name = environ.get("DB_NAME") or environ.get("POSTGRES_DB")
    if not host and not name:
        return {}
    user = environ.get("DB_USER") or environ.get("POSTGRES_USER") or "postgres"
    password = environ.get("DB_PASS") or environ.get("POSTGRES_PASSWORD") or ""
    port = environ.get("DB_PORT") or environ.get("POSTGRES_PORT") or "5432"
    return {"DATABASE__URL": f"postgresql://{_unquote(user)}:{_unquote(password)}@{host or '127.0.0.1'}:{port}/{name}"}


def dotenv(path: Path) -> dict[str, str]:
    """Return the `NAME=value` lines of a file; quotes around a value are removed, `#` starts a comment line."""
    if not path.is_file():
        return {}
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.removeprefix("export ").partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}


def current(**changes: Any) -> Settings:
    """Return the settings of this process."""
    return load_from_environment(os.environ, **changes)


def _unquote(text: str) -> str:
    return "".join(char if char.isalnum() else f"%{byte:02X}" for char in text for byte in char.encode())


def _decode(kind: type, value: object) -> object:
    if kind is Path:
        return Path(str(value))
    raise TypeError(kind)
