"""The table of planted faults is true: each has its place, and the test that must catch it is there."""

import ast

import pytest

from architecture.source import TOP
from mutants.planted import SHORT, Fault, faults, sample

FAULTS = faults()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.rule)
def test_a_planted_fault_has_its_place_and_its_test(fault: Fault) -> None:
    assert fault.text() != (TOP / fault.file).read_text(encoding="utf-8")
    path, _, name = fault.test.partition("::")
    tree = ast.parse((TOP / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


def test_days_take_turns_until_every_fault_was_planted() -> None:
    days = [sample(FAULTS, day) for day in range(len(FAULTS))]
    assert {len(day) for day in days} == {SHORT}
    assert {fault.rule for day in days for fault in day} == {fault.rule for fault in FAULTS}
    assert len({fault.rule for fault in FAULTS}) == len(FAULTS) > 20


def test_a_fault_that_has_lost_its_place_is_no_fault() -> None:
    lost = Fault(rule="r", file="pyproject.toml", before="no such text", after="", test="t")
    with pytest.raises(LookupError, match="0 times"):
        lost.text()
