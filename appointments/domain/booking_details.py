"""Details that a citizen may give beside name, contact and needs, each declared once.

A detail of BOOKING_DETAILS is asked by the booking forms, kept in the column `details`, deleted with the other
personal data, and shown on cards, consoles, calendar and API, but not on the paper slip. No SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...core.i18n.catalogues import N_, GettextFunction
from ...offices.domain.words import STAFF_NEED_NAMES

MAX_DETAIL_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class BookingDetail:
    """An optional text. `label`: its name for staff; `question`: its label in the forms."""

    key: str
    label: str
    question: str
    hint: str


BOOKING_DETAILS: tuple[BookingDetail, ...] = (
    BookingDetail(
        "case_number",
        label=N_("Case number"),
        question=N_("Case number (optional)"),
        hint=N_("It is on the letters that you got about this matter."),
    ),
)


def staff_facts(
    needs: Iterable[str],
    details: Mapping[str, str],
    t: GettextFunction,
    need_names: Mapping[str, str] = STAFF_NEED_NAMES,
) -> list[str]:
    """List what staff should know before a visit: needs, in words where known, and details."""
    asked = [t(need_names[need]) if need in need_names else need for need in needs]
    return [*asked, *(f"{label}: {value}" for label, value in detail_rows(details, t))]


def detail_rows(details: Mapping[str, str], t: GettextFunction) -> list[tuple[str, str]]:
    """List the label and the value of each given detail, in the order of the form."""
    return [(t(detail.label), details[detail.key]) for detail in BOOKING_DETAILS if detail.key in details]
