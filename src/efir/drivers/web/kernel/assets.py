"""Static files: an address with a content hash may be kept for ever, the plain name must be asked about each time."""

import gzip
import hashlib
import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

ROOT = "/static/"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".map": "application/json",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
    ".html": "text/html; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
COMPRESSED = ("text/", "application/json", "application/manifest+json", "image/svg+xml")
IMPORT = re.compile(r"""((?:\bfrom|\bimport)\s*\(?\s*["'])(\.{1,2}/(?:[\w.-]+/)*)([\w.-]+\.js)(["'])""")


@dataclass(frozen=True, eq=False)
class Asset:
    """One static file as it is served."""

    name: str
    body: bytes
    media_type: str
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", hashlib.sha256(self.body).hexdigest()[:16])

    @property
    def address(self) -> str:
        """Where the file may be cached for ever."""
        path = PurePosixPath(self.name)
        return ROOT + str(path.with_name(f"{path.stem}.{self.digest}{path.suffix}"))

    @property
    def etag(self) -> str:
        """Strong validator of the plain bytes."""
        return f'"{self.digest}"'

    @cached_property
    def packed(self) -> bytes | None:
        """The gzip form when it is worth sending."""
        if not self.media_type.startswith(COMPRESSED):
            return None
        packed = gzip.compress(self.body, compresslevel=9, mtime=0)
        return packed if len(packed) < len(self.body) * 0.9 else None


class Assets:
    """Every file below a folder, read once; nothing outside the folder can be named."""

    def __init__(self, folder: Path) -> None:
        names = (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file())
        self._plain = {name: _read(folder, name) for name in names if Path(name).suffix in TYPES}
        self._link_modules()
        self._hashed = {asset.address.removeprefix(ROOT): asset for asset in self._plain.values()}

    def address(self, name: str) -> str:
        """Address of a file for a page; foreign scripts that are not installed keep their plain name.

        Raises LookupError for an unknown own file.
        """
        if asset := self._plain.get(name):
            return asset.address
        if name.startswith("vendor/"):
            return ROOT + name
        raise LookupError(name)

    def find(self, path: str) -> tuple[Asset, bool] | None:
        """Find the file at a path below `/static/`, and tell whether the path carries its hash."""
        if asset := self._hashed.get(path):
            return asset, True
        return (asset, False) if (asset := self._plain.get(path)) else None

    @property
    def names(self) -> list[str]:
        """Plain names of all files."""
        return list(self._plain)

    def _link_modules(self) -> None:
        """Point imports of own modules at hashed addresses, so that a changed module reaches every importer."""
        own = {name: asset for name, asset in self._plain.items() if name.startswith("js/") and name.endswith(".js")}
        done: dict[str, Asset] = {}

        def link(name: str, above: tuple[str, ...] = ()) -> Asset:
            if name in above:
                raise ValueError(f"modules import one another: {' -> '.join((*above, name))}")
            if name not in done:
                swap = _hash_import(name, lambda other: link(other, (*above, name)))
                linked = IMPORT.sub(swap, own[name].body.decode())
                done[name] = Asset(name, linked.encode(), own[name].media_type)
            return done[name]

        for name in own:
            link(name)
        self._plain.update(done)


def serve(asset: Asset, *, hashed: bool, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer to a request for a file (RFC 9110 sections 8.8 and 13.1)."""
    kept = "public, max-age=31536000, immutable" if hashed else "no-cache"
    answer = {"etag": asset.etag, "cache-control": kept, "x-content-type-options": "nosniff", "vary": "Accept-Encoding"}
    asked = {tag.strip().removeprefix("W/") for tag in headers.get("if-none-match", "").split(",")}
    if asset.etag in asked or "*" in asked:
        return 304, answer, b""
    answer["content-type"] = asset.media_type
    if asset.packed is not None and _accepts_gzip(headers.get("accept-encoding", "")):
        # Another representation needs another strong tag; the weak form matches both.
        return 200, answer | {"content-encoding": "gzip", "etag": f"W/{asset.etag}"}, asset.packed
    return 200, answer, asset.body


def _accepts_gzip(header: str) -> bool:
    for part in header.lower().split(","):
        coding, _, weight = part.strip().partition(";")
        if coding.strip() in {"gzip", "*"}:
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def _read(folder: Path, name: str) -> Asset:
    body, kind = (folder / name).read_bytes(), Path(name).suffix
    own_style = kind == ".css" and not name.startswith("vendor/")
    return Asset(name, _minify(body.decode()).encode() if own_style else body, TYPES[kind])


def _minify(style: str) -> str:
    """Leave out what only people read: comments, indents, ends of lines."""
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    return re.sub(r"\s*([{};])\s*", r"\1", re.sub(r"\s+", " ", style)).strip()


def _hash_import(importer: str, resolve: Callable[[str], Asset]) -> Callable[[re.Match[str]], str]:
    def replace(found: re.Match[str]) -> str:
        imported = resolve(posixpath.normpath(posixpath.join(posixpath.dirname(importer), found[2], found[3])))
        return f"{found[1]}{found[2]}{PurePosixPath(imported.address).name}{found[4]}"

    return replace
