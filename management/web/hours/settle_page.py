"""Appointments that do not fit, `/staff/manage/o/{office}/hours/appointments`."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....appointments.service import unfit_appointments
from ....core.auth import Principal
from ....core.errors import FieldError, Invalid
from ....core.web.form_page import NO_PROBLEM, FormProblem, SentForm, read_form
from ....offices.service import office_by_slug
from ...actions.settle_appointments import SettlementPlan, settle_appointments
from ..manage_page import render_manage_page, require_manager
from ..settlement import SettlementChoice, parse_settlement, propose_settlement, settled_page
from .hours_form import HOURS_PATH, hours_context, load_presence

SETTLE_PATH = HOURS_PATH + "/appointments"


async def show_unfit_appointments(request: Request) -> Response:
    principal = await require_manager(request, request.path_params["office"])
    return await _render(request, principal, SentForm(request, FormData()), NO_PROBLEM)


async def submit_settlement(request: Request) -> Response:
    """Move or cancel the ticked appointments, and show the result for each."""
    slug = request.path_params["office"]
    principal = await require_manager(request, slug)
    sent = await read_form(request)
    async with sent.runtime.read_session() as session:
        office = await office_by_slug(session, slug)
    with sent.catch(Invalid) as problem:
        plan = parse_settlement(sent, office)
        if sent.text("settle.choice") == SettlementChoice.LEAVE:
            raise Invalid(FieldError("settle.choice", "settlement_missing"))
        ticked = sent.all_texts("settle.ticked")
        times = {visit_id: time for visit_id, time in plan.times.items() if visit_id in ticked}
        if not times:
            raise Invalid(FieldError("settle.ticked", "tick_one"))
        settled = await settle_appointments(sent.runtime, principal, slug, SettlementPlan(times, plan.reason))
        return settled_page(
            request,
            principal,
            office,
            settled,
            section="hours",
            back_url=SETTLE_PATH.format(office=slug),
            entry_id=None,
            is_saved=False,
        )
    return await _render(request, principal, sent, problem)


async def _render(request: Request, principal: Principal, sent: SentForm, problem: FormProblem) -> Response:
    now = sent.runtime.now()
    async with sent.runtime.read_session() as session:
        office = await office_by_slug(session, request.path_params["office"])
        appointments = await unfit_appointments(session, office, now)
        settlement = await propose_settlement(session, request, office, appointments, sent, problem.errors)
        presence = await load_presence(session, office, now)
    ticked = set(sent.all_texts("settle.ticked"))
    if not sent:  # appointments that staff booked at a closed time on purpose are not ticked
        ticked = {visit.id for visit, override in appointments.items() if override is None}
    return render_manage_page(
        request,
        "management/hours/appointments.html",
        principal,
        section="hours",
        office=office,
        settlement=settlement,
        ticked=ticked,
        page_url=SETTLE_PATH.format(office=office.slug),
        **hours_context(request, "appointments", office, presence),
        **problem.context,
    )


routes = [
    Route(SETTLE_PATH, show_unfit_appointments, methods=["GET"]),
    Route(SETTLE_PATH, submit_settlement, methods=["POST"]),
]
