"""Host names: parsing them from addresses, and recognising loopback hosts."""

import ipaddress


def host_of(address: str) -> str:
    """Return the host of `http://host:port/…` or of `host:port`, without the brackets of IPv6.

    >>> host_of("http://[::1]:8000/x"), host_of("efir.example:80"), host_of("localhost")
    ('::1', 'efir.example', 'localhost')
    """
    place = address.partition("://")[2] if "://" in address else address
    place = place.partition("/")[0]
    if place.startswith("["):
        return place[1:].partition("]")[0]
    return place.rpartition(":")[0] if place.count(":") == 1 else place


def is_loopback(host: str) -> bool:
    """Return whether a host is a loopback address or `localhost`; no name is resolved.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("localhost.example")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
