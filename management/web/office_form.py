"""Forms that change a part of an office: typed values, what they change, then saving.

A form is sent three times at most: `step=review` shows what the typed values change, `step=save` saves them,
`step=edit` shows the form again. It carries the values that it was loaded with: if another person saved the same
values meanwhile, the form is shown again with what was typed and with what the other person changed.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import Appointment
from ...core.auth import Principal
from ...core.db.audit_entries import AuditActor
from ...core.errors import Conflict, FieldError, Invalid, Malformed, NotFound, Refused
from ...core.i18n.catalogues import GettextFunction
from ...core.runtime import Transaction
from ...core.web import forms, requests
from ...core.web.validation import parse_json
from ...offices.service import Office, OfficeDocument, office_by_slug, office_to_document, with_document
from ..actions.change_office import OfficeChange, SavedOffice, change_office_in, preview_office_change
from ..actions.settle_appointments import SettlementChoice, SettlementPlan, settle_appointments
from ..domain.document_changes import Path, ValueChange, apply_values, copy_document, value_at
from ..domain.edited_values import EditedValues, merge_edits
from ..queries.office_settings import check_office
from .change_texts import change_label, change_value_text, value_text
from .manage_page import render_manage_page, require_manager
from .settlement import (
    ShownSettlement,
    carried_choice,
    parse_settlement,
    propose_settlement,
    settled_page,
    settlement_errors,
)

FormValues = dict[str, Any]  # texts, lists of texts and booleans by field
FieldKind = Literal["text", "number", "flag", "lines", "choices"]


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form and the value of the document that it shows.

    `kind`: `lines` is a list with one entry a line, `choices` a list of ticked boxes. `options`: the labels of the
    values that can be chosen.
    """

    name: str
    path: Path
    label: str
    kind: FieldKind = "text"
    options: Mapping[str, str] = field(default_factory=dict)

    def read(self, document: Mapping[str, Any]) -> Any:
        """Return what the form shows for the stored value."""
        value = value_at(document, self.path)
        if self.kind == "flag":
            return value is True
        if self.kind == "choices":
            return list(value or [])
        if self.kind == "lines":
            return "\n".join(value or [])
        return "" if value is None else str(value)

    def typed(self, sent: FormData) -> Any:
        """Return what a person sent for this field."""
        if self.kind == "flag":
            return self.name in sent
        if self.kind == "choices":
            return [str(value) for value in sent.getlist(self.name)]
        return str(sent.get(self.name) or "").replace("\r\n", "\n").strip()

    def to_value(self, typed: Any) -> Any:
        """Convert a typed value for the document, which checks it. Empty means no value."""
        if self.kind == "lines":
            return [line.strip() for line in typed.splitlines() if line.strip()]
        if self.kind == "number" and NUMBER.fullmatch(typed):
            return int(typed)
        if self.kind == "text":
            return typed
        return None if typed == "" else typed


NUMBER = re.compile(r"-?[0-9]{1,11}")
NOTHING_TO_SETTLE = SettlementPlan(SettlementChoice.LEAVE, {})


class OfficeForm(ABC):
    """A form of one page.

    Subclasses name its fields, or read and write the document themselves.
    """

    section: str
    template: str
    action = "office.changed"

    def __init__(self, request: Request) -> None:
        self.request = request
        self.slug: str = request.path_params["office"]

    async def prepare(self, session: AsyncSession, principal: Principal, office: Office) -> None:  # noqa: B027 - a hook
        """Load what the form needs besides the office. May raise NotFound, NotAllowed."""

    @abstractmethod
    def fields(self, document: OfficeDocument) -> Sequence[FormField]:
        """Return the fields of the form. Raises NotFound if the part of the office does not exist."""

    def read(self, document: OfficeDocument) -> FormValues:
        """Return the values of the form for the stored document."""
        return {one.name: one.read(document) for one in self.fields(document)}

    def proposed(self, document: OfficeDocument) -> FormValues:
        """Return the values that the form shows first: the stored ones."""
        return self.read(document)

    def typed(self, document: OfficeDocument, sent: FormData) -> FormValues:
        """Return the values that a person sent."""
        return {one.name: one.typed(sent) for one in self.fields(document)}

    def write(self, document: OfficeDocument, values: FormValues) -> OfficeDocument:
        """Put typed values into the document, which is checked afterwards. May raise Invalid."""
        pairs = [(one.path, one.to_value(values[one.name])) for one in self.fields(document)]
        return apply_values(document, pairs)

    def labels(self, document: OfficeDocument) -> dict[str, str]:
        """Return the untranslated label of each field."""
        return {one.name: one.label for one in self.fields(document)}

    def field_of_path(self, document: OfficeDocument, path: Path) -> str | None:
        """Return the field that shows a value of the document; None if no field does."""
        dotted = ".".join(path)  # a name of a desk may contain dots
        paths = {one.name: ".".join(one.path) for one in self.fields(document)}
        return next((name for name, own in paths.items() if dotted == own or dotted.startswith(own + ".")), None)

    def edit_step(self, step: str, typed: FormValues) -> FormValues | None:
        """Return the values to show after a step that only edits them; None for any other step."""
        return typed if step == "edit" else None

    def context(self, office: Office, document: OfficeDocument) -> Mapping[str, Any]:
        """Return what the template needs besides the form."""
        return {}

    def describe_changes(self, document: OfficeDocument, changes: Sequence[ValueChange]) -> list[ShownChange]:
        """Describe changed values by the labels of the form, else by their path."""
        return shown_changes(self, document, changes)

    def value_text(self, t: GettextFunction, name: str, value: Any) -> str:
        """Return a value of the form as people read it."""
        return value_text(t, value)

    async def save_more(self, tx: Transaction, saved: SavedOffice) -> None:  # noqa: B027 - most forms need nothing
        """Write what is not in the document, in the transaction of the change."""

    def error_text(self, name: str, error: FieldError) -> str:
        """Return the text of a wrong value of a field."""
        return requests.error_text(self.request, error.code, error.params)

    def notes(self, change: OfficeChange) -> list[str]:
        """Return what people need to know before they save, in their language."""
        return []

    def done_url(self, saved: SavedOffice) -> str:
        """Return the page to go to after saving."""
        return self.request.url.path


@dataclass(frozen=True, slots=True)
class ShownForm:
    """A form as its template shows it.

    `changed`: what another person saved meanwhile, by label. `carried`: other values for hidden fields.
    `required`: the fields that the check of a form without values names.
    """

    values: FormValues
    loaded: str
    labels: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)
    changed: Sequence[tuple[str, str]] = ()
    refused: str | None = None
    carried: Sequence[tuple[str, str]] = ()
    required: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ShownChange:
    """One changed value in the reader's language."""

    label: str
    before: str
    after: str


def form_routes(path: str, make_form: Callable[[Request], OfficeForm]) -> list[Route]:
    """Route GET to the form, and POST to its steps: review, save and edit."""

    async def show(request: Request) -> Response:
        return await show_office_form(make_form(request))

    async def submit(request: Request) -> Response:
        return await submit_office_form(make_form(request))

    return [Route(path, show, methods=["GET"]), Route(path, submit, methods=["POST"])]


async def show_office_form(form: OfficeForm) -> Response:
    """Show the form with the stored values. Raises MovedTo the login, NotAllowed, NotFound."""
    principal = await require_manager(form.request, form.slug)
    office, document = await _load(form, principal)
    return _form_page(form, principal, office, document, _shown(form, document, form.proposed(document)))


async def submit_office_form(form: OfficeForm) -> Response:
    """Handle one step of the form. Raises MovedTo the login, NotAllowed, NotFound, Malformed."""
    principal = await require_manager(form.request, form.slug)
    sent = await forms.read_form(form.request)
    office, document = await _load(form, principal)
    typed, loaded = form.typed(document, sent), _parse_loaded(sent)
    stored, carried = form.read(document), carried_choice(sent)
    merged = merge_edits(loaded, typed, stored)
    if merged.has_conflict:
        return _conflict_page(form, principal, office, document, merged)
    step = str(sent.get("step") or "review")
    if (edited := form.edit_step(step, typed)) is not None:
        return _form_page(form, principal, office, document, _shown(form, document, edited, carried=carried))
    try:
        return await _save_or_review(form, principal, sent, step, typed, loaded)
    except Invalid as invalid:
        errors = field_errors(form, document, invalid)
        shown = _shown(form, document, typed, errors=errors, carried=carried)
        return _form_page(form, principal, office, document, shown, 422)
    except Conflict:  # saved by another person between the two checks
        office, document = await _load(form, principal)
        merged = merge_edits(loaded, typed, form.read(document))
        return _conflict_page(form, principal, office, document, merged)
    except Refused as refused:
        text = requests.error_text(form.request, refused.code, refused.details)
        shown = _shown(form, document, typed, refused=text, carried=carried)
        return _form_page(form, principal, office, document, shown, 409)


async def _save_or_review(
    form: OfficeForm, principal: Principal, sent: FormData, step: str, typed: FormValues, loaded: FormValues
) -> Response:
    """Save, or show what would change.

    A wrong choice for the appointments is shown there too.
    """
    errors: dict[str, str] = {}
    if step == "save":
        try:
            plan = parse_settlement(sent)
        except Invalid as invalid:
            errors = settlement_errors(form.request, invalid)
        else:
            return await _save(form, principal, typed, loaded, plan)
    runtime = requests.current_runtime(form.request)
    async with runtime.read_session() as session:
        change = await preview_office_change(session, form.slug, _edit(form, typed, loaded), runtime.now())
        after = with_document(change.office, change.document)
        affected = dict.fromkeys(change.affected)
        settlement = await propose_settlement(session, form.request, after, affected, sent, errors)
    if step == "save" and not affected:  # there was nothing to choose
        return await _save(form, principal, typed, loaded, NOTHING_TO_SETTLE)
    return _review_page(form, principal, change, sent, settlement)


def field_errors(form: OfficeForm, document: OfficeDocument, invalid: Invalid) -> dict[str, str]:
    """Return the text of each error by field. An error of no field is named by its path."""
    texts: dict[str, str] = {}
    for error in invalid.fields:
        path = tuple(error.field.split(".")[1:])
        name = form.field_of_path(document, path) or ".".join(path)
        texts.setdefault(name, form.error_text(name, error))
    return texts


async def _load(form: OfficeForm, principal: Principal) -> tuple[Office, OfficeDocument]:
    async with requests.current_runtime(form.request).read_session() as session:
        office = await office_by_slug(session, form.slug)
        await form.prepare(session, principal, office)
    return office, office_to_document(office)


def _edit(form: OfficeForm, typed: FormValues, loaded: FormValues) -> Any:
    def edit(document: OfficeDocument) -> OfficeDocument:
        if merge_edits(loaded, typed, form.read(document)).has_conflict:
            raise Conflict("edited_meanwhile")
        return form.write(copy_document(document), typed)

    return edit


async def _save(
    form: OfficeForm, principal: Principal, typed: FormValues, loaded: FormValues, plan: SettlementPlan
) -> Response:
    """Save the change, then settle the appointments as chosen."""
    runtime, actor = requests.current_runtime(form.request), AuditActor.from_principal(principal)
    async with runtime.transaction() as tx:
        edit = _edit(form, typed, loaded)
        saved = await change_office_in(tx, actor, form.slug, edit, action=form.action)
        await form.save_more(tx, saved)
    url = form.done_url(saved)
    if plan.choice is not SettlementChoice.LEAVE and plan.times:
        settled = await settle_appointments(runtime, principal, form.slug, plan)
        return settled_page(
            form.request,
            principal,
            saved.office,
            settled,
            section=form.section,
            back_url=url,
            entry_id=saved.entry_id,
            is_saved=True,
        )
    undo = f"&undo={saved.entry_id}" if saved.entry_id else ""
    return requests.see_other(f"{url}{'&' if '?' in url else '?'}saved{undo}")


def _parse_loaded(sent: FormData) -> FormValues:
    try:
        loaded = parse_json(str(sent.get("loaded") or "{}"))
    except ValueError:
        raise Malformed("malformed") from None
    if not isinstance(loaded, dict):
        raise Malformed("malformed")
    return loaded


def _shown(form: OfficeForm, document: OfficeDocument, values: FormValues, **more: Any) -> ShownForm:
    t = requests.current_gettext(form.request)
    labels = {name: t(label) for name, label in form.labels(document).items()}
    for name in more.get("errors", {}).keys() - labels.keys():
        labels[name] = change_label(t, tuple(name.split(".")))  # a value of another page
    loaded = json.dumps(form.read(document), ensure_ascii=False, sort_keys=True)
    return ShownForm(values, loaded, labels, required=_required_fields(form, document), **more)


def _required_fields(form: OfficeForm, document: OfficeDocument) -> frozenset[str]:
    """Return the fields that are marked: the check misses them in a form without values."""
    empty = copy(form)  # writing may set the key of a new part
    try:
        check_office(empty.write(copy_document(document), empty.typed(document, FormData())))
    except Invalid as invalid:
        paths = [tuple(error.field.split(".")[1:]) for error in invalid.fields]
        names = {empty.field_of_path(document, path) or ".".join(path) for path in paths}
        return frozenset(names & (form.read(document).keys() | form.labels(document).keys()))
    except (Refused, Conflict, NotFound):  # nothing can be saved here
        return frozenset()
    return frozenset()


def _conflict_page(
    form: OfficeForm, principal: Principal, office: Office, document: OfficeDocument, merged: EditedValues
) -> Response:
    t = requests.current_gettext(form.request)
    labels = form.labels(document)
    changed = [
        (t(labels.get(name, name)), form.value_text(t, name, value)) for name, value in merged.changed.items()
    ]
    shown = _shown(form, document, dict(merged.values), changed=changed)
    return _form_page(form, principal, office, document, shown, 409)


def _form_page(
    form: OfficeForm,
    principal: Principal,
    office: Office,
    document: OfficeDocument,
    shown: ShownForm,
    status_code: int = 200,
) -> Response:
    return render_manage_page(
        form.request,
        form.template,
        principal,
        section=form.section,
        office=office,
        status_code=status_code,
        form=shown,
        page_url=form.request.url.path,
        **form.context(office, document),
    )


def _review_page(
    form: OfficeForm, principal: Principal, change: OfficeChange, sent: FormData, settlement: ShownSettlement
) -> Response:
    kept = [(name, value) for name, value in sent.multi_items() if name not in ("csrf", "step")]
    return render_manage_page(
        form.request,
        "management/review.html",
        principal,
        section=form.section,
        office=change.office,
        status_code=422 if settlement.errors else 200,
        changes=form.describe_changes(change.document, change.changes),
        notes=form.notes(change),
        sent=[(name, value) for name, value in kept if not name.startswith("settle.")],
        settlement=settlement,
        page_url=form.request.url.path,
    )


def shown_changes(form: OfficeForm, document: OfficeDocument, changes: Sequence[ValueChange]) -> list[ShownChange]:
    """Describe changed values by the labels of the form, else by their path."""
    t = requests.current_gettext(form.request)
    by_path = {one.path: one for one in form.fields(document)}
    shown = []
    for change in changes:
        if change.is_order_of_kept:
            continue
        one = by_path.get(change.path)
        label = t(one.label) if one else change_label(t, change.path)
        options = {value: t(text) for value, text in one.options.items()} if one else {}
        before, after = (
            value_text(t, value, options) if one else change_value_text(t, change.path, value)
            for value in (change.before, change.after)
        )
        shown.append(ShownChange(label, before, after))
    return shown


def service_names(request: Request, affected: Sequence[Appointment]) -> dict[str, str]:
    language = requests.current_language(request)
    return {
        one.id: one.service_names.get(language) or one.service_names.get("es") or one.service_slug
        for one in affected
    }


MAX_SHOWN_APPOINTMENTS = 50  # named on the page; the count includes all
