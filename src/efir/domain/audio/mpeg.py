"""Sample rates and channel counts of MP3: MPEG-1, MPEG-2 and MPEG-2.5 layer 3."""

RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
FRAME = 1152  # samples per frame, the largest of the three versions
STEREO = 2


def mpeg_rate(rate: int) -> int:
    """Return the sample rate of the MP3 in Hz: the same rate, else the next higher one, at most 48 kHz.

    >>> mpeg_rate(44100), mpeg_rate(20000), mpeg_rate(96000), mpeg_rate(1)
    (44100, 22050, 48000, 8000)
    """
    return next((known for known in RATES if known >= rate), RATES[-1])


def mpeg_channels(channels: int) -> int:
    """Return the channel count of the MP3: one or two channels are kept, more are mixed down to stereo."""
    return min(channels, STEREO)
