"""What Containerfile and compose.yaml promise, read from the files; `just containers` runs them."""

import re
import tomllib
from typing import Any

import pytest
import yaml

from architecture.source import TOP, tracked
from efir.bootstrap.main import COMMANDS
from efir.bootstrap.processes.serving import DRAIN_SECONDS
from efir.domain.kernel.limits import Limits
from efir.settings import load_from_environment

CONTAINERFILE = (TOP / "Containerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((TOP / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OWN = ("migrate", "api", "worker")
VARIABLE = re.compile(r"\$\{(\w+)(:?[-?])?")
SECONDS = re.compile(r"(\d+)s")
BUILD_ONLY = {"PIP_INDEX_URL", "npm_config_registry"}


def test_only_the_port_of_the_api_is_published_and_to_this_machine_unless_asked() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"api"}
    assert SERVICES["api"]["ports"] == ["${EFIR_HOST:-127.0.0.1}:${EFIR_PORT:-8000}:8000"]
    assert not [name for name, service in SERVICES.items() if "network_mode" in service]


def test_the_servers_cannot_be_reached_from_outside_nor_reach_it() -> None:
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert all(SERVICES[name]["networks"] == ["inside"] for name in ("postgres", "valkey", "migrate"))


def test_every_image_can_be_replaced_and_none_is_the_latest() -> None:
    images = [service["image"] for service in SERVICES.values()] + [SERVICES["migrate"]["build"]["args"]["BASE"]]
    assert all(re.fullmatch(r"\$\{IMAGE_OF_[A-Z]+:-[\w./-]+:[\w.-]+\}", image) for image in images)
    assert "latest" not in "".join(images) + CONTAINERFILE
    default = re.search(r"^ARG BASE=(\S+:\S+)$", CONTAINERFILE, re.MULTILINE)
    assert default
    assert images[-1] == f"${{IMAGE_OF_BASE:-{default[1]}}}"


def test_every_stage_begins_with_the_base_that_is_given() -> None:
    stages = re.findall(r"^FROM (\S+)(?: AS (\S+))?$", CONTAINERFILE, re.MULTILINE)
    assert stages[0][0] == "${BASE}"
    assert {parent for parent, _ in stages[1:]} <= {name for _, name in stages}


def test_the_image_runs_as_nobody_special_and_tells_its_health() -> None:
    last = CONTAINERFILE[CONTAINERFILE.rindex("\nFROM ") :]
    assert re.findall(r"^USER (.*)$", last, re.MULTILINE) == ["10001:10001"]
    assert re.search(r"^HEALTHCHECK .*CMD \[\"efir\", \"alive\"\]$", last, re.MULTILINE)
    assert 'ENTRYPOINT ["tini", "--", "efir"]\nCMD ["api"]' in last


def test_the_image_holds_what_the_lock_names_by_hash() -> None:
    installs = re.findall(r"(?:pip|uv) (?:pip )?install (.*?)(?:\n(?! )|\Z)", CONTAINERFILE, re.DOTALL)
    assert len(installs) == 3
    assert all("--require-hashes" in one or "--build-constraints requirements-dev.lock" in one for one in installs)
    arguments = set(re.findall(r"^ARG (\w+)", CONTAINERFILE, re.MULTILINE)) - {"BASE"}
    assert arguments == BUILD_ONLY, "what is named by ARG stays in the history of a stage"


def test_the_locks_name_every_package_that_is_declared() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text())
    declared = {"requirements.lock": project["project"]["dependencies"]}
    declared["requirements-dev.lock"] = declared["requirements.lock"] + project["dependency-groups"]["dev"]
    for lock, packages in declared.items():
        locked = set(re.findall(r"^([a-z0-9.-]+)==", (TOP / lock).read_text(), re.MULTILINE))
        assert {re.split(r"[^\w.-]", package)[0] for package in packages} <= locked


def test_what_the_image_is_built_from_is_let_through() -> None:
    allowed = set(re.findall(r"^!(\S+)$", (TOP / ".dockerignore").read_text(), re.MULTILINE))
    copied = {
        word for line in re.findall(r"^COPY (?!--)(.*) \S+$", CONTAINERFILE, re.MULTILINE) for word in line.split()
    }
    assert copied == allowed
    assert all((TOP / name).exists() for name in allowed)


@pytest.mark.parametrize("name", OWN)
def test_a_container_of_ours_can_do_nothing_but_its_work(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["volumes"] == ["data:/var/lib/efir"]
    assert not {"privileged", "user", "devices", "cap_add"} & set(service)
    assert service["command"][0] == name
    assert name in COMMANDS


def test_all_that_must_last_is_on_named_volumes() -> None:
    mounted = {volume.partition(":")[0] for service in SERVICES.values() for volume in service["volumes"]}
    assert mounted == set(COMPOSE["volumes"]) == {"postgres", "valkey", "data"}
    assert "VOLUME /var/lib/efir" in CONTAINERFILE


def test_every_setting_of_the_services_is_known() -> None:
    image = dict(re.findall(r"\b(EFIR_\w+)=(\S+)", CONTAINERFILE))
    assert image["EFIR_DATA_DIR"] == SERVICES["api"]["volumes"][0].partition(":")[2]
    for name in OWN:
        given = {key: VARIABLE.sub("", value).strip("}") for key, value in SERVICES[name]["environment"].items()}
        settings = load_from_environment({**image, **given, "POSTGRES_PASSWORD": "p@ss/%", "EFIR_API_WORKERS": "1",
                                     "EFIR_LOG__LEVEL": "info", "EFIR_ENV_FILE": "/dev/null"})  # fmt: skip
        assert settings.database.url == "postgresql://efir:p%40ss%2F%25@postgres:5432/efir"
        assert settings.redis.url == "redis://valkey:6379/0"
        assert (settings.host, settings.port) == ("0.0.0.0", 8000)


def test_no_password_has_a_default() -> None:
    text = (TOP / "compose.yaml").read_text()
    uses = {name: how for name, how in VARIABLE.findall(text) if "PASSWORD" in name or "SECRET" in name}
    assert uses == {"POSTGRES_PASSWORD": ":?", "EFIR_SECRET": ":-"}
    assert "${EFIR_SECRET:-}" in text


def test_variables_of_the_compose_file_can_stand_in_the_same_file_as_settings() -> None:
    names = {name for name, _ in VARIABLE.findall((TOP / "compose.yaml").read_text())}
    load_from_environment({name: "1" for name in names if name.startswith("EFIR_") and "LEVEL" not in name})
    assert load_from_environment({"POSTGRES_PASSWORD": "x", "EFIR_ENV_FILE": "/dev/null"}).database.url == ""


def test_containers_get_longer_to_stop_than_the_processes_take() -> None:
    def grace(name: str) -> int:
        found = SECONDS.fullmatch(SERVICES[name]["stop_grace_period"])
        return int(found[1]) if found else 0

    limits = Limits()
    assert grace("api") > limits.drain_edge_seconds + 5 > DRAIN_SECONDS
    assert grace("worker") > limits.drain_worker_seconds + 5
    assert grace("postgres") >= 60


def test_everything_that_stays_up_starts_again_and_tells_its_health() -> None:
    staying = {name: service for name, service in SERVICES.items() if name != "migrate"}
    assert {service["restart"] for service in staying.values()} == {"unless-stopped"}
    assert all(service["healthcheck"]["test"][0] == "CMD" for service in staying.values())
    assert SERVICES["migrate"]["restart"] == "no"
    for name in ("api", "worker"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert SERVICES[name]["depends_on"]["postgres"] == {"condition": "service_healthy"}
    assert SERVICES["migrate"]["command"] == ["migrate", "--wait", "60"]


def test_there_is_one_description_of_the_containers() -> None:
    names = [path.name for path in tracked()]
    assert names.count("compose.yaml") == names.count("Containerfile") == 1
    assert not {"Dockerfile", "docker-compose.yml", "docker-compose.yaml", "compose.yml"} & set(names)
