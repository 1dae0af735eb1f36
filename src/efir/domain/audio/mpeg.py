"""What an MP3 can hold: rates and channels of MPEG-1, MPEG-2 and MPEG-2.5 layer 3."""

RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
FRAME = 1152  # samples of a frame, the longest of the three
STEREO = 2


def mpeg_rate(rate: int) -> int:
    """Choose the rate of the MP3: the same, else the next higher one, 48 kHz above all.

    >>> mpeg_rate(44100), mpeg_rate(20000), mpeg_rate(96000), mpeg_rate(1)
    (44100, 22050, 48000, 8000)
    """
    return next((known for known in RATES if known >= rate), RATES[-1])


def mpeg_channels(channels: int) -> int:
    """One and two channels stay, more are mixed down."""
    return min(channels, STEREO)
