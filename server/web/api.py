"""API calls about offices: list, services, current waits (docs/api.md#calls)."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...core.i18n.dates import format_rfc3339
from ...core.json_types import JsonObject
from ...core.web import requests
from ...core.web.paging import paged_response
from ...offices.service import Office, office_by_slug
from ...queue.service import AdmissionRefusal, LineWait, walk_in_refusals
from .pages import OfficeStatus, load_office_statuses


async def list_offices(request: Request) -> Response:
    """`GET /api/v1/offices`."""
    return paged_response(
        request, [_office_json(status) for status in await load_office_statuses(request)], "slug"
    )


def _office_json(status: OfficeStatus) -> dict[str, Any]:
    office = status.office
    return {
        "slug": office.slug,
        "name": office.name,
        "address": office.address,
        "timezone": str(office.timezone),
        "open_now": status.open,
        "paused": office.paused,
        "evacuation": office.is_evacuating,
        "lines": [_line_json(office, wait) for wait in status.waits],
    }


def _line_json(office: Office, wait: LineWait) -> dict[str, Any]:
    return {
        "slug": wait.slug,
        "name": wait.name,
        "waiting": wait.waiting,
        "stopped": wait.stopped,
        **_refusal_json(wait.refusal),
        "eta": eta_json(office, wait.eta),
    }


def _refusal_json(refusal: AdmissionRefusal | None) -> dict[str, Any]:
    return {"refusal": refusal and refusal.code, "lasts_today": refusal is not None and refusal.lasts_today}


def eta_json(office: Office, eta: tuple[datetime, datetime] | None) -> dict[str, str] | None:
    """Format a range of times with the office's offset; None for an unknown one."""
    if eta is None:
        return None
    return {"earliest": format_rfc3339(eta[0], office.timezone), "latest": format_rfc3339(eta[1], office.timezone)}


async def list_services(request: Request) -> Response:
    """`GET /api/v1/offices/{office}/services`."""
    async with requests.current_runtime(request).read_session() as session:
        office = await office_by_slug(session, request.path_params["office"])
        refusals = await walk_in_refusals(session, office, requests.current_runtime(request).now())
    language = requests.current_language(request)
    services = [
        {
            "slug": service.slug,
            "name": service.name(language),
            "line": office.line_for_service(service).slug,
            "modes": list(service.modes),
            "walk_in": service.walk_in,
            "minutes": service.minutes,
            **_refusal_json(refusals[service.slug]),
        }
        for service in office.services
    ]
    return paged_response(request, services, "slug")


async def get_openapi_document(request: Request) -> Response:
    """`GET /api/openapi.json`."""
    document = await asyncio.to_thread(_load_openapi_document)
    return JSONResponse(document, headers={"Cache-Control": "public, max-age=300"})


def _load_openapi_document() -> JsonObject:
    from .openapi_document import build_openapi_document  # imported late: the schemas of all calls take 0.2 s

    return build_openapi_document()


routes = [
    Route("/api/openapi.json", get_openapi_document),
    Route("/api/v1/offices", list_offices),
    Route("/api/v1/offices/{office}/services", list_services),
]
