"""What people do with their own accounts: profile, name, data as a file, deletion with time for regret."""

import asyncio
import io
import json
import math
import re
import wave
import zipfile
from base64 import b64encode
from typing import Any

import httpx
import pytest

from accounts.test_email_verification import confirmed
from efir.adapters.postgres.joined import EXPORTED
from efir.adapters.postgres.tables import Row
from efir.application.context import Ports
from efir.application.jobs.outbox import relay_events
from efir.bootstrap.wiring.work import WORK
from efir.domain.jobs import Queue
from kit.builders import PASSWORD, person, registered, signed_in, with_role
from kit.drawings import drawing
from kit.fixtures.mails import Deliver, work_off
from kit.mail_server import Sink, links_of, plain
from kit.pages.seeds import a_video, some_recordings, somebody

ME = "/api/v1/users/me"


async def test_a_profile_is_changed_field_by_field(api: httpx.AsyncClient) -> None:
    await registered(api)
    headers = await signed_in(api)
    found = await api.patch(
        ME, json={"display_name": "Ада", "phone": "+44 20 7946 0958", "locale": "ru"}, headers=headers
    )
    assert found.status_code == 200, found.text
    assert {name: found.json()[name] for name in ("display_name", "phone", "locale")} == {
        "display_name": "Ада", "phone": "+442079460958", "locale": "ru",
    }  # fmt: skip
    assert (await api.get("/api/v1/auth/session")).json()["user"]["display_name"] == "Ада"
    gone = (await api.patch(ME, json={"phone": None}, headers=headers)).json()
    assert (gone["phone"], gone["display_name"]) == (None, "Ада")
    public = (await api.get("/api/v1/users/ADA")).json()
    assert public.keys() == {"id", "nickname", "display_name", "created_at", "channels", "avatar"}
    assert (await api.get("/api/v1/users/nobody")).status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({"display_name": ""}, "/display_name"), ({"phone": "12"}, "/phone"), ({"locale": "xx"}, "/locale"),
     ({"nickname": "admin"}, "/nickname")],
)  # fmt: skip
async def test_a_wrong_value_of_a_profile_is_named(api: httpx.AsyncClient, body: Any, pointer: str) -> None:
    await registered(api)
    answer = await api.patch(ME, json=body, headers=await signed_in(api))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize("body", [{"display_name": None}, {"email": "a@example.org"}, {"status": "active"}])
async def test_what_cannot_be_changed_here_is_refused(api: httpx.AsyncClient, body: Any) -> None:
    await registered(api)
    assert (await api.patch(ME, json=body, headers=await signed_in(api))).status_code == 422


async def test_a_phone_number_belongs_to_one_account(api: httpx.AsyncClient) -> None:
    for nickname, status in (("ada", 200), ("eve", 409)):
        somebody_new = await person(api, nickname)
        answer = await api.patch(ME, json={"phone": "+12025550143"}, headers=somebody_new.headers)
        assert answer.status_code == status, answer.text


async def test_a_name_that_is_given_up_is_kept_from_others(api: httpx.AsyncClient, connection: Any) -> None:
    await registered(api)
    headers = await signed_in(api)
    assert (await api.patch(ME, json={"nickname": "countess"}, headers=headers)).json()["nickname"] == "countess"
    again = await api.patch(ME, json={"nickname": "duchess"}, headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "nickname-changed-recently")
    api.cookies.clear()
    body = {"email": "eve@example.org", "nickname": "a.da", "password": PASSWORD}
    taken = await api.post("/api/v1/users", json=body)
    assert (taken.status_code, taken.json()["code"]) == (409, "nickname-taken")
    await connection.execute("update name_hold set until = now() - interval '1 s'")
    assert (await api.post("/api/v1/users", json=body)).status_code == 201


async def test_one_may_go_back_to_a_name_of_ones_own(api: httpx.AsyncClient, connection: Any) -> None:
    await registered(api)
    headers = await signed_in(api)
    await api.patch(ME, json={"nickname": "countess"}, headers=headers)
    await connection.execute("update name_hold set created_at = now() - interval '31 days'")
    assert (await api.patch(ME, json={"nickname": "ada"}, headers=headers)).status_code == 200


async def test_a_file_with_all_data_is_made_once_for_its_owner_and_for_a_day(
    api: httpx.AsyncClient, mailing: Ports, connection: Any
) -> None:
    ada = await somebody(mailing)
    await a_video(mailing, ada, "A walk in the rain")
    await signed_in(api)
    answers = await asyncio.gather(*(api.get(f"{ME}/export") for _ in range(3)))
    assert {answer.status_code for answer in answers} == {202}
    (address,) = {answer.headers["location"] for answer in answers}
    await work_off(mailing, Queue.FAST)
    done = (await api.get(address)).json()
    assert done["state"] == "done"
    url = done["result"]["url"]
    answer = await api.get(url)
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        told = {name: archive.read(name).decode() for name in archive.namelist()}
    assert json.loads(told["account.json"])[0]["email"] == "ada@example.org"
    assert json.loads(told["videos.json"])[0]["title"] == "A walk in the rain"
    assert len(json.loads(told["login_sessions.json"])) == 1
    assert not [name for name, text in told.items() if "hash" in text or "wrapped" in text]
    api.cookies.clear()
    eve = await person(api, "eve")
    assert (await api.get(url, headers=eve.headers)).status_code == 404
    assert (await api.get(url)).status_code == 401
    await signed_in(api)
    await connection.execute("""update jobs set output = jsonb_set(output, '{until}', '"2020-01-01T00:00:00+00:00"')
                                 where kind = 'export_user'""")
    assert (await api.get(url)).status_code == 410
    key = await connection.fetchval("select output->>'key' from jobs where kind = 'export_user'")
    await connection.execute("update jobs set run_at = now() where kind = 'drop_export'")
    await work_off(mailing, Queue.FAST)
    assert not (mailing.scratch.root.parent / "objects" / key).exists()  # type: ignore[attr-defined]  # of the real one


KEPT_SECRET = b"e5c1" * 8  # stands for every secret; no archive may hold it
WAYS_IN = """
insert into totp_credential (user_id, secret_sealed, confirmed_at) values ($1, $2, now());
insert into recovery_code (user_id, code_hash) values ($1, $2);
insert into webauthn_credential (cred_id, user_id, public_key, sign_count, backup_eligible, backed_up, aaguid, label)
values ($2, $1, $2, 0, true, true, '', 'My phone');
insert into external_identity (issuer, sub, user_id, provider, shown)
values ('https://id.example', 'me-there', $1, 'elsewhere', 'ada@id.example')"""


async def archive_of(api: httpx.AsyncClient, mailing: Ports) -> dict[str, Any]:
    """Everything that is in the archive of whoever is signed in."""
    address = (await api.get(f"{ME}/export")).headers["location"]
    await work_off(mailing, Queue.FAST)
    answer = await api.get((await api.get(address)).json()["result"]["url"])
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        for text in map(archive.read, archive.namelist()):
            for secret in (KEPT_SECRET, KEPT_SECRET.hex().encode(), b64encode(KEPT_SECRET)):
                assert secret not in text
        return {name: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")}


async def test_the_archive_tells_of_every_way_in_and_holds_none(
    api: httpx.AsyncClient, mailing: Ports, connection: Any
) -> None:
    ada, eve = await somebody(mailing), await somebody(mailing, "eve")
    await some_recordings(mailing, ada)
    headers = await signed_in(api)
    token = await api.post(f"{ME}/tokens", json={"name": "My script"}, headers=headers)
    assert token.status_code == 201
    assert (await api.put(f"{ME}/avatar", content=drawing(), headers=headers)).status_code == 200
    for statement in WAYS_IN.split(";"):
        values = [ada, KEPT_SECRET] if "$2" in statement else [ada]
        await connection.execute(statement, *values)
    told = await archive_of(api, mailing)
    assert [(row["label"], set(row)) for row in told["passkeys.json"]] == [
        ("My phone", {"label", "backed_up", "created_at", "last_used_at"})
    ]
    (identity,) = told["identities.json"]
    assert (identity["provider"], identity["issuer"], identity["sub"]) == (
        "elsewhere",
        "https://id.example",
        "me-there",
    )
    (second,) = told["second_factor.json"]
    assert (second["enabled"], second["recovery_codes_left"]) == (True, 1)
    assert [row["name"] for row in told["api_tokens.json"]] == ["My script"]
    assert token.json()["token"] not in json.dumps(told)
    assert [(row["outcome"], row["method"]) for row in told["logins.json"]] == [("ok", "password")]
    assert [row["ua"] for row in told["login_sessions.json"]] == [api.headers["user-agent"]]
    assert {row["title"] for row in told["audio_records.json"]} >= {"Rain"}
    assert [row["kind"] for row in told["pictures.json"]] == ["avatar"]
    assert len(told["password.json"]) == 1
    assert str(eve) not in json.dumps(told)
    api.cookies.clear()
    await signed_in(api, "eve")
    other = await archive_of(api, mailing)
    assert other["second_factor.json"] == [{"enabled": False, "since": None, "recovery_codes_left": 0}]
    assert (other["passkeys.json"], other["identities.json"], other["audio_records.json"]) == ([], [], [])


def test_every_table_that_belongs_to_people_is_in_the_archive() -> None:
    owned = {
        table.name
        for table in Row.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name == "user_account" and key.parent.name in {"user_id", "owner_id"}
    }
    told = " ".join(EXPORTED.values())
    assert len(owned) > 12
    assert {name for name in owned if not re.search(rf"\b(from|join) {name}\b", told)} <= {"jobs"}


async def test_a_file_long_after_the_login_needs_a_fresh_one(api: httpx.AsyncClient, signed_in_long_ago: Any) -> None:
    await registered(api)
    await signed_in(api)
    await signed_in_long_ago()
    answer = await api.get(f"{ME}/export")
    assert (answer.status_code, answer.json()["code"]) == (401, "step-up-needed")


async def test_a_deleted_account_is_closed_at_once_and_can_be_kept(
    api: httpx.AsyncClient, sink: Sink, deliver: Deliver
) -> None:
    headers = await confirmed(api, sink, deliver)
    token = (await api.post("/api/v1/users/me/tokens", json={"name": "x"}, headers=headers)).json()["token"]
    assert (await api.request("DELETE", ME, headers=headers)).status_code == 204
    assert (await api.get("/api/v1/auth/session")).status_code == 401
    api.cookies.clear()
    assert (await api.get(ME, headers={"authorization": f"Bearer {token}"})).status_code == 401
    assert (await api.get("/api/v1/users/ada")).status_code == 404
    login = {"login": "ada", "password": PASSWORD}
    closed = await api.post("/api/v1/auth/login", json=login)
    assert (closed.status_code, closed.json()["code"]) == (403, "deletion-pending")
    await deliver()
    assert "http://efir.test/restore" in links_of(sink.messages[-1])
    wrong = await api.post("/api/v1/auth/restore", json=login | {"password": "wrong password"})
    assert wrong.status_code == 401
    assert (await api.post("/api/v1/auth/restore", json=login)).status_code == 204
    assert (await api.post("/api/v1/auth/restore", json=login)).status_code == 409
    await signed_in(api)


async def test_deleting_long_after_the_login_needs_the_password(
    api: httpx.AsyncClient, signed_in_long_ago: Any
) -> None:
    await registered(api)
    headers = await signed_in(api)
    await signed_in_long_ago()
    assert (await api.request("DELETE", ME, headers=headers)).status_code == 401
    wrong = await api.request("DELETE", ME, headers=headers, json={"current_password": "wrong"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "wrong-password")
    right = await api.request("DELETE", ME, headers=headers, json={"current_password": PASSWORD})
    assert right.status_code == 204


async def test_the_last_administrator_cannot_go(api: httpx.AsyncClient, mailing: Ports) -> None:
    await registered(api)
    await with_role(mailing, "ada")
    answer = await api.request("DELETE", ME, headers=await signed_in(api))
    assert (answer.status_code, answer.json()["code"]) == (409, "last-administrator")
    assert (await api.get("/api/v1/auth/session")).status_code == 200


async def test_after_the_time_for_regret_nothing_of_a_person_is_left(
    api: httpx.AsyncClient, mailing: Ports, sink: Sink, deliver: Deliver, connection: Any
) -> None:
    headers = await confirmed(api, sink, deliver)
    ada = await connection.fetchval("select id from user_account")
    video = await a_video(mailing, ada)
    await api.patch(ME, json={"phone": "+12025550143", "display_name": "Ada Lovelace"}, headers=headers)
    recorded = await api.post(
        "/api/v1/audio-records?title=Ada", content=a_recording(), headers=headers | {"content-type": "audio/wav"}
    )
    assert recorded.status_code in {201, 202}, recorded.text
    await api.request("DELETE", ME, headers=headers)
    await deliver()
    await connection.execute("update jobs set run_at = now()")
    await work_off(mailing, Queue.FAST)
    assert await connection.fetchval("select status from user_account") == "pending_delete", "not before its time"
    await connection.execute("update user_account set purge_at = now() - interval '1 s'")
    await connection.execute("update jobs set run_at = now()")
    await work_off(mailing, Queue.FAST)
    await relay_events(mailing, WORK.consumers)
    await work_off(mailing, Queue.FAST)
    await deliver()
    assert "This is the last mail" in plain(sink.to("ada@example.org")[-1])
    row = await connection.fetchval("select to_jsonb(u)::text || to_jsonb(c)::text from user_account u, channels c")
    assert "deleted" in row
    told = re.sub(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", "", row)  # ids may spell anything
    for word in ("ada", "Ada", "example.org", "12025550143"):
        assert word not in told
    for table in ("audio_records", "password_credential", "login_session", "login_event", "api_token", "mailbox_proof"):
        assert await connection.fetchval(f"select count(*) from {table}") == 0, table  # noqa: S608  # own names
    assert (await api.get(f"/api/v1/videos/{video}")).status_code == 404
    body = {"email": "eve@example.org", "nickname": "ada", "password": PASSWORD}
    assert (await api.post("/api/v1/users", json=body)).status_code == 409
    body = {"email": "ada@example.org", "nickname": "eve", "password": PASSWORD}
    assert (await api.post("/api/v1/users", json=body)).status_code == 201


def a_recording() -> bytes:
    """A second of a tone."""
    tone = b"".join(round(9000 * math.sin(place / 18)).to_bytes(2, "little", signed=True) for place in range(8000))
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(tone)
    return written.getvalue()


async def test_an_account_that_was_kept_is_not_emptied(api: httpx.AsyncClient, mailing: Ports, connection: Any) -> None:
    await registered(api)
    await api.request("DELETE", ME, headers=await signed_in(api))
    await api.post("/api/v1/auth/restore", json={"login": "ada", "password": PASSWORD})
    await connection.execute("update jobs set run_at = now()")
    assert "purge_user job done" in await work_off(mailing, Queue.FAST)
    await signed_in(api)
