"""Public API of offices for other features."""

from __future__ import annotations

from .actions.office_changes import add_public_holidays, save_office_pause, set_line_stopped
from .domain import hours
from .domain.office import (
    Office,
    OfficeDesk,
    OfficeLine,
    OfficeService,
    ServiceMode,
    text_in_language,
    things_to_bring,
)
from .domain.topics import office_topic
from .queries.offices import (
    all_offices,
    office_and_desk_by_id,
    office_by_id,
    office_by_line_id,
    office_by_slug,
    offices_missing_holidays,
    poster_pdf,
    unknown_holiday_regions,
)
from .storage.office_rows import bump_office_versions, line_versions, lock_lines, set_line_versions

__all__ = [
    "Office",
    "OfficeDesk",
    "OfficeLine",
    "OfficeService",
    "ServiceMode",
    "add_public_holidays",
    "all_offices",
    "bump_office_versions",
    "hours",
    "line_versions",
    "lock_lines",
    "office_and_desk_by_id",
    "office_by_id",
    "office_by_line_id",
    "office_by_slug",
    "office_topic",
    "offices_missing_holidays",
    "poster_pdf",
    "save_office_pause",
    "set_line_stopped",
    "set_line_versions",
    "text_in_language",
    "things_to_bring",
    "unknown_holiday_regions",
]
