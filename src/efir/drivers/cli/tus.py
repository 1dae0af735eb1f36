"""A small tus 1.0 client: chunks with checksums, resumed at the server's offset after any interruption."""

import base64
import hashlib
import mimetypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from efir.drivers.cli.remote import Patience, Refused, Remote, ServerUnavailable, header
from efir.drivers.cli.unfinished import Unfinished

UPLOADS = "/api/v1/uploads"
VERSION = {"Tus-Resumable": "1.0.0"}
PART_BYTES = 8 << 20
SLICE_BYTES = 64 << 10

GONE = {404, 410}
CONFLICT, LOCKED, CHECKSUM_MISMATCH = 409, 423, 460


class FileChanged(Exception):
    """The file became shorter while it was being sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The transfer of one file to one server; `progress` gets the number of bytes stored or in transit."""

    remote: Remote
    path: Path
    size: int
    patience: Patience
    progress: Callable[[int], None]

    def send(self, note: Unfinished) -> str:
        """Send the whole file and return the id of the upload.

        Raises Refused, ServerUnavailable when patience is exhausted, FileChanged, OSError.
        """
        address, offset = self._find_begun(note.address()) or (self._begin(), 0)
        note.remember(address)
        with self.path.open("rb") as file:
            while offset < self.size:
                self.progress(offset)
                offset = self._advance(address, file, offset)
        self.progress(self.size)
        return address.rstrip("/").rpartition("/")[2]

    def _find_begun(self, address: str | None) -> tuple[str, int] | None:
        """Return the URL and the offset of an upload that an earlier run started, if the server still has it."""
        if address is None:
            return None
        try:
            offset, length = self._ask_offset(address)
        except Refused as refusal:
            if refusal.status in GONE:
                return None
            raise
        return (address, offset) if length == self.size else None

    def _begin(self) -> str:
        kind = mimetypes.guess_type(self.path.name)[0] or "application/octet-stream"
        metadata = f"filename {_base64(self.path.name.encode())},filetype {_base64(kind.encode())}"
        headers = VERSION | {"Upload-Length": str(self.size), "Upload-Metadata": metadata}
        while True:
            try:
                answer = self.remote.ask("POST", UPLOADS, headers=headers)
            except ServerUnavailable as fault:
                self.patience.wait_or_raise(fault)
            else:
                return self.remote.path_of(header(answer, "Location"))

    def _ask_offset(self, address: str) -> tuple[int, int]:
        """Return the offset and the length of the upload on the server."""
        while True:
            try:
                answer = self.remote.ask("HEAD", address, headers=VERSION)
            except ServerUnavailable as fault:
                self.patience.wait_or_raise(fault)
            else:
                return int(header(answer, "Upload-Offset")), int(header(answer, "Upload-Length"))

    def _advance(self, address: str, file: BinaryIO, offset: int) -> int:
        """Send one chunk; return the next offset, requested from the server when the chunk failed."""
        file.seek(offset)
        part = file.read(min(PART_BYTES, self.size - offset))
        if not part:
            raise FileChanged("it is shorter now")
        headers = VERSION | {
            "Upload-Offset": str(offset),
            "Upload-Checksum": f"sha256 {_base64(hashlib.sha256(part).digest())}",
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(len(part)),
        }
        try:
            answer = self.remote.ask("PATCH", address, headers=headers, content=self._slices(part, offset))
        except Refused as refusal:
            if refusal.status not in {CONFLICT, LOCKED, CHECKSUM_MISMATCH}:
                raise
            self.patience.wait_or_raise(ServerUnavailable(refusal.detail))
        except ServerUnavailable as fault:
            self.patience.wait_or_raise(fault)
        else:
            self.patience.progress()
            return int(header(answer, "Upload-Offset"))
        return self._ask_offset(address)[0]

    def _slices(self, part: bytes, offset: int) -> Iterator[bytes]:
        for start in range(0, len(part), SLICE_BYTES):
            yield part[start : start + SLICE_BYTES]
            self.progress(offset + min(start + SLICE_BYTES, len(part)))


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
