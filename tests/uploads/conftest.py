from typing import Any

import pytest

from builders import Person
from efir.application.context import Ports
from efir.application.uploads import sweep_staging
from uploads.people import People


@pytest.fixture(autouse=True)
async def _no_bytes_of_tests_before(ports: Ports) -> None:
    await sweep_staging(ports)


@pytest.fixture
def people(ports: Ports, connection: Any) -> People:
    return People(ports, connection)


@pytest.fixture
async def ada(people: People) -> Person:
    return await people("ada")
