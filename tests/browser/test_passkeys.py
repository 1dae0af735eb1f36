"""Passkeys with Chromium's virtual authenticator: what a good device proves is believed, everything else is not."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from efir.application.context import Ports
from efir.domain.kernel.ids import UserId
from kit.fixtures.pages import Opener, Tab
from kit.pages.authenticators import Authenticator, asked, plugged, posted
from kit.pages.seeds import somebody

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def named_site(site: str) -> str:
    """The site by a name: browsers know no passkeys of numbers."""
    return site.replace("127.0.0.1", "localhost")


@pytest.fixture
async def device(tab: Opener, ada: UserId, named_site: str) -> AsyncIterator[tuple[Tab, Authenticator]]:
    """Ada's tab with an authenticator that holds her passkey."""
    here = await tab(who=ada, site=named_site)
    await here.go("/")
    authenticator = await plugged(here)
    credential = await authenticator.created(await asked(here, "registration"))
    added = await posted(here, "registration/verify", credential=credential, label="Red key")
    assert added["status"] == 201, added
    assert added["body"]["label"] == "Red key"
    yield here, authenticator
    here.troubles.clear()  # Chromium notes every refused request


async def signed(here: Tab, credential: dict[str, Any]) -> tuple[int, str]:
    """Try to sign in; answers status and code."""
    answer = await posted(here, "authentication/verify", credential=credential)
    return answer["status"], answer["body"].get("code", "")


REFUSED = (401, "passkey-refused")


async def test_a_passkey_alone_signs_in_with_two_factors(device: tuple[Tab, Authenticator], connection: Any) -> None:
    here, authenticator = device
    await here.context.clear_cookies()
    shown = await authenticator.shown(await asked(here, "authentication"))
    assert await signed(here, shown) == (200, "")
    newest = await connection.fetchrow("select aal, amr from login_session order by created_at desc limit 1")
    assert (newest["aal"], newest["amr"]) == (2, ["pop", "mfa"])
    event = await connection.fetchrow("select outcome, method from login_event order by at desc limit 1")
    assert tuple(event) == ("ok", "passkey")
    stored = await connection.fetchrow("select * from webauthn_credential")
    assert (stored["backup_eligible"], stored["backed_up"], stored["sign_count"] > 1) == (False, False, True)
    assert stored["last_used_at"] is not None


async def test_the_same_proof_counts_once(device: tuple[Tab, Authenticator]) -> None:
    here, authenticator = device
    shown = await authenticator.shown(await asked(here, "authentication"))
    assert await signed(here, shown) == (200, "")
    assert await signed(here, shown) == REFUSED


async def test_a_proof_for_a_question_of_somebody_else_is_refused(device: tuple[Tab, Authenticator]) -> None:
    here, authenticator = device
    options = await asked(here, "authentication")
    invented = await authenticator.shown(options | {"challenge": "A" * 43})
    assert await signed(here, invented) == REFUSED
    registration = await asked(here, "registration")
    crossed = await authenticator.shown(options | {"challenge": registration["challenge"]})
    assert await signed(here, crossed) == REFUSED


async def test_a_device_that_did_not_verify_its_owner_is_refused(device: tuple[Tab, Authenticator]) -> None:
    here, authenticator = device
    await authenticator.verify_users(yes=False)
    shown = await authenticator.shown(await asked(here, "authentication"), userVerification="discouraged")
    assert await signed(here, shown) == REFUSED
    plain = await plugged(here, verifies=False)
    selection = {"residentKey": "discouraged", "userVerification": "discouraged"}
    made = await plain.created(await asked(here, "registration"), authenticatorSelection=selection)
    refused = await posted(here, "registration/verify", credential=made)
    assert (refused["status"], refused["body"]["code"]) == (422, "passkey-invalid")


async def test_a_passkey_for_another_site_is_refused(
    tab: Opener, ada: UserId, named_site: str, device: tuple[Tab, Authenticator]
) -> None:
    here, _ = device
    other = await tab(site=named_site.replace("localhost", "evil.localhost"))
    await other.go("/")
    phishing = await plugged(other)
    options = await asked(here, "registration")
    options["rp"] = {"id": "evil.localhost", "name": "Efir"}
    made = await phishing.created(options)
    refused = await posted(here, "registration/verify", credential=made)
    assert (refused["status"], refused["body"]["code"]) == (422, "passkey-invalid")
    question = await asked(here, "authentication") | {"rpId": "evil.localhost"}
    shown = await phishing.shown(question)
    assert await signed(here, shown) == REFUSED


async def test_a_copied_passkey_is_noticed_by_its_count(
    device: tuple[Tab, Authenticator], ports: Ports, ada: UserId, connection: Any
) -> None:
    here, authenticator = device
    copy = (await authenticator.credentials())[0]
    await connection.execute("update user_account set email_verified_at = now()")
    for _ in range(2):
        shown = await authenticator.shown(await asked(here, "authentication"))
        assert await signed(here, shown) == (200, "")
    await authenticator.restore(copy)
    shown = await authenticator.shown(await asked(here, "authentication"))
    assert await signed(here, shown) == REFUSED
    assert await connection.fetchval("select user_id from mails where kind = 'security-changed'") == ada
    event = await connection.fetchrow("select outcome, method, user_id from login_event order by at desc limit 1")
    assert tuple(event) == ("bad_secret", "passkey", ada)


async def test_the_passkey_of_one_signs_in_nobody_else(
    tab: Opener, ports: Ports, named_site: str, device: tuple[Tab, Authenticator]
) -> None:
    here, authenticator = device
    eve = await somebody(ports, "eve")
    hers = await tab(who=eve, site=named_site)
    await hers.go("/")
    her_device = await plugged(hers)
    made = await her_device.created(await asked(hers, "registration"))
    assert (await posted(hers, "registration/verify", credential=made))["status"] == 201
    shown = await her_device.shown(await asked(hers, "authentication"))
    adas = (await authenticator.shown(await asked(here, "authentication")))["response"]["userHandle"]
    stolen_name = shown | {"response": shown["response"] | {"userHandle": adas}}
    assert await signed(here, stolen_name) == REFUSED
    shown = await her_device.shown(await asked(hers, "authentication"))
    mine = (await authenticator.shown(await asked(here, "authentication")))["id"]
    assert await signed(here, shown | {"id": mine, "rawId": mine}) == REFUSED
    known = await posted(hers, "registration/verify", credential=made)
    assert known["status"] == 422
    hers.troubles.clear()


async def test_a_new_passkey_belongs_to_the_session_that_asked(
    tab: Opener, ports: Ports, named_site: str, device: tuple[Tab, Authenticator]
) -> None:
    here, _ = device
    hers = await tab(who=await somebody(ports, "eve"), site=named_site)
    await hers.go("/")
    made = await (await plugged(hers)).created(await asked(hers, "registration"))
    planted = await posted(here, "registration/verify", credential=made)
    assert (planted["status"], planted["body"]["code"]) == (422, "passkey-invalid")
