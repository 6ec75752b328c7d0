"""Pages `/staff/manage/look`: the organisation's name, colours, logo and legal texts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.auth import Principal
from ....core.db.audit_entries import AuditActor, latest_audit_entry
from ....core.db.write_conflicts import retry_on_conflict
from ....core.errors import FieldError, Invalid, NotFound
from ....core.i18n.languages import LANGUAGES
from ....core.i18n.numbers import format_decimal
from ....core.web import forms, requests
from ....core.web.form_page import SentForm, handle_form_for
from ....offices.service import (
    MAX_LOGO_BYTES,
    PROFILE_CHANGED,
    SITE_SUBJECT,
    SITE_SUBJECT_ID,
    Colour,
    Logo,
    Site,
    SiteChanged,
    SiteProfile,
    SiteSection,
    TableReader,
    Theme,
    all_offices,
    build_theme,
    clean_logo,
    current_site,
    declared_fields,
    is_colour,
    missing_items,
    read_fields,
    read_site,
    round_contrast,
    save_site_logo,
    save_site_section,
    section_paths,
    undo_site_change,
    value_digest,
)
from ..form_fields import DeclaredField, part_fields
from ..manage_page import MANAGE_PATH, render_manage_page, require_administrator
from .site_texts import SECTION_INTRODUCTIONS, SECTION_TITLES

LOOK_PATH = MANAGE_PATH + "/look"
LOGO_SECTION = "logo"
MAX_UPLOAD_BYTES = 11_000_000  # as in deploy/server/nginx.conf; the logo has a lower limit with a clear error
LOADED_PREFIX = "loaded."
KINDS = declared_fields(SiteProfile)
COLOURS = {name: kind for name, kind in KINDS.items() if isinstance(kind, Colour)}


@dataclass(frozen=True, slots=True)
class SectionForm:
    """The form of a section, with typed values kept on errors.

    `loaded`: digests of the values that the form began with. `theirs`: values that another person changed.
    """

    section: SiteSection
    typed: Mapping[str, str]
    loaded: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)
    theirs: Mapping[str, str] = field(default_factory=dict)
    nearest: Mapping[str, str] = field(default_factory=dict)


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
    section = _section(request)
    return _render_section(request, principal, _loaded_form(section, site.profile))


@handle_form_for(require_administrator)
async def save_section(request: Request, fields: SentForm, principal: Principal) -> Response:
    """`POST /staff/manage/look/{section}`: save it, or show the form with colours or errors."""
    section = _section(request)
    form = _sent_form(section, fields)
    if fields.is_language_only or fields.get("step") == "preview":
        return _render_section(request, principal, _with_colour_errors(request, form))
    if (name := fields.text("nearest")) in COLOURS:
        return _render_section(request, principal, _with_nearest_colour(form, name))
    try:
        await _save(request, principal, form)
    except Invalid as invalid:
        return _render_section(request, principal, _with_errors(request, form, invalid), status_code=422)
    except SiteChanged as conflict:
        return _render_section(request, principal, _with_their_changes(form, conflict), status_code=409)
    return requests.see_other(f"{LOOK_PATH}?saved")


async def save_logo(request: Request) -> Response:
    """`POST /staff/manage/look/logo`: clean and keep an uploaded logo, or remove it."""
    principal = await require_administrator(request)
    fields, upload = await forms.read_upload_form(request, LOGO_SECTION, MAX_LOGO_BYTES)
    try:
        logo = None if "remove" in fields else await asyncio.to_thread(clean_logo, upload)
    except Invalid as invalid:
        site = await read_site(requests.current_runtime(request))
        errors = forms.field_error_texts(request, invalid)
        return _render_logo(request, principal, site, errors=errors, status_code=422)
    await _change_logo(request, principal, logo)
    return requests.see_other(f"{LOOK_PATH}/{LOGO_SECTION}?saved")


@handle_form_for(require_administrator)
async def undo_change(_request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/manage/look/undo`: undo the last change. Raises Refused."""
    async with form.runtime.transaction() as tx:
        await undo_site_change(tx.session, tx.now, AuditActor.from_principal(principal), form.text("entry"))
    return requests.see_other(f"{LOOK_PATH}?saved")


async def send_sample_css(request: Request) -> Response:
    """`GET /staff/manage/look/sample.css?primary=…&plaque=…`: rules of a sample."""
    await require_administrator(request)
    theme = _sample_theme({f"{name}_colour": request.query_params.get(name, "") for name in ("primary", "plaque")})
    css = theme.scoped_css(".sample", '.sample[data-sample="dark"]', '.sample[data-sample="dark"]')
    return Response(css, headers={"Cache-Control": "private, no-cache"}, media_type="text/css")


# Reading and saving


def _section(request: Request) -> SiteSection:
    try:
        return SiteSection(request.path_params["section"])
    except ValueError:
        raise NotFound from None


async def _save(request: Request, principal: Principal, form: SectionForm) -> None:
    runtime, actor = requests.current_runtime(request), AuditActor.from_principal(principal)

    async def attempt() -> bool:
        async with runtime.transaction() as tx:
            return await save_site_section(tx.session, tx.now, actor, form.section, form.typed, form.loaded)

    await retry_on_conflict(attempt)


async def _change_logo(request: Request, principal: Principal, logo: Logo | None) -> None:
    runtime, actor = requests.current_runtime(request), AuditActor.from_principal(principal)

    async def attempt() -> bool:
        async with runtime.transaction() as tx:
            return await save_site_logo(tx.session, tx.now, actor, logo)

    await retry_on_conflict(attempt)


# Forms


def _loaded_form(section: SiteSection, profile: SiteProfile) -> SectionForm:
    values = {path: profile.values()[path] for path in section_paths(section)}
    return SectionForm(section, values, {path: value_digest(value) for path, value in values.items()})


def _sent_form(section: SiteSection, fields: SentForm) -> SectionForm:
    paths = section_paths(section)
    loaded = {path: fields.text(LOADED_PREFIX + path) for path in paths}
    return SectionForm(section, fields.texts(*paths), loaded)


def _with_errors(request: Request, form: SectionForm, invalid: Invalid) -> SectionForm:
    nearest = {error.field: str(error.params["nearest"]) for error in invalid.fields if "nearest" in error.params}
    errors = forms.field_error_texts(request, Invalid(*(_localize(request, error) for error in invalid.fields)))
    return SectionForm(form.section, form.typed, form.loaded, errors, nearest=nearest)


def _localize(request: Request, error: FieldError) -> FieldError:
    """Write the figures of an error as the reader's language does."""
    language = requests.current_language(request)
    params = {
        name: format_decimal(value, language) if isinstance(value, float) else value
        for name, value in error.params.items()
    }
    return FieldError(error.field, error.code, params)


def _with_colour_errors(request: Request, form: SectionForm) -> SectionForm:
    """Add the errors of illegible colours, which a preview shows, too."""
    problems: list[FieldError] = []
    typed = {name: form.typed[name] for name in COLOURS if name in form.typed}
    read_fields(COLOURS, TableReader(typed, "", problems))
    return _with_errors(request, form, Invalid(*problems)) if problems else form


def _with_nearest_colour(form: SectionForm, name: str) -> SectionForm:
    typed = form.typed.get(name, "").strip()
    nearest = COLOURS[name].nearest(typed) if is_colour(typed) else ""
    return SectionForm(form.section, {**form.typed, name: nearest}, form.loaded)


def _with_their_changes(form: SectionForm, conflict: SiteChanged) -> SectionForm:
    """Show the other person's values; the next attempt replaces them."""
    loaded = {path: value_digest(value) for path, value in conflict.current.items()}
    theirs = {path: conflict.current[path] for path in conflict.changed}
    return SectionForm(form.section, form.typed, loaded, theirs=theirs)


# Pages


def _render(request: Request, template: str, principal: Principal, **context: Any) -> Response:
    return render_manage_page(request, template, principal, section="look", **context)


def _render_section(
    request: Request, principal: Principal, form: SectionForm, *, status_code: int = 200
) -> Response:
    theme = _sample_theme(form.typed) if form.section is SiteSection.COLOURS else None
    offered = requests.current_runtime(request).languages.offered
    keys = [key for key, kind in KINDS.items() if kind.group == form.section]
    fields = part_fields(SiteProfile, (), offered, keys)
    return _render(
        request,
        "management/look_section.html",
        principal,
        status_code=status_code,
        form=form,
        fields={key: [each for each in fields if each.path[0] == key] for key in keys},
        required=_needed_fields(request),
        title=SECTION_TITLES[form.section],
        introduction=SECTION_INTRODUCTIONS[form.section],
        labels=_labels(request, fields),
        sample=theme,
        contrasts=theme and _contrasts(theme, requests.current_language(request)),
        page_url=f"{LOOK_PATH}/{form.section}",
    )


def _needed_fields(request: Request) -> set[str]:
    """Return the fields to mark: those that the overview misses when they are empty."""
    site = current_site(requests.current_runtime(request))
    given = {"help_phone"} if site.default_help_phone else set()
    return {key for key, kind in KINDS.items() if kind.needed_for} - given


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
    """Build the theme of legible colours near the typed ones.

    The product's colour stands in place of a text that is no colour.
    """
    return build_theme(
        **{
            name.removesuffix("_colour"): kind.nearest(typed[name].strip())
            for name, kind in COLOURS.items()
            if is_colour(typed.get(name, "").strip())
        }
    )


_upload_limit = Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_UPLOAD_BYTES)
routes = [
    Route(LOOK_PATH, show_look, methods=["GET"]),
    Route(LOOK_PATH + "/sample.css", send_sample_css, methods=["GET"]),
    Route(LOOK_PATH + "/logo", save_logo, methods=["POST"], middleware=[_upload_limit]),
    Route(LOOK_PATH + "/undo", undo_change, methods=["POST"]),
    Route(LOOK_PATH + "/{section}", show_section, methods=["GET"]),
    Route(LOOK_PATH + "/{section}", save_section, methods=["POST"]),
]
