"""Settings of mail: read, refused with their names, checked by the doctor, told at the start."""

import msgspec
import pytest

from efir.bootstrap.commands.config import leaves
from efir.bootstrap.commands.doctor import mail
from efir.bootstrap.wiring.mail import mail_of, mailer_of
from efir.drivers.cli.up import mail_hint
from efir.settings import Settings, SettingsRefused, from_environment
from kit.mail_server import Sink, smtp_sink

NOWHERE = {"EFIR_ENV_FILE": "/dev/null"}


def with_mail(**values: str) -> Settings:
    return from_environment(NOWHERE | {f"EFIR_{name}": value for name, value in values.items()})


def test_the_sender_is_ours_unless_another_is_set() -> None:
    url = "smtp://mail.example.org"
    own = with_mail(MAIL__SMTP_URL=url, PUBLIC_URL="https://efir.example.org")
    assert str(mail_of(own)[1]) == "Efir <efir@efir.example.org>"
    other = with_mail(MAIL__SMTP_URL=url, MAIL__FROM="Эфир <post@example.org>")
    assert mail_of(other)[1].addr_spec == "post@example.org"
    assert dict(leaves(other))["EFIR_MAIL__FROM"] == "Эфир <post@example.org>"
    assert mailer_of(with_mail()) is None


@pytest.mark.parametrize(
    ("name", "value"), [("MAIL__SMTP_URL", "http://mail"), ("MAIL__FROM", "nobody"), ("MAIL__FROM", "a@b\nBcc: c@d")]
)
def test_a_wrong_setting_of_mail_is_named(name: str, value: str) -> None:
    settings = with_mail(**{"MAIL__SMTP_URL": "smtp://mail.example.org", name: value})
    with pytest.raises(SettingsRefused, match=f"EFIR_{name}"):
        mailer_of(settings)


async def test_the_doctor_asks_the_mail_server(sink: Sink, settings: Settings) -> None:
    def at(url: str) -> Settings:
        return msgspec.structs.replace(settings, mail=msgspec.structs.replace(settings.mail, smtp_url=url))

    assert (await mail(at(f"smtp://127.0.0.1:{sink.port}"))).state == "ok"
    assert (await mail(at("smtp://127.0.0.1:1"))).state == "problem"
    assert (await mail(at("nonsense"))).state == "problem"
    assert (await mail(at(""))).state == "warning", "the public address of the tests is no loopback"
    with smtp_sink(login=True) as strict:
        assert (await mail(at(f"smtp://a:right@127.0.0.1:{strict.port}"))).state == "ok"


@pytest.mark.parametrize(
    ("origin", "said"),
    [("http://127.0.0.1:8000", "http://127.0.0.1:8000/mailbox"), ("https://efir.example", "EFIR_MAIL__SMTP_URL")],
)
def test_the_start_says_where_mail_goes(origin: str, said: str) -> None:
    assert said in mail_hint(origin)
