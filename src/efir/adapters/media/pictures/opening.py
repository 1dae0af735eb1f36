"""A picture that was sent, opened as a browser would: its first frame, upright, and what its colours mean."""

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyvips

from efir.adapters.media.pictures import avif, avif_sequences, colours, gif, icc_profiles, png
from efir.adapters.media.video.boxes import BoxesBroken
from efir.domain.pictures.colours import Colours
from efir.domain.pictures.picture import (
    SNIFFED,
    PictureBroken,
    PictureFormat,
    PictureKind,
    PictureTypeRefused,
    Size,
    admit,
    sniff,
)

FIRST = "first"  # where the first frame is kept when it has to be taken out of the file
PROFILE = "icc-profile-data"
TURNED = 5  # EXIF orientations from here on lie on their side
KNOWN_BRANDS = frozenset({b"avif", b"mif1"})
GAIN_MAPS = "VipsForeignLoadUhdr"  # JPEG with a second picture for HDR screens: it is JPEG here, as on other screens
LOADERS = {"jpegload": "jpeg", "pngload": "png", "webpload": "webp", "gifload": "gif", "heifload": "avif"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is decoded: a file, and the colours its values are converted from.

    Its own ICC profile counts unless `profile` is another one, or nothing. `turned` says that its EXIF orientation
    counts. A `frame` smaller than its `canvas` lies on it at left, top, with width, height in pixels; what it leaves
    open is transparent.
    """

    path: str
    format: PictureFormat
    frames: int = 0
    colours: Colours | None = None
    profile: bytes | None = None
    turned: bool = True
    frame: tuple[int, int, int, int] | None = None
    canvas: Size = (0, 0)

    def check_header(self, kind: PictureKind) -> Size:
        """Return the upright sides, known by the header alone. Raises PictureRefused, PictureTypeRefused."""
        header = pyvips.Image.new_from_file(self.path)
        if LOADERS.get(header.get("vips-loader")) != self.format:
            raise PictureTypeRefused
        width, height = header.width, _fact(header, "page-height", header.height)
        if self.frame is not None:
            width, height = self.canvas
        if self.turned and _fact(header, "orientation", 1) >= TURNED:
            width, height = height, width
        admit(width, height, frames=self.frames or _fact(header, "n-pages", 1), kind=kind)
        return width, height

    def shrink(self, width: int, height: int, **how: Any) -> Any:
        """Decode no more than a size needs, as eight bits of sRGB with alpha where there was any."""
        how |= {"height": height, "no_rotate": not self.turned}
        header = pyvips.Image.new_from_file(self.path)
        ink = header.interpretation == "cmyk"
        if ink and icc_profiles.space(profile_of(header)) == b"CMYK":
            how["export_profile"] = "srgb"
        elif ink or self.colours is not None or self.frame is not None:
            return self._finish(self._convert(max(width, height)).thumbnail_image(width, **how))
        return self._finish(pyvips.Image.thumbnail(self.path, width, fail_on="error", **how))

    def _convert(self, longest: int) -> Any:
        """Convert before sixteen bits are cut to eight, or ink is taken for another ink.

        Light costs seconds for fifty million pixels, so no more than four are converted for each that is wanted.
        """
        image = pyvips.Image.new_from_file(self.path, access="sequential", fail_on="error")
        if image.interpretation == "cmyk":
            image = colours.convert_ink(image)
        if self.colours is not None:
            spare = 1 if self.frame or image.hasalpha() else min(image.width, image.height) // (2 * longest)
            image = colours.convert_to_srgb(image.shrink(spare, spare) if spare > 1 else image, self.colours)
        if self.frame is not None:
            left, top, width, height = self.frame
            if (image.width, image.height) != (width, height):  # a decoder has put it on the canvas already
                image = image.extract_area(left, top, width, height)
            image = (image if image.hasalpha() else image.addalpha()).embed(left, top, *self.canvas)
        return image

    def _finish(self, image: Any) -> Any:
        """Apply a profile, to the small result: on the way it doubles the cost."""
        image = image.copy_memory()
        image.remove("orientation")  # it is done with, or it says nothing
        profile = profile_of(image) if self.profile is None else self.profile
        if profile:
            if icc_profiles.space(profile) == b"RGB " and image.interpretation == "b-w":
                image = image.colourspace("srgb")  # browsers make three channels of one before they look at profiles
            image.set_type(pyvips.GValue.blob_type, PROFILE, profile)  # decoders keep none for channels there are not
            with contextlib.suppress(pyvips.Error):  # a broken profile says nothing about the colours
                image = image.icc_transform("srgb", embedded=True, intent="relative").copy_memory()
        if image.interpretation != "srgb":
            image = image.colourspace("srgb")
        return image if image.format == "uchar" else image.cast("uchar")


def open_picture(path: str) -> Source:
    """Look at a file before a decoder does. Raises PictureTypeRefused, PictureBroken."""
    pyvips.operation_block_set(GAIN_MAPS, True)
    with Path(path).open("rb") as file:
        sniffed = sniff(file.read(SNIFFED))
    try:
        source = OPENERS.get(sniffed, _open_other)(path, sniffed)
    except BoxesBroken as error:
        raise PictureBroken from error
    if source.colours is None:
        profile = profile_of(pyvips.Image.new_from_file(source.path)) if source.profile is None else source.profile
        named = icc_profiles.read_colours(profile)
        source = source if named is None else replace(source, colours=named, profile=b"")
    return source


def _open_other(path: str, sniffed: PictureFormat) -> Source:
    # the orientation in a WebP says nothing: browsers show it as it lies
    return Source(path=path, format=sniffed, turned=sniffed is not PictureFormat.WEBP)


def _open_png(path: str, sniffed: PictureFormat) -> Source:
    data = Path(path).read_bytes()
    found, first = png.read_colours(data), png.first_frame(data)
    source = Source(path=path, format=sniffed, colours=found.colours, profile=found.profile)
    if first is None:
        return source
    Path(FIRST).write_bytes(first.content)
    return _place_on_canvas(replace(source, path=FIRST), first.place, first.canvas)


def _open_gif(path: str, sniffed: PictureFormat) -> Source:
    first = gif.first_frame(Path(path).read_bytes())
    source = Source(path=path, format=sniffed)
    return source if first is None else _place_on_canvas(source, *first)


def _place_on_canvas(source: Source, place: tuple[int, int, int, int], canvas: Size) -> Source:
    covers = place == (0, 0, *canvas)
    return source if covers else replace(source, frame=place, canvas=canvas)


def _open_avif(path: str, sniffed: PictureFormat) -> Source:
    """Have the decoder see a still, under a name by which it knows the format."""
    data = Path(path).read_bytes()
    still, frames = avif_sequences.first_frame(data) or (data, 0)
    if still[8:12] not in KNOWN_BRANDS:
        still = still[:8] + b"avif" + still[12:]
    if still is not data:
        path = FIRST
        Path(path).write_bytes(still)
    return Source(path=path, format=sniffed, frames=frames, colours=avif.read_colours(still))


OPENERS = {PictureFormat.PNG: _open_png, PictureFormat.GIF: _open_gif, PictureFormat.AVIF: _open_avif}


def profile_of(image: Any) -> bytes:
    """Return the embedded ICC profile, or nothing."""
    return bytes(image.get(PROFILE)) if image.get_typeof(PROFILE) else b""


def _fact(image: Any, name: str, otherwise: int) -> int:
    return int(image.get(name)) if image.get_typeof(name) else otherwise
