"""Words, unit and example of one setting of a line or an agenda. No request, no SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ....core.i18n.catalogues import N_, GettextFunction
from ...domain.amounts import format_amount

SettingKind = Literal["amount", "count", "clock", "choice"]
UNIT_LABELS: Mapping[str, str] = {
    "seconds": N_("seconds"),
    "minutes": N_("minutes"),
    "hours": N_("hours"),
    "days": N_("days"),
}
SHORT_UNITS: Mapping[str, str] = {"seconds": "s", "minutes": "min", "hours": "h"}


@dataclass(frozen=True, slots=True)
class Setting:
    """Words and unit of one setting.

    `units`: the units to choose from, the first one first; the stored number is in `base`. `can_be_off`: whether
    False switches it off. `no_default`: words for a default that is no value.
    """

    label: str
    example: str
    kind: SettingKind = "amount"
    units: tuple[str, ...] = ("minutes",)
    base: str = "minutes"
    can_be_off: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    no_default: str = N_("none")

    def describe(self, t: GettextFunction, value: Any) -> str:
        """Return a stored value as people read it: `10 min`."""
        if value is False and self.can_be_off:
            return t(N_("off"))
        if isinstance(value, bool):
            return t(N_("yes")) if value else t(N_("no"))
        if value is None:
            return t(self.no_default)
        if str(value) in self.options:
            return t(self.options[str(value)])
        if self.kind != "amount" or not isinstance(value, int):
            return str(value)
        number, _, unit = format_amount(value, self.units, self.base).partition(" ")
        if unit != "days":
            return f"{number} {SHORT_UNITS[unit]}"
        return t(N_("1 day")) if number == "1" else t(N_("%(num)s days")) % {"num": number}
