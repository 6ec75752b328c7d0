"""Public API of management for other features."""

from __future__ import annotations

from .actions.figure_mails import end_figure_mail, run_figure_mails
from .actions.import_city import CityChange, ImportedOffice, import_city, preview_city_import
from .domain.city_file import MAX_FILE_BYTES, CityFile, UnreadableCityFile, parse_city
from .domain.document_changes import ValueChange
from .queries.export_city import export_city

__all__ = [
    "MAX_FILE_BYTES",
    "CityChange",
    "CityFile",
    "ImportedOffice",
    "UnreadableCityFile",
    "ValueChange",
    "end_figure_mail",
    "export_city",
    "import_city",
    "parse_city",
    "preview_city_import",
    "run_figure_mails",
]
