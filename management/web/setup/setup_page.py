"""Frame of the pages that set up an office: what is missing, and the next step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from ....core.auth import Principal
from ....core.i18n.catalogues import N_
from ....core.web import requests
from ....offices.service import Office, office_by_slug
from ....staff.service import active_account_scopes
from ...domain.readiness import Readiness, SetupStep, office_readiness
from ..manage_page import MANAGE_PATH, render_manage_page, require_manager


@dataclass(frozen=True, slots=True)
class StepText:
    """Words of a step.

    `path`: below the page of the office; a path that begins with `/` is below the management.
    """

    title: str
    why: str
    action: str
    path: str


STEP_TEXTS: Mapping[SetupStep, StepText] = {
    SetupStep.DETAILS: StepText(
        N_("Name and place"), N_("Citizens find the office by them."), N_("Add the telephone"), "details"
    ),
    SetupStep.LINES: StepText(
        N_("Queues"),
        N_("People wait in a queue. Its letter begins their tickets, such as A-001."),
        N_("Add a queue"),
        "lines",
    ),
    SetupStep.SERVICES: StepText(
        N_("Services"),
        N_("They are what people come for. Each service has a queue."),
        N_("Add a service"),
        "services",
    ),
    SetupStep.DESKS: StepText(
        N_("Desks"), N_("Agents call people to them, each from one or more queues."), N_("Add desks"), "desks"
    ),
    SetupStep.HOURS: StepText(
        N_("Opening hours"),
        N_("Tickets and appointments are given within them."),
        N_("Set the opening hours"),
        "hours",
    ),
    SetupStep.PEOPLE: StepText(
        N_("People who work here"),
        N_("Each person signs in with an account of their own."),
        N_("Add people"),
        "/people",
    ),
}


@dataclass(frozen=True, slots=True)
class OfficeSetup:
    """An office and what it lacks. `people`: active accounts that can work there."""

    office: Office
    readiness: Readiness
    people: int


def add_path(office: Office, step: SetupStep) -> str:
    """Return the page on which a step begins: the form of a first line, service or desk."""
    parts = {SetupStep.LINES: office.lines, SetupStep.SERVICES: office.services, SetupStep.DESKS: office.desks}
    return step_path(office, step) + ("" if parts.get(step, True) else "/new")


def step_path(office: Office, step: SetupStep) -> str:
    """Return the page that completes a step."""
    path = STEP_TEXTS[step].path
    return f"{MANAGE_PATH}{path}" if path.startswith("/") else f"{MANAGE_PATH}/o/{office.slug}/{path}"


async def load_setup(session: AsyncSession, slug: str) -> OfficeSetup:
    """Load an office with what it lacks. Raises NotFound."""
    office = await office_by_slug(session, slug)
    return (await judge_offices(session, [office]))[0]


async def judge_offices(session: AsyncSession, offices: list[Office]) -> list[OfficeSetup]:
    """Tell what each office lacks."""
    accounts = await active_account_scopes(session)
    setups = []
    for office in offices:
        roles = [role for role, scope in accounts if scope is None or office.slug in scope]
        setups.append(OfficeSetup(office, office_readiness(office, roles), len(roles)))
    return setups


async def render_part_list(request: Request, section: str, template: str, **context: Any) -> Response:
    """Render the list of lines, services or desks.

    Raises MovedTo the login, NotAllowed, NotFound.
    """
    principal = await require_manager(request, request.path_params["office"])
    async with requests.current_runtime(request).read_session() as session:
        setup = await load_setup(session, request.path_params["office"])
    way, _, place = request.query_params.get("moved", "").partition("-")
    return render_setup_page(
        request, template, principal, setup, section=section, moved_way=way, moved_place=place, **context
    )


def render_setup_page(
    request: Request, template: str, principal: Principal, setup: OfficeSetup, *, section: str, **context: Any
) -> Response:
    """Render a page of an office with its readiness."""
    step = setup.readiness.next_step
    return render_manage_page(
        request,
        template,
        principal,
        section=section,
        office=setup.office,
        readiness=setup.readiness,
        people=setup.people,
        step_texts=STEP_TEXTS,
        next_step=step,
        next_path=add_path(setup.office, step) if step else None,
        step_paths={each: step_path(setup.office, each) for each in SetupStep},
        **context,
    )
