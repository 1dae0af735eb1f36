"""An authenticator app for the tests: somebody else's arithmetic is pyotp's, the clock is the service's."""

from datetime import datetime, timedelta

import httpx
import pyotp

from efir.application.context import Ports
from efir.ports.access.credential_cache import Change
from efir.ports.kernel.pagination import PageRequest
from kit.builders import registered, signed_in


class App:
    """An authenticator app that knows one secret; its clock is half a minute ahead, so its codes were not used yet."""

    def __init__(self, secret: str) -> None:
        self._totp = pyotp.TOTP(secret)
        self.first = ""  # the code that confirmed the app, whatever the clock says by now

    def code(self, at: datetime, *, steps: int = 1) -> str:
        """The code of a time, some steps of 30 seconds later."""
        return self._totp.at(at + timedelta(seconds=30 * steps))


async def with_app(client: httpx.AsyncClient, at: datetime, nickname: str = "ada") -> tuple[App, list[str]]:
    """Somebody new who has just set an app up, and the recovery codes; the client is signed in."""
    await registered(client, nickname)
    headers = await signed_in(client, nickname)
    setup = await client.post("/api/v1/auth/totp", headers=headers)
    assert setup.status_code == 200, setup.text
    app = App(setup.json()["secret"])
    app.first = app.code(at, steps=0)
    confirmed = await client.post("/api/v1/auth/totp/confirm", json={"code": app.first}, headers=headers)
    assert confirmed.status_code == 200, confirmed.text
    return app, confirmed.json()["codes"]


async def forgotten(ports: Ports) -> None:
    """Make all copies of credentials invalid: a test has changed the rows behind them."""
    async with ports.read() as views:
        found = await views.users.accounts(PageRequest(limit=100), text="", status="", role="", now=ports.clock())
    await ports.access.copies.forget([Change("user", str(user.id), 1_000_000) for user in found.items])
