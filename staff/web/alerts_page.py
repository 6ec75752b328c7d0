"""Page of a person's alerts, `/staff/alerts`: what they are told about, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.auth import Principal, StaffRole, require_role
from ...core.errors import Invalid
from ...core.web import requests
from ...core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form_for
from ...offices.service import Office
from ..actions import alert_settings
from ..domain.alerts import HOST_ROLES, NO_ALERTS, VOLUMES, WAIT_MINUTES, AlertSettings, check_alert_numbers
from ..storage import alert_rows
from .staff_session import DESK_PATH, HOST_PATH, own_offices, require_agent, require_login

ALERTS_PATH = "/staff/alerts"
SWITCHES = ("lobby", "help", "long_wait", "chime", "desktop")


async def show_alerts(request: Request) -> Response:
    """`GET /staff/alerts`: the person's choices and devices."""
    principal = await require_login(request)
    require_role(principal, StaffRole.AGENT)
    async with requests.current_runtime(request).read_session() as session:
        known = await alert_rows.load_alert_settings(session, [principal.id])
    return await _alerts_page(request, principal, known.get(principal.id, NO_ALERTS), {})


@handle_form_for(require_agent)
async def submit_alerts(request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/alerts`: save the choices, or show the form again with what is wrong."""
    offices = await own_offices(request, principal)
    chosen = _read_choices(form, principal, offices)
    # Only hosts see the field of the limit.
    typed = {
        "wait_minutes": form.text("wait_minutes") or str(chosen.wait_minutes),
        "volume": form.text("volume"),
    }
    with form.catch(Invalid) as problem:
        minutes, volume = check_alert_numbers(typed["wait_minutes"], typed["volume"])
        settings = replace(chosen, wait_minutes=minutes, volume=volume)
        await alert_settings.save_settings(form.runtime, principal, settings)
        return requests.see_other(f"{ALERTS_PATH}?saved=1")
    return await _alerts_page(request, principal, chosen, typed, problem)


def _read_choices(fields: FormData, principal: Principal, offices: list[Office]) -> AlertSettings:
    """Read the ticked boxes. Offices count only for people who work in several."""
    ticked = {name: name in fields for name in SWITCHES}
    if principal.role not in HOST_ROLES:
        ticked["long_wait"] = False
    settings = replace(NO_ALERTS, **ticked)  # type: ignore[arg-type]
    if len(offices) < 2:
        return settings
    named = {str(slug) for slug in fields.getlist("push_offices")}
    own = tuple(office.slug for office in offices if office.slug in named)
    # None means all, so that an office that the person gets later is included.
    return replace(settings, push_offices=None if len(own) == len(offices) else own)


@handle_form_for(require_agent)
async def submit_device_removal(request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/alerts/devices/{id}/remove`: end the pushes to a device of the person."""
    await alert_settings.remove_device(form.runtime, principal, request.path_params["id"])
    return requests.see_other(f"{ALERTS_PATH}?removed=1#devices")


async def _alerts_page(
    request: Request,
    principal: Principal,
    settings: AlertSettings,
    typed: Mapping[str, str],
    problem: FormProblem = NO_PROBLEM,
) -> Response:
    """Render the page. `typed`: the numbers of a rejected form."""
    offices = await own_offices(request, principal)
    async with requests.current_runtime(request).read_session() as session:
        devices = await alert_rows.alert_devices(session, principal.id)
    push = requests.push_settings(request)
    is_host = principal.role in HOST_ROLES
    return requests.render_page(
        request,
        "staff/alerts.html",
        page_url=ALERTS_PATH,
        person=principal.name,
        person_id=principal.id,
        is_host=is_host,
        is_manager=principal.has_role(StaffRole.MANAGER),
        back=HOST_PATH if is_host else DESK_PATH,
        settings=settings,
        typed={"wait_minutes": str(settings.wait_minutes), "volume": str(settings.volume), **typed},
        saved="saved" in request.query_params,
        removed="removed" in request.query_params,
        waits=WAIT_MINUTES,
        volumes=VOLUMES,
        offices=offices,
        devices=devices,
        zone=offices[0].timezone if offices else None,
        push_key=push.public_key if push else None,
        **problem.context,
    )


routes = [
    Route(ALERTS_PATH, show_alerts, methods=["GET"]),
    Route(ALERTS_PATH, submit_alerts, methods=["POST"]),
    Route(ALERTS_PATH + "/devices/{id}/remove", submit_device_removal, methods=["POST"]),
]
