"""Files put together of bytes: sound without its header, and tags before an MP3."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from efir.domain.audio.wav import Part, Wav, adpcm_header
from efir.domain.audio.wav_format import Coding

BLOCK = 1 << 20
MIDDLE = {Coding.ALAW: b"\xd5", Coding.MULAW: b"\xff"}  # the sample of no sound, where it is not 0


def extract_sound(source: Path, wav: Wav, target: Path) -> tuple[Path, Wav]:
    """Write all parts of a sound behind each other, ADPCM with a header of ours; return the file and its plan.

    Silence holds the last sample before it, as RIFF (1991) has it: a jump to nothing would be heard as a click.
    """
    form, head = wav.format, adpcm_header(wav) if wav.format.block_frames > 1 else b""
    still = MIDDLE.get(form.coding, b"\x80" if form.width == 1 else b"\0")
    last = still * (form.align // len(still))
    with source.open("rb") as read, target.open("wb") as written:
        written.write(head)
        for part in wav.parts:
            if part.offset is None:
                _repeat(last, part.length, written)
            else:
                read.seek(part.offset)
                _copy(read, part.length, written)
                read.seek(part.offset + part.length - form.align)
                last = read.read(form.align)
    return target, replace(wav, parts=(Part(len(head), wav.length),))


def put_before(head: bytes, rest: Path, target: Path) -> Path:
    """Write a file that begins with `head`; return it."""
    with rest.open("rb") as read, target.open("wb") as written:
        written.write(head)
        shutil.copyfileobj(read, written)
    return target


def _copy(read: BinaryIO, length: int, written: BinaryIO) -> None:
    while length > 0 and (block := read.read(min(BLOCK, length))):
        written.write(block)
        length -= len(block)


def _repeat(frame: bytes, length: int, written: BinaryIO) -> None:
    block = frame * max(1, BLOCK // len(frame))
    written.writelines(block[: length - start] for start in range(0, length, len(block)))
