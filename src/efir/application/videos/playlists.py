"""HLS playlists as text (RFC 8216), generated from the rows on every request, so that they are always up to date."""

from collections.abc import Iterable, Sequence

from efir.ports.videos.renditions import RenditionFacts, SegmentFacts

VERSION = 7
SOUND = "audio"


def master(renditions: Sequence[RenditionFacts]) -> str:
    """Return the multivariant playlist, best rendition first; the sound is one group that every picture shares.

    Bandwidths of a picture include the sound's. A growing rendition is played from its start, not from its end. The
    number of channels is omitted where it is unknown (§4.3.4.1 makes it optional).
    """
    listed = [row for row in renditions if row.listed]
    sound = next((row for row in listed if row.kind == "audio"), None)
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    if any(row.growing for row in listed):
        lines.append("#EXT-X-START:TIME-OFFSET=0,PRECISE=YES")
    if sound is not None:
        attributes = f'GROUP-ID="{SOUND}",NAME="Original",DEFAULT=YES,AUTOSELECT=YES'
        if sound.channels:
            attributes += f',CHANNELS="{sound.channels}"'
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
    """Return the playlist of a rendition: its segments without a gap from the start.

    One that grows is an EVENT and stays one when it has ended: nothing of a playlist changes but its end (§6.2.1).
    """
    lines = [
        "#EXTM3U", f"#EXT-X-VERSION:{VERSION}", f"#EXT-X-TARGETDURATION:{rendition.target_duration}",
        f"#EXT-X-PLAYLIST-TYPE:{'EVENT' if rendition.growing else 'VOD'}", "#EXT-X-INDEPENDENT-SEGMENTS",
    ]  # fmt: skip
    if rendition.growing:
        lines.append("#EXT-X-START:TIME-OFFSET=0,PRECISE=YES")
    lines.append(f'#EXT-X-MAP:URI="{_name(rendition.init_key)}"')
    for segment in take_gapless(segments):
        lines += [f"#EXTINF:{segment.ticks / rendition.timescale:.6f},", _name(segment.key)]
    return "\n".join([*lines, *(["#EXT-X-ENDLIST"] if rendition.complete else []), ""])


def take_gapless(segments: Iterable[SegmentFacts]) -> Iterable[SegmentFacts]:
    """Return the segments up to the first missing one: chunks may be done out of order."""
    for ordinal, segment in enumerate(segments):
        if segment.ordinal != ordinal:
            return
        yield segment


def _name(key: str) -> str:
    return key.rpartition("/")[2]
