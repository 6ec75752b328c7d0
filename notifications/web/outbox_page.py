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
from ..domain.short_message import ShortMessage, ShortMessageWriter
from ..email.writer import EmailContent, EmailWriter
from ..storage import outbox_rows
from ..storage.outbox_rows import OutboxEntry

PAGE_SIZE = 30
# The letter is a page of its own: its styles are in its elements, and nothing in it may run or load.
EMAIL_PREVIEW_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
STATE_TITLES = {
    "pending": N_("Waiting"),
    "sending": N_("Being sent"),
    "sent": N_("Delivered"),
    "void": N_("Taken back"),
    "dead": N_("Given up"),
}


@dataclass(frozen=True, slots=True)
class OutboxPageItem:
    """An entry and its letter or notice; None when this version of the product cannot write it."""

    entry: OutboxEntry
    email: EmailContent | None
    notice: ShortMessage | None
    zone: tzinfo
    state: str
    kind: str


async def show_outbox(request: Request) -> Response:
    """The newest letters."""
    async with requests.current_runtime(request).read_session() as session:
        entries = await outbox_rows.newest_outbox_entries(
            session, limit=PAGE_SIZE + 1, before=request.query_params.get("before")
        )
    shown = [_to_page_item(request, entry) for entry in entries[:PAGE_SIZE]]
    older = shown[-1].entry.message.id if len(entries) > PAGE_SIZE else None
    leaves = bool(request.state.settings.smtp_url)
    return requests.render_page(request, "notifications/outbox.html", letters=shown, older=older, leaves=leaves)


async def show_message(request: Request) -> Response:
    """One letter with its preview."""
    return requests.render_page(
        request, "notifications/message.html", letter=_to_page_item(request, await _load_entry(request))
    )


async def show_email_html(request: Request) -> Response:
    """The HTML part alone, for the preview's frame."""
    headers = {"Content-Security-Policy": EMAIL_PREVIEW_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    return Response((await _load_email(request)).html, media_type="text/html", headers=headers)


async def download_calendar_file(request: Request) -> Response:
    """The attached calendar file."""
    attached = (await _load_email(request)).calendar
    if attached is None:
        raise NotFound
    media_type = f"text/calendar; method={attached.method}; charset=utf-8"
    headers = {"Content-Disposition": 'attachment; filename="calendar.ics"'}
    return Response(attached.contents, media_type=media_type, headers=headers)


async def _load_entry(request: Request) -> OutboxEntry:
    async with requests.current_runtime(request).read_session() as session:
        entry = await outbox_rows.outbox_entry_by_id(session, request.path_params["id"])
    if entry is None:
        raise NotFound
    return entry


async def _load_email(request: Request) -> EmailContent:
    email = _render_email(request, await _load_entry(request))
    if email is None:
        raise NotFound
    return email


def _to_page_item(request: Request, entry: OutboxEntry) -> OutboxPageItem:
    zone = entry.message.payload.get("timezone")
    kind = KINDS.get(entry.message.kind)
    return OutboxPageItem(
        entry,
        _render_email(request, entry),
        _render_short_message(request, entry),
        ZoneInfo(zone) if zone else UTC,
        STATE_TITLES[entry.state],
        kind.title if kind else entry.message.kind,
    )


def _render_short_message(request: Request, entry: OutboxEntry) -> ShortMessage | None:
    """The push or SMS."""
    if entry.message.channel == "email":
        return None
    runtime = requests.current_runtime(request)
    try:
        return ShortMessageWriter(request.state.pages, runtime.tokens, runtime.public_url).write(entry.message)
    except LookupError:
        return None


def _render_email(request: Request, entry: OutboxEntry) -> EmailContent | None:
    """The letter as it left, or as it would leave now."""
    if entry.message.channel != "email":
        return None
    runtime = requests.current_runtime(request)
    writer = EmailWriter(request.state.pages, runtime.tokens, runtime.public_url, request.state.settings.mail_from)
    try:
        return writer.write(entry.message, entry.sent_at or runtime.now())
    except LookupError:  # a kind or a fact that this version does not know
        return None


routes: list[BaseRoute] = [
    Route("/dev/outbox", show_outbox),
    Route("/dev/outbox/{id}", show_message),
    Route("/dev/outbox/{id}/html", show_email_html),
    Route("/dev/outbox/{id}/calendar.ics", download_calendar_file),
]
