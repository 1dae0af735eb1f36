"""CSRF tokens: they prove that an unsafe request with a cookie comes from Efir's own pages."""

from efir.domain.auth.sessions import CsrfFailed
from efir.domain.kernel.keys import Keys
from efir.domain.kernel.signed_tokens import SignedTokens, TokenForged

TOKENS = SignedTokens("csrf", mac_bytes=24)


def issue(keys: Keys, bound_to: str, random: str) -> str:
    """Return a token for one login session, or for one visitor before sign-in; `random` makes every token different."""
    return TOKENS.sign(keys, random.encode(), bound_to=bound_to)


def check(keys: Keys, bound_to: str, token: str | None) -> None:
    """Raises CsrfFailed unless the token was issued for `bound_to`."""
    try:
        TOKENS.read(keys, token or "", bound_to=bound_to)
    except TokenForged as error:
        raise CsrfFailed from error
