"""What may stand in the repository: no registry, no path of one machine, no rule silenced without a reason."""

import re
from pathlib import Path

from architecture.source import TOP, tracked, tracked_text

REGISTRY = re.compile(r"https?://[a-z0-9.-]*" + "(?:py" + "pi|python-?hosted|npm" + "js|reg" + "istry|deb" + r"ian)\b")
HOME_FOLDER = re.compile(r"(?<![\w.])/(?:home|Users|root)/[\w.-]+/")
FOREIGN = re.compile(
    r"(?:^|/)(?:uv\.lock$|node_modules/|vendor/)|\.(?:min\.js|min\.css|whl|mp[34]|m4[av]|mkv|webm|mov|wav|ogg|woff2?|ttf)$"
)
SILENCED = re.compile(
    r"#\s*(?:type: ignore|noqa)\b(?P<codes>\[[a-z0-9, -]+\]|: ?[A-Z]+[0-9]+(?:, ?[A-Z]+[0-9]+)*)?(?P<rest>.*)"
)
UNFINISHED = re.compile(r"\b(?:TO" + "DO|FIX" + "ME|X" + "XX)\b|NotImplemented" + "Error")


def test_no_tracked_file_names_a_registry() -> None:
    assert _lines_with(REGISTRY) == []


def test_no_tracked_file_names_a_path_of_one_machine() -> None:
    assert _lines_with(HOME_FOLDER) == []
    assert _lines_with(re.compile(re.escape(str(TOP)) + r"\b")) == []


def test_no_tracked_file_is_the_work_of_others_or_media() -> None:
    assert [name for path in tracked() if FOREIGN.search(name := _name(path))] == []


def test_every_silenced_rule_is_named_and_has_a_reason() -> None:
    unexplained = [
        f"{_name(path)}:{number} {line.strip()}"
        for path, text in tracked_text()
        if path.suffix == ".py"
        for number, line in enumerate(text.splitlines(), 1)
        if (found := SILENCED.search(line)) and not _explained(found)
    ]
    assert not unexplained, "\n".join(unexplained)


def test_every_rule_that_is_off_has_a_reason() -> None:
    config = (TOP / "pyproject.toml").read_text()
    tables = re.findall(r"^\[tool\.(?:ruff\.lint|deptry)[\w.-]*\]\n(.*?)(?=^\[|\Z)", config, re.MULTILINE | re.DOTALL)
    rules = [line for table in tables for line in table.splitlines() if re.search(r'"(?:[A-Z]+\d+|D)"', line)]
    assert rules
    assert [line for line in rules if "#" not in line] == []


def test_nothing_is_left_for_later() -> None:
    assert _lines_with(UNFINISHED, under="src") == []


def _explained(found: re.Match[str]) -> bool:
    return bool(found["codes"]) and bool(re.match(r"\s+# *\S+", found["rest"]))


def _lines_with(pattern: re.Pattern[str], under: str = "") -> list[str]:
    return [
        f"{_name(path)}:{number} {line.strip()[:120]}"
        for path, text in tracked_text()
        if _name(path).startswith(under)
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def _name(path: Path) -> str:
    return str(path.relative_to(TOP))
