"""Command lines that make and measure an MP3: fixed templates, only numbers and names of ours vary.

Sound is read from descriptor 3 as raw samples of a format that our own header reader found, so no demuxer guesses; only
ADPCM comes with a header, which we wrote. What a person typed is in no command: tags are written by `id3.py`. Figures
are written by `ametadata` into files of the work folder, never into what the program says.
"""

from collections.abc import Iterator

from efir.domain.audio.mpeg import STEREO, mpeg_channels, mpeg_rate
from efir.domain.audio.speakers import Gain, stereo_gains
from efir.domain.audio.wav import Wav
from efir.domain.audio.wav_format import Coding

QUIET = ("-hide_banner", "-nostdin", "-nostats", "-progress", "pipe:1", "-stats_period", "0.25", "-v", "error")
SAFE = ("-max_alloc", "268435456", "-protocol_whitelist", "fd")
RAW = {Coding.ALAW: "alaw", Coding.MULAW: "mulaw", Coding.MPEG: "mp3"}
ADPCM = frozenset({Coding.ADPCM_MS, Coding.ADPCM_IMA})
MP3 = ("-write_xing", "1", "-id3v2_version", "0", "-write_id3v1", "0", "-map_metadata", "-1", "-f", "mp3")
SOUND = "sound.mp3"
GIVEN, MADE, GIVEN_END, MADE_END, LOUD = "given.txt", "made.txt", "given_end.txt", "made_end.txt", "loud.txt"
EXTREMES, EFFECTIVE = "Min_level+Max_level", "RMS_level"
OVERS = "Peak_level+Number_of_NaNs+Number_of_Infs"
NARROW, DOUBLE = 2, 8  # bytes of a sample: that fits into 16 bits, of the longer floating-point numbers
ALIVE = 16  # every so many stretches show that the work goes on
KEPT_HZ = (12_000,) * 6 + (8_000, 5_000, 5_000, 4_000)  # by quality: what LAME keeps as it was, with room to spare
KEPT_SHARE = 0.3  # of the rate of the MP3, where that is lower


def survey(ffmpeg: str, wav: Wav, samples_per_pixel: int) -> Iterator[str]:
    """Look for samples beyond full scale, and for those that are no numbers."""
    yield from (ffmpeg, *QUIET, *SAFE, *source(wav))
    yield from (
        "-af",
        f"{trim_filters(wav)},{_measure(pixel_of(wav, samples_per_pixel), OVERS, GIVEN)}",
        "-f",
        "null",
        "-",
    )


def encode(ffmpeg: str, wav: Wav, quality: int, scale: float = 0.0) -> Iterator[str]:
    """Encode as MP3 of variable bit rate."""
    yield from (ffmpeg, *QUIET, *SAFE, *source(wav), "-map", "0:a:0", "-threads", "1", "-af", shape_filters(wav, scale))
    yield from ("-c:a", "libmp3lame", "-q:a", str(quality), *MP3, SOUND)


def measure(ffmpeg: str, wav: Wav, samples_per_pixel: int) -> Iterator[str]:
    """Tell the extremes of each stretch of each channel, as it was sent and in the MP3; both lengths; the loudness.

    The ends of the two are told once more with the number of their samples, so that lengths are known to the sample.
    The MP3 is heard with a tenth of a second of silence, without which the measurement would miss a peak at its end.
    """
    rate, pixel = mpeg_rate(wav.format.rate), samples_per_pixel
    end = 0.0 if wav.format.coding is Coding.MPEG else max(0.0, wav.duration - 1.5 * pixel / rate)
    last = f"aselect='gte(t,{max(0.0, end - 0.5):.6f})',ametadata=mode=print:file={LOUD}"
    graph = (
        f"[0:a:0]{trim_filters(wav)},{_measure(pixel_of(wav, pixel), EXTREMES, GIVEN)},{_ended(end, GIVEN_END)}[a]",
        f"[1:a:0]asplit=2[heard][seen];[seen]{_measure(pixel, EXTREMES, MADE)},asplit=2[drawn][end]",
        f"[end]{_ended(end, MADE_END)}[b];[drawn]aselect='not(mod(n,{ALIVE}))'[d]",
        f"[heard]apad=pad_len={rate // 10},ebur128=peak=true:metadata=1:framelog=quiet,{last}[c]",
    )
    yield from _run_both(ffmpeg, wav, graph, ("[a]", "[b]", "[c]", "[d]"))


def shared_rate(wav: Wav, quality: int) -> float:
    """Return the rate of what any encoder keeps as it was: a sound resampled to it has nothing else."""
    return min(2 * KEPT_HZ[quality], 2 * KEPT_SHARE * mpeg_rate(wav.format.rate))


def compare(ffmpeg: str, wav: Wav, samples_per_pixel: int, kept: float, scale: float) -> Iterator[str]:
    """Tell the level of each stretch of each channel, as it was sent and in the MP3, both resampled to `kept`.

    Resampling is the filter: nothing is as steep for so little work. The more than two channels of a mix are told
    before it (GIVEN, the two of the MP3 behind them), and with them the sums of `probes` (MADE).
    """
    form, rate = wav.format, mpeg_rate(wav.format.rate)
    low, pixel = f"aresample=osr={round(kept)},aformat=sample_fmts=flt", max(1, round(samples_per_pixel * kept / rate))
    if mpeg_channels(form.channels) == form.channels:
        sent, made = _measure(pixel, EFFECTIVE, GIVEN), _measure(pixel, EFFECTIVE, MADE)
        graph = f"[0:a:0]{shape_filters(wav, scale)},{low},{sent}[a];[1:a:0]{low},{made}[b]"
        yield from _run_both(ffmpeg, wav, (graph,), ("[a]", "[b]"))
        return
    gains = stereo_gains(form.channels, form.mask, ambisonic=form.ambisonic)
    first = [trim_filters(wav), *_scale_filters(scale), "aformat=sample_fmts=fltp", f"aresample=osr={rate}", low]
    sent = f"[0:a:0]{','.join(first)}:channel_layouts={form.channels}c[a];[1:a:0]{low}:channel_layouts=stereo[b]"
    sums = f"{_measure(pixel, EFFECTIVE, GIVEN)},{probes(gains)},{_measure(pixel, EFFECTIVE, MADE)}"
    yield from _run_both(ffmpeg, wav, (sent, f"[a][b]amerge,{sums}[c]"), ("[c]",))


def probes(gains: tuple[Gain, ...]) -> str:
    """Sum up channels and MP3: the expected left and right, then for each channel what is missing plus and minus it.

    What is missing is the MP3's side without all channels as they should be in it. If a channel is in the MP3, adding
    and subtracting it once more is alike; if it was lost, adding cancels.
    """
    count = len(gains)
    sums = [_sum({number: gain[side] for number, gain in enumerate(gains)}) for side in range(STEREO)]
    for number, gain in enumerate(gains):
        side = louder_side(gain)
        missing = {count + side: 1.0} | {other: -each[side] for other, each in enumerate(gains)}
        sums += [_sum(missing | {number: missing[number] + sign * gain[side]}) for sign in (1, -1)]
    return f"pan={len(sums)}C|" + "|".join(f"c{number}={terms}" for number, terms in enumerate(sums))


def louder_side(gain: Gain) -> int:
    """Choose the side on which a channel is louder: 0 left, 1 right."""
    return int(abs(gain[1]) > abs(gain[0]))


def source(wav: Wav) -> Iterator[str]:
    """Name the input: descriptor 3, where the sound begins in it, and how it is coded."""
    form = wav.format
    yield from ("-fd", "3")
    if form.coding in ADPCM:
        yield from ("-f", "wav")
    else:
        yield from ("-skip_initial_bytes", str(wav.offset), "-f", raw_demuxer(wav))
        if form.coding is not Coding.MPEG:
            yield from ("-ar", str(form.rate), "-ch_layout", f"{form.channels}c")  # places are named by `stereo_gains`
    yield from ("-i", "fd:")


def raw_demuxer(wav: Wav) -> str:
    """Name the demuxer of raw samples."""
    form = wav.format
    if form.coding in RAW:
        return RAW[form.coding]
    if form.width == 1:
        return "u8"  # a byte is unsigned, whatever the order
    return f"{'f' if form.coding is Coding.FLOAT else 's'}{8 * form.width}{'be' if wav.big_endian else 'le'}"


def sample_format(wav: Wav) -> tuple[str, float]:
    """Name the kind of sample that a coding is measured in, and the value of full scale in it."""
    form = wav.format
    if form.coding is Coding.FLOAT:
        return ("dbl" if form.width == DOUBLE else "flt"), 1.0
    if form.coding is Coding.MPEG:
        return "fltp", 1.0
    return ("s16", float(1 << 15)) if form.width <= NARROW else ("s32", float(1 << 31))


def pixel_of(wav: Wav, samples_per_pixel: int) -> int:
    """Return the samples, at the rate of the source, that last as long as a pixel of the MP3."""
    return max(1, round(samples_per_pixel * wav.format.rate / mpeg_rate(wav.format.rate)))


def trim_filters(wav: Wav) -> str:
    """Filters that cut the sound where the file says it ends; MP3 inside a file is made what the file says it is."""
    form, steps = wav.format, []
    if form.coding is Coding.MPEG:
        steps.append(f"aresample=osr={form.rate},aformat=channel_layouts={form.channels}c")
    if wav.frames:
        steps.append(f"atrim=end_sample={wav.frames}")
    return ",".join([*steps, f"aformat=sample_fmts={sample_format(wav)[0]}"])


def shape_filters(wav: Wav, scale: float) -> str:
    """Filters that bring the sound to a level, a rate and channels that an MP3 can have."""
    form, rate = wav.format, mpeg_rate(wav.format.rate)
    steps = [trim_filters(wav), *_scale_filters(scale)]
    if mpeg_channels(form.channels) != form.channels:
        gains = stereo_gains(form.channels, form.mask, ambisonic=form.ambisonic)
        sides = (_sum({number: gain[side] for number, gain in enumerate(gains)}) for side in range(STEREO))
        steps += [
            "aformat=sample_fmts=fltp",
            "pan=stereo|" + "|".join(f"c{n}={terms}" for n, terms in enumerate(sides)),
        ]
    if rate != form.rate:
        steps.append(f"aresample=osr={rate}")
    return ",".join(steps)


def _run_both(ffmpeg: str, wav: Wav, graph: tuple[str, ...], ends: tuple[str, ...]) -> Iterator[str]:
    yield from (ffmpeg, *QUIET, *SAFE, *source(wav), "-fd", "4", "-f", "mp3", "-i", "fd:")
    yield from ("-filter_complex", ";".join(graph))
    for end in ends:
        yield from ("-map", end, "-f", "null", "-")


def _measure(pixel: int, what: str, file: str) -> str:
    stats = f"astats=metadata=1:reset=1:measure_perchannel={what}:measure_overall=none"
    return f"asetnsamples=n={pixel}:p=0,{stats},ametadata=mode=print:file={file}"


def _ended(start: float, file: str) -> str:
    count = "astats=metadata=1:reset=1:measure_perchannel=none:measure_overall=Number_of_samples"
    return f"aselect='gte(t,{start:.6f})',{count},ametadata=mode=print:file={file}"


def _scale_filters(scale: float) -> list[str]:
    return [f"volume=volume={scale:.6f}dB:precision=double"] if scale else []


def _sum(gains: dict[int, float]) -> str:
    return "".join(f"{gain:+.6f}*c{number}" for number, gain in gains.items() if gain) or "0*c0"
