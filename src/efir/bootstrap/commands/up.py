"""`efir up`: the guard process and, forked from it, the supervisor that runs everything."""

import asyncio
import os
import signal
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Never

from efir.adapters.embedded.accounts import Account
from efir.adapters.embedded.binaries import BinariesMissing
from efir.adapters.embedded.daemon import StartFailed
from efir.adapters.embedded.lock import DirectoryInUse, DirectoryLock
from efir.adapters.embedded.orphans import end_marked
from efir.adapters.embedded.postgres import ClusterRefused
from efir.adapters.embedded.reaper import adopt_orphans, watch
from efir.adapters.embedded.sockets import remove_sockets
from efir.adapters.embedded.supervisor import Supervisor
from efir.bootstrap.processes.port_check import check_port, check_reserved
from efir.bootstrap.processes.run_as import become, settle
from efir.bootstrap.processes.stack import Stack, bring_up, fill, stock
from efir.bootstrap.startup.settings_loading import adopt_environment, load_secret, load_settings
from efir.drivers.cli.exits import Exit
from efir.drivers.cli.failures import CommandFailed
from efir.drivers.cli.up import Progress, display_address, mail_hint, parse_up_arguments

PATIENCE = 120.0  # seconds to wait for another `efir up` that is draining
REQUESTS = {
    signal.SIGTERM: signal.SIGTERM,
    signal.SIGINT: signal.SIGINT,
    signal.SIGHUP: signal.SIGTERM,
}
TOLD = {int(code): code for code in (Exit.CONFIGURATION, Exit.UNAVAILABLE)}  # exit codes passed on from a child
SERVERS = frozenset({"postgres", "valkey"})


def up(argv: Sequence[str]) -> int:
    """Run everything until SIGTERM or Ctrl-C.

    There are two processes: this one, whose id the user knows, only waits, and ends whatever a killed supervisor
    leaves; the supervisor, forked from it, stops everything when this one has gone.
    """
    arguments = parse_up_arguments(argv)
    settings = load_settings(arguments.changes)
    progress = Progress(verbose=arguments.verbose)
    lock = _lock_directory(settings.home, progress)
    if left := end_marked(settings.home.resolve()):
        progress.state(f"{left} processes of an `efir up` that was killed were ended")
    check_port(settings.host, settings.port)
    tenancy = settle(settings.home)
    if tenancy.becomes is not None:
        check_reserved(settings.port, tenancy.becomes.name)
    if tenancy.servers is not None:
        progress.state("the API and the workers run as root: no other user reaches their environment or data")
    secret = settings.secret or load_secret(settings.home, tenancy.becomes)
    progress.say(f"data: {settings.home}")
    stack = Stack(settings=settings, servers=tenancy.servers, secret=secret, say=progress.say)
    adopt_environment()
    life, held = os.pipe()
    supervisor = os.fork()
    if supervisor == 0:
        os.close(held)
        os.setsid()
        os._exit(_as_supervisor(stack, progress, lock, life, tenancy.becomes, demo=arguments.demo))
    os.close(life)
    adopt_orphans()
    return _guard(supervisor, lock, progress)


def _as_supervisor(
    stack: Stack, progress: Progress, lock: DirectoryLock, life: int, becomes: Account | None, *, demo: bool
) -> int:
    """Run the forked process; whatever happens, it ends here with an exit code."""
    try:
        if becomes is not None:
            become(becomes, stack.home)
        code = asyncio.run(_supervise(stack, progress, lock, life, demo=demo))
        remove_sockets(stack.home)
    except Exception as error:  # noqa: BLE001  # an error must not unwind into the forked copy of the caller
        progress.state(f"{type(error).__name__}: {error}")
        (stack.home / "logs" / "supervisor.log").write_text(traceback.format_exc(), encoding="utf-8")
        return Exit.FAILED
    return code


def _guard(supervisor: int, lock: DirectoryLock, progress: Progress) -> int:
    """Wait for the supervisor; if it was killed, report that after ending everything it left."""
    code = watch(supervisor, requests=REQUESTS, ended=lock.note_stopping)
    if code < 0:
        progress.state(f"the supervisor was ended by {signal.Signals(-code).name}; everything it ran is stopped")
        return Exit.FAILED
    return code


def _lock_directory(home: Path, progress: Progress) -> DirectoryLock:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = DirectoryLock(home)
        lock.take(patience=PATIENCE, waiting=lambda: progress.say("waiting for the previous `efir up` to stop"))
    except DirectoryInUse as error:
        raise CommandFailed(str(error), "stop it or choose another with --data-dir", Exit.UNAVAILABLE) from error
    except OSError as error:
        raise CommandFailed(
            f"the data directory {home} cannot be used ({error.strerror})",
            "choose another with --data-dir",
            Exit.CONFIGURATION,
        ) from error
    return lock


async def _supervise(stack: Stack, progress: Progress, lock: DirectoryLock, life: int, *, demo: bool) -> int:
    """Start everything, wait for a stop request, stop everything in order; return the exit code."""
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[int] = loop.create_future()
    async with Supervisor(logs=stack.home / "logs", report=progress.state, listen=progress.log) as supervisor:

        def end(code: int) -> None:
            """Drain on the first request, hurry on the second."""
            if stop.done():
                supervisor.hurried.set()
            else:
                lock.note_stopping()
                stop.set_result(code)

        def abandon() -> None:
            loop.remove_reader(life)
            supervisor.hurried.set()
            end(Exit.FAILED)

        loop.add_signal_handler(signal.SIGTERM, end, Exit.OK)
        loop.add_signal_handler(signal.SIGINT, end, Exit.INTERRUPTED)
        loop.add_reader(life, abandon)
        running = asyncio.ensure_future(_run(stack, progress, supervisor, demo=demo))
        await asyncio.wait((running, stop), return_when=asyncio.FIRST_COMPLETED)
        if not stop.done():
            lock.note_stopping()
            return running.result()
        progress.state("stopping")
        running.cancel()
        await asyncio.wait((running,))
        return stop.result()


async def _run(stack: Stack, progress: Progress, supervisor: Supervisor, *, demo: bool) -> int:
    """Start everything, then wait forever; return an exit code when the start fails."""
    try:
        await bring_up(stack, supervisor)
    except StartFailed as error:
        progress.state(f"{error} (see {stack.home / 'logs' / error.name}.log)")
        return Exit.UNAVAILABLE if error.name in SERVERS else TOLD.get(error.code, Exit.FAILED)
    except (ClusterRefused, BinariesMissing) as error:
        progress.state(str(error))
        return Exit.CONFIGURATION
    progress.report_ready(display_address(stack.settings.host, stack.settings.port))
    await stock(stack, supervisor)
    if not stack.settings.mail.smtp_url:
        progress.say(mail_hint(stack.settings.origin))
    if demo:
        await fill(stack, supervisor)
    forever: asyncio.Future[Never] = asyncio.get_running_loop().create_future()
    return await forever
