"""Arguments and output of `efir config`."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from efir.drivers.cli.arguments import changes, command_parser

SECRET_NAME = re.compile(r"(SECRET|PASSWORD|PASS|TOKEN|PRIVATE_KEY)$")
URL_PASSWORD = re.compile(r"(?<=://)([^:/@]*):([^@/]+)@")
HIDDEN = "********"


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting: its environment variable, its value as text, and the source of the value."""

    name: str
    value: str
    source: str

    def mask(self) -> "Setting":
        """Return the setting with its secret, or the password inside its URL, hidden."""
        if SECRET_NAME.search(self.name):
            return Setting(self.name, HIDDEN if self.value else "", self.source)
        return Setting(self.name, URL_PASSWORD.sub(rf"\1:{HIDDEN}@", self.value), self.source)


def config_arguments(argv: Sequence[str]) -> tuple[dict[str, object], bool, bool]:
    """Parse the flags: settings, whether to print JSON, and whether to print changed settings only."""
    parser = command_parser(
        "config", "Show every setting, its value and where it comes from.", example="efir config --changed"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--changed", action="store_true", help="leave out settings that have their default")
    parsed = parser.parse_args([word for word in argv if word != "show"])
    return changes(parsed), parsed.json, parsed.changed


def present(settings: Sequence[Setting], *, as_json: bool) -> None:
    """Print settings, with secrets hidden."""
    shown = [setting.mask() for setting in settings]
    if as_json:
        print(json.dumps({"settings": [asdict(setting) for setting in shown]}, ensure_ascii=False))
        return
    names = max((len(setting.name) for setting in shown), default=0)
    values = min(max((len(setting.value) for setting in shown), default=0), 48)
    for setting in shown:
        print(f"{setting.name:<{names}}  {setting.value:<{values}}  {setting.source}")
