"""Forms of settings: fields with unit, default, bounds, example, and their reset."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request

from ....core.errors import FieldError
from ....core.i18n.catalogues import N_, GettextFunction
from ....core.web import requests
from ....offices.service import Field, Flag, Number, TimeOfDay
from ...domain.amounts import format_amount, parse_amount
from ...domain.document_changes import value_at
from ..document_form import DocumentForm, EditedForm, OpenedForm, only_edit
from ..form_fields import FormField, FormValues
from .setting_words import UNIT_LABELS, describe_setting, setting_kind, setting_options

# typed for a value that is switched off, which is stored as False
OFF = "off"
# begins the step that empties a field; RESET_ALL empties all
RESET = "reset:"
RESET_ALL = "reset"
COUNT = re.compile(r"-?[0-9]{1,8}")


@dataclass(frozen=True, slots=True)
class SettingField(FormField):
    """A setting with its place in the document and its default.

    `inherits`: whether the default is the office's, for a service. `hidden`: values that cannot be chosen here.
    `limit`: the setting that it must not exceed. `unset`: values of a table that is switched off as a whole.
    """

    setting: Field = field(default_factory=lambda: Field(""))
    default: Any = None
    inherits: bool = False
    hidden: tuple[str, ...] = ()
    limit: Field | None = None
    unset: Mapping[str, Any] = field(default_factory=dict)

    def read(self, document: Mapping[str, Any]) -> str:
        """Return the stored value as it is typed: `10 minutes`, `off`, empty for the default."""
        value = value_at(document, self.path)
        if value_at(document, self.path[:-1]) is False:
            value = self.unset.get(self.path[-1])
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

    def typed_text(self, t: GettextFunction, typed: Any) -> str:
        """Return a typed value as people read it."""
        return self.describe(t, self.to_value(typed))

    def error_text(self, request: Request, error: FieldError) -> str:
        """Return the text of a wrong value, with its bounds in the unit of the field."""
        t, setting = requests.current_gettext(request), self.setting
        if error.code == "invalid_time":
            return t(N_("Write a time of day, such as 18:00."))
        if not isinstance(setting, Number) or error.code != "out_of_range":
            return requests.error_text(request, error.code, error.params)
        least, most = (describe_setting(t, setting, error.params[key]) for key in ("min", "max"))
        if self.limit is not None and error.params["max"] < setting.most:
            return t(N_("Write at most %(max)s, because of “%(other)s”.")) % {
                "max": most,
                "other": t(self.limit.label),
            }
        return t(N_("Write a value from %(min)s to %(max)s.")) % {"min": least, "max": most}


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """A field as its template shows it, in the reader's language.

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


SettingGroups = Sequence[tuple[str, Sequence[SettingField]]]
Groups = Callable[[OpenedForm], SettingGroups]
"""Returns the fields by the title of their group. Raises NotFound."""
Heading = Callable[[OpenedForm], Mapping[str, Any]]


def settings_form(groups: Groups, heading: Heading, **more: Any) -> DocumentForm:
    """Return a form of settings in groups.

    `heading`: what its page says about the line or service.
    """

    def context(opened: OpenedForm, values: FormValues) -> Mapping[str, Any]:
        t = opened.gettext
        return {
            "groups": [(t(title), [each.name for each in fields]) for title, fields in groups(opened)],
            "show_setting": lambda name, shown: _show_setting(t, setting_field(opened, name), shown[name]),
            "line": None,
            "service": None,
            **heading(opened),
        }

    return DocumentForm(
        section="settings",
        template="management/settings_form.html",
        action="settings.changed",
        fields=lambda opened: [each for _, fields in groups(opened) for each in fields],
        steps=_reset_settings,
        context=context,
        **more,
    )


def setting_field(opened: OpenedForm, name: str) -> SettingField:
    """Return a field of a page of settings by its name."""
    found = opened.field(name)
    assert isinstance(found, SettingField)
    return found


def _reset_settings(opened: OpenedForm, step: str, typed: FormValues) -> EditedForm | None:
    """Empty a field with those that count only together with it, or all fields."""
    if step == RESET_ALL:
        return EditedForm(dict.fromkeys(typed, ""))
    name = step.removeprefix(RESET)
    if not step.startswith(RESET) or name not in typed:
        return only_edit(opened, step, typed)
    together = [each for each in typed if each == name or each.startswith(f"{name}.")]
    return EditedForm({**typed, **dict.fromkeys(together, "")}, focus=name)


def by_group(fields: Iterable[SettingField]) -> list[tuple[str, list[SettingField]]]:
    """Group fields by the title of their group; leave out fields without a group."""
    groups: dict[str, list[SettingField]] = {}
    for each in fields:
        if each.setting.group:
            groups.setdefault(each.setting.group, []).append(each)
    return list(groups.items())


def _show_setting(t: GettextFunction, shown: SettingField, typed: str) -> ShownSetting:
    """Return a field with a typed value for its template."""
    setting = shown.setting
    is_off = typed == OFF and setting.can_be_off
    number, _, unit = ("" if is_off else typed).partition(" ")
    units = {}
    if isinstance(setting, Number) and setting.units:
        unit = unit if unit in UNIT_LABELS else _default_unit(setting, shown.default)
        units = {key: t(UNIT_LABELS[key]) for key in dict.fromkeys([*setting.units, unit])}
    bounds = ""
    if isinstance(setting, Number):
        least, most = (describe_setting(t, setting, bound) for bound in (setting.least, setting.most))
        bounds = t(N_("from %(min)s to %(max)s")) % {"min": least, "max": most}
    default = shown.describe(t, None)
    return ShownSetting(
        name=shown.name,
        label=t(setting.label),
        example=t(setting.example),
        kind=setting_kind(setting),
        number=number,
        unit=unit,
        units=units,
        options={key: t(text) for key, text in setting_options(setting).items() if key not in shown.hidden},
        empty_option=default[:1].upper() + default[1:],
        default=default,
        bounds=bounds,
        can_be_off=setting.can_be_off and setting_kind(setting) != "choice",
        is_off=is_off,
        reset=describe_setting(t, setting, shown.default) if typed else None,
    )


def _default_unit(setting: Number, default: Any) -> str:
    """Return the unit in which the default is written, else the first."""
    if isinstance(default, int) and not isinstance(default, bool):
        return format_amount(default, setting.units, setting.unit).partition(" ")[2]
    return setting.units[0]
