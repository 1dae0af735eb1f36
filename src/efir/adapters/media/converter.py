"""MediaConverter by ffmpeg; its methods arrive with the recipes."""

from pathlib import Path
from typing import Any

from efir.adapters.media.sandbox import Sandbox
from efir.domain.limits import Limits


class FfmpegConverter:
    """MediaConverter by ffmpeg in confined children."""

    def __init__(self, box: Sandbox, limits: Limits, *, scratch: Path, ffmpeg: str | None = None) -> None:
        self._given = (box, limits, scratch, ffmpeg)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)
