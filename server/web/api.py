"""API calls about offices: list, services, current waits (docs/api.md#calls)."""

from __future__ import annotations

from datetime import datetime

from ...core.i18n.dates import format_rfc3339
from ...core.json_types import JsonObject
from ...core.web import requests
from ...core.web.api_route import ApiAccess, ApiRequest, ApiRoute, JsonArray
from ...offices.service import Office, office_by_slug
from ...queue.service import AdmissionRefusal, LineWait, walk_in_refusals
from . import response_schemas
from .pages import OfficeStatus, load_office_statuses


async def list_offices(request: ApiRequest[None]) -> list[JsonObject]:
    return [_office_json(status) for status in await load_office_statuses(request)]


def _office_json(status: OfficeStatus) -> JsonObject:
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


def _line_json(office: Office, wait: LineWait) -> JsonObject:
    return {
        "slug": wait.slug,
        "name": wait.name,
        "waiting": wait.waiting,
        "stopped": wait.stopped,
        **_refusal_json(wait.refusal),
        "eta": eta_json(office, wait.eta),
    }


def _refusal_json(refusal: AdmissionRefusal | None) -> JsonObject:
    return {"refusal": refusal and refusal.code, "lasts_today": refusal is not None and refusal.lasts_today}


def eta_json(office: Office, eta: tuple[datetime, datetime] | None) -> dict[str, str] | None:
    """Format a range of times with the office's offset; None for an unknown range."""
    if eta is None:
        return None
    return {"earliest": format_rfc3339(eta[0], office.timezone), "latest": format_rfc3339(eta[1], office.timezone)}


async def list_services(request: ApiRequest[None]) -> list[JsonObject]:
    async with request.runtime.read_session() as session:
        office = await office_by_slug(session, request.path_params["office"])
        refusals = await walk_in_refusals(session, office, request.runtime.now())
    language = requests.current_language(request)
    return [
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


routes = [
    ApiRoute(
        "GET /offices",
        list_offices,
        "The offices, and how it is there now",
        ApiAccess.PUBLIC,
        JsonArray(response_schemas.Office),
        cursor="slug",
    ),
    ApiRoute(
        "GET /offices/{office}/services",
        list_services,
        "What an office does",
        ApiAccess.PUBLIC,
        JsonArray(response_schemas.Service),
        cursor="slug",
    ),
]
