"""Exactly as many new questions as asked for, or a reason; one chain; few calls."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from efir.application.context import Ports
from efir.application.quiz import queue
from efir.application.quiz.questions import fetch_questions
from efir.application.quiz.queue import PATIENCE, SPARE_CALLS
from efir.domain.quiz import (
    InvalidQuestionCount,
    QuestionsExhausted,
    QuestionSourceLimited,
    QuestionSourceUnavailable,
    QuizOverloaded,
)
from efir.ports.quiz.queue import Fetched
from kit.fixtures.quiz import Opened
from kit.jservice_double import BAD_ROWS, FAULTS, clue, jservice

BROKEN = [name for name in FAULTS if not name.startswith("429") and name not in {"silent", "drip"}]


def is_one_chain(answers: list[Fetched]) -> bool:
    """One answer is empty; every other is the last question of exactly one other request."""
    previous = [one.previous.number for one in answers if one.previous]
    last = sorted(one.saved[-1].number for one in answers)
    return len(previous) == len(answers) - 1 and sorted(previous) == last[:-1]


async def stored(connection: Any) -> int:
    return int(await connection.fetchval("select count(*) from questions"))


async def until(happened: Callable[[], bool]) -> None:
    """Wait for something that another thread does."""
    async with asyncio.timeout(30):
        while not happened():  # noqa: ASYNC110  # the source is a thread
            await asyncio.sleep(0.01)


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls count as fast even where a busy machine makes pauses between them."""
    monkeypatch.setattr(queue, "AGAIN", 60.0)


async def test_the_first_request_has_nothing_before_it_and_the_next_the_last_of_the_one_before(
    asking: Opened, connection: Any, fast: None
) -> None:
    with jservice(1_000) as source:
        ports = await asking(jservice_url=source.url)
        first = await fetch_questions(ports, count=3)
        second = await fetch_questions(ports, count=2)
    assert first.previous is None
    assert second.previous == first.saved[-1]
    assert [len(first.saved), len(second.saved), await stored(connection)] == [3, 2, 5]
    assert source.asked == [3, 6]  # soon after the first, so more than is missing


async def test_requests_in_quick_succession_draw_from_what_one_call_brought(
    asking: Opened, connection: Any, fast: None
) -> None:
    with jservice(10_000) as source:
        ports = await asking(jservice_url=source.url)
        answers = [await fetch_questions(ports, count=1) for _ in range(120)]
    assert await stored(connection) == 120  # what a call brought beyond that is nobody's yet
    assert is_one_chain(answers)
    assert len(source.asked) <= 9
    assert source.asked[:4] == [1, 2, 4, 8]


async def test_a_request_after_a_pause_asks_only_for_what_it_wants(
    asking: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "AGAIN", 0.0)
    with jservice(10_000) as source:
        ports = await asking(jservice_url=source.url)
        for _ in range(3):
            await fetch_questions(ports, count=2)
    assert source.asked == [2, 2, 2]


async def test_rows_in_stock_that_another_process_stored_meanwhile_do_not_count(
    asking: Opened, connection: Any, fast: None
) -> None:
    with jservice(80) as source:
        one, other = await asking(jservice_url=source.url), await asking(jservice_url=source.url)
        answers = []
        for _ in range(30):  # both hold rows that the other one stores
            answers += [await fetch_questions(one, count=1), await fetch_questions(other, count=1)]
    assert await stored(connection) == 60
    assert is_one_chain(answers)


async def test_what_the_source_says_is_stored(asking: Opened) -> None:
    with jservice(1) as source:
        found = (await fetch_questions(await asking(jservice_url=source.url), count=1)).saved[0]
    assert (found.question, found.answer, found.category) == ("Question 1?", "Answer 1", "category 1")
    assert (found.source, found.source_id, found.value, found.difficulty) == ("jservice", "1", 400, "easy")
    assert found.created_at is not None
    assert found.created_at.isoformat() == "2022-12-30T21:08:15.201000+00:00"


async def test_a_question_that_is_stored_already_does_not_count(asking: Opened, connection: Any, fast: None) -> None:
    with jservice(
        1_000, faults=[[clue(1)], [clue(1, id=2, question="<i>QUESTION 1?</i>")], [clue(1), clue(2)]]
    ) as source:
        ports = await asking(jservice_url=source.url)
        await fetch_questions(ports, count=1)
        found = await fetch_questions(ports, count=1)
    assert [one.source_id for one in found.saved] == ["2"]
    assert source.asked == [1, 2, 20]
    assert await stored(connection) == 2


async def test_sixteen_requests_for_three_of_sixty_store_forty_eight(asking: Opened, connection: Any) -> None:
    with jservice(60) as source:
        ports = await asking(jservice_url=source.url, sources="jservice")
        answers = await asyncio.gather(*(fetch_questions(ports, count=3) for _ in range(16)))
    assert await stored(connection) == 48
    assert {len(one.saved) for one in answers} == {3}
    assert is_one_chain(answers)
    assert len(source.asked) <= 8


async def test_a_source_of_150_asked_for_200_gives_what_it_has_and_a_reason(asking: Opened, connection: Any) -> None:
    with jservice(150) as source:
        ports = await asking(jservice_url=source.url, sources="jservice", limits={"max_quiz_questions": 200})
        with pytest.raises(QuestionsExhausted) as told:
            await fetch_questions(ports, count=200)
        assert len(source.asked) <= 10
        assert told.value.facts["requested"] == 200
        assert told.value.facts["saved"] == await stored(connection) >= 149
        assert told.value.facts["reason"] == "jservice has no more new questions"
        calls = len(source.asked)
        with pytest.raises(QuestionsExhausted):
            await fetch_questions(ports, count=1)
        assert len(source.asked) == calls, "a source without new questions is left alone"


async def test_a_thousand_requests_share_calls_and_form_one_chain(asking: Opened, connection: Any) -> None:
    with jservice(100_000, delay=0.01) as source:
        ports = await asking(jservice_url=source.url)
        answers = await asyncio.gather(*(fetch_questions(ports, count=1 + number % 5) for number in range(1_000)))
    assert await stored(connection) == 3_000
    assert [len(one.saved) for one in answers] == [1 + number % 5 for number in range(1_000)]
    assert is_one_chain(answers)
    assert len(source.asked) <= 3_000 / 100 + 5
    assert max(source.asked) <= 100


async def test_three_lines_over_one_database_make_one_chain(asking: Opened, connection: Any) -> None:
    with jservice(400) as source:
        lines = [await asking(jservice_url=source.url) for _ in range(3)]
        answers = await asyncio.gather(*(fetch_questions(lines[n % 3], count=1 + n % 3) for n in range(60)))
    assert await stored(connection) == 120
    assert is_one_chain(answers)


async def test_sources_are_asked_in_order_and_the_rest_comes_from_the_next(
    asking: Opened, bank: Callable[[list[Any]], str]
) -> None:
    path = bank([{"question": f"Bank {n}", "answer": "x"} for n in range(50)])
    with jservice(5) as source:
        ports = await asking(jservice_url=source.url, bank=path)
        found = await fetch_questions(ports, count=20)
    assert [one.source for one in found.saved] == ["jservice"] * 5 + ["bank"] * 15
    assert found.previous is None


async def test_bad_rows_spoil_nothing_but_themselves(asking: Opened) -> None:
    rows = [
        *BAD_ROWS,
        clue(1),
        clue(1),
        clue(2, question="&lt;b&gt;Is it?&lt;/b&gt;"),
        clue(3, value="x", category=None),
    ]
    with jservice(1_000, faults=[rows]) as source:
        ports = await asking(jservice_url=source.url, sources="jservice", limits={"max_quiz_questions": 100})
        found = await fetch_questions(ports, count=len(rows))
    assert [one.question for one in found.saved[:3]] == ["Question 1?", "Is it?", "Question 3?"]
    assert len(found.saved) == len(rows)
    assert len(source.asked) == 2


@pytest.mark.parametrize("fault", BROKEN)
async def test_a_broken_source_is_told_and_nothing_is_stored(asking: Opened, connection: Any, fault: str) -> None:
    with jservice(10, always=fault) as source:
        ports = await asking(jservice_url=source.url, sources="jservice")
        with pytest.raises(QuestionSourceUnavailable) as told:
            await fetch_questions(ports, count=2)
    assert told.value.facts["saved"] == 0 == await stored(connection)
    assert len(source.asked) <= 3


@pytest.mark.parametrize("fault", ["429 for long", "429 by date", "429 bare"])
async def test_a_source_that_asks_for_patience_is_not_asked_again(asking: Opened, fault: str) -> None:
    with jservice(10, always=fault) as source:
        ports = await asking(jservice_url=source.url, sources="jservice")
        with pytest.raises(QuestionSourceLimited) as told:
            await fetch_questions(ports, count=2)
    assert (told.value.retry_after or 0) >= 60
    assert len(source.asked) == 1


@pytest.mark.parametrize("fault", ["reset", "500", "502", "503", "cut", "429 in seconds"])
async def test_a_passing_fault_costs_another_call_and_no_answer(asking: Opened, fault: str) -> None:
    with jservice(10, faults=[fault]) as source:
        found = await fetch_questions(await asking(jservice_url=source.url, sources="jservice"), count=2)
    assert len(found.saved) == 2
    assert source.asked == [2, 2]


@pytest.mark.parametrize("fault", ["silent", "drip"])
async def test_a_slow_source_is_left_when_the_time_is_over(asking: Opened, fault: str) -> None:
    with jservice(10, always=fault) as source:
        limits = {"quiz_seconds": 1, "quiz_call_seconds": 60}
        ports = await asking(jservice_url=source.url, sources="jservice", limits=limits)
        with pytest.raises(QuestionSourceUnavailable) as told:
            await fetch_questions(ports, count=2)
        assert source.answered == 0
    assert "time for the request is over" in str(told.value.facts["reason"])


async def test_a_slow_source_is_followed_by_the_next(asking: Opened, bank: Callable[[list[Any]], str]) -> None:
    path = bank([{"question": f"Bank {n}", "answer": "x"} for n in range(5)])
    with jservice(10, always="silent") as source:
        ports = await asking(jservice_url=source.url, bank=path, limits={"quiz_call_seconds": 1})
        found = await fetch_questions(ports, count=2)
    assert {one.source for one in found.saved} == {"bank"}


async def test_a_failing_source_is_soon_left_alone(asking: Opened, bank: Callable[[list[Any]], str]) -> None:
    path = bank([{"question": f"Bank {n}", "answer": "x"} for n in range(50)])
    with jservice(10, always="500") as source:
        ports = await asking(jservice_url=source.url, bank=path)
        for _ in range(20):
            await fetch_questions(ports, count=1)
    assert len(source.asked) <= 6


async def test_a_source_that_repeats_itself_for_ever_ends_the_request(asking: Opened) -> None:
    with jservice(10, always=[clue(1)]) as source:
        with pytest.raises(QuestionsExhausted) as told:
            await fetch_questions(await asking(jservice_url=source.url, sources="jservice"), count=5)
        assert told.value.facts["saved"] == 1
        assert len(source.asked) <= 9


async def test_a_source_that_gives_a_little_for_ever_is_not_asked_for_ever(asking: Opened) -> None:
    with jservice(10, faults=[[clue(number)] for number in range(1, 100)]) as source:
        with pytest.raises(QuestionSourceLimited):
            await fetch_questions(await asking(jservice_url=source.url, sources="jservice"), count=50)
        assert len(source.asked) == 1 + SPARE_CALLS


async def test_a_source_that_gives_nothing_for_ever_ends_the_request(asking: Opened) -> None:
    with jservice(10, always=[]) as source:
        with pytest.raises(QuestionsExhausted):
            await fetch_questions(await asking(jservice_url=source.url, sources="jservice"), count=5)
        assert len(source.asked) == 3


async def test_more_rows_than_asked_for_are_cut(asking: Opened, connection: Any) -> None:
    with jservice(10, always=[clue(number) for number in range(500)]) as source:
        found = await fetch_questions(await asking(jservice_url=source.url, sources="jservice"), count=5)
    assert len(found.saved) == 5 == await stored(connection)


async def test_without_a_source_the_request_says_so(asking: Opened) -> None:
    with pytest.raises(QuestionSourceUnavailable, match="no source is set"):
        await fetch_questions(await asking(sources="jservice"), count=1)


async def test_a_full_line_refuses(asking: Opened) -> None:
    with jservice(1_000, delay=0.3) as source:
        ports = await asking(jservice_url=source.url, limits={"max_queued_quiz_requests": 3})
        answers = await asyncio.gather(*(fetch_questions(ports, count=1) for _ in range(5)), return_exceptions=True)
    assert [type(one) for one in answers] == [Fetched] * 3 + [QuizOverloaded] * 2


async def test_who_leaves_the_line_costs_nothing(asking: Opened, connection: Any) -> None:
    with jservice(1_000) as source:
        source.gate.clear()
        ports = await asking(jservice_url=source.url)
        staying = asyncio.ensure_future(fetch_questions(ports, count=1))
        await until(lambda: source.asked == [1])
        leaving = asyncio.ensure_future(fetch_questions(ports, count=50))
        await asyncio.sleep(0)  # it stands in the line
        leaving.cancel()
        source.gate.set()
        assert len((await staying).saved) == 1
        await asyncio.sleep(PATIENCE)
    assert source.asked == [1]
    assert await stored(connection) == 1


async def test_who_leaves_while_being_served_harms_nobody(asking: Opened, connection: Any) -> None:
    with jservice(1_000) as source:
        ports = await asking(jservice_url=source.url)
        for pause in range(12):
            going = asyncio.ensure_future(fetch_questions(ports, count=3))
            staying = asyncio.ensure_future(fetch_questions(ports, count=2))
            await asyncio.sleep(pause / 1_000)
            going.cancel()
            assert len((await staying).saved) == 2
    numbers = await connection.fetch("select fingerprint from questions")
    assert len({row[0] for row in numbers}) == len(numbers) >= 24


@pytest.mark.parametrize("count", [0, -1, 101])
async def test_a_wrong_count_asks_nobody(asking: Opened, count: int) -> None:
    with jservice(10) as source:
        with pytest.raises(InvalidQuestionCount):
            await fetch_questions(await asking(jservice_url=source.url), count=count)
        assert source.asked == []


async def test_a_closed_line_tells_who_waits(asking: Opened) -> None:
    with jservice(10) as source:
        source.gate.clear()
        ports: Ports = await asking(jservice_url=source.url)
        waiting = asyncio.ensure_future(fetch_questions(ports, count=1))
        await until(lambda: source.asked == [1])
        await ports.quiz.queue.close()
        with pytest.raises(QuestionSourceUnavailable):
            await waiting
