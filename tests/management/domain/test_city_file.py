"""City files: read and written, with the same text for the same offices."""

from __future__ import annotations

import tomllib

from office360.core.i18n.languages import LanguageChoice
from office360.management.domain.city_file import MAX_COLUMNS, compact_office, format_city, parse_city
from office360.management.domain.document_changes import find_changes, merge_order
from office360.management.queries.office_settings import check_office
from office360.server.demo.offices import DEMO_CITY_PATH, demo_city, load_demo_file

from ...offices.domain.test_office_document import OFFICE


def test_demo_city_is_written_as_its_file() -> None:
    written = format_city(demo_city(), load_demo_file().site)
    assert tomllib.loads(written) == tomllib.loads(DEMO_CITY_PATH.read_text())
    # a legal text may need a longer line
    offices = format_city({slug: {**office, "texts": {}} for slug, office in demo_city().items()})
    assert max(map(len, offices.splitlines())) <= MAX_COLUMNS
    assert format_city(demo_city(), load_demo_file().site) == written


def test_demo_city_has_valid_settings() -> None:
    for slug, document in demo_city().items():
        assert find_changes(document, check_office(document, LanguageChoice(), slug)) == []


def test_written_office_has_no_defaults_and_reads_back() -> None:
    document = check_office(
        {**OFFICE, "access": {"es": 'Rampa "A"\\\t' + "x" * 120}, "listed": False}, LanguageChoice()
    )
    compact = compact_office(document)
    assert "town" not in compact
    assert compact["listed"] is False
    assert set(compact["services"]["census"]) == {"line", "names", "minutes", "modes"}
    written = parse_city(format_city({"sur": document}).encode()).offices["sur"]
    assert check_office(written, LanguageChoice()) == document


def test_file_with_byte_order_mark_is_read() -> None:
    assert list(parse_city(b"\xef\xbb\xbf[offices.sur]\r\nname = 'Sur'\r\n").offices) == ["sur"]


def test_merged_order_follows_file_and_keeps_the_rest() -> None:
    assert merge_order(["a", "b", "c"], ["b"]) == ["a", "b", "c"]
    assert merge_order(["a", "b", "c"], ["c", "a"]) == ["c", "b", "a"]
    assert merge_order(["a", "b"], ["a", "new", "b"]) == ["a", "new", "b"]
    assert merge_order(["a", "b"], ["new", "b"]) == ["a", "new", "b"]
    assert merge_order(["a"], ["x", "y"]) == ["a", "x", "y"]
