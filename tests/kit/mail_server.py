"""A real mail server that keeps what it is sent, answers as a test wants, and a scanner that follows what mails say."""

import email
import email.policy
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from html import unescape
from pathlib import Path
from typing import Any

import httpx
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kit.programs import free_port

LINK = re.compile(r"https?://[^\s\"'<>]+")


@dataclass
class Sink:
    """What came in; `answers` are given to the next mails instead of taking them, `logins` were used."""

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    logins: list[tuple[str, str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802  # the server's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.refused:
            return "550 5.1.1 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # the server's name
        if self.answers:
            return self.answers.pop(0)
        self.encrypted.append(session.ssl is not None)
        self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))  # type: ignore[arg-type]  # the policy makes it one
        return "250 OK"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        self.logins.append((given.login.decode(), given.password.decode()))
        return AuthResult(success=given.password == b"right")

    def to(self, address: str) -> list[EmailMessage]:
        """Mails to an address, oldest first."""
        return [message for message in self.messages if message["To"] == address]


@contextmanager
def smtp_sink(*, certificate: ssl.SSLContext | None = None, login: bool = False, tls: bool = False) -> Iterator[Sink]:
    """Run a mail server on a free port; with a certificate it offers STARTTLS, or speaks TLS at once."""
    sink = Sink(port=free_port())
    options: dict[str, Any] = {"auth_require_tls": False}
    if login:
        options |= {"authenticator": sink.authenticate}
    if certificate is not None:
        options |= {"ssl_context": certificate} if tls else {"tls_context": certificate}
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port, **options)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()


def self_signed(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make a certificate of this machine; answers what a server shows and what a client then trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate, private)
    return server, ssl.create_default_context(cafile=str(certificate))


def plain(message: EmailMessage) -> str:
    """The text part."""
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def marked_up(message: EmailMessage) -> str:
    """The HTML part."""
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def links_of(message: EmailMessage) -> list[str]:
    """Every address that either part names."""
    return list(dict.fromkeys(LINK.findall(plain(message)) + LINK.findall(unescape(marked_up(message)))))


def code_of(message: EmailMessage) -> str:
    """The code in the text."""
    found = re.search(r"^ +([0-9]{8})\r?$", plain(message), re.MULTILINE)
    assert found, plain(message)
    return found[1]


def token_of(message: EmailMessage) -> str:
    """The token in the link."""
    found = re.search(r"[?&]token=([0-9A-Za-z]{43})\b", plain(message))
    assert found, plain(message)
    return found[1]


async def scan(client: httpx.AsyncClient, message: EmailMessage) -> list[httpx.Response]:
    """Do what mail scanners do: open every link, as a browser and as a program, and each form's address, with all its
    fields as they stand; then send the forms, hidden fields and cookies included."""
    answers = []
    for link in links_of(message):
        for accept in ("text/html", "*/*"):
            answers.append(await client.head(link, headers={"accept": accept}))
            answers.append(await client.get(link, headers={"accept": accept}))
        page = answers[-2] if "text/html" in answers[-2].headers.get("content-type", "") else answers[-1]
        for form in re.findall(r"<form\b.*?</form>", page.text, re.DOTALL):
            action = re.search(r'action="([^"]+)"', form)
            assert action, form
            fields = {
                found[1]: unescape(value[1]) if (value := re.search(r'value="([^"]*)"', tag)) else ""
                for tag in re.findall(r"<input\b[^>]*>", form)
                if (found := re.search(r'name="([^"]+)"', tag))
            }
            place = unescape(action[1])
            answers.append(await client.get(place, params=fields))
            answers.append(await client.post(place, data=fields))
    return answers
