"""Groups of the identity provider with their roles, `/staff/manage/people/groups`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.auth import Principal, StaffRole
from ....core.edited_values import FormVersion, merge_edits
from ....core.errors import Invalid, NotFound, Refused
from ....core.ids import new_id
from ....core.web import requests
from ....core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form_for, version_text
from ....core.web.forms import ANY_CODE
from ....offices.service import Office
from ....staff.service import (
    AccessChange,
    GroupRole,
    group_audit_values,
    load_group,
    load_group_overview,
    normalize_group,
    remove_group,
    review_group,
    save_group,
    sign_in_setup,
)
from ..manage_page import render_manage_page, require_administrator
from .account_form import ROLE_TEXTS, TypedAccount, load_offices, missing_values
from .people_pages import PEOPLE_PATH

GROUPS_PATH = PEOPLE_PATH + "/groups"
NEW_GROUP_PATH = GROUPS_PATH + "/new"
GROUP_PATH = GROUPS_PATH + "/{id}"
REMOVE_PATH = GROUP_PATH + "/remove"


async def show_groups(request: Request) -> Response:
    principal = await require_administrator(request)
    async with requests.current_runtime(request).read_session() as session:
        overview = await load_group_overview(session)
    return await _render(request, principal, "management/groups.html", overview=overview)


async def show_new_group(request: Request) -> Response:
    """`GET /staff/manage/people/groups/new`: the empty form."""
    principal = await require_administrator(request)
    name = normalize_group(request.query_params.get("group", ""))[:255]
    typed = TypedAccount({"group": name, "role": StaffRole.AGENT})
    return await _render_form(request, principal, typed, None)


@handle_form_for(require_administrator)
async def submit_new_group(_request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/manage/people/groups/new`: review, then add the group."""
    return await _submit(form, principal, None, None)


async def show_group(request: Request) -> Response:
    principal = await require_administrator(request)
    group = await _load(request)
    values = group_audit_values(group)
    return await _render_form(request, principal, TypedAccount.from_values(values), group, version_text(values))


@handle_form_for(require_administrator)
async def submit_group(request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/manage/people/groups/{id}`: review, then change the group."""
    return await _submit(form, principal, await _load(request), form.loaded)


async def show_removal(request: Request) -> Response:
    """`GET /staff/manage/people/groups/{id}/remove`: the people who lose access."""
    principal = await require_administrator(request)
    return await _render_removal(request, principal, await _load(request))


@handle_form_for(require_administrator)
async def submit_removal(request: Request, form: SentForm, principal: Principal) -> Response:
    with form.catch(Refused, NotFound) as problem:  # changed meanwhile, or the own group
        await remove_group(form.runtime, principal, request.path_params["id"], form.loaded)
    if problem.code is not None and not isinstance(problem.error, NotFound):  # not found: removed already
        return await _render_removal(request, principal, await _load(request), problem)
    return requests.see_other(f"{GROUPS_PATH}?removed")


async def _submit(
    form: SentForm, principal: Principal, group: GroupRole | None, loaded: FormVersion | None
) -> Response:
    """Show who is affected, then save. Without affected people it is saved at once.

    `group`: the stored group, None for a new group. `loaded`: the version of the form.
    """
    request, offices = form.request, frozenset(form.all_texts("offices"))
    values = {"group": normalize_group(form.text("group")), "role": form.text("role")}
    typed = TypedAccount(values, offices, "everywhere" in form)
    group_id = group.id if group else form.text("group_id")
    # The name is taken, or the own role would go.
    with form.catch(
        Invalid, Refused, refused_field={"own_group": "role", ANY_CODE: "group"}, refused_status=422
    ) as problem:
        wanted = _parse(typed, group_id if len(group_id) == 26 else new_id())
        if "reviewed" not in form:
            async with form.runtime.read_session() as session:
                changes = await review_group(session, wanted.id, wanted)
            if changes:
                return await _render_review(form, principal, typed, wanted, changes, is_new=group is None)
        await save_group(form.runtime, principal, wanted, loaded)
        return requests.see_other(f"{GROUPS_PATH}?saved")
    if problem.is_conflict and group is not None:
        # read again: the page shows the values that made the conflict
        group = await _load(request)
        stored = group_audit_values(group)
        merged = merge_edits(form.loaded, typed.plain, stored)
        typed = TypedAccount.from_values(merged.values)
        return await _render_form(request, principal, typed, group, version_text(stored), changed=merged.changed)
    return await _render_form(request, principal, typed, group, form.text("loaded"), problem)


def _parse(typed: TypedAccount, group_id: str) -> GroupRole:
    """Build the group. Raises Invalid for the role; the rest is checked where it is stored."""
    if typed.values["role"] not in ROLE_TEXTS:
        raise Invalid(*missing_values(typed, ("group",), ROLE_TEXTS))
    return GroupRole(group_id, typed.values["group"], StaffRole(typed.values["role"]), typed.scope)


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
    group: GroupRole | None,
    loaded: str = "",
    problem: FormProblem = NO_PROBLEM,
    *,
    changed: Mapping[str, Any] | None = None,
) -> Response:
    """Render the form. `changed`: values that another administrator saved meanwhile."""
    return await _render(
        request,
        principal,
        "management/group.html",
        typed=replace(typed, errors=problem.errors),
        group=group,
        loaded=loaded,
        changed=changed or {},
        group_id=group.id if group else new_id(),
        **problem.context | ({"status_code": 409} if changed else {}),
    )


async def _render_review(
    form: SentForm,
    principal: Principal,
    typed: TypedAccount,
    wanted: GroupRole,
    changes: Sequence[AccessChange],
    *,
    is_new: bool,
) -> Response:
    return await _render(
        form.request,
        principal,
        "management/group_review.html",
        typed=typed,
        loaded=form.text("loaded"),
        wanted=wanted,
        changes=changes,
        page_url=NEW_GROUP_PATH if is_new else f"{GROUPS_PATH}/{wanted.id}",
    )


async def _render_removal(
    request: Request,
    principal: Principal,
    group: GroupRole,
    problem: FormProblem = NO_PROBLEM,
) -> Response:
    async with requests.current_runtime(request).read_session() as session:
        changes = await review_group(session, group.id, None)
    return await _render(
        request,
        principal,
        "management/group_remove.html",
        group=group,
        loaded=version_text(group_audit_values(group)),
        changes=changes,
        **problem.context,
    )


async def _render(request: Request, principal: Principal, template: str, **context: Any) -> Response:
    offices: list[Office] = await load_offices(request)
    return render_manage_page(
        request,
        template,
        principal,
        section="people",
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
