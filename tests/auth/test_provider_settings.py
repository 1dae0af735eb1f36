"""Providers from the settings: a wrong one is named before anything starts."""

from typing import Any

import pytest

from efir.adapters.oidc.documents import safe
from efir.adapters.secrets.sealing import Sealer
from efir.bootstrap.wiring.providers import providers_of
from efir.settings import SettingsRefused, from_environment

RIGHT = {"ISSUER": "https://provider.example", "CLIENT_ID": "efir"}


def settings(name: str, **fields: str) -> Any:
    return from_environment(
        {"EFIR_ENV_FILE": "/dev/null"} | {f"EFIR_OIDC__{name}__{field}": value for field, value in fields.items()}
    )


async def test_a_provider_is_named_by_its_setting() -> None:
    async with providers_of(settings("MY-IDP", **RIGHT, LABEL="Work"), Sealer(b"k" * 32)) as found:
        assert [(name, each.view.label, each.issuer) for name, each in found.items()] == [
            ("my-idp", "Work", "https://provider.example")
        ]
    async with providers_of(from_environment({"EFIR_ENV_FILE": "/dev/null"}), Sealer(b"k" * 32)) as found:
        assert found == {}


@pytest.mark.parametrize(
    ("name", "changes", "told"),
    [
        ("EVIL", {"ISSUER": "http://provider.example"}, "EFIR_OIDC__EVIL__ISSUER"),
        ("EVIL", {"ISSUER": ""}, "EFIR_OIDC__EVIL__ISSUER"),
        ("EVIL", {"CLIENT_ID": ""}, "EFIR_OIDC__EVIL__CLIENT_ID"),
        ("EVIL", {"ALGORITHMS": "HS256"}, "HS256"),
        ("EVIL", {"ALGORITHMS": "RS256,none"}, "none"),
        ("EVIL", {"SCOPES": "email"}, "openid"),
        ("EV IL", {}, "letters"),
    ],
)
async def test_a_wrong_provider_stops_the_start(name: str, changes: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsRefused, match=told):
        async with providers_of(settings(name, **RIGHT | {"LABEL": "x"} | changes), Sealer(b"k" * 32)):
            pass


def test_an_unknown_part_of_a_provider_is_refused() -> None:
    with pytest.raises(SettingsRefused, match="secrett"):
        settings("EVIL", **RIGHT, SECRETT="x")


@pytest.mark.parametrize(
    ("url", "is_safe"),
    [("https://a.example/x", True), ("http://127.0.0.1:1/x", True), ("http://localhost/x", True),
     ("http://a.example/x", False), ("http://127.0.0.1.evil.example/", False), ("ftp://127.0.0.1/", False),
     ("", False)],
)  # fmt: skip
def test_secrets_are_sent_encrypted_or_within_the_machine(url: str, is_safe: bool) -> None:  # noqa: FBT001  # expected
    assert safe(url) is is_safe
