"""Page on which the reception moves an appointment, or changes its service or mode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ....appointments.service import StaffMove, move_by_office
from ....core.auth import Principal
from ....core.errors import FieldError, Invalid, Refused
from ....core.web import requests
from ....core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form
from ....offices.service import hours
from ...queries.appointment_card import AppointmentCard
from .calendar_frame import card_path, render_calendar_page
from .card_page import load_own_card, stale_card
from .time_choice import VisitChoice, load_time_choices, parse_visit_choice

MAX_REASON = 200  # characters of the reason that the citizen reads


async def show_move(request: Request) -> Response:
    """`GET /staff/calendar/{appointment}/move?day=`: the form with the times of a day."""
    principal, card = await load_own_card(request)
    if not card.is_movable:
        return requests.see_other(f"{card_path((card.successor or card.appointment).id)}?stale=1")
    choice = parse_visit_choice(request.query_params, card.office, _day(card), _choice_now(card))
    return await _render_move(request, principal, card, choice, {"who": "request", "reason": ""}, NO_PROBLEM)


@handle_form
async def submit_move(request: Request, form: SentForm) -> Response:
    """Handle the form: `step=times` shows the times of another choice, otherwise it moves.

    A person who was second sees what the first did.
    """
    principal, card = await load_own_card(request)
    choice = parse_visit_choice(form, card.office, _day(card), _choice_now(card))
    is_by_office = form.text("who") == "office"
    typed = {"who": "office" if is_by_office else "request", "reason": form.text("reason").strip()[:MAX_REASON]}
    if form.get("step") == "times":
        return await _render_move(request, principal, card, choice, typed, NO_PROBLEM)
    with form.catch(Invalid, Refused, refused_field="starts_at") as problem:
        start = choice.chosen_start(card.office)
        if (errors := choice.time_errors()) or start is None:
            raise Invalid(*errors or [FieldError("starts_at", "choose_time")])
        move = StaffMove(
            service=choice.service.slug if _changes_visit(card, choice) else None,
            more_services=choice.more,
            mode=choice.mode if _changes_visit(card, choice) else None,
            override=choice.override if choice.is_other_time else None,
            at_request=not is_by_office,
            reason=typed["reason"] or None if is_by_office else None,
        )
        moved = await move_by_office(form.runtime, principal, card.appointment.id, start, move)
        return requests.see_other(f"{card_path(moved.id)}?moved=1")
    if problem.code not in (None, "slot_taken"):
        return await stale_card(request, card.appointment.id, problem.code)
    return await _render_move(request, principal, card, choice, typed, problem)


def _changes_visit(card: AppointmentCard, choice: VisitChoice) -> bool:
    """Whether the form names another service or mode."""
    now = [service.slug for service in card.services]
    return [service.slug for service in choice.services] != now or choice.mode != card.appointment.mode


def _choice_now(card: AppointmentCard) -> VisitChoice | None:
    """Return the appointment's own services, mode and day; None if a service was removed."""
    offered = {service.slug for service in card.office.services}
    if any(service.slug not in offered for service in card.services):
        return None
    return VisitChoice(tuple(card.services), card.appointment.mode, _day(card), "", "", "")


def _day(card: AppointmentCard) -> Any:
    return hours.to_local_day(card.office.hours, card.appointment.starts_at)


async def _render_move(
    request: Request,
    principal: Principal,
    card: AppointmentCard,
    choice: VisitChoice,
    typed: Mapping[str, str],
    problem: FormProblem,
) -> Response:
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        choices = await load_time_choices(
            session,
            card.office,
            choice,
            runtime.now(),
            excluded_id=card.appointment.id,
            nearest=problem.details.get("nearest", ()),
        )
    return render_calendar_page(
        request,
        "move",
        principal,
        card.office,
        card=card,
        one=card.appointment,
        choice=choice,
        choices=choices,
        typed=typed,
        today=hours.to_local_day(card.office.hours, runtime.now()),
        page_url=card_path(card.appointment.id, "move"),
        **problem.context,
    )
