"""Preview of every message with example facts, `/staff/manage/messages/templates`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.errors import NotFound
from ....core.i18n.languages import text_in_language
from ....core.web import requests
from ....notifications.service import (
    PREVIEW_POLICY,
    MessagePreview,
    PreviewWriter,
    SampleOffice,
    message_kinds,
    sample_message,
)
from ....offices.service import STAFF_MODE_NAMES, Office, things_to_bring
from ....staff.service import CHANNEL_NAMES, own_offices
from ..manage_page import render_manage_page, require_manager
from .messages_page import MESSAGES_PATH

TEMPLATES_PATH = MESSAGES_PATH + "/templates"
PREVIEW_PATH = TEMPLATES_PATH + "/{kind}/{channel}"


async def show_templates(request: Request) -> Response:
    """`GET /staff/manage/messages/templates`: all kinds with their channels."""
    principal = await require_manager(request)
    return render_manage_page(
        request,
        "management/message_templates.html",
        principal,
        section="messages",
        kinds=message_kinds(),
        ways=CHANNEL_NAMES,
    )


async def show_preview(request: Request) -> Response:
    """`GET /staff/manage/messages/templates/{kind}/{channel}?language=&mode=&office=`.

    Raises NotFound.
    """
    principal = await require_manager(request)
    offices = await own_offices(request, principal)
    kind, channel = request.path_params["kind"], request.path_params["channel"]
    preview = await _render(request, offices)
    return render_manage_page(
        request,
        "management/message_preview.html",
        principal,
        section="messages",
        kind=kind,
        channel=channel,
        title=message_kinds()[kind].title,
        channels=[channel for channel in CHANNEL_NAMES if channel in message_kinds()[kind].channels],
        preview=preview,
        offices=offices,
        chosen=_chosen_office(request, offices).slug,
        language=_language(request),
        modes=STAFF_MODE_NAMES,
        mode=_mode(request),
        ways=CHANNEL_NAMES,
        frame_query=request.url.query,
    )


async def show_preview_html(request: Request) -> Response:
    """`GET …/html`: the e-mail for the frame of its preview, which may run and load nothing."""
    principal = await require_manager(request)
    preview = await _render(request, await own_offices(request, principal))
    if preview.email is None:
        raise NotFound
    headers = {"Content-Security-Policy": PREVIEW_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    return Response(preview.email.html, media_type="text/html", headers=headers)


async def _render(request: Request, offices: list[Office]) -> MessagePreview:
    """Render the message of the address. Raises NotFound for an unknown kind or channel."""
    runtime = requests.current_runtime(request)
    language = _language(request)
    sample = _sample_office(_chosen_office(request, offices), language)
    kind, channel = request.path_params["kind"], request.path_params["channel"]
    try:
        message = sample_message(kind, channel, language, sample, runtime.now(), mode=_mode(request))
    except LookupError:
        raise NotFound from None
    sender = request.state.settings.mail_from
    writer = PreviewWriter(request.state.pages, runtime.tokens, runtime.public_url, sender)
    return writer.write(message, runtime.now())


def _chosen_office(request: Request, offices: list[Office]) -> Office:
    """Return the office of the address, else the first. Raises NotFound without any."""
    if not offices:
        raise NotFound
    slug = request.query_params.get("office")
    return next((office for office in offices if office.slug == slug), offices[0])


def _language(request: Request) -> str:
    asked = request.query_params.get("language")
    offered = requests.current_runtime(request).languages.offered
    return asked if asked in offered else requests.current_language(request)


def _mode(request: Request) -> str:
    asked = request.query_params.get("mode", "")
    return asked if asked in STAFF_MODE_NAMES else "in_person"


def _sample_office(office: Office, language: str) -> SampleOffice:
    """Return what a message says about the office, with its first service, line and desk."""
    service, line = next(iter(office.services), None), next(iter(office.lines), None)
    desk = next(iter(office.desks), None)
    return SampleOffice(
        slug=office.slug,
        name=office.name,
        address=office.address,
        phone=office.phone,
        access=office.access_in(language),
        timezone=office.timezone,
        service=service.name(language) if service else "–",
        service_slug=service.slug if service else "",
        minutes=service.minutes if service else 10,
        bring="; ".join(things_to_bring([service], language)) or None if service else None,
        line=line.name(language) if line else "–",
        code=f"{line.letter if line else 'A'}-042",
        desk=desk.name if desk else "1",
        way=text_in_language(desk.way, language) if desk else None,
        price=service.price_in(language) if service else None,
        transport=office.fact_in("transport", language),
        parking=office.fact_in("parking", language),
    )


routes = [
    Route(TEMPLATES_PATH, show_templates, methods=["GET"]),
    Route(PREVIEW_PATH, show_preview, methods=["GET"]),
    Route(PREVIEW_PATH + "/html", show_preview_html, methods=["GET"]),
]
