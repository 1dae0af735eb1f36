"""Roles, grants and bans: what is acceptable, and what nobody may hand out."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from efir.domain.access.bans import InvalidBan, parse_ban
from efir.domain.access.permissions import EVERY, MEANINGS, Permission, is_permission
from efir.domain.access.roles import (
    ADMINISTRATOR,
    NAME,
    InvalidGrant,
    InvalidRole,
    WiderThanOwn,
    check_within,
    parse_grant,
    parse_name,
    parse_permissions,
    permissions_of,
)
from efir.domain.auth.login_history import device_of
from efir.domain.kernel.rate_limits import network_of

NOW = datetime(2026, 11, 20, tzinfo=UTC)
CODES = st.sampled_from(sorted(EVERY))


@given(st.text(max_size=60))
def test_a_role_name_is_accepted_as_it_is_stored_or_not_at_all(text: str) -> None:
    try:
        name = parse_name(text)
    except InvalidRole:
        return
    assert NAME.fullmatch(name)
    assert parse_name(name) == name
    assert 2 <= len(name) <= 40


@given(st.frozensets(CODES), st.frozensets(CODES))
def test_nobody_hands_out_what_they_lack(wanted: frozenset[str], own: frozenset[str]) -> None:
    if wanted <= own:
        check_within(wanted, own)
    else:
        with pytest.raises(WiderThanOwn):
            check_within(wanted, own)


def test_codes_of_other_services_can_be_handed_out_by_whoever_manages_roles() -> None:
    check_within(frozenset({"cinema:watch"}), frozenset())


@pytest.mark.parametrize("code", ["users.read", "cinema:watch", "cinema:watch.uhd", "my-shop:orders_refund"])
def test_a_role_can_hold_own_codes_and_those_of_other_services(code: str) -> None:
    assert is_permission(code)


@pytest.mark.parametrize("code", ["", "users.*", "*", "users.fly", ":", "a:b c", "Cinema:watch", "cinema:", "x" * 200])
def test_a_role_cannot_hold_wildcards_or_nonsense(code: str) -> None:
    assert not is_permission(code)
    with pytest.raises(InvalidRole):
        parse_permissions([code])


def test_the_administrator_holds_every_permission_there_is_whatever_is_stored() -> None:
    assert permissions_of(ADMINISTRATOR, system=True, stored=[]) == EVERY
    assert permissions_of("mine", system=False, stored=["users.read"]) == {"users.read"}
    assert set(MEANINGS) == EVERY == set(Permission)


@pytest.mark.parametrize("end", [NOW, NOW - timedelta(days=1), datetime(2030, 1, 1)])  # noqa: DTZ001  # wrong on purpose
def test_a_grant_or_ban_ends_in_the_future_at_a_time_with_a_zone(end: datetime) -> None:
    with pytest.raises(InvalidGrant):
        parse_grant(expires_at=end, reason="", now=NOW)
    with pytest.raises(InvalidBan):
        parse_ban(reason="x", until=end, now=NOW)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        (None, "local"),
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002"),
        ("2001:db8:1:2::9", "2001:0db8:0001:0002"),
    ],
)
def test_a_sender_is_an_ipv4_address_or_an_ipv6_network(address: str | None, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
            "Chrome, Windows",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge, Windows",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/140.0 Mobile", "Chrome, Android"),
        ("curl/8.10", "curl"),
        ("", ""),
        ("<script>alert(1)</script>", ""),
    ],
)  # fmt: skip
def test_a_device_is_named_as_people_know_it(agent: str, device: str) -> None:
    assert device_of(agent) == device
