"""Administration pages without a browser: roles, grants, bans, who may see them, and the set-up link."""

import httpx
import pytest

from efir.application.accounts.administration import setup_code
from efir.application.context import Ports
from kernel.test_pages import BROWSER, send
from kit.pages.seeds import a_session, an_administration, somebody


@pytest.fixture
async def reader(client: httpx.AsyncClient) -> httpx.AsyncClient:
    client.headers.update(BROWSER)
    return client


@pytest.fixture
async def eve(reader: httpx.AsyncClient, ports: Ports) -> str:
    """Somebody banned; the reader is an administrator."""
    owner = await somebody(ports)
    found = await an_administration(ports, owner)
    reader.cookies.set("sid", await a_session(ports, owner), domain="efir.test")
    return str(found["eve"])


async def test_administration_is_for_administrators(reader: httpx.AsyncClient, ports: Ports) -> None:
    away = await reader.get("/admin")
    assert (away.status_code, away.headers["location"]) == (303, "/login?back=%2Fadmin")
    reader.cookies.set("sid", await a_session(ports, await somebody(ports)), domain="efir.test")
    for path in ("/admin", "/admin/users", "/admin/roles", "/admin/new-role", "/admin/audit"):
        page = await reader.get(path)
        assert page.status_code == 403, path
        assert "no role that allows this" in page.text
    assert "Administration" not in (await reader.get("/")).text


async def test_accounts_are_filtered_by_the_address(reader: httpx.AsyncClient, eve: str) -> None:
    page = await reader.get("/admin/users?status=banned")
    assert eve in page.text
    assert page.text.count("<tr>") == 2
    assert "No such accounts" in (await reader.get("/admin/users?q=nobody-at-all")).text
    assert (await reader.get("/admin/users?cursor=forged")).status_code == 400


async def test_a_ban_is_lifted_and_made_again(reader: httpx.AsyncClient, eve: str) -> None:
    home = f"/admin/users/{eve}"
    assert "Advertising in every comment." in (await reader.get(home)).text
    lifted = await send(reader, f"{home}/ban", home, act="lift")
    assert lifted.headers["location"] == f"{home}?notice=saved"
    empty = await send(reader, f"{home}/ban", home, reason=" ")
    assert empty.status_code == 422
    assert "Give a reason" in empty.text
    past = await send(reader, f"{home}/ban", home, reason="Spam.", until="2020-01-01")
    assert (past.status_code, "A ban ends in the future" in past.text) == (422, True)
    assert (await send(reader, f"{home}/ban", home, reason="Spam.")).status_code == 303
    assert "for good" in (await reader.get(home)).text


async def test_a_role_is_granted_and_taken_away(reader: httpx.AsyncClient, eve: str) -> None:
    home = f"/admin/users/{eve}"
    assert (await send(reader, f"{home}/roles", home, role="moderator", grant_reason="Helps.")).status_code == 303
    page = await reader.get(home)
    assert "Helps." in page.text
    assert "Revoke: moderator" in page.text
    assert (await send(reader, f"{home}/roles", home, role="moderator", act="revoke")).status_code == 303
    assert "Revoke: moderator" not in (await reader.get(home)).text
    wrong = await send(reader, f"{home}/roles", home, role="moderator", expires_at="soon")
    assert (wrong.status_code, "Write a date like" in wrong.text) == (422, True)


async def test_a_role_is_made_changed_and_deleted(reader: httpx.AsyncClient, eve: str) -> None:
    new = "/admin/new-role"
    wrong = await send(reader, "/admin/roles", new, name="?", foreign="nonsense", permissions="moderation")
    assert wrong.status_code == 422
    assert "2 to 40 Latin letters" in wrong.text
    assert "cinema:watch.uhd" in wrong.text
    made = await send(
        reader, "/admin/roles", new, name="clerk", description="Files.", permissions="audit.read", foreign="cinema:open"
    )
    assert made.headers["location"] == "/admin/roles?notice=saved"
    assert "cinema:open" in (await reader.get("/admin/roles")).text
    one = "/admin/roles/clerk"
    changed = await send(reader, one, name="archivist", description="", permissions="users.read")
    assert changed.status_code == 303
    assert 'value="users.read" checked' in (await reader.get("/admin/roles/archivist")).text
    assert (await send(reader, "/admin/roles/archivist", act="delete", name="archivist")).status_code == 303
    assert (await reader.get("/admin/roles/archivist")).status_code == 404
    system = await reader.get("/admin/roles/administrator")
    assert "part of the system" in system.text
    assert "Save role" not in system.text


async def test_every_act_of_the_pages_is_in_the_audit_log(reader: httpx.AsyncClient, eve: str) -> None:
    await send(reader, f"/admin/users/{eve}/ban", f"/admin/users/{eve}", act="lift")
    page = await reader.get(f"/admin/audit?target=user:{eve}")
    assert "user.unbanned" in page.text
    assert "user.banned" in page.text
    assert "role.created" not in page.text


async def test_a_set_up_link_makes_the_first_administrator_and_no_second(
    reader: httpx.AsyncClient, ports: Ports
) -> None:
    owner = await somebody(ports)
    path = f"/setup?code={await setup_code(ports, now=ports.clock())}"
    assert "Sign in with the account" in (await reader.get(path)).text
    reader.cookies.set("sid", await a_session(ports, owner), domain="efir.test")
    code = path.partition("=")[2]
    done = await send(reader, "/setup", path, code=code)
    assert (done.status_code, done.headers["location"]) == (303, "/admin")
    assert (await reader.get("/admin/users")).status_code == 200
    other = await somebody(ports, "eve")
    reader.cookies.clear()
    reader.cookies.set("sid", await a_session(ports, other), domain="efir.test")
    again = await send(reader, "/setup", path, code=code)
    assert "There is an administrator already" in again.text
    assert (await reader.get("/setup?code=forged")).status_code == 403
