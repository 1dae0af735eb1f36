"""Which tracks are taken, and what a container says that its packets do not: seen on files made for it."""

from itertools import permutations
from pathlib import Path

import pytest

from efir.adapters.media.inspection.formats.matroska import find_disabled_tracks
from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.domain.processing.ladder import can_copy_audio, can_copy_video
from efir.domain.processing.source_facts import MediaCodecRefused, MediaEncrypted, MediaFacts, MediaTooManyStreams
from kit.media.edited_headers import ENTRY, VIDEO, box, element, scrambled_disc, with_box, with_element
from kit.media.sources import X264, ffmpeg

pytestmark = pytest.mark.sampled(every=6)

PICTURE = "-f lavfi -i testsrc2=size=320x240:rate=25:duration=1"
TONES = {name: f"-f lavfi -i sine=frequency={300 + 200 * number}:sample_rate=48000:duration=1"
         for number, name in enumerate(("plain", "default", "commentary", "impaired"))}  # fmt: skip
FLAGS = {"plain": "0", "default": "default", "commentary": "comment", "impaired": "visual_impaired"}
BEST = ("default", "plain", "commentary", "impaired")
KEY = "00112233445566778899aabbccddeeff"


def made(out: Path, name: str, *parts: str) -> Path:
    target = out / name
    ffmpeg(*" ".join(parts).split(), target)
    return target


async def found(probe: ConfinedProbe, out: Path, name: str, *parts: str) -> MediaFacts:
    return await probe.probe(made(out, name, *parts))


@pytest.mark.parametrize("order", [*permutations(FLAGS, 2), *permutations(FLAGS, 3)], ids="-".join)
async def test_the_sound_is_the_one_a_player_would_take(
    probe: ConfinedProbe, out: Path, order: tuple[str, ...]
) -> None:
    maps = " ".join(f"-map {number + 1}:a" for number in range(len(order)))
    flags = " ".join(f"-disposition:a:{number} {FLAGS[name]}" for number, name in enumerate(order))
    inputs = " ".join(TONES[name] for name in order)
    facts = await found(probe, out, "many.mkv", PICTURE, inputs, "-map 0:v", maps, flags, X264, "-c:a aac")
    assert facts.audio is not None
    best = min(order, key=BEST.index)
    if best not in {"commentary", "impaired"}:
        assert facts.audio.tracks == (1 + order.index(best),)


@pytest.mark.parametrize("default", [0, 1])
async def test_the_picture_is_the_one_that_is_the_default(probe: ConfinedProbe, out: Path, default: int) -> None:
    flags = f"-disposition:v:{1 - default} 0 -disposition:v:{default} default"
    facts = await found(probe, out, "two.mkv", PICTURE, PICTURE, "-map 0:v -map 1:v", flags, X264)
    assert facts.video.track == default


async def test_a_title_tells_a_commentary_too(probe: ConfinedProbe, out: Path) -> None:
    titles = "-metadata:s:a:0 title=Комментарий -metadata:s:a:1 title=Film"
    tones = f"{TONES['plain']} {TONES['default']}"
    facts = await found(probe, out, "told.mkv", PICTURE, tones, "-map 0 -map 1 -map 2", titles, X264, "-c:a aac")
    assert facts.audio is not None
    assert facts.audio.tracks == (2,)


async def test_left_and_right_of_a_camera_are_one_stereo(probe: ConfinedProbe, out: Path) -> None:
    sides = "[1:a]aformat=channel_layouts=FR[r];[2:a]aformat=channel_layouts=FL[l]"
    maps = f"-filter_complex {sides} -map 0:v -map [r] -map [l]"
    tones = f"{TONES['plain']} {TONES['default']}"
    facts = await found(probe, out, "pair.mov", PICTURE, tones, maps, X264, "-c:a pcm_s16le")
    assert facts.audio is not None
    assert facts.audio.tracks == (2, 1)


async def test_the_sound_is_of_the_same_program_as_the_picture(probe: ConfinedProbe, out: Path) -> None:
    programs = "-program title=A:st=1:st=2 -program title=B:st=3:st=0"
    inputs = f"{PICTURE} {TONES['plain']} {PICTURE} {TONES['default']}"
    facts = await found(
        probe, out, "two.ts", inputs, "-map 3:a -map 0:v -map 1:a -map 2:v", X264, "-c:a aac", programs
    )  # fmt: skip
    assert facts.audio is not None
    assert (facts.video.track, facts.audio.tracks) == (0, (1,))


async def test_attachments_and_subtitles_are_no_tracks_to_decode(probe: ConfinedProbe, out: Path) -> None:
    (out / "text.srt").write_text("1\n00:00:00,100 --> 00:10:00,000\nto the end\n")
    (out / "font.ttf").write_bytes(bytes(40))
    fonts = " ".join(f"-attach {out}/font.ttf -metadata:s:t:{n} mimetype=font/ttf" for n in range(20))
    texts = f"-i {out}/text.srt -map 0 {'-map 1 ' * 20}"
    facts = await found(probe, out, "film.mkv", PICTURE, texts, X264, "-c:s srt", fonts)
    assert facts.streams == 1
    assert facts.duration == pytest.approx(1)


async def test_many_tracks_of_sound_are_refused_by_their_number(probe: ConfinedProbe, out: Path) -> None:
    file = made(out, "many.mkv", PICTURE, TONES["plain"], "-map 0", "-map 1 " * 16, X264, "-c:a aac")
    with pytest.raises(MediaTooManyStreams, match="17 video and audio tracks"):
        await probe.probe(file)


@pytest.mark.parametrize("turn", ["-display_vflip", "-display_hflip", "-display_rotation 90 -display_hflip"])
async def test_a_mirrored_picture_is_not_served_as_it_is(probe: ConfinedProbe, out: Path, turn: str) -> None:
    plain = made(out, "plain.mp4", PICTURE, X264)
    assert can_copy_video(await probe.probe(plain))
    facts = await found(probe, out, "mirrored.mp4", turn, f"-i {plain}", "-c copy")
    assert facts.video.flipped
    assert not can_copy_video(facts)


async def test_packets_under_a_key_are_named_encrypted(probe: ConfinedProbe, out: Path) -> None:
    lock = f"-encryption_scheme cenc-aes-ctr -encryption_key {KEY} -encryption_kid {KEY}"
    file = made(out, "locked.mp4", PICTURE, X264, lock)
    with pytest.raises(MediaEncrypted, match="copy without protection"):
        await probe.probe(file)


async def test_a_scrambled_broadcast_is_named_encrypted(probe: ConfinedProbe, out: Path) -> None:
    data = bytearray(made(out, "clear.ts", PICTURE, X264).read_bytes())
    for at in range(0, len(data), 188):
        if int.from_bytes(data[at + 1 : at + 3], "big") & 0x1FFF >= 0x100:
            data[at + 3] |= 0x80
    (out / "scrambled.ts").write_bytes(data)
    with pytest.raises(MediaEncrypted):
        await probe.probe(out / "scrambled.ts")


@pytest.mark.parametrize("before", [1, 100, 187, 188, 500, 5000])
async def test_a_capture_may_begin_anywhere(probe: ConfinedProbe, out: Path, before: int) -> None:
    whole = made(out, "whole.ts", PICTURE, X264, "-g 5").read_bytes()
    (out / "cut.ts").write_bytes(bytes(before) + whole)
    assert (await probe.probe(out / "cut.ts")).video.frames == 25
    (out / "cut.ts").write_bytes(whole[before:])
    assert (await probe.probe(out / "cut.ts")).video.frames > 0


@pytest.mark.parametrize(("opaque", "alpha"), [("gt(X\\,128)", True), ("0", False)])
async def test_an_empty_fourth_channel_is_no_transparency(
    probe: ConfinedProbe, out: Path, opaque: str, *, alpha: bool
) -> None:
    graph = f"-vf format=rgba,geq=r=200:g=100:b=50:a=255*{opaque}"
    facts = await found(probe, out, "screen.avi", PICTURE, graph, "-c:v rawvideo -pix_fmt bgra")
    assert facts.video.alpha == alpha


async def test_a_crop_of_the_container_is_not_shown(probe: ConfinedProbe, out: Path) -> None:
    numbers = (160, 1, 100, 1, -8, 1, -2, 1)  # width and height of the clean aperture, and its centre's distance
    clap = box(b"clap", b"".join(number.to_bytes(4, "big", signed=True) for number in numbers))
    (out / "clap.mp4").write_bytes(with_box(made(out, "plain.mp4", PICTURE, X264).read_bytes(), clap))
    crop = b"".join(element(number, bytes([value])) for number, value in ((0x54CC, 16), (0x54DD, 32), (0x54BB, 8)))
    plain = made(out, "plain.mkv", PICTURE, X264).read_bytes()
    (out / "crop.mkv").write_bytes(with_element(plain, crop, inside=VIDEO))
    mp4, mkv = [await probe.probe(out / name) for name in ("clap.mp4", "crop.mkv")]
    assert (mp4.video.width, mp4.video.height, mp4.video.cropped) == (160, 100, True)
    assert (mkv.video.width, mkv.video.height, mkv.video.cropped) == (272, 232, True)
    assert not can_copy_video(mp4)
    assert not can_copy_video(mkv)


async def test_a_shape_that_the_container_gives_is_the_one_shown(probe: ConfinedProbe, out: Path) -> None:
    plain = made(out, "plain.mkv", PICTURE, X264).read_bytes()
    shown = element(0x54B0, (640).to_bytes(2, "big")) + element(0x54BA, (240).to_bytes(2, "big"))
    (out / "wide.mkv").write_bytes(with_element(plain, shown, inside=VIDEO))
    facts = await probe.probe(out / "wide.mkv")
    assert (facts.video.width, facts.video.height) == (640, 240)


@pytest.mark.parametrize(("profile", "base", "refused"), [(5, 0, True), (8, 1, False), (8, 4, False)])
async def test_dolby_vision_is_refused_by_name_where_nothing_else_is_there(
    probe: ConfinedProbe, out: Path, profile: int, base: int, *, refused: bool
) -> None:
    hevc = "-c:v libx265 -preset ultrafast -x265-params log-level=none -tag:v hvc1"
    plain = made(out, "plain.mp4", PICTURE, hevc).read_bytes()
    record = bytes([1, 0, profile << 1, 0b1101, base << 4]) + bytes(19)
    (out / "vision.mp4").write_bytes(with_box(plain, box(b"dvcC", record), entry=b"hvc1"))
    if refused:
        with pytest.raises(MediaCodecRefused, match="Dolby Vision"):
            await probe.probe(out / "vision.mp4")
    else:
        assert (await probe.probe(out / "vision.mp4")).video.frames == 25


async def test_matroska_and_discs_under_a_key_are_named_encrypted(probe: ConfinedProbe, out: Path) -> None:
    key = element(0x5035, element(0x47E1, b"\5") + element(0x47E2, bytes(16)))
    lock = element(0x6D80, element(0x6240, element(0x5033, b"\1") + key))
    plain = made(out, "plain.webm", PICTURE, "-c:v libvpx -deadline realtime").read_bytes()
    (out / "locked.webm").write_bytes(with_element(plain, lock, inside=ENTRY))
    disc = made(out, "plain.mpg", PICTURE, "-c:v mpeg2video -f vob").read_bytes()
    (out / "locked.mpg").write_bytes(scrambled_disc(disc))
    assert await probe.probe(out / "plain.mpg")
    for name in ("locked.webm", "locked.mpg"):
        with pytest.raises(MediaEncrypted):
            await probe.probe(out / name)


async def test_tracks_that_matroska_calls_disabled_are_for_want_of_others(probe: ConfinedProbe, out: Path) -> None:
    tones = f"{TONES['plain']} {TONES['default']}"
    both = made(out, "two.mkv", PICTURE, PICTURE, tones, "-map 0 -map 1 -map 2 -map 3", X264, "-c:a aac").read_bytes()
    off = element(0xB9, b"\0")
    (out / "off.mkv").write_bytes(with_element(both, off, inside=ENTRY))
    facts = await probe.probe(out / "off.mkv")  # all of them: then none is preferred
    assert facts.audio is not None
    assert (facts.video.track, facts.audio.tracks) == (0, (2,))
    half = with_element(both, off, inside=ENTRY, only={0, 2})
    assert find_disabled_tracks(half) == [0, 2]
    (out / "half.mkv").write_bytes(half)
    facts = await probe.probe(out / "half.mkv")
    assert facts.audio is not None
    assert (facts.video.track, facts.audio.tracks) == (1, (3,))
    assert find_disabled_tracks(both) == []


@pytest.mark.parametrize("head", [b"", b"\x1a\x45\xdf\xa3", b"\xae" * 100, b"\x18\x53\x80\x67\xff\xae\x81\0" * 50])
def test_any_header_of_matroska_gets_an_answer(head: bytes) -> None:
    assert isinstance(find_disabled_tracks(head), list)


async def test_what_an_edit_list_cuts_away_is_not_copied(probe: ConfinedProbe, out: Path) -> None:
    plain = made(out, "plain.mp4", PICTURE, X264, "-g 50")
    facts = await found(probe, out, "cut.mp4", f"-ss 0.5 -i {plain}", "-c copy")
    assert facts.video.edited
    assert not can_copy_video(facts)
    assert facts.duration == pytest.approx(0.5, abs=0.05)


async def test_the_priming_of_sound_is_no_edit(probe: ConfinedProbe, out: Path) -> None:
    facts = await found(probe, out, "film.mp4", PICTURE, TONES["plain"], X264, "-c:a aac")
    assert facts.audio is not None
    assert not facts.audio.gaps
    assert can_copy_audio(facts)


async def test_a_length_that_all_packets_are_said_to_have_makes_no_film_longer(probe: ConfinedProbe, out: Path) -> None:
    plain = made(out, "plain.mkv", PICTURE, X264).read_bytes()
    told = element(0x23E383, (10**9).to_bytes(4, "big"))
    (out / "told.mkv").write_bytes(with_element(plain, told, inside=ENTRY))
    assert (await probe.probe(out / "told.mkv")).duration == pytest.approx(1, abs=0.05)


async def test_the_largest_picture_of_joined_files_counts(probe: ConfinedProbe, out: Path) -> None:
    small = made(out, "small.ts", PICTURE, "-vf scale=160:120", X264, "-g 5").read_bytes()
    large = made(out, "large.ts", PICTURE, X264, "-g 5").read_bytes()
    (out / "joined.ts").write_bytes(small + large)
    facts = await probe.probe(out / "joined.ts")
    assert (facts.video.width, facts.video.height, facts.video.resized) == (320, 240, True)
    assert facts.duration == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize("codec", ["aac", "flac", "ac3", "adpcm_ima_wav", "pcm_alaw", "wmav2"])
async def test_names_of_codecs_that_are_no_text_are_read(probe: ConfinedProbe, out: Path, codec: str) -> None:
    facts = await found(probe, out, "film.avi", PICTURE, TONES["plain"], "-c:v mpeg4", f"-c:a {codec}")
    assert facts.audio is not None
    assert facts.audio.codec == codec
