"""Wiring of the sources of quiz questions from the settings, and `efir questions`."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from efir.adapters.quiz.bank import FileBank
from efir.application.quiz.queue import BatchingQueue, Place
from efir.bootstrap.startup.settings_loading import load_for_process, load_settings
from efir.drivers.cli.exits import Exit
from efir.drivers.cli.failures import CommandFailed
from efir.drivers.cli.questions import questions_arguments, report_bank, report_import
from efir.ports.transactions import Begin
from efir.settings import Settings, SettingsRefused

KNOWN = ("jservice", "opentdb", "bank")


def order_of(settings: Settings) -> list[str]:
    """Return the names of the sources in the order of their use. Raises SettingsRefused for an unknown one."""
    names = [name.strip().lower() for name in settings.quiz.sources.split(",") if name.strip()]
    if strange := [name for name in names if name not in KNOWN]:
        raise SettingsRefused(f"EFIR_QUIZ__SOURCES knows {', '.join(KNOWN)}, not {strange[0]!r}.")
    return [name for name in dict.fromkeys(names) if name != "jservice" or settings.quiz.jservice_url]


def bank_path(settings: Settings) -> Path:
    """Return the path of the bank, whether or not it exists."""
    own = settings.quiz.bank
    return Path(own).expanduser() if own else settings.home / "quiz" / "bank.jsonl"


@asynccontextmanager
async def question_line(
    settings: Settings, begin: Begin, single: Begin, clock: Callable[[], datetime]
) -> AsyncIterator[BatchingQueue]:
    """Yield the queue over all sources; nothing is read or requested before the first request."""
    async with AsyncExitStack() as stack:
        places = [await _place(name, settings, stack) for name in order_of(settings)]
        line = BatchingQueue(places, begin=begin, single=single, clock=clock, limits=settings.limits)
        stack.push_async_callback(line.close)
        yield line


async def _place(name: str, settings: Settings, stack: AsyncExitStack) -> Place:
    if name == "bank":
        return Place(name=name, bank=FileBank(bank_path(settings), made=not settings.quiz.bank))
    from efir.adapters.quiz.fetching import Fetching  # the HTTP client is imported only where a source needs it
    from efir.adapters.quiz.jservice import Jservice
    from efir.adapters.quiz.opentdb import OpenTriviaDb

    fetching = Fetching(max_bytes=settings.limits.quiz_answer_bytes)
    stack.push_async_callback(fetching.close)
    if name == "jservice":
        return Place(name=name, source=Jservice(settings.quiz.jservice_url, fetching))
    return Place(name=name, source=OpenTriviaDb(settings.quiz.opentdb_url, fetching))


def questions(argv: Sequence[str]) -> int:
    """Store new questions, or create the bank."""
    arguments = questions_arguments(argv)
    if arguments.action == "bank":
        return _make_bank(arguments.output or bank_path(load_settings(arguments.changes)))
    return asyncio.run(
        _import(load_for_process(arguments.changes, cache_needed=False), arguments.count, as_json=arguments.as_json)
    )


def _make_bank(path: Path) -> int:
    from efir.adapters.quiz.cldr import write_bank

    try:
        count = write_bank(path, made_at=datetime.now(UTC))
    except OSError as error:
        raise CommandFailed(
            f"the bank cannot be written to {path} ({error.strerror})", "choose another --output"
        ) from error
    report_bank(path, count)
    return Exit.OK


async def _import(settings: Settings, count: int, *, as_json: bool) -> int:
    from efir.adapters.postgres.transactions import connected
    from efir.adapters.secrets.randomness import now
    from efir.domain.kernel.errors import DomainError
    from efir.domain.quiz import check_count

    async def wake_nobody(_woken: object) -> None:
        """Do nothing: questions create no jobs."""

    async with (
        connected(
            settings.database.url, schema=settings.database.schema, pool_size=1,
            wait=settings.limits.pool_wait_seconds, statement_seconds=settings.limits.statement_seconds_worker,
            seal=(bytes, bytes), after_commit=wake_nobody,
        ) as database,
        question_line(settings, database.begin, database.single, now) as line,
    ):  # fmt: skip
        try:
            fetched = await line.take(check_count(count, settings.limits.max_quiz_questions), begin=database.begin)
        except DomainError as error:
            raise CommandFailed(str(error).rstrip("."), "see EFIR_QUIZ__SOURCES", Exit.FAILED) from error
    report_import([row.question for row in fetched.saved], as_json=as_json)
    return Exit.OK
