"""What frames and headers say of a picture: size as shown, colours, crop, turn, transparency."""

import re
import struct
from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame

from efir.adapters.media.inspection.frames import Look
from efir.domain.processing.source_facts import usual_matrix

MATRICES = {
    1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "ycgco", 9: "bt2020nc", 10: "bt2020c",
    14: "ictcp",
}  # fmt: skip
ALPHA_FORMATS = ("yuva", "gbrap", "rgba", "bgra", "argb", "abgr", "ya8", "ya16")
PRIMARIES = {1: "bt709", 9: "bt2020", 11: "smpte432", 12: "smpte432"}  # 11 has the same colours, but another white
FULL_RANGE = 2
HDR = {16: "pq", 18: "hlg"}
CROPPING = re.compile(r"^\s+Frame Cropping: (\d+)/(\d+)/(\d+)/(\d+)\s*$", re.MULTILINE)
DOLBY_VISION = re.compile(r"DOVI configuration record: .*?profile: (\d+), .*?compatibility id: (\d+)")
MAX_ASPECT = 16


def picture_facts(stream: Any, told: str, looks: Sequence[Look], *, more_forms: bool = False) -> dict[str, Any]:
    """Return what the probe needs to know; `told` is the stream's part of the container's description.

    The frame that is shown largest stands for the picture: others are brought to its size. `more_forms` says that there
    are others that nobody looked at.
    """
    context, frames = stream.codec_context, [look.frame for look in looks]
    mixed = _mixes_shapes(stream, looks)
    main = max(looks, key=lambda look: look.frame.width * look.frame.height * (look.shape if mixed else 1))
    frame = main.frame
    width, height = _apply_crop(frame.width, frame.height, told)
    sar = _check_aspect(main.shape if mixed else stream.sample_aspect_ratio, width, height)
    forms = {(look.frame.width, look.frame.height, look.frame.format.name, look.profile) for look in looks}
    return {
        "profile": context.profile or "",
        "level": max(look.level for look in looks),
        "pix_fmt": frame.format.name,
        "width": width,
        "height": height,
        "sar": [sar.numerator, sar.denominator],
        "cropped": (width, height) != (frame.width, frame.height),
        "resized": len(forms) > 1 or mixed or more_forms,
        "mixed_shapes": mixed,
        "rotation": round(frame.rotation) % 360,
        "flipped": _is_flipped(frame),
        "interlaced": any(frame.interlaced_frame for frame in frames),
        "hdr": HDR.get(int(frame.color_trc), ""),
        "primaries": PRIMARIES.get(int(frame.color_primaries), ""),
        "alpha": stream.metadata.get("alpha_mode") == "1" or (_has_alpha(frame) and _covers(frames)),
        "dolby_vision": is_dolby_vision_only(told),
        **_colours(frames, height),
    }


def _mixes_shapes(stream: Any, looks: Sequence[Look]) -> bool:
    """Tell pixels that change their shape on the way; a container that says another shape than the first has its way.

    One that says the same as the first did not know better.
    """
    shapes = {look.shape for look in looks}
    return len(shapes) > 1 and Fraction(stream.sample_aspect_ratio or 1) in shapes


def _colours(frames: Sequence[VideoFrame], height: int) -> dict[str, Any]:
    coded = [frame for frame in frames if not frame.format.is_rgb]
    ranges = [int(frame.color_range) == FULL_RANGE for frame in coded]
    matrices = [MATRICES.get(int(frame.colorspace), "") for frame in coded]
    return {
        "full_range": bool(_most_frequent(ranges)),
        "matrix": _most_frequent(filter(None, matrices)) or "",
        "mixed_colours": len({matrix or usual_matrix(height) for matrix in matrices}) > 1 or len(set(ranges)) > 1,
    }


def describe_stream(description: str, index: int) -> str:
    """Return the part of a container's description that is about one stream."""
    found = re.search(rf"^  Stream #0:{index}\b.*?(?=^  Stream #|\Z)", description, re.MULTILINE | re.DOTALL)
    return found[0] if found else ""


def is_dolby_vision_only(told: str) -> bool:
    """Tell a picture whose colours only a Dolby Vision decoder knows: profile 5, or a base layer like nothing else."""
    found = DOLBY_VISION.search(told)
    return found is not None and (found[1] == "5" or found[2] == "0")


def _apply_crop(width: int, height: int, told: str) -> tuple[int, int]:
    """Take off what the container says is not shown (`clap`, PixelCrop); more than there is means nothing."""
    found = CROPPING.search(told)
    if not found:
        return width, height
    left, right, top, bottom = map(int, found.groups())
    wide, tall = width - left - right, height - top - bottom
    return (wide, tall) if wide > 0 and tall > 0 else (width, height)


def _check_aspect(sar: Fraction | None, width: int, height: int) -> Fraction:
    """Return the shape of a pixel; one that makes a line of the picture is a slip."""
    if not sar or sar <= 0:
        return Fraction(1)
    shape = Fraction(width, height) * sar
    return sar if Fraction(1, MAX_ASPECT) <= shape <= MAX_ASPECT else Fraction(1)


def _is_flipped(frame: VideoFrame) -> bool:
    """Tell a display matrix that mirrors: its determinant is below zero."""
    found: Any = frame.side_data  # the stubs take it for names
    for data in found:
        if data.type is Type.DISPLAYMATRIX:
            a, b, _, c, d, *_ = struct.unpack("=9i", bytes(data))
            return bool(a * d - b * c < 0)
    return False


def _has_alpha(frame: VideoFrame) -> bool:
    name = frame.format.name
    return name.startswith(ALPHA_FORMATS)


def _covers(frames: Sequence[VideoFrame]) -> bool:
    """Tell whether some pixel is not transparent: recorders leave a fourth channel empty and mean nothing by it."""
    for frame in frames:
        plane = frame.planes[-1]
        data = bytes(plane)
        if len(frame.planes) == 1:  # packed: every fourth value, of one byte or two
            wide = 2 if "64" in frame.format.name else 1
            at = 0 if frame.format.name.startswith("a") else 3 * wide
            data = b"".join(data[at + byte :: 4 * wide] for byte in range(wide))
        if any(data):
            return True
    return False


def _most_frequent(found: Iterable[Any]) -> Any:
    """Return the most frequent value, None when there is none."""
    ranked = Counter(found).most_common(1)
    return ranked[0][0] if ranked else None
