"""API keys of programs, `/staff/manage/keys`: list, creation and revocation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.auth import Principal, StaffRole
from ....core.errors import Conflict, Invalid
from ....core.ids import new_id
from ....core.web import requests
from ....core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form_for
from ....offices.service import Office
from ....staff.service import grantable_roles, issue_key, list_keys, load_manageable_key, revoke_key
from ..manage_page import MANAGE_PATH, render_manage_page, require_manager
from .account_form import (
    KEY_ROLE_TEXTS,
    TypedAccount,
    choosable_offices,
    empty_account,
    load_offices,
    missing_values,
    read_account,
    shown_zone,
)

KEYS_PATH = MANAGE_PATH + "/keys"
NEW_KEY_PATH = KEYS_PATH + "/new"
REVOKE_PATH = KEYS_PATH + "/{id}/revoke"
_KEY_ID = re.compile(r"[0-9A-Z]{26}")


async def show_keys(request: Request) -> Response:
    principal = await require_manager(request)
    offices = await load_offices(request)
    async with requests.current_runtime(request).read_session() as session:
        keys = await list_keys(session, principal)
    return render_manage_page(
        request,
        "management/keys.html",
        principal,
        section="keys",
        valid=[key for key in keys if key.revoked_at is None],
        revoked=[key for key in keys if key.revoked_at is not None],
        was_revoked="revoked" in request.query_params,
        was_created="created" in request.query_params,
        roles=KEY_ROLE_TEXTS,
        office_names={office.slug: office.name for office in offices},
        zone=shown_zone(offices),
    )


async def show_new_key(request: Request) -> Response:
    """`GET /staff/manage/keys/new`: the empty form."""
    principal = await require_manager(request)
    offices = await load_offices(request)
    return _render_form(request, principal, offices, empty_account(principal, offices, StaffRole.INTEGRATION))


@handle_form_for(require_manager)
async def submit_key(request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/manage/keys/new`: create a key, and show it once.

    The form names the key's id, so that a page that is sent again creates no second key.
    """
    typed, sent_id = read_account(form), form.text("key_id")
    with form.catch(Invalid, Conflict) as problem:
        if wrong := missing_values(typed, ("name",), KEY_ROLE_TEXTS):
            raise Invalid(*wrong)
        key = await issue_key(
            form.runtime,
            principal,
            name=typed.values["name"],
            role=StaffRole(typed.values["role"]),
            offices=typed.scope,
            key_id=sent_id if _KEY_ID.fullmatch(sent_id) else new_id(),
        )
        return render_manage_page(
            request,
            "management/key_created.html",
            principal,
            section="keys",
            headers=requests.PRIVATE_PAGE_HEADERS,
            key=key,
            name=typed.values["name"],
            page_url=KEYS_PATH,
        )
    if problem.is_conflict:
        return requests.see_other(f"{KEYS_PATH}?created")
    return _render_form(request, principal, await load_offices(request), typed, problem)


async def show_revocation(request: Request) -> Response:
    """`GET /staff/manage/keys/{id}/revoke`: what will happen, before it does."""
    principal = await require_manager(request)
    key = await load_manageable_key(requests.current_runtime(request), principal, request.path_params["id"])
    if key.revoked_at is not None:
        return requests.see_other(f"{KEYS_PATH}?revoked")
    offices = await load_offices(request)
    return render_manage_page(
        request, "management/key_revoke.html", principal, section="keys", key=key, zone=shown_zone(offices)
    )


@handle_form_for(require_manager)
async def submit_revocation(request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/manage/keys/{id}/revoke`. Idempotent."""
    await revoke_key(form.runtime, principal, request.path_params["id"])
    return requests.see_other(f"{KEYS_PATH}?revoked")


def _render_form(
    request: Request,
    principal: Principal,
    offices: Sequence[Office],
    typed: TypedAccount,
    problem: FormProblem = NO_PROBLEM,
) -> Response:
    return render_manage_page(
        request,
        "management/key_new.html",
        principal,
        section="keys",
        typed=replace(typed, errors=problem.errors),
        key_id=new_id(),
        roles={role: texts for role, texts in KEY_ROLE_TEXTS.items() if role in grantable_roles(principal)},
        offices=choosable_offices(principal, offices),
        may_give_all=principal.offices is None,
        **problem.context,
    )


routes = [
    Route(KEYS_PATH, show_keys, methods=["GET"]),
    Route(NEW_KEY_PATH, show_new_key, methods=["GET"]),
    Route(NEW_KEY_PATH, submit_key, methods=["POST"]),
    Route(REVOKE_PATH, show_revocation, methods=["GET"]),
    Route(REVOKE_PATH, submit_revocation, methods=["POST"]),
]
