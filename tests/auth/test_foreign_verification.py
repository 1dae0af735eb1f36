"""Another service, with a library that is not ours, tells our access tokens from others by the published keys alone."""

import asyncio
import json
from typing import Any

import httpx

from auth.test_sessions_http import pair
from efir.application.auth.signing_keys import rotate_signing_keys, tend_signing_keys
from efir.application.context import Ports
from kit import npm
from kit.builders import registered

VERIFY = """
import { createLocalJWKSet, jwtVerify } from "jose";
const [keys, issuer, ...tokens] = process.argv.slice(2);
const known = createLocalJWKSet(JSON.parse(keys));
const wanted = { issuer, audience: issuer, typ: "at+jwt", algorithms: ["Ed25519", "EdDSA"] };
const told = [];
for (const token of tokens) {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, known, wanted);
    told.push([payload.sub, protectedHeader.kid]);
  } catch (error) {
    told.push(error.code);
  }
}
console.log(JSON.stringify(told));
"""
ISSUER = "http://efir.test"


async def verified(client: httpx.AsyncClient, *tokens: str) -> list[Any]:
    """What `jose` makes of tokens: subject and key, or the code of its refusal."""
    keys = (await client.get("/.well-known/jwks.json")).text
    return list(json.loads(await asyncio.to_thread(npm.run, VERIFY, keys, ISSUER, *tokens)))


async def test_tokens_are_verified_across_rotations_and_false_ones_refused(
    client: httpx.AsyncClient, ports: Ports
) -> None:
    await tend_signing_keys(ports)
    await registered(client)
    me = (await client.get("/api/v1/users/ada")).json()["id"]
    first = (await pair(client))["access_token"]
    await rotate_signing_keys(ports, compromised=False, now=ports.clock())
    second = (await pair(client))["access_token"]
    head, body, signature = first.split(".")
    forged = f"{head}.{body}.{signature[:20]}{'A' if signature[20] != 'A' else 'B'}{signature[21:]}"
    old, new, refused = await verified(client, first, second, forged)
    assert old[0] == new[0] == me
    assert old[1] != new[1]
    assert refused == "ERR_JWS_SIGNATURE_VERIFICATION_FAILED"
    await rotate_signing_keys(ports, compromised=True, now=ports.clock())
    assert await verified(client, first, second) == ["ERR_JWKS_NO_MATCHING_KEY"] * 2
