"""Shared ports, grouped for use cases: stored blobs and idempotent responses."""

from typing import Protocol

from efir.ports.kernel.blobs import BlobStore
from efir.ports.kernel.stored_responses import StoredResponses


class KernelRepositories(Protocol):
    """Repositories of stored blobs and responses."""

    @property
    def blobs(self) -> BlobStore: ...

    @property
    def stored_responses(self) -> StoredResponses: ...
