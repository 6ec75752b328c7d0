"""HTML forms: protection against forged requests, and texts of rejected fields.

A form carries a masked signature of the device's cookie, and `Sec-Fetch-Site` must not name another site.
`Origin` is ignored: with `Referrer-Policy: no-referrer` browsers send `null`.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import FormData, UploadFile
from starlette.requests import HTTPConnection, Request

from ..errors import FieldError, Invalid, Malformed, NotAllowed
from ..tokens import mask_signature, unmask_signature
from .requests import (
    DEVICE_COOKIE,
    MAX_BODY_BYTES,
    current_device,
    current_gettext,
    current_runtime,
    error_text,
)
from .validation import is_plain_text

MAX_FORM_FIELDS = 200
ANY_CODE = "*"
# the sent value of `language_only` if the page shows errors of its fields
FIELD_PROBLEMS = "fields"
# Sentences of a form that name their field, by field and code: they stand in the summary and at the field.
FieldSentences = Mapping[str, Mapping[str, str]]
# None: a browser that sends no such header; the signed token protects its forms alone.
_OWN_FETCH_SITES = {None, "same-origin", "none"}


def csrf_token(connection: HTTPConnection) -> str:
    """Sign the device's cookie, for a hidden field of its forms, with a new mask."""
    return mask_signature(current_runtime(connection).tokens.sign("csrf", current_device(connection) or ""))


async def read_checked_form(request: Request) -> FormData:
    """Parse a form. Raises NotAllowed("csrf") unless a page of this site sent it, Malformed."""
    # by the headers, before the body is read
    _refuse_foreign_form(request)
    fields = await request.form(max_files=0, max_fields=MAX_FORM_FIELDS, max_part_size=MAX_BODY_BYTES)
    _check_own_form(request, fields)
    return fields


async def read_upload_form(request: Request, field: str, max_bytes: int) -> tuple[FormData, bytes]:
    """Parse a form with a file. Returns its fields and the file's first `max_bytes` + 1 bytes.

    The bytes are empty if no file was chosen. The route needs a body limit above MAX_BODY_BYTES. Raises as
    `read_checked_form` does.
    """
    _refuse_foreign_form(request)
    async with request.form(max_files=1, max_fields=MAX_FORM_FIELDS, max_part_size=MAX_BODY_BYTES) as fields:
        upload = fields.get(field)
        content = await upload.read(max_bytes + 1) if isinstance(upload, UploadFile) else b""
        texts = FormData([(name, value) for name, value in fields.multi_items() if isinstance(value, str)])
    _check_own_form(request, texts)
    return texts, content


def _check_own_form(request: Request, fields: FormData) -> None:
    if not all(isinstance(text, str) and is_plain_text(text) for _, text in fields.multi_items()):
        raise Malformed("malformed")
    signature, device = unmask_signature(str(fields.get("csrf"))), request.cookies.get(DEVICE_COOKIE)
    if not device or not current_runtime(request).tokens.verify("csrf", device, signature):
        raise NotAllowed("csrf")


def _refuse_foreign_form(request: HTTPConnection) -> None:
    if request.headers.get("sec-fetch-site") not in _OWN_FETCH_SITES:
        raise NotAllowed("csrf")


def field_error_texts(
    connection: HTTPConnection, invalid: Invalid, sentences: FieldSentences | None = None
) -> dict[str, str]:
    """Return the text of each rejected field, by field; the first if there are several.

    `sentences`: those of the form, which go before the general text of a code.
    """
    texts: dict[str, str] = {}
    for error in invalid.fields:
        texts.setdefault(error.field, _field_error_text(connection, error, (sentences or {}).get(error.field, {})))
    return texts


def _field_error_text(connection: HTTPConnection, error: FieldError, sentences: Mapping[str, str]) -> str:
    sentence = sentences.get(error.code) or sentences.get(ANY_CODE)
    if sentence is None:
        return error_text(connection, error.code, error.params)
    text = current_gettext(connection)(sentence)
    return text % error.params if error.params else text
