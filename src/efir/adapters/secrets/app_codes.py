"""Codes of authenticator apps by pyotp, their addresses as QR codes by segno; the rules are elsewhere."""

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
    """Six digits, SHA-1, 30 seconds: what every authenticator app knows."""

    def __init__(self, sealer: Sealer, *, issuer: str) -> None:
        """Name the service as the app shows it."""
        self._sealer = sealer
        self._issuer = issuer

    def setup(self, secret: bytes, *, account: str) -> TotpSetup:
        """Write a secret for an app."""
        text = base64.b32encode(secret).decode()
        uri = pyotp.TOTP(text).provisioning_uri(name=account, issuer_name=self._issuer)
        picture = io.BytesIO()
        segno.make_qr(uri, error="m").save(
            picture, kind="svg", scale=4, border=4, dark="#000", light="#fff", xmldecl=False, svgns=True, nl=False,
            svgclass=None, lineclass=None, omitsize=True,
        )  # fmt: skip
        return TotpSetup(secret=text, uri=uri, qr_svg=picture.getvalue().decode())

    def seal(self, secret: bytes, *, user_id: UserId) -> bytes:
        """Seal the secret together with its owner, so that a row moved to another user is worth nothing."""
        return self._sealer.seal(user_id.bytes + secret)

    def unseal(self, sealed: bytes, *, user_id: UserId) -> bytes | None:
        """Return a sealed secret of this user."""
        opened = self._sealer.unseal(sealed)
        return opened[OWNER_BYTES:] if opened[:OWNER_BYTES] == user_id.bytes else None

    def step(self, sealed: bytes, code: str, *, user_id: UserId, now: datetime) -> int | None:
        """Return the time step a code belongs to; every near one is compared whatever the others gave."""
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
