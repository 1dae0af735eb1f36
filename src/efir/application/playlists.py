"""HLS playlists as text (RFC 8216): a playlist is a query over the rows, so it is always in step with them."""

import math
from collections.abc import Iterable, Sequence

from efir.ports.renditions import RenditionFacts, SegmentFacts

VERSION = 7
SOUND = "audio"


def master(renditions: Sequence[RenditionFacts]) -> str:
    """List what can be played, best first; the sound is one group that every picture shares.

    Bandwidths of a picture include the sound's. What is incomplete is played from its start, not from its end.
    """
    listed = [row for row in renditions if row.listed]
    sound = next((row for row in listed if row.kind == "audio"), None)
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    if not all(row.complete for row in listed):
        lines.append("#EXT-X-START:TIME-OFFSET=0,PRECISE=YES")
    if sound is not None:
        attributes = f'GROUP-ID="{SOUND}",NAME="Original",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2"'
        lines.append(f'#EXT-X-MEDIA:TYPE=AUDIO,{attributes},URI="{sound.name}/index.m3u8"')
    for row in listed:
        if row.kind == "video":
            lines += [f"#EXT-X-STREAM-INF:{_attributes(row, sound)}", f"{row.name}/index.m3u8"]
    return "\n".join([*lines, ""])


def _attributes(row: RenditionFacts, sound: RenditionFacts | None) -> str:
    peak = row.bandwidth + (sound.bandwidth if sound else 0)
    average = row.average_bandwidth + (sound.average_bandwidth if sound else 0)
    codecs = f"{row.codecs},{sound.codecs}" if sound else row.codecs
    group = f',AUDIO="{SOUND}"' if sound else ""
    return (
        f'BANDWIDTH={peak},AVERAGE-BANDWIDTH={average},CODECS="{codecs}",RESOLUTION={row.width}x{row.height},'
        f"FRAME-RATE={row.frame_rate}{group}"
    )


def media(rendition: RenditionFacts, segments: Sequence[SegmentFacts]) -> str:
    """List a rendition's segments: all when it is complete, else those without a gap from the start, as EVENT."""
    shown = segments if rendition.complete else list(gapless(segments))
    longest = max((segment.ticks for segment in shown), default=rendition.timescale)
    lines = [
        "#EXTM3U", f"#EXT-X-VERSION:{VERSION}", f"#EXT-X-TARGETDURATION:{math.ceil(longest / rendition.timescale)}",
        f"#EXT-X-PLAYLIST-TYPE:{'VOD' if rendition.complete else 'EVENT'}", "#EXT-X-INDEPENDENT-SEGMENTS",
    ]  # fmt: skip
    if not rendition.complete:
        lines.append("#EXT-X-START:TIME-OFFSET=0,PRECISE=YES")
    lines.append(f'#EXT-X-MAP:URI="{_name(rendition.init_key)}"')
    for segment in shown:
        lines += [f"#EXTINF:{segment.ticks / rendition.timescale:.6f},", _name(segment.key)]
    return "\n".join([*lines, *(["#EXT-X-ENDLIST"] if rendition.complete else []), ""])


def gapless(segments: Iterable[SegmentFacts]) -> Iterable[SegmentFacts]:
    """Segments up to the first that is missing: chunks may come out of order."""
    for ordinal, segment in enumerate(segments):
        if segment.ordinal != ordinal:
            return
        yield segment


def _name(key: str) -> str:
    return key.rpartition("/")[2]
