"""Groups of the identity provider with their roles, `/staff/manage/people/groups`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.auth import Principal, StaffRole
from ....core.errors import Conflict, Invalid, NotFound, Refused
from ....core.ids import new_id
from ....core.web import forms, requests
from ....offices.service import Office
from ....staff.service import (
    AccessChange,
    GroupRole,
    load_group,
    load_group_overview,
    normalize_group,
    remove_group,
    review_group,
    save_group,
    sign_in_setup,
)
from ..manage_page import render_manage_page, require_manager
from .account_form import ROLE_TEXTS, TypedAccount, load_offices, missing_values
from .people_pages import PEOPLE_PATH

GROUPS_PATH = PEOPLE_PATH + "/groups"
NEW_GROUP_PATH = GROUPS_PATH + "/new"
GROUP_PATH = GROUPS_PATH + "/{id}"
REMOVE_PATH = GROUP_PATH + "/remove"


async def show_groups(request: Request) -> Response:
    """`GET /staff/manage/people/groups`."""
    principal = await _require_administrator(request)
    async with requests.current_runtime(request).read_session() as session:
        overview = await load_group_overview(session)
    return await _render(request, principal, "management/groups.html", overview=overview)


async def show_new_group(request: Request) -> Response:
    """`GET /staff/manage/people/groups/new`: the empty form."""
    principal = await _require_administrator(request)
    name = normalize_group(request.query_params.get("group", ""))[:255]
    typed = TypedAccount({"group": name, "role": StaffRole.AGENT})
    return await _render_form(request, principal, typed, None)


async def submit_new_group(request: Request) -> Response:
    """`POST /staff/manage/people/groups/new`: review, then add the group."""
    principal = await _require_administrator(request)
    return await _submit(request, principal, await forms.read_form(request), None)


async def show_group(request: Request) -> Response:
    """`GET /staff/manage/people/groups/{id}`."""
    principal = await _require_administrator(request)
    group = await _load(request)
    return await _render_form(request, principal, _stored_values(group), group)


async def submit_group(request: Request) -> Response:
    """`POST /staff/manage/people/groups/{id}`: review, then change the group."""
    principal = await _require_administrator(request)
    form = await forms.read_form(request)
    await _load(request)
    return await _submit(request, principal, form, _read_loaded(form, request.path_params["id"]))


async def show_removal(request: Request) -> Response:
    """`GET /staff/manage/people/groups/{id}/remove`: the people who lose access."""
    principal = await _require_administrator(request)
    return await _render_removal(request, principal, await _load(request))


async def submit_removal(request: Request) -> Response:
    """`POST /staff/manage/people/groups/{id}/remove`."""
    principal = await _require_administrator(request)
    loaded = _read_loaded(await forms.read_form(request), request.path_params["id"])
    try:
        await remove_group(requests.current_runtime(request), principal, loaded)
    except NotFound:  # removed already
        pass
    except Refused as refused:  # changed meanwhile, or the own group
        text = requests.error_text(request, refused.code)
        return await _render_removal(request, principal, await _load(request), text, 409)
    return requests.see_other(f"{GROUPS_PATH}?removed")


async def _submit(request: Request, principal: Principal, form: FormData, loaded: GroupRole | None) -> Response:
    """Show who is affected, then save. Without affected people it is saved at once."""
    typed = TypedAccount(
        {"group": normalize_group(str(form.get("group") or "")), "role": str(form.get("role") or "")},
        frozenset(str(slug) for slug in form.getlist("offices")),
        "everywhere" in form,
    )
    group_id = loaded.id if loaded else str(form.get("group_id") or "")
    try:
        wanted = _parse(typed, group_id if len(group_id) == 26 else new_id())
        if "reviewed" not in form:
            async with requests.current_runtime(request).read_session() as session:
                changes = await review_group(session, wanted.id, wanted)
            if changes:
                return await _render_review(request, principal, typed, loaded, wanted, changes)
        await save_group(requests.current_runtime(request), principal, wanted, loaded)
    except Invalid as invalid:
        errors = forms.field_error_texts(request, invalid)
        return await _render_form(request, principal, _with_errors(typed, errors), loaded, 422)
    except Conflict as changed:
        errors = {"group": requests.error_text(request, changed.code)}
        stored = await _load(request)
        return await _render_form(request, principal, _with_errors(typed, errors), stored, 409)
    except Refused as refused:  # the name is taken, or the own role would go
        field = "role" if refused.code == "own_group" else "group"
        errors = {field: requests.error_text(request, refused.code)}
        return await _render_form(request, principal, _with_errors(typed, errors), loaded, 422)
    return requests.see_other(f"{GROUPS_PATH}?saved")


def _parse(typed: TypedAccount, group_id: str) -> GroupRole:
    """Build the group. Raises Invalid for the role; the rest is checked where it is stored."""
    if typed.values["role"] not in ROLE_TEXTS:
        raise Invalid(*missing_values(typed, ("group",), ROLE_TEXTS))
    return GroupRole(group_id, typed.values["group"], StaffRole(typed.values["role"]), typed.scope)


def _stored_values(group: GroupRole) -> TypedAccount:
    values = {"group": group.group, "role": str(group.role)}
    return TypedAccount(values, group.offices or frozenset(), group.offices is None)


def _with_errors(typed: TypedAccount, errors: Mapping[str, str]) -> TypedAccount:
    return TypedAccount(typed.values, typed.offices, typed.everywhere, errors)


def _read_loaded(form: FormData, group_id: str) -> GroupRole:
    """Read the values that the form showed when it was loaded, from its hidden fields."""
    role, slugs = str(form.get("loaded_role") or ""), str(form.get("loaded_offices") or "")
    return GroupRole(
        group_id,
        str(form.get("loaded_group") or ""),
        StaffRole(role) if role in ROLE_TEXTS else StaffRole.AGENT,
        None if slugs == "*" else frozenset(slugs.split()),
    )


async def _require_administrator(request: Request) -> Principal:
    return await require_manager(request, role=StaffRole.ADMINISTRATOR)


async def _load(request: Request) -> GroupRole:
    """Load the group of the path. Raises NotFound."""
    async with requests.current_runtime(request).read_session() as session:
        group = await load_group(session, request.path_params["id"])
    if group is None:
        raise NotFound
    return group


async def _render_form(
    request: Request,
    principal: Principal,
    typed: TypedAccount,
    loaded: GroupRole | None,
    status_code: int = 200,
) -> Response:
    return await _render(
        request,
        principal,
        "management/group.html",
        status_code,
        typed=typed,
        loaded=loaded,
        group_id=loaded.id if loaded else new_id(),
    )


async def _render_review(
    request: Request,
    principal: Principal,
    typed: TypedAccount,
    loaded: GroupRole | None,
    wanted: GroupRole,
    changes: Sequence[AccessChange],
) -> Response:
    return await _render(
        request,
        principal,
        "management/group_review.html",
        typed=typed,
        loaded=loaded,
        wanted=wanted,
        changes=changes,
        page_url=f"{GROUPS_PATH}/{loaded.id}" if loaded else NEW_GROUP_PATH,
    )


async def _render_removal(
    request: Request,
    principal: Principal,
    group: GroupRole,
    refusal: str | None = None,
    status_code: int = 200,
) -> Response:
    async with requests.current_runtime(request).read_session() as session:
        changes = await review_group(session, group.id, None)
    return await _render(
        request,
        principal,
        "management/group_remove.html",
        status_code,
        loaded=group,
        changes=changes,
        refusal=refusal,
    )


async def _render(
    request: Request, principal: Principal, template: str, status_code: int = 200, **context: Any
) -> Response:
    offices: list[Office] = await load_offices(request)
    return render_manage_page(
        request,
        template,
        principal,
        section="people",
        status_code=status_code,
        provider=sign_in_setup(request).provider_name,
        was_removed="removed" in request.query_params,
        offices=offices,
        office_names={office.slug: office.name for office in offices},
        roles=ROLE_TEXTS,
        **context,
    )


routes = [
    Route(GROUPS_PATH, show_groups, methods=["GET"]),
    Route(NEW_GROUP_PATH, show_new_group, methods=["GET"]),
    Route(NEW_GROUP_PATH, submit_new_group, methods=["POST"]),
    Route(GROUP_PATH, show_group, methods=["GET"]),
    Route(GROUP_PATH, submit_group, methods=["POST"]),
    Route(REMOVE_PATH, show_removal, methods=["GET"]),
    Route(REMOVE_PATH, submit_removal, methods=["POST"]),
]
