"""Uploads over HTTP: tus 1.0."""

from typing import Any
from uuid import UUID

from litestar import Controller, HttpMethod, Request, Response, delete, head, patch, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath

from efir.application.access.requirements import SIGNED_IN
from efir.application.context import Call
from efir.application.uploads.appending import append_to_upload
from efir.application.uploads.uploads import UploadFacts, create_upload, end_upload, get_upload, join_uploads
from efir.domain.auth.sessions import CsrfFailed, NoSession, ScopeMissing
from efir.domain.kernel.errors import DomainError
from efir.domain.uploads import (
    ChunkCorrupt,
    OffsetMismatch,
    UploadCorrupt,
    UploadGone,
    UploadId,
    UploadJoined,
    UploadLocked,
    UploadMalformed,
    UploadNotFound,
    UploadOvertaken,
    UploadsTooMany,
    UploadTooLarge,
    UploadUnfinished,
    UploadUsed,
)
from efir.drivers._asgi.route_options import ANONYMOUS
from efir.drivers._asgi.streamed_body import Body
from efir.drivers._asgi.streams import while_counting
from efir.drivers.http.kernel.problems import raises
from efir.drivers.http.uploads.tus import (
    PATH,
    PROBLEMS,
    RESUMABLE,
    TusVersionUnsupported,
    WrongBodyType,
    abilities,
    check_version,
    parse_creation,
    piece,
    upload_details,
    upload_headers,
)
from efir.drivers.http.uploads.tus_openapi import Appending, Asking, Creating, Describing, Ending
from efir.ports.kernel.blobs import StorageFull

ONE = "/{upload_id:uuid}"
KNOWN = (NoSession, CsrfFailed, ScopeMissing, TusVersionUnsupported)
WRITING = (
    UploadMalformed, UploadTooLarge, WrongBodyType, UploadLocked, UploadOvertaken, ChunkCorrupt, UploadCorrupt,
    StorageFull,
)  # fmt: skip
Asked = Request[Any, Any, Any]


class UploadAbilitiesController(Controller):
    """What this server can do."""

    path = PATH
    tags = ("Uploads",)
    opt = ANONYMOUS

    @route(
        http_method=[HttpMethod.OPTIONS],
        operation_id="describeUploads",
        operation_class=Describing,
        status_code=204,
        responses=raises(),
    )
    async def describe(self, call: NamedDependency[Call]) -> Response[None]:
        """Tell what this server can do: versions, extensions, largest size, checksums."""
        return Response(None, status_code=204, headers=abilities(call.ports.limits))

    @route(ONE, http_method=[HttpMethod.OPTIONS], include_in_schema=False, status_code=204)
    async def describe_one(self, upload_id: FromPath[UUID], call: NamedDependency[Call]) -> Response[None]:  # noqa: ARG002  # any
        """Tell the same for every address."""
        return Response(None, status_code=204, headers=abilities(call.ports.limits))


class UploadsController(Controller):
    """Uploads of tus clients."""

    path = PATH
    tags = ("Uploads",)
    opt = SIGNED_IN | {"streams": True}
    exception_handlers = PROBLEMS
    request_max_body_size = None

    @post(
        operation_id="createUpload",
        operation_class=Creating,
        status_code=201,
        responses=raises(*KNOWN, *WRITING, UploadNotFound, UploadGone, UploadUnfinished, UploadsTooMany),
    )
    async def create(self, request: Asked, call: NamedDependency[Call]) -> Response[None]:
        """Create an upload, with its first bytes if they come along, or join partial ones."""
        check_version(request.headers)
        body = Body(request, call.ports.limits)
        try:
            facts = await _create(request, body, call)
        except DomainError:
            await body.drain()
            raise
        headers = upload_headers(facts) | {"location": f"{call.ports.origin}{PATH}/{facts.id}"}
        return Response(None, status_code=201, headers=headers)

    @head(
        ONE,
        operation_id="getUploadOffset",
        operation_class=Asking,
        responses=raises(*KNOWN, UploadNotFound, UploadGone),
    )
    async def offset(self, request: Asked, upload_id: FromPath[UUID], call: NamedDependency[Call]) -> Response[None]:
        """Return how many bytes of one of your uploads are durable."""
        check_version(request.headers)
        facts = await get_upload(call.ports, owner=call.user("videos.write"), upload_id=UploadId(upload_id))
        return Response(None, status_code=200, headers=upload_details(facts))

    @patch(
        ONE,
        operation_id="appendToUpload",
        operation_class=Appending,
        status_code=204,
        responses=raises(*KNOWN, *WRITING, UploadNotFound, UploadGone, UploadJoined, OffsetMismatch),
    )
    async def append(self, request: Asked, upload_id: FromPath[UUID], call: NamedDependency[Call]) -> Response[None]:
        """Append bytes to one of your uploads; the offset in the response is durable."""
        return await _append(request, UploadId(upload_id), call)

    @delete(
        ONE,
        operation_id="endUpload",
        operation_class=Ending,
        status_code=204,
        responses=raises(*KNOWN, UploadNotFound, UploadGone, UploadUsed),
    )
    async def end(self, request: Asked, upload_id: FromPath[UUID], call: NamedDependency[Call]) -> Response[None]:
        """Delete one of your uploads and its bytes."""
        return await _end(request, UploadId(upload_id), call)

    @post(ONE, include_in_schema=False, status_code=204)
    async def overridden(
        self, request: Asked, upload_id: FromPath[UUID], call: NamedDependency[Call]
    ) -> Response[None]:
        """Do what `X-HTTP-Method-Override` says, for clients that cannot send PATCH or DELETE."""
        match request.headers.get("x-http-method-override", "").upper():
            case "PATCH":
                return await _append(request, UploadId(upload_id), call)
            case "DELETE":
                return await _end(request, UploadId(upload_id), call)
            case _:
                raise UploadMalformed("Send PATCH, or POST with X-HTTP-Method-Override: PATCH.")


async def _create(request: Asked, body: Body, call: Call) -> UploadFacts:
    owner, asked = call.user("videos.write"), parse_creation(request.headers)
    if asked.concat:
        return await join_uploads(
            call.ports, owner=owner, parts=asked.parts, concat=asked.concat, metadata=asked.metadata, now=call.now
        )
    first = piece(request.headers, offset=0) if asked.has_body else None
    facts = await create_upload(
        call.ports, owner=owner, length=asked.length, metadata=asked.metadata, partial=asked.partial, now=call.now
    )
    if first is None:
        return facts
    upload_id = UploadId(facts.id)
    return await append_to_upload(
        call.ports, owner=owner, upload_id=upload_id, piece=first, body=while_counting(call, body.chunks())
    )


async def _append(request: Asked, upload_id: UploadId, call: Call) -> Response[None]:
    check_version(request.headers)
    body = Body(request, call.ports.limits)
    try:
        owner, sent = call.user("videos.write"), piece(request.headers)
        chunks = while_counting(call, body.chunks())
        facts = await append_to_upload(call.ports, owner=owner, upload_id=upload_id, piece=sent, body=chunks)
    except DomainError:
        await body.drain()
        raise
    return Response(None, status_code=204, headers=upload_headers(facts))


async def _end(request: Asked, upload_id: UploadId, call: Call) -> Response[None]:
    check_version(request.headers)
    await end_upload(call.ports, owner=call.user("videos.write"), upload_id=upload_id)
    return Response(None, status_code=204, headers=RESUMABLE)
