"""All read models, on one connection."""

from collections.abc import Callable
from typing import Any

from efir.adapters.postgres.access.group import AccessReadModels
from efir.adapters.postgres.accounts.exports import PostgresExportViews
from efir.adapters.postgres.accounts.group import AccountReadModels
from efir.adapters.postgres.audio.group import AudioReadModels
from efir.adapters.postgres.auth.group import AuthReadModels
from efir.adapters.postgres.channels.group import ChannelReadModels
from efir.adapters.postgres.jobs.group import JobReadModels
from efir.adapters.postgres.joined import EXPORTED
from efir.adapters.postgres.mail.mails import PostgresMailViews
from efir.adapters.postgres.pictures.group import PictureReadModels
from efir.adapters.postgres.quiz.group import QuizReadModels
from efir.adapters.postgres.users.group import UserReadModels
from efir.adapters.postgres.videos.group import VideoReadModels

Seal = tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]


class PostgresViews(
    UserReadModels,
    AuthReadModels,
    AccessReadModels,
    ChannelReadModels,
    VideoReadModels,
    AudioReadModels,
    PictureReadModels,
    AccountReadModels,
    JobReadModels,
    QuizReadModels,
):
    """All read models, on one connection."""

    __slots__ = ("_seal",)

    def __init__(self, connection: Any, seal: Seal) -> None:
        self.connection = connection
        self._seal = seal

    @property
    def mails(self) -> PostgresMailViews:
        """Return the read model of mails, which unseals them."""
        return PostgresMailViews(self.connection, self._seal[1])

    @property
    def exports(self) -> PostgresExportViews:
        """Return the read model of data exports."""
        return PostgresExportViews(self.connection, EXPORTED)
