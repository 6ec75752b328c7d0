"""HTML forms: protection against forged requests, and texts of rejected fields.

A form carries a signature of the device's cookie, and `Sec-Fetch-Site` must not name another site. `Origin` is
ignored: with `Referrer-Policy: no-referrer` browsers send `null`.
"""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import HTTPConnection, Request

from ..errors import Invalid, Malformed, NotAllowed
from .requests import DEVICE_COOKIE, MAX_BODY_BYTES, current_device, current_runtime, error_text
from .validation import is_plain_text

MAX_FORM_FIELDS = 200
_OWN_FETCH_SITES = {None, "same-origin", "none"}


def csrf_token(connection: HTTPConnection) -> str:
    """The signature that a form of this device carries."""
    return current_runtime(connection).tokens.sign("csrf", current_device(connection) or "")


async def read_form(request: Request) -> FormData:
    """The form that was sent. Raises NotAllowed("csrf") unless one of our own pages sent it."""
    _refuse_foreign_form(request)
    fields = await request.form(max_files=0, max_fields=MAX_FORM_FIELDS, max_part_size=MAX_BODY_BYTES)
    if not all(isinstance(text, str) and is_plain_text(text) for _, text in fields.multi_items()):
        raise Malformed("malformed")
    sent, device = fields.get("csrf"), request.cookies.get(DEVICE_COOKIE)
    if not device or not isinstance(sent, str) or not current_runtime(request).tokens.verify("csrf", device, sent):
        raise NotAllowed("csrf")
    return fields


def _refuse_foreign_form(request: HTTPConnection) -> None:
    if request.headers.get("sec-fetch-site") not in _OWN_FETCH_SITES:
        raise NotAllowed("csrf")


def field_error_texts(connection: HTTPConnection, invalid: Invalid) -> dict[str, str]:
    """The sentence of each field that is not acceptable, the first one of a field."""
    texts: dict[str, str] = {}
    for one in invalid.fields:
        texts.setdefault(one.field, error_text(connection, one.code, one.params))
    return texts
