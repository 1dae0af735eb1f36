"""Commands that are clients of a running server: `efir upload` and `efir demo`."""

from collections.abc import Sequence

from efir.bootstrap.commands.checks import wheel_ffmpeg
from efir.bootstrap.startup.settings_loading import load_settings
from efir.drivers.cli import upload as uploading
from efir.drivers.cli.arguments import build_plain_parser
from efir.drivers.cli.demo import Demo, demo_arguments, fill
from efir.drivers.cli.up import display_address


def upload(argv: Sequence[str]) -> int:
    """Send video files to a server."""
    parser = build_plain_parser("upload", "Send video files to a server and print where to watch them.")
    uploading.add_arguments(parser)
    return uploading.run(parser.parse_args(argv))


def demo(argv: Sequence[str]) -> int:
    """Add the sample user and videos to a running server."""
    changes, url = demo_arguments(argv)
    settings = load_settings(changes)
    fill(
        Demo(
            url=url or display_address(settings.host, settings.port),
            home=settings.home,
            ffmpeg=settings.media.ffmpeg or wheel_ffmpeg(),
        )
    )
    return 0
