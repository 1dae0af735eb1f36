"""Parsing of email addresses by email-validator: syntax only, no DNS."""

import email_validator

from efir.domain.kernel.errors import FieldError
from efir.domain.kernel.ids import EmailAddress
from efir.domain.users import InvalidUser


class ValidatedEmailParser:
    """Parses addresses; two spellings are one address when domain (IDNA) and folded local part are equal."""

    def parse(self, text: str) -> EmailAddress:
        """Parse an email address. Raises InvalidUser with pointer `/email`."""
        try:
            found = email_validator.validate_email(text.strip(), check_deliverability=False)
        except email_validator.EmailNotValidError as error:
            detail = "This is not an email address."
            raise InvalidUser(detail, errors=(FieldError("/email", "email", detail),)) from error
        domain = (found.ascii_domain or found.domain).lower()
        return EmailAddress(shown=found.normalized, key=f"{found.local_part.casefold()}@{domain}")
