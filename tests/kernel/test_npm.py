import subprocess

import pytest

from kit import npm


def test_a_module_can_import_a_peer_from_npm() -> None:
    source = "import * as tus from 'tus-js-client'; console.log(typeof tus.Upload, process.argv[2]);"
    assert npm.run(source, "one") == "function one\n"


def test_the_accessibility_checker_is_there() -> None:
    assert "axe.run" in npm.script("axe-core/axe.min.js")


def test_a_failing_module_raises_with_its_error() -> None:
    with pytest.raises(subprocess.CalledProcessError) as raised:
        npm.run("throw new Error('broken on purpose');")
    assert "broken on purpose" in raised.value.stderr
