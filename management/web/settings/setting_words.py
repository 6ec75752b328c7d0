"""Settings of lines and agendas in the words that people read. No request, no SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ....core.i18n.catalogues import N_, GettextFunction
from ....offices.service import Field, Flag, Nested, Number, TimeOfDay
from ...domain.amounts import format_amount

SettingKind = Literal["amount", "count", "clock", "choice"]
UNIT_LABELS: Mapping[str, str] = {
    "seconds": N_("seconds"),
    "minutes": N_("minutes"),
    "hours": N_("hours"),
    "days": N_("days"),
}
SHORT_UNITS: Mapping[str, str] = {"seconds": "s", "minutes": "min", "hours": "h"}
YES_NO: Mapping[str, str] = {"yes": N_("yes"), "no": N_("no")}


def setting_kind(setting: Field) -> SettingKind:
    """Return how a setting is typed."""
    if isinstance(setting, Number):
        return "amount" if setting.units else "count"
    return "clock" if isinstance(setting, TimeOfDay) else "choice"


def setting_options(setting: Field) -> Mapping[str, str]:
    """Return the values to choose from, with their untranslated words."""
    return YES_NO if isinstance(setting, Flag) else setting.options


def describe_setting(t: GettextFunction, setting: Field, value: Any) -> str:
    """Return a stored value as people read it: `10 min`."""
    if value is False and (setting.can_be_off or isinstance(setting, Nested)):
        return t(N_("off"))
    if isinstance(value, bool):
        word = "yes" if value else "no"
        return t(YES_NO[word])
    if value is None:
        return t(setting.no_value)
    if str(value) in setting.options:
        return t(setting.options[str(value)])
    if not isinstance(setting, Number) or not setting.units or not isinstance(value, int):
        return str(value)
    number, _, unit = format_amount(value, setting.units, setting.unit).partition(" ")
    if unit != "days":
        return f"{number} {SHORT_UNITS[unit]}"
    return t(N_("1 day")) if number == "1" else t(N_("%(num)s days")) % {"num": number}
