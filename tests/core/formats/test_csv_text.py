"""CSV files for spreadsheets."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.core.formats.csv_text import csv_text, safe_cell


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx"])
def test_cell_is_never_a_formula(cell: str) -> None:
    assert safe_cell(cell) == f"'{cell}"


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ('Ana;=HYPERLINK("https://attacker.example")', """Ana;'=HYPERLINK("https://attacker.example")"""),
        ("Ana,+1", "Ana,'+1"),
        ("Ana\t-1", "Ana\t'-1"),
        ("Ana\r\n@SUM(A1)", "Ana\r\n'@SUM(A1)"),
        ('Ana;"=1', """Ana;'"=1"""),
        ("\t=1", "'\t'=1"),
        ("=1;=2;;-3", "'=1;'=2;;'-3"),
        ("a = b; -3 - 4, c\n\nd", "a = b; -3 - 4, c\n\nd"),
    ],
)
def test_formula_behind_a_separator_is_marked(cell: str, safe: str) -> None:
    assert safe_cell(cell) == safe


@given(st.lists(st.text(alphabet="=+-@;,\t\r\n\"' a"), min_size=1), st.sampled_from(",;\t"))
def test_no_separator_makes_a_formula_of_a_part(cells: list[str], separator: str) -> None:
    file = io.StringIO(csv_text([cells]), newline="")
    parts = [part for row in csv.reader(file, delimiter=separator) for part in row]
    assert not [part for part in parts if part.startswith(("=", "+", "-", "@"))]


def test_negative_numbers_stay() -> None:
    assert csv_text([("name", "change"), ("a", -3), ("b", -0.5)]) == "name,change\r\na,-3\r\nb,-0.5\r\n"


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
