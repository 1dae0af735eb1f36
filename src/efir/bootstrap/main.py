"""The console script: a table of commands, each loaded only when it is called."""

import importlib
import os
import sys
from collections.abc import Sequence
from typing import NamedTuple

from efir import VERSION
from efir.drivers.cli.failures import CommandFailed

DEBUG = "--debug"


class Command(NamedTuple):
    """The module of a command, and its summary."""

    module: str
    function: str
    summary: str


COMMANDS = {
    "up": Command("efir.bootstrap.commands.up", "up", "run everything on this machine"),
    "api": Command("efir.bootstrap.commands.processes", "api", "serve the HTTP API and the pages"),
    "worker": Command("efir.bootstrap.commands.processes", "worker", "do background work"),
    "migrate": Command("efir.bootstrap.commands.processes", "migrate", "bring the database to the newest schema"),
    "alive": Command("efir.bootstrap.commands.alive", "check_alive", "tell whether the API or a worker here is alive"),
    "doctor": Command("efir.bootstrap.commands.doctor", "doctor", "check this installation and say what to do"),
    "admin": Command("efir.bootstrap.commands.admin", "admin", "look after accounts from the machine itself"),
    "config": Command("efir.bootstrap.commands.config", "config", "show every setting and where it comes from"),
    "auth": Command("efir.bootstrap.commands.auth", "auth", "find out what password hashes may cost on this machine"),
    "upload": Command("efir.bootstrap.commands.clients", "upload", "send video files to a server"),
    "questions": Command(
        "efir.bootstrap.wiring.questions", "questions", "store new quiz questions, or make their bank"
    ),
    "demo": Command(
        "efir.bootstrap.commands.clients", "demo", "add a person and two sample videos to a running server"
    ),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    debug = DEBUG in arguments
    arguments = [word for word in arguments if word != DEBUG]
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        print(overview())
        return 0 if arguments else 2
    if arguments[0] in {"-V", "--version"}:
        print(f"efir {VERSION}")
        return 0
    command = COMMANDS.get(arguments[0])
    if command is None:
        print(f"efir: there is no command {arguments[0]!r}; `efir --help` lists them", file=sys.stderr)
        return 2
    return _run(command, arguments[1:], debug=debug)


def overview() -> str:
    """List the commands."""
    width = max(map(len, COMMANDS))
    rows = (f"  {name:<{width}}  {command.summary}" for name, command in COMMANDS.items())
    return "\n".join(
        (
            "Efir: video channels, accounts, chat, quiz questions and audio records in one service.",
            "",
            "usage: efir COMMAND [FLAGS]      `efir COMMAND --help` explains one",
            "",
            *rows,
            "",
            "Every command takes --debug, which shows the traceback of an error.",
            "Exit codes: 0 ok, 1 failed, 2 usage, 3 configuration, 4 dependency unavailable, 5 problems found,",
            "130 interrupted.",
        )
    )


def _run(command: Command, arguments: list[str], *, debug: bool) -> int:
    try:
        run = getattr(importlib.import_module(command.module), command.function)
        return int(run(arguments))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of the output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except CommandFailed as error:
        print(f"efir: {error}", file=sys.stderr)
        return error.code
    except Exception as error:  # the last resort: the user gets one line, and a traceback only on request
        if debug:
            raise
        print(f"efir: {type(error).__name__}: {error}; run it again with --debug for details", file=sys.stderr)
        return 1
