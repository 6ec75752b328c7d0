"""Offices as documents: what is accepted, and the errors of what is not."""

from __future__ import annotations

from typing import Any

import pytest
from office360.core.errors import Invalid
from office360.offices.domain.documents.office import parse_office

OFFICE: dict[str, Any] = {
    "name": "Oficina Sur",
    "address": "Calle Mayor, 1",
    "phone": "+34 600 000 000",
    "timezone": "Europe/Madrid",
    "lines": {"general": {"letter": "A", "names": {"es": "General", "en": "General"}}},
    "services": {
        "census": {"line": "general", "names": {"es": "Padrón"}, "minutes": 15, "modes": ["in_person"]},
    },
    "desks": {"1": {"way": {"es": "Al fondo"}, "arrow": "ahead", "lines": ["general"]}},
    "hours": {"monday": ["09:00-14:00", "16:00-24:00"]},
    "closures": {"2026-12-25": "Navidad"},
}


def with_value(path: str, value: Any) -> dict[str, Any]:
    document: dict[str, Any] = dict(OFFICE)
    *tables, last = path.split("/")
    inner = document
    for table in tables:
        inner[table] = dict(inner.get(table, {}))
        inner = inner[table]
    inner[last] = value
    return document


def test_missing_values_get_their_defaults() -> None:
    office = parse_office(OFFICE)
    assert office["services"]["census"]["capacity"] == {"in_person": 1}
    assert office["services"]["census"]["walk_in"] is True
    assert (office["town"], office["listed"], office["country"]) == ("", True, "")


def test_parsing_is_idempotent() -> None:
    assert parse_office(parse_office(OFFICE)) == parse_office(OFFICE)


@pytest.mark.parametrize(
    ("path", "value", "field", "code"),
    [
        ("name", "", "name", "required"),
        ("name", "x" * 121, "name", "too_long"),
        ("phone", "call us", "phone", "phone_unknown"),
        ("timezone", "Europe/Nowhere", "timezone", "unknown_timezone"),
        ("timezone", "../etc/passwd", "timezone", "unknown_timezone"),
        ("country", "XX", "country", "unknown_region"),
        ("listed", "yes", "listed", "wrong_type"),
        ("colour", "red", "colour", "unexpected"),
        ("access", {"en": "Ramp"}, "access.es", "required"),
        ("parking", {"en": "None"}, "parking.es", "required"),
        ("phone_hours", "9:00", "phone_hours", "wrong_type"),
        ("lines", ["general"], "lines", "wrong_type"),
        ("lines/general/letter", "AB", "lines.general.letter", "too_long"),
        ("lines/general/letter", "ñ", "lines.general.letter", "not_a_letter"),
        ("lines/General", {}, "lines.General", "not_a_slug"),
        ("lines/other", {"letter": "A", "names": {"es": "Otra"}}, "lines.other.letter", "taken"),
        ("lines/general/daily_quota", -1, "lines.general.daily_quota", "out_of_range"),
        ("services/census/line", "none", "services.census.line", "unknown_line"),
        ("services/census/minutes", "ten", "services.census.minutes", "not_a_number"),
        ("services/census/minutes", True, "services.census.minutes", "not_a_number"),
        ("services/census/minutes", 0, "services.census.minutes", "out_of_range"),
        ("services/census/modes", ["by_mail"], "services.census.modes", "not_one_of"),
        ("services/census/capacity", {"video": 1}, "services.census.capacity.video", "unexpected"),
        ("services/census/words", {"es": ["x" * 61]}, "services.census.words.es", "too_long"),
        ("desks/1/arrow", "up", "desks.1.arrow", "not_one_of"),
        ("desks/1/lines", ["none"], "desks.1.lines", "unknown_line"),
        ("desks/a desk with a long name", {}, "desks.a desk with a long name", "too_long"),
        ("hours/monday", ["9-14"], "hours.monday", "not_an_interval"),
        ("hours/monday", ["14:00-09:00"], "hours.monday", "not_an_interval"),
        ("hours/monday", ["25:00-26:00"], "hours.monday", "not_an_interval"),
        ("hours/monday", ["09:00-12:00", "11:00-14:00"], "hours.monday", "overlapping_hours"),
        ("hours/funday", ["09:00-12:00"], "hours.funday", "unexpected"),
        ("closures/25 December", "Navidad", "closures.25 December", "not_a_day"),
        ("closures/2026-12-25", "", "closures.2026-12-25", "required"),
        ("extra_openings/2026-13-01", ["09:00-12:00"], "extra_openings.2026-13-01", "not_a_day"),
        ("choices/jokes", {}, "choices.jokes", "unexpected"),
        ("choices/outcomes", {"done": {"en": "Done"}}, "choices.outcomes.done.es", "required"),
    ],
)
def test_wrong_value_is_named(path: str, value: Any, field: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_office(with_value(path, value))
    assert (f"office.{field}", code) in [(error.field, error.code) for error in refused.value.fields]


def test_all_errors_are_reported_at_once() -> None:
    wrong = with_value("name", "") | {"phone": "?", "hours": {"monday": ["x"]}}
    with pytest.raises(Invalid) as refused:
        parse_office(wrong, "offices.sur")
    assert {error.field for error in refused.value.fields} == {
        "offices.sur.name",
        "offices.sur.phone",
        "offices.sur.hours.monday",
    }
