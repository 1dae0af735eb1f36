"""The form that makes another recording of one: a part of it, without silence, louder, joined, with fades.

Its fields are turned into operations in the order in which they are heard: times of the part are those of the waveform,
fades are those of what comes out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from babel.numbers import format_decimal
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from efir.application.access.requirements import SIGNED_IN
from efir.application.audio.editing import EditOrder, edit_record
from efir.application.audio.records import get_record, list_records
from efir.application.kernel.idempotency import Unguarded
from efir.domain.audio.edits import AudioGainTooHigh, Cut, Fade, Gain, Join, Operation, TrimSilence
from efir.domain.audio.records import InvalidAudio, RecordId, RecordingNotReady, RecordState
from efir.domain.kernel.errors import DomainError, FieldError
from efir.drivers.web.kernel import error_messages
from efir.drivers.web.kernel.forms import FORM, Form, Problem, typed
from efir.drivers.web.kernel.page import OWN_STATUS, Page
from efir.ports.audio import AudioView

PATH = "/audio/{record_id:uuid}/edit"
TEMPLATE = "audio-edit.html"
WHOLE = 0.01  # seconds; a part that ends so close to the end of the sound reaches to it


@dataclass(frozen=True)
class _Step:
    """An operation, and the field of the form that each of its values comes from."""

    operation: Operation
    fields: Mapping[str, str]


@get(PATH, opt=SIGNED_IN, include_in_schema=False)
async def edit_page(record_id: FromPath[UUID], page: NamedDependency[Page]) -> Response[str]:
    """Show the form."""
    page.call.session()
    record = await _editable(page, RecordId(record_id))
    values = {"end": f"{record.duration:.2f}", "title": _proposed(page, record)}
    return page.render(TEMPLATE, form=Form(values), **await _surroundings(page, record))


@post(PATH, opt=SIGNED_IN | FORM, include_in_schema=False, status_code=200)
async def edit(
    request: Request[Any, Any, Any], record_id: FromPath[UUID], page: NamedDependency[Page]
) -> Response[str]:
    """Make the recording, or have a worker make it."""
    call, values = page.call, await typed(request)
    page.check(values)
    record = await _editable(page, RecordId(record_id))
    steps = list[_Step]()
    try:
        steps = _steps(values, record.duration)
        order = EditOrder(
            operations=tuple(step.operation for step in steps), title=values.get("title", ""),
            artist=call.known().display_name,
        )  # fmt: skip
        await edit_record(
            call.ports, record_id=RecordId(record_id), owner=call.user(), order=order, guard=Unguarded(), now=call.now
        )
    except DomainError as error:
        return await _refused(page, record, values, error, steps)
    return page.redirect("/audio?notice=recording-edited")


async def _editable(page: Page, record_id: RecordId) -> AudioView:
    """Raises RecordingNotFound, RecordingNotReady."""
    record = await get_record(page.call.ports, record_id=record_id, owner=page.call.user())
    if record.state != RecordState.READY:
        raise RecordingNotReady
    return record


async def _surroundings(page: Page, record: AudioView) -> dict[str, Any]:
    """Find what the form shows beside what was typed: the recordings that can be joined."""
    ports = page.call.ports
    found = await list_records(ports, owner=page.call.user(), limit=ports.limits.max_page_size, cursor=None)
    ready = [item for item in found.items if item.state == RecordState.READY]
    return {"record": record, "others": ready, "title_most": ports.limits.max_title_length}


def _proposed(page: Page, record: AudioView) -> str:
    edited: str = page.words.gettext("%(title)s (edited)") % {"title": record.title}
    return edited if len(edited) <= page.call.ports.limits.max_title_length else record.title


async def _refused(
    page: Page, record: AudioView, values: dict[str, str], error: DomainError, steps: list[_Step]
) -> Response[str]:
    """Show the form again, with what was typed and what is wrong."""
    status = page.shared.status_of(type(error)) if isinstance(error, OWN_STATUS) else HTTPStatus.UNPROCESSABLE_ENTITY
    problems = tuple(Problem(field, text) for field, text in _worded(page, error, steps))
    form = Form(values, problems)
    return page.render(TEMPLATE, status=status, form=form, failed=True, **await _surroundings(page, record))


def _worded(page: Page, error: DomainError, steps: list[_Step]) -> list[tuple[str, str]]:
    words = page.words
    if isinstance(error, AudioGainTooHigh) and error.fits > 0:
        text = words.gettext("So much gain would distort the sound: at most %(decibels)s dB fit")
        return [("gain", text % {"decibels": format_decimal(error.fits, "0.0", locale=page.lang)})]
    if isinstance(error, AudioGainTooHigh):
        return [("gain", words.gettext("This recording is as loud as it can be: choose 0 or less"))]
    if error.errors:
        placed = tuple(_placed(each, steps) for each in error.errors)
        return error_messages.of_error(InvalidAudio(error.detail, errors=placed), words)
    known = error_messages.RECORDINGS.get(error.code)
    return error_messages.of_error(error, words) if known is None else [("", words.gettext(known))]


def _placed(error: FieldError, steps: list[_Step]) -> FieldError:
    """Point to a field of the form instead of a value of an operation."""
    root, _, rest = error.pointer.removeprefix("/").partition("/")
    if root != "operations":
        return error
    number, _, place = rest.partition("/")
    if not number:
        return FieldError("/start", "nothing", error.detail)
    return FieldError(f"/{steps[int(number)].fields.get(place, '')}", error.code, error.detail)


def _steps(values: Mapping[str, str], duration: float) -> list[_Step]:
    """Read the form. Raises InvalidAudio for what is no number."""
    wrong = list[FieldError]()
    number = _reader(values, wrong)
    start, end, crossfade = number("start", 0.0), number("end", duration), number("crossfade", 0.0)
    coming, going, gain = number("fade_in", 0.0), number("fade_out", 0.0), number("gain", 0.0)
    keep, other = values.get("part") != "remove", values.get("join", "")
    if wrong:
        raise InvalidAudio(wrong[0].detail, errors=tuple(wrong))
    steps = list[_Step]()
    whole = start == 0 and end >= duration - WHOLE
    if not (keep and whole):
        to = None if end >= duration - WHOLE and end > start else end
        steps.append(_Step(Cut(start=start, end=to, keep=keep), {"start": "start", "end": "end", "": "start"}))
    if values.get("trim"):
        steps.append(_Step(TrimSilence(), {"": "trim"}))
    if gain:
        steps.append(_Step(Gain(db=gain), {"db": "gain"}))
    if other:
        join = Join(records=(_record_id(other),), crossfade=crossfade)
        steps.append(_Step(join, {"records/0": "join", "crossfade": "crossfade"}))
    if coming or going:
        steps.append(_Step(Fade(fade_in=coming, fade_out=going), {"in": "fade_in", "out": "fade_out"}))
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


HANDLERS: list[Any] = [edit_page, edit]
