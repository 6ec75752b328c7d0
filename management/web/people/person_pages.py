"""Page of a person, `/staff/manage/people/{id}`: account, sessions, password."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.auth import Principal
from ....core.edited_values import merge_edits
from ....core.errors import Invalid, MovedTo, NotFound, Refused
from ....core.i18n.catalogues import N_
from ....core.web import requests
from ....core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form_for, version_text
from ....offices.service import Office
from ....staff.service import (
    PersonRecord,
    account_values,
    change_person,
    connect_person,
    decline_connection,
    disable_person,
    enable_person,
    end_sessions,
    load_person_record,
    require_manageable,
    reset_factors,
    send_link,
    sign_in_setup,
)
from ..audit_texts import ACTION_SENTENCES
from ..manage_page import render_manage_page, require_manager
from .account_form import (
    ROLE_TEXTS,
    STATE_TEXTS,
    TypedAccount,
    load_offices,
    parse_account,
    read_account,
    shown_zone,
)
from .people_pages import PEOPLE_PATH, account_choices, render_new_link

PERSON_PATH = PEOPLE_PATH + "/{id}"
FIELD_TEXTS: Mapping[str, str] = {
    "name": N_("Name"),
    "email": N_("E-mail"),
    "role": N_("Role"),
    "offices": N_("Offices"),
}
# What a page says after a change, by the parameter of its address.
DONE_TEXTS: Mapping[str, str] = {
    "disabled": N_("The account is disabled. Sessions have ended."),
    "enabled": N_("The account works again, with the password that it had."),
    "connected": N_("The account is connected. Its password works no longer."),
    "declined": N_("The request is refused. The account is as it was."),
    "factors": N_("The second factors are removed. Sessions have ended."),
    "ended": N_("The session has ended."),
    "ended_all": N_("All sessions have ended."),
}


async def show_person(request: Request) -> Response:
    return await _render_stored(request, await require_manager(request))


@handle_form_for(require_manager)
async def submit_person(request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/manage/people/{id}`: change name, e-mail, role and offices.

    If another manager changed them meanwhile, the page says what, and keeps what was typed.
    """
    record, typed = await _load_record(request, principal), read_account(form)
    with form.catch(Invalid, Refused, refused_field="role", refused_status=422) as problem:
        await change_person(form.runtime, principal, record.person.id, form.loaded, parse_account(typed))
        return requests.see_other(f"{PEOPLE_PATH}/{record.person.id}?saved")
    if problem.is_conflict:
        # read again: the page shows the values that made the conflict
        record = await _load_record(request, principal)
        merged = merge_edits(form.loaded, typed.plain, account_values(record.person.details))
        typed = TypedAccount.from_values(merged.values)
        return await _render_person(request, principal, record, typed, changed=merged.changed)
    # The last administrator, an account of the provider, or errors of fields.
    return await _render_person(request, principal, record, typed, problem, loaded=form.text("loaded"))


async def show_disabling(request: Request) -> Response:
    """`GET /staff/manage/people/{id}/disable`: what will happen, before it does."""
    principal = await require_manager(request)
    return _render_disabling(
        request, principal, await _load_record(request, principal), await load_offices(request)
    )


@handle_form_for(require_manager)
async def submit_disabling(request: Request, form: SentForm, principal: Principal) -> Response:
    record = await _load_record(request, principal)
    with form.catch(Refused) as problem:
        await disable_person(form.runtime, principal, record.person.id)
        return requests.see_other(f"{PEOPLE_PATH}/{record.person.id}?done=disabled")
    return _render_disabling(request, principal, record, await load_offices(request), problem)


async def _require_manager_of_button(request: Request) -> Principal:
    """Return the manager who pressed a button.

    Raises MovedTo the login, which leads back to the page of the person.
    """
    try:
        return await require_manager(request)
    except MovedTo:
        raise MovedTo(f"/staff/?next={PEOPLE_PATH}/{quote(request.path_params['id'], safe='')}") from None


@handle_form_for(_require_manager_of_button)
async def submit_enabling(request: Request, form: SentForm, principal: Principal) -> Response:
    await enable_person(form.runtime, principal, request.path_params["id"])
    return requests.see_other(f"{PEOPLE_PATH}/{request.path_params['id']}?done=enabled")


@handle_form_for(_require_manager_of_button)
async def submit_link(request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/manage/people/{id}/link`: make a link for a password, and show it once."""
    with form.catch(Refused) as problem:
        link = await send_link(
            form.runtime, principal, request.path_params["id"], requests.current_language(request)
        )
        return render_new_link(request, principal, link, await load_offices(request))
    return await _render_stored(request, principal, problem)


@handle_form_for(_require_manager_of_button)
async def submit_connection(request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/manage/people/{id}/connect`: connect the account that asks, or refuse."""
    person_id = request.path_params["id"]
    # another request came meanwhile, or this is the last administrator
    with form.catch(Refused) as problem:
        if "decline" in form:
            await decline_connection(form.runtime, principal, person_id)
            return requests.see_other(f"{PEOPLE_PATH}/{person_id}?done=declined")
        await connect_person(form.runtime, principal, person_id, form.text("external_id"))
        return requests.see_other(f"{PEOPLE_PATH}/{person_id}?done=connected")
    return await _render_stored(request, principal, problem)


async def _render_stored(request: Request, principal: Principal, problem: FormProblem = NO_PROBLEM) -> Response:
    """Show the person's page, with the reason why a button did nothing."""
    record = await _load_record(request, principal)
    typed = TypedAccount.from_values(account_values(record.person.details))
    return await _render_person(request, principal, record, typed, problem)


@handle_form_for(_require_manager_of_button)
async def submit_session_end(request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/manage/people/{id}/sessions/end`: end the `session` of the form, or all."""
    session_id, person_id = form.text("session") or None, request.path_params["id"]
    await end_sessions(form.runtime, principal, person_id, session_id)
    return requests.see_other(f"{PEOPLE_PATH}/{person_id}?done={'ended' if session_id else 'ended_all'}")


async def show_factor_reset(request: Request) -> Response:
    """`GET /staff/manage/people/{id}/factors`: what will happen, before it does."""
    principal = await require_manager(request)
    record = await _load_record(request, principal)
    if not record.factors.has_any or record.person.id == principal.id:
        return requests.see_other(f"{PEOPLE_PATH}/{record.person.id}")
    return render_manage_page(
        request, "management/person_factors.html", principal, section="people", record=record
    )


@handle_form_for(_require_manager_of_button)
async def submit_factor_reset(request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/manage/people/{id}/factors`: remove the second factors of a person."""
    person_id = request.path_params["id"]
    with form.catch(Refused) as problem:
        await reset_factors(form.runtime, principal, person_id, requests.current_language(request))
        return requests.see_other(f"{PEOPLE_PATH}/{person_id}?done=factors")
    return await _render_stored(request, principal, problem)


async def _load_record(request: Request, principal: Principal) -> PersonRecord:
    """Load the person of the path. Raises NotFound, NotAllowed."""
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        record = await load_person_record(session, request.path_params["id"], runtime.now())
    if record is None:
        raise NotFound
    require_manageable(principal, record.person)
    return record


async def _render_person(
    request: Request,
    principal: Principal,
    record: PersonRecord,
    typed: TypedAccount,
    problem: FormProblem = NO_PROBLEM,
    *,
    loaded: str = "",
    changed: Mapping[str, Any] | None = None,
) -> Response:
    """Render the page.

    `loaded`: the version of the form, if it is not that of the stored values. `changed`: values that another
    manager saved meanwhile.
    """
    offices = await load_offices(request)
    return render_manage_page(
        request,
        "management/person.html",
        principal,
        section="people",
        typed=replace(typed, errors=problem.errors),
        loaded=loaded or version_text(account_values(record.person.details)),
        provider=sign_in_setup(request).provider_name,
        done=DONE_TEXTS.get(request.query_params.get("done", "")),
        changed=changed or {},
        page_url=f"{PEOPLE_PATH}/{record.person.id}",
        **_person_context(principal, record, offices),
        **account_choices(principal, offices),
        **problem.context | ({"status_code": 409} if changed else {}),
    )


def _render_disabling(
    request: Request,
    principal: Principal,
    record: PersonRecord,
    offices: Sequence[Office],
    problem: FormProblem = NO_PROBLEM,
) -> Response:
    return render_manage_page(
        request,
        "management/person_disable.html",
        principal,
        section="people",
        **_person_context(principal, record, offices),
        **problem.context,
    )


def _person_context(principal: Principal, record: PersonRecord, offices: Sequence[Office]) -> dict[str, Any]:
    return {
        "record": record,
        "is_own": record.person.id == principal.id,
        "zone": shown_zone(offices),
        "office_names": {office.slug: office.name for office in offices},
        "role_texts": ROLE_TEXTS,
        "states": STATE_TEXTS,
        "change_texts": ACTION_SENTENCES,
        "field_texts": FIELD_TEXTS,
    }


routes = [
    Route(PERSON_PATH, show_person, methods=["GET"]),
    Route(PERSON_PATH, submit_person, methods=["POST"]),
    Route(PERSON_PATH + "/disable", show_disabling, methods=["GET"]),
    Route(PERSON_PATH + "/disable", submit_disabling, methods=["POST"]),
    Route(PERSON_PATH + "/enable", submit_enabling, methods=["POST"]),
    Route(PERSON_PATH + "/factors", show_factor_reset, methods=["GET"]),
    Route(PERSON_PATH + "/factors", submit_factor_reset, methods=["POST"]),
    Route(PERSON_PATH + "/link", submit_link, methods=["POST"]),
    Route(PERSON_PATH + "/connect", submit_connection, methods=["POST"]),
    Route(PERSON_PATH + "/sessions/end", submit_session_end, methods=["POST"]),
]
