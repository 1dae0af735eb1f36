"""The correlation id, which follows a request through its transaction, jobs and log lines."""

from contextvars import ContextVar

correlation: ContextVar[str] = ContextVar("correlation", default="")
