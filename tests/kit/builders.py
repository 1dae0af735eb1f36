"""What many tests start from, made through the public API."""

from dataclasses import dataclass
from typing import Any

import httpx

from efir.application.accounts.administration import grant_by_operator
from efir.application.context import Ports

PASSWORD = "a long quiet evening"


@dataclass
class Person:
    """Somebody with an account and an API token."""

    nickname: str
    id: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """Headers of a request in this person's name."""
        return {"authorization": f"Bearer {self.token}"}


async def registered(client: httpx.AsyncClient, nickname: str = "ada") -> dict[str, Any]:
    """Register a user."""
    body = {"email": f"{nickname}@example.org", "nickname": nickname, "password": PASSWORD}
    answer = await client.post("/api/v1/users", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def signed_in(client: httpx.AsyncClient, nickname: str = "ada") -> dict[str, str]:
    """Sign in: the cookie stays in the client; answers the headers for unsafe requests."""
    answer = await client.post("/api/v1/auth/login", json={"login": nickname, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return {"x-csrf-token": answer.json()["csrf_token"]}


async def person(client: httpx.AsyncClient, nickname: str = "ada", scopes: list[str] | None = None) -> Person:
    """Somebody new with a token; the client keeps no cookie."""
    user = await registered(client, nickname)
    headers = await signed_in(client, nickname)
    body: dict[str, Any] = {"name": "tests"} | ({} if scopes is None else {"scopes": scopes})
    answer = await client.post("/api/v1/users/me/tokens", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    client.cookies.clear()
    return Person(nickname, user["id"], answer.json()["token"])


async def with_role(ports: Ports, nickname: str, role: str = "administrator") -> None:
    """Let somebody hold a role, as the operator would."""
    await grant_by_operator(ports, nickname=nickname, role=role, now=ports.clock())


def another(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A second browser: the same application, no cookies."""
    return httpx.AsyncClient(transport=client._transport, base_url=client.base_url)  # noqa: SLF001  # nothing public
