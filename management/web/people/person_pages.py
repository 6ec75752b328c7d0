"""Page of one person, `/staff/manage/people/{id}`: account, sessions, password."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.auth import Principal, StaffRole
from ....core.errors import Invalid, MovedTo, NotFound, Refused
from ....core.i18n.catalogues import N_
from ....core.web import forms, requests
from ....offices.service import Office
from ....staff.service import (
    AccountChanged,
    AccountDetails,
    PersonRecord,
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
from ...domain.edited_values import merge_edits
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
CHANGE_TEXTS: Mapping[str, str] = {
    "person.created": N_("Account created"),
    "person.invited": N_("Invitation made"),
    "person.changed": N_("Account changed"),
    "person.disabled": N_("Account disabled"),
    "person.enabled": N_("Account enabled"),
    "person.reset": N_("Link for a new password made"),
    "person.password_set": N_("Password chosen"),
    "person.connected": N_("Account connected with the organisation's login"),
    "person.connection_declined": N_("Connection with the organisation's login refused"),
    "session.ended": N_("Sessions ended"),
    "factor.passkey_added": N_("Passkey added"),
    "factor.passkey_removed": N_("Passkey removed"),
    "factor.app_added": N_("Authenticator app connected"),
    "factor.app_removed": N_("Authenticator app removed"),
    "factor.codes_renewed": N_("New recovery codes made"),
    "factor.recovery_used": N_("Recovery code used"),
    "factor.reset": N_("Second factors removed"),
}
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
    """`GET /staff/manage/people/{id}`."""
    principal = await require_manager(request)
    record = await _load_record(request, principal)
    return await _render_person(request, principal, record, _stored_values(record.person.details))


async def submit_person(request: Request) -> Response:
    """`POST /staff/manage/people/{id}`: change name, e-mail, role and offices.

    If another manager changed them meanwhile, the page says what, and keeps what was typed.
    """
    principal = await require_manager(request)
    form = await forms.read_form(request)
    record, typed = await _load_record(request, principal), read_account(form)
    loaded = _read_loaded_details(form)
    try:
        await change_person(
            requests.current_runtime(request), principal, record.person.id, loaded, parse_account(typed)
        )
    except Invalid as invalid:
        shown = _with_errors(typed, forms.field_error_texts(request, invalid))
        return await _render_person(request, principal, record, shown, 422, loaded=loaded)
    except AccountChanged as changed:
        merged = _keep_typed(typed, loaded, changed.stored)
        return await _render_person(
            request,
            principal,
            await _load_record(request, principal),
            merged,
            409,
            loaded=changed.stored,
            theirs=loaded.differing_fields(changed.stored),
        )
    except Refused as refused:  # the last administrator, or an account of the provider
        shown = _with_errors(typed, {"role": requests.error_text(request, refused.code)})
        return await _render_person(request, principal, record, shown, 422, loaded=loaded)
    return requests.see_other(f"{PEOPLE_PATH}/{record.person.id}?saved")


async def show_disabling(request: Request) -> Response:
    """`GET /staff/manage/people/{id}/disable`: what will happen, before it does."""
    principal = await require_manager(request)
    return _render_disabling(
        request, principal, await _load_record(request, principal), await load_offices(request)
    )


async def submit_disabling(request: Request) -> Response:
    """`POST /staff/manage/people/{id}/disable`."""
    principal = await require_manager(request)
    await forms.read_form(request)
    record = await _load_record(request, principal)
    try:
        await disable_person(requests.current_runtime(request), principal, record.person.id)
    except Refused as refused:
        refusal = requests.error_text(request, refused.code)
        return _render_disabling(request, principal, record, await load_offices(request), refusal, 409)
    return requests.see_other(f"{PEOPLE_PATH}/{record.person.id}?done=disabled")


async def submit_enabling(request: Request) -> Response:
    """`POST /staff/manage/people/{id}/enable`."""
    principal = await _require_manager_of_button(request)
    await forms.read_form(request)
    await enable_person(requests.current_runtime(request), principal, request.path_params["id"])
    return requests.see_other(f"{PEOPLE_PATH}/{request.path_params['id']}?done=enabled")


async def submit_link(request: Request) -> Response:
    """`POST /staff/manage/people/{id}/link`: make a link for a password, and show it once."""
    principal = await _require_manager_of_button(request)
    await forms.read_form(request)
    runtime, language = requests.current_runtime(request), requests.current_language(request)
    try:
        link = await send_link(runtime, principal, request.path_params["id"], language)
    except Refused as refused:
        return await _render_refusal(request, principal, refused)
    return render_new_link(request, principal, link, await load_offices(request))


async def submit_connection(request: Request) -> Response:
    """`POST /staff/manage/people/{id}/connect`: connect the account that asks, or refuse."""
    principal = await _require_manager_of_button(request)
    form, person_id = await forms.read_form(request), request.path_params["id"]
    runtime = requests.current_runtime(request)
    try:
        if "decline" in form:
            await decline_connection(runtime, principal, person_id)
            return requests.see_other(f"{PEOPLE_PATH}/{person_id}?done=declined")
        await connect_person(runtime, principal, person_id, str(form.get("external_id") or ""))
    except Refused as refused:  # another request came meanwhile, or this is the last administrator
        return await _render_refusal(request, principal, refused)
    return requests.see_other(f"{PEOPLE_PATH}/{person_id}?done=connected")


async def _render_refusal(request: Request, principal: Principal, refused: Refused) -> Response:
    """Show the person's page with the reason why a button did nothing."""
    record = await _load_record(request, principal)
    text = requests.error_text(request, refused.code)
    stored = _stored_values(record.person.details)
    return await _render_person(request, principal, record, stored, 409, refusal=text)


async def submit_session_end(request: Request) -> Response:
    """`POST /staff/manage/people/{id}/sessions/end`: end the `session` of the form, or all."""
    principal = await _require_manager_of_button(request)
    session_id = str((await forms.read_form(request)).get("session") or "") or None
    person_id = request.path_params["id"]
    await end_sessions(requests.current_runtime(request), principal, person_id, session_id)
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


async def submit_factor_reset(request: Request) -> Response:
    """`POST /staff/manage/people/{id}/factors`: remove the second factors of a person."""
    principal = await _require_manager_of_button(request)
    await forms.read_form(request)
    person_id = request.path_params["id"]
    try:
        await reset_factors(
            requests.current_runtime(request), principal, person_id, requests.current_language(request)
        )
    except Refused as refused:
        return await _render_refusal(request, principal, refused)
    return requests.see_other(f"{PEOPLE_PATH}/{person_id}?done=factors")


async def _require_manager_of_button(request: Request) -> Principal:
    """Return the manager who pressed a button.

    Raises MovedTo the login, which leads back to the page of the person.
    """
    try:
        return await require_manager(request)
    except MovedTo:
        raise MovedTo(f"/staff/?next={PEOPLE_PATH}/{quote(request.path_params['id'], safe='')}") from None


async def _load_record(request: Request, principal: Principal) -> PersonRecord:
    """Load the person of the path. Raises NotFound, NotAllowed."""
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        record = await load_person_record(session, request.path_params["id"], runtime.now())
    if record is None:
        raise NotFound
    require_manageable(principal, record.person)
    return record


def _stored_values(details: AccountDetails) -> TypedAccount:
    """Return stored values as the form shows them."""
    values = {"name": details.name, "email": details.email or "", "username": "", "role": str(details.role)}
    return TypedAccount(values, details.offices or frozenset(), details.offices is None)


def _with_errors(typed: TypedAccount, errors: Mapping[str, str]) -> TypedAccount:
    return TypedAccount(typed.values, typed.offices, typed.everywhere, errors)


def _read_loaded_details(form: FormData) -> AccountDetails:
    """Read the values that the form showed when it was loaded, from its hidden fields."""
    loaded = {name: str(form.get(f"loaded_{name}") or "") for name in ("name", "email", "role")}
    slugs = str(form.get("loaded_offices") or "")
    role = StaffRole(loaded["role"]) if loaded["role"] in ROLE_TEXTS else StaffRole.AGENT
    offices = None if slugs == "*" else frozenset(slugs.split())
    return AccountDetails(loaded["name"], loaded["email"] or None, role, offices)


def _keep_typed(typed: TypedAccount, loaded: AccountDetails, stored: AccountDetails) -> TypedAccount:
    """Keep what this manager typed, and take the other manager's values elsewhere."""
    before, theirs = _stored_values(loaded), _stored_values(stored)
    values = merge_edits(before.values, typed.values, theirs.values).values
    has_changed_offices = typed.scope != before.scope
    mine = typed if has_changed_offices else theirs
    return TypedAccount(values, mine.offices, mine.everywhere)


async def _render_person(
    request: Request,
    principal: Principal,
    record: PersonRecord,
    typed: TypedAccount,
    status_code: int = 200,
    *,
    loaded: AccountDetails | None = None,
    theirs: Sequence[str] = (),
    refusal: str | None = None,
) -> Response:
    """Render the page. `theirs`: fields that another manager changed meanwhile."""
    offices = await load_offices(request)
    return render_manage_page(
        request,
        "management/person.html",
        principal,
        section="people",
        status_code=status_code,
        typed=typed,
        loaded=loaded or record.person.details,
        theirs=theirs,
        refusal=refusal,
        provider=sign_in_setup(request).provider_name,
        done=DONE_TEXTS.get(request.query_params.get("done", "")),
        page_url=f"{PEOPLE_PATH}/{record.person.id}",
        **_person_context(principal, record, offices),
        **account_choices(principal, offices),
    )


def _render_disabling(
    request: Request,
    principal: Principal,
    record: PersonRecord,
    offices: Sequence[Office],
    refusal: str | None = None,
    status_code: int = 200,
) -> Response:
    return render_manage_page(
        request,
        "management/person_disable.html",
        principal,
        section="people",
        status_code=status_code,
        refusal=refusal,
        **_person_context(principal, record, offices),
    )


def _person_context(principal: Principal, record: PersonRecord, offices: Sequence[Office]) -> dict[str, Any]:
    return {
        "record": record,
        "is_own": record.person.id == principal.id,
        "zone": shown_zone(offices),
        "office_names": {office.slug: office.name for office in offices},
        "role_texts": ROLE_TEXTS,
        "states": STATE_TEXTS,
        "change_texts": CHANGE_TEXTS,
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
