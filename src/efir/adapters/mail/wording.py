"""The texts of mails, in English and, by gettext, in Russian; links lead to the configured public address only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from gettext import NullTranslations
from pathlib import Path

from babel.core import Locale
from babel.dates import format_date, format_timedelta
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from efir.domain.auth.alerts import Alert
from efir.domain.mail import Mail, MailKind
from efir.ports.kernel.links import Links
from efir.ports.mail import Letter

HERE = Path(__file__).parent
LOCALE = HERE / "locale"
Translate = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The content of a mail before layout: lines above, a code and a link in the middle, lines below."""

    subject: str
    above: tuple[str, ...]
    code: str = ""
    label: str = ""
    link: str = ""
    below: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What all mails of one site and language share: the addresses of links, and the format of times."""

    links: Links
    locale: Locale
    code_life: timedelta

    def life(self, mail: Mail) -> str:
        """Return how long the link of a mail is valid, as text."""
        return self.span((mail.expires_at or mail.created_at) - mail.created_at)

    def span(self, time: timedelta) -> str:
        """Return a time span as text: `10 minutes`."""
        return format_timedelta(time, threshold=1.0, locale=self.locale)


class MailWording:
    """Composes and lays out mails."""

    def __init__(
        self, catalogues: Mapping[str, NullTranslations], *, links: Links, origin: str, code_seconds: float
    ) -> None:
        """Take the catalogue of each language, the links, the public address, and how long a code is valid."""
        self._catalogues, self._origin = catalogues, origin
        self._places = {
            lang: Place(links=links, locale=Locale.parse(lang), code_life=timedelta(seconds=code_seconds))
            for lang in catalogues
        }
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=select_autoescape(("html",)),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )

    def letter(self, mail: Mail) -> Letter:
        """Compose a mail in its language."""
        _ = self._catalogues[mail.lang].gettext
        place = self._places[mail.lang]
        content = CONTENTS[mail.kind](_, mail, place)
        facts = {
            "content": content,
            "lang": mail.lang,
            "greeting": _("Hello %(nickname)s,") % mail.facts if mail.facts["nickname"] else _("Hello,"),
            "copy_link": _("Or copy this address into the browser:"),
            "about": _("This mail was written by a machine at %(origin)s. Answers reach nobody.")
            % {"origin": self._origin},
        }
        return Letter(
            id=mail.id, recipient=mail.recipient, lang=mail.lang, subject=content.subject,
            text=self._templates.get_template("mail.txt").render(facts),
            html=self._templates.get_template("mail.html").render(facts), created_at=mail.created_at,
        )  # fmt: skip


def _email_confirm(_: Translate, mail: Mail, place: Place) -> Content:
    return Content(
        subject=_("%(code)s is your code for Efir") % mail.facts,
        above=(
            _("Confirm that this is your address. The code is good for: %(span)s.")
            % {"span": place.span(place.code_life)},
        ),
        code=mail.facts["code"],
        label=_("Confirm the address"),
        link=place.links.confirm_email(mail.facts["token"]),
        below=(
            _("The link is good for: %(span)s. Opening it changes nothing yet: you are asked first.")
            % {"span": place.life(mail)},
            _("If you did not register at Efir, leave this mail alone: without you nothing happens."),
        ),
    )


def _registration_code(_: Translate, mail: Mail, place: Place) -> Content:
    return Content(
        subject=_("%(code)s is your code for Efir") % mail.facts,
        above=(
            _("Confirm that this is your address. The code is good for: %(span)s.")
            % {"span": place.span(place.code_life)},
        ),
        code=mail.facts["code"],
        label=_("Type it in where you signed up"),
        link=place.links.registration_code(),
        below=(_("If you did not register at Efir, leave this mail alone: without you nothing happens."),),
    )


def _email_known(_: Translate, _mail: Mail, place: Place) -> Content:
    return Content(
        subject=_("You already have an account at Efir"),
        above=(
            _("Somebody, probably you, has just entered this address at Efir. It belongs to your account already."),
        ),
        label=_("Sign in"),
        link=place.links.sign_in(),
        below=(
            _("If you have forgotten your password, you can set a new one there."),
            _("If this was not you, leave this mail alone: your account stays as it is."),
        ),
    )


def _email_changed(_: Translate, mail: Mail, place: Place) -> Content:
    return Content(
        subject=_("Your address at Efir was changed"),
        above=(
            _("From now on mails about your account go to %(email)s, and no longer here.") % mail.facts,
            _("If this was not you, set a new password at once and tell the administrator of the site."),
        ),
        label=_("Open the settings"),
        link=place.links.security_settings(),
    )


def _password_reset(_: Translate, mail: Mail, place: Place) -> Content:
    return Content(
        subject=_("A new password for Efir"),
        above=(_("Somebody, probably you, wants to set a new password for your account."),),
        label=_("Set a new password"),
        link=place.links.reset_password(mail.facts["token"]),
        below=(
            _("The link can be used once and is good for: %(span)s.") % {"span": place.life(mail)},
            _("If this was not you, leave this mail alone: your password stays as it is."),
        ),
    )


def _password_changed(_: Translate, _mail: Mail, place: Place) -> Content:
    return Content(
        subject=_("Your password at Efir was changed"),
        above=(
            _("A new password was set for your account, and other devices were signed out."),
            _("If this was not you, set a new one now: the link leads to where that is done."),
        ),
        label=_("Set a new password"),
        link=place.links.forgotten_password(),
    )


def _security_changed(_: Translate, mail: Mail, place: Place) -> Content:
    happened = {
        Alert.TOTP_ENABLED: _("Signing in takes two steps from now on: an authenticator app was set up."),
        Alert.TOTP_REMOVED: _("The second step of signing in was turned off."),
        Alert.TOTP_REMOVED_FOR_YOU: _(
            "An administrator turned off the second step of signing in, because it was said to be lost. All devices "
            "were signed out."
        ),
        Alert.CODES_MADE: _("New recovery codes were made; earlier ones are void."),
        Alert.CODE_USED: _("Somebody signed in with one of your recovery codes."),
        Alert.PASSKEY_ADDED: _("A passkey was added to your account."),
        Alert.PASSKEY_REMOVED: _("A passkey was removed from your account."),
        Alert.PASSKEY_COPIED: _("A passkey of your account was refused: there seems to be a copy of it. Remove it."),
        Alert.IDENTITY_LINKED: _("An identity at another service was linked: whoever holds it can sign in."),
        Alert.IDENTITY_UNLINKED: _("An identity at another service was unlinked."),
    }
    return Content(
        subject=_("Signing in to your account at Efir has changed"),
        above=(
            happened[Alert(mail.facts["what"])],
            _("If this was not you, set a new password at once and tell the administrator of the site."),
        ),
        label=_("Open the settings"),
        link=place.links.security_settings(),
    )


def _account_seen(_: Translate, _mail: Mail, place: Place) -> Content:
    return Content(
        subject=_("An administrator looked at your account at Efir"),
        above=(
            _("To help you, an administrator sees Efir as you see it, for half an hour, and can change nothing."),
            _("If you did not ask for help, ask the administrators of the site why. All of it is on record."),
        ),
        label=_("Open the history of sign-ins"),
        link=place.links.sign_in_history(),
    )


def _deletion_planned(_: Translate, mail: Mail, place: Place) -> Content:
    when = format_date(date.fromisoformat(mail.facts["date"]), format="long", locale=place.locale)
    return Content(
        subject=_("Your account at Efir will be deleted"),
        above=(
            _("Your account is closed. On %(date)s it will be emptied, together with its videos.") % {"date": when},
            _("Until then you can keep it: sign in at this address with your nickname and password."),
        ),
        label=_("Keep my account"),
        link=place.links.restore_account(),
    )


def _account_deleted(_: Translate, _mail: Mail, _place: Place) -> Content:
    return Content(
        subject=_("Your account at Efir is deleted"),
        above=(_("What the service stored about you is gone. This is the last mail you get."),),
    )


CONTENTS: Mapping[MailKind, Callable[[Translate, Mail, Place], Content]] = {
    MailKind.EMAIL_CONFIRM: _email_confirm,
    MailKind.EMAIL_KNOWN: _email_known,
    MailKind.REGISTRATION_CODE: _registration_code,
    MailKind.EMAIL_CHANGED: _email_changed,
    MailKind.PASSWORD_RESET: _password_reset,
    MailKind.PASSWORD_CHANGED: _password_changed,
    MailKind.SECURITY_CHANGED: _security_changed,
    MailKind.ACCOUNT_SEEN: _account_seen,
    MailKind.DELETION_PLANNED: _deletion_planned,
    MailKind.ACCOUNT_DELETED: _account_deleted,
}
