"""Pages of settings: overview, one line, agenda of the office and of a service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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
    Field,
    Office,
    OfficeDocument,
    attribute_names,
    office_by_slug,
    office_to_document,
    settings_by_path,
)
from ....queue.service import LineSettings
from ...actions.change_office import OfficeChange
from ...domain.document_changes import Path, apply_values, value_at
from ..manage_page import MANAGE_PATH, render_manage_page, require_manager
from ..office_form import FormValues, form_routes
from .setting_words import describe_setting
from .settings_form import SettingField, SettingsForm

SETTINGS_PATH = MANAGE_PATH + "/o/{office}/settings"


# Settings of a line


class LineSettingsForm(SettingsForm):
    """Every number of one line."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.line: str = request.path_params["line"]

    def groups(self, document: OfficeDocument) -> Sequence[tuple[str, Sequence[SettingField]]]:
        if self.line not in document["lines"]:
            raise NotFound
        names = attribute_names(LineSettings)
        return by_group(
            SettingField(
                names[key],
                ("lines", self.line, "settings", key),
                setting.label,
                setting=setting,
                default=LINE_DEFAULTS[key],
            )
            for key, setting in settings_by_path(LineSettings).items()
        )

    def context(self, office: Office, document: OfficeDocument) -> Mapping[str, Any]:
        """Add the name of the line."""
        line = office.line(self.line)
        language = requests.current_language(self.request)
        return {**super().context(office, document), "line": line, "line_name": line.name(language)}

    def notes(self, change: OfficeChange) -> list[str]:
        """Say from when on the changes count."""
        t = requests.current_gettext(self.request)
        return [t(N_("This counts from the next call on. Tickets keep the promise that they were given."))]


LINE_DEFAULTS: Mapping[str, int] = LineSettings().to_numbers()


def by_group(fields: Iterable[SettingField]) -> list[tuple[str, list[SettingField]]]:
    """Group fields by the title of their group; leave out those without one."""
    groups: dict[str, list[SettingField]] = {}
    for each in fields:
        if each.setting.group:
            groups.setdefault(each.setting.group, []).append(each)
    return list(groups.items())


# Settings of an agenda


class AgendaForm(SettingsForm):
    """Every setting of the office's agenda."""

    base: Path = ()
    is_service = False

    def groups(self, document: OfficeDocument) -> Sequence[tuple[str, Sequence[SettingField]]]:
        defaults = self.inherited(document)
        settings = settings_by_path(AgendaSettings)
        return by_group(self._field(name, defaults) for name in settings if self.has(document, name))

    def inherited(self, document: OfficeDocument) -> Mapping[str, Any]:
        """Return the values that count if nothing is typed."""
        return _with_release(AgendaSettings().to_values())

    def has(self, document: OfficeDocument, name: str) -> bool:
        """Whether the page shows this setting."""
        return True

    def _field(self, name: str, defaults: Mapping[str, Any]) -> SettingField:
        setting = settings_by_path(AgendaSettings)[name]
        return SettingField(
            FIELD_NAMES.get(name, name),
            (*self.base, "agenda", *name.split(".")),
            setting.label,
            setting=setting,
            default=defaults.get(name),
            inherits=self.is_service,
        )

    def options(self, one: SettingField) -> Mapping[str, str]:
        """Return the values to choose from; an office has no release to switch off."""
        hidden = "no" if one.name == "release" and not self.is_service else None
        return {key: text for key, text in super().options(one).items() if key != hidden}

    def reset_names(self, name: str) -> tuple[str, ...]:
        """Empty the parts of a release together: they count only together."""
        return ("release", "release.days", "release.at") if name == "release" else (name,)

    def read(self, document: OfficeDocument) -> FormValues:
        """Return the stored values as they are typed."""
        values = super().read(self._with_reminder_table(document))
        return {**values, "release": _release_day(value_at(document, self.known["release"].path))}

    def write(self, document: OfficeDocument, values: FormValues) -> OfficeDocument:
        """Put the typed values into the document. Raises Invalid for an incomplete release."""
        table = self._with_reminder_table(document)
        fields = [one for one in self.fields(document) if not one.name.startswith("release")]
        pairs = [(one.path, one.to_value(values[one.name])) for one in fields]
        release_path = self.known["release"].path
        pairs += [(release_path, None), (release_path, self._release(values))]
        written = apply_values(table, pairs + self._whole_internal(values))
        reminders = (*self.base, "agenda", "reminders")
        if value_at(document, reminders) is False and value_at(written, reminders) == NO_REMINDERS:
            written = apply_values(written, [(reminders, None), (reminders, False)])
        return written

    def _with_reminder_table(self, document: OfficeDocument) -> OfficeDocument:
        """Return the document with single reminders in place of `reminders: false`."""
        path = (*self.base, "agenda", "reminders")
        if value_at(document, path) is not False:
            return document
        return apply_values(document, [((*path, name), value) for name, value in NO_REMINDERS.items()])

    def _release(self, values: FormValues) -> Any:
        day = values["release"]
        days, at = (self.known[f"release.{name}"].to_value(values[f"release.{name}"]) for name in ("days", "at"))
        if day == "no" and self.is_service:
            return False
        if day not in RELEASE_CHOICES or (day == "" and (days is not None or at is not None)):
            raise Invalid(FieldError(".".join(("office", *self.known["release"].path)), "not_a_choice"))
        if day == "":
            return None
        if days is None:
            raise Invalid(FieldError(".".join(("office", *self.known["release.days"].path)), "required"))
        parts = {"days": days, "at": at, "weekday": None if day == "daily" else int(day)}
        return {name: value for name, value in parts.items() if value is not None}

    def _whole_internal(self, values: FormValues) -> list[tuple[Path, Any]]:
        """Return the slots of staff that are not typed.

        A service overrides those of all ways together.
        """
        ways = [one for one in self.known.values() if one.name.startswith("internal.")]
        if not self.is_service or all(values[one.name] == "" for one in ways):
            return []
        return [(one.path, one.default) for one in ways if values[one.name] == ""]

    def notes(self, change: OfficeChange) -> list[str]:
        """Say what the changes mean for appointments that are booked."""
        t = requests.current_gettext(self.request)
        names = {".".join(one.path[len(self.base) + 1 :]) for one in change.changes}
        notes = []
        if names & {"horizon_days", "lead", "step", "buffer_before", "buffer_after"} or any(
            name.startswith(("release", "internal")) for name in names
        ):
            notes.append(t(N_("Appointments that are booked stay. This counts for new ones.")))
        if any(name.startswith("reminders") for name in names):
            notes.append(t(N_("Reminders of booked appointments follow within an hour.")))
        return notes


FIELD_NAMES = {"step": "starts_every"}  # `step` is the button of the form
RELEASE_CHOICES = ("", "daily", "0", "1", "2", "3", "4", "5", "6")


class ServiceAgendaForm(AgendaForm):
    """The settings of one service, which override those of its office."""

    is_service = True

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.service: str = request.path_params["service"]
        self.base = ("services", self.service)

    def groups(self, document: OfficeDocument) -> Sequence[tuple[str, Sequence[SettingField]]]:
        if self.service not in document["services"]:
            raise NotFound
        return super().groups(document)

    def inherited(self, document: OfficeDocument) -> Mapping[str, Any]:
        """Return the values of the office."""
        return _with_release(_agenda_values(document["agenda"], {}))

    def has(self, document: OfficeDocument, name: str) -> bool:
        """Whether the service has the way that the setting is about."""
        way = name.removeprefix("internal.")
        return way == name or way in document["services"][self.service]["modes"]

    def context(self, office: Office, document: OfficeDocument) -> Mapping[str, Any]:
        """Add the name of the service."""
        service = office.service(self.service)
        name = service.name(requests.current_language(self.request))
        return {**super().context(office, document), "service": service, "service_name": name}


def _agenda_values(office: Mapping[str, Any], service: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of stored settings; the defaults if one of them is wrong."""
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
    """One page of settings and the values that differ, in the reader's language."""

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
    *form_routes(SETTINGS_PATH + "/agenda", AgendaForm),
    *form_routes(SETTINGS_PATH + "/lines/{line}", LineSettingsForm),
    *form_routes(SETTINGS_PATH + "/services/{service}", ServiceAgendaForm),
]
