"""Forms of settings: fields with unit, default, bounds, example, and their reset."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request

from ....core.errors import FieldError
from ....core.i18n.catalogues import N_, GettextFunction
from ....core.web import requests
from ....offices.service import Field, Flag, Number, Office, OfficeDocument, TimeOfDay
from ...domain.amounts import format_amount, parse_amount
from ...domain.document_changes import Path, ValueChange, value_at
from ..change_texts import change_value_text
from ..office_form import FormField, FormValues, OfficeForm, ShownChange, shown_changes
from .setting_words import UNIT_LABELS, describe_setting, setting_kind, setting_options

OFF = "off"  # typed for a value that is switched off, which is stored as False
RESET = "reset:"  # begins the step that empties a field; RESET_ALL empties all
RESET_ALL = "reset"
COUNT = re.compile(r"-?[0-9]{1,8}")


@dataclass(frozen=True, slots=True)
class SettingField(FormField):
    """A setting with its place in the document and its default.

    `inherits`: whether the default is the office's, for a service.
    """

    setting: Field = field(default_factory=lambda: Field(""))
    default: Any = None
    inherits: bool = False

    @property
    def bounds(self) -> tuple[int, int] | None:
        return (self.setting.least, self.setting.most) if isinstance(self.setting, Number) else None

    def read(self, document: Mapping[str, Any]) -> str:
        """Return the stored value as it is typed: `10 minutes`, `off`, empty for the default."""
        value = value_at(document, self.path)
        if value is None:
            return ""
        if value is False and self.setting.can_be_off:
            return OFF
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(self.setting, Number) and self.setting.units and isinstance(value, int):
            return format_amount(value, self.setting.units, self.setting.unit)
        return str(value).zfill(5) if isinstance(self.setting, TimeOfDay) else str(value)

    def typed(self, sent: FormData) -> str:
        """Return what a person sent: the number with its unit, or `off`."""
        if f"{self.name}.off" in sent:
            return OFF
        text = str(sent.get(self.name) or "").strip()
        unit = str(sent.get(f"{self.name}.unit") or "").strip()
        return f"{text} {unit}" if text and unit else text

    def to_value(self, typed: Any) -> Any:
        """Convert a typed value for the document: None for the default.

        A wrong text stays as it is, so that the document refuses it.
        """
        if typed == "":
            return None
        if typed == OFF and self.setting.can_be_off:
            return False
        if isinstance(self.setting, Flag):
            return {"yes": True, "no": False}.get(typed, typed)
        if not isinstance(self.setting, Number):
            return typed
        if not self.setting.units:
            return int(typed) if COUNT.fullmatch(typed) else typed
        number = parse_amount(typed, self.setting.unit)
        return typed if number is None else number

    def describe(self, t: GettextFunction, value: Any) -> str:
        """Return a stored value as people read it; None is the default with its value."""
        if value is not None:
            return describe_setting(t, self.setting, value)
        words = N_("as the office: %(value)s") if self.inherits else N_("default: %(value)s")
        return t(words) % {"value": describe_setting(t, self.setting, self.default)}


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """One field as its template shows it, in the reader's language.

    `units`: the units to choose from. `reset`: the value that it has if nothing is typed, None if nothing is.
    """

    name: str
    label: str
    example: str
    kind: str
    number: str
    unit: str
    units: Mapping[str, str]
    options: Mapping[str, str]
    empty_option: str
    default: str
    bounds: str
    can_be_off: bool
    is_off: bool
    reset: str | None


class SettingsForm(OfficeForm):
    """A form of settings in groups. Subclasses name the groups and their fields."""

    section = "settings"
    template = "management/settings_form.html"
    action = "settings.changed"

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.known: Mapping[str, SettingField] = {}  # by name, once the document was read
        self.focus = ""

    @abstractmethod
    def groups(self, document: OfficeDocument) -> Sequence[tuple[str, Sequence[SettingField]]]:
        """Return the fields by the title of their group. Raises NotFound."""

    def fields(self, document: OfficeDocument) -> Sequence[SettingField]:
        return [one for _, fields in self.groups(document) for one in fields]

    def field_of_path(self, document: OfficeDocument, path: Path) -> str | None:
        """Return the field with the longest path that leads to the value."""
        found = [one for one in self.fields(document) if path[: len(one.path)] == one.path]
        return max(found, key=lambda one: len(one.path)).name if found else None

    def edit_step(self, step: str, typed: FormValues) -> FormValues | None:
        """Empty one field or all of them; see `OfficeForm.edit_step`."""
        if step == RESET_ALL:
            return dict.fromkeys(typed, "")
        if step.startswith(RESET) and (name := step.removeprefix(RESET)) in typed:
            self.focus = name
            return {**typed, **dict.fromkeys(self.reset_names(name), "")}
        return typed if step == "edit" else None

    def reset_names(self, name: str) -> tuple[str, ...]:
        """Return the fields that are emptied together with this one."""
        return (name,)

    def value_text(self, t: GettextFunction, name: str, value: Any) -> str:
        """Return a typed value as people read it."""
        one = self.known.get(name)
        return one.describe(t, one.to_value(value)) if one else str(value)

    def describe_changes(self, document: OfficeDocument, changes: Sequence[ValueChange]) -> list[ShownChange]:
        """Describe changed settings with their units and defaults."""
        t = requests.current_gettext(self.request)
        by_path = {one.path: one for one in self.fields(document)}
        shown = []
        for change, words in zip(changes, shown_changes(self, document, changes), strict=True):
            one = by_path.get(change.path)
            before, after = (
                one.describe(t, value) if one else change_value_text(t, change.path, value)
                for value in (change.before, change.after)
            )
            shown.append(ShownChange(words.label, before, after))
        return shown

    def error_text(self, name: str, error: FieldError) -> str:
        """Return the text of a wrong value, with its bounds in the unit of the field."""
        t, one = requests.current_gettext(self.request), self.known.get(name)
        if error.code == "invalid_time":
            return t(N_("Write a time of day, such as 18:00."))
        if one is None or error.code != "out_of_range":
            return requests.error_text(self.request, error.code, error.params)
        least, most = (describe_setting(t, one.setting, error.params[key]) for key in ("min", "max"))
        other = self.known.get(one.setting.not_above)
        if one.bounds and error.params["max"] < one.bounds[1] and other:
            label = t(other.label)
            return t(N_("Write at most %(max)s, because of “%(other)s”.")) % {"max": most, "other": label}
        return t(N_("Write a value from %(min)s to %(max)s.")) % {"min": least, "max": most}

    def context(self, office: Office, document: OfficeDocument) -> Mapping[str, Any]:
        """Return the titles of the groups with the names of their fields."""
        t = requests.current_gettext(self.request)
        return {
            "groups": [(t(title), [one.name for one in fields]) for title, fields in self.groups(document)],
            "show_setting": lambda name, values: self.show(self.known[name], values),
            "focus": self.focus,
            "line": None,
            "service": None,
        }

    def read(self, document: OfficeDocument) -> FormValues:
        """Return the stored values as they are typed."""
        self.known = {one.name: one for one in self.fields(document)}
        return {one.name: one.read(document) for one in self.known.values()}

    def show(self, one: SettingField, values: FormValues) -> ShownSetting:
        """Return a field with a typed value for its template."""
        t, setting, typed = requests.current_gettext(self.request), one.setting, values[one.name]
        is_off = typed == OFF and setting.can_be_off
        number, _, unit = ("" if is_off else typed).partition(" ")
        units = {}
        if isinstance(setting, Number) and setting.units:
            shown_unit = unit if unit in UNIT_LABELS else _default_unit(setting, one.default)
            units = {key: t(UNIT_LABELS[key]) for key in dict.fromkeys([*setting.units, shown_unit])}
            unit = shown_unit
        bounds = ""
        if one.bounds:
            least, most = (describe_setting(t, setting, bound) for bound in one.bounds)
            bounds = t(N_("from %(min)s to %(max)s")) % {"min": least, "max": most}
        default = one.describe(t, None)
        return ShownSetting(
            name=one.name,
            label=t(setting.label),
            example=t(setting.example),
            kind=setting_kind(setting),
            number=number,
            unit=unit,
            units=units,
            options={key: t(text) for key, text in self.options(one).items()},
            empty_option=default[:1].upper() + default[1:],
            default=default,
            bounds=bounds,
            can_be_off=setting.can_be_off and setting_kind(setting) != "choice",
            is_off=is_off,
            reset=describe_setting(t, setting, one.default) if typed else None,
        )

    def options(self, one: SettingField) -> Mapping[str, str]:
        """Return the values to choose from, with their untranslated words."""
        return setting_options(one.setting)


def _default_unit(setting: Number, default: Any) -> str:
    """Return the unit in which the default is written, else the first one."""
    if isinstance(default, int) and not isinstance(default, bool):
        return format_amount(default, setting.units, setting.unit).partition(" ")[2]
    return setting.units[0]
