"""Pictures that tests send, drawn when they are needed."""

import functools

import pyvips


@functools.cache
def drawing(width: int = 640, height: int = 480, kind: str = ".jpg") -> bytes:
    """A picture with a gradient and a little grain, in a format by its ending."""
    plain = pyvips.Image.xyz(width, height).linear([255 / width, 255 / height], [0, 0])
    grain = pyvips.Image.gaussnoise(width, height, sigma=10, mean=120, seed=1)
    image = plain.bandjoin(grain).cast("uchar").copy(interpretation="srgb")
    return bytes(image.write_to_buffer(kind))
