"""Forms that change a part of an office's document: fields, review, saving.

A form is data: the fields of its page, and functions for what is particular to it. It is sent three times at most:
`step=review` shows what the typed values change, `step=save` saves them, `step=edit` shows the form again. It
carries the version that it was loaded with: if another person saved the same values meanwhile, the form is shown
again with what was typed and with what the other person changed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.auth import Principal
from ...core.db.audit_entries import AuditActor
from ...core.edited_values import EditedValues, FormVersion, merge_edits, refuse_stale_edit
from ...core.errors import Conflict, FieldError, Invalid, NotFound, Refused
from ...core.i18n.catalogues import GettextFunction
from ...core.i18n.languages import LanguageChoice
from ...core.runtime import Transaction
from ...core.web import requests
from ...core.web.form_page import SentForm, read_form, version_text
from ...offices.service import Office, OfficeDocument, hours, office_by_slug, office_to_document, with_document
from ..actions.change_office import OfficeChange, OfficeEdit, SavedOffice, change_office_in, preview_office_change
from ..actions.settle_appointments import SettlementPlan, settle_appointments
from ..domain.document_changes import Path, ValueChange, apply_values, copy_document
from ..queries.office_settings import check_office
from .change_texts import change_label, change_value_text
from .form_fields import FormField, FormValues, changed_texts
from .manage_page import MANAGE_PATH, render_manage_page, require_manager
from .settlement import (
    ShownSettlement,
    carried_choice,
    parse_settlement,
    propose_settlement,
    settled_page,
)

OFFICE_PATH = MANAGE_PATH + "/o/{office}"
NOTHING_TO_SETTLE = SettlementPlan({})


@dataclass(frozen=True, slots=True)
class OpenedForm:
    """A form of a request with the stored office.

    `loaded`: what its function `load` returned.
    """

    form: DocumentForm
    request: Request
    principal: Principal
    office: Office
    document: OfficeDocument
    loaded: Any = None
    fields: Sequence[FormField] = ()

    @property
    def gettext(self) -> GettextFunction:
        return requests.current_gettext(self.request)

    @property
    def language(self) -> str:
        return requests.current_language(self.request)

    @property
    def now(self) -> datetime:
        return requests.current_runtime(self.request).now()

    @property
    def today(self) -> date:
        """The local date of the office."""
        return hours.to_local_day(self.office.hours, self.now)

    @property
    def language_choice(self) -> LanguageChoice:
        """The languages of the installation."""
        return requests.current_runtime(self.request).languages

    @property
    def languages(self) -> Sequence[str]:
        """The languages to write texts in, the required language first."""
        choice = self.language_choice
        return list(dict.fromkeys((choice.required, *choice.offered)))

    def part(self, name: str) -> str:
        """Return the slug or id that the address names."""
        return str(self.request.path_params[name])

    def field(self, name: str) -> FormField:
        """Return a field by its name."""
        return next(each for each in self.fields if each.name == name)

    def read(self, document: OfficeDocument) -> FormValues:
        """Return the values of the form for a document."""
        return {each.name: each.read(document) for each in self.fields}

    def typed(self, sent: FormData) -> FormValues:
        """Return the values that a person sent."""
        return {each.name: each.typed(sent) for each in self.fields}


@dataclass(frozen=True, slots=True)
class EditedForm:
    """Values to show after a step that only edits them.

    `focus`: the field that gets the focus.
    """

    values: FormValues
    focus: str = ""


def write_fields(opened: OpenedForm, document: OfficeDocument, values: FormValues) -> OfficeDocument:
    """Put typed values into the document, which is checked afterwards. Raises Invalid."""
    written: list[tuple[Path, Any]] = []
    errors: list[FieldError] = []
    for each in opened.fields:
        try:
            written += each.written(values[each.name])
        except Invalid as invalid:
            errors += invalid.fields
    if errors:
        raise Invalid(*errors)
    return apply_values(document, written)


def only_edit(opened: OpenedForm, step: str, typed: FormValues) -> EditedForm | None:
    """Return the values to show after the step `edit`; None for any other step."""
    return EditedForm(typed) if step == "edit" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentForm:
    """A form: its page, its fields, and what is particular to it.

    `done`: the page to go to after saving, if it is not the form. `load` reads what the form needs besides the
    office, and may raise NotFound or NotAllowed. `propose`: values that are shown first in place of the stored
    values. `edit` writes typed values into a copy of the document. `steps`: steps that only edit what was typed.
    `context`: what the template needs. `describe`: changes in the reader's words; empty for the usual words.
    `notes`: what people need to know before they save. `after_save` writes what is not in the document, in the
    transaction of the change.
    """

    section: str
    template: str
    fields: Callable[[OpenedForm], Sequence[FormField]]
    done: str = ""
    action: str = "office.changed"
    load: Callable[[AsyncSession, OpenedForm], Awaitable[Any]] | None = None
    propose: Callable[[OpenedForm], FormValues] | None = None
    edit: Callable[[OpenedForm, OfficeDocument, FormValues], OfficeDocument] = write_fields
    steps: Callable[[OpenedForm, str, FormValues], EditedForm | None] = only_edit
    context: Callable[[OpenedForm, FormValues], Mapping[str, Any]] | None = None
    describe: Callable[[OpenedForm, OfficeChange], list[ShownChange]] | None = None
    notes: Callable[[OpenedForm, OfficeChange], list[str]] | None = None
    after_save: Callable[[Transaction, OpenedForm, SavedOffice, FormValues], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class ShownForm:
    """A form as its template shows it.

    `changed`: what another person saved meanwhile, by label. `carried`: other values for hidden fields.
    `required`: the fields that the check of a form without values names. `languages`: those of its texts.
    """

    values: FormValues
    loaded: str
    labels: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)
    changed: Sequence[tuple[str, str]] = ()
    refused: str | None = None
    carried: Sequence[tuple[str, str]] = ()
    required: frozenset[str] = frozenset()
    languages: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A changed value in the reader's language."""

    label: str
    before: str
    after: str


def form_routes(path: str, form: DocumentForm) -> list[Route]:
    """Route GET to the form, and POST to its steps: review, save and edit."""

    async def show(request: Request) -> Response:
        return await show_form(form, request)

    async def submit(request: Request) -> Response:
        return await submit_form(form, request)

    return [Route(path, show, methods=["GET"]), Route(path, submit, methods=["POST"])]


async def show_form(form: DocumentForm, request: Request) -> Response:
    """Show the form with the stored values. Raises MovedTo the login, NotAllowed, NotFound."""
    opened = await _open(form, request, await require_manager(request, request.path_params["office"]))
    proposed = form.propose(opened) if form.propose else {}
    return _form_page(opened, opened.read(opened.document) | proposed)


async def submit_form(form: DocumentForm, request: Request) -> Response:
    """Handle a step of the form. Raises MovedTo the login, NotAllowed, NotFound, Malformed."""
    principal = await require_manager(request, request.path_params["office"])
    sent = await read_form(request)
    opened = await _open(form, request, principal)
    typed, loaded = opened.typed(sent), sent.loaded
    carried = carried_choice(sent)
    merged = merge_edits(loaded, typed, opened.read(opened.document))
    if merged.changed:
        return _conflict_page(opened, merged)
    step = str(sent.get("step") or "review")
    if (edited := form.steps(opened, step, typed)) is not None:
        return _form_page(opened, edited.values, focus=edited.focus, carried=carried)
    try:
        return await _save_or_review(opened, sent, step, typed, loaded)
    except Invalid as invalid:
        errors, labels = _error_texts(opened, invalid, typed)
        return _form_page(opened, typed, 422, errors=errors, labels=labels, carried=carried)
    except Conflict:
        # saved by another person between the two checks
        opened = await _open(form, request, principal)
        return _conflict_page(opened, merge_edits(loaded, typed, opened.read(opened.document)))
    except Refused as refused:
        text = requests.error_text(request, refused.code, refused.details)
        return _form_page(opened, typed, 409, refused=text, carried=carried)


async def _save_or_review(
    opened: OpenedForm, sent: SentForm, step: str, typed: FormValues, loaded: FormVersion
) -> Response:
    """Save, or show what would change.

    A wrong choice for the appointments is shown there too.
    """
    plan = None
    with sent.catch(Invalid) as problem:
        plan = parse_settlement(sent, opened.office) if step == "save" else None
    if plan is not None:
        return await _save(opened, typed, loaded, plan)
    async with requests.current_runtime(opened.request).read_session() as session:
        edit = _edit(opened, typed, loaded)
        change = await preview_office_change(session, opened.office.slug, edit, opened.now, opened.language_choice)
        after = with_document(change.office, change.document)
        affected = dict.fromkeys(change.affected)
        settlement = await propose_settlement(session, opened.request, after, affected, sent, problem.errors)
    if step == "save" and not affected:  # there was nothing to choose
        return await _save(opened, typed, loaded, NOTHING_TO_SETTLE)
    return _review_page(opened, change, sent, settlement)


async def _open(form: DocumentForm, request: Request, principal: Principal) -> OpenedForm:
    async with requests.current_runtime(request).read_session() as session:
        office = await office_by_slug(session, request.path_params["office"])
        opened = OpenedForm(form, request, principal, office, office_to_document(office))
        if form.load is not None:
            opened = replace(opened, loaded=await form.load(session, opened))
    return replace(opened, fields=form.fields(opened))


def _edit(opened: OpenedForm, typed: FormValues, loaded: FormVersion) -> OfficeEdit:
    def edit(document: OfficeDocument) -> OfficeDocument:
        refuse_stale_edit(loaded, typed, opened.read(document))
        return opened.form.edit(opened, copy_document(document), typed)

    return edit


async def _save(opened: OpenedForm, typed: FormValues, loaded: FormVersion, plan: SettlementPlan) -> Response:
    """Save the change, then settle the appointments as chosen."""
    form, slug = opened.form, opened.office.slug
    runtime, actor = requests.current_runtime(opened.request), AuditActor.from_principal(opened.principal)
    async with runtime.transaction() as tx:
        saved = await change_office_in(tx, actor, slug, _edit(opened, typed, loaded), action=form.action)
        if form.after_save is not None:
            await form.after_save(tx, opened, saved, typed)
    url = form.done.format(office=slug) or opened.request.url.path
    if plan.times:
        settled = await settle_appointments(runtime, opened.principal, slug, plan)
        return settled_page(
            opened.request,
            opened.principal,
            saved.office,
            settled,
            section=form.section,
            back_url=url,
            entry_id=saved.entry_id,
            is_saved=True,
        )
    undo = f"&undo={saved.entry_id}" if saved.entry_id else ""
    return requests.see_other(f"{url}{'&' if '?' in url else '?'}saved{undo}")


def _error_texts(opened: OpenedForm, invalid: Invalid, typed: FormValues) -> tuple[dict[str, str], dict[str, str]]:
    """Return text and label of each error by field.

    An error of another page is named by its path.
    """
    texts: dict[str, str] = {}
    labels: dict[str, str] = {}
    for error in invalid.fields:
        dotted = error.field.partition(".")[2]
        owner = _owner(opened, dotted)
        name = owner.error_name(dotted, typed[owner.name]) if owner else dotted
        if owner is None:
            labels[name] = change_label(opened.gettext, tuple(dotted.split(".")))
        texts.setdefault(
            name,
            owner.error_text(opened.request, error)
            if owner
            else requests.error_text(opened.request, error.code, error.params),
        )
    return texts, labels


def _owner(opened: OpenedForm, dotted: str) -> FormField | None:
    """Return the field with the longest path that leads to a value of the document."""
    found = [each for each in opened.fields if each.has_error(dotted, opened.document)]
    return max(found, key=lambda each: len(each.path), default=None)


def _required_fields(opened: OpenedForm) -> frozenset[str]:
    """Return the fields that are marked: the check misses them in a form without values."""
    try:
        edited = opened.form.edit(opened, copy_document(opened.document), opened.typed(FormData()))
        check_office(edited, opened.language_choice)
    except Invalid as invalid:
        owners = [_owner(opened, error.field.partition(".")[2]) for error in invalid.fields]
        return frozenset(owner.name for owner in owners if owner)
    except (Refused, Conflict, NotFound):  # nothing can be saved here
        return frozenset()
    return frozenset()


def _conflict_page(opened: OpenedForm, merged: EditedValues) -> Response:
    """Show the form with what was typed, and what another person saved meanwhile."""
    changed = changed_texts(opened.fields, opened.gettext, merged.changed)
    return _form_page(opened, dict(merged.values), 409, changed=changed)


def _form_page(
    opened: OpenedForm,
    values: FormValues,
    status_code: int = 200,
    *,
    focus: str = "",
    labels: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    form, known = opened.form, dict(labels or {})
    for each in opened.fields:
        known |= each.labels(opened.gettext, values[each.name])
    loaded = version_text(opened.read(opened.document))
    return render_manage_page(
        opened.request,
        form.template,
        opened.principal,
        section=form.section,
        office=opened.office,
        status_code=status_code,
        form=ShownForm(
            values, loaded, known, required=_required_fields(opened), languages=opened.languages, **more
        ),
        page_url=opened.request.url.path,
        focus=focus,
        **(form.context(opened, values) if form.context else {}),
    )


def _review_page(
    opened: OpenedForm, change: OfficeChange, sent: FormData, settlement: ShownSettlement
) -> Response:
    form = opened.form
    kept = [(name, value) for name, value in sent.multi_items() if name not in ("csrf", "step")]
    described = form.describe(opened, change) if form.describe else []
    return render_manage_page(
        opened.request,
        "management/review.html",
        opened.principal,
        section=form.section,
        office=change.office,
        status_code=422 if settlement.errors else 200,
        changes=described or shown_changes(opened, change.changes),
        notes=form.notes(opened, change) if form.notes else [],
        sent=[(name, value) for name, value in kept if not name.startswith("settle.")],
        settlement=settlement,
        page_url=opened.request.url.path,
    )


def shown_changes(opened: OpenedForm, changes: Sequence[ValueChange]) -> list[ShownChange]:
    """Describe changed values by the labels of the form, else by their path."""
    t = opened.gettext
    by_path = {each.path: each for each in opened.fields}
    shown = []
    for change in changes:
        if change.is_order_of_kept:
            continue
        each = by_path.get(change.path)
        before, after = (
            each.describe(t, value) if each else change_value_text(t, change.path, value)
            for value in (change.before, change.after)
        )
        shown.append(ShownChange(each.label_text(t) if each else change_label(t, change.path), before, after))
    return shown
