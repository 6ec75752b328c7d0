"""A new office as a copy of another. No SQL, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from ...offices.domain.documents.office import OfficeDocument
from ...offices.domain.office import OFFICE_FACTS
from .document_changes import copy_document

# What belongs to this building or decision: the name and place are typed, and citizens do not see the copy yet.
NOT_COPIED = frozenset({"name", "address", "town", "phone", "listed", *OFFICE_FACTS})
DAY_TABLES = ("closures", "extra_openings")


def copied_parts(source: OfficeDocument, today: date) -> OfficeDocument:
    """Return the parts that a new office takes over, which are all but those of its building.

    Days that are over are left out. Tickets, appointments, accounts, keys and screens are not in a document.
    """
    kept = {name: value for name, value in copy_document(source).items() if name not in NOT_COPIED}
    return kept | {name: _coming_days(source[name], today) for name in DAY_TABLES}


def _coming_days(days: Mapping[str, Any], today: date) -> dict[str, Any]:
    return {day: value for day, value in days.items() if date.fromisoformat(day) >= today}
