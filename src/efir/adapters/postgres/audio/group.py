"""What the area keeps in PostgreSQL: audio records."""

from efir.adapters.postgres.audio.records import Audio, ReadAudio
from efir.adapters.postgres.kernel.repository_attribute import Connected, On


class AudioRepositories(Connected):
    """Repositories of audio records."""

    __slots__ = ()

    audio = On(Audio)


class AudioReadModels(Connected):
    """Read models of audio records."""

    __slots__ = ()

    audio = On(ReadAudio)
