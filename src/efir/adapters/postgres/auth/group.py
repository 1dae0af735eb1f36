"""What the area keeps in PostgreSQL: sessions, second factors, passkeys, identities, sign-ins and signing keys."""

from efir.adapters.postgres.auth.identities import Identities, ReadIdentities
from efir.adapters.postgres.auth.login_history import Logins, ReadLogins
from efir.adapters.postgres.auth.passkeys import Passkeys, ReadPasskeys
from efir.adapters.postgres.auth.second_factors import ReadSecondFactors, SecondFactors
from efir.adapters.postgres.auth.sessions import ReadSessions, Sessions
from efir.adapters.postgres.auth.signing_keys import ReadSigningKeys, SigningKeys
from efir.adapters.postgres.kernel.repository_attribute import Connected, On


class AuthRepositories(Connected):
    """Repositories of sessions, second factors, passkeys, identities, sign-ins and signing keys."""

    __slots__ = ()

    sessions = On(Sessions)
    second_factors = On(SecondFactors)
    passkeys = On(Passkeys)
    identities = On(Identities)
    logins = On(Logins)
    signing_keys = On(SigningKeys)


class AuthReadModels(Connected):
    """Read models of sessions, second factors, passkeys, identities, sign-ins and signing keys."""

    __slots__ = ()

    sessions = On(ReadSessions)
    second_factors = On(ReadSecondFactors)
    passkeys = On(ReadPasskeys)
    identities = On(ReadIdentities)
    logins = On(ReadLogins)
    signing_keys = On(ReadSigningKeys)
