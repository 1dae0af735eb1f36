"""Fixtures of upload tests, for other folders too."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from builders import Person
from efir.application.context import Ports
from efir.application.uploads.uploads import sweep_staging
from programs import serving
from uploads.people import People, person_with_token
from uploads.talking import Talk


@pytest.fixture(autouse=True)
async def no_bytes_of_tests_before(ports: Ports) -> None:
    await sweep_staging(ports)


@pytest.fixture
def people(ports: Ports, connection: Any) -> People:
    return partial(person_with_token, connection)


@pytest.fixture
async def ada(people: People) -> Person:
    return await people("ada")


@pytest.fixture(scope="session")
def server(environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    """The API as `efir api` runs it: its origin and process id."""
    with serving(environment) as found:
        yield found


@pytest.fixture
def talk(server: tuple[str, int], ada: Person) -> Talk:
    return Talk(int(server[0].rpartition(":")[2]), ada.headers)
