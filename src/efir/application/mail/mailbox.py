"""The development mailbox: mails that are kept while no mail server is configured, shown on this machine only."""

from msgspec import Struct

from efir.application.context import Ports
from efir.application.mail.mails import KeptMail, list_kept_mails
from efir.domain.kernel.errors import NotFound
from efir.domain.kernel.hosts import host_of, is_loopback


class NoMailbox(NotFound):
    """A mail server is configured, or the caller is not on this machine."""

    code = "no-mailbox"
    title = "There is no mailbox here"


class Asker(Struct, frozen=True):
    """The origin of a request: client address, requested host, and whether a proxy forwarded it."""

    ip: str | None
    host: str
    forwarded: bool


async def read_mailbox(ports: Ports, asker: Asker) -> list[KeptMail]:
    """Return the newest kept mails.

    They contain links that change passwords, so the public address, the client's address and the requested host must
    all be this machine, with no proxy between. Raises NoMailbox.
    """
    hosts = (host_of(ports.origin), host_of(asker.host), asker.ip or "")
    if ports.mail.mailer is not None or asker.forwarded or not all(map(is_loopback, hosts)):
        raise NoMailbox
    return await list_kept_mails(ports)
