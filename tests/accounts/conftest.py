"""Fixtures for tests of accounts."""

from kit.fixtures.mails import api, deliver, mailing, mailing_app, server, session_mailing, signed_in_long_ago, sink

__all__ = ["api", "deliver", "mailing", "mailing_app", "server", "session_mailing", "signed_in_long_ago", "sink"]
