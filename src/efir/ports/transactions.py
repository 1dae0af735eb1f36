"""Database transactions, controlled by use cases: leaving the block commits, an exception rolls back."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from efir.ports.access.group import AccessReadModels, AccessRepositories
from efir.ports.accounts.group import AccountReadModels, AccountRepositories
from efir.ports.audio import AudioReadModels, AudioRepositories
from efir.ports.auth.group import AuthReadModels, AuthRepositories
from efir.ports.channels import ChannelReadModels, ChannelRepositories
from efir.ports.jobs.group import JobReadModels, JobRepositories
from efir.ports.kernel.group import KernelRepositories
from efir.ports.mail import MailReadModels, MailRepositories
from efir.ports.pictures import PictureReadModels, PictureRepositories
from efir.ports.quiz.group import QuizReadModels, QuizRepositories
from efir.ports.uploads import UploadRepositories
from efir.ports.users import UserReadModels, UserRepositories
from efir.ports.videos.group import VideoReadModels, VideoRepositories


class Views(
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
    MailReadModels,
    Protocol,
):
    """All read models, by area."""


class Transaction(
    UserRepositories,
    AuthRepositories,
    AccessRepositories,
    ChannelRepositories,
    VideoRepositories,
    AudioRepositories,
    PictureRepositories,
    AccountRepositories,
    JobRepositories,
    QuizRepositories,
    MailRepositories,
    UploadRepositories,
    KernelRepositories,
    Protocol,
):
    """All repositories, by area, in one transaction; `views` reads within it."""

    @property
    def views(self) -> Views: ...


Begin = Callable[[], AbstractAsyncContextManager[Transaction]]
Read = Callable[[], AbstractAsyncContextManager[Views]]
