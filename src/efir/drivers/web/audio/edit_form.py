"""What the form of an edit says: operations, and the field of the form behind each of their values.

Fields become operations in the order in which they are heard: times of the part are those of the waveform, fades are
those of what comes out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from efir.domain.audio.edits import Cut, Fade, Gain, Join, Operation, TrimSilence
from efir.domain.audio.records import InvalidAudio, RecordId
from efir.domain.kernel.errors import FieldError

WHOLE = 0.01  # seconds; a part that ends so close to the end of the sound reaches to it


@dataclass(frozen=True)
class Step:
    """An operation, and the field of the form that each of its values comes from."""

    operation: Operation
    fields: Mapping[str, str]


def read_steps(values: Mapping[str, str], duration: float) -> list[Step]:
    """Read the form. Raises InvalidAudio for what is no number."""
    wrong = list[FieldError]()
    number = _reader(values, wrong)
    start, end, crossfade = number("start", 0.0), number("end", duration), number("crossfade", 0.0)
    coming, going, gain = number("fade_in", 0.0), number("fade_out", 0.0), number("gain", 0.0)
    keep, other = values.get("part") != "remove", values.get("join", "")
    if wrong:
        raise InvalidAudio(wrong[0].detail, errors=tuple(wrong))
    steps = list[Step]()
    whole = start == 0 and end >= duration - WHOLE
    if not (keep and whole):
        to = None if end >= duration - WHOLE and end > start else end
        steps.append(Step(Cut(start=start, end=to, keep=keep), {"start": "start", "end": "end", "": "start"}))
    if values.get("trim"):
        steps.append(Step(TrimSilence(), {"": "trim"}))
    if gain:
        steps.append(Step(Gain(db=gain), {"db": "gain"}))
    if other:
        join = Join(records=(_record_id(other),), crossfade=crossfade)
        steps.append(Step(join, {"records/0": "join", "crossfade": "crossfade"}))
    if coming or going:
        steps.append(Step(Fade(fade_in=coming, fade_out=going), {"in": "fade_in", "out": "fade_out"}))
    return steps


def _reader(values: Mapping[str, str], wrong: list[FieldError]) -> Callable[[str, float], float]:
    """Return what reads a number, written with a point or a comma; nothing stands for `otherwise`."""

    def number(name: str, otherwise: float) -> float:
        text = values.get(name, "").strip().replace(",", ".").replace("−", "-")
        try:
            found = float(text) if text else otherwise
        except ValueError:
            found = float("nan")
        if not abs(found) < float("inf"):
            wrong.append(FieldError(f"/{name}", "number", "This is not a number."))
        return found

    return number


def _record_id(text: str) -> RecordId:
    try:
        return RecordId(UUID(text))
    except ValueError as error:
        gone = FieldError("/join", "unknown", "You have no such recording.")
        raise InvalidAudio(gone.detail, errors=(gone,)) from error


def field_error(error: FieldError, steps: list[Step]) -> FieldError:
    """Point to a field of the form instead of a value of an operation."""
    root, _, rest = error.pointer.removeprefix("/").partition("/")
    if root != "operations":
        return error
    number, _, place = rest.partition("/")
    if not number:
        return FieldError("/start", "nothing", error.detail)
    return FieldError(f"/{steps[int(number)].fields.get(place, '')}", error.code, error.detail)
