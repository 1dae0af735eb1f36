"""Exit codes of every command."""

from enum import IntEnum


class Exit(IntEnum):
    """What a command tells the shell."""

    OK = 0
    FAILED = 1
    USAGE = 2
    CONFIGURATION = 3
    UNAVAILABLE = 4
    PROBLEMS = 5
    INTERRUPTED = 130
