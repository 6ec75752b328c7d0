"""Development page `/dev/outbox`: all messages, sent or not, with working links.

Messages are rendered again from their rows. server/ mounts these routes in development only.
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
from ..domain.message_kinds import EMAIL, KINDS
from ..domain.message_texts import CHANNEL_TITLES
from ..domain.short_message import ShortMessage, ShortMessageWriter
from ..email.writer import EmailContent, EmailWriter
from ..storage import delivery_rows
from ..storage.delivery_rows import DeliveryRecord

PAGE_SIZE = 30
# The preview is a document of its own: its styles are in its elements, and it may run and load nothing.
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
    """A row and its rendered e-mail, push or SMS; None if this version cannot render it."""

    entry: DeliveryRecord
    email: EmailContent | None
    notice: ShortMessage | None
    zone: tzinfo
    state: str
    kind: str
    channel: str


async def show_outbox(request: Request) -> Response:
    """Show the newest messages."""
    async with requests.current_runtime(request).read_session() as session:
        entries = await delivery_rows.newest_outbox_records(
            session, limit=PAGE_SIZE + 1, before=request.query_params.get("before")
        )
    items = [_to_page_item(request, entry) for entry in entries[:PAGE_SIZE]]
    older = items[-1].entry.message.id if len(entries) > PAGE_SIZE else None
    leaves = bool(request.state.settings.smtp_url)
    return requests.render_page(request, "notifications/outbox.html", items=items, older=older, leaves=leaves)


async def show_message(request: Request) -> Response:
    """Show a message; an e-mail with its preview."""
    item = _to_page_item(request, await _load_entry(request))
    return requests.render_page(request, "notifications/message.html", item=item)


async def show_email_html(request: Request) -> Response:
    """Serve the HTML part for the frame of the preview."""
    headers = {"Content-Security-Policy": EMAIL_PREVIEW_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    return Response((await _load_email(request)).html, media_type="text/html", headers=headers)


async def download_calendar_file(request: Request) -> Response:
    """Serve the attached calendar file."""
    calendar = (await _load_email(request)).calendar
    if calendar is None:
        raise NotFound
    media_type = f"text/calendar; method={calendar.method}; charset=utf-8"
    headers = {"Content-Disposition": 'attachment; filename="calendar.ics"'}
    return Response(calendar.contents, media_type=media_type, headers=headers)


async def _load_entry(request: Request) -> DeliveryRecord:
    async with requests.current_runtime(request).read_session() as session:
        entry = await delivery_rows.delivery_record_by_id(session, request.path_params["id"])
    if entry is None:
        raise NotFound
    return entry


async def _load_email(request: Request) -> EmailContent:
    email = _render_email(request, await _load_entry(request))
    if email is None:
        raise NotFound
    return email


def _to_page_item(request: Request, entry: DeliveryRecord) -> OutboxPageItem:
    zone = entry.message.payload.get("timezone")
    kind = KINDS.get(entry.message.kind)
    return OutboxPageItem(
        entry=entry,
        email=_render_email(request, entry),
        notice=_render_short_message(request, entry),
        zone=ZoneInfo(zone) if zone else UTC,
        state=STATE_TITLES[entry.state],
        kind=kind.title if kind else entry.message.kind,
        channel=CHANNEL_TITLES.get(entry.message.channel, entry.message.channel),
    )


def _render_short_message(request: Request, entry: DeliveryRecord) -> ShortMessage | None:
    if entry.message.channel == EMAIL:
        return None
    runtime = requests.current_runtime(request)
    try:
        return ShortMessageWriter(request.state.pages, runtime.tokens, runtime.public_url).write(entry.message)
    except LookupError:
        return None


def _render_email(request: Request, entry: DeliveryRecord) -> EmailContent | None:
    """Render the e-mail as it was sent, or as it would be sent now."""
    if entry.message.channel != EMAIL:
        return None
    runtime = requests.current_runtime(request)
    writer = EmailWriter(request.state.pages, runtime.tokens, runtime.public_url, request.state.settings.mail_from)
    try:
        return writer.write(entry.message, entry.sent_at or runtime.now())
    except LookupError:  # a kind or payload of another version
        return None


routes: list[BaseRoute] = [
    Route("/dev/outbox", show_outbox),
    Route("/dev/outbox/{id}", show_message),
    Route("/dev/outbox/{id}/html", show_email_html),
    Route("/dev/outbox/{id}/calendar.ics", download_calendar_file),
]
