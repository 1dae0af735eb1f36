"""Facts about a source of one minute, to be changed by `replace`."""

from efir.domain.processing.source_facts import AudioFacts, MediaFacts, VideoFacts

VIDEO = VideoFacts(
    codec="h264", profile="High", level=40, pix_fmt="yuv420p", width=1920, height=1080, coded_width=1920,
    coded_height=1080, square_pixels=True, rotation=0, rate_num=25, rate_den=1, vfr=False, interlaced=False, hdr="",
    matrix="", frames=1500, start=0.0, longest_frame=0.04, keyframe_spacing=2.0, bitrate=4_000_000, full_range=False,
    track=0, end=60.0, cropped=False, flipped=False, resized=False, mixed_shapes=False, mixed_colours=False,
    edited=False, delay=0.0, primaries="", alpha=False,
)  # fmt: skip
AUDIO = AudioFacts(
    codec="aac", profile="LC", channels=2, rate=48_000, start=0.0, duration=60.0, bitrate=128_000, tracks=(1,),
    layout="stereo", speakers=("FL", "FR"), gaps=False, settled=(),
)  # fmt: skip
FACTS = MediaFacts(
    container="mov", size=1, duration=60.0, streams=2, video=VIDEO, audio=AUDIO, corrections=(), origin=0.0
)  # fmt: skip
