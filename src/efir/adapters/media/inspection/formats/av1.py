"""The colours an AV1 stream says of itself, in its sequence header (AV1 bitstream specification §5.5)."""

SEQUENCE_HEADER = 1
SELECTED = 2


class Bits:
    """Reads bits from the front; past the end there are zeros."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        """Read a number of so many bits."""
        self._left -= count
        return (self._value >> self._left if self._left >= 0 else self._value << -self._left) & ((1 << count) - 1)

    def take_long(self) -> int:
        """Read a number whose length is said by zeros before it (uvlc)."""
        zeros = 0
        while self._left > 0 and not self.take(1):
            zeros += 1
        return self.take(zeros) if zeros < 32 else 0  # noqa: PLR2004  # of the specification


def code_points(data: bytes) -> tuple[int, int] | None:
    """Return primaries and transfer (ITU-T H.273) of a stream of OBUs; None where it does not say them."""
    header = sequence_header(data)
    return _colour(Bits(header)) if header else None


def sequence_header(data: bytes) -> bytes:
    """Return what matters of the first sequence header in a stream of OBUs; nothing where there is none."""
    at = 0
    while at < len(data):
        kind, extended, sized = data[at] >> 3 & 15, data[at] >> 2 & 1, data[at] >> 1 & 1
        at += 1 + extended
        size = len(data) - at
        if sized:
            size, at = _size(data, at)
        if kind == SEQUENCE_HEADER:
            return data[at : at + min(size, 256)]
        at += size
    return b""


def _size(data: bytes, at: int) -> tuple[int, int]:
    """Read a number of seven bits a byte, and where it ends (leb128)."""
    size = 0
    for place, byte in enumerate(data[at : at + 8]):
        size |= (byte & 0x7F) << 7 * place
        if not byte & 0x80:
            return size, at + place + 1
    return len(data), at


def _colour(bits: Bits) -> tuple[int, int] | None:
    profile, _, reduced = bits.take(3), bits.take(1), bits.take(1)
    if reduced:
        bits.take(5)
    else:
        _operating_points(bits)
    widths = bits.take(4) + 1, bits.take(4) + 1
    bits.take(sum(widths))
    if not reduced and bits.take(1):  # frame numbers
        bits.take(7)
    bits.take(3)
    if not reduced:
        _tools(bits)
    bits.take(3)
    deep = bits.take(1)
    if profile == 2 and deep:  # noqa: PLR2004  # professional: ten or twelve bits
        bits.take(1)
    if profile != 1:
        bits.take(1)  # monochrome
    return (bits.take(8), bits.take(8)) if bits.take(1) else None


def _operating_points(bits: Bits) -> None:
    """Skip timing and operating points."""
    model = delay = 0
    if bits.take(1):  # timing_info
        bits.take(64)
        if bits.take(1):
            bits.take_long()
        model = bits.take(1)
        if model:
            delay = bits.take(5) + 1
            bits.take(42)
    shown = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:  # noqa: PLR2004  # levels with two tiers
            bits.take(1)
        if model and bits.take(1):
            bits.take(2 * delay + 1)
        if shown and bits.take(1):
            bits.take(4)


def _tools(bits: Bits) -> None:
    """Skip which coding tools are on."""
    bits.take(4)
    ordered = bits.take(1)
    if ordered:
        bits.take(2)
    screen = SELECTED if bits.take(1) else bits.take(1)
    if screen and not bits.take(1):
        bits.take(1)
    if ordered:
        bits.take(3)
