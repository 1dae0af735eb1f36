"""Failures of commands: one line with the cause and the next step, and a documented exit code."""

from efir.drivers.cli.exits import Exit


class CommandFailed(Exception):
    """A command cannot continue; `next_step` says what the user can do about it."""

    def __init__(self, cause: str, next_step: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(f"{cause}; {next_step}" if next_step else cause)
        self.code = code
