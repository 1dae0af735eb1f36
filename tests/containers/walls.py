"""What must hold for the running containers, seen from the engine and from inside."""

import errno
import json
from pathlib import Path
from typing import Any

from containers.engine import CommandBroke, Engine
from containers.images import EFIR

SERVICES = ("postgres", "valkey", "api", "worker")
UID = "10001"
PROTECTED = ("/opt/service/efir/x", "/opt/efir/bin/x", "/usr/x", "/etc/x")
PROFILES = (Path("/usr/share/containers/seccomp.json"), Path("/etc/containers/seccomp.json"))
REFUSED = frozenset({"mount", "mount_setattr", "pivot_root", "setns", "umount", "umount2", "unshare"})
NAMESPACE_FLAGS = 0x7E020000


def published(engine: Engine) -> dict[str, list[str]]:
    """Answer the ports of this machine by service; services without one are left out."""
    found = {}
    for service in SERVICES:
        ports = engine.facts(service)["NetworkSettings"]["Ports"] or {}
        here = [f"{bound['HostIp']}:{bound['HostPort']}" for bindings in ports.values() for bound in bindings or ()]
        if here:
            found[service] = here
    return found


def healthy(engine: Engine, service: str) -> bool:
    """Run the health check of a service, as podman's timer would; Docker does so by itself and tells the result."""
    if engine.name == "docker":
        return bool(engine.facts(service)["State"]["Health"]["Status"] == "healthy")
    try:
        engine.run("healthcheck", "run", engine.container(service))
    except CommandBroke:
        return False
    return True


def breaches(engine: Engine) -> list[str]:
    """List what a program that took over a container of Efir could do and should not."""
    found = []
    for service in ("api", "worker"):
        user = engine.within(service, "python3", "-c", "import os; print(os.getuid())")
        if user != UID:
            found.append(f"{service} runs as {user}")
        found += [f"{service} can write {path}" for path in PROTECTED if _writes(engine, service, path)]
        status = engine.within(service, "cat", "/proc/self/status")
        facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        if int(facts["CapBnd"], 16) or facts["NoNewPrivs"].strip() != "1":
            found.append(f"{service} has capabilities {facts['CapBnd']} and NoNewPrivs {facts['NoNewPrivs']}")
    return found


def findings(engine: Engine, service: str) -> dict[str, dict[str, Any]]:
    """Run `efir doctor` inside; answers its checks by name."""
    told = json.loads(engine.within(service, "efir", "doctor", "--json", codes=(0, 5)))
    return {check["check"]: check for check in told["checks"]}


def sandbox_without_namespaces(engine: Engine, room: Path) -> str:
    """Answer what `efir doctor` says of the sandbox where the engine refuses namespaces, as Docker does by default."""
    if engine.name == "docker":
        return str(findings(engine, "worker")["sandbox"]["detail"])
    profile = room / "seccomp.json"
    profile.write_text(json.dumps(_without_namespaces()), encoding="utf-8")
    options = ("--rm", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", f"seccomp={profile}")  # noqa: S108  # of the container
    told = json.loads(engine.run("run", *options, EFIR, "doctor", "--json", codes=(0, 5)))
    return str(next(check for check in told["checks"] if check["check"] == "sandbox")["detail"])


def _without_namespaces() -> dict[str, Any]:
    """Podman's own profile, changed to what Docker's says of namespaces."""
    profile: dict[str, Any] = json.loads(next(path for path in PROFILES if path.is_file()).read_text(encoding="utf-8"))
    rules = [
        rule | {"names": [name for name in rule["names"] if name not in {*REFUSED, "clone", "clone3"}]}
        for rule in profile["syscalls"]
    ]
    plain = {"index": 0, "value": NAMESPACE_FLAGS, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}
    rules += [
        {"names": sorted(REFUSED), "action": "SCMP_ACT_ERRNO", "errnoRet": errno.EPERM},
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno.ENOSYS},  # its flags cannot be looked at
        {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [plain]},
    ]
    return profile | {"syscalls": [rule for rule in rules if rule["names"]]}


def _writes(engine: Engine, service: str, path: str) -> bool:
    try:
        engine.within(service, "touch", path)
    except CommandBroke:
        return False
    return True
