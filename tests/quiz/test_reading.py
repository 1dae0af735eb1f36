"""Reading stored questions: lists, search, chance, and the shapes of jService."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from efir.application.context import Ports
from efir.application.quiz.questions import fetch_questions
from kit.fixtures.quiz import Opened
from kit.jservice_double import MADE, clue, jservice


@pytest.fixture
async def stocked(asking: Opened, quiz: Callable[[Ports], httpx.AsyncClient]) -> httpx.AsyncClient:
    """A service with twenty clues in the order of their numbers, and one about a lighthouse."""
    rows = [clue(n) for n in range(1, 20)]
    rows += [clue(20, question="Which lighthouses shone over Alexandria?", answer="Pharos", value=2_000, category=None)]
    with jservice(1, faults=[rows]) as source:
        http = quiz(await asking(jservice_url=source.url))
        assert (await http.post("/quiz", json={"questions_num": 20})).status_code == 200
    return http


async def test_the_list_is_walked_both_ways(stocked: httpx.AsyncClient) -> None:
    seen, cursor, pages = [], "", []
    while cursor is not None:
        page = (await stocked.get(f"/api/v1/quiz/questions?limit=6{cursor and f'&cursor={cursor}'}")).json()
        pages.append(page)
        seen += [row["source_id"] for row in page["items"]]
        cursor = page["next"]
    assert seen == [str(n) for n in range(20, 0, -1)]
    back = (await stocked.get(f"/api/v1/quiz/questions?limit=6&cursor={pages[1]['prev']}")).json()
    assert back["items"] == pages[0]["items"]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("q=lighthouse", {"20"}), ("q=PHAROS", {"20"}), ('q="shone over"', {"20"}), ("q=lighthouse -alexandria", set()),
        ("difficulty=easy", {"5", "10", "15", "6", "11", "16", "1"}), ("category=category 3", {"3", "10", "17"}),
        ("category=nothing", set()), ("source=bank", set()), ("difficulty=impossible", set()),
        ("q=question&category=category 3&difficulty=easy", {"10"}), ("q='; drop table questions --", set()),
    ],
)  # fmt: skip
async def test_questions_are_found(stocked: httpx.AsyncClient, query: str, ids: set[str]) -> None:
    answer = await stocked.get(f"/api/v1/quiz/questions?limit=100&{query}")
    assert {row["source_id"] for row in answer.json()["items"]} == ids


async def test_a_cursor_belongs_to_its_filters(stocked: httpx.AsyncClient) -> None:
    cursor = (await stocked.get("/api/v1/quiz/questions?limit=5")).json()["next"]
    other = await stocked.get(f"/api/v1/quiz/questions?difficulty=easy&cursor={cursor}")
    assert (other.status_code, other.json()["code"]) == (400, "bad-cursor")


async def test_one_question_is_read_by_its_id(stocked: httpx.AsyncClient) -> None:
    row = (await stocked.get("/api/v1/quiz/questions?limit=1")).json()["items"][0]
    assert (await stocked.get(f"/api/v1/quiz/questions/{row['id']}")).json() == row
    missing = await stocked.get("/api/v1/quiz/questions/0199d1e0-0000-7000-8000-000000000000")
    assert (missing.status_code, missing.json()["code"]) == (404, "question-not-found")
    assert (await stocked.get("/api/v1/quiz/questions/nonsense")).status_code == 404


async def test_chance_gives_different_questions(stocked: httpx.AsyncClient) -> None:
    answer = await stocked.get("/api/v1/quiz/questions/random?count=10")
    rows = answer.json()["items"]
    assert len({row["id"] for row in rows}) == 10
    assert answer.headers["cache-control"] == "no-store"
    assert len((await stocked.get("/api/v1/quiz/questions/random")).json()["items"]) == 1
    assert len((await stocked.get("/api/v1/quiz/questions/random?count=100")).json()["items"]) == 20
    for wrong in ("0", "101", "x"):
        assert (await stocked.get(f"/api/v1/quiz/questions/random?count={wrong}")).status_code == 422


async def test_chance_is_fair_enough_among_many(stocked: httpx.AsyncClient, connection: Any) -> None:
    await connection.execute(
        """insert into questions (fingerprint, question, answer, source, saved_at)
           select sha256(n::text::bytea), 'Made ' || n, 'x', 'test', now() from generate_series(1, 5000) n"""
    )
    first = {row["id"] for row in (await stocked.get("/api/v1/quiz/questions/random?count=100")).json()["items"]}
    other = {row["id"] for row in (await stocked.get("/api/v1/quiz/questions/random?count=100")).json()["items"]}
    assert len(first) == len(other) == 100
    assert len(first & other) < 50
    await connection.execute("delete from questions where number % 500 <> 0 and source = 'test'")
    assert len((await stocked.get("/api/v1/quiz/questions/random?count=15")).json()["items"]) == 15


async def test_categories_tell_how_many_questions_they_have(stocked: httpx.AsyncClient) -> None:
    page = (await stocked.get("/api/v1/quiz/categories?limit=4")).json()
    rest = (await stocked.get(f"/api/v1/quiz/categories?limit=4&cursor={page['next']}")).json()
    rows = page["items"] + rest["items"]
    assert [(row["title"], row["questions"]) for row in rows] == [
        (f"category {n}", 3 if n < 6 and n else 2) for n in range(7)
    ]
    assert rest["next"] is None


async def test_old_clients_find_the_clues_they_know(stocked: httpx.AsyncClient) -> None:
    answer = await stocked.get("/api/random?count=20")
    assert answer.headers["access-control-allow-origin"] == "*"
    rows = {row["question"]: row for row in answer.json()}
    assert len(rows) == 20
    found, given = rows["Question 3?"], clue(3)
    assert set(found) == set(given)
    assert {name: found[name] for name in ("answer", "value", "invalid_count")} == {
        name: given[name] for name in ("answer", "value", "invalid_count")
    }
    assert found["created_at"] == MADE.replace(".201Z", ".201000Z")
    assert found["airdate"] == "1985-02-08T20:00:00Z"
    assert found["category"]["title"] == "category 3"
    assert found["category"]["id"] == found["category_id"]
    assert set(found["category"]) == set(given["category"])
    assert rows["Which lighthouses shone over Alexandria?"]["category"] is None


async def test_final_rounds_are_clues_without_a_worth(
    asking: Opened, quiz: Callable[[Ports], httpx.AsyncClient]
) -> None:
    rows = [clue(n) for n in range(1, 6)] + [clue(n, value=None) for n in range(6, 120)]
    with jservice(1, faults=[rows[:100], rows[100:]]) as source:
        ports = await asking(jservice_url=source.url, limits={"max_quiz_questions": 200})
        assert len((await fetch_questions(ports, count=119)).saved) == 119
        http = quiz(ports)
    final = {row["question"] for row in rows if row["value"] is None}
    answer = await http.get("/api/final?count=100")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"] == "no-store"
    found = {row["question"]: row for row in answer.json()}
    assert len(found) == 100
    assert found.keys() <= final
    one = (await http.get("/api/random?count=1")).json()[0]
    assert {frozenset(row) for row in found.values()} == {frozenset(one)}
    assert {row["value"] for row in found.values()} == {None}
    sizes = {
        path: len((await http.get(f"/api/final{path}")).json()) for path in ("", "?count=", "?count=0", "?count=7")
    }
    assert sizes == {"": 1, "?count=": 1, "?count=0": 0, "?count=7": 7}
    assert len((await http.get("/api/final?count=500")).json()) == 100
    assert len({(await http.get("/api/final")).json()[0]["id"] for _ in range(12)}) > 1


async def test_without_final_rounds_there_is_an_empty_list(stocked: httpx.AsyncClient) -> None:
    answer = await stocked.get("/api/final?count=5")
    assert (answer.status_code, answer.json()) == (200, [])


@pytest.mark.parametrize(
    ("path", "size"),
    [("/api/random", 1), ("/api/random?count=", 1), ("/api/random?count=0", 0), ("/api/random?count=3", 3),
     ("/api/random?count=500", 20), ("/api/clues", 20), ("/api/clues?offset=15", 5), ("/api/clues?value=2000", 1),
     ("/api/clues?min_date=1985-02-08T00:00:00Z", 20), ("/api/clues?max_date=1985-02-07T00:00:00Z", 0),
     ("/api/categories", 1), ("/api/categories?count=100", 7), ("/api/categories?count=3&offset=5", 2)],
)  # fmt: skip
async def test_old_clients_get_as_many_as_they_are_used_to(stocked: httpx.AsyncClient, path: str, size: int) -> None:
    answer = await stocked.get(path)
    assert answer.status_code == 200
    assert len(answer.json()) == size


@pytest.mark.parametrize(
    "path", ["/api/random?count=x", "/api/random?count=-1", "/api/final?count=x", "/api/final?count=-1",
             "/api/clues?offset=-1", "/api/clues?value=x",
             "/api/clues?min_date=yesterday", "/api/clues?min_date=0.5",
             "/api/clues?max_date=2026-02-30", "/api/category", "/api/category?id=x", "/api/categories?count=1e3",
             f"/api/clues?category={2**40}"],
)  # fmt: skip
async def test_what_broke_the_old_server_is_refused_here(stocked: httpx.AsyncClient, path: str) -> None:
    answer = await stocked.get(path)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_category_comes_with_its_clues(stocked: httpx.AsyncClient) -> None:
    row = next(row for row in (await stocked.get("/api/categories?count=100")).json() if row["title"] == "category 3")
    assert set(row) == {"id", "title", "clues_count"}
    group = (await stocked.get(f"/api/category?id={row['id']}")).json()
    assert {one["question"] for one in group["clues"]} == {"Question 3?", "Question 10?", "Question 17?"}
    assert not {"created_at", "updated_at", "category"} & set(group["clues"][0])
    assert len((await stocked.get(f"/api/clues?category={row['id']}")).json()) == group["clues_count"] == 3
    assert (await stocked.get("/api/category?id=2000000000")).status_code == 404


async def test_one_instance_is_a_source_for_another(stocked: httpx.AsyncClient, asking: Opened, quiz: Any) -> None:
    rows = (await stocked.get("/api/random?count=20")).json()
    with jservice(1, faults=[rows]) as source:
        http = quiz(await asking(jservice_url=source.url, sources="jservice"))
        again = await http.post("/quiz", json={"questions_num": 20})
    assert (again.status_code, again.json()["saved"]) == (409, 0)  # all of them are known
