"""The OpenAPI document as its readers need it: complete, unambiguous, with examples that hold."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"
DOCUMENT: dict[str, Any] = json.loads(COMMITTED.read_text())
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
METHODS = {"get", "put", "post", "delete", "options", "head", "patch"}
OPERATIONS: list[tuple[str, str, dict[str, Any]]] = [
    (method, path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    if method in METHODS
]
API = [operation for operation in OPERATIONS if operation[1].startswith("/api/v1/")]
CHANCE = {"getRandomQuestions"}  # what is chosen by chance has no next page
PROBLEM = {"$ref": "#/components/schemas/Problem"}

every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: f"{each[0]} {each[1]}")
every_api_operation = pytest.mark.parametrize("operation", API, ids=lambda each: f"{each[0]} {each[1]}")
every_schema = pytest.mark.parametrize("name", SCHEMAS)


async def test_the_committed_document_is_the_one_that_is_served(client: httpx.AsyncClient) -> None:
    served = await client.get("/openapi.json")
    assert served.status_code == 200
    assert served.text == COMMITTED.read_text(), "run `just openapi`"


def test_it_is_openapi_of_the_version_we_promise() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    assert API


def test_no_two_operations_have_one_name() -> None:
    names = Counter(operation["operationId"] for _, _, operation in OPERATIONS)
    assert [name for name, times in names.items() if times > 1] == []


@every_operation
def test_an_operation_has_a_name_a_tag_and_words(operation: tuple[str, str, dict[str, Any]]) -> None:
    _, _, facts = operation
    assert re.fullmatch(r"[a-z]+(?:[A-Z0-9][a-z0-9]*)+", facts["operationId"])
    assert len(facts["tags"]) == 1
    assert facts["description"].startswith(facts["summary"])
    assert " " in facts["summary"]
    assert facts["description"].strip()


@every_operation
def test_a_path_parameter_is_declared(operation: tuple[str, str, dict[str, Any]]) -> None:
    _, path, facts = operation
    declared = {given["name"] for given in facts.get("parameters", []) if given["in"] == "path"}
    assert declared == set(re.findall(r"{(\w+)}", path))


@every_operation
def test_every_error_is_documented_as_a_problem(operation: tuple[str, str, dict[str, Any]]) -> None:
    _, _, facts = operation
    errors = {status: answer for status, answer in facts["responses"].items() if status.startswith(("4", "5"))}
    wrong = {
        status: answer
        for status, answer in errors.items()
        if answer.get("content", {}).get("application/problem+json", {}).get("schema") != PROBLEM
    }
    assert wrong == {}


@every_api_operation
def test_an_operation_says_how_it_fails(operation: tuple[str, str, dict[str, Any]]) -> None:
    method, path, facts = operation
    statuses = set(facts["responses"])
    assert "400" in statuses
    assert "{" not in path or "404" in statuses
    takes_json = "application/json" in facts.get("requestBody", {}).get("content", {})
    assert not takes_json or method == "post" or "422" in statuses


@every_api_operation
def test_a_list_goes_by_limit_and_cursor(operation: tuple[str, str, dict[str, Any]]) -> None:
    _, _, facts = operation
    answer = _answer(facts)
    if answer is None or "items" not in answer.get("properties", {}) or facts["operationId"] in CHANCE:
        assert not facts["operationId"].startswith("list")
        return
    assert {"next", "prev"} <= set(answer["properties"])
    given = {parameter["name"]: parameter["schema"] for parameter in facts["parameters"]}
    assert {"limit", "cursor"} <= set(given)


@every_schema
def test_a_schema_has_a_name_that_clients_can_use(name: str) -> None:
    assert re.fullmatch(r"[A-Z][A-Za-z0-9]*", name)


@every_schema
def test_every_field_is_explained(name: str) -> None:
    fields = SCHEMAS[name].get("properties", {})
    assert [field for field, facts in fields.items() if not facts.get("description", "").strip()] == []


def test_no_object_is_written_in_place() -> None:
    assert [place for place, schema in _schemas() if schema.get("type") == "object" and "properties" in schema] == []


def test_every_reference_leads_somewhere() -> None:
    text = COMMITTED.read_text()
    assert {ref for ref in re.findall(r'"#/components/schemas/([^"]+)"', text) if ref not in SCHEMAS} == set()


@every_schema
def test_every_example_holds(name: str) -> None:
    assert _faults(SCHEMAS[name]) == []
    for field, facts in SCHEMAS[name].get("properties", {}).items():
        assert [f"{field}: {fault}" for fault in _faults(facts)] == []


def test_examples_of_parameters_hold() -> None:
    given = [parameter for _, _, facts in OPERATIONS for parameter in facts.get("parameters", [])]
    assert [fault for parameter in given for fault in _faults(parameter["schema"])] == []


def _answer(facts: dict[str, Any]) -> dict[str, Any] | None:
    """Return the schema of the good answer, its reference followed."""
    for status, answer in facts["responses"].items():
        if status.startswith("2"):
            schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
            found = SCHEMAS.get(schema.get("$ref", "").rpartition("/")[2], schema)
            return found if isinstance(found, dict) else None
    return None


def _schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    """Walk every schema below operations, and below the fields of named schemas."""
    for method, path, facts in OPERATIONS:
        yield from _below(f"{method} {path}", facts)
    for name, schema in SCHEMAS.items():
        yield from _below(name, schema.get("properties", {}))


def _below(place: str, found: object) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(found, dict):
        yield place, found
        for name, part in found.items():
            yield from _below(f"{place}.{name}", part)
    elif isinstance(found, list):
        for part in found:
            yield from _below(place, part)


def _faults(schema: dict[str, Any]) -> list[str]:
    """Check the examples of a schema against it."""
    whole = {**schema, "components": DOCUMENT["components"]}
    validator = Draft202012Validator(whole, format_checker=FormatChecker())
    return [error.message for example in schema.get("examples", []) for error in validator.iter_errors(example)]
