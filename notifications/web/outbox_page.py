"""`/dev/outbox`: what the product would have sent, to be read and clicked while it is tried out.

Letters are written again from their rows. server/ mounts these routes in development only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ...core.errors import NotFound
from ...core.i18n.catalogues import N_
from ...core.web import requests
from ..domain.message_kinds import KINDS
from ..domain.short_message import NoticeText, NoticeWriter
from ..email.writer import Email, EmailWriter
from ..storage import outbox_rows
from ..storage.outbox_rows import Entry

PAGE_SIZE = 30
# The letter is a page of its own: its styles are in its elements, and nothing in it may run or load.
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
STATES = {
    "pending": N_("Waiting"),
    "sending": N_("Being sent"),
    "sent": N_("Delivered"),
    "void": N_("Taken back"),
    "dead": N_("Given up"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry and its letter or notice; None when this version of the product cannot write it."""

    entry: Entry
    email: Email | None
    notice: NoticeText | None
    zone: tzinfo
    state: str
    kind: str


async def outbox(request: Request) -> Response:
    """The newest letters."""
    async with requests.runtime(request).reading() as session:
        entries = await outbox_rows.newest(session, limit=PAGE_SIZE + 1, before=request.query_params.get("before"))
    shown = [_shown(request, entry) for entry in entries[:PAGE_SIZE]]
    older = shown[-1].entry.message.id if len(entries) > PAGE_SIZE else None
    leaves = bool(request.state.settings.smtp_url)
    return requests.render(request, "notifications/outbox.html", letters=shown, older=older, leaves=leaves)


async def message(request: Request) -> Response:
    """One letter with its preview."""
    return requests.render(request, "notifications/message.html", letter=_shown(request, await _entry(request)))


async def letter(request: Request) -> Response:
    """The HTML part alone, for the preview's frame."""
    headers = {"Content-Security-Policy": LETTER_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    return Response((await _email(request)).html, media_type="text/html", headers=headers)


async def calendar(request: Request) -> Response:
    """The attached calendar file."""
    attached = (await _email(request)).calendar
    if attached is None:
        raise NotFound
    media_type = f"text/calendar; method={attached.method}; charset=utf-8"
    headers = {"Content-Disposition": 'attachment; filename="calendar.ics"'}
    return Response(attached.contents, media_type=media_type, headers=headers)


async def _entry(request: Request) -> Entry:
    async with requests.runtime(request).reading() as session:
        entry = await outbox_rows.entry_by_id(session, request.path_params["id"])
    if entry is None:
        raise NotFound
    return entry


async def _email(request: Request) -> Email:
    email = _written(request, await _entry(request))
    if email is None:
        raise NotFound
    return email


def _shown(request: Request, entry: Entry) -> Shown:
    zone = entry.message.payload.get("timezone")
    kind = KINDS.get(entry.message.kind)
    return Shown(
        entry,
        _written(request, entry),
        _notice(request, entry),
        ZoneInfo(zone) if zone else UTC,
        STATES[entry.state],
        kind.title if kind else entry.message.kind,
    )


def _notice(request: Request, entry: Entry) -> NoticeText | None:
    """The push or SMS."""
    if entry.message.channel == "email":
        return None
    runtime = requests.runtime(request)
    try:
        return NoticeWriter(request.state.pages, runtime.tokens, runtime.public_url).write(entry.message)
    except LookupError:
        return None


def _written(request: Request, entry: Entry) -> Email | None:
    """The letter as it left, or as it would leave now."""
    if entry.message.channel != "email":
        return None
    runtime = requests.runtime(request)
    writer = EmailWriter(request.state.pages, runtime.tokens, runtime.public_url, request.state.settings.mail_from)
    try:
        return writer.write(entry.message, entry.sent_at or runtime.now())
    except LookupError:  # a kind or a fact that this version does not know
        return None


routes: list[BaseRoute] = [
    Route("/dev/outbox", outbox),
    Route("/dev/outbox/{id}", message),
    Route("/dev/outbox/{id}/html", letter),
    Route("/dev/outbox/{id}/calendar.ics", calendar),
]
