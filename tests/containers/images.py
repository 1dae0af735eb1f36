"""Images without a registry: their bases come from Debian's packages."""

import os
import shutil
import subprocess
from pathlib import Path

from containers.engine import TOP, CommandBroke, Engine

HERE = Path(__file__).parent
STABLE, TESTING = "trixie", "forky"  # Efir's base as in Containerfile; the first Debian that has PostgreSQL 18
NAMES = "localhost/efir-check"
BUILT = EFIR, POSTGRES, VALKEY = f"{NAMES}/efir:check", f"{NAMES}/postgres:check", f"{NAMES}/valkey:check"
MIRROR = ("Acquire::Check-Valid-Until", "Acquire::Check-Date", "Acquire::http::Proxy", "Acquire::https::Proxy")
UNREAD = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")


def missing(engine: str) -> list[str]:
    """Name the programs that are not installed; Debian's packages have the same names."""
    return [name for name in ("mmdebstrap", engine) if not shutil.which(name)]


def base(engine: Engine, suite: str, *, fresh: bool) -> str:
    """Make the base image of a Debian suite, unless it is there and may be used again."""
    image = f"{NAMES}/debian:{suite}"
    if fresh or not engine.has(image):
        options = [f"--dpkgopt=path-exclude={pattern}" for pattern in UNREAD]
        options += [f"--aptopt={line}" for line in _own_mirror()]
        making = subprocess.Popen(
            ["mmdebstrap", "--quiet", "--variant=minbase", *options, suite, "-"], stdout=subprocess.PIPE
        )
        engine.run("import", "-", image, stdin=making.stdout)
        if making.wait():
            engine.run("image", "rm", image)
            raise CommandBroke(f"mmdebstrap {suite} failed")
    return image


def build(engine: Engine, *, fresh: bool) -> None:
    """Build the three images of compose.yaml: Efir's by the Containerfile of the repository, the others stand in."""
    servers = base(engine, TESTING, fresh=fresh)
    for target, image in (("postgres", POSTGRES), ("valkey", VALKEY)):
        _build(engine, image, HERE / "servers.Containerfile", HERE, servers, "--target", target)
    _build(engine, EFIR, TOP / "Containerfile", TOP, base(engine, STABLE, fresh=fresh), *_own_certificates())


def _build(engine: Engine, image: str, recipe: Path, context: Path, base_image: str, *flags: str) -> None:
    form = () if engine.name == "docker" else ("--format", "docker", "--layers")  # the other format has no health check
    words = ("--file", str(recipe), "--tag", image, "--build-arg", f"BASE={base_image}", *form, *flags, str(context))
    engine.run("build", *words)


def _own_mirror() -> list[str]:
    """Pass on what this machine says of its mirror: one that stands still, or is behind a proxy, needs it in images."""
    said = subprocess.run(["apt-config", "dump", *MIRROR], check=True, capture_output=True, text=True).stdout
    return [line for line in said.splitlines() if line.startswith(MIRROR) and not line.endswith('"";')]


def _own_certificates() -> list[str]:
    """Pass on what this machine believes instead of the usual authorities, if it does so."""
    file = os.environ.get("SSL_CERT_FILE", "")
    return ["--secret", f"id=certificates,src={file}"] if file and Path(file).is_file() else []
