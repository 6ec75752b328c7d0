"""Numbers by country: defaults, and the installation's own."""

from __future__ import annotations

import pytest
from office360.core.contact.emergency_numbers import (
    ANY_COUNTRY,
    EmergencyNumbers,
    numbers_of_country,
    parse_emergency_numbers,
)


def test_numbers_of_installation_replace_defaults() -> None:
    own = parse_emergency_numbers(["PT=112//1411", "ES=112"])
    assert numbers_of_country("ES", {}) == EmergencyNumbers("112", "016", "024")
    assert numbers_of_country("ES", own) == EmergencyNumbers("112")
    assert numbers_of_country("PT", own) == EmergencyNumbers("112", None, "1411")
    assert numbers_of_country("FR", own) == numbers_of_country(None, own) == ANY_COUNTRY


@pytest.mark.parametrize("entry", ["ES", "es=112", "ES=1", "ES=112/016/024/1", "ES=112;016", "ES=javascript:1"])
def test_unreadable_numbers_are_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="COUNTRY=GENERAL"):
        parse_emergency_numbers([entry])
