"""Pages `/staff/manage/look`: the organisation's name, colours, logo and legal texts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from functools import partial
from typing import Any

from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.auth import Principal
from ....core.db.audit_entries import AuditActor, latest_audit_entry
from ....core.db.write_conflicts import retry_on_conflict
from ....core.edited_values import FormVersion, merge_edits, refuse_stale_edit
from ....core.errors import Conflict, FieldError, Invalid, NotFound
from ....core.i18n.languages import LANGUAGES
from ....core.i18n.numbers import format_decimal
from ....core.web import forms, requests
from ....core.web.form_page import SentForm, handle_form_for, version_text
from ....offices.service import (
    MAX_LOGO_BYTES,
    PROFILE_CHANGED,
    SITE_SUBJECT,
    SITE_SUBJECT_ID,
    Colour,
    Logo,
    Site,
    SiteProfile,
    SiteSection,
    TableReader,
    Theme,
    all_offices,
    build_theme,
    clean_logo,
    current_site,
    declared_fields,
    edit_site_profile,
    is_colour,
    missing_items,
    read_fields,
    read_site,
    round_contrast,
    save_site_logo,
    site_profile_from_dict,
    site_profile_to_dict,
)
from ...domain.document_changes import apply_values
from ..document_form import ShownForm
from ..form_fields import DeclaredField, FormValues, changed_texts, part_fields
from ..manage_page import MANAGE_PATH, render_manage_page, require_administrator
from .site_texts import SECTION_INTRODUCTIONS, SECTION_TITLES

LOOK_PATH = MANAGE_PATH + "/look"
LOGO_SECTION = "logo"
# as in deploy/server/nginx.conf; the logo has a lower limit with a clear error
MAX_UPLOAD_BYTES = 11_000_000
KINDS = declared_fields(SiteProfile)
COLOURS = {name: kind for name, kind in KINDS.items() if isinstance(kind, Colour)}


async def show_look(request: Request) -> Response:
    """`GET /staff/manage/look`: all sections, and what is missing."""
    principal = await require_administrator(request)
    runtime = requests.current_runtime(request)
    site = await read_site(runtime)
    async with runtime.read_session() as session:
        last_change = await latest_audit_entry(session, SITE_SUBJECT, SITE_SUBJECT_ID)
        offices = await all_offices(session)
    return _render(
        request,
        "management/look.html",
        principal,
        stored=site,
        last_change=last_change,
        can_undo=last_change is not None and last_change.action == PROFILE_CHANGED,
        labels=_labels(request, part_fields(SiteProfile, (), LANGUAGES)),
        zone=offices[0].timezone if offices else UTC,
        missing=missing_items(site.profile_with_defaults, requests.current_runtime(request).languages.offered),
        titles=SECTION_TITLES,
        conformances=KINDS["conformance"].options,
    )


async def show_section(request: Request) -> Response:
    """`GET /staff/manage/look/{section}`. Raises NotFound for an unknown section."""
    principal = await require_administrator(request)
    site = await read_site(requests.current_runtime(request))
    if request.path_params["section"] == LOGO_SECTION:
        return _render_logo(request, principal, site)
    values = _read_values(_section_fields(request), site.profile)
    return _render_section(request, principal, values, version_text(values))


@handle_form_for(require_administrator)
async def save_section(request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/manage/look/{section}`: save it, or show the form with colours or errors."""
    fields = _section_fields(request)
    typed, loaded = {each.name: each.typed(form) for each in fields}, form.text("loaded")
    if form.is_language_only or form.get("step") == "preview":
        return _render_section(request, principal, typed, loaded, _colour_errors(typed))
    if (name := form.text("nearest")) in COLOURS:
        nearest = COLOURS[name].nearest(typed[name]) if is_colour(typed.get(name, "")) else ""
        return _render_section(request, principal, {**typed, name: nearest}, loaded)
    with form.catch(Invalid, Conflict) as problem:
        await _save(request, principal, partial(_edit_profile, fields, typed, form.loaded))
        return requests.see_other(f"{LOOK_PATH}?saved")
    if isinstance(problem.error, Invalid):
        return _render_section(request, principal, typed, loaded, problem.error, status_code=422)
    # read again: the form is shown with the values that made the conflict
    stored = _read_values(fields, (await read_site(form.runtime)).profile)
    merged = merge_edits(form.loaded, typed, stored)
    changed = changed_texts(fields, requests.current_gettext(request), merged.changed)
    return _render_section(
        request, principal, dict(merged.values), version_text(stored), changed=changed, status_code=409
    )


async def save_logo(request: Request) -> Response:
    """`POST /staff/manage/look/logo`: clean and keep an uploaded logo, or remove it."""
    principal = await require_administrator(request)
    fields, upload = await forms.read_upload_form(request, LOGO_SECTION, MAX_LOGO_BYTES)
    try:
        # a large picture takes long to decode, and other requests must not wait for it
        logo = None if "remove" in fields else await asyncio.to_thread(clean_logo, upload)
    except Invalid as invalid:
        site = await read_site(requests.current_runtime(request))
        errors = forms.field_error_texts(request, invalid)
        return _render_logo(request, principal, site, errors=errors, status_code=422)
    await _change_logo(request, principal, logo)
    return requests.see_other(f"{LOOK_PATH}/{LOGO_SECTION}?saved")


async def send_sample_css(request: Request) -> Response:
    """`GET /staff/manage/look/sample.css?primary=…&plaque=…`: rules of a sample."""
    await require_administrator(request)
    theme = _sample_theme({f"{name}_colour": request.query_params.get(name, "") for name in ("primary", "plaque")})
    css = theme.scoped_css(".sample", '.sample[data-sample="dark"]', '.sample[data-sample="dark"]')
    return Response(css, headers={"Cache-Control": "private, no-cache"}, media_type="text/css")


# Reading and saving


def _section_fields(request: Request) -> list[DeclaredField]:
    """Return the fields of the section of the path. Raises NotFound."""
    keys = [key for key, kind in KINDS.items() if kind.group == request.path_params["section"]]
    if not keys:
        raise NotFound
    return part_fields(SiteProfile, (), requests.current_runtime(request).languages.offered, keys)


def _read_values(fields: Sequence[DeclaredField], profile: SiteProfile) -> FormValues:
    document = site_profile_to_dict(profile)
    return {each.name: each.read(document) for each in fields}


def _edit_profile(
    fields: Sequence[DeclaredField], typed: FormValues, loaded: FormVersion, profile: SiteProfile
) -> SiteProfile:
    """Put typed values into the profile. Raises Invalid, Conflict("edited_meanwhile")."""
    refuse_stale_edit(loaded, typed, _read_values(fields, profile))
    written = [pair for each in fields for pair in each.written(typed[each.name])]
    return site_profile_from_dict(apply_values(site_profile_to_dict(profile), written))


async def _save(request: Request, principal: Principal, edit: Callable[[SiteProfile], SiteProfile]) -> None:
    runtime, actor = requests.current_runtime(request), AuditActor.from_principal(principal)

    async def attempt() -> None:
        async with runtime.transaction() as tx:
            await edit_site_profile(tx.session, tx.now, actor, edit)

    # two first changes insert the same row: the later change is tried again, and finds it
    await retry_on_conflict(attempt)


async def _change_logo(request: Request, principal: Principal, logo: Logo | None) -> None:
    runtime, actor = requests.current_runtime(request), AuditActor.from_principal(principal)

    async def attempt() -> bool:
        async with runtime.transaction() as tx:
            return await save_site_logo(tx.session, tx.now, actor, logo)

    await retry_on_conflict(attempt)


# Forms


def _colour_errors(typed: FormValues) -> Invalid:
    """Check the colours, which a preview shows."""
    errors: list[FieldError] = []
    read_fields(COLOURS, TableReader({name: typed[name] for name in COLOURS if name in typed}, "", errors))
    return Invalid(*errors)


def _localize(request: Request, error: FieldError) -> FieldError:
    """Write the figures of an error as the reader's language does."""
    language = requests.current_language(request)
    params = {
        name: format_decimal(value, language) if isinstance(value, float) else value
        for name, value in error.params.items()
    }
    return FieldError(error.field, error.code, params)


# Pages


def _render(request: Request, template: str, principal: Principal, **context: Any) -> Response:
    return render_manage_page(request, template, principal, section="look", **context)


def _render_section(
    request: Request,
    principal: Principal,
    values: FormValues,
    loaded: str,
    invalid: Invalid | None = None,
    *,
    changed: Sequence[tuple[str, str]] = (),
    status_code: int = 200,
) -> Response:
    """Render the form of a section. `loaded`: its version."""
    section, fields = request.path_params["section"], _section_fields(request)
    errors = [_localize(request, error) for error in invalid.fields] if invalid else []
    theme = _sample_theme(values) if section == SiteSection.COLOURS else None
    return _render(
        request,
        "management/look_section.html",
        principal,
        status_code=status_code,
        form=ShownForm(
            values,
            loaded,
            _labels(request, fields),
            errors=forms.field_error_texts(request, Invalid(*errors)),
            changed=changed,
            required=_needed_fields(request),
        ),
        fields={each.path[0]: [input for input in fields if input.path[0] == each.path[0]] for each in fields},
        nearest={error.field: error.params["nearest"] for error in errors if "nearest" in error.params},
        title=SECTION_TITLES[section],
        introduction=SECTION_INTRODUCTIONS[section],
        sample=theme,
        contrasts=theme and _contrasts(theme, requests.current_language(request)),
        page_url=f"{LOOK_PATH}/{section}",
    )


def _needed_fields(request: Request) -> frozenset[str]:
    """Return the fields to mark: those that the overview misses when they are empty."""
    site = current_site(requests.current_runtime(request))
    given = {"help_phone"} if site.default_help_phone else set()
    return frozenset(key for key, kind in KINDS.items() if kind.needed_for and key not in given)


def _render_logo(
    request: Request,
    principal: Principal,
    site: Site,
    *,
    errors: Mapping[str, str] | None = None,
    status_code: int = 200,
) -> Response:
    return _render(
        request,
        "management/look_logo.html",
        principal,
        status_code=status_code,
        stored=site,
        errors=errors or {},
        title=SECTION_TITLES[LOGO_SECTION],
        page_url=f"{LOOK_PATH}/{LOGO_SECTION}",
    )


def _labels(request: Request, fields: Sequence[DeclaredField]) -> dict[str, str]:
    """Return the label of each value by path, with its language."""
    t = requests.current_gettext(request)
    return {each.name: each.label_text(t) for each in fields}


def _contrasts(theme: Theme, language: str) -> dict[str, str]:
    """Format the contrast of both colours."""
    names = {name: name.removesuffix("_colour") for name in COLOURS}
    ratios = {short: round_contrast(COLOURS[name].contrast(theme.light[short])) for name, short in names.items()}
    return {short: format_decimal(ratio, language) for short, ratio in ratios.items()}


def _sample_theme(typed: Mapping[str, str]) -> Theme:
    """Build the theme of legible colours near the typed colours.

    The product's colour stands in place of a text that is no colour.
    """
    return build_theme(
        **{
            name.removesuffix("_colour"): kind.nearest(typed[name])
            for name, kind in COLOURS.items()
            if is_colour(typed.get(name, ""))
        }
    )


_upload_limit = Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_UPLOAD_BYTES)
routes = [
    Route(LOOK_PATH, show_look, methods=["GET"]),
    Route(LOOK_PATH + "/sample.css", send_sample_css, methods=["GET"]),
    Route(LOOK_PATH + "/logo", save_logo, methods=["POST"], middleware=[_upload_limit]),
    Route(LOOK_PATH + "/{section}", show_section, methods=["GET"]),
    Route(LOOK_PATH + "/{section}", save_section, methods=["POST"]),
]
