"""Second factors: storage, read model, and computation of one-time codes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Protocol

from msgspec import Meta, Struct

from efir.domain.auth.second_factors import Totp
from efir.domain.kernel.ids import UserId


class SecondFactorView(Struct, frozen=True):
    """The second factor of the caller's account."""

    enabled: Annotated[bool, Meta(description="Whether sign-in requires a code.")]
    confirmed_at: Annotated[datetime | None, Meta(description="When the authenticator app was confirmed.")]
    recovery_codes_left: Annotated[int, Meta(description="Number of unused recovery codes.", examples=[10])]


class TotpSetup(Struct, frozen=True):
    """Setup data for an authenticator app, shown once."""

    secret: Annotated[str, Meta(description="The secret in Base32, for manual entry.", examples=["JBSWY3DPEHPK3PXP"])]
    uri: Annotated[str, Meta(description="The secret as an `otpauth:` URI.")]
    qr_svg: Annotated[str, Meta(description="The URI as a QR code, in SVG.")]


class AppCodes(Protocol):
    """Codes of authenticator apps (RFC 6238): computation only; used codes are recorded elsewhere."""

    def setup(self, secret: bytes, *, account: str) -> TotpSetup:
        """Return the setup data of a secret."""
        ...

    def seal(self, secret: bytes, *, user_id: UserId) -> bytes:
        """Encrypt a secret with the instance's key, bound to the user."""
        ...

    def unseal(self, sealed: bytes, *, user_id: UserId) -> bytes | None:
        """Return the secret sealed for this user, or None when it cannot be unsealed."""
        ...

    def step(self, sealed: bytes, code: str, *, user_id: UserId, now: datetime) -> int | None:
        """Return the time step of a code, at most one step from `now`; None for a wrong code."""
        ...


class SecondFactorRepository(Protocol):
    """Stores second factors within a transaction."""

    async def is_required(self, user_id: UserId) -> bool:
        """Return whether sign-in requires a code."""
        ...

    async def lock(self, user_id: UserId) -> Totp | None:
        """Return the authenticator app and lock its row until the transaction ends."""
        ...

    async def begin(self, totp: Totp, *, now: datetime) -> bool:
        """Store an unconfirmed app, replacing another one. Return False when a confirmed app exists."""
        ...

    async def confirm(self, user_id: UserId, *, now: datetime) -> None:
        """Mark the app as confirmed, which turns the second factor on."""
        ...

    async def use_step(self, user_id: UserId, step: int) -> bool:
        """Mark the code of a time step as used. Return False when it, or a newer one, was used before."""
        ...

    async def record_wrong_codes(self, user_id: UserId, wrong: int, since: datetime) -> None:
        """Store the number of wrong codes and the start of their window."""
        ...

    async def remove(self, user_id: UserId) -> bool:
        """Delete the app and the recovery codes. Return False when no app was confirmed."""
        ...

    async def put_codes(self, user_id: UserId, hashes: list[bytes]) -> None:
        """Store hashes of recovery codes, replacing the current ones."""
        ...

    async def use_code(self, user_id: UserId, code_hashes: Sequence[bytes], *, now: datetime) -> bool:
        """Use up a recovery code, found by its possible hashes. Return False when it is unknown or already used."""
        ...


class SecondFactorViews(Protocol):
    """Reads second factors."""

    async def is_required(self, user_id: UserId) -> bool:
        """Return whether sign-in requires a code."""
        ...

    async def get_by_user(self, user_id: UserId) -> SecondFactorView:
        """Return the second factor of an account."""
        ...
