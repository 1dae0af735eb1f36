"""ThumbHash: a picture in at most 25 bytes (evanw.github.io/thumbhash), written without any library.

The transform is done row by row and then column by column, which is the same sum with a tenth of the work.
"""

import math
from collections.abc import Sequence

DETAIL, DETAIL_WITH_ALPHA = 7, 5
Channel = list[float]
Encoded = tuple[float, list[float], float]


def thumbhash(width: int, height: int, rgba: Sequence[int]) -> bytes:
    """Hash a small picture (sides up to 100 pixels) of four bytes a pixel, row by row."""
    light, yellow, red, alpha = _channels(rgba)
    opaque = min(alpha) >= 1.0
    detail = DETAIL if opaque else DETAIL_WITH_ALPHA
    longest = max(width, height)
    across, down = (
        max(1, math.floor(detail * width / longest + 0.5)),
        max(1, math.floor(detail * height / longest + 0.5)),
    )
    encoded = [
        _encode_channel(light, width, height, max(3, across), max(3, down)),
        _encode_channel(yellow, width, height, 3, 3),
        _encode_channel(red, width, height, 3, 3),
    ]
    if not opaque:
        encoded.append(_encode_channel(alpha, width, height, 5, 5))
    (ldc, _, lscale), (pdc, _, pscale), (qdc, _, qscale) = encoded[:3]
    wide = width > height
    first = _nibble(ldc, 63) | _nibble(0.5 + 0.5 * pdc, 63) << 6 | _nibble(0.5 + 0.5 * qdc, 63) << 12
    first |= _nibble(lscale, 31) << 18 | (not opaque) << 23
    second = (down if wide else across) | _nibble(pscale, 63) << 3 | _nibble(qscale, 63) << 9 | wide << 15
    out = bytearray(first.to_bytes(3, "little") + second.to_bytes(2, "little"))
    if not opaque:
        out.append(_nibble(encoded[3][0], 15) | _nibble(encoded[3][2], 15) << 4)
    fine = [_nibble(value, 15) for _, values, _ in encoded for value in values]
    fine += [0] * (len(fine) % 2)
    out += bytes(low | high << 4 for low, high in zip(fine[::2], fine[1::2], strict=True))
    return bytes(out)


def _channels(rgba: Sequence[int]) -> tuple[Channel, Channel, Channel, Channel]:
    """Lightness, yellow to blue, red to green, and alpha; what is transparent takes the mean colour."""
    alphas = [value / 255 for value in rgba[3::4]]
    total = sum(alphas)
    means = [
        sum(value / 255 * alpha for value, alpha in zip(rgba[channel::4], alphas, strict=True)) / (total or 1.0)
        for channel in range(3)
    ]
    red, green, blue = (
        [mean * (1 - alpha) + alpha / 255 * value for value, alpha in zip(rgba[channel::4], alphas, strict=True)]
        for channel, mean in enumerate(means)
    )
    triples = list(zip(red, green, blue, strict=True))
    light = [(r + g + b) / 3 for r, g, b in triples]
    return light, [(r + g) / 2 - b for r, g, b in triples], [r - g for r, g, _ in triples], alphas


def _encode_channel(channel: Channel, width: int, height: int, across: int, down: int) -> Encoded:
    """Mean, the other coefficients of a triangle of cosines as 0 to 1, and their scale."""
    waves_x = [[math.cos(math.pi / width * cx * (x + 0.5)) for x in range(width)] for cx in range(across)]
    waves_y = [[math.cos(math.pi / height * cy * (y + 0.5)) for y in range(height)] for cy in range(down)]
    rows = [channel[y * width : (y + 1) * width] for y in range(height)]
    halves = [[sum(value * wave for value, wave in zip(row, line, strict=True)) for row in rows] for line in waves_x]
    values = []
    for cy in range(down):
        cx = 0
        while cx * down < across * (down - cy):
            found = sum(half * wave for half, wave in zip(halves[cx], waves_y[cy], strict=True))
            values.append(found / (width * height))
            cx += 1
    mean, others = values[0], values[1:]
    scale = max((abs(value) for value in others), default=0.0)
    return mean, [0.5 + 0.5 / scale * value if scale else 0.0 for value in others], scale


def _nibble(value: float, limit: int) -> int:
    return min(limit, max(0, math.floor(limit * value + 0.5)))
