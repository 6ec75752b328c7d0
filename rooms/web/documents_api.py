"""JSON API of the documents of a room: list, send in parts, read, delete (docs/api.md)."""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import BaseModel, Field, StringConstraints
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from ...core.errors import FieldError, Invalid, Malformed
from ...core.web import requests
from ...core.web.authentication import UPLOAD_MEDIA_TYPE
from ...core.web.openapi import API_PREFIX
from ..actions import send_document
from ..actions.send_document import AnnouncedDocument
from ..domain.room_documents import MAX_DOCUMENT_BYTES, MAX_DOCUMENTS, MAX_PART_BYTES, RoomDocument
from ..queries.received_documents import readable_document, require_reader, stream_content
from ..storage import document_rows
from .room_caller import RoomCaller, room_caller

DOCUMENTS_PATH = API_PREFIX + "/rooms/{appointment}/documents"
OFFSET_HEADER = "upload-offset"
# A document may run and load nothing, whatever it is opened with.
DOCUMENT_POLICY = "default-src 'none'; sandbox"
_NOT_ASCII = re.compile(r"[^ -~]|[\"\\%;]")


class DocumentMessage(BaseModel, defer_build=True):
    """A file to send. `sha256`: of its content, by which an interrupted upload is found again."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


async def get_documents(request: Request) -> Response:
    """`GET /api/v1/rooms/{appointment}/documents`: those that have arrived, oldest first."""
    async with requests.current_runtime(request).read_session() as session:
        caller = await room_caller(request, session)
        reader_id = await require_reader(session, caller.appointment.id, caller.person)
        documents = await document_rows.complete_documents(session, caller.appointment.id)
    body = {
        "documents": [_document_json(document, reader_id) for document in documents],
        "max_bytes": MAX_DOCUMENT_BYTES,
        "max_documents": MAX_DOCUMENTS,
    }
    return requests.json_response(body)


async def post_document(request: Request) -> Response:
    """`POST /api/v1/rooms/{appointment}/documents {name, size, sha256}`: begin or resume."""
    message = await requests.read_json_body(request, DocumentMessage)
    caller = await _caller(request)
    if message.size == 0:
        raise Invalid(FieldError("size", "document_empty"))
    if message.size > MAX_DOCUMENT_BYTES:
        raise Invalid(FieldError("size", "document_too_large", {"max": MAX_DOCUMENT_BYTES >> 20}))
    announced = AnnouncedDocument(message.name, message.size, message.sha256)
    document, is_new = await send_document.begin_upload(
        requests.current_runtime(request), caller.appointment, caller.person, announced
    )
    return requests.json_response(_upload_json(document), 201 if is_new else 200)


async def patch_document(request: Request) -> Response:
    """`PATCH /api/v1/rooms/{appointment}/documents/{id}`: the bytes from `Upload-Offset` on."""
    caller = await _caller(request)
    declared = request.headers.get("content-type", "").split(";")[0].strip()
    offset = request.headers.get(OFFSET_HEADER, "")
    if declared != UPLOAD_MEDIA_TYPE or not (offset.isascii() and offset.isdecimal() and len(offset) < 10):
        raise Malformed("malformed")
    content = await request.body()
    document = await send_document.append_part(
        requests.current_runtime(request),
        caller.appointment,
        caller.person,
        request.path_params["id"],
        int(offset),
        content,
        requests.document_scanner(request),
    )
    return requests.json_response(_upload_json(document))


async def get_document(request: Request) -> Response:
    """`GET /api/v1/rooms/{appointment}/documents/{id}`: its content, as an attachment."""
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        caller = await room_caller(request, session)
        document = await readable_document(
            session, caller.appointment.id, caller.person, request.path_params["id"]
        )
    headers = {
        "Content-Disposition": content_disposition(document.name),
        "Content-Length": str(document.size),
        "Content-Security-Policy": DOCUMENT_POLICY,
        **requests.PRIVATE_PAGE_HEADERS,
    }
    # a document that is deleted meanwhile ends early: the reader sees by the length that bytes are missing
    return StreamingResponse(stream_content(runtime, document.id), headers=headers, media_type=document.media_type)


async def delete_document(request: Request) -> Response:
    """`DELETE /api/v1/rooms/{appointment}/documents/{id}`: by its sender."""
    caller = await _caller(request)
    await send_document.remove_document(
        requests.current_runtime(request), caller.appointment, caller.person, request.path_params["id"]
    )
    return Response(status_code=204)


async def _caller(request: Request) -> RoomCaller:
    async with requests.current_runtime(request).read_session() as session:
        return await room_caller(request, session)


def content_disposition(name: str) -> str:
    """Build the header of an attachment (RFC 6266): a plain name, and the exact one in UTF-8."""
    plain = _NOT_ASCII.sub("_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _document_json(document: RoomDocument, reader_id: str) -> dict[str, Any]:
    return {
        "id": document.id,
        "name": document.name,
        "size": document.size,
        "media_type": document.media_type,
        "from": document.sender_id,
        "sender": document.sender_name,
        "is_mine": document.sender_id == reader_id,
        "at": document.completed_at.isoformat() if document.completed_at else None,
    }


def _upload_json(document: RoomDocument) -> dict[str, Any]:
    return {
        "id": document.id,
        "name": document.name,
        "size": document.size,
        "received": document.received,
        "max_part_bytes": MAX_PART_BYTES,
        "is_complete": document.completed_at is not None,
    }


_part_limit = Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_PART_BYTES)
routes = [
    Route(DOCUMENTS_PATH, get_documents, methods=["GET"]),
    Route(DOCUMENTS_PATH, post_document, methods=["POST"]),
    Route(DOCUMENTS_PATH + "/{id}", get_document, methods=["GET"]),
    Route(DOCUMENTS_PATH + "/{id}", patch_document, methods=["PATCH"], middleware=[_part_limit]),
    Route(DOCUMENTS_PATH + "/{id}", delete_document, methods=["DELETE"]),
]
