"""Command lines that make and measure an MP3: fixed templates, only numbers and names of ours vary.

Sound is read from descriptor 3 as raw samples of a format that our own header reader found, so no demuxer guesses; only
ADPCM comes with a header, which we wrote. What a person typed is in no command: tags are written by `id3.py`.
"""

from collections.abc import Iterator

from efir.domain.mpeg import STEREO, mpeg_channels, mpeg_rate
from efir.domain.wav import Wav
from efir.domain.wav_format import Coding

QUIET = ("-hide_banner", "-nostdin", "-nostats", "-progress", "pipe:1", "-stats_period", "0.25", "-v", "info")
SAFE = ("-max_alloc", "268435456", "-protocol_whitelist", "fd")
RAW = {Coding.ALAW: "alaw", Coding.MULAW: "mulaw", Coding.MPEG: "mp3"}
ADPCM = frozenset({Coding.ADPCM_MS, Coding.ADPCM_IMA})
LEVEL = "measure_perchannel=none:measure_overall=RMS_level+Number_of_samples"
NARROW = 2  # bytes of a sample that the cheap measurement takes as it is
EXTREMES = "metadata=1:reset=1:measure_perchannel=none:measure_overall=Min_level+Max_level"
MP3 = ("-write_xing", "1", "-id3v2_version", "0", "-write_id3v1", "0", "-map_metadata", "-1", "-f", "mp3")
SOUND, PEAKS = "sound.mp3", "peaks.txt"
CAREFUL_HZ = 12_000


def encode(ffmpeg: str, wav: Wav, quality: int) -> Iterator[str]:
    """Encode as MP3 of variable bit rate, and tell the level of what went into the encoder."""
    yield from (ffmpeg, *QUIET, *SAFE, *source(wav), "-map", "0:a:0", "-threads", "1")
    fine = wav.format.width > NARROW or wav.format.coding is Coding.MPEG
    yield from ("-af", f"{shaped(wav)},{f'astats@given={LEVEL}' if fine else 'volumedetect@given'}")
    yield from ("-c:a", "libmp3lame", "-q:a", str(quality), *MP3, SOUND)


def measure(ffmpeg: str, samples_per_pixel: int) -> Iterator[str]:
    """Decode an MP3: its level, its loudness, and the extremes of each stretch as text."""
    yield from (ffmpeg, *QUIET, *SAFE, "-fd", "3", "-f", "mp3", "-i", "fd:")
    yield "-filter_complex"
    yield (
        "[0:a:0]asplit=3[level][heard][seen];[level]volumedetect@made[told];[heard]ebur128=peak=true:framelog=quiet[loud];"
        f"[seen]asetnsamples=n={samples_per_pixel}:p=0,astats@extremes={EXTREMES},"
        f"ametadata=mode=print:file={PEAKS}[drawn]"
    )
    for end in ("[told]", "[loud]", "[drawn]"):
        yield from ("-map", end, "-f", "null", "-")


def compare(ffmpeg: str, wav: Wav) -> Iterator[str]:
    """Tell the levels of source and MP3 without the highest tones, which an encoder is right to leave out."""
    low = f"lowpass=f={min(CAREFUL_HZ, mpeg_rate(wav.format.rate) * 3 // 10)}"
    yield from (ffmpeg, *QUIET, *SAFE, *source(wav), "-fd", "4", "-f", "mp3", "-i", "fd:")
    yield "-filter_complex"
    yield f"[0:a:0]{shaped(wav)},{low},astats@given={LEVEL}[a];[1:a:0]{low},astats@made={LEVEL}[b]"
    yield from ("-map", "[a]", "-f", "null", "-", "-map", "[b]", "-f", "null", "-")


def source(wav: Wav) -> Iterator[str]:
    """Name the input: descriptor 3, where the sound begins in it, and how it is coded."""
    form = wav.format
    yield from ("-fd", "3")
    if form.coding in ADPCM:
        yield from ("-f", "wav")
    else:
        yield from ("-skip_initial_bytes", str(wav.offset), "-f", raw_format(wav))
        if form.coding is not Coding.MPEG:
            yield from ("-ar", str(form.rate), "-ch_layout", layout(wav))
    yield from ("-i", "fd:")


def raw_format(wav: Wav) -> str:
    """Name the demuxer of raw samples."""
    form = wav.format
    if form.coding in RAW:
        return RAW[form.coding]
    if form.width == 1:
        return "u8"  # a byte is unsigned, whatever the order
    return f"{'f' if form.coding is Coding.FLOAT else 's'}{8 * form.width}{'be' if wav.big_endian else 'le'}"


def layout(wav: Wav) -> str:
    """Name the speakers: as the file says, when it says it for each channel, else the usual ones of their number."""
    form = wav.format
    if form.channels > STEREO and form.mask.bit_count() == form.channels:
        return hex(form.mask)
    return f"{form.channels}c"


def shaped(wav: Wav) -> str:
    """Filters that cut the sound where the file says it ends, and bring it to a rate and channels an MP3 can have."""
    form, steps = wav.format, []
    if wav.frames:
        steps.append(f"atrim=end_sample={wav.frames}")
    rate, channels = mpeg_rate(form.rate), mpeg_channels(form.channels)
    if rate != form.rate or channels != form.channels:
        speakers = "stereo" if channels == STEREO else "mono"
        steps.append(f"aresample=osr={rate}:ochl={speakers}:rematrix_maxval=1.0")
    return ",".join(steps) or "anull"
