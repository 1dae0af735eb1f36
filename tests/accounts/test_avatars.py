"""Avatars of users over HTTP: sent raw or in a form, seen by everybody, gone when taken away."""

import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from efir.application.auth.account_status import require_active
from efir.application.context import Ports, Visitor
from efir.application.pictures import WORKING, key_of, sweep_pictures, sweep_stray_pictures
from efir.domain.auth.login_history import Method
from efir.domain.kernel.ids import UserId
from efir.ports.kernel.blobs import blob_key
from kit.builders import person
from kit.drawings import drawing
from kit.published_videos import worked

PATH = "/api/v1/users/me/avatar"


@pytest.fixture(autouse=True)
async def empty_store(ports: Ports) -> None:
    """No pictures of other tests: their rows went with them."""
    await ports.blobs.delete_prefix(blob_key("img"))


async def stored(ports: Ports) -> list[str]:
    """Names of all objects of pictures in the store; what a picture may still be cut from is not told."""
    keys = [info.key async for info in ports.blobs.list(blob_key("img"))]
    return sorted(key for key in keys if not key.endswith(WORKING))


async def test_an_avatar_is_kept_in_four_sizes_for_everybody(client: httpx.AsyncClient, ports: Ports) -> None:
    ada = await person(client)
    sent = await client.put(PATH, content=drawing(), headers=ada.headers | {"content-type": "image/jpeg"})
    assert sent.status_code == 200, sent.text
    view = sent.json()
    assert set(view["sizes"]) == {"64", "128", "256", "512"}
    assert (view["width"], view["height"]) == (640, 480)
    client.cookies.clear()
    for side, address in view["sizes"].items():
        answer = await client.get(address)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/webp"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert answer.headers["etag"] == f'"sha256-{hashlib.sha256(answer.content).hexdigest()}"'
        assert (await client.get(address, headers={"if-none-match": answer.headers["etag"]})).status_code == 304
        assert (await client.head(address)).headers["content-length"] == str(len(answer.content))
        assert address.endswith(f"/{side}.webp")
    me = (await client.get("/api/v1/users/me", headers=ada.headers)).json()
    assert me["avatar"] == view["sizes"]["256"]
    assert await stored(ports) == sorted(f"img/{view['id']}/{side}.webp" for side in (64, 128, 256, 512))


async def test_who_signs_in_without_a_password_is_shown_with_the_avatar(
    client: httpx.AsyncClient, ports: Ports
) -> None:
    ada = await person(client)
    sent = await client.put(PATH, content=drawing(), headers=ada.headers | {"content-type": "image/jpeg"})
    user_id, now = UserId(UUID(ada.id)), ports.clock()
    user = await require_active(ports, user_id, method=Method.PASSKEY, visitor=Visitor(), now=now)
    assert (user.nickname, user.avatar) == ("ada", sent.json()["sizes"]["256"])


async def test_a_form_does_as_well_and_may_name_a_part(client: httpx.AsyncClient) -> None:
    ada = await person(client)
    files = {"image": ("me.png", drawing(kind=".png"), "text/plain")}
    pictures = []
    for asked in (
        {"files": files},
        {"files": files, "data": {"crop": "0.5,0.5,0.4"}},
        {"content": drawing(kind=".png"), "params": {"crop": "0.5,0.5,0.4"}},
    ):
        answer = await client.put(PATH, headers=ada.headers, **asked)
        assert answer.status_code == 200, answer.text
        pictures.append((await client.get(answer.json()["sizes"]["128"])).content)
    assert pictures[0] != pictures[1] == pictures[2]


async def test_another_avatar_takes_the_place_and_the_old_one_goes(client: httpx.AsyncClient, ports: Ports) -> None:
    ada = await person(client)
    first = (await client.put(PATH, content=drawing(), headers=ada.headers)).json()
    second = (await client.put(PATH, content=drawing(kind=".png"), headers=ada.headers)).json()
    assert (await client.get(first["sizes"]["64"])).status_code == 404
    assert (await client.get(second["sizes"]["64"])).status_code == 200
    assert await sweep_pictures(ports) == 1
    assert {name.split("/")[1] for name in await stored(ports)} == {second["id"]}
    assert (await client.delete(PATH, headers=ada.headers)).status_code == 204
    assert (await client.delete(PATH, headers=ada.headers)).status_code == 204
    assert (await client.get("/api/v1/users/me", headers=ada.headers)).json()["avatar"] is None
    await sweep_pictures(ports)
    assert await stored(ports) == []


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"", "image/png", 422, "image-missing"),
        (drawing()[:9_000], "image/jpeg", 422, "image-broken"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", 415, "image-type"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100), "image/heic", 415, "image-type"),
        (drawing(40, 40), "image/jpeg", 422, "image-too-small"),
        (drawing()[:100] + bytes(11 << 20), "image/jpeg", 413, "image-too-large"),
        (drawing(), "application/json", 415, "image-content-type"),
        (drawing(), "text/html", 415, "image-content-type"),
    ],
)
async def test_a_refused_picture_says_why_and_changes_nothing(
    client: httpx.AsyncClient, ports: Ports, content: bytes, kind: str, status: int, code: str
) -> None:
    ada = await person(client)
    answer = await client.put(PATH, content=content, headers=ada.headers | {"content-type": kind})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await client.get("/api/v1/users/me", headers=ada.headers)).json()["avatar"] is None
    await sweep_pictures(ports)
    assert await stored(ports) == []


async def test_a_form_without_a_picture_and_one_too_large_are_refused(client: httpx.AsyncClient) -> None:
    ada = await person(client)
    answers = [
        await client.put(PATH, files={"other": ("a", b"x")}, headers=ada.headers),
        await client.put(PATH, files={"image": ("a", bytes(11 << 20))}, headers=ada.headers),
        await client.put(PATH, files={"image": ("a", b"")}, headers=ada.headers),
    ]
    told = [(answer.status_code, answer.json()["code"]) for answer in answers]
    assert told == [(422, "image-missing"), (413, "image-too-large"), (422, "image-missing")]


@pytest.mark.parametrize("crop", ["1,2", "a,b,c", "0,0,0", "-1,0,1", "nan,0,1", "0,0,2"])
async def test_a_wrong_part_is_told(client: httpx.AsyncClient, crop: str) -> None:
    ada = await person(client)
    answer = await client.put(f"{PATH}?crop={crop}", content=drawing(), headers=ada.headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-crop")


async def test_nobody_and_a_token_without_the_scope_send_no_avatar(client: httpx.AsyncClient) -> None:
    assert (await client.put(PATH, content=drawing())).status_code == 401
    reader = await person(client, scopes=["account.read"])
    answer = await client.put(PATH, content=drawing(), headers=reader.headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope-missing")


async def test_more_pictures_than_ten_a_minute_are_too_many(client: httpx.AsyncClient, connection: Any) -> None:
    ada = await person(client)
    await connection.execute(
        """insert into staged_upload (kind, state, owner_id, expires_at)
           select 'avatar', 'deleting', $1, now() from generate_series(1, 10)""", UUID(ada.id),
    )  # fmt: skip
    answer = await client.put(PATH, content=drawing(), headers=ada.headers)
    assert (answer.status_code, answer.json()["code"]) == (429, "images-too-many")
    assert answer.headers["retry-after"] == "60"


async def test_an_avatar_is_cut_differently_for_an_hour_and_its_working_copy_is_its_owners(
    client: httpx.AsyncClient, ports: Ports, connection: Any
) -> None:
    ada = await person(client)
    crop = {"x": 0.5, "y": 0.5, "size": 0.4}
    none = await client.patch(PATH, json=crop, headers=ada.headers)
    assert (none.status_code, none.json()["code"]) == (409, "image-not-cuttable")
    first = (await client.put(PATH, content=drawing(900, 600), headers=ada.headers)).json()
    whole = await client.get(f"{PATH}/working.webp", headers=ada.headers)
    assert (whole.status_code, whole.headers["cache-control"]) == (200, "private, no-store")
    cut = await client.patch(PATH, json=crop, headers=ada.headers)
    assert cut.status_code == 200, cut.text
    assert cut.json()["id"] != first["id"]
    assert (await client.get("/api/v1/users/me", headers=ada.headers)).json()["avatar"] == cut.json()["sizes"]["256"]
    assert (await client.get(first["sizes"]["64"])).status_code == 404
    again = await client.patch(PATH, json=crop | {"size": 2}, headers=ada.headers)
    assert (again.status_code, again.json()["code"]) == (422, "invalid-crop")
    client.cookies.clear()
    assert (await client.get(f"{PATH}/working.webp")).status_code == 401
    eve = await person(client, "eve")
    client.cookies.clear()
    assert (await client.get(f"{PATH}/working.webp", headers=eve.headers)).status_code == 409
    await connection.execute("update jobs set run_at = now()")
    await worked(ports)
    late = await client.patch(PATH, json=crop, headers=ada.headers)
    assert (late.status_code, late.json()["code"]) == (409, "image-not-cuttable")
    left = [info.key async for info in ports.blobs.list(blob_key(f"img/{cut.json()['id']}"))]
    assert left
    assert not [key for key in left if key.endswith(WORKING)]


async def test_everybody_may_see_the_avatar_of_a_person(client: httpx.AsyncClient) -> None:
    ada = await person(client)
    assert (await client.get("/api/v1/users/ada")).json()["avatar"] is None
    view = (await client.put(PATH, content=drawing(), headers=ada.headers)).json()
    client.cookies.clear()
    assert (await client.get("/api/v1/users/ada")).json()["avatar"] == view["sizes"]["256"]


@pytest.mark.parametrize("name", ["100.webp", "0.webp", "256.png", "256", "../x", "99999.webp", "working.webp"])
async def test_only_known_sizes_have_an_address(client: httpx.AsyncClient, name: str) -> None:
    ada = await person(client)
    view = (await client.put(PATH, content=drawing(), headers=ada.headers)).json()
    assert (await client.get(f"/i/{view['id']}/{name}")).status_code == 404


async def test_bytes_without_a_row_go_when_they_are_old(
    client: httpx.AsyncClient, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await person(client)
    view = (await client.put(PATH, content=drawing(), headers=ada.headers)).json()
    stray = ports.new_id()
    await ports.blobs.put_bytes(key_of(stray, "64.webp"), b"left by a crash")
    assert await sweep_stray_pictures(ports) == 0
    monkeypatch.setattr("efir.application.pictures.STRAY", -timedelta(minutes=1))
    assert await sweep_stray_pictures(ports) == 1
    assert {name.split("/")[1] for name in await stored(ports)} == {view["id"]}
