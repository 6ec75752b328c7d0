"""Facts that are declared once: how many files of the product name an example of each."""

from __future__ import annotations

import re

import pytest
from office360.appointments.domain.booking_details import BOOKING_DETAILS
from office360.notifications.domain.declared_channels import CHOSEN_CHANNELS
from office360.offices.domain.documents.desk import OfficeDesk
from office360.offices.domain.documents.field import detail_fields
from office360.offices.domain.documents.service import OfficeService

from ..support.suite.import_graph import ROOT
from ..support.suite.source_files import files_that_match
from .test_channel_names import files_of_channel
from .test_imports import FOLDERS

SOURCES = {".py", ".html", ".js", ".txt", ".css"}
PART_DETAILS = sorted({*detail_fields(OfficeService), *detail_fields(OfficeDesk)})
MAX_FILES_OF_A_PART_DETAIL = 2
MAX_FILES_OF_A_BOOKING_DETAIL = 8


def files_that_name(word: str) -> list[str]:
    """List the files of the product that name a field, without catalogues and built files."""
    pattern = re.compile(rf"\b{word}(_in)?\b")
    folders = [ROOT / name for name in (*FOLDERS, "static")]
    return [path.relative_to(ROOT).as_posix() for path in files_that_match(pattern, folders, SOURCES)]


def row_of_contributing(title: str) -> str:
    """Return the row of the table "What to touch" that begins with this title."""
    rows = (ROOT / "CONTRIBUTING.md").read_text().splitlines()
    (row,) = [row for row in rows if row.startswith(f"| {title}")]
    return row


def unnamed_modules(row: str, touched: list[str]) -> list[str]:
    """Return the touched files that a row does not name, but templates, which it describes."""
    modules = [path for path in touched if not path.endswith(".html")]
    return [path for path in modules if path not in row and f"`{path.rpartition('/')[2]}`" not in row]


def test_services_and_desks_have_details() -> None:
    assert {"online_address", "hearing_loop"} <= set(PART_DETAILS)


@pytest.mark.parametrize("name", PART_DETAILS)
def test_detail_of_a_part_is_named_in_two_files(name: str) -> None:
    """The form, the city file, the check, the row and the audit take it from its declaration."""
    touched = files_that_name(name)
    assert len(touched) <= MAX_FILES_OF_A_PART_DETAIL
    assert unnamed_modules(row_of_contributing("a field of a service or a desk"), touched) == []


@pytest.mark.parametrize("name", [detail.key for detail in BOOKING_DETAILS])
def test_detail_of_a_booking_is_named_in_few_files(name: str) -> None:
    """Forms, erasure, consoles, card, calendar and API follow its entry."""
    touched = files_that_name(name)
    assert "appointments/domain/booking_details.py" in touched
    assert len(touched) <= MAX_FILES_OF_A_BOOKING_DETAIL
    assert unnamed_modules(row_of_contributing("a field of an appointment"), touched) == []


@pytest.mark.parametrize("channel", [each.name for each in CHOSEN_CHANNELS if each.name != "sms"])
def test_contributing_names_what_a_channel_touches(channel: str) -> None:
    assert unnamed_modules(row_of_contributing("a channel that people choose"), files_of_channel(channel)) == []
