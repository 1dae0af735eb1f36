"""Pictures nobody here drew, from scikit-image's wheel on PyPI: each is made well or refused in words."""

import io
import statistics
import subprocess
import sys
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import pyvips
from PIL import Image, ImageCms

from efir.adapters.media.confinement.sandbox import detect
from efir.adapters.media.pictures.converter import vips_pictures
from efir.domain.kernel.errors import DomainError
from efir.domain.kernel.limits import Limits
from efir.domain.pictures.crops import CropBox
from efir.domain.pictures.picture import PictureKind
from efir.ports.pictures import PictureOrder

pytestmark = pytest.mark.slow

ROOM = Path(__file__).parents[2] / ".node" / "pictures"  # git-ignored, like the peers from npm
MAX_SHARE = 0.25
MAX_DIFFERENT, DIFFERENT_USUALLY = 12.0, 3.0  # of 255; fine grain is what WebP leaves out


@cache
def corpus() -> list[Path]:
    """The picture folder of the wheel; installed once beside the tests, never imported."""
    data = ROOM / "skimage" / "data"
    if not data.is_dir():
        command = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--no-deps"]
        done = subprocess.run([*command, "--target", str(ROOM), "scikit-image"], capture_output=True, check=False)
        if done.returncode:
            pytest.skip("the pictures of scikit-image cannot be had: is PyPI reachable?")
    return sorted(path for path in data.iterdir() if path.suffix in {".png", ".jpg", ".gif", ".tif"})


async def body_of(content: bytes) -> AsyncIterator[bytes]:
    """Bytes as they arrive."""
    for start in range(0, len(content), 65_536):
        yield content[start : start + 65_536]


def difference(content: bytes, made: bytes) -> float:
    """Mean difference, of 255, of a made picture and the same square of what was sent, seen through its profile."""
    image, whole = grey(pyvips.Image.new_from_buffer(made, "")), grey(seen(content))
    side = min(whole.width, whole.height)
    plain = whole.extract_area(0, 0, side, side).thumbnail_image(image.width, height=image.height, size="force")
    return float((image - plain).abs().avg())


def seen(content: bytes) -> Any:
    """What was sent, with the colours its profile gives it, by another library than ours."""
    with Image.open(io.BytesIO(content)) as sent:
        profile = sent.info.get("icc_profile")
        if profile is None:
            return pyvips.Image.new_from_buffer(content, "")
        srgb = ImageCms.createProfile("sRGB")
        shown = ImageCms.profileToProfile(
            sent, ImageCms.ImageCmsProfile(io.BytesIO(profile)), srgb, 1, outputMode="RGB"
        )
    held = io.BytesIO()
    shown.save(held, "PNG", icc_profile=None)
    return pyvips.Image.new_from_buffer(held.getvalue(), "")


def grey(image: Any) -> Any:
    """One band of light, on white where the picture is transparent."""
    flat = image.flatten(background=255) if image.hasalpha() else image
    return flat.colourspace("b-w").extract_band(0).copy_memory()


async def test_every_picture_is_made_or_refused_and_what_is_made_looks_like_it(tmp_path: Path) -> None:
    order = PictureOrder(PictureKind.AVATAR, CropBox(0, 0, 1))
    shares, differences, refused = [], {}, []
    async with vips_pictures(detect(), Limits(), room=tmp_path) as converter:
        for path in corpus():
            content = path.read_bytes()  # a test, alone
            try:
                found = await converter.make(body_of(content), order)
            except DomainError as error:
                refused.append((path.suffix, error.code))
                continue
            differences[path.name] = difference(content, found.files[0].content)
            shares.append(sum(len(file.content) for file in found.files) / len(content))
    assert set(refused) == {(".tif", "image-type"), (".gif", "image-too-small")}
    assert len(differences) > 25
    assert max(differences.values()) < MAX_DIFFERENT, differences
    assert statistics.median(differences.values()) < DIFFERENT_USUALLY
    assert statistics.median(shares) < MAX_SHARE, "a photo of a phone is twenty times larger, and gives the same bytes"
