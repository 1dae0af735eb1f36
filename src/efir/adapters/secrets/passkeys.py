"""WebAuthn ceremonies of passkeys, by the `webauthn` library (py_webauthn)."""

import json
from urllib.parse import urlsplit

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, options_to_json_dict
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from efir.domain.auth.passkeys import LOCAL, PasskeyInvalid, PasskeyRefused, PasskeysUnavailable, site_name
from efir.domain.kernel.ids import UserId
from efir.ports.auth.passkeys import Json, MadePasskey, UsedPasskey

MAX_CRED_ID = 1023  # bytes (§4, credential id)
TRANSPORTS = frozenset({"ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"})
UNCOUNTED = -1  # disables the library's comparison: the caller, who has locked the row, compares


class WebauthnCeremonies:
    """Discoverable credentials with user verification, for one site."""

    def __init__(self, origin: str, *, seconds: int) -> None:
        """Take the public address, and the lifetime of a challenge in seconds."""
        parts = urlsplit(origin)
        host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
        self._rp_id = site_name(host)
        self._origins = [origin, f"http://{LOCAL}{port}"] if self._rp_id == LOCAL != host else [origin]
        self._milliseconds = seconds * 1000

    def creation(self, *, challenge: bytes, user_id: UserId, name: str, shown: str, known: list[bytes]) -> Json:
        """Return the options for creating a passkey. Raises PasskeysUnavailable."""
        options = generate_registration_options(
            rp_id=self._site(), rp_name="Efir", user_name=name, user_id=user_id.bytes, user_display_name=shown,
            challenge=challenge, timeout=self._milliseconds, attestation=AttestationConveyancePreference.NONE,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=cred_id) for cred_id in known],
        )  # fmt: skip
        return options_to_json_dict(options)

    def request(self, *, challenge: bytes) -> Json:
        """Return the options for a sign-in with any passkey of this site. Raises PasskeysUnavailable."""
        options = generate_authentication_options(
            rp_id=self._site(), challenge=challenge, timeout=self._milliseconds,
            user_verification=UserVerificationRequirement.REQUIRED,
        )  # fmt: skip
        return options_to_json_dict(options)

    def challenge_of(self, answer: Json) -> bytes | None:
        """Return the challenge that a response claims to answer; nothing is verified yet."""
        try:
            told = json.loads(base64url_to_bytes(answer["response"]["clientDataJSON"]))
            return base64url_to_bytes(told["challenge"])
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
            return None

    def identify(self, answer: Json) -> tuple[bytes, bytes | None]:
        """Return the ids of the passkey and the user that a response claims, unverified; empty when it names none."""
        try:
            handle = answer["response"].get("userHandle")
            return base64url_to_bytes(answer["id"]), base64url_to_bytes(handle) if handle else None
        except (KeyError, TypeError, ValueError, AttributeError):
            return b"", None

    def verify_creation(self, answer: Json, *, challenge: bytes) -> MadePasskey:
        """Verify the response that creates a passkey. Raises PasskeyInvalid."""
        try:
            found = verify_registration_response(
                credential=dict(answer), expected_challenge=challenge, expected_rp_id=self._site(),
                expected_origin=self._origins, require_user_verification=True,
            )  # fmt: skip
            told = answer["response"].get("transports")
        except Exception as error:  # any error of a parser of untrusted bytes is a refusal
            raise PasskeyInvalid from error
        if len(found.credential_id) > MAX_CRED_ID:
            raise PasskeyInvalid
        return MadePasskey(
            cred_id=found.credential_id, public_key=found.credential_public_key, sign_count=found.sign_count,
            backup_eligible=found.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
            backed_up=found.credential_backed_up, aaguid=str(found.aaguid), transports=_transports(told),
        )  # fmt: skip

    def verify_use(self, answer: Json, *, challenge: bytes, public_key: bytes) -> UsedPasskey:
        """Verify a sign-in with a passkey; the caller compares the signature count. Raises PasskeyRefused."""
        try:
            found = verify_authentication_response(
                credential=dict(answer), expected_challenge=challenge, expected_rp_id=self._site(),
                expected_origin=self._origins, credential_public_key=public_key,
                credential_current_sign_count=UNCOUNTED, require_user_verification=True,
            )  # fmt: skip
        except Exception as error:  # as above
            raise PasskeyRefused from error
        return UsedPasskey(sign_count=found.new_sign_count, backed_up=found.credential_backed_up)

    def _site(self) -> str:
        if not self._rp_id:
            raise PasskeysUnavailable
        return self._rp_id


def _transports(told: object) -> list[str]:
    return sorted(TRANSPORTS & {str(each) for each in told}) if isinstance(told, list) else []
