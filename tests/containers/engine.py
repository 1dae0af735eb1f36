"""Podman or Docker as this machine has it, and Compose on top: every command printed, every failure an exception."""

import json
import os
import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TOP = Path(__file__).parents[2]
HARD_LIMITS = {"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}
MAX_LIMIT = 8192


class CommandBroke(Exception):
    """A command of the engine failed; the message is what it said."""


@dataclass(frozen=True, kw_only=True)
class Engine:
    """One engine and one project of Compose; `environ` is added to the environment, with the variables of the file."""

    name: str
    compose: tuple[str, ...]
    name_of_project: str
    environ: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str, **options: Any) -> str:
        """Run a command of the engine; answers what it printed."""
        return self._ran([self.name, *words], **options)

    def project(self, *words: str, **options: Any) -> str:
        """Run a command of Compose over compose.yaml; answers what it printed."""
        named = ("--project-name", self.name_of_project, "--file", str(TOP / "compose.yaml"))
        return self._ran([*self.compose, *named, *words], **options)

    def container(self, service: str) -> str:
        """Answer the id of a service's container; raises CommandBroke when it has none."""
        labels = (f"project={self.name_of_project}", f"service={service}")
        filters = [word for label in labels for word in ("--filter", f"label=com.docker.compose.{label}")]
        found = self.run("ps", "--all", "--quiet", *filters).split()
        if len(found) != 1:
            raise CommandBroke(f"{len(found)} containers of {service}")
        return found[0]

    def within(self, service: str, *words: str, **options: Any) -> str:
        """Run a command inside a service's container; standard input is passed on."""
        return self.run("exec", "--interactive", self.container(service), *words, **options)

    def facts(self, service: str) -> dict[str, Any]:
        """Answer what the engine knows of a service's container."""
        return dict(json.loads(self.run("inspect", self.container(service)))[0])

    def size(self, image: str) -> int:
        """Answer the bytes of an image with everything below it."""
        return int(self.run("image", "inspect", "--format", "{{.Size}}", image))

    def has(self, image: str) -> bool:
        """Tell whether an image is there."""
        try:
            self.run("image", "inspect", "--format", "{{.Id}}", image)
        except CommandBroke:
            return False
        return True

    def logs(self, service: str) -> str:
        """Answer what a service wrote."""
        return self.run("logs", self.container(service), stderr=subprocess.STDOUT)

    def _ran(self, command: list[str], *, codes: tuple[int, ...] = (0,), **options: Any) -> str:
        environ = {**os.environ, **self.environ}
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        done = subprocess.run(command, env=environ, check=False, **options)
        if done.returncode not in codes:
            said = b"\n".join(part for part in (done.stdout, done.stderr) if part)
            raise CommandBroke(f"{' '.join(command)}: exit code {done.returncode}\n{said.decode(errors='replace')}")
        return (done.stdout or b"").decode(errors="replace").strip()


def engine_of(name: str, project: str, room: Path, variables: dict[str, str]) -> Engine:
    """Make the engine ready for this machine, and for one project with the variables of compose.yaml."""
    compose = ("docker", "compose") if name == "docker" else (str(Path(sys.executable).parent / "podman-compose"),)
    own = {} if name == "docker" else _podman(room)
    return Engine(name=name, compose=compose, name_of_project=project, environ={**own, **variables})


def _podman(room: Path) -> dict[str, str]:
    """Where no systemd runs, and where limits cannot be raised, podman has to be told; else it is left alone."""
    limits = {name: resource.getrlimit(kind)[1] for name, kind in HARD_LIMITS.items()}
    bounded = {name: min(hard, MAX_LIMIT) for name, hard in limits.items() if hard != resource.RLIM_INFINITY}
    if Path("/run/systemd/system").is_dir():
        return {}
    ulimits = ", ".join(f'"{name}={limit}:{limit}"' for name, limit in bounded.items())
    runtime = 'runtime = "runc"\n' if shutil.which("runc") else ""
    config = room / "containers.conf"
    config.write_text(
        f'[containers]\ndefault_ulimits = [{ulimits}]\n[engine]\ncgroup_manager = "cgroupfs"\n{runtime}',
        encoding="utf-8",
    )
    return {"CONTAINERS_CONF": str(config)}
