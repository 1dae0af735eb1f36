"""`POST /quiz` and `POST /api/v1/quiz/questions`: shapes, statuses, repeated requests, statements."""

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from efir.application.context import Ports, Visitor
from efir.application.quiz.questions import fetch_questions
from efir.domain.kernel.rate_limits import Throttled
from kernel.test_statements import COUNT
from kit.builders import person
from kit.fixtures.quiz import Opened
from kit.jservice_double import jservice

Quiz = Callable[[Ports], httpx.AsyncClient]
ROUTES = ["/quiz", "/api/v1/quiz/questions"]
every_route = pytest.mark.parametrize("route", ROUTES)


@pytest.fixture
async def offline(asking: Opened, quiz: Quiz, bank: Callable[[list[Any]], str]) -> httpx.AsyncClient:
    """A service with a bank of thirty questions and no other source."""
    rows = [{"question": f"Question {n}?", "answer": f"Answer {n}", "category": f"Part {n % 3}"} for n in range(30)]
    return quiz(await asking(bank=bank(rows)))


@every_route
async def test_the_first_answer_is_empty_and_the_second_the_question_before(
    offline: httpx.AsyncClient, route: str
) -> None:
    first = await offline.post(route, json={"questions_num": 2})
    assert (first.status_code, first.json()) == (200, {})
    second = await offline.post(route, json={"questions_num": 1})
    listed = (await offline.get("/api/v1/quiz/questions")).json()["items"]
    assert second.json() == listed[1]
    assert {"id", "question", "answer", "created_at"} <= set(second.json())
    assert second.json()["question"].startswith("Question ")


async def test_both_routes_are_one_line(offline: httpx.AsyncClient) -> None:
    await offline.post("/quiz", json={"questions_num": 1})
    one = await offline.post("/api/v1/quiz/questions", json={"questions_num": 1})
    other = await offline.post("/quiz", json={"questions_num": 1})
    assert one.json()["number"] < other.json()["number"]


@every_route
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed"), (b"{", 400, "malformed"), (b'{"questions_num":', 400, "malformed"),
        (b"[]", 422, "validation"), (b"5", 422, "validation"), (b"{}", 422, "validation"),
        (b'{"questions_num": true}', 422, "validation"), (b'{"questions_num": null}', 422, "validation"),
        (b'{"questions_num": [1]}', 422, "validation"), (b'{"questions_num": 1.5}', 422, "validation"),
        (b'{"questions_num": "one"}', 422, "validation"), (b'{"questions_num": "5"}', 422, "invalid-question-count"),
        (b'{"questions_num": 5.0}', 422, "invalid-question-count"),
        (b'{"questions_num": 0}', 422, "invalid-question-count"),
        (b'{"questions_num": -1}', 422, "invalid-question-count"),
        (b'{"questions_num": 101}', 422, "invalid-question-count"),
        (b'{"questions_num": 123456789012345678901234567890}', 422, "invalid-question-count"),
    ],
)  # fmt: skip
async def test_a_wrong_request_has_its_status_on_both_routes(
    offline: httpx.AsyncClient, connection: Any, route: str, body: bytes, status: int, code: str
) -> None:
    answer = await offline.post(route, content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert await connection.fetchval("select count(*) from questions") == 0


async def test_unknown_members_are_ignored_on_the_old_route_and_refused_on_the_new(offline: httpx.AsyncClient) -> None:
    body = {"questions_num": 1, "more": 1}
    assert (await offline.post("/quiz", json=body)).status_code == 200
    assert (await offline.post("/api/v1/quiz/questions", json=body)).status_code == 422


@every_route
async def test_other_methods_are_refused(offline: httpx.AsyncClient, route: str) -> None:
    assert (await offline.put(route, json={"questions_num": 1})).status_code == 405


@every_route
async def test_too_few_questions_end_in_a_problem_that_tells_how_many_and_why(
    offline: httpx.AsyncClient, route: str
) -> None:
    answer = await offline.post(route, json={"questions_num": 40})
    told = answer.json()
    assert (answer.status_code, told["code"]) == (409, "question-bank-exhausted")
    assert (told["requested"], told["saved"], told["reason"]) == (40, 30, "bank has no more new questions")
    assert len((await offline.get("/api/v1/quiz/questions?limit=100")).json()["items"]) == 30


@every_route
@pytest.mark.parametrize(
    ("fault", "code"), [("html", "question-source-unavailable"), ("429 for long", "question-source-limited")]
)
async def test_a_source_that_is_away_is_a_503_with_the_time_to_wait(
    asking: Opened, quiz: Quiz, route: str, fault: str, code: str
) -> None:
    with jservice(10, always=fault) as source:
        http = quiz(await asking(jservice_url=source.url, sources="jservice"))
        answer = await http.post(route, json={"questions_num": 3})
    assert (answer.status_code, answer.json()["code"]) == (503, code)
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["saved"] == 0


@every_route
@pytest.mark.parametrize(
    "rows",
    [
        [None, None, None], [5, "text"], [[]], [{}], [{"question": None, "answer": None}], "html", "object", 5,
        [{"question": 7, "answer": 8}], [{"question": ["Who?"], "answer": {"a": 1}}, None], [{"error": "no"}],
        {"question": "Who?", "answer": "x"},
    ],
)  # fmt: skip
async def test_a_source_that_answers_nonsense_is_broken_and_not_empty(
    asking: Opened, quiz: Quiz, route: str, rows: Any
) -> None:
    with jservice(10, always=rows) as source:
        http = quiz(await asking(jservice_url=source.url, sources="jservice"))
        answer = await http.post(route, json={"questions_num": 3})
    assert (answer.status_code, answer.json()["code"]) == (503, "question-source-unavailable")
    assert int(answer.headers["retry-after"]) >= 1


@every_route
@pytest.mark.parametrize("rows", [[], [{"question": "", "answer": "x"}]])
async def test_a_source_without_anything_usable_is_empty(asking: Opened, quiz: Quiz, route: str, rows: Any) -> None:
    with jservice(10, always=rows) as source:
        http = quiz(await asking(jservice_url=source.url, sources="jservice"))
        answer = await http.post(route, json={"questions_num": 3})
    assert (answer.status_code, answer.json()["code"]) == (409, "question-bank-exhausted")


async def test_a_source_that_the_order_does_not_name_is_not_asked(
    asking: Opened, quiz: Quiz, bank: Callable[[list[Any]], str]
) -> None:
    with jservice(10) as source:
        http = quiz(
            await asking(jservice_url=source.url, sources="bank", bank=bank([{"question": "Q", "answer": "A"}]))
        )
        assert (await http.post("/quiz", json={"questions_num": 1})).status_code == 200
        assert (await http.post("/quiz", json={"questions_num": 1})).json()[
            "reason"
        ] == "bank has no more new questions"
        assert source.asked == []


async def test_a_full_line_is_a_503(asking: Opened, quiz: Quiz) -> None:
    with jservice(100, delay=0.2) as source:
        http = quiz(await asking(jservice_url=source.url, limits={"max_queued_quiz_requests": 1}))
        answers = await asyncio.gather(*(http.post("/quiz", json={"questions_num": 1}) for _ in range(3)))
    refused = [one for one in answers if one.status_code == 503]
    assert len(refused) == 2
    assert {one.json()["code"] for one in refused} == {"quiz-overloaded"}
    assert all(one.headers["retry-after"] == "1" for one in refused)


async def test_one_network_may_not_ask_without_end(asking: Opened, bank: Callable[[list[Any]], str]) -> None:
    path = bank([{"question": f"Question {n}?", "answer": "x"} for n in range(9)])
    ports = await asking(bank=path, limits={"quiz_requests_network": 2})
    for _ in range(2):
        await fetch_questions(ports, count=1, visitor=Visitor(ip="192.0.2.7"))
    with pytest.raises(Throttled):
        await fetch_questions(ports, count=1, visitor=Visitor(ip="192.0.2.7"))
    await fetch_questions(ports, count=1, visitor=Visitor(ip="192.0.2.8"))


@every_route
async def test_a_repeated_request_with_a_key_stores_nothing_more(
    offline: httpx.AsyncClient, connection: Any, route: str
) -> None:
    await offline.post(route, json={"questions_num": 1})
    key = {"idempotency-key": "k1"}
    first = await offline.post(route, json={"questions_num": 3}, headers=key)
    again = await offline.post(route, json={"questions_num": 3}, headers=key)
    assert first.status_code == 200
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    assert await connection.fetchval("select count(*) from questions") == 4
    other = await offline.post(route, json={"questions_num": 4}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_requests_with_and_without_keys_are_one_chain(asking: Opened, quiz: Quiz, connection: Any) -> None:
    with jservice(2_000) as source:
        http = quiz(await asking(jservice_url=source.url))
        keys = [{"idempotency-key": f"chain {n}"} if n % 3 == 0 else {} for n in range(40)]
        answers = await asyncio.gather(*(http.post("/quiz", json={"questions_num": 2}, headers=one) for one in keys))
    assert {one.status_code for one in answers} == {200}
    previous = sorted(one.json().get("number", 0) for one in answers)
    numbers = [row[0] for row in await connection.fetch("select number from questions order by number")]
    assert len(numbers) == 80
    assert previous == [0, *numbers[1:-1:2]]


async def test_with_a_key_an_unavailable_source_leaves_nothing_and_an_empty_one_what_there_was(
    asking: Opened, quiz: Quiz, connection: Any
) -> None:
    with jservice(4, faults=[None, "html"]) as source:
        http = quiz(await asking(jservice_url=source.url, sources="jservice"))
        key = {"idempotency-key": "few"}
        away = await http.post("/quiz", json={"questions_num": 9}, headers=key)
        assert (away.status_code, away.json()["saved"]) == (503, 0)
        assert await connection.fetchval("select count(*) from questions") == 0
        empty = await http.post("/quiz", json={"questions_num": 9}, headers=key)
        assert (empty.status_code, empty.json()["saved"]) == (409, 4)
        again = await http.post("/quiz", json={"questions_num": 9}, headers=key)
        assert again.content == empty.content
    assert await connection.fetchval("select count(*) from questions") == 4


async def test_many_keyed_requests_do_not_wait_for_one_anothers_connections(asking: Opened, quiz: Quiz) -> None:
    with jservice(2_000, delay=0.05) as source:
        http = quiz(await asking(jservice_url=source.url))
        async with asyncio.timeout(30):
            answers = await asyncio.gather(
                *(http.post("/quiz", json={"questions_num": 1}, headers={"idempotency-key": f"{n}"}) for n in range(6)),
                *(http.post("/quiz", json={"questions_num": 1}) for _ in range(20)),
            )
    assert {one.status_code for one in answers} == {200}


async def test_a_cookie_needs_its_proof(offline: httpx.AsyncClient) -> None:
    somebody = await person(offline)
    assert (await offline.post("/quiz", json={"questions_num": 1}, headers=somebody.headers)).status_code == 200
    await offline.post("/api/v1/auth/login", json={"login": "ada", "password": "a long quiet evening"})
    refused = await offline.post("/quiz", json={"questions_num": 1})
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf-failed")
    offline.cookies.clear()


@asynccontextmanager
async def counted(connection: Any) -> Any:
    await connection.execute("create extension if not exists pg_stat_statements")
    before, result = await connection.fetchval(COUNT), []
    yield result
    result.append(await connection.fetchval(COUNT) - before)


@pytest.mark.parametrize("count", [1, 10])
async def test_a_request_is_four_statements_however_many_questions_it_wants(
    offline: httpx.AsyncClient, connection: Any, count: int
) -> None:
    await offline.post("/quiz", json={"questions_num": 1})
    async with counted(connection) as statements:
        assert (await offline.post("/quiz", json={"questions_num": count})).status_code == 200
    assert statements == [4]  # begin, the line with the bank's position, the rows, commit


async def test_requests_that_come_together_share_their_statements(asking: Opened, quiz: Quiz, connection: Any) -> None:
    with jservice(100_000, delay=0.05) as source:
        http = quiz(await asking(jservice_url=source.url))
        await http.post("/quiz", json={"questions_num": 1})
        async with counted(connection) as statements:
            await asyncio.gather(*(http.post("/quiz", json={"questions_num": 1}) for _ in range(50)))
    assert statements[0] <= 16


@pytest.mark.parametrize(
    "path",
    ["/api/v1/quiz/questions", "/api/v1/quiz/questions?limit=100", "/api/v1/quiz/questions?q=question&category=Part 1",
     "/api/v1/quiz/categories", "/api/clues", "/api/categories"],
)  # fmt: skip
async def test_a_list_is_one_statement(offline: httpx.AsyncClient, connection: Any, path: str) -> None:
    await offline.post("/quiz", json={"questions_num": 20})
    await offline.get(path)
    async with counted(connection) as statements:
        assert (await offline.get(path)).status_code == 200
    assert statements == [1]
