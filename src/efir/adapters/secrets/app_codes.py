"""TOTP codes of authenticator apps by pyotp, and QR codes of their URIs by segno; the rules are in the domain."""

import base64
import hmac
import io
from datetime import datetime

import pyotp
import segno

from efir.adapters.secrets.sealing import Sealer
from efir.domain.auth.second_factors import STEP_SECONDS
from efir.domain.kernel.ids import UserId
from efir.ports.auth.second_factors import TotpSetup

NEAR = (0, -1, 1)  # clocks differ, and typing takes time
OWNER_BYTES = 16


class PyotpAppCodes:
    """Six digits, SHA-1, 30 seconds: the parameters that every authenticator app supports."""

    def __init__(self, sealer: Sealer, *, issuer: str) -> None:
        """Take the seal and the name of the service that apps show."""
        self._sealer = sealer
        self._issuer = issuer

    def setup(self, secret: bytes, *, account: str) -> TotpSetup:
        """Return the set-up data of a secret: its text, URI and QR code."""
        text = base64.b32encode(secret).decode()
        uri = pyotp.TOTP(text).provisioning_uri(name=account, issuer_name=self._issuer)
        picture = io.BytesIO()
        segno.make_qr(uri, error="m").save(
            picture, kind="svg", scale=4, border=4, dark="#000", light="#fff", xmldecl=False, svgns=True, nl=False,
            svgclass=None, lineclass=None, omitsize=True,
        )  # fmt: skip
        return TotpSetup(secret=text, uri=uri, qr_svg=picture.getvalue().decode())

    def seal(self, secret: bytes, *, user_id: UserId) -> bytes:
        """Encrypt a secret, bound to its owner, so that a row copied to another user is useless."""
        return self._sealer.seal(user_id.bytes + secret)

    def unseal(self, sealed: bytes, *, user_id: UserId) -> bytes | None:
        """Return the secret sealed for this user, or None when it cannot be unsealed."""
        opened = self._sealer.unseal(sealed)
        return opened[OWNER_BYTES:] if opened[:OWNER_BYTES] == user_id.bytes else None

    def step(self, sealed: bytes, code: str, *, user_id: UserId, now: datetime) -> int | None:
        """Return the time step of a code; None for a wrong one. Every near step is compared, whatever the results."""
        secret = self.unseal(sealed, user_id=user_id)
        if secret is None:
            return None
        totp = pyotp.TOTP(base64.b32encode(secret).decode())
        present = int(now.timestamp()) // STEP_SECONDS
        found = None
        for step in (present + shift for shift in NEAR):
            if hmac.compare_digest(totp.generate_otp(step), code):
                found = step
        return found
