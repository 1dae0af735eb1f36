"""URLs of this service: the core names a resource, the routes of the drivers determine its URL."""

from typing import Protocol
from uuid import UUID


class Links(Protocol):
    """Builds URLs. Those used outside the site (emails, other programs) are absolute, all others are paths."""

    def picture(self, picture_id: UUID, side: int) -> str:
        """Return the path of a stored picture; `side` is the size in pixels."""
        ...

    def avatar(self, avatar_id: UUID | None, side: int = 256) -> str | None:
        """Return the path of a user's avatar, or None without one; `side` in pixels."""
        ...

    def draft_picture(self, registration_id: UUID, picture_id: UUID, side: int) -> str:
        """Return the path of a registration's picture, which requires the registration's ticket; `side` in pixels."""
        ...

    def open_media(self, video_id: UUID, generation: int) -> str:
        """Return the base path of the files of a video that is not private."""
        ...

    def signed_media(self, token: str, video_id: UUID, generation: int) -> str:
        """Return the base path of the files of a video, accessible to anyone who has the token."""
        ...

    def recording(self, record_id: UUID, owner_id: UUID) -> str:
        """Return the download URL of a recording."""
        ...

    def recording_content(self, record_id: UUID) -> str:
        """Return the URL of a recording's MP3 in the API."""
        ...

    def waveform(self, record_id: UUID) -> str:
        """Return the URL of a recording's waveform peaks."""
        ...

    def export(self, job_id: UUID) -> str:
        """Return the path of the archive of a user's data that a job has created."""
        ...

    def setup(self, code: str) -> str:
        """Return the URL that makes the signed-in user who opens it the first administrator."""
        ...

    def confirm_email(self, token: str) -> str:
        """Return the URL of the page that confirms an email address."""
        ...

    def registration_code(self) -> str:
        """Return the URL of the page for entering the code of a registration."""
        ...

    def sign_in(self) -> str:
        """Return the URL of the sign-in page."""
        ...

    def forgotten_password(self) -> str:
        """Return the URL of the page that requests a password reset link."""
        ...

    def reset_password(self, token: str) -> str:
        """Return the URL of the page that sets a new password."""
        ...

    def security_settings(self) -> str:
        """Return the URL of the settings of passwords and second factors."""
        ...

    def sign_in_history(self) -> str:
        """Return the URL of the sign-in history of an account."""
        ...

    def restore_account(self) -> str:
        """Return the URL of the page that restores an account scheduled for deletion."""
        ...

    def provider_sign_in(self, provider: str) -> str:
        """Return the URL that redirects a browser to a provider to sign in."""
        ...

    def provider_callback(self, provider: str) -> str:
        """Return the redirect URI to which a provider sends the browser after sign-in."""
        ...

    def after_sign_out(self) -> str:
        """Return the URL to which a provider sends the browser after sign-out."""
        ...
