"""The question of the what-if page: parsing of its address, and its choices. No SQL."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time

from ....core.errors import FieldError
from ....offices.service import Office
from ....queue.service import MAX_ARRIVALS, MAX_MORE_DESKS, RECENT, TYPED, WhatIfQuestion

DEFAULT_TARGET_MIN = 20
MAX_TARGET_MIN = 240
HOUR_FIELD = re.compile(r"h([0-9]|1[0-9]|2[0-3])")
NUMBER = re.compile(r"[+−-]?[0-9]{1,4}")
CLOCK_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class WhatIfForm:
    """The typed values, and the question if all are right. `errors` by field."""

    values: Mapping[str, str]
    is_asked: bool
    question: WhatIfQuestion | None = None
    errors: Mapping[str, FieldError] = field(default_factory=dict)

    @property
    def arrivals(self) -> Mapping[int, str]:
        """Return the typed people by hour."""
        return {int(name[1:]): value for name, value in self.values.items() if HOUR_FIELD.fullmatch(name)}


def parse_what_if(query: Mapping[str, str], office: Office, days: Sequence[date]) -> WhatIfForm:
    """Parse the address of the page. Without the field `desks`, nothing is asked yet."""
    values = {
        "demand": RECENT if days else TYPED,
        "desks": "1",
        "line": "",
        "opens": "",
        "closes": "",
        "target": str(office.targets.get("wait_within_min", DEFAULT_TARGET_MIN)),
    }
    known = {
        name: value.strip()[:20] for name, value in query.items() if name in values or HOUR_FIELD.fullmatch(name)
    }
    values |= known
    if "desks" not in known:
        return WhatIfForm(values, False)
    errors: dict[str, FieldError] = {}
    reader = _Reader(values, errors)
    question = WhatIfQuestion(
        demand=reader.choice("demand", {RECENT, TYPED, *"0123456", *(day.isoformat() for day in days)}),
        more_desks=reader.number("desks", -MAX_MORE_DESKS, MAX_MORE_DESKS),
        line=reader.choice("line", {"", *(line.slug for line in office.lines)}) or None,
        opens=reader.clock_time("opens"),
        closes=reader.clock_time("closes"),
        target_min=reader.number("target", 1, MAX_TARGET_MIN),
        arrivals=reader.arrivals() if values["demand"] == TYPED else (),
    )
    if not errors and question.demand == TYPED and not any(count for _, count in question.arrivals):
        errors["demand"] = FieldError("demand", "no_arrivals")
    return WhatIfForm(values, True, None if errors else question, errors)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads typed values, and collects what is wrong with them."""

    values: Mapping[str, str]
    errors: dict[str, FieldError]

    def choice(self, name: str, allowed: set[str]) -> str:
        if self.values[name] not in allowed:
            self.errors[name] = FieldError(name, "not_a_choice")
        return self.values[name]

    def number(self, name: str, least: int, most: int) -> int:
        text = self.values[name]
        number = int(text.replace("−", "-")) if NUMBER.fullmatch(text) else None
        if number is None or not least <= number <= most:
            code = "not_a_number" if number is None else "out_of_range"
            self.errors[name] = FieldError(name, code, {"min": least, "max": most})
        return number or 0

    def clock_time(self, name: str) -> time | None:
        text = self.values[name]
        found = CLOCK_TIME.fullmatch(text)
        if text and found is None:
            self.errors[name] = FieldError(name, "not_a_clock_time")
        return time(int(found[1]), int(found[2])) if found else None

    def arrivals(self) -> tuple[tuple[int, int], ...]:
        typed = {int(name[1:]): name for name in self.values if HOUR_FIELD.fullmatch(name) and self.values[name]}
        return tuple((hour, self.number(typed[hour], 0, MAX_ARRIVALS)) for hour in sorted(typed))
