"""Read models of everything, on one connection."""

from collections.abc import Callable
from typing import Any

from efir.adapters.postgres.access.audit import ReadAudit
from efir.adapters.postgres.access.roles import ReadRoles
from efir.adapters.postgres.accounts.exports import ReadExports
from efir.adapters.postgres.accounts.profiles import ReadProfiles
from efir.adapters.postgres.accounts.registrations import ReadRegistrations
from efir.adapters.postgres.audio.records import ReadAudio
from efir.adapters.postgres.auth.identities import ReadIdentities
from efir.adapters.postgres.auth.login_history import ReadLogins
from efir.adapters.postgres.auth.passkeys import ReadPasskeys
from efir.adapters.postgres.auth.second_factors import ReadSecondFactors
from efir.adapters.postgres.auth.sessions import ReadSessions
from efir.adapters.postgres.auth.signing_keys import ReadSigningKeys
from efir.adapters.postgres.channels.channels import ReadChannels
from efir.adapters.postgres.jobs.jobs import ReadJobs
from efir.adapters.postgres.kernel.repository_attribute import On
from efir.adapters.postgres.mail.mails import ReadMails
from efir.adapters.postgres.pictures.pictures import ReadPictures
from efir.adapters.postgres.quiz.clues import ReadClues
from efir.adapters.postgres.quiz.questions import ReadQuestions
from efir.adapters.postgres.users.users import ReadUsers
from efir.adapters.postgres.videos.renditions import ReadRenditions
from efir.adapters.postgres.videos.videos import ReadVideos

Seal = tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]


class PostgresViews:
    """Everything that can be read, on one connection."""

    __slots__ = ("_seal", "connection")

    def __init__(self, connection: Any, seal: Seal) -> None:
        self.connection = connection
        self._seal = seal

    users = On(ReadUsers)
    sessions = On(ReadSessions)
    second_factors = On(ReadSecondFactors)
    passkeys = On(ReadPasskeys)
    identities = On(ReadIdentities)
    roles = On(ReadRoles)
    logins = On(ReadLogins)
    audit = On(ReadAudit)
    signing_keys = On(ReadSigningKeys)
    channels = On(ReadChannels)
    videos = On(ReadVideos)
    renditions = On(ReadRenditions)
    audio = On(ReadAudio)
    pictures = On(ReadPictures)
    registrations = On(ReadRegistrations)
    jobs = On(ReadJobs)
    questions = On(ReadQuestions)
    clues = On(ReadClues)
    profiles = On(ReadProfiles)
    exports = On(ReadExports)

    @property
    def mails(self) -> ReadMails:
        """Mails, unsealed."""
        return ReadMails(self.connection, self._seal[1])
