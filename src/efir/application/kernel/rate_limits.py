"""Refusing what happens too often."""

from efir.application.auth.trusted_devices import known_device
from efir.application.context import Ports, Visitor
from efir.domain.kernel.rate_limits import Rate, Throttled, neighbourhood_of, network_of
from efir.ports.kernel.rate_limits import told

MINUTE = 60
QUARTER = 900
HOUR = 3600


async def limited(ports: Ports, *rates: Rate) -> None:
    """Count an attempt; what is left is told to the client. Raises Throttled."""
    verdict = await ports.rates.take(list(rates))
    told.set(verdict)
    if not verdict.allowed:
        raise Throttled(verdict)


def sign_in_rates(ports: Ports, *, name: str, visitor: Visitor) -> tuple[Rate, ...]:
    """How often a name may be tried from one network and from all, and how often a network may try at all.

    Known devices of a name have rates of their own, so strangers cannot lock its owner out of them.
    """
    network, limits = network_of(visitor.ip), ports.limits
    ident = ports.keys.mac("rates", name.encode()).hex()[:24]
    everything = Rate("sign-in-network", network, limits.sign_in_attempts_network, QUARTER)
    if device := known_device(ports.keys, visitor.device, name):
        return Rate("sign-in-device", f"{ident}:{device}", limits.sign_in_attempts, QUARTER), everything
    return (
        Rate("sign-in", f"{ident}:{network}", limits.sign_in_attempts, QUARTER),
        Rate("sign-in-name", ident, limits.sign_in_attempts_name, QUARTER),
        everything,
    )


def draft_rates(ports: Ports, *, visitor: Visitor) -> tuple[Rate, ...]:
    """How many registrations one network may begin."""
    return (Rate("registration-start", network_of(visitor.ip), 4 * ports.limits.registrations_network, HOUR),)


def picture_rates(ports: Ports, *, visitor: Visitor) -> tuple[Rate, ...]:
    """How many pictures one network may send before it has accounts."""
    return (Rate("registration-picture", network_of(visitor.ip), ports.limits.registration_pictures_network, HOUR),)


def address_rates(ports: Ports, *, visitor: Visitor) -> tuple[Rate, Rate]:
    """How often addresses are answered truly: a neighbourhood of networks, and the whole instance."""
    return (
        Rate("email-check", neighbourhood_of(visitor.ip), ports.limits.email_checks_network, HOUR),
        Rate("email-check-instance", "all", ports.limits.email_checks_day, 24 * HOUR),
    )


def code_rate(ports: Ports, *, visitor: Visitor) -> Rate:
    """How many codes for addresses of registrations one network may ask for."""
    return Rate("registration-code", network_of(visitor.ip), ports.limits.email_codes_network, HOUR)


def registration_rate(ports: Ports, *, visitor: Visitor) -> Rate:
    """How many accounts one network may make."""
    return Rate("registration", network_of(visitor.ip), ports.limits.registrations_network, HOUR)


def name_rate(ports: Ports, *, visitor: Visitor) -> Rate:
    """How many names for recordings one network may take."""
    return Rate("audio-user", network_of(visitor.ip), ports.limits.audio_users_network, HOUR)


def quiz_rate(ports: Ports, *, visitor: Visitor) -> Rate:
    """How often one network may have new questions stored."""
    return Rate("quiz", network_of(visitor.ip), ports.limits.quiz_requests_network, MINUTE)
