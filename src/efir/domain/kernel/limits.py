"""Every bound of the system, in one place; settings may change each of them (`EFIR_LIMITS__<NAME>`)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds with their defaults: bytes, seconds and counts."""

    json_bytes: int = 1 << 20  # largest JSON body, in bytes
    page_default: int = 20  # items of a page when `limit` is absent
    max_page_size: int = 100  # most items of a page

    session_idle_seconds: int = 7 * 86_400  # a login session ends so long after its last request
    session_life_seconds: int = 30 * 86_400  # and so long after signing in in any case
    step_up_seconds: int = 600  # changing credentials needs a sign-in that is no older
    impersonation_seconds: int = 1800  # an administrator sees the service as somebody else so long
    refresh_idle_seconds: int = 14 * 86_400  # a refresh token ends so long after its last use
    refresh_life_seconds: int = 60 * 86_400  # and so long after signing in in any case
    refresh_grace_seconds: int = 10  # a refresh token just used answers the same successor so long (two tabs)
    signing_key_seconds: int = 30 * 86_400  # a signing key is replaced so often
    sign_in_attempts: int = 10  # sign-ins with one name from one network in 15 minutes
    sign_in_attempts_name: int = 100  # sign-ins with one name in 15 minutes from everywhere but its known devices
    sign_in_attempts_network: int = 50  # sign-ins from one network in 15 minutes
    code_attempts: int = 5  # wrong codes of a second factor of one account in 15 minutes
    challenge_seconds: int = 300  # a sign-in waits so long for its second factor, and for a passkey
    max_passkeys: int = 20  # passkeys of one account
    registrations_network: int = 60  # accounts made from one network in an hour
    login_whole_seconds: int = 30 * 86_400  # network addresses in the login history are cut after that
    login_kept_seconds: int = 180 * 86_400  # the login history is kept so long
    token_life_seconds: int = 90 * 86_400  # an API token lives so long unless it asks for less

    password_checks: int = 10  # times in 15 minutes that the present password of an account is asked and checked
    resets_network: int = 30  # links for forgotten passwords that one network may ask for in an hour
    email_code_seconds: int = 600  # a code that confirms an address is good so long
    email_link_seconds: int = 24 * 3600  # and the link beside it
    reset_seconds: int = 900  # a link that sets a new password is good so long
    max_mails_an_hour: int = 6  # mails of one kind to one address in an hour
    mail_keep_seconds: int = 7 * 86_400  # what is known of a mail is forgotten so long after it was made
    mail_seconds: int = 60  # longest talk with the mail server about one mail
    deletion_grace_seconds: int = 14 * 86_400  # a deleted account can be kept so long, then it is emptied
    export_seconds: int = 24 * 3600  # the file with all data of an account can be fetched so long
    password_passes: int = 2  # passes of Argon2id over its memory; `efir auth calibrate` proposes a number
    password_memory_kib: int = 47_104  # memory of one hash, in KiB
    password_pool_bytes: int = 1 << 28  # memory of all hashes at once, in bytes

    upload_bytes: int = 64 << 30  # largest upload, in bytes
    upload_idle_seconds: int = 24 * 3600  # an unfinished upload is dropped so long after its last byte
    upload_life_seconds: int = 7 * 24 * 3600  # and so long after its start in any case
    max_open_uploads: int = 100  # unfinished uploads of one person
    upload_stall_seconds: int = 60  # a request that sends no byte for so long is ended; what came is kept
    upload_takeover_seconds: int = 3  # a request without a byte for so long can be overtaken by a new one

    max_title_length: int = 120  # characters of a title
    max_description_length: int = 10_000  # characters of a description
    max_tags: int = 20  # tags of a video

    source_seconds: int = 12 * 3600  # longest video, in seconds
    source_side: int = 8192  # longest side of a picture, in pixels
    source_pixels: int = 36_000_000  # pixels of one picture
    source_rate: int = 120  # frames per second
    source_streams: int = 16  # streams inside one file

    picture_bytes: int = 10 << 20  # largest picture that is sent, in bytes
    picture_seconds: int = 10  # time to convert a picture, and to wait for its turn
    picture_wait_seconds: int = 120  # time for the bytes of a picture to arrive
    pictures_queued: int = 32  # pictures that wait for their turn in one process
    staging_bytes: int = 2 << 30  # bytes of pictures whose registrations are not finished, all together
    staging_retry_seconds: int = 300  # beyond that, sending one may be tried again so soon
    avatar_cut_seconds: int = 3600  # an avatar that was sent can be cut differently so long
    pictures_minute: int = 10  # pictures that one person may send a minute

    registration_idle_seconds: int = 3600  # an unfinished registration is dropped so long after its last step
    registration_life_seconds: int = 24 * 3600  # and so long after its start in any case
    registration_again_seconds: int = 120  # finishing twice within this time signs in to the same account
    registration_pictures: int = 5  # pictures that one registration may send
    registration_cuts: int = 40  # times that one registration may cut them again
    reservation_seconds: int = 15 * 60  # a nickname that was free is kept so long for who asked
    registration_pictures_network: int = 20  # pictures of registrations from one network in an hour
    email_checks: int = 3  # addresses that one registration may ask about
    email_checks_network: int = 10  # addresses that one neighbourhood of networks may ask about in an hour
    email_checks_day: int = 1000  # addresses that everybody together may ask about in a day
    email_codes_network: int = 60  # codes for addresses of registrations that one network may ask for in an hour
    work_bits: int = 15  # leading zero bits of the proof of work that opens checks of addresses

    probe_seconds: int = 20  # time to read the facts of a file
    child_memory_bytes: int = 4 << 30  # address space of a confined child process
    stall_seconds: int = 60  # a conversion without progress is ended so soon

    audio_bytes: int = 200 << 20  # largest WAV file, in bytes
    audio_seconds: int = 2 * 3600  # longest recording, in seconds
    audio_inline_seconds: int = 600  # longer recordings are converted by a worker, after the answer
    audio_slot_seconds: int = 2  # a request waits so long for its turn to convert, then a worker does it
    audio_users_network: int = 600  # names for recordings that one network may take within an hour
    audio_owner_at_once: int = 2  # conversions of one person at once within requests of a process
    audio_owner_hourly: int = 60  # recordings of one person within an hour
    audio_owner_bytes: int = 5 << 30  # MP3 of one person, in bytes
    max_waiting_audio: int = 1000  # recordings that wait for a worker
    audio_child_memory_bytes: int = 1 << 30  # address space of a conversion
    audio_child_seconds: int = 600  # processor time of a conversion
    max_audio_edit_seconds: int = 2 * 3600  # recordings of one edit together, in seconds
    max_audio_edit_operations: int = 16  # operations of one edit
    max_audio_edit_records: int = 10  # recordings that one edit joins, itself included

    lease_seconds: int = 12  # a worker that is silent so long loses its job
    reconcile_seconds: int = 2  # time between two looks for lost jobs
    statement_seconds_api: int = 5  # longest SQL statement of a request
    statement_seconds_worker: int = 30  # longest SQL statement of a job
    pool_wait_seconds: int = 2  # longest wait for a free database connection
    drain_edge_seconds: int = 36  # a stopping API process may take so long to finish its requests
    drain_worker_seconds: int = 60  # and a stopping worker to finish or hand back its jobs
    max_idempotent_requests: int = 4  # requests with an Idempotency-Key that one process answers at a time
    idempotency_seconds: int = 48 * 3600  # an Idempotency-Key is remembered so long

    max_quiz_questions: int = 100  # questions one request may ask for
    quiz_requests_network: int = 10_000  # requests for new questions from one network in a minute
    quiz_seconds: int = 10  # a request for questions is answered so soon, whatever its sources do
    max_queued_quiz_requests: int = 2_000  # requests for questions that wait in one process
    quiz_call_seconds: int = 6  # longest call of a source of questions
    quiz_answer_bytes: int = 2 << 20  # largest answer of a source of questions
