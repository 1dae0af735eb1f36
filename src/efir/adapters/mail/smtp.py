"""Mail over SMTP (RFC 5321), with TLS from the first byte or by STARTTLS (RFC 3207)."""

import contextlib
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog

from efir.domain.kernel.hosts import is_loopback
from efir.domain.mail import MailRefused
from efir.ports.mail import Letter, MailServerUnavailable

PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
PERMANENT = 500  # replies from here on are final (RFC 5321 §4.2.1)
POLICY = SMTP.clone(cte_type="7bit")  # every relay accepts it
log = structlog.get_logger("efir.mail")


class SmtpRefused(ValueError):
    """The address of the mail server, or that of the sender, cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A mail server: `tls` from the first byte; `starttls` is required, disabled, or (None) used if offered."""

    host: str
    port: int
    tls: bool
    starttls: bool | None
    username: str | None
    password: str | None


def smtp_server(url: str) -> SmtpServer:
    """Parse an smtp://, smtps:// or smtp+starttls:// URL with an optional login. Raises SmtpRefused.

    A login is never sent unencrypted: with one, smtp:// requires STARTTLS unless the server is this machine.
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in PORTS or not parts.hostname or port == 0 or parts.path.strip("/") or parts.query:
        raise SmtpRefused("it is an address like smtp+starttls://name:password@mail.example.org:587")
    username = None if parts.username is None else unquote(parts.username)
    password = None if parts.password is None else unquote(parts.password)
    if (username is None) != (password is None):
        raise SmtpRefused("a login has a name and a password")
    required = parts.scheme == "smtp+starttls" or (username is not None and not is_loopback(parts.hostname))
    starttls = False if parts.scheme == "smtps" else True if required else None
    return SmtpServer(
        parts.hostname, port or PORTS[parts.scheme], parts.scheme == "smtps", starttls, username, password
    )


def sender_address(text: str) -> Address:
    """Parse `Name <name@example.org>` or an address alone. Raises SmtpRefused."""
    name, address = parseaddr(text)
    try:
        if not text.isprintable():
            raise SmtpRefused("it has control characters")
        return Address(display_name=name, addr_spec=address)
    except (ValueError, IndexError) as error:
        raise SmtpRefused("it is an address like Efir <efir@example.org>") from error


class SmtpMailer:
    """Sends each mail over a connection of its own; `seconds` is the timeout of each response of the server."""

    def __init__(
        self, server: SmtpServer, *, sender: Address, seconds: float, trusted: ssl.SSLContext | None = None
    ) -> None:
        self._server = server
        self._sender = sender
        self._seconds = seconds
        self._trusted = trusted

    async def send(self, letter: Letter) -> None:
        """Send a mail, and return once the server has accepted it.

        Raises MailRefused for permanent and MailServerUnavailable for temporary failures.
        """
        client = self._client()
        try:
            await client.connect()
            await client.send_message(message_of(letter, self._sender))
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise _classify(letter, error) from None  # the server's text may contain the address
        finally:
            await _quit(client)  # the mail is already accepted: the end of the dialogue does not matter

    async def check(self) -> None:
        """Connect and log in. Raises MailServerUnavailable."""
        client = self._client()
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise MailServerUnavailable(type(error).__name__) from error
        finally:
            await _quit(client)

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._server.host,
            port=self._server.port,
            use_tls=self._server.tls,
            start_tls=self._server.starttls,
            username=self._server.username,
            password=self._server.password,
            timeout=self._seconds,
            tls_context=self._trusted,
        )


async def _quit(client: aiosmtplib.SMTP) -> None:
    with contextlib.suppress(aiosmtplib.SMTPException, OSError):
        if client.is_connected:
            await client.quit()
    client.close()


def message_of(letter: Letter, sender: Address) -> EmailMessage:
    """Return a mail as a message of two equivalent parts; its Message-ID is the same in all attempts."""
    message = EmailMessage(policy=POLICY)
    message["From"] = sender
    message["To"] = letter.recipient
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.created_at)
    message["Message-ID"] = f"<{letter.id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    message["Content-Language"] = letter.lang
    return message


def _classify(letter: Letter, error: Exception) -> MailRefused | MailServerUnavailable:
    """Classify an error of the SMTP dialogue: a final response about this mail, or a server that is unavailable."""
    found: Exception = error
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused) and error.recipients:
        found = error.recipients[0]
    code = found.code if isinstance(found, aiosmtplib.SMTPResponseException) else 0
    log.warning("mail not taken", mail_id=str(letter.id), answer=code, error=type(error).__name__)
    about_us = isinstance(found, aiosmtplib.SMTPAuthenticationError | aiosmtplib.SMTPConnectError)
    unsendable = isinstance(found, aiosmtplib.SMTPNotSupported | UnicodeError)
    if unsendable or (code >= PERMANENT and not about_us):
        return MailRefused(f"The mail server answered {code}." if code else "")
    return MailServerUnavailable(f"The mail server answered {code}." if code else "")
