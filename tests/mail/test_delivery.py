"""Mails reach the server once, in both languages, or wait for it."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog

from efir.adapters.mail.smtp import SmtpMailer, SmtpRefused, SmtpServer, message_of, sender_address, smtp_server
from efir.application.context import Ports
from efir.application.mail.mails import Envelope, forget_mails, put_mail
from efir.domain.kernel.ids import EmailAddress
from efir.domain.mail import FACTS, Mail, MailId, MailKind, MailRefused
from efir.ports.mail import MailServerUnavailable
from kit.fixtures.mails import Deliver, work_off
from kit.mail_server import Sink, links_of, marked_up, plain, self_signed, smtp_sink
from kit.relay import before_answer, relay

ADA = "ada@example.org"
TOKEN = "T" * 43
VALUES = {"nickname": "ada", "code": "12345678", "token": TOKEN, "email": "new@example.org", "date": "2026-12-05",
          "what": "code-used"}  # fmt: skip


def facts_of(kind: MailKind) -> dict[str, str]:
    return {name: VALUES[name] for name in FACTS[kind]}


async def put(ports: Ports, kind: MailKind = MailKind.PASSWORD_CHANGED, *, lang: str = "en", to: str = ADA) -> None:
    async with ports.begin() as tx:
        await put_mail(
            ports, tx, kind, Envelope(EmailAddress(to, to), lang), now=ports.clock(), **facts_of(kind)
        )  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "ru"])
@pytest.mark.parametrize("kind", MailKind)
async def test_every_mail_arrives_as_text_and_as_html(
    mailing: Ports, sink: Sink, deliver: Deliver, kind: MailKind, lang: str
) -> None:
    await put(mailing, kind, lang=lang)
    assert await deliver() == ["send_mail job started", "send_mail job done"]
    (message,) = sink.messages
    assert message["To"] == ADA
    assert message["From"] == "Efir <efir@efir.test>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == lang
    for name in FACTS[kind] - {"date", "token", "what"}:
        assert VALUES[name] in plain(message)
        assert VALUES[name] in marked_up(message)
    assert [link for link in links_of(message) if not link.startswith("http://efir.test")] == []
    assert ("Здравствуйте" in plain(message)) == (lang == "ru")
    assert f'<html lang="{lang}">' in marked_up(message)


async def test_a_mail_that_was_taken_is_not_sent_again(
    mailing: Ports, sink: Sink, deliver: Deliver, connection: Any
) -> None:
    await put(mailing)
    assert await deliver() != []
    assert await deliver() == []
    row = await connection.fetchrow("select state, sealed from mails")
    assert tuple(row) == ("sent", None)
    assert len(sink.messages) == 1


async def test_a_rolled_back_transaction_leaves_no_mail(
    mailing: Ports, sink: Sink, deliver: Deliver, connection: Any
) -> None:
    async def refused() -> None:
        async with mailing.begin() as tx:
            envelope = Envelope(EmailAddress(ADA, ADA), "en")
            await put_mail(mailing, tx, MailKind.PASSWORD_CHANGED, envelope, now=mailing.clock(), nickname="ada")
            raise MailRefused

    with pytest.raises(MailRefused):
        await refused()
    assert await deliver() == []
    assert await connection.fetchval("select count(*) from mails") == 0


async def test_a_server_that_asks_for_patience_gets_the_mail_later(
    mailing: Ports, sink: Sink, deliver: Deliver, connection: Any
) -> None:
    sink.answers.append("451 4.7.1 Greylisted")
    await put(mailing)
    assert await deliver() == ["send_mail job started", "send_mail job will be tried again"]
    assert await connection.fetchval("select run_at > now() + interval '3 s' from jobs")
    await connection.execute("update jobs set run_at = now()")
    assert await deliver() == ["send_mail job started", "send_mail job done"]
    assert len(sink.messages) == 1


async def test_a_server_that_is_away_is_asked_for_more_than_a_day(
    mailing: Ports, connection: Any, ports: Ports
) -> None:
    nowhere = SmtpMailer(smtp_server("smtp://127.0.0.1:1"), sender=sender_address("efir@efir.test"), seconds=1)
    away, waited = replace(mailing, mail=replace(mailing.mail, mailer=nowhere)), 0.0
    await put(away)
    for _ in range(20):
        told = await work_off(away)
        if told == ["send_mail job started", "send_mail job failed"]:
            break
        waited += await connection.fetchval("select extract(epoch from run_at - now())::float8 from jobs")
        await connection.execute("update jobs set run_at = now()")
    assert waited > 86_400
    assert tuple(await connection.fetchrow("select state, sealed from mails")) == ("failed", None)


@pytest.mark.parametrize("where", ["the mailbox", "the mail"])
async def test_a_final_refusal_is_not_repeated(
    mailing: Ports, sink: Sink, deliver: Deliver, connection: Any, where: str
) -> None:
    if where == "the mailbox":
        sink.refused.add(ADA)
    else:
        sink.answers.append("554 5.7.1 Spam")
    await put(mailing, MailKind.PASSWORD_RESET)
    assert await deliver() == ["send_mail job started", "send_mail job failed"]
    assert tuple(await connection.fetchrow("select state, sealed from mails")) == ("failed", None)


async def test_a_lost_answer_leads_to_a_second_mail_with_the_same_id(
    mailing: Ports, sink: Sink, connection: Any
) -> None:
    with relay(sink.port, before_answer(lambda piece: piece.endswith(b"\r\n.\r\n"))) as cut:
        mailer = SmtpMailer(smtp_server(f"smtp://127.0.0.1:{cut.port}"), sender=sender_address("e@e.test"), seconds=5)
        through = replace(mailing, mail=replace(mailing.mail, mailer=mailer))
        await put(through)
        assert await work_off(through) == ["send_mail job started", "send_mail job will be tried again"]
        await connection.execute("update jobs set run_at = now()")
        assert await work_off(through) == ["send_mail job started", "send_mail job done"]
    assert cut.cuts == 1
    assert len(sink.messages) == 2
    assert len({message["Message-ID"] for message in sink.messages}) == 1


async def test_what_says_nothing_true_any_more_is_not_sent(
    mailing: Ports, sink: Sink, deliver: Deliver, connection: Any
) -> None:
    await put(mailing, MailKind.EMAIL_CONFIRM)
    await connection.execute("update mails set expires_at = now() - interval '1 s'")
    assert await deliver() == ["send_mail job started", "send_mail job done"]
    assert sink.messages == []
    assert await connection.fetchval("select state from mails") == "expired"


async def test_secrets_of_mails_are_neither_stored_in_the_open_nor_logged(
    mailing: Ports, sink: Sink, deliver: Deliver, connection: Any, caplog: pytest.LogCaptureFixture
) -> None:
    sink.answers += ["451 4.3.0 later", f"554 5.7.1 no {TOKEN}"]
    with structlog.testing.capture_logs() as lines, caplog.at_level(logging.DEBUG):
        await put(mailing, MailKind.EMAIL_CONFIRM)
        stored = await connection.fetchval(
            "select (select to_jsonb(m)::text from mails m) || (select to_jsonb(j)::text from jobs j)"
        )
        await deliver()
        await connection.execute("update jobs set run_at = now()")
        await deliver()
    stored += await connection.fetchval("select to_jsonb(j)::text from jobs j")
    assert TOKEN not in stored
    assert "12345678" not in stored
    ours = [record.getMessage() for record in caplog.records if record.name != "mail.log"]  # that one is the sink's
    for said in (str(lines), str(ours)):
        assert TOKEN not in said
        assert "12345678" not in said
        assert ADA not in said


async def test_old_mails_are_forgotten(mailing: Ports, connection: Any) -> None:
    await put(mailing)
    assert await forget_mails(mailing) == 0
    await connection.execute("update mails set created_at = now() - interval '8 days'")
    assert await forget_mails(mailing) == 1


@pytest.mark.parametrize("tls", [False, True])
async def test_a_line_is_encrypted_before_the_login(ports: Ports, tmp_path: Path, *, tls: bool) -> None:
    certificate, trusted = self_signed(tmp_path)
    with smtp_sink(certificate=certificate, login=True, tls=tls) as sink:
        scheme = "smtps" if tls else "smtp+starttls"
        server = smtp_server(f"{scheme}://a%40b:right@localhost:{sink.port}")
        mailer = SmtpMailer(server, sender=sender_address("e@e.test"), seconds=5, trusted=trusted)
        async with ports.begin() as tx:
            envelope = Envelope(EmailAddress(ADA, ADA), "en")
            await put_mail(
                replace(ports, mail=replace(ports.mail, mailer=mailer)),
                tx,
                MailKind.PASSWORD_CHANGED,
                envelope,
                now=ports.clock(),
                nickname="a",
            )
        await work_off(replace(ports, mail=replace(ports.mail, mailer=mailer)))
        assert sink.logins == [("a@b", "right")]
        assert sink.encrypted == [not tls]  # the sink notes STARTTLS; over TLS it is reached by nothing else
        stranger = SmtpMailer(server, sender=sender_address("e@e.test"), seconds=1)
        with pytest.raises(MailServerUnavailable):
            await stranger.send(ports.mail.wording.letter(a_mail(ports)))
        if tls:
            return  # one wrong login is enough: the sink makes it wait
        wrong = SmtpMailer(
            replace(server, password="wrong"), sender=sender_address("e@e.test"), seconds=5, trusted=trusted
        )
        with pytest.raises(MailServerUnavailable):
            await wrong.send(ports.mail.wording.letter(a_mail(ports)))


async def test_a_server_without_encryption_gets_no_login(ports: Ports) -> None:
    with smtp_sink(login=True) as sink:
        server = replace(smtp_server(f"smtp://127.0.0.1:{sink.port}"), username="a", password="right", starttls=True)
        with pytest.raises(MailServerUnavailable):
            await SmtpMailer(server, sender=sender_address("e@e.test"), seconds=5).send(
                ports.mail.wording.letter(a_mail(ports))
            )
        assert sink.logins == []


def a_mail(ports: Ports) -> Mail:
    return Mail(
        id=MailId(ports.new_id()), kind=MailKind.PASSWORD_CHANGED, recipient=ADA, lang="en", created_at=ports.clock(),
        facts={"nickname": "ada"},
    )  # fmt: skip


def test_the_address_of_a_mail_server_says_how_to_talk_to_it() -> None:
    assert smtp_server("smtp://mail.example.org") == SmtpServer("mail.example.org", 25, False, None, None, None)
    assert smtp_server("smtps://mail.example.org") == SmtpServer("mail.example.org", 465, True, False, None, None)
    assert smtp_server("smtp+starttls://m.example.org").starttls is True
    assert smtp_server("smtp://a:b@m.example.org:2525") == SmtpServer("m.example.org", 2525, False, True, "a", "b")
    assert smtp_server("smtp://a:b@127.0.0.1").starttls is None


@pytest.mark.parametrize(
    "url",
    ["", "mail.example.org", "http://x", "smtp://", "smtp://x:99999", "smtp://a@x", "smtp://x/path", "smtp://x?a=b"],
)
def test_an_address_that_is_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(SmtpRefused):
        smtp_server(url)


@pytest.mark.parametrize("text", ["", "no address", "Efir <>", "a@b@c", "x@y\r\nBcc: z@z"])
def test_a_sender_that_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(SmtpRefused):
        message_of(None, sender_address(text))  # type: ignore[arg-type]  # it is never reached
