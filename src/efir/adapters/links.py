"""The URLs of this service, in one place; a test compares them with the routes that serve them."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SiteLinks:
    """See Links; `origin` is the configured public address, without a trailing slash."""

    origin: str

    def picture(self, picture_id: UUID, side: int) -> str:
        return f"/i/{picture_id}/{side}.webp"

    def avatar(self, avatar_id: UUID | None, side: int = 256) -> str | None:
        return None if avatar_id is None else self.picture(avatar_id, side)

    def draft_picture(self, registration_id: UUID, picture_id: UUID, side: int) -> str:
        return f"/api/v1/registrations/{registration_id}/avatar/{picture_id}/{side}.webp"

    def open_media(self, video_id: UUID, generation: int) -> str:
        return f"/media/v/{video_id}/{generation}"

    def signed_media(self, token: str, video_id: UUID, generation: int) -> str:
        # the token is in the path, so relative URLs in playlists contain it, and caches see one address for all
        return f"/media/s/{token}/{video_id}/{generation}"

    def recording(self, record_id: UUID, owner_id: UUID) -> str:
        return f"{self.origin}/record?id={record_id}&user={owner_id}"

    def recording_content(self, record_id: UUID) -> str:
        return f"{self.origin}/api/v1/audio-records/{record_id}/content"

    def waveform(self, record_id: UUID) -> str:
        return f"{self.origin}/api/v1/audio-records/{record_id}/waveform"

    def export(self, job_id: UUID) -> str:
        return f"/api/v1/users/me/exports/{job_id}"

    def setup(self, code: str) -> str:
        return f"{self.origin}/setup?{urlencode({'code': code})}"

    def confirm_email(self, token: str) -> str:
        return f"{self.origin}/confirm?{urlencode({'token': token})}"

    def registration_code(self) -> str:
        return f"{self.origin}/register/code"

    def sign_in(self) -> str:
        return f"{self.origin}/login"

    def forgotten_password(self) -> str:
        return f"{self.origin}/forgot"

    def reset_password(self, token: str) -> str:
        return f"{self.origin}/reset?{urlencode({'token': token})}"

    def security_settings(self) -> str:
        return f"{self.origin}/settings/security"

    def sign_in_history(self) -> str:
        return f"{self.origin}/settings/logins"

    def restore_account(self) -> str:
        return f"{self.origin}/restore"

    def provider_sign_in(self, provider: str) -> str:
        return f"{self.origin}/api/v1/auth/oidc/{provider}/login"

    def provider_callback(self, provider: str) -> str:
        return f"{self.origin}/api/v1/auth/oidc/{provider}/callback"

    def after_sign_out(self) -> str:
        return f"{self.origin}/"
