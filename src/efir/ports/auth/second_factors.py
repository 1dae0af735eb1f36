"""Second factors: storage, read model, and the arithmetic of codes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Protocol

from msgspec import Meta, Struct

from efir.domain.auth.second_factors import Totp
from efir.domain.kernel.ids import UserId


class SecondFactorView(Struct, frozen=True):
    """The second factor of the caller's account."""

    enabled: Annotated[bool, Meta(description="Whether signing in needs a code.")]
    confirmed_at: Annotated[datetime | None, Meta(description="Since when.")]
    recovery_codes_left: Annotated[int, Meta(description="Recovery codes that were not used yet.", examples=[10])]


class TotpSetup(Struct, frozen=True):
    """What an authenticator app needs; shown this once."""

    secret: Annotated[str, Meta(description="The secret in Base32, for typing.", examples=["JBSWY3DPEHPK3PXP"])]
    uri: Annotated[str, Meta(description="The secret as an `otpauth:` address.")]
    qr_svg: Annotated[str, Meta(description="The address as a QR code: an SVG picture.")]


class AppCodes(Protocol):
    """Codes of authenticator apps (RFC 6238): arithmetic only, what was used is remembered elsewhere."""

    def setup(self, secret: bytes, *, account: str) -> TotpSetup:
        """Write a secret for an app."""
        ...

    def seal(self, secret: bytes, *, user_id: UserId) -> bytes:
        """Make a secret useless to everybody without the instance's key, and to other users."""
        ...

    def unseal(self, sealed: bytes, *, user_id: UserId) -> bytes | None:
        """Return a sealed secret of this user."""
        ...

    def step(self, sealed: bytes, code: str, *, user_id: UserId, now: datetime) -> int | None:
        """Return the time step a code belongs to, within one step of `now`; None for a wrong one."""
        ...


class SecondFactorRepository(Protocol):
    """Second factors inside a transaction."""

    async def is_required(self, user_id: UserId) -> bool:
        """Return whether signing in needs a code."""
        ...

    async def lock(self, user_id: UserId) -> Totp | None:
        """Return the authenticator app and let nobody else use it until the transaction ends."""
        ...

    async def begin(self, totp: Totp, *, now: datetime) -> bool:
        """Store an app that is not confirmed, in place of another such; False when there is a confirmed one."""
        ...

    async def confirm(self, user_id: UserId, *, now: datetime) -> None:
        """Make the app count."""
        ...

    async def use_step(self, user_id: UserId, step: int) -> bool:
        """Use the code of a time step; False when it, or a newer one, was used before."""
        ...

    async def record_wrong_codes(self, user_id: UserId, wrong: int, since: datetime) -> None:
        """Remember wrong codes."""
        ...

    async def remove(self, user_id: UserId) -> bool:
        """Remove app and recovery codes; False when no app counted."""
        ...

    async def put_codes(self, user_id: UserId, hashes: list[bytes]) -> None:
        """Store recovery codes in place of the present ones."""
        ...

    async def use_code(self, user_id: UserId, code_hashes: Sequence[bytes], *, now: datetime) -> bool:
        """Use a recovery code by its possible hashes; False when there is no such code, or it was used before."""
        ...


class SecondFactorViews(Protocol):
    """Second factors, read."""

    async def is_required(self, user_id: UserId) -> bool:
        """Return whether signing in needs a code."""
        ...

    async def get_by_user(self, user_id: UserId) -> SecondFactorView:
        """Return what an account has."""
        ...
