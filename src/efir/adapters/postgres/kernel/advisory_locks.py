"""Numbers of PostgreSQL's advisory locks, the same in every process.

A lock of one subject among many is numbered by a hash of it (`hashtextextended`) where it is taken.
"""

import enum


@enum.unique  # locks that shared a number would block each other
class AdvisoryLock(enum.IntEnum):
    """An advisory lock and its number."""

    MIGRATIONS = 4_205_127_113
    QUESTIONS = 4_205_127_114  # taken by writers of questions, also in the function `store_questions` (migration 0010)
    SIGNING_KEYS = 4_205_127_115
    ROLES = 4_205_127_116
