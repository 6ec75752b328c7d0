"""The audit of the manager's console: a filtered list, and the same as CSV."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from ...core.auth import Principal, StaffRole
from ...core.db.audit_entries import STAFF_PREFIX
from ...core.formats.csv_text import csv_text, spreadsheet_text
from ...core.i18n.catalogues import N_
from ...core.i18n.dates import format_local_stamp, format_zone, local_instant
from ...core.i18n.numbers import format_figure
from ...core.web import requests
from ...core.web.validation import OptionalCalendarDay
from ...offices.service import Office, all_offices, hours
from ...staff.service import DirectoryEntry, staff_directory
from ..queries.audit_log import AuditFilter, AuditKind, AuditRecord, AuditScope, AuditSubject, load_audit_records
from ..queries.undoable_changes import UndoableChanges, undoable_changes
from .audit_texts import AuditedValue, AuditTexts
from .manage_page import MANAGE_PATH, render_manage_page, require_manager

AUDIT_PATH = MANAGE_PATH + "/audit"
PAGE_RECORDS = 50
MAX_SUBJECT_CHARACTERS = 90  # the longest type and id of `audit_entries`
DEFAULT_DAYS = 7
# a quarter of a year; an office writes up to ten thousand entries a day
MAX_DAYS = 92
MAX_CSV_RECORDS = 50_000
# records of a query and its read transaction
CSV_BATCH = 500

CITIZENS, AUTOMATIC = "citizen", "automatic"
ACTOR_GROUPS: Mapping[str, tuple[str, ...]] = {
    CITIZENS: ("citizen",),
    AUTOMATIC: ("timer", "standby", "appointment"),
}
KIND_LABELS: Mapping[str, str] = {
    AuditKind.QUEUE: N_("Tickets and queues"),
    AuditKind.APPOINTMENTS: N_("Appointments"),
    AuditKind.ROOMS: N_("Video calls"),
    AuditKind.SETTINGS: N_("Settings"),
    AuditKind.PEOPLE: N_("People and keys"),
}
CSV_COLUMNS = (
    N_("Time"),
    N_("Time zone"),
    N_("Office"),
    N_("Who"),
    N_("What"),
    N_("To what"),
    N_("Before"),
    N_("After"),
    N_("Reason or note"),
)
_DAY: TypeAdapter[date | None] = TypeAdapter(OptionalCalendarDay)


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """The filter of the address: what was typed, what it means, and the errors by field.

    `office` is None for all offices of the reader.
    """

    typed: Mapping[str, str]
    first: date
    last: date
    office: Office | None
    person: str
    kind: AuditKind | None
    subject: AuditSubject | None
    before: tuple[datetime, str] | None
    errors: Mapping[str, str] = field(default_factory=dict)

    def link(self, path: str = AUDIT_PATH, **changes: str) -> str:
        """Return the address of this filter with some values changed."""
        values = {
            "office": self.office.slug if self.office else "",
            "from": self.first.isoformat() if self.subject is None else "",
            "until": self.last.isoformat() if self.subject is None else "",
            "person": self.person,
            "kind": str(self.kind or ""),
            "about": str(self.subject or ""),
        }
        given = {name: value for name, value in {**values, **changes}.items() if value}
        return f"{path}?{urlencode(given)}" if given else path


@dataclass(frozen=True, slots=True)
class ShownRecord:
    """An entry as the page shows it."""

    id: str
    at: datetime
    zone: Any
    office: str
    actor: str
    action: str
    subject: str
    about: str
    changes: Sequence[AuditedValue]
    note: str
    can_undo: bool


async def show_audit(request: Request) -> Response:
    principal = await require_manager(request)
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        offices = await _own_offices(session, principal)
        people = await staff_directory(session, None if _sees_everything(principal) else _slugs(offices))
        query = _parse_query(request, offices, people, runtime.now())
        records: list[AuditRecord] = []
        if not query.errors:
            wanted = _audit_filter(query, principal, offices)
            # a record more than a page tells whether another page follows
            records = await load_audit_records(session, wanted, query.before, PAGE_RECORDS + 1)
        undoable = await undoable_changes(session, offices)
    texts = _texts(request, offices)
    shown = [_shown_record(record, texts, undoable) for record in records[:PAGE_RECORDS]]
    return render_manage_page(
        request,
        "management/audit.html",
        principal,
        section="audit",
        status_code=422 if query.errors else 200,
        query=query,
        offices=offices,
        people=people,
        kinds=KIND_LABELS,
        records=shown,
        days=_group_by_day(shown),
        call_timeline=_call_timeline_path(query, records),
        subject_name=shown[0].subject if shown and query.subject else "",
        next_page=query.link(after=_cursor(records[PAGE_RECORDS - 1])) if len(records) > PAGE_RECORDS else None,
        max_days=MAX_DAYS,
        max_csv=format_figure(MAX_CSV_RECORDS, requests.current_language(request)),
        notes_kept_days=request.state.settings.contacts_kept_days,
    )


def _call_timeline_path(query: AuditQuery, records: Sequence[AuditRecord]) -> str | None:
    """Return the address of the call's timeline, for the entries of a video appointment."""
    if query.subject is None or not any(record.action.startswith("room.") for record in records):
        return None
    return f"/staff/rooms/{query.subject.id}/timeline"


async def download_audit(request: Request) -> Response:
    """`GET /staff/manage/audit.csv`: the same entries, at most MAX_CSV_RECORDS, streamed."""
    principal = await require_manager(request)
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        offices = await _own_offices(session, principal)
        people = await staff_directory(session, None if _sees_everything(principal) else _slugs(offices))
    query = _parse_query(request, offices, people, runtime.now())
    if query.errors:
        return requests.see_other(f"{AUDIT_PATH}?{request.url.query}")  # the page says what is wrong
    rows = _csv_rows(request, _audit_filter(query, principal, offices), _texts(request, offices))
    name = f"{query.office.slug if query.office else 'audit'}-{query.first}-{query.last}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(rows, headers=headers, media_type="text/csv; charset=utf-8")


async def _own_offices(session: AsyncSession, principal: Principal) -> list[Office]:
    return [office for office in await all_offices(session) if principal.can_access_office(office.slug)]


def _slugs(offices: Sequence[Office]) -> list[str]:
    return [office.slug for office in offices]


def _sees_everything(principal: Principal) -> bool:
    """Whether the reader also sees entries that belong to no office."""
    return principal.has_role(StaffRole.ADMINISTRATOR) and principal.offices is None


def _texts(request: Request, offices: list[Office]) -> AuditTexts:
    return AuditTexts(requests.current_gettext(request), requests.current_language(request), offices)


# The filter


def _parse_query(
    request: Request, offices: Sequence[Office], people: Sequence[DirectoryEntry], now: datetime
) -> AuditQuery:
    """Parse the filter. Wrong days get an error, other wrong values are left out."""
    typed = {name: request.query_params.get(name, "").strip() for name in ("from", "until", "office", "person")}
    office = next((office for office in offices if office.slug == typed["office"]), None)
    reference = office or (offices[0] if offices else None)
    today = hours.to_local_day(reference.hours, now) if reference else now.date()
    first, last, errors = _parse_days(typed, today)
    known_people = {person.id for person in people} | ACTOR_GROUPS.keys()
    kind = request.query_params.get("kind", "")
    t = requests.current_gettext(request)
    return AuditQuery(
        typed=typed,
        first=first,
        last=last,
        office=office,
        person=typed["person"] if typed["person"] in known_people else "",
        kind=AuditKind(kind) if kind in set(AuditKind) else None,
        subject=_parse_subject(request.query_params.get("about", "")),
        before=_parse_cursor(request.query_params.get("after", "")),
        errors={name: t(text) % {"days": MAX_DAYS} for name, text in errors.items()},
    )


def _parse_days(typed: Mapping[str, str], today: date) -> tuple[date, date, dict[str, str]]:
    errors: dict[str, str] = {}
    days: dict[str, date | None] = {}
    for name in ("from", "until"):
        try:
            days[name] = _DAY.validate_python(typed[name])
        except ValidationError:
            errors[name] = N_("Write a day like this: 2026-11-25.")
    last = days.get("until") or today
    first = days.get("from") or last - timedelta(days=DEFAULT_DAYS - 1)
    if not errors and first > last:
        errors["from"] = N_("The first day is after the last one.")
    elif not errors and (last - first).days >= MAX_DAYS:
        errors["from"] = N_("Choose at most %(days)s days.")
    return first, last, errors


def _parse_subject(text: str) -> AuditSubject | None:
    kind, _, id = text.partition(":")
    return AuditSubject(kind, id) if kind and id and len(text) <= MAX_SUBJECT_CHARACTERS else None


def _parse_cursor(text: str) -> tuple[datetime, str] | None:
    """Parse the cursor of a page; None if it is wrong, which shows the first page."""
    moment, _, id = text.partition("~")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return (at, id) if at.tzinfo is not None else None


def _cursor(record: AuditRecord) -> str:
    return f"{record.at.isoformat()}~{record.id}"


def _audit_filter(query: AuditQuery, principal: Principal, offices: Sequence[Office]) -> AuditFilter:
    is_everything = query.office is None and _sees_everything(principal)
    scope = AuditScope([query.office] if query.office else list(offices), is_everything)
    zone = (query.office or offices[0]).timezone if offices else UTC
    since = local_instant(query.first, time(), zone)
    until = local_instant(query.last + timedelta(days=1), time(), zone)
    actors = ACTOR_GROUPS.get(query.person, (STAFF_PREFIX + query.person,)) if query.person else None
    return AuditFilter(scope, since, until, actors, query.kind, query.subject)


# The list


def _shown_record(record: AuditRecord, texts: AuditTexts, undoable: UndoableChanges) -> ShownRecord:
    return ShownRecord(
        id=record.id,
        at=record.at,
        zone=texts.zone(record),
        office=record.office.name if record.office else "",
        actor=texts.actor(record),
        action=texts.action(record),
        subject=texts.subject(record),
        about=str(record.subject),
        changes=texts.changes(record),
        note=record.note,
        can_undo=undoable.include(record.action, record.office.slug if record.office else None, record.after),
    )


def _group_by_day(records: Sequence[ShownRecord]) -> list[list[ShownRecord]]:
    """Group entries that follow each other on a local day."""
    groups: list[list[ShownRecord]] = []
    for record in records:
        day = record.at.astimezone(record.zone).date()
        if not groups or groups[-1][0].at.astimezone(groups[-1][0].zone).date() != day:
            groups.append([])
        groups[-1].append(record)
    return groups


# CSV


async def _csv_rows(request: Request, wanted: AuditFilter, texts: AuditTexts) -> AsyncIterator[str]:
    """Yield the file in parts, each from its own read transaction."""
    t, language = requests.current_gettext(request), requests.current_language(request)
    yield spreadsheet_text([[t(column) for column in CSV_COLUMNS]])
    cursor, count = None, 0
    while count < MAX_CSV_RECORDS:
        limit = min(CSV_BATCH, MAX_CSV_RECORDS - count)
        async with requests.current_runtime(request).read_session() as session:
            records = await load_audit_records(session, wanted, cursor, limit)
        yield csv_text([_csv_row(record, texts, language) for record in records])
        if len(records) < limit:
            return
        cursor, count = (records[-1].at, records[-1].id), count + len(records)


def _csv_row(record: AuditRecord, texts: AuditTexts, language: str) -> list[str]:
    changes = texts.changes(record)
    return [
        format_local_stamp(record.at, texts.zone(record)),
        format_zone(texts.zone(record), language, record.at),
        record.office.name if record.office else "",
        texts.actor(record),
        texts.action(record),
        texts.subject(record),
        "; ".join(f"{change.label}: {change.before}" for change in changes if change.before is not None),
        "; ".join(f"{change.label}: {change.after}" for change in changes if change.after is not None),
        record.note,
    ]


routes = [
    Route(AUDIT_PATH, show_audit, methods=["GET"]),
    Route(AUDIT_PATH + ".csv", download_audit, methods=["GET"]),
]
