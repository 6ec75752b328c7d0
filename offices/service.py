"""Public API of offices for other features."""

from __future__ import annotations

from .actions.office_changes import add_public_holidays, save_office_pause, set_line_stopped
from .actions.save_office import create_office, lock_office, rename_desk, save_office
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
from .domain.office_document import OfficeDocument, office_to_document, parse_office, with_document
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
    "OfficeDocument",
    "OfficeLine",
    "OfficeService",
    "ServiceMode",
    "add_public_holidays",
    "all_offices",
    "bump_office_versions",
    "create_office",
    "hours",
    "line_versions",
    "lock_lines",
    "lock_office",
    "office_and_desk_by_id",
    "office_by_id",
    "office_by_line_id",
    "office_by_slug",
    "office_to_document",
    "office_topic",
    "offices_missing_holidays",
    "parse_office",
    "poster_pdf",
    "rename_desk",
    "save_office",
    "save_office_pause",
    "set_line_stopped",
    "set_line_versions",
    "text_in_language",
    "things_to_bring",
    "unknown_holiday_regions",
    "with_document",
]
