"""JSON API of the documents of a room: list, send in parts, read, delete (docs/api.md)."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import quote

from pydantic import BaseModel, Field, StringConstraints
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.responses import StreamingResponse

from ...core.errors import FieldError, Invalid, Malformed
from ...core.json_types import JsonObject
from ...core.web import requests
from ...core.web.api_route import API_PREFIX, ApiAccess, ApiAnswer, ApiRequest, ApiRoute, NonJsonBody
from ...core.web.authentication import UPLOAD_MEDIA_TYPE
from ..actions import send_document
from ..actions.send_document import AnnouncedDocument
from ..domain.room_documents import MAX_DOCUMENT_BYTES, MAX_DOCUMENTS, MAX_PART_BYTES, RoomDocument
from ..queries.received_documents import readable_document, require_reader, stream_content
from ..storage import document_rows
from . import response_schemas
from .refusal_codes import CALL_REFUSALS, READER_REFUSALS, STAFF_REFUSALS
from .room_caller import load_caller, room_caller

_PATH = "/rooms/{appointment}/documents"
DOCUMENTS_PATH = API_PREFIX + _PATH
OFFSET_HEADER = "upload-offset"
# A document may run and load nothing, whatever it is opened with.
DOCUMENT_POLICY = "default-src 'none'; sandbox"
_NOT_ASCII = re.compile(r"[^ -~]|[\"\\%;]")


class DocumentMessage(BaseModel, defer_build=True):
    """A file to send. `sha256`: of its content, by which an interrupted upload is found again."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


async def get_documents(request: ApiRequest[None]) -> JsonObject:
    """List the documents that have arrived, oldest first."""
    async with request.runtime.read_session() as session:
        caller = await room_caller(request, session)
        reader_id = await require_reader(session, caller.appointment.id, caller.person)
        documents = await document_rows.complete_documents(session, caller.appointment.id)
    return {
        "documents": [_document_json(document, reader_id) for document in documents],
        "max_bytes": MAX_DOCUMENT_BYTES,
        "max_documents": MAX_DOCUMENTS,
    }


async def post_document(request: ApiRequest[DocumentMessage]) -> ApiAnswer:
    """Begin or resume an upload."""
    message = request.message
    caller = await load_caller(request)
    if message.size == 0:
        raise Invalid(FieldError("size", "document_empty"))
    if message.size > MAX_DOCUMENT_BYTES:
        raise Invalid(FieldError("size", "document_too_large", {"max": MAX_DOCUMENT_BYTES >> 20}))
    announced = AnnouncedDocument(message.name, message.size, message.sha256)
    document, is_new = await send_document.begin_upload(
        request.runtime, caller.appointment, caller.person, announced
    )
    return ApiAnswer(_upload_json(document), 201 if is_new else 200)


async def patch_document(request: ApiRequest[None]) -> JsonObject:
    """Store the bytes from `Upload-Offset` on."""
    caller = await load_caller(request)
    declared = request.headers.get("content-type", "").split(";")[0].strip()
    offset = request.headers.get(OFFSET_HEADER, "")
    if declared != UPLOAD_MEDIA_TYPE or not (offset.isascii() and offset.isdecimal() and len(offset) < 10):
        raise Malformed("malformed")
    content = await request.body()
    document = await send_document.append_part(
        request.runtime,
        caller.appointment,
        caller.person,
        request.path_params["id"],
        int(offset),
        content,
        requests.document_scanner(request),
    )
    return _upload_json(document)


async def get_document(request: ApiRequest[None]) -> StreamingResponse:
    """Send the content as an attachment."""
    runtime = request.runtime
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


async def delete_document(request: ApiRequest[None]) -> None:
    """Delete a document of the caller."""
    caller = await load_caller(request)
    await send_document.remove_document(
        request.runtime, caller.appointment, caller.person, request.path_params["id"]
    )


def content_disposition(name: str) -> str:
    """Build the header of an attachment (RFC 6266): a plain name, and the exact name in UTF-8."""
    plain = _NOT_ASCII.sub("_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _document_json(document: RoomDocument, reader_id: str) -> JsonObject:
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


def _upload_json(document: RoomDocument) -> JsonObject:
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
    ApiRoute(
        f"GET {_PATH}",
        get_documents,
        "The documents of a video room",
        ApiAccess.TOKEN,
        response_schemas.SentDocuments,
        errors=READER_REFUSALS,
    ),
    ApiRoute(
        f"POST {_PATH}",
        post_document,
        "Begin to send a document, or go on with it",
        ApiAccess.TOKEN,
        {200: response_schemas.DocumentUpload, 201: response_schemas.DocumentUpload},
        body=DocumentMessage,
        errors={403: STAFF_REFUSALS, 409: ("not_admitted", "room_over", "too_many_documents")},
        example={
            "name": "form.pdf",
            "size": 48213,
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        },
    ),
    ApiRoute(
        f"GET {_PATH}/{{id}}",
        get_document,
        "The content of a document",
        ApiAccess.TOKEN,
        NonJsonBody("application/octet-stream"),
        errors=READER_REFUSALS,
    ),
    ApiRoute(
        f"PATCH {_PATH}/{{id}}",
        patch_document,
        "Send the bytes of a document from `Upload-Offset` on",
        ApiAccess.TOKEN,
        response_schemas.DocumentUpload,
        body=NonJsonBody(UPLOAD_MEDIA_TYPE),
        errors={
            400: ("malformed",),
            403: STAFF_REFUSALS,
            409: (
                *CALL_REFUSALS,
                "wrong_offset",
                "wrong_part",
                "document_type",
                "document_damaged",
                "document_infected",
            ),
            503: ("unavailable", "document_being_checked"),
        },
        middleware=[_part_limit],
    ),
    ApiRoute(
        f"DELETE {_PATH}/{{id}}",
        delete_document,
        "Delete a document that the caller has sent",
        ApiAccess.TOKEN,
        {204: None},
        errors={403: (*STAFF_REFUSALS, "not_of_this_room", "not_your_document"), 409: ("not_admitted",)},
    ),
]
