"""Chromium's virtual authenticator, by its DevTools protocol: a device that does what real ones do, or should not."""

from typing import Any

from playwright.async_api import CDPSession

from kit.fixtures.pages import Tab

CREATE = """
async ({options, changes}) => {
  const wanted = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  Object.assign(wanted, changes);
  return (await navigator.credentials.create({publicKey: wanted})).toJSON();
}"""
GET = """
async ({options, changes}) => {
  const wanted = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  Object.assign(wanted, changes);
  return (await navigator.credentials.get({publicKey: wanted})).toJSON();
}"""
POST = """
async ({path, body}) => {
  const token = (await (await fetch("/api/v1/auth/csrf")).json()).csrf_token;
  const headers = {"content-type": "application/json", "x-csrf-token": token};
  const answer = await fetch("/api/v1/auth/passkeys/" + path, {method: "POST", headers, body: JSON.stringify(body)});
  return {status: answer.status, body: await answer.json()};
}"""


class Authenticator:
    """A device with passkeys in one tab."""

    def __init__(self, here: Tab, session: CDPSession, identifier: str) -> None:
        self._here = here
        self._session = session
        self._id = identifier

    async def credentials(self) -> list[dict[str, Any]]:
        """The passkeys it holds, private keys included."""
        found = await self._session.send("WebAuthn.getCredentials", {"authenticatorId": self._id})
        return list(found["credentials"])

    async def restore(self, credential: dict[str, Any]) -> None:
        """Hold a passkey as it was at an earlier time: a copy."""
        await self._session.send("WebAuthn.clearCredentials", {"authenticatorId": self._id})
        await self._session.send("WebAuthn.addCredential", {"authenticatorId": self._id, "credential": credential})

    async def verify_users(self, *, yes: bool) -> None:
        """Whether the next person who touches it is recognised."""
        await self._session.send("WebAuthn.setUserVerified", {"authenticatorId": self._id, "isUserVerified": yes})

    async def answers(self, *, yes: bool) -> None:
        """Whether somebody touches it when it is asked."""
        await self._session.send(
            "WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": self._id, "enabled": yes}
        )

    async def created(self, options: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Make a passkey."""
        return dict(await self._here.page.evaluate(CREATE, {"options": options, "changes": changes}))

    async def shown(self, options: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Prove a passkey."""
        return dict(await self._here.page.evaluate(GET, {"options": options, "changes": changes}))


async def plugged(here: Tab, *, verifies: bool = True) -> Authenticator:
    """Plug a device into a tab: with resident keys, recognising its owner unless it cannot."""
    session = await here.context.new_cdp_session(here.page)
    await session.send("WebAuthn.enable", {"enableUI": False})
    made = await session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal" if verifies else "usb", "hasResidentKey": True,
                "hasUserVerification": verifies,
                "isUserVerified": verifies, "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip
    return Authenticator(here, session, made["authenticatorId"])


async def asked(here: Tab, path: str) -> dict[str, Any]:
    """Options of a ceremony."""
    answer = await posted(here, f"{path}/options")
    assert answer["status"] == 200, answer
    return dict(answer["body"]["public_key"])


async def posted(here: Tab, path: str, **body: Any) -> dict[str, Any]:
    """Send an answer; gives its status and body."""
    return dict(await here.page.evaluate(POST, {"path": path, "body": body}))
