from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from efir.application.videos import playlists
from efir.ports.videos.renditions import RenditionFacts, SegmentFacts


def rendition(
    name: str, kind: str = "video", *, complete: bool = True, listed: bool = True, growing: bool = False
) -> RenditionFacts:
    height = 0 if kind == "audio" else int(name.removesuffix("p"))
    return RenditionFacts(
        id=UUID(int=1), name=name, kind=kind, codecs="mp4a.40.2" if kind == "audio" else "avc1.64001f",
        width=height * 16 // 9, height=height, frame_rate="" if kind == "audio" else "29.970", timescale=30_000,
        init_key=f"vid/1/1/{name}/init-abc.mp4", temporary=False, listed=listed, complete=complete,
        bandwidth=128_000 if kind == "audio" else height * 1000, average_bandwidth=100_000,
        channels=2 if kind == "audio" else 0, target_duration=5, growing=growing,
    )  # fmt: skip


def segment(ordinal: int, ticks: int = 120_120) -> SegmentFacts:
    return SegmentFacts(ordinal, ordinal * ticks, ticks, f"vid/1/1/720p/{ordinal:05}-abc.m4s", 1000, "00" * 32)


def test_a_master_lists_pictures_with_the_sound_they_share() -> None:
    text = playlists.master(
        [rendition("720p"), rendition("480p"), rendition("360p", listed=False), rendition("audio", "audio")]
    )
    assert text.splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        (
            '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Original",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",'
            'URI="audio/index.m3u8"'
        ),
        (
            '#EXT-X-STREAM-INF:BANDWIDTH=848000,AVERAGE-BANDWIDTH=200000,CODECS="avc1.64001f,mp4a.40.2",'
            'RESOLUTION=1280x720,FRAME-RATE=29.970,AUDIO="audio"'
        ),
        "720p/index.m3u8",
        (
            '#EXT-X-STREAM-INF:BANDWIDTH=608000,AVERAGE-BANDWIDTH=200000,CODECS="avc1.64001f,mp4a.40.2",'
            'RESOLUTION=853x480,FRAME-RATE=29.970,AUDIO="audio"'
        ),
        "480p/index.m3u8",
    ]


def test_a_silent_video_has_no_sound_group() -> None:
    text = playlists.master([rendition("720p")])
    assert "AUDIO" not in text
    assert 'CODECS="avc1.64001f",' in text


def test_a_complete_rendition_ends() -> None:
    text = playlists.media(rendition("720p"), [segment(0), segment(1, 45_000)])
    assert text.splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-TARGETDURATION:5",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        '#EXT-X-MAP:URI="init-abc.mp4"',
        "#EXTINF:4.004000,",
        "00000-abc.m4s",
        "#EXTINF:1.500000,",
        "00001-abc.m4s",
        "#EXT-X-ENDLIST",
    ]


def test_a_growing_rendition_is_open_and_starts_at_its_beginning() -> None:
    text = playlists.media(rendition("720p", complete=False, growing=True), [segment(0), segment(1), segment(3)])
    assert "#EXT-X-PLAYLIST-TYPE:EVENT" in text
    assert "#EXT-X-START:TIME-OFFSET=0,PRECISE=YES" in text
    assert "ENDLIST" not in text
    assert "00001-abc" in text
    assert "00003-abc" not in text
    assert "#EXT-X-START:TIME-OFFSET=0" in playlists.master([rendition("720p", complete=False, growing=True)])


def test_a_list_that_grew_changes_in_nothing_but_its_end() -> None:
    segments = [segment(0), segment(1)]
    before = playlists.media(rendition("720p", complete=False, growing=True), segments)
    after = playlists.media(rendition("720p", growing=True), [*segments, segment(2, 45_000)])
    assert after.startswith(before)
    assert after.endswith("#EXT-X-ENDLIST\n")


def test_channels_that_are_not_known_are_not_told() -> None:
    sound = rendition("audio", "audio")
    assert 'CHANNELS="1"' in playlists.master([rendition("720p"), structs.replace(sound, channels=1)])
    assert "CHANNELS" not in playlists.master([rendition("720p"), structs.replace(sound, channels=0)])


@given(st.sets(st.integers(0, 12)), st.sets(st.integers(0, 12)))
def test_a_growing_list_only_ever_grows_at_its_end(before: set[int], more: set[int]) -> None:
    def shown(ordinals: set[int]) -> list[int]:
        return [found.ordinal for found in playlists.gapless([segment(number) for number in sorted(ordinals)])]

    first, second = shown(before), shown(before | more)
    assert second[: len(first)] == first
    assert second == list(range(len(second)))
