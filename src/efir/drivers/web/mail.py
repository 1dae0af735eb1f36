"""The development mailbox: mails that were kept because no mail server is set."""

from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency

from efir.application.access.requirements import PUBLIC
from efir.application.mail.mailbox import Asker, read_mailbox
from efir.drivers.web.kernel.page import Page

FORWARDING = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


class MailboxPages(Controller):
    """The development mailbox."""

    path = "/mailbox"
    opt = PUBLIC

    @get()
    async def mailbox(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
        """Show the newest mails to who sits at this machine; there is no such page for anybody else."""
        asker = Asker(
            ip=page.call.ip,
            host=request.headers.get("host", ""),
            forwarded=any(name in request.headers for name in FORWARDING),
        )
        return page.render("mailbox.html", mails=await read_mailbox(page.call.ports, asker))


PAGES = (MailboxPages,)
