"""`efir admin`: actions on accounts for the operator of this machine."""

import asyncio
from collections.abc import Sequence

from efir.application.accounts.administration import grant_by_operator, revoke_by_operator, setup_code
from efir.application.auth.mfa_recovery import remove_by_operator
from efir.application.auth.signing_keys import rotate_signing_keys
from efir.application.context import Ports
from efir.bootstrap.startup.settings_loading import load_for_process
from efir.bootstrap.wiring.ports import opened
from efir.domain.kernel.errors import DomainError
from efir.drivers.cli.admin import Wanted, admin_arguments
from efir.drivers.cli.exits import Exit
from efir.drivers.cli.failures import CommandFailed
from efir.settings import Settings


def admin(argv: Sequence[str]) -> int:
    """Perform one action and print its result."""
    wanted = admin_arguments(argv)
    settings = load_for_process(wanted.settings)
    try:
        print(asyncio.run(_run_action(settings, wanted)))
    except DomainError as error:
        raise CommandFailed(error.detail.rstrip("."), "`efir admin --help` lists the actions", Exit.FAILED) from error
    return Exit.OK


async def _run_action(settings: Settings, wanted: Wanted) -> str:
    async with opened(settings, statement_seconds=settings.limits.statement_seconds_worker) as ports:
        return await _act(ports, wanted)


async def _act(ports: Ports, wanted: Wanted) -> str:
    now = ports.clock()
    match wanted.action:
        case "grant":
            await grant_by_operator(ports, nickname=wanted.nickname, role=wanted.role, now=now)
            return f"{wanted.nickname} holds the role {wanted.role}"
        case "revoke":
            await revoke_by_operator(ports, nickname=wanted.nickname, role=wanted.role, now=now)
            return f"{wanted.nickname} does not hold the role {wanted.role}"
        case "bootstrap":
            code = await setup_code(ports, now=now)
            return f"Open this link within 15 minutes and sign in:\n{ports.links.setup(code)}"
        case "remove-second-factor":
            await remove_by_operator(ports, nickname=wanted.nickname, reason=wanted.reason, now=now)
            return f"{wanted.nickname} signs in without a second factor; all devices are signed out"
        case _:
            await rotate_signing_keys(ports, compromised=wanted.compromised, now=now)
            return "access tokens are signed with a new key"
