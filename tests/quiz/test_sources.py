"""Open Trivia DB, banks of files and folders, and the bank that Efir makes."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import pytest

from efir.adapters.quiz import opentdb
from efir.adapters.quiz.bank import FileBank
from efir.adapters.quiz.breaker import WINDOW, Breaker, Retries
from efir.adapters.quiz.cldr import write_bank
from efir.adapters.quiz.fetching import Fetching
from efir.adapters.quiz.jservice import Jservice
from efir.adapters.quiz.opentdb import OpenTriviaDb
from efir.application.quiz.questions import fetch_questions
from efir.application.quiz.queue import BatchingQueue, Place
from efir.bootstrap.wiring.questions import order_of
from efir.domain.quiz import QuestionsExhausted, QuestionSourceLimited, QuestionSourceUnavailable, fingerprint
from efir.settings import Quiz, Settings, SettingsRefused
from kit.fixtures.quiz import Opened
from kit.jservice_double import answer, jservice

TOKEN = answer(b'{"response_code": 0, "token": "t"}')


def trivia(code: int, *questions: str) -> bytes:
    """Write an answer of Open Trivia DB."""
    rows = [
        {"category": quote("Science & Nature"), "type": "multiple", "difficulty": "hard", "question": quote(text),
         "correct_answer": quote("50% & more"), "incorrect_answers": []}
        for text in questions
    ]  # fmt: skip
    return answer(json.dumps({"response_code": code, "results": rows}).encode())


async def drawn(*answers: bytes, count: int = 5, times: int = 1) -> list[Any]:
    """Ask a source that answers like this."""
    with jservice(1, faults=list(answers)) as double:
        fetching = Fetching(max_bytes=1 << 20)
        # the double looks at `count` only, and gives its answers in turn whatever the path
        source = OpenTriviaDb(double.url, fetching, gap=0.0)
        try:
            return [await source.draw(count, seconds=3) for _ in range(times)]
        finally:
            await fetching.close()


async def test_trivia_is_decoded_and_carries_its_licence() -> None:
    (found,) = await drawn(TOKEN, trivia(0, "What’s 1 < 2?", "Who?"))
    assert [one.question for one in found.found] == ["What’s 1 < 2?", "Who?"]
    one = found.found[0]
    assert (one.answer, one.category, one.difficulty, one.licence) == (
        "50% & more",
        "Science & Nature",
        "hard",
        "CC-BY-SA-4.0",
    )
    assert one.created_at is None


async def test_an_unknown_token_is_renewed_once() -> None:
    (found,) = await drawn(TOKEN, trivia(3), TOKEN, trivia(0, "Who?"))
    assert len(found.found) == 1
    with pytest.raises(QuestionSourceUnavailable):
        await drawn(TOKEN, trivia(3), TOKEN, trivia(3))


@dataclass
class Trivia:
    """An Open Trivia DB with so many questions left for each token; it refuses what is more, whole."""

    left: int
    empty: int = 1  # the code it gives when there are none
    asked: list[int] = field(default_factory=list)
    tokens: int = 0

    async def json(self, url: str, query: dict[str, str], *, seconds: float) -> Any:
        assert seconds > 0
        if url.endswith("api_token.php"):
            self.tokens += 1
            return {"response_code": 0, "token": f"t{self.tokens}"}
        count = int(query["amount"])
        self.asked.append(count)
        if count > self.left:
            return {"response_code": 1 if self.left else self.empty, "results": []}
        self.left -= count
        row = {"type": "multiple", "difficulty": "easy", "category": "c", "correct_answer": "x"}
        return {
            "response_code": 0,
            "results": [{**row, "question": quote(f"Q {self.left + n}?")} for n in range(count)],
        }


@pytest.mark.parametrize("empty", [1, 4])
@pytest.mark.parametrize("left", [0, 1, 2, 7, 24, 25, 44, 49, 50, 51, 99, 130])
async def test_a_trivia_source_is_drained_to_its_last_question(left: int, empty: int) -> None:
    service = Trivia(left, empty)
    source = OpenTriviaDb("http://trivia.test", cast("Fetching", service), gap=0.0)
    seen = []
    for _ in range(left + 2):
        found = await source.draw(50, seconds=3)
        seen += [one.question for one in found.found]
        if found.ended:
            break
    assert found.ended
    assert len(set(seen)) == len(seen) == left
    assert service.tokens == 1
    assert len(service.asked) < 20


async def test_what_was_too_much_is_not_asked_for_again_until_there_is_another_token() -> None:
    service = Trivia(30)
    source = OpenTriviaDb("http://trivia.test", cast("Fetching", service), gap=0.0)
    assert len((await source.draw(50, seconds=3)).found) == 25
    assert len((await source.draw(50, seconds=3)).found) == 3
    assert service.asked == [50, 25, 25, 12, 6, 3]
    while not (await source.draw(50, seconds=3)).ended:
        pass
    service.left = 60
    assert len((await source.draw(50, seconds=3)).found) == 50
    assert service.tokens == 2


class Time:
    """Time that passes only while somebody sleeps."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> Time:
    """The time of the source."""
    own = Time()
    monkeypatch.setattr(opentdb, "monotonic", own.monotonic)
    monkeypatch.setattr(opentdb, "asyncio", own)
    return own


async def test_halves_keep_the_gap_and_the_deadline_and_go_on_in_the_next_call(passing: Time) -> None:
    service = Trivia(13)
    source = OpenTriviaDb("http://trivia.test", cast("Fetching", service), gap=5)
    with pytest.raises(QuestionSourceLimited) as told:
        await source.draw(50, seconds=8)
    assert told.value.retry_after == 5
    assert service.asked == [50, 25]
    assert passing.now == 105
    await passing.sleep(5)
    assert len((await source.draw(50, seconds=8)).found) == 12
    assert service.asked == [50, 25, 12]
    assert passing.now == 110


async def test_a_source_with_few_left_gives_them_before_it_is_called_exhausted(asking: Opened) -> None:
    ports, service = await asking(), Trivia(30, empty=4)
    source = OpenTriviaDb("http://trivia.test", cast("Fetching", service), gap=0.0)
    line = BatchingQueue(
        [Place(name="opentdb", source=source)],
        begin=ports.begin,
        single=ports.single,
        clock=ports.clock,
        limits=ports.limits,
    )
    assert len((await line.take(29, begin=ports.begin)).saved) == 29
    with pytest.raises(QuestionsExhausted) as told:
        await line.take(50, begin=ports.begin)
    assert told.value.facts["saved"] == 1
    await line.close()


async def test_a_used_up_token_is_the_end() -> None:
    (found,) = await drawn(TOKEN, trivia(4))
    assert found.ended


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (trivia(5), QuestionSourceLimited), (trivia(2), QuestionSourceUnavailable),
        (answer(b"[]"), QuestionSourceUnavailable),
        *((answer(said), QuestionSourceUnavailable) for said in (
            b"{}", b'{"response_code": true}', b'{"response_code": []}', b'{"response_code": "1"}', b"null", b"<html>",
            b'{"response_code": 0}', b'{"response_code": 0, "results": {}}', b'{"response_code": 0, "results": [null]}',
            b'{"response_code": 0, "results": [[], 5, "x", {}, {"question": 5, "correct_answer": "x"}]}',
        )),
    ],
)  # fmt: skip
async def test_refusals_of_trivia_are_told(said: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        await drawn(TOKEN, said)


async def test_the_gap_between_calls_is_kept(passing: Time) -> None:
    with jservice(1, faults=[TOKEN, trivia(0, "A?"), trivia(0, "B?")]) as double:
        fetching = Fetching(max_bytes=1 << 20)
        source = OpenTriviaDb(double.url, fetching, gap=5)
        await source.draw(1, seconds=30)
        await source.draw(1, seconds=30)
        assert passing.now == 105
        with pytest.raises(QuestionSourceLimited):
            await source.draw(1, seconds=4)
        await fetching.close()


@pytest.mark.parametrize("url", ["{}", "{}/", "{}/api/random", "{}/api/random?count=1"])
async def test_the_address_of_a_jservice_may_be_written_in_several_ways(url: str) -> None:
    with jservice(10) as double:
        fetching = Fetching(max_bytes=1 << 20)
        found = await Jservice(url.format(double.url), fetching).draw(3, seconds=3)
        await fetching.close()
    assert len(found.found) == 3
    assert double.asked == [3]


def test_a_breaker_lets_one_call_through_in_each_window() -> None:
    now = 0.0
    breaker = Breaker(lambda: now)
    for _ in range(5):
        breaker.check()
        breaker.note_failure()
    for _ in range(3):
        with pytest.raises(QuestionSourceUnavailable):
            breaker.check()
        now += WINDOW
        breaker.check()
        breaker.note_failure()
    now += WINDOW
    breaker.check()
    breaker.note_success()
    breaker.check()


def test_failures_far_apart_do_not_open_a_breaker() -> None:
    now = 0.0
    breaker = Breaker(lambda: now)
    for _ in range(20):
        breaker.note_failure()
        now += WINDOW / 3
        breaker.check()


def test_repeated_calls_are_a_tenth_of_all() -> None:
    retries = Retries()
    allowed = 0
    for _ in range(1_000):
        retries.count_call()
        allowed += retries.try_repeat()
    assert 100 <= allowed <= 104


async def test_a_bank_is_drained_to_its_last_unique_row(asking: Opened, bank: Callable[[list[Any]], str]) -> None:
    rows = [{"question": f"Q {n % 70}", "answer": "x"} for n in range(100)] + [{"question": ""}, None, 5, "x", [], {}]
    ports, seen = await asking(bank=bank(rows)), []
    for count in (1, 30, 20, 19):
        seen += (await fetch_questions(ports, count=count)).saved
    assert len({one.question for one in seen}) == 70
    with pytest.raises(QuestionsExhausted) as told:
        await fetch_questions(ports, count=1)
    assert told.value.facts["saved"] == 0


async def test_rows_of_a_bank_that_nobody_looked_at_are_read_next(
    asking: Opened, bank: Callable[[list[Any]], str], connection: Any
) -> None:
    known = [{"question": f"Known {n}", "answer": "x"} for n in range(10)]
    await fetch_questions(await asking(bank=bank(known)), count=10)
    path = bank([*known, *({"question": f"New {n}", "answer": "x"} for n in range(30))])
    ports = await asking(bank=path)
    assert len((await fetch_questions(ports, count=3)).saved) == 3
    assert len((await fetch_questions(ports, count=27)).saved) == 27
    assert await connection.fetchval("select count(*) from questions") == 40


async def test_a_bank_goes_on_where_it_was_and_another_file_begins_anew(
    asking: Opened, bank: Callable[[list[Any]], str], connection: Any
) -> None:
    path = bank([{"question": f"Q {n}", "answer": "x"} for n in range(50)])
    await fetch_questions(await asking(bank=path), count=10)
    await fetch_questions(await asking(bank=path), count=10)
    assert [row[0] for row in await connection.fetch("select position from question_banks")] == [20]
    other = bank([{"question": f"Q {n}", "answer": "x"} for n in range(60)])
    assert len((await fetch_questions(await asking(bank=other), count=40)).saved) == 40
    assert await connection.fetchval("select count(*) from questions") == 60


async def test_a_bank_whose_rows_are_mostly_known_is_read_on(asking: Opened, bank: Callable[[list[Any]], str]) -> None:
    known = [{"question": f"Known {n}", "answer": "x"} for n in range(2_000)]
    limits = {"max_quiz_questions": 2_000}
    await fetch_questions(await asking(bank=bank(known), limits=limits), count=2_000)
    path = bank([*known, *({"question": f"New {n}", "answer": "x"} for n in range(3))])
    found = await fetch_questions(await asking(bank=path), count=3)
    assert {one.question for one in found.saved} == {"New 0", "New 1", "New 2"}


@pytest.mark.parametrize("content", [None, b"", b"\n\n", b"\xff\xfe\x00", b"[1, 2", b"{}\n[]\n5"])
async def test_a_bank_without_questions_is_told(asking: Opened, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "bank.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises((QuestionSourceUnavailable, QuestionsExhausted)):
        await fetch_questions(await asking(bank=str(path)), count=1)


async def test_a_list_of_clues_is_a_bank_too(asking: Opened, tmp_path: Path) -> None:
    path = tmp_path / "clues.json"
    path.write_text(json.dumps([{"id": 7, "question": "Q", "answer": "A", "category": {"title": "c"}, "value": 200}]))
    found = (await fetch_questions(await asking(bank=str(path)), count=1)).saved[0]
    assert (found.question, found.category, found.source_id, found.source) == ("Q", "c", "7", "bank")


async def test_a_folder_of_trivia_files_is_a_bank_too(asking: Opened, tmp_path: Path) -> None:
    (tmp_path / "general").write_bytes(
        b"#Q Which of these\nis a caf\xe9?\n^ Flore\nA Flore\nB Seine\n\n#Q No answer\nA x\n\nnoise\n\n"
        b"#Q Two?\r\n^ 2\r\nA 2\r\nB 3\n"
    )
    found = (await fetch_questions(await asking(bank=str(tmp_path)), count=2)).saved
    rows = {one.question: one.answer for one in found}
    assert rows == {"Which of these is a café?": "Flore", "Two?": "2"}
    assert {(one.category, one.licence) for one in found} == {("General", "CC-BY-SA-4.0")}
    with pytest.raises(QuestionsExhausted):
        await fetch_questions(await asking(bank=str(tmp_path)), count=1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bank that Efir makes."""
    path = tmp_path_factory.mktemp("made") / "bank.jsonl"
    assert write_bank(path, made_at=datetime(2026, 1, 1, tzinfo=UTC)) > 50_000
    return path


@pytest.mark.slow
def test_the_made_bank_has_tens_of_thousands_of_different_questions(made: Path) -> None:
    header, *rows = map(json.loads, made.read_text().splitlines())
    assert header["bank"]["licence"] == "Unicode-3.0"
    assert len({fingerprint(row["question"], row["answer"]) for row in rows}) == len(rows) > 50_000
    assert len({row["category"] for row in rows}) > 100
    assert {row["difficulty"] for row in rows} == {"easy", "medium", "hard"}
    answers = {row["question"]: row["answer"] for row in rows}
    assert answers["What is the place “Germany” called in French?"] == "Allemagne"
    assert answers["Which place is called “Япония” in Russian?"] == "Japan"
    assert answers["Which currency is legal tender in Japan?"] == "Japanese Yen"
    assert answers["What is the official language of Brazil?"] == "Portuguese"
    assert answers["In which script is Amharic usually written?"] == "Ethiopic"
    assert answers["How many plural categories do cardinal numbers have in Russian?"] == "4"
    assert answers["What is the month “January” called in Finnish?"] == "tammikuu"
    assert answers["What is the day “Monday” called in German?"] == "Montag"


def test_a_bank_is_made_once(made: Path) -> None:
    before = made.stat().st_mtime_ns
    assert write_bank(made, made_at=datetime(2026, 2, 2, tzinfo=UTC)) > 50_000
    assert made.stat().st_mtime_ns == before


@pytest.fixture
def made_later(made: Path, tmp_path: Path) -> Path:
    """The same questions, made at another time."""
    other = tmp_path / "bank.jsonl"
    other.write_text(made.read_text().replace("2026-01-01", "2026-03-03", 1))
    return other


async def test_the_same_questions_are_the_same_bank(made: Path, made_later: Path) -> None:
    banks = [FileBank(path, made=False) for path in (made, made_later)]
    assert await banks[0].identity() == await banks[1].identity()
    one, two = (bank.read(5, 1).found[0] for bank in banks)
    assert (one.question, one.created_at) == (two.question, datetime(2026, 1, 1, tzinfo=UTC))
    assert two.created_at == datetime(2026, 3, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("quiz", "order"),
    [
        (Quiz(), ["bank"]), (Quiz(jservice_url="http://x"), ["jservice", "bank"]),
        (Quiz(jservice_url="http://x", sources="bank"), ["bank"]), (Quiz(jservice_url="http://x", sources=""), []),
        (Quiz(jservice_url="http://x", sources="opentdb, bank"), ["opentdb", "bank"]),
        (Quiz(jservice_url="http://x", sources="bank, jservice"), ["bank", "jservice"]),
        (Quiz(sources="jservice,opentdb,bank"), ["opentdb", "bank"]), (Quiz(sources="jservice"), []),
    ],
)  # fmt: skip
def test_sources_are_asked_in_the_order_of_the_settings(quiz: Quiz, order: list[str]) -> None:
    assert order_of(Settings(quiz=quiz)) == order


def test_an_unknown_source_is_refused() -> None:
    with pytest.raises(SettingsRefused, match="EFIR_QUIZ__SOURCES"):
        order_of(Settings(quiz=Quiz(sources="wikipedia")))
