"""Appointments that do not fit, `/staff/manage/o/{office}/hours/appointments`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....appointments.service import unfit_appointments
from ....core.auth import Principal
from ....core.errors import FieldError, Invalid
from ....core.web import requests
from ....core.web.form_page import read_form
from ....offices.service import office_by_slug
from ...actions.settle_appointments import SettlementChoice, settle_appointments
from ..manage_page import render_manage_page, require_manager
from ..settlement import parse_settlement, propose_settlement, settled_page, settlement_errors
from .hours_form import HOURS_PATH, hours_context, load_presence

SETTLE_PATH = HOURS_PATH + "/appointments"


async def show_unfit_appointments(request: Request) -> Response:
    """`GET /staff/manage/o/{office}/hours/appointments`."""
    principal = await require_manager(request, request.path_params["office"])
    return await _render(request, principal, FormData(), {})


async def submit_settlement(request: Request) -> Response:
    """Move or cancel the ticked appointments, and show the result for each."""
    slug = request.path_params["office"]
    principal = await require_manager(request, slug)
    sent = await read_form(request)
    try:
        plan = parse_settlement(sent)
        ticked = {str(one) for one in sent.getlist("settle.ticked")}
        chosen = {one: time for one, time in plan.times.items() if one in ticked}
        if not chosen:
            raise Invalid(FieldError("settle.ticked", "tick_one"))
        if plan.choice is SettlementChoice.LEAVE:
            raise Invalid(FieldError("settle.choice", "settlement_missing"))
    except Invalid as invalid:
        return await _render(request, principal, sent, settlement_errors(request, invalid))
    settled = await settle_appointments(sent.runtime, principal, slug, dataclasses.replace(plan, times=chosen))
    async with sent.runtime.read_session() as session:
        office = await office_by_slug(session, slug)
    back_url = SETTLE_PATH.format(office=slug)
    return settled_page(
        request,
        principal,
        office,
        settled,
        section="hours",
        back_url=back_url,
        entry_id=None,
        is_saved=False,
    )


async def _render(request: Request, principal: Principal, sent: FormData, errors: Mapping[str, str]) -> Response:
    now = requests.current_runtime(request).now()
    async with requests.current_runtime(request).read_session() as session:
        office = await office_by_slug(session, request.path_params["office"])
        appointments = await unfit_appointments(session, office, now)
        settlement = await propose_settlement(session, request, office, appointments, sent, errors)
        presence = await load_presence(session, office, now)
    ticked = {str(one) for one in sent.getlist("settle.ticked")}
    if not sent:  # appointments that staff booked at a closed time on purpose are not ticked
        ticked = {one.appointment.id for one in settlement.visits if one.override is None}
    return render_manage_page(
        request,
        "management/hours/appointments.html",
        principal,
        section="hours",
        office=office,
        status_code=422 if errors else 200,
        settlement=settlement,
        ticked=ticked,
        page_url=SETTLE_PATH.format(office=office.slug),
        **hours_context(request, "appointments", office, presence),
    )


routes = [
    Route(SETTLE_PATH, show_unfit_appointments, methods=["GET"]),
    Route(SETTLE_PATH, submit_settlement, methods=["POST"]),
]
