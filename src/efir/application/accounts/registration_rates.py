"""Rate limits of registration per network: new registrations, availability checks, codes and pictures."""

from efir.application.context import Ports, Visitor
from efir.application.kernel.rate_limits import HOUR
from efir.domain.kernel.rate_limits import Rate, network_of, subnet_of


def draft_rates(ports: Ports, *, visitor: Visitor) -> tuple[Rate, ...]:
    """Return the rates at which one network may start registrations."""
    return (Rate("registration-start", network_of(visitor.ip), 4 * ports.limits.registrations_network, HOUR),)


def picture_rates(ports: Ports, *, visitor: Visitor) -> tuple[Rate, ...]:
    """Return the rates at which one network may upload pictures before it has accounts."""
    return (Rate("registration-picture", network_of(visitor.ip), ports.limits.registration_pictures_network, HOUR),)


def address_rates(ports: Ports, *, visitor: Visitor) -> tuple[Rate, Rate]:
    """Return the rates of email checks: for a subnet, and for the whole service."""
    return (
        Rate("email-check", subnet_of(visitor.ip), ports.limits.email_checks_network, HOUR),
        Rate("email-check-instance", "all", ports.limits.email_checks_day, 24 * HOUR),
    )


def code_rate(ports: Ports, *, visitor: Visitor) -> Rate:
    """Return the rate at which one network may request codes for addresses of registrations."""
    return Rate("registration-code", network_of(visitor.ip), ports.limits.email_codes_network, HOUR)


def registration_rate(ports: Ports, *, visitor: Visitor) -> Rate:
    """Return the rate at which one network may create accounts."""
    return Rate("registration", network_of(visitor.ip), ports.limits.registrations_network, HOUR)
