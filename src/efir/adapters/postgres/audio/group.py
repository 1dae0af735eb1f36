"""PostgreSQL repositories and read models of recordings."""

from efir.adapters.postgres.audio.records import PostgresAudioRepository, PostgresAudioViews
from efir.adapters.postgres.kernel.constraints import Broken
from efir.adapters.postgres.kernel.repository_attribute import Connected, RepositoryAttribute
from efir.domain.audio.records import UsernameTaken
from efir.domain.users import UserNotFound


class AudioRepositories(Connected):
    """Repositories of recordings."""

    __slots__ = ()

    audio = RepositoryAttribute(PostgresAudioRepository)


class AudioReadModels(Connected):
    """Read models of recordings."""

    __slots__ = ()

    audio = RepositoryAttribute(PostgresAudioViews)


BROKEN: Broken = {
    "uq_user_account_name_key": UsernameTaken,
    "fk_audio_records_owner_id_user_account": UserNotFound,
}


EXPORTED = {
    "audio_records": """select id, title, state, duration, channels, sample_rate, size, created_at from audio_records
                         where owner_id = $1 order by created_at""",
}
"""Queries of the data export by subject, `$1` is the user; every table with personal data needs one."""
