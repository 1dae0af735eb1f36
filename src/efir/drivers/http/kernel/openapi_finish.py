"""What the framework's OpenAPI document lacks: usable names, credentials, the problems every operation may answer."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from efir.application.access.requirements import REQUIREMENT, Access

GENERIC = re.compile(r'\b([A-Z]\w*)_efir\.[\w.]*?\b([A-Z]\w*)_(?=["/])')  # Page_efir.ports.videos.VideoView_
CLAUSE_END = re.compile(r"[.;:,\n]")
CREDENTIALS: list[dict[str, list[str]]] = [{"session": []}, {"token": []}]
SAFE = frozenset({"get", "head", "options"})
PROBLEM = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch"})


def tidy_schema(
    schema: dict[str, Any], options: Mapping[tuple[str, str], Mapping[str, Any]], *, forms: Mapping[str, Any]
) -> bytes:
    """Write the document in a stable order.

    `options` are those of the routes, by address and method; `forms` are schemas of bodies that are read as they
    arrive, by name: the framework sees nothing of them.
    """
    schema["components"]["schemas"] |= forms
    _explain_kinds(schema["components"]["schemas"])
    for path, operations in schema["paths"].items():
        for method in METHODS & operations.keys():
            needs = options[path, method][REQUIREMENT]
            operations[method]["security"] = _security(path, needs)
            if isinstance(needs, tuple):
                operations[method]["x-permission"] = list(needs)
                _add(operations[method], 403, "permission-missing")
            operations[method]["summary"] = CLAUSE_END.split(operations[method]["description"], maxsplit=1)[0]
            _tell_shared_problems(path, method, operations[method])
    text = msgspec.json.encode(_simplify(schema), order="sorted").decode()
    return msgspec.json.format(GENERIC.sub(r"\2\1", text).encode(), indent=2)


def _explain_kinds(schemas: Mapping[str, Any]) -> None:
    """Explain the member that tells one kind of object from others: the framework leaves it without words."""
    for schema in schemas.values():
        for facts in schema.get("properties", {}).values():
            if "const" in facts:
                facts.setdefault("description", "Which kind this is.")


def _security(path: str, needs: Any) -> list[dict[str, list[str]]]:
    """Say who may ask: nobody is looked up outside the API, some operations need a person, others may know one."""
    if not path.startswith("/api/"):
        return []
    return [{}, *CREDENTIALS] if needs is Access.PUBLIC else CREDENTIALS


def _tell_shared_problems(path: str, method: str, operation: dict[str, Any]) -> None:
    """Document what is refused before a handler is reached: credentials, parameters, bodies."""
    if not path.startswith("/api/"):
        return
    _add(operation, 401, "invalid-token")
    if method not in SAFE:
        _add(operation, 403, "csrf-failed")
    if {} not in operation["security"]:
        _add(operation, 403, "scope-missing")
    if "requestBody" in operation:
        _add(operation, 413, "too-large")
    if "requestBody" in operation or operation.get("parameters"):
        _add(operation, 422, "validation")


def _add(operation: dict[str, Any], status: int, code: str) -> None:
    known = operation["responses"].setdefault(str(status), PROBLEM | {"description": "Problem: "})
    codes = {*known["description"].removeprefix("Problem: ").split(", "), code} - {""}
    operation["responses"][str(status)] = known | {"description": f"Problem: {', '.join(sorted(codes))}"}


def _simplify(part: Any) -> Any:
    """Put the one member of a choice of one in its place; an absent field is no type of its own in JSON."""
    if isinstance(part, list):
        return [_simplify(member) for member in part]
    if not isinstance(part, dict):
        return part
    found = {name: _simplify(member) for name, member in part.items()}
    choice = found.get("oneOf", ())
    if len(choice) == 1:
        del found["oneOf"]
        if "$ref" in choice[0]:
            return {"allOf": choice, **found} if found else choice[0]
        return choice[0] | found
    return found
