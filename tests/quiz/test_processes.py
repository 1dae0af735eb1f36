"""Several API processes over TCP: one chain, no question twice, few calls."""

import asyncio
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from efir.application.context import Ports
from kit.jservice_double import jservice
from kit.programs import serving

REQUESTS, MOST_OPEN = 300, 60


@pytest.mark.slow
async def test_answers_of_two_processes_form_one_chain(
    ports: Ports, environment: dict[str, str], connection: Any
) -> None:
    with ExitStack() as stack:
        source = stack.enter_context(jservice(2_000, delay=0.02))
        own = {"EFIR_QUIZ__JSERVICE_URL": source.url, "EFIR_QUIZ__SOURCES": "jservice"}
        origins = [stack.enter_context(serving(environment, **own))[0] for _ in range(2)]
        limits = httpx.Limits(max_connections=MOST_OPEN)
        async with httpx.AsyncClient(limits=limits, timeout=30) as http:
            answers = await asyncio.gather(
                *(http.post(f"{origins[n % 2]}/quiz", json={"questions_num": 1}) for n in range(REQUESTS))
            )
    assert {one.status_code for one in answers} == {200}
    rows = await connection.fetch("select number, fingerprint from questions order by number")
    assert len({row["fingerprint"] for row in rows}) == len(rows) == REQUESTS
    previous = sorted(one.json().get("number", 0) for one in answers)
    assert previous == [0, *(row["number"] for row in rows[:-1])]


@pytest.mark.slow
async def test_without_a_network_a_new_service_has_questions(
    ports: Ports, environment: dict[str, str], tmp_path: Any
) -> None:
    own = {"EFIR_DATA_DIR": str(tmp_path), "https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
    with serving(environment, **own) as (origin, _):
        async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
            first = await http.post(f"{origin}/quiz", json={"questions_num": 100})
            second = await http.post(f"{origin}/quiz", json={"questions_num": 1})
    assert (first.status_code, first.json()) == (200, {})
    assert second.json()["source"] == "cldr"
    assert second.json()["licence"] == "Unicode-3.0"
    assert second.json()["created_at"] is not None
    assert (tmp_path / "quiz" / "bank.jsonl").read_bytes().count(b"\n") > 50_000
