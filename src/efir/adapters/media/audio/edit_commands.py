"""Commands of an edit: how a part is decoded, and what the editing child reads and writes."""

import json
import math
from collections.abc import Iterator

from efir.adapters.media.audio.commands import QUIET, SAFE
from efir.domain.audio.edits import Edit, Part, to_facts

HEADROOM = 20 * math.log10(4)  # decibels below full scale at which samples are edited
DECODED, EDITED, SPOOL = "decoded.pcm", "edited.wav", "spool.pcm"
WORKER = "efir.adapters.media.audio.edit_worker"


def decode(ffmpeg: str, part: Part, edit: Edit) -> Iterator[str]:
    """Decode an MP3 of ours to raw samples with the rate, the channels and the headroom of an edit."""
    steps = ["aformat=sample_fmts=fltp"]
    if part.channels < edit.channels:
        steps.append("pan=stereo|c0=c0|c1=c0")  # by default a mix would make it 3 dB quieter
    if part.rate != edit.rate:
        steps.append(f"aresample=osr={edit.rate}")
    steps.append("volume=volume=0.25:precision=float")
    yield from (ffmpeg, *QUIET, *SAFE, "-fd", "3", "-f", "mp3", "-i", "fd:", "-map", "0:a:0", "-af", ",".join(steps))
    yield from ("-c:a", "pcm_s32le", "-f", "s32le", DECODED)


def order(edit: Edit) -> str:
    """Tell the child what to do; its parts are in the order of its descriptors."""
    return json.dumps(
        {
            "rate": edit.rate,
            "channels": edit.channels,
            "parts": [str(part.id) for part in edit.parts],
            "operations": [to_facts(operation) for operation in edit.operations],
        }
    )
