"""HTML forms: protection against forged requests, and texts of rejected fields.

A form carries a signature of the device's cookie, and `Sec-Fetch-Site` must not name another site. `Origin` is
ignored: with `Referrer-Policy: no-referrer` browsers send `null`.
"""

from __future__ import annotations

from starlette.datastructures import FormData, UploadFile
from starlette.requests import HTTPConnection, Request

from ..errors import Invalid, Malformed, NotAllowed
from .requests import DEVICE_COOKIE, MAX_BODY_BYTES, current_device, current_runtime, error_text
from .validation import is_plain_text

MAX_FORM_FIELDS = 200
_OWN_FETCH_SITES = {None, "same-origin", "none"}


def csrf_token(connection: HTTPConnection) -> str:
    """Sign the device's cookie, for a hidden field of its forms."""
    return current_runtime(connection).tokens.sign("csrf", current_device(connection) or "")


async def read_form(request: Request) -> FormData:
    """Parse a form. Raises NotAllowed("csrf") unless a page of this site sent it, Malformed."""
    _refuse_foreign_form(request)
    fields = await request.form(max_files=0, max_fields=MAX_FORM_FIELDS, max_part_size=MAX_BODY_BYTES)
    _check_own_form(request, fields)
    return fields


async def read_upload_form(request: Request, field: str, max_bytes: int) -> tuple[FormData, bytes]:
    """Parse a form with a file. Returns its fields and the file's first `max_bytes` + 1 bytes.

    The bytes are empty if no file was chosen. The route needs a body limit above MAX_BODY_BYTES. Raises as
    `read_form` does.
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
    sent, device = fields.get("csrf"), request.cookies.get(DEVICE_COOKIE)
    if not device or not isinstance(sent, str) or not current_runtime(request).tokens.verify("csrf", device, sent):
        raise NotAllowed("csrf")


def _refuse_foreign_form(request: HTTPConnection) -> None:
    if request.headers.get("sec-fetch-site") not in _OWN_FETCH_SITES:
        raise NotAllowed("csrf")


def asks_for_language(form: FormData) -> bool:
    """Return whether the form only asks for its page in the other language."""
    return "language_only" in form


def field_error_texts(connection: HTTPConnection, invalid: Invalid) -> dict[str, str]:
    """Return the text of each rejected field, by field; the first one if there are several."""
    texts: dict[str, str] = {}
    for error in invalid.fields:
        texts.setdefault(error.field, error_text(connection, error.code, error.params))
    return texts
