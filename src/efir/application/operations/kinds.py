"""Every kind of job there is, with what does it."""

from efir.application.accounts.deletion import purge_user
from efir.application.accounts.exports import drop_export, export_user
from efir.application.accounts.passwords import answer_reset
from efir.application.audio.conversion import audio_failed, convert_audio, tidy_audio
from efir.application.audio.editing import edit_audio
from efir.application.jobs.engine import Kind
from efir.application.mail.mails import mail_failed, send_mail
from efir.application.pictures import drop_working_copy
from efir.application.processing.cleanup import drop_first_renditions, purge_video
from efir.application.processing.completion import finish_video
from efir.application.processing.pipeline import (
    copy_failed,
    copy_video,
    encode_audio,
    encode_chunk,
    encode_first,
    hold_video,
    probe_video,
    video_failed,
)
from efir.domain.mail import DELAYS

KINDS = {
    "probe_video": Kind(work=probe_video, after_failure=video_failed, hold=hold_video),
    "copy_video": Kind(work=copy_video, after_failure=copy_failed, hold=hold_video),
    "encode_first": Kind(work=encode_first, after_failure=video_failed, hold=hold_video),
    "encode_audio": Kind(work=encode_audio, after_failure=video_failed, hold=hold_video),
    "encode_chunk": Kind(work=encode_chunk, after_failure=video_failed, hold=hold_video),
    "finish_video": Kind(work=finish_video, after_failure=video_failed, hold=hold_video),
    "drop_first_renditions": Kind(work=drop_first_renditions),
    "purge_video": Kind(work=purge_video),
    "convert_audio": Kind(work=convert_audio, after_failure=audio_failed),
    "edit_audio": Kind(work=edit_audio, after_failure=audio_failed),
    "tidy_audio": Kind(work=tidy_audio),
    "send_mail": Kind(work=send_mail, after_failure=mail_failed, delays=DELAYS),
    "answer_reset": Kind(work=answer_reset),
    "export_user": Kind(work=export_user),
    "drop_export": Kind(work=drop_export),
    "purge_user": Kind(work=purge_user),
    "drop_working_copy": Kind(work=drop_working_copy),
}
