from collections.abc import Iterator

import pytest

from efir.application.context import Ports
from processing.commanded import bound, commanded


@pytest.fixture
def told(ports: Ports) -> Iterator[Ports]:
    """Ports whose media work does what it is told."""
    yield commanded(ports)
    bound(None)
