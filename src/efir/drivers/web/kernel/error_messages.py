"""What broken rules mean in words for people, by code; texts are looked up in the catalogue of the page's language."""

from gettext import NullTranslations

from efir.domain.kernel.errors import DomainError, FieldError
from efir.drivers.web.kernel.i18n import mark as _

FIELDS = {
    ("nickname", "length"): _("A nickname has 3 to 30 characters"),
    ("nickname", "characters"): _(
        "A nickname is made of Latin letters and digits, with single dots, dashes or underscores between them"
    ),
    ("nickname", "taken"): _("This nickname is taken, or looks like a taken one"),
    ("nickname", "reserved"): _("This nickname is reserved, choose another one"),
    ("nickname", "personal"): _("This is the password you chose. Choose another nickname"),
    ("email", "personal"): _("This is the password you chose. Choose another password first"),
    ("email", "email"): _("Enter an email address like name@example.org"),
    ("display_name", "length"): _("A name has 1 to 60 characters"),
    ("display_name", "characters"): _("A name has no control or invisible characters"),
    ("password", "length"): _("A password has 10 to 256 characters"),
    ("password", "common"): _("This password is one of the first that anybody would try"),
    ("password", "personal"): _(
        "A password must be more than your nickname, your email address or the name of the site"
    ),
    ("new_password", "length"): _("A password has 10 to 256 characters"),
    ("new_password", "common"): _("This password is one of the first that anybody would try"),
    ("new_password", "personal"): _(
        "A password must be more than your nickname, your email address or the name of the site"
    ),
    ("current_password", "wrong"): _("This is not your password"),
    ("phone", "phone"): _("Enter a number with + and the country, like +44 20 7946 0958"),
    ("locale", "unknown"): _("Choose a language"),
    ("code", "wrong"): _("This is not the code of the mail"),
    ("title", "length"): _("A title has 1 to 120 characters"),
    ("description", "length"): _("A description has at most 10,000 characters"),
    ("tags", "length"): _("A tag has 2 to 40 characters"),
    ("tags", "count"): _("A video has at most 20 tags"),
    ("name", "name"): _("A name has 2 to 40 Latin letters and digits, with single dashes between them"),
    ("name", "length"): _("A token's name has 1 to 60 characters"),
    ("scopes", "empty"): _("Choose what the token allows"),
    ("permissions", "unknown"): _("Permissions of other services are written like cinema:watch.uhd"),
    ("reason", "length"): _("Give a reason of at most 500 characters"),
    ("until", "past"): _("A ban ends in the future"),
    ("until", "format"): _("Write a date like 2027-01-31"),
    ("expires_at", "past"): _("A role ends in the future"),
    ("expires_at", "format"): _("Write a date like 2027-01-31"),
    ("visibility", "unknown"): _("Choose who can watch"),
    ("start", "number"): _("Write a number of seconds, like 1.5"),
    ("start", "range"): _("A part begins at 0 seconds or later"),
    ("start", "outside"): _("The recording is shorter than that"),
    ("start", "empty"): _("Nothing would be left of this recording"),
    ("end", "number"): _("Write a number of seconds, like 1.5"),
    ("end", "order"): _("The end of a part has to be later than its start"),
    ("trim", "empty"): _("Nothing would be left of this recording"),
    ("fade_in", "number"): _("Write a number of seconds, like 1.5"),
    ("fade_in", "range"): _("A fade lasts 0 seconds or longer"),
    ("fade_in", "outside"): _("The fades last longer than the sound"),
    ("fade_out", "number"): _("Write a number of seconds, like 1.5"),
    ("fade_out", "range"): _("A fade lasts 0 seconds or longer"),
    ("fade_out", "outside"): _("The fades last longer than the sound"),
    ("gain", "number"): _("Write a number of decibels, like 3 or -3"),
    ("gain", "range"): _("Choose -60 to 40 decibels"),
    ("join", "unknown"): _("This recording is gone. Choose another one"),
    ("join", "not-ready"): _("This recording is still being converted"),
    ("crossfade", "number"): _("Write a number of seconds, like 1.5"),
    ("crossfade", "range"): _("Choose 0 to 30 seconds"),
    ("crossfade", "outside"): _("One of the recordings is shorter than that"),
    ("start", "nothing"): _("Choose what to change"),
}
TAKEN = {
    "nickname": _("This nickname is taken, or looks like a taken one"),
    "email": _("Somebody has an account with this email address. Sign in instead, or enter another one"),
}
PICTURES = {
    "image-missing": _("Choose a picture"),
    "image-broken": _(
        "This picture is damaged, or of a rare kind. Save it again in another program, or take a screenshot of it"
    ),
    "image-too-small": _("This picture is too small: each side needs at least 64 pixels"),
    "image-too-many-pixels": _(
        "This picture is too large: it may have 50 million pixels and 16,383 along each side. Make it smaller"
    ),
    "image-limits": _(
        "This picture takes too much time or memory, or has more than 1,000 frames. Save it again in another program"
    ),
    "image-too-large": _("This picture is larger than 10 MB"),
    "too-large": _("This picture is larger than 10 MB"),
    "image-type": _("Send a JPEG, PNG, WebP, GIF or AVIF picture; HEIC and SVG cannot be read here"),
    "image-interrupted": _("The picture did not arrive. Send it again"),
    "image-gone": _("This registration has ended. Start again"),
    "image-overtaken": _("A newer picture has replaced this one"),
    "image-not-cuttable": _("Send the picture again to crop it differently"),
    "images-too-many": _("You have sent many pictures. Wait a minute"),
    "images-staging-full": _("Many people are signing up right now. Go on without a picture: you can add it later"),
    "images-busy": _("Too many pictures are on their way. Try again in a moment"),
    "registration-pictures-too-many": _("You have tried many pictures. Finish with this one; it can be changed later"),
    "registration-not-found": _("This registration has ended. Start again"),
    "registration-finished": _("This registration has ended. Start again"),
    "invalid-crop": _("Choose a part of the picture by numbers from 0 to 100"),
}
ERRORS = {
    "nickname-taken": TAKEN["nickname"],
    "handle-taken": TAKEN["nickname"],
    "wrong-credentials": _("The nickname or the password is wrong"),
    "email-taken": _("This address belongs to another account, which confirmed it first"),
    "email-confirmed": _("Your address is confirmed already"),
    "phone-taken": _("This number belongs to another account"),
    "nickname-changed-recently": _("A nickname can be changed once in 30 days"),
    "mails-too-many": _("Enough mails were sent to this address. Try again in an hour"),
    "step-up-needed": _("You signed in some time ago: enter your password"),
    "deletion-pending": _("This account will be deleted soon. You can still keep it: see below"),
    "deletion-not-pending": _("This account is not being deleted: simply sign in"),
    "sign-in-busy": _("Too many people are signing in right now. Try again in a few seconds"),
    "user-banned": _("This account is banned"),
    "csrf-failed": _("The page was open for too long. Send the form again"),
    "rate-limited": _("Too many attempts. Wait a little and try again"),
    "last-administrator": _("This is the last administrator: somebody must be able to administer the service"),
    "wider-than-own": _("This role has permissions that you lack"),
    "system-role": _("This role is part of the system and stays as it is"),
    "role-name-taken": _("There is a role of this name already"),
    "cannot-impersonate": _("You cannot see Efir as this account"),
    "impersonation-read-only": _("In somebody else's place nothing is changed"),
    "cannot-ban": _("You cannot ban this account"),
    "administrator-exists": _("There is an administrator already"),
    "proof-gone": _("This code does not count any more. Ask for another one"),
    "wrong-code": _("The code is wrong, or was used before"),
    "code-refused": _("This is not the current code of the app. Check the clock of your phone"),
    "mfa-locked": _("Too many wrong codes. Wait a quarter of an hour, or use a recovery code"),
    "mfa-challenge-gone": _("That took too long. Sign in again"),
    "totp-off": _("Two steps are turned off"),
    "passkey-not-found": _("This passkey is gone already"),
    "last-way-in": _("Without it you could not sign in any more. Set a password or add a passkey first"),
    "identity-taken": _("This identity belongs to another account here"),
    "identity-not-found": _("This identity is unlinked already"),
    "oidc-error": _("The other service could not tell us for certain who you are. Try again"),
    "oidc-cancelled": _("You did not sign in at the other service"),
    "provider-away": _("The other service does not answer. Try again in a moment"),
    "provider-not-found": _("There is no such service here"),
    "identity-unknown": _("No account here has the identity you came back with. Link it here first"),
    "one-time-states-away": _("This does not work at the moment. Signing in with nickname and password does"),
    "too-many": _("Too many attempts. Wait a little and try again"),
    "unavailable": _("A part of the service is unavailable. Try again in a moment"),
    "question-bank-exhausted": _("There are no more new questions: everything has been asked here"),
    "question-source-unavailable": _("The source of questions does not answer. Try again in a moment"),
    "question-source-limited": _("The source of questions asks to wait. Try again in a moment"),
    "quiz-overloaded": _("Too many people are waiting for questions. Try again in a moment"),
    "video-not-failed": _("This video is ready: there is nothing to process again"),
    "video-in-progress": _("This video is being processed. Wait until that has ended"),
}
PLACES = {
    "role-name-taken": "name",
    "phone-taken": "phone",
    "nickname-changed-recently": "nickname",
    "step-up-needed": "current_password",
    "nickname-taken": "nickname",
    "handle-taken": "nickname",
    "wrong-credentials": "login",
    "wrong-code": "code",
    "code-refused": "code",
} | dict.fromkeys(PICTURES, "image")


def word_trouble(code: str, words: NullTranslations) -> str:
    """Word what went wrong on the way to a page; nothing for a code that is not known."""
    known = ERRORS.get(code)
    return "" if known is None else words.gettext(known)


def word_error(error: DomainError, words: NullTranslations) -> list[tuple[str, str]]:
    """Word an error as pairs of field name (empty: the whole form) and text."""
    if error.errors and error.code not in PLACES:
        return [_word_field(field, words) for field in error.errors]
    known = ERRORS.get(error.code) or PICTURES.get(error.code)
    return [(PLACES.get(error.code, ""), error.detail if known is None else words.gettext(known))]


def _word_field(error: FieldError, words: NullTranslations) -> tuple[str, str]:
    name = error.pointer.split("/")[1] if "/" in error.pointer else ""
    known = FIELDS.get((name, error.code))
    return name, error.detail if known is None else words.gettext(known)
