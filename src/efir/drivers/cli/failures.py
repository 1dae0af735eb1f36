"""How a command fails: one line with the cause and the next step, and a documented exit code."""

from typing import Final

OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2
CONFIGURATION: Final = 3
UNAVAILABLE: Final = 4
PROBLEMS: Final = 5
INTERRUPTED: Final = 130


class CommandFailed(Exception):  # noqa: N818  # an exception named by the broken rule, as in the domain
    """A command cannot go on; `next_step` says what the person can do about it."""

    def __init__(self, cause: str, next_step: str, code: int = FAILED) -> None:
        super().__init__(f"{cause}; {next_step}" if next_step else cause)
        self.code = code
