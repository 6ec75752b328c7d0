"""Rules of signing in by role, `/staff/manage/people/sign-in`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.auth import Principal, StaffRole
from ....core.edited_values import FormVersion, merge_edits, refuse_stale_edit
from ....core.errors import Conflict, FieldError, Invalid
from ....core.i18n.catalogues import N_
from ....core.web import requests
from ....core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form_for, version_text
from ....staff.service import (
    FACTOR_ROLES,
    RoleFactors,
    RuleValues,
    SignInRules,
    edit_sign_in_rules,
    list_role_factors,
    local_today,
    parse_rule_values,
    rule_values,
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
    """The typed choices and days by role."""

    choices: Mapping[StaffRole, str]
    days: Mapping[StaffRole, str]


@dataclass(frozen=True, slots=True)
class StoredRules:
    """The stored rule of each role, and the local day."""

    factors: Sequence[RoleFactors]
    today: date

    @property
    def rules(self) -> SignInRules:
        return {each.role: each.required_from for each in self.factors if each.required_from is not None}

    @property
    def values(self) -> RuleValues:
        return rule_values(self.rules)


async def show_rules(request: Request) -> Response:
    principal = await require_administrator(request)
    stored = await _load(request)
    typed = _typed_from(stored.rules, stored.today)
    return _render_form(request, principal, stored, typed, version_text(stored.values))


@handle_form_for(require_administrator)
async def submit_rules(request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/manage/people/sign-in`: `step=review` shows what changes, `save` stores it."""
    stored = await _load(request)
    typed, loaded = _read_typed(form), form.text("loaded")
    with form.catch(Invalid, Conflict) as problem:
        if wrong := [
            FieldError(f"day-{role}", "invalid_time" if typed.days[role] else "required")
            for role in FACTOR_ROLES
            if typed.choices[role] == FROM_DAY and typed_day(typed.days[role]) is None
        ]:
            raise Invalid(*wrong)
        if form.is_language_only or form.get("step") == "edit":
            return _render_form(request, principal, stored, typed, loaded)
        wanted = rule_values(_wanted_rules(typed, stored))
        edit = partial(_replace_rules, form.loaded, wanted)
        # before the review, too: a person should not check changes that cannot be saved
        edit(stored.values)
        if form.get("step") != "save":
            return _render_review(request, principal, stored, typed, loaded, parse_rule_values(wanted))
        entry = await edit_sign_in_rules(form.runtime, principal, edit)
        return requests.see_other(f"{RULES_PATH}?saved" + (f"&undo={entry}" if entry else ""))
    if not problem.is_conflict:
        return _render_form(request, principal, stored, typed, loaded, problem)
    # read again: the form is shown with the rules that made the conflict
    stored = await _load(request)
    merged = merge_edits(form.loaded, wanted, stored.values)
    typed = _typed_from(parse_rule_values(merged.values), stored.today)
    changed = {role: stored.rules.get(StaffRole(role)) for role in merged.changed}
    return _render_form(request, principal, stored, typed, version_text(stored.values), problem, changed=changed)


def _replace_rules(loaded: FormVersion, wanted: RuleValues, stored: RuleValues) -> RuleValues:
    """Return the wanted rules. Raises Conflict("edited_meanwhile")."""
    refuse_stale_edit(loaded, wanted, stored)
    return wanted


async def _load(request: Request) -> StoredRules:
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        return StoredRules(await list_role_factors(session), await local_today(session, runtime))


def _typed_from(stored: SignInRules, today: date) -> TypedRules:
    """Return the form's values for stored rules. A day that has come is shown as required."""
    choices = {
        role: NOT_REQUIRED if role not in stored else NOW if stored[role] <= today else FROM_DAY
        for role in FACTOR_ROLES
    }
    days = {role: stored[role].isoformat() if choices[role] == FROM_DAY else "" for role in FACTOR_ROLES}
    return TypedRules(choices, days)


def _read_typed(sent: SentForm) -> TypedRules:
    choices = {role: sent.text(f"rule-{role}") for role in FACTOR_ROLES}
    return TypedRules(
        {role: choice if choice in CHOICE_TEXTS else NOT_REQUIRED for role, choice in choices.items()},
        {role: sent.text(f"day-{role}").strip()[:20] for role in FACTOR_ROLES},
    )


def _wanted_rules(typed: TypedRules, stored: StoredRules) -> SignInRules:
    """Return the rules of the choices. A rule that holds already keeps its day."""
    wanted: dict[StaffRole, date] = {}
    for role in FACTOR_ROLES:
        day = typed_day(typed.days[role]) if typed.choices[role] == FROM_DAY else None
        if typed.choices[role] == NOW:
            day = min(stored.rules.get(role, stored.today), stored.today)
        if day is not None:
            wanted[role] = day
    return wanted


def _render_form(
    request: Request,
    principal: Principal,
    stored: StoredRules,
    typed: TypedRules,
    loaded: str,
    problem: FormProblem = NO_PROBLEM,
    *,
    changed: Mapping[str, date | None] | None = None,
) -> Response:
    """Render the form.

    `changed`: first days by role that another administrator saved meanwhile.
    """
    return render_manage_page(
        request,
        "management/sign_in_rules.html",
        principal,
        section="people",
        typed=typed,
        factors=stored.factors,
        choices=CHOICE_TEXTS,
        role_names=PEOPLE_OF_ROLE_TEXTS,
        loaded=loaded,
        changed=changed or {},
        today=stored.today,
        tomorrow=stored.today + timedelta(days=1),
        page_url=RULES_PATH,
        **problem.context,
    )


def _render_review(
    request: Request,
    principal: Principal,
    stored: StoredRules,
    typed: TypedRules,
    loaded: str,
    wanted: SignInRules,
) -> Response:
    return render_manage_page(
        request,
        "management/sign_in_rules_review.html",
        principal,
        section="people",
        typed=typed,
        loaded=loaded,
        wanted=wanted,
        today=stored.today,
        changed=[each for each in stored.factors if each.required_from != wanted.get(each.role)],
        roles=FACTOR_ROLES,
        role_names=PEOPLE_OF_ROLE_TEXTS,
        page_url=RULES_PATH,
    )


routes = [
    Route(RULES_PATH, show_rules, methods=["GET"]),
    Route(RULES_PATH, submit_rules, methods=["POST"]),
]
