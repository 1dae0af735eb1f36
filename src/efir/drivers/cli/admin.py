"""Arguments of `efir admin`."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from efir.drivers.cli.arguments import changes, command_parser


@dataclass(frozen=True, slots=True)
class Wanted:
    """The requested action and its arguments."""

    action: str
    settings: dict[str, object]
    nickname: str = ""
    role: str = ""
    compromised: bool = False
    reason: str = ""


def admin_arguments(argv: Sequence[str]) -> Wanted:
    """Parse the action and its flags."""
    parser = command_parser(
        "admin", "Look after accounts from the machine itself.", example="efir admin grant ada --role administrator"
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    grant = _action(actions, "grant", "let somebody hold a role")
    grant.add_argument("nickname", help="whose account it is")
    grant.add_argument("--role", default="administrator", help="name of the role (default: administrator)")
    revoke = _action(actions, "revoke", "take a role from somebody")
    revoke.add_argument("nickname", help="whose account it is")
    revoke.add_argument("--role", default="administrator", help="name of the role (default: administrator)")
    _action(actions, "bootstrap", "print a link that makes the first administrator; it lasts 15 minutes")
    lost = _action(actions, "remove-second-factor", "remove a second factor that its owner has lost")
    lost.add_argument("nickname", help="whose account it is")
    lost.add_argument("--reason", required=True, help="why; kept in the audit log")
    rotate = _action(actions, "rotate-keys", "sign access tokens with a new key")
    rotate.add_argument("--compromised", action="store_true", help="tokens of the old keys count no more, at once")
    parsed = parser.parse_args(argv)
    return Wanted(
        action=parsed.action,
        settings=changes(parsed),
        nickname=getattr(parsed, "nickname", ""),
        role=getattr(parsed, "role", ""),
        compromised=getattr(parsed, "compromised", False),
        reason=getattr(parsed, "reason", ""),
    )


def _action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, summary: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=summary, description=f"{summary.capitalize()}.", allow_abbrev=False)
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="where everything is kept"
    )
    return parser
