"""Addresses in this service: the core names the resource, the routes of the drivers decide on the address."""

from typing import Protocol
from uuid import UUID


class Links(Protocol):
    """Writes addresses. Those that leave the site (mails, other programs) are absolute, all others are paths."""

    def picture(self, picture_id: UUID, side: int) -> str:
        """Path of one size, in pixels, of a stored picture."""
        ...

    def avatar(self, avatar_id: UUID | None, side: int = 256) -> str | None:
        """Path of a user's avatar; None without one."""
        ...

    def draft_picture(self, registration_id: UUID, picture_id: UUID, side: int) -> str:
        """Path of one size of a registration's picture; it opens with the registration's ticket only."""
        ...

    def open_media(self, video_id: UUID, generation: int) -> str:
        """Path below which the files of a video lie that everybody may watch."""
        ...

    def signed_media(self, token: str, video_id: UUID, generation: int) -> str:
        """Path below which anyone with the token finds the files of a video."""
        ...

    def recording(self, record_id: UUID, owner_id: UUID) -> str:
        """Address where a recording is downloaded."""
        ...

    def recording_content(self, record_id: UUID) -> str:
        """Address of a recording's MP3 in the API."""
        ...

    def waveform(self, record_id: UUID) -> str:
        """Address of a recording's peaks."""
        ...

    def export(self, job_id: UUID) -> str:
        """Path of the archive of a user's data that a job has created."""
        ...

    def setup(self, code: str) -> str:
        """Address that makes the signed-in user who opens it the first administrator."""
        ...

    def confirm_email(self, token: str) -> str:
        """Address of the page that confirms an email address."""
        ...

    def registration_code(self) -> str:
        """Address of the page where the code of a registration is typed in."""
        ...

    def sign_in(self) -> str:
        """Address of the page to sign in."""
        ...

    def forgotten_password(self) -> str:
        """Address of the page that sends a link for a new password."""
        ...

    def reset_password(self, token: str) -> str:
        """Address of the page that sets a new password."""
        ...

    def security_settings(self) -> str:
        """Address of the settings of passwords and second factors."""
        ...

    def sign_in_history(self) -> str:
        """Address of the list of an account's sign-ins."""
        ...

    def restore_account(self) -> str:
        """Address of the page that keeps an account that would be deleted."""
        ...

    def provider_sign_in(self, provider: str) -> str:
        """Address that sends a browser to a provider to sign in."""
        ...

    def provider_callback(self, provider: str) -> str:
        """Address to which a provider sends the browser back."""
        ...

    def after_sign_out(self) -> str:
        """Address to which a provider sends the browser after it signed out there."""
        ...
