"""Pages of settings: overview, a line, agenda of the office and of a service."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....appointments.service import NO_REMINDERS, AgendaSettings
from ....core.errors import FieldError, Invalid, NotFound
from ....core.i18n.catalogues import N_, GettextFunction
from ....core.web import requests
from ....offices.service import (
    SERVICE_MODES,
    Field,
    OfficeDocument,
    attribute_names,
    office_by_slug,
    office_to_document,
    settings_by_path,
)
from ....queue.service import LineSettings
from ...actions.change_office import OfficeChange
from ...domain.document_changes import Path, apply_values, value_at
from ..document_form import OFFICE_PATH, OpenedForm, form_routes
from ..form_fields import FormValues
from ..manage_page import render_manage_page, require_manager
from .setting_words import describe_setting
from .settings_form import SettingField, SettingGroups, by_group, setting_field, settings_form

SETTINGS_PATH = OFFICE_PATH + "/settings"


LINE_DEFAULTS: Mapping[str, int] = LineSettings().to_numbers()
FIELD_NAMES = {"step": "starts_every"}  # `step` is the button of the form
RELEASE_CHOICES = ("", "daily", "0", "1", "2", "3", "4", "5", "6")


# Settings of a line


def _line_groups(opened: OpenedForm) -> SettingGroups:
    line, names, settings = opened.part("line"), attribute_names(LineSettings), settings_by_path(LineSettings)
    if line not in opened.document["lines"]:
        raise NotFound
    return by_group(
        SettingField(
            names[key],
            ("lines", line, "settings", key),
            setting.label,
            setting=setting,
            default=LINE_DEFAULTS[key],
            limit=settings.get(setting.not_above),
        )
        for key, setting in settings.items()
    )


def _line_heading(opened: OpenedForm) -> Mapping[str, Any]:
    line = opened.office.line(opened.part("line"))
    return {"line": line, "line_name": line.name(opened.language)}


def _line_notes(opened: OpenedForm, change: OfficeChange) -> list[str]:
    """Say from when on the changes count."""
    return [
        opened.gettext(N_("This counts from the next call on. Tickets keep the promise that they were given."))
    ]


LINE_SETTINGS_FORM = settings_form(_line_groups, _line_heading, notes=_line_notes)


# Settings of an agenda: that of the office, or of a service, which overrides it


@dataclass(frozen=True, slots=True)
class ReleaseField(SettingField):
    """The days on which new dates open, in place of the table of a release."""

    def read(self, document: Mapping[str, Any]) -> str:
        return _release_day(value_at(document, self.path))


def _agenda_fields(opened: OpenedForm, base: Path, defaults: Mapping[str, Any], **more: Any) -> list[SettingField]:
    settings = settings_by_path(AgendaSettings)
    return [
        (ReleaseField if name == "release" else SettingField)(
            FIELD_NAMES.get(name, name),
            (*base, "agenda", *name.split(".")),
            setting.label,
            setting=setting,
            default=defaults.get(name),
            limit=settings.get(setting.not_above),
            unset=NO_REMINDERS if name.startswith("reminders.") else {},
            **more,
        )
        for name, setting in settings.items()
    ]


def _office_agenda_groups(opened: OpenedForm) -> SettingGroups:
    # an office has no release to switch off
    return by_group(_agenda_fields(opened, (), _with_release(AgendaSettings().to_values()), hidden=("no",)))


def _service_agenda_groups(opened: OpenedForm) -> SettingGroups:
    slug, document = opened.part("service"), opened.document
    if slug not in document["services"]:
        raise NotFound
    defaults = _with_release(_agenda_values(document["agenda"], {}))
    unused = {f"internal.{mode}" for mode in SERVICE_MODES if mode not in document["services"][slug]["modes"]}
    fields = _agenda_fields(opened, ("services", slug), defaults, inherits=True)
    return by_group(each for each in fields if each.name not in unused)


def _service_heading(opened: OpenedForm) -> Mapping[str, Any]:
    service = opened.office.service(opened.part("service"))
    return {"service": service, "service_name": service.name(opened.language)}


def _change_agenda(opened: OpenedForm, document: OfficeDocument, values: FormValues) -> OfficeDocument:
    """Put the typed values into the document. Raises Invalid for an incomplete release."""
    release = setting_field(opened, "release")
    reminders = (*release.path[:-1], "reminders")
    is_without = value_at(document, reminders) is False
    # single reminders in place of `reminders: false`, as the form shows them
    if is_without:
        document = apply_values(document, [((*reminders, name), off) for name, off in NO_REMINDERS.items()])
    fields = [each for each in opened.fields if not each.name.startswith("release")]
    pairs: list[tuple[Path, Any]] = [(each.path, each.to_value(values[each.name])) for each in fields]
    pairs += [(release.path, None), (release.path, _typed_release(opened, values))]
    written = apply_values(document, pairs + _whole_internal(opened, values))
    if is_without and value_at(written, reminders) == NO_REMINDERS:
        written = apply_values(written, [(reminders, None), (reminders, False)])
    return written


def _typed_release(opened: OpenedForm, values: FormValues) -> Any:
    release, day = setting_field(opened, "release"), values["release"]
    days, at = (opened.field(f"release.{name}").to_value(values[f"release.{name}"]) for name in ("days", "at"))
    if day == "no" and release.inherits:
        return False
    if day not in RELEASE_CHOICES or (day == "" and (days is not None or at is not None)):
        raise Invalid(FieldError(".".join(("office", *release.path)), "not_a_choice"))
    if day == "":
        return None
    if days is None:
        raise Invalid(FieldError(".".join(("office", *release.path, "days")), "required"))
    parts = {"days": days, "at": at, "weekday": None if day == "daily" else int(day)}
    return {name: value for name, value in parts.items() if value is not None}


def _whole_internal(opened: OpenedForm, values: FormValues) -> list[tuple[Path, Any]]:
    """Return the slots of staff that are not typed.

    A service overrides those of all ways together.
    """
    ways = [setting_field(opened, each.name) for each in opened.fields if each.name.startswith("internal.")]
    if all(values[each.name] == "" for each in ways):
        return []
    return [(each.path, each.default) for each in ways if each.inherits and values[each.name] == ""]


def _agenda_notes(opened: OpenedForm, change: OfficeChange) -> list[str]:
    """Say what the changes mean for appointments that are booked."""
    t, notes = opened.gettext, []
    names = {".".join(each.path[each.path.index("agenda") + 1 :]) for each in change.changes}
    if names & {"horizon_days", "lead", "step", "buffer_before", "buffer_after"} or any(
        name.startswith(("release", "internal")) for name in names
    ):
        notes.append(t(N_("Appointments that are booked stay. This counts for new ones.")))
    if any(name.startswith("reminders") for name in names):
        notes.append(t(N_("Reminders of booked appointments follow within an hour.")))
    return notes


OFFICE_AGENDA_FORM = settings_form(
    _office_agenda_groups, lambda opened: {}, edit=_change_agenda, notes=_agenda_notes
)
SERVICE_AGENDA_FORM = settings_form(
    _service_agenda_groups, _service_heading, edit=_change_agenda, notes=_agenda_notes
)


def _agenda_values(office: Mapping[str, Any], service: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of stored settings; the defaults if a stored value is wrong."""
    try:
        return AgendaSettings.from_settings(office, service).to_values()
    except Invalid:
        return AgendaSettings().to_values()


def _with_release(values: Mapping[str, Any]) -> dict[str, Any]:
    """Add the field that says on which days new dates open."""
    is_released = values["release.days"] is not None
    weekday = values["release.weekday"]
    day = "daily" if weekday is False else str(weekday)
    return {**values, "release": day if is_released else None}


def _release_day(release: Any) -> str:
    if release is False:
        return "no"
    if not isinstance(release, Mapping):
        return ""
    weekday = release.get("weekday")
    return "daily" if weekday is None else str(weekday)


# Overview


@dataclass(frozen=True, slots=True)
class SettingsSummary:
    """A page of settings and the values that differ, in the reader's language."""

    url: str
    title: str
    sign: str
    differing: Sequence[tuple[str, str, str]]
    is_wrong: bool


async def show_settings(request: Request) -> Response:
    """`GET /staff/manage/o/{office}/settings`: the pages, and what differs from the default."""
    principal = await require_manager(request, request.path_params["office"])
    async with requests.current_runtime(request).read_session() as session:
        office = await office_by_slug(session, request.path_params["office"])
    document = office_to_document(office)
    language, t = requests.current_language(request), requests.current_gettext(request)
    path = SETTINGS_PATH.format(office=office.slug)
    agenda = document["agenda"]
    return render_manage_page(
        request,
        "management/settings.html",
        principal,
        section="settings",
        office=office,
        agenda=_summary(
            t,
            settings_by_path(AgendaSettings),
            _agenda_reader({}, {}),
            _agenda_reader(agenda, {}),
            f"{path}/agenda",
            t(N_("Agenda of the office")),
        ),
        lines=[
            _summary(
                t,
                settings_by_path(LineSettings),
                lambda: LINE_DEFAULTS,
                _line_reader(line.rules),
                f"{path}/lines/{line.slug}",
                line.name(language),
                line.letter,
            )
            for line in office.lines
        ],
        services=[
            _summary(
                t,
                settings_by_path(AgendaSettings),
                _agenda_reader(agenda, {}),
                _agenda_reader(agenda, document["services"][service.slug]["agenda"]),
                f"{path}/services/{service.slug}",
                service.name(language),
            )
            for service in office.services
        ],
        lists_url=f"{path}/lists",
        own_lists=[name for name in document["choices"] if document["choices"][name]],
    )


ValueReader = Callable[[], Mapping[str, Any]]
"""Returns values by setting. Raises Invalid if a stored one is wrong."""


def _line_reader(rules: Mapping[str, Any]) -> ValueReader:
    return lambda: LineSettings.from_overrides(rules).to_numbers()


def _agenda_reader(office: Mapping[str, Any], service: Mapping[str, Any]) -> ValueReader:
    return lambda: _with_release(AgendaSettings.from_settings(office, service).to_values())


def _summary(
    t: GettextFunction,
    settings: Mapping[str, Field],
    read_defaults: ValueReader,
    read_values: ValueReader,
    url: str,
    title: str,
    sign: str = "",
) -> SettingsSummary:
    try:
        defaults, values = read_defaults(), read_values()
    except Invalid:
        return SettingsSummary(url, title, sign, (), is_wrong=True)
    differing = [
        (
            t(setting.label),
            describe_setting(t, setting, values[name]),
            describe_setting(t, setting, defaults[name]),
        )
        for name, setting in settings.items()
        if name in values and name != "release.weekday" and values[name] != defaults[name]
    ]
    return SettingsSummary(url, title, sign, differing, is_wrong=False)


# Routes


routes = [
    Route(SETTINGS_PATH, show_settings, methods=["GET"]),
    *form_routes(SETTINGS_PATH + "/agenda", OFFICE_AGENDA_FORM),
    *form_routes(SETTINGS_PATH + "/lines/{line}", LINE_SETTINGS_FORM),
    *form_routes(SETTINGS_PATH + "/services/{service}", SERVICE_AGENDA_FORM),
]
