"""Documents, recipes and settings that people rely on say what the code does."""

import ast
import dataclasses
import functools
import json
import re
import subprocess
import sys
import typing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from architecture.source import PACKAGE, TOP, tracked
from efir.settings import Settings, load_from_environment

JUST = Path(sys.executable).parent / "just"
CODE = re.compile(r"```\w*\n(.*?)```|`([^`\n]+)`", re.DOTALL)
PAGES = [path for path in tracked() if path.suffix == ".md"]
TOURS = [
    page
    for page in PAGES
    if (page.name == "architecture.md" or page.parent.name in {"decisions", "how-to"})
    and page.name != "add-a-feature.md"  # it makes its files, and a test does what it says
]
FOLDERS = {"src", "tests", "docs", "migrations", "domain", "ports", "application", "adapters", "drivers", "bootstrap"}


def test_the_example_file_lists_every_setting_with_its_default() -> None:
    text = (TOP / ".env.example").read_text()
    given = dict(re.findall(r"^#(EFIR_\w+)=(.*)$", text, re.MULTILINE))
    assert set(given) == {"EFIR_" + "__".join(path).upper() for path in _paths(Settings)}
    fixed = {name: value for name, value in given.items() if "__NAME__" not in name}  # people name those themselves
    assert load_from_environment({**fixed, "EFIR_ENV_FILE": "/dev/null"}) == Settings()


def test_the_example_file_explains_the_names_of_other_projects() -> None:
    settings = ast.parse((PACKAGE / "settings.py").read_text())
    aliases = next(node for node in settings.body if getattr(node, "name", "") == "aliases")
    constants = {node.value for node in ast.walk(aliases) if isinstance(node, ast.Constant)}
    names = {name for name in constants if isinstance(name, str) and re.fullmatch(r"[A-Z_]{4,}", name)}
    assert names
    assert [name for name in names if name not in (TOP / ".env.example").read_text()] == []


def test_every_recipe_has_a_line_of_help() -> None:
    assert [name for name, recipe in _recipes().items() if not recipe["doc"]] == []


def test_just_alone_lists_the_recipes() -> None:
    explained = set(re.findall(r"^ +([a-z-]+)\b.*# \w", _just(), re.MULTILINE))
    assert set(_recipes()) - explained == set()


@pytest.mark.parametrize(("section", "command"), [("Run", "python3 start.py up"), ("Test", "python3 start.py test")])
def test_the_readme_says_how_to_run_and_test(section: str, command: str) -> None:
    readme = (TOP / "README.md").read_text()
    fenced = re.search(rf"^## {section}\b.*?^```[a-z]*\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
    assert fenced
    assert fenced[1].strip() == command


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(TOP)) for page in PAGES])
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    links = re.findall(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    assert [link for link in links if ":" not in link and not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(TOP)) for page in PAGES])
def test_every_recipe_that_a_page_names_exists(page: Path) -> None:
    code = "\n".join(fenced or inline for fenced, inline in CODE.findall(page.read_text()))
    named = re.findall(r"^(?:just|python3 start\.py) ([a-z][a-z-]*)", code, re.MULTILINE)
    assert [name for name in named if name not in _recipes()] == []


def test_every_setting_that_a_page_names_exists() -> None:
    known = set(re.findall(r"\bEFIR_\w+", (TOP / ".env.example").read_text()))
    named = {name for page in PAGES for name in re.findall(r"\bEFIR_[A-Z_]*[A-Z]\b", page.read_text())}
    assert named - known == set()


def _just(*flags: str) -> str:
    command = [JUST, "--justfile", "justfile", *flags]
    return subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=True).stdout


@functools.cache
def _recipes() -> dict[str, dict[str, str]]:
    dump = json.loads(_just("--dump", "--dump-format", "json"))
    return {name: recipe for name, recipe in dump["recipes"].items() if not recipe["private"]}


def _paths(kind: type) -> list[tuple[str, ...]]:
    members = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else msgspec.structs.fields(kind)
    return [(getattr(member, "encode_name", member.name), *rest) for member in members for rest in _inside(member.type)]


def _inside(kind: Any) -> list[tuple[str, ...]]:
    if typing.get_origin(kind) is dict:
        return [("name", *path) for path in _paths(typing.get_args(kind)[1])]
    return _paths(kind) if _is_group(kind) else [()]


def _is_group(kind: object) -> bool:
    return isinstance(kind, type) and (dataclasses.is_dataclass(kind) or issubclass(kind, msgspec.Struct))


def test_the_index_of_decisions_lists_all_of_them() -> None:
    folder = TOP / "docs" / "decisions"
    linked = re.findall(r"\]\(([^)]+)\)", (folder / "index.md").read_text())
    assert linked == sorted(path.name for path in folder.glob("0*.md"))


@pytest.mark.parametrize("page", TOURS, ids=[str(page.relative_to(TOP)) for page in TOURS])
def test_every_file_and_folder_that_a_page_names_exists(page: Path) -> None:
    assert missing(page.read_text()) == []


def test_a_file_that_was_renamed_is_found_in_the_text_that_still_names_it() -> None:
    text = "`quiz/queue.py`, `domain/nowhere`, `wizard.js`, `drawn.py`, `efir.domain.nothing`, `domain/{quiz,gone}.py`"
    assert missing(text) == ["domain/nowhere", "drawn.py", "efir.domain.nothing", "domain/gone.py"]


def missing(text: str) -> list[str]:
    """Return the files, folders and modules in backticks that the repository does not have."""
    spans = (inline for _, inline in CODE.findall(text) if inline)
    names = [name.split("::")[0].rstrip("/") for span in spans for name in _spread(span)]
    return [name for name in names if _is_place(name) and not _exists(name.removesuffix("()"))]


@functools.cache
def places() -> frozenset[str]:
    """Return every end of the paths of files and folders of the repository."""
    paths = {path.relative_to(TOP) for path in tracked()}
    paths |= {folder for path in paths for folder in path.parents}
    return frozenset("/".join(path.parts[at:]) for path in paths for at in range(len(path.parts)))


def _spread(name: str) -> list[str]:
    """Write out `{a,b}` as shells do."""
    if choice := re.search(r"\{([\w,]+)\}", name):
        return [name.replace(choice[0], one) for one in choice[1].split(",")]
    return [name]


def _is_place(name: str) -> bool:
    if re.fullmatch(r"[\w./-]+\.(py|html|js|css|po|sql)|efir(\.\w+)+", name):
        return True
    return bool(re.fullmatch(r"[\w-]+(/[\w-]+)+", name)) and name.split("/", maxsplit=1)[0] in FOLDERS


def _exists(name: str) -> bool:
    path = name.replace(".", "/") if name.startswith("efir.") else name
    return path in places() or f"{path}.py" in places()
