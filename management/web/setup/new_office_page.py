"""First step of a new office, `/staff/manage/offices/new`: name and place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.auth import Principal
from ....core.db.audit_entries import AuditActor
from ....core.errors import Conflict, FieldError, Invalid
from ....core.i18n.catalogues import N_
from ....core.i18n.languages import LanguageChoice
from ....core.web import requests
from ....core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form_for
from ....offices.service import all_offices
from ...actions.change_office import add_office, copy_office
from ...domain.proposals import propose_slug
from ..document_form import ShownForm
from ..manage_page import MANAGE_PATH, render_manage_page, require_administrator
from ..place_choices import place_choices
from .part_form import SLUG_FIELD, SLUG_LABEL, checked, missing_details, slug_errors
from .setup_page import STEP_TEXTS

NEW_OFFICE_PATH = MANAGE_PATH + "/offices/new"
LABELS: Mapping[str, str] = {
    "copy": N_("Start from"),
    "name": N_("Name of the office"),
    SLUG_FIELD: SLUG_LABEL,
    "address": N_("Address"),
    "town": N_("Town"),
    "phone": N_("Telephone"),
    "timezone": N_("Time zone"),
    "country": N_("Country of its public holidays"),
    "subdivision": N_("Region of its public holidays"),
}


PLACE_FIELDS = [name for name in LABELS if name not in ("copy", SLUG_FIELD)]


async def show_new_office(request: Request) -> Response:
    """`GET /staff/manage/offices/new`.

    `?country=ES` shows the regions of a country, for the script. `?copy=centro` chooses the office to copy.
    """
    await require_administrator(request)
    async with requests.current_runtime(request).read_session() as session:
        offices = await all_offices(session)
    values: dict[str, Any] = dict.fromkeys(LABELS, "")
    source = next((office for office in offices if office.slug == request.query_params.get("copy")), None)
    # a second office is mostly in the same region
    if offices:
        near = source or offices[0]
        values |= {"timezone": near.timezone.key, "country": near.country, "subdivision": near.subdivision}
    values["copy"] = source.slug if source else ""
    values["country"] = request.query_params.get("country", values["country"])
    return await _new_office_page(request, values)


@handle_form_for(require_administrator)
async def submit_new_office(request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/manage/offices/new`: create the office, which citizens do not see yet."""
    typed = {name: " ".join(form.text(name).split()) for name in LABELS}
    if form.get("step") == "regions":
        return await _new_office_page(request, typed)
    async with form.runtime.read_session() as session:
        taken = {office.slug for office in await all_offices(session)}
    slug = typed[SLUG_FIELD] or propose_slug(typed["name"], taken) or propose_slug("office", taken)
    place = {name: typed[name] for name in PLACE_FIELDS} | {"listed": False}
    wrong = slug_errors(typed[SLUG_FIELD], taken) + missing_details(place)
    if typed["copy"] and typed["copy"] not in taken:
        wrong.append(FieldError("office.copy", "not_a_choice"))
    actor = AuditActor.from_principal(principal)
    with form.catch(Invalid, Conflict, refused_field=SLUG_FIELD) as problem:  # another administrator was first
        checked(place, wrong, form.runtime.languages)
        if typed["copy"]:
            saved = await copy_office(form.runtime, actor, typed["copy"], slug, place)
        else:
            saved = await add_office(form.runtime, actor, slug, place)
        copied = f"={typed['copy']}" if typed["copy"] else ""
        return requests.see_other(f"{MANAGE_PATH}/o/{saved.office.slug}?created{copied}")
    return await _new_office_page(request, typed, problem)


def _required_fields(languages: LanguageChoice) -> frozenset[str]:
    """Return the fields that are marked: the check misses them in an office without values."""
    try:
        empty = dict.fromkeys(PLACE_FIELDS, "")
        checked(empty, missing_details(empty), languages)
    except Invalid as invalid:
        return frozenset(error.field.removeprefix("office.") for error in invalid.fields) & LABELS.keys()
    return frozenset()


async def _new_office_page(
    request: Request, values: dict[str, Any], problem: FormProblem = NO_PROBLEM
) -> Response:
    principal = await require_administrator(request)
    t, runtime = requests.current_gettext(request), requests.current_runtime(request)
    errors = {name.removeprefix("office."): text for name, text in problem.errors.items()}
    return render_manage_page(
        request,
        "management/office_new.html",
        principal,
        section="home",
        form=ShownForm(
            values,
            "",
            {name: t(label) for name, label in LABELS.items()},
            errors,
            required=_required_fields(runtime.languages),
        ),
        slugs=list(request.state.manageable_offices),
        sources=request.state.manageable_offices,
        public_url=runtime.public_url,
        step_texts=STEP_TEXTS,
        page_url=NEW_OFFICE_PATH,
        **place_choices(requests.current_language(request), runtime.now(), values),
        **problem.context,
    )


routes = [
    Route(NEW_OFFICE_PATH, show_new_office, methods=["GET"]),
    Route(NEW_OFFICE_PATH, submit_new_office, methods=["POST"]),
]
