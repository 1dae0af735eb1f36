"""One guard of repeated requests: a body of JSON and a recording meet the same one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from efir.application.context import Ports
from efir.application.kernel.idempotency import IdempotencyKey, KeyReused, hash_request
from efir.ports.kernel.stored_responses import StoredResponse
from kit.audio.sending import add_record, short
from kit.builders import person

NAME = {"name": "Bob"}
HASH = hash_request(b"POST /", b"{}")


@dataclass(frozen=True)
class Sender:
    """Whose keys are meant, and how something is made under one."""

    principal: str
    post: Callable[[Any], Awaitable[httpx.Response]]

    def key(self, text: str) -> IdempotencyKey:
        """A key as another request holds it."""
        return IdempotencyKey(self.principal, text, HASH)


@pytest.fixture(params=["json", "recording"])
async def sender(request: pytest.FixtureRequest, client: httpx.AsyncClient) -> Sender:
    """By each kind of body: a name is taken by anybody, a recording belongs to its owner."""
    if request.param == "json":
        return Sender("anonymous", lambda key: client.post("/user", json=NAME, headers={"idempotency-key": key}))
    ada = await person(client)
    return Sender(ada.id, lambda key: add_record(client, ada.headers, short(), idempotency_key=key))


async def test_while_a_request_is_answered_another_with_its_key_is_told_to_come_back(
    ports: Ports, connection: Any, sender: Sender
) -> None:
    async with ports.begin() as tx:
        await sender.key("k").find_response(tx)
        refused = await sender.post("k")
        assert (refused.status_code, refused.json()["code"]) == (409, "idempotency-key-in-use")
        assert refused.headers["retry-after"] == "1"
        assert (await sender.post("another")).status_code == 201
    assert await connection.fetchval("select count(*) from replies") == 1


async def test_a_key_belongs_to_its_owner(ports: Ports, sender: Sender) -> None:
    async with ports.begin() as tx:
        await IdempotencyKey("somebody else", "k", HASH).find_response(tx)
        assert (await sender.post("k")).status_code == 201


@pytest.mark.parametrize("key", ["k" * 256, b"\xe9"])
async def test_a_key_that_is_none_is_refused(sender: Sender, key: Any) -> None:
    refused = await sender.post(key)
    assert (refused.status_code, refused.json()["code"]) == (400, "malformed")


async def test_what_was_stored_with_another_request_is_not_given_out(ports: Ports) -> None:
    key = IdempotencyKey("ada", "k", HASH)
    async with ports.begin() as tx:
        assert await key.find_response(tx) is None
        await key.store(tx, StoredResponse(HASH, 201, [], b"{}"))
    async with ports.begin() as tx:
        assert await key.find_response(tx) == StoredResponse(HASH, 201, [], b"{}")
    with pytest.raises(KeyReused):
        async with ports.begin() as tx:
            await IdempotencyKey("ada", "k", hash_request(b"POST /", b"[]")).find_response(tx)


def test_no_two_requests_are_known_by_the_same_bytes() -> None:
    assert hash_request(b"POST /a", b"bc") != hash_request(b"POST /ab", b"c")
