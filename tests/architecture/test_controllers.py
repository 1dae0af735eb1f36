"""The API is made of controllers, and each of them is reached: a class that no area lists would be no route at all."""

import ast

from architecture.source import package
from efir.drivers.http.app import CONTROLLERS
from efir.drivers.http.quiz.controllers import BESIDE_PAGES

VERBS = {"delete", "get", "head", "patch", "post", "put", "route"}


def test_every_handler_of_the_api_stands_in_a_controller() -> None:
    outside = [
        f"{module.at(node)} {node.name}"
        for module in package()
        if module.name.startswith("drivers.http.")
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for mark in node.decorator_list
        if isinstance(mark, ast.Call) and getattr(mark.func, "id", "") in VERBS
    ]
    assert not outside, "\n".join(outside)


def test_every_controller_of_the_api_is_listed_by_its_area() -> None:
    written = {
        f"efir.{module.name}.{node.name}"
        for module in package()
        if module.name.startswith("drivers.http.")
        for node in module.tree.body
        if isinstance(node, ast.ClassDef) and any(getattr(owner, "id", "") == "Controller" for owner in node.bases)
    }
    listed = [f"{controller.__module__}.{controller.__name__}" for controller in (*CONTROLLERS, *BESIDE_PAGES)]
    assert sorted(written) == sorted(listed)


def test_every_controller_of_the_api_says_what_its_routes_require() -> None:
    silent = [
        controller.__name__ for controller in (*CONTROLLERS, *BESIDE_PAGES) if not getattr(controller, "opt", None)
    ]
    assert not silent
