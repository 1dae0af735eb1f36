#!/usr/bin/env python3
"""Install Efir into .venv beside this file, then run it; a new machine needs Python 3.11 or newer and a network.

    python3 start.py up [FLAGS]        install what is missing and run the whole service (flags of `efir up`)
    python3 start.py setup             only install, with the development tools
    python3 start.py RECIPE [ARGS]     install with the development tools and run a recipe of the justfile (test, check)
    python3 start.py list              show the recipes; installs nothing

Repeating is instantaneous while the locks are unchanged, and needs no network.
"""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

try:
    import fcntl
except ImportError:
    sys.exit("efir: Efir runs on Linux and macOS; on Windows start it inside WSL.")
with contextlib.suppress(ImportError):  # an older Python has none; it hands over to a newer one below
    import tomllib

OLDEST = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")  # tried where `python3` is too old

TOP = Path(__file__).resolve().parent
VENV = TOP / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "efir-installed.json"
PAGES = TOP / "src" / "efir" / "drivers" / "web"
RUNTIME, DEV = TOP / "requirements.lock", TOP / "requirements-dev.lock"
PROJECT = TOP / "pyproject.toml"
JUSTFILE = TOP / "justfile"
PARAMETER = r"""[*+]?[\w-]+(?:="[^"]*"|='[^']*')?"""
HEADER = re.compile(rf"@?([a-zA-Z_][\w-]*)((?: {PARAMETER})*) *:(?!=)")  # the first line of a recipe
GROUP = re.compile(r"""\[group\(["'](.+)["']\)\]$""")
SHAPING = (RUNTIME, DEV, TOP / "hatch_build.py", PAGES / "package-lock.json")
NO_INSTALLER = """this Python has neither pip nor a way to get it, and there is no `uv` either. One of these helps:
  Debian, Ubuntu:  apt install python3-venv
  Fedora:          dnf install python3-pip
  Alpine:          apk add py3-pip
  any system:      install uv and repeat"""


class CannotInstall(Exception):
    """Installing failed; the message says why and what to do."""


class Recipe(NamedTuple):
    """A recipe of the justfile: its name, its name with its parameters, its group and the comment above it."""

    name: str
    signature: str
    group: str
    comment: str


def main(arguments: list[str]) -> None:
    """Do what the module's docstring says."""
    command = arguments[0] if arguments else "help"
    if command in ("-h", "--help", "help"):
        print(f"{(__doc__ or '').strip()}\n\n{listing()}")  # noqa: T201  # the answer to --help
        return
    if command in ("-l", "--list", "list"):
        print(listing())  # noqa: T201  # the answer to list
        return
    if command != "up":
        demand_recipes(arguments)
    demand_python()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # ends a running installer with us
    try:
        install(with_tools=command != "up")
    except CannotInstall as error:
        sys.exit(f"efir: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    if command == "up":
        become(VENV / "bin" / "efir", *arguments)
    elif command != "setup":
        become(VENV / "bin" / "just", "--justfile", str(TOP / "justfile"), *arguments)


def listing() -> str:
    """Return what `just --list --unsorted` prints, read from the justfile itself: just comes only with the tools."""
    recipes, lines = read_recipes(), ["Available recipes:"]
    width = max(len(recipe.signature) for recipe in recipes)
    for group in dict.fromkeys(["", *(recipe.group for recipe in recipes)]):
        lines += ["", f"    [{group}]"] if group else []
        lines += [f"    {row.signature:{width}} # {row.comment}" for row in recipes if row.group == group]
    return "\n".join(lines)


def read_recipes() -> list[Recipe]:
    """Return the recipes of the justfile in its order."""
    recipes, comment, group = [], "", ""
    for line in JUSTFILE.read_text(encoding="utf-8").splitlines():
        if header := HEADER.match(line):
            recipes.append(Recipe(header[1], header[1] + header[2], group, comment))
        if line.startswith("# "):
            comment = line[2:]
        elif found := GROUP.match(line):
            group = found[1]
        else:
            comment = group = ""
    return recipes


def demand_recipes(words: list[str]) -> None:
    """Exit with the names nearest to one that is no recipe, before anything is installed for it."""
    recipes = {recipe.name: recipe for recipe in read_recipes()}
    for word in words:
        if word.startswith("-") or "=" in word:  # flags and variables of just, which knows them better
            return
        if word not in recipes:
            near = difflib.get_close_matches(word, recipes, cutoff=0.5)
            hint = f"near it: {', '.join(near)}" if near else f"there are {', '.join(recipes)}"
            sys.exit(f"efir: there is no recipe {word!r}; {hint}. `python3 start.py list` explains them.")
        if recipes[word].signature != word:  # the other words are its arguments
            return


def demand_python() -> None:
    """Where this Python is too old, go on in a newer one from PATH."""
    if sys.version_info >= OLDEST:
        return
    found = next(filter(None, map(shutil.which, NEWER)), None)
    if not found:
        sys.exit(f"efir: Python 3.11 or newer is needed; this is {sys.version.split()[0]} and none newer is on PATH.")
    become(Path(found), str(TOP / "start.py"), *sys.argv[1:])


def install(*, with_tools: bool) -> None:
    """Bring .venv to what the locks say; one process at a time, nothing to do when it is so already."""
    if up_to_date(with_tools=with_tools):
        return
    with alone():
        if up_to_date(with_tools=with_tools):
            return
        started = time.monotonic()
        make_venv()
        uv = [*find_uv(), "pip", "install", "--python", str(PYTHON)]
        lock = DEV if with_tools else RUNTIME
        tell(f"installing the {len(re.findall('(?m)^[^ ]+==', lock.read_text()))} packages of {lock.name}")
        run(*uv, "--compile-bytecode", "--require-hashes", "-r", str(lock))
        tell("installing efir and the scripts of its pages")
        run(*uv, "--no-deps", "--build-constraints", str(DEV), "-e", str(TOP))
        attempt([str(PYTHON), "-m", "compileall", "-q", str(TOP / "src")])  # who may not write here starts as fast
        stamp = fingerprint()
        STAMP.write_text(json.dumps({"runtime": stamp, "tools": stamp if with_tools else ""}), encoding="utf-8")
        tell(f"installed in {time.monotonic() - started:.0f} s")


def up_to_date(*, with_tools: bool) -> bool:
    """Tell whether the stamp, the environment and the pages' scripts are those of the present files."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
        found = stamp["tools" if with_tools else "runtime"] == fingerprint()
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return found and PYTHON.exists() and (PAGES / "static" / "vendor").is_dir()


def fingerprint() -> str:
    """Hash everything that decides what is installed, and the place: scripts in .venv/bin hold absolute paths."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))
    packaging = [project["build-system"], project["project"], project["tool"]["hatch"]]
    digest = hashlib.sha256(f"{TOP}\n{PYTHON.resolve()}\n{packaging}\n".encode())
    for path in SHAPING:
        digest.update(path.read_bytes())
    return digest.hexdigest()


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Wait until no other start of this checkout installs."""
    handle = os.open(TOP, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("waiting for another start that is installing")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def make_venv() -> None:
    """Create .venv, or keep the one that works here; without ensurepip (Debian) it has no pip at first."""
    if usable():
        return
    tell(f"creating .venv with Python {'.'.join(map(str, sys.version_info[:3]))}")
    for flags in ([], ["--without-pip"]):
        made = subprocess.run(
            [sys.executable, "-m", "venv", "--clear", *flags, str(VENV)], capture_output=True, text=True, check=False
        )
        if made.returncode == 0:
            return
    raise CannotInstall(f"cannot create {VENV}: {(made.stderr or made.stdout).strip()}")


def usable() -> bool:
    """Tell whether .venv has a Python that is new enough and believes to live there (a moved checkout does not)."""
    if not PYTHON.exists():
        return False
    question = f"import sys; print(sys.prefix); sys.exit(sys.version_info < {OLDEST})"
    answer = subprocess.run([str(PYTHON), "-c", question], capture_output=True, text=True, check=False)
    script = VENV / "bin" / "efir"
    moved = script.exists() and str(VENV).encode() not in script.read_bytes()[:300]
    return answer.returncode == 0 and Path(answer.stdout.strip()) == VENV and not moved


def find_uv() -> list[str]:
    """Return the command of uv: the locked one inside .venv, brought by whichever pip there is, or that of PATH."""
    inside = [str(PYTHON), "-m", "uv"]
    pinned = re.search(r"^uv==(\S+)(?:.*\\\n)+.*\n", DEV.read_text(encoding="utf-8"), re.MULTILINE)
    if not pinned:
        raise CannotInstall(f"{DEV.name} does not name uv; restore that file.")
    if f"uv {pinned[1]}" in attempt([*inside, "--version"])[1]:
        return inside
    tell("fetching the installer")
    with tempfile.TemporaryDirectory() as room:
        lock = Path(room) / "uv.txt"
        lock.write_text(pinned[0], encoding="utf-8")
        faults = fetch(["install", "--no-input", "--disable-pip-version-check", "--require-hashes", "-r", str(lock)])
    if not faults:
        return inside
    if outside := shutil.which("uv"):
        return [outside]
    raise CannotInstall(next((fault for fault in faults if "No module named" not in fault), NO_INSTALLER))


def fetch(wanted: list[str]) -> list[str]:
    """Install into .venv by its own pip, by the pip that Python brings, or by ours; return the faults if none can."""
    site = next((VENV / "lib").glob("python3*/site-packages"))
    inside, faults = [str(PYTHON), "-m", "pip", *wanted], []
    for way in (
        [inside],
        [[str(PYTHON), "-m", "ensurepip"], inside],
        [[sys.executable, "-m", "pip", *wanted, "--target", str(site), "--upgrade"]],
    ):
        fault = next((said for done, said in map(attempt, way) if not done), None)
        if fault is None:
            return []
        faults.append(fault)
    return faults


def attempt(command: list[str]) -> tuple[bool, str]:
    """Run a command quietly; return whether it went well and the end of what it said."""
    clean = {name: value for name, value in os.environ.items() if name not in ("PIP_USER", "PIP_TARGET", "PIP_PREFIX")}
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=clean)
    except OSError as error:
        return False, str(error)
    return done.returncode == 0, f"{done.stdout}{done.stderr}".strip()[-2000:]


def run(*command: str) -> None:
    """Run a step of uv, its progress shown on a terminal."""
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    if subprocess.run([*command, *quiet], env=os.environ | mirrors(), check=False).returncode:
        raise CannotInstall("that step failed (see above); check the network, then repeat the command.")


def mirrors() -> dict[str, str]:
    """Tell uv the index and the certificate that pip was told, unless uv was told its own."""
    listed = attempt([str(PYTHON), "-m", "pip", "config", "list"])[1]
    told = dict(re.findall(r"^(?:.*[.])?(index-url|cert)='(.*)'$", listed, re.MULTILINE))
    names = {"UV_DEFAULT_INDEX": told.get("index-url"), "SSL_CERT_FILE": told.get("cert"), "UV_HTTP_TIMEOUT": "120"}
    return {name: value for name, value in names.items() if value and name not in os.environ}


def become(program: Path, *arguments: str) -> None:
    """Replace this process, so that signals and the exit code are the program's own."""
    sys.stderr.flush()
    os.execv(program, [str(program), *arguments])  # noqa: S606  # replacing the process is the purpose


def tell(line: str) -> None:
    """Print a line of progress beside the program's own output."""
    sys.stderr.write(f"efir: {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
