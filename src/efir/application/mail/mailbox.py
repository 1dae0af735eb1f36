"""The development mailbox: mails kept for want of a mail server, shown to who sits at the machine."""

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
    """Where a request comes from: its address, the host it names, and whether a proxy passed it on."""

    ip: str | None
    host: str
    forwarded: bool


async def read_mailbox(ports: Ports, asker: Asker) -> list[KeptMail]:
    """Return the newest kept mails.

    They hold links that change passwords, so the public address, the asker's and the host asked for must all be this
    machine, with no proxy between. Raises NoMailbox.
    """
    hosts = (host_of(ports.origin), host_of(asker.host), asker.ip or "")
    if ports.mail.mailer is not None or asker.forwarded or not all(map(is_loopback, hosts)):
        raise NoMailbox
    return await list_kept_mails(ports)
