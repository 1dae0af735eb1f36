"""How often one network may register, look up names and addresses, and send pictures before it has an account."""

from efir.application.context import Ports, Visitor
from efir.application.kernel.rate_limits import HOUR
from efir.domain.kernel.rate_limits import Rate, network_of, subnet_of


def draft_rates(ports: Ports, *, visitor: Visitor) -> tuple[Rate, ...]:
    """Return how many registrations one network may start."""
    return (Rate("registration-start", network_of(visitor.ip), 4 * ports.limits.registrations_network, HOUR),)


def picture_rates(ports: Ports, *, visitor: Visitor) -> tuple[Rate, ...]:
    """Return how many pictures one network may send before it has accounts."""
    return (Rate("registration-picture", network_of(visitor.ip), ports.limits.registration_pictures_network, HOUR),)


def address_rates(ports: Ports, *, visitor: Visitor) -> tuple[Rate, Rate]:
    """Return the rates of email checks: for a subnet, and for the whole service."""
    return (
        Rate("email-check", subnet_of(visitor.ip), ports.limits.email_checks_network, HOUR),
        Rate("email-check-instance", "all", ports.limits.email_checks_day, 24 * HOUR),
    )


def code_rate(ports: Ports, *, visitor: Visitor) -> Rate:
    """Return how many codes for addresses of registrations one network may ask for."""
    return Rate("registration-code", network_of(visitor.ip), ports.limits.email_codes_network, HOUR)


def registration_rate(ports: Ports, *, visitor: Visitor) -> Rate:
    """Return how many accounts one network may make."""
    return Rate("registration", network_of(visitor.ip), ports.limits.registrations_network, HOUR)
