"""The quiz page: drawing, revealing and searching, with scripts and without."""

import html
import re
from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from efir.application.context import Ports
from kit.fixtures.pages import PHONE, Opener
from kit.pages.seeds import QUESTIONS, some_questions

pytestmark = pytest.mark.usefixtures("bank_made")
BROWSER = {"accept": "text/html", "accept-language": "en"}


@pytest.mark.browser
async def test_a_question_is_drawn_and_its_answer_shown_by_a_click(tab: Opener, ports: Ports, connection: Any) -> None:
    here = await tab()
    await here.go("/quiz")
    await here.page.get_by_role("button", name="Draw a question").click()
    await here.page.wait_for_url("**/quiz?question=*")
    question, answer = await connection.fetchrow("select question, answer from questions")
    await expect(here.page.locator("#drawn h2")).to_have_text(question)
    assert f'quiz-answer-text">{answer}' not in await here.page.content()
    await here.page.get_by_role("link", name="Show the answer").first.click()
    await expect(here.page.locator("#drawn .quiz-answer-text")).to_have_text(answer)
    await expect(here.page.locator("#drawn")).to_contain_text("Source: Unicode CLDR")
    await expect(here.page.locator("#drawn")).to_contain_text("Unicode-3.0")
    await here.page.get_by_role("button", name="Next question").click()
    await expect(here.page.locator("#drawn h2")).not_to_have_text(question)
    assert await connection.fetchval("select count(*) from questions") == 2


@pytest.mark.browser
async def test_the_quiz_works_by_keyboard_and_in_russian(tab: Opener, ports: Ports) -> None:
    await some_questions(ports)
    here = await tab(lang="ru", size=PHONE)
    await here.go("/quiz?q=amharic")
    link = here.page.get_by_role("link", name="Показать ответ")
    await link.focus()
    await here.page.keyboard.press("Enter")
    await expect(here.page.locator(".quiz-answer-text")).to_have_text("Ethiopic")
    await expect(here.page.locator(".quiz-answer-text")).to_be_focused()


@pytest.mark.slow
@pytest.mark.browser
async def test_without_scripts_everything_goes_by_links_and_forms(tab: Opener, ports: Ports, connection: Any) -> None:
    await some_questions(ports)
    here = await tab(java_script_enabled=False)
    await here.go("/quiz")
    await here.page.get_by_label("Words").fill("script")
    await here.page.get_by_role("button", name="Search").click()
    await expect(here.page.locator(".quiz-row")).to_have_count(1)
    await here.page.get_by_role("link", name="Show the answer").click()
    await expect(here.page.locator(".quiz-answer-text")).to_contain_text("Ethiopic")
    await here.page.get_by_role("button", name="Draw a question").click()
    await expect(here.page.locator("#drawn h2")).to_have_count(1)
    await here.page.locator("#drawn").get_by_role("link", name="Show the answer").click()
    shown = await connection.fetchval("select answer from questions order by number desc limit 1")
    await expect(here.page.locator("#drawn .quiz-answer-text")).to_contain_text(shown)


async def test_an_answer_is_in_the_page_only_when_it_was_asked_for(client: httpx.AsyncClient, ports: Ports) -> None:
    client.headers.update(BROWSER)
    first = (await some_questions(ports))[0]
    hidden = (await client.get(f"/quiz?question={first}")).text
    assert not [answer for _, answer, _, _ in QUESTIONS if answer in hidden]
    shown = (await client.get(f"/quiz?question={first}&answer={first}")).text
    assert [answer for _, answer, _, _ in QUESTIONS if answer in shown] == ["Saksa"]


async def test_questions_are_filtered_by_category_and_difficulty(client: httpx.AsyncClient, ports: Ports) -> None:
    client.headers.update(BROWSER)
    await some_questions(ports)
    for query, size in (("category=Scripts", 1), ("difficulty=easy", 1), ("q=called", 2), ("q=nonsense", 0)):
        page = await client.get(f"/quiz?{query}")
        assert page.text.count('class="quiz-row"') == size, query
    assert "Nothing was found" in page.text


async def test_a_drawing_that_fails_says_why(client: httpx.AsyncClient, ports: Ports) -> None:
    client.headers.update(BROWSER)
    page = await client.get("/quiz")
    token = html.unescape(re.findall(r'name="csrf_token" value="([^"]+)"', page.text)[0])
    refused = await client.post("/quiz/draw", data={"csrf_token": "wrong"})
    assert refused.status_code == 403
    drawn = await client.post("/quiz/draw", data={"csrf_token": token})
    assert drawn.status_code == 303
    assert (await client.get(drawn.headers["location"])).status_code == 200


async def test_an_unknown_question_is_a_page_that_says_so(client: httpx.AsyncClient) -> None:
    client.headers.update(BROWSER)
    missing = await client.get("/quiz?question=0199d1e0-0000-7000-8000-000000000000")
    assert missing.status_code == 404
    assert "text/html" in missing.headers["content-type"]


async def test_the_page_and_the_old_route_share_their_address(client: httpx.AsyncClient) -> None:
    assert "<h1>Quiz</h1>" in (await client.get("/quiz", headers=BROWSER)).text
    assert (await client.post("/quiz", json={"questions_num": 1}, headers=BROWSER)).json() == {}
    assert (await client.head("/quiz", headers=BROWSER)).status_code == 200
