"""Advisory locks of PostgreSQL that are named by a number of their own, the same in every process.

Locks of one subject out of many are named by a hash of it (`hashtextextended`) where they are taken.
"""

import enum


@enum.unique  # two that shared a number would wait for each other
class AdvisoryLock(enum.IntEnum):
    """Which lock has which number."""

    MIGRATIONS = 4_205_127_113
    QUESTIONS = 4_205_127_114  # of every writer of questions, also in the function `store_questions` (migration 0010)
    SIGNING_KEYS = 4_205_127_115
    ROLES = 4_205_127_116
