"""Words that several pages say about a video."""

from collections.abc import Callable

from efir.domain.videos.video import Visibility


def visibilities(_: Callable[[str], str]) -> list[tuple[Visibility, str, str, str]]:
    """Choices of who can watch: value, name, explanation, icon."""
    return [
        (Visibility.PUBLIC, _("Public"), _("Everybody, and it is listed."), "globe"),
        (Visibility.UNLISTED, _("By link"), _("Whoever has the link; it is not listed."), "link"),
        (Visibility.PRIVATE, _("Private"), _("Only you."), "lock"),
    ]


def stages(_: Callable[[str], str]) -> dict[str, str]:
    """Names of the steps of processing."""
    return {
        "inspect": _("Checking the file"),
        "first": _("First picture"),
        "encode": _("All qualities"),
        "finish": _("Finishing"),
    }
