"""What the area offers to use cases: stored bytes and responses."""

from typing import Protocol

from efir.ports.kernel.blobs import BlobStore
from efir.ports.kernel.stored_responses import StoredResponses


class KernelRepositories(Protocol):
    """What is changed of stored bytes and responses."""

    @property
    def blobs(self) -> BlobStore: ...

    @property
    def stored_responses(self) -> StoredResponses: ...
