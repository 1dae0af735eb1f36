"""Wiring of mail by the settings: the server, the sender, the texts."""

from email.headerregistry import Address
from urllib.parse import urlsplit

from efir.adapters.links import SiteLinks
from efir.adapters.mail.smtp import SmtpMailer, SmtpRefused, SmtpServer, sender_address, smtp_server
from efir.adapters.mail.wording import LOCALE, MailWording
from efir.drivers.web.kernel.i18n import LANGUAGES, catalogue
from efir.ports.mail import MailPorts
from efir.settings import Settings, SettingsRefused


def mail_ports(settings: Settings) -> MailPorts:
    """Return the ports that compose and send mails. Raises SettingsRefused."""
    return MailPorts(wording=wording_of(settings), mailer=mailer_of(settings))


def wording_of(settings: Settings) -> MailWording:
    """Return the texts of mails; their catalogues are read like those of the pages."""
    catalogues = {lang: catalogue(LOCALE, lang, "mail") for lang in LANGUAGES}
    return MailWording(
        catalogues, links=SiteLinks(settings.origin), origin=settings.origin,
        code_seconds=settings.limits.email_code_seconds,
    )  # fmt: skip


def mailer_of(settings: Settings) -> SmtpMailer | None:
    """Return the client of the mail server; None when none is configured. Raises SettingsRefused."""
    if not settings.mail.smtp_url:
        return None
    server, sender = mail_of(settings)
    return SmtpMailer(server, sender=sender, seconds=settings.limits.mail_seconds)


def mail_of(settings: Settings) -> tuple[SmtpServer, Address]:
    """Return the mail server and the sender. Raises SettingsRefused."""
    try:
        server = smtp_server(settings.mail.smtp_url)
    except SmtpRefused as error:
        raise SettingsRefused(f"EFIR_MAIL__SMTP_URL is wrong: {error}.") from error
    host = urlsplit(settings.origin).hostname or "localhost"
    try:
        return server, sender_address(settings.mail.sender or f"Efir <efir@{host}>")
    except SmtpRefused as error:
        raise SettingsRefused(f"EFIR_MAIL__FROM is wrong: {error}.") from error
