"""Rules of signing in by role, `/staff/manage/people/sign-in`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.auth import Principal, StaffRole
from ....core.errors import FieldError, Invalid, Refused
from ....core.i18n.catalogues import N_
from ....core.web import requests
from ....core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form_for
from ....staff.service import (
    FACTOR_ROLES,
    RulesChanged,
    SignInRules,
    change_sign_in_rules,
    list_role_factors,
    local_today,
    undo_sign_in_rules,
)
from ..form_fields import typed_day
from ..manage_page import render_manage_page, require_administrator
from .account_form import PEOPLE_OF_ROLE_TEXTS
from .people_pages import PEOPLE_PATH

RULES_PATH = PEOPLE_PATH + "/sign-in"
NOT_REQUIRED, NOW, FROM_DAY = "none", "now", "from"
CHOICE_TEXTS: Mapping[str, str] = {
    NOT_REQUIRED: N_("Not required"),
    NOW: N_("Required at the next sign-in"),
    FROM_DAY: N_("Required from a day on"),
}


@dataclass(frozen=True, slots=True)
class TypedRules:
    """The typed choices and days by role, and the rules that the form began with."""

    choices: Mapping[StaffRole, str]
    days: Mapping[StaffRole, str]
    loaded: SignInRules


async def show_rules(request: Request) -> Response:
    principal = await require_administrator(request)
    stored, today = await _load(request)
    return await _render_form(request, principal, _typed_from(stored, today))


@handle_form_for(require_administrator)
async def submit_rules(request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/manage/people/sign-in`: `step=review` shows what changes, `save` stores it."""
    stored, today = await _load(request)
    typed = _read_typed(form)
    with form.catch(Invalid, RulesChanged) as problem:
        if wrong := [
            FieldError(f"day-{role}", "invalid_time" if typed.days[role] else "required")
            for role in FACTOR_ROLES
            if typed.choices[role] == FROM_DAY and typed_day(typed.days[role]) is None
        ]:
            raise Invalid(*wrong)
        if form.is_language_only or form.get("step") == "edit":
            return await _render_form(request, principal, typed)
        if dict(stored) != dict(typed.loaded):
            raise RulesChanged(stored)
        wanted = _wanted_rules(typed, today)
        if form.get("step") != "save":
            return await _render_review(request, principal, typed, wanted, today)
        entry = await change_sign_in_rules(form.runtime, principal, typed.loaded, wanted)
        return requests.see_other(f"{RULES_PATH}?done" + (f"&entry={entry}" if entry else ""))
    if isinstance(problem.error, RulesChanged):
        typed = _typed_from(problem.error.stored, today)
    return await _render_form(request, principal, typed, problem)


@handle_form_for(require_administrator)
async def undo_rules(request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/manage/people/sign-in/undo`: take the change of an audit entry back."""
    with form.catch(Refused) as problem:
        await undo_sign_in_rules(form.runtime, principal, form.text("entry"))
        return requests.see_other(f"{RULES_PATH}?undone")
    return await _render_form(request, principal, _typed_from(*await _load(request)), problem)


async def _load(request: Request) -> tuple[SignInRules, date]:
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        found = await list_role_factors(session)
        today = await local_today(session, runtime)
    return {one.role: one.required_from for one in found if one.required_from is not None}, today


def _typed_from(stored: SignInRules, today: date) -> TypedRules:
    """Return the form's values for stored rules. A day that has come is shown as required."""
    choices = {
        role: NOT_REQUIRED if role not in stored else NOW if stored[role] <= today else FROM_DAY
        for role in FACTOR_ROLES
    }
    days = {role: stored[role].isoformat() if choices[role] == FROM_DAY else "" for role in FACTOR_ROLES}
    return TypedRules(choices, days, stored)


def _read_typed(sent: SentForm) -> TypedRules:
    choices = {role: sent.text(f"rule-{role}") for role in FACTOR_ROLES}
    loaded = {role: typed_day(sent.text(f"loaded-{role}")) for role in FACTOR_ROLES}
    return TypedRules(
        {role: choice if choice in CHOICE_TEXTS else NOT_REQUIRED for role, choice in choices.items()},
        {role: sent.text(f"day-{role}").strip()[:20] for role in FACTOR_ROLES},
        {role: day for role, day in loaded.items() if day is not None},
    )


def _wanted_rules(typed: TypedRules, today: date) -> SignInRules:
    """Return the rules of the choices. A rule that holds already keeps its day."""
    wanted: dict[StaffRole, date] = {}
    for role in FACTOR_ROLES:
        day = typed_day(typed.days[role]) if typed.choices[role] == FROM_DAY else None
        if typed.choices[role] == NOW:
            day = min(typed.loaded.get(role, today), today)
        if day is not None:
            wanted[role] = day
    return wanted


async def _render_form(
    request: Request,
    principal: Principal,
    typed: TypedRules,
    problem: FormProblem = NO_PROBLEM,
) -> Response:
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        factors = await list_role_factors(session)
        today = await local_today(session, runtime)
    return render_manage_page(
        request,
        "management/sign_in_rules.html",
        principal,
        section="people",
        typed=typed,
        factors=factors,
        choices=CHOICE_TEXTS,
        role_names=PEOPLE_OF_ROLE_TEXTS,
        is_conflict=problem.code is not None,
        tomorrow=today + timedelta(days=1),
        done="done" in request.query_params,
        undone="undone" in request.query_params,
        entry=request.query_params.get("entry", ""),
        page_url=RULES_PATH,
        **problem.context,
    )


async def _render_review(
    request: Request, principal: Principal, typed: TypedRules, wanted: SignInRules, today: date
) -> Response:
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        factors = await list_role_factors(session)
    changed = [factor for factor in factors if typed.loaded.get(factor.role) != wanted.get(factor.role)]
    return render_manage_page(
        request,
        "management/sign_in_rules_review.html",
        principal,
        section="people",
        typed=typed,
        wanted=wanted,
        today=today,
        changed=changed,
        roles=FACTOR_ROLES,
        role_names=PEOPLE_OF_ROLE_TEXTS,
        page_url=RULES_PATH,
    )


routes = [
    Route(RULES_PATH, show_rules, methods=["GET"]),
    Route(RULES_PATH, submit_rules, methods=["POST"]),
    Route(RULES_PATH + "/undo", undo_rules, methods=["POST"]),
]
