"""The page that makes another recording of one: a part of it, without silence, louder, joined, with fades."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from babel.numbers import format_decimal
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from efir.application.access.requirements import SIGNED_IN
from efir.application.audio.editing import EditOrder, edit_record
from efir.application.audio.records import get_record, list_records
from efir.application.kernel.idempotency import Unguarded
from efir.domain.audio.edits import AudioGainTooHigh
from efir.domain.audio.records import InvalidAudio, RecordId, RecordingNotReady, RecordState
from efir.domain.kernel.errors import DomainError
from efir.drivers.web.audio.edit_form import Step, field_error, read_steps
from efir.drivers.web.kernel import error_messages, failure_messages
from efir.drivers.web.kernel.forms import FORM, Form, Problem, read_typed
from efir.drivers.web.kernel.page import OWN_STATUS, Page
from efir.ports.audio import AudioView

TEMPLATE = "audio/edit.html"


class RecordingEditPages(Controller):
    """The form that makes another recording of one."""

    path = "/audio/{record_id:uuid}/edit"
    opt = SIGNED_IN

    @get()
    async def edit_page(self, record_id: FromPath[UUID], page: NamedDependency[Page]) -> Response[str]:
        """Show the form."""
        page.call.session()
        record = await _find_editable(page, RecordId(record_id))
        values = {"end": f"{record.duration:.2f}", "title": _propose_title(page, record)}
        return page.render(TEMPLATE, form=Form(values), **await _surroundings(page, record))

    @post(opt=FORM)
    async def edit(
        self, request: Request[Any, Any, Any], record_id: FromPath[UUID], page: NamedDependency[Page]
    ) -> Response[str]:
        """Make the recording, or have a worker make it."""
        call, values = page.call, await read_typed(request)
        page.check(values)
        record = await _find_editable(page, RecordId(record_id))
        steps = list[Step]()
        try:
            steps = read_steps(values, record.duration)
            order = EditOrder(
                operations=tuple(step.operation for step in steps), title=values.get("title", ""),
                artist=call.require_credential().display_name,
            )  # fmt: skip
            await edit_record(
                call.ports,
                record_id=RecordId(record_id),
                owner=call.user(),
                order=order,
                guard=Unguarded(),
                now=call.now,
            )
        except DomainError as error:
            return await _render_refusal(page, record, values, error, steps)
        return page.redirect("/audio?notice=recording-edited")


async def _find_editable(page: Page, record_id: RecordId) -> AudioView:
    """Raises RecordingNotFound, RecordingNotReady."""
    record = await get_record(page.call.ports, record_id=record_id, owner=page.call.user())
    if record.state != RecordState.READY:
        raise RecordingNotReady
    return record


async def _surroundings(page: Page, record: AudioView) -> dict[str, Any]:
    """Find what the form shows beside what was typed: the recordings that can be joined."""
    ports = page.call.ports
    found = await list_records(ports, owner=page.call.user(), limit=ports.limits.max_page_size, cursor=None)
    others = [item for item in found.items if item.state == RecordState.READY and item.id != record.id]
    return {"record": record, "others": others, "max_title_length": ports.limits.max_title_length}


def _propose_title(page: Page, record: AudioView) -> str:
    edited: str = page.words.gettext("%(title)s (edited)") % {"title": record.title}
    return edited if len(edited) <= page.call.ports.limits.max_title_length else record.title


async def _render_refusal(
    page: Page, record: AudioView, values: dict[str, str], error: DomainError, steps: list[Step]
) -> Response[str]:
    """Show the form again, with what was typed and what is wrong."""
    status = page.shared.status_of(type(error)) if isinstance(error, OWN_STATUS) else HTTPStatus.UNPROCESSABLE_ENTITY
    problems = tuple(Problem(field, text) for field, text in _word_error(page, error, steps))
    form = Form(values, problems)
    return page.render(TEMPLATE, status=status, form=form, failed=True, **await _surroundings(page, record))


def _word_error(page: Page, error: DomainError, steps: list[Step]) -> list[tuple[str, str]]:
    words = page.words
    if isinstance(error, AudioGainTooHigh) and error.fits > 0:
        text = words.gettext("So much gain would distort the sound: at most %(decibels)s dB fit")
        return [("gain", text % {"decibels": format_decimal(error.fits, "0.0", locale=page.lang)})]
    if isinstance(error, AudioGainTooHigh):
        return [("gain", words.gettext("This recording is as loud as it can be: choose 0 or less"))]
    if error.errors:
        errors = tuple(field_error(each, steps) for each in error.errors)
        return error_messages.word_error(InvalidAudio(error.detail, errors=errors), words)
    known = failure_messages.RECORDINGS.get(error.code)
    return error_messages.word_error(error, words) if known is None else [("", words.gettext(known))]
