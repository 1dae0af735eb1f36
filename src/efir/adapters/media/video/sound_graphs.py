"""Filter graphs of ffmpeg for sound: stereo of 48 kHz first, then what counts samples.

A sound may change its rate and its speakers in mid-stream. ffmpeg then builds a graph anew, and filters that count
would begin again at zero. So there are two graphs with a loopback between them: only the first ever meets a change.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from efir.domain.audio.mpeg import STEREO
from efir.domain.audio.speakers import Gain, find_gains, stereo_gains
from efir.domain.processing.source_facts import AudioFacts

RATE = 48_000
USUAL = frozenset({"FL", "FR", "FC", "LFE", "BL", "BR", "FLC", "FRC", "BC", "SL", "SR", "TFL", "TFR"})
"""Speakers that ffmpeg mixes; it drops the others, and the deep one of films as every player does."""
MAX_GUESSED = 8  # channels without names that are taken for the usual layout of their number
BARE_GAIN = 0.7  # of a channel that might be the deep one of 5.1, or a microphone
DRIFT_SECONDS = 0.03  # more is a gap
CHANGING = frozenset({"mpegts", "mpeg"})  # here packets tell the channels, and may tell others later
MONO_AS_LOUD = (
    "volume='if(eq(nb_channels,1),sqrt(2),1)'"  # ffmpeg takes 3 dB off, players do not; told anew by each graph
)
MIX_CEILING = 0.89  # 1 dB below full scale: room for what coding adds, as EBU R128 advises


def steady_sound_graph(audio: AudioFacts, tracks: Sequence[int]) -> str:
    """Return the graph from tracks of any kind to `[steady]`: stereo, 48 kHz, times as they are."""
    if len(tracks) > 1:
        sides = "".join(
            f"[0:{track}]aresample=osr={RATE}:async=1:first_pts=0,pan=mono|c0=c0,apad=whole_dur={audio.duration:.6f}[{side}];"
            for track, side in zip(tracks, "lr", strict=True)
        )
        return f"{sides}[l][r]join=inputs=2:channel_layout=stereo[steady]"
    return f"[0:{tracks[0]}]{','.join(_speakers(audio))},aformat=sample_fmts=flt[steady]"


def timed_sound_graph(audio: AudioFacts, length: Fraction, container: str) -> str:
    """Return the graph that begins at zero, fills gaps with silence and ends after `length` seconds."""
    steps = [f"aresample=async=1:min_hard_comp={DRIFT_SECONDS}:first_pts=0", *_limit_scale(audio, container)]
    end = f"apad=whole_dur={float(length):.6f},atrim=end={float(length):.6f}"
    return f"[dec:0]{','.join(steps)},{end}[sound]"


def _limit_scale(audio: AudioFacts, container: str) -> Iterator[str]:
    """Limit what may be a mix: its channels add up beyond full scale only where they are alike and loud.

    So dialogue stays as loud as ITU-R BS.775 has it, which gains lowered for the worst case would not leave it.
    """
    mixed = audio.channels > STEREO and len(audio.tracks) == 1
    if mixed or container in CHANGING:
        yield f"alimiter=level=false:latency=true:limit={MIX_CEILING if mixed else 1}"


def _speakers(audio: AudioFacts) -> Iterator[str]:
    """Mix to two sides. A sound field has its sum in the first channel; channels without names are all heard."""
    if audio.channels == 1 and audio.layout != "mono":
        yield "pan=stereo|c0=c0|c1=c0"  # of one side, or without a name
        yield f"aresample=osr={RATE}"
    elif audio.layout.startswith("ambisonic"):
        yield "channelmap=map=0|0:channel_layout=stereo"
        yield f"aresample=osr={RATE}"
    elif not USUAL.issuperset(audio.speakers):
        yield from _mix_filters(find_gains(audio.speakers))
    elif not audio.speakers and audio.channels > MAX_GUESSED:
        yield from _mix_filters(stereo_gains(audio.channels, 0))
    else:
        yield MONO_AS_LOUD
        yield f"aresample=osr={RATE}:ochl=stereo{'' if audio.speakers else f':lfe_mix_level={BARE_GAIN}'}"


def _mix_filters(gains: Sequence[Gain]) -> Iterator[str]:
    sides = ("+".join(f"{gain[side]:.6f}*c{number}" for number, gain in enumerate(gains)) for side in (0, 1))
    yield "aformat=sample_fmts=fltp"  # sums of whole numbers would be clipped
    yield "pan=stereo|" + "|".join(f"c{side}={mix}" for side, mix in enumerate(sides))
    yield f"aresample=osr={RATE}"
