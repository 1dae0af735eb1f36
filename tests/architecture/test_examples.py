"""Every example in a docstring gives what it says."""

import doctest
import importlib

import pytest

from architecture.source import package

MODULES = [module.name for module in package() if ">>> " in module.text]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_hold(name: str) -> None:
    done = doctest.testmod(importlib.import_module(f"efir.{name}"))
    assert (done.failed, done.attempted > 0) == (0, True)
