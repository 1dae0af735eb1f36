"""Edits of recordings: an ordered list of operations with validated parameters; the edited recording stays unchanged.

Times are in seconds of the audio as left by the preceding operations, levels in decibels. Errors that depend on the
audio itself (a cut beyond its end, a gain that would clip) are raised where the audio is processed.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from efir.domain.audio.mpeg import mpeg_channels, mpeg_rate
from efir.domain.audio.records import AudioLimitsExceeded, InvalidAudio, RecordId
from efir.domain.audio.wav import Wav
from efir.domain.audio.wav_format import Coding, Format
from efir.domain.kernel.errors import FieldError, Invalid
from efir.domain.kernel.limits import Limits

MIN_THRESHOLD, MAX_THRESHOLD = -90.0, -10.0  # decibels of full scale
MIN_GAIN, MAX_GAIN = -60.0, 40.0  # decibels
MAX_MARGIN = 10.0  # seconds of silence that trimming keeps at either end
MAX_CROSSFADE = 30.0  # seconds
WIDTH = 4  # bytes per sample during editing
MAX_WAV_BYTES = (1 << 32) - 4096  # largest size that a WAV file can declare, less room for its header


class AudioEditEmpty(Invalid):
    """The edit would leave no audio, or less than 20 milliseconds; `errors` points to the operation."""

    code = "audio-edit-empty"
    title = "Nothing would be left of this recording"


class AudioEditOutside(Invalid):
    """A time lies beyond the end of the audio left by the preceding operations; `errors` points to it."""

    code = "audio-edit-outside"
    title = "This lies outside the recording"


class AudioGainTooHigh(Invalid):
    """The audio would exceed full scale; `detail` states how many decibels are possible."""

    code = "audio-gain-too-high"
    title = "This gain would distort the recording"

    def __init__(self, fits: float, pointer: str) -> None:
        """`fits` is the possible gain in decibels, 0 or less for none; `pointer` the place of the excessive value."""
        detail = f"At most {fits:.1f} dB fit." if fits > 0 else "It is at full scale already: no gain fits."
        super().__init__(detail, errors=(FieldError(pointer, "clips", detail),))
        self.fits = fits


@dataclass(frozen=True, slots=True, kw_only=True)
class TrimSilence:
    """Remove audio below a threshold (RMS level over 10 ms) from both ends, except for a margin."""

    threshold_db: float = -50.0
    margin: float = 0.1

    def find_errors(self) -> Iterator[tuple[str, str, str]]:
        """Yield each value out of bounds as its place in the operation, an error code and a message."""
        yield from _outside("threshold_db", self.threshold_db, MIN_THRESHOLD, MAX_THRESHOLD, "decibels")
        yield from _outside("margin", self.margin, 0.0, MAX_MARGIN, "seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Keep the audio between two times, or remove it; without `end` the range reaches to the end of the audio."""

    start: float = 0.0
    end: float | None = None
    keep: bool = True

    def find_errors(self) -> Iterator[tuple[str, str, str]]:
        """See TrimSilence."""
        if self.start < 0:
            yield "start", "range", "A cut begins at 0 seconds or later."
        if self.end is not None and self.end <= self.start:
            yield "end", "order", "A cut ends later than it begins."


@dataclass(frozen=True, slots=True, kw_only=True)
class Fade:
    """Fade the audio in and out linearly, over the given seconds at its ends."""

    fade_in: float = 0.0
    fade_out: float = 0.0

    def find_errors(self) -> Iterator[tuple[str, str, str]]:
        """See TrimSilence."""
        for place, seconds in (("in", self.fade_in), ("out", self.fade_out)):
            if seconds < 0:
                yield place, "range", "A fade lasts 0 seconds or longer."


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """Make the audio louder or quieter."""

    db: float

    def find_errors(self) -> Iterator[tuple[str, str, str]]:
        """See TrimSilence."""
        yield from _outside("db", self.db, MIN_GAIN, MAX_GAIN, "decibels")


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Append other recordings in order, each overlapping the audio before it by `crossfade` seconds."""

    records: tuple[RecordId, ...]
    crossfade: float = 0.0

    def find_errors(self) -> Iterator[tuple[str, str, str]]:
        """See TrimSilence."""
        if not self.records:
            yield "records", "empty", "Name at least one recording to join."
        yield from _outside("crossfade", self.crossfade, 0.0, MAX_CROSSFADE, "seconds")


Operation = TrimSilence | Cut | Fade | Gain | Join
OPERATIONS: dict[str, type[Operation]] = {
    "trim_silence": TrimSilence,
    "cut": Cut,
    "fade": Fade,
    "gain": Gain,
    "join": Join,
}
"""Operations by the names that clients, jobs and confined child processes use."""
_NAMES = {kind: name for name, kind in OPERATIONS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A recording used in an edit; `duration` in seconds."""

    id: RecordId
    duration: float
    channels: int
    rate: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Operations on parts, the first of which is edited; all are converted to one sample rate and channel count.

    `seconds` is the maximum duration of the result.
    """

    operations: tuple[Operation, ...]
    parts: tuple[Part, ...]
    channels: int
    rate: int
    seconds: float

    def plan_sound(self) -> Wav:
        """Return the format of the audio passed to the conversion, as far as it is known beforehand."""
        frames, align = round(self.seconds * self.rate), WIDTH * self.channels
        form = Format(
            coding=Coding.INTEGER, channels=self.channels, rate=self.rate, align=align, width=WIDTH, bits=8 * WIDTH,
            byte_rate=align * self.rate,
        )  # fmt: skip
        return Wav(format=form, big_endian=False, parts=(), frames=frames, duration=self.seconds)


def check_operations(operations: Sequence[Operation], limits: Limits) -> None:
    """Validate operations. Raises InvalidAudio, which points to every invalid value."""
    errors = []
    if not 1 <= len(operations) <= limits.max_audio_edit_operations:
        words = f"An edit has 1 to {limits.max_audio_edit_operations} operations."
        errors.append(FieldError("/operations", "count", words))
    for number, operation in enumerate(operations[: limits.max_audio_edit_operations]):
        errors += [
            FieldError(pointer_to(number, place), code, detail) for place, code, detail in operation.find_errors()
        ]
    if len(list(find_joined(operations))) >= limits.max_audio_edit_records:
        words = f"An edit joins at most {limits.max_audio_edit_records} recordings, each as often as it is named."
        errors.append(FieldError("/operations", "count", words))
    if errors:
        raise InvalidAudio(errors[0].detail, errors=tuple(errors))


def find_joined(operations: Sequence[Operation]) -> Iterator[tuple[str, RecordId]]:
    """Yield the JSON pointer and the id of every recording to be joined."""
    for number, operation in enumerate(operations):
        if isinstance(operation, Join):
            for place, record in enumerate(operation.records):
                yield pointer_to(number, f"records/{place}"), record


def plan_edit(operations: Sequence[Operation], parts: Sequence[Part], limits: Limits) -> Edit:
    """Plan an edit at the highest sample rate and the largest channel count of its `parts`.

    Raises AudioLimitsExceeded when their total duration exceeds the limit of an edit.
    """
    known = {part.id: part for part in parts}
    seconds = parts[0].duration + sum(known[record].duration for _, record in find_joined(operations))
    rate = mpeg_rate(max(part.rate for part in parts))
    channels = mpeg_channels(max(part.channels for part in parts))
    longest = min(limits.max_audio_edit_seconds, limits.audio_seconds, MAX_WAV_BYTES // (WIDTH * channels * rate))
    if seconds > longest:
        raise AudioLimitsExceeded(
            f"The recordings of an edit last at most {longest} seconds together; these last {math.ceil(seconds)}."
        )
    return Edit(operations=tuple(operations), parts=tuple(parts), channels=channels, rate=rate, seconds=seconds)


def to_facts(operation: Operation) -> dict[str, Any]:
    """Return an operation as JSON-compatible values.

    >>> to_facts(Gain(db=3.0))
    {'type': 'gain', 'db': 3.0}
    """
    facts = asdict(operation)
    if isinstance(operation, Join):
        facts["records"] = [str(record) for record in operation.records]
    return {"type": _NAMES[type(operation)], **facts}


def from_facts(facts: dict[str, Any]) -> Operation:
    """Return the operation from the result of `to_facts`."""
    values = {name: value for name, value in facts.items() if name != "type"}
    if "records" in values:
        values["records"] = tuple(RecordId(UUID(record)) for record in values["records"])
    return OPERATIONS[facts["type"]](**values)


def pointer_to(number: int, place: str = "") -> str:
    """Return the JSON pointer to an operation by its number, or to a place in it.

    >>> pointer_to(2, "start"), pointer_to(0)
    ('/operations/2/start', '/operations/0')
    """
    return f"/operations/{number}" + (f"/{place}" if place else "")


def _outside(place: str, value: float, low: float, high: float, unit: str) -> Iterator[tuple[str, str, str]]:
    if not low <= value <= high:
        yield place, "range", f"This is a number of {unit} from {low:g} to {high:g}."
