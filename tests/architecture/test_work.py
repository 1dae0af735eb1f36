"""Every kind of job is done and every event consumed; what no area knows is told, never dropped."""

from efir.bootstrap.wiring.work import WORK
from efir.domain.jobs import EventName, JobKind


def test_every_kind_of_job_has_a_handler() -> None:
    assert set(WORK.jobs) == set(JobKind)


def test_every_event_has_a_consumer() -> None:
    assert {name for name, consumers in WORK.consumers.items() if consumers} == set(EventName)


def test_steps_of_a_tick_have_names_of_their_own() -> None:
    assert len(WORK.steps()) == len(WORK.ticks) + 2
