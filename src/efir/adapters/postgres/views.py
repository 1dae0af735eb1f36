"""Read models of everything, on one connection."""

from collections.abc import Callable
from typing import Any

from efir.adapters.postgres.audio import ReadAudio
from efir.adapters.postgres.audit import ReadAudit
from efir.adapters.postgres.channels import ReadChannels
from efir.adapters.postgres.clues import ReadClues
from efir.adapters.postgres.exports import ReadExports
from efir.adapters.postgres.identities import ReadIdentities
from efir.adapters.postgres.jobs import ReadJobs
from efir.adapters.postgres.logins import ReadLogins
from efir.adapters.postgres.mails import ReadMails
from efir.adapters.postgres.passkeys import ReadPasskeys
from efir.adapters.postgres.pictures import ReadPictures
from efir.adapters.postgres.profiles import ReadProfiles
from efir.adapters.postgres.questions import ReadQuestions
from efir.adapters.postgres.registrations import ReadRegistrations
from efir.adapters.postgres.renditions import ReadRenditions
from efir.adapters.postgres.roles import ReadRoles
from efir.adapters.postgres.second_factors import ReadSecondFactors
from efir.adapters.postgres.sessions import ReadSessions
from efir.adapters.postgres.signing_keys import ReadSigningKeys
from efir.adapters.postgres.users import ReadUsers
from efir.adapters.postgres.videos import ReadVideos

Seal = tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]


class PostgresViews:
    """Everything that can be read, on one connection; most uses need one of these, so each is made when asked for."""

    __slots__ = ("_connection", "_seal")

    def __init__(self, connection: Any, seal: Seal) -> None:
        self._connection = connection
        self._seal = seal

    @property
    def users(self) -> ReadUsers:
        """Users."""
        return ReadUsers(self._connection)

    @property
    def sessions(self) -> ReadSessions:
        """Login sessions and tokens."""
        return ReadSessions(self._connection)

    @property
    def second_factors(self) -> ReadSecondFactors:
        """Second factors."""
        return ReadSecondFactors(self._connection)

    @property
    def passkeys(self) -> ReadPasskeys:
        """Passkeys."""
        return ReadPasskeys(self._connection)

    @property
    def identities(self) -> ReadIdentities:
        """Identities at other providers."""
        return ReadIdentities(self._connection)

    @property
    def roles(self) -> ReadRoles:
        """Roles and grants."""
        return ReadRoles(self._connection)

    @property
    def logins(self) -> ReadLogins:
        """Login history."""
        return ReadLogins(self._connection)

    @property
    def audit(self) -> ReadAudit:
        """The audit log."""
        return ReadAudit(self._connection)

    @property
    def signing_keys(self) -> ReadSigningKeys:
        """Keys that sign access tokens."""
        return ReadSigningKeys(self._connection)

    @property
    def channels(self) -> ReadChannels:
        """Channels."""
        return ReadChannels(self._connection)

    @property
    def videos(self) -> ReadVideos:
        """Videos."""
        return ReadVideos(self._connection)

    @property
    def renditions(self) -> ReadRenditions:
        """Renditions."""
        return ReadRenditions(self._connection)

    @property
    def audio(self) -> ReadAudio:
        """Audio records."""
        return ReadAudio(self._connection)

    @property
    def pictures(self) -> ReadPictures:
        """Pictures."""
        return ReadPictures(self._connection)

    @property
    def registrations(self) -> ReadRegistrations:
        """Unfinished registrations."""
        return ReadRegistrations(self._connection)

    @property
    def jobs(self) -> ReadJobs:
        """Jobs."""
        return ReadJobs(self._connection)

    @property
    def questions(self) -> ReadQuestions:
        """Quiz questions."""
        return ReadQuestions(self._connection)

    @property
    def clues(self) -> ReadClues:
        """Quiz questions in the shapes of jService."""
        return ReadClues(self._connection)

    @property
    def profiles(self) -> ReadProfiles:
        """People."""
        return ReadProfiles(self._connection)

    @property
    def mails(self) -> ReadMails:
        """Mails."""
        return ReadMails(self._connection, self._seal[1])

    @property
    def exports(self) -> ReadExports:
        """Everything stored about a person."""
        return ReadExports(self._connection)
