"""All limits of the system in one place; each can be changed in the settings (`EFIR_LIMITS__<NAME>`)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits with their defaults: bytes, seconds and counts."""

    json_bytes: int = 1 << 20  # largest JSON body, in bytes
    page_default: int = 20  # items on a page when `limit` is absent
    max_page_size: int = 100  # maximum number of items on a page

    session_idle_seconds: int = 7 * 86_400  # a login session ends this long after its last request
    session_life_seconds: int = 30 * 86_400  # a login session ends this long after sign-in, even when it is used
    step_up_seconds: int = 600  # changing credentials requires a sign-in no older than this
    impersonation_seconds: int = 1800  # how long an administrator may impersonate an account
    refresh_idle_seconds: int = 14 * 86_400  # a refresh token expires this long after its last use
    refresh_life_seconds: int = 60 * 86_400  # a refresh token expires this long after sign-in, even when it is used
    refresh_grace_seconds: int = 10  # a refresh token just used returns the same successor for this long (two tabs)
    signing_key_seconds: int = 30 * 86_400  # how often a signing key is replaced
    sign_in_attempts: int = 10  # sign-in attempts with one name from one network in 15 minutes
    sign_in_attempts_name: int = 100  # sign-in attempts with one name in 15 minutes, except from trusted devices
    sign_in_attempts_network: int = 50  # sign-in attempts from one network in 15 minutes
    code_attempts: int = 5  # wrong second-factor codes for one account in 15 minutes
    challenge_seconds: int = 300  # how long a sign-in waits for its second factor or a passkey
    max_passkeys: int = 20  # passkeys per account
    registrations_network: int = 60  # accounts created from one network in an hour
    login_whole_seconds: int = 30 * 86_400  # network addresses in the login history are truncated after this long
    login_kept_seconds: int = 180 * 86_400  # how long the login history is kept
    token_life_seconds: int = 90 * 86_400  # longest lifetime of an API token, and the default

    password_checks: int = 10  # checks of the current password of an account in 15 minutes
    resets_network: int = 30  # password reset links that one network may request in an hour
    email_code_seconds: int = 600  # how long a code that confirms an address is valid
    email_link_seconds: int = 24 * 3600  # how long a link that confirms an address is valid
    reset_seconds: int = 900  # how long a password reset link is valid
    max_mails_an_hour: int = 6  # mails of one kind to one address in an hour
    mail_keep_seconds: int = 7 * 86_400  # records of a mail are deleted this long after it was created
    mail_seconds: int = 60  # longest exchange with the mail server about one mail
    deletion_grace_seconds: int = 14 * 86_400  # how long a deleted account can be restored before its data is removed
    export_seconds: int = 24 * 3600  # how long an export of an account can be downloaded
    password_passes: int = 2  # Argon2id passes over its memory; `efir auth calibrate` proposes a number
    password_memory_kib: int = 47_104  # memory of one password hash, in KiB
    password_pool_bytes: int = 1 << 28  # memory of all concurrent password hashes, in bytes

    upload_bytes: int = 64 << 30  # largest upload, in bytes
    upload_idle_seconds: int = 24 * 3600  # an unfinished upload expires this long after its last byte
    upload_life_seconds: int = 7 * 24 * 3600  # an unfinished upload expires this long after its start, even if used
    max_open_uploads: int = 100  # unfinished uploads per person
    upload_stall_seconds: int = 60  # a request that sends no byte for this long is ended; received bytes are kept
    upload_takeover_seconds: int = 3  # a request that sends no byte for this long can be replaced by a new one

    max_title_length: int = 120  # characters in a title
    max_description_length: int = 10_000  # characters in a description
    max_tags: int = 20  # tags per video

    source_seconds: int = 12 * 3600  # longest video, in seconds
    source_side: int = 8192  # longest side of a video picture, in pixels
    source_pixels: int = 36_000_000  # pixels in one video picture
    source_rate: int = 120  # highest frame rate, in frames per second
    source_streams: int = 16  # streams in one file

    picture_bytes: int = 10 << 20  # largest picture upload, in bytes
    picture_seconds: int = 10  # longest conversion of a picture, and longest wait for a slot
    picture_wait_seconds: int = 120  # time for the bytes of a picture to arrive
    pictures_queued: int = 32  # pictures waiting for a slot in one process
    staging_bytes: int = 2 << 30  # total bytes of pictures in unfinished registrations
    staging_retry_seconds: int = 300  # `Retry-After` when that limit is reached
    avatar_cut_seconds: int = 3600  # how long an uploaded avatar can be cropped again
    pictures_minute: int = 10  # pictures that one person may send per minute

    registration_idle_seconds: int = 3600  # a registration expires this long after its last step
    registration_life_seconds: int = 24 * 3600  # a registration expires this long after its start, even if used
    registration_again_seconds: int = 120  # finishing twice within this time signs in to the same account
    registration_pictures: int = 5  # pictures that one registration may send
    registration_cuts: int = 40  # times that one registration may crop its pictures again
    reservation_seconds: int = 15 * 60  # how long an available nickname is reserved for the caller that checked it
    registration_pictures_network: int = 20  # registration pictures from one network in an hour
    email_checks: int = 3  # email addresses that one registration may check
    email_checks_network: int = 10  # email addresses that one subnet may check in an hour
    email_checks_day: int = 1000  # email addresses that all clients together may check in a day
    email_codes_network: int = 60  # registration codes that one network may request in an hour
    work_bits: int = 15  # leading zero bits of the proof of work that permits email checks

    probe_seconds: int = 20  # time to read the facts of a file
    child_memory_bytes: int = 4 << 30  # address space of a confined child process, in bytes
    stall_seconds: int = 60  # a conversion without progress is ended after this long

    audio_bytes: int = 200 << 20  # largest WAV file, in bytes
    audio_seconds: int = 2 * 3600  # longest recording, in seconds
    audio_inline_seconds: int = 600  # longer recordings are converted by a worker, after the response
    audio_slot_seconds: int = 2  # how long a request waits for a conversion slot before a worker takes over
    audio_users_network: int = 600  # recording users that one network may create in an hour
    audio_owner_at_once: int = 2  # concurrent conversions per person within requests of one process
    audio_owner_hourly: int = 60  # recordings per person in an hour
    audio_owner_bytes: int = 5 << 30  # total MP3 size per person, in bytes
    max_waiting_audio: int = 1000  # recordings waiting for a worker
    audio_child_memory_bytes: int = 1 << 30  # address space of a conversion, in bytes
    audio_child_seconds: int = 600  # processor time of a conversion
    max_audio_edit_seconds: int = 2 * 3600  # total length of the recordings in one edit, in seconds
    max_audio_edit_operations: int = 16  # operations in one edit
    max_audio_edit_records: int = 10  # recordings that one edit may join, including the edited one

    lease_seconds: int = 12  # a worker that sends no heartbeat for this long loses its job
    reconcile_seconds: int = 2  # interval between checks for lost jobs
    statement_seconds_api: int = 5  # longest SQL statement of a request
    statement_seconds_worker: int = 30  # longest SQL statement of a job
    pool_wait_seconds: int = 2  # longest wait for a free database connection
    drain_edge_seconds: int = 36  # how long a stopping API process may take to finish its requests
    drain_worker_seconds: int = 60  # how long a stopping worker may take to finish or release its jobs
    max_idempotent_requests: int = 4  # requests with an Idempotency-Key that one process handles at a time
    idempotency_seconds: int = 48 * 3600  # how long an Idempotency-Key is remembered

    max_quiz_questions: int = 100  # questions that one request may ask for
    quiz_requests_network: int = 10_000  # requests for new questions from one network in a minute
    quiz_seconds: int = 10  # longest time to respond to a request for questions, whatever its sources do
    max_queued_quiz_requests: int = 2_000  # requests for questions waiting in one process
    quiz_call_seconds: int = 6  # longest call to a question source
    quiz_answer_bytes: int = 2 << 20  # largest response of a question source, in bytes
