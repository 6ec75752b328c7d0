"""Facts that are declared once: how many files of the product name a field."""

from __future__ import annotations

import re

import pytest
from office360.offices.domain.documents.desk import OfficeDesk
from office360.offices.domain.documents.field import detail_fields
from office360.offices.domain.documents.service import OfficeService

from ..support.suite.import_graph import ROOT
from .test_imports import FOLDERS

SOURCES = ("*.py", "*.html", "*.js")
DETAILS = sorted({*detail_fields(OfficeService), *detail_fields(OfficeDesk)})


def files_that_name(word: str) -> list[str]:
    pattern = re.compile(rf"\b{word}(_in)?\b")
    return [
        path.relative_to(ROOT).as_posix()
        for folder in (*FOLDERS, "static")
        for source in SOURCES
        for path in sorted((ROOT / folder).rglob(source))
        if pattern.search(path.read_text())
    ]


def test_services_and_desks_have_details() -> None:
    assert {"online_address", "hearing_loop"} <= set(DETAILS)


@pytest.mark.parametrize("name", DETAILS)
def test_detail_of_a_part_is_named_in_two_files(name: str) -> None:
    """The form, the city file, the check, the row and the audit take it from its declaration."""
    assert len(files_that_name(name)) <= 2
