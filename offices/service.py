"""Public API of offices for other features."""

from __future__ import annotations

from .actions.office_changes import (
    add_public_holidays,
    mark_holidays_chosen,
    save_line_stop,
    save_office_pause,
)
from .actions.past_records import note_changed_record
from .actions.save_office import (
    create_office,
    delete_office,
    lock_office,
    order_offices,
    rename_desk,
    repair_office,
    save_office,
)
from .actions.save_site import (
    PROFILE_CHANGED,
    SITE_SUBJECT,
    SITE_SUBJECT_ID,
    SiteChanged,
    edit_site_profile,
    save_site_logo,
    save_site_profile,
    save_site_section,
    section_paths,
    undo_site_change,
)
from .domain import hours
from .domain.choice_lists import (
    choice_text,
    default_choices,
    default_evacuation,
    evacuation_texts,
    has_choice,
    office_choices,
)
from .domain.colour_contrast import is_colour, round_contrast
from .domain.documents.desk import OfficeDesk
from .domain.documents.field import (
    PATH_SEPARATOR,
    Field,
    Flag,
    Nested,
    Number,
    TimeOfDay,
    attribute_names,
    settings_by_path,
)
from .domain.documents.line import OfficeLine
from .domain.documents.office import OfficeDocument, office_to_document, parse_office, with_document
from .domain.documents.service import OfficeService, prices_of_services, things_to_bring
from .domain.documents.site import (
    COLOUR_RULES,
    REQUIRED_FIELDS,
    SITE_FIELDS,
    SiteProfile,
    SiteSection,
    missing_items,
    site_profile_from_dict,
    site_profile_to_dict,
    value_digest,
)
from .domain.documents.targets import WAIT_P90_MIN
from .domain.logo import MAX_LOGO_BYTES, Logo, clean_logo
from .domain.office import (
    EVACUATION,
    REQUIRED_DETAILS,
    Office,
)
from .domain.office_search import SEARCHED_FROM_OFFICES, find_offices_by_place, searched_place
from .domain.public_holidays import holiday_countries, holiday_regions, public_holidays_by_day
from .domain.site import LOGO_PATH, Site
from .domain.theme import Theme, build_theme
from .domain.topics import CALLS_ONLY, office_topic
from .domain.words import (
    APPOINTMENT_STATE_NAMES,
    MODE_ICONS,
    MODE_NAMES,
    NEED_NAMES,
    STAFF_MODE_NAMES,
    STAFF_NEED_NAMES,
    WEEKDAY_NAMES,
    WEEKDAYS,
    ServiceMode,
)
from .events import PastRecordChanged
from .queries.current_site import current_site, read_site, refresh_site, run_site_refresh
from .queries.offices import (
    all_offices,
    office_and_desk_by_id,
    office_by_id,
    office_by_line_id,
    office_by_slug,
    office_slugs,
    offices_missing_holidays,
    posters_pdf,
    public_offices,
    unknown_holiday_regions,
    unreadable_offices,
)
from .storage.holiday_rows import last_holiday_year
from .storage.office_from_rows import UnreadableOffice
from .storage.office_rows import (
    NO_VERSIONS,
    LineVersions,
    bump_office_versions,
    is_loaded_office,
    line_versions,
    lock_lines,
    office_versions,
    set_line_versions,
)
from .storage.site_rows import load_site

__all__ = [
    "APPOINTMENT_STATE_NAMES",
    "CALLS_ONLY",
    "COLOUR_RULES",
    "EVACUATION",
    "LOGO_PATH",
    "MAX_LOGO_BYTES",
    "MODE_ICONS",
    "MODE_NAMES",
    "NEED_NAMES",
    "NO_VERSIONS",
    "PATH_SEPARATOR",
    "PROFILE_CHANGED",
    "REQUIRED_DETAILS",
    "REQUIRED_FIELDS",
    "SEARCHED_FROM_OFFICES",
    "SITE_FIELDS",
    "SITE_SUBJECT",
    "SITE_SUBJECT_ID",
    "STAFF_MODE_NAMES",
    "STAFF_NEED_NAMES",
    "WAIT_P90_MIN",
    "WEEKDAYS",
    "WEEKDAY_NAMES",
    "Field",
    "Flag",
    "LineVersions",
    "Logo",
    "Nested",
    "Number",
    "Office",
    "OfficeDesk",
    "OfficeDocument",
    "OfficeLine",
    "OfficeService",
    "PastRecordChanged",
    "ServiceMode",
    "Site",
    "SiteChanged",
    "SiteProfile",
    "SiteSection",
    "Theme",
    "TimeOfDay",
    "UnreadableOffice",
    "add_public_holidays",
    "all_offices",
    "attribute_names",
    "build_theme",
    "bump_office_versions",
    "choice_text",
    "clean_logo",
    "create_office",
    "current_site",
    "default_choices",
    "default_evacuation",
    "delete_office",
    "edit_site_profile",
    "evacuation_texts",
    "find_offices_by_place",
    "has_choice",
    "holiday_countries",
    "holiday_regions",
    "hours",
    "is_colour",
    "is_loaded_office",
    "last_holiday_year",
    "line_versions",
    "load_site",
    "lock_lines",
    "lock_office",
    "mark_holidays_chosen",
    "missing_items",
    "note_changed_record",
    "office_and_desk_by_id",
    "office_by_id",
    "office_by_line_id",
    "office_by_slug",
    "office_choices",
    "office_slugs",
    "office_to_document",
    "office_topic",
    "office_versions",
    "offices_missing_holidays",
    "order_offices",
    "parse_office",
    "posters_pdf",
    "prices_of_services",
    "public_holidays_by_day",
    "public_offices",
    "read_site",
    "refresh_site",
    "rename_desk",
    "repair_office",
    "round_contrast",
    "run_site_refresh",
    "save_line_stop",
    "save_office",
    "save_office_pause",
    "save_site_logo",
    "save_site_profile",
    "save_site_section",
    "searched_place",
    "section_paths",
    "set_line_versions",
    "settings_by_path",
    "site_profile_from_dict",
    "site_profile_to_dict",
    "things_to_bring",
    "undo_site_change",
    "unknown_holiday_regions",
    "unreadable_offices",
    "value_digest",
    "with_document",
]
