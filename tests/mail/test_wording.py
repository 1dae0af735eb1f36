"""Mails in two languages: every text is there, nothing typed is markup, secrets stand where they must."""

import re
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from efir.adapters.mail.wording import CONTENTS, HERE, LOCALE
from efir.application.context import Ports
from efir.domain.auth.alerts import Alert
from efir.domain.mail import FACTS, Mail, MailId, MailKind, WrongFacts
from kernel.test_page_texts import places
from mail.test_delivery import VALUES, facts_of


def entries() -> dict[Any, Any]:
    with (LOCALE / "ru" / "LC_MESSAGES" / "mail.po").open("rb") as file:
        return {entry.id: entry.string for entry in read_po(file, locale="ru", abort_invalid=True) if entry.id}


def test_every_text_of_mails_has_a_russian_translation_and_none_is_left_over() -> None:
    found = {
        message for _, _, message, _, _ in extract_from_dir(str(HERE), [("**.py", "python")], keywords={"_": None})
    }
    assert len(found) > 20
    assert found == set(entries())
    for source, text in entries().items():
        assert text
        assert places(text) == places(source)


def test_every_kind_of_mail_has_words_and_facts() -> None:
    assert set(CONTENTS) == set(FACTS) == set(MailKind)


@pytest.mark.parametrize("facts", [{}, {"nickname": "ada", "token": "x"}])
def test_a_mail_with_other_facts_than_its_kind_needs_is_a_fault(ports: Ports, facts: dict[str, str]) -> None:
    with pytest.raises(WrongFacts):
        mail(ports, MailKind.PASSWORD_CHANGED, facts)


def test_typed_text_is_never_markup(ports: Ports) -> None:
    letter = ports.mail.wording.letter(mail(ports, MailKind.PASSWORD_CHANGED, {"nickname": "<b>&\"'"}))
    assert "<b>" not in letter.html
    assert "<b>&\"'" in letter.text


@pytest.mark.parametrize("kind", MailKind)
def test_a_subject_is_one_line_and_no_subject_tells_a_link(ports: Ports, kind: MailKind) -> None:
    letter = ports.mail.wording.letter(mail(ports, kind, facts_of(kind)))
    assert letter.subject.isprintable()
    assert VALUES["token"] not in letter.subject
    assert not re.search(r"<script|onclick|<img|https?://(?!efir\.test)", letter.html)


@pytest.mark.parametrize("what", Alert)
def test_every_change_of_signing_in_has_words(ports: Ports, what: Alert) -> None:
    facts = {"nickname": "ada", "what": what.value}
    texts = {ports.mail.wording.letter(mail(ports, MailKind.SECURITY_CHANGED, facts)).text}
    assert len(texts.pop().splitlines()) > 4


def mail(ports: Ports, kind: MailKind, facts: dict[str, str]) -> Mail:
    return Mail(
        id=MailId(ports.new_id()), kind=kind, recipient="ada@example.org", lang="en", created_at=ports.clock(),
        facts=facts,
    )  # fmt: skip
