"""Persistent notes of unfinished uploads: the upload URL of each unchanged file on each server."""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path


class Unfinished:
    """The upload URL of one file on one server; a changed file counts as another file."""

    def __init__(self, server: str, path: Path, environ: Mapping[str, str]) -> None:
        facts = path.stat()
        name = f"{server}\n{path.resolve()}\n{facts.st_size}\n{facts.st_mtime_ns}"
        home = Path(environ.get("XDG_STATE_HOME") or Path(environ.get("HOME", "~")).expanduser() / ".local" / "state")
        self._note = home / "efir" / "uploads" / f"{hashlib.sha256(name.encode()).hexdigest()}.json"

    def address(self) -> str | None:
        """Return the URL of the unfinished upload, or None."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            return str(json.loads(self._note.read_text(encoding="utf-8"))["address"])
        return None

    def remember(self, address: str) -> None:
        """Store the URL; where that is impossible, only a later run cannot resume the upload."""
        with suppress(OSError):
            self._note.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = self._note.with_suffix(f".{os.getpid()}")
            draft.write_text(json.dumps({"address": address}), encoding="utf-8")
            draft.replace(self._note)

    def forget(self) -> None:
        """Delete the note."""
        with suppress(OSError):
            self._note.unlink(missing_ok=True)
