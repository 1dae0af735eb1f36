"""SQL statements a request: a fixed number, whatever the length of the list and whoever asks."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from kit.builders import Person, person

COUNT = """
select coalesce(sum(calls), 0)::int from pg_stat_statements s join pg_database d on d.oid = s.dbid
 where d.datname = current_database() and query not like '%pg_stat_statements%'"""

MAKE = """
insert into videos (channel_id, owner_id, title, state, source_key, tags, tag_keys, created_at, updated_at,
                    published_at)
select c.id, c.owner_id, 'Video ' || n, 'ready', 'src/x', '{one}', '{one}', now(), now(),
       now() - make_interval(secs => n)
  from channels c, generate_series(1, $1) n"""

Counted = Callable[[], Any]


@pytest.fixture
def counted(connection: Any) -> Counted:
    """Count the statements the database runs inside a block."""

    @asynccontextmanager
    async def block() -> AsyncIterator[list[int]]:
        await connection.execute("create extension if not exists pg_stat_statements")
        before = await connection.fetchval(COUNT)
        result: list[int] = []
        yield result
        result.append(await connection.fetchval(COUNT) - before)

    return block


@pytest.fixture
async def ada(client: httpx.AsyncClient, connection: Any) -> Person:
    """Somebody with thirty videos."""
    somebody = await person(client)
    await client.get("/api/v1/users/me", headers=somebody.headers)  # the token's last use is noted once a minute
    await connection.execute(MAKE, 30)
    await client.get("/api/v1/videos")  # a new connection asks for its types once
    return somebody


@pytest.mark.parametrize("limit", [1, 10, 30])
@pytest.mark.parametrize("path", ["/api/v1/videos", "/api/v1/videos?channel=ada", "/api/v1/videos?tag=one"])
async def test_a_public_list_is_one_statement(
    client: httpx.AsyncClient, ada: Person, counted: Counted, path: str, limit: int
) -> None:
    async with counted() as statements:
        answer = await client.get(path, params={"limit": limit} | dict(httpx.QueryParams(path.partition("?")[2])))
    assert len(answer.json()["items"]) == limit
    assert statements == [1]


@pytest.mark.parametrize("limit", [1, 30])
@pytest.mark.parametrize("path", ["/api/v1/users/me/videos", "/api/v1/videos"])
async def test_a_list_for_somebody_known_is_one_statement_too(
    client: httpx.AsyncClient, ada: Person, counted: Counted, path: str, limit: int
) -> None:
    async with counted() as statements:
        answer = await client.get(path, params={"limit": limit}, headers=ada.headers)
    assert len(answer.json()["items"]) == limit
    assert statements == [1]


async def test_a_video_is_one_statement_for_everybody(client: httpx.AsyncClient, ada: Person, counted: Counted) -> None:
    video = (await client.get("/api/v1/videos?limit=1")).json()["items"][0]
    async with counted() as anonymous:
        assert (await client.get(f"/api/v1/videos/{video['id']}")).status_code == 200
    async with counted() as known:
        assert (await client.get(f"/api/v1/videos/{video['id']}", headers=ada.headers)).status_code == 200
    assert (anonymous, known) == ([1], [1])


async def test_the_newest_list_is_walked_without_gap_or_repetition_while_videos_arrive(
    client: httpx.AsyncClient, ada: Person, connection: Any
) -> None:
    seen: list[str] = []
    query = "limit=7"
    while query:
        page = (await client.get(f"/api/v1/videos?{query}")).json()
        seen += [row["title"] for row in page["items"]]
        await connection.execute(
            """insert into videos (channel_id, owner_id, title, state, source_key, created_at, updated_at, published_at)
               select id, owner_id, 'New', 'ready', 'src/x', now(), now(), now() from channels"""
        )
        query = f"limit=7&cursor={page['next']}" if page["next"] else ""
    assert seen == [f"Video {number}" for number in range(1, 31)]


async def test_a_cursor_of_another_list_is_refused(client: httpx.AsyncClient, ada: Person) -> None:
    cursor = (await client.get("/api/v1/videos?limit=5")).json()["next"]
    other = await client.get(f"/api/v1/videos?channel=ada&cursor={cursor}")
    assert (other.status_code, other.json()["code"]) == (400, "bad-cursor")


async def test_private_and_unlisted_videos_are_in_no_public_list_and_private_ones_are_nobodys_business(
    client: httpx.AsyncClient, ada: Person, connection: Any
) -> None:
    rows = await connection.fetch("select id from videos order by published_at desc limit 2")
    await connection.execute("update videos set visibility = 'private' where id = $1", rows[0]["id"])
    await connection.execute("update videos set visibility = 'unlisted' where id = $1", rows[1]["id"])
    listed = {row["id"] for row in (await client.get("/api/v1/videos?limit=100")).json()["items"]}
    assert not {str(row["id"]) for row in rows} & listed
    assert (await client.get(f"/api/v1/videos/{rows[1]['id']}")).status_code == 200
    private = f"/api/v1/videos/{rows[0]['id']}"
    assert (await client.get(private)).status_code == 404
    assert (await client.get(private, headers=ada.headers)).status_code == 200
    eve = await person(client, "eve")
    for method, body in (("GET", None), ("PATCH", {"title": "Mine"}), ("DELETE", None)):
        assert (await client.request(method, private, json=body, headers=eve.headers)).status_code == 404


async def test_only_what_is_sent_is_changed_and_a_new_visibility_ends_old_addresses(
    client: httpx.AsyncClient, ada: Person, connection: Any
) -> None:
    video_id = await connection.fetchval("select id from videos limit 1")
    url = f"/api/v1/videos/{video_id}"
    changed = await client.patch(url, json={"title": "  New   title "}, headers=ada.headers)
    assert (changed.json()["title"], changed.json()["tags"]) == ("New title", ["one"])
    cleared = await client.patch(url, json={"tags": None, "visibility": "unlisted"}, headers=ada.headers)
    assert (cleared.json()["title"], cleared.json()["tags"]) == ("New title", [])
    assert await connection.fetchval("select access_epoch from videos where id = $1", video_id) == 1
    wrong = await client.patch(url, json={"title": "", "tags": ["x"], "views": 5}, headers=ada.headers)
    assert wrong.status_code == 422
    wrong = await client.patch(url, json={"title": "", "tags": ["x"], "visibility": "all"}, headers=ada.headers)
    assert {row["pointer"] for row in wrong.json()["errors"]} == {"/title", "/tags/0", "/visibility"}
