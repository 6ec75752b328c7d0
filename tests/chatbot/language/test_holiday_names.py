"""Names of public holidays come from the package for the regions of the offices."""

from __future__ import annotations

from datetime import date

from office360.chatbot.queries.holiday_names import holiday_names


def test_holidays_of_region_have_names_in_both_languages() -> None:
    names = holiday_names(frozenset({("ES", "MD")}), 2026)
    assert (
        names["inmaculada concepcion"] == names["immaculate conception"] == (date(2026, 12, 8), date(2027, 12, 8))
    )
    assert "fiesta de la comunidad de madrid" in names
    assert "dia de andalucia" not in names
