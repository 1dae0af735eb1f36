"""Transactions, owned by use cases: leaving the block commits, an exception rolls back."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from efir.ports.audit import AuditLog, AuditViews
from efir.ports.bans import BanRepository
from efir.ports.channels import ChannelRepository, ChannelViews
from efir.ports.credentials import AccessChanges
from efir.ports.jobs import JobRepository, JobViews
from efir.ports.logins import LoginRepository, LoginViews
from efir.ports.outbox import Outbox
from efir.ports.renditions import RenditionRepository, RenditionViews
from efir.ports.replies import Replies
from efir.ports.roles import RoleRepository, RoleViews
from efir.ports.sessions import SessionRepository, SessionViews
from efir.ports.signing_keys import SigningKeyRepository, SigningKeyViews
from efir.ports.uploads import UploadRepository
from efir.ports.users import UserRepository, UserViews
from efir.ports.videos import VideoRepository, VideoViews


class Views(Protocol):
    """Everything that can be read."""

    @property
    def users(self) -> UserViews: ...
    @property
    def sessions(self) -> SessionViews: ...
    @property
    def roles(self) -> RoleViews: ...
    @property
    def logins(self) -> LoginViews: ...
    @property
    def audit(self) -> AuditViews: ...
    @property
    def signing_keys(self) -> SigningKeyViews: ...
    @property
    def channels(self) -> ChannelViews: ...
    @property
    def videos(self) -> VideoViews: ...
    @property
    def renditions(self) -> RenditionViews: ...
    @property
    def jobs(self) -> JobViews: ...


class Transaction(Protocol):
    """Everything that can be changed, in one transaction; `views` reads inside it."""

    @property
    def users(self) -> UserRepository: ...
    @property
    def sessions(self) -> SessionRepository: ...
    @property
    def roles(self) -> RoleRepository: ...
    @property
    def bans(self) -> BanRepository: ...
    @property
    def logins(self) -> LoginRepository: ...
    @property
    def audit(self) -> AuditLog: ...
    @property
    def signing_keys(self) -> SigningKeyRepository: ...
    @property
    def access_changes(self) -> AccessChanges: ...
    @property
    def channels(self) -> ChannelRepository: ...
    @property
    def videos(self) -> VideoRepository: ...
    @property
    def renditions(self) -> RenditionRepository: ...
    @property
    def uploads(self) -> UploadRepository: ...
    @property
    def jobs(self) -> JobRepository: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def replies(self) -> Replies: ...
    @property
    def views(self) -> Views: ...


Begin = Callable[[], AbstractAsyncContextManager[Transaction]]
Read = Callable[[], AbstractAsyncContextManager[Views]]
