"""Logging: JSON lines on standard error, each with the request's id; no bodies, cookies or tokens."""

import logging
import sys
from typing import Any

import structlog

from efir.ports.kernel.correlation import correlation


def configure(level: str) -> None:
    """Configure structlog and route the libraries' warnings through it."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _add_correlation,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Handler()], force=True)


def _add_correlation(_logger: Any, _name: str, event: Any) -> Any:
    if correlation.get() and "request_id" not in event:
        event["request_id"] = correlation.get()
    return event


class _Handler(logging.Handler):
    """Routes records of the standard `logging` module to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger(record.name).warning(record.getMessage(), exc_info=record.exc_info or None)
