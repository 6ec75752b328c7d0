"""CSV files for spreadsheets."""

from __future__ import annotations

import pytest
from office360.core.formats.csv_text import csv_text, safe_cell


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_cell_is_never_a_formula(cell: str) -> None:
    assert safe_cell(cell) == f"'{cell}"


def test_plain_cell_stays() -> None:
    assert [safe_cell(cell) for cell in ("", "A-001", "10:30", "–", 3, None)] == [
        "",
        "A-001",
        "10:30",
        "–",
        3,
        None,
    ]


def test_rows_are_quoted_where_needed() -> None:
    assert csv_text([("name", "count"), ("a, b", 2), ('"c"', -1)]) == 'name,count\r\n"a, b",2\r\n"""c""",-1\r\n'
